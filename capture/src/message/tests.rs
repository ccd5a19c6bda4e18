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

/// `[[…]]`, so many of them.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!([]), |value, _| json!([value]))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn nothing_nests_so_deep_in_a_message_that_the_normalizer_refuses_it() {
    for levels in [97, 98, 99, 100, 126, 1_000] {
        let body = nested(levels).to_string();
        let exchange = exchange(&json!({
            "httpMethod": "POST", "body": body,
            "requestContext": {"stage": "prod", "lambda": nested(levels)},
            "stageVariables": nested(levels), "headers": nested(levels), "queryStringParameters": nested(levels),
            "pathParameters": nested(levels), "rawQueryString": nested(levels), "cookies": nested(levels),
            "later": nested(levels),
        }));
        exchange.answered(Answer::Status(201));
        exchange.took_body(body.clone());
        exchange.say(HandlerContext {
            before: Some(nested(levels)),
            after: Some(json!([1, nested(levels - 1)])),
            ..HandlerContext::default()
        });
        exchange.claim(nested(levels));
        let line = sent(&exchange).0.to_string();
        let message = daybook_normalizer::message::decode(&line).unwrap();
        let before = message.context.before.unwrap();
        assert_eq!(depth(&before), levels.min(98), "{levels}");
        assert_eq!(message.context.after.unwrap()[0], 1);
        // A body is a text of its own.
        for text in [
            message.event["body"].as_str().unwrap(),
            message.response.unwrap().body.as_deref().unwrap(),
        ] {
            let body: Value = serde_json::from_str(text).unwrap();
            assert_eq!(depth(&body), levels.min(100), "{levels}");
        }
        let context = &message.event["requestContext"];
        assert_eq!(context["stage"], "prod");
        assert_eq!(depth(&context["lambda"]), levels.min(97), "{levels}");
        let claims = &context["authorizer"]["jwt"]["claims"];
        assert_eq!(depth(claims), levels.min(95), "{levels}");
        for name in [
            "stageVariables",
            "headers",
            "queryStringParameters",
            "pathParameters",
        ] {
            assert_eq!(
                depth(&message.event[name]),
                levels.min(98),
                "{name} {levels}"
            );
        }
        for name in ["rawQueryString", "later"] {
            let kept = if levels <= 98 { levels } else { 0 };
            assert_eq!(depth(&message.event[name]), kept, "{name} {levels}");
        }
    }
}
