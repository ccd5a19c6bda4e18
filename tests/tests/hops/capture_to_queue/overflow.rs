//! Large messages by way of S3: written by the layer, read by the normalizer, and never believed.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_capture::{AwsAccess, OverflowBucket};
use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use daybook_normalizer::handler::{BatchHandler, Patience};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_store::{Endpoint, Writer};
use daybook_tests::ministack::MiniStack;
use daybook_tests::up::Up;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::{body_of, builder, create_call, message, serve};

const BUCKET: &str = "audit-overflow";
const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/specs");

/// A copy of a message with another request id, and another pointer.
fn forged(original: &Value, request_id: &str, pointer: &str, value: Value) -> String {
    let mut message = original.clone();
    message["event"]["requestContext"]["requestId"] = json!(request_id);
    *message.pointer_mut(pointer).unwrap() = value;
    message.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_message_is_stored_whole_and_a_pointer_to_elsewhere_is_not_followed() {
    let ministack = MiniStack::start().await.unwrap();
    let (queue, _) = ministack.create_queues("audit", 3, 10).await.unwrap();
    ministack.create_bucket(BUCKET).await.unwrap();
    let capture = builder(&ministack, &queue)
        .overflow_bucket(OverflowBucket::with_access(BUCKET, ministack.access(None)))
        .build()
        .unwrap();
    let whole = body_of(3_000_000);
    serve(&capture, &[create_call("large", whole.clone())]).await;
    let counters = capture.counters();
    assert_eq!((counters.truncated, counters.overflowed), (1, 1));

    let received = ministack.receive(&queue, 1).await.unwrap();
    let original = message(&received[0]);
    let key = original["overflow"]["s3"]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        key.starts_with("daybook/20") && key.ends_with("/large.json"),
        "{key}"
    );
    let mut sent = vec![
        received[0].body.clone(),
        forged(
            &original,
            "missing",
            "/overflow/s3/key",
            json!("daybook/2026/11/22/no.json"),
        ),
        forged(
            &original,
            "different",
            "/overflow/sha256",
            json!("00".repeat(32)),
        ),
        forged(&original, "longer", "/overflow/bytes", json!(1)),
        forged(
            &original,
            "elsewhere",
            "/overflow/s3/bucket",
            json!("salaries"),
        ),
        forged(
            &original,
            "climbing",
            "/overflow/s3/key",
            json!("daybook/../salaries.json"),
        ),
    ];
    sent.push(received[0].body.clone());
    // Its body takes more memory than there is for one.
    let rows = vec![json!({"sku": "A-12345", "quantity": 10}); 170_000];
    let rich = json!({ "items": rows });
    serve(&capture, &[create_call("rich", rich.clone())]).await;
    for one in &sent {
        // Each is nearly as large as a batch may be.
        ministack
            .send(&queue, std::slice::from_ref(one))
            .await
            .unwrap();
    }

    let data = tempfile::tempdir().unwrap();
    let mut environment = ministack.environment();
    environment.push(("DAYBOOK_OVERFLOW_BUCKET", BUCKET.to_owned()));
    let up = Up::start_with_environment(
        env!("CARGO_BIN_EXE_daybook-under-test"),
        data.path(),
        &["--no-seed", "--specs", SPECS, "--queue-url", &queue],
        &environment,
    )
    .await
    .unwrap();
    ministack.wait_until_empty(&queue).await.unwrap();
    let token = up.token("capture").await.unwrap();
    let logs = up.logs(&token, &json!({"limit": 100})).await.unwrap();
    assert_eq!(
        logs.len(),
        7,
        "one is whole, and was delivered twice; six are cut"
    );
    let details: Vec<Value> = logs
        .iter()
        .map(|log| serde_json::from_str(log["detail"].as_str().unwrap()).unwrap())
        .collect();
    let is_whole = |detail: &&Value| **detail == whole;
    assert_eq!(details.iter().filter(is_whole).count(), 1);
    for cut in details.iter().filter(|detail| !is_whole(detail)) {
        let mark = &cut["$truncated"]["request"];
        let is_rich = cut["items"][0] == rich["items"][0];
        let original = if is_rich { &rich } else { &whole };
        assert_eq!(mark["original_bytes"], original.to_string().len());
        assert!(cut["items"].as_array().unwrap().len() > 5_000);
    }
    assert_eq!(up.dead_letters().unwrap().len(), 0);
    up.interrupt().await.unwrap();
}

/// Nothing dies in these tests.
struct NoDeadLetters;

impl DeadLetters for NoDeadLetters {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        panic!("{} dead letters", letters.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_s3_is_away_the_cut_copy_is_sent_and_the_reader_waits() {
    let ministack = MiniStack::start().await.unwrap();
    let queue = ministack.create_queue("audit", json!({})).await.unwrap();
    let away = away(&ministack).await;
    let capture = builder(&ministack, &queue)
        .overflow_bucket(OverflowBucket::with_access(BUCKET, away.clone()))
        .build()
        .unwrap();
    serve(&capture, &[create_call("large", body_of(2_000_000))]).await;
    let counters = capture.counters();
    assert_eq!(
        (
            counters.acknowledged,
            counters.truncated,
            counters.overflowed
        ),
        (1, 1, 0)
    );
    let received = ministack.receive(&queue, 1).await.unwrap();
    let mut message = message(&received[0]);
    assert!(message.get("overflow").is_none());

    message["event"]["body"] = json!("{}");
    message["overflow"] =
        json!({"s3": {"bucket": BUCKET, "key": "daybook/a.json"}, "bytes": 9, "sha256": "00"});
    let credentials = daybook_store::Credentials {
        user: "nobody".to_owned(),
        password: String::new(),
    };
    let handler = BatchHandler {
        index: Arc::new(Index::build(Vec::new()).0),
        settings: Arc::new(Settings::default()),
        writer: Writer::new(&Endpoint::new("http://127.0.0.1:1"), &credentials).unwrap(),
        dead_letters: Arc::new(NoDeadLetters),
        overflow: Some(Arc::new(OverflowBucket::with_access(BUCKET, away))),
        patience: Patience::default(),
    };
    let mut record = SqsMessage::default();
    record.message_id = Some("m1".to_owned());
    record.body = Some(message.to_string());
    let mut batch = SqsEvent::default();
    batch.records = vec![record];
    let report = handler.handle(batch, Duration::from_secs(20)).await;
    assert_eq!(report.failed, ["m1"]);
    assert!(report.failure.unwrap().contains("overflow bucket"));
    assert!(report.overflow_lost.is_empty());
}

/// S3 at a port where nobody listens.
async fn away(ministack: &MiniStack) -> AwsAccess {
    let nobody = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    ministack.access(None).with_endpoint(url)
}
