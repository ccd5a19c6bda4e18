//! Numbers with a check digit: payment cards and bank accounts.

use std::ops::RangeInclusive;

/// A number of a card network's range and length whose check digit is right (ISO/IEC 7812-1).
pub(super) fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|character| character.to_digit(10))
        .collect();
    let prefix = |length: usize| {
        digits
            .iter()
            .take(length)
            .fold(0, |number, digit| number * 10 + digit)
    };
    let in_range = match digits.len() {
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            matches!(prefix(1), 4)
                || matches!(prefix(2), 51..=55 | 62 | 65)
                || matches!(prefix(4), 2200..=2204 | 2221..=2720 | 3528..=3589 | 6011)
                // Maestro
                || matches!(prefix(4), 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
                || matches!(prefix(3), 644..=649)
                // RuPay
                || matches!(prefix(6), 508_500..=508_999 | 606_985..=607_984 | 608_001..=608_500)
                // Elo
                || matches!(prefix(6), 504_175 | 506_699..=506_778 | 509_000..=509_999 | 627_780 | 636_297 | 636_368)
                // Hipercard
                || prefix(6) == 606_282
        }
        19 => matches!(prefix(2), 62),
        _ => false,
    };
    in_range && is_well_grouped(text) && has_check_digit(&digits)
}

/// What stands between groups of digits: a space, one that no line breaks at, a hyphen.
const GROUP_MARKS: [char; 4] = [' ', '\u{a0}', '\u{202f}', '-'];

/// Whether digits, where they are written in groups, are in those of cards.
fn is_well_grouped(text: &str) -> bool {
    let groups: Vec<usize> = text.split(GROUP_MARKS).map(str::len).collect();
    matches!(
        groups.as_slice(),
        [_] | [4, 4, 4, 4] | [4, 6, 4 | 5] | [4, 4, 4, 4, 3] | [6, 13]
    )
}

/// A number of any card's length and first digit whose check digit is right: one that stands beside the
/// word card, because barcodes and ids look so too.
pub(super) fn is_named_card(text: &str) -> bool {
    let is_of_card = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-');
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|character| character.to_digit(10))
        .collect();
    text.bytes().all(is_of_card)
        && is_well_grouped(text)
        && (13..=19).contains(&digits.len())
        && matches!(digits[0], 2..=6)
        && has_check_digit(&digits)
}

/// How many digits and separators a card's number has, the longest one in groups.
const CARD_BYTES: RangeInclusive<usize> = 13..=23;

/// Whether a text is [`is_named_card`], with an expiry date or a security code behind it or not.
pub(crate) fn starts_with_named_card(text: &str) -> bool {
    let bytes = text.as_bytes();
    let may_end = |end: usize| match bytes.get(end) {
        None => end == bytes.len(),
        Some(byte) => matches!(byte, b' ' | b'-' | b'/'),
    };
    bytes
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'/'))
        && CARD_BYTES
            .filter(|end| may_end(*end))
            .any(|end| is_named_card(&text[..end]))
}

/// Whether the last digit is the Luhn check digit of the others; all the same are nobody's number.
fn has_check_digit(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(position, digit)| match (position % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

/// The check of ISO 13616: with its start moved to its end and letters as numbers, 1 modulo 97. In lower
/// case it must be mostly digits, which words and hashes are not.
pub(super) fn is_iban(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|character| *character != ' ').collect();
    let is_lower = compact.iter().any(char::is_ascii_lowercase);
    let digits = compact.iter().filter(|letter| letter.is_ascii_digit());
    if !(15..=34).contains(&compact.len()) || (is_lower && digits.count() * 3 < compact.len() * 2) {
        return false;
    }
    let remainder =
        compact[4..]
            .iter()
            .chain(&compact[..4])
            .try_fold(0_u32, |remainder, character| {
                let value = character.to_digit(36)?;
                Some(if value > 9 {
                    (remainder * 100 + value) % 97
                } else {
                    (remainder * 10 + value) % 97
                })
            });
    remainder == Some(1)
}
