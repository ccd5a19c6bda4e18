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

#[test]
fn what_stands_twice_is_told() {
    let twice = r#"{"openapi": "3.0.0", "paths": {
        "/a/{id}": {"get": {"operationId": "one"}, "get": {"operationId": "two"}},
        "/a/{key}": {"get": {"operationId": "two"}},
        "/a/{id}": {"get": {"operationId": "three"}, "put": {"operationId": "two"}}}}"#;
    let (index, problems) = build("s.json", twice);
    assert_eq!(operation_ids(&index), ["three", "two", "two"]);
    assert_eq!(
        problems,
        [
            "s.json#/paths/~1a~1{id}/get: the key stands here twice; the last one counts",
            "s.json#/paths/~1a~1{id}: the key stands here twice; the last one counts",
            "s.json#/paths/~1a~1{key}/get/operationId: /paths/~1a~1{id}/put has the same operationId",
            "s.json#/paths/~1a~1{key}/get: calls of it are taken for GET /a/{id}, whose path is the same",
        ]
    );
}

#[test]
fn yaml_is_read_as_people_write_it() {
    let yaml = "\u{feff}openapi: 3.1\r\nx-common: &common\r\n  operationId: no\r\npaths:\r\n  /a:\r\n    post:\r\n      <<: *common\r\n      tags: [on, yes, 1.0, ~, .nan]\r\n      responses: !tagged\r\n        201: {description: 2001-01-01}\r\n        default: &x {}\r\n  /b:\r\n    get: {operationId: 7}\r\n";
    let (index, problems) = build("s.yaml", yaml);
    // A number is no operationId, and `no` is a word.
    assert_eq!(operation_ids(&index), ["no", ""]);
    assert_eq!(
        problems,
        ["s.yaml#/paths/~1b/get/operationId: it is no text; it is left out"]
    );
    let merged = "openapi: 3.1.0\nx: &x\n  /c: {put: {operationId: c}}\npaths:\n  <<: *x\n  /a: &crud\n    post: {operationId: a}\n  /b:\n    <<: *crud\n    delete: {operationId: b}\n";
    let (index, _) = build("s.yaml", merged);
    assert_eq!(operation_ids(&index), ["a", "b", "a", "c"]);
    let (index, problems) = build("s.yml", "{openapi: 3.0.0, paths: {/a: {get: {}}}}");
    assert_eq!((index.operations().count(), problems.len()), (1, 0));
    let (_, problems) = build("s.yaml", "openapi: 3.0.0\npaths:\n\t/a: {}\n");
    assert_eq!(
        problems,
        [
            "s.yaml#: it is neither JSON nor YAML: found character that cannot start any token at line 3 column 1, while scanning for the next token; line 3 is indented with a tab, YAML takes spaces only"
        ]
    );
}

#[test]
fn what_is_made_to_cost_time_or_memory_is_refused() {
    let aliases = |count: usize| vec!["*a"; count].join(",");
    let bomb = (1..12).fold("a0: &a0 [x]\n".to_owned(), |yaml, level| {
        let inner = vec![format!("*a{}", level - 1); 9].join(",");
        yaml + &format!("a{level}: &a{level} [{inner}]\n")
    });
    for (yaml, told) in [
        (
            bomb,
            "it is neither JSON nor YAML: repetition limit exceeded",
        ),
        (
            format!("a: &a \"{}\"\nb: [{}]", "x".repeat(1_000_000), aliases(150)),
            "it has more values than fit into the memory that a document may take",
        ),
        ("a: &a [*a]".to_owned(), "it nests deeper than 120 levels"),
        (
            format!("a:\n {}0", "- ".repeat(100_000)),
            "it nests deeper than 120 levels",
        ),
        (
            format!("a: {}", "[".repeat(100_000)),
            "it nests deeper than 1000 levels",
        ),
        (
            format!("{}\n", "%TAG !a! b\n".repeat(2_000)),
            "it has more than 1000 YAML directives",
        ),
        (
            format!("a: [{}", ",".repeat(8_100_000)),
            "it has too many values for YAML; convert it to JSON",
        ),
        (
            format!("a: {}{}", "[".repeat(900), "a,".repeat(600_000)),
            "it has too many values for YAML; convert it to JSON",
        ),
    ] {
        let (index, problems) = build(
            "s.yaml",
            format!("openapi: 3.0.0\n{yaml}")
                .trim_start_matches("openapi: 3.0.0\n%")
                .to_owned(),
        );
        assert_eq!(index.operations().count(), 0);
        assert_eq!(problems, [format!("s.yaml#: {told}")]);
    }
    let (_, problems) = build("s.json", vec![b' '; (64 << 20) + 1]);
    assert_eq!(
        problems,
        ["s.json#: it has 67108865 bytes, more than 67108864"]
    );
}

