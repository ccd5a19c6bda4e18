//! A noun as people say it: its words apart.

use super::noun::Thing;
use super::rule::Rule;
use crate::operation_source::OperationSource;
use crate::words;

/// What a thing is called, below what `parent` names, and which rule says so.
pub(super) fn noun(
    thing: &Thing,
    parent: Option<&str>,
    source: &OperationSource<'_>,
) -> (String, &'static Rule) {
    (spelled(&thing.noun, source), thing.rule(parent.is_some()))
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
