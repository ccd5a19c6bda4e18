//! Events that are too long for one answer, as on Lambda: nobody is kept from what lies behind them.

use daybook_client::{Client, Search};
use daybook_event::{Action, AuditEvent, Change, Entity, HttpRequest, Outcome};
use daybook_tests::api::ServedApi;
use futures::TryStreamExt as _;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, numbers, store};

const ANSWER_BYTES_MAX: usize = 400_000;
const KIND: &str = "catalogue";

/// Puts of a thing: ten, of which the third is longer than an answer, and five more a fifth of one each.
fn events(org_id: &str) -> Vec<AuditEvent> {
    let made = |number: u32| {
        let bytes = match number {
            3 => 2 * ANSWER_BYTES_MAX,
            5..10 => ANSWER_BYTES_MAX / 3,
            _ => 10,
        };
        AuditEvent {
            changes: match number {
                4 => vec![Change {
                    field: "/rows".to_owned(),
                    before: "1".repeat(ANSWER_BYTES_MAX),
                    after: "2".to_owned(),
                }],
                _ => Vec::new(),
            },
            ..put(org_id, number, &"x".repeat(bytes))
        }
    };
    (0..10).map(made).collect()
}

fn put(org_id: &str, number: u32, rows: &str) -> AuditEvent {
    AuditEvent {
        action: Action::Update,
        outcome: Outcome::Success,
        entity: Entity {
            kind: KIND.to_owned(),
            id: "1".to_owned(),
            name: String::new(),
        },
        http: HttpRequest {
            method: "PUT".to_owned(),
            path: "/things/1".to_owned(),
            ..HttpRequest::default()
        },
        detail: json!({"rows": rows, "number": number}).to_string(),
        ..event(org_id, number)
    }
}

async fn served(org_id: &str, events: Vec<AuditEvent>) -> (ServedApi, String) {
    store(events).await;
    let api = ServedApi::start_with(clickhouse(), |api| {
        api.answer_bytes_max = Some(ANSWER_BYTES_MAX);
    });
    let api = api.await.unwrap();
    let token = api.token(org_id);
    (api, token)
}

