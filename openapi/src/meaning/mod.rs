//! What a call of an operation means, worked out from its document alone.
//!
//! The rules, in their order; each has a test in `tests/meaning_rules.rs`:
//!
//! 1. **Verb.** The `operationId`'s own verb (`cancelOrder`, `ContainerKill`,
//!    `projects.topics.publish`), else a verb at the path's end (`/orders/{id}/cancel`,
//!    `/users:invite`), else the summary's first word, else the method's. A generated id that
//!    only repeats method and path has no verb of its own.
//! 2. **Action.** The verb's class, checked against the method: GET reads, DELETE never reads or
//!    creates, "create or update" and a PUT that creates are updates.
//! 3. **Noun.** The path's last resource and the verb's object, whichever is more exact; a generic
//!    noun (`config`, `definition`) takes the word in front of it (`webhook config`).
//! 4. **Id.** The resource's own path parameter; for what is created, the response; for calls
//!    without one, request body or query; never a secret; none for many things at once.
//! 5. **Parent.** The resource whose parameter stands in front.

mod identity;
mod noun;
mod path_shape;
mod phrase;
mod verb;

use daybook_event::Action;

use crate::annotations::Annotations;
use crate::operation::OperationSource;
use crate::secrets::is_secret_name;
use crate::sentence::ActivityTemplate;
use crate::value_location::ValueLocation;
use crate::words;
use noun::Thing;
use path_shape::PathShape;

/// What a call of an operation means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// What kind of change it makes.
    pub action: Action,
    /// What it does, in a word.
    pub verb: Verb,
    /// The noun of the thing acted upon, singular: `automation flow`.
    pub entity_type: String,
    /// The same noun in the plural.
    pub entity_plural: String,
    /// Where the thing's id is; `None` for many things at once and for what there is but one of.
    pub entity_id: Option<ValueLocation>,
    /// Where the thing's name may be, best first.
    pub entity_name: Vec<ValueLocation>,
    /// What the thing is part of.
    pub parent: Option<Parent>,
    /// It acts on several things at once.
    pub bulk: bool,
    /// There is but one such thing, so it has no id: `the tax settings`.
    pub singleton: bool,
    /// The document's own sentence.
    pub(crate) activity: Option<ActivityTemplate>,
}

/// A verb in the forms that sentences need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb {
    /// `deleted`
    pub past: String,
    /// `delete`
    pub base: String,
    /// What follows the noun: `as read`; mostly empty.
    pub complement: String,
}

/// What a thing is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its noun, singular.
    pub entity_type: String,
    /// Where its id is.
    pub id: Option<ValueLocation>,
}

impl Meaning {
    /// The word between a thing and what it is part of.
    pub(crate) fn preposition(&self) -> &'static str {
        match self.verb.base.as_str() {
            "add" | "assign" | "attach" | "link" | "grant" | "append" | "upload" | "publish"
            | "send" | "connect" | "invite" => "to",
            "remove" | "unassign" | "detach" | "unlink" | "revoke" | "disconnect" => "from",
            _ => "of",
        }
    }
}

/// Works out what an operation means; what its document says in `x-audit` goes before.
pub(crate) fn work_out(source: &OperationSource<'_>, annotations: &Annotations) -> Meaning {
    let shape = PathShape::read(source.path, source.method);
    let said = phrase::of_operation_id(source.operation_id, source.method, source.path);
    let path_phrase = shape.action.as_deref().map(phrase::of_words);
    let summary = phrase::of_summary(source.summary);
    let chosen = verb::choose(
        source,
        &shape,
        said.as_ref(),
        path_phrase.as_ref(),
        summary.as_ref(),
    );
    let thing = noun::choose(
        source,
        &shape,
        &chosen,
        said.as_ref(),
        path_phrase.as_ref(),
        summary.as_ref(),
    );
    let entity_type = annotations
        .entity_type
        .clone()
        .unwrap_or_else(|| thing.noun.clone());
    let bulk = thing.many && annotations.entity_id.is_none();
    let entity_id = annotations
        .entity_id
        .clone()
        .or_else(|| entity_id(source, &chosen, &thing));
    let parent = match (&annotations.parent_type, thing.parent) {
        (Some(entity_type), _) => Some(Parent {
            entity_type: entity_type.clone(),
            id: annotations.parent_id.clone(),
        }),
        (None, Some(parent)) => Some(Parent {
            id: annotations.parent_id.clone().or(parent.id),
            ..parent
        }),
        (None, None) => None,
    };
    let mut entity_name = identity::names(source, &entity_type);
    entity_name.splice(0..0, annotations.entity_name.clone());
    Meaning {
        action: annotations.action.unwrap_or(chosen.action),
        singleton: entity_id.is_none()
            && !bulk
            && chosen.action != Action::Create
            && thing.singleton,
        verb: chosen.verb,
        entity_plural: words::plural(&entity_type),
        entity_type,
        entity_id,
        entity_name,
        parent,
        bulk,
        activity: annotations.activity.clone(),
    }
}

/// Rule 4: where the id is.
fn entity_id(
    source: &OperationSource<'_>,
    chosen: &verb::Chosen,
    thing: &Thing,
) -> Option<ValueLocation> {
    let in_path = || {
        let name = thing.param.clone().filter(|name| !is_secret_name(name))?;
        Some(ValueLocation::Path(name))
    };
    let in_response = |many_too: bool| {
        let found =
            identity::response_id(source, &thing.noun).filter(|found| many_too || !found.many)?;
        Some(ValueLocation::Response(found.pointer))
    };
    let in_request = |natural_keys: bool| {
        let found =
            identity::request_id(source, &thing.noun, natural_keys).filter(|found| !found.many)?;
        Some(ValueLocation::Request(found.pointer))
    };
    if thing.many {
        return None;
    }
    let creates = chosen.action == Action::Create
        && !chosen.upsert
        && !matches!(source.method, "PUT" | "DELETE" | "GET");
    if creates {
        // A new thing has its id from the service, unless the caller chose it in the path.
        let chosen_by_caller = thing.param_is_own.then(in_path).flatten();
        return chosen_by_caller
            .or_else(|| in_response(false))
            .or_else(in_path)
            .or_else(|| in_request(true));
    }
    if let Some(found) = in_path() {
        return Some(found);
    }
    if thing.param.is_some() && thing.param_is_own {
        // The only id is a secret.
        return None;
    }
    let by_query = || identity::query_id(source, &thing.noun).map(ValueLocation::Query);
    if source.method == "GET" {
        return by_query().filter(|_| !thing.param_is_own);
    }
    match chosen.action {
        Action::Read => in_request(false).or_else(by_query),
        _ => in_request(true)
            .or_else(by_query)
            .or_else(|| in_response(false)),
    }
}
