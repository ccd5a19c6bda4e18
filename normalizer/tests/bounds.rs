//! Events that are made to cost much: what is stored of them is bounded, and so is what that takes.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use daybook_event::AuditEvent;
use daybook_normalizer::Poison;
use daybook_normalizer::message::{decode, decode_whole};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use serde_json::{Map, Value, json};

use crate::stored::{NOW_MS, new_event, new_event_of};

fn stored(message: &Value) -> AuditEvent {
    let index = Index::build(Vec::new()).0;
    new_event(message, &index, &Settings::default()).event
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

#[test]
fn what_was_removed_is_told_in_few_words_however_long_the_names_are() {
    let logins = json!(vec![json!({ "password": "hunter2" }); 1_000]);
    let name = "n".repeat(800_000);
    let mut event = http_event("/logins");
    event["body"] = json!(json!({ "short": { "password": "hunter2", &name: logins } }).to_string());
    let stored_event = stored(&json!({ "v": 1, "event": event }));
    assert!(!stored_event.detail.contains("hunter2"));
    // What has too long a pointer is named by what it stands in.
    assert_eq!(
        stored_event.redacted,
        ["request#/short", "request#/short/password"]
    );
    let name = "~".repeat(100);
    let logins = json!(vec![json!({ &name: { "password": "hunter2" } }); 2_000]);
    event["body"] = json!(logins.to_string());
    let redacted = stored(&json!({ "v": 1, "event": event })).redacted;
    assert_eq!(redacted.len(), 1_000);
    let bytes: Vec<usize> = redacted.iter().map(String::len).collect();
    assert!(bytes.iter().all(|bytes| *bytes <= 256), "{bytes:?}");
    assert_eq!(
        redacted[0],
        format!("request#/0/{}/password", "~0".repeat(100))
    );
}

#[test]
fn changes_have_short_pointers_however_long_the_names_are() {
    let name = "n".repeat(200_000);
    let members = |value: u32| -> Map<String, Value> {
        (0..1_000)
            .map(|number| (format!("m{number:03}"), json!(value)))
            .collect()
    };
    let state =
        |value: u32| json!({ "price": value, "same": 1, "lines": { &name: members(value) } });
    let message = json!({ "v": 1, "event": http_event("/catalogues"),
        "context": { "before": state(1), "after": state(2) } });
    let changes = stored(&message).changes;
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["/lines", "/price"]);
    assert_eq!(changes[0].after, state(2)["lines"].to_string());
    // A long name that is the same on both sides is nobody's pointer.
    let state = |value: u32| json!({ &name: members(1), "lines": members(value) });
    let message = json!({ "v": 1, "event": http_event("/catalogues"),
        "context": { "before": state(1), "after": state(2) } });
    let changes = stored(&message).changes;
    assert_eq!((changes.len(), &*changes[0].field), (200, "/lines/m000"));
}

const LOGIN: &str = r"
openapi: 3.0.3
info: {title: Orders, version: '1'}
servers: [{url: 'https://orders.example.com'}]
paths:
  /login:
    post:
      operationId: login
      x-audit: {org: {in: request, pointer: /tenant}}
      requestBody:
        content: {application/json: {schema: {type: object, properties: {tenant: {type: string}}}}}
      responses: {'200': {description: ok}}
";

#[test]
fn no_member_of_a_body_hides_the_others() {
    let (index, problems) = Index::build(vec![Document {
        file_name: "orders.yaml".to_owned(),
        bytes: LOGIN.as_bytes().to_vec(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    let new = |role: &str, ignored: &str| {
        let mut event = http_event("/login");
        event["requestContext"]["domainName"] = json!("orders.example.com");
        event["body"] = json!(format!(
            r#"{{"tenant":"acme","role":"{role}","password":"hunter2",{ignored}}}"#
        ));
        new_event(&event, &index, &Settings::default())
    };
    let deep = format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200));
    for ignored in [
        r#""x":1e400"#,
        r#""\ud800":1"#,
        r#""x":"\udfff""#,
        r#""x":NaN"#,
        &deep,
    ] {
        let admin = new("admin", ignored);
        let event = &admin.event;
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(detail["role"], "admin", "{ignored}");
        assert_eq!(event.org_id, "acme", "{ignored}");
        let password = "request#/password".to_owned();
        assert!(event.redacted.contains(&password), "{ignored}");
        // A copy with another body is another request.
        let viewer = new("viewer", ignored);
        assert_eq!(viewer.event.id, event.id);
        assert_ne!(viewer.request_digest, admin.request_digest, "{ignored}");
    }
}

/// A megabyte that takes more than a hundred as a tree.
fn braces() -> String {
    let group = format!("{}0{}", "{\"\":".repeat(95), "}".repeat(95));
    format!("[{}]", vec![group; 2_000].join(","))
}

#[test]
fn a_body_that_needs_more_memory_than_there_is_counts_as_one_that_nobody_can_read() {
    let mut event = http_event("/orders");
    event["body"] = json!(braces());
    let message = json!({ "v": 1, "event": event,
        "response": { "status_code": 201, "body": braces() } });
    let message = decode_whole(message.to_string().as_bytes()).unwrap();
    let index = Index::build(Vec::new()).0;
    let event = new_event_of(&message, &index, &Settings::default()).event;
    assert_eq!(
        (&*event.detail, &*event.redacted),
        ("", &["request#".to_owned()][..])
    );
    // Half of it is kept whole.
    let half = braces()[..=braces().len() / 2]
        .rsplit_once(',')
        .unwrap()
        .0
        .to_owned()
        + "]";
    let mut event = http_event("/orders");
    event["body"] = json!(half);
    let event = stored(&json!({ "v": 1, "event": event }));
    assert_eq!(event.detail, half);
    assert!(event.redacted.is_empty());
}

#[test]
fn a_message_that_needs_more_memory_than_there_is_can_never_succeed() {
    let message = format!(
        r#"{{"v":1,"event":{},"context":{{"after":{}}}}}"#,
        http_event("/orders"),
        braces()
    );
    let poison = decode_whole(message.as_bytes()).unwrap_err();
    assert!(matches!(poison, Poison::Bound(_)), "{poison}");
}

#[test]
fn a_message_is_read_with_a_number_that_nothing_holds() {
    let mut event = http_event("/orders").to_string();
    event.insert_str(1, r#""size":1e400,"note":"\udc00","#);
    let message = decode(&event).unwrap();
    assert_eq!(message.event["size"], "1e400");
    assert_eq!(message.event["path"], "/orders");
}
