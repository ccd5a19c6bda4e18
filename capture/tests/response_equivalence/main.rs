//! The service's answers are the same, byte for byte, with and without the layer, whatever happens
//! behind it; and the message goes out after the response and before the next event is asked for.
//!
//! The service runs as a process of its own (this very binary, started once more), against the
//! real `lambda_runtime` and a Runtime API that this process serves.

// The whole binary is a test; clippy sees only functions that are marked as one.
#![allow(clippy::unwrap_used)]

mod service;
mod world;

use std::time::Duration;

use daybook_event::{CapturedExchange, HandlerFailure};
use daybook_sample_service::runtime_api::{Completion, CompletionKind};
use serde_json::{Value, json};

use service::Style;
use world::{Function, Queue, events};

/// The flush timeout of the service under test.
const FLUSH_TIMEOUT_MS: u64 = 400;

/// The service under test. Started by the tests below with an environment; without it there is
/// nothing to serve.
#[test]
fn service_process() {
    service::run_if_asked_to();
}

async fn answers(style: Style, queue: Option<&Queue>) -> Vec<Completion> {
    let function = Function::start(style, queue.map(Queue::url)).await;
    let mut answers = Vec::new();
    for event in events() {
        let mut answer = function.invoke(&event).await;
        // The Runtime API's own address, on another port each time.
        answer.headers.remove(http::header::HOST);
        answers.push(answer);
    }
    answers
}

fn assert_same(style: Style, without: &[Completion], with: &[Completion]) {
    assert_eq!(without.len(), with.len());
    for ((event, without), with) in events().iter().zip(without).zip(with) {
        let path = &event["path"];
        assert_eq!(without.kind, with.kind, "{style:?} {path}");
        assert_eq!(without.headers, with.headers, "{style:?} {path}");
        assert_eq!(
            String::from_utf8_lossy(&without.body),
            String::from_utf8_lossy(&with.body),
            "{style:?} {path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_whatever_happens_behind_the_layer() {
    for style in Style::ALL {
        let without = answers(style, None).await;
        assert!(
            without
                .iter()
                .any(|answer| answer.kind == CompletionKind::Error)
        );
        for queue in [
            Queue::healthy().await,
            Queue::refused().await,
            Queue::broken().await,
        ] {
            let with = answers(style, Some(&queue)).await;
            assert_same(style, &without, &with);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_changes_no_answer_and_delays_the_next_event_by_the_timeout_at_most() {
    let queue = Queue::black_hole().await;
    let function = Function::start(Style::Run, Some(queue.url())).await;
    for (index, event) in events().iter().take(2).enumerate() {
        let answer = function.invoke(event).await;
        let asked = function.asked(index as u64 + 2).await;
        let delay = asked.duration_since(answer.completed_at);
        assert!(
            delay >= Duration::from_millis(FLUSH_TIMEOUT_MS - 50),
            "{delay:?}"
        );
        // Without the timeout it would never be asked for; a busy machine may take its time.
        assert!(delay < Duration::from_secs(10), "{delay:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_goes_out_after_the_response_and_before_the_next_event_is_asked_for() {
    let delay = Duration::from_millis(150);
    let queue = Queue::slow(delay).await;
    let function = Function::start(Style::Run, Some(queue.url())).await;
    let answer = function.invoke(&events()[0]).await;
    let asked = function.asked(2).await;
    let [message] = queue.messages().try_into().unwrap();
    assert!(answer.completed_at <= message.came_at);
    assert!(message.answered_at <= asked);
    assert!(
        asked - answer.completed_at >= delay,
        "the client did not wait for the queue"
    );
}

/// What is captured of each style, for the events in their order.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_handler_did_is_in_the_message() {
    for style in Style::ALL {
        let queue = Queue::healthy().await;
        let function = Function::start(style, Some(queue.url())).await;
        let calls = events();
        for event in &calls {
            function.invoke(event).await;
        }
        function.asked(calls.len() as u64 + 1).await;
        let messages = queue.messages();
        let mut messages = messages.iter().map(|message| &message.exchange);
        for event in calls.iter().filter(|event| event["httpMethod"] != "GET") {
            let message = messages.next().expect("a message for each change");
            let path = event["path"].as_str().unwrap();
            let captured: Value = serde_json::from_str(message.event.get()).unwrap();
            assert_eq!(captured["requestContext"], event["requestContext"]);
            assert_eq!(captured["headers"]["Authorization"], "[redacted]");
            assert_response(style, path, message);
        }
        assert!(messages.next().is_none(), "{style:?}: a GET is left out");
    }
}

fn assert_response(style: Style, path: &str, message: &CapturedExchange) {
    let label = format!("{style:?} {path}");
    if style == Style::RuntimeLayerOnly {
        assert!(message.response.is_none(), "{label}: nobody saw it");
        return;
    }
    let response = message.response.as_ref().expect("a response");
    let body = response.body.as_deref();
    match path {
        "/succeed" => {
            assert_eq!(response.status_code, 201, "{label}");
            assert_eq!(body, Some(r#"{"id":"7","name":"Order 7"}"#), "{label}");
            let context = message.context.as_ref().expect("what the handler said");
            assert_eq!(context.reason.as_deref(), Some("because"), "{label}");
        }
        "/text" | "/empty" => {
            assert_eq!((response.status_code, body), (200, None), "{label}");
            assert!(message.context.is_none(), "{label}");
        }
        "/denied" => assert_eq!((response.status_code, body), (403, None), "{label}"),
        "/slow" => {
            assert_eq!((response.status_code, body), (200, Some("{}")), "{label}");
            assert!(message.duration_ms >= Some(30), "{label}");
        }
        "/large" => assert_eq!((response.status_code, body), (200, None), "{label}"),
        "/fail" if style != Style::Axum => {
            assert_eq!(response.failure, Some(HandlerFailure::Error), "{label}");
        }
        "/fail" | "/panic" | "/panic-at-once" => {
            assert_eq!(response.failure, Some(HandlerFailure::Panic), "{label}");
        }
        other => panic!("no expectation for {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_no_api_call_is_nobodys_business() {
    let queue = Queue::healthy().await;
    let function = Function::start(Style::Plain, Some(queue.url())).await;
    function.invoke(&json!({"Records": []})).await;
    function.asked(2).await;
    assert!(queue.messages().is_empty());
}
