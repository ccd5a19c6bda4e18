//! Parameters that say which kind of thing is meant, and not which thing.

use std::collections::HashSet;

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
        for character in segment.chars() {
            match character {
                '{' => {
                    depth += 1;
                    key.push('{');
                }
                '}' => {
                    depth = depth.saturating_sub(1);
                    key.push('}');
                }
                _ if depth == 0 => key.push(character),
                _ => {}
            }
        }
    }
    key
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| {
        rest.chars()
            .all(|digit| digit.is_ascii_digit() || digit == '.')
    })
}

/// The longest path that is looked at, and the most places in it.
const PATH_BYTES_MAX: usize = 500;
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
