//! A secret behind its name and a space: `--password …`, `login jane password …`, `the password is …`.

use super::assigned_name::{LINKS, name_before, secret_name, tag_length};
use super::assignment::{hit, is_code, is_password};
use super::drawn::{has_each_kind, looks_random};
use super::names::is_secret_name;
use super::shapes::Hit;

/// Words between a name and the value that it is given: `changed the password to …`, `das Passwort auf … gesetzt`.
const NEW_LINKS: &[&str] = &["to", "auf", "à", "en"];

/// Words that stand between a name and such a link, and the most of them with the name.
const VERBS: &[&str] = &[
    "changed", "set", "updated", "was", "is", "has", "been", "now", "wurde",
];
const VERBS_MAX: usize = 4;

/// Those of them behind which `reset` is a verb as well; a password reset is sent to somebody.
const AUXILIARIES: &[&str] = &["was", "is", "has", "been", "now", "wurde"];

/// How far in front of a name a verb is looked for.
const VERB_BYTES_MAX: usize = 64;

/// `--password …`, `login jane password …`: a value after a space must look like no word.
pub(super) fn option(text: &str, at: usize) -> Option<Hit> {
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
    } else if NEW_LINKS.contains(&stripped) {
        let value = value.trim_end_matches(['.', ',', '!']);
        changed_name(text, start)
            .is_some_and(|name| is_new_value(&text[..start], name, stripped, value))
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

/// The secret's name in front of the link that starts at `link`: `password to`, `password was changed to`.
fn changed_name(text: &str, link: usize) -> Option<&str> {
    let mut end = link - text[..link].chars().next_back()?.len_utf8();
    let is_one_of = |words: &[&str], word: &str| {
        let mut words = words.iter();
        words.any(|verb| word.eq_ignore_ascii_case(verb))
    };
    let mut needs_auxiliary = false;
    for _ in 0..VERBS_MAX {
        let start = name_before(text, end);
        let word = &text[start..end];
        if is_one_of(AUXILIARIES, word) {
            needs_auxiliary = false;
        } else if word.eq_ignore_ascii_case("reset") {
            needs_auxiliary = true;
        } else if !is_one_of(VERBS, word) {
            return (!needs_auxiliary)
                .then(|| secret_name(text, start, end))
                .flatten();
        }
        end = start - text[..start].chars().next_back()?.len_utf8();
    }
    None
}

/// Whether a secret was given this value. `sent the password to jane42` says who got it, so that a word counts only where
/// a verb says that something was set, or where it could be no name.
fn is_new_value(before: &str, name: &str, link: &str, value: &str) -> bool {
    if value.contains(['@', '/']) {
        return false;
    }
    let is_set = || {
        let start = before.len().saturating_sub(VERB_BYTES_MAX);
        let start = (start..=before.len()).find(|start| before.is_char_boundary(*start));
        let clause = clause_of(&before[start.unwrap_or_default()..]).to_ascii_lowercase();
        let has_one_of = |words: &[&str]| words.iter().any(|word| clause.contains(word));
        has_one_of(&["set ", "chang", "reset", "updat"])
            && !has_one_of(&["sent", "send", "mail", "copied"])
    };
    if is_code(name, value) {
        return link != "to" || is_set();
    }
    let is_known_as_set = link == "to" && is_set();
    let has_kinds = value.len() >= 8 && has_each_kind(value);
    if is_password(name) {
        has_kinds || (is_known_as_set && looks_random(value, 6))
    } else {
        let is_one_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        is_known_as_set && (has_kinds || (is_one_word && has_digit && looks_random(value, 12)))
    }
}

/// What stands behind the last mark that ends a sentence, or a part of one.
fn clause_of(text: &str) -> &str {
    let start = text.char_indices().rev().find(|(position, character)| {
        let ends_word = || text[position + 1..].starts_with(char::is_whitespace);
        match character {
            '\n' | '\r' => true,
            '.' | '!' | '?' | ';' => ends_word(),
            _ => false,
        }
    });
    start.map_or(text, |(position, _)| &text[position + 1..])
}
