//! Which ClickHouse there is.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::error::LauncherError;
use crate::fetch;

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
    /// Blocks: call it from a thread that may.
    ///
    /// # Errors
    /// [`LauncherError::NoEngine`] where there is no npm to fetch it with,
    /// [`LauncherError::UnknownPlatform`] where no engine is pinned for this machine, and
    /// [`LauncherError::Fetch`] with npm's own words.
    pub fn find(cache: &Cache) -> Result<Self, LauncherError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(binary) = find_on_path("clickhouse", std::env::split_paths(&path)) {
            return Ok(Self::Binary(binary));
        }
        fetch::library(cache, Path::new("npm")).map(Self::Library)
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
