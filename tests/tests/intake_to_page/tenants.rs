//! One tenant's token never shows another tenant's event.

use daybook_tests::http;
use serde_json::{Value, json};

use crate::{delete_call, shared_up};

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_id_cursor_or_header_shows_another_tenants_event() {
    let up = shared_up();
    let mut lines = Vec::new();
    for _ in 0..5 {
        lines.push(delete_call("mine").message(204, None));
        lines.push(delete_call("theirs").message(204, None));
    }
    up.intake(&lines).await.unwrap();
    let mine = up.token("mine").await.unwrap();
    let theirs = up.token("theirs").await.unwrap();
    let (_, first_page) = up.search(&theirs, &json!({"limit": 2})).await.unwrap();
    let secret = &up.logs(&theirs, &json!({"limit": 1})).await.unwrap()[0];
    let id = secret["id"].as_str().unwrap();

    let only_mine = |logs: &[Value]| logs.iter().all(|log| log["org_id"] == "mine");
    for filter in [
        json!({}),
        json!({"entity": {"type": secret["entity"]["type"], "id": secret["entity"]["id"], "include_children": true}}),
        json!({"user": {"email": "jane@example.com"}}),
        json!({"user": {"user_id": secret["caller"]["user_id"]}}),
        json!({"correlation_id": secret["correlation_id"]}),
        json!({"ip": "203.0.113.7"}),
        json!({"service_name": {"not": "x' OR org_id = 'theirs' --"}}),
        json!({"service_name": ["webhooks", "' OR 1=1 --"]}),
        json!({"event_name": "deleteConfig", "action": "delete", "outcome": "success", "method": "DELETE"}),
        json!({"q": secret["entity"]["id"]}),
        json!({"q": "theirs"}),
        json!({"timestamp": {"from": "1970-01-01T00:00:00Z", "to": "2299-01-01T00:00:00Z"}}),
        json!({"sort": "ingested_at", "limit": 1000}),
        json!({"page": 1, "limit": 2}),
    ] {
        let logs = up.logs(&mine, &filter).await.unwrap();
        assert!(only_mine(&logs), "{filter}");
    }
    assert_eq!(up.total(&mine).await.unwrap(), 5);

    // A parameter that would name the tenant is refused, not obeyed.
    for filter in [json!({"org_id": "theirs"}), json!({"tenant": "theirs"})] {
        let (status, answer) = up.search(&mine, &filter).await.unwrap();
        assert_eq!(status, 400, "{answer}");
    }
    // An id of theirs looks exactly like one that nobody has.
    let hidden = up.get(&mine, &format!("/v1/logs/{id}")).await.unwrap();
    let absent = up
        .get(&mine, "/v1/logs/00000000-0000-8000-8000-000000000000")
        .await
        .unwrap();
    assert_eq!((hidden.status, absent.status), (404, 404));
    let told = |answer: &http::Answer| {
        let mut body = answer.json().unwrap();
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| name != "request_id" && name != "instance");
        body
    };
    assert_eq!(told(&hidden), told(&absent));
    // Their cursor is nobody else's.
    let cursor = &first_page["next_cursor"];
    assert!(cursor.is_string());
    let (status, answer) = up
        .search(&mine, &json!({"limit": 2, "cursor": cursor}))
        .await
        .unwrap();
    assert_eq!(status, 400, "{answer}");
    // Headers that other systems take a tenant from are only noise.
    let authorization = format!("Bearer {mine}");
    for name in [
        "x-org-id",
        "X-Daybook-Org",
        "x-tenant-id",
        "x-clickhouse-user",
        "x-apigateway-event",
        "x-amzn-request-context",
    ] {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            (name, "theirs"),
            (name, "746865697273"),
        ];
        let url = format!("{}/v1/logs", up.url);
        let answer = http::post(&url, &headers, r#"{"limit":1000}"#)
            .await
            .unwrap();
        let logs = answer.json().unwrap()["logs"].as_array().cloned().unwrap();
        assert_eq!(logs.len(), 5, "{name}");
        assert!(only_mine(&logs), "{name}");
    }
    // Exports ask the same way.
    let exported = up.get(&mine, "/v1/logs/export").await.unwrap().text();
    assert_eq!(exported.lines().count(), 5);
    assert!(!exported.contains("theirs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_does_not_allow_is_refused() {
    let up = shared_up();
    let export_only = up
        .token_with(&["--org", "acme", "--permissions", "audit_log:export"])
        .await
        .unwrap();
    let view_only = up
        .token_with(&["--org", "acme", "--permissions", "audit_log:view"])
        .await
        .unwrap();
    assert_eq!(up.search(&export_only, &json!({})).await.unwrap().0, 403);
    assert_eq!(
        up.get(&view_only, "/v1/logs/export").await.unwrap().status,
        403
    );
    assert_eq!(up.search("not.a.token", &json!({})).await.unwrap().0, 401);
    let without = http::post(&format!("{}/v1/logs", up.url), &[], "{}")
        .await
        .unwrap();
    assert_eq!(without.status, 401);
    assert_eq!(without.headers["content-type"], "application/problem+json");

    // The operators' reserved tenant is out of every token's reach.
    for arguments in [
        ["--org", "\u{1}unattributed", "--user", "x"],
        ["--org", "acme", "--permissions", "view"],
    ] {
        assert!(up.token_with(&arguments).await.is_err(), "{arguments:?}");
    }
}
