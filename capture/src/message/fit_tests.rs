//! Messages over the limit: they fit, they are JSON, and they say what was cut.

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use daybook_event::Entity;
use proptest::prelude::*;
use serde_json::json;

use super::super::tests::{exchange, sent};
use super::*;
use crate::exchange::{Answer, Exchange};

fn mark(text: &str) -> Value {
    json!({"original_bytes": text.len(), "sha256": sha256(text.as_bytes())})
}

/// Whether `cut` is what `original` becomes where it is cut: members are missing, a list ends early.
fn is_cut_of(cut: &Value, original: &Value) -> bool {
    match (cut, original) {
        (Value::Object(members), Value::Object(originals)) => {
            members.iter().all(|(name, value)| {
                originals
                    .get(name)
                    .is_some_and(|original| is_cut_of(value, original))
            })
        }
        (Value::Array(items), Value::Array(originals)) => {
            let whole = items.len().saturating_sub(1);
            items.len() <= originals.len()
                && items[..whole] == originals[..whole]
                && items
                    .iter()
                    .zip(originals)
                    .all(|(item, original)| is_cut_of(item, original))
        }
        _ => cut == original,
    }
}

#[test]
fn what_names_the_created_thing_stays_whole_beside_a_large_request() {
    let request = "x".repeat(5_000_000);
    let response = format!("{{\"id\":\"7\",\"note\":\"{}\"}}", "y".repeat(60_000));
    let exchange = exchange(&json!({"httpMethod": "POST", "body": request}));
    exchange.answered(Answer::Status(201));
    exchange.took_body(response.clone());
    let (message, is_truncated) = sent(&exchange);
    assert!(is_truncated);
    assert_eq!(message["response"]["body"], response);
    assert!(message["event"]["body"].as_str().unwrap().len() > 900_000);
    assert_eq!(message["truncated"], json!({"request": mark(&request)}));
}

#[test]
fn two_large_bodies_share_the_room() {
    let body = |name: &str| {
        let items: Vec<Value> = (0..60_000).map(|n| json!({"id": n, "of": name})).collect();
        json!({"id": name, "items": items}).to_string()
    };
    let exchange = exchange(&json!({"httpMethod": "POST", "body": body("request")}));
    exchange.answered(Answer::Status(201));
    exchange.took_body(body("response"));
    let (message, _) = sent(&exchange);
    for (cut, name) in [
        (&message["event"]["body"], "request"),
        (&message["response"]["body"], "response"),
    ] {
        let value: Value = serde_json::from_str(cut.as_str().unwrap()).unwrap();
        assert_eq!(value["id"], name);
        assert!(value["items"].as_array().unwrap().len() > 10_000);
        assert_eq!(message["truncated"][name], mark(&body(name)));
    }
}

