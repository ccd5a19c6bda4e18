//! A backup brings back what was erased after it: nobody reads it before it is erased again.

use daybook_store::{
    ErasureMode, ErasureState, LedgerFile, Reader, Retention, Scope, Search, StoreError, TenantId,
    let_readers_in, migrate, pending_migrations,
};
use daybook_tests::clickhouse::ClickHouse;
use uuid::Uuid;

use crate::canaries::{
    TIME_MAX, canaries, erase, eraser, event_of_canaries, events_of, is_by_its_clock, on_disk,
    request, run, start, writer,
};
use crate::fixture::{batch, event, everything, new, tenant};

async fn is_refused(reader: &Reader, tenant: &TenantId) -> bool {
    let answer = reader.search(tenant, &Search::default()).await;
    matches!(answer, Err(StoreError::Refused { .. }))
}

/// What an operator does with a server: all but the view of the readers.
async fn back_up_and_lose(clickhouse: &ClickHouse, lose: impl AsyncFnOnce()) {
    let place = "File('of-yesterday/')";
    let everything = "DATABASE daybook EXCEPT TABLES daybook.tenant_events";
    run(clickhouse, &format!("BACKUP {everything} TO {place}")).await;
    lose().await;
    run(clickhouse, "DROP VIEW tenant_events").await;
    for table in [
        "events",
        "erasures",
        "erasure_subjects",
        "retention",
        "legal_holds",
        "migrations",
    ] {
        run(clickhouse, &format!("DROP TABLE {table} SYNC")).await;
    }
    run(
        clickhouse,
        &format!("RESTORE DATABASE daybook FROM {place}"),
    )
    .await;
}

#[tokio::test]
async fn a_restored_backup_lets_nobody_read_before_what_was_erased_is_gone_again() {
    let clickhouse = start().await;
    let (gone, stays) = (tenant("restored-gone"), tenant("restored-stays"));
    let mut events = batch(&gone, 0..50);
    events.push(event_of_canaries(&gone, 50, "CANARY"));
    let mut others = batch(&stays, 0..50);
    others.push(event_of_canaries(&stays, 51, "PERSON"));
    let writer = writer(&clickhouse);
    writer.insert(&events).await.unwrap();
    writer.insert(&others).await.unwrap();
    let words: Vec<_> = [canaries("CANARY"), canaries("PERSON")].concat();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();

    back_up_and_lose(&clickhouse, async || {
        let person = Scope::User("PERSONUSERID".to_owned());
        for asked in [
            request(&gone, Scope::Tenant, ErasureMode::Delete),
            request(&stays, person, ErasureMode::Delete),
        ] {
            erase(&clickhouse, &asked).await;
        }
        let synced = eraser(&clickhouse).sync_ledger(&ledger).await.unwrap();
        assert_eq!((synced.asked_again, synced.written), (0, 2));
        assert_eq!(on_disk(&clickhouse, &words), Vec::<&str>::new());
    })
    .await;

    assert_eq!(on_disk(&clickhouse, &words).len(), words.len());
    let reader = clickhouse.reader().unwrap();
    assert!(is_refused(&reader, &gone).await);
    let migrator = clickhouse.passwords().migrator_credentials();
    let migrated = migrate(clickhouse.endpoint(), &migrator).await;
    assert!(matches!(migrated, Err(StoreError::Restored { .. })));
    let entries = ledger.entries().unwrap();
    let let_in = async || let_readers_in(clickhouse.endpoint(), &migrator, &entries).await;
    assert!(matches!(
        let_in().await,
        Err(StoreError::Restored { erasures: 2 })
    ));
    // Those that are known are pending as long as anybody would see something of them.
    let eraser = eraser(&clickhouse);
    assert_eq!(eraser.sync_ledger(&ledger).await.unwrap().asked_again, 2);
    assert!(matches!(
        let_in().await,
        Err(StoreError::Restored { erasures: 2 })
    ));
    assert!(is_refused(&reader, &stays).await);
    for (_, worked) in eraser.work().await.unwrap().erasures {
        assert_eq!(worked.unwrap().state, ErasureState::Hidden);
    }
    let_in().await.unwrap();
    migrate(clickhouse.endpoint(), &migrator).await.unwrap();

    assert_eq!(everything(&reader, &gone).await.total, Some(0));
    assert_eq!(events_of(&clickhouse, &stays).await.len(), 50);
    for id in eraser.unfinished().await.unwrap() {
        let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
        assert!(receipt.report.rows[0].own > 0);
        assert!(is_by_its_clock(&receipt), "{:?}", receipt.report.reached);
    }
    assert_eq!(on_disk(&clickhouse, &words), Vec::<&str>::new());
    let synced = eraser.sync_ledger(&ledger).await.unwrap();
    assert_eq!((synced.asked_again, synced.written), (0, 0));
}

