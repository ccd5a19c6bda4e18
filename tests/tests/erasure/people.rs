//! A person: their own events, and their traces in those of others.

use daybook_event::{ActivityPart, ActivityPartKind, AuditEvent, Change};
use daybook_store::{ErasureMode, NewEvent, Scope, StoreError, Stored, TenantId};

use crate::canaries::{
    TIME_MAX, erase, eraser, events_of, on_disk, request, shared, start, writer,
};
use crate::fixture::{event, new, tenant};

const JANE: &str = "U-7c9e6679-7425";
const JANE_EMAIL: &str = "Jane.Roe@example.com";
/// Which JSON has to escape.
const NAME: &str = r#"Jane "Q" Roe"#;

const NAME_IN_URL: &str = "Jane%20%22Q%22%20Roe";

/// What Jane did, and what was done to her.
fn own(tenant: &TenantId) -> Vec<NewEvent> {
    let mut acted = event(tenant, 1);
    JANE.clone_into(&mut acted.caller.user_id);
    JANE_EMAIL.clone_into(&mut acted.caller.user_email);
    NAME.clone_into(&mut acted.caller.name);
    "203.0.113.99".clone_into(&mut acted.http.ip);
    acted.activity = format!("{NAME} deleted workflow 1");
    r#"{"owner":"Jane \"Q\" Roe"}"#.clone_into(&mut acted.detail);
    acted.changes = vec![Change {
        field: "/owner".to_owned(),
        before: "null".to_owned(),
        after: r#""Jane \"Q\" Roe""#.to_owned(),
    }];
    r#"as Jane "Q" Roe wished"#.clone_into(&mut acted.reason);
    acted.entity.name = format!("{NAME}'s laptop");
    NAME.clone_into(&mut acted.parent.name);
    acted.http.query = [("name".to_owned(), NAME.to_owned())].into();
    acted.source_url = format!("https://app.example.com/?name={NAME_IN_URL}&by=Jane+%22Q%22+Roe");
    let mut changed = event(tenant, 2);
    "U-0000000-tom".clone_into(&mut changed.caller.user_id);
    "user".clone_into(&mut changed.entity.kind);
    JANE.clone_into(&mut changed.entity.id);
    NAME.clone_into(&mut changed.entity.name);
    changed.activity = format!("Tom disabled user {NAME}");
    vec![new(acted), new(changed)]
}

