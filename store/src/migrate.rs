//! The schema's versions, and how a database gets to the present one.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint, check_database};
use crate::erasure::{is_of_cluster, is_restored};
use crate::error::StoreError;
use crate::hexadecimal::hexadecimal;

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Rises from 1.
    pub version: u32,
    /// What it does, from its file's name.
    pub name: &'static str,
    /// Its statements, each of which may be run again; each ends with `;` at the end of a line.
    pub sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "events",
        sql: include_str!("../migrations/0001_events.sql"),
    },
    Migration {
        version: 2,
        name: "erasures",
        sql: include_str!("../migrations/0002_erasures.sql"),
    },
    Migration {
        version: 3,
        name: "retention",
        sql: include_str!("../migrations/0003_retention.sql"),
    },
    Migration {
        version: 4,
        name: "pages",
        sql: include_str!("../migrations/0004_pages.sql"),
    },
    Migration {
        version: 5,
        name: "signs",
        sql: include_str!("../migrations/0005_signs.sql"),
    },
    Migration {
        version: 6,
        name: "several_things",
        sql: include_str!("../migrations/0006_several_things.sql"),
    },
];

/// ClickHouse's error where the filesystem cannot do something.
const UNSUPPORTED_METHOD: u32 = 1;
const UNKNOWN_TABLE: u32 = 60;
const UNKNOWN_DATABASE: u32 = 81;
/// To make the view of the readers, its maker has to be allowed what it calls.
const VIEW_SETTING: &str = "allow_get_client_http_header";
/// What readers may select from.
const VIEW: &str = "tenant_events";
const CREATE_DATABASE: &str = "CREATE DATABASE IF NOT EXISTS {database:Identifier} ENGINE = Atomic";
pub(crate) const CREATE_MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS migrations \
     (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) \
     ENGINE = MergeTree ORDER BY version";

impl Migration {
    /// SHA-256 of the statements, in hexadecimal digits.
    pub fn checksum(&self) -> String {
        hexadecimal(&Sha256::digest(self.sql.as_bytes()))
    }

    /// The statement that writes down that it is done.
    pub(crate) fn record(&self, database: &str) -> String {
        let (version, name, checksum) = (self.version, self.name, self.checksum());
        format!(
            "INSERT INTO {database}.migrations (version, name, checksum) \
             VALUES ({version}, '{name}', '{checksum}')"
        )
    }

    /// Its statements, one by one, without their comments.
    pub fn statements(&self) -> Vec<String> {
        let code: Vec<_> = self
            .sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .collect();
        code.join("\n")
            .split(";\n")
            .map(|statement| statement.trim().trim_end_matches(';').to_owned())
            .filter(|statement| !statement.is_empty())
            .collect()
    }
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
    MIGRATIONS
}

/// The steps that [`migrate`] would take, oldest first; nothing is changed.
///
/// # Errors
/// As [`migrate`].
pub async fn pending_migrations(
    endpoint: &Endpoint,
    migrator: &Credentials,
) -> Result<Vec<Migration>, StoreError> {
    let client = client(endpoint, migrator)?;
    let applied = match applied(&client, MIGRATIONS).await {
        Err(error) if error.code() == Some(UNKNOWN_DATABASE) => Vec::new(),
        applied => applied?,
    };
    let is_pending = |migration: &&Migration| is_missing(&applied, migration);
    let pending: Vec<Migration> = MIGRATIONS.iter().filter(is_pending).copied().collect();
    // Where nothing was applied there may be no database to ask.
    if !applied.is_empty() && !pending.is_empty() && is_of_cluster(&client).await? {
        return Err(StoreError::OfCluster);
    }
    Ok(pending)
}

/// These steps as SQL that does the same as [`migrate`], for a person to read or to run.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where the database's name cannot be used.
pub fn migrations_sql(database: &str, migrations: &[Migration]) -> Result<String, StoreError> {
    check_database(database)?;
    let mut sql = String::new();
    let mut line = |text: &str| {
        sql.push_str(text);
        sql.push('\n');
    };
    if !migrations.is_empty() {
        line(&format!(
            "CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic;"
        ));
        line(&format!("USE {database};"));
        line(&format!("{};", set_view_setting()));
        line(&format!("{CREATE_MIGRATIONS};"));
    }
    for migration in migrations {
        line(&format!("\n-- {:04} {}", migration.version, migration.name));
        line(migration.sql.trim());
        line(&format!("{};", migration.record(database)));
    }
    Ok(sql)
}

/// What allows a session to make the view of the readers.
pub(crate) fn set_view_setting() -> String {
    format!("SET {VIEW_SETTING} = 1")
}

