//! ClickHouse as the writer's proof needs it: partitions of immutable parts, block numbers that grow,
//! tokens that are spent, and a network that loses and delays.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::chance::Chance;
use crate::admission::SharedRules;
use crate::error::StoreError;
use crate::insert::table::{EventTable, INSERT_SECONDS_MAX};
use crate::lookup::{EventKey, Part, Seen, StoredKey};
use crate::plan::Batch;

/// Longer than any wait of a client.
const FOR_EVER: Duration = Duration::from_hours(24);

/// What is taken out of ClickHouse, to show that it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// `non_replicated_deduplication_window = 0`.
    Tokens,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) org_id: String,
    pub(super) timestamp_ms: i64,
    pub(super) id: Uuid,
}

impl Key {
    pub(super) fn of(key: &EventKey<'_>) -> Self {
        Self {
            org_id: key.org_id.to_owned(),
            timestamp_ms: key.timestamp_ms,
            id: key.id,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) digest: [u8; 16],
    pub(super) expires_at: Timestamp,
}

#[derive(Debug, Clone)]
struct StoredPart {
    first_block: i64,
    last_block: i64,
    /// How often it was merged or mutated.
    version: u32,
    rows: Vec<Row>,
}

impl StoredPart {
    fn describe(&self) -> Part {
        let seconds = || {
            self.rows
                .iter()
                .map(|row| row.key.timestamp_ms.div_euclid(1_000))
        };
        Part {
            name: format!("{}_{}_{}", self.first_block, self.last_block, self.version),
            last_block: self.last_block,
            rows: self.rows.len() as u64,
            first_second: seconds().min().unwrap_or(0),
            last_second: seconds().max().unwrap_or(0),
        }
    }
}

#[derive(Debug, Default)]
struct Partition {
    /// In the order of their blocks.
    parts: Vec<StoredPart>,
    last_block: i64,
    tokens: HashSet<String>,
}

struct State {
    chance: Chance,
    missing: Missing,
    partitions: BTreeMap<u32, Partition>,
    running: HashSet<String>,
    /// Counts restarts: what an earlier server was doing never ends.
    server: u32,
    down_until: Instant,
    faults_until: Instant,
    /// The first request that was stored under a key.
    first_digests: HashMap<Key, [u8; 16]>,
    /// Tenants that are verified to be gone, and up to when.
    gone: Vec<(String, i64)>,
    violations: BTreeSet<String>,
}

/// A server, as one client sees it.
#[derive(Clone)]
pub(super) struct SimulatedTable {
    state: Arc<Mutex<State>>,
    began: (Instant, Timestamp),
    clock_skew: SignedDuration,
    pub(super) rules: SharedRules,
}

pub(super) struct Block {
    month: u32,
    rows: Vec<Row>,
}

/// What becomes of a request.
enum Fate {
    Answered {
        before: Duration,
        after: Duration,
    },
    Lost,
    /// The client hears nothing more of it; the server does it after a while, or never.
    Unheard {
        effect_after: Option<Duration>,
        silence: Duration,
    },
}

impl SimulatedTable {
    pub(super) fn new(mut chance: Chance, missing: Missing, faults: Duration) -> Self {
        let now = Instant::now();
        let began = "2026-11-15T12:00:00Z"
            .parse()
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let state = State {
            chance: chance.fork(),
            missing,
            partitions: BTreeMap::new(),
            running: HashSet::new(),
            server: 0,
            down_until: now,
            faults_until: now + faults,
            first_digests: HashMap::new(),
            gone: Vec::new(),
            violations: BTreeSet::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            began: (now, began),
            clock_skew: SignedDuration::ZERO,
            rules: SharedRules::default(),
        }
    }

