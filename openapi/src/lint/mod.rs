//! What is in doubt about documents: which facts of which operations, why, and what would settle it.
//!
//! Looked at are the operations that change something (POST, PUT, PATCH, DELETE) and are not
//! ignored. Five facts of each are certain or not: the action, the entity, the id, the sentence, and
//! what is removed. A fact that `x-audit` states is certain. Beside doubts, a report names what
//! [`Index::build`] could not use.

mod lines;
mod sarif;
mod sentence_rules;
mod settlement;
mod text;

use std::collections::HashMap;

use serde::Serialize;

use crate::document::{Document, DocumentProblem, Severity};
use crate::explain::explain;
use crate::index::{Index, is_tie};
use crate::meaning::Rule;
use crate::operation::{Operation, escape};
use crate::value_location::ValueLocation;
use lines::Lines;
pub use sarif::sarif;
use settlement::Settlement;
pub use text::{TextStyle, text};

/// The methods of operations that change something.
const CHANGING: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The action and the verb.
    Action,
    /// The noun, and what it is part of.
    Entity,
    /// Where the id is.
    Id,
    /// The sentence.
    Sentence,
    /// What is removed from a call.
    Redaction,
    /// None of an operation's facts: the document itself.
    Document,
}

impl Fact {
    /// The five facts of an operation.
    pub const OF_OPERATION: [Self; 5] = [
        Self::Action,
        Self::Entity,
        Self::Id,
        Self::Sentence,
        Self::Redaction,
    ];

    /// Its name, as it serializes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Entity => "entity",
            Self::Id => "id",
            Self::Sentence => "sentence",
            Self::Redaction => "redaction",
            Self::Document => "document",
        }
    }
}

/// How much a finding matters; the words are SARIF's (2.1.0, section 3.27.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something of the document is lost; it fails whatever the shares are.
    Error,
    /// A doubt.
    Warning,
}

/// One doubt, or one problem of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The rule that decided, or that found the problem.
    pub rule: &'static str,
    /// What it is about.
    pub fact: Fact,
    /// The document's file name.
    pub document: String,
    /// The operation in the document, or the place of the problem, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// The line of that place, from 1; `None` where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The operation's method; empty where it is about the document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// The operation's path template; empty where it is about the document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What was decided and is in doubt: `create`, `order`, `path.id`, a sentence, `body.pin`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub decided: String,
    /// Why it is in doubt or what is wrong, lower case, without a full stop.
    pub message: String,
    /// The `x-audit` of the operation, in YAML, that would settle it; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub x_audit: String,
    /// The same as an action of an OpenAPI Overlay (1.0, section 4.4.3), an item of `actions`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub overlay: String,
    #[serde(skip)]
    settlement: Settlement,
}

/// How many operations there are, and of how many each fact is certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// The operations that were looked at.
    pub operations: usize,
    /// Those of which a fact is certain, in the order of [`Fact::OF_OPERATION`].
    pub certain: [usize; 5],
    /// Those of which all five are.
    pub all_certain: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By document, the document's own problems first, then in the order of its operations.
    pub findings: Vec<Finding>,
    /// The counts of each document that has such operations.
    pub documents: Vec<(String, Counts)>,
    /// The counts of all documents.
    pub total: Counts,
}

/// The shares, held against what is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The operations that were looked at.
    pub operations: usize,
    /// The share in per cent of which each fact is certain, rounded down to a tenth; 100 where there
    /// are no operations.
    pub action: f64,
    #[allow(missing_docs)]
    pub entity: f64,
    #[allow(missing_docs)]
    pub id: f64,
    #[allow(missing_docs)]
    pub sentence: f64,
    #[allow(missing_docs)]
    pub redaction: f64,
    /// The share of which all five are certain.
    pub all: f64,
    /// The least share that is asked for.
    pub min: f64,
    /// Findings of level error.
    pub errors: usize,
    /// Findings of level warning.
    pub warnings: usize,
    /// Enough is certain, and there is no error.
    pub passed: bool,
}

impl Counts {
    /// A share in per cent, rounded down to a tenth, so that what is not enough never reads as if
    /// it were.
    fn share(&self, certain: usize) -> f64 {
        if self.operations == 0 {
            return 100.0;
        }
        #[allow(clippy::cast_precision_loss)] // at most a thousand times the operations of a folder
        let tenths = (certain * 1_000 / self.operations) as f64;
        tenths / 10.0
    }

    /// The shares in per cent, in the order of [`Fact::OF_OPERATION`].
    pub fn shares(&self) -> [f64; 5] {
        self.certain.map(|certain| self.share(certain))
    }

    /// The share in per cent of the operations of which all five facts are certain.
    pub fn share_of_all(&self) -> f64 {
        self.share(self.all_certain)
    }

