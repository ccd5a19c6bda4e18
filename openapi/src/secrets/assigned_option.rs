//! A secret behind its name and a space: `--password …`, `login jane password …`, `the password is …`.

use super::assigned_name::{LINKS, name_before, secret_name, tag_length, word_before};
use super::assignment::{hit, is_code, is_password};
use super::drawn::{has_each_kind, is_name_of_words, looks_random};
use super::names::is_secret_name;
use super::shapes::Hit;

/// Words between a name and the value that it is given: `changed the password to …`, `das Passwort auf … gesetzt`.
const NEW_LINKS: &[&str] = &["to", "auf", "à", "en"];

/// Words that stand between a name and such a link, and the most of them with the name.
const VERBS: &[&str] = &[
    "changed",
    "set",
    "updated",
    "was",
    "is",
    "has",
    "been",
    "now",
    "wurde",
    "geändert",
];
const VERBS_MAX: usize = 4;

/// Those of them behind which `reset` is a verb as well; a password reset is sent to somebody.
const AUXILIARIES: &[&str] = &["was", "is", "has", "been", "now", "wurde"];

/// What a verb begins with that says that something was set, beside forms of `set`.
const SETTING: &[&str] = &["chang", "reset", "updat"];

/// Words between a secret's name and whose it is, and the most words that say that.
const OWNER_LINKS: &[&str] = &["for", "of", "von", "de"];
const OWNER_WORDS_MAX: usize = 2;

/// The longest value that a secret had before: `from … to …`.
const OLD_BYTES_MAX: usize = 128;

/// Verbs that say that somebody got it.
const SENDING: &[&str] = &[
    "sent", "send", "sends", "sending", "mailed", "emailed", "copied",
];

/// How far in front of a name a verb is looked for.
const VERB_BYTES_MAX: usize = 64;

/// The longest abbreviation: `Prof.`
const ABBREVIATION_LETTERS_MAX: usize = 4;

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
        "secret_access_key",
        "secret_key",
    ]
    .iter()
    .any(|word| ends_so(word));
    let counts = if is_option {
        is_secret_name(stripped)
    } else if is_likely {
        looks_random(value, 8) && (is_password(stripped) || !is_name_of_words(value))
    } else if LINKS.contains(&stripped) {
        let end = start - text[..start].chars().next_back()?.len_utf8();
        let value = value.trim_end_matches(['.', ',']);
        secret_name(text, name_before(text, end), end)
            .is_some_and(|name| looks_random(value, 8) || is_code(name, value))
    } else if NEW_LINKS.contains(&stripped)
        || (stripped == "from"
            && rest[length..]
                .trim_start_matches(['\'', '"'])
                .starts_with(" to "))
    {
        let value = value.trim_end_matches(['.', ',', '!']);
        changed_name(text, start).is_some_and(|(name, is_noun)| {
            let link = if stripped == "from" { "to" } else { stripped };
            is_new_value(&text[..start], name, is_noun, link, value)
        })
    } else if stripped.eq_ignore_ascii_case("key") {
        secret_name(text, start, at).is_some() && looks_random(value, 16)
    } else {
        // `one-time code 482913`
        let value = value.trim_end_matches(['.', '!', ':']);
        value.bytes().all(|byte| byte.is_ascii_digit())
            && secret_name(text, start, at).is_some_and(|name| {
                // The end of an id may be called so: `…-aa00aaa2fa00`.
                is_code(name, value) && !name.contains(|one: char| one.is_ascii_digit())
            })
    };
    if !counts {
        return None;
    }
    hit(text, from, from + length, "option")
}

/// The secret's name in front of the link that starts at `link`, and whether `reset` between them may be a noun:
/// `password to`, `password was changed to`, `password reset to`.
fn changed_name(text: &str, link: usize) -> Option<(&str, bool)> {
    let end = link - text[..link].chars().next_back()?.len_utf8();
    let mut end = end_before_old(text, end);
    let mut is_noun = false;
    for _ in 0..VERBS_MAX {
        let start = name_before(text, end);
        let word = &text[start..end];
        if is_one_of(AUXILIARIES, word) {
            is_noun = false;
        } else if word.eq_ignore_ascii_case("reset") {
            is_noun = true;
        } else if !is_one_of(VERBS, word) {
            let name = secret_name(text, start, end).or_else(|| name_of_owner(text, start));
            return name.map(|name| (name, is_noun));
        }
        end = start - text[..start].chars().next_back()?.len_utf8();
    }
    None
}

