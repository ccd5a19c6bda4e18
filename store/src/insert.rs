//! The writer: each event is stored exactly once, however often and by how many it is delivered.
//!
//! The deduplication token serves as compare-and-swap. ClickHouse refuses a second block with a
//! token that it has seen; here the token does not name the data, but the state of the month
//! partition that was looked at. Per partition, until every event is decided:
//!
//! 1. *look*: the partition's active parts, as they were at one moment. The *head* is the highest
//!    block number among them. A key can only be in a part whose times include its own, and parts up
//!    to the head of the look before need no second look. Events in order of time meet no such part,
//!    and nothing else is asked. Otherwise the keys of a few new parts are read, or the keys in doubt
//!    are looked up;
//! 2. *insert* what is missing, with a token made of the head. Of all writers that saw the same
//!    head one gets in; ClickHouse answers the others with the same 200. So, from 1: what is there is
//!    acknowledged, and what is not lost the race.
//!
//! **Why an event is never there twice.** An insert gets in only under a token that no insert had
//! before. Block numbers grow, and the head never goes back, because parts that have become empty stay
//! (`remove_empty_parts = 0`). So whoever stores into a partition after a look moves its head, and the
//! token of that look is spent. **Why an acknowledged event is there:** it was seen, in a part, after
//! it got in. A writer that dies has acknowledged nothing, and left either all of its block or none.
//!
//! A token may be spent although the head is where it was, after somebody has removed parts by hand.
//! Then an insert is answered, the head stays, and the rows are not there. The token's
//! second number counts these. It is raised only after ClickHouse has *answered* an insert, because
//! one without an answer may still get in.
//!
//! What this relies on: one ClickHouse node; a `non_replicated_deduplication_window` (10,000
//! inserts) longer than what others can store between a writer's 1 and 2, a time that
//! `LOOK_TO_INSERT_MAX` and `max_execution_time` bound; one insert is one block, which the bounds
//! of a chunk and the Native format ensure; a block gets its number after its token was made; and an id
//! belongs to one time.
//!
//! Writers that race waste each other's work, so an insert goes through a *door*: its `query_id` is
//! the partition's own, and ClickHouse refuses a second query of one id before it reads the data.
//! The door only saves work; nothing above relies on it, and after `DOOR_WAIT_MAX` a writer goes
//! round it.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use daybook_event::AuditEvent;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::admission::{Admission, Rules};
use crate::connection::{InsertBody, PlainClient, client};
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::ErasureKey;
use crate::error::StoreError;
use crate::event_block::{COLUMN_NAMES, event_block};
use crate::event_check::check_storable;
use crate::lookup::{
    EventKey, Part, RulesVersion, Seen, StoredKey, is_running, keys_of_parts, look_at, stored_keys,
};
use crate::plan::{Partition, Plan};
use crate::tenant::TENANT_BYTES_MAX;
use crate::token::Token;

