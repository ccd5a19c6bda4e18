//! What goes wrong with a queue: what may succeed later, what never will, and how long to wait.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::BatchResultErrorEntry;

/// The pause before the second attempt, doubled from time to time.
const PAUSE_FIRST_MS: u64 = 25;
const PAUSE_MAX_MS: u64 = 400;

/// How much of SQS's own words is told.
const WORDS_MAX: usize = 300;

/// Why a batch, or a message of it, was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) may_succeed_later: bool,
    /// Nothing of a message's content.
    pub(super) reason: String,
}

impl Failure {
    pub(super) fn for_good(reason: impl Into<String>) -> Self {
        Self {
            may_succeed_later: false,
            reason: reason.into(),
        }
    }

    fn passing(reason: impl Into<String>) -> Self {
        Self {
            may_succeed_later: true,
            reason: reason.into(),
        }
    }

    pub(super) fn of(error: &SdkError<SendMessageBatchError>) -> Self {
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let code = service.err().code().unwrap_or("no code");
                // Only where it says who lacks what: other words could repeat a message.
                let words = match service.err().message() {
                    Some(words) if code.contains("AccessDenied") => {
                        format!(": {words:.WORDS_MAX$}")
                    }
                    _ => String::new(),
                };
                Self {
                    may_succeed_later: status >= 500 || status == 429 || is_passing(code),
                    reason: format!("SQS answered {status} {code}{words}"),
                }
            }
            SdkError::DispatchFailure(failure) => {
                let is_passing = failure.is_io()
                    || failure.is_timeout()
                    // A connection that ended in the middle has a kind, missing credentials have none.
                    || failure
                        .as_connector_error()
                        .is_some_and(|error| error.as_other().is_some());
                let reason = failure
                    .as_connector_error()
                    .map_or("SQS cannot be asked".to_owned(), |error| {
                        with_sources(error)
                    });
                Self {
                    may_succeed_later: is_passing,
                    reason,
                }
            }
            SdkError::TimeoutError(_) => Self::passing("no answer in time"),
            SdkError::ResponseError(_) => Self::passing("SQS's answer cannot be read"),
            error => Self::for_good(with_sources(error)),
        }
    }

    pub(super) fn of_entry(entry: &BatchResultErrorEntry) -> Self {
        Self {
            may_succeed_later: !entry.sender_fault() || is_passing(entry.code()),
            reason: format!("SQS refuses the message: {}", entry.code()),
        }
    }
}

/// Codes that ask for patience; SQS sends some of them with status 400.
fn is_passing(code: &str) -> bool {
    code.contains("Throttl")
        || matches!(
            code,
            "TooManyRequestsException"
                | "SlowDown"
                | "ServiceUnavailable"
                | "RequestTimeout"
                | "RequestTimeoutException"
                | "InternalError"
                | "InternalFailure"
        )
}

/// The pause before an attempt: at least half of it, the rest by chance, so that a hundred
/// environments that were throttled together do not come back together.
pub(super) fn pause(attempt: u32) -> Duration {
    let longest_ms = (PAUSE_FIRST_MS << attempt.saturating_sub(1).min(8)).min(PAUSE_MAX_MS);
    let chance = RandomState::new().hash_one(attempt) % (longest_ms / 2 + 1);
    Duration::from_millis(longest_ms - chance)
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_pass_and_refusals_stay() {
        for code in [
            "RequestThrottled",
            "ThrottlingException",
            "KMS.ThrottlingException",
            "AWS.SimpleQueueService.RequestThrottled",
            "InternalError",
        ] {
            assert!(is_passing(code), "{code}");
        }
        for code in [
            "AccessDenied",
            "AccessDeniedException",
            "AWS.SimpleQueueService.NonExistentQueue",
            "InvalidMessageContents",
            "KmsDisabled",
        ] {
            assert!(!is_passing(code), "{code}");
        }
    }

    #[test]
    fn pauses_grow_and_end_growing() {
        for (attempt, longest_ms) in [(1, 25), (2, 50), (3, 100), (5, 400), (50, 400), (99, 400)] {
            for _ in 0..50 {
                let pause_ms = u64::try_from(pause(attempt).as_millis()).unwrap();
                assert!(
                    (longest_ms / 2..=longest_ms).contains(&pause_ms),
                    "{attempt}"
                );
            }
        }
    }
}