/// A database that was restored from a backup in which a tenant's erasure was hidden, and not removed.
async fn hidden_in_a_backup(gone: &TenantId) -> (ClickHouse, Uuid) {
    let clickhouse = start().await;
    writer(&clickhouse)
        .insert(&batch(gone, 0..20))
        .await
        .unwrap();
    // The mutation that hides them is known, and no part has been through it.
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let asked = request(gone, Scope::Tenant, ErasureMode::Delete);
    let hidden = eraser(&clickhouse).begin(&asked).await.unwrap();
    assert_eq!(hidden.state, ErasureState::Hidden);
    assert_eq!(events_of(&clickhouse, gone).await, []);
    back_up_and_lose(&clickhouse, async || {}).await;
    (clickhouse, hidden.id)
}

#[tokio::test]
async fn what_was_hidden_when_the_backup_was_made_is_hidden_again_before_anybody_reads() {
    let gone = tenant("restored-hidden");
    let (clickhouse, id) = hidden_in_a_backup(&gone).await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let let_in = async || let_readers_in(clickhouse.endpoint(), &migrator, &[]).await;
    let is_refused = |answer| matches!(answer, Err(StoreError::Restored { erasures: 1 }));
    assert!(is_refused(let_in().await));
    let eraser = eraser(&clickhouse);
    assert_eq!(eraser.reapply().await.unwrap(), [id]);
    assert!(is_refused(let_in().await));
    eraser.advance(id).await.unwrap();
    let_in().await.unwrap();
    migrate(clickhouse.endpoint(), &migrator).await.unwrap();
    assert_eq!(events_of(&clickhouse, &gone).await, []);
    let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Verified);
    assert!(is_by_its_clock(&receipt), "{:?}", receipt.report.reached);
}

#[tokio::test]
async fn what_was_verified_before_all_parts_were_restored_is_looked_for_again() {
    let (clickhouse, id) = hidden_in_a_backup(&tenant("restored-too-early")).await;
    run(&clickhouse, "DROP TABLE events SYNC").await;
    let events = "RESTORE TABLE daybook.events FROM File('of-yesterday/') SETTINGS";
    run(&clickhouse, &format!("{events} structure_only = 1")).await;
    // Whoever does the work of erasures knows nothing of what is being restored.
    let eraser = eraser(&clickhouse);
    let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Verified);
    // The fact of the erasure is an event already.
    run(&clickhouse, &format!("{events} allow_non_empty_tables = 1")).await;
    assert_eq!(eraser.reapply().await.unwrap(), [id]);
    eraser.run_to_end(id, TIME_MAX).await.unwrap();
    let left = "SELECT count() FROM events WHERE org_id = 'restored-too-early' AND service_name != 'daybook'";
    assert_eq!(run(&clickhouse, left).await, "0");
}

#[tokio::test]
async fn a_hold_that_is_set_again_keeps_nothing_that_was_erased_before_it() {
    let clickhouse = start().await;
    let gone = tenant("restored-held");
    writer(&clickhouse)
        .insert(&batch(&gone, 0..20))
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    back_up_and_lose(&clickhouse, async || {
        erase(
            &clickhouse,
            &request(&gone, Scope::Tenant, ErasureMode::Delete),
        )
        .await;
        eraser(&clickhouse).sync_ledger(&ledger).await.unwrap();
    })
    .await;
    let retention = retention(&clickhouse);
    retention.hold(&gone, None, true, "case 8").await.unwrap();
    let eraser = eraser(&clickhouse);
    eraser.sync_ledger(&ledger).await.unwrap();
    for (_, worked) in eraser.work().await.unwrap().erasures {
        assert_eq!(worked.unwrap().state, ErasureState::Hidden);
    }
    let migrator = clickhouse.passwords().migrator_credentials();
    let entries = ledger.entries().unwrap();
    let_readers_in(clickhouse.endpoint(), &migrator, &entries)
        .await
        .unwrap();
    assert_eq!(events_of(&clickhouse, &gone).await, []);
}

/// An erasure that a legal hold has stopped before anything was hidden, in a backup and in the ledger.
async fn held_in_a_backup(
    clickhouse: &ClickHouse,
    tenant: &TenantId,
    ledger: &LedgerFile,
    then: impl AsyncFnOnce(uuid::Uuid),
) {
    let events = batch(tenant, 0..20);
    writer(clickhouse).insert(&events).await.unwrap();
    let asked = request(tenant, Scope::Tenant, ErasureMode::Delete);
    let id = eraser(clickhouse).request(&asked).await.unwrap();
    let retention = retention(clickhouse);
    retention.hold(tenant, None, true, "case 8").await.unwrap();
    let blocked = eraser(clickhouse).advance(id).await;
    assert!(matches!(blocked, Err(StoreError::ErasureBlocked(_))));
    eraser(clickhouse).sync_ledger(ledger).await.unwrap();
    back_up_and_lose(clickhouse, async || then(id).await).await;
}

