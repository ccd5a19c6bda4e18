//! The strict mode, which keeps what a document marks and what a sentence needs, and nothing else.

use std::collections::BTreeMap;

use daybook_openapi::redaction::{Mode, Place, REDACTED, Redactor};
use serde_json::json;

use crate::redaction_marks::{operation_at, redact};

#[test]
fn strict_keeps_what_is_marked_and_what_a_sentence_needs() {
    let operation = operation_at(
        "/orders/{order_id}/items/{slot}",
        &json!({
            "operationId": "updateOrder",
            "parameters": [
                { "name": "order_id", "in": "path", "schema": { "type": "string" } },
                { "name": "slot", "in": "path", "schema": { "type": "string" } },
                { "name": "page", "in": "query", "x-audit": { "keep": true }, "schema": {} }
            ],
            "requestBody": { "content": { "application/json": { "schema": { "properties": {
                "status": { "type": "string", "x-audit": { "keep": true } },
                "lines": { "type": "array", "items": { "properties": {
                    "sku": { "x-audit": { "keep": true } }, "note": {}
                } } },
                "meta": { "type": "object", "x-audit": { "keep": true } },
                "comment": {}, "title": {}
            } } } } },
            "x-audit": { "entity": { "type": "order", "id": "path.order_id", "name": "body.title" } },
            "responses": {}
        }),
        &json!({}),
    );
    let redactor = Redactor::with_mode(Some(&operation), Mode::Strict);
    let (value, removed) = redact(
        &redactor,
        Place::Request,
        json!({ "status": "open", "title": "Order 7", "comment": "c", "gift": true, "nothing": null,
            "lines": [{ "sku": "A", "note": "n", "qty": 2 }], "meta": { "x": "y", "password": "p" } }),
    );
    assert_eq!(
        value,
        json!({ "status": "open", "title": "Order 7", "lines": [{ "sku": "A" }], "meta": { "x": "y", "password": REDACTED } })
    );
    assert_eq!(
        removed,
        ["request#/lines/0", "request#/meta/password", "request#",]
    );

    let (value, _) = redact(
        &redactor,
        Place::Context,
        json!({ "before": { "status": "a", "secretly": "b" }, "after": [{ "status": "c" }] }),
    );
    assert_eq!(
        value,
        json!({ "before": { "status": "a" }, "after": [{ "status": "c" }] })
    );

    let params = [
        ("order_id".to_owned(), "7".to_owned()),
        ("slot".to_owned(), "left".to_owned()),
    ];
    assert_eq!(
        redactor.path("/orders/7/items/left", &params),
        "/orders/7/items/[redacted]"
    );
    let mut query = BTreeMap::from([
        ("page".to_owned(), "2".to_owned()),
        ("q".to_owned(), "jane".to_owned()),
    ]);
    redactor.pairs(Place::Query, &mut query, &mut Vec::new());
    assert_eq!(query, BTreeMap::from([("page".to_owned(), "2".to_owned())]));

    let undescribed = Redactor::with_mode(None, Mode::Strict);
    let (value, removed) = redact(&undescribed, Place::Request, json!({ "a": { "b": 1 } }));
    assert_eq!(
        (value, removed),
        (json!(REDACTED), vec!["request#".to_owned()])
    );
}

