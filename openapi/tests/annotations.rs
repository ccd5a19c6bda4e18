//! What a document says in `x-audit` goes before what is worked out.

use daybook_openapi::{Document, Index, RequestValues, ValueLocation};
use serde_json::{Value, json};

use crate::invitation::{invite, problems};

fn index(document: &Value) -> Index {
    let bytes = document.to_string().into_bytes();
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes,
    }]);
    assert_eq!(problems.len(), 0, "{problems:?}");
    index
}

#[test]
fn the_narrower_annotation_wins() {
    let index = index(&json!({
        "openapi": "3.0.0",
        "x-audit": { "org": "path.tenant", "capture": true },
        "paths": {
            "/a": { "x-audit": { "ignore": true }, "get": {}, "post": { "x-audit": { "ignore": false, "org": "response.org_id" } } },
            "/{tenant}/b": { "get": { "x-audit": { "capture": false } } }
        }
    }));
    let facts: Vec<_> = index
        .operations()
        .map(|operation| {
            (
                operation.method.as_str(),
                operation.ignore,
                operation.capture,
                operation.org.clone(),
            )
        })
        .collect();
    let tenant = Some(ValueLocation::Path("tenant".to_owned()));
    let answer = Some(ValueLocation::Response("/org_id".to_owned()));
    assert_eq!(
        facts,
        [
            ("GET", true, true, tenant.clone()),
            ("POST", false, true, answer),
            ("GET", false, false, tenant)
        ]
    );
}

#[test]
fn an_entity_may_be_named_piece_by_piece() {
    let index = index(&json!({
        "openapi": "3.0.0",
        "paths": { "/things/{id}": {
            "x-audit": { "entity": { "type": "contract" }, "parent": "customer" },
            "put": { "operationId": "updateThing", "parameters": [{ "name": "customer", "in": "query" }], "x-audit": {
                "entity": { "name": { "in": "request", "pointer": "/lines/*/title" } }, "parent": { "id": "query.customer" }
            } }
        } }
    }));
    let meaning = &index.operations().next().unwrap().meaning;
    assert_eq!(
        (meaning.entity_type.as_str(), meaning.entity_plural.as_str()),
        ("contract", "contracts")
    );
    assert_eq!(
        meaning.entity_id,
        Some(ValueLocation::Path("id".to_owned()))
    );
    let body = json!({ "lines": [{ "title": "one" }, { "title": "two" }] });
    let query = [("customer".to_owned(), "7".to_owned())];
    let values = RequestValues {
        request: Some(&body),
        query: &query,
        ..RequestValues::default()
    };
    assert_eq!(meaning.entity_name[0].read(&values), ["one", "two"]);
    let parent = meaning.parent.as_ref().unwrap();
    assert_eq!(parent.entity_type, "customer");
    assert_eq!(parent.id.as_ref().unwrap().read(&values), ["7"]);
}

#[test]
fn the_noun_of_a_parent_alone_leaves_its_id() {
    for parent in [json!("team"), json!({ "type": "team" })] {
        let index = index(
            &json!({ "openapi": "3.0.0", "paths": { "/groups/{group_id}/members/{id}": {
            "delete": { "operationId": "deleteMember", "x-audit": { "parent": parent } }
        } } }),
        );
        let meaning = &index.operations().next().unwrap().meaning;
        let parent = meaning.parent.as_ref().unwrap();
        assert_eq!(parent.entity_type, "team");
        assert_eq!(parent.id, Some(ValueLocation::Path("group_id".to_owned())));
    }
}

