//! What must be read beside a page of a history to know what its oldest events changed.

use std::collections::BTreeSet;

use daybook_event::{Action, AuditEvent};
use daybook_store::{Direction, Filter, Match, Page, Position, Search, StoreError, TimeRange};
use jiff::SignedDuration;

use super::{
    OUTCOMES_OF_CHANGES, Thing, compared_thing, says_the_whole_thing, several_things, thing,
};
use crate::tenant_reader::TenantReader;

/// How many events of its things are read before a page, first and then, to know what its oldest ones
/// changed. Most things have fewer, or one that says all of the thing.
const EVENTS_BEFORE: [u32; 2] = [200, 800];

/// Of more things all that the history has is read.
const THINGS_ASKED_MAX: usize = 20;
/// What may say how a thing is: a read never does.
const ACTIONS_WITH_BODIES: [Action; 4] = [
    Action::Create,
    Action::Update,
    Action::Delete,
    Action::Execute,
];

/// What is known of things before a page.
#[derive(Debug, Default)]
pub(crate) struct BodiesBefore {
    /// Newest first.
    pub(crate) events: Vec<AuditEvent>,
    /// Whether there are more than may be read.
    pub(crate) is_bounded: bool,
}

/// The events before the page that say how its things were, those before the range that was asked for
/// included, as far back as one may ask and at most about `bytes_max` of them.
pub(crate) async fn bodies_before(
    reader: &TenantReader,
    search: &Search,
    page: &Page,
    range_days_max: Option<u32>,
    bytes_max: usize,
) -> Result<BodiesBefore, StoreError> {
    let mut before = BodiesBefore::default();
    let mut open: BTreeSet<Thing> = page.events.iter().filter_map(compared_thing).collect();
    // A page that is cut is not answered.
    let Some(oldest) = page.events.last().filter(|_| !page.is_cut) else {
        return Ok(before);
    };
    let from = range_days_max.and_then(|days| {
        let length = SignedDuration::from_hours(24 * i64::from(days));
        oldest.timestamp.checked_sub(length).ok()
    });
    let mut position = Position::of(oldest, search.sort);
    let mut is_more = true;
    for limit in EVENTS_BEFORE {
        if open.is_empty() {
            break;
        }
        // What the history itself asks for, and nothing of another thing's parts.
        let mut filter = Filter {
            timestamp: TimeRange { from, to: None },
            action: Match::any_of(ACTIONS_WITH_BODIES),
            outcome: Match::any_of(OUTCOMES_OF_CHANGES),
            ..search.filter.clone()
        };
        if open.len() <= THINGS_ASKED_MAX {
            let names = |name: fn(&Thing) -> &String| {
                Match::any_of(open.iter().map(name).cloned().collect::<BTreeSet<_>>())
            };
            filter.also = Some(Box::new(Filter {
                entity_type: names(|(kind, _)| kind),
                entity_id: names(|(_, id)| id),
                ..Filter::default()
            }));
        }
        let asked = Search {
            filter,
            position: Some(position),
            direction: Direction::Next,
            offset: 0,
            limit,
            bytes_max: bytes_max / EVENTS_BEFORE.len(),
            ..search.clone()
        };
        let found = reader.search(&asked).await?;
        for event in found.events {
            let thing = thing(&event);
            let mut is_of_open = open.contains(&thing);
            if is_of_open && says_the_whole_thing(&event) {
                open.remove(&thing);
            }
            for thing in several_things(&event) {
                is_of_open |= open.remove(&thing);
            }
            if is_of_open {
                before.events.push(event);
            }
        }
        let Some(next) = found.next else {
            // Further back nobody may ask.
            is_more = from.is_some();
            break;
        };
        if found.is_cut {
            break;
        }
        position = next;
    }
    before.is_bounded = is_more && !open.is_empty();
    Ok(before)
}
