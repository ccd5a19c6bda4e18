//! Erasures over HTTP: hidden at once, in one tenant alone, once for each key, and never from under a
//! legal hold.

use std::time::Duration;

use daybook_client::{Client, ClientError, Erasure, Subject};
use daybook_event::{AuditEvent, Caller, Entity};
use daybook_store::{Retention, TenantId};
use daybook_tests::api::ServedApi;
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::http::Answer;
use http::Method;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, eraser, event, served_with_eraser, store};

const JANE: &str = "U-7c9e6679-7425";
const JANE_EMAIL: &str = "jane.roe@example.com";
const TIME_MAX: Duration = Duration::from_mins(3);

/// Lets ClickHouse give up replaced files at once, and not after a minute.
async fn hasten() {
    let administrator = ClickHouse::administrator();
    let headers = [
        ("x-clickhouse-user", administrator.user.as_str()),
        ("x-clickhouse-key", administrator.password.as_str()),
    ];
    let endpoint = clickhouse().endpoint();
    let url = format!("{}/?database={}", endpoint.url, endpoint.database);
    let sql = "ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1";
    let answer = daybook_tests::http::post(&url, &headers, sql)
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Events of Jane, and as many of Tom.
async fn stored(org_id: &str) {
    let by_jane = (0..4).map(|number| AuditEvent {
        caller: Caller {
            user_id: JANE.to_owned(),
            user_email: JANE_EMAIL.to_owned(),
            ..Caller::default()
        },
        entity: Entity {
            kind: "order".to_owned(),
            id: "O-1".to_owned(),
            name: String::new(),
        },
        ..event(org_id, number)
    });
    store(by_jane).await;
    store((4..8).map(|number| event(org_id, number))).await;
}

async fn ask(api: &ServedApi, token: &str, key: &str, body: &Value) -> Answer {
    let authorization = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    headers.extend((!key.is_empty()).then_some(("idempotency-key", key)));
    let url = format!("{}/v1/erasures", api.url);
    let answer = daybook_tests::http::call(Method::POST, &url, &headers, body.to_string());
    answer.await.unwrap()
}

/// Whether a tenant's readers find Jane, wherever they look.
async fn finds_jane(api: &ServedApi, token: &str, id: &str) -> Vec<bool> {
    let mut found = Vec::new();
    for path in [
        "/v1/logs/export?format=csv".to_owned(),
        "/v1/logs/facets?field=user.email".to_owned(),
        "/v1/entities/order/O-1/history".to_owned(),
        format!("/v1/logs/{id}"),
    ] {
        let answer = api.get(token, &path).await.unwrap();
        found.push(answer.text().contains(JANE_EMAIL));
    }
    let body = json!({"q": format!("actor:{JANE}")});
    found.push(!api.logs(token, &body).await.unwrap().is_empty());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_hidden_at_once_and_verified_in_the_end_and_only_of_the_tenant() {
    let (mine, theirs) = ("erasures-mine", "erasures-theirs");
    hasten().await;
    stored(mine).await;
    stored(theirs).await;
    let api = served_with_eraser().await;
    let (token, their_token) = (api.token(mine), api.token(theirs));
    let of_jane = json!({"user": {"user_id": JANE}});
    let id = |logs: &[Value]| logs[0]["id"].as_str().unwrap().to_owned();
    let my_id = id(&api.logs(&token, &of_jane).await.unwrap());
    let their_id = id(&api.logs(&their_token, &of_jane).await.unwrap());
    assert_eq!(finds_jane(&api, &token, &my_id).await, [true; 5]);

    let body = json!({"email": JANE_EMAIL, "reason": "letter of 24 Nov", "dry_run": true});
    let preview = api.post(&token, "/v1/erasures", &body).await.unwrap();
    assert_eq!(preview.status, 200, "{}", preview.text());
    let preview = preview.json().unwrap();
    assert_eq!(preview["preview"]["rows"][0]["own"], 4);
    assert_eq!(preview["preview"]["linked_identifiers"], 1);
    assert_eq!(finds_jane(&api, &token, &my_id).await, [true; 5]);

    let body = json!({"email": JANE_EMAIL, "reason": "letter of 24 Nov"});
    let begun = ask(&api, &token, "", &body).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let location = begun.headers["location"].to_str().unwrap().to_owned();
    let receipt = begun.json().unwrap()["erasure"].clone();
    let erasure_id = receipt["id"].as_str().unwrap();
    assert_eq!(location, format!("/v1/erasures/{erasure_id}"));
    assert_eq!(receipt["state"], "hidden");
    assert_eq!(receipt["scope"], "email");
    assert_eq!(receipt["reason"], "letter of 24 Nov");
    assert_eq!(receipt["subject_hashes"].as_array().unwrap().len(), 2);
    assert!(!receipt.to_string().contains("jane"), "{receipt}");
    assert_eq!(finds_jane(&api, &token, &my_id).await, [false; 5]);
    assert_eq!(api.logs(&token, &json!({})).await.unwrap().len(), 4);
    // The same person in another tenant is somebody else.
    assert_eq!(finds_jane(&api, &their_token, &their_id).await, [true; 5]);

    eraser()
        .run_to_end(erasure_id.parse().unwrap(), TIME_MAX)
        .await
        .unwrap();
    let verified = api.get(&token, &location).await.unwrap().json().unwrap();
    assert_eq!(verified["erasure"]["state"], "verified");
    let states = verified["erasure"]["reached"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|reached| reached["state"].clone()).collect();
    assert_eq!(states, ["requested", "hidden", "removed", "verified"]);
    let list = api.get(&token, "/v1/erasures").await.unwrap();
    assert_eq!(
        list.json().unwrap()["erasures"],
        json!([verified["erasure"]])
    );
    // That it was done stays.
    let own = json!({"service_name": "daybook", "entity": {"type": "erasure", "id": erasure_id}});
    assert_eq!(api.logs(&token, &own).await.unwrap().len(), 1);

    // Of another tenant's erasure nothing shows: as if there were none.
    let unknown = "/v1/erasures/5c0e7f3a-9d4b-8a21-b7c6-1f2e3d4c5b6a";
    let told = async |path: &str| {
        let answer = api.get(&their_token, path).await.unwrap();
        let mut body = answer.json().unwrap();
        body.as_object_mut().unwrap().remove("request_id");
        (answer.status, body)
    };
    let foreign = told(&location).await;
    assert_eq!(foreign.0, 404);
    assert_eq!(foreign, told(unknown).await);
    assert_eq!(told("/v1/erasures").await, (200, json!({"erasures": []})));
    assert_eq!(finds_jane(&api, &their_token, &their_id).await, [true; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_for_all_services_erases_and_only_where_somebody_does() {
    let org_id = "erasures-permissions";
    stored(org_id).await;
    let api = served_with_eraser().await;
    let unknown = "/v1/erasures/5c0e7f3a-9d4b-8a21-b7c6-1f2e3d4c5b6a";
    let body = json!({"user_id": JANE, "reason": "a letter"});
    for permissions in [
        &[][..],
        &["audit_log:view", "audit_log:export"],
        &["audit_log:erase:service/workflow"],
        &["audit_log:erase", "audit_log:view:service/workflow"],
    ] {
        let token = api.token_for(org_id, permissions);
        let answers = [
            api.post(&token, "/v1/erasures", &body).await.unwrap(),
            api.get(&token, "/v1/erasures").await.unwrap(),
            api.get(&token, unknown).await.unwrap(),
        ];
        for answer in answers {
            assert_eq!(answer.status, 403, "{permissions:?}");
        }
    }
    let only = api.token_for(org_id, &["audit_log:erase"]);
    assert_eq!(
        api.post(&only, "/v1/logs", &json!({}))
            .await
            .unwrap()
            .status,
        403
    );

    let elsewhere = ServedApi::start(clickhouse()).await.unwrap();
    let token = elsewhere.token(org_id);
    for answer in [
        elsewhere.post(&token, "/v1/erasures", &body).await.unwrap(),
        elsewhere.get(&token, "/v1/erasures").await.unwrap(),
        elsewhere.get(&token, unknown).await.unwrap(),
    ] {
        assert_eq!(answer.status, 501);
        let problem = answer.json().unwrap();
        assert_eq!(problem["type"], "urn:daybook:problem:erasures-not-set-up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_begins_one_erasure_however_often_and_in_one_tenant() {
    let (org_id, other) = ("erasures-keys", "erasures-keys-others");
    stored(org_id).await;
    stored(other).await;
    let api = served_with_eraser().await;
    let token = api.token(org_id);
    let body = json!({"user_id": JANE, "reason": "a letter"});
    let asked = (0..4).map(|_| ask(&api, &token, "key-1", &body));
    let mut ids: Vec<String> = Vec::new();
    for answer in futures::future::join_all(asked).await {
        assert_eq!(answer.status, 202, "{}", answer.text());
        ids.push(id_of(&answer));
    }
    ids.push(id_of(&ask(&api, &token, "key-1", &body).await));
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let list = async |token: &str| {
        let list = api.get(token, "/v1/erasures").await.unwrap();
        list.json().unwrap()["erasures"].as_array().unwrap().len()
    };
    assert_eq!(list(&token).await, 1);
    // Another request, or another tenant's, is another erasure.
    let thing = json!({"entity": {"type": "order", "id": "O-1"}, "reason": "a letter"});
    assert_ne!(id_of(&ask(&api, &token, "key-1", &thing).await), ids[0]);
    let theirs = ask(&api, &api.token(other), "key-1", &body).await;
    assert_ne!(id_of(&theirs), ids[0]);
    assert_eq!((list(&token).await, list(&api.token(other)).await), (2, 1));
    for key in ["a b", &"k".repeat(257)] {
        assert_eq!(ask(&api, &token, key, &body).await.status, 400, "{key}");
    }
}

fn id_of(answer: &Answer) -> String {
    let answer = answer.json().unwrap();
    answer["erasure"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_hold_refuses_and_changes_nothing() {
    let org_id = "erasures-held";
    stored(org_id).await;
    let api = served_with_eraser().await;
    let token = api.token(org_id);
    let tenant = TenantId::new(org_id).unwrap();
    let credentials = clickhouse().passwords().eraser_credentials();
    let holds = Retention::new(clickhouse().endpoint(), &credentials).unwrap();
    let held = Some(("order", "O-1"));
    holds.hold(&tenant, held, true, "case 7").await.unwrap();
    let body = json!({"user_id": JANE, "reason": "a letter"});
    for asked in [
        body.clone(),
        json!({"whole_tenant": true, "reason": "a letter"}),
    ] {
        let refused = ask(&api, &token, "", &asked).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
        let problem = refused.json().unwrap();
        assert_eq!(problem["type"], "urn:daybook:problem:legal-hold");
        assert!(!problem.to_string().contains("O-1"), "{problem}");
    }
    assert_eq!(api.logs(&token, &json!({})).await.unwrap().len(), 8);
    let named = json!({"user_id": JANE, "reason": format!("as {JANE} wished")});
    assert_eq!(ask(&api, &token, "", &named).await.status, 400);
    holds.hold(&tenant, held, false, "over").await.unwrap();
    assert_eq!(ask(&api, &token, "", &body).await.status, 202);
    assert_eq!(api.logs(&token, &json!({})).await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_erases() {
    let org_id = "erasures-client";
    stored(org_id).await;
    let api = served_with_eraser().await;
    let client = Client::new(&api.url, &api.token(org_id)).unwrap();
    let erasure = Erasure::new(Subject::UserId(JANE.to_owned()), "a letter");
    let preview = client.preview_erasure(&erasure).await.unwrap();
    assert_eq!((preview.rows[0].own, preview.rows.len()), (4, 1));
    let receipt = client.erase(&erasure, "key").await.unwrap();
    assert_eq!(receipt.state, "hidden");
    assert_eq!(client.erase(&erasure, "key").await.unwrap().id, receipt.id);
    assert_eq!(
        client.erasure(receipt.id).await.unwrap(),
        Some(receipt.clone())
    );
    assert_eq!(client.erasures(10).await.unwrap(), [receipt]);
    assert_eq!(client.erasure(uuid::Uuid::nil()).await.unwrap(), None);
    let anonymous = Erasure {
        mode: Some("anonymise"),
        ..Erasure::new(Subject::WholeTenant(true), "a letter")
    };
    let Err(ClientError::Problem(problem)) = client.erase(&anonymous, "other").await else {
        panic!("a whole tenant has no pseudonym");
    };
    assert_eq!(problem.errors[0].pointer, "/mode");
}
