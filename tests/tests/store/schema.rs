//! Migrations come once, in order, and never backwards; the users can be made on a server as well.

use daybook_store::{
    MigrationReport, RolePasswords, StoreError, create_roles, migrate, migrations, roles_sql,
};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, clickhouse};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");

fn newest() -> u32 {
    migrations().last().unwrap().version
}

#[tokio::test]
async fn a_second_migration_changes_nothing() {
    let migrator = clickhouse().passwords().migrator_credentials();
    for _ in 0..2 {
        let report = migrate(clickhouse().endpoint(), &migrator).await.unwrap();
        let expected = MigrationReport {
            applied: Vec::new(),
            version: newest(),
        };
        assert_eq!(report, expected);
    }
}

#[tokio::test]
async fn a_newer_and_a_changed_schema_are_refused() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let migrator = clickhouse.passwords().migrator_credentials();
    let pretend = async |version: u32| {
        let sql = format!(
            "INSERT INTO migrations (version, name, checksum) VALUES ({version}, 'x', 'y')"
        );
        let answer = ask(&clickhouse, &migrator, "async_insert=0", &[], &sql).await;
        assert_eq!(answer.code(), None, "{}", answer.text);
        migrate(clickhouse.endpoint(), &migrator).await.unwrap_err()
    };

    let error = pretend(1).await;
    assert!(matches!(error, StoreError::ChangedMigration { version: 1 }));

    let error = pretend(newest() + 1).await;
    let expected = StoreError::NewerSchema {
        found: newest() + 1,
        known: newest(),
    };
    assert_eq!(error.to_string(), expected.to_string());
    assert!(!error.may_succeed_later());
}

#[tokio::test]
async fn the_users_of_a_server_are_written_in_sql_that_clickhouse_reads() {
    let passwords = RolePasswords::random();
    let reader = clickhouse().passwords().reader_credentials();
    let statements = roles_sql("daybook", &passwords).unwrap();
    assert!(statements.len() > 8);
    for statement in statements {
        let quoted = statement.replace('\\', "\\\\").replace('\'', "\\'");
        let sql = format!("SELECT formatQuery('{quoted}')");
        let answer = ask(clickhouse(), &reader, "", &[], &sql).await;
        assert_eq!(answer.code(), None, "{statement}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_engine_that_keeps_its_users_in_a_file_refuses_to_make_them() {
    let migrator = clickhouse().passwords().migrator_credentials();
    let error = create_roles(clickhouse().endpoint(), &migrator, &RolePasswords::random())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}