#[test]
fn a_document_takes_the_memory_of_its_length() {
    let named = |number| (format!("p{number}"), json!({ "type": "string" }));
    let properties: Value = (0..100_000).map(named).collect();
    let document = json!({ "openapi": "3.1.0", "paths": { "/a": { "post": {} } },
        "components": { "schemas": { "A": { "properties": properties } } } });
    let (index, problems) = build("s.json", document.to_string());
    assert_eq!((index.operations().count(), problems), (1, Vec::new()));
    // Rows take more for each byte than anything else that documents have.
    let rows = vec![json!({ "x": 1, "y": 2 }); 200_000];
    let document = json!({ "openapi": "3.1.0", "paths": { "/a": { "post": {} } },
        "components": { "schemas": { "A": { "example": rows } } } });
    let (index, problems) = build("s.json", document.to_string());
    assert_eq!((index.operations().count(), problems), (1, Vec::new()));
}

#[test]
fn schemas_that_contain_each_other_cost_no_more_than_they_may() {
    // Each of 32 schemas is composed of all of them.
    let all: Vec<Value> = (0..32)
        .map(|n| json!({ "$ref": format!("#/components/schemas/S{n}") }))
        .collect();
    let schemas: serde_json::Map<String, Value> = (0..32)
        .map(|n| (format!("S{n}"), json!({ "allOf": all, "oneOf": all, "properties": { format!("p{n}"): { "type": "string" }, "id": {} } })))
        .collect();
    let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/S0" } } } });
    let document = json!({ "openapi": "3.0.0", "paths": { "/a": { "post": {
        "operationId": "createA", "responses": { "201": body },
        "x-audit": { "activity": "{actor} made {response.p31} and {response.p5}" }
    } } }, "components": { "schemas": schemas } });
    let (index, problems) = build("s.json", document.to_string());
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        serde_json::to_string(&index.operations().next().unwrap().meaning.entity_id).unwrap(),
        r#"{"in":"response","pointer":"/id"}"#
    );
}

#[test]
fn more_servers_than_can_be_held_against_each_other_are_told() {
    let values: Vec<String> = (0..128).map(|number| format!("v{number}")).collect();
    let document = |file_name: &str| {
        let paths: serde_json::Map<String, Value> = (0..63)
            .map(|number| {
                let url = format!("https://{{v}}.{number}.{file_name}.example.com");
                let servers = json!([{ "url": url, "variables": { "v": { "default": "v0", "enum": values } } }]);
                (format!("/p{number}"), json!({ "get": { "servers": servers } }))
            })
            .collect();
        Document {
            file_name: format!("{file_name}.json"),
            bytes: json!({ "openapi": "3.1.0", "paths": paths })
                .to_string()
                .into_bytes(),
        }
    };
    let (index, problems) = Index::build(["a", "b", "c"].map(document).into());
    assert_eq!(index.operations().count(), 3 * 63);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "c.json#/servers: its servers are too many to be held against those of all other documents; lint does not know all ties"
        ]
    );
}

