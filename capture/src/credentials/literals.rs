//! Credentials that a text writes out: arguments of a GraphQL call (`login(password: "…")`), defaults of its
//! variables, pieces of JSON in a log's line, and tokens that stand anywhere.

use std::ops::Range;

use daybook_event::REDACTED;
use memchr::{memchr_iter, memmem, memrchr_iter};

use super::names::{is_session_id, says_secret};
use super::shapes::{is_jwt, looks_drawn};
use super::{REMOVED_IN_LINK, finish};

/// Longer names are not looked at.
const NAME_BYTES_MAX: usize = 256;
/// A session's id is looked for in so much behind its name, so that no text is looked through again and again.
const SESSION_ID_BYTES_MAX: usize = 1_024;
/// A shorter word behind `Bearer` or `Basic` is one of a sentence.
const CREDENTIAL_BYTES_MIN: usize = 8;

/// A text without the JWTs in it; none where there are none.
pub(super) fn remove_tokens(text: &str) -> Option<String> {
    let mut cleaned = String::new();
    let mut copied = 0;
    for start in memmem::find_iter(text.as_bytes(), b"eyJ") {
        let front = &text.as_bytes()[..start];
        if start < copied || !may_stand_before_token(front) {
            continue;
        }
        let rest = &text.as_bytes()[start..];
        let length = rest.iter().position(|byte| !is_token_byte(*byte));
        let end = start + length.unwrap_or(rest.len());
        if is_jwt(&text[start..end]) {
            cleaned.push_str(&text[copied..start]);
            cleaned.push_str(match front {
                [.., b'?' | b'&' | b'#' | b';' | b'/' | b'='] => REMOVED_IN_LINK,
                _ if ends_encoded(front) => REMOVED_IN_LINK,
                _ => REDACTED,
            });
            copied = end;
        }
    }
    finish(text, cleaned, copied)
}

/// Nothing that belongs to a word; but for the end of an encoded character (`%3D`), or of one that is written
/// out (`\n`).
fn may_stand_before_token(front: &[u8]) -> bool {
    let is_written_out = matches!(front, [.., b'\\', b'n' | b'r' | b't']);
    is_written_out || ends_encoded(front) || !front.last().copied().is_some_and(is_token_byte)
}

