//! Copies that arrive late: out of the queue, the dead-letter queue, or a writer that did not know.

use std::time::Duration;

use daybook_store::{ErasureMode, ErasureState, Scope, StoreError, Stored};
use jiff::ToSpan;

use crate::canaries::{TIME_MAX, erase, eraser, events_of, now, request, run, shared, writer};
use crate::fixture::{batch, event_at, new, tenant};

#[tokio::test]
async fn late_copies_of_an_erased_tenant_are_not_stored_and_newer_events_are() {
    let clickhouse = shared().await;
    let tenant = tenant("late-tenant");
    let batch = batch(&tenant, 0..20);
    writer(clickhouse).insert(&batch).await.unwrap();
    erase(
        clickhouse,
        &request(&tenant, Scope::Tenant, ErasureMode::Delete),
    )
    .await;

    let newer = event_at(&tenant, 99, now() + 1.minute());
    let mut mixed = batch.clone();
    mixed.insert(3, new(newer.clone()));
    let mut expected = vec![Stored::Erased; 21];
    expected[3] = Stored::Inserted;
    assert_eq!(writer(clickhouse).insert(&mixed).await.unwrap(), expected);
    assert_eq!(events_of(clickhouse, &tenant).await, [newer]);
}

#[tokio::test]
async fn late_copies_of_an_erased_person_are_known_by_their_hash_alone() {
    let clickhouse = shared().await;
    let tenant = tenant("late-person");
    let own = |number: u32| {
        let mut event = crate::fixture::event(&tenant, number);
        "Late@example.com".clone_into(&mut event.caller.user_email);
        new(event)
    };
    let others = new(crate::fixture::event(&tenant, 50));
    writer(clickhouse).insert(&[own(1)]).await.unwrap();
    let email = Scope::Email("late@example.com".to_owned());
    erase(clickhouse, &request(&tenant, email, ErasureMode::Delete)).await;

    let outcomes = writer(clickhouse)
        .insert(&[own(2), others.clone(), own(1)])
        .await
        .unwrap();
    assert_eq!(outcomes, [Stored::Erased, Stored::Inserted, Stored::Erased]);
    // Without the key nobody can tell: they wait, and newer events do not.
    let keyless = clickhouse.writer().unwrap();
    let error = keyless.insert(&[own(3)]).await.unwrap_err();
    assert!(matches!(error, StoreError::NoErasureKey), "{error}");
    let newer = event_at(&tenant, 60, now() + 1.minute());
    let outcomes = keyless.insert(&[new(newer)]).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted]);
}

#[tokio::test]
async fn what_a_writer_stored_that_had_not_heard_is_swept_up() {
    let clickhouse = shared().await;
    let tenant = tenant("late-racing");
    writer(clickhouse)
        .insert(&batch(&tenant, 0..30))
        .await
        .unwrap();
    // What such a writer is about to store.
    run(clickhouse, "CREATE TABLE racing AS events").await;
    let copy = "INSERT INTO racing SELECT * FROM events \
                WHERE org_id = 'late-racing' ORDER BY timestamp LIMIT 20";
    run(clickhouse, copy).await;
    let careful = eraser(clickhouse).with_writers_settle(Duration::from_hours(1));
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let id = careful.request(&asked).await.unwrap();
    assert_eq!(
        careful.advance(id).await.unwrap().state,
        ErasureState::Hidden
    );
    run(clickhouse, "INSERT INTO events SELECT * FROM racing").await;
    // Its readers see nothing of that either, from the next step on; and as long as another one may
    // be storing, the erasure does not go on.
    assert_eq!(events_of(clickhouse, &tenant).await.len(), 20);
    careful.advance(id).await.unwrap();
    assert_eq!(events_of(clickhouse, &tenant).await, []);
    for _ in 0..3 {
        assert_eq!(
            careful.advance(id).await.unwrap().state,
            ErasureState::Hidden
        );
    }
    let receipt = eraser(clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.report.rows[0].own, 30);
    assert_eq!(receipt.report.late_rows, 20);
    let stored =
        "SELECT count() FROM events WHERE org_id = 'late-racing' AND service_name != 'daybook'";
    assert_eq!(run(clickhouse, stored).await, "0");
}

#[tokio::test]
async fn a_writer_hears_of_an_erasure_with_its_next_look() {
    let clickhouse = shared().await;
    let tenant = tenant("late-heard");
    let writer = writer(clickhouse);
    writer.insert(&batch(&tenant, 0..3)).await.unwrap();
    let eraser = eraser(clickhouse);
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    eraser.request(&asked).await.unwrap();
    let outcomes = writer.insert(&batch(&tenant, 3..6)).await.unwrap();
    assert_eq!(outcomes, [Stored::Erased; 3]);
}

#[tokio::test]
async fn writers_that_store_all_the_while_leave_nothing_behind() {
    let clickhouse = shared().await;
    let tenant = tenant("late-all-the-while");
    writer(clickhouse)
        .insert(&batch(&tenant, 0..100))
        .await
        .unwrap();
    let eraser = eraser(clickhouse).with_writers_settle(Duration::from_secs(2));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let storing: Vec<_> = (1..4_u32)
        .map(|number| {
            let (writer, tenant, stopped) = (writer(clickhouse), tenant.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut last = Vec::new();
                for start in (number * 10_000..).step_by(20) {
                    last = writer
                        .insert(&batch(&tenant, start..start + 20))
                        .await
                        .unwrap();
                    if *stopped.borrow() {
                        break;
                    }
                }
                last
            })
        })
        .collect();
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let id = eraser.begin(&asked).await.unwrap().id;
    eraser.run_to_end(id, TIME_MAX).await.unwrap();
    stop.send_replace(true);
    for outcomes in futures::future::join_all(storing).await {
        assert_eq!(outcomes.unwrap(), [Stored::Erased; 20]);
    }
    let stored = "SELECT count() FROM events \
                  WHERE org_id = 'late-all-the-while' AND service_name != 'daybook'";
    assert_eq!(run(clickhouse, stored).await, "0");
}
