//! The proof of cursors: whatever the filter, the limit and the order, and whatever is stored
//! meanwhile, each event that was there before the first page is visited once, forward and back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use daybook_event::{Action, AuditEvent};
use daybook_tests::api::ServedApi;
use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::fixture::{clickhouse, event_at, numbers, store};

const CASES: u32 = 24;
const THREADS: u32 = 6;

/// Something that happened: few moments, so that many share one.
#[derive(Debug, Clone)]
struct Happening {
    millisecond: i64,
    ingested_millisecond: i64,
    action: Action,
    service: u8,
}

fn happening(ingested: std::ops::Range<i64>) -> impl Strategy<Value = Happening> {
    let actions = prop::sample::select(vec![Action::Create, Action::Update, Action::Delete]);
    (0_i64..8, ingested, actions, 0..3_u8).prop_map(
        |(millisecond, ingested_millisecond, action, service)| Happening {
            millisecond,
            ingested_millisecond,
            action,
            service,
        },
    )
}

fn happenings(
    ingested: std::ops::Range<i64>,
    count: usize,
) -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(ingested), 0..count)
}

fn base() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn events(org_id: &str, first: usize, happenings: &[Happening]) -> Vec<AuditEvent> {
    let made = happenings.iter().enumerate().map(|(index, happening)| {
        let number = u32::try_from(first + index).unwrap();
        let time = base() + happening.millisecond.milliseconds();
        AuditEvent {
            action: happening.action,
            service_name: format!("s{}", happening.service),
            ingested_at: base() + happening.ingested_millisecond.milliseconds(),
            ..event_at(org_id, number, time)
        }
    });
    made.collect()
}

