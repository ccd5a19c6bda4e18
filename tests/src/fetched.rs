//! What tests fetch once into the user's cache.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use daybook_clickhouse_launcher::Cache;
use tokio::process::Command;

/// The folder `name` of the cache, filled by commands, each with what to say where it fails. Made in one
/// step that either happened or did not, which the file `complete` in it says; two processes make it once.
///
/// # Errors
/// Says which command failed, and why.
pub(crate) async fn folder(
    name: &str,
    complete: &str,
    contents: &str,
    commands: impl FnOnce(&Path) -> Vec<(Command, String)>,
) -> anyhow::Result<PathBuf> {
    let cache = Cache::of_user()?;
    let cache = cache.directory();
    std::fs::create_dir_all(cache)?;
    let folder = cache.join(name);
    let complete = folder.join(complete);
    let lock_file = File::create(cache.join(format!("{name}.lock")))?;
    let _lock = tokio::task::spawn_blocking(move || lock_file.lock().map(|()| lock_file)).await??;
    if complete.exists() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    // Written as it happens, past the test harness's capture: a silent minute looks like a hang.
    let _ = writeln!(std::io::stderr(), "fetching {contents}");
    for (mut command, failure) in commands(&folder) {
        run(&mut command).await.context(failure)?;
    }
    File::create(&complete)?.sync_all()?;
    Ok(folder)
}

async fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
