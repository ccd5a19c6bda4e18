//! What a thing is called: which properties of a body hold its name.

use daybook_openapi::{Document, Index, ValueLocation};
use serde_json::{Map, Value, json};

/// The places of the name of what `POST {path}` answers with.
fn names(path: &str, answered: &[&str]) -> Vec<String> {
    let properties: Map<String, Value> = answered
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
        .collect();
    let schema = json!({ "type": "object", "properties": properties });
    let answer = json!({ "content": { "application/json": { "schema": schema } } });
    let document = json!({ "openapi": "3.0.3",
        "paths": { path: { "post": { "responses": { "201": answer } } } } });
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let operation = index.operations().next().expect("an operation");
    let names = operation.meaning.entity_name.iter();
    names.map(ValueLocation::expression).collect()
}

#[test]
fn a_title_is_a_salutation_of_persons_alone() {
    let answered = ["id", "title", "firstName", "lastName"];
    assert_eq!(names("/tickets", &answered), ["response.title"]);
    assert_eq!(names("/contacts", &answered), [""; 0]);
}

#[test]
fn an_address_names_persons_and_what_has_no_other_name() {
    for (path, answered, expected) in [
        ("/users", &["id", "email", "phone"][..], "response.email"),
        ("/orders", &["id", "email", "total"], ""),
        ("/bounces", &["id", "email"], "response.email"),
        ("/allowlist-entries", &["email", "id"], "response.email"),
        ("/bounces", &["id", "email", "reason"], ""),
        ("/orders", &["total", "email"], ""),
    ] {
        let found = names(path, answered).join(" ");
        assert_eq!(found, expected, "{path} {answered:?}");
    }
}
