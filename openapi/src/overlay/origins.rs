//! Which part of a document came from which overlay, so that a problem names the file to edit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::json_path::Place;
use super::merge::{long_form, long_update};
use crate::annotations::ANNOTATION;
use crate::document::DocumentProblem;
use crate::operation::escape;

/// The most places that are remembered, and the most bytes of their pointers; a problem beyond them names the document.
const PLACES_MAX: usize = 200_000;
const BYTES_MAX: usize = 64 << 20;

/// How often places may move because items of a list are removed in front of them.
const MOVES_MAX: usize = 2_000_000;

/// Where the values of a document were written that its own file does not have.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// By pointer into the document.
    written: BTreeMap<String, Origin>,
    /// What they have taken by now.
    bytes: usize,
    /// How many of them have moved by now.
    moves: usize,
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
    /// These, and the place itself: they are lost where it is left out.
    CopiedAnnotation,
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
                let has_short_forms = place.ends_with("/x-audit");
                for (key, member) in update {
                    let known = target.get(key);
                    let short = known.filter(|_| has_short_forms);
                    let long = short.and_then(|known| long_form(key, known, member));
                    let is_noun = short.is_some_and(|known| {
                        matches!(long_update(key, known, member), Cow::Owned(_))
                    });
                    let key = escape(key);
                    let place = format!("{place}/{key}");
                    let pointer = self.below(pointer, &key);
                    if is_noun {
                        self.insert(&place, &pointer, Reach::Alone);
                        self.wrote(&format!("{place}/type"), &pointer, member);
                    } else {
                        self.merged(&place, &pointer, long.as_ref().or(known), member);
                    }
                }
            }
            // They stay as they are.
            (Some(Value::Object(_) | Value::Array(_)), Value::Null) => {}
            (Some(Value::Array(known)), Value::Array(added)) => {
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                for (position, item) in added.iter().enumerate() {
                    let place = format!("{place}/{}", known.len() + position);
                    let pointer = self.below(pointer, &position.to_string());
                    self.wrote(&place, &pointer, item);
                }
            }
            (Some(Value::Array(known)), _) => {
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                self.wrote(&format!("{place}/{}", known.len()), pointer, update);
            }
            _ => self.wrote(place, pointer, update),
        }
    }

    /// Remembers what stands as it was written.
    fn wrote(&mut self, place: &str, pointer: &str, value: &Value) {
        if !self.is_copy {
            self.insert(place, pointer, Reach::Below);
        } else if !self.copied_annotations(&mut place.to_owned(), pointer, value) {
            self.insert(place, pointer, Reach::Copied);
        }
    }

    /// Remembers all in a copied value that holds an annotation; answers whether the value does.
    fn copied_annotations(&mut self, place: &mut String, pointer: &str, value: &Value) -> bool {
        let length = place.len();
        let mut holds_one = false;
        match value {
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let _ = write!(place, "/{position}");
                    holds_one |= self.copied_annotations(place, pointer, item);
                    place.truncate(length);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    place.push('/');
                    place.push_str(&escape(key));
                    holds_one |=
                        key == ANNOTATION || self.copied_annotations(place, pointer, member);
                    place.truncate(length);
                }
            }
            _ => {}
        }
        if holds_one {
            self.insert(place, pointer, Reach::CopiedAnnotation);
        }
        holds_one
    }

    /// Where a part of what is written stands: of a copy all is told where it is copied.
    fn below(&self, pointer: &str, key: &str) -> String {
        if self.is_copy {
            pointer.to_owned()
        } else {
            format!("{pointer}/{key}")
        }
    }

    fn insert(&mut self, place: &str, pointer: &str, reach: Reach) {
        let written = &mut self.origins.written;
        // What an earlier action wrote stays its own where another one adds to it.
        let is_known = |known: &Origin| known.reach != Reach::Alone;
        if reach == Reach::Alone && written.get(place).is_some_and(is_known) {
            return;
        }
        let bytes = place.len() + pointer.len() + self.file_name.len();
        let all = self.origins.bytes.saturating_add(bytes);
        if written.len() < PLACES_MAX && all <= BYTES_MAX {
            self.origins.bytes = all;
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

    /// Follows what stands in a list to its place once the items at `positions`, in their order, are removed.
    ///
    /// # Errors
    /// Where that is too much work.
    pub(super) fn removed(&mut self, list: &str, positions: &[usize]) -> Result<(), String> {
        let start = format!("{list}/");
        let behind = self.written.range(start.clone()..);
        let places: Vec<String> = behind
            .map(|(place, _)| place)
            .take_while(|place| place.starts_with(&start))
            .take(1 + MOVES_MAX.saturating_sub(self.moves))
            .cloned()
            .collect();
        self.moves += places.len();
        if self.moves > MOVES_MAX {
            return Err("too much that overlays wrote stands in its list".to_owned());
        }
        let mut moved = Vec::new();
        for place in places {
            let Some(origin) = self.written.remove(&place) else {
                continue;
            };
            let item = &place[start.len()..];
            let (position, below) = item.split_at(item.find('/').unwrap_or(item.len()));
            let position = position.parse::<usize>().ok();
            if let Some(position) = position
                && let Err(before) = positions.binary_search(&position)
            {
                moved.push((format!("{start}{}{below}", position - before), origin));
            }
        }
        self.written.extend(moved);
        Ok(())
    }

    /// The overlay that wrote what stands there, and where in it.
    pub(crate) fn written_at(&self, pointer: &str) -> Option<(&str, String)> {
        if self.written.is_empty() {
            return None;
        }
        let (end, origin) = self.of(pointer)?;
        let pointer = match origin.reach {
            Reach::Copied | Reach::CopiedAnnotation => origin.pointer.clone(),
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
                let is_itself = end == pointer.len();
                let is_told = match origin.reach {
                    Reach::Below => true,
                    Reach::Copied => is_in_annotation(pointer),
                    Reach::CopiedAnnotation => is_itself || is_in_annotation(pointer),
                    Reach::Alone => is_itself,
                };
                if is_told || origin.reach != Reach::Alone {
                    return is_told.then_some((end, origin));
                }
            }
            end = pointer[..end].rfind('/')?;
        }
    }
}
