//! Credentials in the links that a text holds: secret parameters in a query or a fragment, and
//! passwords in front of a host. A header repeats the URL of the page or of the call, and a body
//! hands on links that are signed.

use std::borrow::Cow;
use std::ops::Range;

use daybook_event::REDACTED;
use memchr::{memchr, memchr_iter, memmem};

use super::json::{EMBEDDED_MAX, remove_embedded};
use super::literals::{
    end_of_cookies, end_of_escaped_string, end_of_scheme_and_credential, end_of_string,
    ends_quoted, is_cookie, remove_literals, remove_tokens,
};
use super::names::{
    is_session_id, query_name_says_secret, query_name_says_secret_if_drawn, says_secret,
};
use super::shapes::{looks_drawn, looks_like_a_credential};
use super::{BODY_RULES, REMOVED_IN_LINK, finish};

/// Longer names of parameters are not looked at.
const NAME_BYTES_MAX: usize = 256;
/// Longer lists end where a word does.
const LIST_BYTES_MAX: usize = 1_024;
/// More of a session's id is not looked at to know whether a machine drew it.
const SESSION_ID_BYTES_MAX: usize = 256;

/// A text without the secret parameters and passwords of its links; none where there are none.
pub(super) fn remove_from_links(text: &str) -> Option<String> {
    remove_nested(text, 0)
}

/// The same, of a text that stands `nested` texts deep in another.
pub(super) fn remove_nested(text: &str, nested: usize) -> Option<String> {
    let after = |cleaned: Option<String>, remove: &dyn Fn(&str) -> Option<String>| {
        remove(cleaned.as_deref().unwrap_or(text)).or(cleaned)
    };
    let cleaned = remove_passwords(text);
    let cleaned = after(cleaned, &|text| remove_parameters(text, nested));
    let cleaned = after(cleaned, &remove_tokens);
    after(cleaned, &remove_literals)
}

/// A query string or form without the values of secret parameters; none where there are none.
pub(super) fn remove_from_query(query: &str) -> Option<String> {
    let mut is_changed = false;
    let parts: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|part| {
            let cleaned = without_secret(part);
            is_changed |= cleaned.is_some();
            cleaned.map_or(Cow::Borrowed(part), Cow::Owned)
        })
        .collect();
    is_changed.then(|| parts.join("&"))
}

/// One parameter without what is secret of it: its value, or all of it where it is nothing but a token.
fn without_secret(parameter: &str) -> Option<String> {
    let (name, _) = form_urlencoded::parse(parameter.as_bytes()).next()?;
    if looks_like_a_credential(&name) {
        return Some(REMOVED_IN_LINK.to_owned());
    }
    let (name, _) = parameter.split_once('=')?;
    is_secret_parameter(parameter, 0).then(|| format!("{name}={REMOVED_IN_LINK}"))
}

/// Whether a parameter's value is a credential by its shape, or JSON or a link with one in it.
pub(super) fn parameter_is_credential(value: &str) -> bool {
    is_credential(value, 0)
}

fn is_credential(value: &str, nested: usize) -> bool {
    if looks_like_a_credential(value) {
        return true;
    }
    if nested == EMBEDDED_MAX {
        return false;
    }
    value.trim_start().starts_with(['{', '['])
        && matches!(remove_embedded(value, &BODY_RULES, nested + 1), Ok(Some(_)))
        || remove_nested(value, nested + 1).is_some()
}

/// Of one parameter, `name=value`, encoded or not.
fn is_secret_parameter(parameter: &str, nested: usize) -> bool {
    form_urlencoded::parse(parameter.as_bytes())
        .next()
        .is_some_and(|(name, value)| {
            !value.is_empty()
                && value != REDACTED
                && (query_name_says_secret(&name)
                    || query_name_says_secret_if_drawn(&name) && looks_drawn(&value)
                    || is_credential(&value, nested))
        })
}

/// `https://user:password@host`.
fn remove_passwords(text: &str) -> Option<String> {
    memchr(b'@', text.as_bytes())?;
    let mut cleaned = String::new();
    let mut copied = 0;
    for at in memmem::find_iter(text.as_bytes(), b"://") {
        let authority = at + "://".len();
        let user = authority_of(&text[authority..]).rsplit_once('@');
        if let Some((name, password)) = user.and_then(|(user, _)| user.split_once(':'))
            && !matches!(password, "" | REMOVED_IN_LINK)
        {
            let start = authority + name.len() + 1;
            cleaned.push_str(&text[copied..start]);
            cleaned.push_str(REMOVED_IN_LINK);
            copied = start + password.len();
        }
    }
    finish(text, cleaned, copied)
}

