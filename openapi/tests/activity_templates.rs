//! `x-audit.activity`: what a template may name, and what it makes of each outcome.

use daybook_event::Outcome;
use daybook_openapi::{Document, Index, RequestValues, SentenceFacts, Severity, explain, sentence};
use serde_json::{Value, json};

use crate::invitation::{invite, problems};

#[test]
fn a_template_that_cannot_be_used_is_told_and_the_sentence_is_worked_out() {
    let operation = "PUT /teams/{team_id}/members/{id}";
    for (template, message) in [
        (
            "{actr} did it",
            "the placeholder {actr} is not known; did you mean {actor}?".to_owned(),
        ),
        (
            "{actor} invited {boddy.email}",
            "the placeholder {boddy.email} is not known; did you mean {body.email}?".to_owned(),
        ),
        (
            "{actor} invited {entity.nmae}",
            "the placeholder {entity.nmae} is not known; did you mean {entity.name}?".to_owned(),
        ),
        (
            "{actor} did {whatever}",
            "the placeholder {whatever} is not known; known are actor, verb, entity and parent (alone or with .id, .name or .type), and path., query., body. and response. with a name".to_owned(),
        ),
        (
            "{actor} joined {path.team}",
            format!("{{path.team}}: {operation} has no path parameter team; there are {{path.team_id}} and {{path.id}}"),
        ),
        (
            "{actor} joined {path.teamId}",
            format!("{{path.teamId}}: {operation} has no path parameter teamId; did you mean {{path.team_id}}?"),
        ),
        (
            "{actor} joined {query.notfy}",
            format!("{{query.notfy}}: {operation} has no query parameter notfy; did you mean {{query.notify}}?"),
        ),
        (
            "{actor} invited {body.emial}",
            format!("{{body.emial}}: the request body of {operation} has no emial; did you mean {{body.email}}?"),
        ),
        (
            "{actor} gave {body.roles.ids}",
            format!("{{body.roles.ids}}: the request body of {operation} has no roles.ids; did you mean {{body.roles[].id}}?"),
        ),
        (
            "{actor} invited {response.member.nam}",
            format!("{{response.member.nam}}: the response of {operation} has no member.nam; there are {{response.data}}, {{response.data.member}} and {{response.data.member.name}}"),
        ),
        (
            "{actor} set {body.password}",
            "{body.password} is a secret, which no sentence tells".to_owned(),
        ),
        (
            "{actor} wrote {body.note.text}",
            "{body.note.text} is a secret, which no sentence tells".to_owned(),
        ),
        (
            "{actor} set {body.email",
            "a brace { is not closed; as text it is {{".to_owned(),
        ),
        (
            "{actor} set }",
            "a brace } has no { in front of it; as text it is }}".to_owned(),
        ),
        (" ", "it is empty".to_owned()),
        (
            &"word ".repeat(19),
            "it has 19 words of its own; a sentence has at most 18 with its values".to_owned(),
        ),
        (&"w".repeat(301), "it has more than 300 characters".to_owned()),
    ] {
        let document = invite(&json!({ "activity": template }));
        let pointer = "/paths/~1teams~1{team_id}~1members~1{id}/put/x-audit/activity";
        assert_eq!(problems(&document), [format!("s.json#{pointer}: {message}")]);
        let (index, _) = Index::build(vec![Document {
            file_name: "s.json".to_owned(),
            bytes: document.to_string().into_bytes(),
        }]);
        let explained = explain(index.operations().next().unwrap());
        assert_eq!(
            explained.message,
            "jane@example.com invited member {id} to team {team_id}"
        );
    }
}

#[test]
fn a_template_may_name_what_the_document_leaves_open() {
    for template in [
        "{actor} labelled {body.labels.anything}",
        "{actor} gave {body.roles[].id} to {entity.type} {entity.id} of {parent.type} {parent.id}",
        "{actor} saw {response.member.name} and {response.data.member.name}",
        "{actor} set {{braces}} for {path.id} with {query.notify}",
    ] {
        let document = invite(&json!({ "activity": template, "keep": "body.password" }));
        assert_eq!(problems(&document), [""; 0], "{template}");
    }
    // What the document keeps is no secret.
    let kept = json!({ "activity": "{actor} set {body.password}", "keep": "body.password" });
    assert_eq!(problems(&invite(&kept)), [""; 0]);
}

