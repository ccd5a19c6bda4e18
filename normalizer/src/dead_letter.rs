//! Where messages go that can never succeed: untouched, each with its reason.

use anyhow::Context as _;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;

/// The message attribute that says why.
pub const REASON_ATTRIBUTE: &str = "reason";

const REASON_TYPE: &str = "String";

/// SQS takes ten entries and 1 MiB in one batch, which one entry may have for itself. An attribute's name,
/// type and value count:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>.
const BATCH_ENTRIES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Less than capture leaves beside each of its messages.
const REASON_BYTES_MAX: usize = 1_500;
/// Less of a reason says nothing.
const REASON_BYTES_MIN: usize = 16;

/// One message that can never succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message's id in its queue: another one where it was moved back and is delivered anew.
    pub message_id: String,
    /// The message as it came.
    pub body: String,
    /// Why, for an operator; nothing of the message's content.
    pub reason: String,
}

impl DeadLetter {
    /// As much of the reason as SQS takes beside the body; none where that is next to nothing, as an untouched
    /// body is worth more.
    fn reason_in_sqs(&self) -> Option<&str> {
        let taken = self.body.len() + REASON_ATTRIBUTE.len() + REASON_TYPE.len();
        let room = BATCH_BYTES_MAX.saturating_sub(taken).min(REASON_BYTES_MAX);
        let end = self.reason.floor_char_boundary(room);
        (room >= REASON_BYTES_MIN).then(|| &self.reason[..end])
    }

    /// What SQS counts for it.
    fn bytes_in_sqs(&self) -> usize {
        let attribute = self.reason_in_sqs().map_or(0, |reason| {
            REASON_ATTRIBUTE.len() + REASON_TYPE.len() + reason.len()
        });
        self.body.len() + attribute
    }
}

/// A place for dead letters.
pub trait DeadLetters: Send + Sync + 'static {
    /// Keeps the letters; the answer says for each, in order, whether it is safely kept.
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>>;

    /// How many of these, from the first on, it keeps at once: of none of them it says anything before it has said it of all.
    fn at_once(&self, letters: &[DeadLetter]) -> usize {
        letters.len().min(BATCH_ENTRIES_MAX)
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
            request = request.entries(entry(index, letter, is_fifo)?);
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
        // Its message may speak of the queue and its keys, never of a letter.
        if let Some(entry) = answer.failed().first() {
            tracing::error!(
                letters = answer.failed().len(),
                code = entry.code(),
                message = entry.message().unwrap_or_default(),
                "the dead-letter queue did not take letters; their messages stay in the queue"
            );
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
                    tracing::error!(
                        error = format!("{error:#}"),
                        "dead letters could not be sent; their messages stay in the queue"
                    );
                }
                start = end;
            }
            kept
        })
    }

    fn at_once(&self, letters: &[DeadLetter]) -> usize {
        batch_length(letters)
    }
}

/// An entry's id is its index.
fn entry(
    index: usize,
    letter: &DeadLetter,
    is_fifo: bool,
) -> anyhow::Result<SendMessageBatchRequestEntry> {
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&letter.body)
        .set_message_group_id(is_fifo.then(|| "daybook".to_owned()))
        .set_message_deduplication_id(is_fifo.then(|| deduplication_id(letter)));
    if let Some(reason) = letter.reason_in_sqs() {
        let reason = MessageAttributeValue::builder()
            .data_type(REASON_TYPE)
            .string_value(reason)
            .build()?;
        entry = entry.message_attributes(REASON_ATTRIBUTE, reason);
    } else {
        tracing::error!(
            reason = letter.reason,
            "a dead letter is too large to have its reason beside it"
        );
    }
    Ok(entry.build()?)
}

/// Of letters with the same id a FIFO queue keeps one within five minutes, and says of the others that it keeps them: a letter
/// that was moved back and can still not be stored must not be taken for itself.
fn deduplication_id(letter: &DeadLetter) -> String {
    use sha2::{Digest as _, Sha256};
    let named = Sha256::new()
        .chain_update(&letter.message_id)
        .chain_update("\0")
        .chain_update(&letter.body);
    STANDARD.encode(named.finalize())
}

/// How many of the letters, at least one, fit into one batch.
fn batch_length(letters: &[DeadLetter]) -> usize {
    let mut bytes = 0;
    let fitting = letters
        .iter()
        .take(BATCH_ENTRIES_MAX)
        .take_while(|letter| {
            bytes += letter.bytes_in_sqs();
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
                message_id: "m1".to_owned(),
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
        let attributes = 2 * "reasonStringit is not JSON".len();
        let half = (1 << 19) - attributes / 2;
        assert_eq!(batch_length(&letters(&[half, half])), 2);
        assert_eq!(batch_length(&letters(&[half, half + 1])), 1);
    }

    #[test]
    fn of_a_reason_goes_what_the_body_leaves() {
        let left = |bytes: usize| BATCH_BYTES_MAX - "reasonString".len() - bytes;
        for (body_bytes, reason, expected) in [
            (10, "it is not JSON".to_owned(), Some("it is not JSON")),
            (10, "r".repeat(5_000), Some(&*"r".repeat(1_500))),
            (left(16), "r".repeat(20), Some("rrrrrrrrrrrrrrrr")),
            (left(17), "é".repeat(20), Some("éééééééé")),
            (left(15), "r".repeat(20), None),
            (BATCH_BYTES_MAX, "r".repeat(20), None),
        ] {
            let letter = DeadLetter {
                message_id: "m1".to_owned(),
                body: "x".repeat(body_bytes),
                reason,
            };
            let entry = entry(0, &letter, false).unwrap();
            let sent = entry
                .message_attributes()
                .and_then(|attributes| attributes.get(REASON_ATTRIBUTE));
            assert_eq!(sent.and_then(|sent| sent.string_value()), expected);
            assert_eq!(entry.message_body(), letter.body);
            assert!(letter.bytes_in_sqs() <= BATCH_BYTES_MAX);
        }
    }
    #[test]
    fn a_fifo_queue_takes_a_letter_that_was_moved_back_and_no_copy_of_one() {
        let id = |message_id: &str, body: &str| {
            let letter = DeadLetter {
                message_id: message_id.to_owned(),
                body: body.to_owned(),
                reason: "it is not JSON".to_owned(),
            };
            let entry = entry(0, &letter, true).unwrap();
            entry.message_deduplication_id().unwrap().to_owned()
        };
        assert_eq!(id("m1", "{"), id("m1", "{"));
        assert_ne!(id("m1", "{"), id("m2", "{"));
        assert_ne!(id("m1", "{"), id("m1", "{{"));
    }
}
