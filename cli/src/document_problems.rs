//! What is wrong with the documents that a command was given.

use std::io::Write as _;

use daybook_openapi::{DocumentProblem, Severity};

/// Says it on stderr, a line each; whether nothing was lost by it: a warning tells of nothing that was.
pub(crate) fn tell(problems: &[DocumentProblem]) -> std::io::Result<bool> {
    for problem in problems {
        writeln!(std::io::stderr(), "{problem}")?;
    }
    let is_warning = |problem: &DocumentProblem| problem.severity == Severity::Warning;
    Ok(problems.iter().all(is_warning))
}