/// The message of each operation and the problems with their severities.
fn explained(document: &Value) -> (Vec<String>, Vec<(Severity, String)>) {
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    let messages = index
        .operations()
        .map(|operation| explain(operation).message);
    let told = problems.into_iter();
    (
        messages.collect(),
        told.map(|problem| (problem.severity, problem.to_string()))
            .collect(),
    )
}

#[test]
fn a_template_of_a_path_is_used_where_it_fits_and_told_where_it_fits_none() {
    let with = |template: &str| {
        json!({ "openapi": "3.0.0", "paths": { "/a/{id}": {
            "x-audit": { "activity": template },
            "put": { "parameters": [{ "name": "x", "in": "query" }] }, "get": {}, "delete": {}
        } } })
    };
    for template in ["{actor} touched {query.x}", "{actor} touched {body.status}"] {
        let (messages, problems) = explained(&with(template));
        assert_eq!(problems, [], "{template}");
        let (put, others) = messages.split_last().expect("there are three");
        assert!(put.contains(" touched "), "{put}");
        assert!(!others.concat().contains("touched"), "{others:?}");
    }
    assert_eq!(
        explained(&with("{actor} touched {query.y}")).1,
        [(
            Severity::Error,
            "s.json#/paths/~1a~1{id}/x-audit/activity: {query.y}: DELETE /a/{id} has no query parameter y".to_owned()
        )]
    );
}

#[test]
fn a_mistyped_template_of_a_path_is_told_though_an_operation_leaves_its_body_open() {
    let content = json!({ "application/json": { "schema": { "properties": { "status": { "type": "string" } } } } });
    let with = |template: &str| {
        json!({ "openapi": "3.0.0", "paths": { "/orders/{id}": {
            "x-audit": { "activity": template },
            "put": { "requestBody": { "content": content } }, "post": {}
        } } })
    };
    assert_eq!(
        explained(&with("{actor} set {entity} to {body.statsu}")).1,
        [(
            Severity::Warning,
            "s.json#/paths/~1orders~1{id}/x-audit/activity: {body.statsu}: the request body of PUT /orders/{id} has no statsu; did you mean {body.status}?".to_owned()
        )]
    );
    assert_eq!(
        explained(&with("{actor} set {entity} to {body.status}")).1,
        []
    );
}

#[test]
fn a_sentence_of_a_parent_is_not_written_where_there_is_none() {
    let with = |paths: Value| json!({ "openapi": "3.0.0", "x-audit": { "activity": "{actor} moved {entity} to {parent}" }, "paths": paths });
    let both =
        json!({ "/orders/{id}": { "put": {} }, "/teams/{team_id}/members/{id}": { "put": {} } });
    let (messages, problems) = explained(&with(both));
    assert_eq!(problems, []);
    assert_eq!(
        messages,
        [
            "jane@example.com updated order {id}",
            "jane@example.com moved member {id} to team {team_id}"
        ]
    );
    let (_, problems) = explained(&with(json!({ "/orders/{id}": { "put": {} } })));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].1.contains("nothing says what {parent} is here"));
}

