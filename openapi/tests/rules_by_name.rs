//! Each rule by its name: it decides its own example, and `docs/openapi.md` shows it.

use daybook_openapi::{Document, Index, Rule, explain};
use serde::Deserialize;
use serde_json::{Value, json};

/// An operation, and what it means; where a rule is named, it decides.
#[derive(Debug, Deserialize)]
struct Case {
    #[serde(default)]
    rule: String,
    /// `METHOD /path operationId`
    call: String,
    #[serde(default)]
    operation: Value,
    /// The GET at the same path.
    #[serde(default)]
    get: Value,
    /// What the document's other operations are called.
    #[serde(default)]
    beside: Vec<String>,
    /// `action: sentence` without its actor
    says: String,
    /// Companies whose documents need the rule.
    #[serde(default)]
    serves: Vec<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("meaning_rules.json")).expect("the cases are JSON")
}

#[test]
fn each_rule_decides_its_own_example() {
    assert_eq!(wrong(cases()), Vec::<String>::new());
}

/// Ways of writing that real documents have, and that were once misunderstood.
#[test]
fn identifiers_paths_and_summaries_are_read_as_people_mean_them() {
    check(include_str!("meaning_cases.json"));
}

/// What words an operationId and a path have for a thing, and which of them are none of it.
#[test]
fn nouns_are_cleared_of_what_only_says_how_or_where() {
    check(include_str!("noun_cases.json"));
}

#[track_caller]
fn check(cases: &str) {
    let cases = serde_json::from_str(cases).expect("the cases are JSON");
    assert_eq!(wrong(cases), Vec::<String>::new());
}

fn wrong(cases: Vec<Case>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let words: Vec<&str> = case.call.split(' ').collect();
        let mut operation = if case.operation.is_null() {
            json!({})
        } else {
            case.operation.clone()
        };
        if let Some(operation_id) = words.get(2) {
            operation["operationId"] = json!(operation_id);
        }
        let mut paths = json!({ words[1]: { words[0].to_lowercase(): operation } });
        if !case.get.is_null() {
            paths[words[1]]["get"] = case.get.clone();
        }
        for name in &case.beside {
            paths[format!("/beside/{name}")] = json!({ "post": { "operationId": name } });
        }
        let document = json!({ "openapi": "3.1.0", "info": {}, "paths": paths });
        let (index, _) = Index::build(vec![Document {
            file_name: "s.json".to_owned(),
            bytes: document.to_string().into_bytes(),
        }]);
        let operation = index
            .operations()
            .find(|operation| operation.method == words[0] && operation.path == words[1]);
        let explained = explain(operation.expect("the operation is indexed"));
        let says = format!(
            "{}: {}",
            explained.action,
            explained.message.trim_start_matches("jane@example.com ")
        );
        let is_decided = case.rule.is_empty() || explained.decided_by.contains(&case.rule.as_str());
        if says != case.says || !is_decided {
            wrong.push(format!(
                "{}: {} → {says} by {:?}, not {}",
                case.rule, case.call, explained.decided_by, case.says
            ));
        }
    }
    wrong
}

#[test]
fn each_rule_has_an_example_serves_two_companies_and_stands_in_the_docs() {
    let cases = cases();
    let docs = include_str!("../../docs/openapi.md");
    for rule in Rule::all() {
        let case = cases.iter().find(|case| case.rule == rule.name);
        let case = case.unwrap_or_else(|| panic!("{} has no example", rule.name));
        // What a document says itself serves whoever says it.
        let is_said = rule.name == "annotated";
        assert!(is_said || case.serves.len() >= 2, "{}", rule.name);
        let row = docs
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", rule.name)))
            .unwrap_or_else(|| panic!("docs/openapi.md does not show {}", rule.name));
        let sentence = case.says.split_once(": ").map_or("", |(_, says)| says);
        for shown in [rule.reason, &case.call, sentence] {
            assert!(row.contains(shown), "{}: {shown}", rule.name);
        }
    }
    assert_eq!(cases.len(), Rule::all().count());
}

#[test]
fn each_rule_of_lint_stands_in_the_docs() {
    let docs = include_str!("../../docs/openapi.md");
    let log = daybook_openapi::lint::sarif(&daybook_openapi::lint::Report::default(), "");
    let log = serde_json::to_value(log).expect("a log is JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array();
    let rules = rules.expect("a log lists its rules");
    assert!(rules.len() > 20);
    for rule in rules {
        let id = rule["id"].as_str().expect("a rule has an id");
        assert!(docs.contains(&format!("`{id}`")), "{id}");
    }
}
