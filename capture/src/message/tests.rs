//! Messages: what they say, and that every field survives.

use bytes::Bytes;
use daybook_event::{Entity, HandlerFailure};
use serde_json::json;

use super::*;

pub(super) fn exchange(event: &Value) -> Exchange {
    Exchange::new(
        Bytes::from(event.to_string()),
        "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        false,
        1 << 20,
    )
}

pub(super) fn sent(exchange: &Exchange) -> (Value, bool) {
    let (message, is_truncated) = match outgoing(exchange, &Credentials::default()).unwrap() {
        Outgoing::Whole(message) => (message, false),
        Outgoing::OverLimit(over_limit) => (over_limit.cut(None).unwrap(), true),
    };
    assert!(
        message.body().len() <= MESSAGE_BYTES_MAX,
        "{}",
        message.body().len()
    );
    assert!(!message.body().contains(['\n', '\u{fffe}', '\u{ffff}']));
    let parsed: CapturedExchange = serde_json::from_str(message.body()).unwrap();
    assert_eq!(parsed.v, MESSAGE_VERSION);
    (serde_json::from_str(message.body()).unwrap(), is_truncated)
}

#[test]
fn a_message_says_what_was_called_and_how_it_ended() {
    let exchange = exchange(&json!({"httpMethod": "POST", "path": "/v1/orders"}));
    exchange.answered(Answer::Status(201));
    exchange.answered(Answer::Status(500));
    exchange.took_body(r#"{"id":"7","token":"t"}"#.to_owned());
    exchange.say(HandlerContext {
        entity: Some(Entity {
            kind: "order".to_owned(),
            id: "7".to_owned(),
            name: String::new(),
        }),
        before: Some(json!({"password": "p", "state": "new"})),
        ..HandlerContext::default()
    });
    let (message, is_truncated) = sent(&exchange);
    assert!(!is_truncated);
    assert_eq!(message["id"], "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    assert_eq!(
        message["event"],
        json!({"httpMethod": "POST", "path": "/v1/orders"})
    );
    assert_eq!(
        message["response"],
        json!({"status_code": 201, "body": r#"{"id":"7","token":"[redacted]"}"#})
    );
    assert_eq!(
        message["context"],
        json!({
            "entity": {"type": "order", "id": "7", "name": ""},
            "before": {"password": "[redacted]", "state": "new"},
        })
    );
    assert!(message["captured_at"].as_str().unwrap().ends_with('Z'));
    assert!(message["duration_ms"].is_u64());
    assert!(message.get("truncated").is_none());
}

#[test]
fn a_handler_that_gave_no_answer_has_a_failure_and_one_that_nobody_saw_no_response() {
    let failed = exchange(&json!({"httpMethod": "POST"}));
    failed.answered(Answer::Failed(HandlerFailure::Panic));
    assert_eq!(
        sent(&failed).0["response"],
        json!({"status_code": 0, "failure": "panic"})
    );
    let unseen = exchange(&json!({"httpMethod": "POST"}));
    assert!(sent(&unseen).0.get("response").is_none());
}

#[test]
fn without_a_request_id_the_same_event_still_has_the_same_id() {
    let id = |event: &'static str| {
        let exchange = Exchange::new(Bytes::from(event), String::new(), false, 0);
        sent(&exchange).0["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(r#"{"a":1}"#), id(r#"{"a":1}"#));
    assert_ne!(id(r#"{"a":1}"#), id(r#"{"a":2}"#));
}

#[test]
fn characters_that_the_queue_refuses_are_escaped() {
    let exchange = Exchange::new(
        Bytes::from("{\n\"httpMethod\":\r\n\"POST\",\"body\":\"a\u{ffff}b\u{fffe}\"}"),
        "1".to_owned(),
        false,
        0,
    );
    let (message, _) = sent(&exchange);
    assert_eq!(message["event"]["body"], "a\u{ffff}b\u{fffe}");
}
