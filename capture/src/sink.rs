//! Where messages go: the door behind which the queue, the local intake or a service's own way
//! stands.

use std::error::Error;

use futures::future::BoxFuture;

/// One message, ready to be sent: one exchange as UTF-8 JSON on a single line, at most
/// [`MESSAGE_BYTES_MAX`] bytes, credentials removed, only characters that SQS takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    id: String,
    body: String,
}

/// The limit of SQS for a message, and for a batch of them:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

impl Message {
    pub(crate) fn new(id: String, body: String) -> Self {
        Self { id, body }
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
/// block the thread. A panic inside it is contained and counts as a failure.
pub trait Sink: Send + Sync + 'static {
    /// Sends all `messages`; `Ok` says that every one of them is safe.
    ///
    /// # Errors
    /// How many were not acknowledged, and why.
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
