//! What a document marks: as secret, as auditable, or leaves in doubt.

use std::collections::BTreeMap;

use daybook_openapi::redaction::{Mode, Place, REDACTED, Redactor};
use daybook_openapi::{Document, Index, Operation, ValueLocation};
use serde_json::{Value, json};

/// An operation of a document that is right.
pub(crate) fn operation_at(path: &str, operation: &Value, schemas: &Value) -> Operation {
    let document = json!({
        "openapi": "3.1.0", "info": {}, "paths": { path: { "post": operation } },
        "components": { "schemas": schemas }
    });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems.len(), 0, "{problems:?}");
    index
        .operations()
        .next()
        .expect("the document has one operation")
        .clone()
}

fn body(schema: &Value) -> Value {
    json!({ "requestBody": { "content": { "application/json": { "schema": schema } } }, "responses": {} })
}

pub(crate) fn redact(redactor: &Redactor, place: Place, value: Value) -> (Value, Vec<String>) {
    let (mut value, mut removed) = (value, Vec::new());
    redactor.json(place, &mut value, &mut removed);
    (value, removed)
}

#[track_caller]
fn check_body(schema: &Value, schemas: &Value, sent: Value, expected: &Value) {
    let operation = operation_at("/x", &body(schema), schemas);
    let (value, _) = redact(&Redactor::new(Some(&operation)), Place::Request, sent);
    assert_eq!(value, *expected);
}

#[test]
fn marks_work_behind_references_compositions_arrays_and_maps() {
    let schemas = json!({
        "Sealed": { "type": "string", "writeOnly": true },
        "Part": { "properties": { "a": { "$ref": "#/components/schemas/Sealed" } } },
        "Other": { "properties": { "b": { "x-audit": { "redact": true } } } }
    });
    check_body(
        &json!({
            "allOf": [{ "$ref": "#/components/schemas/Part" }, { "oneOf": [{ "$ref": "#/components/schemas/Other" }] }],
            "properties": {
                "list": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
                "pair": { "prefixItems": [{ "type": "string" }, { "format": "password" }] },
                "map": { "additionalProperties": { "$ref": "#/components/schemas/Sealed" } },
                "by_pattern": { "patternProperties": { "^x": { "format": "password" } } },
                "beside": { "$ref": "#/components/schemas/Other", "writeOnly": true }
            },
            "then": { "properties": { "late": { "format": "password" } } }
        }),
        &schemas,
        json!({ "a": "1", "b": "2", "c": "3", "list": [{ "a": "4" }], "pair": ["5", "6"],
            "map": { "k": "7" }, "by_pattern": { "xa": "8" }, "beside": { "z": 9 }, "late": "0" }),
        &json!({ "a": REDACTED, "b": REDACTED, "c": "3", "list": [{ "a": REDACTED }], "pair": [REDACTED, REDACTED],
            "map": { "k": REDACTED }, "by_pattern": { "xa": REDACTED }, "beside": REDACTED, "late": REDACTED }),
    );
}

#[test]
fn marks_of_a_request_work_in_lists_and_wrappers_that_only_one_side_has() {
    let memo = json!({ "type": "string", "x-audit": { "redact": true } });
    let thing =
        json!({ "properties": { "memo": memo, "order": { "properties": { "memo": memo } } } });
    let list = json!({ "type": "array", "items": thing });
    let within = |name: &str, inner: &Value| json!({ "properties": { name: inner } });
    let (one, sent) = (json!({ "memo": REDACTED }), json!({ "memo": "m" }));
    let bare = |value: &Value| {
        vec![
            value.clone(),
            json!([value]),
            json!([[1, value], value]),
            json!({ "data": value }),
            json!({ "items": [value, value], "count": 2 }),
            json!({ "payload": value.to_string() }),
        ]
    };
    for schema in [
        &thing,
        &list,
        &within("data", &thing),
        &within("data", &list),
    ] {
        for (sent, expected) in bare(&sent).into_iter().zip(bare(&one)) {
            check_body(schema, &json!({}), sent, &expected);
        }
        check_body(
            schema,
            &json!({}),
            json!({ "order": [sent, { "memo": "m", "note": "n" }], "other": { "thing": sent } }),
            &json!({ "order": [one, { "memo": REDACTED, "note": "n" }], "other": { "thing": sent } }),
        );
    }
    for schema in [&thing, &within("data", &within("attributes", &thing))] {
        check_body(
            schema,
            &json!({}),
            json!({ "data": { "type": "x", "attributes": sent } }),
            &json!({ "data": { "type": "x", "attributes": one } }),
        );
        check_body(schema, &json!({}), sent.clone(), &one);
    }
    // What has another thing's wrapper that is there is that one's alone.
    check_body(
        &within("items", &list),
        &json!({}),
        json!({ "memo": "m", "items": [sent], "map": { "memo": "m" } }),
        &json!({ "memo": "m", "items": [one], "map": { "memo": "m" } }),
    );
    // Where all members of a map are marked, the map itself stays.
    check_body(
        &within("map", &json!({ "additionalProperties": memo })),
        &json!({}),
        json!({ "map": { "memo": "m", "x": ["m"] }, "data": { "map": { "x": "m" } } }),
        &json!({ "map": { "memo": REDACTED, "x": REDACTED }, "data": { "map": { "x": REDACTED } } }),
    );
}

