//! Every rule that a finding may name: those that decide facts, and those that find problems.

use serde::Serialize;

use super::sentence_rules::{self, rule};
use crate::document::{DocumentProblem, Severity};
use crate::meaning::Rule;
use crate::ties::is_tie;

/// How much a finding matters; the words are SARIF's (2.1.0, section 3.27.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something of the document is lost; it fails whatever the shares are.
    Error,
    /// A doubt.
    Warning,
}

/// A property that may be secret or not.
pub(super) static MAY_BE_SECRET: Rule = rule(
    "may-be-secret",
    "its name may be that of a secret, and nothing says whether it is one",
);

/// A body or parameter that is removed whole.
pub(super) static UNSEEN: Rule = rule(
    "unseen",
    "its schemas are too many to be looked through for secrets, so all of it is removed",
);

/// Two services of one operation.
static TIE: Rule = rule(
    "tie",
    "two services describe one operation on one host, so its events belong to neither",
);

/// An `x-audit` that is not followed.
static ANNOTATION: Rule = rule("annotation", "something that x-audit says cannot be used");

/// Anything else that is not used.
static DOCUMENT: Rule = rule("document", "a document, or a part of it, cannot be used");

/// What may be meant so.
static DOCUMENT_WARNING: Rule = rule("document-warning", "something in a document has no effect");

/// Every rule that a finding may name, with its level.
pub(super) fn all() -> impl Iterator<Item = (Level, &'static Rule)> {
    let of_meaning = Rule::all();
    let of_facts = of_meaning
        .chain(sentence_rules::ALL.iter().copied())
        .chain([&MAY_BE_SECRET, &UNSEEN])
        .filter(|rule| !rule.certain)
        .map(|rule| (Level::Warning, rule));
    of_facts.chain([
        (Level::Error, &TIE),
        (Level::Error, &ANNOTATION),
        (Level::Error, &DOCUMENT),
        (Level::Warning, &DOCUMENT_WARNING),
    ])
}

/// The rule that a problem of a document comes under, and how much it matters.
pub(super) fn of_problem(problem: &DocumentProblem) -> (Level, &'static Rule) {
    match problem.severity {
        Severity::Warning => (Level::Warning, &DOCUMENT_WARNING),
        Severity::Error if is_tie(problem) => (Level::Error, &TIE),
        Severity::Error if problem.pointer.contains("/x-audit") => (Level::Error, &ANNOTATION),
        Severity::Error => (Level::Error, &DOCUMENT),
    }
}
