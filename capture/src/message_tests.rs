//! Messages: what they say, that every field survives, and what happens over the limit.

use bytes::Bytes;
use daybook_event::{Entity, HandlerFailure};
use serde_json::json;

use super::*;

fn exchange(event: &Value) -> Exchange {
    Exchange::new(
        Bytes::from(event.to_string()),
        "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        false,
        1 << 20,
    )
}

fn sent(exchange: &Exchange) -> (Value, bool) {
    let (message, is_truncated) = message_of(exchange, &Credentials::default()).unwrap();
    assert!(message.body().len() <= MESSAGE_BYTES_MAX);
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

#[test]
fn the_response_body_goes_first_when_a_message_is_too_large() {
    let exchange = exchange(&json!({"httpMethod": "POST", "body": "x".repeat(600_000)}));
    exchange.answered(Answer::Status(200));
    exchange.took_body(format!("{{\"id\":\"{}\"}}", "y".repeat(600_000)));
    let (message, is_truncated) = sent(&exchange);
    assert!(is_truncated);
    assert_eq!(message["response"], json!({"status_code": 200}));
    assert_eq!(message["event"]["body"].as_str().unwrap().len(), 600_000);
    assert!(message.get("truncated").is_none(), "the request is whole");
}

#[test]
fn then_the_request_body_is_cut_between_members_and_marked() {
    let items: Vec<Value> = (0..20_000)
        .map(|index| json!({"id": index, "name": "Müller \"GmbH\" & Söhne"}))
        .collect();
    let body =
        json!({"slug": "contact", "items": items, "zone": "eu", "password": "p"}).to_string();
    let event = json!({"httpMethod": "POST", "body": body, "resource": "/v1/bulk", "z": 1});
    let (message, is_truncated) = sent(&exchange(&event));
    assert!(is_truncated);
    let cut: Value = serde_json::from_str(message["event"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(cut["slug"], "contact");
    assert_eq!(cut["zone"], "eu", "small members stay");
    assert!(cut["items"].as_array().unwrap().len() > 5_000);
    assert_eq!(message["event"]["z"], 1);
    assert_eq!(message["truncated"]["original_bytes"], body.len());
    assert_eq!(message["truncated"]["sha256"], hexadecimal(body.as_bytes()));
}

#[test]
fn bodies_of_every_kind_are_cut_to_something_readable() {
    let text = "é".repeat(700_000);
    let object = json!({"blob": text, "id": 7}).to_string();
    for (body, is_base64, expected) in [
        (text.clone(), false, None),
        (object.clone(), false, Some(json!({"id": 7}))),
        (STANDARD.encode(&object), true, Some(json!({"id": 7}))),
        (STANDARD.encode(vec![0xff; 900_000]), true, None),
        ("\u{1}".repeat(900_000), false, None),
    ] {
        let event = json!({"httpMethod": "POST", "body": body, "isBase64Encoded": is_base64});
        let (message, is_truncated) = sent(&exchange(&event));
        assert!(is_truncated);
        assert!(message["truncated"]["original_bytes"].is_u64());
        if let Some(expected) = expected {
            let cut = message["event"]["body"].as_str().unwrap();
            let json = if is_base64 {
                String::from_utf8(STANDARD.decode(cut).unwrap()).unwrap()
            } else {
                cut.to_owned()
            };
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
        }
    }
}

#[test]
fn what_cannot_be_made_to_fit_is_said_to_be_too_large() {
    let huge = json!({"httpMethod": "POST", "requestContext": {"x": "y".repeat(1_100_000)}});
    assert!(matches!(
        message_of(&exchange(&huge), &Credentials::default()),
        Err(MessageError::TooLarge { .. })
    ));
    let stated = exchange(&json!({"httpMethod": "POST"}));
    stated.say(HandlerContext {
        before: Some(json!("z".repeat(1_100_000))),
        reason: Some("because".to_owned()),
        ..HandlerContext::default()
    });
    assert_eq!(sent(&stated).0["context"], json!({"reason": "because"}));
}