fn ends_encoded(front: &[u8]) -> bool {
    matches!(front, [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// A text without the literals behind names that say secret, `name: "…"`; none where there are none.
///
/// Numbers and objects only count in GraphQL and behind a name in quotes: in a sentence, `tokens: 7` is how many
/// there are. Without quotes a header's value counts (`Authorization: Bearer …`, `Cookie: a=b; c=d`) and, behind a
/// blank or a bracket, what a machine drew: what follows a colon at once may be the rest of an id (`urn:acme:token:01J9…`).
pub(super) fn remove_literals(text: &str) -> Option<String> {
    let mut literals = Literals {
        text,
        is_graphql: is_graphql(text),
        wasted: 0,
    };
    let mut cleaned = String::new();
    let mut copied = 0;
    for colon in memchr_iter(b':', text.as_bytes()) {
        if colon < copied {
            continue;
        }
        let name = Name::before(text, copied, colon);
        let says_secret = says_secret(name.text);
        if !says_secret && !is_session_id(name.text) {
            continue;
        }
        let literal = if says_secret {
            literals.at(colon + 1, &name)
        } else {
            literals.session_id(colon + 1, &name)
        };
        if let Some(Literal { range, is_word }) = literal {
            if text[range.clone()].trim_matches(['"', '\\']).is_empty() {
                continue;
            }
            cleaned.push_str(&text[copied..range.start]);
            // As many as its own quotes or its name's have, so that what it stands in stays what it is.
            let own = backslashes_at(text.as_bytes(), range.start);
            let backslashes = if own == 0 { name.backslashes } else { own };
            let quote = "\\".repeat(backslashes) + "\"";
            let quote = if is_word { "" } else { quote.as_str() };
            cleaned.extend([quote, REDACTED, quote]);
            copied = range.end;
        }
    }
    finish(text, cleaned, copied)
}

/// <https://spec.graphql.org/October2021/#sec-Executable-Definitions>
fn is_graphql(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |word: &str| {
        let rest = text.strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
    };
    let words = ["mutation", "query", "subscription", "fragment"];
    text.starts_with('{')
        || (text.starts_with('#') || words.into_iter().any(begins))
            && (text.contains('{') || text.contains("($"))
}

/// The name in front of a colon, in quotes or without.
struct Name<'a> {
    text: &'a str,
    is_quoted: bool,
    /// How many stand in front of the quote that ends it.
    backslashes: usize,
    /// `$name`, as a variable of GraphQL's is declared.
    is_variable: bool,
    /// What is in front of it.
    before: &'a str,
}

impl<'a> Name<'a> {
    /// The quote that the name's own text begins with: `'Cookie: …'`.
    fn opened_by(&self) -> Option<char> {
        let quote = self.before.chars().next_back();
        quote.filter(|it| !self.is_quoted && matches!(it, '"' | '\''))
    }

    /// Whether the quote behind the colon, at the beginning of `rest`, ends what the name stands in (`"Password:"`).
    fn ends_with_quote(&self, rest: &[u8]) -> bool {
        let backslashes = backslashes_at(rest, 0);
        let behind = rest.get(backslashes + 1..).unwrap_or_default();
        !self.is_quoted && ends_quoted(self.before.as_bytes(), b'"', backslashes, behind)
    }

    /// The name that ends at `colon` and begins behind `from`.
    fn before(text: &'a str, from: usize, colon: usize) -> Self {
        let front = text[from..colon].trim_end();
        let (front, is_quoted) = match front.strip_suffix('"') {
            Some(front) => (front, true),
            None => (front, false),
        };
        let unescaped = front.trim_end_matches('\\');
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let letters = unescaped.bytes().rev().take(NAME_BYTES_MAX + 1);
        let mut length = letters.take_while(is_name).count();
        if length > NAME_BYTES_MAX {
            length = 0;
        }
        let (mut before, mut name) = unescaped.split_at(unescaped.len() - length);
        // The end of a line that is written out.
        if before.ends_with('\\') && name.len() > 1 && name.starts_with(['n', 'r', 't']) {
            (before, name) = unescaped.split_at(before.len() + 1);
        }
        Self {
            text: name,
            is_quoted: is_quoted && before.ends_with('"'),
            backslashes: front.len() - unescaped.len(),
            is_variable: before.ends_with('$'),
            before,
        }
    }
}

struct Literal {
    range: Range<usize>,
    /// It has no quotes of its own, and gets none.
    is_word: bool,
}

impl Literal {
    fn new(range: Range<usize>) -> Self {
        Self {
            range,
            is_word: false,
        }
    }
}

struct Literals<'a> {
    text: &'a str,
    is_graphql: bool,
    /// How many bytes were looked at in vain.
    wasted: usize,
}

impl Literals<'_> {
    /// What a machine drew, behind a name that says no secret but a session's id.
    fn session_id(&self, at: usize, name: &Name<'_>) -> Option<Literal> {
        let text = self.text;
        let until = text.floor_char_boundary(at + SESSION_ID_BYTES_MAX);
        let mut near = Literals {
            text: &text[..until],
            is_graphql: self.is_graphql,
            wasted: 0,
        };
        let literal = near.at(at, name)?;
        let is_whole = literal.range.end < until || until == text.len();
        (is_whole && looks_drawn(&text[literal.range.clone()])).then_some(literal)
    }

    /// The literal behind a colon, be it a variable's default (`: String! = "…"`) or not.
    fn at(&mut self, at: usize, name: &Name<'_>) -> Option<Literal> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let start = behind_blanks(bytes, at);
        let has_syntax = self.is_graphql || name.is_quoted;
        let drawn = |start: usize, is_apart: bool| {
            let end = end_of_unquoted(text, start, name, is_apart)?;
            Some(Literal {
                range: start..end,
                is_word: true,
            })
        };
        let is_apart = start > at;
        match bytes.get(start)? {
            b'"' | b'\\' if name.ends_with_quote(&bytes[start..]) => None,
            b'"' => Some(Literal::new(start..end_of_string(text, start))),
            b'\\' => {
                let end = end_of_escaped_string(bytes, start, b'"')?;
                Some(Literal::new(start..end))
            }
            // Go and Java print a header's values so: `Authorization:[Bearer …]`.
            b'[' => (self.container(start, has_syntax, name)).or_else(|| drawn(start + 1, true)),
            b'{' if has_syntax => self.container(start, has_syntax, name),
            b'0'..=b'9' | b'-' if has_syntax => {
                let end = end_of_number(bytes, start);
                let has_digits = bytes[start..end].iter().any(u8::is_ascii_digit);
                let is_alone = !bytes.get(end).copied().is_some_and(is_token_byte);
                if has_digits && is_alone {
                    Some(Literal::new(start..end))
                } else {
                    drawn(start, is_apart)
                }
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'_' if self.is_graphql => {
                let rest = bytes[start..].iter().take(NAME_BYTES_MAX);
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let end = start + rest.take_while(|byte| is_name(byte)).count();
                if name.is_variable {
                    return self.default_behind(end).map(Literal::new);
                }
                // A field with arguments is no credential, however it looks.
                drawn(start, is_apart).filter(|_| bytes.get(end) != Some(&b'('))
            }
            _ => drawn(start, is_apart),
        }
    }

    /// A list, or where there is a syntax, an object as well.
    fn container(&mut self, start: usize, has_syntax: bool, name: &Name<'_>) -> Option<Literal> {
        // A text whose lists are looked through again and again goes from there on.
        if self.wasted > self.text.len() {
            return Some(Literal::new(start..self.text.len()));
        }
        let (end, is_literal) = end_of_container(self.text, start, has_syntax);
        if is_literal {
            return Some(Literal::new(start..end));
        }
        self.wasted += end - start;
        // It is the type of a variable, which may have a default.
        let is_type = name.is_variable && self.text.as_bytes()[start..end].ends_with(b"]");
        if is_type {
            self.default_behind(end).map(Literal::new)
        } else {
            None
        }
    }

    /// The default of a variable whose type ends at this place, but for its `!`.
    fn default_behind(&self, type_end: usize) -> Option<Range<usize>> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let type_end = behind_blanks(bytes, type_end);
        let is_required = usize::from(bytes.get(type_end) == Some(&b'!'));
        let equals = behind_blanks(bytes, type_end + is_required);
        if bytes.get(equals) != Some(&b'=') {
            return None;
        }
        let start = behind_blanks(bytes, equals + 1);
        let end = match bytes.get(start)? {
            b'"' => end_of_string(text, start),
            b'[' | b'{' => end_of_container(text, start, true).0,
            b'0'..=b'9' | b'-' => end_of_number(bytes, start),
            _ => return None,
        };
        Some(start..end)
    }
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let is_number = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(is_number).count()
}

