//! Words: where one ends that an identifier or a name may be, in scripts with and without spaces.

use std::fmt::Write as _;

use crate::erasure::scope::UNIQUE_BYTES_MIN;

/// Scripts that put no space behind a foreign word, by their blocks: `Tomがjane@example.comを招待`.
const UNSPACED: [(char, char); 13] = [
    ('\u{e00}', '\u{eff}'),     // Thai, Lao
    ('\u{1000}', '\u{109f}'),   // Myanmar
    ('\u{1100}', '\u{11ff}'),   // Hangul
    ('\u{1780}', '\u{17ff}'),   // Khmer
    ('\u{2e80}', '\u{9fff}'),   // Han, kana, Hangul
    ('\u{a960}', '\u{a97f}'),   // Hangul
    ('\u{a9e0}', '\u{a9ff}'),   // Myanmar
    ('\u{aa60}', '\u{aa7f}'),   // Myanmar
    ('\u{ac00}', '\u{d7ff}'),   // Hangul
    ('\u{f900}', '\u{faff}'),   // Han
    ('\u{ff66}', '\u{ffdc}'),   // kana and Hangul of half the width
    ('\u{1aff0}', '\u{1b16f}'), // kana
    ('\u{20000}', '\u{3ffff}'), // Han
];

/// The letters of these scripts, and what else is in their blocks, as a class of RE2.
pub(super) fn unspaced() -> String {
    let mut class = String::from("[");
    for (first, last) in UNSPACED {
        let (first, last) = (u32::from(first), u32::from(last));
        let _ = write!(class, r"\x{{{first:x}}}-\x{{{last:x}}}"); // a String takes it
    }
    class + "]"
}

/// Whether a text names an identifier, in any case: a short one as a word, since 4 is part of 24.
pub(super) fn has_word(text: &str, identifier: &str) -> bool {
    let (text, identifier) = (text.to_lowercase(), identifier.to_lowercase());
    let (first, last) = (identifier.chars().next(), identifier.chars().next_back());
    text.char_indices().any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        rest.strip_prefix(&identifier).is_some_and(|behind| {
            !is_one_word(before.chars().next_back(), first)
                && !is_one_word(behind.chars().next(), last)
        })
    })
}

/// Whether a word goes on from one letter to the other. Numbers stand before the units of other scripts.
fn is_one_word(neighbour: Option<char>, edge: Option<char>) -> bool {
    let is_foreign = edge.is_some_and(|edge| edge.is_ascii_alphabetic());
    neighbour.is_some_and(|neighbour| {
        let mut blocks = UNSPACED.into_iter();
        let is_unspaced = blocks.any(|(first, last)| (first..=last).contains(&neighbour));
        neighbour.is_alphanumeric() && !(is_foreign && is_unspaced)
    })
}

/// A text with a mark in front of each word and one behind it, in SQL: a name that stands in it so is not part of a
/// word.
pub(super) fn in_words(text: &str) -> String {
    let other = unspaced().replace('\\', r"\\");
    let words = format!(r"replaceRegexpAll({text}, '([\\pL\\pN_]+)', '\x01\\1\x02')");
    let behind = format!(r"replaceRegexpAll({words}, '([A-Za-z])({other})', '\\1\x02\x01\\2')");
    format!(r"replaceRegexpAll({behind}, '({other})([A-Za-z])', '\\1\x02\x01\\2')")
}

/// Whether no longer word with an identifier in it is another's: `avatar-ID.png` is of the same person, where `ID` is
/// a UUID or the like. Of words and numbers that is not sure: `INV-2024-0001-1` is another invoice than
/// `INV-2024-0001`, and `…:user/jane-miller` another user than `…:user/jane`.
pub(super) fn is_random(identifier: &str) -> bool {
    let is_of_id = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let last = identifier.rsplit(|letter| !is_of_id(letter)).next();
    // A word with a number behind it changes once from letters to digits: `invoice20240001`.
    let changes = |run: &str| {
        let pairs = run.as_bytes().windows(2);
        pairs
            .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
            .count()
    };
    // And one of several words with capitals has few of them: `Team2024Alpha`.
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let cases = |run: &str| {
        let pairs = run.as_bytes().windows(2);
        pairs
            .filter(|pair| class(pair[0]) != class(pair[1]))
            .count()
    };
    identifier.len() >= UNIQUE_BYTES_MIN
        && !identifier.contains('@')
        && last.is_some_and(|last| {
            let mut runs = last.split(['-', '_']).filter(|run| run.len() >= 8);
            let all: usize = last.split(['-', '_']).map(changes).sum();
            // Chance rarely makes a date, and then among many others: `report2024q1final`.
            let is_of_chance = all >= CHANGES_BESIDE_DATE_MIN || !has_date(last);
            is_of_chance
                && runs.any(|run| {
                    (changes(run) > 0 && all >= 4) || (changes(run) >= 2 && cases(run) >= 5)
                })
        })
}

/// From so many changes between letters and digits on a date in it is chance.
const CHANGES_BESIDE_DATE_MIN: usize = 8;

/// Whether a year, alone or with a month and a day, is one of its numbers.
fn has_date(identifier: &str) -> bool {
    let mut numbers = identifier.split(|letter: char| !letter.is_ascii_digit());
    numbers.any(|number| {
        matches!(number.len(), 4 | 6 | 8) && (number.starts_with("19") || number.starts_with("20"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_where_another_script_begins() {
        for text in ["Annが", "王Ann", "ann님을", "ユーザーANN", "An, Ann"] {
            assert!(has_word(text, "Ann"), "{text}");
        }
        for text in ["Anna", "Ånn", "éAnn", "Ann7"] {
            assert!(!has_word(text, "Ann"), "{text}");
        }
        // A number of things, and a longer name.
        assert!(!has_word("7月", "7"));
        assert!(!has_word("王明", "王"));
    }

    #[test]
    fn only_what_was_made_up_by_chance_is_nobody_elses_in_a_longer_word() {
        for random in [
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "7c9e6679-2025-40de-944b-e07fc1f90ae7",
            "auth0|5f7c8ec7c33c6c004bba",
            "01J9ZQ4T8V2M6N7P3R5S1W0XYZ",
            "usr_7Q2m9Lx4Kp",
            "cus_NffrFeUfNV2Hib",
        ] {
            assert!(is_random(random), "{random}");
        }
        for of_words in [
            "INV-2024-0001",
            "104233104233",
            "jane-miller-smith",
            "arn:aws:iam::123456789012:user/jane",
            "arn:aws:sts::1:assumed-role/SSO_1a2b3c4d5e6f/jane",
            "1a2b3c4d5e@example.com",
            "1a2b3c4d",
            "invoice20240001",
            "invoice2024-0001",
            "johnsmith1985",
            "JohnPaulSmith1985",
            "JohnSmith2024Sales",
            "Team2024Alpha",
            "INV2024Q1-0001",
            "report2024q1final",
            "backup20241124T101530Z",
            "server2rack14",
        ] {
            assert!(!is_random(of_words), "{of_words}");
        }
    }
}
