//! The batch handler: the same for the Lambda behind SQS and for the local intake.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use daybook_openapi::Index;
use daybook_overflow::OverflowBucket;
use daybook_store::{NewEvent, StoreError, Stored, Writer};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::Poison;
use crate::dead_letter::{DeadLetter, DeadLetters};
use crate::message::{Message, decode};
use crate::normalize::{DropReason, Normalized, normalize};
use crate::overflow::{Found, Wholes};
use crate::settings::Settings;

/// Beside a query API in one process, a long batch must let others have their turn.
const MESSAGES_BETWEEN_YIELDS: usize = 32;

/// A dead-letter queue that does not answer by then will not: what was to go there comes again.
const BURY_TIME_MAX: Duration = Duration::from_secs(20);
/// How many dead letters are handed on at a time.
const LETTERS_AT_ONCE: usize = 100;
/// What is left to bury what the database refused at the last moment.
const BURY_TIME_MIN: Duration = Duration::from_secs(2);

/// Everything that a batch needs, made once at cold start.
#[derive(Clone)]
pub struct BatchHandler {
    /// What the services' documents say.
    pub index: Arc<Index>,
    /// What the operator set.
    pub settings: Arc<Settings>,
    /// Where events go.
    pub writer: Writer,
    /// Where messages go that can never succeed.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Where the whole of messages lies that were too large for the queue. No other bucket is ever
    /// read, whatever a message says.
    pub overflow: Option<Arc<OverflowBucket>>,
}

/// What became of a batch, counted, with the messages that did not make it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Events stored by this batch.
    pub stored: usize,
    /// Copies of events that were stored already.
    pub duplicates: usize,
    /// Events of customers who were erased after they happened: not stored, and done with.
    pub erased: usize,
    /// Messages left out on purpose: id and reason.
    pub dropped: Vec<(String, DropReason)>,
    /// Stored events that name no tenant.
    pub unattributed: usize,
    /// Stored events that no document describes.
    pub not_described: usize,
    /// Messages now in the dead-letter queue: id and reason.
    pub dead: Vec<(String, String)>,
    /// Messages that were read whole from the overflow bucket.
    pub overflowed: usize,
    /// Stored events that say that something of them was cut.
    pub truncated: usize,
    /// Messages of which only the cut copy is left: id and reason.
    pub overflow_lost: Vec<(String, String)>,
    /// Messages that may succeed later: their ids.
    pub failed: Vec<String>,
    /// Why those may succeed later, for the log.
    pub failure: Option<String>,
}

/// A message that can never succeed: its id, its body and why.
type Dying = (String, String, Poison);

/// What became of messages that can never succeed.
#[derive(Default)]
struct Buried {
    /// Id and reason.
    dead: Vec<(String, String)>,
    /// Ids of those that are to be delivered again.
    failed: Vec<String>,
}

/// One message on its way through the batch.
struct Pending {
    message_id: String,
    body: String,
    event: NewEvent,
    is_truncated: bool,
}

