//! Overlays beside a document: what they change, and what is told of broken ones.

use daybook_openapi::{Document, Index, ValueLocation};
use serde_json::{Value, json};

fn file(file_name: &str, text: &str) -> Document {
    Document {
        file_name: file_name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// The shop's document with an overlay of these actions.
fn build(actions: &str) -> (Index, Vec<String>) {
    let overlay = format!("overlay: 1.0.0\ninfo: {{title: T, version: '1'}}\nactions:\n{actions}");
    let (index, problems) = Index::build(vec![
        file("shop.overlay.yaml", &overlay),
        file("shop.json", &shop().to_string()),
    ]);
    (index, problems.iter().map(ToString::to_string).collect())
}

fn shop() -> Value {
    json!({
        "openapi": "3.0.0", "info": { "title": "Shop" }, "tags": ["a", "b"],
        "paths": {
            "/orders/{id}": {
                "put": { "operationId": "updateOrder", "parameters": [{ "name": "id", "in": "path" }, { "name": "dry", "in": "query" }] },
                "delete": { "operationId": "deleteOrder" }
            },
            "/orders": { "post": { "operationId": "createOrder" } }
        }
    })
}

#[test]
fn an_overlay_annotates_a_document_and_changes_its_version() {
    let (plain, problems) = Index::build(vec![file("shop.json", &shop().to_string())]);
    assert_eq!(problems, []);
    let (index, problems) = build(
        r"
  - target: $.paths['/orders/{id}'].*
    update: {x-audit: {entity: {type: purchase, id: path.id}}}
  - target: $
    update: {x-audit: {service: billing}}
",
    );
    assert_eq!(problems, [""; 0]);
    let nouns: Vec<_> = index
        .operations()
        .map(|operation| operation.meaning.entity_type.as_str())
        .collect();
    assert_eq!(nouns, ["order", "purchase", "purchase"]);
    let (service, before) = (
        index.services().next().unwrap(),
        plain.services().next().unwrap(),
    );
    assert_eq!(service.name, "billing");
    assert_eq!(service.title, "Shop");
    assert_ne!(service.spec_version, before.spec_version);
}

#[test]
fn short_forms_of_an_annotation_are_added_to_what_it_has() {
    let mut document = shop();
    let order = &mut document["paths"]["/orders/{id}"];
    order["put"]["x-audit"] = json!({ "redact": "body.ssn_note", "keep": "body.a", "entity": { "id": "body.number" },
        "parent": { "type": "shop", "id": "body.shop_id" } });
    order["delete"]["x-audit"] = json!({ "redact": ["query.a"], "entity": "purchase" });
    let overlay = |update: &Value| {
        let actions =
            json!([{ "target": "$.paths['/orders/{id}'].*", "update": { "x-audit": update } }]);
        let overlay = json!({ "overlay": "1.0.0", "info": {}, "actions": actions });
        let (index, problems) = Index::build(vec![
            file("shop.overlay.json", &overlay.to_string()),
            file("shop.json", &document.to_string()),
        ]);
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [""; 0]
        );
        let operation = |id: &str| {
            let mut all = index.operations();
            let operation = all.find(|operation| operation.operation_id == id);
            operation.expect("it is there").clone()
        };
        [operation("updateOrder"), operation("deleteOrder")]
    };
    let [put, delete] = overlay(&json!({ "redact": "body.diagnosis", "keep": "body.b",
        "entity": "invoice", "parent": "branch" }));
    let places = |places: &[ValueLocation]| -> Vec<String> {
        places.iter().map(ValueLocation::expression).collect()
    };
    assert_eq!(
        places(&put.secrets.redact),
        ["body.ssn_note", "body.diagnosis"]
    );
    assert_eq!(places(&put.secrets.keep), ["body.a", "body.b"]);
    assert_eq!(
        places(&delete.secrets.redact),
        ["query.a", "body.diagnosis"]
    );
    assert_eq!(put.meaning.entity_type, "invoice");
    assert_eq!(delete.meaning.entity_type, "invoice");
    let id = put.meaning.entity_id.expect("it has an id").expression();
    assert_eq!(id, "body.number");
    let parent = put.meaning.parent.expect("it has a parent");
    let id = parent.id.expect("it has an id").expression();
    assert_eq!(
        (parent.entity_type.as_str(), id.as_str()),
        ("branch", "body.shop_id")
    );
    // The same place again is that place.
    let [put, _] = overlay(&json!({ "redact": "body.ssn_note" }));
    assert_eq!(places(&put.secrets.redact), ["body.ssn_note"]);
}

#[test]
fn the_version_follows_every_change_of_an_overlay() {
    let version = |actions: &str| {
        build(actions)
            .0
            .services()
            .next()
            .unwrap()
            .spec_version
            .clone()
    };
    let one = version("  - {target: $, update: {x-a: 1}}");
    assert_eq!(one, version("  - {target: $, update: {x-a: 1}}"));
    assert_ne!(one, version("  - {target: $, update: {x-a: 2}}"));
}

fn operation_ids(index: &Index) -> Vec<&str> {
    index
        .operations()
        .map(|operation| operation.operation_id.as_str())
        .collect()
}

#[test]
fn actions_are_applied_in_order_each_to_what_the_one_before_left() {
    let (index, problems) = build(
        r#"
  - target: $.paths['/orders'].post
    remove: true
  - target: $.paths['/orders']
    update: {post: {operationId: placeOrder}, x-audit: {ignore: true}}
  - target: $.paths
    update: {/refunds: {post: {operationId: createRefund}}}
  - {target: $.paths, update: {/returns: {}}}
  - {target: "$.paths['/returns']", copy: "$.paths['/refunds']"}
  - {target: "$.paths['/returns'].post", update: {operationId: createReturn}}
  - {target: "$.paths['/refunds']", remove: true, update: {post: 1}}
"#,
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        operation_ids(&index),
        ["placeOrder", "deleteOrder", "updateOrder", "createReturn"]
    );
    assert!(index.operations().next().unwrap().ignore);
}

#[test]
fn arrays_grow_and_lose_items_and_nothing_merges_into_what_it_does_not_fit() {
    let queries = |actions: &str| {
        let (index, problems) = build(&format!(
            "{actions}\n  - target: $.paths['/orders/{{id}}'].put\n    update: {{x-audit: {{activity: '{{actor}} used {{query.dry}} {{query.a}} {{query.b}} {{query.c}}'}}}}"
        ));
        assert_eq!(index.operations().count(), 3);
        problems.join("\n")
    };
    // One entry, a list of entries, and a list below an object.
    assert_eq!(
        queries(
            r#"
  - {target: '$..parameters', update: {name: a, in: query}}
  - {target: '$..parameters', update: [{name: b, in: query}]}
  - {target: "$.paths['/orders/{id}'].put", update: {parameters: [{name: c, in: query}], summary: s}}
"#
        ),
        ""
    );
    let told = queries(
        "  - {target: \"$..parameters[?@.name == 'dry' || @.name == 'id']\", remove: true}",
    );
    assert!(
        told.contains("{query.dry}: PUT /orders/{id} has no query parameter dry"),
        "{told}"
    );
    // Nothing of an action that does not fit is applied.
    for (update, below) in [
        ("{info: 7}", "/info"),
        ("{openapi: {}}", "/openapi"),
        ("{x-new: 1, info: {title: []}}", "/info/title"),
    ] {
        let (_, problems) = build(&format!("  - {{target: $, update: {update}}}"));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!(
                "shop.overlay.yaml#/actions/0/update{below}: it goes in"
            )),
            "{problems:?}"
        );
    }
    // The specification's own example has keys with nothing behind them.
    assert_eq!(
        build("  - {target: $, update: {info: , tags: }}").1,
        [""; 0]
    );
}

