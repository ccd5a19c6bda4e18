//! The erasures once more, in a file outside the database: what a backup brings back does not know
//! what was erased after it, and this file does.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::erasure::Eraser;
use crate::erasure::record::ErasureRow;
use crate::error::StoreError;

/// No ledger is larger: at 1 kB each these are a million erasures.
const LEDGER_BYTES_MAX: u64 = 1 << 30;

/// An erasure as the ledger keeps it: the subject as keyed hashes alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The tenant.
    pub org_id: String,
    /// The erasure.
    pub id: Uuid,
    /// `tenant`, `user`, `email` or `entity`.
    pub scope: String,
    /// `delete` or `anonymise`.
    pub mode: String,
    /// HMAC-SHA256 of each identifier, with the operator's key.
    pub subject_hashes: Vec<String>,
    /// Events up to this time are erased, in milliseconds since 1970.
    pub up_to_ms: i64,
    /// Why, in the words of who asked for it.
    pub reason: String,
}

impl From<ErasureRow> for LedgerEntry {
    fn from(row: ErasureRow) -> Self {
        Self {
            org_id: row.org_id,
            id: row.id,
            scope: row.scope,
            mode: row.mode,
            subject_hashes: row.subject_hashes,
            up_to_ms: row.up_to,
            reason: row.reason,
        }
    }
}

/// What the database and the file told each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LedgerSync {
    /// Erasures that the database had forgotten, and that are asked for again.
    pub asked_again: usize,
    /// Erasures that are new in the file.
    pub written: usize,
}

/// A file of [`LedgerEntry`]s, a JSON line each, to which lines are only ever added. Keep it where a
/// backup of the database neither goes nor comes from.
#[derive(Debug, Clone)]
pub struct LedgerFile {
    path: PathBuf,
}

impl LedgerFile {
    /// The file at `path`, which must be there: a wrong path would say that nothing was erased.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The same, made empty where it was not there.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] where it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| problem(&path, &error.to_string()))?;
        Ok(Self { path })
    }

    /// What it says.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] where it cannot be read.
    pub fn entries(&self) -> Result<Vec<LedgerEntry>, StoreError> {
        let (_file, text) = self.open()?;
        self.parse(&text)
    }

    /// Adds those that are not there; how many.
    fn add(&self, entries: &[LedgerEntry]) -> Result<usize, StoreError> {
        let failed = |error: std::io::Error| problem(&self.path, &error.to_string());
        let (file, text) = self.open()?;
        let known: HashSet<_> = self.parse(&text)?.iter().map(|entry| entry.id).collect();
        let whole_bytes = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = Vec::new();
        let mut count = 0;
        for entry in entries.iter().filter(|entry| !known.contains(&entry.id)) {
            serde_json::to_writer(&mut lines, entry)
                .map_err(std::io::Error::from)
                .map_err(failed)?;
            lines.push(b'\n');
            count += 1;
        }
        if count > 0 {
            // What was cut off by a crash was never acknowledged.
            file.set_len(whole_bytes as u64).map_err(failed)?;
            (&file).seek(SeekFrom::End(0)).map_err(failed)?;
            (&file).write_all(&lines).map_err(failed)?;
            file.sync_all().map_err(failed)?;
        }
        Ok(count)
    }

    /// The file, locked until it is dropped, and its text.
    fn open(&self) -> Result<(File, String), StoreError> {
        let failed = |error: std::io::Error| problem(&self.path, &error.to_string());
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        (&file)
            .take(LEDGER_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Ok((file, text))
    }

    fn parse(&self, text: &str) -> Result<Vec<LedgerEntry>, StoreError> {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .zip(1..)
            .map(|(line, number)| {
                serde_json::from_str(line)
                    .map_err(|_| problem(&self.path, &format!("line {number} is no erasure")))
            })
            .collect()
    }
}

fn problem(path: &Path, problem: &str) -> StoreError {
    StoreError::Ledger(format!("{}: {problem}", path.display()))
}

impl Eraser {
    /// Tells the database of erasures that only the file knows, as after a restored backup, and the
    /// file of those that only the database knows. The former are in state *requested*, and so is again what
    /// was hidden when the backup was made.
    ///
    /// # Errors
    /// [`StoreError::Ledger`], and whatever ClickHouse says.
    pub async fn sync_ledger(&self, file: &LedgerFile) -> Result<LedgerSync, StoreError> {
        let rows = self.ledger.rows().await?;
        let known: HashSet<_> = rows.iter().map(|row| row.id).collect();
        let mut asked_again = self.hide_again().await?;
        for entry in file.entries()? {
            if !known.contains(&entry.id) {
                self.ledger.append(&ErasureRow::of(entry)?).await?;
                asked_again += 1;
            }
        }
        Ok(LedgerSync {
            asked_again,
            written: file.add(&rows.into_iter().map(LedgerEntry::from).collect::<Vec<_>>())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u128) -> LedgerEntry {
        LedgerEntry {
            org_id: "acme\n\"".to_owned(),
            id: Uuid::from_u128(id),
            scope: "tenant".to_owned(),
            mode: "delete".to_owned(),
            subject_hashes: Vec::new(),
            up_to_ms: 7,
            reason: "a letter".to_owned(),
        }
    }

    fn path() -> PathBuf {
        std::env::temp_dir().join(format!("daybook-ledger-{:x}", rand::random::<u64>()))
    }

    #[test]
    fn lines_are_added_once_and_one_that_a_crash_cut_off_is_written_again() {
        let path = path();
        assert!(matches!(
            LedgerFile::new(&path).entries(),
            Err(StoreError::Ledger(_))
        ));
        let file = LedgerFile::create(&path).unwrap();
        assert_eq!(file.add(&[entry(1)]).unwrap(), 1);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"org_id\":\"half");
        std::fs::write(&path, text).unwrap();
        assert_eq!(file.entries().unwrap(), [entry(1)]);
        assert_eq!(file.add(&[entry(1), entry(2)]).unwrap(), 1);
        let file = LedgerFile::create(&path).unwrap();
        assert_eq!(file.entries().unwrap(), [entry(1), entry(2)]);
        std::fs::write(&path, "no erasure\n").unwrap();
        assert!(file.entries().is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
