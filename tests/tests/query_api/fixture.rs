//! What the tests of the query API have in common: the engine, who erases, and events.

use std::time::Duration;

use daybook_event::{AuditEvent, EventIdentity, event_id};
use daybook_store::{DIGEST_WAY_BYTES, Eraser, ErasureKey, NewEvent};
use daybook_tests::api::ServedApi;
use daybook_tests::clickhouse::ClickHouse;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

/// The engine of this test binary.
pub(crate) fn clickhouse() -> &'static ClickHouse {
    ClickHouse::shared(env!("CARGO_BIN_EXE_clickhouse-engine"))
}

/// Who erases, and need not wait for writers: there are none beside it.
pub(crate) fn eraser() -> Eraser {
    let key = ErasureKey::new("a secret that only the operator knows").unwrap();
    clickhouse().eraser(key).unwrap()
}

/// An API that takes erasures on, and waits for them as long as a busy machine takes.
pub(crate) async fn served_with_eraser() -> ServedApi {
    ServedApi::start_with(clickhouse(), |api| {
        api.eraser = Some(eraser());
        api.read_timeout = Duration::from_mins(2);
    })
    .await
    .unwrap()
}

/// The `number`th of a tenant's events, one a second from 2026-11-01 on; its number is its
/// correlation id.
pub(crate) fn event(org_id: &str, number: u32) -> AuditEvent {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    event_at(org_id, number, start + i64::from(number).seconds())
}

/// The same at another time.
pub(crate) fn event_at(org_id: &str, number: u32, timestamp: Timestamp) -> AuditEvent {
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
        correlation_id: number.to_string(),
        ingested_at: timestamp + 1.second(),
        ..AuditEvent::default()
    }
}

/// Stores events.
pub(crate) async fn store(events: impl IntoIterator<Item = AuditEvent>) {
    let events: Vec<NewEvent> = events
        .into_iter()
        .map(|event| {
            let mut request_digest = *event.id.as_bytes();
            // All of them are made in the same way.
            request_digest[..DIGEST_WAY_BYTES].fill(1);
            NewEvent {
                event,
                request_digest,
            }
        })
        .collect();
    clickhouse()
        .writer()
        .unwrap()
        .insert(&events)
        .await
        .unwrap();
}

/// The numbers of events, as their correlation ids have them.
pub(crate) fn numbers(logs: &[Value]) -> Vec<u32> {
    logs.iter()
        .map(|log| log["correlation_id"].as_str().unwrap().parse().unwrap())
        .collect()
}
