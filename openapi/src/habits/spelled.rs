//! Words that paths join and texts spell apart: `/chargestations/{id}`, "a charge station".

use std::collections::HashMap;

use super::PATH_BYTES_MAX;
use crate::words;

/// How much of a text is looked at.
const TEXT_CHARS_MAX: usize = 200;

/// The fewest and the most letters of a word that is looked for.
const LETTERS: std::ops::RangeInclusive<usize> = 7..=40;

/// The most words that one is made of.
const PARTS_MAX: usize = 5;

/// Words that English joins, whoever spells them apart.
#[rustfmt::skip] // a list of words, not of lines
const ONE_WORD: &[&str] = &[
    "webhook", "whatsapp", "metadata", "database", "username", "password", "website", "homepage", "timestamp",
    "timezone", "mastercard", "geojson", "playlist", "salesperson", "workflow", "workspace", "dataset", "filename",
    "hostname", "nickname", "keyword", "webpage", "backup", "callback", "feedback", "healthcheck", "pagerank",
    "openapi", "voicemail", "allowlist", "blocklist", "whitelist", "blacklist", "wishlist", "datasource", "superuser", "hotspot", "bitcoin", "facebook",
];

/// What is no word by itself in front of another one: `preorder`.
#[rustfmt::skip] // a list of words, not of lines
const PREFIXES: &[&str] = &[
    "pre", "re", "un", "non", "auto", "geo", "sub", "multi", "over", "up", "out", "inter", "anti", "co", "de", "micro",
    "mini", "semi", "on", "off", "post", "mid", "down", "back", "in", "under", "cross", "auth",
];

/// What says no part of a name, or makes one word with that in front of it: `checkin`.
#[rustfmt::skip] // a list of words, not of lines
const LINKS: &[&str] = &["to", "for", "of", "and", "by", "with", "from", "or", "the", "a", "all", "as", "is", "at"];
const PARTICLES: &[&str] = &["in", "out", "up", "off", "on", "down", "over"];

/// How often a word is met, and how.
#[derive(Default)]
struct Met {
    joined: u32,
    apart_in_prose: u32,
    apart: String,
}

/// Each word of the document's paths, in the singular, that its texts and names spell apart, unless its texts join it
/// more often. The path, operationId and tags, and the texts of each operation are given.
pub(crate) fn spelled_apart<'a>(
    operations: impl Iterator<Item = (&'a str, Vec<&'a str>, [&'a str; 2])> + Clone,
) -> HashMap<String, String> {
    let mut met: HashMap<String, Met> = HashMap::new();
    for (path, ..) in operations.clone() {
        let literals = path.split('/').filter(|segment| !segment.contains('{'));
        for word in literals
            .take_while(|_| path.len() <= PATH_BYTES_MAX)
            .flat_map(words::split)
        {
            let word = words::singular(&word);
            let is_letters = word.bytes().all(|letter| letter.is_ascii_lowercase());
            if LETTERS.contains(&word.len()) && is_letters && !ONE_WORD.contains(&word.as_str()) {
                met.entry(word).or_default();
            }
        }
    }
    if met.is_empty() {
        return HashMap::new();
    }
    for (_, names, texts) in operations {
        for name in names {
            find_apart(&mut met, &words::split(name), false);
        }
        for text in texts {
            let end = text.char_indices().nth(TEXT_CHARS_MAX);
            let text = &text[..end.map_or(text.len(), |(at, _)| at)];
            let prose: Vec<String> = text
                .split(|letter: char| {
                    letter.is_whitespace() || matches!(letter, '-' | '_' | '(' | ')')
                })
                .filter(|word| !word.contains('/'))
                .map(|word| words::split(word).concat())
                .filter(|word| !word.is_empty())
                .collect();
            for word in &prose {
                if let Some(met) = met.get_mut(&words::singular(word)) {
                    met.joined += 1;
                }
            }
            find_apart(&mut met, &prose, true);
        }
    }
    met.retain(|_, met| !met.apart.is_empty() && met.joined <= met.apart_in_prose);
    met.into_iter()
        .map(|(word, met)| (word, met.apart))
        .collect()
}

/// Finds the words among those behind one another.
fn find_apart(met: &mut HashMap<String, Met>, all: &[String], is_prose: bool) {
    for start in 0..all.len() {
        let mut joined = String::new();
        for (count, part) in all[start..].iter().take(PARTS_MAX).enumerate() {
            let is_part = part.len() > 1 && !LINKS.contains(&part.as_str());
            if !is_part || joined.len() > *LETTERS.end() {
                break;
            }
            let whole = words::singular(&format!("{joined}{part}"));
            joined.push_str(part);
            let parts = &all[start..=start + count];
            let is_bound = PARTICLES.contains(&part.as_str())
                || count == 1 && PREFIXES.contains(&parts[0].as_str())
                || count == 1 && !is_prose && parts.iter().any(|part| part.len() < 3);
            if count == 0 || is_bound {
                continue;
            }
            if let Some(met) = met.get_mut(&whole) {
                met.apart_in_prose += u32::from(is_prose);
                met.apart = words::noun_phrase(parts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_taken_apart_where_the_document_spells_it_so_and_does_not_join_it_more_often() {
        let operations = [
            (
                "/chargestations/{id}",
                vec!["getChargeStation"],
                ["", "Get a charge station's data"],
            ),
            ("/chargestations", vec!["listAll"], ["", ""]),
            ("/userlists", vec!["getUserList"], ["Get the userlist", ""]),
            ("/preorders", vec!["getPreOrders"], ["Get pre-orders", ""]),
            ("/webhooks", vec![], ["Add a web hook", ""]),
        ];
        let found = spelled_apart(operations.iter().cloned());
        assert_eq!(
            found.get("chargestation").map(String::as_str),
            Some("charge station")
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