    fn add(&mut self, doubts: &[Finding]) {
        self.operations += 1;
        self.all_certain += usize::from(doubts.is_empty());
        for (certain, fact) in self.certain.iter_mut().zip(Fact::OF_OPERATION) {
            *certain += usize::from(!doubts.iter().any(|doubt| doubt.fact == fact));
        }
    }
}

impl Report {
    /// The shares, held against the least one that is asked for, in per cent.
    pub fn summary(&self, min: f64) -> Summary {
        let [action, entity, id, sentence, redaction] = self.total.shares();
        let all = self.total.share_of_all();
        let of_level = |level| {
            let findings = self.findings.iter();
            findings.filter(|finding| finding.level == level).count()
        };
        let errors = of_level(Level::Error);
        Summary {
            operations: self.total.operations,
            action,
            entity,
            id,
            sentence,
            redaction,
            all,
            min,
            errors,
            warnings: of_level(Level::Warning),
            passed: errors == 0 && all >= min,
        }
    }
}

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
    let mut lines: Option<(&str, Lines)> = None;
    for finding in &mut findings {
        let document = documents
            .iter()
            .find(|document| document.file_name == finding.document);
        let Some(document) = document else { continue };
        if lines
            .as_ref()
            .is_none_or(|(name, _)| *name != document.file_name)
        {
            lines = Some((&document.file_name, Lines::of(document)));
        }
        finding.line = lines
            .as_ref()
            .and_then(|(_, lines)| lines.line(&finding.pointer));
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
    for location in &secrets.doubtful {
        if !secrets.redact.contains(location) && !secrets.keep.contains(location) {
            doubt(
                Fact::Redaction,
                &MAY_BE_SECRET,
                location.expression(),
                Settlement::redaction(location),
            );
        }
    }
    doubts
}

/// A property that may be secret or not.
static MAY_BE_SECRET: Rule = Rule {
    name: "may-be-secret",
    reason: "its name may be that of a secret, and nothing says whether it is one",
    certain: false,
};

/// Two services of one operation.
static TIE: Rule = Rule {
    name: "tie",
    reason: "two services describe one operation on one host, so its events belong to neither",
    certain: false,
};

/// An `x-audit` that is not followed.
static ANNOTATION: Rule = Rule {
    name: "annotation",
    reason: "something that x-audit says cannot be used",
    certain: false,
};

/// Anything else that is not used.
static DOCUMENT: Rule = Rule {
    name: "document",
    reason: "a document, or a part of it, cannot be used",
    certain: false,
};

/// What may be meant so.
static DOCUMENT_WARNING: Rule = Rule {
    name: "document-warning",
    reason: "something in a document has no effect",
    certain: false,
};

/// Every rule that a finding may name, with its level.
fn rules() -> impl Iterator<Item = (Level, &'static Rule)> {
    let of_meaning = Rule::all().iter().copied();
    let of_facts = of_meaning
        .chain(sentence_rules::ALL.iter().copied())
        .chain([&MAY_BE_SECRET])
        .filter(|rule| !rule.certain)
        .map(|rule| (Level::Warning, rule));
    of_facts.chain([
        (Level::Error, &TIE),
        (Level::Error, &ANNOTATION),
        (Level::Error, &DOCUMENT),
        (Level::Warning, &DOCUMENT_WARNING),
    ])
}

impl Finding {
    /// Whether it is a doubt about an operation.
    pub fn is_of_an_operation(&self) -> bool {
        self.fact != Fact::Document
    }

    fn of_problem(problem: &DocumentProblem) -> Self {
        let (level, rule) = match problem.severity {
            Severity::Warning => (Level::Warning, &DOCUMENT_WARNING),
            Severity::Error if is_tie(problem) => (Level::Error, &TIE),
            Severity::Error if problem.pointer.contains("/x-audit") => (Level::Error, &ANNOTATION),
            Severity::Error => (Level::Error, &DOCUMENT),
        };
        Self {
            level,
            rule: rule.name,
            fact: Fact::Document,
            document: problem.file_name.clone(),
            pointer: problem.pointer.clone(),
            line: None,
            method: String::new(),
            path: String::new(),
            decided: String::new(),
            message: problem.message.clone(),
            x_audit: String::new(),
            overlay: String::new(),
            settlement: Settlement::default(),
        }
    }

    fn of_doubt(
        operation: &Operation,
        fact: Fact,
        rule: &Rule,
        decided: String,
        settlement: Settlement,
    ) -> Self {
        Self {
            level: Level::Warning,
            rule: rule.name,
            fact,
            document: operation.file_name.clone(),
            pointer: format!(
                "/paths/{}/{}",
                escape(&operation.path),
                operation.method.to_ascii_lowercase()
            ),
            line: None,
            method: operation.method.clone(),
            path: operation.path.clone(),
            decided,
            message: rule.reason.to_owned(),
            x_audit: settlement.x_audit(),
            overlay: settlement.overlay(&operation.method, &operation.path),
            settlement,
        }
    }
}
