//! How long the erasure of a tenant takes, and what readers of another tenant notice of it.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use daybook_store::{
    Eraser, ErasureMode, ErasureRequest, ErasureState, Filter, Receipt, Scope, TenantId,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::Bench;
use crate::generate::Generator;
use crate::latency::{Round, median};

/// One in so many of all events is erased: 100,000 of 20 million.
const ERASED_ONE_IN: u64 = 200;
const BATCH_ROWS: usize = 20_000;
const ROUNDS_BEFORE: usize = 15;
/// What a worker waits for between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How long readers pause meanwhile: an erasure waits for a minute and a half for slow writers, and has the machine
/// for little of it.
const ROUND_INTERVAL: Duration = Duration::from_millis(500);
const TIME_MAX: Duration = Duration::from_mins(30);

/// Stores a tenant's events among all others, erases them, and asks the latency table's questions of
/// the largest tenant meanwhile.
pub(crate) async fn of_a_tenant(
    bench: &Bench,
    generator: Generator,
    rows: u64,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    // A tenant of its own in each run: what was erased is not stored again.
    let tenant = TenantId::new(&format!("erased_{}", Timestamp::now().as_millisecond()))?;
    let count = (rows / ERASED_ONE_IN).max(1);
    store(bench, generator, &tenant, count).await?;
    let round = Round::new(bench, generator).await?;
    let mut before = Vec::new();
    for _ in 0..ROUNDS_BEFORE {
        before.push(round.ask().await?);
    }

    let eraser = bench.eraser()?;
    let request = ErasureRequest {
        tenant: tenant.clone(),
        scope: Scope::Tenant,
        mode: ErasureMode::Delete,
        reason: "bench".to_owned(),
    };
    let began = Instant::now();
    let mut receipt = eraser.begin(&request).await?;
    while receipt.state == ErasureState::Requested {
        receipt = eraser.advance(receipt.id).await?;
    }
    let hidden = began.elapsed();
    let left = bench.reader()?.count(&tenant, &Filter::default()).await?;
    ensure!(left == 0, "{left} events are seen after they were hidden");

    let id = receipt.id;
    let working = tokio::spawn(async move { work(&eraser, id).await });
    let mut meanwhile = Vec::new();
    while !working.is_finished() {
        meanwhile.push(round.ask().await?);
        tokio::time::sleep(ROUND_INTERVAL).await;
    }
    let receipt = working.await??;
    let verified = began.elapsed();
    let removed: u64 = receipt.report.rows.iter().map(|month| month.own).sum();
    ensure!(removed == count, "{removed} of {count} events were erased");
    let after = [round.ask().await?];
    writeln!(
        out,
        "\nerasure of a tenant: {removed} events hidden after {:.2} s, removed and verified after {:.0} s\n\
         readers of the largest tenant, medians of {ROUNDS_BEFORE} rounds before and {} meanwhile\n\
         question                    before ms  meanwhile ms  ratio  afterwards ms",
        hidden.as_secs_f64(),
        verified.as_secs_f64(),
        meanwhile.len(),
    )?;
    for (place, title) in round.titles().enumerate() {
        let of = |rounds: &[Vec<Duration>]| {
            let times = rounds.iter().map(|times| times[place]).collect();
            median(times).as_secs_f64() * 1_000.0
        };
        writeln!(
            out,
            "{title:<26}  {:>10.1}  {:>12.1}  {:>5.2}  {:>13.1}",
            of(&before),
            of(&meanwhile),
            of(&meanwhile) / of(&before),
            of(&after),
        )?;
    }
    Ok(())
}

async fn store(bench: &Bench, generator: Generator, tenant: &TenantId, count: u64) -> Result<()> {
    let writer = bench.writer()?;
    let mut events = generator.more_of(tenant.as_str(), count);
    loop {
        let batch: Vec<_> = events.by_ref().take(BATCH_ROWS).collect();
        if batch.is_empty() {
            return Ok(());
        }
        writer.insert(&batch).await?;
    }
}

/// Goes on until the erasure is verified, as a worker does.
async fn work(eraser: &Eraser, id: Uuid) -> Result<Receipt> {
    let began = Instant::now();
    loop {
        let receipt = eraser.advance(id).await?;
        if receipt.state == ErasureState::Verified {
            return Ok(receipt);
        }
        ensure!(began.elapsed() < TIME_MAX, "not done after {TIME_MAX:?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
