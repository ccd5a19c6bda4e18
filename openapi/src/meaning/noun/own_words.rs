//! The words of an object that are its own, and not the path's.

use crate::key_words::is_key_word;
use crate::meaning::adjectives::is_adjective;
use crate::meaning::path_shape::PathShape;
use crate::meaning::witness::Witnesses;
use crate::operation_source::OperationSource;
use crate::words;

/// The object's words after a plural in front of the head that the path names as well: generated
/// identifiers string path words together (`putWebhooksFirehose`), English does not.
pub(super) fn own_words(
    object: &[String],
    source: &OperationSource<'_>,
    shape: &PathShape,
) -> Vec<String> {
    let in_path = |word: &str| {
        word == "users"
            || shape.resources.iter().any(|resource| {
                [&resource.qualifier, &resource.words]
                    .iter()
                    .any(|words| words.last().is_some_and(|head| head == word))
            })
    };
    let last = object.len().saturating_sub(1);
    let cut = object
        .iter()
        .take(last)
        .rposition(|word| words::is_plural(word) && in_path(word))
        .filter(|at| {
            // `run-stats` behind `servers`: the path ends in the same words.
            let ends_alike = shape.action.as_deref() == object.get(*at + 1..);
            // "tracks playlist": the head is in front.
            let is_head_in_front = shape
                .resources
                .last()
                .is_some_and(|resource| resource.words.last() == object.get(*at));
            ends_alike && object.len() > at + 2 || !is_head_in_front
        });
    let words = cut.map_or(object, |at| &object[at + 1..]);
    // "binarize advanced" names no thing.
    if words.iter().all(|word| is_adjective(word)) {
        return Vec::new();
    }
    // What is available is the name: `CheckNameAvailability`.
    let is_asked_of = words.last().is_some_and(|last| last == "availability");
    let in_action = |word: &String| {
        shape
            .action
            .as_ref()
            .is_some_and(|action| action.len() > 2 && action.contains(word))
    };
    // `addApiKeyPrivilege` on `/apikeys/{key}/privileges`
    let is_joined_in_path = |at: usize| {
        let Some(front) = at.checked_sub(1) else {
            return false;
        };
        let joined = format!("{}{}", words[front], words[at]);
        shape.resources.iter().any(|resource| {
            [&resource.qualifier, &resource.words].iter().any(|known| {
                known
                    .last()
                    .is_some_and(|last| words::singular(last) == joined)
            })
        })
    };
    let told = told_together(source);
    words
        .iter()
        .enumerate()
        .filter(|(at, word)| {
            is_asked_of
                || in_action(word)
                || !is_key_word(word)
                || words.len() == 1
                || words.last() == Some(word)
                || is_joined_in_path(*at)
                || names_with_next(words, *at) && told.speak_of(&words[*at..=at + 1].concat())
        })
        .map(|(_, word)| word.clone())
        .collect()
}

/// What is told of an operation, without the order in which its path stands.
fn told_together(source: &OperationSource<'_>) -> Witnesses {
    let literals = source
        .path
        .split('/')
        .filter(|segment| !segment.starts_with('{'));
    let texts = [source.summary, source.description];
    let told: Vec<&str> = literals
        .chain(texts)
        .chain(source.tags.iter().copied())
        .collect();
    Witnesses::of(&told)
}

/// `CodeReview`, `KeyPair`, `NumberLease`: in front of another word such a one may be half of a name, where a text or
/// a segment has both together.
fn names_with_next(all: &[String], at: usize) -> bool {
    matches!(
        all[at].as_str(),
        "key" | "code" | "name" | "number" | "reference"
    ) && all
        .get(at + 1)
        .is_some_and(|next| next.len() > 2 && !is_key_word(next))
}
