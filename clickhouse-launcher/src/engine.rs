//! Which ClickHouse there is.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::cache::Cache;
use crate::error::LauncherError;
use crate::fetch;

/// Half a gigabyte is removed in less; nobody is kept waiting for longer.
const CLEAR_WAIT: Duration = Duration::from_secs(2);
/// The oldest ClickHouse that has all that Daybook's schema needs: year and month.
const VERSION_MIN: (u32, u32) = (26, 2);
/// How long a binary may take to say its version: the one that is downloaded unpacks itself when it is first run.
const VERSION_WAIT: Duration = Duration::from_mins(2);

/// A ClickHouse that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// A `clickhouse` binary.
    Binary(PathBuf),
    /// `libchdb.so`, the server as a library.
    Library(PathBuf),
}

impl Engine {
    /// A `clickhouse` binary of 26.2 or later on `PATH`, else the library in the cache, else the library after it
    /// was fetched (about 180 MB, once; progress goes to stderr).
    ///
    /// Whoever drops it ends the fetch, with all of npm. What that could not clear away is removed by the next.
    ///
    /// # Errors
    /// [`LauncherError::NoEngine`] where there is no npm to fetch it with,
    /// [`LauncherError::UnknownPlatform`] where no engine is pinned for this machine, and
    /// [`LauncherError::Fetch`] with npm's own words.
    pub async fn find(cache: &Cache) -> Result<Self, LauncherError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        for binary in on_path("clickhouse", std::env::split_paths(&path)) {
            match version(&binary).await {
                Ok(version) if version >= VERSION_MIN => return Ok(Self::Binary(binary)),
                Ok((year, month)) => tracing::warn!(
                    "{} is passed over: version {year}.{month} is older than {}.{}",
                    binary.display(),
                    VERSION_MIN.0,
                    VERSION_MIN.1
                ),
                Err(problem) => {
                    tracing::warn!("{} is passed over: {problem}", binary.display());
                }
            }
        }
        let cache = cache.clone();
        let (wanted, given_up) = mpsc::channel();
        let (at_work, ended) = mpsc::channel::<()>();
        let _wanted = Wanted {
            wanted: Some(wanted),
            ended,
        };
        let fetching = tokio::task::spawn_blocking(move || {
            let _at_work = at_work;
            fetch::library(&cache, Path::new("npm"), &given_up)
        });
        match fetching.await {
            Ok(library) => library.map(Self::Library),
            Err(_) => Err(LauncherError::NoResult),
        }
    }
}

/// Dropped, it gives the fetch up, and waits until it has cleared away: the process may end next.
struct Wanted {
    wanted: Option<Sender<()>>,
    ended: Receiver<()>,
}

impl Drop for Wanted {
    fn drop(&mut self) {
        drop(self.wanted.take());
        let _ = self.ended.recv_timeout(CLEAR_WAIT);
    }
}

/// What a binary calls itself: `ClickHouse client version 26.7.2.1 (official build).`
async fn version(binary: &Path) -> Result<(u32, u32), String> {
    let asking = Command::new(binary)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let answer = timeout(VERSION_WAIT, asking)
        .await
        .map_err(|_| format!("it did not say its version within {VERSION_WAIT:?}"))?
        .map_err(|error| format!("it cannot be run: {error}"))?;
    version_in(&String::from_utf8_lossy(&answer.stdout))
        .ok_or_else(|| "it does not say its version".to_owned())
}

/// Year and month, of a version's first two numbers.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let (_, behind) = said.split_once(" version ")?;
    let mut numbers = behind.split('.');
    let year = numbers.next()?.trim().parse().ok()?;
    Some((year, numbers.next()?.parse().ok()?))
}

fn on_path(
    name: &str,
    directories: impl Iterator<Item = PathBuf>,
) -> impl Iterator<Item = PathBuf> {
    directories
        .filter(|directory| directory.is_absolute())
        .map(move |directory| directory.join(name))
        .filter(|candidate| {
            candidate.is_file()
                && rustix::fs::access(candidate, rustix::fs::Access::EXEC_OK).is_ok()
        })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_an_executable_file_in_an_absolute_directory_counts() {
        let directory = tempfile::tempdir().unwrap();
        let (plain, runnable) = (directory.path().join("a"), directory.path().join("b"));
        for place in [&plain, &runnable] {
            fs::create_dir(place).unwrap();
            fs::write(place.join("clickhouse"), "#!/bin/sh\n").unwrap();
        }
        fs::create_dir(directory.path().join("clickhouse")).unwrap();
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(runnable.join("clickhouse"), executable).unwrap();

        let places = [directory.path().to_owned(), plain, runnable.clone()];
        assert_eq!(
            on_path("clickhouse", places.into_iter()).collect::<Vec<_>>(),
            [runnable.join("clickhouse")]
        );
        assert_eq!(
            on_path("clickhouse", [PathBuf::from(".")].into_iter()).next(),
            None
        );
    }

    #[test]
    fn a_version_is_read_as_clickhouse_says_it() {
        let said = "ClickHouse client version 26.7.2.1 (official build).\n";
        assert_eq!(version_in(said), Some((26, 7)));
        assert_eq!(
            version_in("ClickHouse local version 25.10.1.1."),
            Some((25, 10))
        );
        assert_eq!(version_in("clickhouse: no such option"), None);
        assert!((25, 10) < VERSION_MIN && (26, 2) >= VERSION_MIN && (27, 1) > VERSION_MIN);
    }

    #[tokio::test]
    async fn a_binary_is_asked_for_its_version() {
        let directory = tempfile::tempdir().unwrap();
        let binary = directory.path().join("clickhouse");
        let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'ClickHouse client version 24.8.4.13 (official build).'\n";
        fs::write(&binary, script).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();

        assert_eq!(version(&binary).await, Ok((24, 8)));
        assert!(version(&directory.path().join("none")).await.is_err());
    }
}
