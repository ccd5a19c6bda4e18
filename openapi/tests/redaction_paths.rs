//! Removing secrets from the path of a call.

use std::collections::BTreeMap;

use daybook_openapi::redaction::{Mode, Place, REDACTED, Redactor};
use serde_json::{Value, json};

use crate::redaction_marks::operation_at;

fn path_of(
    template: &str,
    annotation: &Value,
    mode: Mode,
    path: &str,
    params: &[(&str, &str)],
) -> String {
    let said = json!({ "operationId": "reset", "x-audit": annotation, "responses": {} });
    let operation = operation_at(template, &said, &json!({}));
    let params: Vec<(String, String)> = params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Redactor::with_mode(Some(&operation), mode)
        .path(path, &params)
        .into_owned()
}

#[test]
fn every_secret_of_a_path_goes_whatever_it_spans() {
    let range = [("id", "7"), ("from", "alpha"), ("to", "omega")];
    for (template, annotation, path, params, expected) in [
        (
            "/reset/{token+}",
            json!({}),
            "/reset/ab/cd",
            &[("token", "ab/cd")][..],
            "/reset/[redacted]",
        ),
        (
            "/reset/{token+}/end",
            json!({}),
            "/v1/reset/a%20b//c%2Fd/end",
            &[("token", "a b//c/d")],
            "/v1/reset/[redacted]/end",
        ),
        (
            "/blobs/{path+}",
            json!({ "redact": ["path.path"] }),
            "/blobs/b%C3%B6b/x",
            &[("path", "böb/x")],
            "/blobs/[redacted]",
        ),
        (
            "/{id}/{from}..{to}",
            json!({ "redact": ["path.from", "path.to"] }),
            "/7/alpha..omega",
            &range,
            "/7/[redacted]..[redacted]",
        ),
        // What is written in another way there is not searched for again.
        (
            "/reset/{token}",
            json!({}),
            "/prod/reset/a%2520b",
            &[("token", "a b")],
            "/reset/[redacted]",
        ),
        // What another value only has in it is no secret.
        (
            "/v1/users/{id}/pin/{pin}",
            json!({}),
            "/v1/users/41234/pin/1234",
            &[("id", "41234"), ("pin", "1234")],
            "/v1/users/41234/pin/[redacted]",
        ),
        (
            "/v1/users/{id}/pin/{pin}:set",
            json!({}),
            "/prod/v1/users/12345/pin/123:set",
            &[("id", "12345"), ("pin", "123")],
            "/v1/users/12345/pin/[redacted]:set",
        ),
        (
            "/v1/users/{id}/pin/{pin}:set",
            json!({}),
            "/prod/v1/users/7/pin/1234:set",
            &[("id", "7"), ("pin", "1234")],
            "/prod/v1/users/7/pin/[redacted]:set",
        ),
        // What stands there twice, one over the other, is told apart by the template.
        (
            "/a/{token+}",
            json!({}),
            "/a/a/a",
            &[("token", "a/a")],
            "/a/[redacted]",
        ),
        (
            "/ab{token}",
            json!({}),
            "/ababa",
            &[("token", "aba")],
            "/ab[redacted]",
        ),
    ] {
        let cleaned = path_of(template, &annotation, Mode::Standard, path, params);
        assert_eq!(cleaned, expected, "{path}");
    }
}

#[test]
fn strict_writes_the_path_from_its_template() {
    let range = [("id", "7/8"), ("from", "alpha"), ("to", "omega")];
    for (template, annotation, path, params, expected) in [
        (
            "/reports/{id}/{from}..{to}",
            json!({ "entity": { "id": "path.id" } }),
            "/prod/reports/7%2F8/alpha..omega",
            &range[..],
            "/reports/7%2F8/[redacted]..[redacted]",
        ),
        (
            "/a b/{id}/",
            json!({ "entity": { "id": "path.id" } }),
            "/a%20b/jane@example.com",
            &[("id", "jane@example.com")],
            "/a%20b/jane@example.com/",
        ),
        (
            "/files/{path+}",
            json!({ "keep": ["path.path"] }),
            "/files/x/y",
            &[("path", "x/y")],
            "/files/x/y",
        ),
        (
            "/reports/{id}",
            json!({ "entity": { "id": "path.id" } }),
            "/reports/7",
            &[],
            "/reports/[redacted]",
        ),
        ("/", json!({}), "/", &[], "/"),
        (
            "/{org}/{proxy+}",
            json!({ "entity": { "id": "path.proxy" }, "parent": { "type": "org", "id": "path.org" } }),
            "/acme/jane@example.com/ssn/123",
            &[("org", "acme"), ("proxy", "jane@example.com/ssn/123")],
            "/acme/[redacted]",
        ),
    ] {
        let cleaned = path_of(template, &annotation, Mode::Strict, path, params);
        assert_eq!(cleaned, expected, "{path}");
    }
    let undescribed = Redactor::with_mode(None, Mode::Strict);
    assert_eq!(
        undescribed.path("/customers/jane@example.com/ssn/123", &[]),
        "/[redacted]"
    );
}

