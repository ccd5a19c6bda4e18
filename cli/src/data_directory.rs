//! The folder that a local Daybook keeps between runs: the database, its passwords, the key that
//! signs tokens, and the dead letters.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use daybook_query_api::LocalKey;
use daybook_store::RolePasswords;
use etcetera::BaseStrategy as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arguments::DataOption;

const SEEDING_FILE: &str = "seeding.json";
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The folder, made if it was not there, readable by its owner alone.
#[derive(Debug, Clone)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

/// Held for as long as an `up` lives on the folder; the kernel lets go of it even after kill -9.
#[derive(Debug)]
pub(crate) struct UpLock {
    _file: File,
}

/// The random passwords of one data folder.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LocalSecrets {
    writer: String,
    reader: String,
    migrator: String,
}

/// How far the sample events are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seeding {
    /// The time that the events are made from: the same time makes the same events.
    pub(crate) started_at: Timestamp,
    pub(crate) is_done: bool,
}

impl DataDirectory {
    /// The folder that was asked for, or `daybook/data` in the user's cache folder.
    pub(crate) fn open(option: &DataOption) -> anyhow::Result<Self> {
        let path = match &option.directory {
            Some(directory) => directory.clone(),
            None => etcetera::choose_base_strategy()
                .context("no home folder: say where to keep data with --data DIR")?
                .cache_dir()
                .join("daybook")
                .join("data"),
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("the data folder {} cannot be made", path.display()))?;
        let path = path
            .canonicalize()
            .with_context(|| format!("the data folder {} cannot be used", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn clickhouse(&self) -> PathBuf {
        self.path.join("clickhouse")
    }

    pub(crate) fn dead_letters(&self) -> PathBuf {
        self.path.join("dead-letters.ndjson")
    }

    /// The erasures, outside the database.
    pub(crate) fn erasure_ledger(&self) -> PathBuf {
        self.path.join("erasures.ndjson")
    }

    /// Refuses the folder while another `up` lives on it.
    pub(crate) fn lock(&self) -> anyhow::Result<UpLock> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.path.join("up.lock"))
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        // The kernel may still be clearing away one that was killed a moment ago.
        let patience_ends = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(UpLock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < patience_ends => {
                    std::thread::sleep(LOCK_POLL_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => bail!(
                    "another `daybook up` is running on {}: stop it, or choose another folder with --data",
                    self.path.display()
                ),
                Err(TryLockError::Error(error)) => {
                    return Err(error)
                        .with_context(|| format!("{} cannot be locked", self.path.display()));
                }
            }
        }
    }

    /// The key pair that signs tokens, made by whoever needs it first (`up` or `token`).
    pub(crate) fn token_key(&self) -> anyhow::Result<LocalKey> {
        Ok(LocalKey::load_or_create(&self.path.join("token-key.pem"))?)
    }

    /// The random secrets, made by whoever needs them first.
    pub(crate) fn secrets(&self) -> anyhow::Result<LocalSecrets> {
        let file = self.path.join("secrets.json");
        if !file.exists() {
            let secrets = serde_json::to_vec(&LocalSecrets::generate())?;
            self.write_once("secrets.json", &secrets)?;
        }
        let text =
            std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", file.display()))
    }

    /// How far the sample events are; a new beginning where there is none.
    pub(crate) fn seeding(&self) -> anyhow::Result<Seeding> {
        match std::fs::read(self.path.join(SEEDING_FILE)) {
            // Not begun anew by itself: events that are made from another time are other events.
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!(
                    "{} is damaged: start with --no-seed, or remove it and the sample events are sent anew, beside those that are there",
                    self.path.join(SEEDING_FILE).display()
                )
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Seeding {
                started_at: Timestamp::now(),
                is_done: false,
            }),
            Err(error) => Err(error).context("the data folder cannot be read"),
        }
    }

    pub(crate) fn keep_seeding(&self, seeding: &Seeding) -> anyhow::Result<()> {
        let temporary = self.path.join(format!(".{SEEDING_FILE}"));
        let text = serde_json::to_vec(seeding)?;
        File::create(&temporary)
            .and_then(|mut file| {
                file.write_all(&text)?;
                // A rename may reach the disk before what it names.
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&temporary, self.path.join(SEEDING_FILE)))
            .context("the data folder cannot be written")
    }

    /// Writes a file whole or not at all; one that another process wrote meanwhile stays.
    fn write_once(&self, name: &str, contents: &[u8]) -> anyhow::Result<()> {
        let temporary = self.path.join(format!(".{name}.{}", std::process::id()));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&temporary)
            .with_context(|| format!("{} cannot be written", temporary.display()))?;
        file.write_all(contents)?;
        file.sync_all()?;
        // A hard link, unlike a rename, never replaces what is there.
        let linked = std::fs::hard_link(&temporary, self.path.join(name));
        std::fs::remove_file(&temporary)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl LocalSecrets {
    fn generate() -> Self {
        let RolePasswords {
            writer,
            reader,
            migrator,
            ..
        } = RolePasswords::random();
        Self {
            writer,
            reader,
            migrator,
        }
    }

    pub(crate) fn role_passwords(&self) -> RolePasswords {
        RolePasswords {
            writer: self.writer.clone(),
            reader: self.reader.clone(),
            eraser: self.derived("eraser"),
            migrator: self.migrator.clone(),
            shard: None,
        }
    }

    /// The key of what remains of erased subjects.
    pub(crate) fn erasure_key(&self) -> String {
        self.derived("erasure key")
    }

    /// A secret that a folder of an older Daybook has as well.
    fn derived(&self, purpose: &str) -> String {
        let digest = Sha256::digest(format!("{purpose}\n{}", self.migrator));
        let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, DataDirectory) {
        let temporary = tempfile::tempdir().unwrap();
        let option = DataOption {
            directory: Some(temporary.path().join("deep/data")),
        };
        let directory = DataDirectory::open(&option).unwrap();
        (temporary, directory)
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let (_temporary, directory) = directory();
        let lock = directory.lock().unwrap();
        let refusal = directory.lock().unwrap_err().to_string();
        assert!(
            refusal.starts_with("another `daybook up` is running on"),
            "{refusal}"
        );
        drop(lock);
        directory.lock().unwrap();
    }

    #[test]
    fn how_far_the_sample_events_are_is_kept_and_a_file_without_it_names_the_way_out() {
        let (_temporary, directory) = directory();
        let seeding = Seeding {
            is_done: true,
            ..directory.seeding().unwrap()
        };
        directory.keep_seeding(&seeding).unwrap();
        let kept = directory.seeding().unwrap();
        assert_eq!(kept.started_at, seeding.started_at);
        assert!(kept.is_done);

        let file = directory.path().join(SEEDING_FILE);
        std::fs::write(&file, "").unwrap();
        let error = directory.seeding().unwrap_err().to_string();
        for word in [&*file.to_string_lossy(), "--no-seed", "remove it"] {
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn secrets_are_made_once_and_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_temporary, directory) = directory();
        let first = directory.secrets().unwrap();
        let again = directory.secrets().unwrap();
        assert_eq!(first.role_passwords(), again.role_passwords());
        assert_ne!(first.writer, first.reader);
        let mode = |name: &str| {
            let file = directory.path().join(name);
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("secrets.json"), 0o600);
        assert_eq!(mode("."), 0o700);
    }
}
