//! Going through a tenant's events page by page, while others store more.

use daybook_event::AuditEvent;
use daybook_store::{
    Direction, Filter, Match, Position, Reader, Search, Sort, TOTAL_BOUND, TenantId, TotalMode,
};
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::fixture::{batch, clickhouse, event, event_at, exported, new, store, tenant};

const SORTS: [Sort; 3] = [
    Sort::TimestampDescending,
    Sort::TimestampAscending,
    Sort::IngestedAscending,
];

/// Twenty-four events, six at each of four times, stored in reverse order of their times.
async fn crowded(name: &str) -> (TenantId, Vec<AuditEvent>) {
    let tenant = tenant(name);
    let start: Timestamp = "2026-10-31T23:59:58Z".parse().unwrap();
    let events: Vec<_> = (0..24_u32)
        .map(|number| {
            let mut event = event_at(&tenant, number, start + i64::from(number / 6).seconds());
            event.ingested_at = start + 1.hour() + i64::from((23 - number) / 4).milliseconds();
            event
        })
        .collect();
    store(&events).await;
    (tenant, events)
}

fn ids(events: &[AuditEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn every_order_is_whole_and_the_same_by_pages_by_offsets_and_in_an_export() {
    let (tenant, events) = crowded("pages-orders").await;
    let reader = clickhouse().reader().unwrap();
    for sort in SORTS {
        let search = |limit, offset, position| Search {
            sort,
            limit,
            offset,
            position,
            ..Search::default()
        };
        let whole = reader
            .search(&tenant, &search(100, 0, None))
            .await
            .unwrap()
            .events;
        let mut expected: Vec<_> = events.clone();
        match sort {
            Sort::TimestampDescending => {
                expected.sort_by_key(|event| std::cmp::Reverse(event.timestamp));
            }
            Sort::TimestampAscending => expected.sort_by_key(|event| event.timestamp),
            Sort::IngestedAscending => expected.sort_by_key(|event| event.ingested_at),
        }
        let times = |events: &[AuditEvent]| -> Vec<_> {
            events
                .iter()
                .map(|event| Position::of(event, sort).time)
                .collect()
        };
        assert_eq!(times(&whole), times(&expected), "{sort:?}");

        let (mut by_cursor, mut by_offset) = (Vec::new(), Vec::new());
        let mut position = None;
        loop {
            let page = reader
                .search(&tenant, &search(5, 0, position))
                .await
                .unwrap();
            assert_eq!(page.total, Some(24));
            assert_eq!(page.prev.is_some(), position.is_some());
            by_cursor.extend(page.events);
            let offset = by_offset.len() as u64;
            let page_by_offset = reader.search(&tenant, &search(5, offset, None)).await;
            by_offset.extend(page_by_offset.unwrap().events);
            position = page.next;
            if position.is_none() {
                break;
            }
        }
        assert_eq!(ids(&by_cursor), ids(&whole), "{sort:?}");
        assert_eq!(ids(&by_offset), ids(&whole), "{sort:?}");
        let exported = exported(&reader, &tenant, &search(1, 7, None)).await;
        assert_eq!(ids(&exported), ids(&whole), "{sort:?}");
    }
}

#[tokio::test]
async fn the_way_back_shows_the_same_pages() {
    let (tenant, _) = crowded("pages-back").await;
    let reader = clickhouse().reader().unwrap();
    for sort in SORTS {
        let search = |position, direction| Search {
            sort,
            limit: 7,
            position,
            direction,
            total: TotalMode::None,
            ..Search::default()
        };
        let mut forward = Vec::new();
        let mut position = None;
        loop {
            let page = reader
                .search(&tenant, &search(position, Direction::Next))
                .await
                .unwrap();
            position = page.next;
            forward.push(page);
            if position.is_none() {
                break;
            }
        }
        assert_eq!(forward.len(), 4);
        let mut back = forward.last().unwrap().prev;
        for expected in forward.iter().rev().skip(1) {
            let page = reader
                .search(&tenant, &search(back, Direction::Prev))
                .await
                .unwrap();
            assert_eq!(ids(&page.events), ids(&expected.events), "{sort:?}");
            assert_eq!(page.next, expected.next);
            assert_eq!(page.prev, expected.prev);
            assert_eq!(page.total, None);
            back = page.prev;
        }
        assert_eq!(back, None);
    }
}

#[tokio::test]
async fn what_was_there_is_seen_once_while_more_is_stored() {
    let tenant = tenant("pages-inserts");
    let (writer, reader) = (
        clickhouse().writer().unwrap(),
        clickhouse().reader().unwrap(),
    );
    let stored: Vec<u32> = (0..60).map(|number| number * 10).collect();
    let events: Vec<_> = stored
        .iter()
        .map(|&number| new(event(&tenant, number)))
        .collect();
    writer.insert(&events).await.unwrap();

    for sort in [Sort::TimestampDescending, Sort::TimestampAscending] {
        let mut seen = Vec::new();
        let mut position = None;
        for round in 1.. {
            let search = Search {
                sort,
                limit: 7,
                position,
                ..Search::default()
            };
            let page = reader.search(&tenant, &search).await.unwrap();
            seen.extend(ids(&page.events));
            position = page.next;
            if position.is_none() {
                break;
            }
            // Newer, older and in between.
            let more: Vec<_> = [round, 300 + round, 600 + round]
                .map(|number| {
                    new(event(
                        &tenant,
                        number * 10 + 1 + u32::from(sort == SORTS[0]),
                    ))
                })
                .into();
            writer.insert(&more).await.unwrap();
        }
        for &number in &stored {
            let id = event(&tenant, number).id;
            let times = seen.iter().filter(|&&seen| seen == id).count();
            assert_eq!(times, 1, "{number} {sort:?}");
        }
        let mut distinct = seen.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len());
    }
}

/// Every page, from the first one on or from the last one back.
async fn pages(reader: &Reader, tenant: &TenantId, first: Search) -> Vec<Uuid> {
    let (mut all, mut search) = (Vec::new(), first);
    loop {
        let page = reader.search(tenant, &search).await.unwrap();
        let ids = ids(&page.events);
        search.position = if search.direction == Direction::Next {
            all.extend(ids);
            page.next
        } else {
            all.splice(..0, ids);
            page.prev
        };
        if search.position.is_none() {
            return all;
        }
    }
}

/// The ids of an export by time, which has each of the events once, in the order of its search.
async fn exported_in_order(
    reader: &Reader,
    tenant: &TenantId,
    search: &Search,
    events: &[AuditEvent],
) -> Vec<Uuid> {
    let exported = exported(reader, tenant, search).await;
    let times: Vec<_> = exported.iter().map(|event| event.timestamp).collect();
    let is_descending = search.sort == Sort::TimestampDescending;
    assert!(times.is_sorted_by(|one, next| one == next || (one > next) == is_descending));
    let exported = ids(&exported);
    assert_eq!(sorted(&exported), sorted(&ids(events)));
    exported
}

#[tokio::test]
async fn events_that_lie_days_and_years_apart_are_on_one_page_each_in_order() {
    let tenant = tenant("pages-apart");
    let newest: Timestamp = "2026-10-31T23:59:58Z".parse().unwrap();
    let days = [0, 0, 0, 1, 2, 7, 8, 9, 30, 63, 64, 65, 200, 2_000];
    let events: Vec<_> = (0..)
        .zip(days)
        .map(|(number, days)| event_at(&tenant, number, newest - (24 * days).hours()))
        .collect();
    store(&events).await;
    let service = events[0].service_name.clone();
    let filter = Filter {
        service_name: Match::any_of([service]),
        ..Filter::default()
    };
    let (learned, all) = (clickhouse().reader().unwrap(), Search::default());
    learned.search(&tenant, &all).await.unwrap();
    for (sort, filter, limit) in [Sort::TimestampDescending, Sort::TimestampAscending]
        .into_iter()
        .flat_map(|sort| [Filter::default(), filter.clone()].map(|filter| (sort, filter)))
        .flat_map(|(sort, filter)| [3, 14].map(|limit| (sort, filter.clone(), limit)))
    {
        let new = clickhouse().reader().unwrap();
        let search = Search {
            filter,
            sort,
            limit,
            total: TotalMode::None,
            ..Search::default()
        };
        let exported = exported_in_order(&new, &tenant, &search, &events).await;
        let back = Search {
            direction: Direction::Prev,
            ..search.clone()
        };
        for reader in [&new, &learned] {
            assert_eq!(pages(reader, &tenant, search.clone()).await, exported);
            assert_eq!(pages(reader, &tenant, back.clone()).await, exported);
        }
    }
}

#[tokio::test]
async fn an_export_of_many_pieces_is_whole_however_far_apart_events_lie() {
    let tenant = tenant("pages-pieces");
    let newest: Timestamp = "2026-10-31T23:59:58Z".parse().unwrap();
    // More and more of them a day, the older they are.
    let events: Vec<_> = (0..5_000_i32)
        .map(|number| {
            let minutes = i64::from(number.isqrt()) * 2_000 + i64::from(number) / 100;
            event_at(&tenant, number.cast_unsigned(), newest - minutes.minutes())
        })
        .collect();
    store(&events).await;
    let reader = clickhouse().reader().unwrap();
    for _ in 0..2 {
        for sort in [Sort::TimestampDescending, Sort::TimestampAscending] {
            let search = Search {
                sort,
                ..Search::default()
            };
            exported_in_order(&reader, &tenant, &search, &events).await;
        }
        // The next time it is known how far apart they are.
        reader.search(&tenant, &Search::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_ends_where_its_events_are_too_long_and_the_next_one_goes_on() {
    let tenant = tenant("pages-long");
    let long = |number| AuditEvent {
        detail: "x".repeat(10_000),
        ..event(&tenant, number)
    };
    let events: Vec<_> = (0..5).map(long).collect();
    store(&events).await;
    let reader = clickhouse().reader().unwrap();
    for direction in [Direction::Next, Direction::Prev] {
        let mut search = Search {
            bytes_max: 25_000,
            sort: Sort::TimestampAscending,
            direction,
            ..Search::default()
        };
        let (mut lengths, mut found) = (Vec::new(), Vec::new());
        loop {
            let page = reader.search(&tenant, &search).await.unwrap();
            lengths.push((page.events.len(), page.is_cut));
            found.extend(ids(&page.events));
            search.position = match direction {
                Direction::Next => page.next,
                Direction::Prev => page.prev,
            };
            if search.position.is_none() {
                break;
            }
        }
        assert_eq!(lengths, [(2, true), (2, true), (1, false)], "{direction:?}");
        assert_eq!(sorted(&found), sorted(&ids(&events)));
    }
    // One alone is a page however long it is, and the one behind a page counts for nothing.
    for (limit, bytes_max, expected) in [
        (1, 1, (1, false)),
        (5, 1, (1, true)),
        (2, 25_000, (2, false)),
        (3, 25_000, (2, true)),
    ] {
        let search = Search {
            limit,
            bytes_max,
            ..Search::default()
        };
        let page = reader.search(&tenant, &search).await.unwrap();
        assert_eq!((page.events.len(), page.is_cut), expected, "{limit}");
        assert!(page.next.is_some());
    }
}

fn sorted(ids: &[Uuid]) -> Vec<Uuid> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted
}

#[tokio::test]
async fn a_bounded_total_says_that_it_stopped() {
    let tenant = tenant("pages-total");
    let writer = clickhouse().writer().unwrap();
    let count = u32::try_from(TOTAL_BOUND).unwrap() + 5;
    writer.insert(&batch(&tenant, 0..count)).await.unwrap();
    let reader = clickhouse().reader().unwrap();
    let total = async |mode| {
        let search = Search {
            limit: 1,
            total: mode,
            ..Search::default()
        };
        let page = reader.search(&tenant, &search).await.unwrap();
        (page.total, page.total_is_bounded)
    };
    assert_eq!(
        total(TotalMode::Exact).await,
        (Some(u64::from(count)), false)
    );
    assert_eq!(total(TotalMode::Bounded).await, (Some(TOTAL_BOUND), true));
    assert_eq!(total(TotalMode::None).await, (None, false));

    let exported = exported(&reader, &tenant, &Search::default()).await;
    assert_eq!(exported.len(), count as usize);
}
