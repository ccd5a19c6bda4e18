//! What can be wrong with a document.

use std::fmt;

use super::file::Document;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It may be meant so: everything that was said was done.
    Warning,
    /// Something that was said was not done.
    Error,
}

/// Something in a document that could not be used; everything else in it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentProblem {
    /// The file's name: the document's or an overlay's.
    pub file_name: String,
    /// Where in the file, as a JSON pointer; empty for the whole.
    pub pointer: String,
    /// What is wrong and what can be done, lower case, without a full stop.
    pub message: String,
    /// How much it matters.
    pub severity: Severity,
}

impl DocumentProblem {
    pub(crate) fn new(file_name: &str, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            file_name: file_name.to_owned(),
            pointer: pointer.to_owned(),
            message: message.into(),
            severity: Severity::Error,
        }
    }

    pub(crate) fn warning(file_name: &str, pointer: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::new(file_name, pointer, message)
        }
    }

    /// Whether something that an overlay says was not done.
    pub fn is_overlays_error(&self) -> bool {
        self.severity == Severity::Error && Document::overlaid_name(&self.file_name).is_some()
    }
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}#{}: {}", self.file_name, self.pointer, self.message);
        for character in line.chars().filter(|character| !character.is_control()) {
            fmt::Write::write_char(formatter, character)?;
        }
        Ok(())
    }
}

impl std::error::Error for DocumentProblem {}