#[test]
fn strict_keeps_no_name_that_its_caller_chose() {
    let jane = "jane@example.com";
    let key = "ghp_cAnArY0123456789abcdefABCDEF0123456789";
    for (marks, place, sent, expected, expected_removed) in [
        (
            json!({}),
            Place::Request,
            json!({ jane: { "ssn": "1" }, "joe": null }),
            json!(REDACTED),
            &["request#"][..],
        ),
        (
            json!({ "keep": ["body.status"] }),
            Place::Request,
            json!({ "status": "open", jane: { "status": "x" }, "joe": null, "jim": [] }),
            json!({ "status": "open" }),
            &["request#"],
        ),
        (
            json!({ "keep": ["body.lines[].sku"] }),
            Place::Request,
            json!({ "lines": [{ "sku": "A", jane: 1 }, { jane: 2 }] }),
            json!({ "lines": [{ "sku": "A" }, REDACTED] }),
            &["request#/lines/0", "request#/lines/1"],
        ),
        (
            json!({ "keep": [{ "in": "request", "pointer": "/**/status" }] }),
            Place::Request,
            json!({ "a": [{ "status": 1 }], jane: { "b": [{}, { jane: 1 }] }, key: { "status": 2 } }),
            json!({ "a": [{ "status": 1 }], REDACTED: { "status": 2 } }),
            &["request#/[redacted]", "request#"],
        ),
        (
            json!({ "entity": { "id": "path.id", "name": "body.title" } }),
            Place::Request,
            json!({ "data": { "attributes": { "title": "A", jane: 1 } }, jane: { "title": "B" } }),
            json!({ "data": { "attributes": { "title": "A" } } }),
            &["request#/data/attributes", "request#"],
        ),
        // A name is a word, and no object that stands in its place.
        (
            json!({ "entity": { "id": "path.id", "name": "body.title" } }),
            Place::Request,
            json!({ "title": { jane: { "note": "private words" } } }),
            json!(REDACTED),
            &["request#"],
        ),
        // What is marked in a body says nothing of another place.
        (
            json!({ "keep": ["query.page", "response.status"] }),
            Place::Request,
            json!({ "status": jane }),
            json!(REDACTED),
            &["request#"],
        ),
        (
            json!({ "keep": ["body.status"] }),
            Place::Context,
            json!({ "before": { "status": "a", jane: 1 }, "after": { jane: { "x": [jane] } } }),
            json!({ "before": { "status": "a" }, "after": REDACTED }),
            &["context#/after", "context#/before"],
        ),
        (
            json!({}),
            Place::Context,
            json!({ "before": null, "after": { jane: 1 } }),
            json!({ "before": null, "after": REDACTED }),
            &["context#/after"],
        ),
    ] {
        let said = json!({ "operationId": "updateOrder", "x-audit": marks, "responses": {} });
        let operation = operation_at("/orders/{id}", &said, &json!({}));
        let redactor = Redactor::with_mode(Some(&operation), Mode::Strict);
        let (value, removed) = redact(&redactor, place, sent);
        assert_eq!(value, expected, "{marks}");
        assert_eq!(removed, expected_removed, "{marks}");
    }
}

#[test]
fn strict_keeps_of_what_the_handler_states_only_the_things_own_id_and_name() {
    let jane = json!({ "jane@example.com": { "note": "private words" } });
    for (name, after, expected) in [
        ("title", json!({ "title": jane }), json!(REDACTED)),
        ("title", json!({ "title": [jane, "A"] }), json!(REDACTED)),
        (
            "name",
            json!({ "name": "A", "customer": { "name": "Jane Doe" } }),
            json!({ "name": "A" }),
        ),
        (
            "name",
            json!([{ "name": "A", "owners": [{ "name": "Jane Doe" }] }]),
            json!([{ "name": "A" }]),
        ),
        (
            "name",
            json!({ "data": { "attributes": { "name": "A", "mail": "jane@example.com" } } }),
            json!({ "data": { "attributes": { "name": "A" } } }),
        ),
        (
            "data.attributes.name",
            json!({ "name": "A", "names": ["Jane Doe"] }),
            json!({ "name": "A" }),
        ),
    ] {
        let marks = json!({ "entity": { "id": "path.id", "name": format!("body.{name}") } });
        let said = json!({ "operationId": "updateOrder", "x-audit": marks, "responses": {} });
        let operation = operation_at("/orders/{id}", &said, &json!({}));
        let redactor = Redactor::with_mode(Some(&operation), Mode::Strict);
        let (states, _) = redact(&redactor, Place::Context, json!({ "after": after }));
        assert_eq!(states, json!({ "after": expected }), "{name}");
    }
}

#[test]
fn strict_keeps_no_name_of_a_query_that_is_not_marked() {
    let said = json!({ "operationId": "deleteOrder",
        "parameters": [{ "name": "order", "in": "query", "schema": { "type": "string" } }],
        "x-audit": { "keep": ["query.page"], "redact": ["query.hint"], "entity": { "type": "order", "id": "query.order" } },
        "responses": {} });
    let operation = operation_at("/orders", &said, &json!({}));
    let sent = |names: &[&str]| -> BTreeMap<String, String> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), name[..1].replace('j', "")))
            .collect()
    };
    let redactor = Redactor::with_mode(Some(&operation), Mode::Strict);
    for (names, kept, expected_removed) in [
        (
            &["page", "order", "jane@example.com", "joe=x", "hint", "sk"][..],
            &["page", "order"][..],
            &["query#"][..],
        ),
        (&["jane@example.com"], &[], &["query#"]),
        (&["page"], &["page"], &[]),
    ] {
        let (mut query, mut removed) = (sent(names), Vec::new());
        redactor.pairs(Place::Query, &mut query, &mut removed);
        assert_eq!(query, sent(kept), "{names:?}");
        assert_eq!(removed, expected_removed, "{names:?}");
    }
}
