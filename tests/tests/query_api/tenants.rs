//! One tenant at every address, with everything that another tenant has: nothing of it shows, not even
//! a different error.

use std::fmt::Write as _;

use daybook_event::{Action, AuditEvent, Caller, Entity, HttpRequest, Outcome};
use daybook_store::{Retention, TenantId};
use daybook_tests::api::ServedApi;
use daybook_tests::http;
use futures::{StreamExt as _, stream};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, event_at, served_with_eraser, store};

const MINE: &str = "tenants-mine";
const THEIRS: &str = "tenants-theirs";
const SECRET: &str = "Zq7secret";
/// A tenant has four places for erasures.
const AT_ONCE: usize = 4;
/// What only they have, and what nobody has; of the same length, by which an id may be taken for a person's.
const ABSENT: [(&str, &str); 8] = [
    (SECRET, "Zq7nobody"),
    ("198.51.100", "203.0.113"),
    ("PURGE", "CHECKOUT"),
    ("delete", "update"),
    ("failure", "success"),
    ("01T12", "01T15"),
    ("01T13", "01T16"),
    ("their-key", "other-key"),
];

/// What only they have, in every field.
fn theirs(org_id: &str, number: u32) -> AuditEvent {
    let own = || format!("{SECRET}-{number}");
    let start: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let entity = || Entity {
        kind: own(),
        id: own(),
        name: own(),
    };
    AuditEvent {
        service_name: own(),
        event_name: own(),
        action: Action::Delete,
        outcome: Outcome::Failure,
        caller: Caller {
            user_email: format!("{}@example.com", own()),
            user_id: own(),
            name: own(),
            token_id: own(),
            ..Caller::default()
        },
        entity: entity(),
        parent: entity(),
        http: HttpRequest {
            ip: "198.51.100.9".to_owned(),
            method: "PURGE".to_owned(),
            ..HttpRequest::default()
        },
        correlation_id: own(),
        activity: own(),
        detail: format!("{{\"a\":\"{}\"}}", own()),
        ..event_at(org_id, number, start + i64::from(number).seconds())
    }
}

/// Every filter, with what is theirs.
fn filters(own: &str) -> Vec<Value> {
    let mut filters = Vec::new();
    for (field, value) in [
        ("service_name", own),
        ("event_name", own),
        ("action", "delete"),
        ("outcome", "failure"),
        ("method", "PURGE"),
        ("ip", "198.51.100.9"),
        ("ip", "198.51.100.0/24"),
        ("correlation_id", own),
    ] {
        filters.push(json!({field: value}));
        let is_word = matches!(field, "action" | "outcome");
        let listed = if is_word {
            vec![value]
        } else {
            vec!["nobody", value]
        };
        filters.push(json!({field: listed}));
        filters.push(json!({field: {"not": value}}));
    }
    let address = format!("{own}@example.com");
    for (object, field, value) in [
        ("user", "email", address.as_str()),
        ("user", "user_id", own),
        ("entity", "type", own),
        ("entity", "id", own),
    ] {
        filters.push(json!({object: {field: value}}));
        filters.push(json!({object: {field: {"not": value}}}));
    }
    filters.push(json!({"entity": {"type": own, "id": own, "include_children": true}}));
    let noon = json!({"from": "2026-11-01T12:00:00Z", "to": "2026-11-01T13:00:00Z"});
    filters.push(json!({"timestamp": noon}));
    filters.push(json!({"ingested": noon, "sort": "ingested_at"}));
    for term in [
        SECRET,
        &format!("\"{own}\""),
        &format!("actor:{own}"),
        &format!("service:{own}"),
        &format!("operation:{own}"),
        &format!("entity:{own}"),
        &format!("entity:{own}/{own}"),
        &format!("correlation:{own}"),
        "action:delete",
        "outcome:failure",
        "method:PURGE",
        "ip:198.51.100.9",
        "ip:198.51.100.0/24",
    ] {
        filters.push(json!({"q": term}));
        filters.push(json!({"q": format!("-{term}")}));
    }
    filters.push(json!({"q": "after:2026-11-01T12:00:00Z before:2026-11-01T13:00:00Z"}));
    // Without a range, each further span of time is asked as well: not every time.
    let day = json!({"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"});
    for filter in filters.iter_mut().skip(1).step_by(2) {
        if filter.get("timestamp").is_none() {
            filter["timestamp"] = day.clone();
        }
    }
    filters
}

