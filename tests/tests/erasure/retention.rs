//! How long events are kept, and what a hold keeps.

use std::time::Duration;

use daybook_event::{Entity, never_expires};
use daybook_store::{
    ErasureMode, ErasureRequest, ErasureState, Retention, RetentionRule, Scope, StoreError, Stored,
    TenantId,
};
use daybook_tests::clickhouse::ClickHouse;
use jiff::{SignedDuration, ToSpan};

use crate::canaries::{TIME_MAX, eraser, events_of, now, request, run, shared, start, writer};
use crate::fixture::{event_at, new, tenant};

fn retention(clickhouse: &ClickHouse) -> Retention {
    let credentials = clickhouse.passwords().eraser_credentials();
    Retention::new(clickhouse.endpoint(), &credentials).unwrap()
}

/// Events of 1, 20 and 400 days ago, of one order each.
fn events(tenant: &TenantId) -> Vec<daybook_store::NewEvent> {
    let now = now();
    [1_i64, 20, 400]
        .into_iter()
        .zip(0..)
        .map(|(days, number)| {
            let mut event = event_at(tenant, number, now - (days * 24).hours());
            event.entity = Entity {
                kind: "order".to_owned(),
                id: format!("O-{days}"),
                name: String::new(),
            };
            new(event)
        })
        .collect()
}

async fn orders(clickhouse: &ClickHouse, tenant: &TenantId) -> Vec<String> {
    let events = events_of(clickhouse, tenant).await;
    events.into_iter().map(|event| event.entity.id).collect()
}

#[tokio::test]
async fn a_tenants_days_reach_what_is_stored_and_what_comes() {
    let clickhouse = shared().await;
    let (short, other) = (tenant("retention-short"), tenant("retention-other"));
    let batch = events(&short);
    writer(clickhouse).insert(&batch).await.unwrap();
    writer(clickhouse).insert(&events(&other)).await.unwrap();
    let retention = retention(clickhouse);
    retention.set(Some(&short), 30).await.unwrap();
    assert_eq!(orders(clickhouse, &short).await, ["O-20", "O-1"]);
    assert_eq!(orders(clickhouse, &other).await.len(), 3);
    let stored = events_of(clickhouse, &short).await;
    let kept = SignedDuration::from_hours(30 * 24);
    assert_eq!(stored[0].expires_at, stored[0].timestamp + kept);

    // The expired one is refused when it comes again, and a new one gets its days.
    let outcomes = writer(clickhouse).insert(&batch).await.unwrap();
    assert_eq!(outcomes[..2], [Stored::Duplicate; 2]);
    // Whether ClickHouse has removed it already or not, it is not stored again.
    assert!(matches!(outcomes[2], Stored::Expired | Stored::Duplicate));
    assert_eq!(orders(clickhouse, &short).await, ["O-20", "O-1"]);
    let now = now();
    let newer = event_at(&short, 9, now);
    writer(clickhouse).insert(&[new(newer)]).await.unwrap();
    let stored = events_of(clickhouse, &short).await;
    assert_eq!(stored[2].expires_at, now + kept);

    // Longer again: what is left is kept longer.
    retention.set(Some(&short), 0).await.unwrap();
    let stored = events_of(clickhouse, &short).await;
    assert!(
        stored
            .iter()
            .all(|event| event.expires_at == never_expires())
    );
    let rules = retention.rules().await.unwrap();
    assert!(rules.contains(&RetentionRule {
        org_id: "retention-short".to_owned(),
        days: 0
    }));
}

#[tokio::test]
async fn what_is_said_last_counts_whatever_the_clocks_say() {
    let clickhouse = shared().await;
    let tenant = tenant("retention-clock");
    writer(clickhouse).insert(&events(&tenant)).await.unwrap();
    // Said by a machine whose clock is a year ahead.
    for sql in [
        "INSERT INTO retention (org_id, at, days) \
         VALUES ('retention-clock', now64(3) + INTERVAL 1 YEAR, 5)",
        "INSERT INTO legal_holds (org_id, at, held, reason) \
         VALUES ('retention-clock', now64(3) + INTERVAL 1 YEAR, false, 'closed')",
    ] {
        run(clickhouse, sql).await;
    }
    let retention = retention(clickhouse);
    retention.set(Some(&tenant), 30).await.unwrap();
    let rules = retention.rules().await.unwrap();
    let rule = rules.iter().find(|rule| rule.org_id == tenant.as_str());
    assert_eq!(rule.unwrap().days, 30);
    retention.hold(&tenant, None, true, "case 8").await.unwrap();
    let holds = retention.holds().await.unwrap();
    assert!(holds.iter().any(|hold| hold.org_id == tenant.as_str()));
}

