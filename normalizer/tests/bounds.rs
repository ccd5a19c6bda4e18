//! Events that are made to cost much: what is stored of them is bounded, and so is what that takes.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use daybook_event::AuditEvent;
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const NOW_MS: i64 = 1_795_379_689_123;

fn stored(message: &Value) -> AuditEvent {
    let message = decode(&message.to_string()).unwrap();
    let index = Index::build(Vec::new()).0;
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    match normalize(&message, &index, &Settings::default(), now).unwrap() {
        Normalized::Event(new) => new.event,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

fn http_event(path: &str) -> Value {
    json!({ "httpMethod": "POST", "path": path, "headers": { "content-type": "application/json" },
        "requestContext": { "apiId": "a1", "stage": "prod", "requestId": "r1", "requestTimeEpoch": NOW_MS } })
}

#[test]
fn a_call_may_have_any_number_of_path_parameters() {
    let order = "4111111111111111";
    let mut event = http_event(&format!("/orders/{order}/notes/5555555555554444"));
    let same: Map<String, Value> = (0..30_000)
        .map(|number| (format!("a{number}_id"), json!(order)))
        .collect();
    event["pathParameters"] = Value::Object(same);
    let stored_event = stored(&json!({ "v": 1, "event": event }));
    assert_eq!(
        stored_event.http.path,
        format!("/orders/{order}/notes/[redacted]")
    );
    let different: Map<String, Value> = (0..30_000)
        .map(|number| (format!("a{number:05}_id"), json!(with_check_digit(number))))
        .collect();
    event["path"] = json!(format!(
        "/{}/{}",
        with_check_digit(7),
        with_check_digit(29_000)
    ));
    event["pathParameters"] = Value::Object(different);
    let stored_event = stored(&json!({ "v": 1, "event": event }));
    assert_eq!(
        stored_event.http.path,
        format!("/{}/[redacted]", with_check_digit(7))
    );
}

/// A number that looks like a card's.
fn with_check_digit(number: u32) -> String {
    let digits = format!("4{number:014}");
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(position, digit)| {
            let digit = u32::from(digit - b'0') * if position % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
