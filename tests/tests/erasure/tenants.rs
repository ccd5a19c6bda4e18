//! A whole tenant: hidden at once, gone from the files, and nobody else is touched.

use std::path::PathBuf;

use daybook_event::OWN_SERVICE;
use daybook_store::{ErasureMode, ErasureState, Filter, Scope, Search, StoreError};

use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::scanner::scan;

use crate::canaries::{
    TIME_MAX, canaries, erase, eraser, event_of_canaries, events_of, on_disk, request, run, shared,
    start, writer,
};
use crate::fixture::{ask, batch, everything, exported, tenant};

/// What of the rows that were read stays in ClickHouse's memory.
const CACHES: [&str; 2] = ["UncompressedCacheBytes", "TextIndexHeaderCacheBytes"];

async fn bytes_of(clickhouse: &ClickHouse, cache: &str) -> String {
    let sql = format!("SELECT value FROM system.metrics WHERE metric = '{cache}'");
    run(clickhouse, &sql).await
}

#[tokio::test]
async fn a_tenant_is_hidden_at_once_then_gone_from_every_file_and_another_one_is_untouched() {
    let clickhouse = start().await;
    let (gone, stays) = (tenant("tenant-gone"), tenant("tenant-stays"));
    let writer = writer(&clickhouse);
    let mut events = batch(&gone, 0..300);
    events.push(event_of_canaries(&gone, 300, "CANARY"));
    // Two parts, of which one merges away: inactive parts hold copies, too.
    writer.insert(&events).await.unwrap();
    let mut others = batch(&stays, 0..100);
    others.push(event_of_canaries(&stays, 100, "OTHERS"));
    writer.insert(&others).await.unwrap();
    let before = events_of(&clickhouse, &stays).await;
    let words = canaries("CANARY");
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert_eq!(on_disk(&clickhouse, &words).len(), words.len());
    // A merged part has indexes, which keep words and values of their own.
    run(&clickhouse, "OPTIMIZE TABLE events FINAL").await;
    let files = scan(&clickhouse.data_directory(), &["CANARYACTIVITY"]).unwrap();
    let is_of_index = |file: &PathBuf| file.to_string_lossy().contains("skp_idx_searched");
    assert!(files["CANARYACTIVITY"].iter().any(is_of_index), "{files:?}");

    // What a search has read stays in memory, and outlives its files.
    let word = Search {
        filter: Filter {
            words: vec!["CANARYACTIVITY".to_owned()],
            ..Filter::default()
        },
        ..Search::default()
    };
    let reader = clickhouse.reader().unwrap();
    assert_eq!(reader.search(&gone, &word).await.unwrap().total, Some(1));
    for cache in CACHES {
        assert_ne!(bytes_of(&clickhouse, cache).await, "0", "{cache}");
    }

    // Nothing is removed as long as merges are stopped: what hides it is not its absence.
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let eraser = eraser(&clickhouse);
    let asked = request(&gone, Scope::Tenant, ErasureMode::Delete);
    let receipt = eraser.begin(&asked).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Hidden);
    let id = receipt.id;
    assert_eq!(everything(&reader, &gone).await.total, Some(0));
    assert_eq!(exported(&reader, &gone, &Search::default()).await, []);
    // Whoever controls the reader's SQL cannot look behind it.
    let credentials = clickhouse.passwords().reader_credentials();
    let digits: Vec<_> = gone
        .as_str()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let header = digits.concat();
    let headers = [("X-Daybook-Org", header.as_str())];
    let sql = "SELECT count() FROM tenant_events SETTINGS apply_mutations_on_fly = 0";
    let answer = ask(&clickhouse, &credentials, "", &headers, sql).await;
    assert_eq!(answer.text.trim(), "0");
    assert_eq!(events_of(&clickhouse, &stays).await, before);
    assert_eq!(
        eraser.advance(id).await.unwrap().state,
        ErasureState::Hidden
    );
    assert_eq!(on_disk(&clickhouse, &words).len(), words.len());

    run(&clickhouse, "SYSTEM START MERGES events").await;
    let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
    for cache in CACHES {
        assert_eq!(bytes_of(&clickhouse, cache).await, "0", "{cache}");
    }
    assert_eq!(receipt.report.rows[0].own, 301);
    assert_eq!(receipt.report.rows[0].partition, 202_611);
    let reached: Vec<_> = receipt
        .report
        .reached
        .iter()
        .map(|(state, _)| *state)
        .collect();
    assert_eq!(
        reached,
        [
            ErasureState::Requested,
            ErasureState::Hidden,
            ErasureState::Removed,
            ErasureState::Verified
        ]
    );
    assert!(receipt.report.checks.len() > 4 && receipt.report.not_searched.len() > 2);
    assert_eq!(on_disk(&clickhouse, &words), Vec::<&str>::new());
    assert!(!on_disk(&clickhouse, &["OTHERSACTIVITY"]).is_empty());
    assert_eq!(events_of(&clickhouse, &stays).await, before);

    // What stays is that it happened.
    let page = everything(&reader, &gone).await;
    assert_eq!(page.total, Some(1));
    assert_eq!(page.events[0].service_name, OWN_SERVICE);
    assert_eq!(page.events[0].entity.id, id.to_string());
    assert_eq!(eraser.status(&gone, id).await.unwrap(), receipt);
    let of_another = eraser.status(&stays, id).await.unwrap_err();
    assert!(matches!(of_another, StoreError::UnknownErasure(_)));
    assert_eq!(eraser.advance(id).await.unwrap(), receipt);
}