#[tokio::test]
async fn the_default_is_for_those_that_have_no_days_of_their_own() {
    let clickhouse = start().await;
    let (own, held, rest) = (tenant("own-days"), tenant("held"), tenant("rest"));
    for tenant in [&own, &held, &rest] {
        writer(&clickhouse).insert(&events(tenant)).await.unwrap();
    }
    // The names of all who have days of their own are more than ClickHouse takes in a parameter.
    let many = "INSERT INTO retention (org_id, at, days) \
                SELECT toString(generateUUIDv4()), now64(3), 7 FROM numbers(4000)";
    run(&clickhouse, many).await;
    let retention = retention(&clickhouse);
    retention.set(Some(&own), 1_000).await.unwrap();
    let order = Some(("order", "O-400"));
    retention.hold(&held, order, true, "case 7").await.unwrap();
    retention.set(None, 10).await.unwrap();
    assert_eq!(orders(&clickhouse, &own).await.len(), 3);
    assert_eq!(orders(&clickhouse, &held).await, ["O-400", "O-1"]);
    assert_eq!(orders(&clickhouse, &rest).await, ["O-1"]);
    run(&clickhouse, "OPTIMIZE TABLE events FINAL").await;
    let stored = run(&clickhouse, "SELECT count() FROM events").await;
    assert_eq!(
        stored, "6",
        "what is expired is gone, and what is held is not"
    );
    retention.settle_after(None, Duration::ZERO).await.unwrap();

    retention
        .hold(&held, order, false, "case closed")
        .await
        .unwrap();
    assert_eq!(orders(&clickhouse, &held).await, ["O-1"]);
    assert_eq!(retention.holds().await.unwrap(), []);
}

#[tokio::test]
async fn a_hold_keeps_what_an_older_mutation_is_about_to_give_its_days() {
    let clickhouse = start().await;
    let tenant = tenant("hold-pending");
    writer(&clickhouse).insert(&events(&tenant)).await.unwrap();
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let retention = retention(&clickhouse);
    let thing = Some(("order", "O-400"));
    let shorten = async {
        retention.set(None, 10).await.unwrap();
    };
    let hold = async {
        until_mutations(&clickhouse, 1).await;
        retention
            .hold(&tenant, thing, true, "case 7")
            .await
            .unwrap();
    };
    let go_on = async {
        until_mutations(&clickhouse, 2).await;
        // Readers see what is held before any part has been through it.
        assert_eq!(orders(&clickhouse, &tenant).await, ["O-400", "O-1"]);
        run(&clickhouse, "SYSTEM START MERGES events").await;
    };
    tokio::join!(shorten, hold, go_on);
    run(&clickhouse, "OPTIMIZE TABLE events FINAL").await;
    assert_eq!(orders(&clickhouse, &tenant).await, ["O-400", "O-1"]);
    // The texts of mutations name what is held, and none is left.
    until_mutations(&clickhouse, 0).await;
}

/// Waits until so many mutations are known.
async fn until_mutations(clickhouse: &ClickHouse, number: u64) {
    let known = "SELECT count() FROM system.mutations WHERE table = 'events' AND command NOT LIKE '%INDEX%'";
    let waited = async { while run(clickhouse, known).await != number.to_string() {} };
    tokio::time::timeout(TIME_MAX, waited).await.unwrap();
}

#[tokio::test]
async fn what_was_set_and_not_brought_to_the_events_is_brought_to_them_later() {
    let clickhouse = start().await;
    let (held, short) = (tenant("reapply-held"), tenant("reapply-short"));
    for tenant in [&held, &short] {
        writer(&clickhouse).insert(&events(tenant)).await.unwrap();
    }
    // As of somebody who ended there, or whose mutation is in no backup.
    for sql in [
        "INSERT INTO retention (org_id, at, days) VALUES ('', now64(3), 10), ('reapply-short', now64(3), 30)",
        "INSERT INTO legal_holds (org_id, at, held, reason) VALUES ('reapply-held', now64(3), true, 'case 7')",
    ] {
        run(&clickhouse, sql).await;
    }
    retention(&clickhouse).reapply().await.unwrap();
    assert_eq!(orders(&clickhouse, &held).await.len(), 3);
    assert_eq!(orders(&clickhouse, &short).await, ["O-20", "O-1"]);
}

