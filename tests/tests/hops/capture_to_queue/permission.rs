//! What a service may do: nothing, or exactly what the documentation asks for.

use daybook_capture::{Capture, OverflowBucket};
use daybook_tests::ministack::MiniStack;
use serde_json::json;

use super::{FLUSH_TIMEOUT_MS, body_of, create_call, message, serve, sink};

#[tokio::test(flavor = "multi_thread")]
async fn without_permission_a_message_is_dropped_at_once_and_with_it_all_is_sent() {
    let ministack = MiniStack::start_with(&[("AUTH", "true")]).await.unwrap();
    let queue = ministack.create_queue("audit", json!({})).await.unwrap();
    ministack.create_bucket("audit-overflow").await.unwrap();
    let credentials = ministack.create_user("service").await.unwrap();
    let bucket = OverflowBucket::with_access(
        "audit-overflow",
        ministack.access(Some(credentials.clone())),
    );
    let capture = Capture::builder()
        .sink(sink(&ministack, &queue, Some(credentials)))
        .overflow_bucket(bucket)
        .flush_timeout_ms(FLUSH_TIMEOUT_MS)
        .build()
        .unwrap();
    let large = create_call("large", body_of(2_000_000));
    serve(
        &capture,
        &[create_call("small", json!({"name": "A"})), large.clone()],
    )
    .await;
    let counters = capture.counters();
    assert_eq!((counters.captured, counters.dropped), (2, 2));
    assert!(
        counters.flush_time_ms < FLUSH_TIMEOUT_MS,
        "nothing was tried again and again: {counters:?}"
    );
    assert_eq!(ministack.depth(&queue).await.unwrap(), (0, 0));

    // AWS asks for `sqs:SendMessage` where a batch is sent, MiniStack for an action that AWS has not.
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:SendMessageBatch"], "Resource": "arn:aws:sqs:*:*:audit"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::audit-overflow/daybook/*"},
    ]});
    ministack.allow("service", &policy).await.unwrap();
    serve(&capture, &[large]).await;
    let counters = capture.counters();
    assert_eq!(
        (counters.acknowledged, counters.overflowed),
        (1, 1),
        "{counters:?}"
    );
    let received = ministack.receive(&queue, 1).await.unwrap();
    assert_eq!(
        message(&received[0])["overflow"]["s3"]["bucket"],
        "audit-overflow"
    );
}
