//! Passwords that SQL gives to somebody: `IDENTIFIED BY '…'`.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::drawn::{is_uuid, looks_random};
use super::hit::{Hit, hit};
use super::names::is_one_of;

/// The rule's name, which the table of shapes has.
pub(super) const RULE: &str = "password in SQL";

/// The groups of [`GIVEN`] that hold a password: quoted, quoted in a quoted text, without quotes, and the one before.
const PASSWORDS: &[&str] = &["single", "double", "escaped", "bare", "old"];

/// How far in front of a password its statement begins.
const STATEMENT_BYTES_MAX: usize = 400;

/// The shortest password that looks drawn.
const DRAWN_BYTES_MIN: usize = 6;

static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let given = Regex::new(concat!(
        r"(?i)\b(?:(?P<word>identified)\s{1,20}(?:by|(?:with|via)\s{1,20}(?P<method>\S{1,60})\s{1,20}(?:by|as|using))",
        // The next method of ClickHouse.
        r"|[a-z0-9_]{1,30}_(?:password|hash)\s{1,20}by)",
        r"\s{1,20}(?:(?:password|values)[\s(]{1,20})?",
        r#"(?:[en]?'(?P<single>(?:[^'\n]|'')+)|"(?P<double>[^"\n]+)|\\{1,3}["'](?P<escaped>[^"'\\\n]+)|(?P<bare>[a-z0-9][^\s"',;()\\]{2,}))"#,
        r#"(?:\\{0,3}["']?\s{1,20}replace\s{1,20}\\{0,3}["']?(?P<old>[^\s"';\\]+))?"#,
    ));
    given.ok()
});

/// What stands in front of `identified by` where it is SQL, however it is written.
static STATEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let statement = Regex::new(concat!(
        r"(?is)\b(?:(?:create|alter)\s{1,20}(?:or\s{1,20}replace\s{1,20})?",
        r"(?:user|role|(?:shared\s{1,20}|public\s{1,20}){0,2}database\s{1,20}link|pluggable\s{1,20}database)\s{1,20}\S",
        r"|grant\s{1,20}(?:.*\bon\b.*|(?:connect|resource|dba|create\s{1,20}session)\s*(?:,.*)?)\bto\b",
        r"|set\s{1,20}role\s{1,20}\S+(?:\s*,\s*\S+)*(?:\s{1,20}identified\b.*)?\s*\z",
        r"|administer\s{1,20}key\s{1,20}management\b",
        r"|alter\s{1,20}system\s{1,20}set\s{1,20}encryption\s{1,20}(?:wallet|key)\b",
        r"|set\s{1,20}(?:encryption(?:\s{1,20}on)?|decryption)\s*\z",
        r"|(?:create|alter)\s{1,20}table\b.*\bencrypt\b)",
    ));
    statement.ok()
});

const GRANT: &str = "GRANT";

/// A right that is given in capitals to somebody whom that makes: no more than names stand behind `TO`. What somebody failed
/// `to` grant is prose.
static GRANTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let granted = r"(?s)\A\s.*\sTO\s+\S+(?:\s*,\s*\S+)*\s*\z";
    Regex::new(granted).ok()
});

pub(super) fn find(text: &str, hits: &mut Vec<Hit>) {
    // Most texts need no search.
    let may_give = text.contains("DENTIFIED") || text.contains("dentified");
    let Some(given) = GIVEN.as_ref().filter(|_| may_give) else {
        return;
    };
    let mut start = 0;
    while let Some(captures) = given.captures_at(text, start) {
        let Some(whole) = captures.get(0) else { return };
        if gives_password(&captures, &text[..whole.start()]) {
            start = whole.end();
            let passwords = PASSWORDS.iter().filter_map(|group| captures.name(group));
            hits.extend(passwords.filter_map(|found| hit(text, found.start(), found.end(), RULE)));
        } else {
            // What is quoted in prose may be a statement.
            start = whole.start() + 1;
        }
    }
}

/// Whether these words give a password. Prose has them in small letters: `an order identified by 'A-4711'`.
fn gives_password(captures: &Captures<'_>, before: &str) -> bool {
    let group = |name: &str| captures.name(name).map(|found| found.as_str());
    let is_capital = group("word") == Some("IDENTIFIED");
    let least = before.len().saturating_sub(STATEMENT_BYTES_MAX);
    let near = &before[before.ceil_char_boundary(least)..];
    let Some(bare) = group("bare") else {
        let is_method = group("method").is_some_and(|method| {
            let method = method
                .trim_matches(['"', '\'', '`', '\\'])
                .to_ascii_lowercase();
            method.ends_with("_password") || method.ends_with("_hash")
        });
        // Prose may be in capitals as a whole.
        let stands_out = || {
            let mut quoted = ["single", "double", "escaped"]
                .iter()
                .filter_map(|one| group(one));
            near.trim().is_empty()
                || is_granted(near)
                || near.bytes().any(|byte| byte.is_ascii_lowercase())
                || quoted.any(|value| looks_random(value, DRAWN_BYTES_MIN))
        };
        return is_method || is_in_statement(near) || (is_capital && stands_out());
    };
    let word = bare.trim_end_matches(|last: char| !last.is_alphanumeric());
    (is_capital || (looks_random(word, 4) && !is_uuid(word) && !is_address(word)))
        && !is_one_of(&["random", "password", "values"], bare)
        && is_in_statement(near)
}

fn is_granted(near: &str) -> bool {
    let Some(granted) = GRANTED.as_ref() else {
        return false;
    };
    near.match_indices(GRANT).any(|(at, _)| {
        let front = near[..at]
            .split_whitespace()
            .next_back()
            .unwrap_or_default();
        let is_word =
            near[..at].is_empty() || near[..at].ends_with(|one: char| !one.is_alphanumeric());
        is_word && !matches!(front, "TO" | "NOT") && granted.is_match(&near[at + GRANT.len()..])
    })
}

/// `jane42@example.com`, `users/42`, `urn:…`, `auth0|…`, and not `p@ssw0rd9`.
fn is_address(word: &str) -> bool {
    if word.contains(['/', ':', '|', '=']) {
        return true;
    }
    let host = word.split_once('@').map(|(_, host)| host);
    let last = host.and_then(|host| host.rsplit_once('.'));
    last.is_some_and(|(_, last)| last.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

fn is_in_statement(near: &str) -> bool {
    let statement = near.rsplit(';').next().unwrap_or(near);
    STATEMENT
        .as_ref()
        .is_some_and(|begins| begins.is_match(statement))
}
