//! Credentials that a text writes out: arguments of a GraphQL call (`login(password: "…")`), defaults of its
//! variables, pieces of JSON in a log's line, and tokens that stand anywhere.

use std::ops::Range;

use daybook_event::REDACTED;
use memchr::{memchr_iter, memmem};

use super::names::says_secret;
use super::shapes::{is_jwt, looks_drawn};
use super::{REMOVED_IN_LINK, finish};

/// Longer names are not looked at.
const NAME_BYTES_MAX: usize = 256;
/// A shorter word behind `Bearer` or `Basic` is one of a sentence.
const CREDENTIAL_BYTES_MIN: usize = 8;

/// A text without the JWTs in it; none where there are none.
pub(super) fn remove_tokens(text: &str) -> Option<String> {
    let mut cleaned = String::new();
    let mut copied = 0;
    for start in memmem::find_iter(text.as_bytes(), b"eyJ") {
        let before = start.checked_sub(1).map(|before| text.as_bytes()[before]);
        if start < copied || before.is_some_and(is_token_byte) {
            continue;
        }
        let rest = &text.as_bytes()[start..];
        let length = rest.iter().position(|byte| !is_token_byte(*byte));
        let end = start + length.unwrap_or(rest.len());
        if is_jwt(&text[start..end]) {
            cleaned.push_str(&text[copied..start]);
            cleaned.push_str(match before {
                Some(b'?' | b'&' | b'#' | b';' | b'/' | b'=') => REMOVED_IN_LINK,
                _ => REDACTED,
            });
            copied = end;
        }
    }
    finish(text, cleaned, copied)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// A text without the literals behind names that say secret, `name: "…"`; none where there are none.
///
/// Numbers only count in GraphQL: in a sentence, `tokens: 7` is how many there are. Without quotes a
/// header's value counts (`Authorization: Bearer …`) and, behind a blank, what a machine drew: what follows a
/// colon at once may be the rest of an id (`urn:acme:token:01J9…`).
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
        let name = name_before(&text[copied..colon]);
        if !says_secret(name) {
            continue;
        }
        if let Some(literal) = literals.at(colon + 1, name) {
            cleaned.push_str(&text[copied..literal.start]);
            // As many as its own quotes have, so that what it stands in stays what it is.
            let backslashes = backslashes_at(text.as_bytes(), literal.start);
            let quote = format!("{}\"", &text[literal.start..literal.start + backslashes]);
            cleaned.extend([quote.as_str(), REDACTED, quote.as_str()]);
            copied = literal.end;
        }
    }
    finish(text, cleaned, copied)
}

/// <https://spec.graphql.org/October2021/#sec-Executable-Definitions>
fn is_graphql(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |word: &str| text.starts_with(word);
    ["{", "mutation", "query", "subscription", "fragment", "#"]
        .into_iter()
        .any(begins)
}

/// The name at the end of a text, in quotes or without.
fn name_before(text: &str) -> &str {
    let text = text.trim_end();
    let text = text.strip_suffix('"').unwrap_or(text);
    let text = text.trim_end_matches('\\');
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let letters = text.bytes().rev().take(NAME_BYTES_MAX + 1);
    let length = letters.take_while(is_name).count();
    if length > NAME_BYTES_MAX {
        return "";
    }
    &text[text.len() - length..]
}

struct Literals<'a> {
    text: &'a str,
    is_graphql: bool,
    /// How many bytes were looked at in vain.
    wasted: usize,
}