fn detail(log: &Value) -> Value {
    serde_json::from_str(log["detail"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_too_long_is_refused_and_one_event_alone_never_is() {
    let (api, token) = served("too-long", events("too-long")).await;
    let whole = api.post(&token, "/v1/logs", &json!({})).await.unwrap();
    assert_eq!(whole.status, 422);
    let kind = whole.json().unwrap()["type"].clone();
    assert_eq!(kind, "urn:daybook:problem:page-too-large");

    let mut body = json!({"limit": 1});
    let mut found = Vec::new();
    loop {
        let answer = api.post(&token, "/v1/logs", &body).await.unwrap();
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        assert!(answer.text().len() <= ANSWER_BYTES_MAX);
        let answer = answer.json().unwrap();
        found.push(answer["logs"][0].clone());
        if answer["next_cursor"].is_null() {
            break;
        }
        body["cursor"] = answer["next_cursor"].clone();
    }
    assert!(numbers(&found).into_iter().eq((0..10).rev()));
    let [left_out, changes, whole] = [3, 4, 5].map(|number: usize| &found[9 - number]);
    let bytes = &detail(left_out)["$truncated"]["request"]["original_bytes"];
    assert!(bytes.as_u64() > Some(2 * ANSWER_BYTES_MAX as u64));
    assert_eq!(changes["changes"], json!([]));
    assert_eq!(detail(changes)["number"], 4);
    let bytes = &detail(changes)["$truncated"]["before"]["original_bytes"];
    assert_eq!(*bytes, ANSWER_BYTES_MAX);
    assert!(detail(whole).get("$truncated").is_none());

    let path = format!("/v1/logs/{}", left_out["id"].as_str().unwrap());
    let one = api.get(&token, &path).await.unwrap();
    assert_eq!((one.status, &one.json().unwrap()["log"]), (200, left_out));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_holds_no_more_of_a_read_than_it_may_and_sends_one_event_whole() {
    let org_id = "too-long-to-hold";
    let patch = |number, name: &str, bytes| AuditEvent {
        http: HttpRequest {
            method: "PATCH".to_owned(),
            ..HttpRequest::default()
        },
        detail: json!({name: "x".repeat(bytes)}).to_string(),
        ..put(org_id, number, "")
    };
    let names = ["a", "b", "c", "d"];
    let long = (0..).zip(names);
    let long = long.map(|(number, name)| patch(number, name, ANSWER_BYTES_MAX / 3));
    store(long.chain([patch(4, "d", 2 * ANSWER_BYTES_MAX)])).await;
    let api = ServedApi::start_with(clickhouse(), |api| api.events_bytes_max = ANSWER_BYTES_MAX);
    let api = api.await.unwrap();
    let token = api.token(org_id);
    for (limit, status) in [(2, 422), (1, 200)] {
        let body = json!({"limit": limit});
        let page = api.post(&token, "/v1/logs", &body).await.unwrap();
        assert_eq!(page.status, status, "{}", page.text());
        let address = format!("/v1/entities/{KIND}/1/history?limit={limit}");
        let history = api.get(&token, &address).await.unwrap();
        assert_eq!(history.status, status, "{}", history.text());
        if limit == 1 {
            assert!(page.text().len() > 2 * ANSWER_BYTES_MAX);
            // What was read before it, one of four, says what it changed.
            let history = history.json().unwrap();
            let changes = &history["history"][0]["changes"];
            assert_eq!(
                changes[0]["before"].as_str().map(str::len),
                Some(ANSWER_BYTES_MAX / 3 + 2)
            );
            assert_eq!(history["changes_are_bounded"], true);
        } else {
            let kind = page.json().unwrap()["type"].clone();
            assert_eq!(kind, "urn:daybook:problem:page-too-large");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_gets_all_of_them() {
    let org_id = "too-long-for-a-client";
    let (api, token) = served(org_id, events(org_id)).await;
    let client = Client::new(&api.url, &token).unwrap();
    let found: Vec<_> = client
        .events(Search::default().limit(500))
        .try_collect()
        .await
        .unwrap();
    let numbers = found.iter().map(|event| event.correlation_id.as_str());
    assert!(numbers.eq(["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]));
}

/// Where the changes of a step are from, how many there are, and whether the answer says that some may lack.
type Told = (String, usize, bool);

/// Every step of the thing's history, oldest first, each asked for by itself.
async fn steps(api: &ServedApi, token: &str) -> Vec<(Told, Value)> {
    let path = format!("/v1/entities/{KIND}/1/history?limit=1");
    let mut cursor = String::new();
    let mut steps = Vec::new();
    loop {
        let answer = api.get(token, &format!("{path}{cursor}")).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().len() <= ANSWER_BYTES_MAX);
        let answer = answer.json().unwrap();
        let step = &answer["history"][0];
        let from = step["changes_from"].as_str().unwrap().to_owned();
        let changes = step["changes"].as_array().unwrap().len();
        let is_bounded = answer["changes_are_bounded"] == true;
        steps.push(((from, changes, is_bounded), step["log"].clone()));
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    steps.reverse();
    steps
}

fn told(from: &str, changes: usize, is_bounded: bool) -> Told {
    (from.to_owned(), changes, is_bounded)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_goes_past_them() {
    let org_id = "too-long-a-life";
    let (api, token) = served(org_id, events(org_id)).await;
    let path = format!("/v1/entities/{KIND}/1/history?limit=50");
    let whole = api.get(&token, &path).await.unwrap();
    assert_eq!(whole.status, 422);
    let steps = steps(&api, &token).await;
    // What the third one changed is as long as its body; of the fourth the service said it.
    assert_eq!(steps[2].0, told("bodies", 1, false));
    assert_eq!(steps[3].0, told("none", 0, true));
    assert_eq!(steps[4].0, told("given", 0, true));
    assert_eq!(steps[6].0, told("bodies", 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_body_and_what_it_changed_the_longer_one_is_left_out() {
    let org_id = "too-long-before";
    let long = "x".repeat(2 * ANSWER_BYTES_MAX);
    let short = "y".repeat(20 * 1024);
    let rows = [&long, &long, &short];
    let events = (0..)
        .zip(rows)
        .map(|(number, rows)| put(org_id, number, rows));
    let (api, token) = served(org_id, events.collect()).await;
    let steps = steps(&api, &token).await;
    let bytes_of_rows = |log| detail(log)["rows"].as_str().map(str::len);
    let [_, (same_rows, same), (other_rows, other)] = steps.as_slice() else {
        panic!("{} steps", steps.len());
    };
    assert_eq!(*same_rows, told("bodies", 1, false));
    assert_eq!(bytes_of_rows(same), None);
    assert_eq!(*other_rows, told("none", 0, true));
    assert_eq!(bytes_of_rows(other), Some(short.len()));
}
