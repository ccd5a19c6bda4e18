//! A document's problems as they are found, with a bound on how many are kept.

use crate::document::DocumentProblem;

/// The most problems that are kept while a document is read.
const PROBLEMS_KEPT_MAX: usize = 2_000;

/// Where the problems of one document go.
pub(crate) struct Problems<'a> {
    pub(crate) file_name: &'a str,
    pub(crate) list: &'a mut Vec<DocumentProblem>,
}

impl Problems<'_> {
    /// Something that was said was not done.
    pub(crate) fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(DocumentProblem::new(self.file_name, pointer, message));
    }

    /// It may be meant so.
    pub(crate) fn warning(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(DocumentProblem::warning(self.file_name, pointer, message));
    }

    /// The same twice, as of an annotation that several operations have, is told once.
    fn push(&mut self, problem: DocumentProblem) {
        if self.list.len() < PROBLEMS_KEPT_MAX && self.list.last() != Some(&problem) {
            self.list.push(problem);
        }
    }
}