/// What is asked, with which `Idempotency-Key`.
#[derive(Debug, Clone)]
struct Question {
    method: ::http::Method,
    address: String,
    body: Value,
    key: &'static str,
}

fn get(address: impl Into<String>) -> Question {
    Question {
        method: ::http::Method::GET,
        address: address.into(),
        body: Value::Null,
        key: "",
    }
}

fn post(address: &str, body: Value) -> Question {
    Question {
        method: ::http::Method::POST,
        address: address.to_owned(),
        body,
        key: "",
    }
}

/// A filter as the parameters of an address.
fn parameters(prefix: &str, filter: &Value, parameters: &mut String) {
    match filter {
        Value::Object(members) => {
            for (name, value) in members {
                let dot = if prefix.is_empty() { "" } else { "." };
                self::parameters(&format!("{prefix}{dot}{name}"), value, parameters);
            }
        }
        Value::Array(values) => {
            for value in values {
                self::parameters(prefix, value, parameters);
            }
        }
        value => {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let value: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            write!(parameters, "&{prefix}={value}").unwrap();
        }
    }
}

/// A filter at every address that takes one.
fn with_filter(filter: &Value) -> Vec<Question> {
    let mut query = String::new();
    parameters("", filter, &mut query);
    let mut unsorted = filter.clone();
    unsorted.as_object_mut().unwrap().remove("sort");
    let mut unsorted_query = String::new();
    parameters("", &unsorted, &mut unsorted_query);
    vec![
        post("/v1/logs", filter.clone()),
        post("/v1/logs/export", filter.clone()),
        get(format!("/v1/logs/export?format=ocsf{query}")),
        get(format!(
            "/v1/logs/facets?field=service_name&field=action{unsorted_query}"
        )),
        get(format!("/v1/logs/histogram?by=outcome{unsorted_query}")),
    ]
}

/// Every question that names something of theirs, and the ids and cursors that they name.
async fn questions(api: &ServedApi, their_token: &str) -> (Vec<Question>, Vec<String>) {
    let newest = api
        .post(their_token, "/v1/logs", &json!({"limit": 2}))
        .await;
    let newest = newest.unwrap().json().unwrap();
    let secret = &newest["logs"][0];
    let own = secret["entity"]["id"].as_str().unwrap();
    let mut questions: Vec<Question> = filters(own).iter().flat_map(with_filter).collect();
    let id = secret["id"].as_str().unwrap().to_owned();
    questions.push(get(format!("/v1/logs/{id}")));

    let history = format!("/v1/entities/{own}/{own}/history?include_children=true");
    questions.push(get(&history));
    let cursor = newest["next_cursor"].as_str().unwrap().to_owned();
    for direction in ["next", "prev"] {
        let body = json!({"limit": 2, "cursor": cursor, "direction": direction});
        questions.push(post("/v1/logs", body));
    }
    let path = format!("/v1/entities/{SECRET}/7/history?limit=1");
    let older = api.get(their_token, &path).await.unwrap();
    let older = older.json().unwrap();
    let of_history = older["next_cursor"].as_str().unwrap().to_owned();
    questions.push(get(format!("{path}&cursor={of_history}")));

    for subject in [
        json!({"user_id": own}),
        json!({"email": format!("{own}@example.com")}),
        json!({"entity": {"type": own, "id": own}}),
        json!({"whole_tenant": true}),
    ] {
        let mut body = subject;
        body["reason"] = json!("a letter");
        body["dry_run"] = json!(true);
        let question = post("/v1/erasures", body);
        questions.push(Question {
            key: "their-key",
            ..question.clone()
        });
        questions.push(question);
    }
    let body = json!({"user_id": format!("{SECRET}-gone"), "reason": "a letter"});
    let begun = api.post(their_token, "/v1/erasures", &body).await.unwrap();
    assert_eq!(begun.status, 202, "{}", begun.text());
    let erasure = begun.json().unwrap()["erasure"]["id"].clone();
    let erasure = erasure.as_str().unwrap().to_owned();
    questions.push(get(format!("/v1/erasures/{erasure}")));
    questions.push(get("/v1/erasures"));
    questions.push(get("/v1/erasures?limit=1"));
    (questions, vec![id, cursor, of_history, erasure])
}

