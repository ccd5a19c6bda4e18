//! A noun that only says the verb again: "exported exports", "updated user details updates".

use daybook_event::Action;

use super::function_words::PREPOSITIONS;
use super::noun::{Number, Thing};
use super::noun_words::names_deed;
use super::phrase::{self, Phrase};
use super::verb::Chosen;
use crate::operation_source::OperationSource;
use crate::{verbs, words};

/// Rule "said once": `POST /contacts/exports` that says "Export contacts" exported contacts, and
/// `POST /users/{id}/userDetailsUpdate` updated user details. But roles that are assigned at `/assignments/{id}` are in an assignment.
pub(super) fn without_deed(thing: &mut Thing, chosen: &Chosen, summary: Option<&Phrase>) {
    let Some(told) = summary.filter(|summary| summary.does(&chosen.base)) else {
        return;
    };
    let object = words::noun_phrase(&told.noun);
    let is_deed = |word: &str| {
        let word = words::singular(word);
        word == chosen.base || names_deed(&word, &chosen.base)
    };
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

/// How many words of a text are looked through.
const TEXT_WORDS_MAX: usize = 24;

/// Rule "done to what is told": "Full-text search on episodes" at `GET /search`, "Performs lemmatization on the given
/// document" at `/lemmatize`. Where the noun is the verb once more, some text may have behind that what it is done to.
pub(super) fn told_behind(thing: &mut Thing, chosen: &Chosen, source: &OperationSource<'_>) {
    let is_deed = |word: &str| {
        let word = words::singular(word);
        word == chosen.base
            || names_deed(&word, &chosen.base)
            || verbs::of_noun(&word)
                .or_else(|| verbs::known_in_any_form(&word))
                .is_some_and(|verb| verb.base == chosen.base)
    };
    let only_deed = thing
        .noun
        .split(' ')
        .all(|word| is_deed(word) || matches!(word, "full" | "quick" | "simple"));
    let is_made_or_seen = chosen.action == Action::Create
        || matches!(
            chosen.base.as_str(),
            "get" | "view" | "list" | "read" | "update"
        );
    if !only_deed || is_made_or_seen {
        return;
    }
    let behind = |text: &str| {
        let all: Vec<String> = words::split(text.split(['.', ',', ';', '(']).next()?)
            .into_iter()
            .take(TEXT_WORDS_MAX)
            .collect();
        let at = all.windows(2).position(|pair| {
            is_deed(&pair[0])
                && matches!(
                    pair[1].as_str(),
                    "of" | "on" | "for" | "through" | "over" | "across" | "against"
                )
        })?;
        let noun = phrase::object(&all[at + 2..]);
        let is_thing = noun.len() <= 3
            && noun
                .last()
                .is_some_and(|last| !is_deed(last) && !PREPOSITIONS.contains(&last.as_str()));
        is_thing.then_some(noun)
    };
    let Some(noun) = [source.summary, source.description]
        .into_iter()
        .find_map(behind)
    else {
        return;
    };
    // "Searches through source code"
    if thing.number == Number::Many && !noun.last().is_some_and(|last| words::is_plural(last)) {
        thing.number = Number::Only;
    }
    thing.noun = words::noun_phrase(&noun);
    thing.rule = Some(&super::rule::SUMMARY_OBJECT);
}
