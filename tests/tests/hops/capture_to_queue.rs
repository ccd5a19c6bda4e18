//! From a service to its queue: the capture layer against SQS and S3 as MiniStack speaks them.

mod batches;
mod limit;
mod overflow;
mod permission;

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_capture::{Capture, CaptureBuilder, CaptureService, Message, Sink, SinkError, SqsSink};
use daybook_tests::events::{Call, Format};
use daybook_tests::ministack::{MiniStack, Received};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaInvocation};
use serde_json::{Value, json};
use tower::{ServiceExt as _, service_fn};

/// Nothing here is about time, and a debug build on a busy machine needs much of it.
const FLUSH_TIMEOUT_MS: u64 = 60_000;

/// A call that creates a webhook configuration, with this body.
fn create_call(request_id: &str, body: Value) -> Call {
    Call {
        format: Format::Http,
        request_id: request_id.to_owned(),
        time: Timestamp::now(),
        domain_name: "webhooks.sls.epilot.io",
        method: "POST",
        resource: "/v1/webhooks/configs",
        path: "/v1/webhooks/configs".to_owned(),
        org_id: Some("capture".to_owned()),
        body: Some(body),
    }
}

/// A body of about this many bytes.
fn body_of(bytes: usize) -> Value {
    let item = json!({"url": "https://hooks.example.com/a", "name": "Orders to ERP"});
    let count = bytes / (item.to_string().len() + 1);
    json!({"name": "Orders to ERP", "items": vec![item; count]})
}

fn sink(ministack: &MiniStack, queue: &str, credentials: Option<Credentials>) -> SqsSink {
    SqsSink::with_access(queue, ministack.access(credentials))
        .with_flush_timeout_ms(FLUSH_TIMEOUT_MS)
}

fn builder(ministack: &MiniStack, queue: &str) -> CaptureBuilder {
    Capture::builder()
        .sink(sink(ministack, queue, None))
        .flush_timeout_ms(FLUSH_TIMEOUT_MS)
}

/// Serves calls one after the other, as Lambda does, below the layer.
async fn serve(capture: &Capture, calls: &[Call]) {
    let handler = service_fn(async |_: LambdaInvocation| Ok::<(), lambda_runtime::Error>(()));
    let mut runtime: CaptureService<_> = capture.layer(handler);
    for call in calls {
        let (parts, ()) = http::Response::new(()).into_parts();
        let mut context = Context::default();
        context.request_id.clone_from(&call.request_id);
        let invocation = LambdaInvocation {
            parts,
            body: Bytes::from(call.event().to_string()),
            context,
        };
        (&mut runtime).oneshot(invocation).await.unwrap();
    }
}

fn message(received: &Received) -> Value {
    serde_json::from_str(&received.body).unwrap()
}

/// A sink that keeps what the layer made.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Message>>>);

impl Sink for Kept {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        self.0.lock().unwrap().extend(messages);
        async { Ok(()) }.boxed()
    }
}

/// The messages of so many calls.
async fn messages(count: usize) -> Vec<Message> {
    large_messages(count, 0).await
}

/// Each with a body of at least so many bytes.
async fn large_messages(count: usize, bytes: usize) -> Vec<Message> {
    let text = "a".repeat(bytes);
    let kept = Kept::default();
    let capture = Capture::builder().sink(kept.clone()).build().unwrap();
    let calls: Vec<Call> = (0..count)
        .map(|number| {
            create_call(
                &format!("request-{number}"),
                json!({"name": "A", "text": text}),
            )
        })
        .collect();
    serve(&capture, &calls).await;
    let messages = kept.0.lock().unwrap().clone();
    assert_eq!(messages.len(), count);
    messages
}