#[tokio::test]
async fn a_person_keeps_the_pseudonym_in_a_restored_database() {
    let clickhouse = start().await;
    let tenant = tenant("restored-pseudonym");
    let acted = |number, user_id: &str| {
        let mut event = event(&tenant, number);
        user_id.clone_into(&mut event.caller.user_id);
        "jane@example.com".clone_into(&mut event.caller.user_email);
        [new(event)]
    };
    let writer = writer(&clickhouse);
    writer.insert(&acted(1, "")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    let mut pseudonym = String::new();
    back_up_and_lose(&clickhouse, async || {
        // Nothing that the backup has names the id that is asked for.
        writer.insert(&acted(2, "U-0000000-jane")).await.unwrap();
        let scope = Scope::User("U-0000000-jane".to_owned());
        let asked = request(&tenant, scope, ErasureMode::Anonymise);
        let receipt = erase(&clickhouse, &asked).await;
        assert_eq!(receipt.report.linked_identifiers, 1);
        let events = events_of(&clickhouse, &tenant).await;
        pseudonym.clone_from(&events[1].caller.user_id);
        assert_eq!(events[0].caller.user_email, pseudonym);
        eraser(&clickhouse).sync_ledger(&ledger).await.unwrap();
    })
    .await;
    let eraser = eraser(&clickhouse);
    eraser.sync_ledger(&ledger).await.unwrap();
    let id = eraser.unfinished().await.unwrap()[0];
    let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
    let migrator = clickhouse.passwords().migrator_credentials();
    let_readers_in(clickhouse.endpoint(), &migrator, &[])
        .await
        .unwrap();
    let events = events_of(&clickhouse, &tenant).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].caller.user_email, pseudonym);
    assert!(pseudonym.starts_with("erased-"));
    // What only the first receipt could tell.
    assert_eq!(receipt.report.linked_identifiers, 1);
    let places = receipt.report.not_searched.join("; ");
    assert!(places.contains("first receipt"), "{places}");
}

#[tokio::test]
async fn a_receipt_says_that_nobody_was_looked_for_in_texts_who_is_named_in_texts_only() {
    let clickhouse = start().await;
    let tenant = tenant("restored-told");
    let mut told = event(&tenant, 1);
    told.activity = "Tom invited jane.roe@example.com".to_owned();
    writer(&clickhouse)
        .insert(&[new(told.clone())])
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    let scope = Scope::Email("jane.roe@example.com".to_owned());
    let asked = request(&tenant, scope, ErasureMode::Delete);
    back_up_and_lose(&clickhouse, async || {
        let receipt = erase(&clickhouse, &asked).await;
        assert_eq!(receipt.report.rows[0].traces, 1);
        eraser(&clickhouse).sync_ledger(&ledger).await.unwrap();
    })
    .await;
    let eraser = eraser(&clickhouse);
    eraser.sync_ledger(&ledger).await.unwrap();
    let id = eraser.unfinished().await.unwrap()[0];
    let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
    let places = receipt.report.not_searched.join("; ");
    assert!(places.contains("once more"), "{places}");
    let checks = receipt.report.checks.join("; ");
    assert!(!checks.contains("of its scope"), "{checks}");
    // As the receipt says.
    erase(&clickhouse, &asked).await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let_readers_in(clickhouse.endpoint(), &migrator, &[])
        .await
        .unwrap();
    let events = events_of(&clickhouse, &tenant).await;
    assert_ne!(events[0].activity, told.activity);
}

fn retention(clickhouse: &ClickHouse) -> Retention {
    let credentials = clickhouse.passwords().eraser_credentials();
    Retention::new(clickhouse.endpoint(), &credentials).unwrap()
}

#[tokio::test]
async fn what_a_hold_has_kept_from_the_beginning_is_kept_in_a_restored_database_and_readers_get_in()
{
    let clickhouse = start().await;
    let held = tenant("restored-kept");
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    held_in_a_backup(&clickhouse, &held, &ledger, async |_| {}).await;
    let eraser = eraser(&clickhouse);
    assert_eq!(eraser.sync_ledger(&ledger).await.unwrap().asked_again, 0);
    eraser.reapply().await.unwrap();
    for (_, worked) in eraser.work().await.unwrap().erasures {
        assert!(matches!(worked, Err(StoreError::ErasureBlocked(_))));
    }
    let migrator = clickhouse.passwords().migrator_credentials();
    let entries = ledger.entries().unwrap();
    let_readers_in(clickhouse.endpoint(), &migrator, &entries)
        .await
        .unwrap();
    assert_eq!(events_of(&clickhouse, &held).await.len(), 20);
}

