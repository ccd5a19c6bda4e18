//! The writer: each event is stored exactly once, however often and by how many it is delivered.
//!
//! The deduplication token serves as compare-and-swap. ClickHouse refuses a second block with a
//! token that it has seen; here the token does not name the data, but the state of the month
//! partition that was looked at. Per partition:
//!
//! 1. *head*: the highest block number of the partition's active parts;
//! 2. *look*: which of the batch's keys are stored;
//! 3. *insert* what is missing, with a token made of the head. Of all writers that saw the same
//!    head one gets in. ClickHouse answers the others with the same 200;
//! 4. *look again*, and acknowledge only what is there. What is not there lost the race: from 1.
//!
//! A token may be spent although the head is where it was, after retention has dropped the parts
//! beyond it. Then an insert is answered, the head stays, and the rows are not there. The token's
//! second number counts these. It is raised only after ClickHouse has *answered* an insert, because
//! one without an answer may still get in.
//!
//! What this relies on: one ClickHouse node; a `non_replicated_deduplication_window` (10,000
//! inserts) longer than what others can store between a writer's 1 and 3, a time that
//! `LOOK_TO_INSERT_MAX` and `max_execution_time` bound; one insert is one block, which the bounds
//! of a chunk ensure; and an id belongs to one time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daybook_event::AuditEvent;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::admission::Admission;
use crate::connection::{ExternalTableClient, client};
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::ErasureKey;
use crate::error::StoreError;
use crate::event_check::check_storable;
use crate::lookup::{EventKey, stored_digests};
use crate::plan::{Partition, Plan};
use crate::row::NewEventRow;

/// For one chunk, from the first attempt to the last.
const STORE_TIME_MAX: Duration = Duration::from_mins(1);
/// From the head to the insert that names it.
const LOOK_TO_INSERT_MAX: Duration = Duration::from_secs(20);
/// What ClickHouse may take for an insert; the client waits a little longer for the answer.
const INSERT_SECONDS_MAX: u64 = 30;
const INSERT_ANSWER_WAIT: Duration = Duration::from_secs(INSERT_SECONDS_MAX + 5);
const INSERT_SEND_WAIT: Duration = Duration::from_secs(10);
const QUERY_ANSWER_WAIT: Duration = Duration::from_secs(20);
const BACKOFF_MS_MIN: u64 = 4;
const BACKOFF_MS_MAX: u64 = 500;
const FAILURES_MAX: u32 = 3;
const PARTITIONS_AT_ONCE: usize = 4;
/// Locks for partitions; two partitions may share one.
const PARTITION_LOCKS: usize = 16;

/// How many bytes of a request's digest name the way in which it was made.
pub const DIGEST_WAY_BYTES: usize = 4;

/// An event to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The event. Its id must be made from its time, as [`daybook_event::event_id`] does.
    pub event: AuditEvent,
    /// A digest of the request (method, path, caller, body): a later copy of `(org_id, id)` with
    /// another digest is a conflict, not a copy. Its first [`DIGEST_WAY_BYTES`] bytes name the way
    /// in which it was made; digests made in different ways are not compared.
    pub request_digest: [u8; 16],
}

/// What became of one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stored {
    /// It is stored, by this call.
    Inserted,
    /// The same request was stored before, or came earlier in this batch.
    Duplicate,
    /// Another request with the same `(org_id, id)` is stored; this one is not.
    Conflict,
    /// Its `expires_at` has passed: it is not stored, and never will be.
    Expired,
    /// It is of a customer who was erased after it happened: it is not stored, and never will be.
    Erased,
}

/// Stores events. Cheap to clone; clones share connections and do not race each other.
#[derive(Clone, Debug)]
pub struct Writer {
    client: clickhouse::Client,
    keys_client: ExternalTableClient,
    admission: Admission,
    /// Writers of one process wait for each other instead of racing.
    locks: Arc<[Mutex<()>; PARTITION_LOCKS]>,
}