#[test]
fn a_schema_that_contains_itself_is_marked_at_any_depth() {
    let schemas = json!({ "Node": { "properties": {
        "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
        "inner": { "properties": { "hidden": { "writeOnly": true } } },
        "title": { "type": "string" }
    } } });
    let (mut sent, mut expected) = (json!({}), json!({}));
    for depth in 0..20 {
        sent = json!({ "title": depth, "inner": { "hidden": "h" }, "children": [sent] });
        expected =
            json!({ "title": depth, "inner": { "hidden": REDACTED }, "children": [expected] });
    }
    check_body(
        &json!({ "$ref": "#/components/schemas/Node" }),
        &schemas,
        json!({ "inner": { "hidden": "h" }, "children": [sent] }),
        &json!({ "inner": { "hidden": REDACTED }, "children": [expected] }),
    );
}

#[test]
fn schemas_that_branch_without_end_cost_bounded_time_and_memory_and_still_mark() {
    // Ten properties a level, each of the next level's schema, and back to the first.
    let mut schemas = serde_json::Map::new();
    for level in 0..12 {
        let next = format!("#/components/schemas/L{}", (level + 1) % 12);
        let mut properties: serde_json::Map<String, Value> = (0..10)
            .map(|number| (format!("p{number}"), json!({ "$ref": next })))
            .collect();
        properties.insert("hidden".to_owned(), json!({ "writeOnly": true }));
        schemas.insert(format!("L{level}"), json!({ "properties": properties }));
    }
    let operation = operation_at(
        "/x",
        &body(&json!({ "$ref": "#/components/schemas/L0" })),
        &Value::Object(schemas),
    );
    assert!(operation.secrets.redact.len() <= 100);
    let redactor = Redactor::new(Some(&operation));
    let (value, _) = redact(
        &redactor,
        Place::Request,
        json!({ "p1": { "p2": { "p3": { "p4": { "hidden": "h" } } } }, "hidden": "h" }),
    );
    assert!(!value.to_string().contains("\"h\""), "{value}");
}

#[test]
fn parameters_headers_and_forms_are_marked_too() {
    let operation = operation_at(
        "/x/{slot}",
        &json!({
            "parameters": [
                { "name": "slot", "in": "path", "x-audit": { "redact": true }, "schema": { "type": "string" } },
                { "name": "q", "in": "query", "schema": { "anyOf": [{ "format": "password" }] } },
                { "name": "X-Note", "in": "header", "schema": { "writeOnly": true } },
                { "name": "token", "in": "query", "x-audit": { "keep": true }, "schema": {} }
            ],
            "requestBody": { "content": {
                "application/json": { "schema": { "type": "object" } },
                "application/x-www-form-urlencoded": { "schema": { "properties": { "word": { "format": "password" } } } }
            } },
            "x-audit": { "redact": ["header.x-other"] }, "responses": {}
        }),
        &json!({}),
    );
    let redactor = Redactor::new(Some(&operation));
    for (place, name, is_removed) in [
        (Place::Path, "slot", true),
        (Place::Query, "q", true),
        (Place::Query, "token", false),
        (Place::Headers, "x-note", true),
        (Place::Headers, "x-other", true),
        (Place::Headers, "x-third", false),
    ] {
        let mut pairs = BTreeMap::from([(name.to_owned(), "word".to_owned())]);
        redactor.pairs(place, &mut pairs, &mut Vec::new());
        assert_eq!(pairs[name] == REDACTED, is_removed, "{name}");
    }
    let (value, _) = redact(&redactor, Place::Request, json!({ "word": "w" }));
    assert_eq!(value["word"], REDACTED);
}

