//! How far each span reaches.

use daybook_event::{Action, AuditEvent};
use proptest::prelude::*;

use super::*;
use crate::filter::Match;
use crate::search::Position;

fn time(hours: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + hours * 3_600).unwrap()
}

/// A tenant whose newest event is of that hour.
fn known(hours: i64) -> Known {
    Known {
        newest: Some(time(hours)),
        ..Known::default()
    }
}

fn is_in(range: &TimeRange, time: Timestamp) -> bool {
    range.from.is_none_or(|from| time >= from) && range.to.is_none_or(|to| time < to)
}

proptest! {
    #[test]
    fn each_moment_of_the_search_lies_in_one_span_and_nearer_ones_come_first(
        position in proptest::option::of(-3_000..3_000_i64),
        from in proptest::option::of(-3_000..3_000_i64),
        to in proptest::option::of(-3_000..3_000_i64),
        descends: bool,
        forward: bool,
        moments in proptest::collection::vec(-5_000..5_000_i64, 2..20),
        reach_min in 0..3_000_i64,
        found in 0..60_u32,
        left in 1..60_u32,
    ) {
        let search = Search {
            filter: Filter {
                timestamp: TimeRange { from: from.map(time), to: None },
                also: Some(Box::new(Filter {
                    timestamp: TimeRange { from: None, to: to.map(time) },
                    ..Filter::default()
                })),
                ..Filter::default()
            },
            sort: if descends { Sort::TimestampDescending } else { Sort::TimestampAscending },
            direction: if forward { Direction::Next } else { Direction::Prev },
            position: position.map(|hours| Position { time: time(hours), id: uuid::Uuid::nil() }),
            ..Search::default()
        };
        let mut spans = Spans::new(&search, known(0), SignedDuration::from_hours(reach_min));
        let spans: Vec<_> = std::iter::from_fn(|| {
            let span = spans.next();
            spans.found(found, left);
            span
        })
        .collect();
        let place = |hours: i64| {
            let holders: Vec<_> = (0..spans.len())
                .filter(|&span| is_in(&spans[span], time(hours)))
                .collect();
            prop_assert_eq!(holders.len(), 1, "{:?}", spans);
            Ok(holders[0])
        };
        let is_descending = descends == forward;
        for pair in moments.windows(2) {
            let (first, second) = (place(pair[0])?, place(pair[1])?);
            if pair[0] != pair[1] && (pair[0] > pair[1]) == is_descending {
                prop_assert!(first <= second, "{:?} {:?}", pair, spans);
            }
        }
    }
}

/// All of time at once.
const NONE: [i64; 0] = [];

/// The hours at which the spans of a search end, each of which has so many events of those wanted.
fn ends(search: &Search, known: Known, found: u32) -> Vec<i64> {
    let mut spans = Spans::new(search, known, SignedDuration::ZERO);
    let mut ends = Vec::new();
    while let Some(span) = spans.next() {
        ends.extend(
            span.from
                .map(|from| (from.as_second() - time(0).as_second()) / 3_600),
        );
        let all = found * u32::try_from(ends.len()).unwrap();
        spans.found(found, search.limit.saturating_sub(all));
    }
    ends
}

fn of(filter: Filter) -> Search {
    Search {
        filter,
        ..Search::default()
    }
}

fn caller() -> Search {
    of(Filter {
        user_id: Match::any_of(["7".to_owned()]),
        ..Filter::default()
    })
}

#[test]
fn a_page_is_first_looked_for_within_a_day_a_phrases_within_eight_and_a_callers_within_two_months()
{
    let phrase = of(Filter {
        words: vec!["order intake".to_owned()],
        ..Filter::default()
    });
    assert_eq!(
        ends(&Search::default(), known(0), 40),
        [-24, -24 * 8, -24 * 64]
    );
    assert_eq!(ends(&phrase, known(0), 10), [-24 * 8, -24 * 64]);
    assert_eq!(ends(&caller(), known(0), 10), [-24 * 64]);
}

#[test]
fn the_fewer_are_found_the_farther_the_next_span_reaches() {
    assert_eq!(ends(&Search::default(), known(0), 1), [-24, -24 * 64]);
    assert_eq!(ends(&Search::default(), known(0), 0), [-24, -24 * 64]);
    let many = Search {
        limit: 1_000,
        ..Search::default()
    };
    assert_eq!(ends(&many, known(0), 2), [-24]);
}

/// What is known after a search of the newest of many events, so many hours apart.
fn after(search: &Search, hours: i64) -> Known {
    let shown = Shown::default();
    see(&shown, search, hours, 50, true);
    shown.of(&acme())
}

fn acme() -> TenantId {
    TenantId::new("acme").unwrap()
}

/// A search has a page of so many events.
fn see(shown: &Shown, search: &Search, hours: i64, events: i64, has_more: bool) {
    let events: Vec<_> = (0..events)
        .map(|place| AuditEvent {
            timestamp: time(-place * hours),
            ..AuditEvent::default()
        })
        .collect();
    let next = events.last().map(|event| Position::of(event, search.sort));
    let page = Page {
        events,
        next: next.filter(|_| has_more),
        ..Page::default()
    };
    shown.saw(&acme(), search, &page);
}

fn deletions() -> Search {
    of(Filter {
        action: Match::any_of([Action::Delete]),
        ..Filter::default()
    })
}

fn between(from: Option<i64>, to: Option<i64>) -> Search {
    of(Filter {
        timestamp: TimeRange {
            from: from.map(time),
            to: to.map(time),
        },
        ..Filter::default()
    })
}

