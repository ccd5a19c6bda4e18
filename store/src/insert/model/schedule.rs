//! One schedule: clients that deliver events to a simulated ClickHouse until each is acknowledged.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use daybook_event::{AuditEvent, EventIdentity, event_id};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, timeout};

use super::chance::Chance;
use super::clickhouse::{Key, Missing, SimulatedTable};
use crate::admission::Admission;
use crate::erasure::WRITERS_SETTLE;
use crate::insert::chunk::compare;
use crate::insert::door::DoorKey;
use crate::insert::storage::Storage;
use crate::insert::{DIGEST_WAY_BYTES, NewEvent, Stored};
use crate::lookup::EventKey;

/// Everything must be acknowledged by then: an hour after the last fault.
const SETTLED_AFTER: Duration = Duration::from_hours(1);
const FAULTS: Duration = Duration::from_secs(90);
const TENANTS: [&str; 3] = ["acme", "globex", "initech"];

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) missing: Missing,
    /// Whether an erasure waits until every writer has heard of it.
    pub(super) erasure_waits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            missing: Missing::Nothing,
            erasure_waits: true,
        }
    }
}

/// What went wrong in the schedule of this seed.
pub(super) fn run(seed: u64, settings: Settings) -> Vec<String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(async {
            let schedule = Schedule::new(Chance::of(seed), settings);
            schedule.play().await;
            schedule.table.violations()
        })
}

struct Schedule {
    chance: Mutex<Chance>,
    settings: Settings,
    table: SimulatedTable,
    events: Vec<NewEvent>,
    batch_events_max: usize,
    /// What was said of each event last, by its place.
    acknowledged: Mutex<HashMap<usize, Stored>>,
    /// Up to when a tenant's events are erased.
    erased: Mutex<HashMap<String, i64>>,
}

impl Schedule {
    fn new(mut chance: Chance, settings: Settings) -> Self {
        let table = SimulatedTable::new(chance.fork(), settings.missing, FAULTS);
        let (batch_events_max, expiring) = (
            [2, 8, 30][chance.below(3)],
            ([0, 0, 15, 60][chance.below(4)], 120),
        );
        let events = events(&mut chance, table.server_time(), expiring);
        Self {
            batch_events_max,
            chance: Mutex::new(chance),
            settings,
            table,
            events,
            acknowledged: Mutex::default(),
            erased: Mutex::default(),
        }
    }

    async fn play(&self) {
        let clients = self.chance().within(1..=3);
        let clients = join_all((0..clients).map(|_| self.client()));
        let world = async { tokio::join!(self.merges(), self.kills(), self.erasure()) };
        let all = async { tokio::join!(clients, world) };
        if timeout(SETTLED_AFTER, all).await.is_err() {
            self.table.violation("not all was acknowledged".to_owned());
            return;
        }
        // What was under way gets in now, or never.
        sleep(Duration::from_secs(40)).await;
        self.check_everything();
    }