impl Literals<'_> {
    /// Where the literal behind a colon stands, be it a variable's default (`: String! = "…"`) or not.
    fn at(&mut self, at: usize, name: &str) -> Option<Range<usize>> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let start = behind_blanks(bytes, at);
        let drawn = || {
            let is_word = start > at;
            end_of_unquoted(text, start, name, is_word).map(|end| start..end)
        };
        match bytes.get(start)? {
            b'"' => Some(start..end_of_string(text, start)),
            b'\\' => end_of_escaped_string(bytes, start).map(|end| start..end),
            b'[' => self.list(start),
            b'0'..=b'9' | b'-' if self.is_graphql => {
                let end = end_of_number(bytes, start);
                let is_alone = !bytes.get(end).copied().is_some_and(is_token_byte);
                if is_alone { Some(start..end) } else { drawn() }
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'_' if self.is_graphql => {
                let rest = bytes[start..].iter().take(NAME_BYTES_MAX);
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let length = rest.take_while(|byte| is_name(byte)).count();
                self.default_behind(start + length).or_else(drawn)
            }
            _ => drawn(),
        }
    }

    fn list(&mut self, start: usize) -> Option<Range<usize>> {
        // A text whose lists are looked through again and again goes from there on.
        if self.wasted > self.text.len() {
            return Some(start..self.text.len());
        }
        let (end, is_list) = end_of_list(self.text, start, self.is_graphql);
        if is_list {
            return Some(start..end);
        }
        self.wasted += end - start;
        // In GraphQL it is the type of a variable, which may have a default.
        let is_type = self.is_graphql && self.text.as_bytes()[start..end].ends_with(b"]");
        if is_type {
            self.default_behind(end)
        } else {
            None
        }
    }

    /// The default of a variable whose type ends at this place, but for its `!`.
    fn default_behind(&self, type_end: usize) -> Option<Range<usize>> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let is_required = usize::from(bytes.get(type_end) == Some(&b'!'));
        let equals = behind_blanks(bytes, type_end + is_required);
        if bytes.get(equals) != Some(&b'=') {
            return None;
        }
        let start = behind_blanks(bytes, equals + 1);
        let end = match bytes.get(start)? {
            b'"' => end_of_string(text, start),
            b'[' => end_of_list(text, start, true).0,
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

/// Behind what stands here without quotes, where it is what an `Authorization` header has, or a word that a
/// machine drew.
fn end_of_unquoted(text: &str, start: usize, name: &str, is_word: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let word_end = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_value_byte(*byte));
        from + length.unwrap_or(rest.len())
    };
    let end = word_end(start);
    // Its bytes are of ASCII.
    let word = text.get(start..end)?;
    let is_scheme = word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic");
    let is_header = name.eq_ignore_ascii_case("authorization");
    if !is_scheme && !is_header {
        return (is_word && looks_drawn(word)).then_some(end);
    }
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let blanks = bytes[end..].iter().take_while(is_blank).count();
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
    letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '\\' | '<')
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
fn end_of_escaped_string(bytes: &[u8], start: usize) -> Option<usize> {
    let backslashes = backslashes_at(bytes, start);
    let mut at = start + backslashes;
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut before = 0;
    loop {
        at += 1;
        match bytes.get(at) {
            None => return Some(bytes.len()),
            Some(b'\\') => before += 1,
            // One that is escaped once more stands in the string.
            Some(b'"') if before <= backslashes => return Some(at + 1),
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
fn end_of_string(text: &str, start: usize) -> usize {
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
/// is none, where that is seen. A list has strings, or numbers where those count.
fn end_of_list(text: &str, start: usize, numbers_count: bool) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    let (mut has_literals, mut has_letters) = (false, false);
    loop {
        match bytes.get(at) {
            None => return (bytes.len(), has_literals),
            Some(b']') => return (at + 1, has_literals),
            Some(b'"') => {
                has_literals = true;
                at = end_of_string(text, at);
            }
            Some(b'\\') => {
                let end = end_of_escaped_string(bytes, at);
                has_literals |= end.is_some();
                at = end.unwrap_or(at + backslashes_at(bytes, at));
            }
            Some(b'0'..=b'9') if numbers_count && !has_letters => {
                has_literals = true;
                at += 1;
            }
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_') => {
                has_letters = true;
                at += 1;
            }
            Some(b'[' | b'{' | b':' | b'$') => return (at, false),
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::credentials::tests::in_one_go;

    #[test]
    fn what_a_call_writes_out_is_removed() {
        for (before, after) in [
            (
                r#"mutation { login(email: "a@b.c", password: "x\"y") { token } }"#,
                r#"mutation { login(email: "a@b.c", password: "[redacted]") { token } }"#,
            ),
            (
                r#"mutation { a(input: {apiKey:"x", name: "n"}, pin : 1234) }"#,
                r#"mutation { a(input: {apiKey:"[redacted]", name: "n"}, pin : "[redacted]") }"#,
            ),
            (
                r#"query($password: String! = "x", $token: ID!) { a }"#,
                r#"query($password: String! = "[redacted]", $token: ID!) { a }"#,
            ),
            (
                r#"query($tokens: [String!]! = ["x"], $pin: Int = 1234, $secrets: [Int!]=[1, 2]) { a }"#,
                r#"query($tokens: [String!]! = "[redacted]", $pin: Int = "[redacted]", $secrets: [Int!]="[redacted]") { a }"#,
            ),
            (
                "{ a(secret: \"\"\"two\n\\\"\"\" lines\"\"\", tokens: [\"a\", \"]\"]) }",
                "{ a(secret: \"[redacted]\", tokens: \"[redacted]\") }",
            ),
            (
                r#"sent {"password": "x", "n": 1} to it"#,
                r#"sent {"password": "[redacted]", "n": 1} to it"#,
            ),
            (r#"password: "cut off"#, r#"password: "[redacted]""#),
            (
                r#"{\"password\": \"x\\\"y\", \"n\": 1}"#,
                r#"{\"password\": \"[redacted]\", \"n\": 1}"#,
            ),
            (
                "x-api-key: 9f86d081884c7d659a2f, a",
                "x-api-key: \"[redacted]\", a",
            ),
            (
                "Authorization: Basic dXNlcjpwYXNz\nAccept: a",
                "Authorization: \"[redacted]\"\nAccept: a",
            ),
        ] {
            assert_eq!(remove_literals(before).as_deref(), Some(after), "{before}");
        }
        for text in [
            "mutation($passwords: [String!]!) { a(b: $passwords) }",
            "mutation($password: String!) { login(password: $password) { token { id } } }",
            "The password: never written down. tokens: 1500",
            "Authorization: Bearer of news. Password: Basic ingredients",
            "ghcr.io/acme/token-service:3f9c2a1b4d5e6f7081923344",
            "urn:acme:token:01J9ZQ6T9M4K7W3N5B8C2D1EFG",
            "token: [see page two",
            "password: [reset it](url)",
            "Secrets: basic training.",
            r#"{ order(name: "x", token_id: "t1") { id } }"#,
            "password:",
            ": \"x\"",
            "token: [",
            "",
        ] {
            assert_eq!(remove_literals(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_removed_wherever_it_stands() {
        const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        for (before, after) in [
            (
                format!("https://a.example/?{JWT}"),
                "https://a.example/?%5Bredacted%5D",
            ),
            (
                format!("/a?b=1&{JWT}&c=2#{JWT}"),
                "/a?b=1&%5Bredacted%5D&c=2#%5Bredacted%5D",
            ),
            (
                format!("it was {JWT}, he said"),
                "it was [redacted], he said",
            ),
            (format!("<t>{JWT}</t>"), "<t>[redacted]</t>"),
        ] {
            assert_eq!(remove_tokens(&before).as_deref(), Some(after), "{before}");
        }
        for text in ["eyJ", "a?eyJhIjoxfQ", "heyJo.h.n", "eyJ.x"] {
            assert_eq!(remove_tokens(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(password|token|é|eyJ|[\"\\\\:=\\[\\](){}. a1!-]){0,30}") {
            let _ = remove_literals(&text);
            let _ = remove_tokens(&text);
        }
    }

    #[test]
    fn a_long_text_is_cleaned_in_one_go() {
        for unit in [
            ":",
            " :",
            ": ",
            "pw:",
            "pw: ",
            "token:a/",
            "token: a",
            "token:[\\",
            ":[",
            ":[\"",
            "token:[\"",
            "token:[\"\\\"",
            "token:\\\"",
            "token:\\",
            "token:[a",
            "token:Bearer ",
            "authorization:a ",
            "authorization: a:",
            "{token:[a]=[",
            "a:\"",
            "eyJ",
            "eyJ.",
            ":A",
            "x:a=",
        ] {
            let text = unit.repeat(500_000 / unit.len());
            for text in [format!("{text}]:"), format!("{{{text}")] {
                in_one_go(move || {
                    let _ = remove_literals(&text);
                    let _ = remove_tokens(&text);
                });
            }
        }
    }

    #[test]
    fn a_text_whose_lists_never_end_loses_its_rest() {
        let text = "token:[\"\\\"".repeat(1_000) + ":";
        let cleaned = remove_literals(&text).unwrap();
        assert!(cleaned.len() < 100, "{cleaned}");
    }
}