#[test]
fn a_secret_that_stands_in_its_path_without_end_is_told_by_the_template() {
    let path = format!("/reset/{}", "a/".repeat(20_000));
    let params = [("token", "a"), ("id", "a/a")];
    let annotation = json!({ "redact": ["path.id"] });
    let cleaned = path_of(
        "/reset/{token}/{id+}",
        &annotation,
        Mode::Standard,
        &path,
        &params,
    );
    assert_eq!(cleaned, "/reset/[redacted]/[redacted]");
}

/// The path and the parameters of a call, as they are stored.
fn stored(redactor: &Redactor, path: &str, params: &[(&str, &str)]) -> (String, Vec<String>) {
    let mut pairs: BTreeMap<String, String> = params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let plain: Vec<(String, String)> = pairs.clone().into_iter().collect();
    let path = redactor.path(path, &plain).into_owned();
    redactor.pairs(Place::Path, &mut pairs, &mut Vec::new());
    (path, pairs.into_values().collect())
}

#[test]
fn a_card_number_goes_from_a_path_as_from_its_parameters() {
    let card = "4111111111111111";
    let order = "5555555555554444";
    for (template, path, params, expected_path, expected_params) in [
        (
            "/customers/{customer_id}/numbers/{number}",
            "/customers/42/numbers/4111111111111111",
            &[("customer_id", "42"), ("number", card)][..],
            "/customers/42/numbers/[redacted]",
            &["42", REDACTED][..],
        ),
        (
            "/orders/{order_id}/notes/{text}",
            "/orders/5555555555554444/notes/of%204111111111111111",
            &[("order_id", order), ("text", "of 4111111111111111")],
            "/orders/5555555555554444/notes/of [redacted]",
            &[order, "of [redacted]"],
        ),
        (
            "/orders/{order_id}/notes",
            "/orders/5555555555554444/notes/4111111111111111",
            &[("order_id", order)],
            "/orders/5555555555554444/notes/[redacted]",
            &[order],
        ),
        (
            "/cards/{id}",
            "/cards/4111111111111111",
            &[("id", card)],
            "/cards/[redacted]",
            &[REDACTED],
        ),
        (
            "/users/{user_id}/creditCards/{id}:block",
            "/users/7/creditCards/4111111111111111:block",
            &[("id", card), ("user_id", "7")],
            "/users/7/creditCards/[redacted]:block",
            &[REDACTED, "7"],
        ),
        (
            "/CARDS/{number}",
            "/CARDS/4222222222222",
            &[("number", "4222222222222")],
            "/CARDS/[redacted]",
            &[REDACTED],
        ),
        (
            "/postcards/{id}",
            "/postcards/4111111111111111",
            &[("id", card)],
            "/postcards/4111111111111111",
            &[card],
        ),
    ] {
        let said = json!({ "operationId": "reset", "responses": {} });
        let operation = operation_at(template, &said, &json!({}));
        let expected = (
            expected_path.to_owned(),
            expected_params.iter().map(ToString::to_string).collect(),
        );
        let redactor = Redactor::new(Some(&operation));
        assert_eq!(stored(&redactor, path, params), expected, "{template}");
        // Of a call that no document describes, its path says as much.
        let redactor = Redactor::new(None).on_path(path);
        assert_eq!(stored(&redactor, path, params), expected, "{path}");
    }
    let operation = operation_at("/cards", &json!({ "responses": {} }), &json!({}));
    let redactor = Redactor::new(Some(&operation));
    let mut query = BTreeMap::from([("id".to_owned(), card.to_owned())]);
    redactor.pairs(Place::Query, &mut query, &mut Vec::new());
    assert_eq!(query["id"], REDACTED);
    let mut body = json!({ "id": card, "number": 4_222_222_222_222_u64, "phone": "4222222222222" });
    redactor.json(Place::Request, &mut body, &mut Vec::new());
    assert_eq!(
        body,
        json!({ "id": REDACTED, "number": REDACTED, "phone": "4222222222222" })
    );
    assert_eq!(redactor.id(card), REDACTED);
    assert_eq!(Redactor::new(None).id(card), card);
}
