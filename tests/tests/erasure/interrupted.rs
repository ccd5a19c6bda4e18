//! A request that ended between its two rows: whom it is about, and then its erasure. The first may stand without
//! the second, and in a backup, which is not of all tables at one moment, the second without the first.

use std::time::Duration;

use daybook_event::AuditEvent;
use daybook_query_api::work_on_erasures;
use daybook_store::{ErasureMode, ErasureRequest, ErasureState, Scope, StoreError, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use uuid::Uuid;

use crate::canaries::{
    ENGINE, TIME_MAX, erase, eraser, events_of, hasten, request, run, start, writer,
};
use crate::fixture::{event, new, tenant};

const EMAIL: &str = "jane.roe@example.com";

/// Jane stands in somebody else's text, and nowhere else: nothing but the request tells of her.
fn told(tenant: &TenantId) -> AuditEvent {
    let mut event = event(tenant, 1);
    event.activity = format!("Tom invited {EMAIL}");
    event
}

/// Has Jane told of in the log of a tenant; how to ask that she is erased there.
async fn jane_is_to_go(clickhouse: &ClickHouse, name: &str) -> ErasureRequest {
    let tenant = tenant(name);
    let batch = [new(told(&tenant))];
    writer(clickhouse).insert(&batch).await.unwrap();
    request(&tenant, Scope::Email(EMAIL.to_owned()), ErasureMode::Delete)
}

async fn lose_the_subject(clickhouse: &ClickHouse, id: Uuid) {
    let drop = format!("ALTER TABLE erasure_subjects DROP PARTITION '{id}'");
    run(clickhouse, &drop).await;
}

#[tokio::test]
async fn an_erasure_of_nobody_knows_whom_is_never_verified() {
    let clickhouse = start().await;
    hasten(&clickhouse).await;
    let tenant = tenant("interrupted");
    let told = told(&tenant);
    writer(&clickhouse)
        .insert(&[new(told.clone())])
        .await
        .unwrap();
    let asked = request(&tenant, Scope::Email(EMAIL.to_owned()), ErasureMode::Delete);
    let id = eraser(&clickhouse).request(&asked).await.unwrap();
    lose_the_subject(&clickhouse, id).await;
    let blocked = eraser(&clickhouse).advance(id).await.unwrap_err();
    assert!(
        matches!(blocked, StoreError::ErasureBlocked(_)),
        "{blocked}"
    );
    assert_eq!(events_of(&clickhouse, &tenant).await, [told]);

    let again = eraser(&clickhouse).request(&asked).await.unwrap();
    for id in [id, again] {
        let receipt = eraser(&clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
        assert_eq!(receipt.state, ErasureState::Verified);
    }
    let activity = &events_of(&clickhouse, &tenant).await[0].activity;
    assert!(activity.starts_with("Tom invited erased-"), "{activity}");
}

#[tokio::test]
async fn asking_again_with_the_same_key_tells_whom_it_is_about() {
    let clickhouse = start().await;
    let asked = jane_is_to_go(&clickhouse, "interrupted-once").await;
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let eraser = eraser(&clickhouse);
    let id = eraser.begin_once(&asked, "key").await.unwrap().id;
    // As if only the first row of its request had been written.
    for sql in [
        "KILL MUTATION WHERE table = 'events'".to_owned(),
        format!(
            "ALTER TABLE erasures DELETE WHERE id = '{id}' AND step > 0 SETTINGS mutations_sync = 1"
        ),
    ] {
        run(&clickhouse, &sql).await;
    }
    lose_the_subject(&clickhouse, id).await;
    let status = eraser.status(&asked.tenant, id).await.unwrap();
    assert_eq!(status.state, ErasureState::Requested);
    assert!(
        events_of(&clickhouse, &asked.tenant).await[0]
            .activity
            .contains(EMAIL)
    );

    let again = eraser.begin_once(&asked, "key").await.unwrap();
    assert_eq!((again.id, again.state), (id, ErasureState::Hidden));
    let activity = &events_of(&clickhouse, &asked.tenant).await[0].activity;
    assert!(activity.starts_with("Tom invited erased-"), "{activity}");
}

/// How many subjects are remembered.
async fn subjects(clickhouse: &ClickHouse) -> String {
    run(clickhouse, "SELECT count() FROM erasure_subjects").await
}

#[tokio::test]
async fn a_subject_without_an_erasure_is_forgotten_after_an_hour() {
    let clickhouse = start().await;
    let asked = jane_is_to_go(&clickhouse, "interrupted-before").await;
    let asked = eraser(&clickhouse).request(&asked).await.unwrap();
    let orphan = Uuid::from_u128(7);
    let remember = format!("INSERT INTO erasure_subjects VALUES ('{orphan}', '{EMAIL}')");
    run(&clickhouse, &remember).await;
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let worked = eraser(&clickhouse).work().await.unwrap();
    worked.forgotten.unwrap();
    assert_eq!(
        subjects(&clickhouse).await,
        "2",
        "its erasure may still come"
    );

    assert_eq!(an_hour_goes_by(&clickhouse).await, 2);
    let worked = eraser(&clickhouse).work().await.unwrap();
    worked.forgotten.unwrap();
    let left = run(&clickhouse, "SELECT id FROM erasure_subjects").await;
    assert_eq!(left, asked.to_string());
}

#[tokio::test]
async fn it_is_forgotten_where_nothing_is_to_be_erased_as_well() {
    let clickhouse = start().await;
    let remember = format!(
        "INSERT INTO erasure_subjects VALUES ('{}', '{EMAIL}')",
        Uuid::from_u128(8)
    );
    run(&clickhouse, &remember).await;
    assert_eq!(an_hour_goes_by(&clickhouse).await, 1);
    let is_forgotten = async {
        while subjects(&clickhouse).await != "0" {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = work_on_erasures(eraser(&clickhouse), None) => {}
        done = tokio::time::timeout(TIME_MAX, is_forgotten) => done.unwrap(),
    }
}

#[tokio::test]
async fn what_was_worked_at_is_told_where_nothing_can_be_forgotten() {
    // By the time of its part a subject is known that nobody needs.
    let without = |xml: &str| xml.replace(", modification_time", "");
    let clickhouse = ClickHouse::start_with_users(ENGINE, without).await.unwrap();
    let asked = jane_is_to_go(&clickhouse, "not-forgotten").await;
    let id = eraser(&clickhouse).request(&asked).await.unwrap();
    let worked = eraser(&clickhouse).work().await.unwrap();
    assert!(matches!(worked.forgotten, Err(StoreError::Refused { .. })));
    let told: Vec<_> = worked
        .erasures
        .into_iter()
        .map(|(id, worked)| (id, worked.unwrap().state))
        .collect();
    assert_eq!(told, [(id, ErasureState::Hidden)]);
}

/// How many folders of remembered subjects are older now.
async fn an_hour_goes_by(clickhouse: &ClickHouse) -> usize {
    let folders = "SELECT path FROM system.parts WHERE table = 'erasure_subjects' AND active";
    let folders = run(clickhouse, folders).await;
    run(clickhouse, "DETACH TABLE erasure_subjects SYNC").await;
    let earlier = std::time::SystemTime::now() - Duration::from_hours(2);
    for folder in folders.lines() {
        let folder = std::fs::File::open(folder).unwrap();
        folder.set_modified(earlier).unwrap();
    }
    run(clickhouse, "ATTACH TABLE erasure_subjects").await;
    folders.lines().count()
}

#[tokio::test]
async fn what_another_erasure_hides_and_has_not_removed_is_removed_by_both() {
    let clickhouse = start().await;
    hasten(&clickhouse).await;
    let tenant = tenant("hidden-by-another");
    writer(&clickhouse)
        .insert(&[new(told(&tenant))])
        .await
        .unwrap();
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let asked = request(&tenant, Scope::Email(EMAIL.to_owned()), ErasureMode::Delete);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let receipt = eraser(&clickhouse).begin(&asked).await.unwrap();
        assert_eq!(receipt.state, ErasureState::Hidden);
        // Its receipt is about what this one has seen to, and no part has been through either.
        let own = format!(
            "SELECT count() FROM system.mutations WHERE NOT is_done AND position(command, '{}') > 0",
            receipt.id
        );
        assert_ne!(run(&clickhouse, &own).await, "0");
        ids.push(receipt.id);
    }
    run(&clickhouse, "SYSTEM START MERGES events").await;
    for id in ids {
        let receipt = eraser(&clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
        assert_eq!(receipt.state, ErasureState::Verified);
    }
}

#[tokio::test]
async fn a_mutation_that_clickhouse_has_forgotten_has_to_have_been_through_all_parts_as_well() {
    let clickhouse = start().await;
    run(
        &clickhouse,
        "ALTER TABLE events MODIFY SETTING old_parts_lifetime = 3600",
    )
    .await;
    let asked = jane_is_to_go(&clickhouse, "hidden-and-forgotten").await;
    let id = eraser(&clickhouse).begin(&asked).await.unwrap().id;
    let of_it = format!("table = 'events' AND position(command, '{id}') > 0");
    let at_work = format!("SELECT count() FROM system.mutations WHERE NOT is_done AND {of_it}");
    while run(&clickhouse, &at_work).await != "0" {
        tokio::task::yield_now().await;
    }
    run(&clickhouse, &format!("KILL MUTATION WHERE {of_it}")).await;
    let receipt = eraser(&clickhouse).advance(id).await.unwrap();
    assert_eq!(
        receipt.state,
        ErasureState::Hidden,
        "what it replaced is on the disk"
    );

    hasten(&clickhouse).await;
    let receipt = eraser(&clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Verified);
}

#[tokio::test]
async fn what_one_hands_over_after_another_has_verified_it_names_nobody_for_long() {
    let clickhouse = start().await;
    let asked = jane_is_to_go(&clickhouse, "verified-by-another").await;
    let receipt = erase(&clickhouse, &asked).await;
    // Backups may have it until they are gone themselves, and one may have been made a moment before.
    let last = receipt.report.reached.last().unwrap().1;
    assert_eq!(
        receipt.copies_until.backups.duration_since(last).as_hours(),
        35 * 24
    );
    let id = receipt.id;
    let late = format!("ALTER TABLE events DELETE WHERE '{id}' != '' AND caller_name = '{EMAIL}'");
    run(&clickhouse, &late).await;
    let worked = eraser(&clickhouse).work().await.unwrap();
    worked.forgotten.unwrap();
    let texts = format!("SELECT count() FROM system.mutations WHERE position(command, '{id}') > 0");
    assert_eq!(run(&clickhouse, &texts).await, "0");
}

#[tokio::test]
async fn of_two_who_went_on_at_once_the_further_one_counts() {
    let clickhouse = start().await;
    let asked = jane_is_to_go(&clickhouse, "at-once").await;
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let id = eraser(&clickhouse).begin(&asked).await.unwrap().id;
    let other = format!(
        "INSERT INTO erasures SELECT * REPLACE('requested' AS state) FROM erasures \
         WHERE id = '{id}' AND step = (SELECT max(step) FROM erasures WHERE id = '{id}')"
    );
    run(&clickhouse, &other).await;
    let status = eraser(&clickhouse).status(&asked.tenant, id).await.unwrap();
    assert_eq!(status.state, ErasureState::Hidden);
}

/// Blocks of a restored table count from one again.
#[tokio::test]
async fn what_parts_of_another_table_had_to_be_through_is_nothing_to_wait_for() {
    let clickhouse = start().await;
    let asked = jane_is_to_go(&clickhouse, "hidden-in-another").await;
    let id = eraser(&clickhouse).begin(&asked).await.unwrap().id;
    let other = format!(
        r#"INSERT INTO erasures SELECT * REPLACE(step + 1 AS step, replaceRegexpOne(replaceRegexpOne(
           report, '"hidden_in":"[^"]*"', '"hidden_in":"another"'),
           '"versions":\\{{[^}}]*\\}}', '"versions":{{"":99999999}}') AS report)
           FROM (SELECT * FROM erasures WHERE id = '{id}' ORDER BY step DESC LIMIT 1)"#
    );
    run(&clickhouse, &other).await;
    let told =
        format!("SELECT count() FROM erasures WHERE id = '{id}' AND report LIKE '%99999999%'");
    assert_eq!(run(&clickhouse, &told).await, "1");
    let receipt = eraser(&clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Verified);
}
