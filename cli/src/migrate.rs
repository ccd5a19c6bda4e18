//! `daybook migrate`: brings a ClickHouse database to the present schema.

use std::io::Write as _;

use anyhow::Context as _;
use daybook_store::{
    LedgerFile, StoreError, let_readers_in, migrate, migrations, migrations_sql, pending_migrations,
};

use crate::arguments::MigrateOptions;
use crate::clickhouse_url::database_at;

pub(crate) async fn run(options: MigrateOptions) -> anyhow::Result<bool> {
    if let Some(cluster) = &options.cluster {
        let mut out = std::io::stdout().lock();
        for statement in daybook_store::cluster_sql(&options.database, cluster)? {
            writeln!(out, "{statement};\n")?;
        }
        return Ok(true);
    }
    let place = options
        .clickhouse_url
        .as_deref()
        .map(|url| database_at(url, &options.database))
        .transpose()?;
    if options.dry_run {
        let pending = match &place {
            Some((endpoint, credentials)) => pending_migrations(endpoint, credentials).await?,
            None => migrations().to_vec(),
        };
        let sql = migrations_sql(&options.database, &pending)?;
        std::io::stdout().write_all(sql.as_bytes())?;
        return Ok(true);
    }
    let (endpoint, credentials) = place.context("--clickhouse-url is missing")?;
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
