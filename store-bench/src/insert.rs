//! How many events a second the store takes, deduplication included; to make the batches, and to free those that
//! were made before, is not part of it.

use std::io::Write;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daybook_store::{NewEvent, Stored};
use tokio::sync::{mpsc, oneshot};

use crate::engine::Bench;
use crate::generate::Generator;

/// Events of one load that are made before it is timed: they must fit in memory.
const LARGE_BATCH_ROWS_MAX: u64 = 600_000;
const SMALL_BATCH_ROWS_MAX: u64 = 100_000;
/// Batches that are made ahead of a writer, where it stores more than fits in memory.
const BATCHES_AHEAD: usize = 2;

/// How fast events are made: a writer must not wait for them.
pub(crate) fn generator_rate(generator: Generator, out: &mut (dyn Write + Send)) -> Result<()> {
    let began = Instant::now();
    let made = generator.batch(0..20_000).len();
    let rate = per_second(made as u64, began.elapsed());
    writeln!(
        out,
        "making events                                 {rate:>9} a second and thread"
    )?;
    Ok(())
}

/// By one writer and by four, whose batches overlap by one per cent, in large batches and in small
/// ones, each made before it is timed; then all the rest, made while the writers store.
pub(crate) async fn rates(
    bench: &Bench,
    generator: Generator,
    rows: u64,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let large = (rows / 10).min(LARGE_BATCH_ROWS_MAX);
    let small = (rows / 20).min(SMALL_BATCH_ROWS_MAX);
    let mut begin = 0;
    for (writers, batch_rows, count) in [
        (1, 20_000, large),
        (1, 1_000, small),
        (4, 20_000, large),
        (4, 1_000, small),
    ] {
        let load = Load::new(writers, batch_rows, begin..begin + count);
        rate(bench, generator, load, usize::MAX, out).await?;
        begin += count;
    }
    let load = Load::new(4, 20_000, begin..rows);
    rate(bench, generator, load, BATCHES_AHEAD, out).await
}

struct Load {
    writers: u64,
    batch_rows: u64,
    numbers: Range<u64>,
}

impl Load {
    fn new(writers: u64, batch_rows: u64, numbers: Range<u64>) -> Self {
        Self {
            writers,
            batch_rows,
            numbers,
        }
    }

    /// The batches of one writer. With several writers each batch begins one per cent inside the one
    /// before, which another writer has.
    fn batches(&self, writer: u64) -> Vec<Range<u64>> {
        let overlap = if self.writers > 1 {
            self.batch_rows / 100
        } else {
            0
        };
        let batches = (self.numbers.end - self.numbers.start).div_ceil(self.batch_rows);
        (0..batches)
            .filter(|batch| batch % self.writers == writer)
            .map(|batch| {
                let start = self.numbers.start + batch * self.batch_rows;
                let end = (start + self.batch_rows).min(self.numbers.end);
                start.saturating_sub(overlap).max(self.numbers.start)..end
            })
            .collect()
    }
}

async fn rate(
    bench: &Bench,
    generator: Generator,
    load: Load,
    batches_ahead: usize,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let mut writers = Vec::new();
    for number in 0..load.writers {
        let batches = load.batches(number);
        if batches.is_empty() {
            continue;
        }
        let ahead = batches.len().min(batches_ahead).max(1);
        writers.push((
            bench.writer()?,
            make_ahead(generator, batches, ahead).await?,
        ));
    }
    let is_made_before = batches_ahead == usize::MAX;
    let began = Instant::now();
    let tasks: Vec<_> = writers
        .into_iter()
        .map(|(writer, mut made)| {
            tokio::spawn(async move {
                let (mut inserted, mut storing) = (0, Duration::ZERO);
                let mut kept = Vec::new();
                while let Some(batch) = made.recv().await {
                    let began = Instant::now();
                    let outcomes = writer.insert(&batch).await?;
                    storing += began.elapsed();
                    inserted += outcomes
                        .iter()
                        .filter(|&&outcome| outcome == Stored::Inserted)
                        .count() as u64;
                    if is_made_before {
                        // To free a batch takes a tenth of the time that the store takes for it.
                        kept.push(batch);
                    }
                }
                anyhow::Ok((inserted, storing, kept))
            })
        })
        .collect();
    let (mut inserted, mut storing, mut kept) = (0, Duration::ZERO, Vec::new());
    for task in tasks {
        let (of_task, storing_of_task, kept_by_task) = task.await??;
        inserted += of_task;
        storing += storing_of_task;
        kept.push(kept_by_task);
    }
    let elapsed = began.elapsed();
    drop(kept);
    let expected = load.numbers.end - load.numbers.start;
    ensure!(
        inserted == expected,
        "{inserted} of {expected} events were stored as new"
    );
    writeln!(
        out,
        "{} writer(s), {:>6} rows a batch: {inserted:>9} events, {:>9} a second ({:.0} % of the \
         time in the store)",
        load.writers,
        load.batch_rows,
        per_second(inserted, elapsed),
        storing.as_secs_f64() * 100.0 / elapsed.as_secs_f64() / exact(load.writers),
    )?;
    Ok(())
}

/// Makes batches in a thread of its own, and comes back when as many are made as shall be ahead.
async fn make_ahead(
    generator: Generator,
    batches: Vec<Range<u64>>,
    ahead: usize,
) -> Result<mpsc::Receiver<Vec<NewEvent>>> {
    let (sender, receiver) = mpsc::channel(ahead);
    let (full, is_full) = oneshot::channel();
    std::thread::spawn(move || {
        let mut full = Some(full);
        for (made, numbers) in batches.into_iter().enumerate() {
            if sender.blocking_send(generator.batch(numbers)).is_err() {
                return; // the writer has failed, and says why
            }
            if made + 1 == ahead
                && let Some(full) = full.take()
            {
                let _ = full.send(());
            }
        }
    });
    is_full.await.context("a load has no batches")?;
    Ok(receiver)
}

fn per_second(count: u64, elapsed: Duration) -> u64 {
    let microseconds = elapsed.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / microseconds).unwrap_or(u64::MAX)
}

/// Counts of events are far below 2^32.
fn exact(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
