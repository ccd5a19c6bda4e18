//! The program of MiniStack, fetched once from PyPI.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use etcetera::BaseStrategy as _;
use rustix::fs::{FlockOperation, flock};
use tokio::process::Command;

const VERSION: &str = "1.5.33";

/// The program, in a virtual environment of its own in the user's cache. Made in one step that either
/// happened or did not; two processes make it once.
pub(super) async fn install() -> anyhow::Result<PathBuf> {
    let cache = match std::env::var_os("DAYBOOK_CACHE_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => etcetera::choose_base_strategy()?
            .cache_dir()
            .join("daybook"),
    };
    std::fs::create_dir_all(&cache)?;
    let folder = cache.join(format!("ministack-{VERSION}"));
    let program = folder.join("bin/ministack");
    let complete = folder.join("complete");
    let lock_file = File::create(cache.join("ministack.lock"))?;
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
        "fetching MiniStack {VERSION} (an SQS server for the tests) from PyPI"
    );
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv"]).arg(&folder)).await.context(
        "the tests with SQS need Python 3 with its venv module (Debian: apt-get install python3-venv)",
    )?;
    let requirement = format!("ministack=={VERSION}");
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
    .context("MiniStack cannot be fetched from PyPI")?;
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
