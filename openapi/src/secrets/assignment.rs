//! A name and its value in a text: `password=…`, `"token": "…"`, `?sig=…`, `--api-key …`, `<secret>…`.
//!
//! Read from each separator backwards to the name and forwards to the value, so that the time is that
//! of the text's length: a name is short, and a value that counts is never read again.

use std::ops::Range;

use super::assigned_name::{
    end_of_name, is_blank, is_code, is_password, marks_behind, name_before, secret_name, tag_length,
};
use super::assigned_option::option;
use super::assigned_value::{
    blanks_before_value, block_mark_length, end_in_prose, first_quoted_name,
    is_escaped_next_setting, is_explained_value, is_next_setting, query_value, quote_at,
    quoted_list, starts_quoted, value_end, wrapper_length,
};
use super::drawn::looks_random;
use super::hit::{Hit, hit};
use super::names::{
    SIGNATURE_BYTES_MIN, describes_a_secret, is_chosen, is_one_of, is_query_secret, is_secret_name,
    rule_of,
};

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
    let is_equals = separator.is_equals;
    let end = end_of_name(text, at);
    let start = name_before(text, end);
    let name = text.get(start..end).filter(|name| name.len() > 1)?;
    let before = start.checked_sub(1).map(|before| bytes[before]);
    if !is_equals && before == Some(b':') {
        // A part of a name: `arn:aws:secretsmanager:eu-central-1:…:secret:db`.
        return None;
    }
    // `\u0026sig=…`, as JSON may write an ampersand.
    let behind_escape = name.strip_prefix("u0026").filter(|_| before == Some(b'\\'));
    let in_query =
        is_equals && (behind_escape.is_some() || matches!(before, Some(b'?' | b'&' | b';' | b'#')));
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
        return is_query_secret(behind_escape.unwrap_or(name), value)
            .then(|| hit(text, from, to, "query of a URL"))
            .flatten();
    }
    let secret = secret_name(text, start, end).or_else(|| holder(text, start, name));
    if secret.is_none() && !(is_equals && is_signature(name)) {
        return None;
    }
    if !is_equals
        && is_cookie_header(name)
        && is_bare_cookie(text[from..].trim_start_matches(is_blank))
    {
        let to = from + bare_cookie_end(&text[from..]);
        return hit(text, from, to, "assignment");
    }
    from += marks_behind(&text[from..]);
    let is_spaced = text[from..].starts_with(is_blank);
    let line = from;
    from += blanks_before_value(&text[from..]);
    let is_far = text[line..from].chars().nth(1).is_some();
    let block_mark = block_mark_length(&text[from..]);
    if block_mark > 0 {
        from += block_mark;
        from += blanks_before_value(&text[from..]);
    }
    let is_below = text[line..from].contains('\n');
    from += tag_length(&text[from..], "<");
    let named = Named {
        name,
        secret: secret.unwrap_or(name),
        separator,
        is_spaced,
        is_far,
        is_below,
    };
    // `DB_PASSWORD=`, and below it the next setting.
    let is_next = is_below && block_mark == 0 && is_next_setting(&text[from..]);
    if is_next || is_escaped_next_setting(&text[from..]) {
        return None;
    }
    let range = named.value(&text[from..])?;
    // `time_signature=4/4`
    if secret.is_none() && !is_whole_signature(name) {
        let value = &text[from + range.start..from + range.end];
        let is_said = value.len() <= CHOSEN_BYTES_MAX && !looks_random(value, SIGNATURE_BYTES_MIN);
        (!is_said).then_some(())?;
    }
    hit(text, from + range.start, from + range.end, "assignment")
}

/// The name of the call or structure whose value it is: `Token(value=…)`.
fn holder<'a>(text: &'a str, start: usize, name: &str) -> Option<&'a str> {
    let end = start.checked_sub(1)?;
    if !name.eq_ignore_ascii_case("value") || text.as_bytes()[end] != b'(' {
        return None;
    }
    text.get(name_before(text, end)..end)
        .filter(|holder| is_secret_name(holder))
}

/// What is known of a value before it is read.
struct Named<'a> {
    /// The last word of its name.
    name: &'a str,
    /// The words of its name by which it is a secret.
    secret: &'a str,
    separator: Separator,
    /// White space stands in front of it.
    is_spaced: bool,
    /// More of it does than a sentence has.
    is_far: bool,
    /// It stands on a line below its name's.
    is_below: bool,
}

