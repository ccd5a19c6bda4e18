//! Sentences as people read them.

use daybook_event::Outcome;
use daybook_openapi::{Document, Index, Operation, RequestValues, SentenceFacts, sentence};
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

#[test]
fn the_outcome_shapes_the_sentence() {
    let delete = operation(
        "delete",
        "/workflows/{id}",
        &json!({ "operationId": "deleteWorkflow" }),
    );
    let ids = ids(&["42"]);
    for (outcome, name, expected) in [
        (
            Outcome::Success,
            "Onboarding",
            "jane@example.com deleted workflow Onboarding",
        ),
        (Outcome::Success, "", "jane@example.com deleted workflow 42"),
        (
            Outcome::Denied,
            "Onboarding",
            "jane@example.com tried to delete workflow Onboarding but was not allowed to",
        ),
        (
            Outcome::Failure,
            "",
            "jane@example.com tried to delete workflow 42 but it failed",
        ),
        (
            Outcome::Unknown,
            "",
            "jane@example.com asked to delete workflow 42",
        ),
    ] {
        let facts = SentenceFacts {
            outcome,
            entity_name: name,
            entity_ids: &ids,
            ..facts(&delete)
        };
        assert_eq!(sentence(&facts), expected);
    }
}

#[test]
fn many_things_are_listed_or_counted() {
    let delete = operation(
        "post",
        "/workflows:delete",
        &json!({ "operationId": "deleteWorkflows", "requestBody": { "content": { "application/json": { "schema": { "properties": { "ids": { "type": "array", "items": { "type": "string" } } } } } } } }),
    );
    for (given, expected) in [
        (&[][..], "jane@example.com deleted workflows"),
        (&["41"][..], "jane@example.com deleted workflow 41"),
        (
            &["41", "42"][..],
            "jane@example.com deleted workflows 41, 42",
        ),
        (
            &["1", "2", "3", "4", "5", "6", "7"][..],
            "jane@example.com deleted 7 workflows",
        ),
    ] {
        let ids = ids(given);
        assert_eq!(
            sentence(&SentenceFacts {
                entity_ids: &ids,
                ..facts(&delete)
            }),
            expected
        );
    }
}

#[test]
fn the_parent_is_named_where_it_helps() {
    let cases = [
        (
            "delete",
            "/teams/{team}/members/{id}",
            "removeMember",
            "7",
            "jane@example.com removed member 7 from team Ops",
        ),
        (
            "post",
            "/teams/{team}/members",
            "addMember",
            "7",
            "jane@example.com added member 7 to team Ops",
        ),
        (
            "patch",
            "/teams/{team}/members/{id}",
            "updateMember",
            "7",
            "jane@example.com updated member 7 of team Ops",
        ),
        (
            "put",
            "/teams/{team}/logo",
            "updateLogo",
            "Ops",
            "jane@example.com updated the logo of team Ops",
        ),
    ];
    for (method, path, operation_id, id, expected) in cases {
        let operation = operation(method, path, &json!({ "operationId": operation_id }));
        let ids = ids(&[id]);
        let facts = SentenceFacts {
            entity_ids: &ids,
            parent_name: "Ops",
            parent_id: "3",
            ..facts(&operation)
        };
        assert_eq!(sentence(&facts), expected);
    }
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
        assert_eq!(sentence(&facts), expected);
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
        sentence(&with_values),
        "jane@example.com invited bob@example.com to team 7"
    );
    let denied = SentenceFacts {
        outcome: Outcome::Denied,
        entity_name: "bob@example.com",
        ..with_values
    };
    assert_eq!(
        sentence(&denied),
        "jane@example.com tried to invite invitation bob@example.com but was not allowed to"
    );
    assert_eq!(
        sentence(&facts(&invite)),
        "jane@example.com invited (not given) to team (not given)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_sentence_is_short_plain_and_never_null(
        actor in "\\PC{0,60}",
        name in "(\\PC|[\\n\\r\\t\\u{202e}]){0,400}",
        id in "\\PC{0,400}",
        parent in "(\\PC| ){0,400}",
        outcome in prop::sample::select(Outcome::ALL),
    ) {
        let operation = operation("put", "/teams/{team}/members/{id}", &json!({}));
        let ids = [id];
        let facts = SentenceFacts {
            actor: &actor, entity_ids: &ids, entity_name: &name, parent_id: &parent, outcome, ..facts(&operation)
        };
        let sentence = sentence(&facts);
        prop_assert!(sentence.split_whitespace().count() <= 18, "{}", sentence);
        prop_assert!(sentence.chars().count() <= 300, "{}", sentence);
        prop_assert!(!sentence.chars().any(char::is_control));
        prop_assert!(!sentence.contains("null") || [&actor, &name, &ids[0], &parent].iter().any(|text| text.contains("null")));
    }
}
