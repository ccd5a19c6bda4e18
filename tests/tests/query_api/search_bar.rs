//! `q`: words, phrases and qualifiers, alone and beside the fields of a body.

use daybook_event::{Action, AuditEvent, Caller, Entity, HttpRequest, Outcome};
use daybook_tests::api::ServedApi;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::fixture::{clickhouse, event, event_at, numbers, store};

fn events(org_id: &str) -> Vec<AuditEvent> {
    let caller = |email: &str, id: &str, name: &str, token: &str| Caller {
        user_email: email.to_owned(),
        user_id: id.to_owned(),
        name: name.to_owned(),
        token_id: token.to_owned(),
        ..Caller::default()
    };
    let entity = |kind: &str, id: &str| Entity {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: String::new(),
    };
    let http = |method: &str, ip: &str| HttpRequest {
        method: method.to_owned(),
        ip: ip.to_owned(),
        ..HttpRequest::default()
    };
    let recent = Timestamp::now() - 3.hours();
    vec![
        AuditEvent {
            caller: caller("jane@example.com", "u1", "Jane Roe", ""),
            action: Action::Delete,
            outcome: Outcome::Success,
            entity: entity("workflow", "42"),
            http: http("DELETE", "10.1.2.3"),
            activity: "jane@example.com deleted workflow Onboarding".to_owned(),
            ..event(org_id, 1)
        },
        AuditEvent {
            caller: caller("tom@example.com", "u2", "Tom Poe", ""),
            action: Action::Delete,
            outcome: Outcome::Denied,
            service_name: "billing".to_owned(),
            event_name: "deleteInvoice".to_owned(),
            entity: entity("invoice", "7/a"),
            parent: entity("workflow", "42"),
            http: http("DELETE", "2001:db8::7"),
            activity: "tom@example.com tried to delete invoice \"7/a\"".to_owned(),
            ..event(org_id, 2)
        },
        AuditEvent {
            caller: caller("", "", "", "key_9"),
            action: Action::Update,
            outcome: Outcome::Failure,
            service_name: "my service".to_owned(),
            entity: entity("role", "owner"),
            http: http("PATCH", "AWS Internal"),
            activity: "API client key_9 updated role owner".to_owned(),
            detail: r#"{"note":"100% draft: https://example.com/x"}"#.to_owned(),
            ..event(org_id, 3)
        },
        AuditEvent {
            caller: caller("jane@example.com", "u1", "Jane Roe", ""),
            action: Action::Create,
            outcome: Outcome::Success,
            entity: entity("workflow", "43"),
            http: http("POST", "203.0.113.7"),
            activity: "jane@example.com created workflow draft".to_owned(),
            ..event_at(org_id, 4, recent)
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_in_the_bar_is_what_is_found() {
    let org_id = "bar";
    store(events(org_id)).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    for (query, expected) in [
        ("", "4 3 2 1"),
        ("workflow", "4 1"),
        ("\"deleted workflow\"", "1"),
        ("-workflow", "3 2"),
        ("-\"deleted workflow\" -draft", "2"),
        ("draft -created", "3"),
        ("https://example.com/x", "3"),
        ("\"draft: https\"", "3"),
        ("100%", "3"),
        ("actor:jane@example.com", "4 1"),
        ("actor:u2", "2"),
        ("actor:\"Jane Roe\"", "4 1"),
        ("actor:key_9", "3"),
        ("-actor:u1", "3 2"),
        ("actor:u1 actor:u2", "4 2 1"),
        ("actor:u1 action:delete", "1"),
        ("action:delete action:update", "3 2 1"),
        ("-action:delete", "4 3"),
        ("service:\"my service\"", "3"),
        ("-service:billing", "4 3 1"),
        ("operation:deleteInvoice", "2"),
        ("outcome:failure", "3 2"),
        ("outcome:denied", "2"),
        ("-outcome:failure", "4 1"),
        ("method:patch", "3"),
        ("entity:workflow/42", "1"),
        ("entity:workflow", "4 1"),
        ("entity:workflow/42 entity:role/owner", "3 1"),
        ("entity:workflow/owner", ""),
        ("entity:invoice/7/a", "2"),
        ("-entity:workflow", "3 2"),
        ("ip:10.0.0.0/8", "1"),
        ("ip:2001:db8::/32", "2"),
        ("ip:0.0.0.0/0", "4 1"),
        ("ip:203.0.113.7", "4"),
        ("-ip:10.0.0.0/8", "4 3 2"),
        ("ip:10.0.0.0/8 ip:203.0.113.0/24", "4 1"),
        ("correlation:3", "3"),
        ("before:2026-11-01", ""),
        ("after:2026-11-01T00:00:02Z before:2026-11-02", "3 2"),
        (
            "after:2026-11-01T00:00:02Z before:2026-11-01T00:00:03Z",
            "2",
        ),
        ("after:-4h", "4"),
        ("before:-4h -service:billing", "3 1"),
        (
            "actor:jane@example.com action:delete service:workflow entity:workflow/42 \
             outcome:success ip:10.0.0.0/8 after:2026-01-01 before:-1m -service:billing",
            "1",
        ),
    ] {
        let logs = api.logs(&token, &json!({"q": query})).await.unwrap();
        let found: Vec<String> = numbers(&logs).iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expected, "{query}");
        let exported = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", query)
            .finish();
        let exported = api
            .get(&token, &format!("/v1/logs/export?{exported}"))
            .await;
        let lines = exported.unwrap().text().lines().count();
        assert_eq!(lines, found.len(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bar_and_the_fields_must_both_hold() {
    let org_id = "bar-and-fields";
    store(events(org_id)).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    for (body, expected) in [
        (json!({"q": "action:delete", "action": "update"}), vec![]),
        (
            json!({"q": "action:delete", "action": ["update", "delete"]}),
            vec![2, 1],
        ),
        (
            json!({"q": "outcome:failure", "outcome": "denied"}),
            vec![2],
        ),
        (
            json!({"q": "-service:billing", "service_name": "billing"}),
            vec![],
        ),
        (
            json!({"q": "actor:u1", "user": {"email": {"not": "tom@example.com"}}}),
            vec![4, 1],
        ),
        (json!({"ip": "10.0.0.0/8"}), vec![1]),
        (json!({"ip": ["10.0.0.0/8", "AWS Internal"]}), vec![3, 1]),
        (
            json!({"ip": {"not": ["10.0.0.0/8", "AWS Internal"]}}),
            vec![4, 2],
        ),
        (
            json!({"entity": {"type": "workflow", "id": "42", "include_children": true}, "q": "action:delete"}),
            vec![2, 1],
        ),
    ] {
        let logs = api.logs(&token, &body).await.unwrap();
        assert_eq!(numbers(&logs), expected, "{body}");
    }
    let answer = api
        .post(&token, "/v1/logs", &json!({"q": "x autor:jane"}))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
    let error = &answer.json().unwrap()["errors"][0];
    assert_eq!(
        (&error["position"], &error["length"], &error["suggestion"]),
        (&json!(3), &json!(10), &json!("actor:jane"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn so_long_ago_means_the_same_on_every_page() {
    let org_id = "bar-pages";
    let now = Timestamp::now();
    let at = |number: u32, minutes: i64| event_at(org_id, number, now - minutes.minutes());
    store([at(1, 10), at(2, 20), at(3, 30), at(4, 120)]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let mut seen = Vec::new();
    let mut body = json!({"q": "after:-1h", "limit": 1});
    loop {
        let answer = api.post(&token, "/v1/logs", &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json().unwrap();
        seen.extend(numbers(answer["logs"].as_array().unwrap()));
        if answer["next_cursor"].is_null() {
            break;
        }
        body["cursor"] = answer["next_cursor"].clone();
    }
    assert_eq!(seen, [1, 2, 3]);
    // Another query's cursor is none of this one's.
    body["q"] = json!("after:-2h");
    assert_eq!(
        api.post(&token, "/v1/logs", &body).await.unwrap().status,
        400
    );
}
