//! What a document says of the action, by itself or with its verb: noun and id are chosen for that.

use daybook_event::Action;

use super::{Chosen, Source, settle, spoken};
use crate::annotations::Annotations;
use crate::meaning::path_shape::PathShape;
use crate::operation_source::OperationSource;
use crate::verbs;
use crate::verbs::Verb;

/// The annotated action, put in place of the one that was worked out. A verb that is known has its own, except at a
/// GET, which `verb` beside all methods of a path does not make a change. Where something is merely executed, the
/// thing is the one that the method acts upon: who sends a message by POST has a new one.
pub(crate) fn for_annotations(
    chosen: &mut Chosen,
    source: &OperationSource<'_>,
    shape: &PathShape,
    annotations: &Annotations,
) -> Option<Action> {
    let of_verb = || {
        let verb = annotations.verb.as_ref()?;
        let known = verbs::known(&verb.base).filter(|_| source.method != "GET")?;
        Some(settle(source, shape, &known.base, known.action, chosen.upsert).0)
    };
    let action = annotations.action.or_else(of_verb)?;
    // What only the method said, the action says instead.
    let base = match action {
        _ if action == chosen.action => return Some(action),
        Action::Create => "create",
        Action::Read => "get",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Execute => return Some(action),
    };
    chosen.action = action;
    chosen.upsert &= action == Action::Update;
    if chosen.source == Source::Method {
        let spoken = spoken(base, source.method, action);
        base.clone_into(&mut chosen.base);
        chosen.verb = Verb {
            past: verbs::past_form(spoken),
            base: verbs::base_form(spoken),
            complement: String::new(),
        };
    }
    Some(action)
}
