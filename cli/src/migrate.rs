//! `daybook migrate`: brings a ClickHouse database to the present schema.

use std::io::Write as _;

use anyhow::Context as _;
use daybook_store::{LedgerFile, StoreError, let_readers_in, migrate};

use crate::arguments::MigrateOptions;
use crate::up::clickhouse::split_url;

pub(crate) async fn run(options: MigrateOptions) -> anyhow::Result<bool> {
    if let Some(cluster) = &options.cluster {
        let mut out = std::io::stdout().lock();
        for statement in daybook_store::cluster_sql(&options.database, cluster)? {
            writeln!(out, "{statement};\n")?;
        }
        return Ok(true);
    }
    if options.dry_run {
        let mut out = std::io::stdout().lock();
        for migration in daybook_store::migrations() {
            writeln!(out, "-- {:04} {}", migration.version, migration.name)?;
            writeln!(out, "{}", migration.sql.trim())?;
        }
        return Ok(true);
    }
    let url = options
        .clickhouse_url
        .context("--clickhouse-url is missing")?;
    let (mut endpoint, credentials) = split_url(&url)?;
    endpoint.database = options.database;
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
