//! Scripts of `tests/browser` in a real browser, which is fetched once: what they have seen is JSON.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::npm_packages;

const PACKAGES: [&str; 2] = ["@sparticuz/chromium@141.0.0", "puppeteer-core@24.25.0"];

/// What the script has seen, whose reader lives in Berlin. It runs in the folder, where the browser is
/// unpacked as well.
///
/// # Errors
/// Where the browser cannot be had, or the script fails.
pub async fn seen(script: &str, arguments: &[&str], folder: &Path) -> Result<Value> {
    let packages = npm_packages::install("browser", &PACKAGES).await?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    std::fs::copy(source.join(script), folder.join(script))?;
    std::os::unix::fs::symlink(packages.join("node_modules"), folder.join("node_modules"))?;
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(folder)
        .env("TMPDIR", folder)
        .env("TZ", "Europe/Berlin")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{script}: {words}");
    serde_json::from_slice(&output.stdout).with_context(|| format!("{script} said no JSON"))
}