#[tokio::test]
async fn what_was_restored_is_erased_again() {
    let clickhouse = start().await;
    let gone = tenant("restored");
    writer(&clickhouse)
        .insert(&batch(&gone, 0..50))
        .await
        .unwrap();
    run(&clickhouse, "CREATE TABLE backup AS events").await;
    run(&clickhouse, "INSERT INTO backup SELECT * FROM events").await;
    run(&clickhouse, "BACKUP TABLE events TO File('events/')").await;
    let asked = request(&gone, Scope::Tenant, ErasureMode::Delete);
    let id = erase(&clickhouse, &asked).await.id;
    let eraser = eraser(&clickhouse);
    assert!(eraser.reapply_everything().await.unwrap().is_empty());

    for is_another_table in [true, false] {
        if is_another_table {
            run(&clickhouse, "DROP TABLE events SYNC").await;
            // Whoever looks while it is restored has not seen all of it.
            let structure = "RESTORE TABLE events FROM File('events/') SETTINGS structure_only = 1";
            run(&clickhouse, structure).await;
            assert!(eraser.reapply().await.unwrap().is_empty());
            run(&clickhouse, "RESTORE TABLE events FROM File('events/')").await;
            assert_eq!(events_of(&clickhouse, &gone).await.len(), 50);
            assert_eq!(eraser.reapply().await.unwrap(), [id]);
        } else {
            run(&clickhouse, "INSERT INTO events SELECT * FROM backup").await;
            assert_eq!(events_of(&clickhouse, &gone).await.len(), 50);
            // To look through a tenant's events each minute for each person that was ever erased would take too long.
            assert!(eraser.reapply().await.unwrap().is_empty());
            assert_eq!(eraser.reapply_everything().await.unwrap(), [id]);
        }
        assert_eq!(eraser.unfinished().await.unwrap(), [id]);
        let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
        assert_eq!(receipt.report.rows[0].own, 50);
        assert_eq!(events_of(&clickhouse, &gone).await, []);
        assert!(eraser.reapply_everything().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_detached_part_is_not_passed_over_in_silence() {
    let clickhouse = start().await;
    let gone = tenant("detached");
    writer(&clickhouse)
        .insert(&batch(&gone, 0..5))
        .await
        .unwrap();
    run(&clickhouse, "ALTER TABLE events DETACH PARTITION 202611").await;
    let eraser = eraser(&clickhouse);
    let asked = request(&gone, Scope::Tenant, ErasureMode::Delete);
    let id = eraser.request(&asked).await.unwrap();
    let error = eraser.run_to_end(id, TIME_MAX).await.unwrap_err();
    assert!(matches!(error, StoreError::ErasureBlocked(_)), "{error}");
    run(&clickhouse, "ALTER TABLE events ATTACH PARTITION 202611").await;
    eraser.run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(events_of(&clickhouse, &gone).await, []);
}

#[tokio::test]
async fn what_clickhouse_is_just_deleting_is_not_removed_yet() {
    let clickhouse = start().await;
    let gone = tenant("being-deleted");
    let event = event_of_canaries(&gone, 1, "DELETED");
    writer(&clickhouse).insert(&[event]).await.unwrap();
    // Files stay for seconds after no active or outdated part has them.
    let delay = "SYSTEM ENABLE FAILPOINT remove_merge_tree_part_delay";
    run(&clickhouse, delay).await;
    let eraser = eraser(&clickhouse);
    let asked = request(&gone, Scope::Tenant, ErasureMode::Delete);
    let id = eraser.begin(&asked).await.unwrap().id;
    while eraser.advance(id).await.unwrap().state < ErasureState::Removed {
        tokio::task::yield_now().await;
    }
    let words = canaries("DELETED");
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    assert_eq!(on_disk(&clickhouse, &words), Vec::<&str>::new());
}

#[tokio::test]
async fn what_cannot_be_asked_for_changes_nothing() {
    let clickhouse = shared().await;
    let tenant = tenant("not-asked");
    let eraser = eraser(clickhouse);
    let person = || Scope::User("U-1234567".to_owned());
    let mut named = request(&tenant, person(), ErasureMode::Delete);
    "letter of u-1234567".clone_into(&mut named.reason);
    let mut silent = request(&tenant, person(), ErasureMode::Delete);
    " ".clone_into(&mut silent.reason);
    let nobody = Scope::Email(String::new());
    for refused in [
        named,
        silent,
        request(&tenant, Scope::Tenant, ErasureMode::Anonymise),
        request(&tenant, nobody, ErasureMode::Delete),
    ] {
        let error = eraser.request(&refused).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidErasure(_)), "{error}");
        assert!(!error.to_string().contains("1234567"));
    }
    // A short id is named as a word.
    let mut short = request(&tenant, Scope::User("4".to_owned()), ErasureMode::Delete);
    "letter of 24 Nov".clone_into(&mut short.reason);
    eraser.preview(&short).await.unwrap();
    "letter of user-4".clone_into(&mut short.reason);
    let refused = eraser.request(&short).await;
    assert!(matches!(refused, Err(StoreError::InvalidErasure(_))));
    let sql = "SELECT count() FROM erasures WHERE org_id = 'not-asked'";
    assert_eq!(run(clickhouse, sql).await, "0");
}