/// What stands in front of a link's path. A password may have signs in it that end a link's parameter, where
/// something in front of them is no port.
fn authority_of(rest: &str) -> &str {
    let ends = |letter: char| {
        letter.is_whitespace() || matches!(letter, '"' | '<' | '>' | '/' | '?' | '#')
    };
    let whole = rest.split(ends).next().unwrap_or_default();
    let (front, behind) = whole.split_at(whole.find(ends_value).unwrap_or(whole.len()));
    let has_password = !front.contains('@')
        && match front.split_once(':') {
            Some((_, password)) => password.bytes().any(|byte| !byte.is_ascii_digit()),
            // A user of a Windows domain: `CORP\jane`.
            None => behind.starts_with('\\'),
        };
    if behind.is_empty() || has_password {
        whole
    } else {
        front
    }
}

/// `?name=value`, `&name=value`, `#name=value`, `;name=value`, and `name=value` where a text or a word of it
/// begins so.
fn remove_parameters(text: &str, nested: usize) -> Option<String> {
    let bytes = text.as_bytes();
    let mut cleaned = String::new();
    let mut copied = 0;
    // What is in front of it has been looked at.
    let mut seen = 0;
    for equals in memchr_iter(b'=', bytes) {
        if equals < seen {
            continue;
        }
        let front = &bytes[seen.max(equals.saturating_sub(NAME_BYTES_MAX))..equals];
        let mut is_indexed = false; // `token[0]`
        let name_length = front.iter().rev().position(|byte| {
            is_indexed |= *byte == b']';
            *byte == b'[' && !is_indexed || ends_name(*byte)
        });
        let start = equals - name_length.unwrap_or(front.len());
        seen = equals + 1;
        let before = start.checked_sub(1).map(|before| bytes[before]);
        let is_of_link = matches!(before, Some(b'?' | b'&' | b'#' | b';'));
        let is_word = before.is_none_or(stands_before_word);
        if start == equals || !is_of_link && !is_word {
            continue;
        }
        let name = &text[start..equals];
        let says_secret = says_secret(name);
        let parameter = Parameter {
            before,
            name,
            is_secret_word: is_word && says_secret,
            text,
            value: equals + 1,
        };
        // In a sentence a `code` or a `key` is what it is about, and `sessionId` may be a training's.
        let is_sentence = is_word && (before.is_some() || text.contains(char::is_whitespace));
        let is_secret = says_secret || is_sentence && parameter.is_drawn_session_id();
        if is_sentence && !is_secret {
            continue;
        }
        if is_secret && let Some((quoted, quote)) = parameter.quoted() {
            seen = quoted.end;
            let inside = &text[quoted.start + quote.len()..quoted.end];
            let inside = inside.strip_suffix(quote).unwrap_or(inside);
            if !matches!(inside, "" | REDACTED | REMOVED_IN_LINK) {
                cleaned.push_str(&text[copied..=equals]);
                cleaned.extend([quote, REMOVED_IN_LINK, quote]);
                copied = seen;
            }
            continue;
        }
        let Some(value) = parameter.list().or_else(|| parameter.secret_value(nested)) else {
            continue;
        };
        if matches!(&text[value.clone()], "" | REMOVED_IN_LINK) {
            seen = value.end;
            continue;
        }
        cleaned.push_str(&text[copied..value.start]);
        cleaned.push_str(REMOVED_IN_LINK);
        copied = value.end;
        seen = copied;
    }
    finish(text, cleaned, copied)
}

/// `name=value`, in a link or as a word.
struct Parameter<'a> {
    /// What stands in front of it.
    before: Option<u8>,
    name: &'a str,
    /// It stands in no link, and its name says secret.
    is_secret_word: bool,
    text: &'a str,
    /// Where its value begins.
    value: usize,
}

