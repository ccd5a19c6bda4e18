//! Whose id is too short to be looked for in texts, as the parent of others' events.

use daybook_event::{AuditEvent, Entity};
use daybook_store::{ErasureMode, NewEvent, Scope, TenantId};

use crate::canaries::{erase, events_of, request, shared, writer};
use crate::fixture::{event, new, tenant};

/// A token of something that has this id, as Ann made it: `POST /users/104233/tokens`.
fn token_of(tenant: &TenantId, number: u32, kind: &str, id: &str) -> AuditEvent {
    let mut event = event(tenant, number);
    "8".clone_into(&mut event.caller.user_id);
    event.entity = Entity {
        kind: "token".to_owned(),
        id: format!("T-{number}"),
        name: String::new(),
    };
    kind.clone_into(&mut event.parent.kind);
    id.clone_into(&mut event.parent.id);
    "/users/{id}/tokens".clone_into(&mut event.http.resource);
    event.http.path = format!("/users/{id}/tokens");
    event.http.path_params = [("id".to_owned(), id.to_owned())].into();
    event
}

/// The token as it is when its parent has a pseudonym.
fn under_pseudonym(mut token: AuditEvent, pseudonym: &str) -> AuditEvent {
    pseudonym.clone_into(&mut token.parent.id);
    token.http.path = format!("/users/{pseudonym}/tokens");
    pseudonym.clone_into(token.http.path_params.get_mut("id").unwrap());
    token
}

async fn assert_parent_goes(
    tenant: &TenantId,
    scope: Scope,
    mode: ErasureMode,
    own: AuditEvent,
    tokens: &[AuditEvent],
    others: &[AuditEvent],
) {
    let clickhouse = shared().await;
    let all = [&[own], tokens, others].concat();
    let all: Vec<NewEvent> = all.into_iter().map(new).collect();
    writer(clickhouse).insert(&all).await.unwrap();
    let receipt = erase(clickhouse, &request(tenant, scope, mode)).await;
    let month = &receipt.report.rows[0];
    assert_eq!((month.own, month.traces), (1, tokens.len() as u64));
    let mut left = events_of(clickhouse, tenant).await;
    if mode == ErasureMode::Anonymise {
        left.remove(0);
    }
    let pseudonym = left[0].parent.id.clone();
    assert!(pseudonym.starts_with("erased-"), "{pseudonym}");
    let tokens = tokens.iter().cloned();
    let tokens = tokens.map(|token| under_pseudonym(token, &pseudonym));
    let expected: Vec<_> = tokens.chain(others.iter().cloned()).collect();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_person_with_a_number_is_no_longer_the_parent_of_anything() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        for id in ["7", "104233"] {
            let tenant = tenant(&format!("parent-{id}-{}", mode.as_str()));
            let mut acted = event(&tenant, 1);
            id.clone_into(&mut acted.caller.user_id);
            let tokens =
                [(2, "user"), (3, "TeamMember")].map(|(n, kind)| token_of(&tenant, n, kind, id));
            let others = [
                token_of(&tenant, 4, "order", id),
                token_of(&tenant, 5, "user", &format!("{id}1")),
            ];
            let scope = Scope::User(id.to_owned());
            assert_parent_goes(&tenant, scope, mode, acted, &tokens, &others).await;
        }
    }
}

#[tokio::test]
async fn a_thing_with_a_short_id_is_no_longer_the_parent_of_anything() {
    for mode in [ErasureMode::Delete, ErasureMode::Anonymise] {
        let tenant = tenant(&format!("parent-thing-{}", mode.as_str()));
        let mut changed = event(&tenant, 1);
        "8".clone_into(&mut changed.caller.user_id);
        "order".clone_into(&mut changed.entity.kind);
        "7".clone_into(&mut changed.entity.id);
        let token = token_of(&tenant, 2, "order", "7");
        let other = token_of(&tenant, 3, "user", "7");
        let scope = Scope::Entity {
            kind: "order".to_owned(),
            id: "7".to_owned(),
        };
        assert_parent_goes(&tenant, scope, mode, changed, &[token], &[other]).await;
    }
}
