//! Measures what indexing each document named on the command line costs: time and peak memory.
//! One process a file, since the peak is the process's: `for f in *.json; do … measure $f; done`.
#![allow(clippy::print_stdout)] // an example's answer is what it prints

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use daybook_openapi::{Document, Index};

fn main() -> Result<()> {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let size = bytes.len();
        let file_name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let start = Instant::now();
        let (index, problems) = Index::build(vec![Document {
            file_name: file_name.clone(),
            bytes,
        }]);
        let elapsed_ms = start.elapsed().as_millis();
        let operations = index.operations().count();
        println!(
            "{file_name}: {size} bytes, {operations} operations, {} problems, {elapsed_ms} ms, peak {} MB",
            problems.len(),
            peak_memory_mb().unwrap_or_default()
        );
        for problem in problems.iter().take(2) {
            println!("  {problem}");
        }
    }
    Ok(())
}

/// The most memory that this process has had, where Linux says it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
