//! Where the value starts and ends that a name has in a text.

use super::assigned_name::{BLANKS_MAX, tag_length};
use super::drawn::{has_each_kind, looks_random};
use super::names::is_secret_name;
use crate::words;

/// The most backslashes that a quote is escaped with: JSON in JSON in JSON.
const ESCAPES_MAX: usize = 7;

/// The longest name of a call around a quoted text: `Some("…")`.
const CALL_BYTES_MAX: usize = 16;

/// The longest name of a member that is looked at.
const MEMBER_BYTES_MAX: usize = 64;

/// How long the white space in front of a value is, with at most two line breaks.
pub(super) fn blanks_before_value(rest: &str) -> usize {
    let mut breaks = 0;
    let blanks = rest.chars().take(BLANKS_MAX).take_while(|character| {
        breaks += usize::from(*character == '\n');
        character.is_whitespace() && breaks <= 2
    });
    blanks.map(char::len_utf8).sum()
}

/// How long the mark is with which YAML begins a text on the next lines: `|`, `>-`.
pub(super) fn block_mark_length(rest: &str) -> usize {
    if !rest.starts_with(['|', '>']) {
        return 0;
    }
    let behind = rest[1..].trim_start_matches(['+', '-']);
    let length = rest.len() - behind.len();
    if length <= 2 && behind.starts_with(['\n', '\r']) {
        length
    } else {
        0
    }
}

/// How long what stands right in front of a quoted text is: the letter that says what kind of text it is (`N'…'` in SQL,
/// `b'…'` in Python), or a call around it (`Some("…")`).
pub(super) fn wrapper_length(rest: &str) -> usize {
    const LETTERS: &[&str] = &[
        "N", "n", "b", "B", "u", "U", "r", "R", "f", "E", "e", "L", "br", "rb",
    ];
    let letters = rest.bytes().take(CALL_BYTES_MAX);
    let letters = letters.take_while(u8::is_ascii_alphabetic).count();
    let length = if letters > 0 && rest[letters..].starts_with('(') {
        letters + 1
    } else if LETTERS.contains(&&rest[..letters]) {
        letters
    } else {
        return 0;
    };
    if quote_at(&rest[length..]).is_empty() {
        0
    } else {
        length
    }
}

/// The quote that a value begins with, if it does: a mark, the backslashes in front of it where it is escaped,
/// and a second mark where it is doubled, as CSV has it.
pub(super) fn quote_at(rest: &str) -> &str {
    let bytes = rest.as_bytes();
    let backslashes = bytes.iter().take(ESCAPES_MAX);
    let backslashes = backslashes.take_while(|byte| **byte == b'\\').count();
    let Some(mark @ (b'"' | b'\'' | b'`')) = bytes.get(backslashes) else {
        return "";
    };
    let is_empty = || {
        let behind = bytes.get(backslashes + 2);
        behind.is_none_or(|byte| b",;:&)]} \n\\/<>.".contains(byte))
    };
    let is_doubled = bytes.get(backslashes + 1) == Some(mark) && !is_empty();
    &rest[..=backslashes + usize::from(is_doubled)]
}

/// How long a value is that a quote was opened in front of, or none.
pub(super) fn value_end(rest: &str, quote: &str) -> usize {
    if let Some(mark) = quote.chars().next_back() {
        let may_double = quote.len() == 1;
        return quoted_end(rest, mark, quote.matches('\\').count(), may_double);
    }
    rest.find(|character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '"' | '\''
                    | ','
                    | ';'
                    | '&'
                    | '}'
                    | ']'
                    | '<'
                    | '>'
                    | '，'
                    | '；'
                    | '、'
                    | '。'
                    | '）'
                    | '」'
                    | '』'
                    | '】'
            )
    })
    .unwrap_or(rest.len())
}

/// How long a password is behind a colon and a space, as people write it: marks are letters of it, except where a list goes
/// on behind them (`password: abc,user: jane`). Marks at its end are the sentence's.
pub(super) fn end_in_prose(rest: &str) -> usize {
    let ends = |(position, character): &(usize, char)| {
        let behind = &rest[position + character.len_utf8()..];
        match character {
            '"' | '\'' | '，' | '；' | '、' | '。' | '）' | '」' | '』' | '】' => true,
            ',' | ';' | '&' => names_next(behind),
            '}' | ']' => behind.starts_with([',', ';', '}', ']']),
            // JSON that was printed with its line breaks escaped goes on.
            '\\' => {
                behind.starts_with(['n', 'r', '"']) && rest[..*position].ends_with([',', '}', ']'])
            }
            '<' => {
                behind.starts_with('/')
                    || behind.starts_with("br/>")
                    || behind.starts_with("br />")
                    || tag_length(&rest[*position..], "<") > 0
            }
            character => character.is_whitespace(),
        }
    };
    let end = rest.char_indices().find(ends);
    let value = &rest[..end.map_or(rest.len(), |(end, _)| end)];
    value
        .trim_end_matches(['.', ',', ';', '}', ']', '>', '\\'])
        .len()
}

