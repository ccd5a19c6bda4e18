//! Which part of a document came from which overlay, so that a problem names the file to edit.

use std::collections::HashMap;

use serde_json::Value;

use super::json_path::Place;
use crate::annotations::ANNOTATION;
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
    /// The annotations in the place, which stand elsewhere: they were copied. What else was copied is no
    /// more the overlay's than it was where it stands.
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
    /// What it writes stands elsewhere as well.
    pub(super) is_copy: bool,
}

impl Noted<'_> {
    /// Remembers that the action's `update` is merged into what stands at `place`.
    pub(super) fn update(&mut self, place: &Place, target: &Value, update: &Value) {
        let pointer = format!("{}/update", self.action);
        self.merged(&place.pointer(), &pointer, Some(target), update);
    }

    /// Remembers that something is copied to `place`: what it has there that was not there before.
    pub(super) fn copy(&mut self, place: &Place, target: &Value, copied: &Value) {
        let mut copying = Noted {
            origins: &mut *self.origins,
            file_name: self.file_name,
            action: self.action,
            is_copy: true,
        };
        let pointer = format!("{}/copy", self.action);
        copying.merged(&place.pointer(), &pointer, Some(target), copied);
    }

    fn merged(&mut self, place: &str, pointer: &str, target: Option<&Value>, update: &Value) {
        let in_annotation = is_in_annotation(place);
        match (target, update) {
            (Some(Value::Object(target)), Value::Object(update)) => {
                // What is wrong in how an annotation's parts fit together is the overlay's.
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                for (key, member) in update {
                    let known = target.get(key);
                    let key = escape(key);
                    let place = format!("{place}/{key}");
                    self.merged(&place, &self.below(pointer, &key), known, member);
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
                    let pointer = self.below(pointer, &position.to_string());
                    self.insert(&place, &pointer, self.reach());
                }
            }
            (Some(Value::Array(known)), _) => {
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                self.insert(&format!("{place}/{}", known.len()), pointer, self.reach());
            }
            _ => self.insert(place, pointer, self.reach()),
        }
    }

    /// Where a part of what is written stands: of a copy all is told where it is copied.
    fn below(&self, pointer: &str, key: &str) -> String {
        if self.is_copy {
            pointer.to_owned()
        } else {
            format!("{pointer}/{key}")
        }
    }

    fn reach(&self) -> Reach {
        if self.is_copy {
            Reach::Copied
        } else {
            Reach::Below
        }
    }

    fn insert(&mut self, place: &str, pointer: &str, reach: Reach) {
        let written = &mut self.origins.written;
        // What an earlier action wrote stays its own where another one adds to it.
        let is_known = |known: &Origin| known.reach != Reach::Alone;
        if reach == Reach::Alone && written.get(place).is_some_and(is_known) {
            return;
        }
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

/// Whether a pointer leads to an annotation or into one.
fn is_in_annotation(pointer: &str) -> bool {
    pointer.split('/').any(|segment| segment == ANNOTATION)
}

impl Origins {
    /// Names the overlay in the problems that are about what it wrote.
    pub(crate) fn relocate(&self, problems: &mut [DocumentProblem]) {
        for problem in problems {
            if let Some((file_name, pointer)) = self.written_at(&problem.pointer) {
                file_name.clone_into(&mut problem.file_name);
                problem.pointer = pointer;
            }
        }
    }

    /// The overlay that wrote what stands there, and where in it.
    pub(crate) fn written_at(&self, pointer: &str) -> Option<(&str, String)> {
        if self.written.is_empty() {
            return None;
        }
        let (end, origin) = self.of(pointer)?;
        let pointer = match origin.reach {
            Reach::Copied => origin.pointer.clone(),
            Reach::Below | Reach::Alone => format!("{}{}", origin.pointer, &pointer[end..]),
        };
        Some((&origin.file_name, pointer))
    }

    /// Whether what stands there, or what it stands in, is an overlay's.
    pub(crate) fn wrote(&self, pointer: &str) -> bool {
        !self.written.is_empty() && self.of(pointer).is_some()
    }

    /// The origin of a place or of the nearest one that it stands in, and where the pointer to that ends.
    fn of(&self, pointer: &str) -> Option<(usize, &Origin)> {
        let mut end = pointer.len();
        loop {
            if let Some(origin) = self.written.get(&pointer[..end]) {
                match origin.reach {
                    Reach::Below => return Some((end, origin)),
                    Reach::Copied => return is_in_annotation(pointer).then_some((end, origin)),
                    Reach::Alone if end == pointer.len() => return Some((end, origin)),
                    Reach::Alone => {}
                }
            }
            end = pointer[..end].rfind('/')?;
        }
    }
}
