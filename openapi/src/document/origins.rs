//! Which part of a document came from which overlay, so that a problem names the file to edit.

use std::collections::BTreeMap;

use super::annotation::ANNOTATION;
use super::problem::DocumentProblem;

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

impl Origin {
    /// What it takes, with its place.
    fn bytes(&self, place: &str) -> usize {
        place.len() + self.pointer.len() + self.file_name.len()
    }
}

/// What of a place is of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
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

/// Whether a pointer leads to an annotation or into one.
pub(crate) fn is_in_annotation(pointer: &str) -> bool {
    pointer.split('/').any(|segment| segment == ANNOTATION)
}

impl Origins {
    /// Remembers where what stands at `place` was written; answers whether there is room for that.
    pub(crate) fn insert(
        &mut self,
        place: &str,
        file_name: &str,
        pointer: &str,
        reach: Reach,
    ) -> bool {
        // What an earlier action wrote stays its own where another one adds to it.
        let is_known = |known: &Origin| known.reach != Reach::Alone;
        if reach == Reach::Alone && self.written.get(place).is_some_and(is_known) {
            return true;
        }
        let origin = Origin {
            file_name: file_name.to_owned(),
            pointer: pointer.to_owned(),
            reach,
        };
        self.take(place);
        let all = self.bytes.saturating_add(origin.bytes(place));
        let fits = self.written.len() < PLACES_MAX && all <= BYTES_MAX;
        if fits {
            self.put(place.to_owned(), origin);
        }
        fits
    }

    fn put(&mut self, place: String, origin: Origin) {
        self.bytes = self.bytes.saturating_add(origin.bytes(&place));
        self.written.insert(place, origin);
    }

    fn take(&mut self, place: &str) -> Option<Origin> {
        let origin = self.written.remove(place)?;
        self.bytes = self.bytes.saturating_sub(origin.bytes(place));
        Some(origin)
    }

    /// Names the overlay in the problems that are about what it wrote.
    pub(crate) fn relocate(&self, problems: &mut [DocumentProblem]) {
        for problem in problems {
            if let Some((file_name, pointer)) = self.written_at(&problem.pointer) {
                file_name.clone_into(&mut problem.file_name);
                problem.pointer = pointer;
            }
        }
    }

    /// Forgets a place that is removed, and all below it.
    pub(crate) fn forget(&mut self, place: &str) {
        self.take(place);
        for below in self.places_below(place, usize::MAX) {
            self.take(&below);
        }
    }

    /// Follows what stands in a list to its place once the items at `positions`, in their order, are removed.
    ///
    /// # Errors
    /// Where that is too much work.
    pub(crate) fn removed(&mut self, list: &str, positions: &[usize]) -> Result<(), String> {
        let places = self.places_below(list, 1 + MOVES_MAX.saturating_sub(self.moves));
        self.moves += places.len();
        if self.moves > MOVES_MAX {
            return Err("too much that overlays wrote stands in its list".to_owned());
        }
        let mut moved = Vec::new();
        for place in places {
            let Some(origin) = self.take(&place) else {
                continue;
            };
            let item = &place[list.len() + 1..];
            let (position, below) = item.split_at(item.find('/').unwrap_or(item.len()));
            let position = position.parse::<usize>().ok();
            if let Some(position) = position
                && let Err(before) = positions.binary_search(&position)
            {
                moved.push((format!("{list}/{}{below}", position - before), origin));
            }
        }
        for (place, origin) in moved {
            self.put(place, origin);
        }
        Ok(())
    }

    /// The first places in another one.
    fn places_below(&self, place: &str, places_max: usize) -> Vec<String> {
        let start = format!("{place}/");
        let behind = self.written.range(start.clone()..);
        behind
            .map(|(place, _)| place)
            .take_while(|place| place.starts_with(&start))
            .take(places_max)
            .cloned()
            .collect()
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
