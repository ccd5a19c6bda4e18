//! Hundreds of schedules against the real ClickHouse: processes that store the same events side by side
//! are killed with kill -9, and so is the server, and a tenant is erased meanwhile. What was acknowledged is
//! there, once, in every read; of the erased tenant nothing is.
//!
//! All chance comes from a seed, which a failed test prints: `DAYBOOK_SEED` gives the same batches and the same
//! moments, though not the same race.

use std::collections::{HashMap, HashSet};
use std::process::Stdio;
use std::time::Duration;

use daybook_event::{AuditEvent, OWN_SERVICE};
use daybook_store::{
    Bucket, Eraser, ErasureKey, ErasureMode, ErasureRequest, Facet, Filter, HistogramOptions,
    Reader, Scope, Search, Stored, TenantId,
};
use daybook_tests::clickhouse::ClickHouse;
use futures::future::{join_all, try_join_all};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::fixture::{ask, batch, everything, exported, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");
const WRITER: &str = env!("CARGO_BIN_EXE_writer-under-test");

/// Each schedule has a tenant of its own; those of a wave go on at once.
const SCHEDULES_A_WAVE: usize = 20;
/// So many have a batch under way when its process is killed; the others of a wave do not count.
const SCHEDULES_MIN: usize = 200;
const WAVES_MAX: usize = 2 * SCHEDULES_MIN / SCHEDULES_A_WAVE;
/// In the first waves, one of each kind, the first tenant is erased on the way.
const WAVES_WITH_ERASURE: usize = 2;
const PROCESSES: usize = 2;
const EVENTS: u32 = 6;
/// What each process of a wave stores.
const ALL: usize = EVENTS as usize * SCHEDULES_A_WAVE;
/// The last processes of a wave are not killed, and must come to an end.
const WAVE_TIME_MAX: Duration = Duration::from_mins(2);

/// The events that a process had an answer for, each by its tenant and number.
type Acknowledged = HashSet<(String, u32)>;

/// What a process said before it ended or was killed.
#[derive(Default)]
struct Said {
    acknowledged: Acknowledged,
    /// The tenants whose batch had begun, and had no answer.
    under_way: HashSet<String>,
}

impl Said {
    /// Whether the line is of an event that has an answer.
    fn hear(&mut self, line: &str) -> bool {
        // The last line of a killed process may be cut.
        match *line.split(' ').collect::<Vec<_>>() {
            [tenant, "begins"] => {
                self.under_way.insert(tenant.to_owned());
            }
            [tenant, "ends"] => {
                self.under_way.remove(tenant);
            }
            [tenant, number, outcome] => {
                if ["Inserted", "Duplicate"].contains(&outcome) {
                    let number = number.parse().unwrap();
                    self.acknowledged.insert((tenant.to_owned(), number));
                }
                return true;
            }
            _ => {}
        }
        false
    }
}

struct Process {
    child: Child,
    /// The tenant that was erased before it started.
    erased: Option<TenantId>,
    output: tokio::task::JoinHandle<Said>,
}

impl Process {
    /// One that says to `heard` of each event that it has an answer for it.
    fn start(
        clickhouse: &ClickHouse,
        tenants: &[TenantId],
        is_first_erased: bool,
        heard: &UnboundedSender<()>,
        seed: u64,
    ) -> Self {
        let mut child = Command::new(WRITER)
            .arg(&clickhouse.endpoint().url)
            .arg(&clickhouse.passwords().writer)
            .arg(EVENTS.to_string())
            .arg(seed.to_string())
            // Each has a month of its own: their inserts do not wait for each other.
            .args(
                (0..)
                    .zip(tenants)
                    .map(|(month, tenant)| format!("{}={month}", tenant.as_str())),
            )
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let heard = heard.clone();
        let output = tokio::spawn(async move {
            let mut said = Said::default();
            while let Ok(Some(line)) = lines.next_line().await {
                if said.hear(&line) {
                    let _ = heard.send(()); // nobody listens to the end of a wave
                }
            }
            said
        });
        let erased = is_first_erased.then(|| tenants[0].clone());
        Self {
            child,
            erased,
            output,
        }
    }

    /// kill -9, wherever it is.
    async fn kill(mut self) -> Said {
        self.child.kill().await.unwrap();
        self.said().await
    }

    async fn end(mut self) -> Said {
        let ended = timeout(WAVE_TIME_MAX, self.child.wait()).await;
        assert!(ended.unwrap().unwrap().success());
        self.said().await
    }

    /// A process that starts after an erasure hears of it, and stores nothing of it.
    async fn said(self) -> Said {
        let said = self.output.await.unwrap();
        if let Some(erased) = self.erased {
            let mut tenants = said.acknowledged.iter().map(|(tenant, _)| tenant.as_str());
            assert!(tenants.all(|tenant| tenant != erased.as_str()));
        }
        said
    }
}

/// How many events of each tenant a count finds.
async fn counts(reader: &Reader, tenants: &[TenantId]) -> Vec<u64> {
    let counts = tenants.iter().map(|tenant| async {
        let total = reader.count(tenant, &Filter::default()).await?;
        anyhow::Ok(total)
    });
    try_join_all(counts).await.unwrap()
}

/// Waits for so many acknowledgements as chance says: a point inside of some inserts, and before or
/// after others. Every process makes more than these.
async fn until_some_are_acknowledged(heard: &mut UnboundedReceiver<()>, chance: &mut StdRng) {
    for _ in 0..chance.random_range(0..ALL * 8 / 10) {
        let line = timeout(WAVE_TIME_MAX, heard.recv()).await;
        line.expect("nothing is stored any more").unwrap();
    }
}

/// Page, count, facet, histogram and export agree on each number once.
async fn assert_once_in_every_read(
    clickhouse: &ClickHouse,
    tenant: &TenantId,
    acknowledged: &Acknowledged,
) {
    let reader = clickhouse.reader().unwrap();
    let everything = everything(&reader, tenant).await;
    let of_page: HashMap<_, usize> =
        everything
            .events
            .iter()
            .fold(HashMap::new(), |mut counted, event| {
                *counted.entry(event.activity.as_str()).or_default() += 1;
                counted
            });
    for number in 0..EVENTS {
        let activity = format!("jane@example.com deleted workflow {number}");
        let is_acknowledged = acknowledged.contains(&(tenant.as_str().to_owned(), number));
        assert!(
            is_acknowledged,
            "the last processes end when all is acknowledged"
        );
        assert_eq!(of_page.get(activity.as_str()), Some(&1), "{activity}");
    }
    let all = u64::from(EVENTS);
    assert_eq!(everything.total, Some(all));
    let filter = Filter::default();
    assert_eq!(reader.count(tenant, &filter).await.unwrap(), all);
    let facet = reader
        .facet(tenant, &filter, Facet::EventName, 10)
        .await
        .unwrap();
    assert_eq!(facet.iter().map(|value| value.count).sum::<u64>(), all);
    let by_minute = HistogramOptions {
        bucket: Bucket::Minute,
        time_zone: "UTC".to_owned(),
        by: None,
    };
    let bars = reader.histogram(tenant, &filter, &by_minute).await.unwrap();
    assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), all);
    let exported = exported(&reader, tenant, &Search::default()).await;
    assert_eq!(exported, everything.events);
}

