//! What the sample service answers to calls that neither create, change nor remove one thing.

use serde_json::{Value, json};

use crate::catalogue::Item;
use crate::random::uuid_of;

/// The response body; none for one that is empty.
pub(crate) fn act(
    operation_id: &str,
    org_id: &str,
    item: &Item,
    request_id: &str,
    body: &Value,
) -> Option<Value> {
    let new_id = uuid_of(request_id);
    Some(match operation_id {
        "duplicateFlowTemplate" => {
            json!({"id": new_id, "org_id": org_id, "name": format!("{} (copy)", item.name), "enabled": false})
        }
        "searchEntities" => json!({"hits": 1, "results": [{"_id": item.id, "_title": item.name}]}),
        "exportEntities" | "importEntities" => json!({"job_id": new_id}),
        "bulkDeleteClassifications" => json!({"job_id": new_id, "status": "PENDING"}),
        "upsertEntity" => {
            json!({"_id": item.id, "_org": org_id, "_schema": item.slug, "_title": item.name})
        }
        "restoreEntity" => json!({"_id": item.id, "_schema": item.slug, "_title": item.name}),
        "addRelations" | "assignRoles" => body.clone(),
        "bulkTriggerExecutions" => {
            json!({"job_id": new_id, "org_id": org_id, "flow_id": item.id, "status": "querying_entities",
            "task_token": uuid_of(&new_id)})
        }
        "startExecution" => {
            json!({"id": new_id, "org_id": org_id, "flow_id": item.id, "flow_name": item.name,
            "entity_id": body["entity_id"], "execution_status": "pending"})
        }
        "cancelExecution" => {
            json!({"id": item.id, "org_id": org_id, "flow_name": item.name, "execution_status": "cancelled"})
        }
        "addAssignment" => json!({"user_id": item.id, "roles": [format!("{org_id}:sales")]}),
        "sendUserPasswordReset" | "resetPassword" => json!({"success": true}),
        "putUserSetting" => json!({"scope": "dashboard", "key": "layout", "value": body["value"]}),
        "testOAuth" => {
            json!({"success": true, "token_type": "Bearer", "expires_in": 3600, "message": "The endpoint issued a token"})
        }
        "triggerWebhook" => {
            json!({"status_code": "200", "status": "succeeded", "event_id": new_id})
        }
        "batchReplayEvents" => json!({"replayed_event_ids": body["eventIds"]}),
        _ => return None,
    })
}
