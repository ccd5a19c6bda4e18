//! The schema's versions, and how a database gets to the present one.

use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Counts from 1.
    pub version: u32,
    /// What it does, from its file's name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The versions that were applied now; empty where the schema was up to date.
    pub applied: Vec<u32>,
    /// The version that the database has now.
    pub version: u32,
}

/// Every step, oldest first.
pub fn migrations() -> &'static [Migration] {
    &[]
}

/// Brings an empty or older database to the present schema. Doing it twice changes nothing.
///
/// # Errors
/// [`StoreError::NewerSchema`] where a newer Daybook was there first,
/// [`StoreError::ChangedMigration`] where an applied step is not the one of this binary, and
/// whatever ClickHouse says.
pub async fn migrate(
    endpoint: &Endpoint,
    migrator: &Credentials,
) -> Result<MigrationReport, StoreError> {
    let _ = (endpoint, migrator);
    Ok(MigrationReport {
        applied: Vec::new(),
        version: 0,
    })
}
