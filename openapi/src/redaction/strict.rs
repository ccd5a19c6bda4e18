//! Keeping of a request only what its document marks as auditable, and what a sentence needs.
//!
//! Whoever calls chooses the names of members and of query parameters as freely as their values, so that a
//! name stays only where something auditable stands at it or below it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::marked::Marked;
use super::place::Place;
use super::redactor::{Redactor, VALUE_DEPTH_MAX, redact_keys};
use super::walk::{Inherited, Walk, note};
use crate::value_location::{WRAPPER_DEPTH_MAX, WRAPPERS};

impl Redactor {
    /// Removes everything but what is auditable, and names the values and objects out of which it did.
    pub(super) fn keep_auditable(&self, walk: &mut Walk<'_>, value: &mut Value) {
        match value {
            // `before` and `after` are nobody's choice.
            Value::Object(stated) if walk.place == Place::Context => {
                for (name, member) in stated.iter_mut() {
                    walk.enter(name.clone());
                    self.keep_or_remove(walk, member);
                    walk.leave();
                }
            }
            _ => {
                self.keep_or_remove(walk, value);
            }
        }
    }

    /// Removes the query parameters that are not auditable, with their names.
    pub(super) fn keep_auditable_query(
        &self,
        query: &mut BTreeMap<String, String>,
        removed: &mut Vec<String>,
    ) {
        let before = query.len();
        query.retain(|name, _| {
            let pointer = std::slice::from_ref(name);
            self.auditable()
                .any(|mark| mark.covers(Place::Query, pointer))
        });
        if query.len() < before {
            note(removed, Place::Query, &[]);
        }
    }

    fn auditable(&self) -> impl Iterator<Item = &Marked> {
        self.keep.iter().chain(&self.told)
    }

    fn keep_or_remove(&self, walk: &mut Walk<'_>, value: &mut Value) -> bool {
        let stays = self.visit_strictly(walk, value);
        if !stays {
            walk.remove(value);
        }
        stays
    }

    /// Whether anything auditable is in the value: that is redacted as ever, everything else removed. Where
    /// nothing is, the value must go as a whole, and nothing in it is named.
    fn visit_strictly(&self, walk: &mut Walk<'_>, value: &mut Value) -> bool {
        if self.is_auditable(walk, value) {
            self.visit(walk, value, Inherited::No);
            return true;
        }
        if walk.pointer().len() >= VALUE_DEPTH_MAX || !self.may_hold(walk) {
            return false;
        }
        let named = walk.removed.len();
        let stays = match value {
            Value::Object(members) => self.visit_members_strictly(walk, members),
            Value::Array(items) => {
                let mut stays = false;
                for (position, item) in items.iter_mut().enumerate() {
                    walk.enter(position.to_string());
                    stays |= self.keep_or_remove(walk, item);
                    walk.leave();
                }
                stays
            }
            _ => false,
        };
        if !stays {
            walk.removed.truncate(named);
        }
        stays
    }

    fn visit_members_strictly(
        &self,
        walk: &mut Walk<'_>,
        members: &mut Map<String, Value>,
    ) -> bool {
        redact_keys(walk, members);
        let before = members.len();
        members.retain(|name, member| {
            walk.enter(name.clone());
            let stays = self.visit_strictly(walk, member);
            walk.leave();
            stays
        });
        if members.len() < before {
            walk.note();
        }
        !members.is_empty()
    }

    /// Whether the value stands where the document keeps all, or where an id or a name does and it is one.
    fn is_auditable(&self, walk: &Walk<'_>, value: &Value) -> bool {
        let (place, pointer) = (walk.place, walk.pointer());
        self.keep
            .iter()
            .any(|mark| mark.covers_above(place, pointer))
            || is_told_of(value)
                && (self.told.iter().any(|mark| mark.covers(place, pointer))
                    || self.is_told_behind_wrappers(walk, Marked::covers))
    }

    /// Whether something auditable may stand below the place.
    fn may_hold(&self, walk: &Walk<'_>) -> bool {
        self.auditable()
            .any(|mark| mark.may_be_below(walk.place, walk.pointer()))
            || self.is_told_behind_wrappers(walk, Marked::may_be_below)
    }

    /// Ids and names are looked for behind wrappers too (`data`, `item`). [`crate::ValueLocation::read`] opens a body's only member
    /// as well, but that is a name that its caller chose.
    fn is_told_behind_wrappers(
        &self,
        walk: &Walk<'_>,
        test: fn(&Marked, Place, &[String]) -> bool,
    ) -> bool {
        let first = walk.pointer().iter().take(WRAPPER_DEPTH_MAX);
        let wrappers = first.take_while(|name| WRAPPERS.contains(&name.as_str()));
        (1..=wrappers.count()).any(|depth| {
            let inner = &walk.pointer()[depth..];
            self.told.iter().any(|mark| test(mark, walk.place, inner))
        })
    }
}

/// Whether a sentence could tell of a value: it is one, or several in a list.
fn is_told_of(value: &Value) -> bool {
    let is_one = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Array(items) => items.iter().all(is_one),
        value => is_one(value),
    }
}
