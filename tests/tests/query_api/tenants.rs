//! One tenant at every address, with everything that another tenant has: nothing of it shows, not even
//! a different error.

use daybook_event::{AuditEvent, Caller, Entity, HttpRequest};
use daybook_tests::api::ServedApi;
use daybook_tests::http;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, store};

const MINE: &str = "tenants-mine";
const THEIRS: &str = "tenants-theirs";
const SECRET: &str = "Zq7secret";

/// What only they have, in every field.
fn theirs(number: u32) -> AuditEvent {
    let own = || format!("{SECRET}-{number}");
    AuditEvent {
        service_name: own(),
        event_name: own(),
        caller: Caller {
            user_email: own(),
            user_id: own(),
            name: own(),
            token_id: own(),
            ..Caller::default()
        },
        entity: Entity {
            kind: own(),
            id: own(),
            name: own(),
        },
        http: HttpRequest {
            ip: "198.51.100.9".to_owned(),
            method: "PURGE".to_owned(),
            ..HttpRequest::default()
        },
        activity: own(),
        detail: format!("{{\"a\":\"{}\"}}", own()),
        ..event(THEIRS, number)
    }
}

/// Every question that names something of theirs: method, address, body.
fn questions(secret: &Value) -> Vec<(bool, String, Value)> {
    let text = |pointer: &str| {
        secret
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let entity = text("/entity/id");
    let mut questions = Vec::new();
    let filters = [
        json!({"service_name": text("/service_name")}),
        json!({"event_name": text("/event_name")}),
        json!({"user": {"email": text("/caller/user_email")}}),
        json!({"user": {"user_id": text("/caller/user_id")}}),
        json!({"entity": {"type": text("/entity/type"), "include_children": true}}),
        json!({"entity": {"id": entity}}),
        json!({"ip": "198.51.100.9"}),
        json!({"ip": "198.51.100.0/24"}),
        json!({"method": "PURGE"}),
        json!({"q": SECRET}),
        json!({"q": format!("actor:{entity}")}),
        json!({"q": format!("entity:{entity}/{entity}")}),
        json!({"timestamp": {"from": text("/timestamp")}, "service_name": {"not": "workflow"}}),
    ];
    for filter in filters {
        questions.push((true, "/v1/logs".to_owned(), filter.clone()));
        questions.push((true, "/v1/logs/export".to_owned(), filter));
    }
    for parameter in [
        format!("service_name={entity}"),
        format!("user.email={entity}"),
        format!("entity.type={entity}"),
        format!("q={SECRET}"),
        "ip=198.51.100.9".to_owned(),
        "method=PURGE".to_owned(),
    ] {
        for address in ["/v1/logs/export", "/v1/logs/facets", "/v1/logs/histogram"] {
            questions.push((false, format!("{address}?{parameter}"), Value::Null));
        }
    }
    let history = format!("/v1/entities/{entity}/{entity}/history?include_children=true");
    questions.push((false, history, Value::Null));
    questions.push((false, format!("/v1/logs/{}", text("/id")), Value::Null));
    questions
}

/// The same question about what nobody has.
fn about_nothing(address: &str, body: &Value, secret: &Value) -> (String, Value) {
    let id = secret["id"].as_str().unwrap();
    let absent = |text: &str| {
        text.replace(SECRET, "Zq7nothing")
            .replace(id, "019aaa70-3e8b-8de7-b66a-cb7b41d820d7")
            .replace("198.51.100", "203.0.113")
            .replace("PURGE", "CHECKOUT")
    };
    let body = serde_json::from_str(&absent(&body.to_string())).unwrap();
    (absent(address), body)
}

async fn ask(
    api: &ServedApi,
    token: &str,
    is_post: bool,
    address: &str,
    body: &Value,
) -> http::Answer {
    let answer = if is_post {
        api.post(token, address, body).await
    } else {
        api.get(token, address).await
    };
    answer.unwrap()
}

/// What an answer says, but for its request's id and the clock.
fn told(answer: &http::Answer) -> (u16, Value) {
    let mut body = answer.json().unwrap_or_else(|_| json!(answer.text()));
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| name != "request_id" && name != "to");
    }
    (answer.status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_theirs_looks_like_what_nobody_has() {
    store((0..5).map(|number| event(MINE, number))).await;
    store((0..5).map(theirs)).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let (mine, their_token) = (api.token(MINE), api.token(THEIRS));
    let secret = api.logs(&their_token, &json!({})).await.unwrap()[0].clone();
    for (is_post, address, body) in questions(&secret) {
        let of_theirs = ask(&api, &mine, is_post, &address, &body).await;
        let name = format!("{address} {body}");
        assert!(!of_theirs.text().contains(THEIRS), "{name}");
        let (absent, absent_body) = about_nothing(&address, &body, &secret);
        let of_nothing = ask(&api, &mine, is_post, &absent, &absent_body).await;
        assert_eq!(told(&of_theirs), told(&of_nothing), "{name}");
        // And it does find it for whom it belongs to.
        let own = ask(&api, &their_token, is_post, &address, &body).await;
        assert_ne!(told(&own), told(&of_theirs), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_says_whose_events_they_are() {
    let (org_id, other) = ("tenants-headers", "tenants-headers-others");
    store((0..3).map(|number| event(org_id, number))).await;
    store((0..3).map(|number| event(other, number))).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let authorization = format!("Bearer {}", api.token(org_id));
    let hex = other
        .bytes()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    for name in [
        "X-Org-Id",
        "x-org-id",
        "X-ORG-ID",
        "X-Daybook-Org",
        "x-tenant-id",
        "x-amzn-oidc-data",
    ] {
        for value in [other, hex.as_str()] {
            let headers = [
                ("authorization", authorization.as_str()),
                ("content-type", "application/json"),
                (name, value),
                (name, value),
            ];
            for (method, path) in [
                (::http::Method::POST, "/v1/logs"),
                (::http::Method::POST, "/v1/logs/export"),
                (::http::Method::GET, "/v1/logs/export"),
                (::http::Method::GET, "/v1/logs/facets"),
                (::http::Method::GET, "/v1/logs/histogram"),
            ] {
                let url = format!("{}{path}", api.url);
                let answer = http::call(method, &url, &headers, "").await.unwrap();
                assert_eq!(answer.status, 200, "{name} {path}");
                assert!(!answer.text().contains(other), "{name} {path}");
            }
        }
    }
}
