//! Messages that were cut so that they fitted into the queue: what their events say of it.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_store::NewEvent;
use serde_json::{Value, json};

use crate::stored::{NOW_MS, new_event};

fn event_of(message: &Value) -> NewEvent {
    let index = Index::build(Vec::new()).0;
    new_event(message, &index, &Settings::default())
}

fn http_event() -> Value {
    let path = "/v1/webhooks/configs";
    json!({
        "version": "2.0", "rawPath": path, "headers": {"content-type": "application/json"},
        "requestContext": {"apiId": "a1", "stage": "$default", "requestId": "r1",
            "timeEpoch": NOW_MS, "http": {"method": "POST", "path": path}},
    })
}

#[test]
fn a_detail_says_what_was_cut_before_it_came() {
    let digest = "ab".repeat(32);
    let with = |body: Value, truncated: Value| {
        let mut event = http_event();
        event["body"] = body;
        let message = json!({"v": 1, "event": event, "truncated": truncated});
        serde_json::from_str::<Value>(&event_of(&message).event.detail).unwrap_or_default()
    };
    let request = json!({"request": {"original_bytes": 5_000_000, "sha256": digest}});
    assert_eq!(
        with(json!(r#"{"name":"A","password":"x"}"#), request.clone()),
        json!({"name": "A", "password": "[redacted]", "$truncated": request})
    );
    assert_eq!(
        with(json!("[1,2]"), request.clone()),
        json!({"body": [1, 2], "$truncated": request})
    );
    assert_eq!(
        with(Value::Null, request.clone()),
        json!({"$truncated": request})
    );
    let before = json!({"before": {"original_bytes": 9, "sha256": "no digest, but words"}});
    assert_eq!(
        with(json!("{}"), before),
        json!({"$truncated": {"before": {"original_bytes": 9, "sha256": ""}}})
    );
    assert_eq!(with(json!("{}"), Value::Null), json!({}));
}

#[test]
fn what_the_handler_says_of_it_is_no_part_of_a_call() {
    let new = |text: &str| {
        let mut event = http_event();
        event["body"] = json!(r#"{"name":"A"}"#);
        let message = json!({"v": 1, "event": event, "response": {"status_code": 403},
            "context": {"message": text}});
        event_of(&message)
    };
    let [one, other] = ["Jane tried", "Jane tried again"].map(new);
    assert_ne!(one.event.detail, other.event.detail);
    assert_eq!(one.request_digest, other.request_digest);
}

#[test]
fn a_cut_copy_of_a_stored_event_is_no_conflict() {
    let digest = |body: &str, truncated: Value| {
        let mut event = http_event();
        event["body"] = json!(body);
        let message = json!({"v": 1, "event": event, "truncated": truncated});
        event_of(&message).request_digest
    };
    let whole = digest(r#"{"name":"A","items":[1,2]}"#, Value::Null);
    let cut = digest(r#"{"name":"A","items":[1]}"#, json!({"request": {}}));
    let way = |digest: [u8; 16]| digest[..daybook_store::DIGEST_WAY_BYTES].to_vec();
    assert_ne!(
        way(whole),
        way(cut),
        "made in another way, so never compared"
    );
}
