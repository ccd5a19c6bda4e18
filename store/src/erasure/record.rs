//! How far an erasure is, as rows that are only ever added, and what is told of it.

use std::collections::BTreeMap;

use clickhouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::erasure::ledger_file::LedgerEntry;
use crate::erasure::scope::ErasureMode;
use crate::error::StoreError;

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErasureState {
    /// It is known, and late copies are not stored any more.
    Requested,
    /// No reader sees what is to go.
    Hidden,
    /// No file of the events table has it.
    Removed,
    /// It was looked for and not found, and its subject is forgotten.
    Verified,
}

impl ErasureState {
    /// The word for it: `requested`, `hidden`, `removed`, `verified`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Hidden => "hidden",
            Self::Removed => "removed",
            Self::Verified => "verified",
        }
    }
}

/// Beside what is told of an erasure; see [`ErasureRow::in_table`].
pub(crate) const HIDDEN_IN: &str = "hidden_in";
const VERSIONS: &str = "versions";
/// Beside it as well: the check value of the key that its hashes are made with, in each row of a version that knows of
/// it.
pub(crate) const KEY: &str = "erasure_key";

/// What the newest row of an erasure has the most of, in SQL. Where two went on with it at once, both have written a
/// row of the same step, and what the further one did is done.
pub(crate) const NEWEST: &str =
    "(step, indexOf(['requested', 'hidden', 'removed', 'verified'], state))";

/// Partitions, or an empty text for all of them, and of each the version of a mutation: rows of parts with a lower one
/// have not been through it. A replicated table counts in each partition by itself.
pub(crate) type Versions = BTreeMap<String, i64>;

/// A row of the table `erasures`.
#[derive(Debug, Clone, Row, Serialize, Deserialize)]
pub(crate) struct ErasureRow {
    pub(crate) org_id: String,
    #[serde(with = "clickhouse::serde::uuid")]
    pub(crate) id: Uuid,
    pub(crate) step: u32,
    pub(crate) at: i64,
    pub(crate) state: String,
    pub(crate) scope: String,
    pub(crate) mode: String,
    pub(crate) subject_hashes: Vec<String>,
    pub(crate) up_to: i64,
    pub(crate) reason: String,
    pub(crate) report: String,
}

impl ErasureRow {
    /// One that is asked for again, because the database has forgotten it.
    pub(crate) fn of(entry: LedgerEntry, now: Timestamp) -> Result<Self, StoreError> {
        let report = Report {
            reached: vec![(ErasureState::Requested, now)],
            // Where it was not told, what the database has forgotten was erased before.
            repeated: entry.hidden != Some(false),
            // One is what was asked for.
            linked_identifiers: entry.subject_hashes.len().saturating_sub(1),
            ..Report::default()
        };
        let row = Self {
            org_id: entry.org_id,
            id: entry.id,
            step: 0,
            at: now.as_millisecond(),
            state: ErasureState::Requested.as_str().to_owned(),
            scope: entry.scope,
            mode: entry.mode,
            subject_hashes: entry.subject_hashes,
            up_to: entry.up_to_ms,
            reason: entry.reason,
            report: serde_json::to_string(&report).map_err(|_| unreadable("report"))?,
        };
        row.mode()?;
        row.of_key(entry.key)
    }

    pub(crate) fn state(&self) -> Result<ErasureState, StoreError> {
        word(&self.state)
    }

    pub(crate) fn mode(&self) -> Result<ErasureMode, StoreError> {
        word(&self.mode)
    }

    pub(crate) fn report(&self) -> Result<Report, StoreError> {
        serde_json::from_str(&self.report).map_err(|_| unreadable("report"))
    }

    /// Whether there was a time from which on readers saw nothing of it, here or where this database was restored from.
    pub(crate) fn was_hidden(&self) -> Result<bool, StoreError> {
        Ok(self.state()? != ErasureState::Requested || self.report()?.repeated)
    }

    /// The table in which its rows were hidden, or looked for and not found; empty where that is not known.
    pub(crate) fn table_id(&self) -> String {
        let report: Value = serde_json::from_str(&self.report).unwrap_or_default();
        report[HIDDEN_IN].as_str().unwrap_or_default().to_owned()
    }

    /// Of that table, what parts have to have been through. ClickHouse forgets a mutation that is done when a
    /// hundred others are.
    pub(crate) fn versions(&self) -> Versions {
        let mut report: Value = serde_json::from_str(&self.report).unwrap_or_default();
        serde_json::from_value(report[VERSIONS].take()).unwrap_or_default()
    }

    /// The same, with that table and those versions.
    pub(crate) fn in_table(
        mut self,
        table_id: &str,
        versions: &Versions,
    ) -> Result<Self, StoreError> {
        let unreadable = |_| unreadable("report");
        let mut report: Map<String, Value> =
            serde_json::from_str(&self.report).map_err(unreadable)?;
        report.insert(HIDDEN_IN.to_owned(), Value::from(table_id));
        if !versions.is_empty() {
            let versions = serde_json::to_value(versions).map_err(unreadable)?;
            report.insert(VERSIONS.to_owned(), versions);
        }
        self.report = Value::Object(report).to_string();
        Ok(self)
    }

