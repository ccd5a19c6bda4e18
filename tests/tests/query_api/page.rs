//! The page in a real browser, over an API with the bounds of a Lambda: what is rare, and what must not happen.

use daybook_event::{AuditEvent, Caller, Outcome};
use daybook_tests::api::ServedApi;
use daybook_tests::browser;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::fixture::{clickhouse, event, event_at, store};

const ANSWER_BYTES_MAX: usize = 400_000;

fn by(caller: (&str, &str), event: AuditEvent) -> AuditEvent {
    let (email, name) = caller;
    AuditEvent {
        caller: Caller {
            user_email: email.to_owned(),
            name: name.to_owned(),
            ..Caller::default()
        },
        outcome: Outcome::Success,
        ..event
    }
}

/// Sixty, one a day, of which the newest five fill more than an answer, and one alone does.
fn long(org_id: &str) -> Vec<AuditEvent> {
    let start: Timestamp = "2025-08-20T00:00:00Z".parse().unwrap();
    let made = (0..60).map(|number| {
        let bytes = match number {
            30 => 2 * ANSWER_BYTES_MAX,
            55.. => ANSWER_BYTES_MAX / 4,
            _ => 0,
        };
        AuditEvent {
            detail: json!({"rows": "x".repeat(bytes)}).to_string(),
            ..by(
                ("jane@example.com", ""),
                event_at(org_id, number, start + (24 * i64::from(number)).hours()),
            )
        }
    });
    made.collect()
}

/// Two in the first of the hours that the clocks of Berlin show twice, one in the second, and two in the last
/// minutes: one of them by a clock that is ahead.
fn in_time(org_id: &str) -> Vec<AuditEvent> {
    let now = Timestamp::now();
    let times = [
        "2025-10-26T00:05:00Z",
        "2025-10-26T00:30:00Z",
        "2025-10-26T00:40:00Z",
        "2025-10-26T01:30:00Z",
    ];
    let times = times.into_iter().map(|time| time.parse().unwrap());
    let times = times.chain([now - 10.minutes(), now + 4.minutes()]);
    let made = (0..)
        .zip(times)
        .map(|(number, time)| event_at(org_id, number, time));
    made.map(|event| by(("jane@example.com", ""), event))
        .collect()
}

fn actors(org_id: &str) -> Vec<AuditEvent> {
    let callers = [
        ("jane@example.com", "Jane \"JJ\" Roe"),
        ("", "CORP\\jane"),
        ("tom@example.com", "Tom"),
    ];
    let made = (0..).zip(callers).map(|(number, caller)| {
        let (email, name) = caller;
        let actor = if email.is_empty() { name } else { email };
        AuditEvent {
            activity: format!("{actor} deleted user Tom"),
            ..by(caller, event(org_id, number))
        }
    });
    let client = AuditEvent {
        caller: Caller {
            user_id: "aBcD1234@clients".to_owned(),
            ..Caller::default()
        },
        ..by(("", ""), event(org_id, 3))
    };
    made.chain([client]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rare_on_the_page_is_right_as_well() {
    store(long("page-long")).await;
    store(in_time("page-time")).await;
    store(actors("page-actors")).await;
    let api = ServedApi::start_with(clickhouse(), |api| {
        api.answer_bytes_max = Some(ANSWER_BYTES_MAX);
    });
    let api = api.await.unwrap();
    let short = ServedApi::start_with(clickhouse(), |api| api.range_days_max = Some(1));
    let short = short.await.unwrap();
    let link = |org_id: &str| format!("{}/?token={}", api.url, api.token(org_id));
    let links = json!({
        "long": link("page-long"),
        "time": link("page-time"),
        "actors": link("page-actors"),
        "day": format!("{}/?token={}", short.url, short.token("page-time")),
        "tokens": [api.token("page-actors"), api.token("page-time")],
    });
    let folder = tempfile::tempdir().unwrap();
    let links = links.to_string();
    let seen = browser::seen("corners.mjs", &[&links], folder.path())
        .await
        .unwrap();

    assert_eq!(seen["long"], json!(["60 events", "leads on"]), "{seen}");
    assert_eq!(
        seen["limit"], 50,
        "the next search asks for as few as the last"
    );
    assert_eq!(seen["day"], json!(["24h", "2 events"]), "{seen}");
    // The bar's own number, what it leads to, and the moments in the address.
    let hours = json!([
        [
            "2",
            "2 events",
            "2025-10-26T00:10:00.125Z",
            "2025-10-26T01:00:00.000Z"
        ],
        [
            "1",
            "1 event",
            "2025-10-26T01:00:00.000Z",
            "2025-10-26T02:00:00.000Z"
        ],
    ]);
    assert_eq!(seen["hours"], hours, "{seen}");
    assert_eq!(
        seen["shown"],
        json!(["2025-10-26T02:10:00.125", "2025-10-26T02:00"])
    );
    assert_eq!(
        seen["again"], "2 events",
        "an address with local times is read"
    );
    assert_eq!(seen["isInside"], true, "a bar lies outside of the picture");
    assert_eq!(
        seen["counting"],
        json!({"old": "hidden", "listed": 60, "new": "shown"})
    );
    assert_eq!(
        seen["actors"],
        json!([
            "1 event",
            "1 event",
            "1 event",
            "1 event",
            "1 event",
            "No events"
        ])
    );
    assert_eq!(seen["quoted"], "3 events");
    assert_eq!(seen["names"], json!(["jane@example.com"]));
    assert_eq!(
        seen["dialog"],
        json!({"selected": "open", "padding": "open", "outside": "closed"})
    );
    assert_eq!(
        seen["signedOut"],
        json!({"search": "", "form": "", "left": ""})
    );
    assert_eq!(
        seen["other"],
        json!({"asked": [], "back": []}),
        "one tenant's filters in another's log"
    );
    let bare = json!({"addresses": ["", ""], "asked": [], "back": ["", ""], "askedBack": []});
    assert_eq!(seen["same"], bare, "filters outlive a sign-out");
    assert_eq!(seen["expired"], json!({"same": "Tom", "other": ""}));
    assert_eq!(
        seen["reloaded"],
        json!({"same": "Tom", "other": "", "signedOut": ""})
    );
    assert_eq!(seen["faults"], json!([]));
}
