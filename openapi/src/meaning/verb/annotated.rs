//! What a document says of the action, by itself or with its verb: noun and id are chosen for that.

use daybook_event::Action;

use super::{Chosen, Source, settle, spoken};
use crate::annotations::Annotations;
use crate::meaning::Verb;
use crate::meaning::path_shape::PathShape;
use crate::operation::OperationSource;
use crate::verbs;

/// Puts the annotated action in place of the one that was worked out; answers whether there is one. A verb that
/// is known has its own, except at a GET, which `verb` beside all methods of a path does not make a change.
pub(crate) fn for_annotations(
    chosen: &mut Chosen,
    source: &OperationSource<'_>,
    shape: &PathShape,
    annotations: &Annotations,
) -> bool {
    let of_verb = || {
        let verb = annotations.verb.as_ref()?;
        let known = verbs::known(&verb.base).filter(|_| source.method != "GET")?;
        Some(settle(source, shape, &known.base, known.action, chosen.upsert).0)
    };
    let Some(action) = annotations.action.or_else(of_verb) else {
        return false;
    };
    if action == chosen.action {
        return true;
    }
    chosen.action = action;
    chosen.upsert &= action == Action::Update;
    // What only the method said, the action says instead.
    let base = match action {
        Action::Create => "create",
        Action::Read => "get",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Execute => return true,
    };
    if chosen.source == Source::Method {
        let spoken = spoken(base, source.method, action);
        base.clone_into(&mut chosen.base);
        chosen.verb = Verb {
            past: verbs::past_form(spoken),
            base: verbs::base_form(spoken),
            complement: String::new(),
        };
    }
    true
}