#[tokio::test]
async fn a_hold_keeps_events_of_several_things_of_which_one_is_held() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-several");
    let several = |number, ids: &str| {
        let mut event = event_at(&tenant, number, now() - (400 * 24).hours());
        event.entity.kind = "order".to_owned();
        event.entity.id = ids.to_owned();
        new(event)
    };
    let batch = [several(1, "O-6,O-7,O-8"), several(2, "O-6,O-77")];
    writer(clickhouse).insert(&batch).await.unwrap();
    let retention = retention(clickhouse);
    let held = Some(("order", "O-7"));
    retention.hold(&tenant, held, true, "case 7").await.unwrap();
    retention.set(Some(&tenant), 10).await.unwrap();
    assert_eq!(orders(clickhouse, &tenant).await, ["O-6,O-7,O-8"]);
    let late = [several(3, "O-5,O-7"), several(4, "O-5,O-77")];
    let outcomes = writer(clickhouse).insert(&late).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted, Stored::Expired]);
    let whole = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let refused = eraser(clickhouse).request(&whole).await;
    assert!(matches!(refused, Err(StoreError::LegalHold(_))));
}

#[tokio::test]
async fn a_hold_that_comes_too_late_is_told_of() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-late");
    writer(clickhouse).insert(&events(&tenant)).await.unwrap();
    let retention = retention(clickhouse);
    let under_way = retention.erasures_under_way(&tenant).await.unwrap();
    assert!(under_way.is_empty());
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let hidden = eraser(clickhouse).begin(&asked).await.unwrap();
    retention.hold(&tenant, None, true, "case 8").await.unwrap();
    let under_way = retention.erasures_under_way(&tenant).await.unwrap();
    assert_eq!(under_way, [hidden.id]);
    assert_eq!(orders(clickhouse, &tenant).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_hold_that_comes_after_a_request_stops_it() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-after-request");
    // One that goes by what it has read, as in a function that is warm.
    let writer = writer(clickhouse);
    writer.insert(&events(&tenant)).await.unwrap();
    let asked = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let id = eraser(clickhouse).request(&asked).await.unwrap();
    let late = |number| new(event_at(&tenant, number, now() - 1.hours()));
    let outcomes = writer.insert(&[late(8)]).await.unwrap();
    assert_eq!(outcomes, [Stored::Erased]);
    let retention = retention(clickhouse);
    retention.hold(&tenant, None, true, "case 8").await.unwrap();
    // It may have looked for holds before this one came.
    let under_way = async || retention.erasures_under_way(&tenant).await.unwrap();
    assert_eq!(under_way().await, [id]);
    let error = eraser(clickhouse).advance(id).await.unwrap_err();
    assert!(matches!(error, StoreError::ErasureBlocked(_)), "{error}");
    assert!(error.is_waiting_for_hold(), "{error}");
    assert!(under_way().await.is_empty());
    assert_eq!(orders(clickhouse, &tenant).await.len(), 3);
    let why = async || {
        let receipt = eraser(clickhouse).status(&tenant, id).await.unwrap();
        receipt.report.blocked
    };
    assert!(why().await.unwrap().contains("legal hold"));
    // What comes late from before the request is held as well.
    let outcomes = writer.insert(&[late(9)]).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted]);
    assert_eq!(orders(clickhouse, &tenant).await.len(), 4);
    retention
        .hold(&tenant, None, false, "closed")
        .await
        .unwrap();
    let receipt = eraser(clickhouse).advance(id).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Hidden);
    assert_eq!(why().await, None);
    assert_eq!(orders(clickhouse, &tenant).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_hold_keeps_what_is_in_the_queue_still() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-queue");
    let whole = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let id = eraser(clickhouse).request(&whole).await.unwrap();
    let retention = retention(clickhouse);
    let order = Some(("order", "O-20"));
    retention
        .hold(&tenant, order, true, "case 8")
        .await
        .unwrap();
    // Nothing of it is stored, and it waits.
    let error = eraser(clickhouse).advance(id).await.unwrap_err();
    assert!(matches!(error, StoreError::ErasureBlocked(_)), "{error}");
    let outcomes = writer(clickhouse).insert(&events(&tenant)).await.unwrap();
    assert_eq!(outcomes, [Stored::Erased, Stored::Inserted, Stored::Erased]);
    assert_eq!(orders(clickhouse, &tenant).await, ["O-20"]);

    let other = crate::fixture::tenant("hold-queue-entity");
    retention.hold(&other, order, true, "case 8").await.unwrap();
    let entity = Scope::Entity {
        kind: "order".to_owned(),
        id: "O-20".to_owned(),
    };
    for scope in [entity, Scope::Tenant] {
        let asked = request(&other, scope, ErasureMode::Delete);
        let error = eraser(clickhouse).request(&asked).await.unwrap_err();
        assert!(matches!(error, StoreError::LegalHold(_)), "{error}");
    }
}

