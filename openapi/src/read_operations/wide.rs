//! What stands above several operations, at a path or at the root: it need not fit each of them.

use std::collections::BTreeMap;

use super::checks::{Fit, Misfit, SUGGESTIONS_MAX, find_place, is_of_list};
use crate::annotations::Annotations;
use crate::document::Problems;
use crate::operation_source::OperationSource;

/// What is told of a template that names a parent where nothing says what that is. It stays in use, because
/// the handler may name it.
pub(crate) const NO_PARENT: &str = "nothing says what {parent} is here; give `parent` a type beside it, or let the handler name it";

/// How often the places of wide levels are looked for in one document's operations.
const LOOKS_MAX: usize = 20_000;

/// The best that was found in the operations below, and what tells most of the others.
#[derive(Debug, Default)]
struct Best {
    fit: Option<Fit>,
    misfit: Option<Misfit>,
}

impl Best {
    fn note(&mut self, checked: Result<Fit, Misfit>) {
        match checked {
            Ok(Fit::Open) if self.fit == Some(Fit::Sure) => {}
            Ok(fit) => self.fit = Some(fit),
            Err(misfit) => {
                let is_told_by = |known: &Misfit| known.is_near || !misfit.is_near;
                if !self.misfit.as_ref().is_some_and(is_told_by) {
                    self.misfit = Some(misfit);
                }
            }
        }
    }
}

/// What the operations below a template make of it.
#[derive(Debug, Default)]
pub(crate) struct WideTemplate {
    best: Best,
    /// Whether one has a parent; nothing where no template names it.
    has_parent: Option<bool>,
}

impl WideTemplate {
    pub(crate) fn note(&mut self, checked: Result<Fit, Misfit>) {
        self.best.note(checked);
    }

    /// Of a template that names a parent.
    pub(crate) fn note_parent(&mut self, is_there: bool) {
        self.has_parent = Some(is_there || self.has_parent == Some(true));
    }

    /// Tells of a template that no operation is known to have a use for: an error where none has, and a
    /// warning where it looks mistyped.
    pub(crate) fn tell(self, pointer: &str, problems: &mut Problems<'_>) {
        match (self.best.fit, self.best.misfit) {
            (None, Some(misfit)) => problems.error(pointer, misfit.message),
            (Some(Fit::Open), Some(misfit)) if misfit.is_near => {
                problems.warning(pointer, misfit.message);
            }
            _ => {}
        }
        if self.has_parent == Some(false) {
            problems.warning(pointer, NO_PARENT);
        }
    }
}

/// The places that wide levels name, by the pointers to where they do.
#[derive(Debug)]
pub(crate) struct WidePlaces {
    best: BTreeMap<String, Best>,
    looks_left: usize,
    suggestions_left: usize,
}

impl Default for WidePlaces {
    fn default() -> Self {
        Self {
            best: BTreeMap::new(),
            looks_left: LOOKS_MAX,
            suggestions_left: SUGGESTIONS_MAX,
        }
    }
}

impl WidePlaces {
    /// Looks in an operation for what a level above it names.
    pub(crate) fn look_for(&mut self, source: &OperationSource<'_>, wide: &Annotations) {
        for (pointer, location) in &wide.stated {
            let best = match self.best.get_mut(pointer) {
                Some(known) => known,
                None => self.best.entry(pointer.clone()).or_default(),
            };
            if best.fit == Some(Fit::Sure) {
                continue;
            }
            if self.looks_left == 0 {
                // Nobody knows whether the others have it.
                best.fit = Some(Fit::Sure);
                continue;
            }
            self.looks_left -= 1;
            let found = find_place(source, location, self.suggestions_left > 0);
            self.suggestions_left -= usize::from(found.is_err() && self.suggestions_left > 0);
            best.note(found);
        }
    }

    /// Tells of a place that no operation has, and of one that looks mistyped and is known of none.
    pub(crate) fn tell(self, problems: &mut Problems<'_>) {
        for (pointer, best) in self.best {
            let Some(misfit) = best.misfit else {
                continue;
            };
            let is_told = match best.fit {
                Some(Fit::Sure) => false,
                Some(Fit::Open) => misfit.is_near,
                None => misfit.is_near || !is_of_list(&pointer),
            };
            if is_told {
                problems.warning(&pointer, misfit.message);
            }
        }
    }
}
