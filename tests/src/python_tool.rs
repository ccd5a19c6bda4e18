//! Programs from PyPI that tests run, each fetched once into the user's cache.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use daybook_clickhouse_launcher::Cache;
use rustix::fs::{FlockOperation, flock};
use tokio::process::Command;

/// The program `name` of the package `name`, in a virtual environment of its own. Made in one step
/// that either happened or did not; two processes make it once.
///
/// # Errors
/// Says what is missing: Python 3 with venv, or the package.
pub async fn install(name: &str, version: &str, purpose: &str) -> anyhow::Result<PathBuf> {
    let cache = Cache::of_user()?;
    let cache = cache.directory();
    std::fs::create_dir_all(cache)?;
    let folder = cache.join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    let complete = folder.join("complete");
    let lock_file = File::create(cache.join(format!("{name}.lock")))?;
    let _lock = tokio::task::spawn_blocking(move || {
        flock(&lock_file, FlockOperation::LockExclusive).map(|()| lock_file)
    })
    .await??;
    if complete.exists() {
        return Ok(program);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    // Written as it happens, past the test harness's capture: a silent minute looks like a hang.
    let _ = writeln!(
        std::io::stderr(),
        "fetching {name} {version} ({purpose}) from PyPI"
    );
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv"]).arg(&folder)).await.context(
        "some tests need Python 3 with its venv module (Debian: apt-get install python3-venv)",
    )?;
    let requirement = format!("{name}=={version}");
    let mut pip = Command::new(folder.join("bin/python"));
    run(pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &requirement,
    ]))
    .await
    .with_context(|| format!("{name} cannot be fetched from PyPI"))?;
    File::create(&complete)?.sync_all()?;
    Ok(program)
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
