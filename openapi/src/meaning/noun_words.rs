//! Nouns against nouns: generic ones, equal ones, and ones that end alike.

use super::path_shape::{PathShape, is_key_word};
use crate::words;

/// Nouns that name a kind of record and not what it is about.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const GENERIC: &[&str] = &[
    "config", "configuration", "template", "definition", "job", "event", "item", "setting",
    "rule", "type", "status", "entry", "record", "detail", "data", "option", "field", "value",
    "list", "version", "history", "element", "object", "instance", "resource", "parameter",
    "preference", "info", "information", "summary", "setup", "action", "state", "metadata",
    "mode", "stat", "statistic", "log", "link", "limit", "usage", "result", "request", "batch",
    "secret", "code", "property", "attribute", "meta", "set", "auth", "protection", "quota",
];

/// Generic nouns that need the enclosing thing in front of them where no other word stands there.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const NEEDS_PARENT: &[&str] = &[
    "history", "data", "setting", "status", "config", "configuration", "metadata", "detail",
    "info", "information", "summary", "preference", "state", "option", "mode", "stat",
    "statistic", "usage", "version", "type", "protection", "quota",
];

/// What a parameter is called that says how something is done, and not to which thing.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const SAYS_HOW: &[&str] = &[
    "version", "operation", "action", "format", "locale", "lang", "language", "force", "confirm",
    "type", "ids", "auth", "username", "signature", "timestamp", "etag", "scope", "reason", "date",
    "cascade", "query", "filter", "where",
];

/// What programs call their classes behind the thing's own name: `CompanyContactsChildEntity`.
pub(crate) fn is_role_of_class(word: &str) -> bool {
    matches!(
        word,
        "entity" | "child" | "resource" | "object" | "model" | "dto" | "vo" | "bean" | "pojo"
    )
}

/// The object's words after a plural in front of the head that the path names as well: generated
/// identifiers string path words together (`putWebhooksFirehose`), English does not.
pub(crate) fn own_words(object: &[String], shape: &PathShape) -> Vec<String> {
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
            // "tracks playlist": the head is in front.
            // `run-stats` behind `servers`: the path ends in the same words.
            let ends_alike = shape.action.as_deref() == object.get(*at + 1..);
            ends_alike && object.len() > at + 2
                || shape
                    .resources
                    .last()
                    .is_none_or(|resource| resource.words.last() != object.get(*at))
        });
    let words = cut.map_or(object, |at| &object[at + 1..]);
    // "binarize advanced" names no thing.
    if words
        .iter()
        .all(|word| super::path_shape::is_adjective(word))
    {
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
        })
        .map(|(_, word)| word.clone())
        .collect()
}

/// Whether both are the same noun, plural or not.
pub(crate) fn same(one: &[String], other: &[String]) -> bool {
    !one.is_empty() && singulars(one) == singulars(other)
}

/// Whether `object` ends with the noun `tail`, however its words are joined.
pub(crate) fn ends_with_noun(object: &[String], tail: &[String]) -> bool {
    let tail = singulars(tail);
    !tail.is_empty() && (0..object.len()).any(|start| singulars(&object[start..]) == tail)
}

fn singulars(all: &[String]) -> String {
    all.iter().map(|word| words::singular(word)).collect()
}

/// `order details`: the object only says how much of the resource is meant.
pub(crate) fn is_detail(object: &[String]) -> bool {
    object.last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "details" | "detail" | "info" | "information" | "list" | "data" | "async" | "batch"
        )
    })
}
