//! What an overlay wrote is told as the overlay's: the normalizer starts with no overlay that was not understood.

use daybook_openapi::{Document, Index};
use serde_json::{Value, json};

fn shop() -> Value {
    json!({
        "openapi": "3.1.0", "info": { "title": "Shop" },
        "paths": {
            "/orders/{id}": {
                "put": {
                    "operationId": "updateOrder",
                    "parameters": [{ "name": "dry", "in": "query" }],
                    "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } }
                },
                "delete": { "operationId": "deleteOrder" }
            },
            "/teams/{id}": { "$ref": "#/components/pathItems/Team" },
            "/groups/{id}": { "$ref": "#/components/pathItems/Team" }
        },
        "components": {
            "pathItems": { "Team": { "post": { "operationId": "renameTeam" } } },
            "schemas": { "Order": { "allOf": [{ "properties": { "note": { "type": "string" } } }] } }
        }
    })
}

/// What is told of the shop's document with an overlay of these actions: errors of the overlay, and the rest.
fn told(document: &Value, actions: &str) -> (Vec<String>, Vec<String>) {
    let overlay = format!("overlay: 1.0.0\nactions:\n{actions}");
    let file = |file_name: &str, text: &str| Document {
        file_name: file_name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let (_, problems) = Index::build(vec![
        file("shop.overlay.yaml", &overlay),
        file("shop.json", &document.to_string()),
    ]);
    let (of_overlay, others): (Vec<_>, Vec<_>) = problems
        .iter()
        .partition(|problem| problem.is_overlays_error());
    let lines = |problems: Vec<&daybook_openapi::DocumentProblem>| {
        problems.into_iter().map(ToString::to_string).collect()
    };
    (lines(of_overlay), lines(others))
}

#[track_caller]
fn check(actions: &str, pointer: &str, message: &str) {
    let (of_overlay, others) = told(&shop(), actions);
    let expected = format!("shop.overlay.yaml#/actions/0{pointer}: {message}");
    assert_eq!(
        (of_overlay, others),
        (vec![expected], Vec::new()),
        "{actions}"
    );
}

#[test]
fn what_stands_in_a_list_that_an_overlay_wrote_is_the_overlays() {
    let message = "at a value it is true or false";
    check(
        r#"
  - target: $.paths['/orders/{id}']
    update: {delete: {parameters: [{name: ref, in: query, x-audit: {redact: "true"}}]}}
"#,
        "/update/delete/parameters/0/x-audit/redact",
        message,
    );
    // Behind what the document has.
    check(
        r#"
  - target: $.paths['/orders/{id}'].put
    update: {parameters: [{name: a, in: query}, {name: ref, in: query, x-audit: {redact: "true"}}]}
"#,
        "/update/parameters/1/x-audit/redact",
        message,
    );
    check(
        r#"
  - target: $.paths['/orders/{id}'].put.parameters
    update: {name: ref, in: query, x-audit: {redact: "true"}}
"#,
        "/update/x-audit/redact",
        message,
    );
    check(
        r#"
  - target: $.components.schemas.Order
    update: {allOf: [{properties: {salary: {x-audit: {redact: "true"}}}}]}
"#,
        "/update/allOf/0/properties/salary/x-audit/redact",
        message,
    );
    check(
        r#"
  - target: $
    update: {paths: {/new: {post: {parameters: [{name: ref, in: query, x-audit: {redact: "true"}}]}}}}
"#,
        "/update/paths/~1new/post/parameters/0/x-audit/redact",
        message,
    );
}

#[test]
fn the_documents_own_items_stay_its_own() {
    let mut document = shop();
    document["paths"]["/orders/{id}"]["put"]["x-audit"] = json!({ "redact": [7, "body.note"] });
    let actions = "
  - target: $.paths['/orders/{id}'].put
    update: {x-audit: {redact: [8]}}
";
    let (of_overlay, others) = told(&document, actions);
    let message =
        "it is no place of a value; write path.id, query.id, body.order.id or response.id";
    assert_eq!(
        of_overlay,
        [format!(
            "shop.overlay.yaml#/actions/0/update/x-audit/redact/0: {message}"
        )]
    );
    assert_eq!(
        others,
        [format!(
            "shop.json#/paths/~1orders~1{{id}}/put/x-audit/redact/0: {message}"
        )]
    );
}

#[test]
fn what_an_overlay_wrote_behind_a_reference_is_told_once_and_where_it_stands() {
    check(
        "
  - target: $['components']['pathItems']['Team'].post
    update: {x-audit: {redat: body.salary}}
",
        "/update/x-audit/redat",
        "it is not known; did you mean redact?",
    );
    let mut document = shop();
    document["components"]["pathItems"]["Team"]["post"]["x-audit"] = json!({ "verbs": "rename" });
    let (_, others) = told(&document, "  - {target: $, update: {x-a: 1}}");
    assert_eq!(
        others,
        [
            "shop.json#/components/pathItems/Team/post/x-audit/verbs: it is not known; did you mean verb?"
        ]
    );
}

#[test]
fn what_an_overlay_copied_is_the_overlays() {
    let mut document = shop();
    document["x-marks"] = json!({ "x-audit": { "redact": 7 } });
    let (of_overlay, others) = told(
        &document,
        "  - {target: \"$.paths['/orders/{id}'].put\", copy: $.x-marks}"
            .replace("$.x-marks", "\"$['x-marks']\"")
            .as_str(),
    );
    let message =
        "it is no place of a value; write path.id, query.id, body.order.id or response.id";
    assert_eq!(
        of_overlay,
        [format!("shop.overlay.yaml#/actions/0/copy: {message}")]
    );
    assert_eq!(others, [""; 0]);
}

#[test]
fn what_a_copied_annotation_is_left_out_with_is_the_overlays() {
    let marked = json!({ "x-audit": { "redact": "body.note" } });
    let parameter = json!({ "name": "page", "x-audit": { "redact": true } });
    for (target, copied, message) in [
        (
            "$.paths['/teams/{id}']",
            json!({ "delete": marked }),
            "beside `$ref` it is not read: say it where the reference leads",
        ),
        (
            "$.paths",
            json!({ "orders": { "post": marked } }),
            "a path starts with a slash; it is left out",
        ),
        (
            "$.paths['/orders/{id}']",
            json!({ "patch": [marked] }),
            "it is no object; it is left out",
        ),
        (
            "$.paths['/orders/{id}']",
            json!({ "patch": { "parameters": [parameter] } }),
            "a parameter has a `name` and an `in`; it is left out",
        ),
    ] {
        let mut document = shop();
        document["x-extra"] = copied;
        let actions = format!("  - {{target: \"{target}\", copy: \"$['x-extra']\"}}\n");
        let (of_overlay, others) = told(&document, &actions);
        let expected = format!("shop.overlay.yaml#/actions/0/copy: {message}");
        assert_eq!((of_overlay, others), (vec![expected], Vec::new()));
    }
}

#[test]
fn a_mistyped_id_of_one_of_the_copied_operations_is_an_error() {
    let mut document = shop();
    document["paths"]["/plans/{planId}"] = json!({});
    let identified = |place: &str| json!({ "x-audit": { "entity": { "id": place } } });
    document["x-item"] =
        json!({ "put": identified("path.planId"), "delete": identified("path.plnId") });
    let actions = "  - {target: \"$.paths['/plans/{planId}']\", copy: \"$['x-item']\"}\n";
    let (of_overlay, others) = told(&document, actions);
    let message = "DELETE /plans/{planId} has no path parameter plnId; did you mean path.planId?";
    let expected = format!("shop.overlay.yaml#/actions/0/copy: {message}");
    assert_eq!((of_overlay, others), (vec![expected], Vec::new()));
}

#[test]
fn what_a_short_form_becomes_a_part_of_stays_the_documents() {
    let place = |near: &str| format!("it is no place of a value; did you mean {near}.?");
    let of_overlay = "shop.overlay.yaml#/actions/0/update/x-audit";
    let of_document = "shop.json#/paths/~1orders~1{id}/put/x-audit";
    for (known, update, expected) in [
        (
            json!({ "redact": "bdy.note" }),
            "redact: body.salary",
            format!("{of_document}/redact: {}", place("body")),
        ),
        (
            json!({ "redact": "body.note" }),
            "redact: bdy.salary",
            format!("{of_overlay}/redact: {}", place("body")),
        ),
        (
            json!({ "redact": "body.note" }),
            "redact: [bdy.salary]",
            format!("{of_overlay}/redact/0: {}", place("body")),
        ),
        (
            json!({ "entity": { "id": "pth.id" } }),
            "entity: order",
            format!("{of_document}/entity/id: {}", place("path")),
        ),
        (
            json!({ "entity": { "id": "path.id" } }),
            "entity: ''",
            format!("{of_overlay}/entity: it is empty"),
        ),
        (
            json!({ "entity": "" }),
            "entity: {id: path.id}",
            format!("{of_document}/entity: it is empty"),
        ),
    ] {
        let mut document = shop();
        document["paths"]["/orders/{id}"]["put"]["x-audit"] = known;
        let put = "$.paths['/orders/{id}'].put";
        let actions = format!("  - {{target: \"{put}\", update: {{x-audit: {{{update}}}}}}}\n");
        let (overlays, documents) = told(&document, &actions);
        assert_eq!([overlays, documents].concat(), [expected], "{update}");
    }
}

#[test]
fn what_an_overlay_wrote_in_short_is_told_where_it_did() {
    let put = "$.paths['/orders/{id}'].put";
    let actions = format!(
        "  - {{target: \"{put}\", update: {{x-audit: {{redact: bdy.note}}}}}}
  - {{target: \"{put}\", update: {{x-audit: {{redact: body.salary}}}}}}\n"
    );
    let (overlays, _) = told(&shop(), &actions);
    let expected = "shop.overlay.yaml#/actions/0/update/x-audit/redact: it is no place of a value; did you mean body.?";
    assert_eq!(overlays, [expected]);
}

#[test]
fn what_stands_where_something_was_removed_is_told_of_what_wrote_it() {
    let put = "$.paths['/orders/{id}'].put";
    let actions = format!(
        "  - {{target: \"{put}\", update: {{x-audit: {{entity: {{type: order}}}}}}}}
  - {{target: \"{put}\", remove: true}}
  - {{target: \"$.paths['/orders/{{id}}']\", update: {{put: {{x-audit: {{entity: {{type: ''}}}}}}}}}}\n"
    );
    let (overlays, _) = told(&shop(), &actions);
    let expected =
        "shop.overlay.yaml#/actions/2/update/put/x-audit/entity/type: it is empty".to_owned();
    assert_eq!(overlays, [expected]);
}

#[test]
fn an_action_that_writes_to_more_places_than_are_remembered_is_told() {
    let mut document = shop();
    document["components"]["lists"] = json!({ "some": vec![json!({ "z": 1 }); 40_001] });
    let some = "$.components.lists.some";
    let actions = format!(
        "  - {{target: \"{some}[0:40000]\", update: {{a: 1, b: 1, c: 1, d: 1, e: 1}}}}
  - {{target: \"{some}[0:10000]\", update: {{a: 2}}}}
  - {{target: \"{some}[40000]\", update: {{a: 1}}}}
  - {{target: \"{some}[40000]\", update: {{b: 1}}}}\n"
    );
    let (overlays, _) = told(&document, &actions);
    let expected = "shop.overlay.yaml#/actions/2: it writes to more places than are remembered: what is wrong there may be told of the document, or of another action";
    assert_eq!(overlays, [expected]);
}

#[test]
fn what_stands_behind_a_removed_item_is_told_where_it_was_written() {
    let parameters = "$.paths['/orders/{id}'].put.parameters";
    let message = "at a value it is true or false";
    for (said, removed, expected) in [
        (
            "'yes'",
            0,
            format!("shop.overlay.yaml#/actions/0/update/x-audit/redact: {message}"),
        ),
        (
            "true",
            1,
            format!("shop.json#/paths/~1orders~1{{id}}/put/parameters/1/x-audit/redact: {message}"),
        ),
    ] {
        let mut document = shop();
        let last = if removed == 1 {
            json!("no")
        } else {
            json!(true)
        };
        document["paths"]["/orders/{id}"]["put"]["parameters"] = json!([
            { "name": "dry", "in": "query" },
            { "name": "page", "in": "query" },
            { "name": "q", "in": "query", "x-audit": { "redact": last } }
        ]);
        let actions = format!(
            "  - {{target: \"{parameters}[1]\", update: {{x-audit: {{redact: {said}}}}}}}
  - {{target: \"{parameters}[{removed}]\", remove: true}}\n"
        );
        let (overlays, documents) = told(&document, &actions);
        assert_eq!([overlays, documents].concat(), [expected], "{said}");
    }
}

#[test]
fn an_annotation_that_is_not_applied_is_an_error() {
    let nothing = "selects nothing in the document";
    for action in [
        "{target: \"$.paths['/order']\", update: {post: {x-audit: {redact: body.salary}}}}",
        "{target: \"$.paths['/order']\", update: {parameters: [{name: a, in: query, x-audit: {redact: true}}]}}",
        "{target: \"$.paths['/order'].post['x-audit']\", update: {redact: body.salary}}",
    ] {
        let (of_overlay, others) = told(&shop(), &format!("  - {action}"));
        assert_eq!(others, [""; 0], "{action}");
        assert_eq!(of_overlay.len(), 1, "{action}");
        assert!(of_overlay[0].ends_with(nothing), "{of_overlay:?}");
    }
    // Nothing is lost with these.
    for action in [
        "{target: \"$.paths['/order']\", remove: true}",
        "{target: \"$.paths['/order']['x-audit']\", remove: true}",
        "{target: \"$.paths['/order']\", update: {post: {summary: s}}}",
    ] {
        let (of_overlay, others) = told(&shop(), &format!("  - {action}"));
        assert_eq!(of_overlay, [""; 0], "{action}");
        assert!(others[0].ends_with(nothing), "{others:?}");
    }
}

#[test]
fn what_stands_beside_an_update_and_not_below_it_is_an_error() {
    check(
        "
  - target: $.paths['/orders/{id}'].put
    update:
    x-audit: {redact: body.salary}
",
        "/x-audit",
        "it goes below `update`: of an action itself it says nothing",
    );
    check(
        "
  - target: $.paths['/orders/{id}'].put
    update:
",
        "/update",
        "it is empty",
    );
    check(
        "
  - target: $.paths['/orders/{id}'].put
    update: {}
",
        "/update",
        "it is empty",
    );
    // An operation that may also be called by nobody known.
    let mut document = shop();
    document["security"] = json!([{ "key": [] }]);
    let (of_overlay, others) = told(&document, "  - {target: $.security, update: {}}\n");
    assert_eq!((of_overlay, others), (Vec::new(), Vec::new()));
}

#[test]
fn what_a_second_action_adds_to_an_annotation_leaves_it_with_the_first() {
    let put = "$.paths['/orders/{id}'].put";
    let place = "it is no place of a value; write path.id, query.id, body.order.id or response.id";
    let unknown = "it is not known; did you mean redact?";
    for (first, second, pointer, message) in [
        (
            "update: {x-audit: {redat: body.salary}}",
            "update: {x-audit: {verb: change}}",
            "update/x-audit/redat",
            unknown,
        ),
        (
            "update: {x-audit: {redact: [7]}}",
            "update: {x-audit: {redact: [body.note]}}",
            "update/x-audit/redact/0",
            place,
        ),
        (
            "copy: \"$['x-marks']\"",
            "update: {x-audit: {verb: change}}",
            "copy",
            unknown,
        ),
    ] {
        let mut document = shop();
        document["x-marks"] = json!({ "x-audit": { "redat": "body.salary" } });
        let actions = format!("  - target: {put}\n    {first}\n  - target: {put}\n    {second}\n");
        let expected = format!("shop.overlay.yaml#/actions/0/{pointer}: {message}");
        let (of_overlay, others) = told(&document, &actions);
        assert_eq!(
            (of_overlay, others),
            (vec![expected], Vec::new()),
            "{actions}"
        );
    }
}

#[test]
fn a_fault_that_was_copied_is_the_documents() {
    let mut document = shop();
    document["x-shared"] = json!({
        "parameters": [{ "name": "page" }, { "name": "q", "in": "query", "x-audit": { "redact": "yes" } }]
    });
    let put = &mut document["paths"]["/orders/{id}"]["put"];
    put["parameters"][0]["x-audit"] = json!({ "redact": "no" });
    let actions = "  - {target: \"$.paths['/orders/{id}'].put\", copy: \"$['x-shared']\"}\n";
    let (of_overlay, others) = told(&document, actions);
    let message = "at a value it is true or false";
    assert_eq!(
        of_overlay,
        [format!("shop.overlay.yaml#/actions/0/copy: {message}")]
    );
    let put = "shop.json#/paths/~1orders~1{id}/put/parameters";
    assert_eq!(others.len(), 2, "{others:?}");
    assert!(
        others.contains(&format!("{put}/0/x-audit/redact: {message}")),
        "{others:?}"
    );
    assert!(
        others
            .iter()
            .any(|told| told.starts_with(&format!("{put}/1"))),
        "{others:?}"
    );
}

#[test]
fn an_id_that_one_of_an_actions_operations_has_is_no_error() {
    let mut document = shop();
    document["paths"]["/teams/{teamId}/plans"] = json!({ "post": { "operationId": "createPlan" } });
    document["paths"]["/health"] = json!({ "post": { "operationId": "ping" } });
    for (said, pointer) in [
        ("org: path.teamId", "org"),
        ("parent: {type: team, id: path.teamId}", "parent/id"),
        ("entity: {type: team, id: path.teamId}", "entity/id"),
    ] {
        let actions = format!("  - {{target: $.paths.*.post, update: {{x-audit: {{{said}}}}}}}\n");
        let (of_overlay, others) = told(&document, &actions);
        assert_eq!(of_overlay, [""; 0], "{said}");
        assert_eq!(others.len(), 1, "{others:?}");
        let start = format!(
            "shop.overlay.yaml#/actions/0/update/x-audit/{pointer}: POST /health has no path parameter teamId"
        );
        assert!(others[0].starts_with(&start), "{others:?}");
        // Where none has it, it is mistyped; a tenant alone is not what a start is kept from for.
        let actions = actions.replace("teamId", "teemId");
        let (of_overlay, others) = told(&document, &actions);
        let counts = (of_overlay.len(), others.len());
        let expected = if pointer == "org" { (0, 1) } else { (1, 0) };
        assert_eq!(counts, expected, "{of_overlay:?} {others:?}");
    }
}

#[test]
fn only_where_a_target_goes_says_what_it_writes() {
    let asks = "{target: \"$.paths[?@['x-audit']].post\", update: {summary: s}}";
    let (of_overlay, others) = told(&shop(), &format!("  - {asks}"));
    assert_eq!(of_overlay, [""; 0]);
    assert!(
        others[0].ends_with("selects nothing in the document"),
        "{others:?}"
    );
}

#[test]
fn many_copies_to_nowhere_are_looked_at_within_bounds() {
    let mut document = shop();
    document["x-many"] = json!(vec![[1, 2, 3]; 50_000]);
    let actions = "  - {target: $.nope, copy: $}\n".repeat(2_000);
    let (of_overlay, _) = told(&document, &actions);
    assert!(
        of_overlay
            .iter()
            .any(|told| told.contains("look at more than")),
        "{:?}",
        of_overlay.last()
    );
}
