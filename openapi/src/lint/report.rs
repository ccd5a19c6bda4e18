//! What lint reports: findings, and the shares of operations of which all is certain.

use serde::Serialize;

use super::items::query_of_path;
use super::rules::{self, Level};
use super::settlement::Settlement;
use crate::document::DocumentProblem;
use crate::entry::pointer_of;
use crate::meaning::Rule;
use crate::operation::Operation;

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
    /// A query for the operation's path item.
    #[serde(skip)]
    pub(super) item: String,
    #[serde(skip)]
    pub(super) is_any_method: bool,
    #[serde(skip)]
    pub(super) settlement: Settlement,
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
    /// The share in per cent of which the action is certain, rounded down to a tenth; 100 where there
    /// are no operations.
    pub action: f64,
    /// Likewise, of the entity.
    pub entity: f64,
    /// Likewise, of the id.
    pub id: f64,
    /// Likewise, of the sentence.
    pub sentence: f64,
    /// Likewise, of what is removed.
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

    pub(super) fn add(&mut self, doubts: &[Finding]) {
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

impl Finding {
    /// Whether it is a doubt about an operation.
    pub fn is_of_an_operation(&self) -> bool {
        self.fact != Fact::Document
    }

    /// Whether both are about one operation.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.pointer == other.pointer && self.method == other.method
    }

    pub(super) fn of_problem(problem: &DocumentProblem) -> Self {
        let (level, rule) = rules::of_problem(problem);
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
            item: String::new(),
            is_any_method: false,
            settlement: Settlement::default(),
        }
    }

    /// The operation's path item stands where this query finds it.
    pub(super) fn is_at(&mut self, item: String) {
        self.overlay = self
            .settlement
            .overlay(&self.method, &item, self.is_any_method);
        self.item = item;
    }

    pub(super) fn of_doubt(
        operation: &Operation,
        fact: Fact,
        rule: &Rule,
        decided: String,
        settlement: Settlement,
    ) -> Self {
        let item = query_of_path(&operation.path);
        Self {
            level: Level::Warning,
            rule: rule.name,
            fact,
            document: operation.file_name.clone(),
            pointer: pointer_of(operation),
            line: None,
            method: operation.method.clone(),
            path: operation.path.clone(),
            decided,
            message: rule.reason.to_owned(),
            x_audit: settlement.x_audit(),
            overlay: settlement.overlay(&operation.method, &item, operation.is_any_method),
            item,
            is_any_method: operation.is_any_method,
            settlement,
        }
    }
}
