//! Documents with one malformed corner.

use daybook_openapi::{Document, Index, ValueLocation};
use serde_json::{Value, json};

fn build(document: &Value) -> (Index, Vec<String>) {
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    (index, problems.iter().map(ToString::to_string).collect())
}

/// Below an operation: what stands there instead, and what is told.
#[rustfmt::skip] // a table
fn corners() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/parameters", json!({}), "it is no list; it is left out"),
        ("/parameters/0", json!(7), "it is no object; it is left out"),
        (
            "/parameters/0/in",
            json!(7),
            "a parameter has a `name` and an `in`; it is left out",
        ),
        (
            "/parameters/0/schema",
            json!([]),
            "it is no schema; it is left out",
        ),
        ("/requestBody", json!([]), "it is no object; it is left out"),
        (
            "/requestBody/content",
            json!("x"),
            "it is no object; it is left out",
        ),
        (
            "/requestBody/content/application~1json",
            json!(7),
            "it is no object; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema",
            json!("x"),
            "it is no schema; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/properties",
            json!(7),
            "it is no object; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/properties/id",
            json!(null),
            "it is no schema; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/required",
            json!("x"),
            "it is no list of property names; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/type",
            json!({}),
            "it is no type; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/allOf",
            json!({}),
            "it is no list; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/$ref",
            json!(7),
            "its reference is no text; it is left out",
        ),
        (
            "/requestBody/content/application~1json/schema/$ref",
            json!("#/gone"),
            "its reference leads nowhere in this document",
        ),
        (
            "/requestBody/content/application~1json/schema/$ref",
            json!("https://x.example/a.json#/B"),
            "it refers to `https://x.example/a.json`, which is not fetched; bundle the documents into one",
        ),
        ("/responses", json!([]), "it is no object; it is left out"),
        (
            "/responses/200",
            json!("x"),
            "it is no object; it is left out",
        ),
        ("/operationId", json!({}), "it is no text; it is left out"),
        (
            "/servers",
            json!({ "url": "https://a.example" }),
            "it is no list; it is left out",
        ),
        (
            "/servers/0",
            json!("https://a.example"),
            "a server has a `url`; it is left out",
        ),
        (
            "/servers/0/url",
            json!(7),
            "a server has a `url`; it is left out",
        ),
    ]
}

#[test]
fn what_stands_beside_a_reference_of_a_path_is_told() {
    let with = |beside: Value| {
        let mut item = json!({ "$ref": "#/components/pathItems/X" });
        item.as_object_mut()
            .unwrap()
            .extend(beside.as_object().unwrap().clone());
        json!({ "openapi": "3.1.0", "paths": { "/x": item },
            "components": { "pathItems": { "X": { "post": { "operationId": "createX" } } } } })
    };
    let told = |beside: Value| {
        let (index, problems) = build(&with(beside));
        assert_eq!(index.operations().count(), 1);
        problems
    };
    assert_eq!(told(json!({ "summary": "x", "x-internal": true })), [""; 0]);
    let message = "beside `$ref` it is not read: say it where the reference leads";
    for (name, beside) in [
        ("x-audit", json!({ "redact": ["body.nick"] })),
        ("delete", json!({})),
        ("parameters", json!([])),
    ] {
        let expected = format!("s.json#/paths/~1x/{name}: {message}");
        assert_eq!(told(json!({ name: beside })), [expected]);
    }
}

#[test]
fn what_is_mistyped_beside_a_reference_of_a_schema_is_told() {
    for version in ["3.0.3", "3.1.0"] {
        let (_, problems) = build(
            &json!({ "openapi": version, "paths": { "/x": {} }, "components": { "schemas": {
            "Base": { "type": "object" },
            "Order": { "$ref": "#/components/schemas/Base", "properties": { "salary": { "x-audit": { "redact": "yes" } } } }
        } } }),
        );
        let at = "s.json#/components/schemas/Order/properties/salary/x-audit/redact";
        assert!(
            problems.iter().any(|problem| problem.starts_with(at)),
            "{version}: {problems:?}"
        );
    }
}

