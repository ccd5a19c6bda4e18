//! What a search asks for.

use daybook_event::{Action, IpRange, Outcome};
use jiff::Timestamp;

/// Which events are wanted. Fields are joined by AND; a default filter wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// When the request was made.
    pub timestamp: TimeRange,
    /// When the event was stored.
    pub ingested: TimeRange,
    /// The service's name.
    pub service_name: Match<String>,
    /// The `operationId`.
    pub event_name: Match<String>,
    /// The kind of change.
    pub action: Match<Action>,
    /// How it ended. Asking for (or ruling out) [`Outcome::Failure`] finds (or rules out) what
    /// was denied, too.
    pub outcome: Match<Outcome>,
    /// The HTTP method, upper case.
    pub method: Match<String>,
    /// The caller's e-mail address, in the case that is stored.
    pub user_email: Match<String>,
    /// The caller's id.
    pub user_id: Match<String>,
    /// The API key's or client's id.
    pub token_id: Match<String>,
    /// Who: the caller's e-mail address, id, name, or API key's id.
    pub actor: Match<String>,
    /// The kind of thing.
    pub entity_type: Match<String>,
    /// The thing's id.
    pub entity_id: Match<String>,
    /// The thing: its kind and its id.
    pub entity: Match<EntityName>,
    /// Whether the conditions on the entity may also be met by its parent. What is ruled out
    /// is ruled out for both.
    pub include_children: bool,
    /// The caller's address; one of these or of `ip_ranges`, and none of either.
    pub ip: Match<String>,
    /// Where the caller's address lies.
    pub ip_ranges: Match<IpRange>,
    /// The id that follows a request through many services.
    pub correlation_id: Match<String>,
    /// Each word or phrase must occur, in any case, in the sentence, the detail or the entity's
    /// name. Words are whole: `board` does not find `Onboarding`. Empty ones are ignored.
    pub words: Vec<String>,
    /// None of these words and phrases may occur there.
    pub without_words: Vec<String>,
    /// A service whose events are left out.
    pub hide_service: Option<String>,
    /// What must hold as well.
    pub also: Option<Box<Filter>>,
}

/// A thing, or all things of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityName {
    /// The kind.
    pub kind: String,
    /// The id within its kind; nothing stands for all of them.
    pub id: Option<String>,
}

/// A span of time; an open end is no condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment that is inside.
    pub from: Option<Timestamp>,
    /// The first moment that is no longer inside.
    pub to: Option<Timestamp>,
}

/// A condition on one field: one of these, and none of those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<T> {
    /// The value is one of these; empty is no condition.
    pub any_of: Vec<T>,
    /// The value is none of these.
    pub none_of: Vec<T>,
}

impl<T> Default for Match<T> {
    fn default() -> Self {
        Self {
            any_of: Vec::new(),
            none_of: Vec::new(),
        }
    }
}

impl<T> Match<T> {
    /// The value is one of these.
    pub fn any_of(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            any_of: values.into_iter().collect(),
            none_of: Vec::new(),
        }
    }

    /// The value is none of these.
    pub fn none_of(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            any_of: Vec::new(),
            none_of: values.into_iter().collect(),
        }
    }
}
