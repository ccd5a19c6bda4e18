//! Sentences in the language that is asked for, at every address that has sentences.

use daybook_event::{ActivityPart, ActivityPartKind as Kind, AuditEvent, Entity, Outcome};
use daybook_tests::api::ServedApi;
use daybook_tests::http;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, store};

const ENGLISH: &str = "jane@example.com deleted workflow Onboarding";
const GERMAN: &str = "jane@example.com hat workflow Onboarding gelöscht";

fn deleted(org_id: &str) -> AuditEvent {
    let part = |kind, text: &str, word: &str| ActivityPart {
        kind,
        text: text.to_owned(),
        word: word.to_owned(),
    };
    AuditEvent {
        outcome: Outcome::Success,
        entity: Entity {
            kind: "workflow".to_owned(),
            id: "42".to_owned(),
            name: "Onboarding".to_owned(),
        },
        activity: ENGLISH.to_owned(),
        activity_parts: vec![
            part(Kind::Actor, "jane@example.com", ""),
            part(Kind::Text, " ", ""),
            part(Kind::Verb, "deleted", "delete"),
            part(Kind::Text, " ", ""),
            part(Kind::EntityType, "workflow", "workflow"),
            part(Kind::Text, " ", ""),
            part(Kind::Entity, "Onboarding", ""),
        ],
        ..event(org_id, 1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_is_said_in_the_language_that_is_asked_for() {
    let org_id = "language";
    // The second's sentence is its handler's own: it stays.
    let own = AuditEvent {
        activity: "Jane closed the shop".to_owned(),
        ..event(org_id, 2)
    };
    store([deleted(org_id), own]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let said = async |body: Value| {
        let logs = api.logs(&token, &body).await.unwrap();
        let said = |log: &Value| log["activity"].as_str().unwrap().to_owned();
        assert_eq!(said(&logs[0]), "Jane closed the shop");
        let id = logs[1]["id"].as_str().unwrap().to_owned();
        (said(&logs[1]), logs[1]["activity_parts"].clone(), id)
    };
    let (sentence, parts, id) = said(json!({})).await;
    assert_eq!(sentence, ENGLISH);
    assert_eq!(parts.as_array().unwrap().len(), 7);
    for locale in ["en", "fr", "tlh-Latn"] {
        assert_eq!(said(json!({"locale": locale})).await.0, ENGLISH, "{locale}");
    }
    let (sentence, parts, _) = said(json!({"locale": "de-AT"})).await;
    assert_eq!((sentence.as_str(), parts), (GERMAN, json!([])));

    // The sentence is searched for as it is stored.
    let found = api
        .logs(&token, &json!({"locale": "de", "q": "deleted"}))
        .await;
    assert_eq!(found.unwrap().len(), 1);
    for address in [
        format!("/v1/logs/{id}?locale=de"),
        "/v1/entities/workflow/42/history?locale=de".to_owned(),
        "/v1/logs/export?locale=de".to_owned(),
        "/v1/logs/export?locale=de&format=csv".to_owned(),
        "/v1/logs/export?locale=de&format=ocsf".to_owned(),
    ] {
        let answer = api.get(&token, &address).await.unwrap();
        assert_eq!(answer.status, 200, "{address}");
        assert!(
            answer.text().contains(GERMAN),
            "{address}: {}",
            answer.text()
        );
    }
    let authorization = format!("Bearer {token}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("accept-language", "fr, de;q=0.9, en;q=0.5"),
    ];
    let url = format!("{}/v1/logs/{id}", api.url);
    let answer = http::get(&url, &headers).await.unwrap();
    assert!(answer.text().contains(GERMAN), "{}", answer.text());
    for wrong in ["", "d", "de_AT", "de;q=1", "../de"] {
        let answer = api
            .post(&token, "/v1/logs", &json!({"locale": wrong}))
            .await;
        assert_eq!(answer.unwrap().status, 400, "{wrong}");
    }
}
