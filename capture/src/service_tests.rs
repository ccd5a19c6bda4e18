//! Time, with a clock that stands still unless all wait: the deadline, the flush timeout, slow names.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_aws_access::AwsAccess;
use daybook_event::{CapturedExchange, CapturedResponse};
use futures::poll;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use lambda_runtime::{Context as LambdaContext, Error};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::sink::{Message, Sink, SinkError};
use crate::sqs::SqsSink;

/// Lambda's time for the function.
const TIME: Duration = Duration::from_secs(30);

/// Room for the real time that passes between the test's look at the clock and the layer's.
const SLACK: Duration = Duration::from_secs(5);

/// Acknowledges after a while, and notes when each message came.
#[derive(Clone, Default)]
struct SlowSink {
    delay: Duration,
    came: Arc<Mutex<Vec<(Instant, Message)>>>,
}

impl Sink for SlowSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        let now = Instant::now();
        let came = messages.into_iter().map(|message| (now, message));
        self.came.lock().unwrap().extend(came);
        async {
            // Even no time is a tick of the clock.
            if !self.delay.is_zero() {
                sleep(self.delay).await;
            }
            Ok(())
        }
        .boxed()
    }
}

impl SlowSink {
    /// When the only message came, and what it says of the response.
    fn only(&self) -> (Instant, Option<CapturedResponse>) {
        let came = self.came.lock().unwrap();
        assert_eq!(came.len(), 1);
        let exchange: CapturedExchange = serde_json::from_str(came[0].1.body()).unwrap();
        (came[0].0, exchange.response)
    }
}

fn capture(sink: impl Sink) -> Capture {
    Capture::builder().sink(sink).build().unwrap()
}

