//! Secrets behind an encoding: percent-encoding and base64 are taken off before a text is judged.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use super::hit::Hit;
use super::shapes::{Numbers, has_secret};

/// How often an encoding is taken off.
pub(super) const LEVELS_MAX: usize = 3;

/// The least letters of a base64 text that could hold a name and a secret.
const BASE64_LETTERS_MIN: usize = 24;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The text with its percent-encoding taken off, where it has one.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let is_encoded = text.as_bytes().windows(3).any(|window| {
        window[0] == b'%' && window[1].is_ascii_hexdigit() && window[2].is_ascii_hexdigit()
    });
    if !is_encoded {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
    (decoded != text).then_some(decoded)
}

/// Runs of base64 in which a secret stands, each as a whole.
pub(super) fn find_base64(text: &str, level: usize, hits: &mut Vec<Hit>) {
    if level >= LEVELS_MAX || text.len() < BASE64_LETTERS_MIN {
        return;
    }
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..]
            .iter()
            .take_while(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
            })
            .count();
        let padding = bytes[start + length..]
            .iter()
            .take(2)
            .take_while(|byte| **byte == b'=')
            .count();
        if length >= BASE64_LETTERS_MIN
            && let Some(decoded) = decode(&text[start..start + length])
            && has_secret(&decoded, Numbers::Any, level + 1)
        {
            hits.push(Hit {
                range: start..start + length + padding,
                rule: "base64",
            });
        }
        start += length + padding.max(1);
    }
}

/// The text that a run of base64 is; none where it is bytes.
fn decode(run: &str) -> Option<String> {
    // The start tells most of what is no text without decoding all of it.
    let head = run.get(..BASE64_LETTERS_MIN)?;
    for engine in [&STANDARD, &URL_SAFE] {
        let is_text = engine
            .decode(head)
            .is_ok_and(|bytes| bytes.iter().all(|byte| is_of_text(*byte)));
        if is_text
            && let Ok(bytes) = engine.decode(run)
            && let Ok(text) = String::from_utf8(bytes)
        {
            return Some(text);
        }
    }
    None
}

fn is_of_text(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte) || byte >= 0x80 || matches!(byte, b'\t' | b'\n' | b'\r')
}
