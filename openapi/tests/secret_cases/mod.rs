//! The cases of secrets as data: reading them, filling them with letters, trying them.

use std::collections::BTreeMap;

use daybook_openapi::redaction::{Place, Redactor};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

/// One kind of secret, or of something that only looks like one.
#[derive(Deserialize)]
pub(crate) struct Kind {
    #[serde(rename = "kind")]
    pub(crate) name: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) take: Vec<String>,
    #[serde(default)]
    pub(crate) leave: Vec<String>,
}

/// An example with its letters drawn: the text, and the secrets in it.
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) secrets: Vec<String>,
    /// The text around the secrets.
    rest: String,
}

/// Where an example was tried, and what it became there.
pub(crate) struct Tried {
    pub(crate) place: &'static str,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) removed: Vec<String>,
}

impl Example {
    /// Fills a template; the same `seed` gives the same letters.
    pub(crate) fn draw(template: &str, seed: u64) -> Self {
        let filled = fill(template, &mut Letters(seed));
        let mut example = Self {
            text: String::new(),
            secrets: Vec::new(),
            rest: String::new(),
        };
        for part in filled.split('«') {
            let (secret, rest) = part.split_once('»').unwrap_or(("", part));
            example.text += secret;
            example.text += rest;
            example
                .secrets
                .extend((!secret.is_empty()).then(|| secret.to_owned()));
            example.rest += "\0";
            example.rest += rest;
        }
        example
    }

    /// Whether `output` still has a part of a secret by which one would know it.
    pub(crate) fn leaks_into(&self, output: &str) -> bool {
        self.secrets.iter().any(|secret| {
            let letters: Vec<char> = secret.chars().collect();
            let length = if letters.len() < 12 { letters.len() } else { 8 };
            letters.windows(length.max(1)).any(|window| {
                let window: String = window.iter().collect();
                output.contains(&window) && !self.rest.contains(&window)
            })
        })
    }

    /// Redacts the example wherever such a one may stand.
    pub(crate) fn redact(&self, redactor: &Redactor) -> Vec<Tried> {
        if let Some(json) = self.text.strip_prefix("json ") {
            let value = serde_json::from_str(json).expect("an example is JSON");
            return vec![redact_json(redactor, "body", value)];
        }
        for (prefix, place) in [("query ", Place::Query), ("header ", Place::Headers)] {
            if let Some(rest) = self.text.strip_prefix(prefix) {
                return vec![redact_pairs(redactor, place, rest)];
            }
        }
        if let Some(path) = self.text.strip_prefix("path ") {
            let after = redactor.path(path, &[]).into_owned();
            return vec![tried("path", path, after)];
        }
        let text = redactor.text(&self.text).into_owned();
        vec![
            tried("text", &self.text, text),
            redact_json(redactor, "body", json!({ "note": self.text })),
            redact_json(
                redactor,
                "JSON in JSON",
                json!({ "payload": json!({ "note": self.text }).to_string() }),
            ),
        ]
    }
}

fn tried(place: &'static str, before: &str, after: String) -> Tried {
    let removed = if after == before {
        Vec::new()
    } else {
        vec![place.to_owned()]
    };
    Tried {
        place,
        before: before.to_owned(),
        after,
        removed,
    }
}

fn redact_json(redactor: &Redactor, place: &'static str, mut value: Value) -> Tried {
    let before = value.to_string();
    let mut removed = Vec::new();
    redactor.json(Place::Request, &mut value, &mut removed);
    Tried {
        place,
        before,
        after: value.to_string(),
        removed,
    }
}

fn redact_pairs(redactor: &Redactor, place: Place, text: &str) -> Tried {
    let mut pairs: BTreeMap<String, String> = if place == Place::Headers {
        let (name, value) = text.split_once(": ").expect("a header has a name");
        [(name.to_ascii_lowercase(), value.to_owned())].into()
    } else {
        text.split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| {
                let value = percent_decode_str(value).decode_utf8_lossy();
                (name.to_owned(), value.into_owned())
            })
            .collect()
    };
    let before = format!("{pairs:?}");
    let mut removed = Vec::new();
    redactor.pairs(place, &mut pairs, &mut removed);
    Tried {
        place: place.as_str(),
        before,
        after: format!("{pairs:?}"),
        removed,
    }
}

/// A source of letters that look drawn and are the same each time (splitmix64).
struct Letters(u64);

impl Letters {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn of(&mut self, set: &str, length: usize) -> String {
        let set: Vec<char> = set.chars().collect();
        (0..length)
            .map(|_| {
                let index = self.next() % set.len() as u64;
                set[usize::try_from(index).expect("a set is small")]
            })
            .collect()
    }
}

const DIGITS: &str = "0123456789";
const LOWER: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHA: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ANY: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const WORD: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
const B64: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/";
const B58: &str = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

fn fill(template: &str, letters: &mut Letters) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        filled += &rest[..start];
        let end = closing_brace(&rest[start + 2..]).expect("a set is closed") + start + 2;
        let inner = &rest[start + 2..end];
        match inner.split_once(':') {
            Some((set, argument)) => filled += &draw(set, argument, letters),
            None => filled += &rest[start..=end],
        }
        rest = &rest[end + 1..];
    }
    filled + rest
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.char_indices().find_map(|(position, character)| {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        (depth == 0).then_some(position)
    })
}

fn draw(set: &str, argument: &str, letters: &mut Letters) -> String {
    let length = || argument.parse().expect("a length is a number");
    match set {
        "hex" => letters.of("0123456789abcdef", length()),
        "HEX" => letters.of("0123456789ABCDEF", length()),
        "digit" => letters.of(DIGITS, length()),
        "lower" => letters.of(LOWER, length()),
        "upper" => letters.of(UPPER, length()),
        "alpha" => letters.of(ALPHA, length()),
        "any" => letters.of(ANY, length()),
        "b64" => letters.of(B64, length()),
        "b32" => letters.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length()),
        "b58" => letters.of(B58, length()),
        "word" => {
            let inner = letters.of(WORD, length() - 2);
            letters.of(ANY, 1) + &inner + &letters.of(ANY, 1)
        }
        "uuid" => {
            let mut part = |length| letters.of("0123456789abcdef", length);
            let (first, second, third, fourth, fifth) =
                (part(8), part(4), part(3), part(3), part(12));
            format!("{first}-{second}-4{third}-a{fourth}-{fifth}")
        }
        "luhn" => luhn(argument, letters),
        "b64of" => base64(&fill(argument, letters)),
        _ => panic!("{set} is no set of letters"),
    }
}

/// `PREFIX/LENGTH` as a number whose check digit is right.
fn luhn(argument: &str, letters: &mut Letters) -> String {
    let (prefix, length) = argument.split_once('/').expect("a prefix and a length");
    let length: usize = length.parse().expect("a length is a number");
    let body = format!("{prefix}{}", letters.of(DIGITS, length - 1 - prefix.len()));
    let sum: u32 = body
        .chars()
        .rev()
        .enumerate()
        .map(|(position, digit)| {
            let digit = digit.to_digit(10).expect("a digit");
            match (position % 2, digit * 2) {
                (0, doubled) if doubled > 9 => doubled - 9,
                (0, doubled) => doubled,
                _ => digit,
            }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn base64(text: &str) -> String {
    const SET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for position in 0..4 {
            if position > chunk.len() {
                encoded.push('=');
            } else {
                let index = (group >> (18 - 6 * position)) & 63;
                encoded.push(char::from(SET[index as usize]));
            }
        }
    }
    encoded
}
