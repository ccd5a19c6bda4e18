//! What becomes of a call whose handler gave no answer, and of a batch whose dead-letter queue gives none.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_event::Outcome;
use daybook_normalizer::context::build_index;
use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use daybook_normalizer::handler::{BatchHandler, Patience};
use daybook_normalizer::settings::Settings;
use daybook_overflow::OverflowBucket;
use daybook_store::{Credentials, Endpoint, Writer};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::log::Log;
use crate::stored::{Kept, NOW_MS, new_event};

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
    new_event(&message, &index, &settings).event.outcome
}

#[test]
fn an_error_and_a_panic_are_failures_and_what_a_timeout_hides_is_unknown() {
    assert_eq!(outcome_of("error"), Outcome::Failure);
    assert_eq!(outcome_of("panic"), Outcome::Failure);
    assert_eq!(outcome_of("timeout"), Outcome::Unknown);
}

/// Takes letters in tens as SQS does, and never answers to the sixth ten; what was delivered to the database it takes at any time.
#[derive(Default)]
struct SilentAfterFifty {
    kept: AtomicUsize,
}

impl DeadLetters for SilentAfterFifty {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move {
            for ten in letters.chunks(10) {
                let is_refused =
                    |letter: &DeadLetter| letter.reason.starts_with("the database refuses");
                if self.kept.load(Ordering::Relaxed) == 50 && !ten.iter().all(is_refused) {
                    std::future::pending::<()>().await;
                }
                self.kept.fetch_add(ten.len(), Ordering::Relaxed);
            }
            vec![true; letters.len()]
        })
    }
}

/// A database that gives every question the same answer, and how often it was asked.
async fn refusing_database(refusal: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16 * 1024]).await;
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = format!(
                "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{refusal}",
                refusal.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked)
}

const REFUSES_DATA: &str = "Code: 27. DB::Exception: No. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)";
const REFUSES_ACCESS: &str = "Code: 516. DB::Exception: No. (AUTHENTICATION_FAILED)";
const NEEDS_TOO_MUCH: &str =
    "Code: 241. DB::Exception: Memory limit (for query) exceeded. (MEMORY_LIMIT_EXCEEDED)";

fn handler(database: String, dead_letters: Arc<dyn DeadLetters>) -> BatchHandler {
    let credentials = Credentials {
        user: "w".to_owned(),
        password: "p".to_owned(),
    };
    BatchHandler {
        index: Arc::new(build_index(Vec::new(), &Settings::default()).0),
        settings: Arc::new(Settings::default()),
        writer: Writer::new(&Endpoint::new(database), &credentials).unwrap(),
        dead_letters,
        overflow: None,
        patience: Patience::default(),
    }
}

fn deletion(request_id: &str) -> Value {
    json!({"v": 1, "event": {"httpMethod": "DELETE", "path": "/a",
        "requestContext": {"requestId": request_id, "requestTimeEpoch": 1_700_000_000_000_i64}}})
}

fn sqs_message(id: &str, body: &str, delivery: Option<u32>) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.to_owned());
    message.body = Some(body.to_owned());
    if let Some(delivery) = delivery {
        let name = "ApproximateReceiveCount".to_owned();
        message.attributes.insert(name, delivery.to_string());
    }
    message
}

fn batch_of(messages: impl IntoIterator<Item = SqsMessage>) -> SqsEvent {
    let mut batch = SqsEvent::default();
    batch.records = messages.into_iter().collect();
    batch
}

#[tokio::test]
async fn a_dead_letter_queue_that_never_answers_keeps_nothing_from_the_database() {
    let (database, _) = refusing_database(REFUSES_DATA).await;
    let handler = handler(database, Arc::new(SilentAfterFifty::default()));
    let good = sqs_message("good", &deletion("r1").to_string(), None);
    let bad = (0..60).map(|number| sqs_message(&format!("bad {number}"), "{", None));
    let batch = batch_of(std::iter::once(good).chain(bad));
    let answer = handler.handle(batch, Duration::from_secs(2));
    let report = tokio::time::timeout(Duration::from_secs(30), answer).await;
    let report = report.expect("an answer in time");
    // What the queue has said of fifty of them counts.
    let not_said: Vec<_> = (50..60).map(|number| format!("bad {number}")).collect();
    assert_eq!(report.failed, not_said);
    assert_eq!(report.dead.len(), 51);
    let last = report.dead.last().map(|(id, _)| id.as_str());
    assert_eq!(last, Some("good"), "the database was asked meanwhile");
}

