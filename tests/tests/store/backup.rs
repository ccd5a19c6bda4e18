//! The commands of `docs/operations.md` bring everything back on an empty database.

use daybook_store::{StoreError, Stored, let_readers_in, migrate, migrations, pending_migrations};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, batch, everything, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");
const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// The statement of the document that begins with this word, on a place that a test has.
fn documented(word: &str) -> String {
    let start = OPERATIONS.find(&format!("\n{word} DATABASE")).unwrap() + 1;
    let statement = OPERATIONS[start..].split_once(';').unwrap().0;
    statement.replace("Disk('backups', 'daybook-2026-11-26')", "File('backup/')")
}

async fn run(clickhouse: &ClickHouse, sql: &str) {
    let answer = ask(clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
}

#[tokio::test]
async fn a_restored_database_has_what_was_stored_and_stores_nothing_twice() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let tenant = tenant("backup");
    let writer = clickhouse.writer().unwrap();
    for numbers in [0..100, 100..150] {
        writer.insert(&batch(&tenant, numbers)).await.unwrap();
    }
    let before = everything(&clickhouse.reader().unwrap(), &tenant).await;
    assert_eq!(before.total, Some(150));

    run(&clickhouse, &documented("BACKUP")).await;
    writer.insert(&batch(&tenant, 150..160)).await.unwrap();
    run(&clickhouse, "DROP VIEW tenant_events").await;
    for table in [
        "events",
        "erasures",
        "erasure_subjects",
        "retention",
        "legal_holds",
        "migrations",
    ] {
        run(&clickhouse, &format!("DROP TABLE {table} SYNC")).await;
    }
    run(&clickhouse, &documented("RESTORE")).await;
    // Nobody knows yet whether it brings back what was erased, nor by the table that says what was migrated.
    let migrator = clickhouse.passwords().migrator_credentials();
    let migrated = async || migrate(clickhouse.endpoint(), &migrator).await;
    assert!(matches!(migrated().await, Err(StoreError::Restored { .. })));
    for table in ["migrations", "erasure_subjects"] {
        run(&clickhouse, &format!("DROP TABLE {table} SYNC")).await;
    }
    let pending = pending_migrations(clickhouse.endpoint(), &migrator).await;
    assert!(matches!(pending, Err(StoreError::Restored { .. })));
    assert!(matches!(migrated().await, Err(StoreError::Restored { .. })));
    // But an erasure has all that it needs.
    run(&clickhouse, "SELECT count() FROM erasure_subjects").await;
    let_readers_in(clickhouse.endpoint(), &migrator, &[])
        .await
        .unwrap();
    let report = migrated().await.unwrap();
    assert_eq!(report.version, migrations().last().unwrap().version);

    let reader = clickhouse.reader().unwrap();
    assert_eq!(everything(&reader, &tenant).await, before);
    // What came after the backup is lost with the disk, unless it comes again.
    let outcomes = writer.insert(&batch(&tenant, 0..160)).await.unwrap();
    let inserted = outcomes
        .iter()
        .filter(|&&outcome| outcome == Stored::Inserted)
        .count();
    assert_eq!(inserted, 10);
    assert_eq!(everything(&reader, &tenant).await.total, Some(160));
}
