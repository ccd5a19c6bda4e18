//! A pipe that a stand-in for a program holds open for as long as it, or anything that it started, lives.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::time::timeout;

/// Longer than anything is given to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// The reader's end.
pub struct LifePipe {
    path: PathBuf,
    lines: BufReader<pipe::Receiver>,
}

impl LifePipe {
    /// Makes it at `path`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn make(path: &Path) -> anyhow::Result<Self> {
        let made = Command::new("mkfifo").arg(path).status()?;
        ensure!(made.success(), "mkfifo: {made}");
        // For reading and writing, so that neither side waits for the other to open it.
        let receiver = pipe::OpenOptions::new()
            .read_write(true)
            .open_receiver(path)?;
        Ok(Self {
            path: path.to_owned(),
            lines: BufReader::new(receiver),
        })
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// Where none comes.
    pub async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        timeout(PATIENCE, self.lines.read_line(&mut line))
            .await
            .context("nothing was said")??;
        Ok(line.trim_end().to_owned())
    }

    /// What is said after the last line that was read, until nobody lives who could say more. Somebody must
    /// have said something before.
    ///
    /// # Errors
    /// Where somebody lives on.
    pub async fn rest(self) -> anyhow::Result<String> {
        let mut receiver = pipe::OpenOptions::new().open_receiver(&self.path)?;
        let mut said = self.lines.buffer().to_vec();
        drop(self.lines);
        timeout(PATIENCE, receiver.read_to_end(&mut said))
            .await
            .context("somebody lives on")??;
        Ok(String::from_utf8(said)?)
    }
}
