//! A person who is held is not erased, whatever is stored.

use daybook_event::{AuditEvent, Entity};
use daybook_store::{ErasureMode, ErasureRequest, Retention, Scope, StoreError, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use jiff::ToSpan;

use crate::canaries::{eraser, now, request, shared, writer};
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

/// A tenant in whose log Jane is, with a hold of an order that nothing is stored of.
async fn held(clickhouse: &ClickHouse, name: &str) -> TenantId {
    let tenant = tenant(name);
    let stored = new(by_jane(&tenant, 1, "O-1"));
    writer(clickhouse).insert(&[stored]).await.unwrap();
    let retention = retention(clickhouse);
    retention.hold(&tenant, HELD, true, "case 7").await.unwrap();
    tenant
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
