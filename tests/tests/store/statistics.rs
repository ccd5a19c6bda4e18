//! Counts, histograms and facets agree with the pages of the same filter.

use std::collections::BTreeMap;

use daybook_event::Outcome;
use daybook_store::{
    Bar, Bucket, Facet, Filter, HistogramOptions, Match, Reader, StoreError, TenantId,
};
use jiff::Timestamp;

use crate::fixture::{clickhouse, event_at, everything, store, tenant};

/// Events around the night in which Berlin's clocks go back (2026-10-25, 01:00 UTC).
const TIMES: [&str; 6] = [
    "2026-10-24T21:59:59.999Z",
    "2026-10-24T22:00:00Z",
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-10-25T22:59:59.999Z",
    "2026-10-25T23:00:00Z",
];

async fn stored(name: &str) -> (TenantId, Reader) {
    let tenant = tenant(name);
    let events: Vec<_> = (0..)
        .zip(TIMES)
        .map(|(number, time)| {
            let mut event = event_at(&tenant, number, time.parse().unwrap());
            event.outcome = [Outcome::Success, Outcome::Denied][number as usize % 2];
            event
        })
        .collect();
    store(&events).await;
    (tenant, clickhouse().reader().unwrap())
}

fn options(bucket: Bucket, by: Option<Facet>) -> HistogramOptions {
    HistogramOptions {
        bucket,
        time_zone: "Europe/Berlin".to_owned(),
        by,
    }
}

fn bar(start: &str, value: &str, count: u64) -> Bar {
    Bar {
        start: start.parse().unwrap(),
        value: value.to_owned(),
        count,
    }
}

#[tokio::test]
async fn bars_begin_when_the_clock_of_the_time_zone_says() {
    let (tenant, reader) = stored("statistics-zones").await;
    let bars = async |bucket| {
        let options = options(bucket, None);
        let all = Filter::default();
        reader.histogram(&tenant, &all, &options).await.unwrap()
    };
    // The day has 25 hours.
    let days = [
        bar("2026-10-23T22:00:00Z", "", 1),
        bar("2026-10-24T22:00:00Z", "", 4),
        bar("2026-10-25T23:00:00Z", "", 1),
    ];
    assert_eq!(bars(Bucket::Day).await, days);
    // The clock says two o'clock twice, and these are two hours.
    let hours = bars(Bucket::Hour).await;
    assert_eq!(hours.len(), 6);
    assert_eq!(hours[2], bar("2026-10-25T00:00:00Z", "", 1));
    assert_eq!(hours[3], bar("2026-10-25T01:00:00Z", "", 1));
    let weeks = [
        bar("2026-10-18T22:00:00Z", "", 5),
        bar("2026-10-25T23:00:00Z", "", 1),
    ];
    assert_eq!(bars(Bucket::Week).await, weeks);
    assert_eq!(
        bars(Bucket::Month).await,
        [bar("2026-09-30T22:00:00Z", "", 6)]
    );
    assert_eq!(bars(Bucket::Minute).await.len(), 6);
}

#[tokio::test]
async fn counts_bars_and_facets_add_up_to_the_page() {
    let (tenant, reader) = stored("statistics-sums").await;
    let page = everything(&reader, &tenant).await;
    let mut expected: BTreeMap<(Timestamp, &str), u64> = BTreeMap::new();
    for event in &page.events {
        let day = if event.timestamp < "2026-10-25T00:00:00Z".parse().unwrap() {
            "2026-10-24T00:00:00Z"
        } else {
            "2026-10-25T00:00:00Z"
        };
        let key = (day.parse().unwrap(), event.outcome.as_str());
        *expected.entry(key).or_default() += 1;
    }
    let by_outcome = HistogramOptions {
        time_zone: "UTC".to_owned(),
        ..options(Bucket::Day, Some(Facet::Outcome))
    };
    let all = Filter::default();
    let bars = reader.histogram(&tenant, &all, &by_outcome).await.unwrap();
    let bars: BTreeMap<_, _> = bars
        .iter()
        .map(|bar| ((bar.start, bar.value.as_str()), bar.count))
        .collect();
    assert_eq!(bars, expected);

    let facet = async |limit| {
        let values = reader.facet(&tenant, &all, Facet::Outcome, limit).await;
        let values = values.unwrap();
        let values: Vec<_> = values
            .into_iter()
            .map(|value| (value.value, value.count))
            .collect();
        values
    };
    let both = [("denied".to_owned(), 3), ("success".to_owned(), 3)];
    assert_eq!(facet(10).await, both);
    assert_eq!(facet(1).await, both[..1]);

    let denied = Filter {
        outcome: Match::any_of([Outcome::Denied]),
        ..Filter::default()
    };
    assert_eq!(reader.count(&tenant, &denied).await.unwrap(), 3);
    assert_eq!(reader.count(&tenant, &all).await.unwrap(), 6);
}

#[tokio::test]
async fn the_first_and_the_last_year_have_bars_of_their_own() {
    let tenant = tenant("statistics-years");
    let events = [
        event_at(&tenant, 0, "1970-01-01T00:00:00Z".parse().unwrap()),
        event_at(&tenant, 1, "2299-12-31T22:30:00Z".parse().unwrap()),
    ];
    store(&events).await;
    let reader = clickhouse().reader().unwrap();
    for (bucket, first, last) in [
        (
            Bucket::Minute,
            "1970-01-01T00:00:00Z",
            "2299-12-31T22:30:00Z",
        ),
        (Bucket::Hour, "1970-01-01T00:00:00Z", "2299-12-31T22:00:00Z"),
        (Bucket::Day, "1969-12-31T23:00:00Z", "2299-12-30T23:00:00Z"),
        (Bucket::Week, "1969-12-28T23:00:00Z", "2299-12-24T23:00:00Z"),
        (
            Bucket::Month,
            "1969-12-31T23:00:00Z",
            "2299-11-30T23:00:00Z",
        ),
    ] {
        let options = options(bucket, None);
        let bars = reader
            .histogram(&tenant, &Filter::default(), &options)
            .await
            .unwrap();
        assert_eq!(bars, [bar(first, "", 1), bar(last, "", 1)], "{bucket:?}");
    }
}

#[tokio::test]
async fn an_unknown_time_zone_is_refused() {
    let (tenant, reader) = stored("statistics-unknown-zone").await;
    for time_zone in ["Mars/Olympus", "", "' OR 1 --"] {
        let options = HistogramOptions {
            time_zone: time_zone.to_owned(),
            ..options(Bucket::Day, None)
        };
        let answer = reader
            .histogram(&tenant, &Filter::default(), &options)
            .await;
        let error = answer.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    }
}
