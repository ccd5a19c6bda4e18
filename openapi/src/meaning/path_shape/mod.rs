//! A path as a reader sees it: resources, their parameters, and the verb at its end.

mod action;
mod named_calls;
mod resource;
mod steps;

use super::phrase::Phrase;
use crate::key_words::param_noun;
use crate::operation_source::OperationSource;
use crate::words;
use action::{take_action, take_inner_action};
pub(crate) use resource::Resource;
use resource::{push_literal, take_resource, which_of_enclosing};
pub(crate) use steps::is_criterion;
use steps::{Step, is_amount, resource_words, steps};

/// Segments that say nothing in front of another word: `/providers/Microsoft.Cache/Redis`.
#[rustfmt::skip] // a list of words, not of lines
const NOISE_IN_FRONT: &[&str] = &[
    "services", "providers", "private", "current", "preview", "internal", "external", "web",
    "admin", "gateway",
];

/// What is left of a path.
#[derive(Debug, Default)]
pub(crate) struct PathShape {
    /// The resources from left to right; the last one is acted upon.
    pub(crate) resources: Vec<Resource>,
    /// The words of a verb phrase at the path's end: `/orders/{id}/cancel`, `/users:sendReset`.
    pub(crate) action: Option<Vec<String>>,
    /// The verb phrase stands in front of parameters: `/groups/add/{name}`.
    pub(crate) inner_action: bool,
    /// A segment says that it is about many things at once: `/orders/batch`.
    pub(crate) bulk: bool,
}

impl PathShape {
    /// Whether a parameter stands behind the last resource: `/orders/{id}`, `/orders/{id}/cancel`.
    pub(crate) fn ends_in_item(&self) -> bool {
        self.resources
            .last()
            .is_some_and(|resource| !resource.params.is_empty())
    }

    pub(crate) fn read(source: &OperationSource<'_>, summary: Option<&Phrase>) -> Self {
        let mut steps = steps(source);
        let action = take_action(&mut steps, source, summary);
        let at_end = action.is_some();
        let action = action.or_else(|| take_inner_action(&mut steps, source));
        let inner_action = action.is_some() && !at_end;
        // `/servers/{id}/actions/reboot`
        if action.is_some()
            && steps.len() > 1
            && matches!(steps.last(), Some(Step::Literal(text)) if matches!(
                text.to_ascii_lowercase().as_str(),
                "action" | "actions" | "operations" | "commands" | "command"
            ))
        {
            steps.pop();
        }
        let others = steps
            .iter()
            .filter(|step| matches!(step, Step::Literal(_)) && !is_amount(step))
            .count();
        let bulk = others > 0 && !names_amount(summary, &steps) && steps.iter().any(is_amount);
        if bulk {
            steps.retain(|step| !is_amount(step));
        }
        let mut resources: Vec<Resource> = Vec::new();
        let mut literals: Vec<Vec<String>> = Vec::new();
        let mut steps = steps.into_iter().peekable();
        let mut behind_preposition = false;
        while let Some(step) = steps.next() {
            match step {
                Step::Literal(text)
                    if matches!(steps.peek(), Some(Step::Param(_)))
                        && !literals.is_empty()
                        && matches!(
                            text.as_str(),
                            "for" | "from" | "to" | "by" | "with" | "of"
                        ) =>
                {
                    behind_preposition = true;
                }
                // `/html/from/to`: the parameters behind them say how.
                Step::Literal(text)
                    if !literals.is_empty()
                        && matches!(text.as_str(), "from" | "to" | "by" | "with")
                        && matches!(steps.peek(), None | Some(Step::Literal(_)))
                        && !matches!(steps.peek(), Some(Step::Literal(next))
                            if !matches!(next.as_str(), "from" | "to" | "by" | "with")) => {}
                Step::Literal(text)
                    if NOISE_IN_FRONT
                        .contains(&text.trim_matches('_').to_ascii_lowercase().as_str())
                        && matches!(steps.peek(), Some(Step::Literal(_))) => {}
                Step::Literal(text) => push_literal(&mut literals, resource_words(&text)),
                Step::Custom(_) => {}
                // `/dweet/for/{thing}`: the parameter is another thing.
                Step::Param(name) if behind_preposition => {
                    behind_preposition = false;
                    resources.push(Resource {
                        words: param_noun(&name),
                        params: vec![name],
                        ..Resource::default()
                    });
                }
                Step::Param(name) => {
                    if let Some(resource) = take_resource(&mut literals) {
                        resources.push(resource.with_param(name));
                    } else if let Some(last) = resources.last_mut() {
                        last.params.push(name);
                    } else {
                        let noun = param_noun(&name);
                        resources.push(Resource {
                            // `/lookup/{uuid}` names nothing else.
                            words: if noun.is_empty()
                                && action.is_some()
                                && !matches!(name.as_str(), "id" | "name" | "resource" | "parent")
                            {
                                words::split(&name)
                            } else {
                                noun
                            },
                            params: vec![name],
                            ..Resource::default()
                        });
                    }
                }
            }
        }
        let last = take_resource(&mut literals);
        resources.extend(if source.operation_id.is_empty() {
            last.map(Resource::kind_in_front)
        } else {
            last
        });
        if source.method == "GET" {
            which_of_enclosing(&mut resources, source.path);
        }
        resources.retain(|resource| !resource.words.is_empty() || !resource.params.is_empty());
        Self {
            resources,
            action,
            inner_action,
            bulk,
        }
    }
}

/// "Create a batch ID" at `/mail/batch`: there it is a thing.
fn names_amount(summary: Option<&Phrase>, steps: &[Step]) -> bool {
    let Some([first, rest @ ..]) = summary.map(|phrase| phrase.noun.as_slice()) else {
        return false;
    };
    rest.iter().all(|word| word == "id")
        && steps
            .iter()
            .any(|step| is_amount(step) && matches!(step, Step::Literal(text) if text == first))
}