/// For one chunk, from the first attempt to the last.
const STORE_TIME_MAX: Duration = Duration::from_mins(1);
/// From the head to the insert that names it.
const LOOK_TO_INSERT_MAX: Duration = Duration::from_secs(20);
/// What ClickHouse may take for an insert; the client waits a little longer for the answer.
const INSERT_SECONDS_MAX: u64 = 30;
const INSERT_ANSWER_WAIT: Duration = Duration::from_secs(INSERT_SECONDS_MAX + 5);
/// From a look to the end of the insert that came of it, whether or not anybody still waits for it:
/// ClickHouse may get the last of its data as late as the answer was waited for.
pub(crate) const LOOK_TO_STORED_MAX: Duration = Duration::from_secs(
    LOOK_TO_INSERT_MAX.as_secs() + INSERT_ANSWER_WAIT.as_secs() + INSERT_SECONDS_MAX,
);
const QUERY_ANSWER_WAIT: Duration = Duration::from_secs(20);
const BACKOFF_MS_MIN: u64 = 4;
const BACKOFF_MS_MAX: u64 = 500;
const FAILURES_MAX: u32 = 3;
/// How long a writer waits at a partition's door before it goes round it.
const DOOR_WAIT_MAX: Duration = Duration::from_secs(10);
const DOOR_POLL_MS: RangeInclusive<u64> = 10..=30;
/// ClickHouse's error for a `query_id` that is running.
const QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: u32 = 216;
const PARTITIONS_AT_ONCE: usize = 8;
/// All keys of some parts are read where they are no more than this, and this many for each event
/// that may be there: it is cheaper than to send keys and look for them.
const KEYS_READ_FREE: usize = 8_192;
const KEYS_READ_PER_SUSPECT: usize = 4;
const PARTS_READ_MAX: usize = 1_000;
const KEY_BYTES_MAX: usize = TENANT_BYTES_MAX + 64;
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
    client: PlainClient,
    /// Nobody who does not know it can stand at a writer's door.
    door_key: [u8; 32],
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
        let secret = [&endpoint.database, &credentials.user, &credentials.password]
            .map(String::as_str)
            .join("\0");
        Ok(Self {
            client: PlainClient::new(endpoint, credentials)?,
            door_key: Sha256::digest(secret).into(),
            admission: Admission::new(client(endpoint, credentials)?),
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
        let rules = self.admission.known().await?;
        for (copy, first) in plan.copies {
            outcomes[copy] = match stored_digests.get(&first) {
                _ if rules.is_erased(&events[copy].event)? => Stored::Erased,
                Some(Some(stored)) => compare(stored, &events[copy]),
                _ => outcomes[first],
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
        for places in partition.chunks {
            let mut chunk = Chunk::of(events, partition.month, places);
            chunk.admit(self.admission.known().await?)?;
            if !chunk.open.is_empty() {
                // Made before it is this one's turn: others may store meanwhile.
                let block = chunk.block();
                let _turn = lock.lock().await;
                self.store_chunk(&mut chunk, block).await?;
            }
            decisions.append(&mut chunk.decisions);
        }
        Ok(decisions)
    }

    /// Goes round until each event of the chunk is decided.
    async fn store_chunk(&self, chunk: &mut Chunk<'_>, block: Vec<u8>) -> Result<(), StoreError> {
        let started = Instant::now();
        let mut body = (chunk.open.len(), self.client.insert_body(block)?);
        let mut door = Door::of(self, chunk.month);
        let mut token = Token::default();
        let (mut attempts, mut failures) = (0, 0);
        loop {
            let looked_at = Instant::now();
            self.look(chunk).await?;
            token = token.at_head(chunk.head());
            let was_changed = self.admit(chunk).await?;
            chunk.decide_expired();
            if chunk.open.is_empty() {
                return Ok(());
            }
            if started.elapsed() > STORE_TIME_MAX {
                return Err(StoreError::Contended { attempts });
            }
            if was_changed || body.0 != chunk.open.len() {
                body = (chunk.open.len(), self.client.insert_body(chunk.block())?);
            }
            if looked_at.elapsed() > LOOK_TO_INSERT_MAX {
                continue; // what was seen is too old to be compared with
            }
            attempts += 1;
            match self.insert_block(&body.1, &token, &door).await {
                Ok(()) => token = token.answered(),
                Err(error) if is_busy(&error) => {
                    door.wait(self).await?;
                    continue;
                }
                // It may have got in, or may still: look again, under the same token.
                Err(error) if error.may_succeed_later() && failures < FAILURES_MAX => {
                    failures += 1;
                    tracing::debug!(%error, month = chunk.month, failures, "an insert has no answer");
                    sleep(backoff(failures)).await;
                }
                Err(error) => return Err(error),
            }
            chunk.found_as = Stored::Inserted;
        }
    }

    /// Takes out what is erased by now, and says of the rest until when it is kept; whether that was
    /// another time before.
    async fn admit(&self, chunk: &mut Chunk<'_>) -> Result<bool, StoreError> {
        if chunk.rules.is_of(&chunk.rules_seen) {
            return Ok(false);
        }
        let rules = self.admission.at(&chunk.rules_seen).await?;
        chunk.admit(rules)
    }

    /// Sees which open events of the chunk are stored, up to which block that is known, and which
    /// version the rules have.
    async fn look(&self, chunk: &mut Chunk<'_>) -> Result<(), StoreError> {
        let Seen { parts, rules } = in_time(look_at(&self.client, chunk.month)).await?;
        let (suspects, holders) = chunk.suspects(&parts);
        let keys_max = suspects.len().saturating_mul(KEYS_READ_PER_SUSPECT) + KEYS_READ_FREE;
        let keys: u64 = holders.iter().map(|part| part.rows).sum();
        let mut stored = None;
        if suspects.is_empty() {
            stored = Some(Vec::new());
        } else if keys <= keys_max as u64 && holders.len() <= PARTS_READ_MAX {
            let read = keys_of_parts(&self.client, chunk.month, &holders, KEY_BYTES_MAX);
            stored = in_time(read).await?;
        }
        let stored = match stored {
            Some(stored) => stored,
            None => in_time(stored_keys(&self.client, &suspects, KEY_BYTES_MAX)).await?,
        };
        chunk.decide_stored(&stored);
        let head = parts.iter().map(|part| part.last_block).max().unwrap_or(0);
        chunk.seen = Some(head);
        chunk.rules_seen = rules;
        Ok(())
    }

    async fn insert_block(
        &self,
        body: &InsertBody,
        token: &Token,
        door: &Door,
    ) -> Result<(), StoreError> {
        let seconds_max = INSERT_SECONDS_MAX.to_string();
        let token = token.to_string();
        let settings = [
            ("async_insert", "0"),
            ("insert_deduplicate", "1"),
            ("deduplicate_insert", "enable"),
            ("insert_deduplication_token", &token),
            ("max_execution_time", &seconds_max),
            // Merges make them: an insert is not worth the wait, and its part is soon merged.
            ("materialize_skip_indexes_on_insert", "0"),
            ("query_id", &door.query_id),
        ];
        let sql = format!("INSERT INTO events ({COLUMN_NAMES}) FORMAT Native");
        timeout(
            INSERT_ANSWER_WAIT,
            self.client.insert(&sql, &settings, body),
        )
        .await
        .map_err(|_| no_answer(INSERT_ANSWER_WAIT))?
    }
}

/// The `query_id` of a partition's inserts.
struct Door {
    query_id: String,
    waited: Duration,
}

impl Door {
    fn of(writer: &Writer, month: u32) -> Self {
        let mut digest = Sha256::new();
        digest.update(&writer.door_key);
        digest.update(month.to_le_bytes());
        let digest = digest.finalize();
        let id = digest[..16]
            .iter()
            .fold(0, |number: u128, &byte| number << 8 | u128::from(byte));
        Self {
            query_id: format!("{id:032x}"),
            waited: Duration::ZERO,
        }
    }

    /// Waits until nobody is at the door, or goes round it from now on.
    async fn wait(&mut self, writer: &Writer) -> Result<(), StoreError> {
        let began = Instant::now();
        loop {
            sleep(random(DOOR_POLL_MS)).await;
            if !in_time(is_running(&writer.client, &self.query_id)).await? {
                break;
            }
            if self.waited + began.elapsed() > DOOR_WAIT_MAX {
                self.query_id = format!("{:032x}", rand::random::<u128>());
                break;
            }
        }
        self.waited += began.elapsed();
        Ok(())
    }
}

fn is_busy(error: &StoreError) -> bool {
    error.code() == Some(QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)
}

/// Events of one month that are stored with one insert.
struct Chunk<'a> {
    events: &'a [NewEvent],
    month: u32,
    /// Those of which nothing is known yet, in the order of the table.
    open: Vec<usize>,
    decisions: Vec<Decision>,
    /// No open event is in a block up to this one.
    seen: Option<i64>,
    /// What an event with the same request is, once it is found.
    found_as: Stored,
    /// By which it was let in, and the version that they have by now.
    rules: Arc<Rules>,
    rules_seen: RulesVersion,
    /// Until when events are kept of which the rules say so, by their places.
    expiries: HashMap<usize, Timestamp>,
}

impl<'a> Chunk<'a> {
    fn of(events: &'a [NewEvent], month: u32, open: Vec<usize>) -> Self {
        Self {
            events,
            month,
            decisions: Vec::with_capacity(open.len()),
            open,
            seen: None,
            found_as: Stored::Duplicate,
            rules: Arc::default(),
            rules_seen: RulesVersion::new(),
            expiries: HashMap::new(),
        }
    }

    /// Decides what is erased; whether any of the rest is kept for another time than before.
    fn admit(&mut self, rules: Arc<Rules>) -> Result<bool, StoreError> {
        let mut is_changed = false;
        let mut open = Vec::with_capacity(self.open.len());
        for &index in &self.open {
            let event = &self.events[index].event;
            if rules.is_erased(event)? {
                self.decisions.push(Decision {
                    index,
                    outcome: Stored::Erased,
                    stored_digest: None,
                });
                continue;
            }
            open.push(index);
            if let Some(expires_at) = rules.expiry(event) {
                is_changed |= self.expiries.insert(index, expires_at) != Some(expires_at);
            }
        }
        self.open = open;
        self.rules = rules;
        Ok(is_changed)
    }

    fn expires_at(&self, index: usize) -> Timestamp {
        let own = self.events[index].event.expires_at;
        self.expiries.get(&index).copied().unwrap_or(own)
    }

    fn head(&self) -> i64 {
        self.seen.unwrap_or(0)
    }

    fn block(&self) -> Vec<u8> {
        event_block(self.events, &self.open, |index| self.expires_at(index))
    }

    /// The open events that may be in a part with a block that was not seen yet, and these parts.
    fn suspects<'p>(&self, parts: &'p [Part]) -> (Vec<EventKey<'a>>, Vec<&'p Part>) {
        let seen = self.seen.unwrap_or(-1);
        let times = || self.open.iter().map(|&index| time_ms(&self.events[index]));
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let mut holders: Vec<_> = parts
            .iter()
            .filter(|part| part.rows > 0 && part.last_block > seen && part.may_hold(first..=last))
            .map(|part| (part, false))
            .collect();
        let mut suspects = Vec::new();
        for &index in &self.open {
            let key = EventKey::of(&self.events[index].event);
            let mut is_suspect = false;
            for (part, holds) in &mut holders {
                if part.may_hold(key.timestamp_ms..=key.timestamp_ms) {
                    *holds = true;
                    is_suspect = true;
                }
            }
            if is_suspect {
                suspects.push(key);
            }
        }
        let holders = holders
            .into_iter()
            .filter_map(|(part, holds)| holds.then_some(part));
        (suspects, holders.collect())
    }

    /// Moves those events that are stored from `open` to `decisions`.
    fn decide_stored(&mut self, stored: &[StoredKey]) {
        if stored.is_empty() {
            return;
        }
        let digests: HashMap<EventKey<'_>, &[u8; 16]> = stored
            .iter()
            .map(|stored| (stored.key(), &stored.request_digest))
            .collect();
        let (events, found_as, decisions) = (self.events, self.found_as, &mut self.decisions);
        self.open.retain(|&index| {
            let new = &events[index];
            let Some(&stored_digest) = digests.get(&EventKey::of(&new.event)) else {
                return true;
            };
            let outcome = match compare(stored_digest, new) {
                Stored::Duplicate => found_as,
                other => other,
            };
            decisions.push(Decision {
                index,
                outcome,
                stored_digest: Some(*stored_digest),
            });
            false
        });
    }

    /// ClickHouse drops an expired row as it comes in: it would be missed for ever.
    fn decide_expired(&mut self) {
        let now = Timestamp::now();
        let open = std::mem::take(&mut self.open);
        let (expired, open) = open
            .into_iter()
            .partition(|&index| self.expires_at(index) <= now);
        self.open = open;
        let expired: Vec<usize> = expired;
        self.decisions
            .extend(expired.into_iter().map(|index| Decision {
                index,
                outcome: Stored::Expired,
                stored_digest: None,
            }));
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

fn time_ms(new: &NewEvent) -> i64 {
    new.event.timestamp.as_millisecond()
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

/// Doubles up to a bound; a random part keeps writers from meeting again and again.
fn backoff(failures: u32) -> Duration {
    let ceiling = (BACKOFF_MS_MIN << failures.min(16)).min(BACKOFF_MS_MAX);
    random(BACKOFF_MS_MIN / 2..=ceiling)
}

fn random(milliseconds: RangeInclusive<u64>) -> Duration {
    Duration::from_millis(rand::random_range(milliseconds))
}

async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(QUERY_ANSWER_WAIT, answer)
        .await
        .map_err(|_| no_answer(QUERY_ANSWER_WAIT))?
}

fn no_answer(waited: Duration) -> StoreError {
    StoreError::Unavailable {
        message: format!("no answer within {} s", waited.as_secs()),
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_bounded() {
        for attempts in 0..100 {
            assert!(backoff(attempts) <= Duration::from_millis(BACKOFF_MS_MAX));
        }
    }
}
