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
    /// By pointer into the document: the overlay's file name and the pointer there.
    written: HashMap<String, (String, String)>,
}

impl Origins {
    /// Remembers that `update`, which stands at `pointer` of an overlay, was merged at `places`.
    pub(super) fn note(
        &mut self,
        file_name: &str,
        pointer: &str,
        places: &[Place],
        update: &Value,
    ) {
        for place in places {
            self.note_members(file_name, pointer, &place.pointer(), update);
        }
    }

    /// Objects are merged, so each member has an origin of its own.
    fn note_members(&mut self, file_name: &str, pointer: &str, place: &str, update: &Value) {
        if self.written.len() >= PLACES_MAX {
            return;
        }
        // A part of an annotation is the overlay's as a whole; of anything else, single values are.
        let in_annotation = place.contains("/x-audit");
        if in_annotation || !(update.is_object() || update.is_array()) {
            let origin = (file_name.to_owned(), pointer.to_owned());
            self.written.insert(place.to_owned(), origin);
        }
        for (key, member) in update.as_object().into_iter().flatten() {
            let key = escape(key);
            let (pointer, place) = (format!("{pointer}/{key}"), format!("{place}/{key}"));
            self.note_members(file_name, &pointer, &place, member);
        }
    }

    /// Names the overlay in the problems that are about what it wrote.
    pub(crate) fn relocate(&self, problems: &mut [DocumentProblem]) {
        if self.written.is_empty() {
            return;
        }
        for problem in problems {
            if let Some((end, (file_name, pointer))) = self.of(&problem.pointer) {
                problem.pointer = format!("{pointer}{}", &problem.pointer[end..]);
                problem.file_name.clone_from(file_name);
            }
        }
    }

    /// Whether what stands there, or what it stands in, is an overlay's.
    pub(crate) fn wrote(&self, pointer: &str) -> bool {
        !self.written.is_empty() && self.of(pointer).is_some()
    }

    /// The origin of a place or of the nearest one that it stands in, and where the pointer to that ends.
    fn of(&self, pointer: &str) -> Option<(usize, &(String, String))> {
        let mut end = pointer.len();
        loop {
            if let Some(origin) = self.written.get(&pointer[..end]) {
                return Some((end, origin));
            }
            end = pointer[..end].rfind('/')?;
        }
    }
}