#[test]
fn a_malformed_corner_is_named_and_everything_else_is_read() {
    for (pointer, value, message) in corners() {
        let mut document = json!({ "openapi": "3.0.0", "paths": { "/a/{id}": { "put": {
            "operationId": "updateA",
            "servers": [{ "url": "/v1" }],
            "parameters": [{ "name": "id", "in": "path", "schema": { "type": "string" } }],
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "required": ["id"], "allOf": [], "$ref": "#/paths", "properties": { "id": { "type": "string" } }
            } } } },
            "responses": { "200": { "description": "" } }
        } }, "/b": { "get": { "operationId": "listB" } } } });
        let schema = "/paths/~1a~1{id}/put/requestBody/content/application~1json/schema";
        if !pointer.ends_with("$ref")
            && let Some(schema) = document.pointer_mut(schema).and_then(Value::as_object_mut)
        {
            schema.remove("$ref");
        }
        let at = format!("/paths/~1a~1{{id}}/put{pointer}");
        *document.pointer_mut(&at).unwrap() = value;
        let (index, problems) = build(&document);
        let told = problems.iter().any(|problem| {
            problem.ends_with(message) && problem.starts_with("s.json#/paths/~1a~1{id}/put")
        });
        assert!(told && problems.len() == 1, "{pointer}: {problems:?}");
        assert_eq!(index.operations().count(), 2, "{pointer}");
        assert_eq!(index.operations().last().unwrap().operation_id, "listB");
    }
}

#[test]
fn a_value_that_not_every_reader_of_json_takes_costs_only_itself() {
    for (value, told) in [
        ("1e400", "number out of range"),
        (r#""\ud83d""#, "hex escape"),
        ("NaN", "expected value"),
    ] {
        let text = format!(
            r#"{{"openapi": "3.1.0", "paths": {{"/orders": {{"post": {{"operationId": "createOrder"}}}}}},
            "components": {{"schemas": {{"Unused": {{"example": {value}}}}}}}}}"#
        );
        let (index, problems) = Index::build(vec![Document {
            file_name: "s.json".to_owned(),
            bytes: text.into_bytes(),
        }]);
        assert_eq!(index.operations().count(), 1, "{value}");
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        let problem = problem.to_string();
        assert!(
            problem.starts_with("s.json#: it is not JSON: ")
                && problem.contains(told)
                && problem.contains(" at line 2 column ")
                && problem.ends_with("; such values are replaced"),
            "{problem}"
        );
    }
}

#[test]
fn of_two_mistakes_the_one_that_costs_the_document_is_told() {
    let text = r#"{"openapi": "3.1.0", "x": 1e400,
        "paths": {"/orders": {"post": {}} "#;
    let (_, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }]);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["s.json#: it is not JSON: EOF while parsing an object at line 2 column 42"]
    );
}

#[test]
fn what_stands_beside_a_reference_that_leads_nowhere_counts() {
    let made = |version: &str, reference: &str| {
        let schema = json!({ "$ref": reference, "properties": { "id": { "type": "string" } } });
        let answer = json!({ "content": { "application/json": { "schema": schema } } });
        let (index, _) = build(&json!({ "openapi": version,
            "paths": { "/orders": { "post": { "responses": { "201": answer } } } } }));
        let operation = index.operations().next().unwrap();
        let id = operation.meaning.entity_id.as_ref();
        id.map(ValueLocation::expression).unwrap_or_default()
    };
    for reference in ["https://example.com/base.json", "#/components/schemas/Gone"] {
        assert_eq!(made("3.1.0", reference), "response.id", "{reference}");
        assert_eq!(made("3.0.3", reference), "", "{reference}");
    }
}

#[test]
fn a_malformed_root_member_costs_only_itself() {
    for (root, told) in [
        (
            json!({ "paths": [] }),
            "s.json#/paths: it is no object; it is left out",
        ),
        (
            json!({ "components": 7 }),
            "s.json#/components: it is no object; it is left out",
        ),
        (
            json!({ "components": { "schemas": [] } }),
            "s.json#/components/schemas: it is no object; it is left out",
        ),
        (
            json!({ "servers": {} }),
            "s.json#/servers: it is no list; it is left out",
        ),
        (
            json!({ "paths": { "/a": { "servers": [{}] } } }),
            "s.json#/paths/~1a/servers/0: a server has a `url`; it is left out",
        ),
        (
            json!({ "x-audit": [] }),
            "s.json#/x-audit: `x-audit` is no object",
        ),
    ] {
        let mut document = root;
        document["openapi"] = json!("3.1.0");
        assert_eq!(build(&document).1, [told]);
    }
}
