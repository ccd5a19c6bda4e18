//! How a batch is stored: which events are copies of one another, and what goes into one insert.

use std::collections::{BTreeMap, HashMap, HashSet};

use daybook_event::AuditEvent;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::insert::NewEvent;
use crate::lookup::{EventKey, TableOrder};

/// Most rows of one insert. One insert must be one block, or its token covers only a part of it;
/// ClickHouse cuts at a million rows.
const CHUNK_ROWS_MAX: usize = 50_000;
/// Most bytes of one insert, roughly; ClickHouse cuts at 256 MiB.
const CHUNK_BYTES_MAX: usize = 32 << 20;

/// Events as they are to be stored: what is decided of them stands beside them, so that none is copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) events: &'a [NewEvent],
    /// Until when each is kept, whatever the event itself says.
    pub(crate) expires_at: &'a [Timestamp],
}

/// How a batch is stored. Numbers are places in the batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan<'a> {
    /// What goes into one insert: events of one month, no two alike, in the order of the table. Chunks
    /// of one month follow each other in one entry.
    pub(crate) partitions: Vec<Partition<'a>>,
    /// Later copies within the batch, each with the place of the first.
    pub(crate) copies: Vec<(usize, usize)>,
}

/// An event's place in the batch and in the table.
///
/// Events are large and lie apart: to touch each of them once more for each look takes a good part of a
/// writer's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed<'a> {
    pub(crate) index: usize,
    pub(crate) order: TableOrder<'a>,
}

impl<'a> Placed<'a> {
    fn of(index: usize, event: &'a AuditEvent) -> Self {
        Self {
            index,
            order: EventKey::of(event).table_order(),
        }
    }
}

/// The events of one month.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition<'a> {
    /// As ClickHouse's `toYYYYMM` names it: 202611.
    pub(crate) month: u32,
    pub(crate) chunks: Vec<Vec<Placed<'a>>>,
}

impl<'a> Plan<'a> {
    /// Of all events but those that are left out.
    pub(crate) fn of(events: &'a [NewEvent], left_out: &HashSet<usize>) -> Self {
        let mut firsts: HashMap<(&str, Uuid), usize, RandomState> =
            HashMap::with_capacity_and_hasher(events.len(), RandomState::default());
        let mut copies = Vec::new();
        let mut months: BTreeMap<u32, Chunks<'_>> = BTreeMap::new();
        for (index, new) in events.iter().enumerate() {
            if left_out.contains(&index) {
                continue;
            }
            let event = &new.event;
            if let Some(first) = firsts.get(&(event.org_id.as_str(), event.id)) {
                copies.push((index, *first));
                continue;
            }
            firsts.insert((&event.org_id, event.id), index);
            months
                .entry(month(event))
                .or_default()
                .push(Placed::of(index, event), bytes_about(event));
        }
        let partitions = months
            .into_iter()
            .map(|(month, mut chunks)| {
                for chunk in &mut chunks.finished {
                    // As the table is sorted: ClickHouse then need not.
                    chunk.sort_unstable_by_key(|placed| placed.order);
                }
                Partition {
                    month,
                    chunks: chunks.finished,
                }
            })
            .collect();
        Self { partitions, copies }
    }
}

#[derive(Default)]
struct Chunks<'a> {
    finished: Vec<Vec<Placed<'a>>>,
    last_bytes: usize,
}

impl<'a> Chunks<'a> {
    fn push(&mut self, placed: Placed<'a>, bytes: usize) {
        match self.finished.last_mut() {
            Some(last)
                if last.len() < CHUNK_ROWS_MAX && self.last_bytes + bytes <= CHUNK_BYTES_MAX =>
            {
                last.push(placed);
                self.last_bytes += bytes;
            }
            _ => {
                self.finished.push(vec![placed]);
                self.last_bytes = bytes;
            }
        }
    }
}

