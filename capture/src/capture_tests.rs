//! The layer as a service sees it: what is left out, what is counted, and what stays inside.

use std::future::{pending, ready};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use daybook_event::CapturedExchange;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Context, Error};
use proptest::prelude::*;
use serde_json::json;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::sink::{Message, SinkError};
use crate::{AuditContext, audit};

/// A sink that ends each sending as its script says, in turn.
#[derive(Clone, Default)]
struct ScriptedSink {
    script: Vec<Ending>,
    sent: Arc<Mutex<Vec<Message>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Acknowledged,
    Refused,
    Panics,
    PanicsAtOnce,
    Never,
}

impl Sink for ScriptedSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        let mut sent = self.sent.lock().unwrap();
        let ending = match self.script.len() {
            0 => Ending::Acknowledged,
            length => self.script[sent.len() % length],
        };
        sent.extend(messages);
        drop(sent);
        match ending {
            Ending::Acknowledged => ready(Ok(())).boxed(),
            Ending::Refused => ready(Err(SinkError::new(1, "refused"))).boxed(),
            Ending::Panics => async { panic!("the sink's own panic") }.boxed(),
            Ending::PanicsAtOnce => panic!("the sink's own panic, at once"),
            Ending::Never => pending().boxed(),
        }
    }
}

fn invocation(method: &str, resource: &str, path: &str) -> LambdaInvocation {
    let event = json!({
        "resource": resource, "path": path, "httpMethod": method,
        "requestContext": {"requestId": "r", "stage": "prod"},
    });
    let (parts, ()) = http::Response::new(()).into_parts();
    LambdaInvocation {
        parts,
        body: Bytes::from(event.to_string()),
        context: Context::default(),
    }
}

/// Serves an invocation as a runtime would, with a handler that does this.
async fn serve_with(capture: &Capture, invocation: LambdaInvocation, handler: fn()) {
    let runtime = service_fn(move |_: LambdaInvocation| async move {
        tokio::task::yield_now().await;
        handler();
        Ok::<(), Error>(())
    });
    capture.layer(runtime).oneshot(invocation).await.unwrap();
}

async fn serve(capture: &Capture, method: &str, resource: &str, path: &str) {
    serve_with(capture, invocation(method, resource, path), || ()).await;
}

fn only(sink: &ScriptedSink) -> CapturedExchange {
    let sent = sink.sent.lock().unwrap();
    assert_eq!(sent.len(), 1);
    serde_json::from_str(sent[0].body()).unwrap()
}

/// Says something inside a call that is left out, or captured, and ends as it is told.
async fn say_within(method: &str, ends_in_a_panic: bool) -> Capture {
    let capture = Capture::builder()
        .sink(ScriptedSink::default())
        .build()
        .unwrap();
    let runtime = service_fn(move |_: LambdaInvocation| {
        audit(|a| a.reason("said before there was a future"));
        async move {
            tokio::task::yield_now().await;
            audit(|a| a.message("said within"));
            assert!(!ends_in_a_panic, "the handler's own panic");
            Ok::<(), Error>(())
        }
    });
    let call = capture.layer(runtime).oneshot(invocation(method, "/", "/"));
    let ended = AssertUnwindSafe(call).catch_unwind().await;
    assert_eq!(ended.is_err(), ends_in_a_panic);
    capture
}

#[tokio::test]
async fn what_is_said_in_a_left_out_call_is_not_heard_by_a_call_around_it() {
    for (method, ends_in_a_panic) in [
        ("GET", false),
        ("GET", true),
        ("POST", false),
        ("POST", true),
    ] {
        let sink = ScriptedSink::default();
        let outer = Capture::builder().sink(sink.clone()).build().unwrap();
        let runtime = service_fn(move |_: LambdaInvocation| async move {
            audit(|a| a.entity("order", "7"));
            let inner = say_within(method, ends_in_a_panic).await;
            let is_left_out = inner.counters().left_out == 1;
            assert_eq!(is_left_out, method == "GET");
            audit(|a| a.name("Order 7"));
            Ok::<(), Error>(())
        });
        let call = outer.layer(runtime).oneshot(invocation("POST", "/", "/"));
        call.await.unwrap();
        let said = only(&sink).context.unwrap();
        assert_eq!((said.reason, said.message), (None, None), "{method}");
        let entity = said.entity.unwrap();
        assert_eq!((&*entity.id, &*entity.name), ("7", "Order 7"));
        // Nothing is around any more.
        audit(|_| panic!("outside a call the closure does not run"));
        assert!(!crate::exchange::is_inside_the_runtime_layer());
    }
}