#[tokio::test]
async fn what_the_queue_would_give_up_without_a_reason_has_one() {
    let (database, _) = refusing_database(REFUSES_ACCESS).await;
    let letters = Arc::new(Kept::default());
    let handler = handler(database, letters.clone());
    let body = |id: &str| deletion(id).to_string();
    let deliveries = [
        ("first", Some(1)),
        ("989th", Some(989)),
        ("990th", Some(990)),
        ("nobody counts", None),
    ];
    let messages = deliveries.map(|(id, delivery)| sqs_message(id, &body(id), delivery));
    let report = handler
        .handle(batch_of(messages), Duration::from_mins(1))
        .await;
    assert_eq!(report.failed, ["first", "989th", "nobody counts"]);
    let letters = letters.0.lock().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&*letters[0].message_id, &letters[0].body),
        ("990th", &body("990th"))
    );
    let reason = &letters[0].reason;
    assert!(
        reason.starts_with("it was delivered 990 times and never stored")
            && reason.ends_with("code 516"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_the_queue_would_soon_remove_has_a_reason_however_seldom_it_was_delivered() {
    let (database, _) = refusing_database(REFUSES_ACCESS).await;
    let letters = Arc::new(Kept::default());
    let handler = handler(database, letters.clone());
    let sent = |id: &str, days: i64| {
        let mut message = sqs_message(id, &deletion(id).to_string(), Some(3));
        let sent_ms = Timestamp::now().as_millisecond() - days * 24 * 60 * 60 * 1_000;
        let name = "SentTimestamp".to_owned();
        message.attributes.insert(name, sent_ms.to_string());
        message
    };
    // A clock that is ahead makes nothing old.
    let batch = batch_of([sent("new", 11), sent("old", 13), sent("ahead", -100)]);
    let report = handler.handle(batch, Duration::from_mins(1)).await;
    assert_eq!(report.failed, ["new", "ahead"]);
    let letters = letters.0.lock().unwrap();
    let [letter] = letters.as_slice() else {
        panic!("{} letters", letters.len());
    };
    let reason = &letter.reason;
    assert!(
        reason.starts_with("it was sent 13 days ago and never stored")
            && reason.ends_with("code 516"),
        "{reason}"
    );
}

#[test]
fn a_message_is_given_up_at_the_last_delivery_of_its_queue_or_shortly_before() {
    let day = Duration::from_hours(24);
    let given_up = |receive_count_max| Patience::of_queue(receive_count_max, 7 * day);
    for (receive_count_max, deliveries_max) in [(1, 1), (2, 2), (5, 5), (100, 99), (1_000, 990)] {
        assert_eq!(
            given_up(Some(receive_count_max)).deliveries_max,
            deliveries_max
        );
    }
    assert!(given_up(None).deliveries_max > 1_000_000);
    assert_eq!(given_up(None).age_max, 6 * day);
    let default = Patience {
        deliveries_max: 990,
        age_max: 12 * day,
    };
    assert_eq!(Patience::default(), default);
}

#[tokio::test]
async fn a_database_that_has_not_enough_for_any_event_is_left_in_peace() {
    let (database, asked) = refusing_database(NEEDS_TOO_MUCH).await;
    let letters = Arc::new(Kept::default());
    let handler = handler(database, letters.clone());
    let messages = (0..200).map(|number| {
        let id = format!("r{number}");
        sqs_message(&id, &deletion(&id).to_string(), Some(1))
    });
    let report = handler
        .handle(batch_of(messages), Duration::from_mins(1))
        .await;
    assert_eq!(report.failed.len(), 200);
    assert_eq!(letters.0.lock().unwrap().len(), 0);
    let asked = asked.load(Ordering::Relaxed);
    assert!(asked < 60, "{asked} questions");
}

#[tokio::test]
async fn a_bucket_that_is_set_wrong_may_be_mended_before_a_message_is_cut() {
    let (database, _) = refusing_database(REFUSES_DATA).await;
    let mut body = deletion("large");
    body["truncated"] = json!({"request": {"original_bytes": 2_000_000, "sha256": "ab"}});
    body["overflow"] =
        json!({"s3": {"bucket": "ours", "key": "daybook/a.json"}, "bytes": 9, "sha256": "00"});
    let mut elsewhere = body.clone();
    elsewhere["overflow"]["s3"]["key"] = json!("salaries.json");
    let mut handler = handler(database, Arc::new(Kept::default()));
    for bucket in [None, Some(Arc::new(OverflowBucket::new("renamed")))] {
        let is_none = bucket.is_none();
        handler.overflow = bucket;
        let messages = [
            sqs_message("first", &body.to_string(), Some(1)),
            sqs_message("ninth", &body.to_string(), Some(9)),
            sqs_message("tenth", &body.to_string(), Some(10)),
            sqs_message("nobody counts", &body.to_string(), None),
        ];
        let report = handler
            .handle(batch_of(messages), Duration::from_mins(1))
            .await;
        assert_eq!(report.failed, ["first", "ninth"]);
        assert!(report.failure.unwrap().contains("bucket"));
        let cut: Vec<_> = report.overflow_lost.iter().map(|(id, _)| &**id).collect();
        assert_eq!(cut, ["tenth", "nobody counts"]);

        // What the queue delivers no more is cut before it is given up.
        let last = sqs_message("last", &body.to_string(), Some(2));
        let impatient = BatchHandler {
            patience: Patience::of_queue(Some(2), Duration::from_hours(24)),
            ..handler.clone()
        };
        let report = impatient.handle(batch_of([last]), Duration::from_mins(1));
        assert_eq!(report.await.overflow_lost.len(), 1);

        // No configuration makes a pointer to something else right.
        let message = sqs_message("elsewhere", &elsewhere.to_string(), Some(1));
        let batch = batch_of([message]);
        let report = handler.handle(batch, Duration::from_mins(1)).await;
        assert_eq!(report.overflow_lost.len(), usize::from(!is_none));
    }
}

#[test]
fn the_alarm_waits_for_what_the_log_says() {
    let log = Log::default();
    let writer = log.clone();
    // As `lambda::run` writes it.
    let subscriber = tracing_subscriber::fmt()
        .json()
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let (database, _) = refusing_database(REFUSES_ACCESS).await;
            let handler = handler(database, Arc::new(Kept::default()));
            let message = sqs_message("m1", &deletion("r1").to_string(), Some(1));
            handler
                .handle(batch_of([message]), Duration::from_mins(1))
                .await;
        });
    });
    let logged = log.text();
    let line: Value = logged
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["level"] == "ERROR")
        .unwrap();
    assert_eq!(line["fields"]["messages"], 1, "{line}");
    let message = line["fields"]["message"].as_str().unwrap();
    let template = include_str!("../../deploy/template.yaml");
    let pattern = format!("{{ $.fields.message = \"{message}\" }}");
    assert!(template.contains(&pattern), "{pattern}");
    assert!(template.contains("MetricValue: $.fields.messages"));
}
