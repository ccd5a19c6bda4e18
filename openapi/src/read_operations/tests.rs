//! What reading costs, in schemas looked at: a clock would only measure the machine.

use serde_json::{Map, Value, json};

use super::*;
use crate::document::Document;

/// The schemas looked at for what a document marks, and the operations of which something is unseen.
fn marks(paths: &Map<String, Value>, schemas: &Value) -> (u64, usize) {
    let value = json!({ "openapi": "3.1.0", "paths": paths, "components": { "schemas": schemas } });
    let document = Document {
        file_name: "s.json".to_owned(),
        bytes: value.to_string().into_bytes(),
    };
    let mut problems = Vec::new();
    let parsed = ParsedDocument::parse(&document, &[], &mut problems).expect("it is a document");
    let work = SchemaWork::default();
    let operations = read_within(&work, &parsed, "s", &mut problems);
    let unseen = operations
        .iter()
        .filter(|operation| operation.secrets.unseen().next().is_some());
    (work.spent_on_marks(), unseen.count())
}

fn operations(count: usize, schema: &Value) -> Map<String, Value> {
    let content = json!({ "content": { "application/json": { "schema": schema } } });
    let operation = json!({ "requestBody": content, "responses": { "200": content } });
    (0..count)
        .map(|number| (format!("/p{number}"), json!({ "post": operation })))
        .collect()
}

fn large(count: usize, schema: &Value) -> Value {
    let properties: Map<String, Value> = (0..count)
        .map(|number| (format!("p{number}"), schema.clone()))
        .collect();
    json!({ "properties": properties })
}

#[test]
fn a_schema_that_operations_share_is_searched_once() {
    let schema = json!({ "$ref": "#/components/schemas/Big" });
    for property in [
        json!({ "type": "string" }),
        json!({ "type": "string", "writeOnly": true }),
        json!({ "items": schema }),
    ] {
        let schemas = json!({ "Big": large(500, &property) });
        let (once, _) = marks(&operations(1, &schema), &schemas);
        let (often, unseen) = marks(&operations(50, &schema), &schemas);
        // Each body costs the look that finds what is known of its schema.
        assert_eq!((often - once, unseen), (2 * 49, 0), "{property}");
    }
}

#[test]
fn what_is_found_to_be_harmless_is_searched_once_behind_other_schemas() {
    let schema = json!({ "properties": { "a": { "$ref": "#/components/schemas/Big" } } });
    let schemas = json!({ "Big": large(500, &json!({ "type": "string" })) });
    let (once, _) = marks(&operations(1, &schema), &schemas);
    let (often, unseen) = marks(&operations(20, &schema), &schemas);
    assert!(once > 500, "{once}");
    // Each property is met again, and known.
    assert!(often - once < 19 * 2 * 510, "{often}");
    assert_eq!(unseen, 0);
}

#[test]
fn a_body_costs_no_more_than_it_may() {
    let all: Vec<Value> = (0..60)
        .map(|number| json!({ "$ref": format!("#/components/schemas/S{number}") }))
        .collect();
    let composed: Map<String, Value> = (0..60)
        .map(|number| (format!("S{number}"), json!({ "allOf": all, "oneOf": all })))
        .collect();
    let branching: Map<String, Value> = (0..30)
        .map(|number| {
            let next = json!({ "$ref": format!("#/components/schemas/S{}", number + 1) });
            let below =
                json!({ "properties": { "a": next, "b": next, "secret": { "writeOnly": true } } });
            (format!("S{number}"), below)
        })
        .collect();
    let first = json!({ "properties": { "x": { "$ref": "#/components/schemas/S0" } } });
    for schemas in [json!(composed), json!(branching)] {
        let (spent, unseen) = marks(&operations(10, &first), &schemas);
        assert!(spent <= 10 * 2 * 10_010, "{spent}");
        assert_eq!(unseen, 0);
    }
}

#[test]
fn what_may_be_meant_is_looked_for_so_often_and_no_more() {
    let query: Vec<Value> = (0..50)
        .map(|number| json!({ "name": format!("parameter_{number}"), "in": "query" }))
        .collect();
    let mistyped: Vec<String> = (0..100)
        .map(|number| format!("query.parametr_{number}"))
        .collect();
    let item = json!({ "post": { "parameters": query, "x-audit": { "redact": mistyped } } });
    let distances = |paths: usize| {
        let reference = json!({ "$ref": "#/components/pathItems/All" });
        let paths: Map<String, Value> = (0..paths)
            .map(|number| (format!("/p{number}"), reference.clone()))
            .collect();
        let components = json!({ "pathItems": { "All": item } });
        let value = json!({ "openapi": "3.1.0", "paths": paths, "components": components });
        let document = Document {
            file_name: "s.json".to_owned(),
            bytes: value.to_string().into_bytes(),
        };
        let mut problems = Vec::new();
        let parsed = ParsedDocument::parse(&document, &[], &mut problems).expect("it is one");
        let before = crate::nearest::distances();
        let work = SchemaWork::default();
        read_within(&work, &parsed, "s", &mut problems);
        crate::nearest::distances() - before
    };
    assert_eq!(distances(1), 100 * 50);
    assert_eq!(distances(40), 1_000 * 50);
}