#[test]
fn the_narrower_mark_counts() {
    let mut said = body(&json!({ "properties": {
        "a": { "writeOnly": true }, "b": { "x-audit": { "keep": true } },
        "c": { "writeOnly": true, "x-audit": { "redact": false } },
        "kept": { "x-audit": { "keep": true }, "properties": { "in": { "writeOnly": true }, "x": {} } }
    } }));
    said["x-audit"] = json!({ "keep": ["body.a"], "redact": ["body.b"] });
    let operation = operation_at("/x", &said, &json!({}));
    let (value, _) = redact(
        &Redactor::new(Some(&operation)),
        Place::Request,
        json!({ "a": "1", "b": "2", "c": "3", "kept": { "in": "4", "x": "5", "password": "6" } }),
    );
    assert_eq!(
        value,
        json!({ "a": "1", "b": REDACTED, "c": "3", "kept": { "in": REDACTED, "x": "5", "password": REDACTED } })
    );
}

#[test]
fn names_that_leave_it_open_are_in_doubt_until_the_document_says() {
    let operation = operation_at(
        "/x",
        &json!({
            "parameters": [{ "name": "key", "in": "query", "schema": { "type": "string" } }],
            "requestBody": { "content": { "application/json": { "schema": { "properties": {
                "code": { "type": "string" },
                "seed": { "type": "string", "x-audit": { "keep": true } },
                "hash": { "type": "string", "x-audit": { "redact": true } },
                "signature": { "type": "boolean" },
                "license": { "enum": ["MIT"] },
                "country_code": { "type": "string" },
                "password": { "type": "string" },
                "value": { "type": "string", "description": "the API key of the remote system" },
                "list": { "items": { "properties": { "pin": { "type": "string" } } } }
            } } } } },
            "responses": {}
        }),
        &json!({}),
    );
    assert_eq!(
        operation.secrets.doubtful,
        [
            ValueLocation::Query("key".to_owned()),
            ValueLocation::Request("/code".to_owned()),
            ValueLocation::Request("/list/*/pin".to_owned()),
            ValueLocation::Request("/value".to_owned()),
        ]
    );
}

#[test]
fn a_secret_of_the_request_is_one_in_what_the_handler_states() {
    let schema = json!({ "properties": {
        "user": { "properties": { "first_pet": { "type": "string", "writeOnly": true } } },
        "data": { "properties": { "attributes": { "properties": {
            "hint": { "format": "password" }, "tags": { "items": { "writeOnly": true } } } } } },
        "map": { "additionalProperties": { "writeOnly": true } }
    } });
    let operation = operation_at("/x", &body(&schema), &json!({}));
    let redactor = Redactor::new(Some(&operation));
    let thing = json!({ "id": "7", "first_pet": "c", "hint": "c", "tags": ["c"], "owner": { "hint": "h" } });
    let cleaned = json!({ "id": "7", "first_pet": REDACTED, "hint": REDACTED, "tags": [REDACTED], "owner": { "hint": "h" } });
    for (stated, expected) in [
        (thing.clone(), cleaned.clone()),
        (json!([thing]), json!([cleaned])),
        (json!({ "data": thing }), json!({ "data": cleaned })),
        (
            json!({ "owner": { "user": { "first_pet": "c" } }, "map": { "a": "c" } }),
            json!({ "owner": { "user": { "first_pet": REDACTED } }, "map": { "a": REDACTED } }),
        ),
    ] {
        let (states, _) = redact(&redactor, Place::Context, json!({ "after": stated }));
        assert_eq!(states, json!({ "after": expected }));
    }
}

#[test]
fn what_a_request_keeps_is_kept_of_the_thing_that_the_handler_states_and_of_no_other() {
    let key = format!("ghp_{}", "cAnArY0123456789abcdefABCDEF01234567");
    let said = json!({ "x-audit": { "keep": ["body.token", "body.data.keys[]", "body.items[]"] }, "responses": {} });
    let operation = operation_at("/x", &said, &json!({}));
    for mode in [Mode::Standard, Mode::Strict] {
        let redactor = Redactor::with_mode(Some(&operation), mode);
        for stated in [
            json!({ "token": key }),
            json!([{ "token": key }]),
            json!({ "data": { "attributes": { "token": key } } }),
            json!({ "keys": [key] }),
        ] {
            let states = json!({ "before": stated });
            let (value, removed) = redact(&redactor, Place::Context, states.clone());
            assert_eq!((value, removed), (states, Vec::new()));
        }
        for stated in [
            json!({ "webhook": { "token": key } }),
            json!([{ "hooks": [{ "token": key }] }]),
            json!({ "data": { "webhook": { "token": key } } }),
            json!({ "note": json!({ "token": key }).to_string() }),
            json!({ "other": key }),
            json!([key]),
        ] {
            let (value, _) = redact(&redactor, Place::Context, json!({ "before": stated }));
            assert!(!value.to_string().contains("cAnArY"), "{value}");
        }
        let message = json!({ "webhook": { "token": key } }).to_string();
        assert!(!redactor.text(&message).contains("cAnArY"));
    }
}

