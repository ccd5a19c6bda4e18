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
mod noun_words;
mod path_shape;
mod phrase;
mod rule;
mod scope;
mod verb;

use daybook_event::Action;

use crate::activity_template::ActivityTemplate;
use crate::annotations::Annotations;
use crate::operation::OperationSource;
use crate::path_template::PathTemplate;
use crate::secrets::is_secret_name;

use crate::value_location::ValueLocation;
use crate::words;
use identity::Search;
use noun::{Number, ParamRole, Thing};
use path_shape::PathShape;
pub use rule::{Decisions, Rule};
pub(crate) use scope::scopes;

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
    /// Where the ids are, where it acts on many things at once and the caller lists them.
    pub entity_ids: Option<ValueLocation>,
    /// Where the thing's name may be, best first.
    pub entity_name: Vec<ValueLocation>,
    /// What the thing is part of.
    pub parent: Option<Parent>,
    /// It acts on several things at once.
    pub bulk: bool,
    /// The noun is a plural although there is one id, that of what the things are part of: the login
    /// parameters of a user.
    pub plural: bool,
    /// There is but one such thing, so it has no id: `the tax settings`.
    pub singleton: bool,
    /// Which rules decided it.
    pub decisions: Decisions,
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
    let shape = PathShape::read(source);
    let said = phrase::of_operation_id(source);
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
    let bulk = (thing.number == Number::Many)
        && annotations.entity_id.is_none()
        && annotations.entity_id_in_body.is_none();
    let entity_id = annotations
        .entity_id
        .clone()
        .or_else(|| annotated_id(entity_id(source, &chosen, &thing), annotations));
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
    let said_action = annotations.action.is_some();
    let said_id = annotations.entity_id.is_some()
        || (entity_id.is_some() && entity_id == annotations.entity_id_in_body);
    let decisions = Decisions {
        action: if said_action {
            &rule::ANNOTATED
        } else if said.as_ref().is_some_and(|phrase| phrase.verb.is_some()) {
            &rule::OPERATION_ID_VERB
        } else if source.method == "POST" {
            &rule::BARE_POST
        } else {
            &rule::METHOD_VERB
        },
        entity: if annotations.entity_type.is_some() {
            &rule::ANNOTATED
        } else if thing.noun == "record" {
            &rule::NO_NOUN
        } else {
            &rule::PATH_NOUN
        },
        id: if said_id {
            &rule::ANNOTATED
        } else if entity_id.is_some() || bulk {
            &rule::PATH_ID
        } else {
            &rule::NO_ID
        },
    };
    let mut entity_name = identity::names(source, &entity_type);
    entity_name.splice(0..0, annotations.entity_name.clone());
    let verb = annotations.verb.clone().unwrap_or_else(|| {
        verb::for_object(chosen.verb, &chosen.base, said.as_ref(), &entity_type)
    });
    Meaning {
        action: annotations.action.unwrap_or(chosen.action),
        singleton: entity_id.is_none()
            && !bulk
            && chosen.action != Action::Create
            && thing.number == Number::Only,
        verb,
        entity_plural: words::plural(&entity_type),
        entity_ids: bulk
            .then(|| identity::ids_of_many(source, &entity_type))
            .flatten(),
        entity_type,
        entity_id,
        entity_name,
        parent,
        bulk,
        plural: thing.plural,
        decisions,
        activity: annotations
            .activity
            .as_ref()
            .map(|activity| activity.template.clone()),
    }
}

/// The id that a property of a body is marked as, unless the path has it.
fn annotated_id(found: Option<ValueLocation>, annotations: &Annotations) -> Option<ValueLocation> {
    match found {
        Some(ValueLocation::Path(_)) => found,
        _ => annotations.entity_id_in_body.clone().or(found),
    }
}

/// Rule 4: where the id is.
fn entity_id(
    source: &OperationSource<'_>,
    chosen: &verb::Chosen,
    thing: &Thing,
) -> Option<ValueLocation> {
    if thing.number == Number::Many {
        return None;
    }
    let in_path = || {
        // What a POST works out about an enclosing thing is not that thing.
        if source.method == "POST"
            && chosen.action == Action::Read
            && thing.param_role != ParamRole::Own
        {
            return None;
        }
        let name = thing.param.clone().filter(|name| !is_secret_name(name))?;
        Some(ValueLocation::Path(name))
    };
    let param_names = PathTemplate::parse(source.path).param_names;
    // An enclosing thing's id that comes back in a body is still the enclosing thing's.
    let is_enclosing = |pointer: &str| {
        let key = words::split(pointer.rsplit('/').next().unwrap_or_default());
        key.len() > 1
            && thing.param_role == ParamRole::Enclosing
            && param_names.iter().any(|name| words::split(name) == key)
    };
    let one = |found: identity::BodyId| {
        (!found.many && !is_enclosing(&found.pointer)).then_some(found.pointer)
    };
    let in_response = |search: Search| {
        identity::response_id(source, &thing.noun, search)
            .and_then(one)
            .map(ValueLocation::Response)
    };
    let in_request = |search: Search| {
        identity::request_id(source, &thing.noun, search)
            .and_then(one)
            .map(ValueLocation::Request)
    };
    let in_query =
        |search: Search| identity::query_id(source, &thing.noun, search).map(ValueLocation::Query);
    let creates = chosen.action == Action::Create
        && !chosen.upsert
        && !matches!(source.method, "PUT" | "DELETE" | "GET");
    if creates || (thing.param_role == ParamRole::Scope) {
        // A new thing has its id from the service, unless the caller chose it in the path. A new
        // secret has none: it is the enclosing thing's.
        let own = || (thing.param_role == ParamRole::Own).then(in_path).flatten();
        let of_parent = || is_secret_name(&thing.noun).then(in_path).flatten();
        return own()
            .or_else(of_parent)
            .or_else(|| in_response(Search::Natural).filter(|_| chosen.action != Action::Read))
            .or_else(|| in_request(Search::Natural).filter(|_| creates));
    }
    if thing.param.is_some() && thing.param_role == ParamRole::Own {
        // Where it is a secret, there is no other id.
        return in_path();
    }
    if let Some(found) = in_path() {
        return Some(found);
    }
    let widest = if thing.by_natural_key {
        Search::Natural
    } else {
        Search::Only
    };
    // Beside a PUT, the only id of a query is rather that of something else.
    let widest_query = if source.method == "POST" {
        Search::Only
    } else {
        Search::Near
    };
    let anywhere = |search: Search| {
        in_request(search)
            .or_else(|| in_query(search.min(widest_query)))
            .or_else(|| in_response(search))
    };
    match (source.method, chosen.action) {
        ("GET", _) => in_query(Search::Exact),
        (_, Action::Read) => in_request(Search::Exact)
            .or_else(|| in_query(Search::Exact))
            .or_else(|| in_query(Search::Only)),
        (_, Action::Execute) => [Search::Exact, Search::Near, widest]
            .into_iter()
            .find_map(anywhere),
        _ => anywhere(widest),
    }
}
