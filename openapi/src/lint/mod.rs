//! What is in doubt about documents: which facts of which operations, why, and what would settle it.
//!
//! Looked at are the operations that change something (POST, PUT, PATCH, DELETE) and are not
//! ignored. Five facts of each are certain or not: the action, the entity, the id, the sentence, and
//! what is removed. A fact that `x-audit` states is certain. Beside doubts, a report names what
//! [`Index::build`] could not use.

mod items;
mod report;
mod rules;
mod sentence_rules;
mod settlement;

mod lines;
mod sarif;
mod text;

use std::collections::{HashMap, HashSet};

use crate::document::{Document, DocumentProblem};
use crate::explain::explain;
use crate::index::Index;
use crate::meaning::Rule;
use crate::operation::Operation;
use crate::value_location::ValueLocation;
use items::Items;
use lines::Lines;
pub use report::{Counts, Fact, Finding, Report, Summary};
pub use rules::Level;
use rules::{MAY_BE_SECRET, UNSEEN};
pub use sarif::sarif;
use settlement::Settlement;
pub use text::{TextStyle, text};

/// The methods of operations that change something.
const CHANGING: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];

/// Looks for doubts. `problems` are what [`Index::build`] told of these documents; the documents
/// give the lines, and may be missing.
pub fn lint(index: &Index, problems: &[DocumentProblem], documents: &[Document]) -> Report {
    let mut report = Report::default();
    let mut findings: Vec<Finding> = problems.iter().map(Finding::of_problem).collect();
    let mut counts: HashMap<&str, Counts> = HashMap::new();
    for operation in index
        .operations()
        .filter(|operation| CHANGING.contains(&operation.method.as_str()) && !operation.ignore)
    {
        let doubts = doubts(operation);
        report.total.add(&doubts);
        counts.entry(&operation.file_name).or_default().add(&doubts);
        findings.extend(doubts);
    }
    // A document of which nothing was read has a place in the order as well.
    let mut order: Vec<&str> = documents
        .iter()
        .map(|document| document.file_name.as_str())
        .chain(index.services().map(|service| service.file_name.as_str()))
        .collect();
    let mut position = HashMap::new();
    order.retain(|name| {
        let next = position.len();
        *position.entry(*name).or_insert(next) == next
    });
    findings.sort_by_key(|finding| position.get(finding.document.as_str()).copied());
    let mut read: Option<(&str, Lines, Items)> = None;
    for finding in &mut findings {
        let document = documents
            .iter()
            .find(|document| document.file_name == finding.document);
        let Some(document) = document else { continue };
        if read
            .as_ref()
            .is_none_or(|(name, ..)| *name != document.file_name)
        {
            let (lines, items) = (Lines::of(document), Items::of(document));
            read = Some((&document.file_name, lines, items));
        }
        let Some((_, lines, items)) = &read else {
            continue;
        };
        finding.line = lines.line(&finding.pointer);
        if let Some(query) = items.query(&finding.path) {
            finding.is_at(query);
        }
    }
    report.findings = findings;
    report.documents = order
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), counts.remove(name)?)))
        .collect();
    report
}

/// Everything that is in doubt about an operation, in the order of the facts.
fn doubts(operation: &Operation) -> Vec<Finding> {
    let meaning = &operation.meaning;
    let decisions = &meaning.decisions;
    let mut doubts = Vec::new();
    let mut doubt = |fact, rule: &Rule, decided: String, settlement: Settlement| {
        doubts.push(Finding::of_doubt(
            operation, fact, rule, decided, settlement,
        ));
    };
    if !decisions.action.certain {
        doubt(
            Fact::Action,
            decisions.action,
            meaning.action.to_string(),
            Settlement::action(operation),
        );
    }
    if !decisions.entity.certain {
        doubt(
            Fact::Entity,
            decisions.entity,
            meaning.entity_type.clone(),
            Settlement::entity(operation),
        );
    }
    if !decisions.id.certain {
        let decided = meaning.entity_id.as_ref().map(ValueLocation::expression);
        doubt(
            Fact::Id,
            decisions.id,
            decided.unwrap_or_default(),
            Settlement::id(operation),
        );
    }
    let message = explain(operation).message;
    if let Some((rule, settlement)) = sentence_rules::doubt(operation, &message) {
        doubt(Fact::Sentence, rule, message, settlement);
    }
    let secrets = &operation.secrets;
    let unseen: HashSet<_> = secrets.unseen().collect();
    for location in &secrets.doubtful {
        let rule = if unseen.contains(location) {
            &UNSEEN
        } else {
            &MAY_BE_SECRET
        };
        if !secrets.keep.contains(location) {
            doubt(
                Fact::Redaction,
                rule,
                location.expression(),
                Settlement::redaction(location),
            );
        }
    }
    doubts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_secret_is_told_until_somebody_decides() {
        let value = json!({ "openapi": "3.0.0", "paths": {
            "/orders/{id}": { "delete": { "operationId": "deleteOrder" } }
        } });
        let (index, _) = Index::build(vec![Document {
            file_name: "shop.json".to_owned(),
            bytes: value.to_string().into_bytes(),
        }]);
        let mut operation = index.operations().next().unwrap().clone();
        let dotted = ValueLocation::Request("/card.pin".to_owned());
        let plain = ValueLocation::Query("pin".to_owned());
        operation.secrets.doubtful = vec![dotted.clone(), plain.clone()];
        let found = doubts(&operation);
        let told: Vec<_> = found
            .iter()
            .map(|doubt| (doubt.fact, doubt.rule, doubt.decided.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Fact::Redaction, "may-be-secret", "body.card.pin"),
                (Fact::Redaction, "may-be-secret", "query.pin"),
            ]
        );
        let mut settlement = found[0].settlement.clone();
        settlement.add(&found[1].settlement);
        settlement.add(&found[1].settlement);
        let pasted: serde_json::Value = serde_yaml_ng::from_str(&settlement.x_audit()).unwrap();
        assert_eq!(
            pasted,
            json!({ "x-audit": { "redact": [{ "in": "request", "pointer": "/card.pin" }, "query.pin"] } })
        );
        operation.secrets.doubtful = vec![plain.clone()];
        operation.secrets.keep = vec![plain];
        assert_eq!(doubts(&operation), []);
    }
}
