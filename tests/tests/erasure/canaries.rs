//! Events that name a person or a tenant in every column that can, and who erases them.

use std::time::Duration;

use daybook_event::{ActivityPart, AuditEvent, Change};
use daybook_store::{
    Eraser, ErasureKey, ErasureMode, ErasureRequest, NewEvent, Receipt, Scope, TenantId, Writer,
};
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::scanner::scan;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::fixture::{ask, event, new};

pub(crate) const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");
/// Longer than any erasure of a few hundred rows takes on the busiest machine.
pub(crate) const TIME_MAX: Duration = Duration::from_mins(5);
pub(crate) const SECRET: &str = "a secret that only the operator knows";

/// A ClickHouse that gives up old parts at once.
pub(crate) async fn start() -> ClickHouse {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    hasten(&clickhouse).await;
    clickhouse
}

/// The one that the tests share which need none of their own.
pub(crate) async fn shared() -> &'static ClickHouse {
    static HASTENED: OnceCell<()> = OnceCell::const_new();
    let clickhouse = ClickHouse::shared(ENGINE);
    HASTENED.get_or_init(|| hasten(clickhouse)).await;
    clickhouse
}

pub(crate) async fn hasten(clickhouse: &ClickHouse) {
    run(
        clickhouse,
        "ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1",
    )
    .await;
}

/// Runs SQL as whoever runs the server.
pub(crate) async fn run(clickhouse: &ClickHouse, sql: &str) -> String {
    let settings = "async_insert=0&insert_deduplicate=0&mutations_sync=1";
    let answer = ask(clickhouse, &ClickHouse::administrator(), settings, &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
    answer.text.trim().to_owned()
}

pub(crate) fn key() -> ErasureKey {
    ErasureKey::new(SECRET).unwrap()
}

pub(crate) fn writer(clickhouse: &ClickHouse) -> Writer {
    clickhouse.writer().unwrap().with_erasure_key(key())
}

/// One that takes writers to have heard of an erasure at once.
pub(crate) fn eraser(clickhouse: &ClickHouse) -> Eraser {
    clickhouse.eraser(key()).unwrap()
}

pub(crate) fn request(tenant: &TenantId, scope: Scope, mode: ErasureMode) -> ErasureRequest {
    ErasureRequest {
        tenant: tenant.clone(),
        scope,
        mode,
        reason: "asked for by letter".to_owned(),
    }
}

pub(crate) async fn erase(clickhouse: &ClickHouse, request: &ErasureRequest) -> Receipt {
    let eraser = eraser(clickhouse);
    let id = eraser.request(request).await.unwrap();
    eraser.run_to_end(id, TIME_MAX).await.unwrap()
}

/// Whether each state was reached by ClickHouse's clock: it tells whole milliseconds.
pub(crate) fn is_by_its_clock(receipt: &Receipt) -> bool {
    let mut reached = receipt.report.reached.iter();
    reached.all(|(_, at)| at.subsec_nanosecond() % 1_000_000 == 0)
}

/// Words of which each stands in one place of [`event_of_canaries`].
pub(crate) fn canaries(name: &str) -> Vec<String> {
    [
        "USERID",
        "EMAIL",
        "CALLER",
        "TOKEN",
        "ENTITYTYPE",
        "ENTITYID",
        "ENTITY",
        "PARENT",
        "PATH",
        "AGENT",
        "HEADER",
        "QUERY",
        "PARAM",
        "CORRELATION",
        "ACTIVITY",
        "PART",
        "DETAIL",
        "CHANGE",
        "REASON",
        "PRIVACY",
        "URL",
    ]
    .map(|place| format!("{name}{place}"))
    .to_vec()
}

/// An event with a canary in each column that holds words.
pub(crate) fn event_of_canaries(tenant: &TenantId, number: u32, name: &str) -> NewEvent {
    let canary = |place: &str| format!("{name}{place}");
    let pair = |key: &str, place: &str| [(key.to_owned(), canary(place))].into();
    let mut event = event(tenant, number);
    event.caller.user_id = canary("USERID");
    event.caller.user_email = format!("{}@example.com", canary("EMAIL"));
    event.caller.name = canary("CALLER");
    event.caller.token_id = canary("TOKEN");
    event.entity.kind = canary("ENTITYTYPE");
    event.entity.id = canary("ENTITYID");
    event.entity.name = canary("ENTITY");
    event.parent.name = canary("PARENT");
    event.http.path = format!("/v1/{}", canary("PATH"));
    event.http.user_agent = canary("AGENT");
    event.http.headers = pair("x-a", "HEADER");
    event.http.query = pair("q", "QUERY");
    event.http.path_params = pair("p", "PARAM");
    event.correlation_id = canary("CORRELATION");
    event.activity = canary("ACTIVITY");
    event.activity_parts = vec![ActivityPart {
        text: canary("PART"),
        ..ActivityPart::default()
    }];
    event.detail = format!("{{\"a\":\"{}\"}}", canary("DETAIL"));
    event.changes = vec![Change {
        field: "/a".to_owned(),
        before: String::new(),
        after: canary("CHANGE"),
    }];
    event.reason = canary("REASON");
    event.privacy = canary("PRIVACY");
    event.source_url = format!("https://app.example.com/{}", canary("URL"));
    new(event)
}

/// Now, as precisely as it is stored.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
}

/// Which of the words stand in any of ClickHouse's files.
pub(crate) fn on_disk<'a>(clickhouse: &ClickHouse, words: &[&'a str]) -> Vec<&'a str> {
    let found = scan(&clickhouse.data_directory(), words).unwrap();
    found.into_keys().collect()
}

/// The tenant's events but for those that Daybook wrote itself, oldest first.
pub(crate) async fn events_of(clickhouse: &ClickHouse, tenant: &TenantId) -> Vec<AuditEvent> {
    let reader = clickhouse.reader().unwrap();
    let mut events = crate::fixture::everything(&reader, tenant).await.events;
    events.retain(|event| event.service_name != daybook_event::OWN_SERVICE);
    events.reverse();
    events
}
