//! Facets and histograms, under the filters of a search.

use daybook_event::{Action, AuditEvent, Caller, Outcome};
use daybook_tests::api::ServedApi;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, event_at, store};

fn events(org_id: &str) -> Vec<AuditEvent> {
    let at = |number, time: &str| event_at(org_id, number, time.parse().unwrap());
    let of = |event: AuditEvent, service: &str, action, outcome| AuditEvent {
        service_name: service.to_owned(),
        action,
        outcome,
        caller: Caller {
            user_email: "jane@example.com".to_owned(),
            ..Caller::default()
        },
        ..event
    };
    let (deleted, created) = (Action::Delete, Action::Create);
    let (success, denied) = (Outcome::Success, Outcome::Denied);
    vec![
        // 23:30 in Berlin is the day before, 00:30 the same day.
        of(at(1, "2026-11-01T22:30:00Z"), "workflows", deleted, success),
        of(at(2, "2026-11-01T23:30:00Z"), "workflows", deleted, denied),
        of(at(3, "2026-11-02T10:00:00Z"), "workflows", created, success),
        of(at(4, "2026-11-05T10:00:00Z"), "billing", created, success),
        of(
            at(5, "2026-11-05T11:00:00Z"),
            "daybook",
            Action::Read,
            success,
        ),
    ]
}

