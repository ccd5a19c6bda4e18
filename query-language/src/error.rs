//! What is wrong with a query: where, why, and what was probably meant.

/// How much of a query's own words a message repeats.
const REPEATED_CHARS_MAX: usize = 60;

/// A mistake in a query.
///
/// The suggestion stands for the `length` characters from `position` on: put in their place, it mends
/// the mistake and leaves the rest of the query as it is. A mistake that remains lies behind it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {reason}{}", self.hint())]
pub struct QueryError {
    /// Where, from 1, in characters.
    pub position: usize,
    /// How many characters are wrong; 0 where something is missing.
    pub length: usize,
    /// Why, for a person.
    pub reason: String,
    /// What could stand there instead.
    pub suggestion: Option<String>,
}

impl QueryError {
    fn hint(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("; did you mean {} ?", shortened(suggestion)),
            None => String::new(),
        }
    }
}

/// The beginning of words that may be a query's own, for a message.
pub(crate) fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let mut cut: String = letters.by_ref().take(REPEATED_CHARS_MAX).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}
