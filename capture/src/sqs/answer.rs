//! SQS's answer to a batch: what it took, and what it did not.

use serde::Deserialize;

use super::failure::{Failure, Refused};
use crate::sink::Message;

/// The answer to a `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(default)]
    successful: Vec<Taken>,
    #[serde(default)]
    failed: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    id: String,
}

/// What SQS did not take of a batch.
#[derive(Default)]
pub(super) struct Attempted {
    /// May be sent again.
    pub(super) open: Vec<Message>,
    /// How many SQS will never take.
    pub(super) refused: usize,
    pub(super) reason: Option<String>,
}

impl Answer {
    /// Acknowledges what SQS took of a batch, and says what becomes of the rest.
    pub(super) fn attempted(&self, batch: &[Message]) -> Attempted {
        let mut attempted = Attempted::default();
        for (index, message) in batch.iter().enumerate() {
            let index = index.to_string();
            if self.successful.iter().any(|taken| taken.id == index) {
                message.acknowledge();
                continue;
            }
            let entry = self.failed.iter().find(|entry| entry.id == index);
            match entry.map(Failure::of_entry) {
                Some(failure) if !failure.may_succeed_later => {
                    attempted.refused += 1;
                    attempted.reason = Some(failure.reason);
                }
                Some(failure) => {
                    attempted.open.push(message.clone());
                    attempted.reason = Some(failure.reason);
                }
                // In neither list: nobody said that it is safe.
                None => attempted.open.push(message.clone()),
            }
        }
        attempted
    }
}
