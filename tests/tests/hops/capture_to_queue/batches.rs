//! Several messages of one flush, and queues that keep order.

use std::collections::BTreeSet;

use daybook_capture::{MESSAGE_BYTES_MAX, Sink as _};
use daybook_tests::ministack::MiniStack;
use serde_json::json;

use super::{large_messages, message, messages, sink};

#[tokio::test(flavor = "multi_thread")]
async fn eleven_messages_of_one_flush_arrive_once_each() {
    let ministack = MiniStack::start().await.unwrap();
    let queue = ministack.create_queue("audit", json!({})).await.unwrap();
    let sent = messages(11).await;
    sink(&ministack, &queue, None)
        .send(sent.clone())
        .await
        .unwrap();
    assert_eq!(ministack.depth(&queue).await.unwrap(), (11, 0));
    let received: BTreeSet<String> = ministack
        .receive(&queue, 11)
        .await
        .unwrap()
        .into_iter()
        .map(|received| received.body)
        .collect();
    assert_eq!(
        received,
        sent.iter().map(|sent| sent.body().to_owned()).collect()
    );
}

/// Of 1,000,000 bytes and more together, which SQS takes in no one batch.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_too_large_for_one_batch_arrive_in_several() {
    let ministack = MiniStack::start().await.unwrap();
    let queue = ministack.create_queue("audit", json!({})).await.unwrap();
    let sent = large_messages(3, 400_000).await;
    let bytes: usize = sent.iter().map(|sent| sent.body().len()).sum();
    assert!(bytes > MESSAGE_BYTES_MAX, "{bytes}");
    sink(&ministack, &queue, None)
        .send(sent.clone())
        .await
        .unwrap();
    let received: BTreeSet<String> = ministack
        .receive(&queue, 3)
        .await
        .unwrap()
        .into_iter()
        .map(|received| received.body)
        .collect();
    let sent = sent.iter().map(|sent| sent.body().to_owned());
    assert_eq!(received, sent.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifo_queue_takes_every_message_and_a_copy_only_once() {
    let ministack = MiniStack::start().await.unwrap();
    let queue = ministack
        .create_queue("audit.fifo", json!({"FifoQueue": "true"}))
        .await
        .unwrap();
    let sink = sink(&ministack, &queue, None);
    let sent = messages(11).await;
    sink.send(sent.clone()).await.unwrap();
    // The answer to a flush was lost, and it is sent again.
    sink.send(sent).await.unwrap();
    let received = ministack.receive(&queue, 11).await.unwrap();
    let ids: BTreeSet<String> = received
        .iter()
        .map(|received| message(received)["id"].to_string())
        .collect();
    assert_eq!((received.len(), ids.len()), (11, 11));
    assert_eq!(ministack.depth(&queue).await.unwrap(), (0, 0));
}
