//! The batch handler: the same for the Lambda behind SQS and for the local intake.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use daybook_openapi::Index;
use daybook_overflow::OverflowBucket;
use daybook_store::{NewEvent, StoreError, Stored, Writer};
use futures::FutureExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::Poison;
use crate::contained::contained;
use crate::dead_letter::{DeadLetter, DeadLetters};
use crate::message::{Message, decode};
use crate::normalize::{DropReason, Normalized, normalize};
use crate::overflow::{Found, Wholes};
use crate::settings::Settings;

/// Beside a query API in one process, a long batch must let others have their turn.
const MESSAGES_BETWEEN_YIELDS: usize = 32;

/// A dead-letter queue that does not answer by then will not: what was to go there comes again.
const BURY_TIME_MAX: Duration = Duration::from_secs(20);
/// What is left to bury what the database refused at the last moment.
const BURY_TIME_MIN: Duration = Duration::from_secs(2);

/// How many messages one after the other need more of the database than it has, each of them alone, before it is left in
/// peace: that is not theirs, then.
const TOO_MUCH_ALONE_MAX: usize = 3;

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
    /// How long messages are tried again.
    pub patience: Patience,
}

/// When a message that cannot be stored is given up: before its queue would do so by itself, without a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// At which delivery.
    pub deliveries_max: u32,
    /// How long after it was sent.
    pub age_max: Duration,
}

impl Patience {
    /// That of a queue which moves a message away, as old as it is, when it was delivered `receive_count_max` times
    /// (`maxReceiveCount`), or never, and removes it after `retention` (`MessageRetentionPeriod`). Of a hundred deliveries one
    /// is left for a dead-letter queue that does not answer, and a seventh of the time.
    pub fn of_queue(receive_count_max: Option<u32>, retention: Duration) -> Self {
        let deliveries = receive_count_max.unwrap_or(u32::MAX);
        Self {
            deliveries_max: deliveries - deliveries / 100,
            age_max: retention / 7 * 6,
        }
    }

    /// Why a message that waits is given up.
    fn ends(self, delivered: &Delivered, reason: &str, now: Timestamp) -> Option<Poison> {
        let age = delivered.sent_at.map(|sent_at| now.duration_since(sent_at));
        let age = age.and_then(|age| Duration::try_from(age).ok());
        let reason = || reason.to_owned();
        match (delivered.delivery, age) {
            (Some(deliveries), _) if deliveries >= self.deliveries_max => Some(Poison::GivenUp {
                deliveries,
                reason: reason(),
            }),
            (_, Some(age)) if age >= self.age_max => Some(Poison::TooOld {
                days: age.as_secs() / (24 * 60 * 60),
                reason: reason(),
            }),
            _ => None,
        }
    }
}