    fn chance(&self) -> std::sync::MutexGuard<'_, Chance> {
        self.chance.lock().unwrap()
    }

    /// Batches of what is not acknowledged yet, and of copies of what is, until nothing is open.
    async fn client(&self) {
        // Most clocks are right within a few seconds.
        let skew_ms_max = [0, 0, 5_000, 60_000][self.chance().below(4)];
        let skew_ms =
            self.chance().within(0..=skew_ms_max * 2).cast_signed() - skew_ms_max.cast_signed();
        let skew = SignedDuration::from_millis(skew_ms);
        let mut storage = self.storage(skew);
        loop {
            let batch = self.batch();
            if batch.is_empty() {
                return;
            }
            if self.chance().percent(30) {
                storage = self.storage(skew); // another process
            }
            // One process may store two batches at a time.
            let second = if self.chance().percent(20) {
                self.batch()
            } else {
                Vec::new()
            };
            tokio::join!(
                self.deliver(&storage, batch, skew),
                self.deliver(&storage, second, skew)
            );
            let pause = self.chance().milliseconds(0..=2_000);
            sleep(pause).await;
        }
    }

    fn storage(&self, skew: SignedDuration) -> Storage<SimulatedTable> {
        Storage::new(
            self.table.with_clock_skew(skew),
            Admission::of_rules(self.table.rules.clone()),
            DoorKey::of_secret("of all clients"),
        )
    }

    /// Places of events: open ones, copies of some, and some that are acknowledged already.
    fn batch(&self) -> Vec<usize> {
        let acknowledged = self.acknowledged.lock().unwrap();
        let mut open: Vec<_> = (0..self.events.len())
            .filter(|index| !acknowledged.contains_key(index))
            .collect();
        if open.is_empty() {
            return open;
        }
        let mut chance = self.chance();
        let size = 1 + chance.below(open.len().min(self.batch_events_max));
        let mut batch = Vec::with_capacity(size);
        for _ in 0..size.min(open.len()) {
            let place = chance.below(open.len());
            batch.push(open.swap_remove(place));
        }
        for _ in 0..chance.below(self.batch_events_max.min(8)) {
            batch.push(chance.below(self.events.len()));
        }
        batch
    }

    async fn deliver(
        &self,
        storage: &Storage<SimulatedTable>,
        batch: Vec<usize>,
        skew: SignedDuration,
    ) {
        let events: Vec<_> = batch
            .iter()
            .map(|&index| self.events[index].clone())
            .collect();
        // Killed at some time, or when it has had longer than any Lambda.
        let is_killed = self.table.has_faults() && self.chance().percent(15);
        let life = if is_killed {
            self.chance().milliseconds(0..=8_000)
        } else {
            Duration::from_mins(15)
        };
        let Ok(Ok(outcomes)) = timeout(life, storage.insert(&events)).await else {
            return; // it comes again
        };
        self.check_answer(&batch, &outcomes, skew);
        if self.table.has_faults() && self.chance().percent(10) {
            return; // killed before the queue heard of it
        }
        let mut acknowledged = self.acknowledged.lock().unwrap();
        acknowledged.extend(batch.into_iter().zip(outcomes));
    }

    async fn merges(&self) {
        let until = Instant::now() + FAULTS;
        while Instant::now() < until {
            let pause = self.chance().milliseconds(0..=3_000);
            sleep(pause).await;
            self.table.merge();
        }
    }

    async fn kills(&self) {
        let until = Instant::now() + FAULTS;
        let kills = self.chance().within(0..=4);
        for _ in 0..kills {
            let pause = self.chance().milliseconds(0..=40_000);
            sleep(pause).await;
            if Instant::now() < until {
                self.table.kill();
            }
        }
    }

    /// Erases one tenant, as `crate::erasure` does: writers are told, rows go, and once no writer
    /// can be without the news, what came meanwhile goes, too.
    async fn erasure(&self) {
        if self.chance().percent(50) {
            return;
        }
        let pause = self.chance().milliseconds(0..=60_000);
        sleep(pause).await;
        let place = self.chance().below(TENANTS.len());
        let org_id = TENANTS[place];
        let up_to_ms = self.table.server_time().as_millisecond();
        self.table.rules.erase_tenant(org_id, up_to_ms);
        self.erased
            .lock()
            .unwrap()
            .insert(org_id.to_owned(), up_to_ms);
        self.table.delete(org_id, up_to_ms);
        if self.settings.erasure_waits {
            sleep(WRITERS_SETTLE).await;
        }
        while self.table.delete(org_id, up_to_ms) > 0 {
            sleep(Duration::from_secs(1)).await;
        }
        self.table.verified_gone(org_id, up_to_ms);
    }

    fn is_erased(&self, event: &AuditEvent) -> bool {
        let erased = self.erased.lock().unwrap();
        let up_to_ms = erased.get(&event.org_id);
        up_to_ms.is_some_and(|up_to_ms| event.timestamp.as_millisecond() <= *up_to_ms)
    }

    /// What a client is told is true when it is told.
    fn check_answer(&self, batch: &[usize], outcomes: &[Stored], skew: SignedDuration) {
        let now = self.table.server_time();
        let stored: HashMap<_, _> = self
            .table
            .rows()
            .into_iter()
            .map(|row| (row.key, row.digest))
            .collect();
        for (&index, &outcome) in batch.iter().zip(outcomes) {
            let new = &self.events[index];
            let event = &new.event;
            let may_be_gone = self.is_erased(event) || event.expires_at <= now;
            let found = stored.get(&Key::of(&EventKey::of(event)));
            let is_true = match outcome {
                Stored::Inserted | Stored::Duplicate => {
                    may_be_gone
                        || found.is_some_and(|digest| compare(digest, new) == Stored::Duplicate)
                }
                Stored::Conflict => {
                    may_be_gone
                        || found.is_some_and(|digest| compare(digest, new) == Stored::Conflict)
                }
                Stored::Expired => event.expires_at <= now + skew,
                Stored::Erased => self.is_erased(event),
            };
            if !is_true {
                self.table
                    .violation(format!("{outcome:?} was not true: {:?}", event.id));
            }
        }
    }

    /// Nothing acknowledged is lost, nothing is there twice, and nothing of the erased is there.
    fn check_everything(&self) {
        let now = self.table.server_time();
        let rows = self.table.rows();
        let stored: HashSet<_> = rows.iter().map(|row| row.key.clone()).collect();
        if stored.len() != rows.len() {
            self.table.violation("an event is there twice".to_owned());
        }
        let acknowledged = self.acknowledged.lock().unwrap();
        for (&index, &outcome) in acknowledged.iter() {
            let event = &self.events[index].event;
            let is_there = stored.contains(&Key::of(&EventKey::of(event)));
            if is_there && self.is_erased(event) {
                self.table.violation("an erased event is there".to_owned());
            }
            let must_be_there = matches!(
                outcome,
                Stored::Inserted | Stored::Duplicate | Stored::Conflict
            );
            if must_be_there && !is_there && !self.is_erased(event) && event.expires_at > now {
                self.table
                    .violation("an acknowledged event is lost".to_owned());
            }
        }
    }
}