/// As ClickHouse's `toYYYYMM` names the month of an event.
pub(crate) fn month(event: &AuditEvent) -> u32 {
    let date = TimeZone::UTC.to_datetime(event.timestamp);
    // The years 1970 to 2299 and the months 1 to 12 were checked before.
    u32::from(date.year().unsigned_abs()) * 100 + u32::from(date.month().unsigned_abs())
}

/// The parts that can be large, and a guess at the rest.
fn bytes_about(event: &AuditEvent) -> usize {
    let pairs = |map: &BTreeMap<String, String>| -> usize {
        map.iter()
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum()
    };
    let changes: usize = event
        .changes
        .iter()
        .map(|change| change.field.len() + change.before.len() + change.after.len() + 6)
        .sum();
    let parts: usize = event
        .activity_parts
        .iter()
        .map(|part| part.text.len() + part.word.len() + 16)
        .sum();
    1_000
        + event.activity.len()
        + parts
        + event.detail.len()
        + event.privacy.len()
        + changes
        + event.redacted.iter().map(String::len).sum::<usize>()
        + pairs(&event.http.headers)
        + pairs(&event.http.query)
        + pairs(&event.http.path_params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_event(org_id: &str, id: u128, timestamp: &str) -> NewEvent {
        NewEvent {
            event: AuditEvent {
                org_id: org_id.to_owned(),
                id: Uuid::from_u128(id),
                timestamp: timestamp.parse().unwrap(),
                ..AuditEvent::default()
            },
            request_digest: [0; 16],
        }
    }

    /// The months, each with the places in its chunks.
    fn indexes(plan: &Plan<'_>) -> Vec<(u32, Vec<Vec<usize>>)> {
        let of_chunk = |chunk: &Vec<Placed<'_>>| chunk.iter().map(|placed| placed.index).collect();
        plan.partitions
            .iter()
            .map(|partition| {
                let chunks = partition.chunks.iter().map(of_chunk).collect();
                (partition.month, chunks)
            })
            .collect()
    }

    #[test]
    fn months_are_kept_apart_and_copies_point_to_the_first() {
        let events = [
            new_event("a", 1, "2026-11-30T23:59:59.999Z"),
            new_event("b", 1, "2026-12-01T00:00:00Z"),
            new_event("a", 1, "2026-11-30T23:59:59.999Z"),
            new_event("a", 2, "2026-11-01T00:00:00Z"),
            new_event("a", 1, "2026-11-30T23:59:59.999Z"),
        ];
        let plan = Plan::of(&events, &HashSet::new());
        assert_eq!(
            indexes(&plan),
            [(202_611, vec![vec![3, 0]]), (202_612, vec![vec![1]])]
        );
        assert_eq!(plan.copies, [(2, 0), (4, 0)]);
    }

    #[test]
    fn what_is_left_out_is_nobodys_first_copy() {
        let events: Vec<_> = (0..3)
            .map(|_| new_event("a", 1, "2026-11-30T00:00:00Z"))
            .collect();
        let plan = Plan::of(&events, &HashSet::from([0]));
        assert_eq!(indexes(&plan), [(202_611, vec![vec![1]])]);
        assert_eq!(plan.copies, [(2, 1)]);
    }

    #[test]
    fn large_events_are_cut_into_chunks_and_one_is_never_too_large() {
        let events: Vec<_> = (0..5)
            .map(|id| {
                let mut new = new_event("a", id, "2026-11-01T00:00:00Z");
                new.event.detail = "x".repeat(CHUNK_BYTES_MAX / 3);
                if id == 4 {
                    new.event.detail = "x".repeat(CHUNK_BYTES_MAX + 1);
                }
                new
            })
            .collect();
        let plan = Plan::of(&events, &HashSet::new());
        assert_eq!(
            indexes(&plan),
            [(202_611, vec![vec![0, 1], vec![2, 3], vec![4]])]
        );
    }
}