impl Writer {
    /// A writer that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let client = client(endpoint, credentials)?
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("input_format_parallel_parsing", "0")
            .with_setting("max_execution_time", INSERT_SECONDS_MAX.to_string());
        Ok(Self {
            admission: Admission::new(client.clone()),
            client,
            keys_client: ExternalTableClient::new(endpoint, credentials)?,
            locks: Arc::new(std::array::from_fn(|_| Mutex::new(()))),
        })
    }

    /// The key by which the events of erased persons are known; without it a tenant's events from
    /// before such an erasure wait.
    #[must_use]
    pub fn with_erasure_key(mut self, key: ErasureKey) -> Self {
        self.admission = self.admission.with_key(key);
        self
    }

    /// Stores a batch and says, in its order, what became of each event.
    ///
    /// `Ok` means that every event is stored, or conflicts with a stored one, or has expired or is
    /// erased. How long an event is kept is what its tenant's retention and legal holds say; its own
    /// `expires_at` counts where they say nothing.
    /// After an error any part of the batch may be stored; send all of it again.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] before anything is written; otherwise
    /// [`StoreError::may_succeed_later`] says whether to send the batch again.
    pub async fn insert(&self, events: &[NewEvent]) -> Result<Vec<Stored>, StoreError> {
        for (index, new) in events.iter().enumerate() {
            check_storable(&new.event)
                .map_err(|reason| StoreError::Unstorable { index, reason })?;
        }
        let admitted = self.admission.admit(events).await?;
        let stored = self
            .store(admitted.events.as_deref().unwrap_or(events))
            .await?;
        Ok(admitted.outcomes(stored))
    }

    async fn store(&self, events: &[NewEvent]) -> Result<Vec<Stored>, StoreError> {
        let plan = Plan::of(events);
        let decided: Vec<Vec<Decision>> = stream::iter(plan.partitions)
            .map(|partition| self.store_partition(events, partition))
            .buffer_unordered(PARTITIONS_AT_ONCE)
            .try_collect()
            .await?;

        let mut outcomes = vec![Stored::Expired; events.len()];
        let mut stored_digests = HashMap::new();
        for decision in decided.into_iter().flatten() {
            outcomes[decision.index] = decision.outcome;
            stored_digests.insert(decision.index, decision.stored_digest);
        }
        for (copy, first) in plan.copies {
            outcomes[copy] = match stored_digests.get(&first) {
                Some(Some(stored)) => compare(stored, &events[copy]),
                _ => Stored::Expired,
            };
        }
        Ok(outcomes)
    }

    async fn store_partition(
        &self,
        events: &[NewEvent],
        partition: Partition,
    ) -> Result<Vec<Decision>, StoreError> {
        let lock = &self.locks[partition.month as usize % PARTITION_LOCKS];
        let mut decisions = Vec::new();
        for chunk in partition.chunks {
            let _turn = lock.lock().await;
            decisions.extend(self.store_chunk(events, partition.month, chunk).await?);
        }
        Ok(decisions)
    }

    /// Goes round until each event of the chunk is decided.
    async fn store_chunk(
        &self,
        events: &[NewEvent],
        month: u32,
        mut open: Vec<usize>,
    ) -> Result<Vec<Decision>, StoreError> {
        let started = Instant::now();
        let mut decisions = Vec::with_capacity(open.len());
        let mut token = Token::default();
        let (mut attempts, mut failures) = (0, 0);
        loop {
            let looked_at = Instant::now();
            token = token.at_head(self.head(month).await?);
            self.decide_stored(events, &mut open, &mut decisions, Stored::Duplicate)
                .await?;
            decide_expired(events, &mut open, &mut decisions);
            if open.is_empty() {
                return Ok(decisions);
            }
            attempts += 1;
            if started.elapsed() > STORE_TIME_MAX {
                return Err(StoreError::Contended { attempts });
            }
            if looked_at.elapsed() > LOOK_TO_INSERT_MAX {
                continue; // what was seen is too old to be compared with
            }
            match self.insert_rows(events, &open, &token).await {
                Ok(()) => token = token.answered(),
                // It may have got in, or may still: look again, under the same token.
                Err(error) if error.may_succeed_later() && failures < FAILURES_MAX => {
                    failures += 1;
                    tracing::debug!(%error, month, failures, "an insert has no answer");
                }
                Err(error) => return Err(error),
            }
            self.decide_stored(events, &mut open, &mut decisions, Stored::Inserted)
                .await?;
            if open.is_empty() {
                return Ok(decisions);
            }
            sleep(backoff(attempts)).await;
        }
    }

    /// Moves those events that are stored from `open` to `decisions`.
    async fn decide_stored(
        &self,
        events: &[NewEvent],
        open: &mut Vec<usize>,
        decisions: &mut Vec<Decision>,
        same_request: Stored,
    ) -> Result<(), StoreError> {
        let keys: Vec<_> = open
            .iter()
            .map(|&index| EventKey::of(&events[index].event))
            .collect();
        let stored = timeout(QUERY_ANSWER_WAIT, stored_digests(&self.keys_client, &keys))
            .await
            .map_err(|_| no_answer())??;
        let mut still_open = Vec::new();
        for (&index, key) in open.iter().zip(&keys) {
            let Some(stored_digest) = stored.get(key) else {
                still_open.push(index);
                continue;
            };
            let outcome = match compare(stored_digest, &events[index]) {
                Stored::Duplicate => same_request,
                other => other,
            };
            decisions.push(Decision {
                index,
                outcome,
                stored_digest: Some(*stored_digest),
            });
        }
        *open = still_open;
        Ok(())
    }

    /// The highest block number of a month; 0 where nothing is stored.
    async fn head(&self, month: u32) -> Result<i64, StoreError> {
        let head = self
            .client
            .query(
                "SELECT max(max_block_number) FROM system.parts \
                 WHERE database = {database:String} AND table = 'events' \
                 AND partition_id = {month:String} AND active",
            )
            .param("database", self.client.database().unwrap_or_default())
            .param("month", month.to_string())
            .fetch_one::<i64>();
        Ok(timeout(QUERY_ANSWER_WAIT, head)
            .await
            .map_err(|_| no_answer())??)
    }

    async fn insert_rows(
        &self,
        events: &[NewEvent],
        indexes: &[usize],
        token: &Token,
    ) -> Result<(), StoreError> {
        let mut insert = self
            .client
            .insert::<NewEventRow<'_>>("events")
            .await?
            .with_setting("insert_deduplication_token", token.to_string())
            .with_timeouts(Some(INSERT_SEND_WAIT), Some(INSERT_ANSWER_WAIT));
        for &index in indexes {
            let new = &events[index];
            insert
                .write(&NewEventRow::of(&new.event, new.request_digest))
                .await?;
        }
        Ok(insert.end().await?)
    }
}