/// The same question about what nobody has; `ids` are those of theirs, and their cursors.
fn about_nothing(question: &Question, ids: &[String]) -> Question {
    let absent = |text: &str| {
        let mut absent = text.to_owned();
        for (theirs, nobodys) in ABSENT {
            absent = absent.replace(theirs, nobodys);
        }
        for id in ids {
            absent = absent.replace(id, &changed(id));
        }
        absent
    };
    Question {
        method: question.method.clone(),
        address: absent(&question.address),
        body: serde_json::from_str(&absent(&question.body.to_string())).unwrap(),
        key: if question.key.is_empty() {
            ""
        } else {
            "other-key"
        },
    }
}

/// An id or a cursor with another one of its hexadecimal digits or letters.
fn changed(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let middle = bytes.len() - 3;
    bytes[middle] = if bytes[middle] == b'a' { b'b' } else { b'a' };
    String::from_utf8(bytes).unwrap()
}

async fn ask(
    api: &ServedApi,
    token: &str,
    question: &Question,
    more: &[(&str, &str)],
) -> http::Answer {
    let authorization = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    headers.extend((!question.key.is_empty()).then_some(("idempotency-key", question.key)));
    headers.extend(more);
    let body = match &question.body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let url = format!("{}{}", api.url, question.address);
    http::call(question.method.clone(), &url, &headers, body)
        .await
        .unwrap()
}

/// What an answer says, but for its request's id and the clock.
fn told(answer: &http::Answer) -> (u16, Value) {
    let mut body = answer.json().unwrap_or_else(|_| json!(answer.text()));
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| name != "request_id" && name != "to");
    }
    let text = body.to_string();
    let text = text.replace("01T15", "01T12").replace("01T16", "01T13");
    (answer.status, serde_json::from_str(&text).unwrap())
}