    /// As a client sees it whose clock is wrong.
    pub(super) fn with_clock_skew(&self, clock_skew: SignedDuration) -> Self {
        Self {
            clock_skew,
            ..self.clone()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn server_time(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.began.0.elapsed()).unwrap();
        self.began.1 + elapsed
    }

    pub(super) fn violation(&self, what: String) {
        self.state().violations.insert(what);
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.state().violations.iter().cloned().collect()
    }

    pub(super) fn has_faults(&self) -> bool {
        Instant::now() < self.state().faults_until
    }

    /// Every stored row.
    pub(super) fn rows(&self) -> Vec<Row> {
        let state = self.state();
        let parts = state
            .partitions
            .values()
            .flat_map(|partition| &partition.parts);
        parts.flat_map(|part| part.rows.clone()).collect()
    }

    /// Merges some neighbours, and removes what has expired, in a partition that chance picks.
    pub(super) fn merge(&self) {
        let now = self.server_time();
        let mut state = self.state();
        let State {
            chance, partitions, ..
        } = &mut *state;
        for partition in partitions.values_mut() {
            let parts = partition.parts.len();
            if parts == 0 || !chance.percent(60) {
                continue;
            }
            let first = chance.below(parts);
            let last = (first + chance.below(5)).min(parts - 1);
            let merged: Vec<_> = partition.parts.drain(first..=last).collect();
            let mut rows: Vec<_> = merged.iter().flat_map(|part| part.rows.clone()).collect();
            rows.retain(|row| row.expires_at > now);
            partition.parts.insert(
                first,
                StoredPart {
                    first_block: merged[0].first_block,
                    last_block: merged[merged.len() - 1].last_block,
                    version: merged.iter().map(|part| part.version).max().unwrap_or(0) + 1,
                    rows,
                },
            );
        }
    }

    /// Removes the rows of a tenant up to a time, and says how many there were.
    pub(super) fn delete(&self, org_id: &str, up_to_ms: i64) -> usize {
        let is_kept = |key: &Key| key.org_id != org_id || key.timestamp_ms > up_to_ms;
        let mut state = self.state();
        let mut removed = 0;
        for partition in state.partitions.values_mut() {
            for part in &mut partition.parts {
                let before = part.rows.len();
                part.rows.retain(|row| is_kept(&row.key));
                part.version += 1;
                removed += before - part.rows.len();
            }
        }
        // A writer that has not heard of it may store another copy, which goes as well.
        state.first_digests.retain(|key, _| is_kept(key));
        removed
    }

    /// From now on no row of the tenant up to this time may be there.
    pub(super) fn verified_gone(&self, org_id: &str, up_to_ms: i64) {
        self.state().gone.push((org_id.to_owned(), up_to_ms));
    }

    /// As after kill -9: what was running is neither done nor answered, and the rest is there.
    pub(super) fn kill(&self) {
        let mut state = self.state();
        state.server += 1;
        state.running.clear();
        let down = state.chance.milliseconds(500..=5_000);
        state.down_until = Instant::now() + down;
    }

    fn fate(&self) -> Fate {
        let mut state = self.state();
        let is_faulty = Instant::now() < state.faults_until;
        let chance = &mut state.chance;
        let answered = |chance: &mut Chance, before, after| Fate::Answered {
            before: chance.milliseconds(before),
            after: chance.milliseconds(after),
        };
        match chance.within(0..=99) {
            _ if !is_faulty => answered(chance, 0..=4, 0..=2),
            0..=69 => answered(chance, 0..=30, 0..=20),
            70..=76 => answered(chance, 0..=1_500, 0..=20),
            77 => answered(chance, 0..=25_000, 0..=20),
            78..=81 => answered(chance, 0..=30, 0..=40_000),
            82..=86 => Fate::Lost,
            87..=92 => Fate::Unheard {
                effect_after: Some(chance.milliseconds(0..=1_500)),
                silence: chance.milliseconds(0..=1_000),
            },
            93..=94 => Fate::Unheard {
                effect_after: Some(chance.milliseconds(0..=INSERT_SECONDS_MAX * 1_000)),
                silence: chance.milliseconds(0..=2_000),
            },
            95..=97 => Fate::Unheard {
                effect_after: Some(chance.milliseconds(0..=2_000)),
                silence: FOR_EVER,
            },
            _ => Fate::Unheard {
                effect_after: None,
                silence: chance.milliseconds(0..=2_000),
            },
        }
    }

    fn server(&self) -> Result<u32, StoreError> {
        let state = self.state();
        if Instant::now() < state.down_until {
            return Err(unavailable());
        }
        Ok(state.server)
    }

    /// A question: asked, and answered from what is there at one moment.
    async fn ask<A>(&self, answer: impl FnOnce(&State) -> A + Send) -> Result<A, StoreError>
    where
        A: Send,
    {
        let server = self.server()?;
        match self.fate() {
            Fate::Answered { before, after } => {
                sleep(before).await;
                let answer = {
                    let state = self.state();
                    (state.server == server).then(|| answer(&state))
                };
                sleep(after).await;
                answer.ok_or_else(unavailable)
            }
            Fate::Lost => Err(unavailable()),
            Fate::Unheard { silence, .. } => {
                sleep(silence).await;
                Err(unavailable())
            }
        }
    }
}

impl EventTable for SimulatedTable {
    type Block = Block;

    fn block(&self, batch: Batch<'_>, indexes: &[usize]) -> Result<Block, StoreError> {
        let rows: Vec<_> = indexes
            .iter()
            .map(|&index| Row {
                key: Key::of(&EventKey::of(&batch.events[index].event)),
                digest: batch.events[index].request_digest,
                expires_at: batch.expires_at[index],
            })
            .collect();
        let first = &batch.events[indexes[0]].event;
        Ok(Block {
            month: crate::plan::month(first),
            rows,
        })
    }

    async fn look_at(&self, month: u32) -> Result<Seen, StoreError> {
        self.ask(|state| {
            let partition = state.partitions.get(&month);
            let parts = partition.into_iter().flat_map(|partition| &partition.parts);
            Seen {
                parts: parts.map(StoredPart::describe).collect(),
                rules: self.rules.version(),
            }
        })
        .await
    }

