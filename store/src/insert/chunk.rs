//! Events of one month that are stored with one insert, and what is known of them so far.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::admission::Rules;
use crate::error::StoreError;
use crate::insert::{DIGEST_WAY_BYTES, NewEvent, Stored};
use crate::lookup::{EventKey, Part, StoredKey};
use crate::plan::{Batch, Placed};

/// Events of one month that are stored with one insert.
pub(super) struct Chunk<'a> {
    events: &'a [NewEvent],
    expires_at: Cow<'a, [Timestamp]>,
    /// By which events are let in.
    pub(super) rules: Arc<Rules>,
    pub(super) month: u32,
    /// Those of which nothing is known yet, in the order of the table.
    pub(super) open: Vec<Placed<'a>>,
    pub(super) decisions: Vec<Decision>,
    /// No open event is in a block up to this one.
    pub(super) seen: Option<i64>,
    /// What an event with the same request is, once it is found.
    pub(super) found_as: Stored,
}

/// What became of one event of a chunk.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) index: usize,
    pub(super) outcome: Stored,
    /// Of the copy that is stored; nothing where none is.
    pub(super) stored_digest: Option<[u8; 16]>,
}

impl<'a> Chunk<'a> {
    pub(super) fn of(
        batch: Batch<'a>,
        rules: Arc<Rules>,
        month: u32,
        open: Vec<Placed<'a>>,
    ) -> Self {
        Self {
            events: batch.events,
            expires_at: Cow::Borrowed(batch.expires_at),
            rules,
            month,
            decisions: Vec::with_capacity(open.len()),
            open,
            seen: None,
            found_as: Stored::Duplicate,
        }
    }

    /// The places of the open events in the batch.
    pub(super) fn places(&self) -> Vec<usize> {
        self.open.iter().map(|open| open.index).collect()
    }

    pub(super) fn batch(&self) -> Batch<'_> {
        Batch {
            events: self.events,
            expires_at: &self.expires_at,
        }
    }

    /// Decides what is erased by newer rules, and says of the rest until when it is kept; whether
    /// that was another time before.
    pub(super) fn admit(&mut self, rules: Arc<Rules>) -> Result<bool, StoreError> {
        let mut is_changed = false;
        let mut open = Vec::with_capacity(self.open.len());
        for &open_event in &self.open {
            let index = open_event.index;
            let event = &self.events[index].event;
            if rules.is_erased(event)? {
                self.decisions.push(Decision {
                    index,
                    outcome: Stored::Erased,
                    stored_digest: None,
                });
                continue;
            }
            open.push(open_event);
            let expires_at = rules.expiry(event).unwrap_or(event.expires_at);
            if self.expires_at[index] != expires_at {
                self.expires_at.to_mut()[index] = expires_at;
                is_changed = true;
            }
        }
        self.open = open;
        self.rules = rules;
        Ok(is_changed)
    }

    pub(super) fn head(&self) -> i64 {
        self.seen.unwrap_or(0)
    }

    /// The keys of events of the batch.
    pub(super) fn keys(&self, places: &[usize]) -> Vec<EventKey<'a>> {
        let events = self.events;
        let key = |&index: &usize| EventKey::of(&events[index].event);
        places.iter().map(key).collect()
    }

    /// The places of the open events that may be in a part with a block that was not seen yet, and these
    /// parts.
    pub(super) fn suspects<'p>(&self, parts: &'p [Part]) -> (Vec<usize>, Vec<&'p Part>) {
        let seen = self.seen.unwrap_or(-1);
        let times = || self.open.iter().map(|open| open.order.timestamp_ms);
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let mut holders: Vec<_> = parts
            .iter()
            .filter(|part| part.rows > 0 && part.last_block > seen && part.may_hold(first..=last))
            .map(|part| (part, false))
            .collect();
        let mut suspects = Vec::new();
        for open in &self.open {
            let time = open.order.timestamp_ms;
            let mut is_suspect = false;
            for (part, holds) in &mut holders {
                if part.may_hold(time..=time) {
                    *holds = true;
                    is_suspect = true;
                }
            }
            if is_suspect {
                suspects.push(open.index);
            }
        }
        let holders = holders
            .into_iter()
            .filter_map(|(part, holds)| holds.then_some(part));
        (suspects, holders.collect())
    }

    /// Moves those events that are stored from `open` to `decisions`.
    pub(super) fn decide_stored(&mut self, stored: &[StoredKey]) {
        if stored.is_empty() {
            return;
        }
        let mut stored: Vec<_> = stored
            .iter()
            .map(|stored| (stored.key().table_order(), stored.request_digest))
            .collect();
        stored.sort_by_key(|&(order, _)| order);
        // Open events are in this order, too, so that one walk finds them all.
        let events = self.events;
        let mut place = 0;
        let mut found = Vec::with_capacity(self.open.len());
        for &Placed { order, .. } in &self.open {
            if place > 0 && stored[place - 1].0 >= order {
                place = 0; // were they not, none would be missed
            }
            while stored.get(place).is_some_and(|&(other, _)| other < order) {
                place += 1;
            }
            let same = stored.get(place).filter(|&&(other, _)| other == order);
            found.push(same.map(|&(_, digest)| digest));
        }
        // A block is stored whole: where one of it is missing, the others are not this writer's.
        let found_as = if found.iter().all(Option::is_some) {
            self.found_as
        } else {
            Stored::Duplicate
        };
        let decisions = &mut self.decisions;
        let mut found = found.into_iter();
        self.open.retain(|&Placed { index, .. }| {
            let Some(stored_digest) = found.next().flatten() else {
                return true;
            };
            let outcome = match compare(&stored_digest, &events[index]) {
                Stored::Duplicate => found_as,
                other => other,
            };
            decisions.push(Decision {
                index,
                outcome,
                stored_digest: Some(stored_digest),
            });
            false
        });
    }

    /// ClickHouse may drop an expired row as soon as it is in: it would be missed for ever.
    pub(super) fn decide_expired(&mut self, now: Timestamp) {
        let (kept_until, decisions) = (&self.expires_at, &mut self.decisions);
        self.open.retain(|&Placed { index, .. }| {
            let is_expired = kept_until[index] <= now;
            if is_expired {
                decisions.push(Decision {
                    index,
                    outcome: Stored::Expired,
                    stored_digest: None,
                });
            }
            !is_expired
        });
    }
}

/// What an event is beside a stored one of the same id.
pub(super) fn compare(stored_digest: &[u8; 16], new: &NewEvent) -> Stored {
    let (stored_way, stored_request) = stored_digest.split_at(DIGEST_WAY_BYTES);
    let (way, request) = new.request_digest.split_at(DIGEST_WAY_BYTES);
    if stored_way == way && stored_request != request {
        Stored::Conflict
    } else {
        Stored::Duplicate
    }
}
