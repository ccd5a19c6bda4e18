//! What is in doubt about documents, and that what lint proposes settles it.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use daybook_openapi::lint::{Fact, Finding, Level, Report, TextStyle, lint, sarif, text};
use daybook_openapi::{Document, Index};
use proptest::prelude::*;
use serde_json::{Value, json};

const PLAIN: TextStyle = TextStyle {
    width: 100,
    colour: false,
};

fn document(file_name: &str, value: &Value) -> Document {
    Document {
        file_name: file_name.to_owned(),
        bytes: serde_json::to_vec_pretty(value).unwrap(),
    }
}

fn report(documents: &[Document]) -> Report {
    let (index, problems) = Index::build(documents.to_vec());
    lint(&index, &problems, documents)
}

fn report_of(value: &Value) -> Report {
    report(&[document("shop.json", value)])
}

/// `fact rule` of each finding.
fn told(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .map(|finding| format!("{} {}", finding.fact.as_str(), finding.rule))
        .collect()
}

/// Nothing in the first says what it does or to what; everything in the second does.
fn doubtful() -> Value {
    json!({ "openapi": "3.0.0", "paths": {
        "/": { "post": {} },
        "/orders/{id}": { "delete": { "operationId": "deleteOrder" } },
    } })
}

#[test]
fn what_a_doubtful_rule_decided_is_told_with_what_would_settle_it() {
    let report = report_of(&doubtful());
    let total = &report.total;
    assert_eq!((total.operations, total.all_certain), (2, 1));
    let first: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.fact == Fact::Entity)
        .collect();
    let [entity] = first.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(
        (
            entity.document.as_str(),
            entity.pointer.as_str(),
            entity.line
        ),
        ("shop.json", "/paths/~1/post", Some(5))
    );
    assert_eq!(
        (entity.method.as_str(), entity.path.as_str()),
        ("POST", "/")
    );
    assert_eq!(entity.level, Level::Warning);
    assert!(
        entity
            .x_audit
            .starts_with("x-audit:\n  entity:\n    type: record")
    );
    assert!(
        entity
            .overlay
            .starts_with("- target: $.paths['/'].post\n  update:\n    x-audit:\n      entity:\n"),
        "{}",
        entity.overlay
    );
    assert!(!entity.message.is_empty());
}

#[test]
fn operations_that_change_nothing_or_are_ignored_are_not_looked_at() {
    let report = report_of(&json!({ "openapi": "3.0.0", "paths": {
        "/": { "get": {}, "head": {}, "options": {}, "post": { "x-audit": { "ignore": true } } },
    } }));
    assert_eq!(report, Report::default());
    assert!(report.summary(100.0).passed);
}

/// One operation per kind of sentence.
#[test]
fn a_sentence_that_nobody_would_write_is_told() {
    let long = "a b c d e f g h i j k l m n o p q r s t";
    for (operation, rule) in [
        (
            json!({ "x-audit": { "entity": { "type": long } } }),
            "sentence-too-long",
        ),
        (
            json!({ "operationId": "assignAssignment" }),
            "sentence-repeats-a-word",
        ),
        (
            json!({ "x-audit": { "entity": { "type": "order order" } } }),
            "sentence-repeats-a-word",
        ),
        (
            json!({ "x-audit": { "entity": { "type": "send email" } } }),
            "sentence-of-two-verbs",
        ),
    ] {
        let mut value =
            json!({ "openapi": "3.0.0", "paths": { "/assignments": { "post": operation } } });
        let of_sentence = told(&report_of(&value));
        assert!(
            of_sentence.contains(&format!("sentence {rule}")),
            "{operation} {of_sentence:?}"
        );
        // A sentence of one's own may be as it likes.
        value["paths"]["/assignments"]["post"]["x-audit"]["activity"] =
            json!("{actor} did {entity}");
        let of_sentence = told(&report_of(&value));
        assert!(
            !of_sentence.iter().any(|line| line.starts_with("sentence")),
            "{of_sentence:?}"
        );
    }
    let fine = json!({ "openapi": "3.0.0", "paths": {
        "/addresses": { "post": { "operationId": "addAddress" } },
        "/orders/{id}/lines": { "delete": { "operationId": "deleteOrderLines" } },
    } });
    let of_sentence = told(&report_of(&fine));
    assert!(
        !of_sentence.iter().any(|line| line.starts_with("sentence")),
        "{of_sentence:?}"
    );
}

