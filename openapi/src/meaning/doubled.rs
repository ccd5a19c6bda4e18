//! A noun that only says the verb again: "exported exports", "updated user details updates".

use daybook_event::Action;

use super::function_words::PREPOSITIONS;
use super::noun::{Number, ParamRole, Thing};
use super::noun_words::names_deed;
use super::phrase::{self, Phrase};
use super::verb::Chosen;
use crate::operation_source::OperationSource;
use crate::secrets::is_secret_name;
use crate::{verbs, words};

/// Rule "said once": `POST /contacts/exports` that says "Export contacts" exported contacts, and
/// `POST /users/{id}/userDetailsUpdate` updated user details. But roles that are assigned at `/assignments/{id}` are in an assignment.
pub(super) fn without_deed(thing: &mut Thing, chosen: &Chosen, summary: Option<&Phrase>) {
    let Some(told) = summary.filter(|summary| summary.does(&chosen.base)) else {
        return;
    };
    let object = words::noun_phrase(&told.noun);
    let is_deed = |word: &str| says_deed(word, &chosen.base);
    let is_same = |said: &[&str]| {
        let said: Vec<String> = said.iter().map(|word| (*word).to_owned()).collect();
        words::noun_phrase(&said) == object
    };
    let said: Vec<&str> = thing.noun.split(' ').collect();
    let is_doubled = said.last().is_some_and(|last| is_deed(last))
        && (said.len() == 1 || is_same(&said[..said.len() - 1]));
    let says_more = !object.is_empty() && !is_deed(words::head(&object));
    let is_own = thing.param.is_some()
        && !(said.len() > 1 && said.last().is_some_and(|last| *last == chosen.base));
    if !is_own && is_doubled && says_more {
        thing.noun = object;
    }
}

/// Whether a word is the verb, or the noun of doing it.
fn says_deed(word: &str, base: &str) -> bool {
    let word = words::singular(word);
    word == base || names_deed(&word, base)
}

/// How many words of a text are looked through.
const TEXT_WORDS_MAX: usize = 24;

/// "Full-text search on episodes" at `GET /search`, "Performs lemmatization on the given document" at `/lemmatize`,
/// "Provides the ability to search for tokens". Where the noun is the verb once more, some text may have behind that
/// what it is done to.
pub(super) fn told_behind(thing: &mut Thing, chosen: &Chosen, source: &OperationSource<'_>) {
    let is_form_of_deed = |word: &str| {
        let word = words::singular(word);
        says_deed(&word, &chosen.base)
            || verbs::of_noun(&word)
                .or_else(|| verbs::known_in_any_form(&word))
                .is_some_and(|verb| verb.base == chosen.base)
    };
    let is_only_deed = |noun: &str| {
        noun.split(' ').any(is_form_of_deed)
            && noun
                .split(' ')
                .all(|word| is_form_of_deed(word) || matches!(word, "full" | "quick" | "simple"))
    };
    let only_deed = is_only_deed(&thing.noun)
        || chosen.action == Action::Read && matches!(thing.noun.as_str(), "ability" | "batch");
    // A validation's id finds no address: `/validations/{id}`, "Validation of an address".
    let has_own_id = thing
        .param
        .as_ref()
        .is_some_and(|param| thing.param_role == ParamRole::Own && !is_secret_name(param));
    let is_made_or_seen = chosen.action == Action::Create
        || matches!(chosen.base.as_str(), "get" | "view" | "read" | "update");
    if !only_deed || is_made_or_seen || has_own_id {
        return;
    }
    let behind = |text: &str| {
        let all = first_words(text);
        let at = all.windows(2).position(|pair| {
            is_form_of_deed(&pair[0])
                && matches!(
                    pair[1].as_str(),
                    "of" | "on" | "for" | "through" | "over" | "across" | "against" | "within"
                )
        })?;
        let noun = phrase::object(&all[at + 2..]);
        let is_thing = noun.len() <= 3
            && noun.last().is_some_and(|last| {
                !is_form_of_deed(last) && !PREPOSITIONS.contains(&last.as_str()) && !is_asked(last)
            });
        is_thing.then_some(noun)
    };
    let Some(noun) = [source.summary, source.description]
        .into_iter()
        .find_map(behind)
    else {
        return;
    };
    // "Analysis of the image" at `/images/{id}/analysis`
    let told = words::noun_phrase(&noun);
    let parent = thing.parent.as_ref().map(|parent| &parent.entity_type);
    if told == thing.noun || parent == Some(&told) {
        return;
    }
    let are_many = noun.last().is_some_and(|last| words::is_plural(last));
    // "Searches through source code", "the ability to search for tokens"
    if thing.number == Number::Many && !are_many {
        thing.number = Number::Only;
    } else if are_many && chosen.action == Action::Read {
        thing.number = Number::Many;
        thing.plural = true;
    }
    thing.noun = told;
    thing.rule = Some(&super::rule::SUMMARY_OBJECT);
}

/// What is asked or how, and not what of: "on behalf of", "for a query".
fn is_asked(word: &str) -> bool {
    let word = words::singular(word);
    matches!(
        word.as_str(),
        "term"
            | "query"
            | "keyword"
            | "string"
            | "result"
            | "criterion"
            | "api"
            | "index"
            | "behalf"
            | "demand"
            | "time"
            | "hold"
    )
}

/// The words of a text up to the first mark in it.
pub(super) fn first_words(text: &str) -> Vec<String> {
    let ends = ['.', ',', ';', ':', '(', '\n', '<', '`', '"', '*'];
    let sentence = words::start(text, usize::MAX)
        .split(ends)
        .next()
        .unwrap_or_default();
    let words = words::split(sentence).into_iter();
    words.take(TEXT_WORDS_MAX).collect()
}
