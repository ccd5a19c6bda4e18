//! `daybook migrate`: brings a ClickHouse database to the present schema.

use std::io::Write as _;

use daybook_store::{LedgerFile, StoreError, let_readers_in, migrate};

use crate::arguments::MigrateOptions;
use crate::up::clickhouse::split_url;

pub(crate) async fn run(options: MigrateOptions) -> anyhow::Result<bool> {
    let (mut endpoint, credentials) = split_url(&options.clickhouse_url)?;
    endpoint.database = options.database;
    if options.dry_run {
        let mut out = std::io::stdout().lock();
        for migration in daybook_store::migrations() {
            writeln!(out, "-- {:04} {}", migration.version, migration.name)?;
            writeln!(out, "{}", migration.sql.trim())?;
        }
        return Ok(true);
    }
    let report = match (migrate(&endpoint, &credentials).await, options.ledger) {
        (Err(StoreError::Restored { .. }), Some(path)) => {
            let entries = LedgerFile::new(path).entries()?;
            let_readers_in(&endpoint, &credentials, &entries).await?;
            migrate(&endpoint, &credentials).await?
        }
        (migrated, _) => migrated?,
    };
    writeln!(
        std::io::stderr(),
        "schema version {}, {} migration(s) applied now",
        report.version,
        report.applied.len()
    )?;
    Ok(true)
}
