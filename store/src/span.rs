//! Where a page is looked for first: close to where it begins, and further away only if need be.
//!
//! Without a bound of time ClickHouse opens every part that has rows of the tenant, and reads each until
//! it finds a row that matches. A page of a busy tenant lies within a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::filter::{Filter, TimeRange};
use crate::search::{Direction, Search, Sort};
use crate::tenant::TenantId;

/// How far each span reaches; beyond the last lies all the rest.
const REACH_DAYS: [i64; 3] = [1, 8, 64];

/// Tenants whose newest event is remembered.
const TENANTS_MAX: usize = 10_000;

/// When each tenant's newest event happened, as far as pages have shown: the first page of a tenant
/// that has been quiet for weeks is looked for where its events end, and not from today backwards. It
/// is a guess; what is newer lies in the first span all the same, which has no end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Newest(Arc<Mutex<HashMap<TenantId, Timestamp>>>);

impl Newest {
    /// Where to begin for a tenant.
    pub(crate) fn of(&self, tenant: &TenantId) -> Timestamp {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        newest.get(tenant).map_or(now, |&newest| newest.min(now))
    }

    /// The tenant has an event of this time.
    pub(crate) fn saw(&self, tenant: &TenantId, time: Timestamp) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() >= TENANTS_MAX && !newest.contains_key(tenant) {
            newest.clear();
        }
        let known = newest.entry(tenant.clone()).or_insert(time);
        *known = time.max(*known);
    }
}

/// The spans that a page is to be looked for in, in this order, until it is full. Together they are
/// all of time, and no two overlap. Without a better place they begin at `newest`.
pub(crate) fn spans(search: &Search, newest: Timestamp) -> Vec<TimeRange> {
    let filters = std::iter::successors(Some(&search.filter), |filter| filter.also.as_deref());
    let days = filters.map(reach_days_min).max().unwrap_or(0);
    spans_beyond(search, newest, SignedDuration::from_hours(24 * days))
}

/// The same, where the page is known not to lie within `reach_min`.
pub(crate) fn spans_beyond(
    search: &Search,
    newest: Timestamp,
    reach_min: SignedDuration,
) -> Vec<TimeRange> {
    let is_descending = search.sort.is_descending() == (search.direction == Direction::Next);
    let filters = || std::iter::successors(Some(&search.filter), |filter| filter.also.as_deref());
    let from = filters().filter_map(|filter| filter.timestamp.from).max();
    let to = filters().filter_map(|filter| filter.timestamp.to).min();
    let begin = search.position.map(|position| position.time);
    let begin = if is_descending {
        begin.or(Some(to.map_or(newest, |to| to.min(newest))))
    } else {
        begin.or(from)
    };
    let Some(begin) = begin.filter(|_| {
        search.sort != Sort::IngestedAscending
            && search.offset == 0
            && !filters().any(is_found_by_index)
    }) else {
        return vec![TimeRange::default()];
    };

    let mut spans = Vec::with_capacity(REACH_DAYS.len() + 1);
    let mut last = TimeRange::default();
    let reaches = REACH_DAYS.map(|days| SignedDuration::from_hours(24 * days));
    for reach in reaches.into_iter().filter(|reach| *reach >= reach_min) {
        let edge = if is_descending {
            begin.checked_sub(reach).ok()
        } else {
            begin.checked_add(reach).ok()
        };
        let bounds = if is_descending { from } else { to };
        let is_inside = |edge: &Timestamp| {
            bounds.is_none_or(|bound| (*edge > bound) == is_descending && *edge != bound)
        };
        let Some(edge) = edge.filter(is_inside) else {
            break;
        };
        spans.push(if is_descending {
            TimeRange {
                from: Some(edge),
                ..last
            }
        } else {
            TimeRange {
                to: Some(edge),
                ..last
            }
        });
        if is_descending {
            last.to = Some(edge);
        } else {
            last.from = Some(edge);
        }
    }
    spans.push(last);
    spans
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
    use proptest::prelude::*;

    use super::*;
    use crate::filter::Match;
    use crate::search::Position;

    fn time(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3_600).unwrap()
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
            let spans = spans_beyond(&search, time(0), SignedDuration::from_hours(reach_min));
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

    #[test]
    fn a_page_is_first_looked_for_within_a_day() {
        let spans = spans(&Search::default(), time(0));
        assert_eq!(spans.len(), 4);
        assert_eq!(
            spans[0],
            TimeRange {
                from: Some(time(-24)),
                to: None
            }
        );
        assert_eq!(
            spans[3],
            TimeRange {
                from: None,
                to: Some(time(-24 * 64))
            }
        );
    }

    #[test]
    fn a_callers_page_is_first_looked_for_within_two_months_and_a_phrases_within_eight_days() {
        let caller = Filter {
            user_id: Match::any_of(["7".to_owned()]),
            ..Filter::default()
        };
        let phrase = Filter {
            words: vec!["order intake".to_owned()],
            ..Filter::default()
        };
        let of = |filter| Search {
            filter,
            ..Search::default()
        };
        let days = |days: i64| Some(time(-24 * days));
        let within = |from, to| TimeRange { from, to };
        assert_eq!(
            spans(&of(caller), time(0)),
            [within(days(64), None), within(None, days(64))]
        );
        assert_eq!(
            spans(&of(phrase), time(0)),
            [
                within(days(8), None),
                within(days(64), days(8)),
                within(None, days(64))
            ]
        );
    }

    #[test]
    fn what_an_index_finds_and_what_counts_from_the_start_is_asked_for_at_once() {
        let whole = vec![TimeRange::default()];
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
            assert_eq!(spans(&search, time(0)), whole);
        }
    }
}
