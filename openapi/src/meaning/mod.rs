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

mod adjectives;
mod as_people_say;
mod bearers;
mod doubled;
mod entity_id;
mod function_words;
mod glued;
mod identifier;
mod identity;
mod noun;
mod noun_words;
mod path_shape;
mod phrase;
mod rule;
mod secret_calls;
mod summary_and_path;
mod summary_words;
mod title;
mod verb;
mod witness;

use daybook_event::Action;
use serde::{Deserialize, Serialize};

use crate::activity_template::ActivityTemplate;
use crate::annotations::Annotations;
use crate::operation_source::OperationSource;
use crate::value_location::{OwnLists, ValueLocation};
use crate::verbs::Verb;
use crate::words;
use noun::Number;
pub use noun::Parent;
use path_shape::PathShape;
pub(crate) use rule::ANNOTATED;
pub use rule::{Decisions, Rule};

/// What a call of an operation means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Where the ids are, where it acts on many things at once and the caller lists them; the same as
    /// [`Meaning::entity_id`] where a query parameter is a list.
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
    /// Which bodies have a list of their own that is called as wrappers are.
    pub own_lists: OwnLists,
    /// Which rules decided it.
    pub decisions: Decisions,
    /// The document's own sentence.
    pub(crate) activity: Option<ActivityTemplate>,
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
    let summary = phrase::of_summary(source.summary, source.path)
        .or_else(|| phrase::of_summary(source.description, source.path))
        .or_else(|| title::of_title(source));
    let shape = PathShape::read(source, summary.as_ref());
    let said = identifier::of_operation_id(source);
    let path_phrase = shape.action.as_deref().map(phrase::of_words);
    let mut chosen = verb::choose(
        source,
        &shape,
        said.as_ref(),
        path_phrase.as_ref(),
        summary.as_ref(),
    );
    let said_action = verb::for_annotations(&mut chosen, source, &shape, annotations);
    let mut thing = noun::choose(
        source,
        &shape,
        &chosen,
        said.as_ref(),
        path_phrase.as_ref(),
        summary.as_ref(),
    );
    doubled::without_deed(&mut thing, &chosen, summary.as_ref());
    doubled::told_behind(&mut thing, &chosen, source);
    secret_calls::for_secret(&mut chosen, source, &thing.noun);
    secret_calls::for_login(&mut chosen, &mut thing, source);
    secret_calls::for_token(&mut chosen, &mut thing, source);
    verb::for_undone(&mut chosen, source, &thing.noun);
    // What is called so in paths and bodies.
    let written_type = annotations
        .entity_type
        .clone()
        .unwrap_or_else(|| thing.noun.clone());
    let bulk = (thing.number == Number::Many)
        && annotations.entity_id.is_none()
        && annotations.entity_id_in_body.is_none();
    let resource = shape.resources.last().map(path_shape::Resource::noun);
    let (worked_out_id, id_rule) = entity_id::choose(source, &chosen, &thing, resource.as_deref());
    let entity_id = annotations
        .entity_id
        .clone()
        .or_else(|| annotated_id(worked_out_id, annotations))
        .filter(|_| !annotations.no_entity_id);
    let enclosing = thing
        .parent
        .clone()
        .filter(|parent| !is_same_thing(parent, &written_type, entity_id.as_ref()))
        .map(|parent| as_people_say::parent(parent, source));
    let parent = annotated_parent(annotations, enclosing);
    let above = parent.as_ref().map(|parent| parent.entity_type.as_str());
    let (entity_type, noun_rule) = match &annotations.entity_type {
        Some(annotated) => (annotated.clone(), &rule::ANNOTATED),
        None => as_people_say::noun(&thing, above, source),
    };
    let said_id = annotations.no_entity_id
        || annotations.entity_id.is_some()
        || (entity_id.is_some() && entity_id == annotations.entity_id_in_body);
    let decisions = Decisions {
        action: if said_action.is_some() {
            &rule::ANNOTATED
        } else {
            chosen.rule
        },
        entity: noun_rule,
        id: if said_id { &rule::ANNOTATED } else { id_rule },
    };
    let mut entity_name = names(source, [&written_type, &entity_type]);
    entity_name.splice(0..0, annotations.entity_name.clone());
    let listed = entity_id
        .clone()
        .filter(|id| identity::is_list_in_query(source, id));
    let own_lists = OwnLists::of(source, entity_id.iter().chain(&entity_name));
    let verb = annotations.verb.clone().unwrap_or_else(|| {
        verb::for_object(&chosen, said.as_ref(), &entity_type, entity_id.is_some())
    });
    Meaning {
        action: said_action.unwrap_or(chosen.action),
        singleton: entity_id.is_none()
            && !bulk
            && chosen.action != Action::Create
            && thing.number == Number::Only,
        verb,
        entity_plural: words::plural(&entity_type),
        entity_ids: bulk
            .then(|| ids_of_many(source, [&written_type, &entity_type]))
            .flatten()
            .or(listed),
        entity_type,
        entity_id,
        entity_name,
        parent,
        bulk,
        plural: thing.plural,
        own_lists,
        decisions,
        activity: annotations
            .activity
            .as_ref()
            .map(|activity| activity.template.clone()),
    }
}

/// Where the ids are of many things that have these two nouns.
fn ids_of_many(source: &OperationSource<'_>, nouns: [&str; 2]) -> Option<ValueLocation> {
    different(nouns)
        .iter()
        .find_map(|noun| identity::ids_of_many(source, noun))
}

/// Where the name may be of what has these two nouns.
fn names(source: &OperationSource<'_>, nouns: [&str; 2]) -> Vec<ValueLocation> {
    let mut all = Vec::new();
    for noun in different(nouns) {
        for name in identity::names(source, noun) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    all
}

/// What a thing is called as it is written, and as people say it, is mostly the same.
fn different([written, said]: [&str; 2]) -> Vec<&str> {
    if written == said {
        vec![written]
    } else {
        vec![written, said]
    }
}

/// What the thing is part of, as an annotation has it or else as it was worked out.
fn annotated_parent(annotations: &Annotations, enclosing: Option<Parent>) -> Option<Parent> {
    match (&annotations.parent_type, enclosing) {
        // As the noun of an entity does, that of a parent alone leaves the id.
        (Some(entity_type), enclosing) => Some(Parent {
            entity_type: entity_type.clone(),
            id: annotations
                .parent_id
                .clone()
                .or_else(|| enclosing.and_then(|parent| parent.id)),
        }),
        (None, Some(parent)) => Some(Parent {
            id: annotations.parent_id.clone().or(parent.id),
            ..parent
        }),
        (None, None) => None,
    }
}

/// The incoming call of a call is that call.
fn is_same_thing(parent: &Parent, noun: &str, id: Option<&ValueLocation>) -> bool {
    id.is_some()
        && parent.id.as_ref() == id
        && words::head(&parent.entity_type) == words::head(noun)
}

/// The id that a property of a body is marked as, unless the path has it.
fn annotated_id(found: Option<ValueLocation>, annotations: &Annotations) -> Option<ValueLocation> {
    match found {
        Some(ValueLocation::Path(_)) => found,
        _ => annotations.entity_id_in_body.clone().or(found),
    }
}
