//! Remembering where in a document an overlay's action writes what.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use super::json_path::Place;
use super::long_form::{long_form, long_update};
use crate::document::{ANNOTATION, Origins, Reach, is_in_annotation};
use crate::json_pointer::escape;

/// What an action changes.
pub(super) struct Noted<'a> {
    pub(super) origins: &'a mut Origins,
    /// The document's file name.
    pub(super) document: &'a str,
    /// The overlay's.
    pub(super) file_name: &'a str,
    /// The action in its overlay.
    pub(super) action: &'a str,
    /// What it writes stands elsewhere as well.
    pub(super) is_copy: bool,
    /// It wrote to more places than are remembered.
    pub(super) is_over: bool,
}

impl Noted<'_> {
    /// Remembers that the action's `update` is merged into what stands at `place`, or what it copies there: what
    /// was not there before.
    pub(super) fn merge(&mut self, place: &Place, target: &Value, update: &Value) {
        let member = if self.is_copy { "copy" } else { "update" };
        let pointer = format!("{}/{member}", self.action);
        self.merged(&place.pointer(), &pointer, Some(target), update);
    }

    fn merged(&mut self, place: &str, pointer: &str, target: Option<&Value>, update: &Value) {
        let in_annotation = is_in_annotation(place);
        match (target, update) {
            (Some(Value::Object(target)), Value::Object(update)) => {
                // What is wrong in how an annotation's parts fit together is the overlay's.
                if in_annotation {
                    self.insert(place, pointer, Reach::Alone);
                }
                let has_short_forms = place.ends_with(&format!("/{ANNOTATION}"));
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
                        if let Some(long) = &long {
                            self.became_long(&place, long);
                        }
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

    /// Remembers that what the long form at `place` has was written there in short.
    fn became_long(&mut self, place: &str, long: &Value) {
        let (file_name, pointer) = match self.origins.written_at(place) {
            Some((file_name, pointer)) => (file_name.to_owned(), pointer),
            None => (self.document.to_owned(), place.to_owned()),
        };
        let member = if long.is_array() { "0" } else { "type" };
        let place = format!("{place}/{member}");
        let fits = self
            .origins
            .insert(&place, &file_name, &pointer, Reach::Alone);
        self.is_over |= !fits;
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
        let fits = self.origins.insert(place, self.file_name, pointer, reach);
        self.is_over |= !fits;
    }
}
