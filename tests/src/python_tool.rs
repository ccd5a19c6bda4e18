//! Programs from PyPI that tests run, each fetched once into the user's cache.

use std::path::PathBuf;

use tokio::process::Command;

use crate::fetched;

/// The program `name` of the package `name`, in a virtual environment of its own.
///
/// # Errors
/// Says what is missing: Python 3 with venv, or the package.
pub async fn install(name: &str, version: &str, purpose: &str) -> anyhow::Result<PathBuf> {
    let contents = format!("{name} {version} ({purpose}) from PyPI");
    let folder = format!("{name}-{version}");
    let folder = fetched::folder(&folder, "complete", &contents, |folder| {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(folder);
        let no_venv =
            "some tests need Python 3 with its venv module (Debian: apt-get install python3-venv)";
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .arg(format!("{name}=={version}"));
        let no_package = format!("{name} cannot be fetched from PyPI");
        vec![(venv, no_venv.to_owned()), (pip, no_package)]
    })
    .await?;
    Ok(folder.join("bin").join(name))
}
