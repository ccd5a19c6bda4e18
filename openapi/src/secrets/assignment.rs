//! A name and its value in a text: `password=…`, `"token": "…"`, `?sig=…`, `--api-key …`, `<secret>…`.
//!
//! Read from each separator backwards to the name and forwards to the value, so that the time is that
//! of the text's length: a name is short, and a value that counts is never read again.

use super::assigned_name::{
    LINKS, end_of_name, is_blank, marks_behind, name_before, secret_name, tag_length,
};
use super::assigned_value::{query_value, quote_at, quoted_list, value_end};
use super::names::{is_query_secret, is_secret_name, looks_random, rule_of};
use super::redactor::REDACTED;
use super::shapes::Hit;

/// Words that stand where a value would, and say something about it.
#[rustfmt::skip] // a list of words, not of lines
const SAYINGS: &[&str] = &[
    "required", "optional", "missing", "invalid", "wrong", "expired", "must", "should", "cannot",
    "is", "was", "not", "none", "null", "nil", "true", "false", "undefined", "changed", "reset",
    "updated", "unknown", "empty", "string", "bearer", "basic", "digest", "token", "apikey",
    "negotiate", "yes", "no", "the", "valid", "weak", "strong", "too", "has", "hidden", "secret",
    "password", "redacted", "denied", "failed", "rejected", "revoked", "rotated", "created",
    "deleted", "enabled", "disabled", "granted", "closed", "open", "ok", "accesskey", "apitoken", "str", "text", "number", "object",
    "array", "boolean", "integer", "read", "write", "admin", "list", "manage", "create", "delete",
    "user", "account", "please", "generated", "set", "unset", "see", "from", "in", "for", "with",
    "your", "this", "that", "same", "erforderlich", "abgelaufen", "ungültig", "falsch", "obligatoire", "invalide",
    "obligatoria", "inválida", "caducada",
];

pub(super) fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut position = 0;
    while let Some(found) = bytes[position..]
        .iter()
        .position(|&byte| matches!(byte, b':' | b'=' | b'>' | b' ' | WIDE_FIRST))
    {
        let at = position + found;
        position = at + 1;
        if at < done {
            continue;
        }
        let hit = match bytes[at] {
            b'>' => in_markup(text, at),
            b' ' => option(text, at),
            _ => Separator::at(text, at).and_then(|separator| assigned(text, at, separator)),
        };
        if let Some(hit) = hit {
            done = hit.range.end;
            hits.push(hit);
        }
    }
}

/// What stands between a name and its value.
#[derive(Clone, Copy)]
struct Separator {
    is_equals: bool,
    /// As it is written between Chinese or Japanese words, where no space follows.
    is_wide: bool,
}

/// The first byte of `：` and `＝`, and of few other characters.
const WIDE_FIRST: u8 = 0xef;

impl Separator {
    fn at(text: &str, at: usize) -> Option<Self> {
        let (is_equals, is_wide) = match text.get(at..)?.chars().next()? {
            ':' => (false, false),
            '=' => (true, false),
            '：' => (false, true),
            '＝' => (true, true),
            _ => return None,
        };
        Some(Self { is_equals, is_wide })
    }

    fn length(self) -> usize {
        if self.is_wide { '：'.len_utf8() } else { 1 }
    }
}

