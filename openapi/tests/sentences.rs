//! Sentences as people read them.

use daybook_event::{ActivityPart, ActivityPartKind, Outcome};
use daybook_openapi::{
    Document, Index, Operation, RequestValues, Sentence, SentenceFacts, sentence,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn operation(method: &str, path: &str, operation: &Value) -> Operation {
    let document =
        json!({ "openapi": "3.0.0", "info": {}, "paths": { path: { method: operation } } });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems.len(), 0, "{problems:?}");
    index
        .operations()
        .next()
        .expect("the document has one operation")
        .clone()
}

fn facts(operation: &Operation) -> SentenceFacts<'_> {
    SentenceFacts {
        actor: "jane@example.com",
        meaning: Some(&operation.meaning),
        method: &operation.method,
        path: &operation.path,
        entity_ids: &[],
        entity_name: "",
        parent_id: "",
        parent_name: "",
        outcome: Outcome::Success,
        values: RequestValues::default(),
    }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[derive(serde::Deserialize)]
struct Group {
    rule: String,
    method: String,
    path: String,
    operation_id: String,
    tests: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(default)]
struct Case {
    actor: String,
    ids: Vec<String>,
    name: String,
    entity_type: String,
    parent_type: String,
    parent_id: String,
    parent_name: String,
    outcome: Outcome,
    sentence: String,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            actor: "jane@example.com".to_owned(),
            ids: Vec::new(),
            name: String::new(),
            entity_type: String::new(),
            parent_type: String::new(),
            parent_id: String::new(),
            parent_name: String::new(),
            outcome: Outcome::Success,
            sentence: String::new(),
        }
    }
}

