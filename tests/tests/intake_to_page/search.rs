//! Search as today's clients call it: the fields of the contract, pages, cursors and filters.

use std::collections::HashSet;

use daybook_tests::events::{Call, Format};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{delete_call, shared_up};

/// Every field of an event on the wire.
const FIELDS: [&str; 26] = [
    "id",
    "org_id",
    "timestamp",
    "service_name",
    "event_name",
    "action",
    "outcome",
    "status_code",
    "caller",
    "entity",
    "parent",
    "http",
    "correlation_id",
    "activity",
    "activity_parts",
    "detail",
    "changes",
    "reason",
    "source_url",
    "source",
    "schema_version",
    "spec_version",
    "redacted",
    "ingested_at",
    "expires_at",
    "described",
];
const CALLER_FIELDS: [&str; 6] = [
    "type",
    "trigger_type",
    "user_id",
    "user_email",
    "name",
    "token_id",
];
const HTTP_FIELDS: [&str; 12] = [
    "method",
    "path",
    "resource",
    "domain_name",
    "domainName",
    "stage",
    "ip",
    "user_agent",
    "headers",
    "query",
    "path_params",
    "pathParams",
];

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_events_are_paged_filtered_and_read_one_by_one() {
    let up = shared_up();
    let token = up.token("walk").await.unwrap();
    let lines: Vec<String> = (0..200_i64)
        .map(|number| walk_call(number).message(status(number), None))
        .collect();
    let answer = up.intake(&lines).await.unwrap();
    assert_eq!(answer, json!({"accepted": 200, "failed": []}));

    let mut seen = HashSet::new();
    let mut times = Vec::new();
    for page in 0..4 {
        let (status, answer) = up
            .search(&token, &json!({"limit": 50, "page": page}))
            .await
            .unwrap();
        assert_eq!((status, &answer["total"]), (200, &json!(200)));
        for log in answer["logs"].as_array().unwrap() {
            assert!(seen.insert(log["id"].as_str().unwrap().to_owned()));
            times.push(log["timestamp"].as_str().unwrap().to_owned());
            check_fields(log);
        }
    }
    assert_eq!(seen.len(), 200);
    assert!(times.is_sorted_by(|newer, older| newer >= older));

    let by_cursor = by_cursor(up, &token, 30).await;
    assert_eq!(by_cursor.iter().cloned().collect::<HashSet<_>>(), seen);

    let count = async |filter: Value| {
        let (status, answer) = up.search(&token, &filter).await.unwrap();
        assert_eq!(status, 200, "{filter} {answer}");
        answer["total"].as_u64().unwrap()
    };
    assert_eq!(count(json!({"service_name": "webhooks"})).await, 67);
    assert_eq!(
        count(json!({"service_name": {"not": "webhooks"}})).await,
        133
    );
    assert_eq!(
        count(json!({"service_name": ["webhooks", "user"]})).await,
        134
    );
    assert_eq!(count(json!({"action": "delete"})).await, 200);
    assert_eq!(
        count(json!({"action": {"not": ["delete", "create"]}})).await,
        0
    );
    assert_eq!(count(json!({"outcome": "denied"})).await, 20);
    assert_eq!(
        count(json!({"outcome": "failure"})).await,
        40,
        "a denied call failed as well"
    );
    assert_eq!(
        count(json!({"user": {"email": "jane@example.com"}, "method": "DELETE"})).await,
        200
    );
    assert_eq!(
        count(json!({"user": {"email": "joe@example.com"}})).await,
        0
    );
    assert_eq!(count(json!({"q": "tried"})).await, 40);
    assert_eq!(count(json!({"q": "\"not allowed\""})).await, 20);
    assert_eq!(count(json!({"ip": "203.0.113.7"})).await, 200);
    let from = daybook_event::timestamp_ms(walk_call(9).time);
    assert_eq!(
        count(json!({"timestamp": {"from": from}})).await,
        10,
        "from is inclusive"
    );
    assert_eq!(
        count(json!({"timestamp": {"to": from}})).await,
        190,
        "to is exclusive"
    );
    let entity = json!({"entity": {"type": "webhook config", "id": "id-3"}});
    assert_eq!(count(entity).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_search_is_named() {
    let up = shared_up();
    let token = up.token("mistakes").await.unwrap();
    for (body, word) in [
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 1001}), "limit"),
        (json!({"servce_name": "x"}), "servce_name"),
        (
            json!({"action": "destroy"}),
            "/action: it is none of create",
        ),
        (json!({"timestamp": {"from": "yesterday"}}), "from"),
        (json!({"cursor": "bm90IGEgY3Vyc29y"}), "cursor"),
        (json!([]), "object"),
    ] {
        let (status, answer) = up.search(&token, &body).await.unwrap();
        assert_eq!(status, 400, "{body}");
        assert_eq!(answer["status"], 400);
        let told = answer.to_string();
        assert!(told.contains(word), "{body}: {told}");
    }
    for path in [
        "/v1/logs/nonsense",
        "/v1/logs/00000000-0000-8000-8000-000000000000",
    ] {
        let answer = up.get(&token, path).await.unwrap();
        assert!(matches!(answer.status, 400 | 404), "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_visits_each_event_once_while_events_pour_in() {
    let up = shared_up();
    let token = up.token("pour").await.unwrap();
    let send = async |count: usize| {
        let lines: Vec<String> = (0..count)
            .map(|_| delete_call("pour").message(204, None))
            .collect();
        up.intake(&lines).await.unwrap();
    };
    send(60).await;
    let before: HashSet<String> = by_cursor(up, &token, 100).await.into_iter().collect();
    let mut visited = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut body = json!({"limit": 7});
        if !cursor.is_null() {
            body["cursor"] = cursor;
        }
        let (status, answer) = up.search(&token, &body).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        for log in answer["logs"].as_array().unwrap() {
            visited.push(log["id"].as_str().unwrap().to_owned());
        }
        send(5).await;
        cursor = answer["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let distinct: HashSet<String> = visited.iter().cloned().collect();
    assert_eq!(distinct.len(), visited.len(), "an event was visited twice");
    assert!(before.is_subset(&distinct), "an event was missed");
}

/// All events by `next_cursor`, then back by `prev_cursor`: the same ones in the other order.
async fn by_cursor(up: &daybook_tests::up::Up, token: &str, limit: u32) -> Vec<String> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut body = json!({"limit": limit});
    let mut last = loop {
        let (status, answer) = up.search(token, &body).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        pages.push(ids(&answer));
        if answer["next_cursor"].is_null() {
            break answer;
        }
        body["cursor"] = answer["next_cursor"].clone();
    };
    body["direction"] = json!("prev");
    for page in pages.iter().rev().skip(1) {
        body["cursor"] = last["prev_cursor"].clone();
        assert!(
            body["cursor"].is_string(),
            "a page before this one is there"
        );
        last = up.search(token, &body).await.unwrap().1;
        assert_eq!(&ids(&last), page, "the way back");
    }
    pages.concat()
}

fn ids(answer: &Value) -> Vec<String> {
    answer["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["id"].as_str().unwrap().to_owned())
        .collect()
}

fn walk_call(number: i64) -> Call {
    let (domain_name, resource) = [
        ("webhooks.sls.epilot.io", "/v1/webhooks/configs/{configId}"),
        ("user.sls.epilot.io", "/v2/users/{id}"),
        (
            "permissions.sls.epilot.io",
            "/v1/permissions/roles/{roleId}",
        ),
    ][usize::try_from(number % 3).unwrap()];
    // A base that does not move while the test runs.
    let base: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    Call {
        format: if number % 2 == 0 {
            Format::Rest
        } else {
            Format::Http
        },
        request_id: format!("walk-{number}"),
        time: base.checked_sub(SignedDuration::from_secs(number)).unwrap(),
        domain_name,
        method: "DELETE",
        resource,
        path: format!("{}/id-{number}", resource.rsplit_once('/').unwrap().0),
        org_id: Some("walk".to_owned()),
        body: None,
    }
}

fn status(number: i64) -> u16 {
    match number % 10 {
        0 => 403,
        5 => 500,
        _ => 204,
    }
}

fn check_fields(log: &Value) {
    for (value, fields) in [
        (log, FIELDS.as_slice()),
        (&log["caller"], &CALLER_FIELDS),
        (&log["http"], &HTTP_FIELDS),
        (&log["entity"], &["type", "id", "name"]),
        (&log["parent"], &["type", "id", "name"]),
    ] {
        for field in fields {
            assert!(
                value.get(field).is_some_and(|value| !value.is_null()),
                "{field} in {value}"
            );
        }
    }
}
