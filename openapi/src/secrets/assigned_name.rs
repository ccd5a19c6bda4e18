//! Where the name stands that a text has in front of a separator.

use super::names::{is_one_of, is_secret_name, rule_of};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The most words that a name has: `mot de passe`.
const NAME_WORDS_MAX: usize = 3;

/// The most white space between a name, its separator and its value: columns are aligned with it.
pub(super) const BLANKS_MAX: usize = 64;

/// The longest remark or closing tag behind a name, in bytes.
const REMARK_BYTES_MAX: usize = 64;

/// Words that link a name with its value: `my password is: …`.
pub(super) const LINKS: &[&str] = &["is", "ist", "lautet", "est", "es", "é", "è", "är", "er"];

/// The same where no space stands in front of them.
const WIDE_LINKS: &[char] = &['是', '为', '為', 'は', '는'];

/// Where the name starts that ends at `end`.
pub(super) fn name_before(text: &str, end: usize) -> usize {
    let mut start = end;
    for character in text[..end].chars().rev().take_while(|one| is_of_name(*one)) {
        let next = start - character.len_utf8();
        if end - next > NAME_BYTES_MAX {
            break;
        }
        start = next;
    }
    start
}

fn is_of_name(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '[' | ']' | '%')
    } else {
        !is_wide_mark(character) && !character.is_whitespace()
    }
}

/// The space and the punctuation between Chinese and Japanese words (Unicode blocks CJK Symbols and Punctuation, Halfwidth
/// and Fullwidth Forms).
fn is_wide_mark(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}')
        && !character.is_alphanumeric()
}

/// Where a text ends without the last of these characters, of which there are at most so many.
fn end_without(text: &str, most: usize, is_left_out: fn(char) -> bool) -> usize {
    let last = text
        .chars()
        .rev()
        .take(most)
        .take_while(|one| is_left_out(*one));
    text.len() - last.map(char::len_utf8).sum::<usize>()
}

/// White space inside a line, of each width.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\n' | '\r')
}

/// Where the name ends in front of a separator: without quotes and emphasis, one remark or closing tag, and a
/// word that links it with its value.
pub(super) fn end_of_name(text: &str, at: usize) -> usize {
    let end = end_without_marks(text, at);
    let before_remark = end_without_remark(text, end);
    let before_link = end_without_link(text, before_remark);
    if before_remark == end {
        end_without_remark(text, before_link)
    } else {
        before_link
    }
}

fn end_without_link(text: &str, end: usize) -> usize {
    let start = name_before(text, end);
    let word = &text[start..end];
    let front = end_without_marks(text, start);
    if front < start && is_one_of(LINKS, word) {
        front
    } else {
        start + word.strip_suffix(WIDE_LINKS).unwrap_or(word).len()
    }
}

fn end_without_marks(text: &str, end: usize) -> usize {
    let end = end_without(&text[..end], BLANKS_MAX, is_blank);
    end_without(&text[..end], 5, |character| {
        matches!(
            character,
            '"' | '\'' | '\\' | '`' | '*' | '」' | '』' | '】'
        )
    })
}

/// `Password (temporary): …`, `<b>Password</b>: …`. A call's brackets have no space in front of them.
fn end_without_remark(text: &str, end: usize) -> usize {
    let opening = match text[..end].chars().next_back() {
        Some(')') => " (",
        Some('）') => "（",
        Some('>') => "</",
        _ => return end,
    };
    let least = text.ceil_char_boundary(end.saturating_sub(REMARK_BYTES_MAX));
    let open = text[least..end].rfind(opening);
    open.map_or(end, |open| end_without_marks(text, least + open))
}

/// How long the marks are behind a separator that stand there for the sake of its name: `**Password:** …`,
/// `<b>Password:</b> …`. More stars are a value that somebody removed.
pub(super) fn marks_behind(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let is_mark = |byte: &&u8| matches!(byte, b'*' | b'_');
    let marks = bytes.iter().take(3).take_while(is_mark).count();
    if (1..3).contains(&marks) && bytes.get(marks).is_some_and(u8::is_ascii_whitespace) {
        return marks;
    }
    tag_length(rest, "</")
}

/// How long the tag without attributes is that a text begins with, if it does: `<b>`, `</strong>`.
pub(super) fn tag_length(rest: &str, opening: &str) -> usize {
    let Some(tag) = rest.strip_prefix(opening) else {
        return 0;
    };
    let name = tag.bytes().take(REMARK_BYTES_MAX);
    let length = name.take_while(u8::is_ascii_alphanumeric).count();
    if length > 0 && tag[length..].starts_with('>') {
        opening.len() + length + 1
    } else {
        0
    }
}

/// The secret's name that ends at `end`, whose last word starts at `start`: `Private key: …`.
pub(super) fn secret_name(text: &str, start: usize, end: usize) -> Option<&str> {
    let mut start = Some(start);
    (0..NAME_WORDS_MAX)
        .map_while(|_| {
            let name = text.get(start?..end);
            start = start.and_then(|start| word_before(text, start));
            name
        })
        .find(|name| is_secret_name(name))
}

/// Where the word starts in front of the one that starts at `start`.
pub(super) fn word_before(text: &str, start: usize) -> Option<usize> {
    let space = text[..start].chars().next_back()?;
    matches!(space, ' ' | '\u{a0}' | '\u{202f}')
        .then(|| name_before(text, start - space.len_utf8()))
}

/// Whether it is the name of a password.
pub(super) fn is_password(name: &str) -> bool {
    rule_of(name).is_some_and(|rule| rule.starts_with("password"))
}

/// `PIN: 4711`.
pub(super) fn is_code(name: &str, value: &str) -> bool {
    let is_number = value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number && rule_of(name).is_some_and(|rule| rule.contains("one-time"))
}