impl Default for Patience {
    /// That of the queue of `deploy/template.yaml`: 990 deliveries, twelve days.
    fn default() -> Self {
        Self::of_queue(Some(1_000), Duration::from_hours(14 * 24))
    }
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

/// One message as it was delivered.
struct Delivered {
    id: String,
    body: String,
    /// Which delivery this is, from 1, as SQS counts; none where nobody counts.
    delivery: Option<u32>,
    /// When it was sent; none where nobody says.
    sent_at: Option<Timestamp>,
}

/// A message that can never succeed, and why.
type Dying = (Delivered, Poison);

/// A message that may succeed later, and why not now.
type Waiting = (Delivered, String);

/// What was not stored.
#[derive(Default)]
struct NotStored {
    dying: Vec<Dying>,
    waiting: Vec<Waiting>,
}

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
    delivered: Delivered,
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
        let mut not_stored = NotStored::default();
        let now = Timestamp::now();
        // The other half is the database's.
        let mut wholes = Wholes::new(
            self.overflow.clone(),
            Instant::now() + time_left / 2,
            self.patience.deliveries_max,
        );
        for (number, record) in batch.records.into_iter().enumerate() {
            if number % MESSAGES_BETWEEN_YIELDS == 0 {
                tokio::task::yield_now().await;
            }
            let delivered = Delivered::from(record);
            let message = match contained(|| decode(&delivered.body)) {
                Ok(message) => wholes.find(message, delivered.delivery).await,
                Err(poison) => {
                    dying.push((delivered, poison));
                    continue;
                }
            };
            let message = match report.found(&delivered.id, message) {
                Ok(message) => message,
                Err(reason) => {
                    not_stored.waiting.push((delivered, reason));
                    continue;
                }
            };
            match contained(|| normalize(&message, &self.index, &self.settings, now)) {
                Ok(Normalized::Event(event)) => pending.push(Pending {
                    delivered,
                    event: *event,
                    is_truncated: message.truncated.is_some(),
                }),
                Ok(Normalized::Dropped(reason)) => {
                    report.dropped.push((delivered.id, reason));
                }
                Err(poison) => dying.push((delivered, poison)),
            }
        }
        // At once, so that neither a slow database nor a slow dead-letter queue keeps the other's in the queue.
        let at_once = deadline.min(Instant::now() + BURY_TIME_MAX);
        let (buried, ()) = tokio::join!(
            self.bury(dying, at_once),
            self.store(pending, deadline, &mut not_stored, &mut report),
        );
        report.buried(buried);
        let given_up = report.waiting(not_stored.waiting, self.patience, now);
        not_stored.dying.extend(given_up);
        let at_last = deadline.max(Instant::now() + BURY_TIME_MIN);
        report.buried(self.bury(not_stored.dying, at_last).await);
        log(&report);
        report
    }

    /// Stores what can be stored. A database that refuses some of a batch is asked again with halves of it, so that one
    /// event never takes others down with it.
    async fn store(
        &self,
        pending: Vec<Pending>,
        deadline: Instant,
        not_stored: &mut NotStored,
        report: &mut BatchReport,
    ) {
        let mut parts = vec![pending];
        let mut too_much_alone = 0;
        while let Some(mut part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let events: Vec<NewEvent> = part.iter().map(|message| message.event.clone()).collect();
            let inserting = AssertUnwindSafe(self.writer.insert(&events)).catch_unwind();
            let (blamed, reason) = match timeout_at(deadline, inserting).await {
                Ok(Ok(Ok(results))) => {
                    too_much_alone = 0;
                    for (message, stored) in part.into_iter().zip(results) {
                        count(message, stored, &mut not_stored.dying, report);
                    }
                    continue;
                }
                Ok(Ok(Err(error))) => (Blamed::by(&error), error.to_string()),
                Ok(Err(_panic)) => (Blamed::OneOfIt, Poison::Panicked.to_string()),
                Err(_) => (Blamed::Nothing, StoreError::Timeout.to_string()),
            };
            let mut wait = |messages: Vec<Pending>| {
                let waiting = messages.into_iter();
                not_stored
                    .waiting
                    .extend(waiting.map(|message| (message.delivered, reason.clone())));
            };
            match blamed {
                Blamed::Event(index, poison) if index < part.len() => {
                    not_stored
                        .dying
                        .push((part.remove(index).delivered, poison));
                    parts.push(part);
                }
                Blamed::Event(..) | Blamed::Nothing => wait(part),
                _ if part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.push(rest);
                    parts.push(part);
                }
                Blamed::Data => {
                    let dying = part.into_iter();
                    not_stored.dying.extend(
                        dying.map(|message| (message.delivered, Poison::Refused(reason.clone()))),
                    );
                }
                Blamed::OneOfIt => wait(part),
                Blamed::Size => {
                    wait(part);
                    too_much_alone += 1;
                    if too_much_alone == TOO_MUCH_ALONE_MAX {
                        parts.drain(..).for_each(&mut wait);
                    }
                }
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
        let mut letters = VecDeque::with_capacity(dying.len());
        for (delivered, poison) in dying {
            let Delivered { id, body, .. } = delivered;
            let reason = poison.to_string();
            names.push((id.clone(), reason.clone()));
            letters.push_back(DeadLetter {
                message_id: id,
                body,
                reason,
            });
        }
        let mut kept = Vec::with_capacity(letters.len());
        // In groups, so that what was said of some of them counts.
        while !letters.is_empty() {
            let at_once = self.dead_letters.at_once(letters.make_contiguous());
            let group: Vec<_> = letters.drain(..at_once.clamp(1, letters.len())).collect();
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

impl From<SqsMessage> for Delivered {
    fn from(message: SqsMessage) -> Self {
        // "Using Lambda with Amazon SQS" in AWS Lambda's developer guide has an example with all attributes.
        let attribute = |name| message.attributes.get(name);
        let sent_ms = attribute("SentTimestamp").and_then(|sent_ms| sent_ms.parse().ok());
        Self {
            delivery: attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
            sent_at: sent_ms.and_then(|sent_ms| Timestamp::from_millisecond(sent_ms).ok()),
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
        }
    }
}

/// What of a part of a batch is to blame for that it was not stored.
enum Blamed {
    /// The event in this place, for good.
    Event(usize, Poison),
    /// The data of one event at least, for good.
    Data,
    /// One event at least; it may be stored later.
    OneOfIt,
    /// That there is so much of it, or nothing of it.
    Size,
    /// Nothing of it.
    Nothing,
}

impl Blamed {
    fn by(error: &StoreError) -> Self {
        match error {
            StoreError::Unstorable { index, reason } => {
                Self::Event(*index, Poison::Refused(reason.to_string()))
            }
            error if refuses_the_data(error) => Self::Data,
            StoreError::NoErasureKey => Self::OneOfIt,
            StoreError::TooMuch { .. } => Self::Size,
            _ => Self::Nothing,
        }
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

fn count(message: Pending, stored: Stored, dying: &mut Vec<Dying>, report: &mut BatchReport) {
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
        Stored::Conflict => dying.push((message.delivered, Poison::Conflict)),
        Stored::Expired => dying.push((message.delivered, Poison::Expired)),
    }
}

impl BatchReport {
    /// What is to be stored of a message.
    ///
    /// # Errors
    /// Why it is to be delivered again.
    fn found(&mut self, message_id: &str, found: Found) -> Result<Message, String> {
        match found {
            Found::AsItIs(message) => Ok(message),
            Found::Whole(message) => {
                self.overflowed += 1;
                Ok(message)
            }
            Found::Cut(message, reason) => {
                self.overflow_lost.push((message_id.to_owned(), reason));
                Ok(message)
            }
            Found::Later(reason) => Err(reason),
        }
    }

    /// Counts what is to be delivered again, and says which messages were delivered too often for that, or are too old.
    fn waiting(&mut self, waiting: Vec<Waiting>, patience: Patience, now: Timestamp) -> Vec<Dying> {
        let mut given_up = Vec::new();
        for (delivered, reason) in waiting {
            if let Some(poison) = patience.ends(&delivered, &reason, now) {
                given_up.push((delivered, poison));
            } else {
                self.failed.push(delivered.id);
                self.failure = Some(reason);
            }
        }
        given_up
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
