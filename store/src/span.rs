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
#[derive(Debug, Clone, Copy, Default, PartialEq)]
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
        if !begins_at_newest(search) {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= TENANTS_MAX && !all.contains_key(tenant) {
            all.clear();
        }
        let known = all.entry(tenant.clone()).or_default();
        let first = page.events.first().map(|event| event.timestamp);
        let gap = match page.events.as_slice() {
            [first, .., last] => {
                let gaps = i32::try_from(page.events.len() - 1).unwrap_or(i32::MAX);
                Some(first.timestamp.duration_since(last.timestamp) / gaps)
            }
            _ => None,
        };
        if !wants_all(search) {
            // All events are as close together as some are, or closer.
            known.gap = gap.map_or(known.gap, |gap| gap.min(known.gap));
            known.newest = known
                .newest
                .map(|newest| first.map_or(newest, |first| first.max(newest)));
        } else if page.next.is_some() {
            let learned = Some(known.gap).filter(|gap| *gap != SignedDuration::MAX);
            known.gap = gap.or(learned).unwrap_or_default();
            known.newest = first;
        } else if bound_from(search).is_none() {
            known.gap = SignedDuration::MAX;
            known.newest = first;
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
    /// How many were in the spans so far.
    events: u32,
    rest: Option<TimeRange>,
}

impl Spans {
    /// The spans of a search of a tenant of which something may be known. The first reaches `reach_min` at
    /// least, and so far that a page is expected to be full there.
    pub(crate) fn new(search: &Search, known: Known, reach_min: SignedDuration) -> Self {
        let is_descending = search.sort.is_descending() == (search.direction == Direction::Next);
        let from = bound_from(search);
        let to = filters(search)
            .filter_map(|filter| filter.timestamp.to)
            .min();
        let is_in_spans = search.sort != Sort::IngestedAscending
            && search.offset == 0
            && !filters(search).any(is_found_by_index);
        let begin = match search.position {
            Some(position) => Some(position.time),
            None if is_descending => Some(newest_wanted(known, to)),
            None => from,
        };
        Self {
            begin: begin.filter(|_| is_in_spans),
            is_descending,
            bound: if is_descending { from } else { to },
            reach: SignedDuration::ZERO,
            reach_min: reach_min.max(reach_of_page(search, known)),
            events: 0,
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

    /// So many events were in the last span, and as many again are wanted as are `left`.
    pub(crate) fn found(&mut self, events: u32, left: u32) {
        self.events = self.events.saturating_add(events);
        let more = i32::try_from(left / self.events.max(1)).unwrap_or(i32::MAX);
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

/// How far a page reaches as far as one can tell; at least as far as it costs nothing to look.
fn reach_of_page(search: &Search, known: Known) -> SignedDuration {
    let days = filters(search).map(reach_days_min).max().unwrap_or(0);
    let one_in = if wants_all(search) {
        1
    } else if days > 0 {
        RARELY_MATCHES_ONE_IN
    } else {
        MATCHES_ONE_IN
    };
    let events = i32::try_from(search.limit).unwrap_or(i32::MAX);
    times(known.gap, events.saturating_mul(one_in)).max(SignedDuration::from_hours(24 * days))
}

/// From where on backwards the newest event before `to` is looked for.
fn newest_wanted(known: Known, to: Option<Timestamp>) -> Timestamp {
    let now = Timestamp::now();
    let newest = known.newest.map_or(now, |newest| newest.min(now));
    to.map_or(newest, |to| to.min(newest))
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

/// Whether a search's page begins with the newest event that matches.
fn begins_at_newest(search: &Search) -> bool {
    search.sort == Sort::TimestampDescending
        && search.direction == Direction::Next
        && search.position.is_none()
        && search.offset == 0
        && search.limit > 0
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
mod tests;
