//! Merging an update into a document, and removing from it.

use serde_json::Value;

use super::json_path::Place;
use super::long_form::{long_form, long_update};
use super::noted::Noted;
use crate::document::{ANNOTATION, DEPTH_MAX, ENTRY_BYTES, OBJECT_BYTES, Origins, ReadFile};
use crate::json_pointer::{Step, escape};

/// The most memory that overlays may add to a document.
const ADDED_BYTES_MAX: usize = 64 << 20;

const TOO_LARGE: &str = "the document would grow too large with it";

/// How much an overlay may still add to a document.
pub(super) struct Capacity {
    /// What the document takes by now.
    pub(super) bytes: usize,
    bytes_max: usize,
    /// How much of updates may still be measured: what does not fit costs time as well.
    measured_bytes_left: usize,
}

/// Why an update does not fit, and where in it.
pub(super) struct Misfit {
    /// A pointer into the update.
    pub(super) pointer: String,
    pub(super) message: String,
}

impl Capacity {
    pub(super) fn of(file: &ReadFile) -> Self {
        Self {
            bytes: file.value_bytes,
            bytes_max: file.value_bytes.saturating_add(ADDED_BYTES_MAX),
            measured_bytes_left: 8 * ADDED_BYTES_MAX,
        }
    }
}

fn misfit(pointer: &str, message: impl Into<String>) -> Misfit {
    Misfit {
        pointer: pointer.to_owned(),
        message: message.into(),
    }
}

/// Merges `update` into every place, or into none where it does not fit one of them.
///
/// # Errors
/// The first misfit.
pub(super) fn merge(
    root: &mut Value,
    places: &[Place],
    update: &Value,
    capacity: &mut Capacity,
    noted: &mut Noted<'_>,
) -> Result<(), Misfit> {
    check_merge(root, places, update, capacity)?;
    merge_checked(root, places, update, noted);
    Ok(())
}

/// Merges what stands at one place into others, likewise.
///
/// # Errors
/// The first misfit.
pub(super) fn copy(
    root: &mut Value,
    places: &[Place],
    source: &Place,
    capacity: &mut Capacity,
    noted: &mut Noted<'_>,
) -> Result<(), Misfit> {
    let Some(update) = source.get(root) else {
        return Ok(());
    };
    // What does not fit is not even copied.
    check_merge(root, places, update, capacity)?;
    let update = update.clone();
    merge_checked(root, places, &update, noted);
    Ok(())
}

fn merge_checked(root: &mut Value, places: &[Place], update: &Value, noted: &mut Noted<'_>) {
    for place in places {
        if let Some(target) = place.get_mut(root) {
            noted.merge(place, target, update);
            merge_into(target, update, is_annotation(place));
        }
    }
}

fn check_merge(
    root: &Value,
    places: &[Place],
    update: &Value,
    capacity: &mut Capacity,
) -> Result<(), Misfit> {
    if capacity.measured_bytes_left == 0 {
        return Err(misfit("", TOO_LARGE));
    }
    let (bytes, depth) = (memory(update), depth(update));
    capacity.measured_bytes_left = capacity.measured_bytes_left.saturating_sub(bytes);
    let added = bytes.saturating_mul(places.len());
    if capacity.bytes.saturating_add(added) > capacity.bytes_max {
        return Err(misfit("", TOO_LARGE));
    }
    for place in places {
        if place.steps.len() + depth > DEPTH_MAX {
            let message = format!("the document would nest deeper than {DEPTH_MAX} levels with it");
            return Err(misfit("", message));
        }
        if let Some(target) = place.get(root) {
            check(target, update, "", is_annotation(place))?;
        }
    }
    capacity.bytes += added;
    Ok(())
}

/// Removes every place.
///
/// # Errors
/// Where the whole document is selected, and where too much that overlays wrote would have another place.
pub(super) fn remove(
    root: &mut Value,
    mut places: Vec<Place>,
    origins: &mut Origins,
) -> Result<(), String> {
    if places.iter().any(|place| place.steps.is_empty()) {
        return Err("it selects the whole document, which cannot be removed".to_owned());
    }
    // What lies deepest goes first, so that positions in arrays stay true.
    places.sort_by(|one, other| {
        let depth = other.steps.len().cmp(&one.steps.len());
        depth.then_with(|| one.steps.cmp(&other.steps))
    });
    for siblings in places.chunk_by(|one, other| parent_of(one) == parent_of(other)) {
        let parent = siblings.first().map(parent_of).unwrap_or_default();
        let parent = Place {
            steps: parent.to_vec(),
        };
        match parent.get_mut(root) {
            Some(Value::Object(members)) => {
                for place in siblings {
                    if let Some(Step::Key(key)) = place.steps.last() {
                        origins.forget(&place.pointer());
                        members.remove(key);
                    }
                }
            }
            Some(Value::Array(items)) => {
                let positions: Vec<usize> = siblings
                    .iter()
                    .filter_map(|place| match place.steps.last() {
                        Some(Step::Position(position)) => Some(*position),
                        _ => None,
                    })
                    .collect();
                origins.removed(&parent.pointer(), &positions)?;
                let mut position = 0;
                items.retain(|_| {
                    position += 1;
                    positions.binary_search(&(position - 1)).is_err()
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn parent_of(place: &Place) -> &[Step] {
    place.steps.split_last().map_or(&[], |(_, parent)| parent)
}

fn is_annotation(place: &Place) -> bool {
    matches!(place.steps.last(), Some(Step::Key(key)) if key == ANNOTATION)
}

/// Whether `update` fits `target`, at any depth.
fn check(target: &Value, update: &Value, pointer: &str, is_annotation: bool) -> Result<(), Misfit> {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, member) in update {
                let Some(known) = target.get(key) else {
                    continue;
                };
                let pointer = format!("{pointer}/{}", escape(key));
                if !is_annotation {
                    check(known, member, &pointer, key == ANNOTATION)?;
                } else if long_form(key, known, member).is_none() {
                    let member = long_update(key, known, member);
                    check(known, &member, &pointer, key == ANNOTATION)?;
                }
            }
            Ok(())
        }
        (Value::Array(_), _) | (_, Value::Null) => Ok(()),
        (Value::Object(_), _) => Err(misfit(pointer, "it goes into an object, but is none")),
        (_, Value::Object(_) | Value::Array(_)) => Err(misfit(
            pointer,
            "it goes in place of a single value, but is none; remove that first",
        )),
        _ => Ok(()),
    }
}

fn merge_into(target: &mut Value, update: &Value, is_annotation: bool) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, member) in update {
                match target.get_mut(key) {
                    Some(known) if is_annotation => {
                        if let Some(long) = long_form(key, known, member) {
                            *known = long;
                        }
                        let member = long_update(key, known, member);
                        merge_into(known, &member, key == ANNOTATION);
                    }
                    Some(known) => merge_into(known, member, key == ANNOTATION),
                    None => {
                        target.insert(key.clone(), member.clone());
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        // `components:` with nothing behind it, as the specification's own example has it.
        (Value::Object(_) | Value::Array(_), Value::Null) => {}
        (Value::Array(target), entry) => target.push(entry.clone()),
        (target, update) => *target = update.clone(),
    }
}

fn memory(value: &Value) -> usize {
    match value {
        Value::String(text) => ENTRY_BYTES + text.len(),
        Value::Array(items) => items.iter().map(memory).sum::<usize>() + ENTRY_BYTES,
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .map(|(key, member)| ENTRY_BYTES + key.len() + memory(member))
            .sum::<usize>()
            .saturating_add(OBJECT_BYTES),
        _ => ENTRY_BYTES,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
