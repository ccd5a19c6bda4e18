//! Documents that are broken or meant to break something.

use daybook_openapi::{Document, Index, RequestLine, explain};
use proptest::prelude::*;
use serde_json::{Value, json};

fn build(file_name: &str, bytes: impl Into<Vec<u8>>) -> (Index, Vec<String>) {
    let (index, problems) = Index::build(vec![Document {
        file_name: file_name.to_owned(),
        bytes: bytes.into(),
    }]);
    (index, problems.iter().map(ToString::to_string).collect())
}

fn operation_ids(index: &Index) -> Vec<&str> {
    index
        .operations()
        .map(|operation| operation.operation_id.as_str())
        .collect()
}

#[test]
fn what_is_no_openapi_3_is_refused_with_the_way_out() {
    for (bytes, expected) in [
        (
            &b"{\"swagger\":\"2.0\"}"[..],
            "s.json#: it is Swagger 2.0; convert it to OpenAPI 3 first, for example with `npx swagger2openapi --outfile openapi.json FILE`",
        ),
        (
            b"{\"openapi\":\"4.0.0\"}",
            "s.json#: OpenAPI 4.0.0 is not known; 3.0 and 3.1 are",
        ),
        (
            b"{}",
            "s.json#: it is not an OpenAPI document: it has no `openapi` version",
        ),
        (
            b"[]",
            "s.json#: it is not an OpenAPI document: its root is no object",
        ),
        (b"", "s.json#: it is empty"),
        (
            b"{\"openapi\":",
            "s.json#: it is not JSON: EOF while parsing a value at line 1 column 11",
        ),
        (
            b"\xff\xfe{\0",
            "s.json#: it is UTF-16 or UTF-32; save it as UTF-8",
        ),
        (
            b"{\"a\":\"\xfc\"}",
            "s.json#: it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 6",
        ),
    ] {
        let (index, problems) = build("s.json", bytes);
        assert_eq!(problems, [expected]);
        assert_eq!(index.operations().count(), 0);
    }
}

#[test]
fn a_hundred_thousand_levels_are_refused() {
    let deep = format!("{{\"openapi\":\"3.0.0\",\"x\":{}", "[".repeat(100_000));
    let (_, problems) = build("s.json", deep);
    assert_eq!(problems, ["s.json#: it nests deeper than 120 levels"]);
    let deep = format!("openapi: 3.0.0\nx: {}", "[".repeat(100_000));
    let (index, problems) = build("s.yaml", deep);
    assert_eq!(index.operations().count(), 0);
    assert_eq!(problems, ["s.yaml#: it nests deeper than 1000 levels"]);
}

#[test]
fn yaml_is_read_like_json_and_paths_keep_their_order() {
    let yaml = "openapi: 3.1.0\ninfo: {title: T}\npaths:\n  /z:\n    get: {operationId: a}\n    delete: {operationId: b}\n  /a:\n    post:\n      operationId: c\n      responses:\n        200:\n          content: {application/json: {schema: {properties: {id: {type: string}}}}}\n";
    let (index, problems) = build("s.yaml", yaml);
    assert_eq!(problems, [""; 0]);
    assert_eq!(operation_ids(&index), ["a", "b", "c"]);
    let last = index.operations().last().unwrap();
    assert_eq!(
        serde_json::to_string(&last.meaning.entity_id).unwrap(),
        r#"{"in":"response","pointer":"/id"}"#
    );
}

#[test]
fn one_bad_corner_costs_only_itself() {
    let document = json!({
        "openapi": "3.0.0",
        "paths": {
            "/bad": 5, "/worse": { "get": [], "post": { "operationId": 7, "parameters": "no", "requestBody": null, "responses": [] } },
            "relative": { "get": {} }, "/gone": { "$ref": "#/nowhere" }, "/remote": { "$ref": "other.json#/x" },
            "/good": { "get": { "operationId": "good", "x-audit": { "ignore": "yes", "colour": 1 } } }
        },
        "components": { "schemas": { "Broken": { "type": 12, "properties": [], "allOf": "x" } } }
    });
    let (index, problems) = build("s.json", document.to_string());
    assert_eq!(operation_ids(&index), ["good", ""]);
    let expected = [
        "s.json#/components/schemas/Broken/allOf: it is no list; it is left out",
        "s.json#/components/schemas/Broken/properties: it is no object; it is left out",
        "s.json#/components/schemas/Broken/type: it is no type; it is left out",
        "s.json#/paths/relative: a path starts with a slash; it is left out",
        "s.json#/paths/~1bad: it is no object; it is left out",
        "s.json#/paths/~1gone: its reference leads nowhere in this document",
        "s.json#/paths/~1good/get/x-audit/colour: it is not known; known are service, org, ignore, capture, action, verb, entity, parent, activity, redact and keep",
        "s.json#/paths/~1good/get/x-audit/ignore: it is neither true nor false",
        "s.json#/paths/~1remote: it refers to `other.json`, which is not fetched; bundle the documents into one",
        "s.json#/paths/~1worse/get: it is no object; it is left out",
        "s.json#/paths/~1worse/post/operationId: it is no text; it is left out",
        "s.json#/paths/~1worse/post/parameters: it is no list; it is left out",
        "s.json#/paths/~1worse/post/requestBody: it is no object; it is left out",
        "s.json#/paths/~1worse/post/responses: it is no object; it is left out",
    ];
    let mut problems = problems;
    problems.sort();
    assert_eq!(problems, expected);
}