#[test]
fn servers_that_are_made_to_cost_memory_are_left_out_and_told() {
    let values: Vec<String> = (0..100_000).map(|number| format!("v{number}")).collect();
    let variable = json!({ "a": { "default": "v0", "enum": values } });
    let more = "s.json#/servers: only the first 128 of its servers are read, the values of their variables counted";
    let long = "s.json#/servers: URLs of more than 2048 bytes or many variables are left out, the values of their variables put in";
    for (url, variables, expected) in [
        ("https://{a}{a}{a}".to_owned(), &variable, more),
        (
            format!("https://{}", "{b}x".repeat(200_000)),
            &json!({}),
            long,
        ),
        (
            "https://{b}".to_owned(),
            &json!({ "b": { "default": "x".repeat(3_000), "enum": ["y"] } }),
            long,
        ),
        (
            format!("https://h/{}/", "#".repeat(1_000_000)),
            &json!({}),
            long,
        ),
    ] {
        let servers = json!([{ "url": url, "variables": variables }]);
        let document =
            json!({ "openapi": "3.0.0", "servers": servers, "paths": { "/a": { "get": {} } } });
        let (index, problems) = build("s.json", document.to_string());
        assert_eq!(problems, [expected]);
        assert_eq!(index.operations().count(), 1);
    }
    let path = format!("/{}/", "#".repeat(1_000_000));
    let document = json!({ "openapi": "3.0.0", "paths": { path: { "get": {} } } });
    let (index, _) = build("s.json", document.to_string());
    assert!(index.operations().count() <= 1);
}

#[test]
fn the_members_of_a_path_are_put_in_their_order_in_the_time_of_their_number() {
    let item: serde_json::Map<String, Value> = (0..100_000)
        .map(|n| (format!("x-{n}"), json!(n)))
        .chain([("post".to_owned(), json!({}))])
        .collect();
    let document = json!({ "openapi": "3.0.0", "paths": { "/a": item } });
    let overlay = json!({ "overlay": "1.0.0", "actions": [
        { "target": "$.paths['/a']", "update": { "put": {} } }
    ] });
    let files = [("s.json", &document), ("s.overlay.json", &overlay)];
    let files = files.map(|(file_name, value)| Document {
        file_name: file_name.to_owned(),
        bytes: value.to_string().into_bytes(),
    });
    let (index, problems) = Index::build(files.into());
    assert_eq!(problems, []);
    let methods: Vec<&str> = index.operations().map(|one| one.method.as_str()).collect();
    assert_eq!(methods, ["POST", "PUT"]);
}

#[test]
fn problems_are_bounded_and_what_was_not_done_comes_first() {
    let schemas: serde_json::Map<String, Value> = (0..5_000)
        .map(|n| {
            (
                format!("S{n}"),
                json!({ "$ref": format!("https://x.example/{n}.json") }),
            )
        })
        .chain([("Z".to_owned(), json!({ "properties": 7 }))])
        .collect();
    let (_, problems) = build(
        "s.json",
        json!({ "openapi": "3.0.0", "components": { "schemas": schemas } }).to_string(),
    );
    assert_eq!(problems.len(), 21);
    assert_eq!(
        problems[0],
        "s.json#/components/schemas/Z/properties: it is no object; it is left out"
    );
}

#[test]
fn what_of_an_overlay_was_not_done_is_told_whatever_else_is_wrong() {
    for count in [150, 3_000] {
        let paths: serde_json::Map<String, Value> = (0..count)
            .map(|n| (format!("/p{n}"), json!({ "post": 7 })))
            .chain([("/z".to_owned(), json!({ "post": {} }))])
            .collect();
        let document = json!({ "openapi": "3.0.0", "paths": paths });
        let action = |x_audit: Value| json!({ "target": "$.paths['/z'].post", "update": { "x-audit": x_audit } });
        let overlay = |actions: Value| json!({ "overlay": "1.0.0", "actions": actions });
        for (actions, expected) in [
            (
                json!([{ "target": "$[", "update": {} }]),
                "s.overlay.json#/actions/0",
            ),
            (
                json!([action(
                    json!({ "redact": ["body.nowhere"], "ignore": "no" })
                )]),
                "s.overlay.json#/actions/0/update/x-audit/ignore",
            ),
        ] {
            let files = [("s.json", &document), ("s.overlay.json", &overlay(actions))];
            let (_, problems) = Index::build(
                files
                    .map(|(file_name, value)| Document {
                        file_name: file_name.to_owned(),
                        bytes: value.to_string().into_bytes(),
                    })
                    .into(),
            );
            assert_eq!(problems.len(), 100);
            let first = problems[0].to_string();
            assert!(first.starts_with(expected), "{count}: {first}");
        }
    }
}

