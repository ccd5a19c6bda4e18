//! A real SQS queue, consumed on this machine as Lambda's event source mapping would.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use daybook_normalizer::context::sqs_client;
use daybook_normalizer::dead_letter::SqsDeadLetters;
use daybook_normalizer::handler::{BatchHandler, Patience};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::process::stopped;

/// SQS gives and takes ten messages at once.
const BATCH_LENGTH_MAX: u8 = 10;
/// How many messages are gathered before they are stored, and for how long.
const BATCH_MESSAGES_MAX: usize = 1_000;
const BATCH_WINDOW: Duration = Duration::from_secs(2);
const LONG_POLL_SECONDS: i32 = 20;
/// How long SQS may take to say what else is there at once: what it answers later is a delivery less for each.
const SHORT_POLL_MAX: Duration = Duration::from_secs(10);
/// After so many questions in a row without an answer, no more of a batch is acknowledged.
const UNANSWERED_MAX: u32 = 2;
/// A message has at most 1 MiB, and a thousand of those would be a gigabyte.
const BATCH_BYTES_MAX: usize = 16 << 20;
/// How long storing one batch may take: less than a queue's usual visibility timeout.
const HANDLE_TIME_MAX: Duration = Duration::from_secs(25);
const ERROR_PAUSE_MAX: Duration = Duration::from_secs(30);
/// What a queue has where nothing is said: the API reference's `SetQueueAttributes`.
const RETENTION_DEFAULT: Duration = Duration::from_hours(4 * 24);

/// The queue, and the dead-letter queue that its own redrive policy names.
pub(crate) struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
    dead_letter_url: Option<String>,
    patience: Patience,
}

impl Queue {
    /// Looks the queue up, so that a wrong name or a missing permission is told at once.
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let client = sqs_client().await;
        let attributes = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .attribute_names(QueueAttributeName::MessageRetentionPeriod)
            .send()
            .await
            .map_err(aws_sdk_sqs::error::SdkError::into_service_error)
            .with_context(|| format!("the queue {url} cannot be used"))?;
        let attribute = |name| attributes.attributes()?.get(&name);
        let policy = attribute(QueueAttributeName::RedrivePolicy);
        let redrive = policy.and_then(|policy| Redrive::of(policy));
        let receive_count_max = redrive.as_ref().and_then(|it| it.receive_count_max);
        let retention = attribute(QueueAttributeName::MessageRetentionPeriod);
        let retention = retention.and_then(|seconds| seconds.parse().ok());
        let retention = retention.map_or(RETENTION_DEFAULT, Duration::from_secs);
        let dead_letter_url = match redrive {
            Some(Redrive { owner, name, .. }) => {
                client
                    .get_queue_url()
                    .queue_owner_aws_account_id(owner)
                    .queue_name(name)
                    .send()
                    .await
                    .map_err(aws_sdk_sqs::error::SdkError::into_service_error)
                    .context("the queue's dead-letter queue cannot be used")?
                    .queue_url
            }
            None => None,
        };
        Ok(Self {
            client,
            url: url.to_owned(),
            dead_letter_url,
            patience: Patience::of_queue(receive_count_max, retention),
        })
    }

    /// How long its messages are tried again.
    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// The dead-letter queue, where it has one.
    pub(crate) fn dead_letter_url(&self) -> Option<&str> {
        self.dead_letter_url.as_deref()
    }

    pub(crate) fn dead_letters(&self) -> Option<SqsDeadLetters> {
        let url = self.dead_letter_url.as_ref()?;
        Some(SqsDeadLetters::new(self.client.clone(), url))
    }

    /// Takes, stores and acknowledges until it is told to stop.
    pub(crate) async fn consume(self, handler: BatchHandler, stop: watch::Receiver<bool>) {
        let mut pause = Duration::from_millis(500);
        while !*stop.borrow() {
            let done = match self.gather(&stop).await {
                Ok(messages) if messages.is_empty() => continue,
                Ok(messages) => self.handle(&handler, messages).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => pause = Duration::from_millis(500),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the queue has to wait");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stopped(stop.clone()) => return,
                    }
                    pause = (pause * 2).min(ERROR_PAUSE_MAX);
                }
            }
        }
    }

    /// Waits for a message, then takes what else is there at once. What it has taken when it is told to stop is handled,
    /// too: to leave it would be a delivery less for each.
    async fn gather(&self, stop: &watch::Receiver<bool>) -> anyhow::Result<Vec<Message>> {
        let mut messages = tokio::select! {
            biased;
            received = self.receive(LONG_POLL_SECONDS) => received?,
            () = stopped(stop.clone()) => return Ok(Vec::new()),
        };
        let start = Instant::now();
        while !messages.is_empty()
            && messages.len() < BATCH_MESSAGES_MAX
            && body_bytes(&messages) < BATCH_BYTES_MAX
            && start.elapsed() < BATCH_WINDOW
            && !*stop.borrow()
        {
            // What is gathered is never given up for an error: it is handled first. Nor is the question dropped at a
            // stop: what SQS has answered already would be a delivery less for each.
            match timeout(SHORT_POLL_MAX, self.receive(0)).await {
                Ok(Ok(more)) if !more.is_empty() => messages.extend(more),
                _ => break,
            }
        }
        Ok(messages)
    }

    async fn receive(&self, wait_seconds: i32) -> anyhow::Result<Vec<Message>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(BATCH_LENGTH_MAX.into())
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .wait_time_seconds(wait_seconds)
            .send()
            .await
            .map_err(aws_sdk_sqs::error::SdkError::into_service_error)
            .context("no messages can be received")?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn handle(&self, handler: &BatchHandler, messages: Vec<Message>) -> anyhow::Result<()> {
        let report = handler.handle(batch_of(&messages), HANDLE_TIME_MAX).await;
        let failed: HashSet<&str> = report.failed.iter().map(String::as_str).collect();
        let receipts: Vec<&str> = messages
            .iter()
            .filter(|message| !failed.contains(message.message_id().unwrap_or_default()))
            .filter_map(Message::receipt_handle)
            .collect();
        let (mut not_acknowledged, mut code, mut unanswered) = (0, String::new(), 0);
        let mut acknowledging: anyhow::Result<()> = Ok(());
        for ten in receipts.chunks(BATCH_LENGTH_MAX.into()) {
            let mut request = self.client.delete_message_batch().queue_url(&self.url);
            for (index, receipt) in ten.iter().enumerate() {
                request = request.entries(
                    DeleteMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .receipt_handle(*receipt)
                        .build()?,
                );
            }
            // A message that stays is delivered again and found stored: the others go on.
            match request.send().await {
                Ok(answer) => {
                    unanswered = 0;
                    not_acknowledged += answer.failed().len();
                    if let Some(entry) = answer.failed().first() {
                        entry.code().clone_into(&mut code);
                    }
                }
                Err(error) => {
                    not_acknowledged += ten.len();
                    unanswered += u32::from(error.as_service_error().is_none());
                    acknowledging = Err(error.into_service_error().into());
                    // Where SQS is not to be reached, ninety more questions only delay a stop.
                    if unanswered == UNANSWERED_MAX {
                        break;
                    }
                }
            }
        }
        acknowledging.context("messages cannot be acknowledged")?;
        anyhow::ensure!(
            not_acknowledged == 0,
            "{not_acknowledged} messages could not be acknowledged and will come again: {code}"
        );
        match report.failure {
            // The others are stored: what is behind them need not wait.
            Some(failure) if report.stored + report.duplicates + report.erased > 0 => {
                tracing::warn!(
                    messages = failed.len(),
                    failure,
                    "messages stay in the queue"
                );
                Ok(())
            }
            Some(failure) => {
                anyhow::bail!("{} messages stay in the queue: {failure}", failed.len())
            }
            None => Ok(()),
        }
    }
}