#[test]
fn what_is_wrong_in_an_overlay_is_told_and_the_rest_is_applied() {
    for (action, told) in [
        (
            "{target: $.nothing, remove: true}",
            "/target: $.nothing selects nothing in the document",
        ),
        (
            "{target: '$', remove: true}",
            "/target: it selects the whole document, which cannot be removed",
        ),
        (
            "{target: paths, remove: true}",
            "/target: it is no JSONPath (RFC 9535): at character 1 it needs $",
        ),
        (
            "{target: $.x-audit, remove: true}",
            "/target: it is no JSONPath (RFC 9535): at character 4 it needs no hyphen; the name goes into brackets: ['x-audit']",
        ),
        (
            "{target: $.paths./orders, remove: true}",
            "/target: it is no JSONPath (RFC 9535): at character 9 it needs a name or *; other keys go into brackets: ['/orders/{id}']",
        ),
        (
            "{target: \"$[?foo(@)]\", remove: true}",
            "/target: it is no JSONPath (RFC 9535): at character 4 it needs a literal or one of length, count, value, match and search",
        ),
        (
            "{target: 7, remove: true}",
            "/target: it is no JSONPath in a text",
        ),
        ("{update: {}}", ": it has no `target`"),
        (
            "{target: $}",
            ": it changes nothing; give it `update` or `remove: true`",
        ),
        (
            "{target: $, updat: {}}",
            ": it changes nothing; did you mean update?",
        ),
        (
            "{target: $, remove: 'yes'}",
            "/remove: it is neither true nor false",
        ),
        (
            "{target: $, copy: '$.paths.*'}",
            "/copy: it selects 2 places; it must select one",
        ),
        (
            "{target: $.info, updat: {}, remove: true}",
            "/updat: it is not known; did you mean update?",
        ),
        ("7", ": it is no object of target and update or remove"),
    ] {
        let (index, problems) = build(&format!(
            "  - {action}\n  - {{target: $, update: {{x-audit: {{service: billing}}}}}}"
        ));
        assert_eq!(problems, [format!("shop.overlay.yaml#/actions/0{told}")]);
        assert_eq!(index.services().next().unwrap().name, "billing");
    }
}

