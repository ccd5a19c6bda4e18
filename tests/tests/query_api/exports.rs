//! Exports in each form: the same events, all of them, and nothing that is a formula.

use daybook_event::AuditEvent;
use daybook_tests::api::ServedApi;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, store};

/// More than one piece that the store reads at once.
const EVENTS: u32 = 4_500;

#[tokio::test(flavor = "multi_thread")]
async fn each_form_has_every_event_of_the_filter() {
    let org_id = "exports";
    store((0..EVENTS).map(|number| event(org_id, number))).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let exported = async |body: Value| {
        let answer = api.post(&token, "/v1/logs/export", &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let content_type = answer.headers["content-type"].to_str().unwrap().to_owned();
        (content_type, answer.text())
    };
    let numbers = |range: std::ops::Range<u32>| range.rev().map(|number| number.to_string());

    let (content_type, ndjson) = exported(json!({})).await;
    assert_eq!(content_type, "application/x-ndjson");
    let found = ndjson.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["correlation_id"].as_str().unwrap().to_owned()
    });
    assert!(found.eq(numbers(0..EVENTS)));

    let (content_type, ocsf) = exported(json!({"format": "ocsf"})).await;
    assert_eq!(content_type, "application/x-ndjson");
    let found = ocsf.lines().map(|line| {
        let activity: Value = serde_json::from_str(line).unwrap();
        assert_eq!(activity["class_uid"], 6003);
        let id = &activity["metadata"]["correlation_uid"];
        id.as_str().unwrap().to_owned()
    });
    assert!(found.eq(numbers(0..EVENTS)));

    let (content_type, csv) = exported(json!({"format": "csv"})).await;
    assert!(content_type.starts_with("text/csv"), "{content_type}");
    let rows: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert!(rows[0].starts_with("\"timestamp\",\"activity\""));
    assert_eq!(rows.len(), EVENTS as usize + 1);
    let filter = "q=correlation:7%20correlation:8&format=csv";
    let answer = api.get(&token, &format!("/v1/logs/export?{filter}")).await;
    assert_eq!(answer.unwrap().text().lines().count(), 3);
    let answer = api
        .get(&token, "/v1/logs/export?format=xlsx")
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_spreadsheet_would_calculate_is_text() {
    let org_id = "export-formulas";
    let formula = AuditEvent {
        activity: "=HYPERLINK(\"http://evil.example\",\"x\")".to_owned(),
        reason: "@SUM(1)\r\nsecond line, with a comma".to_owned(),
        ..event(org_id, 1)
    };
    store([formula]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let answer = api
        .get(&api.token(org_id), "/v1/logs/export?format=csv")
        .await
        .unwrap()
        .text();
    assert!(
        answer.contains(r#","'=HYPERLINK(""http://evil.example"",""x"")","#),
        "{answer}"
    );
    assert!(
        answer.contains("\"'@SUM(1)\r\nsecond line, with a comma\""),
        "{answer}"
    );
    let nothing = api
        .get(&api.token("export-of-nobody"), "/v1/logs/export?format=csv")
        .await;
    assert_eq!(nothing.unwrap().text().lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_cut_off_says_so_in_each_form() {
    let org_id = "export-bounds";
    store((0..100).map(|number| event(org_id, number))).await;
    let api = ServedApi::start_with(clickhouse(), |api| api.answer_bytes_max = Some(20_000))
        .await
        .unwrap();
    let token = api.token(org_id);
    for (format, says_so) in [
        (
            "ndjson",
            "{\"error\":{\"type\":\"urn:daybook:problem:export-too-large\"",
        ),
        (
            "ocsf",
            "{\"error\":{\"type\":\"urn:daybook:problem:export-too-large\"",
        ),
        ("csv", "\"# This export was cut off here\",\"{\"\"type\"\":"),
    ] {
        let answer = api
            .get(&token, &format!("/v1/logs/export?format={format}"))
            .await;
        let text = answer.unwrap().text();
        assert!(text.len() <= 20_000, "{format}");
        let last = text.lines().last().unwrap();
        assert!(last.starts_with(says_so), "{format}: {last}");
    }
}