/// Behind what stands here without quotes, where it is what an `Authorization` or `Cookie` header has, or a word
/// that a machine drew and that stands apart from the colon.
fn end_of_unquoted(text: &str, start: usize, name: &Name<'_>, is_apart: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|byte| !is_value_byte(*byte));
    let end = start + length.unwrap_or(rest.len());
    // Its bytes are of ASCII.
    let word = text.get(start..end)?;
    if is_cookie(name.text) && word.contains('=') {
        return Some(end + end_of_cookies(&text[end..], name.opened_by()));
    }
    end_of_scheme_and_credential(text, start..end, name.text)
        .or_else(|| (is_apart && looks_drawn(word)).then_some(end))
}

pub(super) fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie") || name.eq_ignore_ascii_case("set-cookie")
}

/// Behind the last of `a=b; c=d`: where the quote ends in which they stand, or else a word.
pub(super) fn end_of_cookies(rest: &str, opened_by: Option<char>) -> usize {
    let mut before = ' ';
    let end = rest.find(|letter: char| {
        let is_between = letter == ' ' && before == ';';
        before = letter;
        match opened_by {
            Some(quote) => letter == quote || matches!(letter, '\\' | '\n' | '\r'),
            None => !is_between && ends_credential(letter),
        }
    });
    end.unwrap_or(rest.len())
}

/// Whether a quote ends a text that another one of its kind in `front` has begun, by what stands around both.
pub(super) fn ends_quoted(front: &[u8], mark: u8, backslashes: usize, behind: &[u8]) -> bool {
    // `"Password:"-Feld` and `„Password:“` are words; behind other signs the quote may begin the secret.
    let is_joined = matches!(behind, [b'-' | 0x80.., ..]);
    if !is_joined && !may_stand_behind_quoted(behind) {
        return false;
    }
    let front = &front[front.len().saturating_sub(NAME_BYTES_MAX)..];
    for at in memrchr_iter(mark, front) {
        let escapes = front[..at].iter().rev();
        let escapes = escapes.take_while(|byte| **byte == b'\\').count();
        if escapes != backslashes {
            continue;
        }
        // What ends with the quote begins with it.
        let inside = &front[at + 1..];
        let begins = inside.is_empty() || begins_link(inside);
        if is_joined || !begins && has_ended_quoted(inside) {
            return begins;
        }
        // An apostrophe stands in a word.
        let before = front[..at - escapes].last();
        if !before.is_some_and(u8::is_ascii_alphanumeric) {
            return true;
        }
    }
    false
}

/// `/path`, `./path`, `../path` and `?query`; `"/>` ends an element.
fn begins_link(text: &[u8]) -> bool {
    match text {
        [b'?'] => true,
        [b'?', letter, ..] => letter.is_ascii_alphanumeric(),
        [b'/', behind @ ..] => !behind.starts_with(b">"),
        _ => text.starts_with(b"./") || text.starts_with(b"../"),
    }
}