/// Their events, one thing with two among them, and as many of mine.
async fn stored(mine: &str, theirs: &str) {
    store((0..5).map(|number| event(mine, number))).await;
    let twice = (5..7).map(|number| AuditEvent {
        entity: Entity {
            kind: SECRET.to_owned(),
            id: "7".to_owned(),
            name: String::new(),
        },
        ..self::theirs(theirs, number - 5)
    });
    let twice = twice.zip(10..).map(|(event, number)| AuditEvent {
        id: self::theirs(theirs, number).id,
        ..event
    });
    store(
        (0..5)
            .map(|number| self::theirs(theirs, number))
            .chain(twice),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_theirs_looks_like_what_nobody_has() {
    stored(MINE, THEIRS).await;
    let api = served_with_eraser().await;
    let (mine, their_token) = (api.token(MINE), api.token(THEIRS));
    let (questions, ids) = questions(&api, &their_token).await;
    assert!(questions.len() > 250, "{}", questions.len());
    stream::iter(&questions)
        .for_each_concurrent(AT_ONCE, async |question| {
            let of_theirs = ask(&api, &mine, question, &[]).await;
            assert!(!of_theirs.text().contains(THEIRS), "{question:?}");
            let absent = about_nothing(question, &ids);
            let of_nothing = ask(&api, &mine, &absent, &[]).await;
            assert_eq!(told(&of_theirs), told(&of_nothing), "{question:?}");
            // And it does find it for whom it belongs to.
            let own = ask(&api, &their_token, question, &[]).await;
            assert!(own.status < 300, "{question:?}: {}", own.text());
            assert_ne!(told(&own), told(&of_theirs), "{question:?}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_says_whose_events_or_erasures_they_are() {
    let (org_id, other) = ("tenants-headers", "tenants-headers-others");
    stored(org_id, other).await;
    let api = served_with_eraser().await;
    let (token, their_token) = (api.token(org_id), api.token(other));
    let secret = api.logs(&their_token, &json!({})).await.unwrap()[0].clone();
    let own = secret["entity"]["id"].as_str().unwrap();
    let body = json!({"user_id": own, "reason": "a letter"});
    let begun = api.post(&their_token, "/v1/erasures", &body).await.unwrap();
    let preview = json!({"whole_tenant": true, "reason": "a letter", "dry_run": true});
    let questions = [
        post("/v1/logs", json!({})),
        post("/v1/logs/export", json!({})),
        get("/v1/logs/export"),
        get("/v1/logs/facets?field=service_name"),
        get("/v1/logs/histogram"),
        get(format!("/v1/logs/{}", secret["id"].as_str().unwrap())),
        get(format!("/v1/entities/{own}/{own}/history")),
        get(begun.headers["location"].to_str().unwrap()),
        get("/v1/erasures"),
        post("/v1/erasures", preview),
    ];
    let hex = other
        .bytes()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    for question in &questions {
        let plain = ask(&api, &token, question, &[]).await;
        assert!(!plain.text().contains(other), "{question:?}");
        for name in [
            "X-Org-Id",
            "x-org-id",
            "X-ORG-ID",
            "X-Daybook-Org",
            "x-tenant-id",
            "x-amzn-oidc-data",
        ] {
            for value in [other, hex.as_str()] {
                let twice = [(name, value), (name, value)];
                let answer = ask(&api, &token, question, &twice).await;
                assert_eq!(told(&answer), told(&plain), "{name} {question:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_their_key_nor_their_legal_hold_is_of_my_erasure() {
    let (mine, theirs) = ("tenants-erasing", "tenants-held");
    stored(mine, theirs).await;
    let api = served_with_eraser().await;
    let (token, their_token) = (api.token(mine), api.token(theirs));
    let own = format!("{SECRET}-1");
    let thing = json!({"entity": {"type": own, "id": own}, "reason": "a letter"});
    let erase = Question {
        key: "their-key",
        ..post("/v1/erasures", thing)
    };
    let person = Question {
        key: "their-key",
        ..post(
            "/v1/erasures",
            json!({"user_id": format!("{SECRET}-gone"), "reason": "a letter"}),
        )
    };
    let id_of = |answer: &http::Answer| answer.json().unwrap()["erasure"]["id"].clone();
    let their_receipt = ask(&api, &their_token, &person, &[]).await;
    let credentials = clickhouse().passwords().eraser_credentials();
    let holds = Retention::new(clickhouse().endpoint(), &credentials).unwrap();
    let tenant = TenantId::new(theirs).unwrap();
    let held = Some((own.as_str(), own.as_str()));
    holds.hold(&tenant, held, true, "case 7").await.unwrap();
    assert_eq!(ask(&api, &their_token, &erase, &[]).await.status, 409);

    // What both answers say but for ids, hashes and times.
    let told = |answer: &http::Answer| {
        let mut erasure = answer.json().unwrap()["erasure"].clone();
        for name in ["id", "subject_hashes", "up_to", "reached", "copies_until"] {
            assert!(!erasure[name].take().is_null(), "{name}");
        }
        (answer.status, erasure)
    };
    for question in [&person, &erase] {
        let with_their_key = ask(&api, &token, question, &[]).await;
        assert_eq!(with_their_key.status, 202, "{}", with_their_key.text());
        let with_another = ask(&api, &token, &about_nothing(question, &[]), &[]).await;
        assert_eq!(told(&with_their_key), told(&with_another));
        assert_ne!(id_of(&with_their_key), id_of(&their_receipt));
        let foreign = get(format!(
            "/v1/erasures/{}",
            id_of(&with_their_key).as_str().unwrap()
        ));
        assert_eq!(ask(&api, &their_token, &foreign, &[]).await.status, 404);
    }
    let list = async |token: &str| {
        let list = ask(&api, token, &get("/v1/erasures"), &[]).await;
        let list = list.json().unwrap()["erasures"].as_array().unwrap().clone();
        list.iter()
            .map(|erasure| erasure["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&their_token).await, [id_of(&their_receipt)]);
    assert_eq!(list(&token).await.len(), 4);
    assert_eq!(api.logs(&their_token, &json!({})).await.unwrap().len(), 7);
}
