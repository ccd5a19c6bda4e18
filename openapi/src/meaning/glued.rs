//! A verb and its object in one lower-case word.

use super::path_shape::param_noun;
use crate::operation::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Rule "glued": one lower-case word that is a verb and a noun that the operation's own parameters
/// name: `switchschedule` beside `schedule_id`.
pub(crate) fn unglued(all: Vec<String>, source: &OperationSource<'_>) -> Vec<String> {
    let [word] = all.as_slice() else { return all };
    if word.len() < 7 || word.len() > 40 || !word.is_ascii() || verbs::known(word).is_some() {
        return all;
    }
    // `closeall`
    if let Some(verb) = word
        .strip_suffix("all")
        .filter(|verb| verbs::is_clear(verb))
    {
        return vec![verb.to_owned(), "all".to_owned()];
    }
    let body = source
        .request
        .map(|schema| source.schemas.properties(schema))
        .unwrap_or_default();
    let nouns: Vec<String> = source
        .query
        .iter()
        .chain(&source.path_params)
        .chain(&body)
        .take(100)
        .map(|property| param_noun(property.name).concat())
        .chain(
            source
                .path
                .split('/')
                .filter(|segment| !segment.starts_with('{'))
                .map(|segment| words::singular(&words::split(segment).concat())),
        )
        .filter(|noun| noun.len() > 2)
        .collect();
    for verb_end in 3..word.len() - 2 {
        let (verb, rest) = word.split_at(verb_end);
        if verbs::known(verb).is_none_or(|verb| verb.kind != Kind::Verb) {
            continue;
        }
        for noun_end in (3..=rest.len()).rev() {
            let (noun, tail) = rest.split_at(noun_end);
            if nouns.contains(&words::singular(noun)) {
                let mut found = vec![verb.to_owned(), noun.to_owned()];
                if !tail.is_empty() {
                    found.extend(["as".to_owned(), tail.to_owned()]);
                }
                return found;
            }
        }
    }
    all
}
