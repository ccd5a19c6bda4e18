//! What a document says in `x-audit` goes before what is worked out.

use daybook_openapi::{Document, Index, RequestValues, ValueLocation};
use serde_json::{Value, json};

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
            "/b": { "get": { "x-audit": { "capture": false } } }
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
            "put": { "operationId": "updateThing", "x-audit": {
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