#[tokio::test]
async fn a_handler_keeps_its_calls_body_or_the_whole_call_back() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    let with_body = || {
        let mut invocation = invocation("POST", "/v1/erasures", "/v1/erasures");
        let mut event: serde_json::Value = serde_json::from_slice(&invocation.body).unwrap();
        event["body"] = json!({"email": "jane@example.com"}).to_string().into();
        invocation.body = Bytes::from(event.to_string());
        invocation
    };
    // What is said later takes nothing of it back.
    serve_with(&capture, with_body(), || {
        audit(AuditContext::without_request_body);
        audit(|a| a.entity("erasure", "7"));
    })
    .await;
    let sent = only(&sink);
    assert!(!sent.event.get().contains("jane"), "{}", sent.event.get());
    assert!(sent.event.get().contains("/v1/erasures"));
    assert_eq!(sent.context.unwrap().entity.unwrap().id, "7");
    serve_with(&capture, with_body(), || audit(AuditContext::left_out)).await;
    assert_eq!(sink.sent.lock().unwrap().len(), 1);
    let counters = capture.counters();
    assert_eq!((counters.captured, counters.left_out), (1, 1));
}

#[tokio::test]
async fn reads_are_left_out_and_changes_are_not() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    for method in ["GET", "HEAD", "OPTIONS", "get", "POST", "DELETE", "PURGE"] {
        serve(&capture, method, "/v1/orders", "/v1/orders").await;
    }
    let counters = capture.counters();
    assert_eq!((counters.left_out, counters.captured), (4, 3));
    let bytes: usize = sink
        .sent
        .lock()
        .unwrap()
        .iter()
        .map(|message| message.body().len())
        .sum();
    assert_eq!(counters.sent_bytes, bytes as u64);
}

#[tokio::test]
async fn of_reads_only_gets_can_be_chosen() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).capture_reads(true);
    let capture = capture.build().unwrap();
    for method in ["GET", "get", "HEAD", "OPTIONS", "options"] {
        serve(&capture, method, "/v1/orders", "/v1/orders").await;
    }
    let counters = capture.counters();
    assert_eq!((counters.left_out, counters.captured), (3, 2));
}

#[tokio::test]
async fn reads_are_captured_on_chosen_routes_and_ignored_paths_never() {
    let capture = Capture::builder()
        .sink(ScriptedSink::default())
        .capture_reads(["/v1/customers/{id}"])
        .ignore_paths(["/v1/hooks/{id}/trigger"])
        .build()
        .unwrap();
    for (method, resource, path, is_captured) in [
        ("GET", "/v1/customers/{id}", "/v1/customers/7", true),
        ("GET", "/v1/customers", "/v1/customers", false),
        ("GET", "/{proxy+}", "/prod/v1/customers/7", true),
        (
            "POST",
            "/v1/hooks/{id}/trigger",
            "/v1/hooks/7/trigger",
            false,
        ),
        ("POST", "/{proxy+}", "/v1/hooks/7/trigger", false),
        ("POST", "/v1/hooks/{id}", "/v1/hooks/7", true),
        ("POST", "/v1/hooks/{id}/{verb}", "/v1/hooks/7/trigger", true),
    ] {
        let before = capture.counters().captured;
        serve(&capture, method, resource, path).await;
        let was_captured = capture.counters().captured > before;
        assert_eq!(was_captured, is_captured, "{method} {resource} {path}");
    }
}

#[tokio::test]
async fn a_predicate_is_asked_about_what_nothing_else_leaves_out_and_its_panic_goes_no_further() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    let capture = Capture::builder()
        .sink(ScriptedSink::default())
        .ignore_paths(["/v1/pings"])
        .capture_if(move |call| {
            let line = format!("{} {} {}", call.method, call.route, call.path);
            seen.lock().unwrap().push(line);
            assert!(!call.path.ends_with("/panic"), "the predicate's own panic");
            !call.path.ends_with("/search")
        })
        .build()
        .unwrap();
    for (method, resource, path, is_captured) in [
        ("POST", "/v1/orders/search", "/v1/orders/search", false),
        ("POST", "/{proxy+}", "/v1/orders", true),
        ("DELETE", "/{proxy+}", "/v1/panic", true),
        ("POST", "/v1/pings", "/v1/pings", false),
        ("GET", "/v1/orders", "/v1/orders", false),
    ] {
        let before = capture.counters();
        serve(&capture, method, resource, path).await;
        let after = capture.counters();
        assert_eq!(after.captured > before.captured, is_captured, "{path}");
        assert_eq!(after.left_out > before.left_out, !is_captured, "{path}");
    }
    assert_eq!(
        *asked.lock().unwrap(),
        [
            "POST /v1/orders/search /v1/orders/search",
            "POST /{proxy+} /v1/orders",
            "DELETE /{proxy+} /v1/panic",
        ]
    );
}

#[tokio::test]
async fn what_a_handler_says_is_merged_and_its_panic_goes_no_further() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    serve_with(&capture, invocation("POST", "/", "/"), || {
        audit(|a| a.entity("order", "7").reason("first"));
        audit(|_| panic!("a panic in what is said"));
        audit(|a| a.name("Order 7").reason("last").parent("shop", "1"));
    })
    .await;
    let context = only(&sink).context.unwrap();
    let entity = context.entity.unwrap();
    assert_eq!(
        (&*entity.kind, &*entity.id, &*entity.name),
        ("order", "7", "Order 7")
    );
    assert_eq!(context.reason.as_deref(), Some("last"));
    assert_eq!(context.parent.unwrap().id, "1");
}

