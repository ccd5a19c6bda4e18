//! Looks and inserts, in turns, until each event of a batch is decided.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::admission::{Admission, Rules};
use crate::error::StoreError;
use crate::event_check::check_storable;
use crate::insert::chunk::{Chunk, Decision, compare};
use crate::insert::door::{Door, DoorKey, is_busy};
use crate::insert::table::{EventTable, INSERT_SECONDS_MAX};
use crate::insert::token::Token;
use crate::insert::{NewEvent, Stored};
use crate::lookup::{RulesVersion, Seen};
use crate::plan::{Batch, Partition, Plan};

/// For one batch, from its admission to its last attempt.
const STORE_TIME_MAX: Duration = Duration::from_mins(1);
/// From the head to the insert that names it.
const LOOK_TO_INSERT_MAX: Duration = Duration::from_secs(20);
/// The client waits a little longer for the answer than ClickHouse may take.
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
const PARTITIONS_AT_ONCE: usize = 8;
/// All keys of some parts are read where they are no more than this, and this many for each event
/// that may be there: it is cheaper than to send keys and look for them.
const KEYS_READ_FREE: usize = 8_192;
const KEYS_READ_PER_SUSPECT: usize = 4;
const PARTS_READ_MAX: usize = 1_000;
/// Locks for partitions; two partitions may share one.
const PARTITION_LOCKS: usize = 16;

/// Stores batches in a table. Clones do not race each other.
#[derive(Debug, Clone)]
pub(super) struct Storage<T> {
    table: T,
    pub(super) admission: Admission,
    door_key: DoorKey,
    /// Writers of one process wait for each other instead of racing.
    locks: Arc<[Mutex<()>; PARTITION_LOCKS]>,
}

impl<T: EventTable> Storage<T> {
    pub(super) fn new(table: T, admission: Admission, door_key: DoorKey) -> Self {
        Self {
            table,
            admission,
            door_key,
            locks: Arc::new(std::array::from_fn(|_| Mutex::new(()))),
        }
    }

    /// See [`Writer::insert`](crate::Writer::insert).
    pub(super) async fn insert(&self, events: &[NewEvent]) -> Result<Vec<Stored>, StoreError> {
        for (index, new) in events.iter().enumerate() {
            check_storable(&new.event)
                .map_err(|reason| StoreError::Unstorable { index, reason })?;
        }
        let admitted = self.admission.admit(events).await?;
        let deadline = Instant::now() + STORE_TIME_MAX;
        let plan = Plan::of(events, &admitted.erased);
        let batch = Batch {
            events,
            expires_at: &admitted.expires_at,
        };
        // Not made by the stream: rustc would not take it for `Send` then.
        let partitions: Vec<_> = plan
            .partitions
            .into_iter()
            .map(|partition| self.store_partition(batch, &admitted.rules, partition, deadline))
            .collect();
        let decided: Vec<Vec<Decision>> = stream::iter(partitions)
            .buffer_unordered(PARTITIONS_AT_ONCE)
            .try_collect()
            .await?;

        // What is not in the plan was not let in.
        let mut outcomes = vec![Stored::Erased; events.len()];
        let mut stored_digests = vec![None; events.len()];
        for decision in decided.into_iter().flatten() {
            outcomes[decision.index] = decision.outcome;
            stored_digests[decision.index] = decision.stored_digest;
        }
        let rules = self.admission.rules(None).await?;
        let mut again = Vec::new();
        for (copy, first) in plan.copies {
            outcomes[copy] = match &stored_digests[first] {
                _ if rules.is_erased(&events[copy].event)? => Stored::Erased,
                Some(stored) => compare(stored, &events[copy]),
                None => {
                    let event = &events[copy].event;
                    let expires_at = rules.expiry(event).unwrap_or(event.expires_at);
                    if expires_at <= self.table.now() {
                        Stored::Expired
                    } else {
                        // Only of those that are let in: of the others there may be a thousand, one behind the other.
                        if events[copy] != events[first] {
                            again.push(copy);
                        }
                        outcomes[first]
                    }
                }
            };
        }
        // The first was erased or has expired; what another copy names may be held.
        if !again.is_empty() {
            let copies: Vec<_> = again.iter().map(|&copy| events[copy].clone()).collect();
            let decided = Box::pin(self.insert(&copies)).await?;
            for (copy, outcome) in again.into_iter().zip(decided) {
                outcomes[copy] = outcome;
            }
        }
        Ok(outcomes)
    }

