//! A template that stands above several operations, at a path or at the root: it need not fit each of them.

use crate::document::Problems;

/// What is told of a template that names a parent where nothing says what that is. It stays in use, because
/// the handler may name it.
pub(crate) const NO_PARENT: &str = "nothing says what {parent} is here; give `parent` a type beside it, or let the handler name it";

/// How a template fits an operation that may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// All places that it names are there.
    Sure,
    /// The document says too little to know.
    Open,
}

/// Why an operation cannot use a template.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    /// Whether a place of the operation has nearly the same name.
    pub(crate) is_near: bool,
}

/// What the operations below a template make of it.
#[derive(Debug, Default)]
pub(crate) struct WideTemplate {
    /// The best that was found.
    fit: Option<Fit>,
    misfit: Option<Misfit>,
    /// Whether one has a parent; nothing where no template names it.
    has_parent: Option<bool>,
}

impl WideTemplate {
    pub(crate) fn note(&mut self, checked: Result<Fit, Misfit>) {
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

    /// Of a template that names a parent.
    pub(crate) fn note_parent(&mut self, is_there: bool) {
        self.has_parent = Some(is_there || self.has_parent == Some(true));
    }

    /// Tells of a template that no operation is known to have a use for: an error where none has, and a
    /// warning where it looks mistyped.
    pub(crate) fn tell(self, pointer: &str, problems: &mut Problems<'_>) {
        match (self.fit, self.misfit) {
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
