//! A document's problems as they are found, with a bound on how many are kept.

use super::origins::Origins;
use super::problem::{DocumentProblem, Severity};

/// The most problems that are kept while a document is read.
const PROBLEMS_KEPT_MAX: usize = 2_000;

/// The most members of one object that are told not to be known.
pub(crate) const UNKNOWN_TOLD_MAX: usize = 20;

/// Where the problems of one document go.
pub(crate) struct Problems<'a> {
    pub(crate) file_name: &'a str,
    pub(crate) list: &'a mut Vec<DocumentProblem>,
    /// What of the document an overlay wrote, whose problems are never left out for others.
    pub(crate) origins: Option<&'a Origins>,
}

impl<'a> Problems<'a> {
    /// Those of a file of which no part is an overlay's.
    pub(crate) fn of(file_name: &'a str, list: &'a mut Vec<DocumentProblem>) -> Self {
        Self {
            file_name,
            list,
            origins: None,
        }
    }

    /// Something that was said was not done.
    pub(crate) fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(DocumentProblem::new(self.file_name, pointer, message));
    }

    /// It may be meant so.
    pub(crate) fn warning(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(DocumentProblem::warning(self.file_name, pointer, message));
    }

    /// Whether nobody will be told of more.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= PROBLEMS_KEPT_MAX
    }

    /// The same twice, as of an annotation that several operations have, is told once.
    fn push(&mut self, problem: DocumentProblem) {
        if self.list.last() == Some(&problem) {
            return;
        }
        if self.list.len() < PROBLEMS_KEPT_MAX {
            self.list.push(problem);
        } else if problem.severity == Severity::Error {
            // What was not done matters more than what is doubtful, and most where an overlay says it.
            let mut known = self.list.iter();
            let doubt = known.rposition(|known| known.severity == Severity::Warning);
            let is_first_of_overlay = || {
                let is_known = |known| self.is_of_overlay(known);
                self.is_of_overlay(&problem) && !self.list.last().is_some_and(is_known)
            };
            let last = || is_first_of_overlay().then_some(self.list.len() - 1);
            if let Some(least) = doubt.or_else(last) {
                self.list[least] = problem;
            }
        }
    }

    fn is_of_overlay(&self, problem: &DocumentProblem) -> bool {
        problem.is_overlays_error()
            || self
                .origins
                .is_some_and(|origins| origins.wrote(&problem.pointer))
    }
}