    async fn store_partition(
        &self,
        batch: Batch<'_>,
        rules: &Arc<Rules>,
        partition: Partition<'_>,
        deadline: Instant,
    ) -> Result<Vec<Decision>, StoreError> {
        let lock = &self.locks[partition.month as usize % PARTITION_LOCKS];
        let mut decisions = Vec::new();
        for open in partition.chunks {
            let mut chunk = Chunk::of(batch, rules.clone(), partition.month, open);
            // Made before it is this one's turn: others may store meanwhile.
            let block = self.table.block(batch, &chunk.places())?;
            let _turn = lock.lock().await;
            self.store_chunk(&mut chunk, block, deadline).await?;
            decisions.append(&mut chunk.decisions);
        }
        Ok(decisions)
    }

    /// Goes round until each event of the chunk is decided.
    async fn store_chunk(
        &self,
        chunk: &mut Chunk<'_>,
        block: T::Block,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let mut block = (chunk.open.len(), block);
        let mut door = Door::of(&self.door_key, chunk.month);
        let mut token = Token::default();
        let (mut attempts, mut failures) = (0, 0);
        loop {
            let looked_at = Instant::now();
            let version = self.look(chunk).await?;
            token = token.at_head(chunk.head());
            let mut is_changed = false;
            if !chunk.rules.is_of(&version) {
                is_changed = chunk.admit(self.admission.rules(Some(&version)).await?)?;
            }
            chunk.decide_expired(self.table.now());
            if chunk.open.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(StoreError::Contended { attempts });
            }
            if token.spent() > 0 {
                // Parts were removed by hand.
                sleep(self.backoff(token.spent())).await;
            }
            if is_changed || block.0 != chunk.open.len() {
                block = (
                    chunk.open.len(),
                    self.table.block(chunk.batch(), &chunk.places())?,
                );
            }
            if looked_at.elapsed() > LOOK_TO_INSERT_MAX {
                continue; // what was seen is too old to be compared with
            }
            attempts += 1;
            match self.insert_block(&block.1, token, &door).await {
                Ok(()) => token = token.answered(),
                Err(error) if is_busy(&error) => {
                    door.wait(&self.table).await?;
                    continue;
                }
                // It may have got in, or may still: look again, under the same token.
                Err(error) if error.may_succeed_later() && failures < FAILURES_MAX => {
                    failures += 1;
                    tracing::debug!(%error, month = chunk.month, failures, "an insert has no answer");
                    sleep(self.backoff(failures)).await;
                }
                Err(error) => return Err(error),
            }
            chunk.found_as = Stored::Inserted;
        }
    }

    /// Sees which open events of the chunk are stored, up to which block that is known, and which
    /// version the rules have.
    async fn look(&self, chunk: &mut Chunk<'_>) -> Result<RulesVersion, StoreError> {
        let Seen { parts, rules } = in_time(self.table.look_at(chunk.month)).await?;
        let (suspects, holders) = chunk.suspects(&parts);
        let keys_max = suspects.len().saturating_mul(KEYS_READ_PER_SUSPECT) + KEYS_READ_FREE;
        let keys: u64 = holders.iter().map(|part| part.rows).sum();
        let mut stored = None;
        if suspects.is_empty() {
            stored = Some(Vec::new());
        } else if keys <= keys_max as u64 && holders.len() <= PARTS_READ_MAX {
            stored = in_time(self.table.keys_of_parts(chunk.month, &holders)).await?;
        }
        let stored = match stored {
            Some(stored) => stored,
            None => in_time(self.table.stored_keys(&chunk.keys(&suspects))).await?,
        };
        chunk.decide_stored(&stored);
        let head = parts.iter().map(|part| part.last_block).max().unwrap_or(0);
        chunk.seen = Some(head);
        Ok(rules)
    }

    async fn insert_block(
        &self,
        block: &T::Block,
        token: Token,
        door: &Door,
    ) -> Result<(), StoreError> {
        let token = token.to_string();
        let answer = self.table.insert(block, &token, &door.query_id);
        timeout(INSERT_ANSWER_WAIT, answer)
            .await
            .map_err(|_| no_answer(INSERT_ANSWER_WAIT))?
    }

    /// Doubles up to a bound; a random part keeps writers from meeting again and again.
    fn backoff(&self, failures: u32) -> Duration {
        let ceiling = (BACKOFF_MS_MIN << failures.min(16)).min(BACKOFF_MS_MAX);
        self.table.pause(BACKOFF_MS_MIN / 2..=ceiling)
    }
}

/// The answer to a question, or an error where there is none.
pub(super) async fn in_time<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
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