    /// The same, with the check value of the key.
    pub(crate) fn with_key(mut self, check_value: &str) -> Result<Self, StoreError> {
        let mut report: Map<String, Value> =
            serde_json::from_str(&self.report).map_err(|_| unreadable("report"))?;
        report.insert(KEY.to_owned(), Value::from(check_value));
        self.report = Value::Object(report).to_string();
        Ok(self)
    }

    /// The check value of its key; nothing where it is of an older version.
    pub(crate) fn key(&self) -> Option<String> {
        let report: Value = serde_json::from_str(&self.report).unwrap_or_default();
        report[KEY].as_str().map(ToOwned::to_owned)
    }

    /// The row of the next step.
    pub(crate) fn next(&self, state: ErasureState, report: &Report) -> Result<Self, StoreError> {
        let next = Self {
            step: self.step + 1,
            at: Timestamp::now().as_millisecond(),
            state: state.as_str().to_owned(),
            report: serde_json::to_string(report).map_err(|_| unreadable("report"))?,
            ..self.clone()
        };
        next.of_key(self.key())
    }

    /// The same with the check value of the key that it was asked for with, where that is known.
    fn of_key(self, check_value: Option<String>) -> Result<Self, StoreError> {
        match check_value {
            Some(check_value) => self.with_key(&check_value),
            None => Ok(self),
        }
    }
}

fn word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::from(word)).map_err(|_| unreadable("word"))
}

pub(crate) fn unreadable(what: &str) -> StoreError {
    StoreError::UnreadableRow(format!("a {what} of an erasure"))
}

/// How many rows of a month an erasure is about.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ErasedRows {
    /// The month partition: 202611.
    pub partition: u32,
    /// Rows that are the subject's own.
    pub own: u64,
    /// Rows of others that tell of it.
    pub traces: u64,
}

/// What was counted and checked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Rows of the table `events`, by month, as the request found them.
    pub rows: Vec<ErasedRows>,
    /// Rows that arrived while the erasure was under way, and were swept up.
    pub late_rows: u64,
    /// Identifiers of the person that were found beside the given one.
    pub linked_identifiers: usize,
    /// Identifiers that others use as well, and that were therefore left alone.
    pub shared_identifiers: usize,
    /// Whether readers saw nothing of it once already, and it is asked for again. A legal hold that came after that
    /// keeps nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub repeated: bool,
    /// Why it does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// When each state was reached.
    pub reached: Vec<(ErasureState, Timestamp)>,
    /// What was looked at, and found to be so.
    pub checks: Vec<String>,
    /// What was not searched.
    pub not_searched: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The proof of an erasure, without the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The erasure.
    pub id: Uuid,
    /// The tenant.
    pub org_id: String,
    /// How far it is.
    pub state: ErasureState,
    /// `tenant`, `user`, `email` or `entity`.
    pub scope: String,
    /// What became of the subject's own events.
    pub mode: ErasureMode,
    /// HMAC-SHA256 of each identifier, with the operator's key.
    pub subject_hashes: Vec<String>,
    /// Events up to this time are erased, whenever they arrive.
    pub up_to: Timestamp,
    /// Why, in the words of who asked for it.
    pub reason: String,
    /// What was counted and checked.
    #[serde(flatten)]
    pub report: Report,
    /// Until when copies may lie elsewhere.
    pub copies_until: CopiesUntil,
}

/// Until when copies of what was erased may lie outside the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiesUntil {
    /// In the queue.
    pub queue: Timestamp,
    /// In the dead-letter queue.
    pub dead_letter_queue: Timestamp,
    /// In backups of the database: counted from the last state that was reached, since a backup may have been made
    /// just before that. So it is final when that is [`ErasureState::Verified`].
    pub backups: Timestamp,
}

/// How long copies may lie outside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyLifetimes {
    /// Message retention of the queue, in days. SQS keeps messages for 14 days at most.
    pub queue_days: u32,
    /// Message retention of the dead-letter queue, in days.
    pub dead_letter_queue_days: u32,
    /// How long backups are kept, in days.
    pub backup_days: u32,
}

impl Default for CopyLifetimes {
    fn default() -> Self {
        Self {
            queue_days: 14,
            dead_letter_queue_days: 14,
            backup_days: 35,
        }
    }
}

/// Most days for which backups may be kept: a hundred years.
pub const BACKUP_DAYS_MAX: u32 = 36_500;

impl CopyLifetimes {
    /// The usual ones, with backups that are kept for so many days.
    pub fn with_backups_of(backup_days: u32) -> Self {
        Self {
            backup_days,
            ..Self::default()
        }
    }

    /// A message may be moved to the dead-letter queue on its last day.
    pub(crate) fn after(self, up_to: Timestamp, report: &Report) -> CopiesUntil {
        let after = |from: Timestamp, days: u32| {
            from.checked_add(jiff::SignedDuration::from_hours(24 * i64::from(days)))
                .unwrap_or(Timestamp::MAX)
        };
        let reached = report.reached.last().map_or(up_to, |&(_, at)| at);
        CopiesUntil {
            queue: after(up_to, self.queue_days),
            dead_letter_queue: after(up_to, self.queue_days + self.dead_letter_queue_days),
            backups: after(reached, self.backup_days),
        }
    }
}
