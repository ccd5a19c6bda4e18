//! Erasures: what is asked for, and the receipt.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is to be erased, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// Of whom or what.
    #[serde(flatten)]
    pub subject: Subject,
    /// `delete` or `anonymise`; `delete` unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// Why, in at most 500 bytes that do not name the subject: they stay.
    pub reason: String,
}

impl Erasure {
    /// One that deletes.
    pub fn new(subject: Subject, reason: impl Into<String>) -> Self {
        Self {
            subject,
            mode: None,
            reason: reason.into(),
        }
    }
}

/// Of whom or what an erasure is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// A person, by id.
    UserId(String),
    /// A person, by e-mail address.
    Email(String),
    /// A thing.
    Entity {
        /// Its kind.
        #[serde(rename = "type")]
        kind: String,
        /// Its id.
        id: String,
    },
    /// All of the tenant's events, where it is true.
    WholeTenant(bool),
}

/// The receipt of an erasure, which is a proof once it is verified. It does not name the subject.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The erasure.
    pub id: Uuid,
    /// The tenant.
    pub org_id: String,
    /// `requested`, `hidden`, `removed` or `verified`.
    pub state: String,
    /// `tenant`, `user`, `email` or `entity`.
    pub scope: String,
    /// `delete` or `anonymise`.
    pub mode: String,
    /// Why.
    pub reason: String,
    /// HMAC-SHA256 of each identifier, with the operator's key.
    pub subject_hashes: Vec<String>,
    /// Events up to this time are erased, whenever they arrive.
    pub up_to: Timestamp,
    /// When each state was reached.
    pub reached: Vec<Reached>,
    /// Events by month, as the request found them.
    pub rows: Vec<MonthRows>,
    /// Events that arrived meanwhile, and were erased as well.
    pub late_rows: u64,
    /// Why it does not go on; nothing while it does.
    #[serde(default)]
    pub blocked: Option<String>,
    /// What was looked at, and found to be so.
    pub checks: Vec<String>,
    /// Where it was not looked for.
    pub not_searched: Vec<String>,
    /// Until when copies may lie outside the database.
    pub copies_until: CopiesUntil,
}

/// A state of an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Reached {
    /// Which one.
    pub state: String,
    /// When it was reached.
    pub at: Timestamp,
}

/// Events of a month.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MonthRows {
    /// `2026-11`.
    pub month: String,
    /// The subject's own.
    pub own: u64,
    /// Those of others that tell of it.
    pub traces: u64,
}

/// Until when copies may lie outside the database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CopiesUntil {
    /// In the queue.
    pub queue: Timestamp,
    /// In the dead-letter queue.
    pub dead_letter_queue: Timestamp,
    /// In backups.
    pub backups: Timestamp,
}

/// What an erasure would be about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Preview {
    /// Events by month.
    pub rows: Vec<MonthRows>,
    /// Ids and addresses that were found beside the given one.
    pub linked_identifiers: u64,
    /// Those that others use as well, and that are left alone.
    pub shared_identifiers: u64,
    /// Where it is not looked for.
    pub not_searched: Vec<String>,
}
