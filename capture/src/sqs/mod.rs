//! The sink that sends to an SQS queue.

mod batch;
mod failure;
mod queue_url;

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Builder as ConfigBuilder, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures::future::{BoxFuture, select};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::sink::{Message, Sink, SinkError};
use batch::{batches, entries};
use failure::{Failure, pause};
use queue_url::QueueUrl;

/// After what time without an answer a second request is sent, in a flush of the default length.
const PATIENCE_MS: u64 = 500;

/// More than fit into any flush timeout: it is the timeout that ends the attempts.
const ATTEMPTS_MAX: u32 = 100;

/// How many batches of one flush are under way at the same time.
const BATCHES_AT_ONCE_MAX: usize = 4;

/// Lambda freezes an environment between invocations: a connection that is older than this may be
/// dead without anybody knowing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends to one SQS queue, standard or FIFO.
///
/// The client is built with the first message, so a cold start does not pay for it. It finds its
/// credentials and region as every AWS client does (in Lambda: the function's role); where the
/// queue's address names a region, that one counts.
///
/// What fails for a while (a throttle, an error of the server, no connection) is sent again, after a
/// pause of 25 ms that doubles up to 400 ms, until `flush_timeout_ms` is over. Where there is no
/// answer within half of that, a second request goes out by another connection, and the first answer
/// counts: a connection that died while Lambda slept costs no message, and neither does a slow queue.
/// What can never succeed (no permission, no such queue, no credentials) is given up at once. A
/// request that is given up takes its connection with it, so that a dead one is never used twice.
#[derive(Debug)]
pub struct SqsSink {
    queue_url: QueueUrl,
    client: OnceCell<Client>,
    patience: Duration,
}

impl SqsSink {
    /// A sink for the queue at `queue_url`.
    pub fn new(queue_url: impl Into<String>) -> Self {
        Self {
            queue_url: QueueUrl(queue_url.into()),
            client: OnceCell::new(),
            patience: Duration::from_millis(PATIENCE_MS),
        }
    }

    /// A sink that sends by a client of the service's own.
    pub fn with_client(queue_url: impl Into<String>, client: Client) -> Self {
        Self {
            client: OnceCell::new_with(Some(client)),
            ..Self::new(queue_url)
        }
    }

    /// Two requests without an answer fit into a flush of this length.
    #[must_use]
    pub fn with_flush_timeout_ms(self, flush_timeout_ms: u64) -> Self {
        Self {
            patience: Duration::from_millis((flush_timeout_ms / 2).max(1)),
            ..self
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(async || {
                let http_client = aws_smithy_http_client::Builder::new()
                    .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https();
                let mut config =
                    aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
                if let Some(region) = self.queue_url.region() {
                    config = config.region(Region::new(region.to_owned()));
                }
                let config = config.load().await;
                // The SDK gives up retrying for good once many requests have failed: after an
                // outage each passing error would cost a message. So the retries are this sink's.
                let mut builder =
                    ConfigBuilder::from(&config).retry_config(RetryConfig::disabled());
                if config.endpoint_url().is_none()
                    && let Some(endpoint) = self.queue_url.endpoint()
                {
                    builder = builder.endpoint_url(endpoint);
                }
                Client::from_conf(builder.build())
            })
            .await
    }

    /// Sends one batch until SQS has taken every message of it, or never will.
    async fn send_batch(&self, mut batch: Vec<Message>) -> Result<(), SinkError> {
        let mut refused = 0;
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS_MAX {
            if attempt > 0 {
                tokio::time::sleep(pause(attempt)).await;
            }
            match self.attempt(&batch).await {
                Ok(attempted) => {
                    refused += attempted.refused;
                    reason = attempted.reason.unwrap_or(reason);
                    batch = attempted.open;
                }
                Err(failure) if failure.may_succeed_later => reason = failure.reason,
                Err(failure) => {
                    return Err(SinkError::new(refused + batch.len(), failure.reason));
                }
            }
            if batch.is_empty() {
                break;
            }
        }
        match refused + batch.len() {
            0 => Ok(()),
            unacknowledged => Err(SinkError::new(unacknowledged, reason)),
        }
    }

    /// One request, and a second one where the first is not answered.
    async fn attempt(&self, batch: &[Message]) -> Result<Attempted, Failure> {
        // On the heap: a request of the SDK is a future of ten kilobytes.
        let mut first = self.request(batch).boxed();
        if let Ok(attempted) = timeout(self.patience, first.as_mut()).await {
            return attempted;
        }
        select(first, self.request(batch).boxed())
            .await
            .factor_first()
            .0
    }

    async fn request(&self, batch: &[Message]) -> Result<Attempted, Failure> {
        let answer = self
            .client()
            .await
            .send_message_batch()
            .queue_url(&self.queue_url.0)
            .set_entries(Some(entries(batch, self.queue_url.is_fifo())?))
            .send()
            .await
            .map_err(|error| Failure::of(&error))?;
        let is_taken = |index: &str| answer.successful().iter().any(|entry| entry.id() == index);
        let mut attempted = Attempted::default();
        for (index, message) in batch.iter().enumerate() {
            let index = index.to_string();
            if is_taken(&index) {
                continue;
            }
            let entry = answer.failed().iter().find(|entry| entry.id() == index);
            match entry.map(Failure::of_entry) {
                Some(failure) if !failure.may_succeed_later => {
                    attempted.refused += 1;
                    attempted.reason = Some(failure.reason);
                }
                Some(failure) => {
                    attempted.open.push(message.clone());
                    attempted.reason = Some(failure.reason);
                }
                None => attempted.open.push(message.clone()),
            }
        }
        Ok(attempted)
    }
}

/// What SQS did not take of a batch.
#[derive(Default)]
struct Attempted {
    /// May be sent again.
    open: Vec<Message>,
    /// How many SQS will never take.
    refused: usize,
    reason: Option<String>,
}

impl Sink for SqsSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        async move {
            let mut unacknowledged = 0;
            let mut first_error = None;
            let mut sending = stream::iter(batches(messages))
                .map(|batch| self.send_batch(batch))
                .buffer_unordered(BATCHES_AT_ONCE_MAX);
            while let Some(sent) = sending.next().await {
                if let Err(error) = sent {
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

#[cfg(test)]
mod tests;
