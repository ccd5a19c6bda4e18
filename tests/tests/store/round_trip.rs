//! Hard values come back as they went in.

use std::collections::BTreeMap;

use daybook_event::{
    Action, ActivityPart, ActivityPartKind, AuditEvent, Caller, CallerType, Change, Entity,
    HttpRequest, Outcome,
};
use daybook_store::{Search, TenantId};
use jiff::Timestamp;

use crate::fixture::{clickhouse, event, event_at, everything, exported, store, tenant};

const HARD_TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b\0",
    "'; DROP TABLE events; --",
    "\\' \\\\ \\n \t \r\n",
    "\"`{}[]()%?_??fields {p0:String}",
    "👩‍👩‍👧‍👦 é e\u{301} ß İ",
    "\u{202e}olleh\u{200f} שלום مرحبا",
    "9223372036854775808",
    "18446744073709551616",
    "203.0.113.7",
    "2001:db8::ff00:42:8329",
    "::ffff:203.0.113.7",
    "\u{feff}\u{10ffff}\u{1}",
];

fn hard_event(tenant: &TenantId, number: u32, text: &str) -> AuditEvent {
    let text = || text.to_owned();
    let entity = || Entity {
        kind: text(),
        id: text(),
        name: text(),
    };
    let map = || BTreeMap::from([(text(), text()), ("x".to_owned(), text())]);
    AuditEvent {
        service_name: text(),
        event_name: text(),
        action: Action::ALL[number as usize % Action::ALL.len()],
        outcome: Outcome::ALL[number as usize % Outcome::ALL.len()],
        status_code: u16::MAX,
        caller: Caller {
            kind: CallerType::ALL[number as usize % CallerType::ALL.len()],
            user_id: text(),
            user_email: text(),
            name: text(),
            token_id: text(),
        },
        entity: entity(),
        parent: entity(),
        http: HttpRequest {
            method: text(),
            path: text(),
            resource: text(),
            domain_name: text(),
            stage: text(),
            ip: text(),
            user_agent: text(),
            headers: map(),
            query: map(),
            path_params: map(),
        },
        correlation_id: text(),
        activity: text(),
        activity_parts: ActivityPartKind::ALL
            .iter()
            .map(|&kind| ActivityPart {
                kind,
                text: text(),
                word: text(),
            })
            .collect(),
        detail: text(),
        changes: vec![
            Change {
                field: text(),
                before: text(),
                after: text(),
            },
            Change::default(),
        ],
        reason: text(),
        privacy: text(),
        source_url: text(),
        source: text(),
        schema_version: u16::MAX,
        spec_version: text(),
        described: number.is_multiple_of(2),
        redacted: vec![text(), text()],
        expires_at: "2299-12-31T23:59:58.999Z".parse().unwrap(),
        ..event(tenant, number)
    }
}

async fn assert_comes_back(tenant: &TenantId, events: Vec<AuditEvent>) {
    store(&events).await;
    let reader = clickhouse().reader().unwrap();
    let mut newest_first = events;
    newest_first.sort_by_key(|event| std::cmp::Reverse(event.timestamp));
    assert_eq!(everything(&reader, tenant).await.events, newest_first);
    let exported = exported(&reader, tenant, &Search::default()).await;
    assert_eq!(exported, newest_first);
    for event in newest_first.into_iter().take(50) {
        assert_eq!(reader.get(tenant, event.id).await.unwrap(), Some(event));
    }
}

#[tokio::test]
async fn hard_texts_in_every_field() {
    let tenant = tenant("hard-texts");
    let events = (0..)
        .zip(HARD_TEXTS)
        .map(|(number, text)| hard_event(&tenant, number, text))
        .collect();
    assert_comes_back(&tenant, events).await;
}

#[tokio::test]
async fn the_first_and_the_last_year_and_whole_milliseconds() {
    let tenant = tenant("hard-years");
    let times = [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.001Z",
        "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:16Z",
        "2299-12-31T23:59:59.999Z",
    ];
    let events = (0..)
        .zip(times)
        .map(|(number, time)| {
            let time: Timestamp = time.parse().unwrap();
            let mut event = event_at(&tenant, number, time);
            event.ingested_at = time;
            event
        })
        .collect();
    assert_comes_back(&tenant, events).await;
}

#[tokio::test]
async fn maps_of_five_hundred_keys_and_a_mebibyte_of_detail() {
    let tenant = tenant("hard-sizes");
    let mut wide = event(&tenant, 0);
    wide.http.query = (0..500)
        .map(|number| (format!("key {number}"), format!("value '{number}'")))
        .collect();
    let mut long = event(&tenant, 1);
    long.detail = "{\"a\":\"é\\u0000\"}".repeat(70_000);
    assert!(long.detail.len() > 1 << 20);
    long.redacted = (0..500).map(|number| format!("/items/{number}")).collect();
    assert_comes_back(&tenant, vec![wide, long]).await;
}

#[tokio::test]
async fn words_that_are_all_different_in_one_batch() {
    let tenant = tenant("hard-words");
    // More than one byte can count.
    let events: Vec<_> = (0..9_000)
        .map(|number| AuditEvent {
            event_name: format!("operation{number}"),
            service_name: format!("service{}", number % 300),
            ..event(&tenant, number)
        })
        .collect();
    assert_comes_back(&tenant, events).await;
}

#[tokio::test]
async fn a_tenant_may_have_any_printable_name() {
    for name in [
        "o'; --",
        "Ünïcode 👩‍👩‍👧‍👦",
        "a\\b%00",
        "x".repeat(512).as_str(),
        "%41",
        "61",
    ] {
        let tenant = TenantId::new(name).unwrap();
        assert_comes_back(&tenant, vec![event(&tenant, 0), event(&tenant, 1)]).await;
    }
}

#[tokio::test]
async fn an_event_without_a_tenant_is_for_operators_only() {
    let reserved = TenantId::unattributed();
    let lost = event(&reserved, 4_711);
    store(std::slice::from_ref(&lost)).await;
    let reader = clickhouse().reader().unwrap();
    assert_eq!(
        reader.get(&reserved, lost.id).await.unwrap(),
        Some(lost.clone())
    );
    let similar = tenant("unattributed");
    assert_eq!(reader.get(&similar, lost.id).await.unwrap(), None);
}
