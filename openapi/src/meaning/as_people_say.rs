//! A noun as people say it: its words apart, what stands in front in the singular, and its parent once.

use std::collections::HashSet;

use super::adjectives::is_adjective;
use super::doubled::first_words;
use super::function_words::{DETERMINERS, PRAISE, PREPOSITIONS};
use super::noun::{ParamRole, Parent, Thing};
use super::noun_words::GENERIC;
use super::phrase;
use super::rule::{self, Rule};
use crate::habits::collection_key;
use crate::operation_source::OperationSource;
use crate::{verbs, words};

/// What a thing is called, below what `parent` names, and which rule says so.
pub(super) fn noun(
    thing: &Thing,
    parent: Option<&str>,
    source: &OperationSource<'_>,
) -> (String, &'static Rule) {
    let rule = thing.rule(parent.is_some());
    // `/settings/{id}`: what has an id of its own is the service's own kind of thing.
    let is_item = thing.param.is_some() && thing.param_role == ParamRole::Own;
    let is_bare = rule.name == rule::GENERIC_NOUN.name && !is_item;
    // `POST /configs` beside `/configs/{id}`: one thing has one noun.
    let is_found_there = || {
        source
            .habits
            .lookups
            .contains_key(&collection_key(source.path))
    };
    let full = (is_bare && !is_found_there())
        .then(|| of_what(&thing.noun, source))
        .flatten();
    let rule = full.as_ref().map_or(rule, |_| &rule::SUMMARY_OBJECT);
    let noun = spelled(full.as_deref().unwrap_or(&thing.noun), source);
    (singular_in_front(&noun, parent, source), rule)
}

/// What encloses a thing, called as the texts spell it.
pub(super) fn parent(parent: Parent, source: &OperationSource<'_>) -> Parent {
    Parent {
        entity_type: spelled(&parent.entity_type, source),
        ..parent
    }
}

/// `/chargestations/{id}` of a document whose texts speak of charge stations.
fn spelled(noun: &str, source: &OperationSource<'_>) -> String {
    let known = &source.habits.spelled;
    let apart: Vec<&str> = noun
        .split(' ')
        .flat_map(|word| {
            let singular = words::singular(word);
            known.get(&singular).map_or(word, |apart| apart).split(' ')
        })
        .collect();
    let mut said: Vec<&str> = Vec::with_capacity(apart.len());
    // "attribute attribute set"
    for word in apart {
        if said.last() != Some(&word) || noun.contains(&format!("{word} {word}")) {
            said.push(word);
        }
    }
    said.join(" ")
}

/// English says "rule tree" at `/rules/tree`, and what a thing is part of is told
/// behind it: the profile of a subscription, and no `subscriptions profile` of one.
fn singular_in_front(noun: &str, parent: Option<&str>, source: &OperationSource<'_>) -> String {
    let own = parent
        .filter(|parent| is_plain_plural(&words::plural(parent)))
        .and_then(|parent| {
            let rest = noun
                .strip_prefix(&words::plural(parent))?
                .strip_prefix(' ')?;
            (!GENERIC.contains(&rest)).then_some(rest)
        });
    let noun = own.unwrap_or(noun);
    let all: Vec<&str> = noun.split(' ').collect();
    let last = all.len() - 1;
    if !all[..last].iter().any(|word| is_plain_plural(word)) {
        return noun.to_owned();
    }
    let collections = collections(source);
    let said: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(at, word)| {
            let joins = all
                .get(at + 1)
                .is_some_and(|next| matches!(*next, "of" | "and" | "or"));
            if at < last && !joins && is_plain_plural(word) && collections.contains(*word) {
                words::singular(word)
            } else {
                (*word).to_owned()
            }
        })
        .collect();
    said.join(" ")
}

