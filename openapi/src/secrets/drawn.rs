//! Texts that look drawn by a machine and not chosen by somebody.

use crate::words;

/// The least letters of a key or a code whose letters are of one case.
const ONE_CASE_LETTERS_MIN: usize = 20;

/// The least digits of a part of a code whose letters are of one case.
const ONE_CASE_DIGITS_MIN: usize = 4;

/// The least letters of a key in base64, whose marks paths have too.
const BASE64_LETTERS_MIN: usize = 40;

/// The letters of an object id of MongoDB, which files are called by.
const OBJECT_ID_LETTERS: usize = 24;

/// The least letters of a part that is a word.
const WORD_LETTERS_MIN: usize = 5;

/// The most letters of a file's extension.
const EXTENSION_LETTERS_MAX: usize = 5;

/// Whether a text looks drawn by a machine: letters and digits, or letters of both cases inside it.
pub(crate) fn looks_random(text: &str, length_min: usize) -> bool {
    if text.len() < length_min {
        return false;
    }
    let has = |test: fn(&u8) -> bool| text.bytes().skip(1).any(|byte| test(&byte));
    let letters = has(u8::is_ascii_lowercase) || has(u8::is_ascii_uppercase);
    (has(u8::is_ascii_digit) && letters)
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Whether a text has digits and letters of both cases.
pub(super) fn has_each_kind(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

/// The least digits of a key that has nothing else: `1118-1234-5678-9012-3456-7890`.
const KEY_DIGITS_MIN: usize = 16;

/// The least letters of a short key in base64, and of one part of it between slashes.
const SHORT_BASE64_LETTERS_MIN: usize = 20;
const BASE64_PART_LETTERS_MIN: usize = 12;

/// The least letters of a part of a code that looks drawn whatever stands beside it.
const CODE_PART_LETTERS_MIN: usize = 16;

/// Whether a text is a key and neither a name that somebody chose nor a path: `jira-software`, `uploads/2026/report.pdf`.
pub(super) fn is_drawn_key(text: &str) -> bool {
    let is_path = || text.contains(['/', '.']);
    let is_base64 = || {
        has_each_kind(text)
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
            && (text.len() >= BASE64_LETTERS_MIN
                || (text.len() >= SHORT_BASE64_LETTERS_MIN
                    && has_drawn_part(text, BASE64_PART_LETTERS_MIN)))
    };
    is_of_digits(text)
        || (looks_random(text, 16)
            && !text.contains(char::is_whitespace)
            && (!is_path() || is_base64()))
}

/// Whether what looks like a path has a part that is drawn, and none that is a word.
pub(crate) fn has_drawn_part(text: &str, letters_min: usize) -> bool {
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut parts = text.split('/');
    !parts.clone().any(|part| is_word(part) || is_name(part))
        && parts.any(|part| part.len() >= letters_min && has_each_kind(part))
}

fn is_of_digits(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= KEY_DIGITS_MIN
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Whether the value of a query parameter that is called code proves something. What somebody chose has words:
/// `SUMMER-SALE-2026`; a UUID is an id.
pub(super) fn is_drawn_code(text: &str) -> bool {
    may_prove(text)
        && (is_unreadable(text) || (!text.contains('/') && parts(text).any(is_drawn_in_one_case)))
}

/// The same of one that is called key, and may be a file's: `uploads/2026/report.pdf`, `thumbnail-5f8d0d55b54764421b7156c3`.
pub(super) fn is_drawn_query_key(text: &str) -> bool {
    let is_drawn = |part: &str| part.len() > OBJECT_ID_LETTERS && is_drawn_in_one_case(part);
    may_prove(text) && (is_unreadable(text) || (!text.contains('/') && parts(text).any(is_drawn)))
}

fn may_prove(text: &str) -> bool {
    looks_random(text, 16)
        && (text.len() >= ONE_CASE_LETTERS_MIN || has_each_kind(text))
        && !text.contains(char::is_whitespace)
        && !is_uuid(text)
        && !is_file(text)
        && !text.split('/').any(is_word)
}

/// A part of it is drawn, or none is a word.
fn is_unreadable(text: &str) -> bool {
    parts(text).any(is_drawn_part) || !parts(text).any(is_word)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
}

/// Whether a text is made of words and numbers, as names are: `ci-deploy-2026`.
pub(super) fn is_name_of_words(text: &str) -> bool {
    let is_of_one_kind = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase())
            || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts(text).all(is_of_one_kind) && parts(text).any(is_word)
}

/// `0AX4XfWh3kQ9zT7bYd2Lm`, and not `SummerSale2026Promo`.
fn is_drawn_part(part: &str) -> bool {
    let is_long_word = |word: &String| {
        word.len() > WORD_LETTERS_MIN && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    part.len() >= CODE_PART_LETTERS_MIN
        && has_each_kind(part)
        && !words::split(part).iter().any(is_long_word)
}

/// `c7f6aa8b9e0d4c1f2a3b4c5d`, and not `summersalepromotion2026`.
fn is_drawn_in_one_case(part: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let inside = part.trim_end_matches(|character: char| character.is_ascii_digit());
    part.len() >= ONE_CASE_LETTERS_MIN
        && part.bytes().filter(is_digit).count() >= ONE_CASE_DIGITS_MIN
        && inside.bytes().any(|byte| is_digit(&byte))
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

fn is_file(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(_, extension)| {
        (1..=EXTENSION_LETTERS_MAX).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// `report`, `Report`, `SUMMER`; a key's groups of five capitals are none.
fn is_word(part: &str) -> bool {
    let Some((first, rest)) = part.as_bytes().split_first() else {
        return false;
    };
    let is_lower = rest.iter().all(u8::is_ascii_lowercase);
    let is_upper = rest.iter().all(u8::is_ascii_uppercase);
    first.is_ascii_alphabetic()
        && ((is_lower && part.len() >= WORD_LETTERS_MIN)
            || (is_upper && part.len() > WORD_LETTERS_MIN))
}
