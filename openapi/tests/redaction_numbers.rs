//! Numbers that are secrets: those of cards, and those whose names say so.

use daybook_openapi::redaction::{Place, REDACTED, Redactor};
use serde_json::json;

use crate::redaction::check;

#[test]
fn cards_and_accounts_of_every_network_and_country_are_known() {
    check(
        &Redactor::new(None),
        json!({ "note": "6759649826438453", "account": 4_111_111_111_111_111_u64, "card": { "number": "4222222222222" },
            "to": "om810180000001299123456", "ean": "4222222222222", "order_id": 4_111_111_111_111_111_u64 }),
        &json!({ "note": REDACTED, "account": REDACTED, "card": { "number": REDACTED },
            "to": REDACTED, "ean": "4222222222222", "order_id": 4_111_111_111_111_111_u64 }),
        &[
            "request#/account",
            "request#/card/number",
            "request#/note",
            "request#/to",
        ],
    );
}

#[test]
fn a_number_is_a_cards_only_beside_the_word() {
    let postcard = "Postcard sent 2024-01-15 2024-02-22, vcard 4915112345678, vCard 4915112345678, postcard 4222222222222";
    check(
        &Redactor::new(None),
        json!({ "note": postcard, "vcard": { "tel": "4915112345678" }, "vCard": { "tel": "4915112345678" },
            "cards": [{ "phone": 4_915_112_345_678_u64, "no": "4222222222222" }],
            "cardinality": { "total": "4222222222222" }, "cardNo": "4222222222222", "cardnr": "4222222222222" }),
        &json!({ "note": postcard, "vcard": { "tel": "4915112345678" }, "vCard": { "tel": "4915112345678" },
            "cards": [{ "phone": 4_915_112_345_678_u64, "no": REDACTED }],
            "cardinality": { "total": "4222222222222" }, "cardNo": REDACTED, "cardnr": REDACTED }),
        &["request#/cardNo", "request#/cardnr", "request#/cards/0/no"],
    );
    for (text, expected) in [
        ("card_number: 4222222222222", "card_number: [redacted]"),
        ("his creditcard 4222222222222", "his creditcard [redacted]"),
        ("userCard: 4222222222222", "userCard: [redacted]"),
        ("userCardNumber=4222222222222", "userCardNumber=[redacted]"),
        ("cardNr: 4222222222222", "cardNr: [redacted]"),
        ("CARDPAN 4222222222222", "CARDPAN [redacted]"),
        ("cardholder 4222222222222", "cardholder [redacted]"),
        ("cardId: 4222222222222", "cardId: 4222222222222"),
        ("cardinal 4222222222222", "cardinal 4222222222222"),
        (
            "card of 2024-01-15 2024-02-22",
            "card of 2024-01-15 2024-02-22",
        ),
    ] {
        assert_eq!(Redactor::new(None).text(text), expected);
    }
}

#[test]
fn a_card_number_goes_whatever_digits_stand_beside_it() {
    for (text, expected) in [
        (
            "paid with 4111111111111111 12/27",
            "paid with [redacted] 12/27",
        ),
        ("4242 4242 4242 4242 12/27 123", "[redacted] 12/27 123"),
        (
            "card 4111 1111 1111 1111 10115 Berlin",
            "card [redacted] 10115 Berlin",
        ),
        (
            "4111 1111 1111 1111 10115 Berlin",
            "[redacted] 10115 Berlin",
        ),
        ("4111-1111-1111-1111-123", "[redacted]-123"),
        ("4111111111111111-12/27", "[redacted]-12/27"),
        ("4111111111111111 1st", "[redacted] 1st"),
        ("3782 822463 10005 1234", "[redacted] 1234"),
        ("30569309025904 1 2 3 4 5 6", "[redacted] 1 2 3 4 5 6"),
        (
            "4111 1111 1111 1111 5555 5555 5555 4444",
            "[redacted] [redacted]",
        ),
        ("10115 4111 1111 1111 1111", "10115 [redacted]"),
        ("2027-12 4111111111111111 123", "2027-12 [redacted] 123"),
        ("card 4222222222222 12/27", "card [redacted] 12/27"),
        (
            "card 4222222222222 10115 Berlin",
            "card [redacted] 10115 Berlin",
        ),
    ] {
        assert_eq!(Redactor::new(None).text(text), expected);
    }
    for text in [
        "4111111111111112 12/27",
        "4111 1111 1111 1112 10115 Berlin",
        "order 4500012345 2024-01-15",
        "+49 151 12345678 10115 Berlin",
        "call 4915112345678 12",
        "2024-01-15 12:30:45 2024-02-22 13:00",
        "2024-01-15 2024-02-22 2024-03-01",
        "20240115123045 0100",
        "3056-93090 25904 12/27",
        "card of 2024-01-15 2024-02-22 12/27",
        "card 4222222222223 12/27",
    ] {
        assert_eq!(Redactor::new(None).text(text), text);
    }
    check(
        &Redactor::new(None),
        json!({ "note": "4111111111111111 123", "card": "4222222222222 12/27", "cards": ["4222 2222 2222 2222 2", "2024-01-15 12/27"],
            "order_id": "4111111111111111 12", "card_id": "4222222222222 12" }),
        &json!({ "note": "[redacted] 123", "card": REDACTED, "cards": ["4222 2222 2222 2222 2", "2024-01-15 12/27"],
            "order_id": "4111111111111111 12", "card_id": "4222222222222 12" }),
        &["request#/card", "request#/note"],
    );
}