fn batch_of(messages: &[Message]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|received| {
            let mut message = SqsMessage::default();
            message.message_id.clone_from(&received.message_id);
            message.body.clone_from(&received.body);
            let attributes = received.attributes.iter().flatten();
            message.attributes = attributes
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .collect();
            message
        })
        .collect();
    event
}

fn body_bytes(messages: &[Message]) -> usize {
    messages
        .iter()
        .map(|message| message.body().map_or(0, str::len))
        .sum()
}

/// Where SQS itself moves messages, and after how many deliveries.
#[derive(Debug, PartialEq, Eq)]
struct Redrive {
    /// The account of that queue.
    owner: String,
    name: String,
    receive_count_max: Option<u32>,
}

impl Redrive {
    /// Of `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:name","maxReceiveCount":5}`, whose number may be a text.
    fn of(redrive_policy: &str) -> Option<Self> {
        let policy: serde_json::Value = serde_json::from_str(redrive_policy).ok()?;
        let mut parts = policy["deadLetterTargetArn"].as_str()?.rsplit(':');
        let name = parts.next()?.to_owned();
        let count = policy["maxReceiveCount"].to_string();
        Some(Self {
            owner: parts.next()?.to_owned(),
            name,
            receive_count_max: count.trim_matches('"').parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_letter_queue_is_the_one_of_the_redrive_policy() {
        for (count, receive_count_max) in [("5", Some(5)), (r#""1000""#, Some(1_000)), ("{}", None)]
        {
            let arn = r#""deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead""#;
            let policy = format!(r#"{{{arn},"maxReceiveCount":{count}}}"#);
            let expected = Redrive {
                owner: "123456789012".to_owned(),
                name: "dead".to_owned(),
                receive_count_max,
            };
            assert_eq!(Redrive::of(&policy), Some(expected));
        }
        assert_eq!(Redrive::of("{}"), None);
    }
}
