//! Where a page is looked for first: close to where it begins, and further away only if need be.
//!
//! Without a bound of time ClickHouse opens every part that has rows of the tenant, and reads each until
//! it finds a row that matches. A page of a busy tenant lies within a day. That of one with few events may
//! lie within years, and to ask once more costs as much as to open the parts: what earlier pages and
//! earlier spans have shown says how far to look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::filter::{Filter, TimeRange};
use crate::search::{Direction, Page, Search, Sort};
use crate::tenant::TenantId;

/// How far each span reaches; beyond the last lies all the rest.
const REACH_DAYS: [i64; 3] = [1, 8, 64];
/// One in so many of a tenant's events is expected to match a filter,
const MATCHES_ONE_IN: i32 = 16;
/// and one in so many to be of a caller, or to have a phrase.
const RARELY_MATCHES_ONE_IN: i32 = 500;

/// Tenants of which something is remembered.
const TENANTS_MAX: usize = 10_000;

/// What pages have shown of each tenant's events. It is a guess: wherever a page is looked for first,
/// it is looked for everywhere until it is full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown(Arc<Mutex<HashMap<TenantId, Known>>>);

/// Of one tenant.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// When the newest event happened: the first page of a tenant that has been quiet for weeks is looked
    /// for where its events end, and not from today backwards. What is newer lies in the first span all
    /// the same, which has no end.
    newest: Option<Timestamp>,
    /// How far apart its newest events are; more than a search reaches where a page had room for all.
    gap: SignedDuration,
}

impl Shown {
    /// What is known of a tenant.
    pub(crate) fn of(&self, tenant: &TenantId) -> Known {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(tenant).copied().unwrap_or_default()
    }

    /// A search of the tenant has this page.
    pub(crate) fn saw(&self, tenant: &TenantId, search: &Search, page: &Page) {
        let first = page.events.first().map(|event| event.timestamp);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !shows_newest(search, page) {
            // It may be of long ago.
            if let Some(known) = all.get_mut(tenant).filter(|known| known.newest.is_some()) {
                known.newest = known.newest.max(first);
            }
            return;
        }
        if all.len() >= TENANTS_MAX && !all.contains_key(tenant) {
            all.clear();
        }
        let known = all.entry(tenant.clone()).or_default();
        known.newest = known.newest.max(first);
        if let (Some(_), [first, .., last]) = (page.next, page.events.as_slice()) {
            let gaps = i32::try_from(page.events.len() - 1).unwrap_or(i32::MAX);
            known.gap = first.timestamp.duration_since(last.timestamp) / gaps;
        } else if page.next.is_none() && bound_from(search).is_none() {
            known.gap = SignedDuration::MAX;
        }
    }
}

/// The spans that a search is to be asked for in, one after the other, until there is enough. Together
/// they are all of time, and no two overlap.
#[derive(Debug, Clone)]
pub(crate) struct Spans {
    /// From where reaches are measured; nothing where all of time is to be asked for at once.
    begin: Option<Timestamp>,
    is_descending: bool,
    /// Beyond it the search wants nothing.
    bound: Option<Timestamp>,
    reach: SignedDuration,
    reach_min: SignedDuration,
    rest: Option<TimeRange>,
}

impl Spans {
    /// Those of a tenant's search.
    pub(crate) fn new(search: &Search, known: Known) -> Self {
        let days = filters(search).map(reach_days_min).max().unwrap_or(0);
        let expected = if wants_all(search) {
            1
        } else if days > 0 {
            RARELY_MATCHES_ONE_IN
        } else {
            MATCHES_ONE_IN
        };
        let events = i32::try_from(search.limit).unwrap_or(i32::MAX);
        let reach_min = times(known.gap, events.saturating_mul(expected));
        Self::beyond(
            search,
            known,
            reach_min.max(SignedDuration::from_hours(24 * days)),
        )
    }

    /// Those of a search that is known not to be over within a reach.
    pub(crate) fn beyond(search: &Search, known: Known, reach_min: SignedDuration) -> Self {
        let is_descending = search.sort.is_descending() == (search.direction == Direction::Next);
        let from = bound_from(search);
        let to = filters(search)
            .filter_map(|filter| filter.timestamp.to)
            .min();
        let begin = search.position.map(|position| position.time);
        let begin = if is_descending {
            let now = Timestamp::now();
            let newest = known.newest.map_or(now, |newest| newest.min(now));
            begin.or(Some(to.map_or(newest, |to| to.min(newest))))
        } else {
            begin.or(from)
        };
        let is_in_spans = search.sort != Sort::IngestedAscending
            && search.offset == 0
            && !filters(search).any(is_found_by_index);
        Self {
            begin: begin.filter(|_| is_in_spans),
            is_descending,
            bound: if is_descending { from } else { to },
            reach: SignedDuration::ZERO,
            reach_min,
            rest: Some(TimeRange::default()),
        }
    }

    /// The next one; nothing after the last.
    pub(crate) fn next(&mut self) -> Option<TimeRange> {
        let rest = self.rest.take()?;
        let Some(edge) = self.edge() else {
            return Some(rest);
        };
        let (before, behind) = (
            TimeRange {
                to: Some(edge),
                ..rest
            },
            TimeRange {
                from: Some(edge),
                ..rest
            },
        );
        let (near, far) = if self.is_descending {
            (behind, before)
        } else {
            (before, behind)
        };
        self.rest = Some(far);
        Some(near)
    }

    /// So many events were in the spans so far, and as many again are wanted as are `left`.
    pub(crate) fn found(&mut self, events: u32, left: u32) {
        let more = i32::try_from(left / events.max(1)).unwrap_or(i32::MAX);
        self.reach_min = times(self.reach, more.saturating_add(2));
    }

