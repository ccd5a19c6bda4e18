//! What becomes of a call whose handler gave no answer, and of a batch whose dead-letter queue gives none.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_event::Outcome;
use daybook_normalizer::context::build_index;
use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use daybook_normalizer::handler::BatchHandler;
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_store::{Credentials, Endpoint, Writer};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const NOW_MS: i64 = 1_795_379_689_123;

fn outcome_of(failure: &str) -> Outcome {
    let message = json!({
        "v": 1,
        "event": {
            "httpMethod": "DELETE", "path": "/v1/orders/7", "resource": "/v1/orders/{orderId}",
            "requestContext": {"apiId": "a1", "stage": "prod", "requestId": "r1", "requestTimeEpoch": NOW_MS},
        },
        "response": {"status_code": 0, "failure": failure},
    });
    let settings = Settings::default();
    let (index, _) = build_index(Vec::new(), &settings);
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    match normalize(
        &decode(&message.to_string()).unwrap(),
        &index,
        &settings,
        now,
    )
    .unwrap()
    {
        Normalized::Event(new) => new.event.outcome,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

#[test]
fn an_error_and_a_panic_are_failures_and_what_a_timeout_hides_is_unknown() {
    assert_eq!(outcome_of("error"), Outcome::Failure);
    assert_eq!(outcome_of("panic"), Outcome::Failure);
    assert_eq!(outcome_of("timeout"), Outcome::Unknown);
}

/// Keeps what comes a hundred at a time and what the database refuses, and never answers to anything else.
struct SilentForMost;

impl DeadLetters for SilentForMost {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move {
            let is_refused =
                |letter: &DeadLetter| letter.reason.starts_with("the database refuses");
            if letters.len() == 1 && !letters.iter().all(is_refused) {
                std::future::pending::<()>().await;
            }
            vec![true; letters.len()]
        })
    }
}

/// A database that refuses all data.
async fn refusing_database() -> String {
    const REFUSAL: &str = "Code: 27. DB::Exception: No. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16 * 1024]).await;
            let answer = format!(
                "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
                REFUSAL.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_dead_letter_queue_that_never_answers_keeps_nothing_from_the_database() {
    let credentials = Credentials {
        user: "w".to_owned(),
        password: "p".to_owned(),
    };
    let endpoint = Endpoint::new(refusing_database().await);
    let handler = BatchHandler {
        index: Arc::new(build_index(Vec::new(), &Settings::default()).0),
        settings: Arc::new(Settings::default()),
        writer: Writer::new(&endpoint, &credentials).unwrap(),
        dead_letters: Arc::new(SilentForMost),
        overflow: None,
    };
    let good = json!({"v": 1, "event": {"httpMethod": "DELETE", "path": "/a",
        "requestContext": {"requestId": "r1", "requestTimeEpoch": 1_700_000_000_000_i64}}});
    let mut batch = SqsEvent::default();
    let bad = (0..=100).map(|number| (format!("bad {number}"), "{".to_owned()));
    for (id, body) in std::iter::once(("good".to_owned(), good.to_string())).chain(bad) {
        let mut message = SqsMessage::default();
        message.message_id = Some(id);
        message.body = Some(body);
        batch.records.push(message);
    }
    let answer = handler.handle(batch, Duration::from_secs(2));
    let report = tokio::time::timeout(Duration::from_secs(30), answer).await;
    let report = report.expect("an answer in time");
    // What the queue has said of a hundred of them counts.
    assert_eq!(report.failed, ["bad 100"]);
    assert_eq!(report.dead.len(), 101);
    let last = report.dead.last().map(|(id, _)| id.as_str());
    assert_eq!(last, Some("good"), "the database was asked meanwhile");
}
