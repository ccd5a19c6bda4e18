//! How many bytes an event needs, by column, beside gzip's.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clickhouse::Row;
use daybook_event::OWN_SERVICE;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

use crate::engine::Bench;
use crate::generate::Generator;

/// Events that gzip compresses.
const SAMPLE_ROWS_MAX: u64 = 200_000;
const SETTLE_POLL_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Row, Deserialize)]
struct Totals {
    rows: u64,
    data_bytes: u64,
    index_bytes: u64,
    mark_bytes: u64,
    parts: u64,
}

#[derive(Row, Deserialize)]
struct Column {
    name: String,
    bytes: u64,
    rows: u64,
}

#[derive(Row, Deserialize)]
struct Index {
    name: String,
    bytes: u64,
}

/// How many events there are, and when the newest happened; yesterday's end where there is none.
pub(crate) async fn stored(bench: &Bench) -> Result<(u64, Timestamp)> {
    // What this process says of itself, as of an erasure, is none of them.
    let sql = "SELECT count(), toUnixTimestamp64Milli(max(timestamp)) FROM events WHERE service_name != ?";
    let query = bench.administrator().query(sql).bind(OWN_SERVICE);
    let (rows, newest_ms): (u64, i64) = query.fetch_one().await?;
    let newest = if rows == 0 {
        Timestamp::now().checked_sub(24.hours())?
    } else {
        Timestamp::from_millisecond(newest_ms)?
    };
    Ok((rows, newest))
}

/// Brings the table to where ClickHouse brings it by itself: what is to be merged is merged, and so are
/// the months that are over, which it does when nothing has come to one for a day.
pub(crate) async fn settle(bench: &Bench, out: &mut (dyn Write + Send)) -> Result<()> {
    let client = bench.administrator();
    merged(&client).await?;
    let months: Vec<String> = client
        .query(
            "SELECT DISTINCT partition_id FROM system.parts WHERE table = 'events' AND active \
             AND partition_id < toString(toYYYYMM(now())) ORDER BY partition_id",
        )
        .fetch_all()
        .await?;
    for month in &months {
        client
            .query("OPTIMIZE TABLE events PARTITION ID {month:String} FINAL")
            .with_setting("optimize_skip_merged_partitions", "1")
            .param("month", month)
            .execute()
            .await?;
    }
    merged(&client).await?;
    writeln!(
        out,
        "merges have settled, those of the {} months that are over included",
        months.len()
    )?;
    Ok(())
}

/// Waits until no merge goes on.
async fn merged(client: &clickhouse::Client) -> Result<()> {
    let sql = "SELECT count() FROM system.merges WHERE table = 'events'";
    let mut quiet = 0;
    while quiet < 6 {
        let merges: u64 = client.query(sql).fetch_one().await?;
        quiet = if merges == 0 { quiet + 1 } else { 0 };
        tokio::time::sleep(SETTLE_POLL_INTERVAL).await;
    }
    Ok(())
}

pub(crate) async fn bytes(
    bench: &Bench,
    generator: Generator,
    rows: u64,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let client = bench.administrator();
    let totals: Totals = client
        .query(
            "SELECT sum(rows) AS rows, sum(data_compressed_bytes) AS data_bytes, \
             sum(secondary_indices_compressed_bytes) AS index_bytes, sum(marks_bytes) AS mark_bytes, \
             count() AS parts FROM system.parts WHERE table = 'events' AND active",
        )
        .fetch_one()
        .await?;
    let columns: Vec<Column> = client
        .query(
            "SELECT column AS name, sum(column_data_compressed_bytes) AS bytes, sum(rows) AS rows \
             FROM system.parts_columns WHERE table = 'events' AND active AND part_type = 'Wide' \
             GROUP BY column ORDER BY bytes DESC",
        )
        .fetch_all()
        .await?;
    let indexes: Vec<Index> = client
        .query(
            "SELECT name, data_compressed_bytes AS bytes FROM system.data_skipping_indices \
             WHERE table = 'events' ORDER BY bytes DESC",
        )
        .fetch_all()
        .await?;
    writeln!(out, "\nbytes an event, in {} parts", totals.parts)?;
    for column in columns
        .iter()
        .filter(|column| column.bytes * 20 > column.rows)
    {
        line(out, &column.name, column.bytes, column.rows)?;
    }
    line(out, "all columns", totals.data_bytes, totals.rows)?;
    line(out, "marks", totals.mark_bytes, totals.rows)?;
    for index in indexes {
        let name = format!("index {}", index.name);
        line(out, &name, index.bytes, totals.rows)?;
    }
    line(out, "all indexes", totals.index_bytes, totals.rows)?;

    let sample = rows.min(SAMPLE_ROWS_MAX);
    let (json, gzip) = tokio::task::spawn_blocking(move || gzip(generator, sample)).await??;
    line(out, "NDJSON", json, sample)?;
    line(out, "NDJSON, gzip -6", gzip, sample)?;
    let ratio = per_row(totals.data_bytes, totals.rows) / per_row(gzip, sample);
    writeln!(out, "  columns to gzip -6            {ratio:>8.3}")?;
    Ok(())
}

fn line(out: &mut (dyn Write + Send), name: &str, bytes: u64, rows: u64) -> Result<()> {
    writeln!(out, "  {name:<28}  {:>8.2}", per_row(bytes, rows))?;
    Ok(())
}

/// Bytes of a bench are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn per_row(bytes: u64, rows: u64) -> f64 {
    bytes as f64 / rows.max(1) as f64
}

/// The bytes of the first events as JSON lines, plain and compressed.
fn gzip(generator: Generator, rows: u64) -> Result<(u64, u64)> {
    let mut child = Command::new("gzip")
        .args(["-6", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("gzip, which the bench compares with, cannot be run")?;
    let mut compressed = child.stdout.take().context("gzip has no output")?;
    let counting = thread::spawn(move || std::io::copy(&mut compressed, &mut std::io::sink()));
    let mut json_bytes = 0;
    {
        let mut input = child.stdin.take().context("gzip has no input")?;
        for new in (0..rows)
            .step_by(1_000)
            .flat_map(|start| generator.batch(start..(start + 1_000).min(rows)))
        {
            let mut line = serde_json::to_vec(&new.event)?;
            line.push(b'\n');
            json_bytes += line.len() as u64;
            input.write_all(&line)?;
        }
    }
    child.wait()?;
    let gzip_bytes = counting
        .join()
        .map_err(|_| anyhow::anyhow!("counting gzip's bytes failed"))??;
    Ok((json_bytes, gzip_bytes))
}
