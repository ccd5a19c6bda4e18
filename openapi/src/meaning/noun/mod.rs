//! Rules 3 and 5: what is acted upon, and what it is part of.

mod facing;
mod questions;
mod wording;

use daybook_event::Action;

use super::Parent;
use super::noun_words::{NEEDS_PARENT, own_words};
use super::path_shape::PathShape;
use super::phrase::Phrase;
use super::rule::{self, Rule};
use super::verb::{Chosen, Source};
use crate::operation::OperationSource;
use crate::words;
use facing::{Facing, Level};

/// What a path parameter is to the thing acted upon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ParamRole {
    /// It stands behind what encloses the thing.
    #[default]
    Enclosing,
    /// It stands behind the noun itself.
    Own,
    /// It only says which kind of thing is meant: `/entity/{slug}:validate`.
    Scope,
}

/// How many things are acted upon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Number {
    #[default]
    One,
    Many,
    /// The only one of its kind.
    Only,
}

/// What is acted upon.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thing {
    pub(crate) noun: String,
    /// The path parameter that may hold its id.
    pub(crate) param: Option<String>,
    pub(crate) param_role: ParamRole,
    /// A call names the thing by its name where it has no id: `/templates/delete`.
    pub(crate) by_natural_key: bool,
    pub(crate) number: Number,
    /// The noun is written in the plural.
    pub(crate) plural: bool,
    pub(crate) parent: Option<Parent>,
    /// Which rule names it.
    pub(crate) rule: Option<&'static Rule>,
}

impl Thing {
    /// Which rule names it; a generic noun by itself is doubtful, whoever named it.
    pub(crate) fn rule(&self, has_parent: bool) -> &'static Rule {
        let rule = self.rule.unwrap_or(&rule::PATH_NOUN);
        if rule.certain && !has_parent && NEEDS_PARENT.contains(&self.noun.as_str()) {
            return &rule::GENERIC_NOUN;
        }
        rule
    }

    fn by(self, rule: &'static Rule) -> Self {
        Self {
            rule: Some(rule),
            ..self
        }
    }
}

pub(crate) fn choose(
    source: &OperationSource<'_>,
    shape: &PathShape,
    chosen: &Chosen,
    said: Option<&Phrase>,
    path: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> Thing {
    let said_noun = said
        .map(|phrase| own_words(&phrase.noun, shape))
        // "searched search users"
        .map(|mut noun| {
            if noun.len() > 1 && noun[0] == chosen.base {
                noun.remove(0);
            }
            noun
        })
        .filter(|noun| !noun.is_empty())
        .or_else(|| {
            path.map(|phrase| phrase.noun.clone())
                .filter(|noun| !noun.is_empty())
        });
    let summary_noun = summary
        .map(|phrase| phrase.noun.clone())
        .filter(|noun| !noun.is_empty());
    let worded = said_noun.clone();
    let said_noun = match (&summary_noun, chosen.source) {
        // Who gives the verb gives the object.
        (Some(noun), Source::Summary)
            if (matches!(chosen.action, Action::Execute | Action::Read)
                || matches!(chosen.base.as_str(), "generate" | "upload" | "issue"))
                && source.method == "POST"
                && shape.action.is_none()
                && said.is_none_or(|phrase| phrase.verb.is_none()) =>
        {
            Some(noun.clone())
        }
        _ => said_noun,
    };
    // "geocode" at `/geocoding`: what is geocoded stands in the summary.
    let stem = chosen.base.trim_end_matches('e');
    let repeats_verb = |word: &str| stem.len() > 4 && word.starts_with(stem);
    let said_noun = match (&said_noun, &summary_noun) {
        (None, Some(noun))
            if shape
                .resources
                .last()
                .is_some_and(|resource| repeats_verb(&resource.head()))
                && !noun.iter().any(|word| repeats_verb(word)) =>
        {
            Some(noun.clone())
        }
        _ => said_noun,
    };
    let is_session = matches!(
        chosen.base.as_str(),
        "login" | "logout" | "signin" | "signout"
    );
    let by_summary = said_noun.is_some() && said_noun == summary_noun && said_noun != worded;
    let is_about_session = said_noun.as_ref().is_none_or(|noun| {
        matches!(
            noun.as_slice(),
            [only] if matches!(only.as_str(), "auth" | "session" | "user" | "account" | "oauth" | "authentication")
        )
    });
    // `/users/{id}/logout` does it to a user.
    let is_item = shape
        .resources
        .last()
        .is_some_and(|resource| !resource.params.is_empty());
    if is_session && is_about_session && !is_item {
        return Thing {
            noun: "session".to_owned(),
            rule: Some(&rule::SESSION),
            ..Thing::default()
        };
    }
    // Whoever registers has no other thing in hand.
    if said_noun.is_none()
        && summary_noun.is_none()
        && shape.resources.is_empty()
        && matches!(
            chosen.base.as_str(),
            "register" | "signup" | "enroll" | "enrol"
        )
    {
        return Thing {
            noun: "user".to_owned(),
            rule: Some(&rule::CALLER),
            ..Thing::default()
        };
    }
    let Some((resource, enclosing)) = shape.resources.split_last() else {
        return without_path(source, chosen, said_noun.or(summary_noun));
    };
    let acts_on_item = shape.action.is_some() && !resource.params.is_empty();
    let is_item = !resource.params.is_empty();
    let level = if acts_on_item {
        Level::ItemAction
    } else if is_item {
        Level::Item
    } else if shape.action.is_some() {
        Level::CollectionAction
    } else {
        Level::Collection
    };
    let facing = Facing {
        source,
        resource,
        enclosing,
        chosen,
        level,
        action: shape.action.as_deref().unwrap_or_default(),
    };
    let mut thing = match said_noun {
        Some(noun) => facing.with_object(&noun),
        None => facing.alone(summary_noun.as_deref()),
    };
    if by_summary {
        thing.rule = Some(&rule::SUMMARY_OBJECT);
    }
    if thing.noun.is_empty() {
        "record".clone_into(&mut thing.noun);
        thing.rule = Some(&rule::NO_NOUN);
    }
    thing
}

/// No resource in the path: `/query`, `/{uuid}`, one path for all operations.
fn without_path(source: &OperationSource<'_>, chosen: &Chosen, noun: Option<Vec<String>>) -> Thing {
    let from_tag = || {
        let tag = source.tags.first()?;
        let mut found = words::split(tag);
        if found == [chosen.base.clone()] {
            return None;
        }
        while found.len() > 1
            && found.last().is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "operations" | "api" | "service" | "endpoints" | "management"
                )
            })
        {
            found.pop();
        }
        Some(found)
    };

    let (noun, rule) = match (noun, from_tag()) {
        (Some(noun), _) => (noun, &rule::OBJECT),
        (None, Some(tag)) => (tag, &rule::TAG_NOUN),
        (None, None) => (vec!["record".to_owned()], &rule::NO_NOUN),
    };
    let plural = noun.last().is_some_and(|head| words::is_plural(head));
    let creates = chosen.action == Action::Create;
    Thing {
        noun: words::noun_phrase(&noun),
        number: if plural && !creates {
            Number::Many
        } else {
            Number::One
        },
        rule: Some(rule),
        ..Thing::default()
    }
}
