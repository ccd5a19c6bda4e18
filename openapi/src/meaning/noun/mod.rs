//! Rules 3 and 5: what is acted upon, and what it is part of.

mod facing;
mod nameless;
mod own_words;
mod parents;
mod parts;
mod questions;
mod told;
mod unfit;
mod wording;

use daybook_event::Action;
use serde::{Deserialize, Serialize};

use super::noun_words::{
    GENERIC, NEEDS_PARENT, ends_with_noun, is_logging_in, is_role_of_class, names_deed, same,
};
use super::path_shape::PathShape;
use super::phrase::{self, Phrase};
use super::rule::{self, Rule};
use super::verb::{Chosen, Source};
use crate::key_words::param_noun;
use crate::meaning::adjectives::is_adjective;
use crate::operation_source::OperationSource;
use crate::value_location::ValueLocation;
use crate::{verbs, words};
use facing::{Facing, Level};
use nameless::{described, titled, without_path};
use own_words::own_words;

/// What a thing is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Its noun, singular.
    pub entity_type: String,
    /// Where its id is.
    pub id: Option<ValueLocation>,
}

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
    let summary_noun = summary
        .map(|phrase| phrase.noun.clone())
        .filter(|noun| !noun.is_empty());
    // "Search for products" at `/search`, `Search_Search`: what is searched is no search.
    let worded = worded(source, shape, chosen, said, path, summary)
        .filter(|noun| summary_noun.is_none() || *noun != [chosen.base.clone()])
        // `technicalCancel`, "Cancel an authorisation": an adjective alone is no thing.
        .filter(|noun| {
            !(is_only_said_of(noun)
                && summary.is_some_and(|phrase| phrase.does(&chosen.base))
                && summary_noun.is_some())
        });
    let from_summary = summary_noun.as_ref().filter(|noun| {
        gives_verb(source, shape, chosen, said) && !is_tagged(source, shape, noun)
            || worded.is_none() && resource_repeats_verb(shape, chosen, noun)
            || worded.is_none() && names_chapter(shape, chosen, summary, noun)
            || worded.is_none() && is_bare_parameter(shape)
            || worded.is_none() && takes_state_away(source, shape, chosen)
    });
    let by_summary = from_summary.is_some_and(|noun| Some(noun) != worded.as_ref());
    let said_noun = from_summary
        .cloned()
        .or(worded)
        .map(|noun| qualified_by_summary(noun, shape, chosen, summary));
    if let Some(thing) = implied(shape, chosen, said_noun.as_deref(), summary_noun.as_deref()) {
        return thing;
    }
    let Some((resource, enclosing)) = shape.resources.split_last() else {
        let noun = said_noun.map(|noun| fuller(noun, chosen, summary));
        let noun = noun.or(summary_noun).or_else(|| described(source));
        return without_path(source, chosen, noun);
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
        summary,
        action: shape.action.as_deref().unwrap_or_default(),
    };
    let mut thing = match said_noun {
        Some(noun) if by_summary && is_bare_parameter(shape) => {
            facing.thing(words::noun_phrase(&noun), false)
        }
        Some(noun) => facing.with_object(&noun),
        None => facing.alone(summary_noun.as_deref()),
    };
    if by_summary {
        thing.rule = Some(&rule::SUMMARY_OBJECT);
    }
    if let Some(made) = facing.made_on_another(&thing) {
        thing = made;
    } else if facing.are_of_another(&thing) {
        thing.number = Number::Many;
        thing.plural = true;
        thing.parent = facing.another_as_parent(words::head(&thing.noun), thing.parent);
    }
    if let Some(whole) = facing
        .whole_of_deed(&thing)
        .or_else(|| facing.whole_of_view(&thing))
    {
        thing = whole;
    }
    if let Some(noun) =
        of_amount(&thing, chosen, summary).or_else(|| facing.other_than_parent(&thing))
    {
        thing.noun = noun;
    }
    clear_of_verbs(&mut thing.noun, source, chosen);
    thing.noun = facing.in_full(facing.resource, std::mem::take(&mut thing.noun));
    if let Some(noun) = unfit::said_of(&thing, &[said, summary])
        .or_else(|| unfit::without_deed(&thing.noun, chosen))
    {
        thing.noun = noun;
    }
    // Nobody verifies a forgotten password.
    if thing.noun == "forgot password" {
        "password reset".clone_into(&mut thing.noun);
    }
    if thing.noun.is_empty() {
        let title = titled(source, chosen);
        thing.rule = Some(
            title
                .as_ref()
                .map_or(&rule::NO_NOUN, |_| &rule::SUMMARY_OBJECT),
        );
        thing.noun = title.map_or_else(|| "record".to_owned(), |title| words::noun_phrase(&title));
    }
    thing
}

