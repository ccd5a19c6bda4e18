//! Which part of a document came from which overlay, so that a problem names the file to edit.

use std::collections::HashMap;

use serde_json::Value;

use super::json_path::Place;
use crate::document::DocumentProblem;
use crate::operation::escape;

/// The most places that are remembered; a problem beyond them names the document.
const PLACES_MAX: usize = 200_000;

/// Where the values of a document were written that its own file does not have.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// By pointer into the document.
    written: HashMap<String, Origin>,
}

/// Where something was written.
#[derive(Debug)]
struct Origin {
    file_name: String,
    /// The pointer into the overlay.
    pointer: String,
    reach: Reach,
}

/// What of a place is of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The place, and all in it as it stands in the overlay.
    Below,
    /// The place, and all in it, which stands elsewhere: it was copied.
    Copied,
    /// The place itself, and not what stood in it before.
    Alone,
}

/// What an action changes.
pub(super) struct Noted<'a> {
    pub(super) origins: &'a mut Origins,
    pub(super) file_name: &'a str,
    /// The action in its overlay.
    pub(super) action: &'a str,
}

impl Noted<'_> {
    /// Remembers that the action's `update` is merged into what stands at `place`.
    pub(super) fn update(&mut self, place: &Place, target: &Value, update: &Value) {
        let pointer = format!("{}/update", self.action);
        self.merged(&place.pointer(), &pointer, Some(target), update);
    }

    /// Remembers that something is copied to `place`: all of it, and what it is merged with there.
    pub(super) fn copy(&mut self, place: &Place, target: &Value, copied: &Value) {
        let place = place.pointer();
        let keys: Vec<String> = match (target, copied) {
            (Value::Array(known), Value::Array(items)) => (known.len()..known.len() + items.len())
                .map(|position| position.to_string())
                .collect(),
            (Value::Array(known), _) => vec![known.len().to_string()],
            (_, Value::Object(members)) => members.keys().map(|key| escape(key)).collect(),
            _ => Vec::new(),
        };
        let pointer = format!("{}/copy", self.action);
        for key in &keys {
            self.insert(&format!("{place}/{key}"), &pointer, Reach::Copied);
        }
        if !copied.is_object() && !target.is_array() {
            self.insert(&place, &pointer, Reach::Copied);
        }
    }

    fn merged(&mut self, place: &str, pointer: &str, target: Option<&Value>, update: &Value) {
        let in_annotation = place.contains("/x-audit");
        match (target, update) {
            (Some(Value::Object(target)), Value::Object(update)) => {
                // What is wrong in how an annotation's parts fit together is the overlay's.
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                for (key, member) in update {
                    let known = target.get(key);
                    let key = escape(key);
                    let (place, pointer) = (format!("{place}/{key}"), format!("{pointer}/{key}"));
                    self.merged(&place, &pointer, known, member);
                }
            }
            // They stay as they are.
            (Some(Value::Object(_) | Value::Array(_)), Value::Null) => {}
            (Some(Value::Array(known)), Value::Array(added)) => {
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                for position in 0..added.len() {
                    let place = format!("{place}/{}", known.len() + position);
                    self.insert(&place, &format!("{pointer}/{position}"), Reach::Below);
                }
            }
            (Some(Value::Array(known)), _) => {
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                self.insert(&format!("{place}/{}", known.len()), pointer, Reach::Below);
            }
            _ => self.insert(place, pointer, Reach::Below),
        }
    }

    fn insert(&mut self, place: &str, pointer: &str, reach: Reach) {
        let written = &mut self.origins.written;
        if written.len() < PLACES_MAX {
            let origin = Origin {
                file_name: self.file_name.to_owned(),
                pointer: pointer.to_owned(),
                reach,
            };
            written.insert(place.to_owned(), origin);
        }
    }
}

impl Origins {
    /// Names the overlay in the problems that are about what it wrote.
    pub(crate) fn relocate(&self, problems: &mut [DocumentProblem]) {
        if self.written.is_empty() {
            return;
        }
        for problem in problems {
            if let Some((end, origin)) = self.of(&problem.pointer) {
                problem.pointer = match origin.reach {
                    Reach::Copied => origin.pointer.clone(),
                    Reach::Below | Reach::Alone => {
                        format!("{}{}", origin.pointer, &problem.pointer[end..])
                    }
                };
                problem.file_name.clone_from(&origin.file_name);
            }
        }
    }

    /// Whether what stands there, or what it stands in, is an overlay's.
    pub(crate) fn wrote(&self, pointer: &str) -> bool {
        !self.written.is_empty() && self.of(pointer).is_some()
    }

    /// The origin of a place or of the nearest one that it stands in, and where the pointer to that ends.
    fn of(&self, pointer: &str) -> Option<(usize, &Origin)> {
        let mut end = pointer.len();
        loop {
            if let Some(origin) = self.written.get(&pointer[..end])
                && (origin.reach != Reach::Alone || end == pointer.len())
            {
                return Some((end, origin));
            }
            end = pointer[..end].rfind('/')?;
        }
    }
}