    /// Where the next span ends, where it is not the last.
    fn edge(&mut self) -> Option<Timestamp> {
        let begin = self.begin?;
        let reach = REACH_DAYS
            .map(|days| SignedDuration::from_hours(24 * days))
            .into_iter()
            .find(|reach| *reach > self.reach && *reach >= self.reach_min)?;
        self.reach = reach;
        let edge = if self.is_descending {
            begin.checked_sub(reach)
        } else {
            begin.checked_add(reach)
        };
        let is_inside = |edge: &Timestamp| {
            self.bound
                .is_none_or(|bound| (*edge > bound) == self.is_descending && *edge != bound)
        };
        edge.ok().filter(is_inside)
    }
}

fn times(reach: SignedDuration, factor: i32) -> SignedDuration {
    reach.checked_mul(factor).unwrap_or(SignedDuration::MAX)
}

/// Whether a search wants all that happened within its bounds, but perhaps Daybook's own events.
fn wants_all(search: &Search) -> bool {
    filters(search).all(|filter| {
        let all = Filter {
            timestamp: filter.timestamp,
            hide_service: filter.hide_service.clone(),
            also: filter.also.clone(),
            ..Filter::default()
        };
        *filter == all
    })
}

/// Whether a page has a tenant's newest events, whatever they are.
fn shows_newest(search: &Search, page: &Page) -> bool {
    search.sort == Sort::TimestampDescending
        && page.prev.is_none()
        && wants_all(search)
        && filters(search).all(|filter| filter.timestamp.to.is_none())
}

/// Before it a search wants nothing.
fn bound_from(search: &Search) -> Option<Timestamp> {
    filters(search)
        .filter_map(|filter| filter.timestamp.from)
        .max()
}

/// All that hold for each event of the page.
fn filters(search: &Search) -> impl Iterator<Item = &Filter> {
    std::iter::successors(Some(&search.filter), |filter| filter.also.as_deref())
}

/// How far the first span reaches at least. An index finds the granules that have a caller, or the words
/// of a phrase, and to open more parts costs less than to ask once more.
fn reach_days_min(filter: &Filter) -> i64 {
    let [_, days_of_phrase, days_of_caller] = REACH_DAYS;
    if !filter.user_id.any_of.is_empty() || !filter.user_email.any_of.is_empty() {
        // Most do little within a week.
        days_of_caller
    } else if !filter.words.is_empty() {
        // Its words are in many rows, which are all compared.
        days_of_phrase
    } else {
        0
    }
}

/// Whether few events match, which an index finds wherever they are.
fn is_found_by_index(filter: &Filter) -> bool {
    let has_id = |names: &[crate::filter::EntityName]| {
        !names.is_empty() && names.iter().all(|name| name.id.is_some())
    };
    let is_word = |words: &String| {
        let mut words = words.trim().chars();
        words.all(|letter| !letter.is_ascii() || letter.is_ascii_alphanumeric())
    };
    // To ask the text index takes longer than to read what it finds. Of a phrase it finds the words.
    let has_words = !filter.words.is_empty() && filter.words.iter().all(is_word);
    has_words
        || !filter.entity_id.any_of.is_empty()
        || !filter.correlation_id.any_of.is_empty()
        || has_id(&filter.entity.any_of)
}

#[cfg(test)]
mod tests {
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
            let mut spans = Spans::beyond(&search, known(0), SignedDuration::from_hours(reach_min));
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
        let mut spans = Spans::new(search, known);
        let mut ends = Vec::new();
        while let Some(span) = spans.next() {
            ends.extend(
                span.from
                    .map(|from| (from.as_second() - time(0).as_second()) / 3_600),
            );
            let all = found * u32::try_from(ends.len()).unwrap();
            spans.found(all, search.limit.saturating_sub(all));
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
        after_page(search, hours, 50, true)
    }

    fn after_page(search: &Search, hours: i64, events: i64, has_more: bool) -> Known {
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
            prev: search.position,
            ..Page::default()
        };
        let (tenant, shown) = (TenantId::new("acme").unwrap(), Shown::default());
        shown.saw(&tenant, search, &page);
        shown.of(&tenant)
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
        for events in [0, 1, 50] {
            let known = after_page(&all, 0, events, false);
            assert_eq!(ends(&all, known, 0), NONE, "{events}");
            assert_eq!(ends(&caller(), known, 0), NONE, "{events}");
        }
    }

    #[test]
    fn what_is_not_of_a_tenants_newest_events_shows_nothing() {
        let also = of(Filter {
            also: Some(Box::new(caller().filter)),
            ..Filter::default()
        });
        let ascending = Search {
            sort: Sort::TimestampAscending,
            ..Search::default()
        };
        let position = Some(Position {
            time: time(1),
            id: uuid::Uuid::nil(),
        });
        let beyond = Search {
            position,
            ..Search::default()
        };
        for search in [caller(), also, ascending, beyond, between(None, Some(1))] {
            for has_more in [true, false] {
                let known = after_page(&search, 12, 50, has_more);
                assert_eq!(known.newest, None, "{search:?}");
                assert_eq!(known.gap, SignedDuration::ZERO, "{search:?}");
            }
        }
        // One event has no gap, and a day's few events say nothing of the day before.
        let all = Search::default();
        assert_eq!(after_page(&all, 0, 1, true).gap, SignedDuration::ZERO);
        let day = between(Some(-24), None);
        assert_eq!(after_page(&day, 1, 9, false).gap, SignedDuration::ZERO);
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
                ..Search::default()
            },
            Search {
                sort: Sort::TimestampAscending,
                ..Search::default()
            },
        ] {
            let mut spans = Spans::new(&search, known(0));
            assert_eq!(spans.next(), Some(TimeRange::default()));
            assert_eq!(spans.next(), None);
        }
    }
}
