//! Where messages go: the door behind which the queue, the local intake or a service's own way
//! stands.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;

/// One message, ready to be sent: one exchange as UTF-8 JSON on a single line, at most
/// [`MESSAGE_BYTES_MAX`] bytes, credentials removed, only characters that SQS takes.
#[derive(Clone)]
pub struct Message {
    id: String,
    body: String,
    receipt: Receipt,
}

/// Whether a message is safe, which its copies know together.
#[derive(Clone, Default)]
pub(crate) struct Receipt(Arc<AtomicBool>);

impl Receipt {
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The limit of SQS for a message, and for a batch of them, 1 MiB, but for 2 KiB: a message that can never be
/// stored goes to the dead-letter queue with an attribute that says why, and that counts.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024 - 2 * 1024;

/// The most messages that one `SendMessageBatch` takes.
pub(crate) const BATCH_LENGTH_MAX: usize = 10;

impl Message {
    /// A message for a test of a [`Sink`]; the layer makes those that are sent.
    pub fn new(id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            body: body.into(),
            receipt: Receipt::default(),
        }
    }

    pub(crate) fn receipt(&self) -> Receipt {
        self.receipt.clone()
    }

    /// Says that this message is safe while others that are sent with it are not yet: whatever becomes of
    /// those, it does not count as dropped. There is no taking back.
    pub fn acknowledge(&self) {
        self.receipt.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was said, of this message or a copy of it.
    pub fn is_acknowledged(&self) -> bool {
        self.receipt.is_acknowledged()
    }

    /// Unique per invocation: letters, digits and hyphens.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The JSON text.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The JSON text.
    pub fn into_body(self) -> String {
        self.body
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.body) == (&other.id, &other.body)
    }
}

impl Eq for Message {}

impl std::fmt::Debug for Message {
    // A body is personal data and has no place in a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Message")
            .field("id", &self.id)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Takes messages after the response is out.
///
/// The future is given up after `flush_timeout_ms`: retry inside it as long as you like, but never
/// block the thread. A panic inside it is contained and counts as a failure. A server hands over up to ten
/// messages at a time: [`Message::acknowledge`] says of each when it is safe, so that one which hangs does
/// not count the others as dropped.
pub trait Sink: Send + Sync + 'static {
    /// Sends all `messages`; `Ok` says that every one of them is safe.
    ///
    /// # Errors
    /// How many were not acknowledged, and why. Where fewer than the others were acknowledged by themselves,
    /// any of them count.
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>>;
}

/// Some messages were not acknowledged.
#[derive(Debug, thiserror::Error)]
#[error("{unacknowledged} messages were not acknowledged")]
#[non_exhaustive]
pub struct SinkError {
    /// How many.
    pub unacknowledged: usize,
    /// Why; without any content of the messages.
    pub source: Box<dyn Error + Send + Sync>,
}

impl SinkError {
    /// `source` must not repeat any content of the messages: it is logged.
    pub fn new(unacknowledged: usize, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            unacknowledged,
            source: source.into(),
        }
    }
}