#[test]
fn a_version_to_come_is_read_as_far_as_it_is_known() {
    let document = |version: &Value| json!({ "openapi": version, "paths": { "/a": { "query": {}, "additionalOperations": {}, "get": {} } } });
    let (index, problems) = build("s.json", document(&json!("3.2.0")).to_string());
    assert_eq!(index.operations().count(), 1);
    assert_eq!(
        problems[0],
        "s.json#/openapi: it is newer than OpenAPI 3.1 and read as that"
    );
    assert_eq!(
        problems[1..],
        ["additionalOperations", "query"].map(|key| format!(
            "s.json#/paths/~1a/{key}: it is of OpenAPI 3.2, of which only what 3.1 has is read"
        ))
    );
    for version in [json!("3"), json!("3.0.3"), json!("3.1"), json!(3.1)] {
        let (_, problems) = build("s.json", json!({ "openapi": version }).to_string());
        assert_eq!(problems, [""; 0], "{version}");
    }
    for version in [json!("4.0.0"), json!(2), json!("30"), json!({})] {
        let (index, problems) = build("s.json", document(&version).to_string());
        assert_eq!(index.operations().count(), 0);
        assert!(
            problems[0].ends_with(" is not known; 3.0 and 3.1 are"),
            "{problems:?}"
        );
    }
}

/// A real document, for mutations.
fn real_document() -> &'static Vec<u8> {
    static DOCUMENT: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/fixtures/specs/permissions.json"
        );
        std::fs::read(path).expect("the fixture is there")
    })
}

/// What stands anywhere in a value is replaced.
fn replace_nth(value: &mut Value, left: &mut usize, with: &Value) {
    if *left == 0 {
        *value = with.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_nth(item, left, with)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| replace_nth(member, left, with)),
        _ => {}
    }
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
    fn yaml_like_bytes_are_read_without_a_panic(
        text in "(openapi: 3\\.[01]|paths:|/a|/\\{id\\}|get:|post:|x-audit:|activity:|schema:|properties:|&a|\\*a|<<: |- |\\? |: |\\{|\\}|\\[|\\]|,|\"|'|!t|\\||>|%|#|~|1|\\n|\\n  |\\n    |\\t| ){0,60}",
        overlay in "(overlay: 1|actions:|target:|update:|remove: true|\\$|\\.\\.|\\*|\\[|\\]|\\?|@|'a'|==|1|\\n|\\n  |- |: |\\{|\\}|,){0,40}",
    ) {
        let _ = Index::build(vec![
            Document { file_name: "s.yaml".to_owned(), bytes: format!("openapi: 3.0.0\n{text}").into_bytes() },
            Document { file_name: "t.yaml".to_owned(), bytes: text.into_bytes() },
            Document { file_name: "s.overlay.yaml".to_owned(), bytes: format!("overlay: 1.0.0\n{overlay}").into_bytes() },
        ]);
    }

    #[test]
    fn a_real_document_with_one_value_replaced_is_read_without_a_panic(
        at in 0_usize..6_000,
        with in prop::sample::select(vec![
            json!(null), json!(7), json!([]), json!({}), json!("x"), json!([[]]), json!({ "$ref": "#" }), json!({ "$ref": "#/paths" }),
            json!({ "$ref": 7 }), json!({ "x-audit": { "entity": "id" } }), json!({ "properties": { "a": { "$ref": "#" } } }),
        ]),
        flipped in prop::option::of((0_usize..40_000, any::<u8>())),
    ) {
        let mut document: Value = serde_json::from_slice(real_document()).unwrap();
        let mut left = at;
        replace_nth(&mut document, &mut left, &with);
        let mut bytes = document.to_string().into_bytes();
        if let Some((position, byte)) = flipped {
            let length = bytes.len();
            bytes[position % length] = byte;
        }
        let (index, _) = build("s.json", bytes);
        for operation in index.operations() {
            prop_assert!(!explain(operation).message.is_empty());
        }
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
