//! Erasures of a local Daybook: what a restored database has forgotten is erased again before anybody
//! reads, and what is asked for is worked at until it is verified.

use std::time::Duration;

use anyhow::Context as _;
use daybook_query_api::work_on_erasures;
use daybook_store::{
    BACKUP_DAYS_MAX, CopyLifetimes, Eraser, ErasureState, LedgerFile, Retention, StoreError,
    Writer, let_readers_in, migrate,
};
use tokio::sync::watch;
use tokio::time::sleep;

use super::clickhouse::ClickHouse;
use crate::data_directory::DataDirectory;
use crate::process::{say, stopped};

const LEDGER_VARIABLE: &str = "DAYBOOK_ERASURE_LEDGER";
const BACKUP_DAYS_VARIABLE: &str = "DAYBOOK_BACKUP_DAYS";
const BRING_INTERVAL: Duration = Duration::from_mins(1);
const CATCH_UP_INTERVAL: Duration = Duration::from_millis(250);

/// Whoever erases in this data folder's database.
#[derive(Debug)]
pub(crate) struct Erasures {
    eraser: Eraser,
    retention: Retention,
    ledger: LedgerFile,
}

impl Erasures {
    /// The ledger is `erasures.ndjson` beside the database, or the file that
    /// `DAYBOOK_ERASURE_LEDGER` names.
    pub(crate) fn new(
        directory: &DataDirectory,
        clickhouse: &ClickHouse,
        writer: Writer,
    ) -> anyhow::Result<Option<Self>> {
        let (Some(credentials), Some(key)) = (&clickhouse.eraser, &clickhouse.erasure_key) else {
            return Ok(None);
        };
        let path = std::env::var_os(LEDGER_VARIABLE)
            .map_or_else(|| directory.erasure_ledger(), std::path::PathBuf::from);
        let eraser = Eraser::new(&clickhouse.endpoint, credentials, key.clone(), writer)?;
        let copies = match std::env::var(BACKUP_DAYS_VARIABLE) {
            Ok(days) => CopyLifetimes::with_backups_of(
                days.parse()
                    .ok()
                    .filter(|days| (1..=BACKUP_DAYS_MAX).contains(days))
                    .with_context(|| {
                        format!("{BACKUP_DAYS_VARIABLE} is not from 1 to {BACKUP_DAYS_MAX}")
                    })?,
            ),
            Err(_) => CopyLifetimes::default(),
        };
        Ok(Some(Self {
            eraser: eraser.with_copy_lifetimes(copies),
            retention: Retention::new(&clickhouse.endpoint, credentials)?,
            ledger: LedgerFile::create(path)?,
        }))
    }

    /// Returns when no reader would see what was erased, and makes the view of a database that was
    /// restored without one.
    pub(crate) async fn catch_up(&self, clickhouse: &ClickHouse) -> anyhow::Result<()> {
        let migrated = migrate(&clickhouse.endpoint, &clickhouse.migrator).await;
        let is_restored = matches!(migrated, Err(StoreError::Restored { .. }));
        if is_restored {
            // The backup may have been made between what was set and what became of it.
            match self.retention.reapply().await {
                // Only who serves may release holds.
                Err(error @ StoreError::TooMuch { .. }) => {
                    say(&format!("a tenant's days and legal holds wait: {error}"));
                }
                applied => applied?,
            }
        }
        let synced = self.eraser.sync_ledger(&self.ledger).await?;
        if synced.asked_again > 0 {
            say(&format!(
                "{} erasure(s) are done again: this database is older than they are",
                synced.asked_again
            ));
        }
        if is_restored {
            // A backup is not of all tables at one moment: of what is verified in it, its events may be older.
            self.eraser.reapply().await?;
        }
        while self.has_visible().await? {
            sleep(CATCH_UP_INTERVAL).await;
        }
        let ledger = self.ledger.entries()?;
        let_readers_in(&clickhouse.endpoint, &clickhouse.migrator, &ledger).await?;
        migrate(&clickhouse.endpoint, &clickhouse.migrator).await?;
        Ok(())
    }

    /// Goes a step on; whether readers may still see something of an erasure.
    async fn has_visible(&self) -> anyhow::Result<bool> {
        let mut has_visible = false;
        // What cannot be forgotten yet keeps nobody out; whoever works afterwards says so.
        for (id, worked) in self.eraser.work().await?.erasures {
            match worked {
                Ok(receipt) => has_visible |= receipt.state == ErasureState::Requested,
                // What is hidden already may wait: detached parts are read by nobody. And what is held, or
                // whom nobody knows any more, is not hidden by waiting.
                Err(error @ StoreError::ErasureBlocked(_)) => {
                    say(&format!("erasure {id}: {error}"));
                }
                Err(error) => {
                    return Err(error).context("what was erased cannot be erased again");
                }
            }
        }
        Ok(has_visible)
    }

    /// Takes erasures on.
    pub(crate) fn eraser(&self) -> Eraser {
        self.eraser.clone()
    }

    /// Works until it is told to stop; what is left then goes on at the next start.
    pub(crate) async fn work(self, stop: watch::Receiver<bool>) {
        tokio::select! {
            ((), ()) = async {
                tokio::join!(
                    bring_what_is_set(&self.retention),
                    work_on_erasures(self.eraser, Some(self.ledger))
                )
            } => {}
            () = stopped(stop) => {}
        }
    }
}

/// What was set when an earlier run ended may not have reached all events, and other writers not have heard of it.
async fn bring_what_is_set(retention: &Retention) {
    loop {
        let brought = async {
            // One tenant with too many holds is no reason to leave the others.
            let applied = match retention.reapply().await {
                Err(error) if !matches!(error, StoreError::TooMuch { .. }) => return Err(error),
                applied => applied,
            };
            retention.settle_all().await.and(applied)
        };
        match brought.await {
            Ok(()) => return,
            Err(error) => say(&format!("days and legal holds wait: {error}")),
        }
        sleep(BRING_INTERVAL).await;
    }
}
