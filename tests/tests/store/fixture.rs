//! What the tests of the store have in common: the engine, and events.

use daybook_event::AuditEvent;
use daybook_store::{Credentials, NewEvent, Page, Reader, Search, Stored, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::stored;
pub(crate) use daybook_tests::stored::new;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;

/// The engine of this test binary.
pub(crate) fn clickhouse() -> &'static ClickHouse {
    ClickHouse::shared(env!("CARGO_BIN_EXE_clickhouse-engine"))
}

/// A tenant's name that no other test uses.
pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

/// The `number`th of a tenant's events, one a second from 2026-11-01 on.
pub(crate) fn event(tenant: &TenantId, number: u32) -> AuditEvent {
    stored::event(tenant.as_str(), number)
}

/// The `number`th of a tenant's events, at a time.
pub(crate) fn event_at(tenant: &TenantId, number: u32, timestamp: Timestamp) -> AuditEvent {
    stored::event_at(tenant.as_str(), number, timestamp)
}

/// Those of a tenant's events whose numbers are in the range.
pub(crate) fn batch(tenant: &TenantId, numbers: std::ops::Range<u32>) -> Vec<NewEvent> {
    numbers.map(|number| new(event(tenant, number))).collect()
}

/// Stores events, each for the first time.
pub(crate) async fn store(events: &[AuditEvent]) {
    let events: Vec<_> = events.iter().cloned().map(new).collect();
    let outcomes = clickhouse()
        .writer()
        .unwrap()
        .insert(&events)
        .await
        .unwrap();
    assert_eq!(outcomes, vec![Stored::Inserted; events.len()]);
}

/// A page with at most 10,000 events.
pub(crate) async fn everything(reader: &Reader, tenant: &TenantId) -> Page {
    let search = Search {
        limit: 10_000,
        ..Search::default()
    };
    reader.search(tenant, &search).await.unwrap()
}

/// All that an export has.
pub(crate) async fn exported(
    reader: &Reader,
    tenant: &TenantId,
    search: &Search,
) -> Vec<AuditEvent> {
    let (mut export, mut events) = (reader.export(tenant, search), Vec::new());
    // As an export is written: one event over the other.
    let mut event = AuditEvent::default();
    while export.next_into(&mut event).await.unwrap() {
        events.push(event.clone());
    }
    events
}

/// What ClickHouse answered to raw SQL.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Answer {
    /// ClickHouse's error code; nothing where it did what was asked.
    pub(crate) fn code(&self) -> Option<u32> {
        if self.status == StatusCode::OK {
            return None;
        }
        let number = self.text.split("Code: ").nth(1)?.split('.').next()?;
        number.parse().ok()
    }
}

/// Sends raw SQL as any user.
pub(crate) async fn ask(
    clickhouse: &ClickHouse,
    credentials: &Credentials,
    parameters: &str,
    headers: &[(&str, &str)],
    sql: &str,
) -> Answer {
    let url = &clickhouse.endpoint().url;
    let mut request = Request::post(format!("{url}/?database=daybook&{parameters}"))
        .header("X-ClickHouse-User", &credentials.user)
        .header("X-ClickHouse-Key", &credentials.password);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = request.body(Full::from(sql.to_owned())).unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        text: String::from_utf8_lossy(&body).into_owned(),
    }
}
