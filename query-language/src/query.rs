//! What a query says.

use daybook_event::{Action, IpRange, Outcome};

use crate::moment::Moment;

/// The names that may stand before a colon.
pub const QUALIFIERS: [&str; 11] = [
    "actor",
    "action",
    "service",
    "operation",
    "outcome",
    "method",
    "entity",
    "ip",
    "correlation",
    "after",
    "before",
];

/// A query: its terms, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// At most [`QUERY_TERMS_MAX`](crate::QUERY_TERMS_MAX) where it was parsed.
    pub terms: Vec<Term>,
}

/// One condition, or what is ruled out by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it must not hold. Never for [`Condition::After`] and [`Condition::Before`].
    pub is_negated: bool,
    /// What must hold.
    pub condition: Condition,
}

/// What one term asks for. No text is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A word or phrase that occurs.
    Text(String),
    /// Who: an e-mail address, a user's id, a name, or an API key's id.
    Actor(String),
    /// The kind of change.
    Action(Action),
    /// The service's name.
    Service(String),
    /// The `operationId`.
    Operation(String),
    /// How it ended.
    Outcome(Outcome),
    /// The HTTP method, upper case.
    Method(String),
    /// The thing acted upon.
    Entity(EntityName),
    /// The caller's address.
    Ip(IpRange),
    /// The id that follows a request through many services.
    Correlation(String),
    /// From this moment on, inclusive.
    After(Moment),
    /// Up to this moment, exclusive.
    Before(Moment),
}

/// A kind of thing, or one thing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityName {
    /// The kind; has no slash.
    pub kind: String,
    /// The id within its kind; nothing stands for all of the kind.
    pub id: Option<String>,
}

impl Condition {
    /// The qualifier's name; nothing for plain text.
    pub fn qualifier(&self) -> Option<&'static str> {
        Some(match self {
            Self::Text(_) => return None,
            Self::Actor(_) => "actor",
            Self::Action(_) => "action",
            Self::Service(_) => "service",
            Self::Operation(_) => "operation",
            Self::Outcome(_) => "outcome",
            Self::Method(_) => "method",
            Self::Entity(_) => "entity",
            Self::Ip(_) => "ip",
            Self::Correlation(_) => "correlation",
            Self::After(_) => "after",
            Self::Before(_) => "before",
        })
    }
}
