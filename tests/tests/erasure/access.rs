//! What each role may change: the eraser what it must, everybody else nothing.

use daybook_store::Credentials;

use crate::canaries::shared;
use crate::fixture::ask;

async fn code(credentials: &Credentials, sql: &str) -> Option<u32> {
    let clickhouse = shared().await;
    ask(clickhouse, credentials, "mutations_sync=0", &[], sql)
        .await
        .code()
}

/// ACCESS_DENIED
const DENIED: Option<u32> = Some(497);

#[tokio::test]
async fn each_grant_of_the_eraser_is_there_and_nothing_beyond() {
    let eraser = shared().await.passwords().eraser_credentials();
    for allowed in [
        "ALTER TABLE events DELETE WHERE org_id = 'nobody'",
        "ALTER TABLE events UPDATE caller_name = '', activity = '', rest = '' WHERE org_id = 'nobody'",
        "ALTER TABLE events UPDATE expires_at = timestamp WHERE org_id = 'nobody'",
        "SELECT org_id, timestamp, caller_user_id, activity, expires_at FROM events LIMIT 0",
        "SELECT count() FROM erasures",
        "INSERT INTO retention (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO legal_holds (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO erasures (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO erasure_subjects (subject) SELECT 'nobody' WHERE 0",
        "ALTER TABLE erasure_subjects DROP PARTITION '00000000-0000-0000-0000-000000000000'",
        "SELECT database, table, mutation_id, command, is_done, latest_fail_reason FROM system.mutations LIMIT 0",
        "SELECT database, table, partition, data_version, _state FROM system.parts LIMIT 0",
        "SELECT database, table FROM system.detached_parts LIMIT 0",
        "SYSTEM WAIT LOADING PARTS events",
        "SYSTEM DROP UNCOMPRESSED CACHE",
        "SYSTEM DROP INDEX UNCOMPRESSED CACHE",
        "SYSTEM DROP TEXT INDEX CACHES",
        "SELECT database, table FROM system.merges LIMIT 0",
        "ALTER TABLE events DROP PARTITION 1",
    ] {
        assert_eq!(code(&eraser, allowed).await, None, "{allowed}");
    }
    for refused in [
        "ALTER TABLE events UPDATE outcome = 'success' WHERE 1",
        "ALTER TABLE events UPDATE facts = '' WHERE 1",
        "ALTER TABLE events UPDATE event_name = '' WHERE 1",
        "ALTER TABLE events UPDATE action = '' WHERE 1",
        "ALTER TABLE events UPDATE ingested_at = timestamp WHERE 1",
        "ALTER TABLE events UPDATE request_digest = '' WHERE 1",
        "ALTER TABLE erasures DELETE WHERE 1",
        "ALTER TABLE erasures UPDATE reason = '' WHERE 1",
        "ALTER TABLE retention DELETE WHERE 1",
        "ALTER TABLE legal_holds DELETE WHERE 1",
        "ALTER TABLE events MODIFY TTL expires_at + INTERVAL 1 DAY",
        "ALTER TABLE events DROP COLUMN activity",
        "ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1",
        "INSERT INTO events (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO migrations (version) VALUES (99)",
        "SELECT request_digest FROM events",
        "SELECT * FROM migrations",
        "SELECT path FROM system.parts",
        "SYSTEM DROP MARK CACHE",
        "SELECT * FROM system.users",
        "TRUNCATE TABLE events",
        "DROP TABLE events",
        "DROP TABLE erasures",
        "CREATE TABLE mine (x UInt8) ENGINE = Memory",
        "GRANT SELECT ON daybook.* TO daybook_eraser",
    ] {
        assert_eq!(code(&eraser, refused).await, DENIED, "{refused}");
    }
}

#[tokio::test]
async fn the_migrator_takes_no_value_away() {
    let migrator = shared().await.passwords().migrator_credentials();
    for refused in [
        "ALTER TABLE events DELETE WHERE 1",
        "DELETE FROM events WHERE 1",
        "ALTER TABLE events UPDATE activity = '' WHERE 1",
        "ALTER TABLE events DROP PARTITION 202611",
        "ALTER TABLE events DETACH PARTITION 202611",
        "ALTER TABLE events CLEAR COLUMN activity IN PARTITION 202611",
        "ALTER TABLE events DROP COLUMN activity",
        "ALTER TABLE events REPLACE PARTITION 202611 FROM events",
        "TRUNCATE TABLE events",
        "DROP TABLE events",
        "DROP TABLE erasures",
        "OPTIMIZE TABLE events FINAL",
        "ALTER TABLE events MODIFY TTL timestamp + INTERVAL 1 SECOND",
        "ALTER TABLE events MATERIALIZE TTL",
        "ALTER TABLE events MODIFY COLUMN detail String TTL timestamp + INTERVAL 1 SECOND",
        "ALTER TABLE events MODIFY COLUMN detail String MATERIALIZED 'x'",
        "ALTER TABLE events MATERIALIZE COLUMN activity",
        "ALTER TABLE events RENAME COLUMN told TO rest_of_it",
        "ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1",
        "INSERT INTO events (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO erasures (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO legal_holds (org_id) SELECT 'nobody' WHERE 0",
    ] {
        assert_eq!(code(&migrator, refused).await, DENIED, "{refused}");
    }
    for allowed in [
        "ALTER TABLE erasures ADD COLUMN IF NOT EXISTS scratch UInt8 DEFAULT 0",
        "ALTER TABLE events MODIFY COLUMN activity String CODEC(LZ4)",
        "ALTER TABLE events MATERIALIZE INDEX searched",
        "ALTER TABLE events DROP INDEX IF EXISTS words",
    ] {
        assert_eq!(code(&migrator, allowed).await, None, "{allowed}");
    }
}

#[tokio::test]
async fn the_writer_knows_what_is_erased_and_no_more() {
    let writer = shared().await.passwords().writer_credentials();
    for allowed in [
        "SELECT org_id, scope, subject_hashes, up_to, report FROM erasures",
        "SELECT org_id, at, days FROM retention",
        "SELECT org_id, entity_type, entity_id, at, held FROM legal_holds",
    ] {
        assert_eq!(code(&writer, allowed).await, None, "{allowed}");
    }
    for refused in [
        "SELECT subject FROM erasure_subjects",
        "SELECT reason FROM erasures",
        "SELECT reason FROM legal_holds",
        "INSERT INTO erasures (org_id) SELECT 'nobody' WHERE 0",
        "INSERT INTO retention (org_id) SELECT 'nobody' WHERE 0",
        "SELECT command FROM system.mutations",
        "KILL MUTATION WHERE 1",
    ] {
        assert_eq!(code(&writer, refused).await, DENIED, "{refused}");
    }
}

#[tokio::test]
async fn the_reader_sees_nothing_of_erasures() {
    let reader = shared().await.passwords().reader_credentials();
    for refused in [
        "SELECT * FROM erasures",
        "SELECT count() FROM erasures",
        "SELECT * FROM erasure_subjects",
        "SELECT * FROM retention",
        "SELECT * FROM legal_holds",
    ] {
        let answer = ask(shared().await, &reader, "", &[], refused).await;
        assert_eq!(answer.code(), DENIED, "{refused}");
    }
}
