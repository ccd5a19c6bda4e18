//! A token that is narrowed to services sees them, and nothing that shows there are others.

use daybook_tests::http;
use serde_json::{Value, json};

use crate::{delete_call, shared_up};

fn without_id(answer: &http::Answer) -> Value {
    let mut body = answer.json().unwrap();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_id_cursor_or_export_is_wider_than_the_token() {
    let up = shared_up();
    let mut lines = Vec::new();
    for number in 0..4 {
        lines.push(delete_call("services").message(204, None));
        let mut other = delete_call("services");
        other.domain_name = "permissions.sls.epilot.io";
        other.resource = "/v1/permissions/roles/{orgId}:{slug}";
        other.path = format!("/v1/permissions/roles/acme:hidden-{number}");
        lines.push(other.message(204, None));
    }
    up.intake(&lines).await.unwrap();
    let wide = up.token("services").await.unwrap();
    let narrow = up
        .token_with(&[
            "--org",
            "services",
            "--permissions",
            "audit_log:view,audit_log:view:service/webhooks,audit_log:export",
        ])
        .await
        .unwrap();
    assert_eq!(
        (
            up.total(&wide).await.unwrap(),
            up.total(&narrow).await.unwrap()
        ),
        (8, 4)
    );

    for (filter, expected) in [
        (json!({}), 4),
        (json!({"service_name": "webhooks"}), 4),
        (json!({"service_name": "permissions"}), 0),
        (json!({"service_name": ["webhooks", "permissions"]}), 4),
        (json!({"service_name": {"not": "webhooks"}}), 0),
        (json!({"service_name": {"not": "permissions"}}), 4),
        (
            json!({"service_name": {"is": "permissions", "not": "billing"}}),
            0,
        ),
        (json!({"service_name": "daybook"}), 0),
        (json!({"service_name": ""}), 0),
        (json!({"q": "hidden"}), 0),
        (
            json!({"entity": {"include_children": true}, "user": {"email": "jane@example.com"}}),
            4,
        ),
        (json!({"sort": "ingested_at"}), 4),
    ] {
        let (status, answer) = up.search(&narrow, &filter).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["total"], expected, "{filter}");
        let logs = answer["logs"].as_array().unwrap();
        assert_eq!(logs.len(), expected, "{filter}");
        assert!(
            logs.iter().all(|log| log["service_name"] == "webhooks"),
            "{filter}"
        );

        let authorization = format!("Bearer {narrow}");
        let headers = [("authorization", authorization.as_str())];
        let url = format!("{}/v1/logs/export", up.url);
        let exported = http::post(&url, &headers, filter.to_string())
            .await
            .unwrap();
        assert_eq!(exported.status, 200);
        assert_eq!(exported.text().lines().count(), expected, "{filter}");
        assert!(!exported.text().contains("hidden"), "{filter}");
    }
    let by_query = up
        .get(&narrow, "/v1/logs/export?service_name=permissions")
        .await
        .unwrap();
    assert_eq!((by_query.status, by_query.text().as_str()), (200, ""));

    // An id outside looks exactly like one that nobody has.
    let hidden = &up
        .logs(&wide, &json!({"service_name": "permissions"}))
        .await
        .unwrap()[0];
    let path = format!("/v1/logs/{}", hidden["id"].as_str().unwrap());
    let absent = "/v1/logs/00000000-0000-8000-8000-000000000000";
    let hidden = up.get(&narrow, &path).await.unwrap();
    let absent = up.get(&narrow, absent).await.unwrap();
    assert_eq!((hidden.status, absent.status), (404, 404));
    assert_eq!(without_id(&hidden), without_id(&absent));
    assert_eq!(up.get(&wide, &path).await.unwrap().status, 200);

    // A wider token's cursor leads nowhere else.
    let (_, first) = up.search(&wide, &json!({"limit": 1})).await.unwrap();
    let next = json!({"limit": 10, "cursor": first["next_cursor"]});
    let (_, answer) = up.search(&narrow, &next).await.unwrap();
    let logs = answer["logs"].as_array().cloned().unwrap_or_default();
    assert!(
        logs.iter().all(|log| log["service_name"] == "webhooks"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_narrowed_to_nothing_sees_nothing() {
    let up = shared_up();
    up.intake(&[delete_call("services-narrowed").message(204, None)])
        .await
        .unwrap();
    for (permissions, search, export) in [
        ("audit_log:view:service/webhooks", (200, 1), 403),
        ("audit_log:view:service/elsewhere", (200, 0), 403),
        (
            "audit_log:view,audit_log:view:region/eu,audit_log:export",
            (403, 0),
            403,
        ),
        (
            "audit_log:view:service/a,audit_log:export:service/b",
            (200, 0),
            403,
        ),
        ("audit_log:export:service/webhooks", (403, 0), 200),
    ] {
        let token = up
            .token_with(&["--org", "services-narrowed", "--permissions", permissions])
            .await
            .unwrap();
        let (status, answer) = up.search(&token, &json!({})).await.unwrap();
        let found = answer["logs"].as_array().map_or(0, Vec::len);
        assert_eq!((status, found), search, "{permissions}");
        let exported = up.get(&token, "/v1/logs/export").await.unwrap();
        assert_eq!(exported.status, export, "{permissions}");
    }
}
