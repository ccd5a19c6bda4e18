//! What goes wrong with a queue: what may succeed later, what never will, and how long to wait.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use daybook_aws_access::{AccessError, AwsAnswer};
use serde::Deserialize;

/// The pause before the second attempt, doubled from time to time.
const PAUSE_FIRST_MS: u64 = 25;
const PAUSE_MAX_MS: u64 = 400;

/// How much of SQS's own words is told.
const WORDS_MAX: usize = 300;
const CODE_MAX: usize = 100;

/// What SQS says of a message that it did not take.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refused {
    pub(super) id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    sender_fault: bool,
}

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

    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self {
            may_succeed_later: true,
            reason: reason.into(),
        }
    }

    /// An answer that says no to the whole request.
    pub(super) fn of_answer(answer: &AwsAnswer) -> Self {
        let status = answer.status.as_u16();
        let code = answer.error_code().unwrap_or_else(|| "no code".to_owned());
        // Only where it says who lacks what: other words could repeat a message.
        let words = code.contains("AccessDenied").then(|| words_of(answer));
        let words = words.flatten().unwrap_or_default();
        Self {
            may_succeed_later: status >= 500 || status == 429 || is_passing(&code),
            reason: format!("SQS answered {status} {code}{words}"),
        }
    }

    pub(super) fn of_entry(entry: &Refused) -> Self {
        Self {
            may_succeed_later: !entry.sender_fault || is_passing(&entry.code),
            reason: format!("SQS refuses the message: {:.CODE_MAX$}", entry.code),
        }
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        Self {
            may_succeed_later: error.may_succeed_later(),
            reason: error.to_string(),
        }
    }
}

fn words_of(answer: &AwsAnswer) -> Option<String> {
    #[derive(Deserialize)]
    struct ErrorBody {
        #[serde(alias = "Message")]
        message: String,
    }
    let said: ErrorBody = serde_json::from_slice(&answer.body).ok()?;
    Some(format!(": {:.WORDS_MAX$}", said.message))
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
