//! Packages from npm that tests use, each set fetched once into the user's cache.

use std::path::PathBuf;

use tokio::process::Command;

use crate::fetched;

/// The folder of a set of packages (`name@version`), in which `node_modules` is. No package's own scripts run.
///
/// # Errors
/// Says what is missing: npm, or a package.
pub async fn install(set: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let complete = packages.join("+").replace('/', "_");
    let contents = format!("{packages:?} from npm");
    fetched::folder(&format!("npm-{set}"), &complete, &contents, |folder| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit"])
            .args(["--no-fund", "--prefix"])
            .arg(folder)
            .args(packages);
        let failure = format!("some tests need npm, and {packages:?} by it");
        vec![(npm, failure)]
    })
    .await
}
