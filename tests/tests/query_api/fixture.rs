//! What the tests of the query API have in common: the engine, who erases, and events.

use std::time::Duration;

use daybook_event::AuditEvent;
use daybook_store::{Eraser, ErasureKey};
use daybook_tests::api::ServedApi;
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::stored;
use jiff::Timestamp;
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
    numbered(stored::event(org_id, number), number)
}

/// The same at another time.
pub(crate) fn event_at(org_id: &str, number: u32, timestamp: Timestamp) -> AuditEvent {
    numbered(stored::event_at(org_id, number, timestamp), number)
}

fn numbered(event: AuditEvent, number: u32) -> AuditEvent {
    AuditEvent {
        correlation_id: number.to_string(),
        ..event
    }
}

/// Stores events.
pub(crate) async fn store(events: impl IntoIterator<Item = AuditEvent>) {
    let events: Vec<_> = events.into_iter().map(stored::new).collect();
    let writer = clickhouse().writer().unwrap();
    writer.insert(&events).await.unwrap();
}

/// The numbers of events, as their correlation ids have them.
pub(crate) fn numbers(logs: &[Value]) -> Vec<u32> {
    logs.iter()
        .map(|log| log["correlation_id"].as_str().unwrap().parse().unwrap())
        .collect()
}