/// Where a text ends without the old value in front of `to`: `password from … to`.
fn end_before_old(text: &str, end: usize) -> usize {
    let least = end.saturating_sub(OLD_BYTES_MAX);
    let least = (least..=end).find(|least| text.is_char_boundary(*least));
    let least = least.unwrap_or(end);
    let front = text[least..end].rsplit_once(' ');
    let front = front.and_then(|(front, _)| front.strip_suffix(" from"));
    front.map_or(end, |front| least + front.len())
}

/// The password's or code's name in front of whose it is: `password for user jane`.
fn name_of_owner(text: &str, mut start: usize) -> Option<&str> {
    for _ in 0..OWNER_WORDS_MAX {
        let end = start.checked_sub(1)?;
        start = word_before(text, start)?;
        if is_one_of(OWNER_LINKS, text.get(start..end)?) {
            let end = start.checked_sub(1)?;
            let name = secret_name(text, word_before(text, start)?, end)?;
            return (is_password(name) || is_code(name, "0000")).then_some(name);
        }
    }
    None
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a secret was given this value. `sent the password to jane42` says who got it, so that a word counts only where
/// a verb says that something was set, or where it could be no name.
fn is_new_value(before: &str, name: &str, is_noun: bool, link: &str, value: &str) -> bool {
    if value.contains(['@', '/']) {
        return false;
    }
    let start = before.len().saturating_sub(VERB_BYTES_MAX);
    let start = (start..=before.len()).find(|start| before.is_char_boundary(*start));
    let clause = clause_of(&before[start.unwrap_or_default()..]);
    let has_word = |is_it: fn(&str) -> bool| {
        let mut words = clause.split(|character: char| !character.is_alphanumeric());
        words.any(is_it)
    };
    let goes_to_somebody = || has_word(|word| is_one_of(SENDING, word));
    let is_set = || has_word(is_setting) && !goes_to_somebody();
    let has_kinds = value.len() >= 8 && has_each_kind(value);
    if is_noun {
        return (is_code(name, value) || (is_password(name) && has_kinds)) && !goes_to_somebody();
    }
    if is_code(name, value) {
        return link != "to" || is_set();
    }
    let is_known_as_set = link == "to" && is_set();
    if is_password(name) {
        has_kinds || (is_known_as_set && looks_random(value, 6))
    } else {
        let is_one_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        is_known_as_set && (has_kinds || (is_one_word && has_digit && looks_random(value, 12)))
    }
}

/// `set`, `resetting`, `Changed`.
fn is_setting(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "set" | "sets" | "setting")
        || SETTING.iter().any(|start| word.starts_with(start))
}

/// What stands behind the last mark that ends a sentence, or a part of one.
fn clause_of(text: &str) -> &str {
    let start = text.char_indices().rev().find(|(position, character)| {
        let ends_word = || text[position + 1..].starts_with(char::is_whitespace);
        match character {
            '\n' | '\r' => true,
            '.' => ends_word() && !is_abbreviated(text, *position),
            '!' | '?' | ';' => ends_word(),
            _ => false,
        }
    });
    start.map_or(text, |(position, _)| &text[position + 1..])
}

/// Whether the dot at `at` ends an abbreviation and no sentence: `Mr. Smith's`, `Acme Inc. password`.
fn is_abbreviated(text: &str, at: usize) -> bool {
    let word = text[..at].rsplit(char::is_whitespace).next();
    let goes_on = || text[at + 1..].trim_start().starts_with(char::is_lowercase);
    word.is_some_and(|word| {
        word.starts_with(char::is_uppercase) && word.len() <= ABBREVIATION_LETTERS_MAX
    }) || goes_on()
}