fn invocation(time: Duration) -> LambdaInvocation {
    let (parts, ()) = http::Response::new(()).into_parts();
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
    let mut context = LambdaContext::default();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    LambdaInvocation {
        parts,
        body: Bytes::from_static(br#"{"resource":"/","path":"/","httpMethod":"POST"}"#),
        context,
    }
}

/// A runtime with the layer in both places: its handler answers 201 after `handler`, which is posted
/// in `posting`.
fn served(
    capture: &Capture,
    handler: Duration,
    posting: Duration,
) -> impl Future<Output = Result<(), Error>> + use<> {
    let inner = capture.layer(service_fn(move |_: LambdaEvent<()>| async move {
        sleep(handler).await;
        Ok::<Value, Error>(json!({"statusCode": 201, "body": "{}"}))
    }));
    let runtime = service_fn(move |invocation: LambdaInvocation| {
        let answered = inner
            .clone()
            .oneshot(LambdaEvent::new((), invocation.context));
        async move {
            answered.await?;
            sleep(posting).await;
            Ok::<(), Error>(())
        }
    });
    capture.layer(runtime).oneshot(invocation(TIME))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_lambda_is_about_to_end_is_sent_before() {
    let sink = SlowSink::default();
    let capture = capture(sink.clone());
    let started = Instant::now();
    let killed = timeout(TIME, served(&capture, Duration::MAX, Duration::ZERO)).await;
    assert!(killed.is_err());
    let (came_at, response) = sink.only();
    let response = response.unwrap();
    assert_eq!(response.failure, Some(HandlerFailure::Timeout));
    assert_eq!(response.status_code, 0);
    let waited = came_at - started;
    assert!(waited + SLACK > TIME, "as late as possible: {waited:?}");
    assert!(waited + Duration::from_secs(1) < TIME, "{waited:?}");
    let counters = capture.counters();
    assert_eq!((counters.captured, counters.acknowledged), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_answers_in_the_last_moment_is_not_delayed_by_what_was_sent_before() {
    let sink = SlowSink {
        delay: Duration::from_mins(1),
        ..SlowSink::default()
    };
    let capture = capture(sink.clone());
    let started = Instant::now();
    let answered_at: Arc<Mutex<Option<Instant>>> = Arc::default();
    let noted = answered_at.clone();
    let runtime = service_fn(move |_: LambdaInvocation| {
        let noted = noted.clone();
        async move {
            sleep(TIME.checked_sub(Duration::from_millis(500)).unwrap()).await;
            *noted.lock().unwrap() = Some(Instant::now());
            Err::<(), Error>("the runtime's own error".into())
        }
    });
    let error = capture
        .layer(runtime)
        .oneshot(invocation(TIME))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the runtime's own error");
    let answered_at = answered_at.lock().unwrap().unwrap();
    assert_eq!(
        answered_at - started,
        TIME.checked_sub(Duration::from_millis(500)).unwrap()
    );
    assert!(sink.only().0 < answered_at, "sent before");
    let counters = capture.counters();
    assert_eq!(
        (counters.captured, counters.dropped),
        (1, 1),
        "it is never sent twice"
    );
}

#[tokio::test(start_paused = true)]
async fn who_answers_after_the_message_is_acknowledged_returns_at_once() {
    let sink = SlowSink::default();
    let capture = capture(sink.clone());
    let started = Instant::now();
    let handler = TIME.checked_sub(Duration::from_millis(100)).unwrap();
    served(&capture, handler, Duration::ZERO).await.unwrap();
    assert_eq!(started.elapsed(), handler);
    sink.only();
    assert_eq!(capture.counters().acknowledged, 1);
}

/// Several megabytes, with much to remove.
fn large_event() -> Bytes {
    let items = vec![json!({"name": "x".repeat(100), "password": "y"}); 20_000];
    let body = json!({"items": items}).to_string();
    let event = json!({"path": "/", "httpMethod": "POST", "body": body});
    Bytes::from(event.to_string())
}

#[tokio::test]
async fn a_large_message_that_is_not_made_in_time_is_dropped_and_counted() {
    // Nothing is left of the function's time, and what is there at once is in time all the same.
    for (body, delay, is_in_time) in [
        (None, Duration::ZERO, true),
        (Some(large_event()), TIME, false),
    ] {
        let sink = SlowSink {
            delay,
            ..SlowSink::default()
        };
        let capture = capture(sink);
        let mut invocation = invocation(Duration::from_millis(40));
        invocation.body = body.unwrap_or(invocation.body);
        let runtime = service_fn(|_: LambdaInvocation| async { Ok::<(), Error>(()) });
        capture.layer(runtime).oneshot(invocation).await.unwrap();
        let counters = capture.counters();
        assert_eq!(counters.captured, 1);
        assert_eq!(counters.acknowledged, u64::from(is_in_time));
        assert_eq!(counters.dropped, u64::from(!is_in_time));
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_event_is_not_cleaned_on_the_task_of_a_handler_that_is_at_work() {
    let sink = SlowSink::default();
    let capture = capture(sink.clone());
    let mut invocation = invocation(TIME);
    invocation.body = large_event();
    let handler = service_fn(|_: LambdaInvocation| pending::<Result<(), Error>>());
    let mut served = pin!(capture.layer(handler).oneshot(invocation));
    assert!(poll!(served.as_mut()).is_pending());
    tokio::time::advance(TIME * 29 / 30).await;
    assert!(poll!(served.as_mut()).is_pending());
    assert_eq!(capture.counters().captured, 1, "the delivery has begun");
    assert!(sink.came.lock().unwrap().is_empty(), "and held nobody up");
    while capture.counters().flushes == 0 {
        let _ = timeout(Duration::from_millis(1), served.as_mut()).await;
    }
    assert_eq!(capture.counters().acknowledged, 1);
    let response = sink.only().1.unwrap();
    assert_eq!(response.failure, Some(HandlerFailure::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_has_answered_did_not_time_out() {
    for (handler, posting) in [
        // The response is still being posted when the time is nearly over.
        (Duration::from_secs(1), TIME),
        (Duration::from_secs(1), Duration::ZERO),
        (Duration::ZERO, Duration::ZERO),
    ] {
        let sink = SlowSink::default();
        let capture = capture(sink.clone());
        served(&capture, handler, posting).await.unwrap();
        let response = sink.only().1.unwrap();
        assert_eq!((response.status_code, response.failure), (201, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_delays_the_next_event_by_the_flush_timeout_exactly() {
    let sink = SlowSink {
        delay: Duration::MAX,
        ..SlowSink::default()
    };
    let capture = Capture::builder()
        .sink(sink)
        .flush_timeout_ms(400)
        .build()
        .unwrap();
    let started = Instant::now();
    served(
        &capture,
        Duration::from_millis(10),
        Duration::from_millis(5),
    )
    .await
    .unwrap();
    let elapsed = started.elapsed();
    // Tokio's clock ticks in milliseconds.
    assert!(elapsed >= Duration::from_millis(415), "{elapsed:?}");
    assert!(elapsed <= Duration::from_millis(417), "{elapsed:?}");
    assert_eq!(capture.counters().dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flush_after_the_response_ends_before_lambda_ends_the_function() {
    let sink = SlowSink {
        delay: Duration::MAX,
        ..SlowSink::default()
    };
    let capture = Capture::builder()
        .sink(sink)
        .flush_timeout_ms(60_000)
        .build()
        .unwrap();
    let started = Instant::now();
    let runtime = service_fn(|_: LambdaInvocation| async { Ok::<(), Error>(()) });
    let time = Duration::from_secs(20);
    let served = capture.layer(runtime).oneshot(invocation(time));
    served.await.unwrap();
    assert!(started.elapsed() < time, "{:?}", started.elapsed());
    assert!(started.elapsed() + SLACK > time, "{:?}", started.elapsed());
    assert_eq!(capture.counters().dropped, 1);
}

/// The clock of the machine is ahead of Lambda's.
#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_when_it_begins_is_sent_as_if_it_had_no_end() {
    let sink = SlowSink {
        delay: Duration::from_millis(900),
        ..SlowSink::default()
    };
    let capture = capture(sink.clone());
    let runtime = service_fn(|_: LambdaInvocation| async {
        sleep(Duration::from_millis(10)).await;
        Ok::<(), Error>(())
    });
    let mut invocation = invocation(Duration::ZERO);
    invocation.context.deadline -= 5_000;
    capture.layer(runtime).oneshot(invocation).await.unwrap();
    assert_eq!(sink.only().1, None, "it is no timeout");
    assert_eq!(capture.counters().acknowledged, 1);
}

#[tokio::test(start_paused = true)]
async fn slow_names_delay_the_next_event_by_the_flush_timeout_at_most() {
    let names = service_fn(|_: Name| pending::<Result<std::vec::IntoIter<SocketAddr>, Error>>());
    let transport =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new_with_resolver(names));
    let credentials = Credentials::new("id", "key", None, None, "test");
    let access = AwsAccess::new("eu-central-1", credentials)
        .with_endpoint("http://sqs.example.com")
        .with_transport(transport);
    let capture = capture(SqsSink::with_access("https://sqs.example.com/1/a", access));
    let started = Instant::now();
    served(&capture, Duration::ZERO, Duration::ZERO)
        .await
        .unwrap();
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}");
    assert!(elapsed <= Duration::from_millis(1_002), "{elapsed:?}");
    assert_eq!(capture.counters().dropped, 1);
}

/// A service may run on a runtime of its own making.
#[test]
fn a_runtime_without_a_clock_costs_the_message_and_nothing_else() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let capture = capture(SlowSink::default());
    let inner = service_fn(|_: LambdaInvocation| async {
        tokio::task::yield_now().await;
        Ok::<(), Error>(())
    });
    runtime
        .block_on(capture.layer(inner).oneshot(invocation(TIME)))
        .unwrap();
    let counters = capture.counters();
    assert_eq!((counters.captured, counters.dropped), (1, 1));
}