impl<'a> Parameter<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.value..]
    }

    fn is_drawn_session_id(&self) -> bool {
        if !is_session_id(self.name) {
            return false;
        }
        let rest = self.rest();
        let value = &rest[..rest.floor_char_boundary(SESSION_ID_BYTES_MAX)];
        let value = value.trim_start_matches(['\\', '"', '\'']);
        looks_drawn(value.split(ends_value).next().unwrap_or_default())
    }

    /// Where the value stands that begins with a quote, escaped or not, and the quote with its backslashes; none
    /// where the quote ends what the parameter stands in (`href="/a?token="`).
    fn quoted(&self) -> Option<(Range<usize>, &'a str)> {
        let (text, rest, start) = (self.text, self.rest(), self.value);
        let backslashes = rest.len() - rest.trim_start_matches('\\').len();
        let mark = rest.as_bytes().get(backslashes).copied();
        let mark = mark.filter(|mark| matches!(mark, b'"' | b'\''))?;
        let front = &text.as_bytes()[..self.value - 1 - self.name.len()];
        let behind = &rest.as_bytes()[backslashes + 1..];
        if ends_quoted(front, mark, backslashes, behind) {
            return None;
        }
        let end = match mark {
            _ if backslashes > 0 => end_of_escaped_string(text.as_bytes(), start, mark)?,
            b'"' => end_of_string(text, start),
            _ => {
                let length = rest[1..].find('\'');
                start + length.map_or(rest.len(), |length| length + 2)
            }
        };
        Some((start..end, &rest[..=backslashes]))
    }

    /// What stands in the brackets of a list, as Java prints one (`Authorization=[Bearer …]`).
    fn list(&self) -> Option<Range<usize>> {
        let rest = self.rest();
        if !self.is_secret_word || rest.starts_with(REDACTED) {
            return None;
        }
        let rest = &rest[..rest.floor_char_boundary(LIST_BYTES_MAX)];
        let inside = rest.strip_prefix('[')?;
        let length = inside.find([']', '"', '\n'])?;
        let is_list = match inside.as_bytes()[length..] {
            [b']'] => true,
            [b']', behind, ..] => behind.is_ascii_whitespace() || b",}])".contains(&behind),
            _ => false,
        };
        is_list.then_some(self.value + 1..self.value + 1 + length)
    }

    /// Where the value stands, if it is secret.
    fn secret_value(&self, nested: usize) -> Option<Range<usize>> {
        let (text, rest) = (self.text, self.rest());
        let end = self.end_of_value(|at, letter| {
            letter == '?' && (at > 0 || !self.begins_with_question_mark())
                // A segment's and a bracket's ends where they do.
                || letter == '/' && self.before == Some(b'/')
                || letter == ']' && self.before == Some(b'[')
        });
        if self.is_secret_word {
            if matches!(&rest[..end], "" | REDACTED | REMOVED_IN_LINK) {
                return None;
            }
            if is_cookie(self.name) {
                return Some(self.value..self.value + end_of_cookies(rest, None));
            }
            let scheme = self.value..self.value + end;
            if let Some(end) = end_of_scheme_and_credential(text, scheme, self.name) {
                return Some(self.value..end);
            }
        } else {
            let parameter = &text[self.value - self.name.len() - 1..self.value + end];
            if !is_secret_parameter(parameter, nested) {
                return None;
            }
        }
        // In a query a value may have a question mark in it; behind a path's it begins the query.
        let length = match self.before {
            // A session's id is of one segment, and the path goes on behind it.
            Some(b';') if is_session_id(self.name) => rest[..end].find('/').unwrap_or(end),
            Some(b';' | b'/' | b'[') => end,
            _ => self.end_of_value(|_, _| false),
        };
        Some(self.value..self.value + length)
    }

    /// Whether the value has the question mark that comes first. Behind a path's parameter that begins the query, and
    /// as a word it may stand for what an SQL statement's parameter is.
    fn begins_with_question_mark(&self) -> bool {
        let no_value = |byte: u8| byte.is_ascii_whitespace() || b",);]&#'\"".contains(&byte);
        match self.before {
            Some(b'/') => false,
            Some(b';') => !is_session_id(self.name),
            Some(b'?' | b'&' | b'#') => true,
            _ => matches!(self.rest().as_bytes(), [b'?', behind, ..] if !no_value(*behind)),
        }
    }

    fn end_of_value(&self, ends: impl Fn(usize, char) -> bool) -> usize {
        let rest = self.rest();
        let mut letters = rest.char_indices();
        let ending = letters.find(|(at, letter)| ends_parameter(*letter) || ends(*at, *letter));
        let Some((end, _)) = ending else {
            return rest.len();
        };
        // What escapes the quote behind it belongs to that.
        if rest[end..].starts_with(['"', '\'']) {
            rest[..end].trim_end_matches('\\').len()
        } else {
            end
        }
    }
}

/// What a word begins behind, of a sentence, a path, a log's line or an element.
fn stands_before_word(before: u8) -> bool {
    before.is_ascii_whitespace()
        || matches!(
            before,
            b'\'' | b'"' | b'(' | b'{' | b',' | b'/' | b':' | b'>' | b'['
        )
}

fn ends_name(byte: u8) -> bool {
    matches!(
        byte,
        b'?' | b'&'
            | b'#'
            | b';'
            | b'='
            | b'/'
            | b':'
            | b','
            | b'"'
            | b'\''
            | b'<'
            | b'>'
            | b'('
            | b'{'
    ) || byte.is_ascii_whitespace()
}

fn ends_value(character: char) -> bool {
    ends_parameter(character) || character == '\\'
}

fn ends_parameter(character: char) -> bool {
    matches!(character, '&' | '#' | ';' | '"' | '\'' | '<' | '>') || character.is_whitespace()
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
