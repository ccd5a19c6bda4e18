//! The sink that sends to an SQS queue.

mod answer;
mod batch;
mod failure;
mod queue_url;

use std::future::pending;
use std::time::Duration;

use daybook_aws_access::{AwsAccess, AwsRequest, Service};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, stream};
use http::Method;
use tokio::time::timeout;

use crate::sink::{Message, Sink, SinkError};
use answer::{Answer, Attempted};
use batch::{SendMessageBatch, batches, entries};
use failure::{Failure, pause};
use queue_url::QueueUrl;

/// After what time without an answer a second request is sent, in a flush of the default length.
const PATIENCE_MS: u64 = 500;

/// More than fit into any flush timeout: it is the timeout that ends the attempts.
const ATTEMPTS_MAX: u32 = 100;

/// How many requests with one batch are under way at the same time.
const REQUESTS_AT_ONCE_MAX: usize = 2;

/// How many batches of one flush are under way at the same time.
const BATCHES_AT_ONCE_MAX: usize = 4;

/// What SQS says of ten messages is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/x-amz-json-1.0"),
    (
        "user-agent",
        concat!("daybook-capture/", env!("CARGO_PKG_VERSION")),
    ),
    ("x-amz-target", "AmazonSQS.SendMessageBatch"),
    // Errors have the codes that the older protocol gives them, too.
    ("x-amzn-query-mode", "true"),
];

/// Sends to one SQS queue, standard or FIFO.
///
/// Credentials and region are found with the first message, so a cold start does not pay for them, by
/// [`AwsAccess::from_environment`] (in Lambda: the function's role); where the queue's address names a
/// region, that one counts.
///
/// What fails for a while (a throttle, an error of the server, no connection) is sent again, after a
/// pause of 25 ms that doubles up to 400 ms, until `flush_timeout_ms` is over. Where there is no
/// answer within half of that, a second request goes out by another connection, and whichever succeeds
/// counts: a connection that died while Lambda slept costs no message, and neither does a slow queue.
/// What can never succeed (no permission, no such queue, no credentials) is given up at once. A
/// request that is given up takes its connection with it, so that a dead one is never used twice.
#[derive(Debug)]
pub struct SqsSink {
    queue_url: QueueUrl,
    access: AwsAccess,
    patience: Duration,
}

impl SqsSink {
    /// A sink for the queue at `queue_url`.
    pub fn new(queue_url: impl Into<String>) -> Self {
        Self::with_access(queue_url, AwsAccess::from_environment())
    }

    /// A sink that sends by other credentials, in another region, to another endpoint or by another way.
    pub fn with_access(queue_url: impl Into<String>, access: AwsAccess) -> Self {
        Self {
            queue_url: QueueUrl(queue_url.into()),
            access,
            patience: Duration::from_millis(PATIENCE_MS),
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

    /// Sends one batch until SQS has taken every message of it, or never will.
    async fn send_batch(&self, mut batch: Vec<Message>) -> Result<(), SinkError> {
        let mut refused = 0;
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS_MAX {
            if attempt > 0 {
                tokio::time::sleep(pause(attempt)).await;
            }
            match self.answered(&batch).await {
                Ok(attempted) => {
                    refused += attempted.refused;
                    reason = attempted.reason.unwrap_or(reason);
                    batch = attempted.open;
                }
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

    /// Asks until SQS has said of each message what becomes of it.
    ///
    /// What fails in passing is asked again after a pause. Where there is no answer, a second request goes out
    /// beside the first, and whichever succeeds counts: what fails in passing says nothing of the other one. What
    /// fails for good does, because it is the same batch.
    async fn answered(&self, batch: &[Message]) -> Result<Attempted, Failure> {
        let mut asked = FuturesUnordered::new();
        asked.push(self.request(batch));
        let mut failures = 0;
        let mut until_next = self.patience;
        loop {
            match timeout(until_next, answer_of(&mut asked)).await {
                Ok(Ok(attempted)) => return Ok(attempted),
                Ok(Err(failure)) => {
                    failures += 1;
                    if !failure.may_succeed_later || failures >= ATTEMPTS_MAX {
                        return Err(failure);
                    }
                    until_next = pause(failures);
                }
                Err(_) => {
                    asked.push(self.request(batch));
                    until_next = if asked.len() < REQUESTS_AT_ONCE_MAX {
                        self.patience
                    } else {
                        Duration::MAX
                    };
                }
            }
        }
    }

    async fn request(&self, batch: &[Message]) -> Result<Attempted, Failure> {
        let body = SendMessageBatch {
            queue_url: &self.queue_url.0,
            entries: entries(batch, self.queue_url.is_fifo()),
        };
        let body =
            serde_json::to_vec(&body).map_err(|error| Failure::for_good(error.to_string()))?;
        let url = if let Some(endpoint) = self.access.endpoint(Service::Sqs).await {
            format!("{endpoint}/")
        } else {
            let variant = self.access.endpoint_variant().await;
            self.queue_url.endpoint(variant)
        };
        let answer = self
            .access
            .send(AwsRequest {
                service: Service::Sqs,
                region: self.queue_url.region(),
                method: Method::POST,
                url: &url,
                headers: HEADERS,
                body: body.into(),
                body_sha256: None,
                answer_bytes_max: ANSWER_BYTES_MAX,
            })
            .await?;
        if !answer.status.is_success() {
            return Err(Failure::of_answer(&answer));
        }
        let answer: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::passing("SQS's answer cannot be read"))?;
        Ok(answer.attempted(batch))
    }
}

/// The next answer to one of the requests under way; where there are none, nothing is to come.
async fn answer_of<T>(asked: &mut FuturesUnordered<impl Future<Output = T>>) -> T {
    match asked.next().await {
        Some(answer) => answer,
        None => pending().await,
    }
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
