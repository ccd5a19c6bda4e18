//! Copies of one event in a batch of which only some are let in.

use std::time::Duration;

use daybook_store::{ErasureMode, NewEvent, Retention, Scope, Stored, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use jiff::ToSpan;

use crate::canaries::{eraser, events_of, now, request, shared, writer};
use crate::fixture::{event_at, new, tenant};

/// How long a thousand copies may take.
const TIME_MAX: Duration = Duration::from_secs(20);

/// What the gateway says of a call, and what its service captured, which alone names the order.
fn copies(tenant: &TenantId) -> [NewEvent; 2] {
    let bare = event_at(tenant, 1, now() - (20 * 24).hours());
    let mut captured = bare.clone();
    "order".clone_into(&mut captured.entity.kind);
    "O-7".clone_into(&mut captured.entity.id);
    [new(bare), new(captured)]
}

async fn hold(clickhouse: &ClickHouse, tenant: &TenantId) -> Retention {
    let credentials = clickhouse.passwords().eraser_credentials();
    let retention = Retention::new(clickhouse.endpoint(), &credentials).unwrap();
    let order = Some(("order", "O-7"));
    retention.hold(tenant, order, true, "case 7").await.unwrap();
    retention
}

/// The held one is stored, and what comes after it in the batch is a copy of that.
async fn assert_held_is_stored(clickhouse: &ClickHouse, tenant: &TenantId, bare_is: Stored) {
    let [bare, captured] = copies(tenant);
    let batch = [bare.clone(), captured.clone(), bare, captured.clone()];
    let outcomes = writer(clickhouse).insert(&batch).await.unwrap();
    let (inserted, duplicate) = (Stored::Inserted, Stored::Duplicate);
    assert_eq!(outcomes, [bare_is, inserted, bare_is, duplicate]);
    let left = events_of(clickhouse, tenant).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].entity, captured.event.entity);
}

#[tokio::test]
async fn a_held_copy_is_stored_where_the_first_has_expired() {
    let clickhouse = shared().await;
    let tenant = tenant("copies-expired");
    let retention = hold(clickhouse, &tenant).await;
    retention.set(Some(&tenant), 10).await.unwrap();
    assert_held_is_stored(clickhouse, &tenant, Stored::Expired).await;
}

#[tokio::test]
async fn a_held_copy_is_stored_where_the_first_is_erased() {
    let clickhouse = shared().await;
    let tenant = tenant("copies-erased");
    let whole = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    eraser(clickhouse).request(&whole).await.unwrap();
    hold(clickhouse, &tenant).await;
    assert_held_is_stored(clickhouse, &tenant, Stored::Erased).await;
}

#[tokio::test]
async fn a_thousand_copies_that_differ_and_have_expired_are_decided_at_once() {
    let clickhouse = shared().await;
    let tenant = tenant("copies-many");
    let credentials = clickhouse.passwords().eraser_credentials();
    let retention = Retention::new(clickhouse.endpoint(), &credentials).unwrap();
    retention.set(Some(&tenant), 10).await.unwrap();
    let [bare, _] = copies(&tenant);
    let batch: Vec<NewEvent> = (0..1_000)
        .map(|number| {
            let mut copy = bare.event.clone();
            copy.entity.id = format!("O-{number}");
            new(copy)
        })
        .collect();
    // One after the other they would take minutes.
    let writer = writer(clickhouse);
    let decided = tokio::time::timeout(TIME_MAX, writer.insert(&batch)).await;
    let outcomes = decided.unwrap().unwrap();
    assert_eq!(outcomes, vec![Stored::Expired; batch.len()]);
}
