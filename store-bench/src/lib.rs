//! What the store costs: how fast it takes events, how many bytes they need, how fast they are found.
//!
//! `daybook bench store` runs it, and `daybook bench api` measures the query API on the same database;
//! the events are made up (see `generate.rs`), the store's functions are those that the rest of
//! Daybook calls, and beside each answer stands hand-written SQL for the same.

mod api;
mod engine;
mod erasure;
mod generate;
mod insert;
mod latency;
mod operations;
mod size;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

use engine::Bench;
use generate::Generator;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many events.
    pub rows: u64,
    /// Where ClickHouse keeps them; a folder that is removed afterwards where there is none. Events
    /// that are there from an earlier run with as many rows are used again, and not inserted.
    pub directory: Option<PathBuf>,
    /// The program and its first arguments that lead to
    /// [`run_engine_child`](daybook_clickhouse_launcher::run_engine_child).
    pub engine_command: (PathBuf, Vec<OsString>),
}

/// Measures, and writes what it finds as text, a line at a time.
///
/// # Errors
/// Where ClickHouse cannot be started, or says no; where `gzip` is not there; where `out` is closed.
pub async fn run(options: &Options, out: &mut (dyn Write + Send)) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let (bench, generator) = filled(options, temporary.path(), out).await?;
    size::bytes(&bench, generator, options.rows, out).await?;
    latency::table(&bench, generator, out).await?;
    erasure::of_a_tenant(&bench, generator, options.rows, out).await?;
    bench.stop().await
}

/// Measures the query API over the events of [`run`], and writes what it finds.
///
/// # Errors
/// As [`run`].
pub async fn run_api(options: &Options, out: &mut (dyn Write + Send)) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let (bench, generator) = filled(options, temporary.path(), out).await?;
    api::table(&bench, generator, out).await?;
    bench.stop().await
}

/// A ClickHouse with all events, at rest.
async fn filled(
    options: &Options,
    temporary: &Path,
    out: &mut (dyn Write + Send),
) -> Result<(Bench, Generator)> {
    let directory = options.directory.as_deref().unwrap_or(temporary);
    let bench = Bench::start(directory, options.engine_command.clone()).await?;
    let (stored, newest) = size::stored(&bench).await?;
    let generator = Generator::new(options.rows, newest);
    if stored < options.rows {
        insert::generator_rate(generator, out)?;
        insert::rates(&bench, generator, options.rows, out).await?;
    }
    size::settle(&bench, out).await?;
    Ok((bench, generator))
}
