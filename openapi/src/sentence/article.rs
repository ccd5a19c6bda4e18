//! `a` or `an`: what the noun sounds like decides, not how it is written.

/// Words that start with a written vowel and a spoken consonant, by their start: `user`, `European`.
#[rustfmt::skip] // a list of words, not of lines
const CONSONANT_STARTS: &[&str] = &[
    "uni", "use", "usa", "usu", "uti", "uten", "ubiq", "uran", "eu", "ewe", "once", "one",
];

/// Words with such a start that begin with a vowel all the same, or the other way round.
const VOWEL_STARTS: &[&str] = &[
    "unin", "unim", "unid", "hour", "honor", "honour", "honest", "heir",
];

/// Acronyms with vowels that are spelled out all the same: an MFA device, a URL.
#[rustfmt::skip] // a list of words, not of lines
const SPELLED_OUT: &[&str] = &[
    "mfa", "faq", "nda", "sla", "slo", "sli", "ngo", "roi", "rfid", "rsa", "nlu", "mri",
    "url", "uri", "urn", "uid", "ufo", "uuid", "usb", "us", "ui", "ux", "uk", "upc", "udp",
];

/// Nouns of which there is not one: they have no article.
#[rustfmt::skip] // a list of words, not of lines
const MASS_NOUNS: &[&str] = &[
    "data", "metadata", "information", "info", "feedback", "content", "news", "money", "traffic",
    "software", "hardware", "equipment", "access", "analytics", "statistics", "settings",
];

/// The article of a noun by what its first word sounds like; empty for what has none.
pub(crate) fn article(noun: &str) -> &'static str {
    let last = noun.split([' ', '-']).next_back().unwrap_or_default();
    if MASS_NOUNS.contains(&last.to_lowercase().as_str()) {
        return "";
    }
    let first: String = noun
        .split([' ', '-'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let sounds_like_vowel = if is_spelled_out(&first) {
        // The names of these letters start with a vowel: eff, aitch, ell, em, en, ar, ess, ex.
        first.starts_with([
            'a', 'e', 'f', 'h', 'i', 'l', 'm', 'n', 'o', 'r', 's', 'x', '8',
        ])
    } else if starts_with_any(&first, VOWEL_STARTS) {
        true
    } else {
        first.starts_with(['a', 'e', 'i', 'o', 'u', '8'])
            && !starts_with_any(&first, CONSONANT_STARTS)
    };
    if sounds_like_vowel { "an" } else { "a" }
}

/// Whether a word is said letter by letter: it has no vowel, or is known to be.
fn is_spelled_out(word: &str) -> bool {
    let has_vowel = word.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    SPELLED_OUT.contains(&word)
        || (!has_vowel && word.starts_with(|first: char| first.is_ascii_alphabetic()))
}

fn starts_with_any(word: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| word.starts_with(start))
}
