//! An action or a verb that `x-audit` names changes all that follows from it.

use daybook_openapi::lint::{Fact, lint};
use daybook_openapi::{Document, Index, explain};
use serde_json::{Value, json};

fn documents(paths: &Value) -> Vec<Document> {
    vec![Document {
        file_name: "s.json".to_owned(),
        bytes: json!({ "openapi": "3.1.0", "paths": paths })
            .to_string()
            .into_bytes(),
    }]
}

#[test]
fn an_annotated_action_changes_the_whole_fact() {
    let said = |method: &str, operation: &Value| {
        let (index, problems) =
            Index::build(documents(&json!({ "/orders": { method: operation } })));
        assert_eq!(problems, []);
        let explained = explain(index.operations().next().expect("it is there"));
        let sentence = explained.message.replace("jane@example.com ", "");
        format!("{}: {sentence}", explained.action)
    };
    let answer = json!({ "200": { "content": { "application/json": { "schema": { "properties": { "id": {} } } } } } });
    let post = |annotation: &Value| {
        said(
            "post",
            &json!({ "responses": answer, "x-audit": annotation }),
        )
    };
    assert_eq!(post(&json!({})), "create: created order {id}");
    assert_eq!(post(&json!({ "action": "read" })), "read: viewed orders");
    assert_eq!(post(&json!({ "verb": "delete" })), "delete: deleted orders");
    assert_eq!(
        post(&json!({ "verb": "approve" })),
        "execute: approved order {id}"
    );
    assert_eq!(
        post(&json!({ "action": "execute", "verb": "send" })),
        "execute: sent order {id}"
    );
    // A verb beside all methods of a path makes no change of what only reads.
    let get = said("get", &json!({ "x-audit": { "verb": "publish" } }));
    assert!(get.starts_with("read: "), "{get}");
}

#[test]
fn a_sentence_of_another_action_than_the_annotated_one_is_in_doubt() {
    let told = |said: &Value| {
        let paths =
            json!({ "/orders": { "post": { "operationId": "createOrder", "x-audit": said } } });
        let documents = documents(&paths);
        let (index, problems) = Index::build(documents.clone());
        let report = lint(&index, &problems, &documents);
        let of_sentence = report
            .findings
            .iter()
            .filter(|finding| finding.fact == Fact::Sentence);
        of_sentence.map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let id = json!("none");
    assert_eq!(
        told(&json!({ "action": "read", "entity": { "id": id } })),
        ["sentence-of-another-action"]
    );
    assert_eq!(
        told(&json!({ "action": "create", "entity": { "id": id } })),
        [""; 0]
    );
    assert_eq!(
        told(&json!({ "action": "read", "verb": "preview", "entity": { "id": id } })),
        [""; 0]
    );
}

#[test]
fn an_annotated_verb_of_another_action_is_in_doubt_as_well() {
    let told = |method: &str, said: &Value| {
        let paths =
            json!({ "/orders/{id}": { method: { "operationId": "storeOrder", "x-audit": said } } });
        let documents = documents(&paths);
        let (index, problems) = Index::build(documents.clone());
        let report = lint(&index, &problems, &documents);
        let of_sentence = report
            .findings
            .iter()
            .filter(|finding| finding.rule == "sentence-of-another-action");
        of_sentence.count()
    };
    for (method, said) in [
        ("put", json!({ "verb": "view" })),
        ("put", json!({ "verb": "create" })),
        ("put", json!({ "action": "update", "verb": "delete" })),
        ("post", json!({ "action": "update", "verb": "create" })),
        ("post", json!({ "action": "create", "verb": "update" })),
        ("post", json!({ "action": "delete", "verb": "update" })),
        (
            "post",
            json!({ "action": "read", "verb": "delete permanently" }),
        ),
    ] {
        assert_eq!(told(method, &said), 1, "{method} {said}");
    }
    for (method, said) in [
        ("post", json!({ "verb": "create" })),
        ("put", json!({ "verb": "change" })),
        // Verbs that read elsewhere.
        ("put", json!({ "verb": "return" })),
        ("put", json!({ "verb": "match" })),
        ("put", json!({ "verb": "watch" })),
        ("patch", json!({ "verb": "classify" })),
        ("patch", json!({ "action": "update", "verb": "resolve" })),
        ("post", json!({ "verb": "delete" })),
        ("post", json!({ "action": "update", "verb": "add" })),
        ("delete", json!({ "action": "delete", "verb": "archive" })),
        (
            "post",
            json!({ "action": "delete", "verb": "delete permanently" }),
        ),
    ] {
        assert_eq!(told(method, &said), 0, "{method} {said}");
    }
}
