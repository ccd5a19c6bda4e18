//! Migrations come once, in order, and never backwards; the users can be made on a server as well.

use daybook_event::ActivityPart;
use daybook_store::{
    MigrationReport, RolePasswords, StoreError, TenantId, cluster_sql, create_roles, migrate,
    migrations, migrations_sql, roles_sql,
};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, clickhouse, event, everything, new, tenant};

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

/// Does what no user of Daybook may do: takes tables and rows away.
async fn run(clickhouse: &ClickHouse, sql: &str) {
    let settings = "async_insert=0&mutations_sync=1&allow_get_client_http_header=1";
    let answer = ask(clickhouse, &ClickHouse::administrator(), settings, &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
}

/// Makes the database as the first schema made it, with an event.
async fn go_back_to_the_first(clickhouse: &ClickHouse) {
    for table in [
        "erasures",
        "erasure_subjects",
        "retention",
        "legal_holds",
        "events",
    ] {
        run(clickhouse, &format!("DROP TABLE {table} SYNC")).await;
    }
    run(clickhouse, "DROP VIEW tenant_events").await;
    run(
        clickhouse,
        "ALTER TABLE migrations DELETE WHERE version > 1",
    )
    .await;
    for statement in migrations()[0].statements() {
        run(clickhouse, &statement).await;
    }
    run(
        clickhouse,
        "INSERT INTO events (org_id, timestamp, id, action, outcome, activity, expires_at) \
         VALUES ('upgrade', '2026-10-01 00:00:00', generateUUIDv4(), 'delete', 'success', \
                 'jane@example.com deleted workflow 7', '2299-12-31 00:00:00')",
    )
    .await;
}

#[tokio::test]
async fn what_an_older_daybook_stored_is_read_after_a_migration_that_was_interrupted_anywhere() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let migrator = clickhouse.passwords().migrator_credentials();
    let statements: Vec<_> = migrations()[1..]
        .iter()
        .flat_map(daybook_store::Migration::statements)
        .collect();
    for done in 0..=statements.len() {
        go_back_to_the_first(&clickhouse).await;
        for statement in &statements[..done] {
            run(&clickhouse, statement).await;
        }
        let report = migrate(clickhouse.endpoint(), &migrator).await.unwrap();
        let later: Vec<_> = migrations()[1..]
            .iter()
            .map(|migration| migration.version)
            .collect();
        assert_eq!(report.applied, later, "{done} statements were done");
        assert_eq!(report.version, newest());
    }

    let tenant = tenant("upgrade");
    let mut newer = event(&tenant, 0);
    newer.activity_parts = vec![ActivityPart {
        text: newer.activity.clone(),
        ..ActivityPart::default()
    }];
    let batch = [new(newer.clone())];
    clickhouse.writer().unwrap().insert(&batch).await.unwrap();
    let events = everything(&clickhouse.reader().unwrap(), &tenant)
        .await
        .events;
    let [newest, oldest] = events.as_slice() else {
        panic!("{} events", events.len())
    };
    assert_eq!(*newest, newer);
    assert_eq!(oldest.activity, "jane@example.com deleted workflow 7");
    assert_eq!(oldest.activity_parts, []);

    // A newer Daybook may have stored a kind of part that this one does not know.
    run(
        &clickhouse,
        "INSERT INTO events (org_id, timestamp, id, action, outcome, activity, rest, expires_at) \
         VALUES ('later', '2026-10-01 00:00:00', generateUUIDv4(), 'delete', 'success', \
                 'x', '{\"parts\":\"gesture:1\",\"later\":7}', '2299-12-31 00:00:00')",
    )
    .await;
    let later = everything(
        &clickhouse.reader().unwrap(),
        &TenantId::new("later").unwrap(),
    )
    .await
    .events;
    assert_eq!(later[0].activity_parts[0].text, "x");
}

#[tokio::test]
async fn whoever_administers_a_server_can_run_what_a_dry_run_prints() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let administrator = ClickHouse::administrator();
    let printed = migrations_sql("daybook", migrations()).unwrap();
    let lines = printed
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    let code = lines.collect::<Vec<_>>().join("\n");
    // The tests' own administrator may do more than one usually may.
    let usual = ["SET allow_get_client_http_header = 0"];
    let statements = code.split(";\n").filter(|sql| !sql.trim().is_empty());
    for sql in usual.into_iter().chain(statements) {
        let answer = ask(&clickhouse, &administrator, "session_id=printed", &[], sql).await;
        assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
    }
    let migrator = clickhouse.passwords().migrator_credentials();
    let report = migrate(clickhouse.endpoint(), &migrator).await.unwrap();
    assert_eq!(report.applied, Vec::<u32>::new());
}

async fn assert_clickhouse_can_read(statements: Vec<String>) {
    let reader = clickhouse().passwords().reader_credentials();
    assert!(statements.len() > 8);
    for statement in statements {
        let quoted = statement.replace('\\', "\\\\").replace('\'', "\\'");
        let sql = format!("SELECT formatQuery('{quoted}')");
        let answer = ask(clickhouse(), &reader, "", &[], &sql).await;
        assert_eq!(answer.code(), None, "{statement}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_users_of_a_server_are_written_in_sql_that_clickhouse_reads() {
    let passwords = RolePasswords::random();
    assert_clickhouse_can_read(roles_sql("daybook", &passwords).unwrap()).await;
}

/// The embedded engine has no Keeper, which ON CLUSTER needs: it reads the statements only.
#[tokio::test]
async fn the_schema_of_a_cluster_is_written_in_sql_that_clickhouse_reads() {
    let statements = cluster_sql("daybook", "main").unwrap();
    let inserts = statements.iter().filter(|sql| sql.starts_with("INSERT "));
    assert_eq!(inserts.count(), migrations().len());
    assert_clickhouse_can_read(statements).await;
}

#[tokio::test]
async fn an_engine_that_keeps_its_users_in_a_file_refuses_to_make_them() {
    let migrator = clickhouse().passwords().migrator_credentials();
    let error = create_roles(clickhouse().endpoint(), &migrator, &RolePasswords::random())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}
