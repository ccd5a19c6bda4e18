//! Every filter finds what it says, and nothing else.

use daybook_event::{Action, AuditEvent, Outcome};
use daybook_store::{EntityName, Filter, Match, Search, TenantId, TimeRange};
use daybook_tests::clickhouse::ClickHouse;
use jiff::ToSpan;
use tokio::sync::OnceCell;

use crate::fixture::{ask, clickhouse, event, store, tenant};

/// Six events that differ in everything; numbers are their places.
async fn six() -> TenantId {
    static STORED: OnceCell<()> = OnceCell::const_new();
    let tenant = tenant("filters");
    let name = tenant.clone();
    STORED
        .get_or_init(|| async move {
            let events: Vec<_> = (0..6).map(|number| varied(&name, number)).collect();
            store(&events).await;
        })
        .await;
    tenant
}

fn varied(tenant: &TenantId, number: u32) -> AuditEvent {
    let mut event = event(tenant, number);
    let pick = |texts: [&str; 3]| texts[number as usize % 3].to_owned();
    event.service_name = pick(["workflow", "user", "daybook"]);
    event.event_name = pick(["deleteWorkflow", "inviteUser", "readLog"]);
    event.action = [Action::Delete, Action::Create, Action::Read][number as usize % 3];
    event.outcome = [
        Outcome::Success,
        Outcome::Denied,
        Outcome::Failure,
        Outcome::Unknown,
        Outcome::Success,
        Outcome::Denied,
    ][number as usize];
    event.http.method = pick(["DELETE", "POST", "GET"]);
    event.http.ip = pick(["203.0.113.7", "2001:db8::1", ""]);
    event.caller.user_email = pick(["jane@example.com", "joe's@example.com", ""]);
    event.caller.user_id = pick(["u1", "u2", ""]);
    event.caller.token_id = pick(["", "", "t1"]);
    event.entity.kind = pick(["workflow", "user", "log"]);
    event.entity.id = format!("e{number}");
    event.entity.name = format!("Onboarding 100% _{number}");
    "workflow".clone_into(&mut event.parent.kind);
    event.parent.id = pick(["", "e0", ""]);
    event.correlation_id = format!("c{}", number / 2);
    event.activity = format!("jane DELETED the Überweisung number {number}");
    event.detail = format!(r#"{{"note":"half of it's gone","n":{number}}}"#);
    event.ingested_at = event.timestamp + 1.hour();
    event
}

async fn found(filter: Filter) -> Vec<u32> {
    let tenant = six().await;
    let search = Search {
        filter,
        ..Search::default()
    };
    let reader = clickhouse().reader().unwrap();
    let page = reader.search(&tenant, &search).await.unwrap();
    assert_eq!(page.total, Some(page.events.len() as u64));
    let mut numbers: Vec<_> = page
        .events
        .iter()
        .map(|found| {
            (0..6)
                .find(|&number| varied(&tenant, number) == *found)
                .expect("one of the six, unchanged")
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

fn any(values: &[&str]) -> Match<String> {
    Match::any_of(values.iter().map(|&value| value.to_owned()))
}

fn none(values: &[&str]) -> Match<String> {
    Match::none_of(values.iter().map(|&value| value.to_owned()))
}

macro_rules! filter {
    ($($field:ident: $value:expr),* $(,)?) => {
        Filter { $($field: $value,)* ..Filter::default() }
    };
}

#[tokio::test]
async fn each_field_with_values_and_without() {
    let cases: Vec<(Filter, &[u32])> = vec![
        (filter! {}, &[0, 1, 2, 3, 4, 5]),
        (filter! { service_name: any(&["workflow"]) }, &[0, 3]),
        (
            filter! { service_name: any(&["workflow", "user"]) },
            &[0, 1, 3, 4],
        ),
        (filter! { service_name: none(&["workflow"]) }, &[1, 2, 4, 5]),
        (
            filter! { hide_service: Some("daybook".to_owned()) },
            &[0, 1, 3, 4],
        ),
        (filter! { event_name: any(&["inviteUser"]) }, &[1, 4]),
        (
            filter! { event_name: none(&["inviteUser", "readLog"]) },
            &[0, 3],
        ),
        (filter! { action: Match::any_of([Action::Create]) }, &[1, 4]),
        (
            filter! { action: Match::none_of([Action::Create]) },
            &[0, 2, 3, 5],
        ),
        (filter! { method: any(&["GET", "POST"]) }, &[1, 2, 4, 5]),
        (filter! { method: none(&["GET"]) }, &[0, 1, 3, 4]),
        (filter! { user_email: any(&["joe's@example.com"]) }, &[1, 4]),
        (filter! { user_email: none(&[""]) }, &[0, 1, 3, 4]),
        (filter! { user_id: any(&["u1"]) }, &[0, 3]),
        (filter! { user_id: none(&["u1"]) }, &[1, 2, 4, 5]),
        (filter! { token_id: any(&["t1"]) }, &[2, 5]),
        (filter! { token_id: none(&["t1"]) }, &[0, 1, 3, 4]),
        (filter! { ip: any(&["2001:db8::1"]) }, &[1, 4]),
        (filter! { ip: none(&["2001:db8::1"]) }, &[0, 2, 3, 5]),
        (filter! { correlation_id: any(&["c0"]) }, &[0, 1]),
        (filter! { correlation_id: none(&["c0", "c1"]) }, &[4, 5]),
        (filter! { entity_type: any(&["user"]) }, &[1, 4]),
        (filter! { entity_id: any(&["e0"]) }, &[0]),
        (filter! { entity_id: none(&["e0"]) }, &[1, 2, 3, 4, 5]),
        (filter! { entity_id: any(&["e' OR 1 --"]) }, &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn failure_includes_denied_unless_denied_is_ruled_out() {
    let cases: [(Match<Outcome>, &[u32]); 5] = [
        (Match::any_of([Outcome::Success]), &[0, 4]),
        (Match::any_of([Outcome::Denied]), &[1, 5]),
        (Match::any_of([Outcome::Failure]), &[1, 2, 5]),
        (Match::none_of([Outcome::Failure]), &[0, 3, 4]),
        (
            Match {
                any_of: vec![Outcome::Failure],
                none_of: vec![Outcome::Denied],
            },
            &[2],
        ),
    ];
    for (outcome, expected) in cases {
        let filter = filter! { outcome: outcome };
        assert_eq!(found(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn an_entity_is_found_with_what_is_part_of_it() {
    let of_workflow_e0 = |include_children| {
        filter! {
            entity_type: any(&["workflow"]),
            entity_id: any(&["e0"]),
            include_children: include_children,
        }
    };
    assert_eq!(found(of_workflow_e0(false)).await, [0]);
    assert_eq!(found(of_workflow_e0(true)).await, [0, 1, 4]);

    let without_e0 = filter! { entity_id: none(&["e0"]), include_children: true };
    assert_eq!(found(without_e0).await, [2, 3, 5]);
}

#[tokio::test]
async fn a_time_range_begins_with_its_start_and_ends_before_its_end() {
    let tenant = six().await;
    let at = |number| varied(&tenant, number).timestamp;
    let range = |from, to| TimeRange { from, to };
    let cases: [(TimeRange, &[u32]); 5] = [
        (range(Some(at(1)), Some(at(3))), &[1, 2]),
        (range(Some(at(4)), None), &[4, 5]),
        (range(None, Some(at(1))), &[0]),
        (range(Some(at(1) + 1.nanosecond()), None), &[2, 3, 4, 5]),
        (range(Some(at(3)), Some(at(1))), &[]),
    ];
    for (range, expected) in cases {
        let by_request = filter! { timestamp: range };
        assert_eq!(found(by_request).await, expected, "{range:?}");
        let hour = |time: Option<jiff::Timestamp>| time.map(|time| time + 1.hour());
        let ingested = TimeRange {
            from: hour(range.from),
            to: hour(range.to),
        };
        let by_ingestion = filter! { ingested: ingested };
        assert_eq!(found(by_ingestion).await, expected, "{ingested:?}");
    }
}

#[tokio::test]
async fn every_word_must_occur_somewhere_in_any_case() {
    let cases: [(&[&str], &[u32]); 9] = [
        (&["deleted"], &[0, 1, 2, 3, 4, 5]),
        (&["üBERWEISUNG"], &[0, 1, 2, 3, 4, 5]),
        (&["NUMBER 3"], &[3]),
        (&["number 3", "number 4"], &[]),
        (&["onboarding", "it's gone", "jane"], &[0, 1, 2, 3, 4, 5]),
        (&["100% _5"], &[5]),
        (&["%"], &[0, 1, 2, 3, 4, 5]),
        (&["", "number 2"], &[2]),
        (&["absent"], &[]),
    ];
    for (words, expected) in cases {
        let filter = filter! { words: words.iter().map(|&word| word.to_owned()).collect() };
        assert_eq!(found(filter).await, expected, "{words:?}");
    }
}

#[tokio::test]
async fn a_word_stands_behind_a_line_and_between_the_signs_of_any_language() {
    let tenant = tenant("signs");
    let mut told = event(&tenant, 1);
    told.detail = serde_json::json!({
        "note": "one line\nTotal 500\t\u{201e}Onboarding\u{201c}\r\nQ3\u{2013}Plan \u{1f680}Launch",
        "greeting": "\u{645}\u{631}\u{62d}\u{628}\u{627}\u{60c} \u{627}\u{644}\u{639}\u{627}\u{644}\u{645}",
        "path": r"C:\new\CORP\jane",
        "says": r#"he said "hi there""#,
    })
    .to_string();
    "\u{5de5}\u{4f5c}\u{6d41}\u{300c}\u{5165}\u{804c}\u{300d}".clone_into(&mut told.entity.name);
    "Jane\u{a0}Roe ran C:\\new.exe".clone_into(&mut told.activity);
    let other = event(&tenant, 2);
    store(&[told.clone(), other.clone()]).await;
    let found = async |words: &str, without: bool| {
        let said = vec![words.to_owned()];
        let filter = if without {
            filter! { without_words: said }
        } else {
            filter! { words: said }
        };
        let search = Search {
            filter,
            ..Search::default()
        };
        let page = clickhouse()
            .reader()
            .unwrap()
            .search(&tenant, &search)
            .await
            .unwrap();
        page.events
            .into_iter()
            .map(|event| event.id)
            .collect::<Vec<_>>()
    };
    let there = [
        "total",
        "TOTAL 500",
        "onboarding",
        "plan",
        "q3\u{2013}plan",
        "new",
        r"C:\new",
        r"corp\jane",
        r"line\nTotal",
        "launch",
        "\u{645}\u{631}\u{62d}\u{628}\u{627}",
        r#"said "hi there""#,
        r#""note":"one"#,
        "\u{5165}\u{804c}",
        "roe",
        "Jane\u{a0}Roe",
        "new.exe",
    ];
    let settings = "mutations_sync=1";
    // As a part is that was just stored, and as one that was merged.
    for sql in ["SELECT 1", "ALTER TABLE events MATERIALIZE INDEX searched"] {
        let answer = ask(
            clickhouse(),
            &ClickHouse::administrator(),
            settings,
            &[],
            sql,
        )
        .await;
        assert_eq!(answer.code(), None, "{}", answer.text);
        for words in there {
            assert_eq!(found(words, false).await, [told.id], "{words}");
            assert_eq!(found(words, true).await, [other.id], "{words}");
        }
        for absent in ["ntotal", "ew", "nq3", "hi nowhere"] {
            assert!(found(absent, false).await.is_empty(), "{absent}");
        }
    }
}

#[tokio::test]
async fn conditions_on_several_fields_are_all_met() {
    let filter = filter! {
        service_name: none(&["daybook"]),
        outcome: Match::any_of([Outcome::Failure]),
        user_id: any(&["u2"]),
        words: vec!["number 1".to_owned()],
    };
    assert_eq!(found(filter).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_several_things_is_found_by_each_of_them() {
    let tenant = tenant("several-things");
    let ids = ["41,42", "42", "420", "4", "", "cn=a,ou=b"];
    let events: Vec<_> = (0..)
        .zip(ids)
        .map(|(number, id)| {
            let mut event = event(&tenant, number);
            "workflow".clone_into(&mut event.entity.kind);
            id.clone_into(&mut event.entity.id);
            event
        })
        .collect();
    store(&events).await;
    let reader = clickhouse().reader().unwrap();
    let found = async |filter: Filter| {
        let search = Search {
            filter,
            ..Search::default()
        };
        let page = reader.search(&tenant, &search).await.unwrap();
        let mut found: Vec<_> = page.events.into_iter().map(|it| it.entity.id).collect();
        found.sort_unstable();
        found
    };
    let named = |id: &str| EntityName {
        kind: "workflow".to_owned(),
        id: Some(id.to_owned()),
    };
    for (id, expected) in [
        ("42", &["41,42", "42"][..]),
        ("41", &["41,42"]),
        ("4", &["4"]),
        ("", &[""]),
        ("41,42", &["41,42"]),
        ("42,41", &[]),
        ("cn=a,ou=b", &["cn=a,ou=b"]),
    ] {
        assert_eq!(
            found(filter!(entity_id: any(&[id]))).await,
            expected,
            "{id}"
        );
        let entity = Match::any_of([named(id)]);
        assert_eq!(found(filter!(entity: entity)).await, expected, "{id}");
        let mut others: Vec<_> = ids
            .into_iter()
            .filter(|it| !expected.contains(it))
            .collect();
        others.sort_unstable();
        assert_eq!(found(filter!(entity_id: none(&[id]))).await, others, "{id}");
        let entity = Match::none_of([named(id)]);
        assert_eq!(found(filter!(entity: entity)).await, others, "{id}");
    }
    let two = filter!(entity_id: any(&["4", "cn=a,ou=b", "41"]));
    assert_eq!(found(two).await, ["4", "41,42", "cn=a,ou=b"]);
}
