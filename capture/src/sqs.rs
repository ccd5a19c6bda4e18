//! The sink that sends to an SQS queue.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::aws_access::sdk_config;
use crate::sink::{MESSAGE_BYTES_MAX, Message, Sink, SinkError};

/// The most messages that one `SendMessageBatch` takes.
const BATCH_LENGTH_MAX: usize = 10;

/// The first pause before what SQS did not take is sent again; doubled from time to time.
const BACKOFF_FIRST_MS: u64 = 25;
const BACKOFF_MAX_MS: u64 = 400;

/// More than fit into any flush timeout: it is the timeout that ends the retries.
const ATTEMPTS_MAX: u32 = 20;

/// Sends to one SQS queue, standard or FIFO.
///
/// The client is built with the first message, so a cold start does not pay for it. Its credentials
/// are the function's or the container's own: those in the environment, else those that ECS or EKS
/// Pod Identity hands out; a service that has others makes the client itself
/// ([`SqsSink::with_client`]). Where the queue's address names a region, that one counts. What fails for a while is retried with
/// growing pauses until `flush_timeout_ms` is over; what can never succeed (no permission, no such
/// queue) is given up at once.
#[derive(Debug)]
pub struct SqsSink {
    queue_url: String,
    client: OnceCell<Client>,
}

impl SqsSink {
    /// A sink for the queue at `queue_url`.
    pub fn new(queue_url: impl Into<String>) -> Self {
        Self {
            queue_url: queue_url.into(),
            client: OnceCell::new(),
        }
    }

    /// A sink that sends by a client of the service's own.
    pub fn with_client(queue_url: impl Into<String>, client: Client) -> Self {
        Self {
            queue_url: queue_url.into(),
            client: OnceCell::new_with(Some(client)),
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(async || {
                let config = sdk_config(region_of(&self.queue_url))
                    .into_builder()
                    .retry_config(retry_config())
                    .build();
                Client::new(&config)
            })
            .await
    }

    fn is_fifo(&self) -> bool {
        // Not a file's extension: SQS takes this suffix in lower case only.
        self.queue_url.strip_suffix(".fifo").is_some()
    }

    /// Sends one batch until SQS has taken every message of it.
    async fn send_batch(&self, mut batch: Vec<Message>) -> Result<(), SinkError> {
        let mut backoff_ms = BACKOFF_FIRST_MS;
        for _ in 0..ATTEMPTS_MAX {
            let answer = self
                .client()
                .await
                .send_message_batch()
                .queue_url(&self.queue_url)
                .set_entries(Some(self.entries(&batch)?))
                .send()
                .await
                .map_err(|error| {
                    SinkError::new(batch.len(), DisplayErrorContext(error).to_string())
                })?;
            let refused: Vec<_> = answer.failed().iter().collect();
            if let Some(entry) = refused.iter().find(|entry| entry.sender_fault()) {
                let reason = format!("SQS refuses the message: {}", entry.code());
                return Err(SinkError::new(refused.len(), reason));
            }
            if refused.is_empty() {
                return Ok(());
            }
            batch = batch
                .into_iter()
                .enumerate()
                .filter(|(index, _)| refused.iter().any(|entry| entry.id() == index.to_string()))
                .map(|(_, message)| message)
                .collect();
            tokio::time::sleep(Duration::from_millis(backoff_ms)).await;
            backoff_ms = (backoff_ms * 2).min(BACKOFF_MAX_MS);
        }
        Err(SinkError::new(batch.len(), "SQS was busy at every attempt"))
    }

    fn entries(&self, batch: &[Message]) -> Result<Vec<SendMessageBatchRequestEntry>, SinkError> {
        batch
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(message.body());
                // Calls need no order among them, so each is a group of its own and none waits.
                let entry = if self.is_fifo() {
                    entry
                        .message_group_id(message.id())
                        .message_deduplication_id(message.id())
                } else {
                    entry
                };
                entry
                    .build()
                    .map_err(|error| SinkError::new(batch.len(), error))
            })
            .collect()
    }
}

impl Sink for SqsSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        async move {
            let mut unacknowledged = 0;
            let mut first_error = None;
            for batch in batches(messages) {
                if let Err(error) = self.send_batch(batch).await {
                    unacknowledged += error.unacknowledged;
                    first_error.get_or_insert(error.source);
                }
            }
            match first_error {
                None => Ok(()),
                Some(source) => Err(SinkError {
                    unacknowledged,
                    source,
                }),
            }
        }
        .boxed()
    }
}

/// Growing pauses, for as long as the flush timeout lasts.
fn retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(Duration::from_millis(BACKOFF_FIRST_MS))
        .with_max_backoff(Duration::from_millis(BACKOFF_MAX_MS))
}

/// At most ten messages and 1 MiB each.
fn batches(messages: Vec<Message>) -> Vec<Vec<Message>> {
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

/// `https://sqs.eu-central-1.amazonaws.com/123456789012/audit` is in `eu-central-1`.
fn region_of(queue_url: &str) -> Option<&str> {
    let host = queue_url.split_once("://")?.1.split('/').next()?;
    let (region, domain) = host.strip_prefix("sqs.")?.split_once('.')?;
    domain.starts_with("amazonaws.com").then_some(region)
}

#[cfg(test)]
#[path = "sqs_tests.rs"]
mod tests;