/// The last words of the path's segments.
fn collections(source: &OperationSource<'_>) -> HashSet<String> {
    let literals = source
        .path
        .split('/')
        .filter(|segment| !segment.contains('{'));
    let last_word = |segment: &str| {
        let last = words::split(segment).pop()?;
        let number = |word: &str| {
            if words::is_plural(&last) {
                words::plural(word)
            } else {
                word.to_owned()
            }
        };
        // `/chargestations`, which people call charge stations
        let spelled = spelled(&last, source);
        let spelled = spelled.rsplit(' ').next().unwrap_or_default();
        Some(number(&words::singular(spelled)))
    };
    literals.filter_map(last_word).collect()
}

/// What stays as it is in front of another noun: "savings account", "people search".
#[rustfmt::skip] // a list of words, not of lines
const SAID_IN_PLURAL: &[&str] = &[
    "people", "savings", "customs", "earnings", "proceedings", "headquarters", "sports", "credentials",
    "communications", "operations",
];

/// A plural that is no acronym: `wmts`, and no word that stands for both: `people search`.
fn is_plain_plural(word: &str) -> bool {
    let has_vowel = word.contains(['a', 'e', 'i', 'o', 'u']);
    word.len() > 3 && has_vowel && !SAID_IN_PLURAL.contains(&word) && words::is_plural(word)
}

/// The most words, in front of a noun and behind it, that are taken for its name.
const FRONT_WORDS_MAX: usize = 3;

/// A generic noun by itself, as summary or description have it in full: "customer settings", "the
/// status of a bulk job", which is a bulk job status.
fn of_what(noun: &str, source: &OperationSource<'_>) -> Option<String> {
    [source.summary, source.description]
        .iter()
        .find_map(|text| of_what_in(noun, text))
}

/// What one noun is called in short.
const SHORT_AND_LONG: &[&[&str]] = &[
    &["info", "information"],
    &["config", "configuration"],
    &["stat", "statistic", "statistics"],
    &["meta", "metadata"],
];

fn of_what_in(noun: &str, text: &str) -> Option<String> {
    let all = first_words(text);
    let is_noun = |word: &String| {
        let word = words::singular(word);
        word == noun
            || SHORT_AND_LONG
                .iter()
                .any(|pair| pair.contains(&word.as_str()) && pair.contains(&noun))
    };
    let at = all.iter().position(is_noun)?;
    let front: Vec<String> = all[..at]
        .iter()
        .enumerate()
        .rev()
        .take_while(|(at, word)| {
            // "Search settings", "Search and filter settings"
            let may_be_verb = at
                .checked_sub(1)
                .is_none_or(|before| matches!(all[before].as_str(), "and" | "or"));
            !says_nothing(word) && (!may_be_verb || verbs::known_in_any_form(word).is_none())
        })
        .map(|(_, word)| words::singular(word))
        .collect();
    let is_kind = front
        .first()
        .is_some_and(|next| !is_adjective(next) && !verbs::is_clear(next));
    if is_kind && front.len() <= FRONT_WORDS_MAX {
        let front: Vec<String> = front.into_iter().rev().collect();
        return Some(format!("{} {noun}", front.join(" ")));
    }
    let is_of = all
        .get(at + 1)
        .is_some_and(|link| matches!(link.as_str(), "of" | "for" | "about"));
    let thing = is_of.then(|| phrase::object(&all[at + 2..]))?;
    let is_thing = (1..=FRONT_WORDS_MAX).contains(&thing.len())
        && !thing
            .iter()
            .any(|word| is_noun(word) || says_nothing(word) || is_adjective(word));
    is_thing.then(|| format!("{} {noun}", words::noun_phrase(&thing)))
}

/// Whether a word in front of a noun is no part of its name.
fn says_nothing(word: &str) -> bool {
    DETERMINERS.contains(&word)
        || PREPOSITIONS.contains(&word)
        || PRAISE.contains(&word)
        || word.len() < 2
        || word.bytes().any(|letter| letter.is_ascii_digit())
        || matches!(word, "preexisting" | "overall")
}