#[test]
fn problems_of_documents_are_findings_and_errors_fail() {
    let server = json!([{ "url": "https://api.example.com" }]);
    let orders = json!({ "openapi": "3.0.0", "servers": server, "paths": {
        "/orders/{id}": { "delete": { "operationId": "deleteOrder" } },
    } });
    let wrong = json!({ "openapi": "3.0.0", "paths": {
        "/teams/{id}": { "delete": { "operationId": "deleteTeam", "x-audit": { "activity": "{who} left" } } },
        "/users/{id}": { "delete": { "operationId": "deleteUser", "responses": { "200": { "$ref": "other.json#/x" } } } },
    } });
    let report = report(&[
        document("a.json", &orders),
        document("b.json", &orders),
        document("c.json", &wrong),
        Document {
            file_name: "d.json".to_owned(),
            bytes: b"{".to_vec(),
        },
    ]);
    let problems: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            (
                finding.document.as_str(),
                finding.rule,
                finding.level,
                finding.pointer.as_str(),
                finding.line,
            )
        })
        .collect();
    assert_eq!(
        problems,
        [
            (
                "b.json",
                "tie",
                Level::Error,
                "/paths/~1orders~1{id}/delete",
                Some(5)
            ),
            (
                "c.json",
                "annotation",
                Level::Error,
                "/paths/~1teams~1{id}/delete/x-audit/activity",
                Some(5)
            ),
            (
                "c.json",
                "document-warning",
                Level::Warning,
                "/paths/~1users~1{id}/delete/responses/200/$ref",
                Some(13)
            ),
            ("d.json", "document", Level::Error, "", None),
        ]
    );
    let summary = report.summary(0.0);
    assert_eq!(
        (summary.errors, summary.warnings, summary.passed),
        (3, 1, false)
    );
    assert_eq!(summary.operations, 4);
}

#[test]
fn the_shares_are_rounded_down_and_held_against_what_is_asked_for() {
    let mut value = doubtful();
    value["paths"]["/teams/{id}"] = json!({ "delete": { "operationId": "deleteTeam" } });
    let report = report_of(&value);
    let summary = report.summary(66.6);
    assert!((summary.all - 66.6).abs() < 1e-9, "{summary:?}");
    assert!((summary.redaction - 100.0).abs() < 1e-9);
    assert!(summary.passed);
    assert!(!report.summary(66.7).passed);
    assert_eq!(
        report.documents,
        [("shop.json".to_owned(), report.total.clone())]
    );
}

#[test]
fn a_person_reads_everything_in_a_hundred_columns() {
    let report = report_of(&doubtful());
    let page = text(&report, 95.0, PLAIN);
    for line in page.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
    for word in [
        "shop.json\n",
        "  POST /\n  line 5, #/paths/~1/post\n",
        "    - target: $.paths['/'].post\n",
        "shop.json            2",
        "failed: 50.0 % of 2 operations certain in all five facts (95 % asked for), 0 errors,",
    ] {
        assert!(page.contains(word), "{word:?} in\n{page}");
    }
    assert!(!page.contains('\u{1b}'));
    let coloured = text(
        &report,
        95.0,
        TextStyle {
            colour: true,
            ..PLAIN
        },
    );
    let without: String = coloured
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| {
            if at == 0 {
                part
            } else {
                part.split_once('m').unwrap().1
            }
        })
        .collect();
    assert_eq!(without, page);
    let passed = text(&report, 50.0, PLAIN);
    assert!(passed.lines().last().unwrap().starts_with("passed: 50.0 %"));
}

#[test]
fn a_document_cannot_write_to_the_terminal() {
    let page = text(
        &report_of(&json!({ "openapi": "3.0.0", "paths": {
            "/\u{1b}[31m\u{202e}x": { "post": { "operationId": "\u{1b}]0;title\u{7}" } }
        } })),
        95.0,
        PLAIN,
    );
    assert!(
        !page
            .chars()
            .any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}')),
        "{page:?}"
    );
}

