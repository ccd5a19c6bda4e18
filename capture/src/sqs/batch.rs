//! Messages in batches as SQS takes them.

use serde::Serialize;

use crate::message::sha256;
use crate::sink::{BATCH_LENGTH_MAX, MESSAGE_BYTES_MAX, Message};

/// The longest id of a group and of a message in a FIFO queue.
const FIFO_ID_LENGTH_MAX: usize = 128;

/// The body of a `SendMessageBatch`.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessageBatch<'a> {
    pub(super) queue_url: &'a str,
    pub(super) entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry<'a> {
    id: String,
    message_body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<String>,
}

/// At most ten messages and [`MESSAGE_BYTES_MAX`] each: for SQS a batch is as large as a message may be.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub(super) fn batches(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let length = message.body().len();
        match batches.last_mut() {
            Some(batch)
                if batch.len() < BATCH_LENGTH_MAX && bytes + length <= MESSAGE_BYTES_MAX =>
            {
                bytes += length;
                batch.push(message);
            }
            _ => {
                bytes = length;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// An entry's id is its index.
pub(super) fn entries(batch: &[Message], is_fifo: bool) -> Vec<Entry<'_>> {
    batch
        .iter()
        .enumerate()
        .map(|(index, message)| {
            // Calls need no order among them, so each is a group of its own and none waits.
            let fifo_id = is_fifo.then(|| fifo_id(message));
            Entry {
                id: index.to_string(),
                message_body: message.body(),
                message_group_id: fifo_id.clone(),
                message_deduplication_id: fifo_id,
            }
        })
        .collect()
}

/// Letters, digits and punctuation of ASCII, at most 128 of them, is what SQS takes.
fn fifo_id(message: &Message) -> String {
    let is_fine = message.id().bytes().all(|byte| byte.is_ascii_graphic())
        && (1..=FIFO_ID_LENGTH_MAX).contains(&message.id().len());
    if is_fine {
        message.id().to_owned()
    } else {
        sha256(message.body().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_at_most_ten_messages_and_one_mebibyte() {
        let of = |count: usize, bytes: usize| -> Vec<usize> {
            let messages = (0..count)
                .map(|index| Message::new(index.to_string(), "x".repeat(bytes)))
                .collect();
            batches(messages).iter().map(Vec::len).collect()
        };
        assert_eq!(of(11, 10), [10, 1]);
        assert_eq!(of(3, 400_000), [2, 1]);
        assert_eq!(of(2, MESSAGE_BYTES_MAX), [1, 1]);
        assert!(of(0, 0).is_empty());
        let in_characters = Message::new("1".to_owned(), "é".repeat(300_000));
        assert_eq!(
            batches(vec![in_characters.clone(), in_characters]).len(),
            2,
            "bytes count, not characters"
        );
    }

    #[test]
    fn an_id_that_a_fifo_queue_refuses_becomes_a_digest() {
        let id = |id: String| fifo_id(&Message::new(id, "body".to_owned()));
        assert_eq!(id("8476a536-e9f4".to_owned()), "8476a536-e9f4");
        assert_eq!(id("a".repeat(128)), "a".repeat(128));
        for refused in [
            String::new(),
            "a b".to_owned(),
            "é".to_owned(),
            "a".repeat(129),
        ] {
            assert_eq!(id(refused), sha256(b"body"));
        }
    }
}