fn tenant() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("cursors-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// One walk, there and back.
#[derive(Debug, Clone)]
struct Walk {
    before: Vec<Happening>,
    /// Stored while each page is read, late arrivals among them.
    meanwhile: Vec<Vec<Happening>>,
    filter: Value,
    sort: &'static str,
    limit: u32,
    /// Back first, and there again.
    begins_at_end: bool,
}

/// Any of a field's values, or none of them.
fn condition(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let some = prop::sample::subsequence(values, 1..=values.len());
    (some, any::<bool>()).prop_map(|(values, not)| {
        if not {
            json!({"not": values})
        } else {
            json!(values)
        }
    })
}

fn filter() -> impl Strategy<Value = Value> {
    let of_q = prop::sample::select(vec![
        "-action:delete",
        "workflow after:2026-11-01",
        "service:s1 action:update",
        "deleted -service:s2",
        "\"deleted workflow\"",
    ]);
    let range = (0_i64..5, 0_i64..5).prop_map(|(from, length)| {
        let time = |ms: i64| (base() + ms.milliseconds()).to_string();
        json!({"from": time(from), "to": time(from + length)})
    });
    let fields = (
        prop::option::of(condition(&["create", "update", "delete"])),
        prop::option::of(condition(&["s0", "s1", "s2"])),
        prop::option::weighted(0.3, range),
        prop::option::weighted(0.3, of_q.prop_map(|q| json!(q))),
    );
    fields.prop_map(|(action, service_name, timestamp, q)| {
        let fields = [
            ("action", action),
            ("service_name", service_name),
            ("timestamp", timestamp),
            ("q", q),
        ];
        let asked = fields.into_iter();
        let asked = asked.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(asked.collect())
    })
}

fn walk() -> impl Strategy<Value = Walk> {
    let sorts = prop::sample::select(vec!["-timestamp", "timestamp", "ingested_at"]);
    // What comes later is ingested later: those who sort by that wait for it to settle.
    let meanwhile = prop::collection::vec(happenings(100..110, 4), 0..4);
    let from_where = any::<bool>();
    (
        happenings(0..8, 30),
        meanwhile,
        filter(),
        sorts,
        1_u32..8,
        from_where,
    )
        .prop_map(
            |(before, meanwhile, filter, sort, limit, begins_at_end)| Walk {
                before,
                meanwhile,
                filter,
                sort,
                limit,
                begins_at_end,
            },
        )
}

/// The numbers of each page, in the order in which they were come to: away from where the walk began, and
/// from where it turned.
struct Walked {
    away: Vec<Vec<u32>>,
    home: Vec<Vec<u32>>,
}

impl Walked {
    /// The numbers in the order of the search.
    fn in_order(self, begins_at_end: bool) -> [Vec<u32>; 2] {
        let reversed = |pages: Vec<Vec<u32>>| pages.into_iter().rev().flatten().collect();
        if begins_at_end {
            [reversed(self.away), self.home.concat()]
        } else {
            [self.away.concat(), reversed(self.home)]
        }
    }
}

async fn walk_there_and_back(api: &ServedApi, walk: &Walk) -> (Walked, Vec<u32>) {
    let org_id = tenant();
    store(events(&org_id, 0, &walk.before)).await;
    let token = api.token(&org_id);
    let mut body = walk.filter.clone();
    body["sort"] = json!(walk.sort);
    body["limit"] = json!(1000);
    let expected = numbers(&api.logs(&token, &body).await.unwrap());

    body["limit"] = json!(walk.limit);
    let (onward, backward) = if walk.begins_at_end {
        body["direction"] = json!("prev");
        ("prev_cursor", "next_cursor")
    } else {
        ("next_cursor", "prev_cursor")
    };
    let mut stored = walk.before.len();
    let mut meanwhile = walk.meanwhile.iter();
    let (mut away, mut home) = (Vec::new(), Vec::new());
    let last = loop {
        let more = meanwhile.next().map_or(&[][..], Vec::as_slice);
        let storing = store(events(&org_id, stored, more));
        let (answer, ()) = tokio::join!(page(api, &token, &body), storing);
        stored += more.len();
        away.push(numbers(answer["logs"].as_array().unwrap()));
        if answer[onward].is_null() {
            break answer;
        }
        body["cursor"] = answer[onward].clone();
        body.as_object_mut().unwrap().remove("direction");
    };
    body.as_object_mut().unwrap().remove("direction");
    home.push(away[away.len() - 1].clone());
    let mut answer = last;
    while !answer[backward].is_null() {
        body["cursor"] = answer[backward].clone();
        answer = page(api, &token, &body).await;
        home.push(numbers(answer["logs"].as_array().unwrap()));
    }
    (Walked { away, home }, expected)
}

async fn page(api: &ServedApi, token: &str, body: &Value) -> Value {
    let answer = api.post(token, "/v1/logs", body).await.unwrap();
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json().unwrap()
}

/// The events of before in the order of the answer, and no event twice.
fn check(seen: &[u32], expected: &[u32]) -> Result<(), TestCaseError> {
    let known: BTreeSet<_> = expected.iter().collect();
    let of_before: Vec<_> = seen
        .iter()
        .filter(|number| known.contains(number))
        .collect();
    prop_assert!(
        of_before.iter().copied().eq(expected),
        "{of_before:?} {expected:?}"
    );
    let distinct: BTreeSet<_> = seen.iter().collect();
    prop_assert_eq!(distinct.len(), seen.len());
    Ok(())
}

/// Runs the cases on several threads: each case waits for ClickHouse most of its time.
fn run<S: Strategy + Sync>(
    strategy: &S,
    test: impl Fn(&Runtime, &ServedApi, S::Value) -> Result<(), TestCaseError> + Sync,
) where
    S::Value: std::fmt::Debug,
{
    let run_some = || {
        let runtime = Runtime::new().unwrap();
        let api = runtime.block_on(ServedApi::start(clickhouse())).unwrap();
        let config = Config {
            cases: CASES / THREADS,
            max_shrink_iters: 64,
            failure_persistence: None,
            ..Config::default()
        };
        let result = TestRunner::new(config).run(strategy, |value| test(&runtime, &api, value));
        if let Err(TestError::Fail(why, value)) = result {
            panic!("{why}: {value:?}");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(run_some);
        }
    });
}

#[test]
fn forward_and_back_each_event_of_before_is_visited_once_and_in_order() {
    run(&walk(), |runtime, api, walk| {
        let (walked, expected) = runtime.block_on(walk_there_and_back(api, &walk));
        for seen in walked.in_order(walk.begins_at_end) {
            check(&seen, &expected)?;
        }
        Ok(())
    });
}

/// Each page of six events says whether there are others behind and in front of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_by_its_number_leads_on_both_ways_from_whichever_end_it_was_counted() {
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let org_id = tenant();
    let many = (0..6).map(|number| Happening {
        millisecond: number,
        ingested_millisecond: number,
        action: Action::Create,
        service: 0,
    });
    store(events(&org_id, 0, &many.collect::<Vec<_>>())).await;
    let token = api.token(&org_id);
    for (direction, page_number, expected) in [
        ("next", 0, [0, 1]),
        ("next", 1, [2, 3]),
        ("next", 2, [4, 5]),
        ("prev", 0, [4, 5]),
        ("prev", 1, [2, 3]),
        ("prev", 2, [0, 1]),
    ] {
        let body = json!({
            "sort": "timestamp", "limit": 2, "page": page_number, "direction": direction,
        });
        let answer = page(&api, &token, &body).await;
        assert_eq!(
            numbers(answer["logs"].as_array().unwrap()),
            expected,
            "{body}"
        );
        assert_eq!(answer["next_cursor"].is_null(), expected[1] == 5, "{body}");
        assert_eq!(answer["prev_cursor"].is_null(), expected[0] == 0, "{body}");
    }
}

