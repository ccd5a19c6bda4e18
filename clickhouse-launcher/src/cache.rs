//! Where fetched engines are kept, and the lock that lets one process fetch at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::LauncherError;

/// The environment variable that overrides where the cache is.
pub const CACHE_DIRECTORY_VARIABLE: &str = "DAYBOOK_CACHE_DIR";

/// A directory for what can be fetched again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// The directory that `DAYBOOK_CACHE_DIR` names, else `daybook` in the user's cache
    /// (`$XDG_CACHE_HOME` or `~/.cache`).
    ///
    /// # Errors
    /// [`LauncherError::NoCacheDirectory`] where the user has no home.
    pub fn of_user() -> Result<Self, LauncherError> {
        if let Some(directory) = std::env::var_os(CACHE_DIRECTORY_VARIABLE)
            && !directory.is_empty()
        {
            return Ok(Self::at(PathBuf::from(directory)));
        }
        let strategy =
            etcetera::choose_base_strategy().map_err(|_| LauncherError::NoCacheDirectory)?;
        Ok(Self::at(strategy.cache_dir().join("daybook")))
    }

    /// The given directory, which need not exist yet.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn engines_directory(&self) -> PathBuf {
        self.directory.join("clickhouse")
    }
}

/// Holds a file's lock until it is dropped, or the process ends in any way.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock if nobody holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, LauncherError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(not_locked(path, error)),
        }
    }
}

fn not_locked(path: &Path, error: io::Error) -> LauncherError {
    LauncherError::io(format!("locking {}", path.display()))(error)
}

fn open(path: &Path) -> Result<File, LauncherError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .map_err(LauncherError::io(format!("creating {}", parent.display())))?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(LauncherError::io(format!("opening {}", path.display())))
}
