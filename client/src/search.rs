//! A search as it is asked for.

use jiff::Timestamp;
use serde::Serialize;

/// Which events, in which order, and which page of them. Fields are joined by AND.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Search {
    /// The search bar: words, "phrases" and qualifiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// When the request was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Range>,
    /// When the event was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingested: Option<Range>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<Condition>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<Condition>,
    /// The kind of change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Condition>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Condition>,
    /// The HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Condition>,
    /// Who called: an e-mail address, a name, an id or an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Condition>,
    /// Who called, by one of these alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserFilter>,
    /// The thing acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityFilter>,
    /// The caller's address, or a range of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<Condition>,
    /// The id that follows a request through many services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<Condition>,
    /// `-timestamp`, `timestamp` or `ingested_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'static str>,
    /// How many events a page has, 1 to 1,000; 50 unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Which page, from 0 to 100; a cursor goes further, and reads nothing twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// In which language sentences are said: `de`, `pt-BR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Which way to go from the cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Whether to count all that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

impl Search {
    /// What the search bar would find.
    pub fn query(q: impl Into<String>) -> Self {
        Self {
            q: Some(q.into()),
            ..Self::default()
        }
    }

    /// The same with so many events a page.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }
}

/// What a field is to be: one of these, and none of those.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// One of these; empty is no condition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
}

impl Condition {
    /// One of these.
    pub fn is<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            is: values.into_iter().map(Into::into).collect(),
            not: Vec::new(),
        }
    }

    /// None of these.
    pub fn not<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            is: Vec::new(),
            not: values.into_iter().map(Into::into).collect(),
        }
    }
}

/// A span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// Inclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

/// Who called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserFilter {
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Condition>,
    /// The token's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Condition>,
}

/// The thing acted upon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EntityFilter {
    /// Its kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Condition>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Condition>,
    /// Whether what is part of it counts, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_children: Option<bool>,
}

/// Which way to go from a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// On, in the order of the sort.
    Next,
    /// Back.
    Prev,
}

/// Whether to count all that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// All of them.
    Exact,
    /// Up to 10,000.
    Bounded,
    /// Not at all.
    None,
}
