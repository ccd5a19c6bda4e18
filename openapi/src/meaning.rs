//! What a call of an operation means.

use daybook_event::Action;

use crate::annotations::Annotations;
use crate::operation::OperationSource;
use crate::path_template::{PathTemplate, Segment};
use crate::sentence::ActivityTemplate;
use crate::value_location::ValueLocation;
use crate::words;

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
            "add" | "assign" | "attach" => "to",
            "remove" | "unassign" | "detach" => "from",
            _ => "of",
        }
    }
}

/// Works out what an operation means; what its document says in `x-audit` goes before.
pub(crate) fn work_out(source: &OperationSource<'_>, annotations: &Annotations) -> Meaning {
    let template = PathTemplate::parse(source.path);
    let (action, past, base) = match source.method {
        "GET" => (Action::Read, "viewed", "view"),
        "POST" => (Action::Create, "created", "create"),
        "DELETE" => (Action::Delete, "deleted", "delete"),
        _ => (Action::Update, "updated", "update"),
    };
    let literal = template
        .segments
        .iter()
        .rev()
        .find_map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            _ => None,
        });
    let mut noun = words::split(literal.unwrap_or("call"));
    if let Some(last) = noun.last_mut() {
        *last = words::singular(last);
    }
    let entity_type = noun.join(" ");
    let entity_id = match template.segments.last() {
        Some(Segment::Param | Segment::Pattern(_)) => template
            .param_names
            .last()
            .map(|name| ValueLocation::Path(name.clone())),
        _ if action == Action::Create => Some(ValueLocation::Response("/id".to_owned())),
        _ => None,
    };
    Meaning {
        action: annotations.action.unwrap_or(action),
        verb: Verb {
            past: past.to_owned(),
            base: base.to_owned(),
            complement: String::new(),
        },
        entity_plural: words::plural(&entity_type),
        entity_type: annotations.entity_type.clone().unwrap_or(entity_type),
        entity_id: annotations.entity_id.clone().or(entity_id),
        entity_name: vec![
            ValueLocation::Response("/name".into()),
            ValueLocation::Request("/name".into()),
        ],
        parent: annotations.parent_type.clone().map(|entity_type| Parent {
            entity_type,
            id: annotations.parent_id.clone(),
        }),
        bulk: false,
        singleton: false,
        activity: annotations.activity.clone(),
    }
}
