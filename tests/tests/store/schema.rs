//! Migrations come once, in order, and never backwards; the users can be made on a server as well.

use daybook_event::ActivityPart;
use daybook_store::{
    MigrationReport, RolePasswords, StoreError, TenantId, create_roles, migrate, migrations,
    roles_sql,
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

/// Runs SQL as the user who changes the schema.
async fn run(clickhouse: &ClickHouse, sql: &str) {
    let migrator = clickhouse.passwords().migrator_credentials();
    let settings = "async_insert=0&mutations_sync=1&allow_get_client_http_header=1";
    let answer = ask(clickhouse, &migrator, settings, &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
}

/// Makes the database as an earlier schema made it, with two events.
async fn go_back_to(clickhouse: &ClickHouse, version: usize) {
    run(clickhouse, "DROP VIEW tenant_events").await;
    run(clickhouse, "DROP TABLE IF EXISTS events_rebuilt SYNC").await;
    run(clickhouse, "DROP TABLE events SYNC").await;
    let sql = format!("ALTER TABLE migrations DELETE WHERE version > {version}");
    run(clickhouse, &sql).await;
    for migration in &migrations()[..version] {
        for statement in migration.statements() {
            run(clickhouse, &statement).await;
        }
    }
    run(
        clickhouse,
        "INSERT INTO events (org_id, timestamp, id, action, outcome, caller_type, http_path, http_resource, \
            http_path_params, activity, expires_at) VALUES \
         ('upgrade', '2026-10-01 00:00:00', generateUUIDv4(), 'delete', 'success', 'user', '/v1/w/=7', '/v1/w/{id}', \
            map('id', '=7'), 'jane@example.com deleted workflow 7', '2299-12-31 00:00:00'), \
         ('upgrade', '1971-10-01 00:00:00', generateUUIDv4(), 'create', 'success', 'user', '', '', \
            map(), 'jane@example.com created workflow 7', '2299-12-31 00:00:00')",
    )
    .await;
}

#[tokio::test]
async fn a_migration_that_was_interrupted_anywhere_goes_on_and_loses_nothing() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let migrator = clickhouse.passwords().migrator_credentials();
    let tenant = tenant("upgrade");
    let statements = migrations()[2].statements();
    for done in 0..=statements.len() {
        go_back_to(&clickhouse, 2).await;
        for statement in &statements[..done] {
            run(&clickhouse, statement).await;
        }
        let report = migrate(clickhouse.endpoint(), &migrator).await.unwrap();
        assert_eq!(report.applied[0], 3);
        let page = everything(&clickhouse.reader().unwrap(), &tenant).await;
        assert_eq!(page.total, Some(2), "{done} statements were done");
        let newest = &page.events[0];
        assert_eq!(newest.http.path, "/v1/w/=7");
        assert_eq!(newest.http.path_params["id"], "=7");
    }
}

#[tokio::test]
async fn what_is_stored_while_the_table_is_copied_ends_the_migration() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    go_back_to(&clickhouse, 2).await;
    let statements = migrations()[2].statements();
    let check = statements
        .iter()
        .position(|statement| statement.contains("throwIf"))
        .unwrap();
    for statement in &statements[..check] {
        run(&clickhouse, statement).await;
    }
    run(
        &clickhouse,
        "INSERT INTO events (org_id, timestamp, id, expires_at) \
         VALUES ('upgrade', '2026-10-01 00:00:00', generateUUIDv4(), '2299-12-31 00:00:00')",
    )
    .await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let answer = ask(&clickhouse, &migrator, "", &[], &statements[check]).await;
    assert!(answer.text.contains("stop the writers"), "{}", answer.text);
}

#[tokio::test]
async fn what_an_older_daybook_stored_is_read_after_the_migration() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let migrator = clickhouse.passwords().migrator_credentials();
    go_back_to(&clickhouse, 1).await;
    // A migration that was interrupted has done a part of it.
    run(&clickhouse, &migrations()[1].statements()[0]).await;

    let report = migrate(clickhouse.endpoint(), &migrator).await.unwrap();
    assert_eq!(report.applied, [2, 3]);
    assert_eq!(report.version, newest());

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
    let [newest, oldest, _] = events.as_slice() else {
        panic!("{} events", events.len())
    };
    assert_eq!(*newest, newer);
    assert_eq!(oldest.activity, "jane@example.com deleted workflow 7");
    assert_eq!(oldest.activity_parts, []);

    // A newer Daybook may have stored a kind of part that this one does not know.
    run(
        &clickhouse,
        "INSERT INTO events (org_id, timestamp, id, action, outcome, caller_type, activity, activity_parts, expires_at) \
         VALUES ('later', '2026-10-01 00:00:00', generateUUIDv4(), 'delete', 'success', 'user', \
                 'x', [('gesture', 'x', '')], '2299-12-31 00:00:00')",
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
