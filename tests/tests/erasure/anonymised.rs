//! A person who was anonymised and is to go now: what stands under the pseudonym goes as well.

use daybook_event::AuditEvent;
use daybook_store::{ErasureMode, ErasureRequest, ErasureState, Scope, TenantId};
use daybook_tests::clickhouse::ClickHouse;

use crate::canaries::{TIME_MAX, erase, eraser, events_of, now, request, run, start, writer};
use crate::fixture::{event, event_at, new, tenant};

const JANE: &str = "U-0000000-jane";

/// Three events of Jane's, and one of Tom's that tells of her.
fn events(tenant: &TenantId) -> Vec<AuditEvent> {
    let mut events: Vec<_> = (0..4).map(|number| event(tenant, number)).collect();
    for own in &mut events[..3] {
        JANE.clone_into(&mut own.caller.user_id);
        "jane@example.com".clone_into(&mut own.caller.user_email);
    }
    events[3].activity = format!("Tom invited {JANE}");
    events
}

async fn stored(clickhouse: &ClickHouse, name: &str) -> TenantId {
    let tenant = tenant(name);
    let events: Vec<_> = events(&tenant).into_iter().map(new).collect();
    writer(clickhouse).insert(&events).await.unwrap();
    tenant
}

fn jane_is_to(tenant: &TenantId, mode: ErasureMode) -> ErasureRequest {
    request(tenant, Scope::User(JANE.to_owned()), mode)
}

/// What Tom's event says, which alone is left.
async fn told(clickhouse: &ClickHouse, tenant: &TenantId) -> String {
    let mut left = events_of(clickhouse, tenant).await;
    assert_eq!(left.len(), 1);
    left.remove(0).activity
}

#[tokio::test]
async fn what_is_about_to_be_anonymised_goes_at_once() {
    let clickhouse = start().await;
    let tenant = stored(&clickhouse, "anonymised-under-way").await;
    run(&clickhouse, "SYSTEM STOP MERGES events").await;
    let eraser = eraser(&clickhouse);
    let mut ids = Vec::new();
    for mode in [ErasureMode::Anonymise, ErasureMode::Delete] {
        let receipt = eraser.begin(&jane_is_to(&tenant, mode)).await.unwrap();
        assert_eq!(receipt.state, ErasureState::Hidden);
        assert_eq!(receipt.report.rows[0].own, 3);
        ids.push(receipt.id);
    }
    let activity = told(&clickhouse, &tenant).await;
    assert!(activity.starts_with("Tom invited erased-"), "{activity}");
    run(&clickhouse, "SYSTEM START MERGES events").await;
    for id in ids {
        let receipt = eraser.run_to_end(id, TIME_MAX).await.unwrap();
        assert_eq!(receipt.state, ErasureState::Verified);
    }
    let rows = "SELECT count() FROM events \
                WHERE org_id = 'anonymised-under-way' AND service_name != 'daybook'";
    assert_eq!(run(&clickhouse, rows).await, "1");
    assert_eq!(told(&clickhouse, &tenant).await, activity);
}

#[tokio::test]
async fn what_was_anonymised_goes_and_its_receipt_counts_it() {
    let clickhouse = start().await;
    let tenant = stored(&clickhouse, "anonymised-before").await;
    erase(&clickhouse, &jane_is_to(&tenant, ErasureMode::Anonymise)).await;
    let trail = events_of(&clickhouse, &tenant).await;
    let pseudonym = &trail[0].caller.user_id;
    assert!(pseudonym.starts_with("erased-"), "{pseudonym}");
    let receipt = erase(&clickhouse, &jane_is_to(&tenant, ErasureMode::Delete)).await;
    assert_eq!(receipt.report.rows[0].own, 3);
    assert_eq!(receipt.report.linked_identifiers, 0);
    assert_eq!(receipt.subject_hashes.len(), 1);
    let activity = told(&clickhouse, &tenant).await;
    assert!(activity.starts_with("Tom invited erased-"), "{activity}");
    assert!(!activity.contains(pseudonym), "{activity}");
}

#[tokio::test]
async fn what_was_anonymised_by_an_address_goes_by_it_whoever_has_it_by_then() {
    let clickhouse = start().await;
    let tenant = tenant("anonymised-address");
    let by_address = |mode| request(&tenant, Scope::Email("jane@example.com".to_owned()), mode);
    for user_id in ["", JANE] {
        // The second is newer than the first request, by which it would not be stored.
        let mut own = event_at(&tenant, 1, now());
        user_id.clone_into(&mut own.caller.user_id);
        "jane@example.com".clone_into(&mut own.caller.user_email);
        writer(&clickhouse).insert(&[new(own)]).await.unwrap();
        if user_id.is_empty() {
            erase(&clickhouse, &by_address(ErasureMode::Anonymise)).await;
        }
    }
    let receipt = erase(&clickhouse, &by_address(ErasureMode::Delete)).await;
    assert_eq!(receipt.report.rows[0].own, 2);
    assert!(events_of(&clickhouse, &tenant).await.is_empty());
}