async fn asked(api: &ServedApi, token: &str, address: &str) -> Value {
    let answer = api.get(token, address).await.unwrap();
    assert_eq!(answer.status, 200, "{address}: {}", answer.text());
    answer.json().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_count_what_the_filter_leaves() {
    store(events("facets")).await;
    store([event("facets-of-others", 1)]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token("facets");
    let all = asked(&api, &token, "/v1/logs/facets").await;
    assert_eq!(
        all["facets"],
        json!({
            "service_name": [{"value": "workflows", "count": 3}, {"value": "billing", "count": 1}],
            "event_name": [{"value": "deleteWorkflow", "count": 4}],
            "action": [{"value": "create", "count": 2}, {"value": "delete", "count": 2}],
            "outcome": [{"value": "success", "count": 3}, {"value": "denied", "count": 1}],
            "method": [],
            "user.email": [{"value": "jane@example.com", "count": 4}],
            "user.user_id": [],
            "entity.type": [],
        })
    );
    for (address, expected) in [
        (
            "/v1/logs/facets?field=service_name&field=outcome&q=action:delete",
            json!({"service_name": [{"value": "workflows", "count": 2}],
                   "outcome": [{"value": "denied", "count": 1}, {"value": "success", "count": 1}]}),
        ),
        (
            "/v1/logs/facets?field=service_name&limit=1",
            json!({"service_name": [{"value": "workflows", "count": 3}]}),
        ),
        (
            "/v1/logs/facets?field=service_name&service_name=daybook",
            json!({"service_name": [{"value": "daybook", "count": 1}]}),
        ),
        (
            "/v1/logs/facets?field=action&timestamp.from=2026-11-02T00:00:00Z&service_name.not=billing",
            json!({"action": [{"value": "create", "count": 1}]}),
        ),
    ] {
        assert_eq!(
            asked(&api, &token, address).await["facets"],
            expected,
            "{address}"
        );
    }
    // A token for one service counts what it may see.
    let narrow = api.token_for("facets", &["audit_log:view:service/billing"]);
    let seen = asked(&api, &narrow, "/v1/logs/facets?field=service_name").await;
    assert_eq!(
        seen["facets"],
        json!({"service_name": [{"value": "billing", "count": 1}]})
    );
    for wrong in [
        "field=colour",
        "limit=0",
        "limit=101",
        "sort=timestamp",
        "q=autor:x",
    ] {
        let answer = api.get(&token, &format!("/v1/logs/facets?{wrong}")).await;
        assert_eq!(answer.unwrap().status, 400, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_histogram_counts_by_the_clock_that_is_asked_for() {
    store(events("histogram")).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token("histogram");
    let range = "timestamp.from=2026-11-01T00:00:00Z&timestamp.to=2026-11-08T00:00:00Z";
    let bars = async |more: &str| {
        let address = format!("/v1/logs/histogram?{range}&{more}");
        let answer = asked(&api, &token, &address).await;
        assert_eq!(answer["from"], "2026-11-01T00:00:00.000Z");
        assert_eq!(answer["to"], "2026-11-08T00:00:00.000Z");
        let bars = answer["bars"].as_array().unwrap().iter();
        let bars: Vec<String> = bars
            .map(|bar| format!("{} {}", bar["start"].as_str().unwrap(), bar["count"]))
            .collect();
        (answer["bucket"].as_str().unwrap().to_owned(), bars)
    };
    let (bucket, by_day) = bars("").await;
    assert_eq!(bucket, "day");
    assert_eq!(
        by_day,
        [
            "2026-11-01T00:00:00.000Z 2",
            "2026-11-02T00:00:00.000Z 1",
            "2026-11-05T00:00:00.000Z 1"
        ]
    );
    let (_, in_berlin) = bars("time_zone=Europe/Berlin").await;
    assert_eq!(
        in_berlin,
        [
            "2026-10-31T23:00:00.000Z 1",
            "2026-11-01T23:00:00.000Z 2",
            "2026-11-04T23:00:00.000Z 1"
        ]
    );
    // An alias is told by the name that was asked for, and counted as its zone.
    let (_, in_india) = bars("time_zone=Asia/Calcutta").await;
    assert_eq!(in_india, bars("time_zone=Asia/Kolkata").await.1);
    assert_eq!(in_india[0], "2026-11-01T18:30:00.000Z 3");
    let alias = format!("/v1/logs/histogram?{range}&time_zone=Asia/Kolkata");
    assert_eq!(
        asked(&api, &token, &alias).await["time_zone"],
        "Asia/Kolkata"
    );
    assert_eq!(bars("time_zone=UTC").await.1, by_day);
    let (bucket, by_week) = bars("bucket=week").await;
    assert_eq!(bucket, "week");
    assert_eq!(
        by_week,
        ["2026-10-26T00:00:00.000Z 2", "2026-11-02T00:00:00.000Z 2"]
    );
    let address = format!("/v1/logs/histogram?{range}&by=outcome&q=service:workflows");
    let divided = asked(&api, &token, &address).await;
    assert_eq!(divided["bars"][0]["by"], json!({"success": 1, "denied": 1}));

    // Without a range, it begins with the first event.
    let whole = asked(&api, &token, "/v1/logs/histogram?bucket=month").await;
    assert_eq!(whole["from"], "2026-11-01T22:30:00.000Z");
    assert_eq!(whole["bars"][0]["count"], 4);
    let nothing = asked(
        &api,
        &api.token("histogram-of-nobody"),
        "/v1/logs/histogram",
    )
    .await;
    assert_eq!(
        (&nothing["from"], &nothing["bars"]),
        (&Value::Null, &json!([]))
    );
    // Six years are a million minutes: a wider bucket says as much.
    let address = "/v1/logs/histogram?bucket=minute&timestamp.from=2020-01-01T00:00:00Z";
    let wide = asked(&api, &token, address).await;
    assert!(["day", "week"].contains(&wide["bucket"].as_str().unwrap()));
    for wrong in [
        "time_zone=Europe/Atlantis",
        "time_zone=x%27y",
        // ClickHouse opens each of these as a file, and keeps what it makes of it.
        "time_zone=Europe//Berlin",
        "time_zone=Europe///Berlin",
        "time_zone=posix/Europe/Berlin",
        "time_zone=right/Europe/Berlin",
        "time_zone=europe/berlin",
        "bucket=year",
        "by=ip",
        "limit=1",
    ] {
        let address = format!("/v1/logs/histogram?{wrong}&timestamp.from=2020-01-01T00:00:00Z");
        let answer = api.get(&token, &address).await.unwrap();
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
}
