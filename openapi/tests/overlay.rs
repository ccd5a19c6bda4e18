//! Overlays beside a document: what they change, and what is told of broken ones.

use daybook_openapi::{Document, Index};
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