/// Whether another name with its value begins here.
fn names_next(rest: &str) -> bool {
    let length = next_name_length(rest);
    length > 0 && rest[length..].starts_with([':', '='])
}

fn next_name_length(rest: &str) -> usize {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = rest.bytes().take(MEMBER_BYTES_MAX);
    name.take_while(is_of_name).count()
}

/// The least letters of a value below its name that looks drawn.
const DRAWN_BYTES_MIN: usize = 8;

/// The least letters of a word behind the digits of a setting's name.
const WORD_LETTERS_MIN: usize = 5;

/// Whether a line is the next setting, `DB_HOST=localhost`, and not a value below its name: base64 ends with such marks,
/// and a password may have them in it.
pub(super) fn is_next_setting(rest: &str) -> bool {
    let name = &rest[..next_name_length(rest)];
    let marks = &rest[name.len()..];
    // What is escaped goes on in its own line, or ends with the text around it.
    let ends_word = |behind: &str| {
        behind.is_empty() || behind.starts_with(|one: char| one.is_whitespace() || one == '\\')
    };
    let ends_value = |behind: &str| {
        let behind_quote = behind.strip_prefix(['"', '\'']);
        ends_word(behind_quote.unwrap_or(behind))
    };
    let has_separator = marks.starts_with('=') || marks.strip_prefix(':').is_some_and(ends_word);
    let is_padded = ends_value(marks.trim_start_matches('='));
    let is_value = || {
        let is_setting = is_dotted_name(name) || (!is_padded && has_word_behind_digits(name));
        (has_each_kind(name) && !is_setting)
            || is_explained_value(rest)
            || (is_padded && !name.contains(['_', '-', '.']) && looks_random(name, DRAWN_BYTES_MIN))
    };
    let is_name = !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit());
    is_name && has_separator && !is_value()
}

/// `Welcome2Spring: change it at first login`: behind the colon of a setting stands one word, its value.
pub(super) fn is_explained_value(rest: &str) -> bool {
    let name = &rest[..next_name_length(rest)];
    let line = rest[name.len()..].split(['\n', '\\']).next();
    let explained = line.and_then(|line| line.strip_prefix(':'));
    name.len() >= DRAWN_BYTES_MIN
        && has_each_kind(name)
        && name.matches('.').count() < 2
        && explained.is_some_and(|text| text.split_whitespace().nth(1).is_some())
        && !is_secret_name(name)
}

/// `spring.security.oauth2.clientId`, `server.http2Port`, and not `blue.Horse7`.
fn is_dotted_name(name: &str) -> bool {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back();
    let is_value =
        |last: &str| has_each_kind(last) && last.starts_with(|one: char| one.is_ascii_uppercase());
    !first.is_empty()
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && last.is_some_and(|last| parts.next().is_some() || !is_value(last))
}

/// `S3Bucket`, `OAuth2ClientId`
fn has_word_behind_digits(name: &str) -> bool {
    let tail = name.rsplit(|one: char| one.is_ascii_digit()).next();
    tail.is_some_and(|tail| {
        let mut found = words::split(tail).into_iter();
        tail.starts_with(|one: char| one.is_ascii_uppercase())
            && found.any(|word| word.len() >= WORD_LETTERS_MIN)
    })
}

/// How long a quoted text is whose quote was opened with so many backslashes. It ends at the end of its line at
/// the latest. A mark may be doubled where it is a letter of it: `'it''s'`.
fn quoted_end(rest: &str, mark: char, escapes: usize, may_double: bool) -> usize {
    let mut backslashes = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        if character == '\n' {
            return position;
        }
        // With fewer ones, the text ends that the quote was escaped in.
        if character == mark && (backslashes < escapes || closes(escapes, backslashes)) {
            let is_doubled = may_double && characters.next_if(|next| next.1 == character).is_some();
            if !is_doubled {
                return position - backslashes.min(escapes);
            }
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
    }
    rest.len()
}

/// Whether a mark behind so many backslashes closes a quotation that was opened with as many `escapes`, and is
/// none of its letters: each level of escaping doubles the backslashes and adds one to a mark.
fn closes(escapes: usize, backslashes: usize) -> bool {
    backslashes % (2 * (escapes + 1)) == escapes
}