#[test]
fn a_mark_with_many_wildcards_is_compared_in_reasonable_time() {
    let mut said = body(&json!({}));
    said["x-audit"] =
        json!({ "redact": [{ "in": "request", "pointer": "/**/a".repeat(30) + "/b" }] });
    let operation = operation_at("/x", &said, &json!({}));
    let mut value = json!("v");
    for _ in 0..90 {
        value = json!({ "a": value });
    }
    let (redacted, _) = redact(
        &Redactor::new(Some(&operation)),
        Place::Request,
        value.clone(),
    );
    assert_eq!(redacted, value);
}

/// A schema of too many properties, the last ones marked, and what its document tells.
fn too_large(marked: usize, member: &str, value: &Value) -> (Operation, Vec<String>) {
    let properties: serde_json::Map<String, Value> = (0..11_000)
        .map(|number| (format!("p{number}"), json!({ "type": "string" })))
        .chain((0..marked).map(|number| (format!("zz{number}"), json!({ "writeOnly": true }))))
        .collect();
    let mut operation = body(&json!({ "properties": properties }));
    operation[member] = value.clone();
    let document = json!({ "openapi": "3.1.0", "paths": { "/x": { "post": operation } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let operation = index
        .operations()
        .next()
        .expect("it has one operation")
        .clone();
    (
        operation,
        problems.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn in_a_body_of_too_many_schemas_the_marked_names_are_secret_anywhere() {
    let (operation, problems) = too_large(2, "x-nothing", &json!(0));
    assert_eq!(problems, [""; 0]);
    let redactor = Redactor::new(Some(&operation));
    let sent = json!({ "p1": "x", "zz0": "hidden", "p2": [{ "zz1": { "a": "hidden" } }] });
    let (value, _) = redact(&redactor, Place::Request, sent);
    let expected = json!({ "p1": "x", "zz0": REDACTED, "p2": [{ "zz1": REDACTED }] });
    assert_eq!(value, expected);
}

#[test]
fn in_a_body_of_too_many_schemas_lists_of_secrets_are_secret_and_lists_of_themselves_are_not() {
    let mut properties: serde_json::Map<String, Value> = (0..11_000)
        .map(|number| (format!("p{number}"), json!({ "type": "string" })))
        .collect();
    let any = json!({ "$ref": "#/components/schemas/Any" });
    let one = json!({ "$ref": "#/components/schemas/One" });
    let other = json!({ "$ref": "#/components/schemas/Other" });
    properties.extend([
        (
            "y1".to_owned(),
            json!({ "items": { "additionalProperties": { "writeOnly": true } } }),
        ),
        ("y2".to_owned(), any.clone()),
        ("y3".to_owned(), one.clone()),
        ("y4".to_owned(), other.clone()),
    ]);
    let schemas = json!({
        "Any": { "anyOf": [{ "items": any }, { "additionalProperties": any }] },
        "One": { "prefixItems": [other, { "writeOnly": true }] },
        "Other": { "items": one }
    });
    let sent = json!({ "y1": [{ "k": "hidden" }], "y2": [["x"]], "y3": [[], "hidden"], "y4": [[[], "hidden"]] });
    check_body(
        &json!({ "properties": properties }),
        &schemas,
        sent,
        &json!({ "y1": REDACTED, "y2": [["x"]], "y3": REDACTED, "y4": REDACTED }),
    );
}

#[test]
fn a_body_of_too_many_schemas_and_marked_names_is_removed_whole() {
    let (operation, problems) = too_large(101, "x-nothing", &json!(0));
    assert_eq!(
        problems,
        [
            "s.json#/paths/~1x/post: its schemas are too many to be looked through for secrets; body.** is removed whole"
        ]
    );
    let unseen: Vec<&ValueLocation> = operation.secrets.unseen().collect();
    assert_eq!(unseen, [&ValueLocation::Request("/**".to_owned())]);
    let redactor = Redactor::new(Some(&operation));
    let (value, removed) = redact(
        &redactor,
        Place::Request,
        json!({ "p1": "x", "zz7": "hidden" }),
    );
    assert_eq!(
        (value, removed),
        (json!(REDACTED), vec!["request#".to_owned()])
    );
    // What the handler says of the thing has the same fields.
    let states = json!({ "before": { "zz7": "hidden" }, "after": null });
    let (value, _) = redact(&redactor, Place::Context, states);
    assert_eq!(value, json!({ "before": REDACTED, "after": null }));
}

#[test]
fn whoever_says_what_becomes_of_a_large_body_is_not_asked() {
    for said in [
        json!({ "redact": [{ "in": "request", "pointer": "" }] }),
        json!({ "keep": [{ "in": "request", "pointer": "/**" }] }),
    ] {
        let (operation, problems) = too_large(101, "x-audit", &said);
        assert_eq!(problems, [""; 0], "{said}");
        assert_eq!(operation.secrets.unseen().count(), 0);
    }
}

#[test]
fn a_schema_that_is_too_deep_at_one_place_is_marked_at_the_other() {
    let mut deep = json!({ "$ref": "#/components/schemas/Card" });
    for _ in 0..31 {
        deep = json!({ "properties": { "a": deep } });
    }
    let schemas = json!({ "Card": { "properties": { "inner": { "properties": { "digits": { "writeOnly": true } } } } } });
    let schema =
        json!({ "properties": { "deep": deep, "zcard": { "$ref": "#/components/schemas/Card" } } });
    let document = json!({ "openapi": "3.1.0", "paths": { "/x": { "post": body(&schema) } },
        "components": { "schemas": schemas } });
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let redactor = Redactor::new(index.operations().next());
    let mut sent = json!({ "inner": { "digits": "hidden" } });
    for _ in 0..31 {
        sent = json!({ "a": sent });
    }
    let sent = json!({ "deep": sent, "zcard": { "inner": { "digits": "hidden" } } });
    let (value, _) = redact(&redactor, Place::Request, sent);
    assert!(!value.to_string().contains("hidden"), "{value}");
}

#[test]
fn parameters_that_nobody_looks_at_are_removed() {
    let parameters: Vec<Value> = (0..600)
        .map(|number| json!({ "name": format!("q{number}"), "in": "query", "schema": { "writeOnly": number == 599 } }))
        .collect();
    let document =
        json!({ "openapi": "3.1.0", "paths": { "/x": { "post": { "parameters": parameters } } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems.len(), 3, "{problems:?}");
    let mut query =
        BTreeMap::from(["q1", "q599", "other"].map(|name| (name.to_owned(), "x".to_owned())));
    Redactor::new(index.operations().next()).pairs(Place::Query, &mut query, &mut Vec::new());
    assert!(query.values().all(|value| value == REDACTED), "{query:?}");
}

#[test]
fn what_is_said_of_one_of_any_methods_leaves_its_body_marked() {
    let mut any = body(&json!({ "properties": { "nickname": { "writeOnly": true } } }));
    any["x-audit"] = json!({ "entity": { "type": "alias" }, "action": "execute" });
    let document = json!({ "openapi": "3.1.0", "paths": { "/x": {
        "x-amazon-apigateway-any-method": any,
        "post": { "x-audit": { "action": "create" } },
        "put": { "x-audit": { "action": "update" }, "responses": {} }
    } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems, []);
    let of = |method: &str| {
        let mut operations = index.operations();
        let operation = operations.find(|operation| operation.method == method);
        operation.expect("it has the method")
    };
    assert_eq!(index.operations().count(), 7);
    let sent = json!({ "nickname": "hidden" });
    for (method, action, is_marked) in [
        ("POST", "create", true),
        ("PATCH", "execute", true),
        // Whoever describes a method of its own describes all of it.
        ("PUT", "update", false),
    ] {
        assert_eq!(of(method).meaning.action.to_string(), action);
        let redactor = Redactor::new(Some(of(method)));
        let (value, _) = redact(&redactor, Place::Request, sent.clone());
        assert_eq!(value["nickname"] == REDACTED, is_marked, "{method}");
    }
    assert_eq!(of("POST").meaning.entity_type, "alias");
}
