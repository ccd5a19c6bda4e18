//! No event is lost quietly: ten thousand invocations against a queue that fails at random.
//!
//! The layer, its sink and the signing are real; below them a transport without a network answers as
//! SQS does, or not. Time is tokio's own and stands still while anything works.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_aws_access::{AnswerBody, AwsAccess, Transport, TransportError};
use daybook_capture::{Capture, Metrics, SqsSink};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lambda_runtime::{Context, Error, LambdaInvocation};
use serde_json::{Value, json};
use tower::{ServiceExt, service_fn};

const INVOCATIONS: u64 = 10_000;
const SEED: u64 = 20_261_122;

/// What a queue holds, and how it fails.
#[derive(Debug, Clone, Default)]
struct FailingQueue(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    /// How often each message is there, by its id.
    messages: HashMap<String, usize>,
    requests: u64,
    errors: u64,
    timeouts: u64,
}

/// SplitMix64: the same numbers on every machine.
fn chance(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What a transport answers.
type Answered<'a> = BoxFuture<'a, Result<Response<AnswerBody>, TransportError>>;

async fn body_of(request: Request<Full<Bytes>>) -> Value {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

impl Transport for FailingQueue {
    fn send(&self, request: Request<Full<Bytes>>) -> Answered<'_> {
        let queue = self.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(15)).await;
            let request = body_of(request).await;
            let number = {
                let mut inside = queue.0.lock().unwrap();
                inside.requests += 1;
                inside.requests
            };
            let drawn = chance(SEED, number);
            let kind = (drawn >> 32) % 3;
            match drawn % 100 {
                0..10 => {
                    queue.0.lock().unwrap().errors += 1;
                    match kind {
                        0 => Ok(answer(500, &json!({"__type": "InternalError"}))),
                        1 => Ok(answer(400, &json!({"__type": "RequestThrottled"}))),
                        _ => Err("connection reset".into()),
                    }
                }
                10..15 => {
                    queue.0.lock().unwrap().timeouts += 1;
                    // The request may have come through, and only its answer be lost.
                    if kind == 0 {
                        queue.take(&request);
                    }
                    pending().await
                }
                _ => Ok(answer(200, &queue.take(&request))),
            }
        }
        .boxed()
    }
}

impl FailingQueue {
    fn take(&self, request: &Value) -> Value {
        let mut inside = self.0.lock().unwrap();
        let mut taken = Vec::new();
        for entry in request["Entries"].as_array().unwrap() {
            let message: Value =
                serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
            let id = message["id"].as_str().unwrap().to_owned();
            *inside.messages.entry(id).or_default() += 1;
            taken.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"}));
        }
        json!({"Successful": taken, "Failed": []})
    }
}

/// A sink whose requests go this way.
fn sink(transport: impl Transport) -> SqsSink {
    let credentials = Credentials::new("id", "key", None, None, "test");
    let access = AwsAccess::new("eu-central-1", credentials).with_transport(transport);
    SqsSink::with_access(
        "https://sqs.eu-central-1.amazonaws.com/123456789012/audit",
        access,
    )
}

fn answer(status: u16, body: &Value) -> Response<AnswerBody> {
    let body = Full::from(body.to_string()).map_err(|never| match never {});
    Response::builder()
        .status(status)
        .body(body.boxed_unsync())
        .unwrap()
}

fn invocation(request_id: &str) -> LambdaInvocation {
    let event = json!({
        "httpMethod": "POST", "path": "/v1/orders", "resource": "/v1/orders",
        "requestContext": {"requestId": request_id, "stage": "prod"}, "body": "{\"name\":\"7\"}",
    });
    let (parts, ()) = http::Response::new(()).into_parts();
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    LambdaInvocation {
        parts,
        body: Bytes::from(event.to_string()),
        context,
    }
}

#[tokio::test(start_paused = true)]
async fn captured_is_acknowledged_plus_dropped_and_what_is_acknowledged_is_in_the_queue() {
    let queue = FailingQueue::default();
    let capture = Capture::builder()
        .sink(sink(queue.clone()))
        .metrics(Metrics::off())
        .build()
        .unwrap();
    let mut runtime = capture.layer(service_fn(async |_: LambdaInvocation| Ok::<(), Error>(())));
    let mut acknowledged = Vec::new();
    for number in 0..INVOCATIONS {
        let before = capture.counters();
        let started = tokio::time::Instant::now();
        let request_id = format!("request-{number}");
        (&mut runtime)
            .oneshot(invocation(&request_id))
            .await
            .unwrap();
        assert!(started.elapsed() <= Duration::from_millis(1_001));
        let after = capture.counters();
        assert_eq!(after.captured, before.captured + 1);
        assert_eq!(
            (after.acknowledged - before.acknowledged) + (after.dropped - before.dropped),
            1,
            "exactly one of the two"
        );
        if after.acknowledged > before.acknowledged {
            acknowledged.push(request_id);
        }
    }

    let counters = capture.counters();
    assert_eq!(counters.captured, INVOCATIONS);
    assert_eq!(counters.acknowledged + counters.dropped, INVOCATIONS);
    assert_eq!(counters.acknowledged, acknowledged.len() as u64);
    assert_eq!(counters.flushes, INVOCATIONS);
    let inside = queue.0.lock().unwrap();
    for request_id in &acknowledged {
        assert!(
            inside.messages.contains_key(request_id),
            "{request_id} is lost"
        );
    }
    // A send that timed out may have arrived: then it is there once more, or although it counts as
    // dropped. Nothing else is.
    let copies: usize = inside.messages.values().sum();
    assert!(inside.messages.len() >= acknowledged.len());
    assert!((copies as u64) < counters.acknowledged + inside.timeouts);
    assert!((1..100).contains(&counters.dropped), "{counters:?}");
    assert!(inside.errors > INVOCATIONS / 12 && inside.timeouts > INVOCATIONS / 25);
}

/// Answers its first request after nine tenths of a flush, and no other one.
#[derive(Debug, Default)]
struct SlowQueue(AtomicU64);

impl Transport for SlowQueue {
    fn send(&self, request: Request<Full<Bytes>>) -> Answered<'_> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        async move {
            if number > 0 {
                pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(900)).await;
            let request = body_of(request).await;
            Ok(answer(200, &FailingQueue::default().take(&request)))
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_answers_just_before_the_flush_is_over_is_heard() {
    let capture = Capture::builder()
        .sink(sink(SlowQueue::default()))
        .build()
        .unwrap();
    let handler = service_fn(async |_: LambdaInvocation| Ok::<(), Error>(()));
    capture
        .layer(handler)
        .oneshot(invocation("slow"))
        .await
        .unwrap();
    let counters = capture.counters();
    assert_eq!(counters.acknowledged, 1);
    assert!(
        (900..1_000).contains(&counters.flush_time_ms),
        "{counters:?}"
    );
}
