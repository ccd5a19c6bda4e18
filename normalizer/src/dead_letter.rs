//! Where messages go that can never succeed: untouched, each with its reason.

use std::sync::Arc;

use anyhow::Context as _;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;

/// The message attribute that says why.
pub const REASON_ATTRIBUTE: &str = "reason";

/// SQS takes ten entries and 1 MiB in one batch.
const BATCH_ENTRIES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 1 << 20;
/// What an entry's id and attribute may take of that.
const ENTRY_OVERHEAD_BYTES: usize = 2_048;

/// One message that can never succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message as it came.
    pub body: String,
    /// Why, for an operator; nothing of the message's content.
    pub reason: String,
}

/// A place for dead letters.
pub trait DeadLetters: Send + Sync + 'static {
    /// Keeps the letters; the answer says for each, in order, whether it is safely kept.
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>>;
}

impl<T: DeadLetters + ?Sized> DeadLetters for Arc<T> {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        (**self).keep(letters)
    }
}

/// The dead-letter queue in SQS.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    client: aws_sdk_sqs::Client,
    queue_url: String,
}

impl SqsDeadLetters {
    /// Dead letters go to the queue at `queue_url`.
    pub fn new(client: aws_sdk_sqs::Client, queue_url: impl Into<String>) -> Self {
        Self {
            client,
            queue_url: queue_url.into(),
        }
    }

    /// Sends up to ten letters; those that SQS took are marked in `kept`.
    async fn send(&self, letters: &[DeadLetter], kept: &mut [bool]) -> anyhow::Result<()> {
        // A FIFO queue's name ends so, in lower case: SQS developer guide, "FIFO queue names".
        let is_fifo = self.queue_url.rsplit('.').next() == Some("fifo");
        let mut request = self.client.send_message_batch().queue_url(&self.queue_url);
        for (index, letter) in letters.iter().enumerate() {
            let reason = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(&letter.reason)
                .build()?;
            request = request.entries(
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(&letter.body)
                    .message_attributes(REASON_ATTRIBUTE, reason)
                    .set_message_group_id(is_fifo.then(|| "daybook".to_owned()))
                    .set_message_deduplication_id(is_fifo.then(|| content_id(&letter.body)))
                    .build()?,
            );
        }
        let answer = request
            .send()
            .await
            .map_err(aws_sdk_sqs::error::SdkError::into_service_error)
            .context("the dead-letter queue did not take a batch")?;
        for entry in answer.successful() {
            if let Some(kept) = entry
                .id()
                .parse()
                .ok()
                .and_then(|index: usize| kept.get_mut(index))
            {
                *kept = true;
            }
        }
        Ok(())
    }
}

impl DeadLetters for SqsDeadLetters {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move {
            let mut kept = vec![false; letters.len()];
            let mut start = 0;
            while start < letters.len() {
                let end = start + batch_length(&letters[start..]);
                if let Err(error) = self.send(&letters[start..end], &mut kept[start..end]).await {
                    tracing::error!(error = %error, "dead letters could not be sent; their messages stay in the queue");
                }
                start = end;
            }
            kept
        })
    }
}

/// A FIFO queue keeps one of several letters with the same id.
fn content_id(body: &str) -> String {
    use sha2::{Digest as _, Sha256};
    STANDARD.encode(Sha256::digest(body.as_bytes()))
}

/// How many of the letters, at least one, fit into one batch.
fn batch_length(letters: &[DeadLetter]) -> usize {
    let mut bytes = 0;
    let fitting = letters
        .iter()
        .take(BATCH_ENTRIES_MAX)
        .take_while(|letter| {
            bytes += letter.body.len() + ENTRY_OVERHEAD_BYTES;
            bytes <= BATCH_BYTES_MAX
        })
        .count();
    fitting.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(sizes: &[usize]) -> Vec<DeadLetter> {
        sizes
            .iter()
            .map(|&size| DeadLetter {
                body: "x".repeat(size),
                reason: "it is not JSON".to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_batch_has_at_most_ten_entries_and_one_mebibyte() {
        assert_eq!(batch_length(&letters(&[10; 25])), 10);
        assert_eq!(batch_length(&letters(&[400_000, 400_000, 400_000])), 2);
        assert_eq!(batch_length(&letters(&[1 << 20, 1])), 1);
    }
}