/// Brings an empty or older database to the present schema. Doing it twice changes nothing, and
/// one that was interrupted goes on where it was.
///
/// # Errors
/// [`StoreError::NewerSchema`] where a newer Daybook was there first,
/// [`StoreError::ChangedMigration`] where an applied step is not the one of this binary,
/// [`StoreError::OfCluster`], and whatever ClickHouse says.
pub async fn migrate(
    endpoint: &Endpoint,
    migrator: &Credentials,
) -> Result<MigrationReport, StoreError> {
    apply(endpoint, migrator, MIGRATIONS).await
}

#[derive(Row, Serialize, Deserialize)]
struct AppliedMigration {
    version: u32,
    name: String,
    checksum: String,
}

async fn apply(
    endpoint: &Endpoint,
    migrator: &Credentials,
    migrations: &[Migration],
) -> Result<MigrationReport, StoreError> {
    let client = client(endpoint, migrator)?;
    // Without a database: the one that is made is not there yet.
    client
        .clone()
        .with_database("")
        .query(CREATE_DATABASE)
        .param("database", &endpoint.database)
        .execute()
        .await?;
    if is_of_cluster(&client).await? {
        return of_cluster(&client, migrations).await;
    }
    client.query(CREATE_MIGRATIONS).execute().await?;

    let applied = match applied(&client, migrations).await {
        Err(error @ StoreError::Restored { .. }) => {
            // An erasure needs all tables, and a backup may have been of some.
            for statement in migrations.iter().flat_map(Migration::statements) {
                if statement.starts_with("CREATE TABLE IF NOT EXISTS ") {
                    run(&client, &statement).await?;
                }
            }
            return Err(error);
        }
        applied => applied?,
    };

    let mut report = MigrationReport {
        applied: Vec::new(),
        version: applied.last().map_or(0, |migration| migration.version),
    };
    for migration in migrations {
        if !is_missing(&applied, migration) {
            continue;
        }
        for statement in migration.statements() {
            run(&client, &statement).await?;
        }
        let mut insert = client
            .insert::<AppliedMigration>("migrations")
            .await?
            .with_setting("async_insert", "0");
        insert
            .write(&AppliedMigration {
                version: migration.version,
                name: migration.name.to_owned(),
                checksum: migration.checksum(),
            })
            .await?;
        insert.end().await?;
        report.applied.push(migration.version);
        report.version = migration.version;
    }
    Ok(report)
}

/// Nothing is made on a node of a cluster, where it would be on that node alone.
async fn of_cluster(
    client: &clickhouse::Client,
    migrations: &[Migration],
) -> Result<MigrationReport, StoreError> {
    let applied = applied(client, migrations).await?;
    let lacks = |migration: &Migration| is_missing(&applied, migration);
    if migrations.iter().any(lacks) {
        return Err(StoreError::OfCluster);
    }
    Ok(MigrationReport {
        applied: Vec::new(),
        version: applied.last().map_or(0, |migration| migration.version),
    })
}

/// What was applied to a database that may be migrated further.
async fn applied(
    client: &clickhouse::Client,
    migrations: &[Migration],
) -> Result<Vec<AppliedMigration>, StoreError> {
    // Two migrations at once leave two rows of a version, which say the same.
    let rows = client
        .query("SELECT ?fields FROM migrations ORDER BY version")
        .fetch_all::<AppliedMigration>()
        .await
        .map_err(StoreError::from);
    let applied = match rows {
        Err(error) if error.code() == Some(UNKNOWN_TABLE) => Vec::new(),
        rows => rows?,
    };
    check_applied(&applied, migrations)?;
    if is_restored(client, !applied.is_empty()).await? {
        return Err(StoreError::Restored { erasures: 0 });
    }
    Ok(applied)
}

fn is_missing(applied: &[AppliedMigration], migration: &Migration) -> bool {
    !applied.iter().any(|row| row.version == migration.version)
}

/// Runs a statement of a migration, whatever filesystem the server is on.
pub(crate) async fn run(client: &clickhouse::Client, statement: &str) -> Result<(), StoreError> {
    let execute = |statement: &str| {
        client
            .query_raw(statement)
            // The view is checked with the rights of the user who makes it.
            .with_setting(VIEW_SETTING, "1")
            .execute()
    };
    let result = execute(statement).await.map_err(StoreError::from);
    let is_unsupported = |error: &StoreError| error.code() == Some(UNSUPPORTED_METHOD);
    if result.as_ref().is_err_and(is_unsupported)
        && let Some(instead) = drop_and_create(statement)
    {
        for statement in instead {
            execute(&statement).await?;
        }
        return Ok(());
    }
    result
}