#[test]
fn sarif_names_the_rule_the_file_the_line_and_the_pointer() {
    let value = doubtful();
    let documents = [document("my shop#1.json", &value)];
    let report = report(&documents);
    let log = sarif(&report, "docs/");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: HashSet<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
    assert_eq!(ids.len(), rules.len(), "a rule has its name alone");
    for (result, finding) in results.iter().zip(&report.findings) {
        assert_eq!(result["ruleId"], finding.rule);
        let position = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[position]["id"], finding.rule);
        assert_eq!(result["level"], "warning");
        let location = &result["locations"][0];
        assert_eq!(
            location["physicalLocation"],
            json!({ "artifactLocation": { "uri": "docs/my%20shop%231.json" }, "region": { "startLine": 5 } })
        );
        assert_eq!(
            location["logicalLocations"],
            json!([{ "fullyQualifiedName": "/paths/~1/post", "name": "POST /" }])
        );
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn in_sarif_each_of_any_methods_has_a_fingerprint_of_its_own() {
    let any = json!({ "x-amazon-apigateway-any-method": {} });
    let report = report_of(&json!({ "openapi": "3.0.0", "paths": { "/": any } }));
    let log = sarif(&report, "");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let prints: HashSet<&Value> = results
        .iter()
        .map(|result| &result["partialFingerprints"]["daybook/v1"])
        .collect();
    assert!(results.len() >= 4, "{results:?}");
    assert_eq!(prints.len(), results.len());
}

/// Pastes each operation's `x-audit` lines into the document, where a person would.
fn paste(value: &mut Value, report: &Report) {
    for finding in &report.findings {
        if finding.x_audit.is_empty() {
            continue;
        }
        let pasted: Value = serde_yaml_ng::from_str(&finding.x_audit).unwrap();
        let action: Value = serde_yaml_ng::from_str(&finding.overlay).unwrap();
        assert_eq!(action[0]["update"], pasted);
        merge(value.pointer_mut(&finding.pointer).unwrap(), &pasted);
    }
}

fn merge(into: &mut Value, update: &Value) {
    match (into, update) {
        (Value::Object(into), Value::Object(update)) => {
            for (key, value) in update {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(update)) => into.extend(update.iter().cloned()),
        (into, update) => *into = update.clone(),
    }
}

#[test]
fn what_is_proposed_settles_real_documents() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/specs");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let before = report_of(&value);
        assert!(before.findings.iter().all(|finding| finding.line.is_some()));
        paste(&mut value, &before);
        let after = report_of(&value);
        assert_eq!(after.findings, [], "{}", path.display());
        assert_eq!(after.total.all_certain, before.total.operations);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "orders", "{id}", "{orderId}", "sync", "assign", "assignments", "bulk", "{id}:publish",
            "it's", "a\\b", "a: b", "x #y", "übung", "", "-",
        ])
        .prop_map(str::to_owned),
        1 => "[ -~]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_proposed_settles_any_document(
        operations in prop::collection::vec(
            (
                prop::collection::vec(word(), 0..4),
                prop::sample::select(vec!["post", "put", "patch", "delete"]),
                prop::option::of("[a-zA-Z_]{0,20}"),
            ),
            0..8,
        ),
    ) {
        let mut value = json!({ "openapi": "3.0.0", "paths": {} });
        for (words, method, operation_id) in operations {
            let path = format!("/{}", words.join("/"));
            value["paths"][path][method] = match operation_id {
                Some(id) => json!({ "operationId": id }),
                None => json!({}),
            };
        }
        let before = report_of(&value);
        prop_assert!(before.summary(0.0).passed);
        paste(&mut value, &before);
        let mut after = report_of(&value);
        // Two operations of one name are told, and nothing settles that.
        after
            .findings
            .retain(|finding| finding.rule != "document-warning");
        prop_assert_eq!(&after.findings, &[]);
        prop_assert!(after.summary(100.0).passed);
        text(&before, 95.0, PLAIN);
        sarif(&before, "");
    }
}

/// The overlay that is made of each action that is printed.
fn overlay(report: &Report) -> Document {
    let actions: String = report
        .findings
        .iter()
        .map(|finding| finding.overlay.as_str())
        .collect();
    Document {
        file_name: "shop.overlay.yaml".to_owned(),
        bytes: format!("overlay: 1.0.0\nactions:\n{actions}").into_bytes(),
    }
}

#[test]
fn what_is_proposed_applies_beside_what_is_annotated_and_behind_references() {
    let operation = json!({ "x-audit": { "entity": "order", "redact": "body.a" },
        "requestBody": { "content": { "application/json": { "schema": { "properties": {
            "a": { "type": "string" }, "sid": { "type": "string" } } } } } } });
    let bare = json!({});
    let at_path =
        |operation: &Value| json!({ "openapi": "3.0.0", "paths": { "/": { "post": operation } } });
    let behind = json!({ "openapi": "3.1.0", "paths": { "/": { "$ref": "#/components/pathItems/It's~1one" } },
        "components": { "pathItems": { "It's/one": { "post": bare } } } });
    for value in [at_path(&operation), at_path(&bare), behind] {
        let shop = document("shop.json", &value);
        let before = report(std::slice::from_ref(&shop));
        assert!(!before.findings.is_empty());
        let overlay = overlay(&before);
        let printed = String::from_utf8(overlay.bytes.clone()).unwrap();
        assert_eq!(report(&[shop, overlay]).findings, [], "{printed}");
        // What is printed for a person is one action for all doubts of an operation.
        assert!(text(&before, 95.0, PLAIN).contains(printed.lines().nth(2).unwrap()));
    }
    // Of an annotated noun the id is told with it, so that the lines may stand in its place.
    let report = report_of(&at_path(&operation));
    let of_id = |finding: &&Finding| finding.x_audit.contains("id: ");
    let of_id = report.findings.iter().find(of_id).unwrap();
    let pasted: Value = serde_yaml_ng::from_str(&of_id.x_audit).unwrap();
    assert_eq!(pasted["x-audit"]["entity"]["type"], "order");
}

#[test]
fn a_body_that_is_not_seen_is_a_doubt_until_somebody_decides() {
    let properties: serde_json::Map<String, Value> = (0..11_000)
        .map(|number| {
            (
                format!("p{number}"),
                json!({ "type": "string", "writeOnly": number < 101 }),
            )
        })
        .collect();
    let content =
        json!({ "content": { "application/json": { "schema": { "properties": properties } } } });
    let mut value = json!({ "openapi": "3.1.0", "paths": { "/orders/{id}": { "put": {
        "operationId": "updateOrder", "requestBody": content } } } });
    let report = report_of(&value);
    let doubt = report
        .findings
        .iter()
        .find(|finding| finding.is_of_an_operation())
        .unwrap();
    assert_eq!((doubt.rule, doubt.decided.as_str()), ("unseen", "body.**"));
    paste(&mut value, &report);
    assert_eq!(report_of(&value).findings, []);
}
