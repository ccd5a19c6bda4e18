//! The 1 MiB of SQS: just below it, and beyond.

use daybook_capture::MESSAGE_BYTES_MAX;
use daybook_tests::ministack::MiniStack;
use serde_json::{Value, json};

use super::{body_of, builder, create_call, message, serve};

#[tokio::test(flavor = "multi_thread")]
async fn what_just_fits_arrives_whole_and_what_does_not_is_cut_and_marked() {
    let ministack = MiniStack::start().await.unwrap();
    let limit = json!({"MaximumMessageSize": MESSAGE_BYTES_MAX.to_string()});
    let queue = ministack.create_queue("audit", limit).await.unwrap();
    // The server holds to it.
    let too_long = ["a".repeat(MESSAGE_BYTES_MAX + 1)];
    let refused = ministack.send(&queue, &too_long).await;
    refused.expect_err("a byte too much");
    let capture = builder(&ministack, &queue).build().unwrap();
    let with_text = |request_id: &str, bytes: usize| {
        create_call(
            request_id,
            json!({"name": "A", "text": "ü".repeat(bytes / 2)}),
        )
    };
    // As long as can be: one more character would be too much.
    serve(&capture, &[with_text("probe", 100_000)]).await;
    let probe = ministack.receive(&queue, 1).await.unwrap();
    let room = MESSAGE_BYTES_MAX - probe[0].body.len() - "fits-".len() + "probe".len();
    let fits = with_text("fits", 100_000 + (room - 8) / 2 * 2);
    let over = create_call("over", body_of(3_000_000));
    serve(&capture, std::slice::from_ref(&fits)).await;
    let counters = capture.counters();
    assert_eq!((counters.acknowledged, counters.truncated), (2, 0));
    serve(&capture, std::slice::from_ref(&over)).await;
    let counters = capture.counters();
    assert_eq!((counters.acknowledged, counters.truncated), (3, 1));

    let received = ministack.receive(&queue, 2).await.unwrap();
    let by_id = |id: &str| {
        let found = received
            .iter()
            .find(|received| message(received)["id"] == id);
        found.unwrap()
    };
    let fitting = by_id("fits");
    assert!(
        (MESSAGE_BYTES_MAX - 64..=MESSAGE_BYTES_MAX).contains(&fitting.body.len()),
        "{}",
        fitting.body.len()
    );
    assert_eq!(message(fitting)["event"]["body"], fits.event()["body"]);
    assert!(message(fitting).get("truncated").is_none());

    let cut = message(by_id("over"));
    let body: Value = serde_json::from_str(cut["event"]["body"].as_str().unwrap()).unwrap();
    let items = body["items"].as_array().unwrap().len();
    let whole = over.body.unwrap();
    assert!((5_000..whole["items"].as_array().unwrap().len()).contains(&items));
    assert_eq!(
        cut["truncated"]["request"]["original_bytes"],
        whole.to_string().len()
    );
    assert!(cut.get("overflow").is_none());
}