#[tokio::test]
async fn what_only_bears_the_name_of_an_anonymised_person_stays_when_they_go() {
    let clickhouse = start().await;
    let tenant = stored(&clickhouse, "anonymised-names").await;
    let mut folder = event(&tenant, 7);
    "folder".clone_into(&mut folder.entity.kind);
    "F-1".clone_into(&mut folder.entity.id);
    JANE.clone_into(&mut folder.entity.name);
    writer(&clickhouse).insert(&[new(folder)]).await.unwrap();
    for mode in [ErasureMode::Anonymise, ErasureMode::Delete] {
        erase(&clickhouse, &jane_is_to(&tenant, mode)).await;
    }
    let left = events_of(&clickhouse, &tenant).await;
    let names: Vec<_> = left.iter().map(|event| &event.entity.name[..]).collect();
    assert_eq!(left.len(), 2, "{names:?}");
    assert!(
        names.iter().any(|name| name.starts_with("erased-")),
        "{names:?}"
    );
}

#[tokio::test]
async fn what_has_the_short_id_of_an_anonymised_person_stays_when_they_go() {
    let clickhouse = start().await;
    let tenant = tenant("anonymised-namesakes");
    let (mut own, mut project, mut refused) =
        (event(&tenant, 1), event(&tenant, 2), event(&tenant, 3));
    "jsmith".clone_into(&mut own.caller.user_id);
    for of_tom in [&mut project, &mut refused] {
        "project".clone_into(&mut of_tom.entity.kind);
    }
    "jsmith".clone_into(&mut project.entity.id);
    "jsmith".clone_into(&mut refused.parent.id);
    // One that was not made has a name and no id.
    refused.entity.id.clear();
    "jsmith".clone_into(&mut refused.entity.name);
    let events = [own, project, refused].map(new);
    writer(&clickhouse).insert(&events).await.unwrap();
    for mode in [ErasureMode::Anonymise, ErasureMode::Delete] {
        let of_smith = request(&tenant, Scope::User("jsmith".to_owned()), mode);
        let receipt = erase(&clickhouse, &of_smith).await;
        assert_eq!(receipt.report.rows[0].own, 1, "{mode:?}");
    }
    let left = events_of(&clickhouse, &tenant).await;
    assert_eq!(left.len(), 2);
    for event in left {
        let named = format!(
            "{}{}{}",
            event.entity.id, event.entity.name, event.parent.id
        );
        assert!(
            !named.contains("jsmith") && named.contains("-namesake"),
            "{named}"
        );
    }
}

#[tokio::test]
async fn an_id_that_is_an_address_is_known_as_one_and_nobody_elses_is_taken_for_it() {
    let clickhouse = start().await;
    let tenant = tenant("anonymised-addresses");
    let of = |number, user_id: &str, email: &str| {
        let mut event = event(&tenant, number);
        user_id.clone_into(&mut event.caller.user_id);
        email.clone_into(&mut event.caller.user_email);
        event
    };
    let mut of_tom = event(&tenant, 3);
    "user".clone_into(&mut of_tom.entity.kind);
    "jane@upn.example".clone_into(&mut of_tom.entity.id);
    let events = [
        of(1, "Jane@UPN.example", "jane@corp.example"),
        of_tom,
        // An address that was John's id, and has been Joan's since.
        of(4, "john@upn.example", "jane@corp.example"),
        of(5, "joan@upn.example", "john@upn.example"),
    ];
    writer(&clickhouse).insert(&events.map(new)).await.unwrap();
    let asked = Scope::Email("jane@corp.example".to_owned());
    let receipt = erase(&clickhouse, &request(&tenant, asked, ErasureMode::Delete)).await;
    assert_eq!(receipt.report.linked_identifiers, 1);
    assert_eq!(receipt.report.shared_identifiers, 1);
    let left = events_of(&clickhouse, &tenant).await;
    let ids: Vec<_> = left.iter().map(|event| &event.caller.user_id[..]).collect();
    assert_eq!(ids, ["joan@upn.example"]);
}

#[tokio::test]
async fn whoever_has_the_others_address_for_an_id_stays_when_they_go() {
    let clickhouse = start().await;
    let tenant = tenant("anonymised-others");
    let mut events = [event(&tenant, 1), event(&tenant, 2)];
    for (event, (id, email)) in events.iter_mut().zip([
        ("bob@corp.example", "alice@corp.example"),
        ("alice@corp.example", ""),
    ]) {
        id.clone_into(&mut event.caller.user_id);
        email.clone_into(&mut event.caller.user_email);
    }
    writer(&clickhouse).insert(&events.map(new)).await.unwrap();
    let bob = Scope::User("bob@corp.example".to_owned());
    let receipt = erase(&clickhouse, &request(&tenant, bob, ErasureMode::Delete)).await;
    let is_told = |place: &String| place.contains("addresses that stand beside the given one");
    assert!(
        receipt.report.not_searched.iter().any(is_told),
        "{receipt:?}"
    );
    let left = events_of(&clickhouse, &tenant).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].caller.user_id, "alice@corp.example");
}