#[test]
fn an_overlay_that_is_none_leaves_its_document_as_it_is() {
    for (name, text, told) in [
        (
            "shop.overlay.yaml",
            "a: [",
            "#: it is neither JSON nor YAML: did not find expected node content at line 2 column 1, while parsing a flow node",
        ),
        (
            "shop.overlay.json",
            "{\"overlay\":",
            "#: it is not JSON: EOF while parsing a value at line 1 column 11",
        ),
        (
            "shop.overlay.yml",
            "[]",
            "#: it is no overlay: its root is no object",
        ),
        (
            "shop.overlay.yaml",
            "openapi: 3.0.0",
            "#: it is no overlay: it has no `overlay` version; write `overlay: 1.0.0`",
        ),
        (
            "shop.overlay.yaml",
            "overlay: 2.0.0",
            "#/overlay: Overlay 2.0.0 is not known; 1.0 and 1.1 are",
        ),
        (
            "shop.overlay.yaml",
            "overlay: 1.0.0",
            "#: it has no `actions`",
        ),
        (
            "shop.overlay.yaml",
            "overlay: 1.0.0\nactions: {}",
            "#/actions: it is no list of actions",
        ),
        (
            "shop.overlay.yaml",
            "overlay: 1.0.0\nactions: []",
            "#/actions: it has no action",
        ),
        (
            "other.overlay.yaml",
            "overlay: 1.0.0",
            "#: its document is not here; put other.json, other.yaml or other.yml beside it",
        ),
    ] {
        let (index, problems) = Index::build(vec![
            file(name, text),
            file("shop.json", &shop().to_string()),
        ]);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, [format!("{name}{told}")]);
        assert_eq!(index.operations().count(), 3);
    }
    // By its name alone it is no overlay, and by its content no document.
    let (_, problems) = Index::build(vec![file("extra.yaml", "overlay: 1.0.0")]);
    assert_eq!(
        problems[0].to_string(),
        "extra.yaml#: it is an overlay; it goes beside its document NAME.yaml as NAME.overlay.yaml"
    );
}

#[test]
fn a_problem_in_what_an_overlay_wrote_names_the_overlay() {
    let (_, problems) = build(
        r"
  - target: $.paths['/orders'].post
    update: {x-audit: {activity: '{actr} did it', entity: {typ: x}}}
",
    );
    assert_eq!(
        problems,
        [
            "shop.overlay.yaml#/actions/0/update/x-audit/activity: the placeholder {actr} is not known; did you mean {actor}?",
            "shop.overlay.yaml#/actions/0/update/x-audit/entity/typ: it is not known; did you mean type?",
        ]
    );
}

#[test]
fn overlays_of_one_document_are_applied_by_name_and_each_counts_for_all_of_its_name() {
    let overlay = |service: &str| {
        json!({ "overlay": "1.1.0", "actions": [{ "target": "$", "update": { "x-audit": { "service": service } } }] })
            .to_string()
    };
    let (index, problems) = Index::build(vec![
        file("shop.yaml", "openapi: 3.0.0"),
        file("shop.overlay.yml", &overlay("second")),
        file("shop.overlay.json", &overlay("first")),
        file("shop.json", &shop().to_string()),
        file("shop.overlaid.yaml", "openapi: 3.0.0"),
    ]);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [""; 0]
    );
    let names: Vec<_> = index
        .services()
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(names, ["second", "second", "shop.overlaid"]);
}