/// Takes from a noun the verbs that stand within it.
fn clear_of_verbs(noun: &mut String, source: &OperationSource<'_>, chosen: &Chosen) {
    // `/accounts/{id}/stripe_create_setup_intent`: what is created stands behind its verb.
    if let Some((_, behind)) = noun.split_once(&format!(" {} ", chosen.base))
        && is_inside_noun(&chosen.base)
    {
        *noun = behind.to_owned();
    }
    // `/accounts/{id}/stripe_get_setup_intent` called `retrieve`
    if source.method == "GET"
        && let Some((_, behind)) = noun.split_once(" get ")
    {
        *noun = behind.to_owned();
    }
    // `combineSubmissions` on `/combined_submissions`: they are not combined before.
    if source.method == "POST"
        && let Some(rest) = noun.strip_prefix(&format!("{} ", chosen.verb.past))
    {
        *noun = rest.to_owned();
    }
}

/// Whether an object is but what is said of one: `technical`, `not`.
fn is_only_said_of(noun: &[String]) -> bool {
    let [only] = noun else { return false };
    is_adjective(only)
        || matches!(
            only.as_str(),
            "not" | "multi" | "self" | "quick" | "manual" | "automatic" | "initial" | "final"
        )
        || only.len() > 6
            && ["ical", "ional", "itive", "ious", "less", "ible"]
                .iter()
                .any(|end| only.ends_with(end))
}

