//! What can go wrong between Daybook and ClickHouse, and whether it is worth another try.

use std::error::Error;

use crate::event_check::Unstorable;
use crate::tenant::InvalidTenant;

/// Most of a message that is kept.
const MESSAGE_CHARS_MAX: usize = 300;

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
    /// An erasure cannot be asked for like this.
    #[error("the erasure cannot be asked for: {0}")]
    InvalidErasure(String),
    /// A legal hold forbids it.
    #[error("a legal hold forbids it: {0}; release the hold first (`daybook retention release`)")]
    LegalHold(String),
    /// There is no such erasure.
    #[error("there is no erasure {0}")]
    UnknownErasure(uuid::Uuid),
    /// An erasure cannot go on until somebody clears the way.
    #[error("the erasure cannot go on: {0}")]
    ErasureBlocked(String),
    /// The file that keeps the erasures outside the database cannot be used.
    #[error("the ledger of erasures {0}")]
    Ledger(String),
    /// The database was restored, and what was erased may be there again. Erasures that are known not
    /// to be done are counted.
    #[error(
        "the database has no view for readers, as after a restore, and {erasures} known erasure(s) are not done: run `daybook erase --resume --ledger FILE`, then `daybook migrate --ledger FILE`"
    )]
    Restored {
        /// How many are not done, of those that are known.
        erasures: usize,
    },
    /// A cluster's schema is not that of one node.
    #[error(
        "this database is on a node of a cluster: run the statements of `daybook migrate --cluster NAME` that it lacks"
    )]
    OfCluster,
    /// Only with the operator's key can an event be told from those of an erased person; it waits.
    #[error(
        "persons of this tenant were erased, and this writer has no erasure key to know them by"
    )]
    NoErasureKey,
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

    /// ClickHouse's error code, where there is one.
    pub(crate) fn code(&self) -> Option<u32> {
        match self {
            Self::Unavailable { code, .. } | Self::Refused { code, .. } => *code,
            _ => None,
        }
    }

    /// Nothing, or half an answer, came back.
    pub(crate) fn unreachable(error: &(dyn Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::Unavailable {
            message: shorten(&message),
            code: None,
        }
    }
}

impl From<clickhouse::error::Error> for StoreError {
    fn from(error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error as Client;
        match error {
            Client::BadResponse(text) => from_clickhouse_text(&text),
            Client::TimedOut => Self::Timeout,
            Client::Network(_) | Client::Decompression(_) | Client::NotEnoughData => {
                Self::unreachable(&error)
            }
            Client::InvalidParams(_) => Self::Refused {
                message: "a parameter cannot be sent".to_owned(),
                code: None,
            },
            other => Self::UnreadableRow(shorten(&other.to_string())),
        }
    }
}

/// Makes sense of what ClickHouse wrote, which may be megabytes of an answer with the exception at
/// its end. Only its code and its name are kept: the text repeats values of the query.
pub(crate) fn from_clickhouse_text(text: &str) -> StoreError {
    let Some((code, rest)) = last_exception(text) else {
        return StoreError::Unavailable {
            message: "an answer that clickhouse does not give".to_owned(),
            code: None,
        };
    };
    let message = match exception_name(rest) {
        Some(name) => format!("{name} (code {code})"),
        None => format!("code {code}"),
    };
    match code {
        // TIMEOUT_EXCEEDED
        159 => StoreError::Timeout,
        // MEMORY_LIMIT_EXCEEDED, of the server as a whole
        241 if rest.contains("(total)") => unavailable(message, code),
        // TOO_MANY_ROWS, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES
        158 | 241 | 307 | 396 => StoreError::TooMuch { message },
        // QUOTA_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, NO_ZOOKEEPER,
        // ABORTED, TABLE_IS_READ_ONLY, NOT_ENOUGH_SPACE, TOO_MANY_PARTS,
        // ALL_CONNECTION_TRIES_FAILED, TOO_FEW_LIVE_REPLICAS, UNKNOWN_STATUS_OF_INSERT,
        // QUERY_WAS_CANCELLED, SYSTEM_ERROR, KEEPER_EXCEPTION, POCO_EXCEPTION, STD_EXCEPTION
        201 | 202 | 209 | 210 | 225 | 236 | 242 | 243 | 252 | 279 | 285 | 319 | 394 | 425 | 999
        | 1000 | 1001 => unavailable(message, code),
        _ => StoreError::Refused {
            message,
            code: Some(code),
        },
    }
}

fn unavailable(message: String, code: u32) -> StoreError {
    StoreError::Unavailable {
        message,
        code: Some(code),
    }
}

/// The number and the rest of the last `Code: 60. DB::Exception: …`.
fn last_exception(text: &str) -> Option<(u32, &str)> {
    let (_, rest) = text.rsplit_once("Code: ")?;
    let (number, rest) = rest.split_once('.')?;
    Some((number.parse().ok()?, rest))
}

/// `UNKNOWN_TABLE` of `… (UNKNOWN_TABLE) (version 26.7.2.1)`.
fn exception_name(rest: &str) -> Option<&str> {
    let (rest, _version) = rest.rsplit_once(" (version ")?;
    let name = rest.strip_suffix(')')?.rsplit_once('(')?.1;
    let is_name = name
        .chars()
        .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    (is_name && !name.is_empty()).then_some(name)
}

fn shorten(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN_TABLE: &str = "Code: 60. DB::Exception: Unknown table expression identifier \
        'a' in scope SELECT 'jane@example.com'. (UNKNOWN_TABLE) (version 26.7.2.1)";

    #[test]
    fn only_the_code_and_its_name_are_repeated() {
        let error = from_clickhouse_text(UNKNOWN_TABLE);
        assert_eq!(
            error.to_string(),
            "clickhouse refused: UNKNOWN_TABLE (code 60)"
        );
        assert!(!error.may_succeed_later());
    }

    #[test]
    fn the_last_exception_after_megabytes_counts() {
        let text = format!("Code: 1. {}{UNKNOWN_TABLE}\n", "x".repeat(2 << 20));
        let error = from_clickhouse_text(&text);
        assert!(matches!(error, StoreError::Refused { code: Some(60), .. }));
        assert!(error.to_string().len() < 100);
    }

    #[test]
    fn what_may_pass_is_kept_apart_from_what_will_not() {
        let error = |code: u32, text: &str| {
            from_clickhouse_text(&format!(
                "Code: {code}. DB::Exception: {text}. (SOME_NAME) (version 26.7.2.1)"
            ))
        };
        assert!(error(252, "Too many parts").may_succeed_later());
        assert!(error(159, "Timeout exceeded").may_succeed_later());
        assert!(error(241, "Memory limit (total) exceeded").may_succeed_later());
        let too_much = error(241, "Memory limit (for query) exceeded");
        assert!(matches!(too_much, StoreError::TooMuch { .. }));
        assert!(!error(516, "Authentication failed").may_succeed_later());
        assert!(from_clickhouse_text("<html>502</html>").may_succeed_later());
    }
}