/// What stands in front of a name has ended a text in quotes if it begins so.
fn has_ended_quoted(behind: &[u8]) -> bool {
    let begins_text =
        matches!(behind, [b'\'' | b'"' | b'`' | b'=', ..] | [b'<', b'a'..=b'z' | b'A'..=b'Z', ..]);
    !begins_text && may_stand_behind_quoted(behind)
}

fn may_stand_behind_quoted(behind: &[u8]) -> bool {
    behind
        .first()
        .is_none_or(|byte| byte.is_ascii_whitespace() || b",;:&|+.!?)]}>\\/<'\"`=".contains(byte))
}

/// Behind the credential of `Bearer …` or `Basic …`, or of any scheme where an `Authorization` header has it.
pub(super) fn end_of_scheme_and_credential(
    text: &str,
    scheme: Range<usize>,
    name: &str,
) -> Option<usize> {
    let end = scheme.end;
    let scheme = text.get(scheme)?;
    let is_scheme = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic");
    let is_header = ["authorization", "proxy-authorization", "x-authorization"]
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header));
    if scheme.is_empty() || !is_scheme && !is_header {
        return None;
    }
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let blanks = text.as_bytes()[end..].iter().take_while(is_blank).count();
    let rest = text.get(end + blanks..).filter(|_| blanks > 0)?;
    let credential = rest.split(ends_credential).next().unwrap_or_default();
    let is_credential = credential.len() >= CREDENTIAL_BYTES_MIN
        && if is_scheme {
            is_header || is_no_plain_word(credential)
        } else {
            looks_drawn(credential)
        };
    is_credential.then_some(end + blanks + credential.len())
}

fn ends_credential(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '\\' | '<' | ']' | '}')
}

fn is_no_plain_word(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '!', '?', ';', ':']);
    word.bytes().skip(1).any(|byte| !byte.is_ascii_lowercase())
}

fn is_value_byte(byte: u8) -> bool {
    is_token_byte(byte) || matches!(byte, b'+' | b'/' | b'=' | b'~')
}

fn backslashes_at(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .take_while(|byte| **byte == b'\\')
        .count()
}

/// Behind the closing quote of a string in a string, whose quotes are escaped, or the end of the text.
pub(super) fn end_of_escaped_string(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let backslashes = backslashes_at(bytes, start);
    let mut at = start + backslashes;
    if bytes.get(at) != Some(&quote) {
        return None;
    }
    let mut before = 0;
    loop {
        at += 1;
        match bytes.get(at) {
            None => return Some(bytes.len()),
            Some(b'\\') => before += 1,
            // One that is escaped once more stands in the string.
            Some(byte) if *byte == quote && before <= backslashes => return Some(at + 1),
            Some(_) => before = 0,
        }
    }
}

fn behind_blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    at + blanks.count()
}

/// Behind the closing quote of the string that begins at `start`, or the end of the text.
pub(super) fn end_of_string(text: &str, start: usize) -> usize {
    const BLOCK: &str = "\"\"\"";
    if text[start..].starts_with(BLOCK) {
        let mut from = start + BLOCK.len();
        while let Some(found) = text[from..].find(BLOCK) {
            let end = from + found;
            from = end + BLOCK.len();
            if !text[..end].ends_with('\\') {
                return from;
            }
        }
        return text.len();
    }
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return text.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// Behind the bracket that closes a list of literals, or the end of a text that was cut off in it; or, where it
/// is none, where that is seen. A list has strings; where there is a syntax it has numbers too, others in it, and
/// so has an object.
fn end_of_container(text: &str, start: usize, has_syntax: bool) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = start;
    let mut depth = 0_usize;
    let (mut has_literals, mut has_letters) = (false, false);
    loop {
        match bytes.get(at) {
            None => return (bytes.len(), has_literals),
            Some(b'[' | b'{') if at == start || has_syntax => depth += 1,
            Some(b'[' | b'{' | b':' | b'$') if !has_syntax => return (at, false),
            Some(b']' | b'}') => {
                depth -= 1;
                if depth == 0 {
                    return (at + 1, has_literals);
                }
            }
            Some(b'"') => {
                let end = end_of_string(text, at);
                // In an object one in front of a colon is a name.
                has_literals |= bytes.get(behind_blanks(bytes, end)) != Some(&b':');
                at = end;
                continue;
            }
            Some(b'\\') => {
                let end = end_of_escaped_string(bytes, at, b'"');
                has_literals |= end.is_some();
                at = end.unwrap_or(at + backslashes_at(bytes, at));
                continue;
            }
            Some(b':' | b',') => has_letters = false,
            Some(b'0'..=b'9') if has_syntax && !has_letters => has_literals = true,
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$') => has_letters = true,
            Some(_) => {}
        }
        at += 1;
    }
}

#[cfg(test)]
#[path = "literals_tests.rs"]
mod tests;
