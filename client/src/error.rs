//! What can go wrong, and what the API says about it.

use serde::Deserialize;

const PAGE_TOO_LARGE: &str = "urn:daybook:problem:page-too-large";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is none, or the token cannot be sent.
    #[error("the address or the token cannot be used")]
    Configuration,
    /// Nobody answered, or not in time.
    #[error("the audit log cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The API says what is wrong.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// An answer that is none of the API's.
    #[error("the answer with status {status} cannot be read")]
    Unreadable {
        /// Its status.
        status: u16,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An answer, or a line of an export, that is longer than any of the API's.
    #[error("the answer, or a line of it, has more than {bytes_max} bytes")]
    TooLong {
        /// How many it may have.
        bytes_max: usize,
    },
    /// An export that the API could not finish.
    #[error("the export was cut off after {events_written} events: {problem}")]
    CutOff {
        /// How many events came before.
        events_written: u64,
        /// Why.
        problem: Box<Problem>,
    },
    /// An export that ends in the middle of a line.
    #[error("the export ended too early")]
    EndedEarly,
}

/// What is wrong (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{status} {title}: {detail}")]
#[non_exhaustive]
pub struct Problem {
    /// A word that programs may compare, as a URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// For a person.
    pub detail: String,
    /// Name it to whoever runs the API.
    #[serde(default)]
    pub request_id: String,
    /// The fields that cannot be used.
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
}

impl ClientError {
    /// Whether the events of a page are too long for one answer.
    pub(crate) fn is_page_too_large(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.kind == PAGE_TOO_LARGE,
            Self::TooLong { .. } => true,
            _ => false,
        }
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldProblem {
    /// A JSON pointer into the request.
    pub pointer: String,
    /// For a person.
    pub detail: String,
    /// Where in a query, from 1, in characters.
    pub position: Option<usize>,
    /// How many characters of a query, from `position` on, the suggestion stands for.
    pub length: Option<usize>,
    /// What could stand in their place.
    pub suggestion: Option<String>,
}