#[test]
fn how_far_apart_events_are_says_how_far_to_look() {
    let all = Search::default();
    assert_eq!(ends(&all, after(&all, 0), 50)[0], -24);
    assert_eq!(ends(&all, after(&all, 1), 50)[0], -24 * 8);
    assert_eq!(ends(&all, after(&all, 12), 50)[0], -24 * 64);
    assert_eq!(ends(&deletions(), after(&all, 1), 50)[0], -24 * 64);
    assert_eq!(ends(&deletions(), after(&all, 12), 50), NONE);
    assert_eq!(ends(&caller(), after(&all, 1), 50), NONE);
    // Daybook's own events may be hidden, and the oldest left out.
    let others = of(Filter {
        hide_service: Some("daybook".to_owned()),
        ..Filter::default()
    });
    for search in [others, between(Some(-1_000), None)] {
        assert_eq!(ends(&all, after(&search, 12), 50)[0], -24 * 64);
    }
}

#[test]
fn a_tenant_whose_events_are_one_page_is_asked_once() {
    let all = Search::default();
    let shown = [0, 1, 50].map(|events| {
        let shown = Shown::default();
        see(&shown, &all, 0, events, false);
        assert_eq!(ends(&all, shown.of(&acme()), 0), NONE, "{events}");
        assert_eq!(ends(&caller(), shown.of(&acme()), 0), NONE, "{events}");
        shown
    });
    // Until it has more, even if only one of them is asked for.
    let [empty, one, shown] = shown;
    for shown in [empty, one] {
        see(&shown, &all, 0, 1, true);
        assert_eq!(ends(&all, shown.of(&acme()), 50)[0], -24);
    }
    see(&shown, &caller(), 1, 50, true);
    assert_eq!(ends(&all, shown.of(&acme()), 50)[0], -24 * 8);
    see(&shown, &all, 0, 50, true);
    assert_eq!(ends(&all, shown.of(&acme()), 50)[0], -24);
}

#[test]
fn what_does_not_begin_at_the_newest_event_shows_nothing() {
    let ascending = Search {
        sort: Sort::TimestampAscending,
        ..Search::default()
    };
    let beyond = Search {
        position: Some(Position {
            time: time(1),
            id: uuid::Uuid::nil(),
        }),
        ..Search::default()
    };
    let back = Search {
        direction: Direction::Prev,
        ..Search::default()
    };
    let over = Search {
        offset: 50,
        ..Search::default()
    };
    let nothing = Search {
        limit: 0,
        ..Search::default()
    };
    for search in [
        ascending,
        beyond,
        back,
        over,
        nothing,
        between(None, Some(1)),
    ] {
        for events in [0, 50] {
            let shown = Shown::default();
            see(&shown, &search, 12, events, events > 0);
            assert_eq!(shown.of(&acme()), Known::default(), "{search:?}");
        }
    }
}

#[test]
fn some_events_say_less_of_how_far_apart_all_are() {
    let all = Search::default();
    let also = of(Filter {
        also: Some(Box::new(caller().filter)),
        ..Filter::default()
    });
    for search in [caller(), also] {
        assert_eq!(after(&search, 12), Known::default());
    }
    // One event has no gap, and a day's few events say nothing of the day before.
    let shown = Shown::default();
    see(&shown, &all, 0, 1, true);
    see(&shown, &between(Some(-24), None), 1, 9, false);
    assert_eq!(shown.of(&acme()).gap, SignedDuration::ZERO);
}

#[test]
fn an_erased_event_is_not_the_newest_any_more() {
    let shown = Shown::default();
    see(&shown, &Search::default(), 1, 50, true);
    assert_eq!(shown.of(&acme()).newest, Some(time(0)));
    let all = Search::default();
    let older = |shown: &Shown| {
        let page = Page {
            events: vec![AuditEvent {
                timestamp: time(-5),
                ..AuditEvent::default()
            }],
            ..Page::default()
        };
        shown.saw(&acme(), &all, &page);
    };
    older(&shown);
    assert_eq!(shown.of(&acme()).newest, Some(time(-5)));
    // That some are older shows nothing, that some are newer does.
    see(&shown, &caller(), 1, 50, true);
    assert_eq!(shown.of(&acme()).newest, Some(time(0)));
    older(&shown);
    see(&shown, &all, 1, 0, false);
    assert_eq!(shown.of(&acme()).newest, None);
}

#[test]
fn what_an_index_finds_and_what_counts_from_the_start_is_asked_for_at_once() {
    let filter = Filter {
        entity_id: Match::any_of(["7".to_owned()]),
        ..Filter::default()
    };
    let word = Filter {
        words: vec!["onboarding".to_owned()],
        ..Filter::default()
    };
    for search in [
        Search {
            filter: word,
            ..Search::default()
        },
        Search {
            filter,
            ..Search::default()
        },
        Search {
            offset: 1,
            ..Search::default()
        },
        Search {
            sort: Sort::IngestedAscending,
            position: Some(Position {
                time: time(0),
                id: uuid::Uuid::nil(),
            }),
            ..Search::default()
        },
        Search {
            sort: Sort::TimestampAscending,
            ..Search::default()
        },
    ] {
        let mut spans = Spans::new(&search, known(0), SignedDuration::ZERO);
        assert_eq!(spans.next(), Some(TimeRange::default()));
        assert_eq!(spans.next(), None);
    }
}
