//! A document's problems as they are found, with a bound on how many are kept.

use crate::document::{DocumentProblem, Severity};

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
        } else if problem.severity == Severity::Error
            && let Some(doubt) = self
                .list
                .iter_mut()
                .rfind(|known| known.severity == Severity::Warning)
        {
            // What was not done matters more than what is doubtful.
            *doubt = problem;
        }
    }
}