#[test]
fn a_template_of_any_method_is_told_once() {
    let document = json!({ "openapi": "3.0.0", "paths": { "/a/{id}": { "x-amazon-apigateway-any-method": {
        "x-audit": { "activity": "{actor} did it {query.typo}" } } } } });
    let told = problems(&document);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_body_that_no_document_can_describe_may_be_named() {
    let with = |version: Value| {
        json!({ "openapi": version, "paths": { "/a/{id}": { "delete": {
            "x-audit": { "activity": "{actor} dropped {entity}: {body.reason}" }
        } } } })
    };
    let told = "s.json#/paths/~1a~1{id}/delete/x-audit/activity: {body.reason}: DELETE /a/{id} has no request body";
    for (version, severity, is_used) in [
        (json!("3.0.3"), Severity::Warning, true),
        // As YAML reads it without quotes.
        (json!(3.0), Severity::Warning, true),
        (json!("3.1.0"), Severity::Error, false),
    ] {
        let (messages, problems) = explained(&with(version.clone()));
        assert_eq!(problems, [(severity, told.to_owned())], "{version}");
        assert_eq!(messages[0].contains(" dropped "), is_used, "{version}");
    }
}

#[test]
fn a_body_of_one_value_has_no_other() {
    let content = json!({ "application/json": { "schema": { "properties": { "status": { "type": "string" } } } } });
    let document = json!({ "openapi": "3.0.0", "paths": { "/a/{id}": { "put": {
        "requestBody": { "content": content },
        "x-audit": { "activity": "{actor} set {entity} to {body.statsu}" }
    } } } });
    assert_eq!(
        problems(&document),
        [
            "s.json#/paths/~1a~1{id}/put/x-audit/activity: {body.statsu}: the request body of PUT /a/{id} has no statsu; did you mean {body.status}?"
        ]
    );
}

/// The sentence of a call of the operation with this annotation.
fn written(annotation: &Value, outcome: Outcome) -> String {
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: invite(annotation).to_string().into_bytes(),
    }]);
    let operation = index.operations().next().expect("it has one operation");
    let body = json!({ "email": "bob@example.com", "roles": [{ "id": 1 }, { "id": 2 }, { "id": 3 }, { "id": 4 }] });
    let path_params = [
        ("team_id".to_owned(), "7".to_owned()),
        ("id".to_owned(), "42".to_owned()),
    ];
    sentence(&SentenceFacts {
        actor: "jane@example.com",
        meaning: Some(&operation.meaning),
        method: &operation.method,
        path: &operation.path,
        entity_ids: &["42".to_owned()],
        entity_name: "",
        parent_id: "7",
        parent_name: "Ops",
        outcome,
        values: RequestValues {
            request: Some(&body),
            path_params: &path_params,
            ..RequestValues::default()
        },
    })
    .text
}

#[test]
fn a_template_writes_what_a_call_has() {
    for (template, expected) in [
        (
            "{actor} invited {body.email} to {parent}",
            "jane@example.com invited bob@example.com to team Ops",
        ),
        (
            "{actor} gave {entity.type} {entity.id} roles {body.roles[].id}",
            "jane@example.com gave member 42 roles 1, 2, 3 and 1 more",
        ),
        (
            "{parent.name} ({parent.type} {parent.id}) has {entity}",
            "Ops (team 7) has member 42",
        ),
        (
            "{actor} {{really}} {verb} {path.id} as {entity.name} {query.notify}",
            "jane@example.com {really} invited 42 as (not given) (not given)",
        ),
        ("  {actor}\n did\u{202e} it ", "jane@example.com did it"),
    ] {
        assert_eq!(
            written(&json!({ "activity": template }), Outcome::Success),
            expected
        );
    }
    let long = format!("{{actor}} {}{{body.email}}", "very ".repeat(17));
    let sentence = written(&json!({ "activity": long }), Outcome::Success);
    assert_eq!(sentence.split_whitespace().count(), 18, "{sentence}");
}

#[test]
fn an_explained_template_has_the_names_of_its_values() {
    let annotation = json!({ "activity": "{actor} gave {body.roles[].id} to {path.team_id} and {body.email}, {query.notify}" });
    let (index, _) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: invite(&annotation).to_string().into_bytes(),
    }]);
    assert_eq!(
        explain(index.operations().next().unwrap()).message,
        "jane@example.com gave {id} to {team_id} and {email}, {notify}"
    );
}

#[test]
fn a_template_that_begins_with_actor_and_verb_tells_of_every_outcome() {
    let annotation =
        json!({ "verb": "sign off", "activity": "{actor} {verb} {body.email} for {parent}" });
    for (outcome, expected) in [
        (
            Outcome::Success,
            "jane@example.com signed off bob@example.com for team Ops",
        ),
        (
            Outcome::Denied,
            "jane@example.com tried to sign off bob@example.com for team Ops but was not allowed to",
        ),
        (
            Outcome::Failure,
            "jane@example.com tried to sign off bob@example.com for team Ops but it failed",
        ),
        (
            Outcome::Unknown,
            "jane@example.com asked to sign off bob@example.com for team Ops",
        ),
    ] {
        assert_eq!(written(&annotation, outcome), expected);
    }
    // Another wording cannot be turned, so the worked-out sentence tells of the call.
    let free = json!({ "activity": "{actor} brought in {body.email}" });
    assert_eq!(
        written(&free, Outcome::Denied),
        "jane@example.com tried to invite member 42 to team Ops but was not allowed to"
    );
}

