//! The erasures once more, in a file outside the database: what a backup brings back does not know
//! what was erased after it, and this file does.

use std::collections::HashMap;
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
    /// Whether readers see nothing of it any more. Nothing is known where the line is of a version that did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// By which the key of the hashes is told from another one. Nothing is known where the line is of a version that did
    /// not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl LedgerEntry {
    /// Whether it says that readers see nothing of it any more.
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden == Some(true)
    }

    fn of(row: ErasureRow) -> Result<Self, StoreError> {
        Ok(Self {
            hidden: Some(row.was_hidden()?),
            key: row.key(),
            org_id: row.org_id,
            id: row.id,
            scope: row.scope,
            mode: row.mode,
            subject_hashes: row.subject_hashes,
            up_to_ms: row.up_to,
            reason: row.reason,
        })
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

    /// What it says: of each erasure the last line.
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
        let known = self.parse(&text)?.into_iter();
        let known: HashMap<_, _> = known.map(|entry| (entry.id, entry.is_hidden())).collect();
        let whole_bytes = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = Vec::new();
        let mut count = 0;
        let is_new = |entry: &&LedgerEntry| {
            let hidden = known.get(&entry.id);
            hidden.is_none_or(|hidden| entry.is_hidden() && !hidden)
        };
        for entry in entries.iter().filter(is_new) {
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
        if file.metadata().map_err(failed)?.len() > LEDGER_BYTES_MAX {
            // Cut off, it would be written back without its end.
            return Err(problem(&self.path, "is larger than 1 GiB"));
        }
        let mut text = String::new();
        (&file)
            .take(LEDGER_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Ok((file, text))
    }

    fn parse(&self, text: &str) -> Result<Vec<LedgerEntry>, StoreError> {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut entries: Vec<LedgerEntry> = Vec::new();
        let mut places = HashMap::new();
        for (line, number) in whole.lines().zip(1..) {
            let entry: LedgerEntry = serde_json::from_str(line)
                .map_err(|_| problem(&self.path, &format!("line {number} is no erasure")))?;
            let place = *places.entry(entry.id).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(earlier) => *earlier = entry,
                None => entries.push(entry),
            }
        }
        Ok(entries)
    }
}

fn problem(path: &Path, problem: &str) -> StoreError {
    StoreError::Ledger(format!("{}: {problem}", path.display()))
}

impl Eraser {
    /// Tells the database of erasures that only the file knows, as after a restored backup, and the
    /// file of those that only the database knows. The former are in state *requested*, and so is again what
    /// was hidden before and is not any more: when the backup was made, or after it.
    ///
    /// # Errors
    /// [`StoreError::Ledger`], and whatever ClickHouse says.
    pub async fn sync_ledger(&self, file: &LedgerFile) -> Result<LedgerSync, StoreError> {
        self.ledger.check().await?;
        // In this order: what the file says was hidden is so in the database that it is of.
        let entries = file.entries()?;
        let mut keys = entries.iter().filter_map(|entry| entry.key.as_ref());
        if !keys.all(|key| self.ledger.is_key(key)) {
            return Err(problem(
                &file.path,
                "is of another DAYBOOK_ERASURE_KEY, and nobody in it is known again by this one",
            ));
        }
        let rows = self.ledger.rows().await?;
        let known: HashMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
        let mut asked_again = self.hide_again().await?;
        let mut forgotten: HashMap<String, Vec<ErasureRow>> = HashMap::new();
        for entry in entries {
            match known.get(&entry.id) {
                None => {
                    let now = self.ledger.now().await?;
                    let row = ErasureRow::of(entry, now)?;
                    self.ledger.append(&row).await?;
                    forgotten.entry(row.org_id.clone()).or_default().push(row);
                }
                Some(row) if entry.is_hidden() && !row.was_hidden()? => {
                    self.hide_once_more(row).await?;
                }
                Some(_) => continue,
            }
            asked_again += 1;
        }
        for (org_id, rows) in &forgotten {
            self.know_again(org_id, rows).await?;
        }
        let rows = rows.into_iter().map(LedgerEntry::of);
        Ok(LedgerSync {
            asked_again,
            written: file.add(&rows.collect::<Result<Vec<_>, _>>()?)?,
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
            hidden: Some(false),
            key: Some("key".to_owned()),
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
        // Once more where it was hidden meanwhile, and the last line counts.
        let hidden = LedgerEntry {
            hidden: Some(true),
            ..entry(1)
        };
        assert_eq!(file.add(&[hidden.clone(), entry(2)]).unwrap(), 1);
        assert_eq!(file.entries().unwrap(), [hidden, entry(2)]);
        assert_eq!(file.add(&[entry(1), entry(2)]).unwrap(), 0);
        // One that does not tell is of an older version.
        let untold = serde_json::to_string(&entry(3)).unwrap();
        let untold = untold.replace(",\"hidden\":false", "");
        std::fs::write(&path, format!("{untold}\n")).unwrap();
        assert_eq!(file.entries().unwrap()[0].hidden, None);
        std::fs::write(&path, "no erasure\n").unwrap();
        assert!(file.entries().is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