/// What Tom did, in whose words she stands.
fn traces(tenant: &TenantId) -> AuditEvent {
    let mut event = event(tenant, 3);
    "U-0000000-tom".clone_into(&mut event.caller.user_id);
    "tom@example.com".clone_into(&mut event.caller.user_email);
    "user".clone_into(&mut event.entity.kind);
    event.entity.id = format!("{JANE},U-0000000-tom,{JANE},{JANE}");
    JANE.clone_into(&mut event.parent.id);
    event.http.path = format!("/v1/users/{JANE}/roles");
    event.http.query = [("who".to_owned(), "jane.roe%40example.com".to_owned())].into();
    "Tom invited jane.roe@example.com, JANE.ROE@EXAMPLE.COM. Done".clone_into(&mut event.activity);
    event.activity_parts = vec![ActivityPart {
        text: event.activity.clone(),
        ..ActivityPart::default()
    }];
    event.detail = format!(r#"{{"email":"{JANE_EMAIL}","ids":["{JANE}"]}}"#);
    event.changes = vec![Change {
        field: "/owner".to_owned(),
        before: format!("\"{JANE}\""),
        after: format!("\"{JANE_EMAIL}\""),
    }];
    event.reason = format!("as {JANE_EMAIL} wished");
    event.source_url = format!("https://app.example.com/?u={JANE}&x");
    event
}

/// Others whose names only look like hers.
fn lookalikes(tenant: &TenantId) -> Vec<NewEvent> {
    let texts = [
        "mary-jane.roe@example.com",
        "jane.roe@example.com.au",
        "xU-7c9e6679-7425",
        "U-7c9e6679-74255",
    ];
    texts
        .iter()
        .zip(10..)
        .map(|(text, number)| {
            let mut event = event(tenant, number);
            event.activity = format!("Tom met {text} today");
            event.detail = format!("\"{text}\"");
            new(event)
        })
        .collect()
}

const WORDS: [&str; 10] = [
    JANE,
    JANE_EMAIL,
    "jane.roe@example.com",
    "jane.roe%40example.com",
    "JANE.ROE@EXAMPLE.COM",
    NAME,
    r#"Jane \"Q\" Roe"#,
    r#"Jane \\\"Q\\\" Roe"#,
    NAME_IN_URL,
    "Jane+%22Q%22+Roe",
];

#[tokio::test]
async fn a_persons_own_events_go_and_their_traces_are_replaced() {
    let clickhouse = start().await;
    let tenant = tenant("person-deleted");
    let writer = writer(&clickhouse);
    writer.insert(&own(&tenant)).await.unwrap();
    writer.insert(&[new(traces(&tenant))]).await.unwrap();
    assert_eq!(on_disk(&clickhouse, &WORDS).len(), WORDS.len());
    // The e-mail address is known to be hers, though only the id was given.
    let asked = request(&tenant, Scope::User(JANE.to_owned()), ErasureMode::Delete);
    let preview = eraser(&clickhouse).preview(&asked).await.unwrap();
    let receipt = erase(&clickhouse, &asked).await;
    assert_eq!(receipt.report.rows, preview.rows);
    let month = &receipt.report.rows[0];
    assert_eq!((month.own, month.traces), (2, 1));
    assert_eq!(receipt.report.linked_identifiers, 1);
    assert_eq!(receipt.subject_hashes.len(), 2);

    let events = events_of(&clickhouse, &tenant).await;
    assert_eq!(events.len(), 1);
    let pseudonym = events[0].parent.id.clone();
    assert!(pseudonym.starts_with("erased-") && pseudonym.len() == 15);
    let mut expected = traces(&tenant);
    let p = &pseudonym;
    expected.entity.id = format!("{p},U-0000000-tom,{p},{p}");
    expected.parent.id.clone_from(p);
    expected.http.path = format!("/v1/users/{p}/roles");
    expected.http.query = [("who".to_owned(), p.clone())].into();
    expected.activity = format!("Tom invited {p}, {p}. Done");
    expected.activity_parts[0]
        .text
        .clone_from(&expected.activity);
    expected.detail = format!(r#"{{"email":"{p}","ids":["{p}"]}}"#);
    expected.changes[0].before = format!("\"{p}\"");
    expected.changes[0].after = format!("\"{p}\"");
    expected.reason = format!("as {p} wished");
    expected.source_url = format!("https://app.example.com/?u={p}&x");
    assert_eq!(events[0], expected);
    assert_eq!(on_disk(&clickhouse, &WORDS), Vec::<&str>::new());
}

/// Tom's, with rows that leave out what other columns say: the path, her id among the parameters,
/// the words of the sentence's parts.
fn left_out(tenant: &TenantId) -> AuditEvent {
    let part = |kind, text: &str| ActivityPart {
        kind,
        text: text.to_owned(),
        word: String::new(),
    };
    let mut event = event(tenant, 4);
    "U-0000000-tom".clone_into(&mut event.caller.user_id);
    "user".clone_into(&mut event.parent.kind);
    JANE.clone_into(&mut event.parent.id);
    "/v1/users/{user}/roles/{by}".clone_into(&mut event.http.resource);
    event.http.path = format!("/v1/users/{JANE}/roles/u:{JANE}");
    event.http.path_params = [
        ("user".to_owned(), JANE.to_owned()),
        ("by".to_owned(), format!("u:{JANE}")),
    ]
    .into();
    event.activity_parts = vec![
        part(ActivityPartKind::Actor, "Tom"),
        part(ActivityPartKind::Text, " removed a role of "),
        part(ActivityPartKind::Parent, JANE_EMAIL),
    ];
    event.activity = format!("Tom removed a role of {JANE_EMAIL}");
    event
}

#[tokio::test]
async fn what_a_row_leaves_out_is_replaced_as_well() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        let clickhouse = shared().await;
        let tenant = tenant(&format!("person-left-out-{}", mode.as_str()));
        let mut untouched = left_out(&tenant);
        untouched.id = event(&tenant, 5).id;
        untouched.timestamp = event(&tenant, 5).timestamp;
        "U-0000000-ann".clone_into(&mut untouched.parent.id);
        "/v1/users/U-0000000-ann/roles/x".clone_into(&mut untouched.http.path);
        untouched.http.path_params = [
            ("user".to_owned(), "U-0000000-ann".to_owned()),
            ("by".to_owned(), "x".to_owned()),
        ]
        .into();
        "Tom removed a role of ann".clone_into(&mut untouched.activity);
        untouched.activity_parts[2].text = "ann".to_owned();
        let batch = [new(left_out(&tenant)), new(untouched.clone())];
        writer(clickhouse).insert(&own(&tenant)[..1]).await.unwrap();
        writer(clickhouse).insert(&batch).await.unwrap();
        assert_eq!(events_of(clickhouse, &tenant).await[1], left_out(&tenant));
        let scope = Scope::User(JANE.to_owned());
        let id = eraser(clickhouse)
            .request(&request(&tenant, scope, mode))
            .await
            .unwrap();
        eraser(clickhouse).advance(id).await.unwrap();
        // As it is read before the mutation is done, and after.
        let hidden = events_of(clickhouse, &tenant).await;
        eraser(clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
        let mut events = events_of(clickhouse, &tenant).await;
        assert_eq!(hidden, events);
        assert_eq!(events.pop(), Some(untouched));
        let event = events.pop().unwrap();
        let p = &event.parent.id;
        assert!(p.starts_with("erased-"));
        let mut expected = left_out(&tenant);
        expected.parent.id.clone_from(p);
        expected.http.path = format!("/v1/users/{p}/roles/u:{p}");
        expected.http.path_params = [
            ("user".to_owned(), p.clone()),
            ("by".to_owned(), format!("u:{p}")),
        ]
        .into();
        expected.activity = format!("Tom removed a role of {p}");
        expected.activity_parts = vec![ActivityPart {
            text: expected.activity.clone(),
            ..ActivityPart::default()
        }];
        assert_eq!(event, expected);
    }
}

#[tokio::test]
async fn a_name_is_replaced_in_an_address_as_browsers_write_it() {
    let clickhouse = shared().await;
    let tenant = tenant("person-in-address");
    let mut acted = event(&tenant, 1);
    JANE.clone_into(&mut acted.caller.user_id);
    "Zo\u{eb} O'Brien (Jr)".clone_into(&mut acted.caller.name);
    let address = |name: &str| format!("https://app.example.com/people/{name}?tab=1");
    acted.source_url = address("Zo%C3%AB%20O'Brien%20(Jr)");
    writer(clickhouse).insert(&[new(acted)]).await.unwrap();
    let person = Scope::User(JANE.to_owned());
    let asked = request(&tenant, person, ErasureMode::Anonymise);
    erase(clickhouse, &asked).await;
    let acted = &events_of(clickhouse, &tenant).await[0];
    assert_eq!(acted.source_url, address(&acted.caller.name));
}

#[tokio::test]
async fn an_identifier_with_a_line_s_end_is_not_looked_for_across_texts() {
    let clickhouse = shared().await;
    let tenant = tenant("person-line");
    let mut acted = event(&tenant, 1);
    JANE_EMAIL.clone_into(&mut acted.caller.user_email);
    writer(clickhouse).insert(&[new(acted)]).await.unwrap();
    let email = Scope::Email(format!("{JANE_EMAIL}\n"));
    let asked = request(&tenant, email, ErasureMode::Delete);
    let receipt = erase(clickhouse, &asked).await;
    assert!(receipt.report.rows.is_empty());
    assert_eq!(events_of(clickhouse, &tenant).await.len(), 1);
}

#[tokio::test]
async fn an_anonymised_person_keeps_their_trail_under_one_name() {
    let clickhouse = start().await;
    let tenant = tenant("person-anonymised");
    let writer = writer(&clickhouse);
    writer.insert(&own(&tenant)).await.unwrap();
    writer.insert(&[new(traces(&tenant))]).await.unwrap();
    let email = Scope::Email("JANE.ROE@example.com".to_owned());
    let receipt = erase(
        &clickhouse,
        &request(&tenant, email, ErasureMode::Anonymise),
    )
    .await;
    assert_eq!(receipt.report.linked_identifiers, 1);

    let events = events_of(&clickhouse, &tenant).await;
    let [acted, changed, told] = events.as_slice() else {
        panic!("{} events", events.len())
    };
    let p = &acted.caller.user_id;
    assert!(p.starts_with("erased-"));
    assert_eq!((&acted.caller.user_email, &acted.caller.name), (p, p));
    assert_eq!(acted.http.ip, "");
    assert_eq!(acted.activity, format!("{p} deleted workflow 1"));
    assert_eq!(acted.detail, format!(r#"{{"owner":"{p}"}}"#));
    assert_eq!(acted.changes[0].after, format!("\"{p}\""));
    assert_eq!(acted.reason, format!("as {p} wished"));
    assert_eq!(acted.entity.name, format!("{p}'s laptop"));
    assert_eq!(&acted.parent.name, p);
    assert_eq!(&acted.http.query["name"], p);
    let page = format!("https://app.example.com/?name={p}&by={p}");
    assert_eq!(acted.source_url, page);
    assert_eq!((&changed.entity.id, &changed.entity.name), (p, p));
    assert_eq!(changed.activity, format!("Tom disabled user {p}"));
    assert_eq!(changed.caller.user_id, "U-0000000-tom");
    assert_eq!(&told.parent.id, p);
    assert_eq!(on_disk(&clickhouse, &WORDS), Vec::<&str>::new());
}

#[tokio::test]
async fn nobody_else_is_taken_for_the_person() {
    let clickhouse = shared().await;
    let (tenant, other) = (tenant("person-alike"), tenant("person-elsewhere"));
    let writer = writer(clickhouse);
    writer.insert(&own(&tenant)).await.unwrap();
    writer.insert(&lookalikes(&tenant)).await.unwrap();
    // The same ids in another tenant are other people.
    writer.insert(&own(&other)).await.unwrap();
    let elsewhere = events_of(clickhouse, &other).await;
    // An address that two people use is not hers alone.
    let mut shared_address = event(&tenant, 20);
    "U-0000000-tom".clone_into(&mut shared_address.caller.user_id);
    JANE_EMAIL.clone_into(&mut shared_address.caller.user_email);
    "Tom did it".clone_into(&mut shared_address.activity);
    writer.insert(&[new(shared_address.clone())]).await.unwrap();

    let asked = request(&tenant, Scope::User(JANE.to_owned()), ErasureMode::Delete);
    let receipt = erase(clickhouse, &asked).await;
    assert_eq!(receipt.report.shared_identifiers, 1);
    let told = receipt.report.not_searched.join("; ");
    assert!(told.contains("others use as well"), "{told}");
    let left = events_of(clickhouse, &tenant).await;
    let mut expected: Vec<_> = lookalikes(&tenant)
        .into_iter()
        .map(|new| new.event)
        .collect();
    expected.push(shared_address);
    assert_eq!(left, expected);
    assert_eq!(events_of(clickhouse, &other).await, elsewhere);
}

/// Kinds of persons, as names are written.
const PERSONS: [&str; 10] = [
    "user",
    "TeamMember",
    "Organization User",
    "org_user",
    "org-person",
    "USER",
    "team member",
    "éUser",
    "Éuser",
    "iamUser",
];
/// Kinds of things that sound like them.
const NO_PERSONS: [&str; 8] = [
    "order",
    "user group",
    "superuser",
    "chairperson",
    "ChairPERSON",
    "users",
    "user\n",
    "remember",
];

#[tokio::test]
async fn a_number_is_a_persons_only_where_the_kind_is() {
    for id in ["7", "104233"] {
        assert_only_persons_go(id).await;
    }
}

/// By what is stored, and by what comes again: the first is told in SQL, the second in Rust.
async fn assert_only_persons_go(id: &str) {
    let clickhouse = shared().await;
    let tenant = tenant(&format!("person-of-number-{id}"));
    let of_kind = |(number, kind): (u32, &&str)| {
        let mut event = event(&tenant, number);
        "8".clone_into(&mut event.caller.user_id);
        (*kind).clone_into(&mut event.entity.kind);
        id.clone_into(&mut event.entity.id);
        event.activity = format!("Tom changed {kind} {id}");
        event
    };
    let mut acted = event(&tenant, 0);
    id.clone_into(&mut acted.caller.user_id);
    let persons = (1..).zip(&PERSONS).map(of_kind);
    let others: Vec<_> = (100..).zip(&NO_PERSONS).map(of_kind).collect();
    let all = [acted].into_iter().chain(persons).chain(others.clone());
    let all: Vec<_> = all.map(new).collect();
    writer(clickhouse).insert(&all).await.unwrap();

    let asked = request(&tenant, Scope::User(id.to_owned()), ErasureMode::Delete);
    let receipt = erase(clickhouse, &asked).await;
    let told = receipt.report.not_searched.join("; ");
    assert!(told.contains("entities of other kinds"), "{told}");
    assert_eq!(events_of(clickhouse, &tenant).await, others);
    let outcomes = writer(clickhouse).insert(&all).await.unwrap();
    let (erased, known) = outcomes.split_at(1 + PERSONS.len());
    assert_eq!(erased, [Stored::Erased; 1 + PERSONS.len()]);
    assert_eq!(known, [Stored::Duplicate; NO_PERSONS.len()]);
}

#[tokio::test]
async fn an_id_is_found_however_a_url_encodes_it() {
    let clickhouse = shared().await;
    let tenant = tenant("person-encoded");
    let jane = "auth0|5f7c8ec7c33c6c004bba";
    let mut acted = event(&tenant, 1);
    jane.clone_into(&mut acted.caller.user_id);
    let told = |number, text: &str| {
        let mut event = event(&tenant, number);
        event.source_url = format!("https://app.example.com/users/{text}/roles");
        event
    };
    let spellings = [
        "auth0%7C5f7c8ec7c33c6c004bba",
        "auth0%7c5f7c8ec7c33c6c004bba",
    ];
    let others = spellings
        .iter()
        .zip(2..)
        .map(|(text, number)| told(number, text));
    let all: Vec<_> = [acted].into_iter().chain(others).map(new).collect();
    writer(clickhouse).insert(&all).await.unwrap();
    let scope = Scope::User(jane.to_owned());
    let receipt = erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
    assert_eq!(receipt.report.rows[0].traces, 2);
    for event in events_of(clickhouse, &tenant).await {
        assert!(
            event.source_url.contains("/users/erased-"),
            "{}",
            event.source_url
        );
    }
}

#[tokio::test]
async fn an_id_is_found_however_json_writes_it() {
    let clickhouse = shared().await;
    let ids = [
        r"CORP\jane.roe",
        "arn:aws:iam::123456789012:user~x/jane",
        "a\"b\"c-jane",
    ];
    for (id, number) in ids.into_iter().zip(0..) {
        let tenant = tenant(&format!("person-json-{number}"));
        let mut acted = event(&tenant, 1);
        id.clone_into(&mut acted.caller.user_id);
        let in_json = serde_json::Value::from(id).to_string();
        let mut told = event(&tenant, 2);
        told.detail = serde_json::json!({"body": in_json, "owner": id}).to_string();
        let pointer = id.replace('~', "~0").replace('/', "~1");
        told.changes = vec![Change {
            field: format!("/members/{pointer}"),
            before: in_json.clone(),
            after: serde_json::json!([{"of": id}]).to_string(),
        }];
        writer(clickhouse)
            .insert(&[new(acted), new(told)])
            .await
            .unwrap();
        let scope = Scope::User(id.to_owned());
        erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
        let event = &events_of(clickhouse, &tenant).await[0];
        let change = &event.changes[0];
        for text in [&event.detail, &change.field, &change.before, &change.after] {
            assert!(text.contains("erased-") && !text.contains("jane"), "{text}");
        }
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap();
        assert!(detail["owner"].as_str().unwrap().starts_with("erased-"));
    }
}

/// A short name is part of many words and numbers.
#[tokio::test]
async fn a_short_name_is_replaced_where_it_stands_alone() {
    let clickhouse = shared().await;
    let tenant = tenant("person-short");
    let mut acted = event(&tenant, 1);
    JANE.clone_into(&mut acted.caller.user_id);
    "Li".clone_into(&mut acted.caller.name);
    "user".clone_into(&mut acted.entity.kind);
    JANE.clone_into(&mut acted.entity.id);
    "7".clone_into(&mut acted.entity.name);
    "Li listed Lists of Li Li's team, \u{201c}Li\u{201d} (Li), 王Liが: 7, 7 of 17, 7月"
        .clone_into(&mut acted.activity);
    acted.detail = r#"{"by":"Li","List":1700,"text":"{\"by\":\"Li\",\"n\":7}","n":7}"#.to_owned();
    acted.changes = vec![Change {
        field: "/limit".to_owned(),
        before: "1700".to_owned(),
        after: r#"["Li","List"]"#.to_owned(),
    }];
    writer(clickhouse).insert(&[new(acted)]).await.unwrap();
    let person = Scope::User(JANE.to_owned());
    erase(
        clickhouse,
        &request(&tenant, person, ErasureMode::Anonymise),
    )
    .await;
    let acted = &events_of(clickhouse, &tenant).await[0];
    let p = &acted.caller.name;
    assert!(p.starts_with("erased-"));
    assert_eq!(
        acted.activity,
        format!(
            "{p} listed Lists of {p} {p}'s team, \u{201c}{p}\u{201d} ({p}), 王{p}が: {p}, {p} of 17, 7月"
        )
    );
    let text = format!(r#"{{\"by\":\"{p}\",\"n\":7}}"#);
    assert_eq!(
        acted.detail,
        format!(r#"{{"by":"{p}","List":1700,"text":"{text}","n":7}}"#)
    );
    assert_eq!(acted.changes[0].before, "1700");
    assert_eq!(acted.changes[0].after, format!(r#"["{p}","List"]"#));
}

/// An account with two addresses may be one person's, or two people's.
#[tokio::test]
async fn an_account_with_another_address_is_not_taken_for_the_one_that_was_given() {
    let clickhouse = shared().await;
    let tenant = tenant("person-of-two-addresses");
    let acted = |number, email: &str| {
        let mut event = event(&tenant, number);
        JANE.clone_into(&mut event.caller.user_id);
        email.clone_into(&mut event.caller.user_email);
        event
    };
    let other = acted(1, "jane.maiden@example.com");
    let all = [new(other.clone()), new(acted(2, JANE_EMAIL))];
    writer(clickhouse).insert(&all).await.unwrap();
    let scope = Scope::Email(JANE_EMAIL.to_owned());
    let receipt = erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
    let told = receipt.report.not_searched.join("; ");
    assert!(told.contains("ask for them by themselves"), "{told}");
    assert_eq!(events_of(clickhouse, &tenant).await, [other]);
    // Whoever knows it says so by the id, which has both.
    let scope = Scope::User(JANE.to_owned());
    let receipt = erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
    assert_eq!(receipt.report.linked_identifiers, 1);
    assert_eq!(events_of(clickhouse, &tenant).await, []);
}

#[tokio::test]
async fn without_a_tenant_only_what_is_one_in_the_world_is_named() {
    let clickhouse = shared().await;
    let nobodys = TenantId::unattributed();
    let entity = |id: &str| Scope::Entity {
        kind: "order".to_owned(),
        id: id.to_owned(),
    };
    let eraser = eraser(clickhouse);
    for scope in [
        Scope::User("104233".to_owned()),
        entity("O-7"),
        Scope::Email("104233".to_owned()),
    ] {
        let refused = eraser
            .request(&request(&nobodys, scope, ErasureMode::Delete))
            .await;
        assert!(matches!(refused, Err(StoreError::InvalidErasure(_))));
    }
    let acted = |number, user_id: &str, email: &str| {
        let mut event = event(&nobodys, number);
        user_id.clone_into(&mut event.caller.user_id);
        email.clone_into(&mut event.caller.user_email);
        event
    };
    // User 7 of one customer, and of another.
    let other = acted(1, "7", "tom@example.org");
    let all = [new(other.clone()), new(acted(2, "7", JANE_EMAIL))];
    writer(clickhouse).insert(&all).await.unwrap();
    let scope = Scope::Email(JANE_EMAIL.to_owned());
    let receipt = erase(clickhouse, &request(&nobodys, scope, ErasureMode::Delete)).await;
    assert_eq!(receipt.report.linked_identifiers, 0);
    assert_eq!(events_of(clickhouse, &nobodys).await, [other]);
}

#[tokio::test]
async fn a_things_own_events_go_and_a_short_id_is_not_looked_for_in_texts() {
    let clickhouse = shared().await;
    let tenant = tenant("entity-deleted");
    let mut own = event(&tenant, 1);
    "order".clone_into(&mut own.entity.kind);
    "7".clone_into(&mut own.entity.id);
    let mut other_kind = event(&tenant, 2);
    "invoice".clone_into(&mut other_kind.entity.kind);
    "7".clone_into(&mut other_kind.entity.id);
    "7 of 7".clone_into(&mut other_kind.detail);
    let batch = [new(own), new(other_kind.clone())];
    writer(clickhouse).insert(&batch).await.unwrap();
    let scope = Scope::Entity {
        kind: "order".to_owned(),
        id: "7".to_owned(),
    };
    let receipt = erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
    assert_eq!(events_of(clickhouse, &tenant).await, [other_kind]);
    let told = receipt.report.not_searched.join("; ");
    assert!(told.contains("too short"), "{told}");
}
