//! A noun as people say it: its words apart, what stands in front in the singular, and its parent once.

use super::noun::Thing;
use super::noun_words::GENERIC;
use super::rule::Rule;
use crate::operation_source::OperationSource;
use crate::words;

/// What a thing is called, below what `parent` names, and which rule says so.
pub(super) fn noun(
    thing: &Thing,
    parent: Option<&str>,
    source: &OperationSource<'_>,
) -> (String, &'static Rule) {
    let noun = singular_in_front(&thing.noun, parent, source);
    (spelled(&noun, source), thing.rule(parent.is_some()))
}

/// Rule "spelled apart": `/chargestations/{id}` of a document whose texts speak of charge stations.
pub(super) fn spelled(noun: &str, source: &OperationSource<'_>) -> String {
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
