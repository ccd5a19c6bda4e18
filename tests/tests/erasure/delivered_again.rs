//! Messages of erased customers that come out of the queue again: through the batch handler that the
//! Lambda runs.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_normalizer::handler::{BatchHandler, BatchReport, Patience};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_store::{ErasureMode, Retention, Scope};
use daybook_tests::dead_letters::KeptInMemory;
use daybook_tests::events::{Call, Format};
use jiff::{Timestamp, ToSpan};

use crate::canaries::{erase, events_of, now, request, shared, writer};
use crate::fixture::tenant;

async fn handler(retention_days: Option<u32>) -> (BatchHandler, Arc<KeptInMemory>) {
    let kept = Arc::new(KeptInMemory::default());
    let settings = Settings {
        retention_days,
        ..Settings::default()
    };
    let handler = BatchHandler {
        index: Arc::new(Index::build(Vec::new()).0),
        settings: Arc::new(settings),
        writer: writer(shared().await),
        dead_letters: kept.clone(),
        overflow: None,
        patience: Patience::default(),
    };
    (handler, kept)
}

async fn deliver(handler: &BatchHandler, bodies: &[String]) -> BatchReport {
    let mut batch = SqsEvent::default();
    for (number, body) in bodies.iter().enumerate() {
        let mut message = SqsMessage::default();
        message.message_id = Some(number.to_string());
        message.body = Some(body.clone());
        batch.records.push(message);
    }
    handler.handle(batch, Duration::from_mins(5)).await
}

/// A call of Jane Roe's, whose id and address are in `events.rs`.
fn message(org_id: &str, number: u32, time: Timestamp) -> String {
    Call {
        format: Format::Rest,
        request_id: format!("{org_id}-{number}"),
        time,
        domain_name: "orders.example.com",
        method: "DELETE",
        resource: "/v1/orders/{id}",
        path: format!("/v1/orders/{number}"),
        org_id: Some(org_id.to_owned()),
        body: None,
    }
    .message(204, None)
}

#[tokio::test]
async fn they_are_counted_as_erased_and_newer_ones_are_stored() {
    let clickhouse = shared().await;
    let before = now() - 1.hour();
    for (name, scope) in [
        ("again-tenant", Scope::Tenant),
        ("again-person", Scope::Email("jane@example.com".to_owned())),
    ] {
        let tenant = tenant(name);
        // The writer lives on, and knows what was so before the erasure.
        let (handler, kept) = handler(None).await;
        let stored: Vec<_> = (0..3).map(|number| message(name, number, before)).collect();
        assert_eq!(deliver(&handler, &stored).await.stored, 3);
        erase(clickhouse, &request(&tenant, scope, ErasureMode::Delete)).await;
        assert_eq!(events_of(clickhouse, &tenant).await, []);

        let mut again = stored.clone();
        again.push(message(name, 7, before));
        again.push(message(name, 8, now()));
        let report = deliver(&handler, &again).await;
        assert_eq!((report.erased, report.stored), (4, 1), "{report:?}");
        assert_eq!((report.failed.len(), report.dead.len()), (0, 0));
        assert_eq!(kept.letters().len(), 0);
        let left = events_of(clickhouse, &tenant).await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].http.path, "/v1/orders/8");
    }
}

#[tokio::test]
async fn what_waits_for_the_erasure_key_keeps_nobody_elses_events_waiting() {
    let clickhouse = shared().await;
    let before = now() - 1.hour();
    let erased = tenant("keyless-erased");
    let (mut handler, kept) = handler(None).await;
    let first = message("keyless-erased", 1, before);
    assert_eq!(deliver(&handler, &[first]).await.stored, 1);
    let jane = Scope::Email("jane@example.com".to_owned());
    erase(clickhouse, &request(&erased, jane, ErasureMode::Delete)).await;

    handler.writer = clickhouse.writer().unwrap();
    let mut bodies: Vec<_> = (0..9)
        .map(|number| message("keyless-other", number, before))
        .collect();
    bodies.insert(2, message("keyless-erased", 2, before));
    bodies.insert(7, message("keyless-erased", 3, before));
    let report = deliver(&handler, &bodies).await;
    assert_eq!(report.failed, ["2", "7"], "{report:?}");
    assert!(report.failure.unwrap().contains("erasure key"));
    // What a part had stored before it was known that some of it waits is found stored.
    assert_eq!(report.stored + report.duplicates, 9);
    assert_eq!((report.dead.len(), kept.letters().len()), (0, 0));
    let others = events_of(clickhouse, &tenant("keyless-other")).await;
    assert_eq!(others.len(), 9);
    assert_eq!(events_of(clickhouse, &erased).await, []);
}

#[tokio::test]
async fn the_store_says_what_has_expired_and_the_variable_only_where_it_does_not() {
    let clickhouse = shared().await;
    let credentials = clickhouse.passwords().eraser_credentials();
    let retention = Retention::new(clickhouse.endpoint(), &credentials).unwrap();
    let days_old = |days: i64| now() - (days * 24).hours();
    let (handler, kept) = handler(Some(10)).await;
    for (name, days_set, is_20_kept) in [
        ("days-of-variable", None, false),
        ("days-longer", Some(30), true),
        ("days-for-ever", Some(0), true),
        ("days-shorter", Some(2), false),
    ] {
        let tenant = tenant(name);
        if let Some(days) = days_set {
            retention.set(Some(&tenant), days).await.unwrap();
        }
        let batch = [
            message(name, 1, days_old(1)),
            message(name, 20, days_old(20)),
        ];
        let report = deliver(&handler, &batch).await;
        assert_eq!(report.stored, 1 + usize::from(is_20_kept), "{name}");
        assert_eq!(report.dead.len(), usize::from(!is_20_kept), "{name}");
        let left = events_of(clickhouse, &tenant).await;
        assert_eq!(left.len(), report.stored, "{name}");
    }
    let letters = kept.letters();
    assert_eq!(letters.len(), 2);
    assert!(
        letters
            .iter()
            .all(|letter| letter.reason.contains("retention"))
    );
}