#[test]
fn a_hostile_overlay_ends_soon() {
    let many: Vec<Value> = (0..2_000).map(|n| json!({ "a": [{ "b": n }] })).collect();
    let mut document = shop();
    document["x-many"] = json!(many);
    document["x-deep"] = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let update = json!({ "x": "y".repeat(1_000_000) });
    for (action, told) in [
        (
            json!({ "target": "$..*..*..*..*..*..*", "remove": true }),
            "/target: it is left out: the overlay's targets look at more than 20000000 values",
        ),
        (
            json!({ "target": "$..[?count($..*) > count(@..*)]", "remove": true }),
            "/target: it is left out: the overlay's targets look at more than 20000000 values",
        ),
        (
            json!({ "target": "$..[?search(@.b, '(a|b|ab)*c{1,500}')]", "update": {} }),
            "selects nothing",
        ),
        (
            json!({ "target": "$['x-many'][*]", "update": update }),
            "/update: the document would grow too large with it",
        ),
        (
            json!({ "target": format!("$[?{}1 == 1]", "(".repeat(300)), "remove": true }),
            "/target: its brackets nest deeper than 16 levels",
        ),
        (
            json!({ "target": "$.a".repeat(1_000), "remove": true }),
            "/target: it has 3000 bytes, more than 2000",
        ),
        (
            json!({ "target": "$.info", "update": serde_json::from_str::<Value>(&("[".repeat(110) + &"]".repeat(110))).unwrap() }),
            "/update: it goes into an object, but is none",
        ),
    ] {
        let overlay = json!({ "overlay": "1.0.0", "actions": [action] }).to_string();
        let (index, problems) = Index::build(vec![
            file("shop.overlay.json", &overlay),
            file("shop.json", &document.to_string()),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().contains(told), "{}", problems[0]);
        assert_eq!(index.operations().count(), 3);
    }
    // Copying the document into itself doubles it each time.
    let copy = json!({ "target": "$", "update": { "x-copy": {} } });
    let twice = json!({ "target": "$['x-copy']", "copy": "$" });
    let actions: Vec<Value> = std::iter::once(copy)
        .chain(std::iter::repeat_n(twice, 200))
        .collect();
    let overlay = json!({ "overlay": "1.1.0", "actions": actions }).to_string();
    let (_, problems) = Index::build(vec![
        file("shop.overlay.json", &overlay),
        file("shop.json", &shop().to_string()),
    ]);
    assert!(!problems.is_empty());
}

#[test]
fn filters_and_slices_select_as_the_standard_has_it() {
    let document = json!({ "openapi": "3.0.0", "paths": { "/a": { "post": { "parameters": [
        { "name": "p0", "in": "query", "n": 1 }, { "name": "p1", "in": "query", "n": 1.0 },
        { "name": "p2", "in": "path", "deprecated": true }, { "name": "p3", "in": "query", "tags": ["x", "y"] }
    ] } } } });
    for (query, selected) in [
        ("[0]", "0"),
        ("[-1]", "3"),
        ("[1:3]", "12"),
        ("[::-2]", "13"),
        ("[?@.in == 'path']", "2"),
        ("[?@.in != \"path\" && !@.tags]", "01"),
        ("[?(@.deprecated)]", "2"),
        ("[?@.n == 1]", "01"),
        ("[?@.n >= 1 || @.tags[0] == 'x']", "013"),
        ("[?length(@.tags) == 2]", "3"),
        ("[?count(@.*) == 2]", ""),
        ("[?value(@..[1]) == 'y']", "3"),
        ("[?match(@.name, 'p[0-1]')]", "01"),
        ("[?search(@.name, '^.3$')]", "3"),
        ("[?@.name > 'p1']", "23"),
        ("[?@.gone == $.gone]", "0123"),
        ("[0, 2, 0]", "02"),
        ("['name']", ""),
    ] {
        let action = json!({
            "target": format!("$.paths['/a'].post.parameters{query}"), "update": { "schema": { "format": "password" } }
        });
        let overlay = json!({ "overlay": "1.0.0", "actions": [action] });
        let (index, _) = Index::build(vec![
            file("s.overlay.json", &overlay.to_string()),
            file("s.json", &document.to_string()),
        ]);
        let secrets = &index.operations().next().unwrap().secrets.redact;
        let names = secrets.iter().map(|place| place.name()[1..].to_owned());
        let mut found: Vec<String> = names.collect();
        found.sort_unstable();
        assert_eq!(found.concat(), selected, "{query}");
    }
}