impl Named<'_> {
    /// Where in a text that begins with the value the secret stands, if it is one.
    fn value(&self, text: &str) -> Option<Range<usize>> {
        let Separator { is_equals, is_wide } = self.separator;
        let from = wrapper_length(text);
        let quote = quote_at(&text[from..]);
        let from = from + quote.len();
        let rest = &text[from..];
        if self.may_be_list(rest, quote)
            && let Some(length) = quoted_list(rest)
        {
            return Some(from..from + length);
        }
        let is_of_password = !quote.is_empty() && is_password(self.name);
        if (rest.starts_with('[') && !is_of_password)
            || ["{", "//", "${"].iter().any(|no| rest.starts_with(no))
        {
            return None;
        }
        // What is typed as a secret is not written in Chinese or Japanese. Asked before the value's end is
        // looked for: behind the next name the same text would be read again.
        if is_wide && quote.is_empty() && rest.starts_with(is_of_a_sentence) {
            return None;
        }
        let is_colon_word = !is_equals && quote.is_empty();
        let is_apart = self.is_spaced || self.is_below;
        let to = if is_colon_word && is_apart && is_password(self.secret) {
            end_in_prose(rest)
        } else {
            value_end(rest, quote)
        };
        let value = &rest[..to];
        let is_short = value.len() < 4 && (quote.is_empty() || value.len() < 2);
        let is_no_secret = is_short
            || self.is_said(value, quote)
            // A name of the next lines: `password:`, and below it `  length: 12`.
            || (self.is_below && quote.is_empty() && value.ends_with(':') && !is_explained_value(rest))
            // The next of labels without values: `Password:     Email: …`.
            || (self.is_spaced && self.is_far && quote.is_empty() && is_label(value))
            || (value.len() <= CHOSEN_BYTES_MAX && is_chosen(self.secret, value));
        (!is_no_secret).then_some(from..from + to)
    }

    fn may_be_list(&self, rest: &str, quote: &str) -> bool {
        match rest.bytes().next() {
            Some(b'[') => true,
            Some(b'(') => quote.is_empty(),
            Some(b'{') => is_password(self.name) || self.may_be_cookies(rest),
            _ => false,
        }
    }

    /// Cookies by their names, and not what one is like: `{"domain": "example.com"}`.
    fn may_be_cookies(&self, rest: &str) -> bool {
        rule_of(self.name) == Some("cookie")
            && first_quoted_name(rest).is_some_and(|name| !describes_a_cookie(name))
    }

    /// Whether the value is a word about a secret, or one that somebody removed before.
    fn is_said(&self, value: &str, quote: &str) -> bool {
        let Separator { is_equals, is_wide } = self.separator;
        let is_quoted = !quote.is_empty();
        let is_colon_word = !is_equals && !is_quoted;
        let after_space = is_wide || self.is_spaced;
        let may_be_said = !is_quoted && (after_space || is_colon_word || !is_password(self.name));
        (may_be_said && is_a_saying(value))
            || (!is_quoted && matches!(value, "true" | "false" | "null"))
            || is_a_scheme(value)
            || is_masked(value)
            // "Invalid credentials: nobody of that name" is a sentence.
            || (is_colon_word
                && after_space
                && !is_password(self.name)
                && value.len() < 20
                && !looks_random(value, 4)
                && !is_code(self.secret, value))
    }
}

/// The longest value that may be a name that somebody chose for a key.
const CHOSEN_BYTES_MAX: usize = 256;

/// How far the end of brackets behind a cookie's name is looked for.
const COOKIE_BYTES_MAX: usize = 256;

/// The shortest word in such brackets that may be a session's, or number that is called an id.
const SESSION_BYTES_MIN: usize = 8;

/// The shortest other number that may be one's.
const SESSION_DIGITS_MIN: usize = 12;

/// The longest word without a name that is none.
const BARE_WORD_BYTES_MAX: usize = 16;

/// Whether a cookie's value begins here as headers have it, `a=b; c=d`, in brackets as Go prints it or not.
fn is_bare_cookie(rest: &str) -> bool {
    match rest.bytes().next() {
        Some(b'"' | b'\'' | b'\\') => false,
        Some(b'[' | b'{') => {
            !starts_quoted(rest) && in_brackets(rest).is_none_or(|inner| !tells_no_cookie(inner))
        }
        _ => wrapper_length(rest) == 0,
    }
}

