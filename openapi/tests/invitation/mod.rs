//! An annotated operation that invites somebody, and what is told of it.

use daybook_openapi::{Document, Index};
use serde_json::{Value, json};

/// The problems of a document, as they are told.
pub(crate) fn problems(document: &Value) -> Vec<String> {
    let (_, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    problems.iter().map(ToString::to_string).collect()
}

/// An operation with parameters, a closed body, an open part of it and a secret.
pub(crate) fn invite(annotation: &Value) -> Value {
    json!({ "openapi": "3.0.0", "paths": { "/teams/{team_id}/members/{id}": { "put": {
        "operationId": "inviteMember",
        "parameters": [{ "name": "notify", "in": "query", "schema": { "type": "boolean" } }],
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Invite" } } } },
        "responses": { "200": { "content": { "application/json": { "schema": { "properties": {
            "data": { "properties": { "member": { "properties": { "name": {} } } } }
        } } } } } },
        "x-audit": annotation
    } } }, "components": { "schemas": { "Invite": { "properties": {
        "email": {}, "password": {}, "note": { "writeOnly": true, "properties": { "text": {} } },
        "roles": { "type": "array", "items": { "properties": { "id": {} } } },
        "labels": { "additionalProperties": {} }
    } } } } })
}