#[tokio::test]
async fn a_hold_for_which_there_is_no_room_is_not_written_down() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-many");
    let many = "INSERT INTO legal_holds (org_id, entity_type, entity_id, at, held, reason) \
                SELECT 'hold-many', 'order', toString(number), now64(3), true, 'case' FROM numbers(500)";
    run(clickhouse, many).await;
    let retention = retention(clickhouse);
    let one_more = Some(("order", "one more"));
    let refused = retention.hold(&tenant, one_more, true, "case").await;
    assert!(matches!(refused, Err(StoreError::TooMuch { .. })));
    let holds = retention.holds().await.unwrap();
    let of_tenant = holds.iter().filter(|hold| hold.org_id == tenant.as_str());
    assert_eq!(of_tenant.count(), 500);
    // Nor is there where few have very long ids.
    let long = "INSERT INTO legal_holds (org_id, entity_type, entity_id, at, held, reason) \
                SELECT 'hold-long', 'order', repeat(toString(number), 9000), now64(3), true, 'case' FROM numbers(6)";
    run(clickhouse, long).await;
    let long = TenantId::new("hold-long").unwrap();
    let refused = retention.hold(&long, one_more, true, "case").await;
    assert!(matches!(refused, Err(StoreError::TooMuch { .. })));
    // One that is there may be given another reason, and the tenant may be held.
    for thing in [Some(("order", "7")), None] {
        retention
            .hold(&tenant, thing, true, "case 8")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_tenant_with_too_many_holds_keeps_no_other_from_its_days() {
    let clickhouse = start().await;
    let (held, rest) = (tenant("hold-over"), tenant("hold-none"));
    for tenant in [&held, &rest] {
        writer(&clickhouse).insert(&events(tenant)).await.unwrap();
    }
    // As of two who each saw room for one.
    let many = "INSERT INTO legal_holds (org_id, entity_type, entity_id, at, held, reason) \
                SELECT 'hold-over', 'order', toString(number), now64(3), true, 'case' FROM numbers(501)";
    run(&clickhouse, many).await;
    let retention = retention(&clickhouse);
    let told = retention.set(None, 10).await;
    assert!(matches!(told, Err(StoreError::TooMuch { .. })));
    assert_eq!(orders(&clickhouse, &rest).await, ["O-1"]);
    retention.set(Some(&rest), 30).await.unwrap();
    run(
        &clickhouse,
        "INSERT INTO retention (org_id, at, days) VALUES ('hold-none', now64(3) + INTERVAL 1 SECOND, 0)",
    )
    .await;
    let told = retention.reapply().await;
    assert!(matches!(told, Err(StoreError::TooMuch { .. })));
    let stored = events_of(&clickhouse, &rest).await;
    assert_eq!(stored[0].expires_at, never_expires());
    assert_eq!(orders(&clickhouse, &held).await.len(), 3);
}

#[tokio::test]
async fn a_hold_refuses_an_erasure_and_keeps_what_comes() {
    let clickhouse = shared().await;
    let tenant = tenant("hold-erasure");
    writer(clickhouse).insert(&events(&tenant)).await.unwrap();
    let retention = retention(clickhouse);
    let whole = request(&tenant, Scope::Tenant, ErasureMode::Delete);
    let order = |id: &str| {
        let scope = Scope::Entity {
            kind: "order".to_owned(),
            id: id.to_owned(),
        };
        request(&tenant, scope, ErasureMode::Delete)
    };
    let refused = async |asked: ErasureRequest| {
        let error = eraser(clickhouse).request(&asked).await.unwrap_err();
        assert!(matches!(error, StoreError::LegalHold(_)), "{error}");
        assert!(error.to_string().contains("release the hold"), "{error}");
    };
    retention
        .hold(&tenant, Some(("order", "O-20")), true, "case 8")
        .await
        .unwrap();
    refused(whole.clone()).await;
    refused(order("O-20")).await;
    eraser(clickhouse).preview(&order("O-1")).await.unwrap();
    retention.hold(&tenant, None, true, "case 9").await.unwrap();
    refused(order("O-1")).await;

    // Held: no days count.
    retention.set(Some(&tenant), 1).await.unwrap();
    assert_eq!(orders(clickhouse, &tenant).await.len(), 3);
    let now = now();
    let old = event_at(&tenant, 9, now - (2_000 * 24).hours());
    let outcomes = writer(clickhouse).insert(&[new(old)]).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted]);

    retention
        .hold(&tenant, None, false, "closed")
        .await
        .unwrap();
    retention
        .hold(&tenant, Some(("order", "O-20")), false, "closed")
        .await
        .unwrap();
    assert_eq!(orders(clickhouse, &tenant).await, Vec::<String>::new());
    eraser(clickhouse).request(&whole).await.unwrap();
}
