//! Packages from npm that tests use, each set fetched once into the user's cache.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use daybook_clickhouse_launcher::Cache;
use rustix::fs::{FlockOperation, flock};
use tokio::process::Command;

/// The folder of a set of packages (`name@version`), in which `node_modules` is. Made in one step that
/// either happened or did not; two processes make it once. No package's own scripts run.
///
/// # Errors
/// Says what is missing: npm, or a package.
pub async fn install(set: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let cache = Cache::of_user()?;
    let cache = cache.directory();
    std::fs::create_dir_all(cache)?;
    let folder = cache.join(format!("npm-{set}"));
    let complete = folder.join(packages.join("+").replace('/', "_"));
    let lock_file = File::create(cache.join(format!("npm-{set}.lock")))?;
    let _lock = tokio::task::spawn_blocking(move || {
        flock(&lock_file, FlockOperation::LockExclusive).map(|()| lock_file)
    })
    .await??;
    if complete.exists() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    // Written as it happens, past the test harness's capture: a silent minute looks like a hang.
    let _ = writeln!(std::io::stderr(), "fetching {packages:?} from npm");
    let output = Command::new("npm")
        .args(["install", "--no-save", "--ignore-scripts", "--no-audit"])
        .args(["--no-fund", "--prefix"])
        .arg(&folder)
        .args(packages)
        .stdin(Stdio::null())
        .output()
        .await
        .context("some tests need npm")?;
    ensure!(
        output.status.success(),
        "{packages:?} cannot be fetched: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    File::create(&complete)?.sync_all()?;
    Ok(folder)
}