#[tokio::test]
async fn what_was_hidden_after_the_backup_is_hidden_again_whatever_is_held_in_it() {
    let clickhouse = start().await;
    let gone = tenant("restored-released");
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    held_in_a_backup(&clickhouse, &gone, &ledger, async |id| {
        let release = retention(&clickhouse);
        release.hold(&gone, None, false, "closed").await.unwrap();
        eraser(&clickhouse).advance(id).await.unwrap();
        let synced = eraser(&clickhouse).sync_ledger(&ledger).await.unwrap();
        assert_eq!(synced.written, 1, "that it is hidden");
    })
    .await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let entries = ledger.entries().unwrap();
    let let_in = async || let_readers_in(clickhouse.endpoint(), &migrator, &entries).await;
    let is_refused = |answer| matches!(answer, Err(StoreError::Restored { erasures: 1 }));
    assert!(is_refused(let_in().await));
    let eraser = eraser(&clickhouse);
    assert_eq!(eraser.sync_ledger(&ledger).await.unwrap().asked_again, 1);
    assert!(is_refused(let_in().await));
    for (_, worked) in eraser.work().await.unwrap().erasures {
        assert_eq!(worked.unwrap().state, ErasureState::Hidden);
    }
    let_in().await.unwrap();
    assert_eq!(events_of(&clickhouse, &gone).await, []);
}

#[tokio::test]
async fn a_line_of_an_older_ledger_lets_no_held_erasure_begin() {
    let clickhouse = start().await;
    let held = tenant("restored-older");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasures.ndjson");
    let ledger = LedgerFile::create(&path).unwrap();
    held_in_a_backup(&clickhouse, &held, &ledger, async |_| {}).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let older = text.replace(",\"hidden\":false", "");
    assert_ne!(older, text);
    std::fs::write(&path, older).unwrap();
    let eraser = eraser(&clickhouse);
    assert_eq!(eraser.sync_ledger(&ledger).await.unwrap().asked_again, 0);
    for (_, worked) in eraser.work().await.unwrap().erasures {
        assert!(matches!(worked, Err(StoreError::ErasureBlocked(_))));
    }
}

#[tokio::test]
async fn a_newer_schema_is_not_an_older_erasers_to_erase_in() {
    let clickhouse = start().await;
    let tenant = tenant("newer");
    run(&clickhouse, "INSERT INTO migrations (version) VALUES (999)").await;
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let refused = eraser(&clickhouse).request(&asked).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("999") && !text.contains('\n'), "{text}");
    let refused = retention(&clickhouse).set(None, 7).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::NewerSchema { found: 999, .. }
    ));
}

#[tokio::test]
async fn a_node_of_a_cluster_gets_no_view_of_one_node() {
    let clickhouse = start().await;
    back_up_and_lose(&clickhouse, async || {}).await;
    run(&clickhouse, "CREATE TABLE all_events AS events").await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let let_in = let_readers_in(clickhouse.endpoint(), &migrator, &[]).await;
    assert!(matches!(let_in, Err(StoreError::OfCluster)));
    // Nor tables of one node, where a version is missing.
    for sql in [
        "CREATE VIEW tenant_events AS SELECT 1",
        "ALTER TABLE migrations DELETE WHERE version > 1 SETTINGS mutations_sync = 1",
        "DROP TABLE legal_holds",
    ] {
        run(&clickhouse, sql).await;
    }
    let migrated = migrate(clickhouse.endpoint(), &migrator).await;
    assert!(matches!(migrated, Err(StoreError::OfCluster)));
    let pending = pending_migrations(clickhouse.endpoint(), &migrator).await;
    assert!(matches!(pending, Err(StoreError::OfCluster)));
    assert_eq!(run(&clickhouse, "EXISTS TABLE legal_holds").await, "0");
}

#[tokio::test]
async fn a_database_that_lost_its_view_is_no_new_one() {
    let clickhouse = start().await;
    let stays = tenant("restored-view");
    writer(&clickhouse)
        .insert(&batch(&stays, 0..5))
        .await
        .unwrap();
    back_up_and_lose(&clickhouse, async || {}).await;
    let migrator = clickhouse.passwords().migrator_credentials();
    let reader = clickhouse.reader().unwrap();
    assert!(is_refused(&reader, &stays).await);
    let_readers_in(clickhouse.endpoint(), &migrator, &[])
        .await
        .unwrap();
    migrate(clickhouse.endpoint(), &migrator).await.unwrap();
    assert_eq!(everything(&reader, &stays).await.total, Some(5));
}
