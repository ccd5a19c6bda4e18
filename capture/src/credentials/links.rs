//! Credentials in the links that a text holds: secret parameters in a query or a fragment, and
//! passwords in front of a host. A header repeats the URL of the page or of the call, and a body
//! hands on links that are signed.

use std::borrow::Cow;
use std::ops::Range;

use daybook_event::REDACTED;
use memchr::{memchr, memchr_iter, memmem};

use super::json::{EMBEDDED_MAX, remove_embedded};
use super::literals::{remove_literals, remove_tokens};
use super::names::{
    is_session_id, query_name_says_secret, query_name_says_secret_if_drawn, says_secret,
};
use super::shapes::{looks_drawn, looks_like_a_credential};
use super::{BODY_RULES, REMOVED_IN_LINK, finish};

/// Longer names of parameters are not looked at.
const NAME_BYTES_MAX: usize = 256;
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
        let rest = &text[authority..];
        let end =
            rest.find(|character| ends_parameter(character) || matches!(character, '/' | '?'));
        let user = rest[..end.unwrap_or(rest.len())].rsplit_once('@');
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
        let name_length = front.iter().rev().position(|byte| ends_name(*byte));
        let start = equals - name_length.unwrap_or(front.len());
        seen = equals + 1;
        let before = start.checked_sub(1).map(|before| bytes[before]);
        let is_of_link = before.is_some_and(|before| matches!(before, b'?' | b'&' | b'#' | b';'));
        let is_word = before.is_none_or(|before| {
            before.is_ascii_whitespace() || matches!(before, b'\'' | b'"' | b'(' | b'{' | b',')
        });
        if start == equals || !is_of_link && !is_word {
            continue;
        }
        let (name, rest) = (&text[start..equals], &text[equals + 1..]);
        // In a sentence a `code` or a `key` is what it is about, and `sessionId` may be a training's.
        let is_sentence = is_word && (before.is_some() || text.contains(char::is_whitespace));
        let is_drawn_id = || {
            let value = &rest[..rest.floor_char_boundary(SESSION_ID_BYTES_MAX)];
            let value = value.split(ends_parameter).next().unwrap_or_default();
            looks_drawn(value)
        };
        if is_sentence && !says_secret(name) && !(is_session_id(name) && is_drawn_id()) {
            continue;
        }
        if says_secret(name)
            && let Some(quoted) = quoted(rest)
        {
            cleaned.push_str(&text[copied..equals + 1 + quoted.start]);
            cleaned.push_str(REMOVED_IN_LINK);
            copied = equals + 1 + quoted.end;
            seen = copied;
            continue;
        }
        let end = rest
            .find(|character| ends_parameter(character) || character == '?')
            .unwrap_or(rest.len());
        if !is_secret_parameter(&text[start..=equals + end], nested) {
            continue;
        }
        // In a query a value may have a question mark in it; behind a path's it begins the query.
        let end = match before {
            // A session's id is of one segment, and the path goes on behind it.
            Some(b';') if is_session_id(name) => rest[..end].find('/').unwrap_or(end),
            Some(b';') => end,
            _ => rest.find(ends_parameter).unwrap_or(rest.len()),
        };
        cleaned.push_str(&text[copied..=equals]);
        cleaned.push_str(REMOVED_IN_LINK);
        copied = equals + 1 + end;
        seen = copied;
    }
    finish(text, cleaned, copied)
}

