//! A verb and its object in one lower-case word.

use crate::key_words::param_noun;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// How many words of a text are looked through for a noun.
const TOLD_WORDS_MAX: usize = 30;

/// Rule "glued": one lower-case word that is a verb and a noun that the operation's own parameters
/// name, or that it is told of: `switchschedule` beside
/// `schedule_id`.
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
    let body = source.request_properties();
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
        .chain(told(source))
        .collect();
    for verb_end in 3..word.len() - 2 {
        let (verb, rest) = word.split_at(verb_end);
        // `createnewschedule`
        let rest = rest.strip_prefix("new").unwrap_or(rest);
        if verbs::known(verb).is_none_or(|verb| verb.kind != Kind::Verb) {
            continue;
        }
        // `/setlists` that are got are no lists that are set.
        if rest.len() < 3 || verb == "set" && source.method == "GET" {
            continue;
        }
        for noun_end in (3..=rest.len()).rev() {
            let (noun, tail) = rest.split_at(noun_end);
            if nouns.contains(&words::singular(noun)) {
                let mut found = vec![verb.to_owned(), noun.to_owned()];
                // `updatepartialdocument`
                if nouns.contains(&words::singular(tail)) && !words::is_plural(noun) {
                    found.push(tail.to_owned());
                } else if !tail.is_empty() {
                    found.extend(["as".to_owned(), tail.to_owned()]);
                }
                return found;
            }
        }
    }
    all
}

/// The longer words of summary and description, in the singular.
fn told(source: &OperationSource<'_>) -> Vec<String> {
    [source.summary, source.description]
        .iter()
        .flat_map(|text| text.split_whitespace().take(TOLD_WORDS_MAX))
        .flat_map(words::split)
        .filter(|word| word.len() > 3)
        .map(|word| words::singular(&word))
        .collect()
}
