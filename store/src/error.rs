//! What can go wrong between Daybook and ClickHouse, and whether it is worth another try.

use crate::event_check::Unstorable;
use crate::tenant::InvalidTenant;

/// What can go wrong between Daybook and ClickHouse. Messages are short, and name no credentials
/// and no values of events.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// ClickHouse cannot be reached, is starting, stopping or overloaded: the same call may
    /// succeed later.
    #[error("clickhouse is not available: {message}")]
    Unavailable {
        /// What was seen, at most a few hundred bytes.
        message: String,
        /// ClickHouse's error code, where it answered at all.
        code: Option<u32>,
    },
    /// ClickHouse understood and said no; the same call will never succeed.
    #[error("clickhouse refused: {message}")]
    Refused {
        /// What it said, at most a few hundred bytes.
        message: String,
        /// ClickHouse's error code.
        code: Option<u32>,
    },
    /// It took longer than the role may take. A narrower question may succeed.
    #[error("clickhouse took longer than allowed")]
    Timeout,
    /// It needs more memory, rows or bytes than the role may use. A narrower question may
    /// succeed.
    #[error("the question needs more of clickhouse than allowed: {message}")]
    TooMuch {
        /// Which bound, at most a few hundred bytes.
        message: String,
    },
    /// Other writers kept winning the race for the same month until the time was up. Nothing is
    /// lost: the same batch may succeed later.
    #[error("other writers kept storing into the same month; {attempts} attempts were made")]
    Contended {
        /// How many attempts were made.
        attempts: u32,
    },
    /// An event of the batch can never be stored; nothing of the batch was.
    #[error("event {index} of the batch cannot be stored: {reason}")]
    Unstorable {
        /// Its place in the batch, from 0.
        index: usize,
        /// Why.
        #[source]
        reason: Unstorable,
    },
    /// The database was migrated by a newer Daybook.
    #[error(
        "the database has schema version {found}, and this daybook knows versions up to {known}: use a newer daybook"
    )]
    NewerSchema {
        /// The database's version.
        found: u32,
        /// The newest version that this binary knows.
        known: u32,
    },
    /// A migration that was applied is not the one that this binary has under the same version.
    #[error("migration {version} was applied with other contents than this daybook has")]
    ChangedMigration {
        /// Its version.
        version: u32,
    },
    /// The address, the database's name or a password cannot be used.
    #[error("the clickhouse endpoint cannot be used: {0}")]
    InvalidEndpoint(String),
    /// The tenant cannot be used.
    #[error(transparent)]
    InvalidTenant(#[from] InvalidTenant),
    /// A stored row is not one that this binary can read.
    #[error("a stored event cannot be read: {0}")]
    UnreadableRow(String),
}

impl StoreError {
    /// Whether the same call may succeed later, without anybody changing anything.
    pub fn may_succeed_later(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Timeout | Self::Contended { .. }
        )
    }
}
