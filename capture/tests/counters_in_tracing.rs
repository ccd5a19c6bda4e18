//! Each flush tells `tracing` of all counters, whichever door the call came through.
//!
//! A subscriber is the process's, so this is the only test in it.

#![allow(clippy::unwrap_used)] // the whole binary is a test

use std::convert::Infallible;
use std::future::ready;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use daybook_capture::{Capture, CapturedBody, Counters, Message, ServerCapture, Sink, SinkError};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::Full;
use lambda_runtime::{Context, LambdaInvocation};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The only line of counters since the last time.
    fn counted(&self) -> Value {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let lines = String::from_utf8(bytes).unwrap();
        let mut lines = lines.lines().filter(|line| line.contains("counted since"));
        let line = lines.next().unwrap();
        assert_eq!(lines.next(), None);
        serde_json::from_str(line).unwrap()
    }
}

struct Taking;

impl Sink for Taking {
    fn send(&self, _: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        ready(Ok(())).boxed()
    }
}

fn capture() -> Capture {
    Capture::builder().sink(Taking).build().unwrap()
}

async fn call_a_function(capture: &Capture, method: &str) {
    let (parts, ()) = Response::new(()).into_parts();
    let invocation = LambdaInvocation {
        parts,
        body: Bytes::from(json!({"httpMethod": method}).to_string()),
        context: Context::default(),
    };
    let runtime = service_fn(|_: LambdaInvocation| ready(Ok::<(), Infallible>(())));
    capture.layer(runtime).oneshot(invocation).await.unwrap();
}

async fn call_a_server(audit: &ServerCapture, method: &str) {
    let handler = service_fn(|_: Request<CapturedBody<Full<Bytes>>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let request = Request::builder().method(method);
    let request = request.body(Full::default()).unwrap();
    audit.layer().layer(handler).oneshot(request).await.unwrap();
}

fn assert_told(counted: &Value, counters: &Counters) {
    for (name, count) in [
        ("captured", 1),
        ("acknowledged", 1),
        ("left_out", 1),
        ("dropped", 0),
        ("truncated", 0),
        ("overflowed", 0),
        ("sent_bytes", counters.sent_bytes),
        ("flushes", 1),
        ("flush_time_ms", counters.flush_time_ms),
    ] {
        assert_eq!(counted["fields"][name], count, "{name}");
    }
}

#[tokio::test]
async fn a_flush_of_either_door_tells_all_counters() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .init();

    let capture = self::capture();
    call_a_function(&capture, "GET").await;
    call_a_function(&capture, "POST").await;
    assert_told(&log.counted(), &capture.counters());

    let audit = ServerCapture::builder(self::capture()).build().unwrap();
    call_a_server(&audit, "GET").await;
    call_a_server(&audit, "POST").await;
    assert_eq!(audit.shut_down().await, 0);
    assert_told(&log.counted(), &audit.counters());
}