#[test]
fn an_annotation_that_cannot_be_used_is_told_with_its_place_and_what_was_meant() {
    for (annotation, pointer, message) in [
        (
            json!({ "entitty": "order" }),
            "/entitty",
            "it is not known; did you mean entity?",
        ),
        (
            json!({ "entity": { "typ": "order" } }),
            "/entity/typ",
            "it is not known; did you mean type?",
        ),
        (
            json!({ "parent": { "name": "path.id" } }),
            "/parent/name",
            "it is not known; known are type and id",
        ),
        (
            json!({ "parent": 7 }),
            "/parent",
            "it is neither a noun nor an object of type, id",
        ),
        (
            json!({ "action": "updte" }),
            "/action",
            "it is no action; did you mean update?",
        ),
        (
            json!({ "entity": { "id": "paht.id" } }),
            "/entity/id",
            "it is no place of a value; did you mean path.?",
        ),
        (
            json!({ "redact": ["body.note", "note"] }),
            "/redact/1",
            "it is no place of a value; write path.id, query.id, body.order.id or response.id",
        ),
        (
            json!({ "entity": { "id": "path.idd" } }),
            "/entity/id",
            "PUT /teams/{team_id}/members/{id} has no path parameter idd; did you mean path.id?",
        ),
        (
            json!({ "redact": "body.emial" }),
            "/redact",
            "the request body of PUT /teams/{team_id}/members/{id} has no emial; did you mean body.email?",
        ),
        (
            json!({ "service": "teams" }),
            "/service",
            "it stands at the document's root only",
        ),
        (
            json!({ "verb": "approved" }),
            "/verb",
            "write it as behind \"to\": approve",
        ),
        (
            json!({ "verb": "stopped" }),
            "/verb",
            "write it as behind \"to\": stop",
        ),
        (
            json!({ "verb": "owed" }),
            "/verb",
            "write it as behind \"to\": owe",
        ),
        (
            json!({ "verb": { "base": "shred" } }),
            "/verb",
            "it needs both base and past",
        ),
        (json!({ "entity": " " }), "/entity", "it is empty"),
        (
            json!({ "ignore": "no" }),
            "/ignore",
            "it is neither true nor false",
        ),
    ] {
        assert_eq!(
            problems(&invite(&annotation)),
            [format!(
                "s.json#/paths/~1teams~1{{team_id}}~1members~1{{id}}/put/x-audit{pointer}: {message}"
            )],
        );
    }
    for annotation in [
        json!({ "redact": ["body.undeclared", "query.x"], "keep": "body.labels.any" }),
        json!({ "entity": "seat", "org": "response.member.name", "parent": "team" }),
        json!({ "verb": "embed" }),
    ] {
        assert_eq!(problems(&invite(&annotation)), [""; 0], "{annotation}");
    }
}

#[test]
fn a_place_of_a_path_or_of_the_root_that_no_operation_has_is_told() {
    let body = json!({ "content": { "application/json": { "schema": { "properties": { "notes": { "type": "string" } } } } } });
    let with = |root: &Value, path: &Value, others: Value| {
        let mut item = json!({ "x-audit": path, "put": { "requestBody": body } });
        for (method, operation) in others.as_object().into_iter().flatten() {
            item[method] = operation.clone();
        }
        problems(
            &json!({ "openapi": "3.0.0", "x-audit": root, "paths": { "/orders/{id}": item, "/carts": { "delete": {} } } }),
        )
    };
    let nothing = json!({});
    let of_path = "s.json#/paths/~1orders~1{id}/x-audit";
    let mistyped = json!({ "entity": { "type": "order", "id": "path.order_id" }, "redact": ["body.notes", "body.notse"] });
    assert_eq!(
        with(&nothing, &mistyped, json!({})),
        [
            format!(
                "{of_path}/entity/id: PUT /orders/{{id}} has no path parameter order_id; there is path.id"
            ),
            format!(
                "{of_path}/redact/1: the request body of PUT /orders/{{id}} has no notse; did you mean body.notes?"
            ),
        ]
    );
    // It is there for one of them, or may be.
    let get = json!({ "get": { "parameters": [{ "in": "query", "name": "order" }] } });
    let of_query = json!({ "entity": { "id": "query.order" } });
    assert_eq!(with(&nothing, &of_query, get), [""; 0]);
    let open = json!({ "post": {} });
    let of_body = |name: &str| json!({ "entity": { "name": format!("body.{name}") } });
    assert_eq!(with(&nothing, &of_body("title"), open.clone()), [""; 0]);
    assert_eq!(with(&nothing, &of_body("ntoes"), open).len(), 1);
    // A document may not list all that its service takes.
    let unlisted = json!({ "keep": ["body.colour"], "redact": "query.zone" });
    assert_eq!(with(&unlisted, &unlisted, json!({})), [""; 0]);
    let of_root = json!({ "org": "path.tenant", "keep": "path.idd", "redact": "body.notes" });
    assert_eq!(
        with(&of_root, &nothing, json!({})),
        [
            "s.json#/x-audit/keep: PUT /orders/{id} has no path parameter idd; did you mean path.id?",
            "s.json#/x-audit/org: DELETE /carts has no path parameter tenant",
        ]
    );
}