fn assigned(text: &str, at: usize, separator: Separator) -> Option<Hit> {
    let bytes = text.as_bytes();
    let Separator { is_equals, is_wide } = separator;
    let end = end_of_name(text, at);
    let start = name_before(text, end);
    let name = text.get(start..end).filter(|name| name.len() > 1)?;
    let before = start.checked_sub(1).map(|before| bytes[before]);
    if !is_equals && before == Some(b':') {
        // A part of a name: `arn:aws:secretsmanager:eu-central-1:…:secret:db`.
        return None;
    }
    let in_query = is_equals && matches!(before, Some(b'?' | b'&' | b';' | b'#'));
    // The value: `=>`, `:=`, `==` and `::` have a second character.
    let mut from = at + separator.length();
    match bytes.get(from) {
        Some(b'>' | b'=') => from += 1,
        Some(b':') if !is_equals => return None,
        Some(b'/') if !is_equals && bytes.get(from + 1) == Some(&b'/') => return None,
        _ => {}
    }
    if in_query {
        let to = from + query_value(text.get(from..)?);
        let value = &text[from..to];
        return is_query_secret(name, value)
            .then(|| hit(text, from, to, "query of a URL"))
            .flatten();
    }
    let secret = secret_name(text, start, end);
    if secret.is_none() && !(is_equals && is_signature(name)) {
        return None;
    }
    // `Cookie:[a=b; c=d]`, as Go prints headers, is no list of quoted texts.
    let starts_value = |rest: &str| {
        rest.starts_with(['"', '\'', '\\'])
            || rest.starts_with(['[', '{']) && quoted_list(rest).is_some()
    };
    if !is_equals && is_cookie(name) && !starts_value(text[from..].trim_start_matches(' ')) {
        let to = text[from..]
            .find(['"', '\n', '\''])
            .map_or(text.len(), |to| from + to);
        return hit(text, from, to, "assignment");
    }
    from += marks_behind(&text[from..]);
    let after_space = is_wide || text[from..].starts_with([' ', '\t']);
    let spaces = text[from..].chars().take(3);
    from += spaces
        .take_while(|one| is_blank(*one) || matches!(one, '\t' | '\n'))
        .map(char::len_utf8)
        .sum::<usize>();
    from += tag_length(&text[from..], "<");
    let quote = quote_at(&text[from..]);
    from += quote.len();
    let rest = &text[from..];
    let is_list = rest.starts_with('[');
    if (is_list || (rest.starts_with('{') && is_password(name)))
        && let Some(length) = quoted_list(rest)
    {
        return hit(text, from, from + length, "assignment");
    }
    let is_of_password = !quote.is_empty() && is_password(name);
    if (is_list && !is_of_password) || ["{", "//", "${"].iter().any(|no| rest.starts_with(no)) {
        return None;
    }
    // What is typed as a secret is not written in Chinese or Japanese. Asked before the value's end is
    // looked for: behind the next name the same text would be read again.
    if is_wide && quote.is_empty() && rest.starts_with(is_of_a_sentence) {
        return None;
    }
    let to = value_end(rest, quote);
    let value = &rest[..to];
    let is_colon_word = !is_equals && quote.is_empty();
    let may_be_said = quote.is_empty() && (after_space || is_colon_word || !is_password(name));
    let is_saying = (may_be_said && is_a_saying(value))
        || (quote.is_empty() && matches!(value, "true" | "false" | "null"))
        || is_a_scheme(value)
        || is_masked(value)
        // "Invalid credentials: nobody of that name" is a sentence.
        || (is_colon_word
            && after_space
            && !is_password(name)
            && value.len() < 20
            && !looks_random(value, 4)
            && !is_code(secret.unwrap_or(name), value));
    let is_short = value.len() < 4 && (quote.is_empty() || value.len() < 2);
    if is_short || is_saying {
        return None;
    }
    hit(text, from, from + to, "assignment")
}

/// A kana, a Chinese character or a Korean syllable.
fn is_of_a_sentence(character: char) -> bool {
    matches!(character, '\u{3005}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn is_password(name: &str) -> bool {
    rule_of(name).is_some_and(|rule| rule.starts_with("password"))
}

/// `PIN: 4711`.
fn is_code(name: &str, value: &str) -> bool {
    let is_number = value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number && rule_of(name).is_some_and(|rule| rule.contains("one-time"))
}

/// A cookie header's value has separators of its own.
fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("cookie") || name.eq_ignore_ascii_case("set-cookie")
}

