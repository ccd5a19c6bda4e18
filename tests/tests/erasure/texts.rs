//! Identifiers in the texts of others: as numbers of JSON, and inside of longer words.

use daybook_event::{AuditEvent, Change};
use daybook_store::{ErasureMode, Scope, TenantId};

use crate::canaries::{erase, events_of, on_disk, request, shared, start, writer};
use crate::fixture::{event, new, tenant};

/// As many systems count: in JSON it is a number as often as a text.
const NUMBER: &str = "1042331042331042331";
const UUID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// What somebody did whose id and name these are.
fn acted_by(tenant: &TenantId, id: &str, name: &str) -> AuditEvent {
    let mut event = event(tenant, 1);
    id.clone_into(&mut event.caller.user_id);
    name.clone_into(&mut event.caller.name);
    event
}

fn number_told(tenant: &TenantId) -> AuditEvent {
    let mut event = event(tenant, 2);
    "U-0000000-tom".clone_into(&mut event.caller.user_id);
    NUMBER.clone_into(&mut event.parent.id);
    event.activity = format!("Tom invited user {NUMBER}");
    event.http.path = format!("/v1/users/{NUMBER}/roles");
    event.detail = format!(
        r#"{{"owner_id":{NUMBER},"ids":[{NUMBER},{NUMBER}, {NUMBER}],"text":"user {NUMBER}","{NUMBER}":1,"b":1}}"#
    );
    event.changes = vec![Change {
        field: "/owner_id".to_owned(),
        before: NUMBER.to_owned(),
        after: format!(r#"{{"of":{NUMBER}}}"#),
    }];
    event
}

#[tokio::test]
async fn json_with_an_erased_number_stays_json() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        let clickhouse = start().await;
        let tenant = tenant(&format!("texts-number-{}", mode.as_str()));
        let mut acted = acted_by(&tenant, NUMBER, "7042337");
        acted.detail = format!(r#"{{"id":{NUMBER},"name":"7042337","n":7042337,"m":170423371}}"#);
        let query = [("phone", "7042337"), ("from", "70423371")];
        acted.http.query = query
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        acted.http.path_params = [("phone".to_owned(), "7042337".to_owned())].into();
        let batch = [new(acted), new(number_told(&tenant))];
        writer(&clickhouse).insert(&batch).await.unwrap();
        let scope = Scope::User(NUMBER.to_owned());
        let receipt = erase(&clickhouse, &request(&tenant, scope, mode)).await;
        let month = &receipt.report.rows[0];
        assert_eq!((month.own, month.traces), (1, 1));

        let mut events = events_of(&clickhouse, &tenant).await;
        let told = events.pop().unwrap();
        let p = &told.parent.id;
        let digits = p.strip_prefix("erased-").unwrap();
        let n = u32::from_str_radix(digits, 16).unwrap();
        let mut expected = number_told(&tenant);
        expected.parent.id.clone_from(p);
        expected.activity = format!("Tom invited user {p}");
        expected.http.path = format!("/v1/users/{p}/roles");
        expected.detail =
            format!(r#"{{"owner_id":{n},"ids":[{n},{n}, {n}],"text":"user {n}","{n}":1,"b":1}}"#);
        expected.changes[0].before = n.to_string();
        expected.changes[0].after = format!(r#"{{"of":{n}}}"#);
        assert_eq!(told, expected);
        serde_json::from_str::<serde_json::Value>(&told.detail).unwrap();
        if mode == ErasureMode::Anonymise {
            let acted = events.pop().unwrap();
            assert_eq!((&acted.caller.user_id, &acted.caller.name), (p, p));
            // A name of digits is part of numbers, as a short one is.
            let detail = format!(r#"{{"id":{n},"name":"{p}","n":7042337,"m":170423371}}"#);
            assert_eq!(acted.detail, detail);
            assert_eq!(&acted.http.query["phone"], p);
            assert_eq!(acted.http.query["from"], "70423371");
            assert_eq!(&acted.http.path_params["phone"], p);
        }
        assert_eq!(events, []);
        assert_eq!(on_disk(&clickhouse, &[NUMBER]), Vec::<&str>::new());
    }
}

/// What stands in the texts of others after an id and an address are erased: `ID` and `EMAIL` in front of it.
async fn left_of(name: &str, id: &str, texts: &[&str]) -> Vec<String> {
    let clickhouse = shared().await;
    let tenant = tenant(&format!("texts-{name}"));
    let email = "jane.roe@example.com";
    let mut acted = acted_by(&tenant, id, "Jane Roe");
    email.clone_into(&mut acted.caller.user_email);
    let told = texts.iter().zip(2..).map(|(text, number)| {
        let mut event = event(&tenant, number);
        "U-0000000-tom".clone_into(&mut event.caller.user_id);
        let text = text.replace("ID", id).replace("EMAIL", email);
        event.detail = serde_json::json!({ "text": text }).to_string();
        event
    });
    let all: Vec<_> = [acted].into_iter().chain(told).map(new).collect();
    writer(clickhouse).insert(&all).await.unwrap();
    let scope = Scope::User(id.to_owned());
    let receipt = erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
    let places = receipt.report.not_searched.join("; ");
    assert!(places.contains("part of a longer word"), "{places}");
    let text_of = |event: AuditEvent| {
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
        let text = detail["text"].as_str().unwrap();
        // The pseudonym is as good as any.
        let words: Vec<_> = text.split("erased-").collect();
        let others = words[1..].iter().map(|word| &word[8..]);
        let told: Vec<_> = [words[0]].into_iter().chain(others).collect();
        told.join("*")
    };
    let events = events_of(clickhouse, &tenant).await;
    events.into_iter().map(text_of).collect()
}

#[tokio::test]
async fn an_id_made_up_by_chance_is_found_in_longer_words() {
    let texts = [
        "users/avatar-ID.png",
        "ID.png",
        "user_ID",
        "ID-2, ID_2 and ID.",
        "https://app.example.com/?q=a+ID&r=ID+b",
        "https://app.example.com/?q=from+jane.roe%40example.com",
        "xID, IDx and ID0",
        "mary+EMAIL, mary-EMAIL and EMAIL.au",
    ];
    let left = [
        "users/avatar-*.png",
        "*.png",
        "user_*",
        "*-2, *_2 and *.",
        "https://app.example.com/?q=a+*&r=*+b",
        "https://app.example.com/?q=from+*",
        "xID, IDx and ID0",
        "mary+EMAIL, mary-EMAIL and EMAIL.au",
    ]
    .map(|text| {
        text.replace("ID", UUID)
            .replace("EMAIL", "jane.roe@example.com")
    });
    assert_eq!(left_of("random", UUID, &texts).await, left);
}

#[tokio::test]
async fn a_longer_word_with_any_other_id_is_anothers() {
    let id = "CORP-2024-0001";
    let texts = [
        "ID-1, ID.5, a-ID and a_ID",
        "https://app.example.com/?q=a+ID",
        "ID, ID. ID",
    ];
    let left = [
        format!("{id}-1, {id}.5, a-{id} and a_{id}"),
        "https://app.example.com/?q=a+*".to_owned(),
        "*, *. *".to_owned(),
    ];
    assert_eq!(left_of("words", id, &texts).await, left);
}

/// Chinese, Japanese, Korean and Thai put no space behind a foreign word.
#[tokio::test]
async fn an_identifier_is_found_in_scripts_without_spaces() {
    let texts = [
        "TomがEMAILを招待しました",
        "TomがEMAIL.次に",
        "ユーザーEMAILからのメール",
        "EMAIL님을 초대했습니다",
        "删除了EMAIL的帐户",
        "ลบEMAILแล้ว",
        "用户ID和ID和EMAIL",
        // What has letters of its own is another word.
        "éEMAIL, EMAILé and пEMAIL",
        "EMAIL-甲",
    ];
    let id = "KOBE-2024-0001";
    let mut left = texts.map(|text| text.replace("EMAIL", "*").replace("ID", "*"));
    for other in [7, 8] {
        left[other] = texts[other].replace("EMAIL", "jane.roe@example.com");
    }
    assert_eq!(left_of("unspaced", id, &texts).await, left);
    assert_eq!(on_disk(shared().await, &[id]), Vec::<&str>::new());
}

/// Where the id itself ends in such a script, a longer word is as likely.
#[tokio::test]
async fn an_id_in_a_script_without_spaces_is_found_as_a_word() {
    let id = "田中太郎";
    let texts = ["ID一, がID", "ID, ID。"];
    let left = [texts[0].replace("ID", id), "*, *。".to_owned()];
    assert_eq!(left_of("unspaced-id", id, &texts).await, left);
}