#[test]
fn a_request_body_is_cut_between_members_and_marked() {
    let items: Vec<Value> = (0..20_000)
        .map(|index| json!({"id": index, "name": "Müller \"GmbH\" & Söhne"}))
        .collect();
    let body = json!({"slug": "contact", "items": items, "zone": "eu"}).to_string();
    let event = json!({"httpMethod": "POST", "body": body, "resource": "/v1/bulk", "z": 1});
    let (message, _) = sent(&exchange(&event));
    let cut: Value = serde_json::from_str(message["event"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(cut["slug"], "contact");
    assert_eq!(cut["zone"], "eu", "small members stay");
    assert!(cut["items"].as_array().unwrap().len() > 5_000);
    assert_eq!(message["event"]["z"], 1);
    assert_eq!(message["truncated"], json!({"request": mark(&body)}));
    assert!(
        message.to_string().len() > MESSAGE_BYTES_MAX - 1_000,
        "the room is used"
    );
}

#[test]
fn the_digest_of_a_cut_body_gives_no_secret_away() {
    let body =
        |password: &str| json!({"password": password, "blob": "b".repeat(1_100_000)}).to_string();
    let marked = |password| {
        let event = json!({"httpMethod": "POST", "body": body(password)});
        sent(&exchange(&event)).0["truncated"].clone()
    };
    assert_eq!(
        marked("hunter2"),
        json!({"request": mark(&body("[redacted]"))})
    );
    assert_eq!(marked("hunter2"), marked("another"));
}

#[test]
fn bodies_of_every_kind_are_cut_to_something_readable() {
    let text = "é".repeat(700_000);
    let object = json!({"blob": text, "id": 7}).to_string();
    let form = format!("id=7&note={}", "n".repeat(1_200_000));
    let binary = vec![0xff; 900_000];
    for (body, is_base64, expected, original) in [
        (object.clone(), false, r#"{"id":7}"#, object.as_bytes()),
        (
            STANDARD.encode(&object),
            true,
            r#"{"id":7}"#,
            object.as_bytes(),
        ),
        (form.clone(), false, "id=7", form.as_bytes()),
        (
            STANDARD_NO_PAD.encode(&object),
            true,
            r#"{"id":7}"#,
            object.as_bytes(),
        ),
        (STANDARD.encode(&binary), true, "", &binary),
    ] {
        let event = json!({"httpMethod": "POST", "body": body, "isBase64Encoded": is_base64});
        let (message, _) = sent(&exchange(&event));
        let cut = message["event"]["body"].as_str().unwrap_or_default();
        let cut = if is_base64 {
            String::from_utf8(STANDARD.decode(cut).unwrap()).unwrap()
        } else {
            cut.to_owned()
        };
        assert_eq!(cut, expected);
        let mark = &message["truncated"]["request"];
        assert_eq!(mark["original_bytes"], original.len());
        assert_eq!(mark["sha256"], sha256(original));
    }
    for body in [text, "\u{1}".repeat(900_000), "\u{ffff}".repeat(400_000)] {
        let event = json!({"httpMethod": "POST", "body": body});
        let (message, _) = sent(&exchange(&event));
        let cut = message["event"]["body"].as_str().unwrap();
        assert!(body.starts_with(cut) && cut.len() > 100_000);
    }
}

#[test]
fn a_body_that_fits_when_it_is_written_with_fewer_escapes_is_not_marked() {
    let escaped = "\\u0061".repeat(200_000);
    let event = format!("{{\"httpMethod\":\"POST\",\"body\":\"{escaped}\"}}");
    let exchange = Exchange::new(event.into(), "1".to_owned(), false, 0);
    let (message, is_over) = sent(&exchange);
    assert!(is_over);
    assert_eq!(message["event"]["body"], "a".repeat(200_000));
    assert!(message.get("truncated").is_none());
}

#[test]
fn both_states_go_together_and_small_ones_stay() {
    let with_states = |before: Value, after: Value| {
        let exchange = exchange(&json!({"httpMethod": "POST", "body": "b".repeat(2_000_000)}));
        exchange.say(HandlerContext {
            before: Some(before),
            after: Some(after),
            reason: Some("because".to_owned()),
            ..HandlerContext::default()
        });
        sent(&exchange).0
    };
    let small = with_states(json!({"a": 1}), json!({"a": 2}));
    assert_eq!(
        small["context"],
        json!({"reason": "because", "before": {"a": 1}, "after": {"a": 2}})
    );
    assert!(small["truncated"].get("before").is_none());
    let large = json!("z".repeat(1_100_000));
    let one_large = with_states(json!({"a": 1}), large.clone());
    assert_eq!(one_large["context"], json!({"reason": "because"}));
    assert_eq!(one_large["truncated"]["before"], mark(r#"{"a":1}"#));
    assert_eq!(one_large["truncated"]["after"], mark(&large.to_string()));
}

#[test]
fn what_no_service_has_fits_as_well() {
    let deep = "y".repeat(1_100_000);
    let event = json!({"httpMethod": "POST", "requestContext": {"x": deep, "requestId": "r"}});
    let exchange = exchange(&event);
    exchange.say(HandlerContext {
        entity: Some(Entity::default()),
        reason: Some("why ".repeat(400_000)),
        ..HandlerContext::default()
    });
    let (message, _) = sent(&exchange);
    assert_eq!(
        message["event"],
        json!({"httpMethod": "POST", "requestContext": {"requestId": "r"}})
    );
    assert!(message.get("context").is_none());
    assert!(message["truncated"]["event"].is_object());
    assert!(message["truncated"]["context"].is_object());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\\u{1}\u{e9}\u{fffe}\u{ffff}\u{1f600}\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            // Of these letters no name is made that says secret.
            prop::collection::btree_map("[jkqxz\"\u{ffff}]{1,6}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A value of up to a megabyte and a half: what was generated, over and over.
fn any_large_json() -> impl Strategy<Value = Value> {
    (any_json(), any_json(), 0_usize..1_500_000, 0..4).prop_map(|(one, other, bytes, shape)| {
        let count = bytes / (one.to_string().len() + 1);
        let many = Value::from(vec![one.clone(); count]);
        match shape {
            0 => many,
            1 => json!({"first": other, "many": many, "last": one}),
            2 => json!([other, {"deep": {"deeper": [many]}}, one]),
            _ => (0..count.min(60_000))
                .map(|n| (format!("m{n}"), one.clone()))
                .collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever the event: at most 1 MiB, JSON, its body a cut of the original, the mark true.
    #[test]
    fn whatever_the_event_the_message_fits_and_its_mark_is_true(
        (body, answer, before) in (any_large_json(), any_large_json(), any_large_json()),
        is_base64 in any::<bool>(),
        more in prop_oneof![9 => Just(Value::Null), 1 => any_large_json()],
    ) {
        let text = body.to_string();
        let encoded = if is_base64 { STANDARD.encode(&text) } else { text.clone() };
        let exchange = exchange(&json!({
            "httpMethod": "POST", "body": encoded, "isBase64Encoded": is_base64, "more": more,
        }));
        exchange.answered(Answer::Status(200));
        exchange.took_body(answer.to_string());
        exchange.say(HandlerContext { before: Some(before.clone()), ..HandlerContext::default() });
        let (message, is_over) = sent(&exchange);
        prop_assert!(is_over || message.get("truncated").is_none());

        let sent_body = match message["event"]["body"].as_str() {
            Some(cut) if is_base64 => String::from_utf8(STANDARD.decode(cut).unwrap()).unwrap(),
            Some(cut) => cut.to_owned(),
            None => "null".to_owned(),
        };
        for (name, sent, original) in [
            ("request", Some(sent_body.as_str()), &body),
            ("response", message["response"]["body"].as_str(), &answer),
        ] {
            let value = sent.map(|sent| serde_json::from_str::<Value>(sent).unwrap());
            let mark = message["truncated"].get(name);
            if let Some(mark) = mark {
                let original_text = original.to_string();
                prop_assert_eq!(&mark["original_bytes"], &json!(original_text.len()));
                prop_assert_eq!(&mark["sha256"], &json!(sha256(original_text.as_bytes())));
                prop_assert_ne!(value.as_ref(), Some(original));
                prop_assert!(value.is_none_or(|value| value.is_null() || is_cut_of(&value, original)));
            } else {
                prop_assert_eq!(value.as_ref(), Some(original));
            }
        }
        if message["truncated"].get("before").is_none() {
            prop_assert_eq!(&message["context"]["before"], &before);
        } else {
            prop_assert!(message.get("context").is_none());
        }
    }
}