/// The object of the operationId's verb, or else of the path's.
fn worded(
    source: &OperationSource<'_>,
    shape: &PathShape,
    chosen: &Chosen,
    said: Option<&Phrase>,
    path: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> Option<Vec<String>> {
    let mut noun = said
        .map(|phrase| own_words(&phrase.noun, source, shape))
        .unwrap_or_default();
    let is_of_path = chosen.source == Source::Path;
    // `listUserUnpin`, "Unpin a list": what is done stands in its own object, so the summary has the object.
    if noun.len() > 1
        && noun.contains(&chosen.base)
        && chosen.source == Source::Summary
        && let Some(summary) = summary.filter(|summary| !summary.noun.is_empty())
    {
        noun.clone_from(&summary.noun);
    }
    // `updateBatch` on `/subscriptions/batch/update`
    if chosen.bulk
        && !shape.resources.is_empty()
        && matches!(noun.as_slice(), [amount] if phrase::is_bulk_word(amount))
    {
        noun.clear();
    }
    // `post_enrichment_resource` on `/documents/enrich`: what is done is no thing.
    if is_of_path
        && noun
            .last()
            .is_some_and(|head| names_deed(head, &chosen.base))
    {
        noun.pop();
    }
    // `GetGuestsCount` on `/guests/count`
    if is_of_path && noun.len() > 1 && noun.last() == Some(&chosen.base) {
        noun.pop();
    }
    // `PostBulkSendRequest` on `/bulk_send_lists/{id}/send`
    if is_of_path && matches!(noun.as_slice(), [amount] if phrase::is_bulk_word(amount)) {
        noun.clear();
    }
    // `put_folders_id#remove_shared_link`: who gives the verb gives the object.
    if is_of_path
        && said.is_some_and(|phrase| {
            phrase
                .verb
                .as_ref()
                .is_none_or(|verb| verb.base == source.method.to_ascii_lowercase())
        })
        && let Some(object) = path
            .map(|phrase| &phrase.noun)
            .filter(|object| !object.is_empty())
    {
        noun.clone_from(object);
    }
    // `addListsArchiveAllCards` on `/lists/{id}/archiveAllCards`
    if is_of_path
        && let Some(object) = path
            .filter(|phrase| phrase.bulk)
            .map(|phrase| &phrase.noun)
            .filter(|object| !object.is_empty())
        && said.is_some_and(|phrase| phrase.noun.contains(&chosen.base))
    {
        noun.clone_from(object);
    }
    // `addMediaIntentHandling` on `/intent/addMedia`: what the path says is all there is to say.
    if let Some(object) = path
        .filter(|phrase| phrase.does(&chosen.base))
        .map(|phrase| &phrase.noun)
        .filter(|object| !object.is_empty())
        && noun.len() > object.len()
        && noun.starts_with(object)
        && (summary.is_some_and(|phrase| phrase.noun == *object)
            || source.path.contains(&format!("/{}/", noun[object.len()]))
            || object.len() > 1
                && shape
                    .resources
                    .last()
                    .is_some_and(|resource| same(&noun[object.len()..], &resource.words)))
    {
        noun.clone_from(object);
    }
    // "searched search users", "undeployed deploy pattern"; `ConfigPriceSource` configures one.
    if noun.len() > 1
        && (noun[0] == chosen.base
            || matches!(noun[0].as_str(), "config" | "calc" | "init" | "sync")
                && chosen.base.starts_with(noun[0].as_str())
            || is_of_path && verbs::undo_of(&noun[0]).as_ref() == Some(&chosen.base))
    {
        noun.remove(0);
    }
    if noun.is_empty() {
        noun.clone_from(&path?.noun);
        // `/IsAlive` asks it of something else.
        noun.retain(|word| word != "alive");
        // `/tokens/listBlocked`, `/isRoutingValid`
        while noun.last().is_some_and(|last| is_adjective(last)) {
            noun.pop();
        }
    }
    (!noun.is_empty()).then_some(noun)
}

/// Who gives the verb gives the object.
fn gives_verb(
    source: &OperationSource<'_>,
    shape: &PathShape,
    chosen: &Chosen,
    said: Option<&Phrase>,
) -> bool {
    chosen.source == Source::Summary
        && (matches!(chosen.action, Action::Execute | Action::Read)
            || matches!(
                chosen.base.as_str(),
                "generate" | "upload" | "issue" | "submit"
            ))
        && source.method == "POST"
        && shape.action.is_none()
        && said.is_none_or(|phrase| phrase.verb.is_none())
}

/// "Get the path between two points" at `/optimalRoute`, below the tag "route": path and tag agree on another noun.
fn is_tagged(source: &OperationSource<'_>, shape: &PathShape, noun: &[String]) -> bool {
    shape.resources.last().is_some_and(|resource| {
        let head = [resource.head()];
        let is_tag = |tag: &&str| same(&words::split(tag), &head);
        source.tags.iter().any(is_tag) && !noun.iter().any(|word| words::singular(word) == head[0])
    })
}

/// `/void/{pgIdOrig}`: the path has no noun of its own.
fn is_bare_parameter(shape: &PathShape) -> bool {
    shape.inner_action
        && matches!(shape.resources.as_slice(), [only]
            if matches!(only.params.as_slice(), [param]
                if only.words == param_noun(param)
                    && words::split(param).iter().rev().skip(1).any(|word| word == "id")))
}

/// "geocode" at `/geocoding`: what is geocoded stands in the summary.
fn resource_repeats_verb(shape: &PathShape, chosen: &Chosen, noun: &[String]) -> bool {
    // `register` and `registration` have six letters in common.
    let stem = chosen.base.trim_end_matches('e');
    let stem = stem.get(..6).unwrap_or(stem);
    // "unfollow" at `/follows`
    let is_undone = |word: &str| chosen.base.strip_prefix("un") == Some(word);
    let repeats_verb = |word: &str| stem.len() > 4 && word.starts_with(stem) || is_undone(word);
    shape
        .resources
        .last()
        .is_some_and(|resource| repeats_verb(&resource.head()))
        && !noun.iter().any(|word| repeats_verb(word))
}

/// "Ban user" at `/moderation/ban`: in front of the verb stands a chapter of the interface.
fn names_chapter(
    shape: &PathShape,
    chosen: &Chosen,
    summary: Option<&Phrase>,
    noun: &[String],
) -> bool {
    let agrees = summary.is_some_and(|phrase| phrase.does(&chosen.base));
    let [chapter] = shape.resources.as_slice() else {
        return false;
    };
    // "Modify resources" at `/tools/modify`, but "Invite a user" at `/users/invite`
    let is_collection = chapter.is_plural()
        && (matches!(chosen.action, Action::Read | Action::Create)
            || noun
                .iter()
                .any(|word| words::singular(word) == chapter.head()));
    agrees && shape.action.is_some() && chapter.params.is_empty() && !is_collection
}

/// "Remove the watched status" by DELETE of `/profile/watched`: the profile stays.
fn takes_state_away(source: &OperationSource<'_>, shape: &PathShape, chosen: &Chosen) -> bool {
    let end = source.path.trim_end_matches('/').rsplit('/').next();
    let ends_in_state = end.is_some_and(|end| {
        matches!(words::split(end).as_slice(), [state] if is_adjective(state))
            && !end.starts_with('{')
    });
    source.method == "DELETE"
        && chosen.source == Source::Summary
        && ends_in_state
        && shape
            .resources
            .last()
            .is_some_and(|resource| resource.params.is_empty() && !resource.is_plural())
}

/// What a summary calls the call itself, or all that it answers.
#[rustfmt::skip] // a list of words, not of lines
const NAMES_CALL: &[&str] = &[
    "request", "response", "operation", "endpoint", "api", "service", "method", "information", "info", "data",
    "details", "list",
];

/// Whether a verb that stands within a noun has its object behind it.
fn is_inside_noun(base: &str) -> bool {
    matches!(
        base,
        "create"
            | "add"
            | "delete"
            | "update"
            | "get"
            | "find"
            | "set"
            | "submit"
            | "calculate"
            | "provide"
    )
}

/// "Import registry data" by `importData` on `/admin/import`: a generic noun is the summary's, in full.
fn qualified_by_summary(
    noun: Vec<String>,
    shape: &PathShape,
    chosen: &Chosen,
    summary: Option<&Phrase>,
) -> Vec<String> {
    let is_generic =
        matches!(noun.as_slice(), [only] if GENERIC.contains(&words::singular(only).as_str()));
    let names_items = shape
        .resources
        .iter()
        .any(|resource| !resource.params.is_empty() || noun.contains(&resource.head()));
    summary
        .filter(|phrase| {
            is_generic
                && !names_items
                && phrase.does(&chosen.base)
                && (2..4).contains(&phrase.noun.len())
                && ends_with_noun(&phrase.noun, &noun)
        })
        .map_or(noun, |phrase| phrase.noun.clone())
}

/// "Submit rank jobs", `rankSubmit`: where no path has the noun, the summary's is the same one in full.
fn fuller(noun: Vec<String>, chosen: &Chosen, summary: Option<&Phrase>) -> Vec<String> {
    summary
        .filter(|phrase| {
            // "Create a Source Network resource"
            let is_thing = phrase.noun.last().is_some_and(|head| {
                !NAMES_CALL.contains(&head.as_str())
                    && !is_role_of_class(head)
                    && verbs::known(head).is_none()
            });
            phrase.does(&chosen.base)
                && is_thing
                && phrase.noun.len() == noun.len() + 1
                && phrase.noun.starts_with(&noun)
        })
        .map_or(noun, |phrase| phrase.noun.clone())
}

/// "Cancel a bulk query job" at `/bulk/{id}/cancel`: how many there are is no noun.
fn of_amount(thing: &Thing, chosen: &Chosen, summary: Option<&Phrase>) -> Option<String> {
    let summary = summary.filter(|_| thing.noun == "bulk" && chosen.source == Source::Path)?;
    let names_it = summary.noun.len() > 1
        && summary.noun.contains(&thing.noun)
        && summary.noun.last() != Some(&thing.noun);
    (summary.does(&chosen.base) && names_it).then(|| words::noun_phrase(&summary.noun))
}

/// `/register`, `/auth/register`
fn names_nobody(shape: &PathShape) -> bool {
    match shape.resources.as_slice() {
        [] => true,
        [only] => {
            only.params.is_empty() && (is_logging_in(&only.head()) || only.head() == "account")
        }
        _ => false,
    }
}

/// `AuthController_register` names who serves it, and not who is registered.
fn is_nobody(said_noun: Option<&[String]>) -> bool {
    said_noun.is_none_or(|noun| matches!(noun, [only] if is_logging_in(only)))
}

/// A thing that the verb itself implies: a session of whoever logs in, the user who registers.
fn implied(
    shape: &PathShape,
    chosen: &Chosen,
    said_noun: Option<&[String]>,
    summary_noun: Option<&[String]>,
) -> Option<Thing> {
    let implied = |noun: &str, rule: &'static Rule| {
        Some(Thing {
            noun: noun.to_owned(),
            rule: Some(rule),
            ..Thing::default()
        })
    };
    let is_about_session = said_noun.is_none_or(|noun| {
        noun.iter().all(|word| {
            is_logging_in(word) || matches!(word.as_str(), "session" | "user" | "account")
        }) || noun
            .last()
            .is_some_and(|last| matches!(last.as_str(), "token" | "password" | "credentials"))
    });
    // `/users/{id}/logout` does it to a user.
    let is_item = shape.resources.last().is_some_and(|resource| {
        !resource.params.is_empty() && verbs::known(&resource.head()).is_none()
    });
    match chosen.base.as_str() {
        "login" | "logout" | "signin" | "signout" if is_about_session && !is_item => {
            implied("session", &rule::SESSION)
        }
        "register" | "signup" | "enroll" | "enrol" | "authenticate"
            if is_nobody(said_noun) && names_nobody(shape) =>
        {
            match summary_noun {
                None => implied("user", &rule::CALLER),
                // "Register a user" at `/auth/register`
                Some(noun) if said_noun.is_some() => {
                    implied(&words::noun_phrase(noun), &rule::SUMMARY_OBJECT)
                }
                Some(_) => None,
            }
        }
        _ => None,
    }
}
