//! A secret behind its name and a space: `--password …`, `login jane password …`, `the password is …`.

use super::assigned_name::{
    LINKS, is_code, is_password, name_before, secret_name, tag_length, word_before,
};
use super::drawn::{has_each_kind, is_name_of_words, looks_random};
use super::hit::{Hit, hit};
use super::names::{is_one_of, is_option_of_secret};

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

/// What a verb begins with that says that something was set.
const SETTING: &[&str] = &["chang", "reset", "updat", "rotat", "replac", "modif"];

/// Verbs that say so and are other words' beginnings, too: `settlement`, `alternative`.
const SETTING_VERBS: &[&str] = &["set", "sets", "setting", "alter", "alters", "altered"];

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

/// Abbreviations whose dot ends no sentence, whatever follows.
const ABBREVIATIONS: &[&str] = &[
    "Mr", "Mrs", "Ms", "Mme", "Dr", "Hr", "Fr", "Sr", "Sra", "Jr", "Prof", "Inc", "Ltd", "Co",
    "Corp", "St", "No", "Nr", "Capt", "Lt", "Gen", "Col", "Sgt", "Rev", "Hon", "Ing",
];

/// Codes of other things begin so as well: a board's pin, an address's pin code, the code of a device.
const THINGS: &[&str] = &["pin", "device"];

/// Words in front of them where somebody has or uses a secret.
const USES: &[&str] = &[
    "the", "a", "with", "my", "your", "his", "her", "der", "die", "den", "mit", "new", "old",
    "entered", "typed", "used", "using", "wrong", "correct",
];

/// Verbs by which a password goes from a place to another.
const MOVING: &[&str] = &[
    "move",
    "moves",
    "moved",
    "moving",
    "migrate",
    "migrates",
    "migrated",
    "migrating",
    "transfers",
    "transferred",
    "transferring",
    "imported",
    "importing",
    "exported",
    "exporting",
    "syncs",
    "synced",
    "syncing",
    "copy",
    "copies",
    "copied",
    "copying",
];

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
        let end = stripped.get(stripped.len().saturating_sub(word.len())..);
        end.is_some_and(|end| end.eq_ignore_ascii_case(word))
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
        is_option_of_secret(stripped)
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
        let is_old = stripped == "from";
        changed_name(text, start).is_some_and(|changed| {
            let has_old = is_old || changed.has_old;
            let link = if is_old { "to" } else { stripped };
            let changed = Changed { has_old, ..changed };
            is_new_value(&changed, link, value)
        })
    } else if stripped.eq_ignore_ascii_case("key") {
        secret_name(text, start, at).is_some() && looks_random(value, 16)
    } else {
        // `one-time code 482913`
        let value = value.trim_end_matches(['.', '!', ':']);
        value.bytes().all(|byte| byte.is_ascii_digit())
            && secret_name(text, start, at).is_some_and(|name| {
                // The end of an id may be called so: `…-aa00aaa2fa00`.
                is_code(name, value)
                    && !name.contains(|one: char| one.is_ascii_digit())
                    && !is_of_thing(text, at - name.len(), name)
            })
    };
    if !counts {
        return None;
    }
    hit(text, from, from + length, "option")
}

/// Whether the name that starts at `start` may be a thing's: `Moved pin 1042`, and not `Typed the pin 4711`. A `PIN` is none.
fn is_of_thing(text: &str, start: usize, name: &str) -> bool {
    if name == "PIN" {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let is_used = || {
        let front = text[..start].strip_suffix(' ');
        front.is_some_and(|front| is_one_of(USES, &front[name_before(front, front.len())..]))
    };
    THINGS.iter().any(|thing| name.starts_with(thing)) && !is_used()
}

/// What a sentence says was changed.
struct Changed<'a> {
    name: &'a str,
    /// What stands in front of the link, without what it was.
    before: &'a str,
    /// `reset` may be a noun: `password reset to`.
    is_noun: bool,
    /// What it was stands between its name and the link: `password from … to`.
    has_old: bool,
}

/// The secret's name in front of the link that starts at `link`: `password to`, `password was changed to`, `password reset to`.
fn changed_name(text: &str, link: usize) -> Option<Changed<'_>> {
    let whole = link - text[..link].chars().next_back()?.len_utf8();
    let mut end = end_before_old(text, whole);
    let before = &text[..end];
    let has_old = end < whole;
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
            return name.map(|name| Changed {
                name,
                before,
                is_noun,
                has_old,
            });
        }
        end = start - text[..start].chars().next_back()?.len_utf8();
    }
    None
}

/// Where a text ends without the old value in front of `to`: `password from … to`.
fn end_before_old(text: &str, end: usize) -> usize {
    let least = text.ceil_char_boundary(end.saturating_sub(OLD_BYTES_MAX));
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

/// Whether a secret was given this value. `sent the password to jane42` says who got it, so that a word counts only where
/// a verb says that something was set, or where it could be no name. Somebody may also move a password from a place to another.
fn is_new_value(changed: &Changed<'_>, link: &str, value: &str) -> bool {
    let Changed { name, before, .. } = *changed;
    if value.contains(['@', '/']) {
        return false;
    }
    let start = before.ceil_char_boundary(before.len().saturating_sub(VERB_BYTES_MAX));
    let clause = clause_of(&before[start..]);
    let has_word = |is_it: fn(&str) -> bool| {
        let mut words = clause.split(|character: char| !character.is_alphanumeric());
        words.any(is_it)
    };
    let goes_to_somebody = || has_word(|word| is_one_of(SENDING, word));
    let is_set = || has_word(is_setting) && !goes_to_somebody();
    let has_kinds = value.len() >= 8 && has_each_kind(value);
    if changed.has_old && has_word(|word| is_one_of(MOVING, word)) && !is_set() {
        return false;
    }
    if changed.is_noun {
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
    let lower = word.to_ascii_lowercase();
    is_one_of(SETTING_VERBS, word) || SETTING.iter().any(|start| lower.starts_with(start))
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
    let is_initial = |word: &str| word.len() == 1 && word.starts_with(char::is_uppercase);
    word.is_some_and(|word| ABBREVIATIONS.contains(&word) || is_initial(word)) || goes_on()
}
