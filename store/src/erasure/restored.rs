//! After a restore: no reader gets in before what was erased is gone again.
//!
//! The view of the readers is in no backup. A database with migrations or events and without it was
//! restored: it is not migrated, and the view is made again only here.

use std::collections::HashMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cluster::DISTRIBUTED;
use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::ledger::hidden_elsewhere;
use crate::erasure::ledger_file::LedgerEntry;
use crate::erasure::record::NEWEST;
use crate::error::StoreError;
use crate::migrate::{run, view_statement};

#[derive(Row, Serialize, Deserialize)]
struct StateRow {
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    /// Whether it was never hidden.
    is_new: bool,
    /// Whether readers would see what they are not to see. What a legal hold has kept they saw before as well.
    is_pending: bool,
}

/// Whether the readers' view is missing from a database that was migrated, or has events although
/// nothing says that it was.
pub(crate) async fn is_restored(
    client: &clickhouse::Client,
    was_migrated: bool,
) -> Result<bool, StoreError> {
    Ok(!exists(client, "tenant_events").await?
        && (was_migrated || exists(client, "events").await? && has_events(client).await?))
}

/// Whether the database is one of a cluster's.
pub(crate) async fn is_of_cluster(client: &clickhouse::Client) -> Result<bool, StoreError> {
    exists(client, DISTRIBUTED).await
}

pub(super) async fn exists(client: &clickhouse::Client, table: &str) -> Result<bool, StoreError> {
    let exists = client.query(&format!("EXISTS TABLE {table}"));
    Ok(exists.fetch_one::<u8>().await? != 0)
}

async fn has_events(client: &clickhouse::Client) -> Result<bool, StoreError> {
    let some = client.query("SELECT count() FROM (SELECT 1 FROM events LIMIT 1)");
    Ok(some.fetch_one::<u64>().await? > 0)
}

/// Makes the view of the readers in a restored database, where there is none. Nothing happens where
/// it is there.
///
/// # Errors
/// [`StoreError::Restored`] where an erasure of the ledger, or of the database itself, has not
/// come so far that readers see nothing of it, but for one that a legal hold has kept from ever coming so far; [`StoreError::OfCluster`], whose view is another one; and
/// whatever ClickHouse says.
pub async fn let_readers_in(
    endpoint: &Endpoint,
    migrator: &Credentials,
    ledger: &[LedgerEntry],
) -> Result<(), StoreError> {
    let client = client(endpoint, migrator)?;
    if exists(&client, "tenant_events").await? {
        return Ok(());
    }
    let states: HashMap<Uuid, StateRow> = client
        .query(&format!(
            "SELECT id, toBool(last_state = 'requested' AND NOT is_repeated) AS is_new, \
             toBool(last_state = 'requested' \
             AND (is_repeated OR JSONExtractString(last_report, 'blocked') = '')) AS is_pending FROM \
             (SELECT id, argMax(state, {NEWEST}) AS last_state, argMax(report, {NEWEST}) AS last_report, \
             JSONExtractBool(last_report, 'repeated') AS is_repeated FROM erasures GROUP BY id)"
        ))
        .fetch_all::<StateRow>()
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let pending = states.values().filter(|row| row.is_pending).count();
    let pending = pending + hidden_elsewhere(&client).await?.len();
    let is_unknown = |entry: &&LedgerEntry| match states.get(&entry.id) {
        Some(row) => entry.is_hidden() && row.is_new,
        None => true,
    };
    let unknown = ledger.iter().filter(is_unknown).count();
    if pending + unknown > 0 {
        return Err(StoreError::Restored {
            erasures: pending + unknown,
        });
    }
    if is_of_cluster(&client).await? {
        return Err(StoreError::OfCluster);
    }
    run(&client, &view_statement()).await
}