/// Where a cookie's value ends that is bare: at the quote around it or with its line, but not inside its brackets.
fn bare_cookie_end(rest: &str) -> usize {
    let value = rest.trim_start_matches(is_blank);
    let inner = Some(value)
        .filter(|value| value.starts_with(['[', '{']))
        .and_then(in_brackets);
    let closing = rest.len() - value.len() + 1 + inner.map_or(0, str::len);
    let is_closed = inner.is_some() && rest[closing..].starts_with([']', '}']);
    let least = if is_closed { closing } else { 0 };
    rest[least..]
        .find(['"', '\n', '\''])
        .map_or(rest.len(), |to| least + to)
}

/// What stands in the brackets that a text begins with, or of it what stands on their line; none if that is long.
fn in_brackets(rest: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut bytes = rest.bytes().enumerate().take(COOKIE_BYTES_MAX);
    let end = bytes.find(|(_, byte)| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 || *byte == b'\n'
    });
    match end {
        Some((end, _)) => rest.get(1..end),
        None if rest.len() <= COOKIE_BYTES_MAX => rest.get(1..),
        None => None,
    }
}

/// Whether brackets are empty, hold words (what somebody agreed to, or that the cookie was removed) and flags, or say only
/// what the cookie is like: `[analytics, marketing]`, `{ads: false}`, `{HttpOnly: true, SameSite: Strict}`.
fn tells_no_cookie(inner: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'*';
    let is_of_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_drawn = |word: &str| {
        looks_random(word, SESSION_BYTES_MIN)
            || (word.len() >= SESSION_DIGITS_MIN && is_number(word))
    };
    let is_flag = |name: &str, value: &str| {
        let is_id = name.trim_end().to_ascii_lowercase().ends_with("id");
        let least = if is_id {
            SESSION_BYTES_MIN
        } else {
            SESSION_DIGITS_MIN
        };
        is_one_of(&["true", "false", "null", "none", "undefined"], value)
            || (value.len() < least && is_number(value))
    };
    inner.split([',', ';']).map(str::trim).all(|member| {
        let Some((name, value)) = member.split_once([':', '=']) else {
            return member.len() <= BARE_WORD_BYTES_MAX && member.bytes().all(is_letter);
        };
        let mut words = value.split(|character| !is_of_word(character));
        is_flag(name, value.trim())
            || (describes_a_cookie(name.trim()) && !member.contains('=') && !words.any(is_drawn))
    })
}

/// Whether a member says what a cookie is like (RFC 6265, section 5.3).
fn describes_a_cookie(name: &str) -> bool {
    const ATTRIBUTES: &[&str] = &[
        "path", "secure", "httponly", "samesite", "maxage", "max-age",
    ];
    let is_id = name.to_ascii_lowercase().ends_with("id");
    (!is_id && describes_a_secret(name)) || is_one_of(ATTRIBUTES, name)
}

/// A kana, a Chinese character or a Korean syllable.
fn is_of_a_sentence(character: char) -> bool {
    matches!(character, '\u{3005}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// A cookie header's value has separators of its own.
fn is_cookie_header(name: &str) -> bool {
    is_one_of(&["cookie", "set-cookie"], name)
}

fn is_signature(name: &str) -> bool {
    is_whole_signature(name) || name.to_ascii_lowercase().ends_with("signature")
}

fn is_whole_signature(name: &str) -> bool {
    is_one_of(&["signature", "hmac", "mac"], name)
}

/// `Email:`
fn is_label(value: &str) -> bool {
    value.strip_suffix(':').is_some_and(|label| {
        label
            .chars()
            .all(|one| one.is_alphabetic() || matches!(one, '-' | '_'))
    })
}

/// Also where another word stands behind it, as in `string,required`.
fn is_a_saying(value: &str) -> bool {
    // In JSON that was printed with its line breaks escaped, one may stand behind it.
    let value = value.trim_end_matches("\\n").trim_end_matches(',');
    let is_of_words = |byte: u8| byte.is_ascii_lowercase() || b",)".contains(&byte);
    let value = match value.split_once(',') {
        Some((first, rest)) if rest.bytes().all(is_of_words) => first,
        _ => value,
    };
    let word = value.trim_end_matches(['.', '!', '?', ':', ')', '}', ']', ';']);
    is_one_of(SAYINGS, word)
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
    #[rustfmt::skip] // a list of words, not of lines
    const SCHEMES: &[&str] = &[
        "bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm", "key", "bot", "ssws", "geniekey",
        "accesskey", "oauth", "aws4-hmac-sha256", "hmac", "sharedaccesssignature",
    ];
    is_one_of(SCHEMES, value)
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