impl BatchHandler {
    /// Handles one batch of SQS messages. Never fails as a whole, and never takes much longer than
    /// `time_left`: what is not stored by then is to be delivered again.
    pub async fn handle(&self, batch: SqsEvent, time_left: Duration) -> BatchReport {
        let deadline = Instant::now() + time_left;
        let mut report = BatchReport::default();
        let mut dying = Vec::new();
        let mut pending = Vec::new();
        let now = Timestamp::now();
        // The other half is the database's.
        let mut wholes = Wholes::new(self.overflow.clone(), Instant::now() + time_left / 2);
        for (number, record) in batch.records.into_iter().enumerate() {
            if number % MESSAGES_BETWEEN_YIELDS == 0 {
                tokio::task::yield_now().await;
            }
            let message_id = record.message_id.unwrap_or_default();
            let body = record.body.unwrap_or_default();
            let message = match decode(&body) {
                Ok(message) => report.found(&message_id, wholes.find(message).await),
                Err(poison) => {
                    dying.push((message_id, body, poison));
                    continue;
                }
            };
            let Some(message) = message else {
                continue;
            };
            match normalize(&message, &self.index, &self.settings, now) {
                Ok(Normalized::Event(event)) => pending.push(Pending {
                    message_id,
                    body,
                    event: *event,
                    is_truncated: message.truncated.is_some(),
                }),
                Ok(Normalized::Dropped(reason)) => {
                    report.dropped.push((message_id, reason));
                }
                Err(poison) => dying.push((message_id, body, poison)),
            }
        }
        // At once, so that neither a slow database nor a slow dead-letter queue keeps the other's in the queue.
        let at_once = deadline.min(Instant::now() + BURY_TIME_MAX);
        let mut refused = Vec::new();
        let (buried, ()) = tokio::join!(
            self.bury(dying, at_once),
            self.store(pending, deadline, &mut refused, &mut report),
        );
        report.buried(buried);
        let at_last = deadline.max(Instant::now() + BURY_TIME_MIN);
        report.buried(self.bury(refused, at_last).await);
        log(&report);
        report
    }

    /// Stores what can be stored. A database that refuses the data of a batch is asked again with
    /// halves of it, so that one event never takes others down with it.
    async fn store(
        &self,
        pending: Vec<Pending>,
        deadline: Instant,
        dying: &mut Vec<Dying>,
        report: &mut BatchReport,
    ) {
        let mut waiting = vec![pending];
        while let Some(mut part) = waiting.pop() {
            if part.is_empty() {
                continue;
            }
            let events: Vec<NewEvent> = part.iter().map(|message| message.event.clone()).collect();
            let inserted = timeout_at(deadline, self.writer.insert(&events)).await;
            let error = match inserted {
                Ok(Ok(results)) => {
                    for (message, stored) in part.into_iter().zip(results) {
                        count(&message, stored, dying, report);
                    }
                    continue;
                }
                Ok(Err(error)) => error,
                Err(_) => StoreError::Timeout,
            };
            if let StoreError::Unstorable { index, reason } = &error
                && *index < part.len()
            {
                let message = part.remove(*index);
                let poison = Poison::Refused(reason.to_string());
                dying.push((message.message_id, message.body, poison));
                waiting.push(part);
            } else if !refuses_the_data(&error) {
                report.failure = Some(error.to_string());
                report
                    .failed
                    .extend(part.into_iter().map(|message| message.message_id));
            } else if part.len() == 1 {
                let poison = Poison::Refused(error.to_string());
                dying.extend(
                    part.into_iter()
                        .map(|message| (message.message_id, message.body, poison.clone())),
                );
            } else {
                let rest = part.split_off(part.len() / 2);
                waiting.push(rest);
                waiting.push(part);
            }
        }
    }

    /// Sends messages to the dead-letter queue. Those of which it has not said by `deadline` that it keeps them
    /// are to be delivered again.
    async fn bury(&self, dying: Vec<Dying>, deadline: Instant) -> Buried {
        let mut buried = Buried::default();
        if dying.is_empty() {
            return buried;
        }
        let mut names = Vec::with_capacity(dying.len());
        let mut letters = Vec::with_capacity(dying.len());
        for (message_id, body, poison) in dying {
            let reason = poison.to_string();
            names.push((message_id, reason.clone()));
            letters.push(DeadLetter { body, reason });
        }
        let mut kept = Vec::with_capacity(letters.len());
        let mut letters = letters.into_iter().peekable();
        // In groups, so that what was said of some of them counts.
        while letters.peek().is_some() {
            let group: Vec<_> = letters.by_ref().take(LETTERS_AT_ONCE).collect();
            let length = kept.len() + group.len();
            match timeout_at(deadline, self.dead_letters.keep(group)).await {
                Ok(said) => kept.extend(said),
                Err(_) => break,
            }
            kept.resize(length, false);
        }
        for (index, (message_id, reason)) in names.into_iter().enumerate() {
            if kept.get(index).copied().unwrap_or(false) {
                buried.dead.push((message_id, reason));
            } else {
                buried.failed.push(message_id);
            }
        }
        buried
    }
}