#[test]
fn a_parameter_or_a_property_says_what_it_is() {
    let document = json!({ "openapi": "3.1.0", "paths": {
        "/things/{tenant}/{ref}": { "parameters": [
            { "name": "tenant", "in": "path", "x-audit": { "org": true } },
            { "name": "ref", "in": "path", "schema": { "x-audit": { "entity": "id" } } }
        ], "put": { "operationId": "updateThing" } },
        "/orders": { "post": {
            "operationId": "placeOrder",
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } },
            "responses": { "201": { "content": { "application/json": { "schema": { "properties": {
                "data": { "$ref": "#/components/schemas/Order" }
            } } } } } }
        } },
        "/orders/{id}": { "put": {
            "operationId": "updateOrder",
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } }
        } }
    }, "components": { "schemas": {
        "Order": { "properties": {
            "number": { "type": "string", "x-audit": { "entity": "id" } },
            "headline": { "x-audit": { "entity": "name" } },
            "customer": { "$ref": "#/components/schemas/Customer" }
        } },
        "Customer": { "properties": { "ref": { "x-audit": { "entity": "id" } }, "id": {} } }
    } } });
    assert_eq!(problems(&document), [""; 0]);
    let index = index(&document);
    let operations: Vec<_> = index.operations().collect();
    let [place, update, thing] = operations.as_slice() else {
        panic!("{operations:?}")
    };
    let number =
        |place: fn(String) -> ValueLocation, pointer: &str| Some(place(pointer.to_owned()));
    assert_eq!(
        place.meaning.entity_id,
        number(ValueLocation::Response, "/data/number")
    );
    assert_eq!(
        place.meaning.entity_name[0],
        ValueLocation::Response("/data/headline".to_owned())
    );
    // The path has the order's id whatever the body says.
    assert_eq!(update.meaning.entity_id, number(ValueLocation::Path, "id"));
    assert_eq!(thing.meaning.entity_id, number(ValueLocation::Path, "ref"));
    assert_eq!(thing.org, number(ValueLocation::Path, "tenant"));
}

#[test]
fn what_a_value_cannot_be_said_to_be_is_told() {
    let document = json!({ "openapi": "3.1.0", "paths": { "/a": { "post": {
        "parameters": [{ "name": "x", "in": "query", "x-audit": { "entity": "idd" } }],
        "requestBody": { "content": { "application/json": { "schema": { "properties": {
            "a": { "x-audit": { "redact": "yes" } }, "b": { "x-audit": { "activity": "x" } }, "c": { "x-audit": 1 }
        } } } } }
    } } } });
    let at = "s.json#/paths/~1a/post";
    let properties = "requestBody/content/application~1json/schema/properties";
    assert_eq!(
        problems(&document),
        [
            format!(
                "{at}/parameters/0/x-audit/entity: idd is not known at a value; did you mean id?"
            ),
            format!("{at}/{properties}/a/x-audit/redact: at a value it is true or false"),
            format!(
                "{at}/{properties}/b/x-audit/activity: it is not known at a value; known are entity, parent, org, redact and keep"
            ),
            format!("{at}/{properties}/c/x-audit: `x-audit` is no object"),
        ]
    );
}

#[test]
fn the_operation_goes_before_its_values_and_these_before_its_path() {
    let of_path = json!({ "entity": { "id": "path.wide" }, "redact": "body.a", "keep": "body.b" });
    let document = |own: &Value| {
        json!({ "openapi": "3.0.0", "paths": { "/a/{wide}/{value}/{own}": {
            "x-audit": of_path,
            "parameters": [{ "name": "value", "in": "path", "x-audit": { "entity": "id" } }],
            "put": { "x-audit": own }
        } } })
    };
    let own = index(&document(
        &json!({ "entity": { "id": "path.own" }, "keep": "body.a", "redact": "body.b" }),
    ));
    let of_value = index(&document(&json!({})));
    let (own, of_value) = (
        own.operations().next().unwrap(),
        of_value.operations().next().unwrap(),
    );
    let path = |name: &str| Some(ValueLocation::Path(name.to_owned()));
    assert_eq!(own.meaning.entity_id, path("own"));
    assert_eq!(of_value.meaning.entity_id, path("value"));
    let body = |name: &str| vec![ValueLocation::Request(format!("/{name}"))];
    assert_eq!(
        (&own.secrets.keep, &own.secrets.redact),
        (&body("a"), &body("b"))
    );
    assert_eq!(
        (&of_value.secrets.keep, &of_value.secrets.redact),
        (&body("b"), &body("a"))
    );
}

#[test]
fn no_document_takes_the_name_of_the_log_itself_but_its_own() {
    let plain = json!({ "openapi": "3.0.3", "info": { "title": "T" }, "paths": {} });
    let mut annotated = plain.clone();
    annotated["x-audit"] = json!({ "service": "daybook" });
    let mut own = annotated.clone();
    own["info"]["title"] = json!("Daybook query API");
    for (file_name, document, expected) in [
        ("daybook.json", plain, "daybook-document"),
        ("orders.json", annotated, "daybook-document"),
        ("daybook-query-api.json", own, "daybook"),
    ] {
        let (index, problems) = Index::build(vec![Document {
            file_name: file_name.to_owned(),
            bytes: document.to_string().into_bytes(),
        }]);
        let mut services = index.services().map(|service| service.name.as_str());
        assert_eq!(services.next(), Some(expected));
        let told: String = problems.iter().map(ToString::to_string).collect();
        let is_told = told.contains("#/x-audit/service: daybook is the audit log itself");
        assert_eq!(is_told, expected != "daybook", "{told}");
    }
}
