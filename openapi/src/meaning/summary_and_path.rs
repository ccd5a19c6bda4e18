//! A summary held against its path: whether the path takes its first word for a verb as well.

use super::function_words::{FORMATS, PREPOSITIONS};
use crate::meaning::adjectives::is_adjective;
use crate::verbs;
use crate::verbs::is_mostly_done_to_things;
use crate::words;

/// "Follow category" at `/categories/follows`: the path ends with the word, behind its object.
pub(super) fn path_takes_it_for_verb(all: &[String], path: &str) -> bool {
    let [first, objects @ ..] = all else {
        return false;
    };
    let path = path.trim_end_matches('/');
    let mut segments = path.rsplit('/').filter(|segment| !segment.starts_with('{'));
    let names = |segment: Option<&str>, word: &str| {
        segment
            .and_then(|segment| words::split(segment).pop())
            .is_some_and(|last| words::singular(&last) == words::singular(word))
    };
    let (last, before) = (segments.next(), segments.next());
    // "License editorial video content" at `/editorial/videos/licenses`
    let is_unknown = verbs::known_in_any_form(first).is_none() && !is_adjective(first);
    // "Logarithmic returns"
    let qualifies = is_unknown
        && ["ic", "al", "ive", "ous", "ary", "able", "ible"]
            .iter()
            .any(|end| first.len() > 5 && first.ends_with(end));
    !FORMATS.contains(&first.as_str())
        && first != "feedback"
        && !path.ends_with('}')
        && !qualifies
        && names(last, first)
        && objects
            .iter()
            .take(if is_unknown { 3 } else { 1 })
            .any(|object| names(before, object))
}

/// "Import sandbox" at `/sandbox`: of two words, the path takes the second for the thing.
pub(super) fn is_done_to_path(all: &[String], path: &str) -> bool {
    let [verb, noun] = all else { return false };
    let end = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    is_mostly_done_to_things(verb) && words::split(end).last() == Some(noun)
}

/// "Link user" at `/users/{userId}/link`, "Filter asset report" at `/asset_report/filter`: what the path does to
/// what stands in front.
pub(super) fn is_done_to_item(all: &[String], path: &str) -> bool {
    let [verb, objects @ ..] = all else {
        return false;
    };
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let is_call = segments.next() == Some(verb);
    let item = segments
        .find(|segment| !segment.starts_with('{'))
        .map(words::split)
        .unwrap_or_default();
    is_call
        && item.last().is_some_and(|item| {
            objects
                .iter()
                .any(|object| words::singular(object) == words::singular(item))
        })
}

/// "Refund previously captured transaction" at `/refund/{id}`: an adverb, and a thing behind its participle.
pub(super) fn is_done_at_path(all: &[String], path: &str) -> bool {
    let [verb, adverb, participle, thing, ..] = all else {
        return false;
    };
    let mut segments = path.trim_matches('/').split('/');
    segments.next() == Some(verb)
        && segments.next().is_some_and(|id| id.starts_with('{'))
        && adverb == "previously"
        && participle.ends_with("ed")
        && !PREPOSITIONS.contains(&thing.as_str())
}

/// "Transfers credits" at `/account/transfer`: the path takes the word for a verb as well.
pub(super) fn path_ends_in(path: &str, base: &str) -> bool {
    path.trim_end_matches('/').rsplit(['/', ':', '.']).next() == Some(base)
}