/// Asks for all of a tenant's events, and hides those that are there.
async fn begin_to_erase(clickhouse: &ClickHouse, tenant: &TenantId) -> Uuid {
    let request = ErasureRequest {
        tenant: tenant.clone(),
        scope: Scope::Tenant,
        mode: ErasureMode::Delete,
        reason: "left".to_owned(),
    };
    let receipt = eraser(clickhouse).begin(&request).await.unwrap();
    receipt.id
}

/// Nothing comes any more: what came after the request is swept away, and then nothing is seen.
async fn assert_nothing_is_seen(clickhouse: &ClickHouse, tenant: &TenantId, erasure: Uuid) {
    eraser(clickhouse).advance(erasure).await.unwrap();
    let page = everything(&clickhouse.reader().unwrap(), tenant).await;
    let own = |event: &AuditEvent| event.service_name == OWN_SERVICE;
    assert!(page.events.iter().all(own), "{:?}", page.events);
}

fn eraser(clickhouse: &ClickHouse) -> Eraser {
    let key = ErasureKey::new("a secret that only the operator knows").unwrap();
    clickhouse.eraser(key).unwrap()
}

/// One wave: processes store the same events, and some or the server are killed on the way. Says of how many tenants
/// a batch was under way then.
async fn wave(
    mut clickhouse: ClickHouse,
    number: usize,
    chance: &mut StdRng,
) -> (ClickHouse, usize) {
    let mut tenants: Vec<_> = (0..SCHEDULES_A_WAVE)
        .map(|schedule| tenant(&format!("schedule-{number}-{schedule}")))
        .collect();
    let (heard, mut listener) = unbounded_channel();
    let start = |clickhouse: &ClickHouse, is_first_erased: bool, chance: &mut StdRng| {
        let seed = chance.random();
        Process::start(clickhouse, &tenants, is_first_erased, &heard, seed)
    };
    let mut acknowledged = Acknowledged::new();
    let mut interrupted = HashSet::new();
    let mut processes: Vec<_> = (0..PROCESSES)
        .map(|_| start(&clickhouse, false, chance))
        .collect();
    let mut erasure = None;
    for _ in 0..2 {
        until_some_are_acknowledged(&mut listener, chance).await;
        if erasure.is_none() && number < WAVES_WITH_ERASURE {
            erasure = Some(begin_to_erase(&clickhouse, &tenants[0]).await);
        }
        let killed = if number.is_multiple_of(2) {
            vec![processes.remove(0).kill().await]
        } else {
            clickhouse = clickhouse.restart(true).await.unwrap();
            // They know the old server only.
            join_all(processes.drain(..).map(Process::kill)).await
        };
        for said in killed {
            acknowledged.extend(said.acknowledged);
            interrupted.extend(said.under_way);
        }
        let counts = counts(&clickhouse.reader().unwrap(), &tenants).await;
        assert!(
            counts.iter().all(|&count| count <= u64::from(EVENTS)),
            "a reader saw an event twice: {counts:?}"
        );
        while processes.len() < PROCESSES {
            processes.push(start(&clickhouse, erasure.is_some(), chance));
        }
    }
    let ended = join_all(processes.into_iter().map(Process::end)).await;
    acknowledged.extend(ended.into_iter().flat_map(|said| said.acknowledged));
    if let Some(erasure) = erasure {
        interrupted.remove(tenants[0].as_str());
        assert_nothing_is_seen(&clickhouse, &tenants.remove(0), erasure).await;
    }
    for tenant in &tenants {
        assert_once_in_every_read(&clickhouse, tenant, &acknowledged).await;
    }
    (clickhouse, interrupted.len())
}

