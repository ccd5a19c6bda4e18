//! The commands of `docs/operations.md` bring everything back on an empty database.

use std::time::Duration;

use daybook_store::{
    Retention, StoreError, Stored, TenantId, let_readers_in, migrate, migrations,
    pending_migrations,
};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, batch, everything, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");
const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// The statements of the block of the document that begins with these words, on a place that a test has.
fn documented(begins: &str) -> Vec<String> {
    let mut blocks = OPERATIONS.split("```sql\n");
    let block = blocks.find(|block| block.starts_with(begins));
    let block = block.unwrap().split("```").next().unwrap();
    let lines = block.lines().map(|line| line.split("--").next().unwrap());
    let block = lines.collect::<Vec<_>>().join("\n");
    let block = block.replace("Disk('backups', 'daybook-2026-11-26')", "File('backup/')");
    let statements = block
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    statements.map(str::to_owned).collect()
}

async fn run(clickhouse: &ClickHouse, sql: &str) -> String {
    let answer = ask(clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
    answer.text.trim().to_owned()
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

    run(&clickhouse, "SYSTEM STOP TTL MERGES daybook.events").await;
    run(
        &clickhouse,
        "INSERT INTO events SELECT * REPLACE ('expired' AS org_id, timestamp - INTERVAL 90 DAY AS timestamp, \
         now64(3) - INTERVAL 1 DAY AS expires_at, \
         'order' AS entity_type, toString(rowNumberInAllBlocks() % 10) AS entity_id) FROM events",
    )
    .await;
    let commands = documented("BACKUP DATABASE");
    let (backup, restore) = commands.split_first().unwrap();
    run(&clickhouse, backup).await;
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
    assert_eq!(restore.len(), 3);
    for statement in restore {
        run(&clickhouse, statement).await;
    }
    // What has expired by the days of the backup stays until somebody has said what is held by now.
    let eraser = clickhouse.passwords().eraser_credentials();
    let retention = Retention::new(clickhouse.endpoint(), &eraser).unwrap();
    for days in [36_500, 0] {
        // A change of `expires_at` removes what has expired beside it, where anything may.
        retention.set(Some(&tenant), days).await.unwrap();
    }
    // One in ten of what has expired by the backup, all of its month, is held by now.
    let (expired, held) = (TenantId::new("expired").unwrap(), Some(("order", "7")));
    retention
        .hold(&expired, held, true, "case 9")
        .await
        .unwrap();
    let expired = "SELECT count() FROM events WHERE org_id = 'expired'";
    assert_eq!(run(&clickhouse, expired).await, "150");
    let statements = documented("ALTER TABLE daybook.events\n    MODIFY SETTING");
    assert_eq!(statements.len(), 3);
    for statement in statements {
        run(&clickhouse, &statement).await;
    }
    // As in a database that was not restored.
    let schema = migrations().first().unwrap().sql;
    let rule = schema.lines().find_map(|line| line.strip_prefix("TTL "));
    let made = run(&clickhouse, "SHOW CREATE TABLE daybook.events").await;
    let made = made
        .replace("\\n", " ")
        .replace("toIntervalDay(1)", "INTERVAL 1 DAY");
    assert!(made.contains(rule.unwrap()), "{made}");
    // A part of which the backup said that all of it had expired, in a server that has just started.
    run(&clickhouse, "DETACH TABLE events SYNC").await;
    run(&clickhouse, "ATTACH TABLE events").await;
    let left = async {
        loop {
            let left = run(&clickhouse, expired).await;
            if left != "150" {
                break left;
            }
        }
    };
    // ClickHouse drops a part without a look at its rows only by itself, and not where it is asked to.
    let left = tokio::time::timeout(Duration::from_mins(1), left).await;
    assert_eq!(left.unwrap(), "15");
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
