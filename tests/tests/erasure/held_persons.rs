//! What a hold keeps of a person whose erasure it does not refuse: of an order that is held nothing was stored yet.

use daybook_event::{AuditEvent, Entity};
use daybook_store::{
    ErasureMode, ErasureRequest, ErasureState, Retention, Scope, StoreError, Stored, TenantId,
};
use daybook_tests::clickhouse::ClickHouse;
use jiff::ToSpan;

use crate::canaries::{TIME_MAX, eraser, events_of, now, request, run, shared, writer};
use crate::fixture::{event_at, new, tenant};

const JANE: &str = "U-0000000-jane";
const HELD: Option<(&str, &str)> = Some(("order", "O-7"));

fn retention(clickhouse: &ClickHouse) -> Retention {
    let credentials = clickhouse.passwords().eraser_credentials();
    Retention::new(clickhouse.endpoint(), &credentials).unwrap()
}

/// Something that Jane did to an order before she was erased.
fn by_jane(tenant: &TenantId, number: u32, order: &str) -> AuditEvent {
    let mut event = event_at(tenant, number, now() - 1.hours());
    JANE.clone_into(&mut event.caller.user_id);
    event.caller.user_email.clear();
    event.entity = Entity {
        kind: "order".to_owned(),
        id: order.to_owned(),
        name: String::new(),
    };
    event
}

fn jane_is_to_go(tenant: &TenantId) -> ErasureRequest {
    request(tenant, Scope::User(JANE.to_owned()), ErasureMode::Delete)
}

async fn orders(clickhouse: &ClickHouse, tenant: &TenantId) -> Vec<String> {
    let events = events_of(clickhouse, tenant).await;
    events.into_iter().map(|event| event.entity.id).collect()
}

/// A tenant in whose log Jane is, with a hold of an order that nothing is stored of.
async fn held(clickhouse: &ClickHouse, name: &str) -> TenantId {
    let tenant = tenant(name);
    let stored = new(by_jane(&tenant, 1, "O-1"));
    writer(clickhouse).insert(&[stored]).await.unwrap();
    let retention = retention(clickhouse);
    retention.hold(&tenant, HELD, true, "case 7").await.unwrap();
    tenant
}

async fn release(clickhouse: &ClickHouse, tenant: &TenantId) {
    let retention = retention(clickhouse);
    retention.hold(tenant, HELD, false, "closed").await.unwrap();
}

fn is_kept_by_hold(error: &StoreError) -> bool {
    matches!(error, StoreError::ErasureBlocked(_)) && error.is_waiting_for_hold()
}

#[tokio::test]
async fn a_hold_keeps_of_a_person_what_is_in_the_queue_still() {
    let clickhouse = shared().await;
    let tenant = held(clickhouse, "held-person-queue").await;
    let eraser = eraser(clickhouse);
    let hidden = eraser.begin(&jane_is_to_go(&tenant)).await.unwrap();
    assert_eq!(hidden.state, ErasureState::Hidden);
    let late = [by_jane(&tenant, 2, "O-7"), by_jane(&tenant, 3, "O-8")].map(new);
    let outcomes = writer(clickhouse).insert(&late).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted, Stored::Erased]);
    for _ in 0..2 {
        let error = eraser.advance(hidden.id).await.unwrap_err();
        assert!(is_kept_by_hold(&error), "{error}");
        assert_eq!(orders(clickhouse, &tenant).await, ["O-7"]);
    }
    release(clickhouse, &tenant).await;
    let receipt = eraser.run_to_end(hidden.id, TIME_MAX).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Verified);
    assert!(orders(clickhouse, &tenant).await.is_empty());
}

#[tokio::test]
async fn a_hold_keeps_of_a_person_what_a_writer_was_about_to_store() {
    let clickhouse = shared().await;
    let tenant = held(clickhouse, "held-person-racing").await;
    // What such a writer is about to store.
    let late = new(by_jane(&tenant, 2, "O-7"));
    writer(clickhouse).insert(&[late]).await.unwrap();
    for sql in [
        "CREATE TABLE racing_held AS events",
        "INSERT INTO racing_held SELECT * FROM events \
         WHERE org_id = 'held-person-racing' AND entity_id = 'O-7'",
        "ALTER TABLE events DELETE WHERE org_id = 'held-person-racing' AND entity_id = 'O-7'",
    ] {
        run(clickhouse, sql).await;
    }
    let eraser = eraser(clickhouse);
    let hidden = eraser.begin(&jane_is_to_go(&tenant)).await.unwrap();
    assert_eq!(hidden.state, ErasureState::Hidden);
    run(clickhouse, "INSERT INTO events SELECT * FROM racing_held").await;
    let error = eraser.advance(hidden.id).await.unwrap_err();
    assert!(is_kept_by_hold(&error), "{error}");
    assert_eq!(orders(clickhouse, &tenant).await, ["O-7"]);
    release(clickhouse, &tenant).await;
    eraser.run_to_end(hidden.id, TIME_MAX).await.unwrap();
    assert!(orders(clickhouse, &tenant).await.is_empty());
}

#[tokio::test]
async fn what_is_held_and_comes_after_the_end_of_an_erasure_is_kept_until_it_is_released() {
    let clickhouse = shared().await;
    let tenant = held(clickhouse, "held-person-verified").await;
    let eraser = eraser(clickhouse);
    let id = eraser.request(&jane_is_to_go(&tenant)).await.unwrap();
    eraser.run_to_end(id, TIME_MAX).await.unwrap();
    let late = new(by_jane(&tenant, 2, "O-7"));
    let outcomes = writer(clickhouse).insert(&[late]).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted]);
    assert!(eraser.reapply_everything().await.unwrap().contains(&id));
    let error = eraser.advance(id).await.unwrap_err();
    assert!(is_kept_by_hold(&error), "{error}");
    assert_eq!(orders(clickhouse, &tenant).await, ["O-7"]);
    release(clickhouse, &tenant).await;
    eraser.run_to_end(id, TIME_MAX).await.unwrap();
    assert!(orders(clickhouse, &tenant).await.is_empty());
}

#[tokio::test]
async fn a_person_who_is_held_is_not_erased_though_nothing_stored_is_of_them() {
    let clickhouse = shared().await;
    let tenant = held(clickhouse, "held-person-self").await;
    let retention = retention(clickhouse);
    for thing in [("user", JANE), ("seat", "Jane@example.com")] {
        retention
            .hold(&tenant, Some(thing), true, "case 7")
            .await
            .unwrap();
    }
    let email = Scope::Email("jane@example.com".to_owned());
    for asked in [
        jane_is_to_go(&tenant),
        request(&tenant, email, ErasureMode::Anonymise),
    ] {
        let error = eraser(clickhouse).request(&asked).await.unwrap_err();
        assert!(matches!(error, StoreError::LegalHold(_)), "{error}");
    }
}
