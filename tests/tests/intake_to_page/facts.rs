//! Who, what, which, when, where and with what outcome, for each kind of call in both formats.

use daybook_tests::events::{Call, Format};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::shared_up;

/// One kind of call, and what must be said of it.
struct Case {
    domain_name: &'static str,
    method: &'static str,
    resource: &'static str,
    path: &'static str,
    body: Option<Value>,
    status_code: u16,
    response: Option<Value>,
    service_name: &'static str,
    event_name: &'static str,
    action: &'static str,
    outcome: &'static str,
    entity: Value,
    activity: &'static str,
}

#[allow(clippy::too_many_lines)] // a list of cases
fn cases() -> Vec<Case> {
    vec![
        Case {
            domain_name: "workflows-definition.sls.epilot.io",
            method: "DELETE",
            resource: "/v1/workflows/definitions/{definitionId}",
            path: "/v1/workflows/definitions/wf-42",
            body: None,
            status_code: 204,
            response: None,
            service_name: "workflow-definition",
            event_name: "deleteDefinition",
            action: "delete",
            outcome: "success",
            entity: json!({"type": "workflow definition", "id": "wf-42", "name": ""}),
            activity: "jane@example.com deleted workflow definition wf-42",
        },
        Case {
            domain_name: "automation.sls.epilot.io",
            method: "POST",
            resource: "/v1/automation/flows",
            path: "/v1/automation/flows",
            body: Some(json!({"flow_name": "Welcome mail", "triggers": [], "actions": []})),
            status_code: 201,
            response: Some(json!({"id": "flow-7", "flow_name": "Welcome mail"})),
            service_name: "automation",
            event_name: "createFlow",
            action: "create",
            outcome: "success",
            entity: json!({"type": "automation flow", "id": "flow-7", "name": "Welcome mail"}),
            activity: "jane@example.com created automation flow Welcome mail",
        },
        Case {
            domain_name: "webhooks.sls.epilot.io",
            method: "PUT",
            resource: "/v1/webhooks/configs/{configId}",
            path: "/v1/webhooks/configs/cfg-1",
            body: Some(
                json!({"name": "Orders to ERP", "url": "https://erp.example.com/hook",
                              "eventName": "order.created"}),
            ),
            status_code: 200,
            response: Some(json!({"id": "cfg-1", "name": "Orders to ERP"})),
            service_name: "webhooks",
            event_name: "updateConfig",
            action: "update",
            outcome: "success",
            entity: json!({"type": "webhook config", "id": "cfg-1", "name": "Orders to ERP"}),
            activity: "jane@example.com updated webhook config Orders to ERP",
        },
        Case {
            domain_name: "permissions.sls.epilot.io",
            method: "DELETE",
            resource: "/v1/permissions/roles/{roleId}",
            path: "/v1/permissions/roles/owner",
            body: None,
            status_code: 403,
            response: Some(json!({"message": "Forbidden"})),
            service_name: "permissions",
            event_name: "deleteRole",
            action: "delete",
            outcome: "denied",
            entity: json!({"type": "role", "id": "owner", "name": ""}),
            activity: "jane@example.com tried to delete role owner but was not allowed to",
        },
        Case {
            domain_name: "entity.sls.epilot.io",
            method: "POST",
            resource: "/v1/entity/taxonomies/classifications:delete",
            path: "/v1/entity/taxonomies/classifications:delete",
            body: Some(json!({"classification_ids": ["solar", "wind"]})),
            status_code: 204,
            response: None,
            service_name: "entity",
            event_name: "bulkDeleteClassifications",
            action: "delete",
            outcome: "success",
            entity: json!({"type": "classification", "id": "solar,wind", "name": ""}),
            activity: "jane@example.com deleted classifications solar, wind",
        },
        Case {
            domain_name: "automation.sls.epilot.io",
            method: "POST",
            resource: "/v1/automation/flows:batchGet",
            path: "/v1/automation/flows:batchGet",
            body: Some(json!({"ids": ["41", "42"]})),
            status_code: 200,
            response: None,
            service_name: "automation",
            event_name: "batchGetFlows",
            action: "read",
            outcome: "success",
            entity: json!({"type": "automation flow", "id": "41,42", "name": ""}),
            activity: "jane@example.com viewed automation flows 41, 42",
        },
        Case {
            domain_name: "user.sls.epilot.io",
            method: "GET",
            resource: "/v2/users/{id}",
            path: "/v2/users/u-9",
            body: None,
            status_code: 200,
            response: None,
            service_name: "user",
            event_name: "getUserV2",
            action: "read",
            outcome: "success",
            entity: json!({"type": "user", "id": "u-9", "name": ""}),
            activity: "jane@example.com viewed user u-9",
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_call_is_told_right_in_both_formats() {
    let up = shared_up();
    let time = Timestamp::now()
        .checked_sub(SignedDuration::from_mins(90))
        .unwrap();
    for format in [Format::Rest, Format::Http] {
        let org_id = format!("facts-{format:?}").to_lowercase();
        let token = up.token(&org_id).await.unwrap();
        for (number, case) in cases().into_iter().enumerate() {
            let call = Call {
                format,
                request_id: format!("{format:?}-{number}"),
                time,
                domain_name: case.domain_name,
                method: case.method,
                resource: case.resource,
                path: case.path.to_owned(),
                org_id: Some(org_id.clone()),
                body: case.body,
            };
            // A GET is captured because the service opted in: its message has an envelope.
            let message = call.message(case.status_code, case.response.as_ref());
            let answer = up.intake(&[message]).await.unwrap();
            assert_eq!(
                answer,
                json!({"accepted": 1, "failed": []}),
                "{}",
                case.event_name
            );

            let search = json!({"event_name": case.event_name});
            let logs = up.logs(&token, &search).await.unwrap();
            let [log] = logs.as_slice() else {
                panic!("{} events of {}", logs.len(), case.event_name)
            };
            let said = |pointer: &str| log.pointer(pointer).cloned().unwrap_or_default();
            let expected = [
                ("/activity", json!(case.activity)),
                ("/org_id", json!(org_id)),
                ("/service_name", json!(case.service_name)),
                ("/action", json!(case.action)),
                ("/outcome", json!(case.outcome)),
                ("/status_code", json!(case.status_code)),
                ("/entity", case.entity),
                ("/described", json!(true)),
                ("/timestamp", json!(daybook_event::timestamp_ms(time))),
                ("/caller/type", json!("user")),
                ("/caller/trigger_type", json!("user")),
                (
                    "/caller/user_id",
                    json!("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                ),
                ("/caller/user_email", json!("jane@example.com")),
                ("/caller/name", json!("Jane Roe")),
                ("/http/method", json!(case.method)),
                ("/http/path", json!(case.path)),
                ("/http/resource", json!(case.resource)),
                ("/http/domain_name", json!(case.domain_name)),
                ("/http/domainName", json!(case.domain_name)),
                ("/http/ip", json!("203.0.113.7")),
                ("/http/user_agent", json!("curl/8.5")),
            ];
            for (pointer, value) in expected {
                assert_eq!(
                    said(pointer),
                    value,
                    "{} {format:?} {pointer}",
                    case.event_name
                );
            }
            let parts = log["activity_parts"].as_array().unwrap();
            let joined: String = parts
                .iter()
                .map(|part| part["text"].as_str().unwrap())
                .collect();
            assert_eq!(joined, case.activity);
            assert_eq!(
                parts[0],
                json!({"kind": "actor", "text": "jane@example.com"})
            );
            assert!(!log.to_string().contains("secret-of-the-test"));

            let path = format!("/v1/logs/{}", log["id"].as_str().unwrap());
            let one = up.get(&token, &path).await.unwrap();
            assert_eq!(one.json().unwrap()["log"], *log);
            let path = format!("/v1/logs/export?event_name={}", case.event_name);
            let exported = up.get(&token, &path).await.unwrap();
            assert_eq!(exported.json().unwrap(), *log);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_read_is_left_out_and_a_bare_change_is_stored_with_its_outcome_unknown() {
    let up = shared_up();
    let mut call = crate::delete_call("bare");
    let change = call.event().to_string();
    call.method = "GET";
    let read = call.event().to_string();
    let answer = up.intake(&[read, change]).await.unwrap();
    assert_eq!(answer, json!({"accepted": 1, "dropped": 1, "failed": []}));
    let token = up.token("bare").await.unwrap();
    let logs = up.logs(&token, &json!({})).await.unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0]["outcome"], "unknown");
    assert_eq!(logs[0]["status_code"], 0);
}