/// Events are stored up to `SETTLES_MS` after the moment that they say.
const SETTLES_MS: i64 = 5;

#[test]
fn who_pulls_by_time_of_storing_and_waits_for_it_to_settle_misses_none() {
    let delayed = (happening(0..40), 0..SETTLES_MS);
    let strategy = (prop::collection::vec(delayed, 1..40), 1_u32..6, 2_i64..9);
    run(&strategy, |runtime, api, (delayed, limit, step_ms)| {
        let pulled = runtime.block_on(pull(api, &delayed, limit, step_ms));
        let expected: Vec<u32> = (0..u32::try_from(delayed.len()).unwrap()).collect();
        let mut numbers = pulled.clone();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, expected);
        let times: Vec<_> = pulled
            .iter()
            .map(|number| delayed[*number as usize].0.ingested_millisecond)
            .collect();
        prop_assert!(times.is_sorted(), "{:?}", times);
        Ok(())
    });
}

/// Pulls every few milliseconds of a made-up clock what has settled by then.
async fn pull(api: &ServedApi, delayed: &[(Happening, i64)], limit: u32, step_ms: i64) -> Vec<u32> {
    let org_id = tenant();
    let token = api.token(&org_id);
    let mut arrivals: BTreeMap<i64, Vec<AuditEvent>> = BTreeMap::new();
    for (index, (happening, delay_ms)) in delayed.iter().enumerate() {
        let made = events(&org_id, index, std::slice::from_ref(happening));
        let at = happening.ingested_millisecond + delay_ms;
        arrivals.entry(at).or_default().extend(made);
    }
    let mut pulled = Vec::new();
    let (mut now, mut from) = (0, 0);
    while from < 41 {
        let later = arrivals.split_off(&(now + 1));
        let arrived: Vec<_> = std::mem::replace(&mut arrivals, later)
            .into_values()
            .flatten()
            .collect();
        if !arrived.is_empty() {
            store(arrived).await;
        }
        let to = (now - SETTLES_MS).max(from);
        let time = |ms: i64| (base() + ms.milliseconds()).to_string();
        let mut body = json!({
            "sort": "ingested_at", "limit": limit, "total": "none",
            "ingested": {"from": time(from), "to": time(to)},
        });
        loop {
            let answer = page(api, &token, &body).await;
            pulled.extend(numbers(answer["logs"].as_array().unwrap()));
            if answer["next_cursor"].is_null() {
                break;
            }
            body["cursor"] = answer["next_cursor"].clone();
        }
        (now, from) = (now + step_ms, to);
    }
    pulled
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_was_changed_or_is_of_another_tenant_or_search_is_refused() {
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let org_id = tenant();
    let many: Vec<Happening> = (0..5)
        .map(|number| Happening {
            millisecond: number,
            ingested_millisecond: number,
            action: Action::Create,
            service: 0,
        })
        .collect();
    store(events(&org_id, 0, &many)).await;
    let token = api.token(&org_id);
    let first = page(&api, &token, &json!({"limit": 2})).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let status = async |token: &str, body: Value| {
        let answer = api.post(token, "/v1/logs", &body).await.unwrap();
        (answer.status, answer.json().unwrap()["detail"].to_string())
    };
    let refused = status(&token, json!({"cursor": "x"})).await;
    assert_eq!(refused.0, 400);
    // Its limit may change; nothing else may.
    assert_eq!(
        status(&token, json!({"cursor": cursor, "limit": 3}))
            .await
            .0,
        200
    );
    for body in [
        json!({"cursor": cursor, "sort": "timestamp"}),
        json!({"cursor": cursor, "action": "create"}),
        json!({"cursor": cursor, "q": "workflow"}),
        json!({"cursor": ""}),
        json!({"cursor": format!("{cursor}A")}),
        json!({"cursor": &cursor[1..]}),
    ] {
        assert_eq!(status(&token, body).await, refused);
    }
    for index in 0..cursor.len() {
        let mut changed = cursor.as_bytes().to_vec();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            status(&token, json!({"cursor": changed})).await,
            refused,
            "{index}"
        );
    }
    let other = api.token("cursors-of-others");
    assert_eq!(status(&other, json!({"cursor": cursor})).await, refused);
}
