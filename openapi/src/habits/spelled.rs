//! Words that paths join and texts spell apart: `/chargestations/{id}`, "a charge station".

use std::collections::HashMap;

use super::PATH_BYTES_MAX;
use crate::words;

/// The fewest and the most letters of a word that is looked for.
const LETTERS: std::ops::RangeInclusive<usize> = 7..=40;

/// The most words that are looked for.
const WORDS_MAX: usize = 50_000;

/// The most words that one is made of.
const PARTS_MAX: usize = 5;

/// Words that English joins, whoever spells them apart.
#[rustfmt::skip] // a list of words, not of lines
const ONE_WORD: &[&str] = &[
    "webhook", "whatsapp", "metadata", "database", "username", "password", "website", "homepage", "timestamp",
    "timezone", "mastercard", "geojson", "playlist", "salesperson", "workflow", "workspace", "dataset", "filename",
    "hostname", "nickname", "keyword", "webpage", "callback", "feedback", "healthcheck", "pagerank",
    "openapi", "voicemail", "allowlist", "blocklist", "whitelist", "blacklist", "wishlist", "datasource", "superuser", "hotspot", "bitcoin", "facebook",
    "youtube", "hubspot", "sharepoint", "wordpress", "javascript", "typescript", "dropbox", "linkedin",
    "bigquery", "salesforce", "powerpoint", "onedrive", "bitbucket", "instagram",
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
    joined_in_names: u32,
    apart_in_prose: u32,
    apart_in_names: u32,
    /// A name begins or ends with it: `ServiceCalls_Get`, `getServiceCall`.
    bounds_name: bool,
    /// As prose first has it, or else as names first have it.
    apart: String,
}

/// Each word of the document's paths, in the singular, that its texts and names spell apart, unless its texts join it
/// more often. A name alone must begin or end with it or be one of two, and none may join it. The path, operationId
/// and tags, and the texts of each operation are given.
pub(crate) fn spelled_apart<'a>(
    operations: impl Iterator<Item = (&'a str, Vec<&'a str>, [&'a str; 2])> + Clone,
) -> HashMap<String, String> {
    let mut met: HashMap<String, Met> = HashMap::new();
    let paths = operations.clone().map(|(path, ..)| path);
    for path in paths.filter(|path| path.len() <= PATH_BYTES_MAX) {
        if met.len() >= WORDS_MAX {
            break;
        }
        let is_literal = |segment: &&str| !segment.contains('{') && !segment.starts_with(':');
        let literals = path.split('/').filter(is_literal);
        for word in literals.flat_map(words::split) {
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
            let name = words::split(name);
            for word in &name {
                if let Some(met) = met.get_mut(&words::singular(word)) {
                    met.joined_in_names += 1;
                }
            }
            find_apart(&mut met, &name, false);
        }
        for text in texts {
            let written: Vec<&str> = words::start(text, usize::MAX)
                .split(|letter: char| {
                    letter.is_whitespace() || matches!(letter, '-' | '_' | '(' | ')')
                })
                .collect();
            // "Get the user. List all": no word goes on behind a mark.
            for clause in written.split_inclusive(|word| word.ends_with(['.', ':', ',', ';'])) {
                let prose: Vec<String> = clause
                    .iter()
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
    }
    met.retain(|_, met| {
        let is_named = (met.bounds_name || met.apart_in_names > 1) && met.joined_in_names == 0;
        met.joined <= met.apart_in_prose && (met.apart_in_prose > 0 || is_named)
    });
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
                let before = if is_prose {
                    met.apart_in_prose
                } else {
                    met.apart_in_prose + met.apart_in_names
                };
                if before == 0 {
                    met.apart = words::noun_phrase(parts);
                }
                met.apart_in_prose += u32::from(is_prose);
                met.apart_in_names += u32::from(!is_prose);
                met.bounds_name |= !is_prose && (start == 0 || start + count + 1 == all.len());
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
            (
                "/orderlines",
                vec![],
                ["Get the order. Lines are sorted", ""],
            ),
            ("/mailzones", vec!["getMailzone"], ["", ""]),
            ("/mailzones/{id}", vec!["getMailZone"], ["", ""]),
            ("/taxrates/all", vec!["listTaxRatesOnce"], ["", ""]),
        ];
        let found = spelled_apart(operations.iter().cloned());
        assert_eq!(
            found.get("chargestation").map(String::as_str),
            Some("charge station")
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn prose_says_how_a_word_is_spelled_before_names_do_and_two_names_before_one() {
        let operations = [
            ("/phonenumberlists", vec!["getPhonenumberList"], ["", ""]),
            (
                "/phonenumberlists/{id}",
                vec![],
                ["Get phone number lists", ""],
            ),
            (
                "/taxrates/all",
                vec!["listTaxRatesOnce", "getTaxRatesNow"],
                ["", ""],
            ),
            ("/supportinfo", vec!["getSupportInfo"], ["", ""]),
        ];
        let found = spelled_apart(operations.iter().cloned());
        let apart = |word: &str| found.get(word).map(String::as_str);
        assert_eq!(apart("phonenumberlist"), Some("phone number list"));
        assert_eq!(apart("taxrate"), Some("tax rate"));
        assert_eq!(apart("supportinfo"), Some("support info"));
    }

    #[test]
    fn no_more_than_so_many_words_are_looked_for() {
        let paths: Vec<String> = (0..WORDS_MAX + 10)
            .map(|at| format!("/{}", letters(at)))
            .collect();
        let last = format!(
            "See {} {}",
            &letters(WORDS_MAX + 9)[..4],
            &letters(WORDS_MAX + 9)[4..]
        );
        let operations = paths
            .iter()
            .map(|path| (path.as_str(), vec![], [last.as_str(), ""]));
        assert_eq!(spelled_apart(operations.clone().rev()).len(), 1);
        assert_eq!(spelled_apart(operations).len(), 0);
    }

    /// A word of eight letters for each number.
    fn letters(mut number: usize) -> String {
        let mut word = String::new();
        for _ in 0..8 {
            word.push(char::from(b"bcdfghjklmnpqrtv"[number % 16]));
            number /= 16;
        }
        word
    }
}
