//! The page in a real browser: what a reader clicks is what happens.

use daybook_tests::browser;
use daybook_tests::events::Call;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{delete_call, shared_up};

/// What becomes of one thing, one event a day: made, changed, deleted; and others that are deleted.
fn calls() -> Vec<String> {
    // Those of one day at one moment, or midnight may fall between them.
    let now = Timestamp::now();
    let at = |days: i64, call: Call| Call {
        time: now - SignedDuration::from_hours(24 * days),
        ..call
    };
    let thing = |call: Call, method, body: Option<Value>| Call {
        method,
        path: "/v1/webhooks/configs/cfg-life".to_owned(),
        body,
        ..call
    };
    let put = |name: &str| thing(delete_call("browser"), "PUT", Some(json!({"name": name})));
    let mut calls = vec![
        at(3, put("Orders")).message(200, None),
        at(2, put("Orders to ERP")).message(200, None),
        at(0, thing(delete_call("browser"), "DELETE", None)).message(204, None),
    ];
    calls.extend((0..3).map(|_| at(8, delete_call("browser")).message(204, None)));
    calls.extend((0..60).map(|_| at(1, delete_call("browser")).message(403, None)));
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_finds_a_day_an_event_a_thing_and_takes_them_along() {
    let up = shared_up();
    up.intake(&calls()).await.unwrap();
    let token = up.token("browser").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let downloads = folder.path().join("downloads");
    std::fs::create_dir(&downloads).unwrap();
    let link = format!("{}/?token={token}", up.url);
    let pictures = std::env::var("DAYBOOK_PICTURES").ok();
    let mut arguments = vec![link.as_str(), downloads.to_str().unwrap()];
    arguments.extend(pictures.as_deref());
    let seen = browser::seen("page.mjs", &arguments, folder.path())
        .await
        .unwrap();

    assert_eq!(seen["address"], format!("{}/", up.url), "the token stays");
    assert_eq!(seen["tenant"], "browser");
    assert_eq!(seen["all"], "50 of 66 events");
    assert_eq!(seen["mended"], "No events");
    assert_eq!(seen["deleted"], "50 of 64 events");
    assert_eq!(seen["denied"], "50 of 60 events");
    assert_eq!(seen["services"], json!(["webhooks (64)"]));
    assert!(seen["bar"].as_str().unwrap().contains(": 3"), "{seen}");
    assert_eq!(seen["day"], "3 events");
    assert_eq!(seen["days"], 1);
    let times = seen["times"].as_array().unwrap();
    assert!(
        times
            .iter()
            .all(|time| time.as_str().unwrap().ends_with("T00:00"))
    );
    let exported = &seen["exported"];
    let name = exported["name"].as_str().unwrap();
    assert!(
        name.starts_with("daybook-") && name.contains(".csv"),
        "{name}"
    );
    let rows = exported["text"].as_str().unwrap().trim_end().split("\r\n");
    assert_eq!(rows.count(), 3 + 1, "the very filter of the screen");
    let deleted = "jane@example.com deleted webhook config cfg-life";
    assert_eq!(seen["sentence"], deleted);
    let life = seen["life"].as_array().unwrap();
    assert_eq!((life.len(), &life[0]), (3, &json!(deleted)));
    let changes = json!([
        "/name",
        "\"Orders\"",
        "\"Orders to ERP\"",
        "/name",
        "–",
        "\"Orders\""
    ]);
    assert_eq!(seen["changes"], changes);
    assert_eq!(seen["isDark"], true);
    assert_eq!(seen["isCrowded"], false);
    assert_eq!(seen["left"], 0, "what was read stays after signing out");
    // A mistake in the search bar is a 400, which browsers write to the console.
    let is_expected = |fault: &Value| fault.as_str().unwrap().contains("400 (Bad Request)");
    assert!(
        seen["faults"].as_array().unwrap().iter().all(is_expected),
        "{seen}"
    );
    assert_eq!(seen["foreign"], json!([]));
}