#[test]
fn a_number_is_a_secret_where_a_name_beside_or_above_it_says_so() {
    for (sent, expected, removed) in [
        (
            json!([{ "op": "replace", "path": "/pin", "value": 4711 }]),
            json!([{ "op": "replace", "path": "/pin", "value": REDACTED }]),
            "request#/0/value",
        ),
        (
            json!({ "name": "DB_PASSWORD", "value": 83_649_201 }),
            json!({ "name": "DB_PASSWORD", "value": REDACTED }),
            "request#/value",
        ),
        (
            json!({ "attribute": "pin", "values": [4711] }),
            json!({ "attribute": "pin", "values": [REDACTED] }),
            "request#/values/0",
        ),
        (
            json!({ "grant_type": "authorization_code", "code": 583_914 }),
            json!({ "grant_type": "authorization_code", "code": REDACTED }),
            "request#/code",
        ),
        (
            json!({ "name": "pin", "value": { "first": 47, "id": 7 } }),
            json!({ "name": "pin", "value": { "first": REDACTED, "id": 7 } }),
            "request#/value/first",
        ),
        (
            json!({ "cvv": { "value": 123 } }),
            json!({ "cvv": { "value": REDACTED } }),
            "request#/cvv/value",
        ),
        (
            json!({ "password": [{ "value": 12, "id": 7 }] }),
            json!({ "password": [{ "value": REDACTED, "id": 7 }] }),
            "request#/password/0/value",
        ),
        (
            json!({ "password": { "is": { "new": -1.5 } } }),
            json!({ "password": { "is": { "new": REDACTED } } }),
            "request#/password/is/new",
        ),
        (
            json!({ "access_token": 98_765_432_109_876_543_210_f64 }),
            json!({ "access_token": REDACTED }),
            "request#/access_token",
        ),
        (
            json!({ "pin": 1234.0 }),
            json!({ "pin": REDACTED }),
            "request#/pin",
        ),
        (
            json!({ "card_number": 4_111_111_111_111_111.0 }),
            json!({ "card_number": REDACTED }),
            "request#/card_number",
        ),
    ] {
        check(&Redactor::new(None), sent, &expected, &[removed]);
    }
    for (path, value, is_secret) in [
        ("/apiKeys/-", json!("k-1"), true),
        ("/passwords/0", json!("hunter2"), true),
        ("/passwords/0", json!(4711), true),
        ("/password/new", json!("hunter2"), true),
        ("/users/7/password/new", json!(12), true),
        ("/pin/new", json!("4711"), true),
        ("/pin/board", json!("Summer"), false),
        ("/passes/0/seat", json!("14C"), false),
        ("/token/expires_at", json!("2026-01-01"), false),
        ("/token/uses", json!(12), false),
        ("/token/value", json!(4711), true),
        ("/tokens", json!(1200), false),
        ("/sizes/0", json!("k-1"), false),
    ] {
        let sent = json!({ "op": "add", "path": path, "value": value });
        let expected = if is_secret {
            json!({ "op": "add", "path": path, "value": REDACTED })
        } else {
            sent.clone()
        };
        let removed: &[&str] = if is_secret { &["request#/value"] } else { &[] };
        check(&Redactor::new(None), sent, &expected, removed);
    }
    let others = json!({ "cvv": { "value": 12 }, "token": { "uses": 999 }, "tokens": 1_200,
        "name": "color", "value": 4711, "code": 583_914, "pin": 12.0, "otp": 1299.5, "price": 4_111_111_111_111_112.0,
        "usage": [{ "name": "tokens", "value": 1_200 }, { "name": "token_id", "value": 1_200 }] });
    check(&Redactor::new(None), others.clone(), &others, &[]);
}

#[test]
fn a_number_that_counts_or_turns_is_no_secret() {
    let sent = json!({ "pass": 41, "fail": 2, "pan": 180, "tilt": 20, "Message": "{\"order_id\":\"4111111111111111\"}" });
    check(&Redactor::new(None), sent.clone(), &sent, &[]);
    check(
        &Redactor::new(None),
        json!({ "pwd": 41, "pass": 471_147, "Message": "{\"note\":\"4111111111111111\"}",
            "twice": "{\"note\":\"4111111111111111\",\"note\":1}" }),
        &json!({ "pwd": REDACTED, "pass": REDACTED, "Message": "{\"note\":\"[redacted]\"}",
            "twice": "{\"note\":\"[redacted]\",\"note\":1}" }),
        &[
            "request#/Message/note",
            "request#/pass",
            "request#/pwd",
            "request#/twice",
        ],
    );
}

#[test]
fn the_number_of_a_card_needs_no_name() {
    for (sent, expected) in [
        (json!([4_111_111_111_111_111_u64, 7]), json!([REDACTED, 7])),
        (
            json!({ "0": 4_111_111_111_111_111_u64 }),
            json!({ "0": REDACTED }),
        ),
        (json!("[4111111111111111]"), json!("[\"[redacted]\"]")),
        (
            json!([4_111_111_111_111_112_u64]),
            json!([4_111_111_111_111_112_u64]),
        ),
    ] {
        let mut body = sent;
        Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
        assert_eq!(body, expected);
    }
    assert_eq!(
        Redactor::new(None).text("[4111111111111111]"),
        "[\"[redacted]\"]"
    );
}