/// Whether ClickHouse said no to the data itself. Everything else, storage, access and schema
/// included, is not the message's fault: it waits until somebody mends it.
///
/// CANNOT_PARSE_TEXT, CANNOT_PARSE_INPUT_ASSERTION_FAILED, CANNOT_PARSE_DATE, CANNOT_PARSE_DATETIME,
/// ARGUMENT_OUT_OF_BOUND, CANNOT_CONVERT_TYPE, CANNOT_PARSE_NUMBER, INCORRECT_DATA,
/// TOO_LARGE_STRING_SIZE (`ErrorCodes.cpp` of ClickHouse).
fn refuses_the_data(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Refused {
            code: Some(6 | 27 | 38 | 41 | 69 | 70 | 72 | 117 | 131),
            ..
        }
    )
}

fn count(message: &Pending, stored: Stored, dying: &mut Vec<Dying>, report: &mut BatchReport) {
    match stored {
        Stored::Inserted => {
            report.stored += 1;
            let event = &message.event.event;
            report.unattributed += usize::from(event.org_id == daybook_event::UNATTRIBUTED_ORG_ID);
            report.not_described += usize::from(!event.described);
            report.truncated += usize::from(message.is_truncated);
        }
        Stored::Duplicate => report.duplicates += 1,
        Stored::Erased => report.erased += 1,
        Stored::Conflict => dying.push((
            message.message_id.clone(),
            message.body.clone(),
            Poison::Conflict,
        )),
        Stored::Expired => dying.push((
            message.message_id.clone(),
            message.body.clone(),
            Poison::Expired,
        )),
    }
}

impl BatchReport {
    /// What is to be stored of a message; none where it is to be delivered again.
    fn found(&mut self, message_id: &str, found: Found) -> Option<Message> {
        match found {
            Found::AsItIs(message) => Some(message),
            Found::Whole(message) => {
                self.overflowed += 1;
                Some(message)
            }
            Found::Cut(message, reason) => {
                self.overflow_lost.push((message_id.to_owned(), reason));
                Some(message)
            }
            Found::Later(reason) => {
                self.failed.push(message_id.to_owned());
                self.failure = Some(reason);
                None
            }
        }
    }

    fn buried(&mut self, buried: Buried) {
        self.dead.extend(buried.dead);
        if !buried.failed.is_empty() {
            self.failure = Some("the dead-letter queue did not take a message".to_owned());
            self.failed.extend(buried.failed);
        }
    }

    /// What Lambda tells SQS: only the messages that are to be delivered again.
    ///
    /// "Reporting batch item failures for Lambda functions with an Amazon SQS trigger", AWS Lambda
    /// developer guide.
    pub fn to_sqs_response(&self) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = self
            .failed
            .iter()
            .map(|message_id| {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier.clone_from(message_id);
                failure
            })
            .collect();
        response
    }
}

fn log(report: &BatchReport) {
    tracing::info!(
        stored = report.stored,
        duplicates = report.duplicates,
        erased = report.erased,
        dropped = report.dropped.len(),
        unattributed = report.unattributed,
        not_described = report.not_described,
        overflowed = report.overflowed,
        truncated = report.truncated,
        dead = report.dead.len(),
        failed = report.failed.len(),
        "batch done"
    );
    for (message_id, reason) in &report.dead {
        tracing::warn!(message_id, reason, "message sent to the dead-letter queue");
    }
    for (message_id, reason) in &report.overflow_lost {
        tracing::warn!(
            message_id,
            reason,
            "only the cut copy of a large message is stored"
        );
    }
    if let Some(failure) = &report.failure {
        tracing::error!(
            failure,
            messages = report.failed.len(),
            "messages will be tried again"
        );
    }
}