    async fn keys_of_parts(
        &self,
        month: u32,
        parts: &[&Part],
    ) -> Result<Option<Vec<StoredKey>>, StoreError> {
        let names: Vec<_> = parts.iter().map(|part| part.name.clone()).collect();
        self.ask(move |state| {
            let partition = state.partitions.get(&month)?;
            let found: Vec<_> = partition
                .parts
                .iter()
                .filter(|part| names.contains(&part.describe().name))
                .collect();
            let rows = found.iter().flat_map(|part| &part.rows).map(stored_key);
            (found.len() == names.len()).then(|| rows.collect())
        })
        .await
    }

    async fn stored_keys(&self, keys: &[EventKey<'_>]) -> Result<Vec<StoredKey>, StoreError> {
        let keys: HashSet<_> = keys.iter().map(Key::of).collect();
        self.ask(move |state| {
            let parts = state
                .partitions
                .values()
                .flat_map(|partition| &partition.parts);
            parts
                .flat_map(|part| &part.rows)
                .filter(|row| keys.contains(&row.key))
                .map(stored_key)
                .collect()
        })
        .await
    }

    async fn insert(&self, block: &Block, token: &str, query_id: &str) -> Result<(), StoreError> {
        let server = self.server()?;
        if !self.state().running.insert(query_id.to_owned()) {
            return Err(StoreError::Unavailable {
                message: "query with id is already running".to_owned(),
                code: Some(216),
            });
        }
        let (effect_after, answer_after) = match self.fate() {
            Fate::Answered { before, after } => (Some(before), Ok(after)),
            Fate::Lost => (None, Err(Duration::ZERO)),
            Fate::Unheard {
                effect_after,
                silence,
            } => (effect_after, Err(silence)),
        };
        // The server goes on, whatever becomes of the client.
        let (table, month, rows) = (self.clone(), block.month, block.rows.clone());
        let (token, query_id) = (token.to_owned(), query_id.to_owned());
        let (done, is_done) = oneshot::channel();
        tokio::spawn(async move {
            sleep(effect_after.unwrap_or_default()).await;
            let now = table.server_time();
            let mut state = table.state();
            if state.server == server {
                state.running.remove(&query_id);
                if effect_after.is_some() {
                    state.commit(month, rows, token, now);
                }
                let _ = done.send(()); // the client may be gone
            }
        });
        match answer_after {
            Ok(after) => {
                is_done.await.map_err(|_| unavailable())?;
                sleep(after).await;
                Ok(())
            }
            Err(silence) => {
                sleep(silence).await;
                Err(unavailable())
            }
        }
    }

    async fn is_running(&self, query_id: &str) -> Result<bool, StoreError> {
        self.ask(|state| state.running.contains(query_id)).await
    }

    fn now(&self) -> Timestamp {
        self.server_time() + self.clock_skew
    }

    fn pause(&self, milliseconds: RangeInclusive<u64>) -> Duration {
        self.state().chance.milliseconds(milliseconds)
    }
}

impl State {
    fn commit(&mut self, month: u32, mut rows: Vec<Row>, token: String, now: Timestamp) {
        let partition = self.partitions.entry(month).or_default();
        if !partition.tokens.insert(token) && self.missing != Missing::Tokens {
            return;
        }
        // What has expired is in the part as well, until it is merged.
        if self.chance.percent(50) {
            rows.retain(|row| row.expires_at > now);
        }
        let stored: HashSet<_> = partition
            .parts
            .iter()
            .flat_map(|part| part.rows.iter().map(|row| row.key.clone()))
            .collect();
        for row in &rows {
            if stored.contains(&row.key) {
                self.violations.insert("an event is there twice".to_owned());
            }
            let first = self
                .first_digests
                .entry(row.key.clone())
                .or_insert(row.digest);
            // What has expired nobody reads.
            if *first != row.digest && row.expires_at > now {
                self.violations
                    .insert("a later copy replaced the first".to_owned());
            }
            let is_gone = |(org_id, up_to_ms): &(String, i64)| {
                *org_id == row.key.org_id && row.key.timestamp_ms <= *up_to_ms
            };
            if self.gone.iter().any(is_gone) {
                self.violations
                    .insert("an erased event was stored".to_owned());
            }
        }
        partition.last_block += 1;
        partition.parts.push(StoredPart {
            first_block: partition.last_block,
            last_block: partition.last_block,
            version: 0,
            rows,
        });
    }
}

fn stored_key(row: &Row) -> StoredKey {
    StoredKey {
        org_id: row.key.org_id.clone(),
        timestamp_ms: row.key.timestamp_ms,
        id: row.key.id,
        request_digest: row.digest,
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        message: "connection lost".to_owned(),
        code: None,
    }
}
