//! Reading the log is itself recorded, as any service's calls are: by the capture layer, after the answer.
//!
//! Handlers say who read what and how many events; where no layer is around the router, nobody
//! listens. An answer's own body is never captured: the log would hold itself.

use axum::Router;
use daybook_capture::{AuditContext, CaptureBuilder, ServerCapture, audit};
use serde_json::json;
use uuid::Uuid;

use crate::auth::{Identity, Person};

/// What is captured of this API's calls: those that read the log, and nothing of their answers.
pub fn capture_of_reads(builder: CaptureBuilder) -> CaptureBuilder {
    builder
        .capture_reads(true)
        // Behind a gateway, a stage or a base path may come first.
        .capture_if(|call| call.path.contains("/v1/"))
        .body_bytes_max(0)
}

/// The router with its reads recorded.
pub fn recorded(router: Router, capture: &ServerCapture) -> Router {
    router.layer(capture.layer())
}

/// Tells the record who asks, once the token is verified.
pub(crate) fn say_who(identity: &Identity) {
    let Person {
        subject,
        email,
        name,
        client_id,
    } = &identity.person;
    audit(|said| {
        said.caller_claims(&json!({
            "org_id": identity.tenant.as_str(),
            "sub": subject,
            "email": email,
            "name": name,
            "client_id": client_id,
        }))
    });
}

/// Tells the record that nobody known asks: what strangers send must not fill the log. The line that the
/// process writes about each answer remains.
pub(crate) fn say_nobody() {
    audit(AuditContext::left_out);
}

/// Tells the record which erasure was asked for, and never of whom.
pub(crate) fn say_erasure(person: &Person, did: &str, id: Uuid) {
    let actor = actor(person);
    audit(|said| {
        said.entity("erasure", id.to_string())
            .message(format!("{actor} {did}: erasure {id}"))
    });
}

/// Tells the record what was read: `searched the audit log`, and of how many events.
pub(crate) fn say_read(person: &Person, did: &str, events: Option<u64>) {
    audit(|said| {
        let actor = actor(person);
        said.message(match events {
            Some(1) => format!("{actor} {did}: 1 event"),
            Some(count) => format!("{actor} {did}: {count} events"),
            None => format!("{actor} {did}"),
        })
    });
}

/// As the normalizer names callers.
fn actor(person: &Person) -> String {
    let known = [
        &person.email,
        &person.name,
        &person.subject,
        &person.client_id,
    ];
    let known = known.into_iter().find(|text| !text.is_empty());
    known.map_or_else(|| "an API client".to_owned(), Clone::clone)
}