/// What stands for CREATE OR REPLACE VIEW where two files cannot be exchanged (NFS, EFS). If it ends between the two,
/// the database is as one that was restored, and [`crate::let_readers_in`] makes the view.
fn drop_and_create(statement: &str) -> Option<[String; 2]> {
    let view = statement.strip_prefix("CREATE OR REPLACE VIEW ")?;
    let name = view.split_whitespace().next()?;
    Some([
        format!("DROP VIEW IF EXISTS {name}"),
        format!("CREATE VIEW IF NOT EXISTS {view}"),
    ])
}

/// What makes the newest view of the readers.
pub(crate) fn view_statement() -> String {
    let mut statements = MIGRATIONS.iter().rev().flat_map(|migration| {
        let mut statements = migration.statements();
        statements.reverse();
        statements
    });
    let is_view = |statement: &String| {
        statement.starts_with("CREATE") && statement.contains(" VIEW ") && statement.contains(VIEW)
    };
    statements.find(is_view).unwrap_or_default()
}

/// Refuses a database that a newer version has migrated: it may have columns of which this one knows nothing.
pub(crate) async fn check_version(client: &clickhouse::Client) -> Result<(), StoreError> {
    let newest = client.query("SELECT max(version) FROM migrations");
    check_known(newest.fetch_one::<u32>().await?, MIGRATIONS)
}

fn check_known(found: u32, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    Ok(())
}

fn check_applied(applied: &[AppliedMigration], migrations: &[Migration]) -> Result<(), StoreError> {
    let found = applied.iter().map(|row| row.version).max().unwrap_or(0);
    check_known(found, migrations)?;
    for row in applied {
        let migration = migrations
            .iter()
            .find(|migration| migration.version == row.version);
        if migration.is_none_or(|migration| migration.checksum() != row.checksum) {
            return Err(StoreError::ChangedMigration {
                version: row.version,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Migration] = &[
        Migration {
            version: 1,
            name: "one",
            sql: "-- a comment; with a semicolon\nCREATE TABLE a (b String);\n\nSELECT 1;\n",
        },
        Migration {
            version: 2,
            name: "two",
            sql: "SELECT 2;\n",
        },
    ];

    fn applied(versions: &[(u32, &str)]) -> Vec<AppliedMigration> {
        versions
            .iter()
            .map(|&(version, checksum)| AppliedMigration {
                version,
                name: String::new(),
                checksum: checksum.to_owned(),
            })
            .collect()
    }

    #[test]
    fn statements_have_no_comments_and_no_semicolons() {
        assert_eq!(
            TWO[0].statements(),
            ["CREATE TABLE a (b String)", "SELECT 1"]
        );
    }

    #[test]
    fn versions_rise_from_one() {
        assert_eq!(migrations()[0].version, 1);
        assert!(migrations().is_sorted_by(|one, next| one.version < next.version));
        for migration in migrations() {
            assert!(!migration.statements().is_empty());
        }
    }

    #[test]
    fn the_view_is_made_by_a_statement_that_is_there() {
        let statement = view_statement();
        assert!(statement.starts_with("CREATE OR REPLACE VIEW tenant_events"));
        assert!(statement.contains(" AS event\n"));
    }

    #[test]
    fn without_exchange_a_view_is_dropped_and_made_again() {
        let [drop, create] = drop_and_create(&view_statement()).unwrap();
        assert_eq!(drop, "DROP VIEW IF EXISTS tenant_events");
        assert!(create.starts_with(
            "CREATE VIEW IF NOT EXISTS tenant_events\nDEFINER = daybook_view_definer"
        ));
        assert_eq!(
            drop_and_create("CREATE VIEW IF NOT EXISTS v AS SELECT 1"),
            None
        );
    }

    #[test]
    fn an_older_binary_refuses_a_newer_schema() {
        let error = check_applied(&applied(&[(3, "")]), TWO).unwrap_err();
        let expected = "the database has schema version 3, and this daybook knows versions up to \
                        2: use a newer daybook";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_changed_migration_is_noticed() {
        let error = check_applied(&applied(&[(1, "other")]), TWO).unwrap_err();
        assert!(matches!(error, StoreError::ChangedMigration { version: 1 }));
        let same = TWO[0].checksum();
        assert!(check_applied(&applied(&[(1, &same), (1, &same)]), TWO).is_ok());
        let error = check_applied(&applied(&[(1, &same), (1, "other")]), TWO).unwrap_err();
        assert!(matches!(error, StoreError::ChangedMigration { version: 1 }));
    }
}
