//! The dead-letter queue of a local Daybook: a file, a JSON line a letter, on disk before the message
//! is acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;

const LETTERS_AT_ONCE: usize = 100;

/// Appends letters to one file.
#[derive(Debug)]
pub(crate) struct DeadLetterFile {
    file: Mutex<File>,
}

impl DeadLetterFile {
    /// Opens the file, or makes it, readable by its owner alone.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("{} cannot be written", path.display());
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .with_context(context)?;
        end_half_a_line(&mut file).with_context(context)?;
        Ok(Self {
            file: Mutex::new(file),
        })
    }

    /// Keeps a line that is no text: its bytes in base64.
    pub(crate) fn keep_bytes(&self, body: &[u8], reason: &str) -> std::io::Result<()> {
        let record = json!({"at": now(), "reason": reason, "body_base64": STANDARD.encode(body)});
        self.append(&format!("{record}\n"))
    }

    fn append(&self, lines: &str) -> std::io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let length = file.metadata()?.len();
        let written = file
            .write_all(lines.as_bytes())
            .and_then(|()| file.sync_data());
        if written.is_err() {
            // Nothing of what comes again, and no half a line that the next letter would end.
            file.set_len(length)?;
        }
        written
    }
}

/// A program that was ended in the middle may have left one.
fn end_half_a_line(file: &mut File) -> std::io::Result<()> {
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}

impl DeadLetters for DeadLetterFile {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move {
            let lines = letters.iter().fold(String::new(), |mut lines, letter| {
                let record = json!({"at": now(), "reason": letter.reason, "body": letter.body});
                lines.push_str(&record.to_string());
                lines.push('\n');
                lines
            });
            let kept = tokio::task::block_in_place(|| self.append(&lines));
            if let Err(error) = &kept {
                tracing::error!(%error, "the dead-letter file cannot be written");
            }
            vec![kept.is_ok(); letters.len()]
        })
    }

    /// The disk is waited for once in so many.
    fn at_once(&self, letters: &[DeadLetter]) -> usize {
        letters.len().min(LETTERS_AT_ONCE)
    }
}

fn now() -> String {
    daybook_event::timestamp_ms(Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_a_line_of_its_own_behind_half_a_line() {
        let path = std::env::temp_dir().join(format!("daybook-letters-{}", std::process::id()));
        for (before, lines) in [("", 1), ("{\"at\":\"2026", 2), ("{}\n", 2)] {
            std::fs::write(&path, before).unwrap();
            let file = DeadLetterFile::open(&path).unwrap();
            file.keep_bytes(b"\xff", "it is no text").unwrap();
            let written = std::fs::read_to_string(&path).unwrap();
            assert!(written.starts_with(before) && written.ends_with("}\n"));
            assert_eq!(written.lines().count(), lines, "{written}");
            let last: serde_json::Value =
                serde_json::from_str(written.lines().last().unwrap()).unwrap();
            assert_eq!(last["reason"], "it is no text");
        }
        std::fs::remove_file(&path).unwrap();
    }
}
