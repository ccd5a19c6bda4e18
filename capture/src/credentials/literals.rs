//! Credentials that a text writes out: arguments of a GraphQL call (`login(password: "…")`), defaults of its
//! variables, pieces of JSON in a log's line, and tokens that stand anywhere.

use std::ops::Range;

use daybook_event::REDACTED;
use memchr::{memchr_iter, memmem};

use super::names::says_secret;
use super::shapes::is_jwt;
use super::{REMOVED, REMOVED_IN_LINK, finish};

/// Longer names are not looked at.
const NAME_BYTES_MAX: usize = 256;

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
/// Numbers only count in GraphQL: in a sentence, `tokens: 7` is how many there are.
pub(super) fn remove_literals(text: &str) -> Option<String> {
    let is_graphql = is_graphql(text);
    let mut cleaned = String::new();
    let mut copied = 0;
    for colon in memchr_iter(b':', text.as_bytes()) {
        if colon < copied {
            continue;
        }
        let literal = literal_at(text, colon + 1, is_graphql);
        if let Some(literal) = literal.filter(|_| says_secret(name_before(&text[copied..colon]))) {
            cleaned.push_str(&text[copied..literal.start]);
            cleaned.push_str(REMOVED);
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
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let letters = text.bytes().rev().take(NAME_BYTES_MAX + 1);
    let length = letters.take_while(is_name).count();
    if length > NAME_BYTES_MAX {
        return "";
    }
    &text[text.len() - length..]
}

/// Where the literal behind a colon stands, be it a variable's default (`: String! = "…"`) or not.
fn literal_at(text: &str, at: usize, is_graphql: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = behind_blanks(bytes, at);
    match bytes.get(start)? {
        b'"' => Some(start..end_of_string(text, start)),
        b'[' => end_of_list(text, start).map(|end| start..end),
        b'0'..=b'9' | b'-' if is_graphql => {
            let is_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'.' | b'e' | b'E');
            let length = bytes[start..].iter().position(|byte| !is_number(byte));
            Some(start..start + length.unwrap_or(bytes.len() - start))
        }
        b'A'..=b'Z' | b'a'..=b'z' | b'_' if is_graphql => {
            let is_type =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'!' | b']');
            let rest = &bytes[start..];
            let length = rest
                .iter()
                .take(NAME_BYTES_MAX)
                .position(|byte| !is_type(byte))?;
            let equals = behind_blanks(bytes, start + length);
            let literal = behind_blanks(bytes, equals + 1);
            (bytes.get(equals) == Some(&b'=') && bytes.get(literal) == Some(&b'"'))
                .then(|| literal..end_of_string(text, literal))
        }
        _ => None,
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

/// Behind the bracket that closes a list of literals.
fn end_of_list(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b']' => return Some(at + 1),
            b'"' => at = end_of_string(text, at),
            b'[' | b'{' | b':' | b'$' => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
                "{ a(secret: \"\"\"two\n\\\"\"\" lines\"\"\", tokens: [\"a\", \"]\"]) }",
                "{ a(secret: \"[redacted]\", tokens: \"[redacted]\") }",
            ),
            (
                r#"sent {"password": "x", "n": 1} to it"#,
                r#"sent {"password": "[redacted]", "n": 1} to it"#,
            ),
            (r#"password: "cut off"#, r#"password: "[redacted]""#),
        ] {
            assert_eq!(remove_literals(before).as_deref(), Some(after), "{before}");
        }
        for text in [
            "mutation($password: String!) { login(password: $password) { token { id } } }",
            "The password: never written down. tokens: 1500",
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

    /// Whoever sends a text chooses what it looks like: the work must not grow faster than it does.
    #[test]
    fn a_long_text_is_cleaned_in_one_go() {
        for part in [
            ":",
            " :",
            ": ",
            ":[",
            "token:[\"",
            "a:\"",
            "eyJ",
            "eyJ.",
            ":A",
            "x:a=",
        ] {
            let text = part.repeat(1_000_000 / part.len());
            for text in [text.clone(), format!("{{{text}")] {
                let _ = remove_literals(&text);
                let _ = remove_tokens(&text);
            }
        }
    }
}
