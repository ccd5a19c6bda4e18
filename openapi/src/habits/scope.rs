//! Parameters that say which kind of thing is meant, and not which thing.

use std::collections::{HashMap, HashSet};

use super::PATH_BYTES_MAX;
use crate::key_words::{is_key_word, is_strong_key_word};
use crate::words;

/// What two paths share that have a parameter in one place: the path up to its last parameter,
/// without names and versions.
pub(crate) fn scope_key(path: &str) -> String {
    let end = path.rfind('}').map_or(0, |at| at + 1);
    let mut key = String::new();
    let mut depth = 0_usize;
    for segment in path[..end]
        .split('/')
        .filter(|segment| !is_version(segment))
    {
        key.push('/');
        push_without_names(&mut key, segment, &mut depth);
    }
    key
}

/// Adds a part of a path without the names of its parameters; `depth` says how many braces are open.
fn push_without_names(key: &mut String, part: &str, depth: &mut usize) {
    for character in part.chars() {
        match character {
            '{' => *depth += 1,
            '}' => *depth = depth.saturating_sub(1),
            _ if *depth > 0 => continue,
            _ => {}
        }
        key.push(character);
    }
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| {
        rest.chars()
            .all(|digit| digit.is_ascii_digit() || digit == '.')
    })
}

/// The most places in a path that are looked at.
const PLACES_MAX: usize = 8;

/// The keys of every place in the document's paths that has another parameter right behind it.
pub(crate) fn scopes<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let mut found = HashSet::new();
    for path in paths.filter(|path| path.len() <= PATH_BYTES_MAX) {
        for (at, _) in path.match_indices("}/{").take(PLACES_MAX) {
            found.insert(scope_key(&path[..=at]));
        }
    }
    found
}

/// What the paths of one collection share, whatever their parameters are called.
pub(crate) fn collection_key(path: &str) -> String {
    let mut key = String::new();
    push_without_names(&mut key, path.trim_end_matches('/'), &mut 0);
    key
}

/// Rule "found by id": the collections whose things the document's other paths find by an id and by nothing else,
/// `/cards` of `/cards/{cardId}`: there a name that was sent is no id.
pub(crate) fn found_by_id<'a>(paths: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let (mut by_id, mut by_name) = (HashSet::new(), HashSet::new());
    for path in paths.filter(|path| path.len() <= PATH_BYTES_MAX) {
        for (at, _) in path.match_indices("/{").take(PLACES_MAX) {
            let name = path[at + 2..].split('}').next().unwrap_or_default();
            let words = words::split(name);
            let is_key = |is_such: fn(&str) -> bool| words.last().is_some_and(|last| is_such(last));
            // `idCard`, `cardId`; a key may be a word that somebody chose.
            if is_key(is_strong_key_word) && !is_key(|word| word == "key")
                || words.first().is_some_and(|first| first == "id")
            {
                by_id.extend(collection_keys(&path[..at]));
            } else if is_key(is_key_word) || is_key(|word| NAMES.contains(&word)) {
                by_name.extend(collection_keys(&path[..at]));
            }
        }
    }
    by_id.retain(|key| !by_name.contains(key));
    by_id
}

/// The collection itself, and one of that name wherever it stands: `/boards/{}/checklists`, `*/checklists`.
fn collection_keys(path: &str) -> [String; 2] {
    let anywhere = collection_anywhere(path);
    [collection_key(path), anywhere]
}

/// A collection of that name wherever it stands: `*/checklists`.
pub(crate) fn collection_anywhere(path: &str) -> String {
    let end = path.trim_end_matches('/').rsplit('/').next();
    format!("*/{}", end.unwrap_or_default())
}

/// What besides a name or a slug may name a thing in a path.
const NAMES: &[&str] = &["username", "email", "login", "title", "domain", "symbol"];

/// What the document's paths find the things of one collection by: `number` of `/orders/{number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// The parameter's name.
    pub(crate) name: String,
    /// What is found by it can be changed or deleted there, so it is one thing and no list: `DELETE /orders/{number}`.
    pub(crate) changes: bool,
}

/// The most parameters of one place that are remembered.
const LOOKUPS_MAX: usize = 4;

/// By what the things of each collection are found; each path comes with whether something is changed there.
pub(crate) fn lookups<'a>(
    paths: impl Iterator<Item = (&'a str, bool)>,
) -> HashMap<String, Vec<Lookup>> {
    let mut found: HashMap<String, Vec<Lookup>> = HashMap::new();
    for (path, changes) in paths.filter(|(path, _)| path.len() <= PATH_BYTES_MAX) {
        let path = path.trim_end_matches('/');
        for (at, _) in path.match_indices("/{").take(PLACES_MAX) {
            let Some((name, rest)) = path[at + 2..].split_once('}') else {
                continue;
            };
            let is_segment = rest.is_empty() || rest.starts_with('/');
            if !is_segment || name.is_empty() || name.contains(['{', '+', '*']) {
                continue;
            }
            let known = found.entry(collection_key(&path[..at])).or_default();
            let changes = changes && rest.is_empty();
            if let Some(lookup) = known.iter_mut().find(|lookup| lookup.name == name) {
                lookup.changes |= changes;
            } else if known.len() < LOOKUPS_MAX {
                let name = name.to_owned();
                known.push(Lookup { name, changes });
            }
        }
    }
    found
}
