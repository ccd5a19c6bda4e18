//! Things whose name has two words: "a loyalty account" at `/loyalty/accounts`.

use std::collections::{HashMap, HashSet};

use super::PATH_BYTES_MAX;
use crate::words;

/// How much of a text is looked at.
const TEXT_CHARS_MAX: usize = 200;

/// The names of two words that a path has in two segments, where at least half of the texts on paths with both call
/// the thing by it. One call that says so and ten that do not would give one thing two types.
pub(crate) fn full_names<'a>(
    texts: impl Iterator<Item = (&'a str, [&'a str; 2])>,
) -> HashSet<String> {
    let mut counts: HashMap<String, (u32, u32)> = HashMap::new();
    for (path, texts) in texts.filter(|(path, _)| path.len() <= PATH_BYTES_MAX) {
        let names: Vec<(String, String)> = names(path).collect();
        if names.is_empty() || texts.iter().all(|text| text.is_empty()) {
            continue;
        }
        let told = texts.map(|text| words::split(words::start(text, TEXT_CHARS_MAX)));
        for (front, noun) in names {
            let is_told = told.iter().any(|told| {
                let mut pairs = told.windows(2);
                pairs.any(|pair| pair[0] == front && words::singular(&pair[1]) == noun)
            });
            let (known, full) = counts.entry(format!("{front} {noun}")).or_default();
            *known += 1;
            *full += u32::from(is_told);
        }
    }
    counts.retain(|_, (known, full)| *full * 2 >= *known);
    counts.into_keys().collect()
}

/// Whether a thing of that name is what a noun by itself is about: a loyalty account is an account.
pub(crate) fn is_name_of(full_names: &HashSet<String>, name: &str, noun: &str) -> bool {
    let head = name.split_once(' ').map(|(_, head)| head);
    name == noun || (head == Some(noun) && full_names.contains(name))
}

/// Each two words that stand in two segments, one behind the other.
fn names(path: &str) -> impl Iterator<Item = (String, String)> {
    let word = |segment: &str| match words::split(segment).as_slice() {
        [only] if !segment.contains('{') => Some(only.clone()),
        _ => None,
    };
    path.split('/')
        .zip(path.split('/').skip(1))
        .filter_map(move |(front, noun)| Some((word(front)?, words::singular(&word(noun)?))))
        .filter(|(front, _)| !words::is_plural(front))
}