/// How long a list, tuple or object is whose first value is a quoted text: `["…", "…"]`, `('…', '…')`, `{"…": "…"}`,
/// `[["…"]]`; to the end of the text where it was cut before its own.
pub(super) fn quoted_list(rest: &str) -> Option<usize> {
    starts_quoted(rest).then_some(())?;
    let is_tuple = rest.starts_with('(');
    let mut depth = 0_usize;
    let mut backslashes = 0;
    // The mark that opened a quotation, and how many backslashes stood in front of it.
    let mut quote = None;
    for (position, character) in rest.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some((character, backslashes)),
            (Some((mark, escapes)), _) if mark == character && closes(escapes, backslashes) => {
                quote = None;
            }
            (None, '(') if is_tuple => depth += 1,
            (None, '[' | '{') => depth += 1,
            (None, ')') if !is_tuple => {}
            (None, ']' | '}' | ')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(position + 1);
                }
            }
            _ => {}
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
    }
    Some(rest.len())
}

/// Whether the first value of a list, tuple or object is a quoted text.
pub(super) fn starts_quoted(rest: &str) -> bool {
    let value = first_value(rest);
    value[wrapper_length(value)..].starts_with(['"', '\''])
}

/// The first of an object's members that are quoted, as in `{"sid": "…"}`, or the first of its values that are as in
/// `{'sid=…'}`: its name, where a quoted text follows or is a part of it.
pub(super) fn first_quoted_name(rest: &str) -> Option<&str> {
    let value = first_value(rest);
    let value = &value[wrapper_length(value)..];
    let mark = value.bytes().next().filter(|byte| b"\"'".contains(byte))?;
    let inner = &value[1..];
    let end = inner.bytes().take(MEMBER_BYTES_MAX);
    let end = end.into_iter().position(|byte| byte == mark)?;
    let name = inner[..end].trim_end_matches('\\');
    let behind = inner[end + 1..].trim_start().strip_prefix(':');
    let has_text = behind.is_some_and(|behind| {
        let behind = behind.trim_start();
        let behind = &behind[wrapper_length(behind)..];
        behind.trim_start_matches('\\').starts_with(['"', '\''])
    });
    (has_text || name.contains('=')).then_some(name)
}

/// What stands behind the brackets, the white space, escaped or not, and the backslashes.
fn first_value(mut rest: &str) -> &str {
    loop {
        let brackets = |character: char| matches!(character, '[' | '{' | '(');
        let behind = rest
            .trim_start_matches(|character: char| brackets(character) || character.is_whitespace());
        let value = behind.trim_start_matches('\\');
        match value.strip_prefix(['n', 'r', 't']) {
            Some(after) if value.len() < behind.len() => rest = after,
            _ => return value,
        }
    }
}

/// How long the value of a query parameter is. A backslash ends it where it escapes what does, or a line break that another
/// name follows, and is a letter of it else.
pub(super) fn query_value(rest: &str) -> usize {
    let escapes_an_end = |rest: &str| {
        let behind = escaped(rest);
        let escape = behind.get(.."u0026".len());
        behind.starts_with(['"', '\''])
            || escape.is_some_and(|escape| escape.eq_ignore_ascii_case("u0026"))
            || escaped_line(behind).is_some_and(names_next)
    };
    let ends = |(position, character): &(usize, char)| match character {
        '\\' => escapes_an_end(&rest[*position..]),
        '&' | ';' | '#' | '?' | '"' | '\'' | '<' | '>' | ',' | ')' => true,
        character => character.is_whitespace(),
    };
    rest.char_indices()
        .find(ends)
        .map_or(rest.len(), |(end, _)| end)
}

/// Whether an escaped line break stands where a value would, and behind it the next setting: `DB_PASSWORD=\nDB_HOST=localhost`.
pub(super) fn is_escaped_next_setting(rest: &str) -> bool {
    rest.starts_with('\\') && escaped_line(escaped(rest)).is_some_and(is_next_setting)
}

/// What stands behind the backslashes that a text begins with.
fn escaped(rest: &str) -> &str {
    let backslashes = rest.bytes().take(ESCAPES_MAX);
    &rest[backslashes.take_while(|byte| *byte == b'\\').count()..]
}

/// The line behind an escaped line break whose backslashes were read.
fn escaped_line(behind: &str) -> Option<&str> {
    let after = behind
        .strip_prefix('r')
        .filter(|after| after.starts_with('\\'));
    after.map_or(behind, escaped).strip_prefix(['n', 'r'])
}