/// Events of a few tenants and two months, many within one second; some expire while the schedule
/// goes on, some are of the future, and of some there is a forged copy.
fn events(
    chance: &mut Chance,
    now: Timestamp,
    (expiring_percent, seconds_max): (u64, u64),
) -> Vec<NewEvent> {
    let mut events = Vec::new();
    for number in 0..chance.within(4..=32) {
        let mut new = event(chance, now, number);
        if chance.percent(expiring_percent) {
            let seconds = chance.within(0..=seconds_max).cast_signed();
            new.event.expires_at = now + SignedDuration::from_secs(seconds);
        }
        if chance.percent(5) {
            let mut forged = new.clone();
            forged.request_digest[DIGEST_WAY_BYTES] ^= 1;
            events.push(forged);
        }
        if chance.percent(5) {
            let other = chance.below(TENANTS.len());
            TENANTS[other].clone_into(&mut new.event.org_id);
        }
        events.push(new);
    }
    events
}

fn event(chance: &mut Chance, now: Timestamp, number: u64) -> NewEvent {
    let ago_ms = match chance.within(0..=9) {
        0..=3 => chance.within(0..=3_000),
        4..=7 => chance.within(0..=600_000),
        _ => chance.within(0..=86_400_000 * 20),
    };
    let ahead = SignedDuration::from_secs(chance.within(0..=240).cast_signed());
    let timestamp = now + ahead - SignedDuration::from_millis(ago_ms.cast_signed());
    let mut event = AuditEvent {
        org_id: TENANTS[chance.below(TENANTS.len())].to_owned(),
        timestamp,
        ..AuditEvent::default()
    };
    event.id = event_id(&EventIdentity {
        request_time_ms: timestamp.as_millisecond(),
        api_id: "api",
        stage: "prod",
        request_id: &number.to_string(),
        method: "DELETE",
        path: "/",
    });
    let mut request_digest = *event.id.as_bytes();
    request_digest[..DIGEST_WAY_BYTES].fill(1);
    NewEvent {
        event,
        request_digest,
    }
}
