//! What the message says of the response, in each style.

use std::collections::HashMap;
use std::time::Duration;

use daybook_event::{CapturedExchange, HandlerFailure};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::function::Function;
use crate::queue::{Mood, Queue, Received};
use crate::service::Style;

/// A call of a REST API, on a path that tells the handler what to do.
pub(crate) fn event(method: &str, path: &str) -> Value {
    json!({
        "resource": path, "path": path, "httpMethod": method,
        "headers": {"Authorization": "Bearer x", "Host": "api.example.com"},
        "multiValueHeaders": {}, "queryStringParameters": null,
        "multiValueQueryStringParameters": null, "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1", "stage": "$default", "httpMethod": method,
            "resourcePath": path, "path": path, "requestId": "r", "extendedRequestId": "e=",
            "requestTimeEpoch": 1_763_796_074_123_u64, "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "203.0.113.7"}, "authorizer": {"principalId": "p"},
            "a_field_that_no_type_knows": {"n": 1.5},
        },
        "body": "{\"name\":\"x\"}", "isBase64Encoded": false,
    })
}

/// One event for each way in which a handler ends, and a GET.
fn events() -> Vec<Value> {
    let paths = [
        "/succeed",
        "/text",
        "/empty",
        "/denied",
        "/slow",
        "/large",
        "/stream",
        "/breaks-off",
        "/fail",
        "/panic",
        "/panic-at-once",
    ];
    let mut events: Vec<Value> = paths.iter().map(|path| event("POST", path)).collect();
    events.push(event("GET", "/succeed"));
    events
}

async fn healthy() -> Queue {
    Queue::start(Mood::Healthy(Duration::ZERO)).await
}

/// What is captured of each style, for the events in their order.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_handler_did_is_in_the_message() {
    for style in Style::ALL {
        let queue = healthy().await;
        let function = Function::start(style, &queue.environment(60_000)).await;
        let calls = events();
        for event in &calls {
            function.invoke(&event.to_string()).await;
        }
        function.asked(calls.len() + 1).await;
        let messages = queue.messages();
        let mut messages = messages.iter().map(Received::exchange);
        for event in calls.iter().filter(|event| event["httpMethod"] != "GET") {
            let message = messages.next().expect("a message for each change");
            let path = event["path"].as_str().unwrap();
            let captured: Value = serde_json::from_str(message.event.get()).unwrap();
            assert_eq!(captured["requestContext"], event["requestContext"]);
            assert_eq!(captured["headers"]["Authorization"], "[redacted]");
            assert_response(style, path, &message);
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
        "/stream" => {
            assert_eq!(response.status_code, 200, "{label}");
            // Of a bare stream of `lambda_runtime`'s only the prelude is looked at.
            assert_eq!(body.is_some(), style != Style::PlainStreaming, "{label}");
            assert_said_at_the_end_of_the_stream(message, &label);
        }
        "/breaks-off" => {
            let failure = match style {
                // `lambda_http` collects a body before there is a response.
                Style::Run | Style::Axum => HandlerFailure::Panic,
                _ => HandlerFailure::Error,
            };
            assert_eq!(response.failure, Some(failure), "{label}");
            let is_streamed = matches!(style, Style::Streaming | Style::PlainStreaming);
            let status_code = if is_streamed { 200 } else { 0 };
            assert_eq!((response.status_code, body), (status_code, None), "{label}");
            assert_said_at_the_end_of_the_stream(message, &label);
        }
        "/fail" if style != Style::Axum => {
            assert_eq!(response.failure, Some(HandlerFailure::Error), "{label}");
        }
        "/fail" | "/panic" | "/panic-at-once" => {
            assert_eq!(response.failure, Some(HandlerFailure::Panic), "{label}");
        }
        other => panic!("no expectation for {other}"),
    }
}

/// `lambda_runtime` reads a stream in a task of its own.
fn assert_said_at_the_end_of_the_stream(message: &CapturedExchange, label: &str) {
    let context = message.context.as_ref().expect("what the stream said");
    assert_eq!(context.reason.as_deref(), Some("piece 2"), "{label}");
}

/// Lambda gives such a function several events at a time.
#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_time_are_told_apart() {
    const CALLS: usize = 20;
    const AT_ONCE: usize = 4;
    let queue = healthy().await;
    let mut environment = queue.environment(60_000);
    environment.push(("AWS_LAMBDA_MAX_CONCURRENCY", AT_ONCE.to_string()));
    let function = Function::start(Style::Concurrent, &environment).await;
    let paths: Vec<String> = (0..CALLS).map(|call| format!("/stream/{call}")).collect();
    let calls = paths.iter().map(|path| event("POST", path).to_string());
    let calls: Vec<String> = calls.collect();
    let answers = join_all(calls.iter().map(|call| function.invoke(call))).await;
    // Each of the workers has asked for one more.
    function.asked(CALLS + AT_ONCE).await;
    let messages: HashMap<String, CapturedExchange> = queue
        .messages()
        .iter()
        .map(Received::exchange)
        .map(|message| (message.id.clone().unwrap(), message))
        .collect();
    assert_eq!(messages.len(), CALLS);
    for (answer, path) in answers.iter().zip(&paths) {
        let message = &messages[&answer.request_id];
        let event: Value = serde_json::from_str(message.event.get()).unwrap();
        assert_eq!(event["path"], **path);
        let answered: Value = serde_json::from_slice(&answer.body).unwrap();
        let response = message.response.as_ref().unwrap();
        let recorded = response.body.as_deref().unwrap_or_default();
        // A stream that breaks off is a failure.
        let body = answered["body"].as_str().unwrap_or_default();
        assert_eq!(recorded, body, "{path}");
        assert_said_at_the_end_of_the_stream(message, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_no_api_call_is_nobodys_business() {
    let queue = healthy().await;
    let function = Function::start(Style::Plain, &queue.environment(60_000)).await;
    function.invoke(r#"{"Records":[]}"#).await;
    function.asked(2).await;
    assert!(queue.messages().is_empty());
}
