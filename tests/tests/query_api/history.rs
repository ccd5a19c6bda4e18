//! The history of a thing: its events, newest first, with what each of them changed.

use daybook_event::{Action, AuditEvent, Change, Entity, HttpRequest, Outcome};
use daybook_tests::api::ServedApi;
use serde_json::{Value, json};

use crate::fixture::{clickhouse, event, numbers, store};

fn change(org_id: &str, number: u32, action: Action, method: &str, detail: &str) -> AuditEvent {
    let entity = |kind: &str, id: &str| Entity {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: String::new(),
    };
    AuditEvent {
        action,
        outcome: Outcome::Success,
        entity: entity("work/flow", "4 2"),
        http: HttpRequest {
            method: method.to_owned(),
            path: "/flows/4%202".to_owned(),
            resource: "/flows/{id}".to_owned(),
            path_params: [("id".to_owned(), "4 2".to_owned())].into(),
            ..HttpRequest::default()
        },
        detail: detail.to_owned(),
        ..event(org_id, number)
    }
}

fn events(org_id: &str) -> Vec<AuditEvent> {
    let (create, update) = (Action::Create, Action::Update);
    let mut child = change(org_id, 5, create, "POST", r#"{"text":"x"}"#);
    child.parent = std::mem::take(&mut child.entity);
    "step".clone_into(&mut child.entity.kind);
    "1".clone_into(&mut child.entity.id);
    vec![
        change(org_id, 1, create, "POST", r#"{"name":"A","on":true}"#),
        change(org_id, 2, update, "PATCH", r#"{"name":"B"}"#),
        AuditEvent {
            outcome: Outcome::Denied,
            ..change(org_id, 3, update, "PATCH", r#"{"name":"C"}"#)
        },
        AuditEvent {
            changes: vec![Change {
                field: "/on".to_owned(),
                before: "true".to_owned(),
                after: "false".to_owned(),
            }],
            ..change(org_id, 4, update, "PATCH", r#"{"on":false}"#)
        },
        child,
        change(org_id, 6, Action::Delete, "DELETE", ""),
    ]
}

/// Number, where changes are from, and the changes of each step.
fn told(answer: &Value) -> Vec<(u32, String, String)> {
    let steps = answer["history"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let changes = step["changes"].as_array().unwrap().iter();
            let changes: Vec<_> = changes
                .map(|change| {
                    let text = |name: &str| change[name].as_str().unwrap().to_owned();
                    format!("{} {}>{}", text("field"), text("before"), text("after"))
                })
                .collect();
            let from = step["changes_from"].as_str().unwrap().to_owned();
            let number = numbers(std::slice::from_ref(&step["log"]))[0];
            (number, from, changes.join(", "))
        })
        .collect()
}

const PATH: &str = "/v1/entities/work%2Fflow/4%202/history";

#[tokio::test(flavor = "multi_thread")]
async fn a_thing_is_followed_from_its_first_event_to_its_last() {
    let org_id = "history";
    store(events(org_id)).await;
    store(events("history-of-others")).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let whole = [
        (6, "none", ""),
        (4, "given", "/on true>false"),
        (3, "none", ""),
        (2, "bodies", r#"/name "A">"B""#),
        (1, "bodies", r#"/name >"A", /on >true"#),
    ]
    .map(|(number, from, changes)| (number, from.to_owned(), changes.to_owned()));
    let answer = api.get(&token, PATH).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(told(&answer.json().unwrap()), whole);

    // Page by page it is the same: what a page's oldest event changed lies behind the page.
    let mut told_by_page = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = api.get(&token, &format!("{PATH}?limit=2{cursor}")).await;
        let answer = answer.unwrap().json().unwrap();
        told_by_page.extend(told(&answer));
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(told_by_page, whole);

    let with_children = api
        .get(&token, &format!("{PATH}?include_children=true&limit=2"))
        .await
        .unwrap()
        .json()
        .unwrap();
    let expected = (5, "bodies".to_owned(), r#"/text >"x""#.to_owned());
    assert_eq!(told(&with_children)[1], expected);

    // A cursor of one question is none of another.
    let other = format!("{PATH}?include_children=true{cursor}");
    assert_eq!(api.get(&token, &other).await.unwrap().status, 400);
    let nothing = api.get(&token, "/v1/entities/work%2Fflow/43/history").await;
    assert_eq!(
        nothing.unwrap().json().unwrap(),
        json!({
            "history": [], "changes_are_bounded": false, "next_cursor": null, "prev_cursor": null,
        })
    );
    let narrow = api.token_for(org_id, &["audit_log:view:service/billing"]);
    let unseen = api.get(&narrow, PATH).await.unwrap().json().unwrap();
    assert_eq!(unseen["history"], json!([]));
    for wrong in [
        "limit=201",
        "include_children=maybe",
        "cursor=x",
        "sort=timestamp",
    ] {
        let answer = api.get(&token, &format!("{PATH}?{wrong}")).await.unwrap();
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

/// As many parts of a thing as more than one look at what was before finds.
const PARTS: u32 = 250;

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_changed_depends_neither_on_the_page_nor_on_the_parts_of_a_thing() {
    let org_id = "history-of-many-parts";
    let put = |number, detail: &str| change(org_id, number, Action::Update, "PUT", detail);
    let mut stored = vec![change(
        org_id,
        1,
        Action::Create,
        "POST",
        r#"{"name":"A","kept":"k"}"#,
    )];
    stored.extend((2..2 + PARTS).map(|number| {
        let mut part = change(org_id, number, Action::Create, "POST", "{}");
        part.parent = std::mem::take(&mut part.entity);
        "step".clone_into(&mut part.entity.kind);
        part.entity.id = number.to_string();
        part
    }));
    let next = 2 + PARTS;
    stored.push(put(next, r#"{"name":"B"}"#));
    stored.push(put(next + 1, r#"{"name":"C"}"#));
    store(stored).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let from = event(org_id, next).timestamp;
    for query in [
        "limit=2".to_owned(),
        "limit=2&include_children=true".to_owned(),
        "limit=200&include_children=true".to_owned(),
        format!("timestamp.from={from}"),
    ] {
        let answer = api.get(&token, &format!("{PATH}?{query}")).await.unwrap();
        let answer = answer.json().unwrap();
        let expected = [
            (next + 1, "bodies", r#"/name "B">"C""#),
            (next, "bodies", r#"/name "A">"B", /kept "k">"#),
        ]
        .map(|(number, from, changes)| (number, from.to_owned(), changes.to_owned()));
        assert_eq!(told(&answer)[..2], expected, "{query}");
        assert_eq!(answer["changes_are_bounded"], false, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_a_thing_has_more_bodies_than_are_read() {
    let org_id = "history-of-many-bodies";
    let patch = |number| change(org_id, number, Action::Update, "PATCH", r#"{"on":true}"#);
    store((1..=1_200).map(patch)).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    for (limit, is_bounded) in [(1, true), (200, false)] {
        let answer = api.get(&token, &format!("{PATH}?limit={limit}")).await;
        let answer = answer.unwrap().json().unwrap();
        assert_eq!(answer["changes_are_bounded"], is_bounded, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_two_things_are_not_taken_for_each_other() {
    let org_id = "history-of-like-parts";
    let part = |number, parent: &str, method: &str, detail: &str| {
        let mut part = change(org_id, number, Action::Update, method, detail);
        part.parent = std::mem::take(&mut part.entity);
        parent.clone_into(&mut part.parent.id);
        "step".clone_into(&mut part.entity.kind);
        "1".clone_into(&mut part.entity.id);
        part.http = HttpRequest {
            method: method.to_owned(),
            path: "/steps/1".to_owned(),
            ..HttpRequest::default()
        };
        part
    };
    store([
        part(1, "4 2", "PATCH", r#"{"text":"x"}"#),
        part(2, "4 3", "PUT", r#"{"text":"y"}"#),
        part(3, "4 2", "PATCH", r#"{"text":"z"}"#),
    ])
    .await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let path = format!("{PATH}?include_children=true&limit=1");
    let answer = api.get(&token, &path).await.unwrap().json().unwrap();
    let expected = (3, "bodies".to_owned(), r#"/text "x">"z""#.to_owned());
    assert_eq!(told(&answer), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_below_a_thing_takes_nothing_else_away() {
    let org_id = "history-of-what-is-below";
    let put = |number, detail: &str| change(org_id, number, Action::Update, "PUT", detail);
    let mut rename = put(2, r#"{"name":"B"}"#);
    rename.http.path = "/flows/4%202/rename".to_owned();
    rename.http.resource = "/flows/{id}/rename".to_owned();
    store([
        put(1, r#"{"name":"A","owner":"tom"}"#),
        rename,
        put(3, r#"{"name":"B"}"#),
    ])
    .await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let mut cursor = String::new();
    // Page by page: what is read before a page goes past the one below as well.
    for (number, changes) in [
        (3, r#"/owner "tom">"#),
        (2, r#"/name "A">"B""#),
        (1, r#"/name >"A", /owner >"tom""#),
    ] {
        let path = format!("{PATH}?limit=1{cursor}");
        let answer = api.get(&token, &path).await.unwrap().json().unwrap();
        let expected = (number, "bodies".to_owned(), changes.to_owned());
        assert_eq!(told(&answer), [expected]);
        cursor = format!(
            "&cursor={}",
            answer["next_cursor"].as_str().unwrap_or_default()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_several_things_is_found_by_each_by_their_kind_and_by_words() {
    let org_id = "history-of-several-things";
    let mut bulk = change(org_id, 1, Action::Delete, "POST", "");
    bulk.entity.id = "41,42".to_owned();
    bulk.activity = "Jane deleted workflows 41, 42".to_owned();
    store([bulk]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    for (body, expected) in [
        (
            json!({"entity": {"type": "work/flow", "id": "42"}}),
            vec![1],
        ),
        (json!({"entity": {"type": "work/flow", "id": "2"}}), vec![]),
        (
            json!({"entity": {"type": "work/flow", "id": "41,42"}}),
            vec![1],
        ),
        (json!({"entity": {"type": "work/flow"}}), vec![1]),
        (json!({"q": "42 action:delete"}), vec![1]),
    ] {
        let answer = api.post(&token, "/v1/logs", &body).await.unwrap();
        let answer = answer.json().unwrap();
        assert_eq!(
            numbers(answer["logs"].as_array().unwrap()),
            expected,
            "{body}"
        );
    }
    let of_one = api.get(&token, "/v1/entities/work%2Fflow/42/history").await;
    let of_one = of_one.unwrap().json().unwrap();
    assert_eq!(told(&of_one), [(1, "none".to_owned(), String::new())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_about_the_same_things_are_not_compared() {
    let org_id = "history-of-the-same-several";
    let bulk = |number, detail: &str| {
        let mut event = change(org_id, number, Action::Update, "PATCH", detail);
        "4 1,4 2".clone_into(&mut event.entity.id);
        event
    };
    // In between each of them may have become something else.
    store(vec![
        bulk(1, r#"{"status":"open"}"#),
        change(org_id, 2, Action::Update, "PATCH", r#"{"status":"closed"}"#),
        bulk(3, r#"{"status":"open"}"#),
    ])
    .await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let answer = api.get(&token, PATH).await.unwrap().json().unwrap();
    let expected = [
        (3, "bodies", r#"/status >"open""#),
        (2, "bodies", r#"/status >"closed""#),
        (1, "bodies", r#"/status >"open""#),
    ];
    let expected = expected.map(|(number, from, said)| (number, from.to_owned(), said.to_owned()));
    assert_eq!(told(&answer), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_a_thing_has_more_fields_than_are_followed() {
    let org_id = "history-of-many-fields";
    let put = |number, early: &str, count: usize| {
        let fields = (0..count).map(|it| format!(r#""f{it:03}":{it}"#));
        let fields: Vec<_> = fields.collect();
        let detail = format!("{{{early}{}}}", fields.join(","));
        change(org_id, number, Action::Update, "PUT", &detail)
    };
    store([put(1, "", 500), put(2, r#""a":1,"#, 500), put(3, "", 1)]).await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let answer = api.get(&token, PATH).await.unwrap().json().unwrap();
    assert_eq!(told(&answer)[1].2, "/a >1");
    assert_eq!(answer["changes_are_bounded"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_about_several_things_stands_in_the_history_of_each() {
    let org_id = "history-of-several";
    let (create, update) = (Action::Create, Action::Update);
    let mut several = change(org_id, 2, update, "PATCH", r#"{"status":"closed"}"#);
    "4 1,4 2".clone_into(&mut several.entity.id);
    store(vec![
        change(org_id, 1, create, "POST", r#"{"name":"A","status":"open"}"#),
        several,
        change(org_id, 3, update, "PATCH", r#"{"name":"B"}"#),
        change(org_id, 4, update, "PATCH", r#"{"name":"C"}"#),
    ])
    .await;
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let token = api.token(org_id);
    let whole = [
        (4, "bodies", r#"/name "B">"C""#),
        // What the call about several did to each is not known.
        (3, "bodies", r#"/name >"B""#),
        (2, "bodies", r#"/status >"closed""#),
        (1, "bodies", r#"/name >"A", /status >"open""#),
    ]
    .map(|(number, from, changes)| (number, from.to_owned(), changes.to_owned()));
    for limit in [1, 2, 4] {
        let mut told_by_page = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{PATH}?limit={limit}{cursor}");
            let answer = api.get(&token, &path).await.unwrap().json().unwrap();
            assert_eq!(answer["changes_are_bounded"], false, "{answer}");
            told_by_page.extend(told(&answer));
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(told_by_page, whole, "{limit}");
    }
    let other = "/v1/entities/work%2Fflow/4%201/history";
    let other = api.get(&token, other).await.unwrap().json().unwrap();
    assert_eq!(told(&other), [whole[2].clone()]);
}
