//! Whose id is too short to be looked for in texts, as one of the several things of one call.

use daybook_event::{AuditEvent, Entity};
use daybook_store::{ErasureMode, Scope, TenantId};

use crate::canaries::{erase, events_of, request, shared, writer};
use crate::fixture::{event, new, tenant};

/// A call of Ann's about all of these at once: `DELETE /orders?ids=6,7,8`.
fn about(tenant: &TenantId, number: u32, kind: &str, ids: &str) -> AuditEvent {
    let mut event = event(tenant, number);
    "8".clone_into(&mut event.caller.user_id);
    event.entity = Entity {
        kind: kind.to_owned(),
        id: ids.to_owned(),
        name: String::new(),
    };
    event
}

/// Erases 7 of the kind `own`. The calls about the first two of `kinds` name it among others, and the rest does not.
async fn assert_goes(name: &str, scope: &Scope, mode: ErasureMode, own: &str, kinds: [&str; 5]) {
    let clickhouse = shared().await;
    let tenant = tenant(&format!("{name}-{}", mode.as_str()));
    let all = [
        about(&tenant, 1, own, "7"),
        about(&tenant, 2, kinds[0], "6,7,8"),
        about(&tenant, 3, kinds[1], "7,77,7"),
        about(&tenant, 4, kinds[2], "6,77,8"),
        about(&tenant, 5, kinds[3], "77"),
        about(&tenant, 6, kinds[4], "6,7,8"),
    ];
    let batch: Vec<_> = all.iter().cloned().map(new).collect();
    writer(clickhouse).insert(&batch).await.unwrap();
    let receipt = erase(clickhouse, &request(&tenant, scope.clone(), mode)).await;
    let month = &receipt.report.rows[0];
    assert_eq!((month.own, month.traces), (1, 2));
    let mut left = events_of(clickhouse, &tenant).await;
    if mode == ErasureMode::Anonymise {
        left.remove(0);
    }
    let ids = left[0].entity.id.clone();
    let pseudonym = ids.split(',').nth(1).unwrap();
    assert!(pseudonym.starts_with("erased-"), "{ids}");
    let mut expected = all[1..].to_vec();
    expected[0].entity.id = format!("6,{pseudonym},8");
    expected[1].entity.id = format!("{pseudonym},77,{pseudonym}");
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_person_with_a_number_is_no_longer_one_of_several() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        let kinds = ["user", "TeamMember", "user", "user", "order"];
        let scope = Scope::User("7".to_owned());
        assert_goes("person-among-others", &scope, mode, "user", kinds).await;
    }
}

#[tokio::test]
async fn a_thing_with_a_number_is_no_longer_one_of_several() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        let kinds = ["order", "order", "order", "order", "invoice"];
        let scope = Scope::Entity {
            kind: "order".to_owned(),
            id: "7".to_owned(),
        };
        assert_goes("thing-among-others", &scope, mode, "order", kinds).await;
    }
}
