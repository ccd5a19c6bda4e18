//! ClickHouse stops, is killed, or is in use: what was acknowledged stays, and is there once.

use daybook_clickhouse_launcher::LauncherError;
use daybook_store::{RolePasswords, Search, Stored};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{batch, everything, exported, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");

#[tokio::test]
async fn stored_events_are_known_after_a_restart_and_after_kill_9() {
    let tenant = tenant("restart");
    let mut clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let writer = clickhouse.writer().unwrap();
    let first = writer.insert(&batch(&tenant, 0..500)).await.unwrap();
    assert_eq!(first, vec![Stored::Inserted; 500]);

    for (is_killed, end) in [(false, 600), (true, 700), (true, 800)] {
        clickhouse = clickhouse.restart(is_killed).await.unwrap();
        let writer = clickhouse.writer().unwrap();
        let outcomes = writer.insert(&batch(&tenant, 0..end)).await.unwrap();
        let duplicates = outcomes
            .iter()
            .filter(|&&outcome| outcome == Stored::Duplicate)
            .count();
        assert_eq!(duplicates, end as usize - 100);

        let reader = clickhouse.reader().unwrap();
        let page = everything(&reader, &tenant).await;
        assert_eq!(page.total, Some(u64::from(end)));
        let exported = exported(&reader, &tenant, &Search::default()).await;
        assert_eq!(exported, page.events);
    }
}

#[tokio::test]
async fn killed_while_storing_then_sent_again_each_event_is_there_once() {
    let tenant = tenant("restart-while-storing");
    let mut clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let mut acknowledged = 0;
    for round in 0..4_u32 {
        let writer = clickhouse.writer().unwrap();
        let name = tenant.clone();
        let storing = tokio::spawn(async move {
            let mut stored = 0;
            for start in (0..5_000).step_by(100) {
                match writer.insert(&batch(&name, start..start + 100)).await {
                    Ok(_) => stored = start + 100,
                    Err(error) => {
                        assert!(error.may_succeed_later(), "{error}");
                        break;
                    }
                }
            }
            stored
        });
        let reader = clickhouse.reader().unwrap();
        // Killed when it has stored a good part of this round, at no fixed point of an insert.
        while !storing.is_finished()
            && everything(&reader, &tenant).await.total < Some(u64::from((round + 1) * 700))
        {
        }
        clickhouse = clickhouse.restart(true).await.unwrap();
        acknowledged = acknowledged.max(storing.await.unwrap());
        let reader = clickhouse.reader().unwrap();
        let total = everything(&reader, &tenant).await.total;
        assert!(total >= Some(u64::from(acknowledged)), "{total:?}");
    }
    let writer = clickhouse.writer().unwrap();
    writer.insert(&batch(&tenant, 0..5_000)).await.unwrap();
    let reader = clickhouse.reader().unwrap();
    let page = everything(&reader, &tenant).await;
    assert_eq!(page.total, Some(5_000));
    assert_eq!(page.events.len(), 5_000);
}

#[tokio::test]
async fn a_directory_in_use_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let passwords = RolePasswords::random();
    let first = ClickHouse::start_on(directory.path(), ENGINE, passwords.clone())
        .await
        .unwrap();
    // As an engine whose parent was killed a moment ago: it ends while the second one waits.
    let orphan = tokio::spawn(async move {
        let reader = first.reader().unwrap();
        for _ in 0..100 {
            reader.ping().await.unwrap();
        }
        drop(first);
    });
    let second = ClickHouse::start_on(directory.path(), ENGINE, passwords).await;
    assert!(orphan.is_finished(), "two engines lived on one directory");
    second.unwrap().reader().unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn an_engine_that_cannot_start_says_why_in_a_few_lines() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::write(&data, "not a directory").unwrap();
    let error = ClickHouse::start_on(directory.path(), ENGINE, RolePasswords::random())
        .await
        .unwrap_err();
    let error = error.downcast::<LauncherError>().unwrap();
    let message = error.to_string();
    assert!(matches!(error, LauncherError::Ended { .. }), "{message}");
    assert!(message.contains(&*data.to_string_lossy()), "{message}");
    assert!(message.len() < 2_000, "{message}");
}