#[test]
fn every_rule_of_sentences_holds() {
    let rules: Vec<Group> = serde_json::from_str(include_str!("sentence_cases.json")).unwrap();
    let mut wrong = Vec::new();
    for rule in &rules {
        let said = json!({ "operationId": rule.operation_id });
        let operation = operation(&rule.method, &rule.path, &said);
        for case in &rule.tests {
            let meaning = operation
                .meaning
                .clone()
                .with_nouns(&case.entity_type, &case.parent_type);
            let written = sentence(&SentenceFacts {
                actor: &case.actor,
                meaning: Some(&meaning),
                entity_ids: &case.ids,
                entity_name: &case.name,
                parent_id: &case.parent_id,
                parent_name: &case.parent_name,
                outcome: case.outcome,
                ..facts(&operation)
            });
            assert_eq!(joined(&written.parts), written.text);
            if written.text != case.sentence {
                wrong.push(format!(
                    "{}\n  expected {}\n  written  {}",
                    rule.rule, case.sentence, written.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn joined(parts: &[ActivityPart]) -> String {
    parts.iter().map(|part| part.text.as_str()).collect()
}

#[test]
fn a_call_that_no_document_describes_is_told_as_it_came() {
    for (actor, path, outcome, expected) in [
        (
            "jane@example.com",
            "/v1/foo/42",
            Outcome::Success,
            "jane@example.com called DELETE /v1/foo/42",
        ),
        (
            "jane@example.com",
            "/v1/foo/42",
            Outcome::Denied,
            "jane@example.com tried to call DELETE /v1/foo/42 but was not allowed to",
        ),
        (
            "",
            "/v1/foo 42\n",
            Outcome::Success,
            "someone called DELETE /v1/foo%2042",
        ),
    ] {
        let facts = SentenceFacts {
            actor,
            meaning: None,
            method: "DELETE",
            path,
            entity_ids: &[],
            entity_name: "",
            parent_id: "",
            parent_name: "",
            outcome,
            values: RequestValues::default(),
        };
        assert_eq!(sentence(&facts).text, expected);
    }
}

#[test]
fn the_document_may_write_its_own_sentence() {
    let invite = operation(
        "post",
        "/teams/{id}/invite",
        &json!({ "operationId": "inviteMember", "x-audit": {
            "activity": "{actor} invited {body.email} to team {path.id}", "action": "create",
            "entity": { "type": "invitation", "id": "response.id", "name": "body.email" },
            "parent": { "type": "team", "id": "path.id" }
        } }),
    );
    assert_eq!(invite.meaning.action.as_str(), "create");
    assert_eq!(invite.meaning.entity_type, "invitation");
    let body = json!({ "email": "bob@example.com" });
    let params = [("id".to_owned(), "7".to_owned())];
    let values = RequestValues {
        request: Some(&body),
        path_params: &params,
        ..RequestValues::default()
    };
    let with_values = SentenceFacts {
        values,
        ..facts(&invite)
    };
    assert_eq!(
        sentence(&with_values).text,
        "jane@example.com invited bob@example.com to team 7"
    );
    let denied = SentenceFacts {
        outcome: Outcome::Denied,
        entity_name: "bob@example.com",
        ..with_values
    };
    assert_eq!(
        sentence(&denied).text,
        "jane@example.com tried to invite invitation bob@example.com but was not allowed to"
    );
    assert_eq!(
        sentence(&facts(&invite)).text,
        "jane@example.com invited (not given) to team (not given)"
    );
}

fn kinds(parts: &[ActivityPart]) -> Vec<(&str, &str, &str)> {
    parts
        .iter()
        .map(|part| (part.kind.as_str(), part.text.as_str(), part.word.as_str()))
        .collect()
}

#[test]
fn the_parts_say_what_each_word_is() {
    let remove = operation(
        "delete",
        "/teams/{team}/users/{id}",
        &json!({ "operationId": "removeUser" }),
    );
    let ids = ids(&["7"]);
    let removed = SentenceFacts {
        entity_ids: &ids,
        entity_name: "Bob was here",
        parent_name: "Ops",
        outcome: Outcome::Denied,
        ..facts(&remove)
    };
    assert_eq!(
        kinds(&sentence(&removed).parts),
        [
            ("actor", "jane@example.com", ""),
            ("text", " tried to ", ""),
            ("verb", "remove", "remove"),
            ("text", " ", ""),
            ("entity_type", "user", "user"),
            ("text", " “", ""),
            ("entity", "Bob was here", ""),
            ("text", "” from ", ""),
            ("parent_type", "team", "team"),
            ("text", " ", ""),
            ("parent", "Ops", ""),
            ("text", " but was not allowed to", ""),
        ]
    );
    let mark = operation(
        "post",
        "/messages:markRead",
        &json!({ "operationId": "markMessagesAsRead" }),
    );
    let many: Vec<String> = (1..=12).map(|number| number.to_string()).collect();
    let marked = SentenceFacts {
        entity_ids: &many,
        ..facts(&mark)
    };
    assert_eq!(
        kinds(&sentence(&marked).parts),
        [
            ("actor", "jane@example.com", ""),
            ("text", " ", ""),
            ("verb", "marked", "mark"),
            ("text", " ", ""),
            ("count", "12", ""),
            ("text", " ", ""),
            ("entity_type", "messages", "message"),
            ("text", " ", ""),
            ("complement", "as read", ""),
        ]
    );
    let listed = SentenceFacts {
        entity_ids: &many[..2],
        ..facts(&mark)
    };
    let entities: Vec<String> = sentence(&listed)
        .parts
        .into_iter()
        .filter(|part| part.kind == ActivityPartKind::Entity)
        .map(|part| part.text)
        .collect();
    assert_eq!(entities, ["1", "2"]);
    let called = SentenceFacts {
        meaning: None,
        path: "/v1/foo",
        ..facts(&mark)
    };
    assert_eq!(
        kinds(&sentence(&called).parts),
        [
            ("actor", "jane@example.com", ""),
            ("text", " ", ""),
            ("verb", "called", "call"),
            ("text", " ", ""),
            ("request", "POST /v1/foo", ""),
        ]
    );
}

#[test]
fn the_parts_of_a_documents_own_sentence_are_its_placeholders() {
    let invite = operation(
        "post",
        "/teams/{id}/members",
        &json!({ "operationId": "inviteMember", "x-audit": {
            "activity": "  {actor} has {verb} {body.email}  to {entity} for {query.days} days\n",
        }, "parameters": [{ "name": "days", "in": "query", "schema": {} }] }),
    );
    let body = json!({ "email": "bob@example.com" });
    let written = sentence(&SentenceFacts {
        values: RequestValues {
            request: Some(&body),
            ..RequestValues::default()
        },
        ..facts(&invite)
    });
    assert_eq!(
        written.text,
        "jane@example.com has invited bob@example.com to the member for (not given) days"
    );
    assert_eq!(
        kinds(&written.parts),
        [
            ("actor", "jane@example.com", ""),
            ("text", " has ", ""),
            ("verb", "invited", "invite"),
            ("text", " ", ""),
            ("value", "bob@example.com", "body.email"),
            ("text", " to the ", ""),
            ("entity_type", "member", "member"),
            ("text", " for ", ""),
            ("value", "(not given)", "query.days"),
            ("text", " days", ""),
        ]
    );
}

#[test]
fn a_documents_own_sentence_is_cut_after_its_eighteenth_word() {
    let words = |count: usize| {
        let template = format!("{{actor}}{}", " word".repeat(count));
        let said = json!({ "x-audit": { "activity": template } });
        sentence(&facts(&operation("post", "/orders", &said))).text
    };
    assert_eq!(words(17), format!("jane@example.com{}", " word".repeat(17)));
    let cut = format!("jane@example.com{}…", " word".repeat(17));
    assert_eq!(words(18), cut);
}

#[test]
fn a_handlers_own_sentence_is_one_part_of_visible_text() {
    let stated =
        Sentence::stated("\u{202e}Jane moved\nthe <b>ERP</b>\u{200b} \t integration ").unwrap();
    assert_eq!(stated.text, "Jane moved the <b>ERP</b> integration");
    assert_eq!(
        kinds(&stated.parts),
        [("text", "Jane moved the <b>ERP</b> integration", "")]
    );
    let long = Sentence::stated(&"word ".repeat(1_000)).unwrap();
    assert_eq!(long.text, format!("{}word…", "word ".repeat(17)));
    let wide = Sentence::stated(&format!("Jane moved {}", "x".repeat(1_000))).unwrap();
    assert_eq!(wide.text.chars().count(), 300);
    for nothing in [" \n\u{200b}", "null", "undefined", "[object Object]", "“”"] {
        assert_eq!(Sentence::stated(nothing), None, "{nothing}");
    }
}

#[test]
fn more_things_than_anybody_counts_are_so_many_at_least() {
    let delete = operation(
        "post",
        "/orders:delete",
        &json!({ "operationId": "deleteOrders" }),
    );
    let ids = vec!["1".to_owned(); 10_000];
    let counted = |ids: &[String]| {
        let facts = SentenceFacts {
            entity_ids: ids,
            ..facts(&delete)
        };
        sentence(&facts).text
    };
    assert_eq!(counted(&ids[1..]), "jane@example.com deleted 9999 orders");
    assert_eq!(
        counted(&ids),
        "jane@example.com deleted at least 10000 orders"
    );
}

/// Texts that somebody may put into a name: words, marks, controls and what turns the direction.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,400}",
        "(\\PC|[\\n\\r\\t\u{202e}\u{200b}\u{2066}\u{feff}\"“” ]){0,400}",
        "((deleted|null|a@b\\.c|[a-z]{1,12}|[A-Z]{40,90}) ){0,12}",
        Just("null".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_sentence_is_short_plain_and_never_null(
        actor in any_text(),
        name in any_text(),
        ids in prop::collection::vec(any_text(), 0..6),
        parent in any_text(),
        nouns in (any_text(), any_text()),
        outcome in prop::sample::select(Outcome::ALL),
        kind in 0_usize..4,
    ) {
        let (method, path, operation_id) = [
            ("put", "/teams/{team}/members/{id}", ""),
            ("post", "/messages/{id}/read", "markMessageAsRead"),
            ("post", "/orders:delete", "deleteOrders"),
            ("put", "/rides/{rideId}/rating", "updateRating"),
        ][kind];
        let operation = operation(method, path, &json!({ "operationId": operation_id }));
        let meaning = operation.meaning.clone().with_nouns(&nouns.0, &nouns.1);
        let written = sentence(&SentenceFacts {
            actor: &actor, entity_ids: &ids, entity_name: &name, parent_id: &parent, outcome,
            meaning: Some(&meaning), ..facts(&operation)
        });
        let text = written.text.as_str();
        prop_assert_eq!(&joined(&written.parts), text);
        prop_assert!(text.split_whitespace().count() <= 18, "{}", text);
        prop_assert!(text.chars().count() <= 300, "{}", text);
        let is_unseen = |character: char| character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!text.chars().any(is_unseen), "{}", text);
        prop_assert!(!text.contains("  ") && text.trim() == text, "{}", text);
        prop_assert!(written.parts.iter().all(|part| !part.text.is_empty()));
        prop_assert!(!text.contains("“”") && !text.contains("“ ”"), "{}", text);
        // Whatever stands in front of it, the sentence ends as its outcome does.
        let end = match outcome {
            Outcome::Denied => "but was not allowed to",
            Outcome::Failure => "but it failed",
            _ => "",
        };
        prop_assert!(text.ends_with(end), "{}", text);
        let of_kind = |kind| written.parts.iter().filter(|part| part.kind == kind).count();
        prop_assert_eq!((of_kind(ActivityPartKind::Actor), of_kind(ActivityPartKind::Verb)), (1, 1));
        for part in &written.parts {
            prop_assert!(!matches!(part.text.as_str(), "null" | "undefined" | "[object Object]"));
        }
    }

    #[test]
    fn a_documents_own_sentence_is_as_short_whatever_the_values(
        actor in any_text(), values in prop::collection::vec(any_text(), 0..5),
    ) {
        let invite = operation("post", "/teams/{id}/members", &json!({ "operationId": "inviteMember",
            "x-audit": { "activity": "{actor} invited {body.emails} to {entity} {parent}" } }));
        let body = json!({ "emails": values });
        let written = sentence(&SentenceFacts {
            actor: &actor,
            values: RequestValues { request: Some(&body), ..RequestValues::default() },
            ..facts(&invite)
        });
        prop_assert_eq!(&joined(&written.parts), &written.text);
        prop_assert!(written.text.split_whitespace().count() <= 18, "{}", written.text);
        prop_assert!(written.text.chars().count() <= 300, "{}", written.text);
        let has_brace = |text: &str| text.contains(['{', '}']);
        let is_given = has_brace(&actor) || values.iter().any(|value| has_brace(value));
        prop_assert!(is_given || !has_brace(&written.text), "{}", written.text);
    }
}
