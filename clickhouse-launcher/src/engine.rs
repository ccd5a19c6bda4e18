//! Which ClickHouse there is.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use crate::cache::Cache;
use crate::error::LauncherError;
use crate::fetch;

/// Half a gigabyte is removed in less; nobody is kept waiting for longer.
const CLEAR_WAIT: Duration = Duration::from_secs(2);

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
    /// A `clickhouse` binary on `PATH`, else the library in the cache, else the library after it
    /// was fetched (about 180 MB, once; progress goes to stderr).
    ///
    /// Whoever drops it ends the fetch, with all of npm, and leaves nothing unfinished in the cache.
    ///
    /// # Errors
    /// [`LauncherError::NoEngine`] where there is no npm to fetch it with,
    /// [`LauncherError::UnknownPlatform`] where no engine is pinned for this machine, and
    /// [`LauncherError::Fetch`] with npm's own words.
    pub async fn find(cache: &Cache) -> Result<Self, LauncherError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(binary) = find_on_path("clickhouse", std::env::split_paths(&path)) {
            return Ok(Self::Binary(binary));
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

fn find_on_path(name: &str, directories: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    directories
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|candidate| {
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
            find_on_path("clickhouse", places.into_iter()),
            Some(runnable.join("clickhouse"))
        );
        assert_eq!(
            find_on_path("clickhouse", [PathBuf::from(".")].into_iter()),
            None
        );
    }
}