/// Where the text in the quotes stands with which a value begins, escaped or not; none where it is empty.
fn quoted(value: &str) -> Option<Range<usize>> {
    let behind = value.trim_start_matches('\\');
    let backslashes = value.len() - behind.len();
    let quote = behind
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let start = backslashes + 1;
    let ends = |letter: char| letter == quote || backslashes > 0 && letter == '\\';
    let length = value[start..].find(ends);
    let end = start + length.unwrap_or(value.len() - start);
    let is_removed = matches!(&value[start..end], "" | REDACTED | REMOVED_IN_LINK);
    (!is_removed).then_some(start..end)
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

fn ends_parameter(character: char) -> bool {
    matches!(character, '&' | '#' | ';' | '"' | '\'' | '<' | '>') || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::credentials::tests::in_one_go;

    #[test]
    fn links_lose_their_secrets_and_nothing_else() {
        for (before, after) in [
            (
                "https://app.example.com/reset?token=abc&page=2#top",
                "https://app.example.com/reset?token=%5Bredacted%5D&page=2#top",
            ),
            (
                "/cb#access_token=abc&state=x",
                "/cb#access_token=%5Bredacted%5D&state=x",
            ),
            ("/a;jsessionid=0A1B?x=1", "/a;jsessionid=%5Bredacted%5D?x=1"),
            ("/a;jsessionid=0A1B#top", "/a;jsessionid=%5Bredacted%5D#top"),
            (
                "/cb?code=4f2d6a901c3e4b7a&x=1",
                "/cb?code=%5Bredacted%5D&x=1",
            ),
            ("/cb?token=a?b=c&d=1", "/cb?token=%5Bredacted%5D&d=1"),
            (
                "see https://x.example/?api%5Fkey=1 and https://y.example/?q=1",
                "see https://x.example/?api%5Fkey=%5Bredacted%5D and https://y.example/?q=1",
            ),
            (
                "<https://x.example/?sig=ab%2F>; rel=\"next\"",
                "<https://x.example/?sig=%5Bredacted%5D>; rel=\"next\"",
            ),
            (
                "/login?next=https%3A%2F%2Fx.example%2F%3Ftoken%3Dabc&a=1",
                "/login?next=%5Bredacted%5D&a=1",
            ),
            (
                "postgres://app:hunter2@db.internal/x",
                "postgres://app:%5Bredacted%5D@db.internal/x",
            ),
            (
                "https://u:p@h/?sid=1&a=b",
                "https://u:%5Bredacted%5D@h/?sid=%5Bredacted%5D&a=b",
            ),
            ("token=abc&a=1", "token=%5Bredacted%5D&a=1"),
            (
                "https://x.example/?eyJhIjoxfQ.eyJhIjoxfQ.c2ln&a=1",
                "https://x.example/?%5Bredacted%5D&a=1",
            ),
        ] {
            assert_eq!(
                remove_from_links(before).as_deref(),
                Some(after),
                "{before}"
            );
            assert_eq!(remove_from_links(after), None, "{after}");
        }
        for text in [
            "",
            "=",
            "?=&=",
            "https://app.example.com/orders?page=2&sort=-at#lines",
            "https://jane@example.com/",
            "mail jane@example.com: the token = abc",
            "/cb?code=404",
            "/orders?key=name",
            "text/html;q=0.9, */*;q=0.8",
            "a?token=",
            "1+1=2",
            "parcel code=1Z999AA10123456784 sent",
            "Object key=5f2b7c8d9e0a1b2c3d4e.pdf",
            "password=\"[redacted]\"",
            "a password=''",
            "Moved sessionId=training-2026-11-26 to Monday",
        ] {
            assert_eq!(remove_from_links(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[?&#;=:/@% a-cé\u{2028}]{0,80}") {
            let _ = remove_from_links(&text);
        }

        #[test]
        fn a_link_keeps_no_token(
            front in "[a-z/:.?&=#%]{0,30}",
            behind in "[a-z/:.?&=#%]{0,30}",
        ) {
            let cleaned = remove_from_links(&format!("{front}&token=Hunter2&{behind}"));
            prop_assert!(!cleaned.unwrap_or_default().contains("Hunter2"));
        }
    }

    #[test]
    fn a_text_full_of_links_is_cleaned_in_one_go() {
        for unit in [
            "?a",
            "=",
            "?a=",
            "://",
            "&token=x",
            "?a=?",
            "%3Fa%3D",
            "://u:p@",
            " a=",
            ",a=",
            ",sessionid=-",
            "'pw=",
            "'pw=?",
            "token=\\",
            "token=\"",
            "token= ",
        ] {
            let text = unit.repeat(1_000_000 / unit.len());
            in_one_go(move || drop(remove_from_links(&text)));
        }
    }
}
