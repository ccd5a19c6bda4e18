//! What was done to make a thing, and is undone by taking the thing away.

use daybook_event::Action;

use super::Chosen;
use crate::operation_source::OperationSource;
use crate::verbs;
use crate::verbs::Verb;
use crate::words;

/// How many letters a verb and its noun have in common: `subscribe` and `subscription`.
const STEM_LETTERS: usize = 6;

/// Rule "undone": `DELETE /conversations/{id}/pins/{pinId}` that is called unpin removes a pin, as nobody unpins a pin.
pub(crate) fn for_undone(chosen: &mut Chosen, source: &OperationSource<'_>, noun: &str) {
    let Some(done) = chosen.base.strip_prefix("un") else {
        return;
    };
    let stem = done.trim_end_matches('e');
    let stem = stem.get(..STEM_LETTERS).unwrap_or(stem);
    if source.method != "DELETE" || stem.len() < 3 || !words::head(noun).starts_with(stem) {
        return;
    }
    chosen.action = Action::Delete;
    "remove".clone_into(&mut chosen.base);
    chosen.verb = Verb {
        past: verbs::past_form("remove"),
        base: verbs::base_form("remove"),
        complement: String::new(),
    };
}
