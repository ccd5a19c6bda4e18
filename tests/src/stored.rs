//! Events to store, each known by its tenant and a number, in this process or another.

use daybook_event::{AuditEvent, EventIdentity, event_id};
use daybook_store::{DIGEST_WAY_BYTES, NewEvent};
use jiff::{Timestamp, ToSpan};

/// The time of the event that has the number 0: 2026-11-01, midnight.
const FIRST_SECOND: i64 = 1_793_491_200;

/// The `number`th of a tenant's events, one a second.
pub fn event(org_id: &str, number: u32) -> AuditEvent {
    event_of_month(org_id, 0, number)
}

/// The `number`th of a tenant's events, one a second in the given month from then on.
pub fn event_of_month(org_id: &str, month: u32, number: u32) -> AuditEvent {
    let second = FIRST_SECOND + i64::from(month) * 31 * 86_400 + i64::from(number);
    let timestamp = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    event_at(org_id, number, timestamp)
}

/// The `number`th of a tenant's events, at a time.
pub fn event_at(org_id: &str, number: u32, timestamp: Timestamp) -> AuditEvent {
    let id = event_id(&EventIdentity {
        request_time_ms: timestamp.as_millisecond(),
        api_id: "api",
        stage: "prod",
        request_id: &format!("{org_id} {number}"),
        method: "DELETE",
        path: "/v1/workflows",
    });
    AuditEvent {
        id,
        org_id: org_id.to_owned(),
        timestamp,
        service_name: "workflow".to_owned(),
        event_name: "deleteWorkflow".to_owned(),
        activity: format!("jane@example.com deleted workflow {number}"),
        ingested_at: timestamp + 1.second(),
        ..AuditEvent::default()
    }
}

/// The event as a batch has it; the digest follows from its id.
pub fn new(event: AuditEvent) -> NewEvent {
    let mut request_digest = *event.id.as_bytes();
    // All of them are made in the same way.
    request_digest[..DIGEST_WAY_BYTES].fill(1);
    NewEvent {
        event,
        request_digest,
    }
}
