//! The dead-letter queue of a local Daybook: a file, a JSON line a letter, on disk before the message
//! is acknowledged.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
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

/// Appends letters to one file.
#[derive(Debug)]
pub(crate) struct DeadLetterFile {
    file: Mutex<File>,
}

impl DeadLetterFile {
    /// Opens the file, or makes it, readable by its owner alone.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
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
        file.write_all(lines.as_bytes())?;
        file.sync_data()
    }
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
}

fn now() -> String {
    daybook_event::timestamp_ms(Timestamp::now())
}