#[test]
fn a_call_that_came_to_nothing_says_so_however_long_its_template_or_its_verb_is() {
    let template =
        "{actor} {verb} {entity} after the second reviewer of the finance team had looked at it";
    let approve = json!({ "verb": "approve", "activity": template });
    let verb = "go through all that came in since last year and sign it off";
    for (annotation, outcome, expected) in [
        (
            &approve,
            Outcome::Success,
            "jane@example.com approved member 42 after the second reviewer of the finance team had looked at it",
        ),
        (
            &approve,
            Outcome::Denied,
            "jane@example.com tried to approve member 42 of team Ops but was not allowed to",
        ),
        (
            &approve,
            Outcome::Failure,
            "jane@example.com tried to approve member 42 of team Ops but it failed",
        ),
        (
            &json!({ "verb": verb }),
            Outcome::Denied,
            "jane@example.com tried to go through all that… member 42 but was not allowed to",
        ),
        (
            &json!({ "verb": verb, "activity": "{actor} {verb} {entity} as finance has asked" }),
            Outcome::Denied,
            "jane@example.com tried to go through all that… member 42 as finance has asked but was not allowed to",
        ),
    ] {
        assert_eq!(written(annotation, outcome), expected);
    }
}

#[test]
fn a_verb_is_put_into_the_past() {
    for (verb, past) in [
        (json!("approve"), "approved"),
        (json!("send back"), "sent back"),
        (json!("log in"), "logged in"),
        (json!("re-open"), "re-opened"),
        (json!({ "base": "shred", "past": "shred" }), "shred"),
    ] {
        assert_eq!(
            written(&json!({ "verb": verb }), Outcome::Success).strip_prefix("jane@example.com "),
            Some(format!("{past} member 42 of team Ops").as_str())
        );
    }
}

/// What is told of an operation with this template.
fn told(method: &str, path: &str, mut operation: Value, template: &str) -> Vec<String> {
    operation["x-audit"] = json!({ "activity": template });
    let document = json!({ "openapi": "3.0.0", "paths": { path: { method: operation } } });
    let pointer = format!(
        "s.json#/paths/{}/{method}/x-audit/activity: ",
        path.replace('/', "~1")
    );
    let problems = problems(&document).into_iter();
    problems
        .map(|problem| problem.replace(&pointer, ""))
        .collect()
}

#[test]
fn a_template_names_nothing_of_a_body_that_is_not_there() {
    let answers = |status: &str| json!({ "responses": { status: { "description": "" } } });
    for (method, operation, template, expected) in [
        (
            "delete",
            json!({}),
            "{actor} deleted {entity}: {body.resaon}",
            &["{body.resaon}: DELETE /orders/{id} has no request body"][..],
        ),
        (
            "delete",
            answers("204"),
            "{actor} deleted {response.x}",
            &["{response.x}: DELETE /orders/{id} answers without a body"],
        ),
        // Many documents do not say what a PUT takes, or what a success looks like.
        (
            "put",
            answers("200"),
            "{actor} set {body.x} and {response.x}",
            &[],
        ),
        (
            "put",
            json!({ "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } } }),
            "{actor} set {body.x}",
            &[],
        ),
        (
            "put",
            json!({}),
            "{actor} moved {entity} to {parent}",
            &[
                "nothing says what {parent} is here; give `parent` a type beside it, or let the handler name it",
            ],
        ),
    ] {
        assert_eq!(
            told(method, "/orders/{id}", operation, template),
            expected,
            "{template}"
        );
    }
    let any = json!({ "openapi": "3.0.0", "paths": { "/a/{id}": { "x-amazon-apigateway-any-method": {
        "x-audit": { "activity": "{actor} set {body.x}" }
    } } } });
    assert_eq!(problems(&any), [""; 0]);
}

#[test]
fn where_no_name_is_near_the_first_ones_are_listed() {
    let properties = json!({ "email": {}, "role": {} });
    let content = json!({ "application/json": { "schema": { "properties": properties } } });
    let operation = json!({ "requestBody": { "content": content } });
    assert_eq!(
        told(
            "post",
            "/members",
            operation,
            "{actor} added {body.customer}"
        ),
        [
            "{body.customer}: the request body of POST /members has no customer; there are {body.email} and {body.role}"
        ]
    );
}
