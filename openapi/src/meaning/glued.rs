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
    // `getallOrders`
    if let [first, rest @ ..] = all.as_slice()
        && !rest.is_empty()
        && let Some(verb) = verb_of_all(first)
    {
        return [&[verb.to_owned(), "all".to_owned()], rest].concat();
    }
    let [word] = all.as_slice() else { return all };
    if word.len() < 7 || word.len() > 40 || !word.is_ascii() || verbs::known(word).is_some() {
        return all;
    }
    // `closeall`
    if let Some(verb) = verb_of_all(word) {
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
    // `/articlesearch`
    if let Some((front, verb)) = ["search", "lookup"]
        .iter()
        .find_map(|verb| Some((word.strip_suffix(verb)?, verb)))
        .filter(|(front, _)| nouns.contains(&words::singular(front)))
    {
        return vec![(*verb).to_owned(), front.to_owned()];
    }
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

/// `closeall`, `getall`; a recall is none.
fn verb_of_all(word: &str) -> Option<&str> {
    word.strip_suffix("all")
        .filter(|verb| verbs::is_clear(verb) && verbs::known(word).is_none())
}

/// Prepositions that people write at the end of the word in front: `GetSuggestionbyVersion`.
const LINKS: &[&str] = &["by", "for", "from", "with", "and"];

/// Rule "glued preposition": `VehicleCountsforRoad`, `GetSuggestionbyversion`, `RebootandReset` have a preposition
/// glued to a word that the operation speaks of; here it stands apart, so that it ends the object.
pub(crate) fn links_apart(own: &str, source: &OperationSource<'_>) -> String {
    let all = words::split(own);
    let mut apart = own.to_owned();
    let mut known: Option<Vec<String>> = None;
    for (at, word) in all.iter().enumerate() {
        if word.len() < 6 || !word.is_ascii() || !LINKS.iter().any(|link| word.contains(link)) {
            continue;
        }
        let known = known.get_or_insert_with(|| spoken_of(source));
        let Some((front, link, behind)) = link_in(word, at + 1 < all.len(), known) else {
            continue;
        };
        // The word as it is written, and the three parts of it with a capital each.
        let lower = apart.to_ascii_lowercase();
        if let Some(start) = lower.find(word.as_str()) {
            let (link_at, behind_at) = (start + front.len(), start + front.len() + link.len());
            let end = behind_at + behind.len();
            let parts = [&apart[link_at..behind_at], &apart[behind_at..end]].map(capitalised);
            apart.replace_range(link_at..end, &parts.concat());
        }
    }
    apart
}

/// The preposition within a word, or at its end, where all around it is spoken of.
fn link_in<'a>(
    word: &'a str,
    has_next: bool,
    known: &[String],
) -> Option<(&'a str, &'a str, &'a str)> {
    let is_known = |part: &str| part.len() > 2 && known.contains(&words::singular(part));
    if is_known(word) {
        return None;
    }
    LINKS.iter().find_map(|link| {
        word.match_indices(link).find_map(|(at, link)| {
            let (front, behind) = (&word[..at], &word[at + link.len()..]);
            let is_front = is_known(front) || verb_of_all(front).is_some();
            let fits = is_front && (is_known(behind) || behind.is_empty() && has_next);
            fits.then_some((front, link, behind))
        })
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The words of path, tags, summary and description, in the singular.
fn spoken_of(source: &OperationSource<'_>) -> Vec<String> {
    std::iter::once(source.path)
        .chain(source.tags.iter().copied())
        .flat_map(words::split)
        .map(|word| words::singular(&word))
        .chain(told(source))
        .collect()
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