#[tokio::test]
async fn outside_a_captured_call_nothing_is_said() {
    static RAN: AtomicBool = AtomicBool::new(false);
    fn say() {
        audit(|a| {
            RAN.store(true, Ordering::Relaxed);
            a
        });
    }
    say();
    let capture = Capture::builder()
        .sink(ScriptedSink::default())
        .build()
        .unwrap();
    serve_with(&capture, invocation("GET", "/", "/"), say).await;
    serve_with(&Capture::disabled(), invocation("POST", "/", "/"), say).await;
    assert!(!RAN.load(Ordering::Relaxed));
    assert_eq!(capture.counters().captured, 0);
}

#[tokio::test]
async fn without_a_wrapped_handler_there_is_no_response() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    serve(&capture, "POST", "/", "/").await;
    let message = only(&sink);
    assert!(message.response.is_none() && message.duration_ms.is_some());
}

#[tokio::test]
async fn the_runtimes_own_error_is_passed_on_after_the_message_is_sent() {
    let sink = ScriptedSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    let runtime = service_fn(|_: LambdaInvocation| ready(Err::<(), Error>("gone".into())));
    let error = capture
        .layer(runtime)
        .oneshot(invocation("POST", "/", "/"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "gone");
    assert_eq!(capture.counters().acknowledged, 1);
}

#[tokio::test]
async fn a_call_that_is_abandoned_while_its_message_is_sent_counts_as_dropped() {
    let sink = ScriptedSink {
        script: vec![Ending::Never],
        ..ScriptedSink::default()
    };
    let capture = Capture::builder().sink(sink).build().unwrap();
    let served = capture
        .layer(service_fn(|_: LambdaInvocation| ready(Ok::<(), Error>(()))))
        .oneshot(invocation("POST", "/", "/"));
    assert!(served.now_or_never().is_none());
    assert_eq!(
        (capture.counters().captured, capture.counters().dropped),
        (1, 1)
    );
}

/// Keeps what is written, or panics.
#[derive(Clone, Default)]
struct Lines {
    bytes: Arc<Mutex<Vec<u8>>>,
    panics: bool,
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        assert!(!self.panics, "the writer's own panic");
        self.bytes.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_line_of_metrics_follows_the_response_and_the_drop_and_says_nothing_else() {
    let lines = Lines::default();
    let capture = Capture::builder()
        .sink(ScriptedSink {
            script: vec![Ending::Refused],
            ..ScriptedSink::default()
        })
        .metrics(Metrics::drops().to_writer(lines.clone()))
        .build()
        .unwrap();
    let written = lines.bytes.clone();
    let runtime = service_fn(move |_: LambdaInvocation| {
        assert!(written.lock().unwrap().is_empty(), "before the response");
        ready(Ok::<(), Error>(()))
    });
    let invocation = invocation("POST", "/v1/orders", "/v1/orders");
    capture.layer(runtime).oneshot(invocation).await.unwrap();
    let text = String::from_utf8(lines.bytes.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["Dropped"], &line["Captured"]),
        (&json!(1), &json!(1))
    );
    assert!(!text.contains("orders"));
    capture.write_metrics();
    assert_eq!(lines.bytes.lock().unwrap().len(), text.len(), "all is told");
}

#[tokio::test]
async fn a_writer_of_metrics_that_panics_costs_nothing() {
    let lines = Lines {
        panics: true,
        ..Lines::default()
    };
    let capture = Capture::builder()
        .sink(ScriptedSink::default())
        .metrics(Metrics::emf().to_writer(lines))
        .build()
        .unwrap();
    serve(&capture, "POST", "/", "/").await;
    serve(&capture, "POST", "/", "/").await;
    assert_eq!(capture.counters().acknowledged, 2);
}

fn any_ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        8 => Just(Ending::Acknowledged),
        1 => Just(Ending::Refused),
        1 => Just(Ending::Panics),
        1 => Just(Ending::PanicsAtOnce),
        1 => Just(Ending::Never),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No event is lost quietly: captured = acknowledged + dropped, exactly.
    #[test]
    fn every_captured_call_is_acknowledged_or_counted(
        script in prop::collection::vec(any_ending(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let sink = ScriptedSink { script: script.clone(), ..ScriptedSink::default() };
        let capture = Capture::builder().sink(sink.clone()).flush_timeout_ms(1).build().unwrap();
        runtime.block_on(async {
            for _ in &script {
                serve(&capture, "POST", "/", "/").await;
            }
        });
        let acknowledged = script.iter().filter(|ending| **ending == Ending::Acknowledged).count();
        let counters = capture.counters();
        prop_assert_eq!(counters.captured, script.len() as u64);
        prop_assert_eq!(counters.acknowledged, acknowledged as u64);
        prop_assert_eq!(counters.dropped, counters.captured - counters.acknowledged);
        prop_assert_eq!(sink.sent.lock().unwrap().len(), script.len());
    }
}