#[tokio::test]
async fn killed_anywhere_what_was_acknowledged_is_there_once() {
    let seed =
        std::env::var("DAYBOOK_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("DAYBOOK_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let mut schedules = 0;
    for number in 0..WAVES_MAX {
        let interrupted;
        (clickhouse, interrupted) = wave(clickhouse, number, &mut chance).await;
        schedules += interrupted;
        if schedules >= SCHEDULES_MIN {
            return;
        }
    }
    panic!("of {schedules} tenants a batch was under way");
}

#[tokio::test]
async fn without_its_tokens_clickhouse_stores_events_twice() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let sql = "ALTER TABLE events MODIFY SETTING non_replicated_deduplication_window = 0";
    let answer = ask(&clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
    assert_eq!(answer.code(), None, "{}", answer.text);

    let tenant = tenant("unprotected");
    let reader = clickhouse.reader().unwrap();
    let deadline = Instant::now() + WAVE_TIME_MAX;
    let mut events = 0;
    loop {
        let (numbers, name) = (events..events + 10, &tenant);
        events += 10;
        let writers = (0..4).map(|_| {
            let (writer, numbers) = (clickhouse.writer().unwrap(), numbers.clone());
            async move { writer.insert(&batch(name, numbers)).await }
        });
        let outcomes = try_join_all(writers).await.unwrap();
        assert!(
            outcomes
                .iter()
                .flatten()
                .all(|&outcome| outcome != Stored::Conflict)
        );
        let count = reader.count(&tenant, &Filter::default()).await.unwrap();
        if count > u64::from(events) {
            return; // what the other test would have noticed
        }
        assert!(Instant::now() < deadline, "the tokens protect from nothing");
    }
}