fn is_signature(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["signature", "hmac", "mac"].iter().any(|end| name == *end) || name.ends_with("signature")
}

fn is_a_saying(value: &str) -> bool {
    let word = value.trim_end_matches(['.', '!', '?', ':', ')']);
    SAYINGS
        .iter()
        .any(|saying| word.eq_ignore_ascii_case(saying))
}

/// `***`, `[FILTERED]`: somebody removed it before.
fn is_masked(value: &str) -> bool {
    let inner = value
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_alphabetic()))
        || value.bytes().all(|byte| byte == b'*')
}

/// In `Authorization: Bearer …` the secret comes later.
fn is_a_scheme(value: &str) -> bool {
    [
        "bearer",
        "basic",
        "digest",
        "token",
        "apikey",
        "negotiate",
        "ntlm",
        "key",
        "bot",
        "ssws",
        "geniekey",
        "accesskey",
        "oauth",
        "aws4-hmac-sha256",
        "hmac",
        "sharedaccesssignature",
    ]
    .iter()
    .any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// `<password>…</password>`, `<wsse:Password Type="…">…<`.
fn in_markup(text: &str, at: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let least = at.saturating_sub(200);
    let open = bytes[least..at]
        .iter()
        .rposition(|byte| matches!(byte, b'<' | b'>'))?
        + least;
    if bytes[open] != b'<' {
        return None;
    }
    let tag = text.get(open + 1..at)?;
    let name = tag.split([' ', '\n', '\t']).next()?;
    if name.starts_with('/') || tag.ends_with('/') || !is_secret_name(name.rsplit(':').next()?) {
        return None;
    }
    let rest = &text[at + 1..];
    let length = rest.find('<').unwrap_or(rest.len());
    hit(text, at + 1, at + 1 + length, "markup")
}

/// `--password …`, `login jane password …`: a value after a space must look like no word.
fn option(text: &str, at: usize) -> Option<Hit> {
    let start = name_before(text, at);
    let name = text.get(start..at).filter(|name| name.len() > 1)?;
    let is_option = name.starts_with("--");
    let stripped = name.trim_start_matches('-');
    let from = at + 1 + tag_length(&text[at + 1..], "<");
    let from = from + usize::from(text[from..].starts_with(['\'', '"']));
    let rest = &text[from..];
    let length = rest
        .find(|character: char| {
            character.is_whitespace() || matches!(character, '\'' | '"' | ',' | ';' | ')' | '<')
        })
        .unwrap_or(rest.len());
    let value = &rest[..length];
    if value.len() < 4 || value.starts_with('-') || value.starts_with("[redacted") {
        return None;
    }
    let ends_so = |word: &str| {
        stripped.len() >= word.len()
            && stripped.is_char_boundary(stripped.len() - word.len())
            && stripped[stripped.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    let is_likely = [
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "authtoken",
        "secret",
        "apikey",
        "api-key",
        "token",
    ]
    .iter()
    .any(|word| ends_so(word));
    let counts = if is_option {
        is_secret_name(stripped)
    } else if is_likely {
        looks_random(value, 8)
    } else if LINKS.contains(&stripped) {
        let end = start - text[..start].chars().next_back()?.len_utf8();
        let value = value.trim_end_matches(['.', ',']);
        secret_name(text, name_before(text, end), end)
            .is_some_and(|name| looks_random(value, 8) || is_code(name, value))
    } else if stripped.eq_ignore_ascii_case("key") {
        secret_name(text, start, at).is_some() && looks_random(value, 16)
    } else {
        false
    };
    if !counts {
        return None;
    }
    hit(text, from, from + length, "option")
}

fn hit(text: &str, from: usize, to: usize, rule: &'static str) -> Option<Hit> {
    let value = text.get(from..to)?;
    (!value.trim().is_empty() && value != REDACTED).then_some(Hit {
        range: from..to,
        rule,
    })
}
