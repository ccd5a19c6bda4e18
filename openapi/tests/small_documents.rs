//! Documents of one operation, and what is told of it.

use daybook_openapi::{Document, Explanation, Index, explain};
use serde_json::{Value, json};

/// `METHOD /path operationId` (`-` for none) as its parts, with what else the operation says.
#[track_caller]
pub(crate) fn operation<'a>(line: &'a str, extra: &Value) -> (&'a str, &'a str, Value) {
    let [method, path, operation_id] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("{line}");
    };
    let mut operation = extra.clone();
    if operation_id != "-" {
        operation["operationId"] = json!(operation_id);
    }
    (method, path, operation)
}

/// What a document of these paths tells of one of its operations.
#[track_caller]
pub(crate) fn explained(method: &str, path: &str, paths: &Value) -> Explanation {
    let document = json!({ "openapi": "3.0.0", "info": {}, "paths": paths });
    explained_in(method, path, &document)
}

/// Likewise of a whole document.
#[track_caller]
pub(crate) fn explained_in(method: &str, path: &str, document: &Value) -> Explanation {
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems.len(), 0, "{problems:?}");
    let operation = index
        .operations()
        .find(|operation| operation.path == path && operation.method == method)
        .expect("the operation is indexed");
    explain(operation)
}

/// A sentence without who did it.
pub(crate) fn without_actor(explained: &Explanation) -> &str {
    explained.message.trim_start_matches("jane@example.com ")
}

/// An operation's one query parameter.
pub(crate) fn query_parameter(name: &str, required: bool) -> Value {
    json!({ "parameters": [
        { "name": name, "in": "query", "required": required, "schema": { "type": "string" } }] })
}