/// What became of one event of a chunk.
#[derive(Debug)]
struct Decision {
    index: usize,
    outcome: Stored,
    /// Of the copy that is stored; nothing where none is.
    stored_digest: Option<[u8; 16]>,
}

fn compare(stored_digest: &[u8; 16], new: &NewEvent) -> Stored {
    let (stored_way, stored_request) = stored_digest.split_at(DIGEST_WAY_BYTES);
    let (way, request) = new.request_digest.split_at(DIGEST_WAY_BYTES);
    if stored_way == way && stored_request != request {
        Stored::Conflict
    } else {
        Stored::Duplicate
    }
}

/// ClickHouse drops an expired row as it comes in: it would be missed for ever.
fn decide_expired(events: &[NewEvent], open: &mut Vec<usize>, decisions: &mut Vec<Decision>) {
    let now = Timestamp::now();
    open.retain(|&index| {
        let is_expired = events[index].event.expires_at <= now;
        if is_expired {
            decisions.push(Decision {
                index,
                outcome: Stored::Expired,
                stored_digest: None,
            });
        }
        !is_expired
    });
}

/// Names the state of a partition that a writer has looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Token {
    head: Option<i64>,
    /// How many inserts with this head were answered and did not move it.
    spent: u32,
    was_answered: bool,
}

impl Token {
    fn at_head(self, head: i64) -> Self {
        let spent = if self.head != Some(head) {
            0
        } else if self.was_answered {
            self.spent + 1
        } else {
            self.spent
        };
        Self {
            head: Some(head),
            spent,
            was_answered: false,
        }
    }

    fn answered(self) -> Self {
        Self {
            was_answered: true,
            ..self
        }
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "h{}-{}", self.head.unwrap_or(0), self.spent)
    }
}

/// Doubles up to a bound; a random part keeps writers from meeting again and again.
fn backoff(attempts: u32) -> Duration {
    let ceiling = (BACKOFF_MS_MIN << attempts.min(16)).min(BACKOFF_MS_MAX);
    Duration::from_millis(rand::random_range(BACKOFF_MS_MIN / 2..=ceiling))
}

fn no_answer() -> StoreError {
    StoreError::Unavailable {
        message: format!("no answer within {} s", QUERY_ANSWER_WAIT.as_secs()),
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_changes_with_the_head_and_with_each_answer_that_did_not_move_it() {
        let token = Token::default().at_head(7);
        assert_eq!(token.to_string(), "h7-0");
        // No answer: the same insert may still get in.
        assert_eq!(token.at_head(7).to_string(), "h7-0");
        let stuck = token.answered().at_head(7);
        assert_eq!(stuck.to_string(), "h7-1");
        assert_eq!(stuck.at_head(7).to_string(), "h7-1");
        assert_eq!(stuck.answered().at_head(8).to_string(), "h8-0");
    }

    #[test]
    fn waiting_is_bounded() {
        for attempts in 0..100 {
            assert!(backoff(attempts) <= Duration::from_millis(BACKOFF_MS_MAX));
        }
    }
}
