//! A noun as people say it: its words apart, what stands in front in the singular, and its parent once.

use daybook_event::Action;

use super::adjectives::is_adjective;
use super::function_words::{DETERMINERS, PRAISE, PREPOSITIONS};
use super::noun::{ParamRole, Parent, Thing};
use super::noun_words::{GENERIC, names_deed};
use super::phrase;
use super::rule::{self, Rule};
use super::verb::Chosen;
use crate::operation_source::OperationSource;
use crate::{verbs, words};

/// What a thing is called, below what `parent` names, and which rule says so.
pub(super) fn noun(
    thing: &Thing,
    chosen: &Chosen,
    parent: Option<&str>,
    source: &OperationSource<'_>,
) -> (String, &'static Rule) {
    if let Some(object) = done_to(thing, chosen, source).filter(|_| parent.is_none()) {
        return (spelled(&object, source), &rule::SUMMARY_OBJECT);
    }
    let rule = thing.rule(parent.is_some());
    // `/settings/{id}`: what has an id of its own is the service's own kind of thing.
    let is_item = thing.param.is_some() && thing.param_role == ParamRole::Own;
    let is_bare = rule.name == rule::GENERIC_NOUN.name && !is_item;
    let full = is_bare.then(|| of_what(&thing.noun, source)).flatten();
    // What is generic needs no parent where it is told in full.
    let rule = if full.is_some() {
        thing.rule(true)
    } else {
        rule
    };
    let noun = singular_in_front(full.as_deref().unwrap_or(&thing.noun), parent, source);
    (spelled(&noun, source), rule)
}

/// What encloses a thing, called as the texts spell it.
pub(super) fn parent(parent: Parent, source: &OperationSource<'_>) -> Parent {
    Parent {
        entity_type: spelled(&parent.entity_type, source),
        ..parent
    }
}

/// Rule "done to what": "Search through all resources" at `/search`, "Provides the ability to search for tokens",
/// "Performs lemmatization on a document": where a noun only says what is done, the text says to what.
fn done_to(thing: &Thing, chosen: &Chosen, source: &OperationSource<'_>) -> Option<String> {
    let base = chosen.base.as_str();
    let is_deed = |word: &str| {
        word == base
            || names_deed(word, base)
            || verbs::known_in_any_form(word).is_some_and(|verb| verb.base == base)
    };
    let is_empty = is_deed(&thing.noun) || matches!(thing.noun.as_str(), "ability" | "batch");
    let works_on = chosen.action == Action::Read && is_empty && thing.param.is_none();
    let texts = works_on.then_some([source.summary, source.description])?;
    texts.iter().find_map(|text| {
        let all = first_words(text);
        let at = all
            .windows(2)
            .position(|pair| is_deed(&pair[0]) && leads_to_object(&pair[1]))?;
        let object = phrase::object(&all[at + 2..]);
        let is_thing = (1..=FRONT_WORDS_MAX).contains(&object.len())
            && object
                .last()
                .is_some_and(|head| !is_deed(head) && !is_asked(head));
        is_thing.then(|| words::noun_phrase(&object))
    })
}

/// What stands between a deed and what it is done to.
fn leads_to_object(word: &str) -> bool {
    matches!(
        word,
        "for" | "through" | "of" | "on" | "across" | "over" | "against" | "within"
    )
}

/// What is asked, and not what of.
fn is_asked(word: &str) -> bool {
    let word = words::singular(word);
    matches!(
        word.as_str(),
        "term" | "query" | "keyword" | "string" | "result" | "criterion" | "api" | "index"
    )
}

/// Rule "spelled apart": `/chargestations/{id}` of a document whose texts speak of charge stations.
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

/// Rule "in front in the singular": English says "rule tree" at `/rules/tree`, and what a thing is part of is told
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
    let is_collection = |word: &str| {
        source.path.split('/').any(|segment| {
            !segment.contains('{')
                && words::split(segment)
                    .last()
                    .is_some_and(|last| last == word)
        })
    };
    let said: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(at, word)| {
            let joins = all
                .get(at + 1)
                .is_some_and(|next| matches!(*next, "of" | "and" | "or"));
            if at < last && !joins && is_plain_plural(word) && is_collection(word) {
                words::singular(word)
            } else {
                (*word).to_owned()
            }
        })
        .collect();
    said.join(" ")
}

/// A plural that is no acronym: `wmts`, and no word that stands for both: `people search`.
fn is_plain_plural(word: &str) -> bool {
    let has_vowel = word.contains(['a', 'e', 'i', 'o', 'u']);
    word.len() > 3 && has_vowel && word != "people" && words::is_plural(word)
}

/// The most words of a text, in front of a noun and behind it, that are looked at.
const TEXT_WORDS_MAX: usize = 24;
const FRONT_WORDS_MAX: usize = 3;

/// Rule "of what": a generic noun by itself, as summary or description have it in full: "customer settings", "the
/// status of a bulk job", which is a bulk job status.
fn of_what(noun: &str, source: &OperationSource<'_>) -> Option<String> {
    [source.summary, source.description]
        .iter()
        .find_map(|text| of_what_in(noun, text))
}

fn of_what_in(noun: &str, text: &str) -> Option<String> {
    let all = first_words(text);
    let is_noun = |word: &String| {
        let word = words::singular(word);
        let (short, long) = if word.len() < noun.len() {
            (word.as_str(), noun)
        } else {
            (noun, word.as_str())
        };
        long.starts_with(short) && (short == long || short.len() > 3)
    };
    let at = all.iter().position(is_noun)?;
    let front: Vec<String> = all[..at]
        .iter()
        .enumerate()
        .rev()
        .take_while(|(at, word)| {
            !says_nothing(word) && (*at > 0 || verbs::known_in_any_form(word).is_none())
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

/// The words of a text up to the first mark in it.
fn first_words(text: &str) -> Vec<String> {
    let ends = ['.', ',', ';', ':', '(', '\n', '<', '`', '"', '*'];
    let sentence = text.split(ends).next().unwrap_or_default();
    let words = words::split(sentence).into_iter();
    words.take(TEXT_WORDS_MAX).collect()
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