#[test]
fn references_that_run_in_circles_end() {
    let document = json!({
        "openapi": "3.0.0",
        "paths": { "/nodes": { "post": {
            "requestBody": { "$ref": "#/components/requestBodies/A" },
            "responses": { "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Node" } } } } }
        } } },
        "components": {
            "requestBodies": { "A": { "$ref": "#/components/requestBodies/B" }, "B": { "$ref": "#/components/requestBodies/A" } },
            "schemas": { "Node": { "allOf": [{ "$ref": "#/components/schemas/Node" }, { "properties": {
                "id": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
                "parent": { "$ref": "#/components/schemas/Node" }, "data": { "$ref": "#/components/schemas/Node" }
            } }], "oneOf": [{ "$ref": "#/components/schemas/Node" }, { "$ref": "#/components/schemas/Node" }] } }
        }
    });
    let (index, problems) = build("s.json", document.to_string());
    assert_eq!(problems, [""; 0]);
    let explained = explain(index.operations().next().unwrap());
    assert_eq!(explained.message, "jane@example.com created node {id}");
}

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({ "type": "string" })),
        Just(json!({ "type": ["integer", "null"] })),
        Just(json!({ "$ref": "#/components/schemas/A" })),
        Just(json!({ "$ref": "#/paths" })),
        Just(json!(true)),
        Just(json!(null)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::btree_map("[a-zA-Z_]{0,12}", inner.clone(), 0..4)
                .prop_map(|properties| json!({ "properties": properties })),
            inner
                .clone()
                .prop_map(|items| json!({ "type": "array", "items": items })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| json!({ "allOf": parts })),
            inner.prop_map(|inner| json!({ "additionalProperties": inner, "writeOnly": true })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = build("s.yaml", bytes);
    }

    #[test]
    fn any_document_is_indexed_and_any_path_found_without_a_panic(
        path in "/[a-z{}:.()'/%+*?#=ü]{0,40}",
        request_path in "/[a-z:.()'/%0-9ü]{0,40}",
        operation_id in "[ -~]{0,40}",
        summary in "\\PC{0,60}",
        schema in any_schema(),
        method in prop::sample::select(&["get", "put", "post", "delete", "patch"][..]),
    ) {
        let content = json!({ "application/json": { "schema": schema } });
        let document = json!({
            "openapi": "3.0.0",
            "servers": [{ "url": path }, { "url": format!("https://{{x}}.example.com{path}") }],
            "paths": { path.as_str(): { method: {
                "operationId": operation_id, "summary": summary,
                "requestBody": { "content": content }, "responses": { "200": { "content": content } }
            } } },
            "components": { "schemas": { "A": schema } }
        });
        let (index, _) = build("s.json", document.to_string());
        for operation in index.operations() {
            let explained = explain(operation);
            prop_assert!(explained.message.split_whitespace().count() <= 18, "{}", explained.message);
            prop_assert!(!explained.entity_type.is_empty());
        }
        for path in [&path, &request_path] {
            index.find(&RequestLine {
                domain_name: "a.example.com", stage: "a", method, path, resource: &request_path, ..RequestLine::default()
            });
        }
    }

    #[test]
    fn a_path_made_from_a_template_finds_it(
        segments in prop::collection::vec(prop_oneof!["[a-z]{1,6}", "[a-z]{1,4}\\{[a-z]{1,4}\\}", "\\{[a-z]{1,6}\\}", "\\{[a-z]{1,4}\\}:[a-z]{1,6}"], 1..6),
    ) {
        let template = format!("/root/{}", segments.join("/"));
        let document = json!({ "openapi": "3.0.0", "paths": { template.as_str(): { "get": { "operationId": "it" } } } });
        let (index, _) = build("s.json", document.to_string());
        let mut path = String::new();
        let mut inside = false;
        for character in template.chars() {
            match character {
                '{' => { inside = true; path.push_str("42"); }
                '}' => inside = false,
                _ if !inside => path.push(character),
                _ => {}
            }
        }
        let found = index.find(&RequestLine { method: "GET", path: &path, ..RequestLine::default() });
        prop_assert!(matches!(found, daybook_openapi::Found::Operation { .. }), "{} of {}", path, template);
    }
}
