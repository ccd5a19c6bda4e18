//! Names of secrets: a property, parameter or header whose name says that its value is one.
//!
//! The names are the table `data/secrets/names.json`. The end of a name decides: `access_token` is a
//! secret, `token_id`, `token_type` and `password_changed_at` are not.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;
use serde_json::Value;

use super::cards::is_code_of_record;
use super::drawn::{is_drawn_code, is_drawn_key, is_drawn_query_key, is_uuid, looks_random};
use crate::words;

/// The most words of a name that are looked at, from its end.
const WORDS_MAX: usize = 12;

/// Longer names are looked at in full at once.
const NAME_LETTERS_LOOKED_AT: usize = 96;

/// The most of a name, from its end, that is cut into words.
const NAME_BYTES_SPLIT: usize = 256;

/// One row of the table.
#[derive(Deserialize)]
struct Row {
    rule: &'static str,
    #[serde(rename = "match")]
    how: How,
    names: Vec<&'static str>,
    reason: &'static str,
}

/// How a name of the table is compared, both in lower case and without anything but letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    /// The name ends so, however it is written: `apiKey`, `x-api-key`, `APIKEY`.
    End,
    /// Its last word is this one; inside another word it says nothing (`spinning`, `opinion`).
    Word,
    /// It is this.
    Whole,
    /// It is this, and stands in the query of a URL.
    Query,
    /// It ends so, and is a header.
    Header,
}

struct Table {
    rows: Vec<Row>,
    exact: HashMap<(How, &'static str), &'static str>,
    /// One of these stands in every name that is a secret's; most names have none.
    needed: Option<AhoCorasick>,
    /// By their last letter.
    ends: HashMap<char, Vec<(&'static str, &'static str)>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Row> =
        serde_json::from_str(include_str!("../../data/secrets/names.json")).unwrap_or_default();
    let mut exact = HashMap::new();
    let mut ends: HashMap<char, Vec<(&'static str, &'static str)>> = HashMap::new();
    for row in &rows {
        for name in &row.names {
            match (row.how, name.chars().last()) {
                (How::End, Some(last)) => ends.entry(last).or_default().push((name, row.rule)),
                _ => {
                    exact.insert((row.how, *name), row.rule);
                }
            }
        }
    }
    let needed = rows
        .iter()
        .flat_map(|row| &row.names)
        .filter(|name| name.is_ascii());
    let needed = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(needed)
        .ok();
    Table {
        rows,
        exact,
        needed,
        ends,
    }
});

/// Numbers below it count, or are flags, as long as no name says more.
pub(crate) const LEAST_SECRET_NUMBER: u64 = 1_000;

/// The least number of 13 digits, as the shortest card's has; a camera's pan has fewer.
const LEAST_CARD_NUMBER: u64 = 1_000_000_000_000;

/// Words behind a secret's name that say which one it is or how it is written, and not what it is:
/// `apiKeyV2`, `db_password_prod`, `privateKeyBase64`. A number behind them says nothing.
#[rustfmt::skip] // a list of words, not of lines
const VARIANTS: &[&str] = &[
    "value", "val", "text", "txt", "plain", "plaintext", "clear", "cleartext", "encrypted", "encoded",
    "base", "b", "hex", "pem", "der", "raw", "string", "str", "data",
    "confirmation", "confirm", "confirmed", "verify", "again", "repeat", "repeated", "retype",
    "v", "ver", "rev", "new", "old", "prev", "previous", "current", "latest", "legacy", "initial",
    "primary", "secondary", "main", "alt", "temp", "tmp", "temporary",
    "prod", "production", "prd", "preprod", "dev", "development", "test", "testing", "stg", "stage",
    "staging", "sandbox", "live", "qa", "uat", "local", "demo", "ci",
];

/// The same behind a password's name, which is written twice: `passwordVerification`. Behind another secret's they
/// say whether it was right.
#[rustfmt::skip] // a list of words, not of lines
const PASSWORD_VARIANTS: &[&str] = &[
    "verification", "conf", "check", "match", "wiederholung", "wiederholen", "bestaetigung", "bestätigung",
    "confirmacion", "confirmación", "confirmacao", "confirmação", "conferma", "herhaling",
];

/// Words in front of `token` that make it a place in a list.
#[rustfmt::skip] // a list of words, not of lines
const PAGE_WORDS: &[&str] = &[
    "next", "page", "continuation", "pagination", "sync", "previous", "prev", "start", "paging",
    "cursor", "resume",
];

/// Words right before `token` that make it a secret, whatever stands in front of them: `previousRefreshToken`.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_TOKEN_WORDS: &[&str] = &[
    "access", "refresh", "api", "auth", "oauth", "session", "bearer", "id", "bot", "user",
];

/// Words in front of a plural that make it a number: `max_tokens`.
#[rustfmt::skip] // a list of words, not of lines
const COUNT_WORDS: &[&str] = &[
    "max", "min", "total", "num", "prompt", "completion", "input", "output", "cached",
    "reasoning", "count", "used", "of", "stop", "n",
];

/// Whether a word is one of a list's, however it is written.
pub(crate) fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The names of all rules, each with its reason.
pub(crate) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.rows.iter().map(|row| (row.rule, row.reason))
}

/// Whether a member of what bears the name of a secret says that the secret changes: an old and a new value,
/// one that is repeated. Then what holds them is no thing.
pub(crate) fn is_of_change(name: &str, value: &Value) -> bool {
    const CHANGES: &[&str] = &["old", "new", "prev", "previous", "next", "again"];
    words_of(name).first().is_some_and(|first| {
        let is_current = first == "current" && value.is_string();
        is_current
            || CHANGES.contains(&first.as_str())
            || first.starts_with("confirm")
            || first.starts_with("repeat")
    }) && is_of_secret(name, value)
}

/// Ends of names that people choose values for as well: Jira's `applicationKeys` hold `jira-software`, a role's key is its
/// name.
const CHOSEN_ENDS: &[&str] = &[
    "applicationkey",
    "rolekey",
    "storagekey",
    "productkey",
    "integrationkey",
];
/// Whether a value under the name of a secret is one that somebody chose to be read: `"roleKey": "project-admin"`.
pub(crate) fn is_chosen(name: &str, value: &str) -> bool {
    let found = || {
        let mut found = words_of(name);
        if let Some(last) = found.last_mut() {
            *last = words::singular(last);
        }
        found
    };
    let joined = || found().concat();
    match rule_of(name) {
        Some("API key" | "cryptographic key" | "license key") => {
            let joined = joined();
            CHOSEN_ENDS.iter().any(|end| joined.ends_with(end))
                && !joined.ends_with("servicerolekey")
                && !is_drawn_key(value)
        }
        Some("card") => {
            is_code_of_record(&found())
                && !(matches!(value.len(), 3 | 4)
                    && value.bytes().all(|byte| byte.is_ascii_digit()))
        }
        Some("authorization") => joined().ends_with("smtpauth") && !looks_random(value, 8),
        _ => false,
    }
}

/// Whether the name says that its member is a secret, and nothing in it was chosen to be read.
pub(crate) fn is_secret_member(name: &str, value: &Value) -> bool {
    let is_chosen_text = |value: &Value| value.as_str().is_some_and(|text| is_chosen(name, text));
    is_secret_name(name)
        && !match value {
            Value::Array(items) => !items.is_empty() && items.iter().all(is_chosen_text),
            value => is_chosen_text(value),
        }
}

/// Whether what stands behind `--` in front of a value names a secret; `--no-password` and `--ask-pass` are switches.
pub(crate) fn is_option_of_secret(name: &str) -> bool {
    let is_switch = name.starts_with("no-") || name.starts_with("ask-");
    !is_switch && is_secret_name(name)
}

/// Whether the name says that its value is a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    rule_of(name).is_some()
}

/// The rule by which the name says that its value is a secret.
pub(crate) fn rule_of(name: &str) -> Option<&'static str> {
    if name.len() < 2 || !may_be_secret(name) {
        return None;
    }
    let mut found = words_of(name);
    if found.len() > WORDS_MAX {
        found.drain(..found.len() - WORDS_MAX);
    }
    let mut is_of_password = false;
    loop {
        let rule =
            rule_of_words(&found).filter(|rule| !is_of_password || rule.starts_with("password"));
        let [_, .., last] = found.as_slice() else {
            return rule;
        };
        let is_password_variant = is_password_variant(last);
        if rule.is_some() || !(is_password_variant || is_variant(last)) {
            return rule;
        }
        is_of_password |= is_password_variant;
        found.pop();
    }
}

fn is_variant(word: &str) -> bool {
    let word = without_number(word);
    word.is_empty() || VARIANTS.contains(&word)
}

fn is_password_variant(word: &str) -> bool {
    PASSWORD_VARIANTS.contains(&without_number(word))
}

fn without_number(word: &str) -> &str {
    word.trim_end_matches(|character: char| character.is_ascii_digit())
}

/// Whether a member of what bears the name of a secret holds one, or a part of one: an old and a new
/// value, one that is repeated. As a flag it says something about a thing.
pub(crate) fn is_of_secret(name: &str, value: &Value) -> bool {
    #[rustfmt::skip] // a list of words, not of lines
    const PARTS: &[&str] = &[
        "value", "val", "old", "new", "prev", "previous", "current", "next", "again", "code", "digit",
        "first", "second", "word", "plain", "plaintext", "clear", "cleartext", "raw", "initial",
        "temp", "tmp", "temporary", "verify", "retype", "reenter", "parameter",
    ];
    let is_part = |word: &String| {
        let word = without_number(word);
        PARTS.contains(&word) || PARTS.contains(&words::singular(word).as_str())
    };
    let found = words_of(name);
    match (found.as_slice(), value) {
        ([], _) | (_, Value::Null | Value::Bool(_)) => false,
        // Of how many one is the current one, a number says.
        ([one], _) if one == "current" => value.is_string(),
        ([first, ..], _) if first.starts_with("confirm") || first.starts_with("repeat") => {
            !describes_a_secret(name)
        }
        // `oldValue`, `plainText`
        ([first, rest @ ..], _) => {
            is_part(first) && rest.iter().all(|word| is_part(word) || word == "text")
        }
    }
}

/// Whether a name speaks of a payment card; a postcard and cardboard are none.
pub(crate) fn names_a_card(name: &str) -> bool {
    words_of(name).iter().any(|word| {
        matches!(
            words::singular(word).as_str(),
            "card"
                | "creditcard"
                | "debitcard"
                | "bankcard"
                | "paymentcard"
                | "cardno"
                | "cardnr"
                | "cardnum"
                | "cardnumber"
                | "cardpan"
        )
    })
}

/// Whether a name says that a number is one to call.
pub(crate) fn names_a_phone(name: &str) -> bool {
    words_of(name).iter().any(|word| {
        matches!(
            words::singular(word).as_str(),
            "phone" | "tel" | "telephone" | "mobile" | "cell" | "fax" | "msisdn" | "whatsapp"
        )
    })
}

/// Whether things bear the name too: a board's pin, a camera's pan, a boarding pass, a payment's
/// authorization.
pub(crate) fn names_a_thing(name: &str) -> bool {
    words_of(name).last().is_some_and(|last| {
        let last = words::singular(last);
        matches!(last.as_str(), "pin" | "pan" | "pass") || last.ends_with("authorization")
    })
}

/// The words of a name; of a long one, those at its end, which decides.
fn words_of(name: &str) -> Vec<String> {
    let start = name.len().saturating_sub(NAME_BYTES_SPLIT);
    words::split(&name[name.ceil_char_boundary(start)..])
}

/// A first look that costs little: whether any name of the table stands in this one.
fn may_be_secret(name: &str) -> bool {
    if !name.is_ascii() {
        return true;
    }
    let mut letters = [0; NAME_LETTERS_LOOKED_AT];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(letter) = letters.get_mut(length) else {
            return true;
        };
        *letter = byte.to_ascii_lowercase();
        length += 1;
    }
    TABLE
        .needed
        .as_ref()
        .is_none_or(|needed| needed.is_match(&letters[..length]))
}

fn rule_of_words(found: &[String]) -> Option<&'static str> {
    let table = &*TABLE;
    let (last, front) = found.split_last()?;
    if let Some(rule) = table.exact.get(&(How::Word, last.as_str())) {
        return Some(rule);
    }
    // `password1`, `password2`.
    let last = without_number(last);
    let head = words::singular(last);
    if head == "token" {
        let is_count = last == "tokens"
            && front
                .last()
                .is_some_and(|front| COUNT_WORDS.contains(&front.as_str()));
        let is_page = front.iter().any(|word| PAGE_WORDS.contains(&word.as_str()))
            && !front
                .last()
                .is_some_and(|front| SECRET_TOKEN_WORDS.contains(&front.as_str()));
        if is_count || is_page {
            return None;
        }
    }
    // `hasPassword`, `is_secret`: whether there is one.
    if front
        .first()
        .is_some_and(|first| matches!(first.as_str(), "has" | "is"))
    {
        return None;
    }
    let mut joined = front.concat();
    joined.push_str(&head);
    let is_place = |end: &&str| joined.ends_with(end);
    // `Postman-Token` tells requests apart.
    if joined == "postmantoken" || ["pagetoken", "nexttoken", "synctoken"].iter().any(is_place) {
        return None;
    }
    let exact = [(How::Word, head.as_str()), (How::Whole, joined.as_str())];
    let exact = exact.iter().find_map(|key| table.exact.get(key).copied());
    let rule = exact.or_else(|| {
        let ends = table.ends.get(&joined.chars().last()?)?;
        let mut ends = ends.iter().filter(|(end, _)| joined.ends_with(end));
        ends.next().map(|(_, rule)| *rule)
    })?;
    let is_public = || {
        let mut words = front.iter().map(String::as_str);
        words.any(|word| matches!(word, "public" | "publishable"))
    };
    (!may_be_public(rule) || !is_public()).then_some(rule)
}

/// Whether what a rule is about is made in pairs, of which one half is for everybody to see.
fn may_be_public(rule: &str) -> bool {
    rule.ends_with("key") || rule.starts_with("token") || rule.starts_with("credential")
}

/// The least whole number that is a secret under this name or below it: of a password any, a card's code from its third
/// digit on, another code from its fourth (a pin of a board has fewer, and so have tests that pass). Whether a password was right may be a number, too.
pub(crate) fn least_secret_number(name: &str) -> Option<u64> {
    match rule_of(name)? {
        _ if words_of(name)
            .last()
            .is_some_and(|last| is_password_variant(last)) =>
        {
            Some(LEAST_SECRET_NUMBER)
        }
        "password, as a word" if names_a_thing(name) => Some(LEAST_SECRET_NUMBER),
        "password" | "password, other languages" | "password, as a word" => Some(0),
        "card, as a word" if names_a_thing(name) => Some(LEAST_CARD_NUMBER),
        "card"
            if words_of(name)
                .last()
                .is_some_and(|last| matches!(last.as_str(), "code" | "value")) =>
        {
            Some(100)
        }
        "card, as a word" | "card, as a whole name" => Some(100),
        _ => Some(LEAST_SECRET_NUMBER),
    }
}

/// Whether a number under this name counts things: `"tokens": 12`.
pub(crate) fn names_a_count(name: &str) -> bool {
    words_of(name)
        .last()
        .is_some_and(|last| words::is_plural(last))
}

/// Whether a property beside or below a secret only describes it: `id`, `type`, `expires_at`.
pub(crate) fn describes_a_secret(name: &str) -> bool {
    #[rustfmt::skip] // a list of words, not of lines
    const DESCRIBING: &[&str] = &[
        "id", "uuid", "type", "kind", "name", "label", "description", "at", "on", "date", "time",
        "expiry", "expires", "expiration", "in", "status", "state", "scope", "permission", "role",
        "algorithm", "alg", "version", "count", "enabled", "active", "url", "uri", "ttl", "prefix",
        "length", "policy", "by", "provider", "issuer", "title", "endpoint", "method", "grant",
        "audience", "realm", "user", "username", "login", "host", "hostname", "port", "domain",
        "region", "format", "mode", "flow", "header", "email", "tenant", "database", "protocol",
        "pattern", "default", "example", "required", "enum", "comment", "hint", "note", "usage",
        "color", "colour", "icon", "position", "display", "currency", "country", "environment",
        "source", "target", "category", "tag", "brand", "last4", "mechanism", "strategy",
    ];
    words_of(name).last().is_some_and(|last| {
        DESCRIBING.contains(&last.as_str()) || DESCRIBING.contains(&words::singular(last).as_str())
    })
}

/// Whether a member of a list of secrets by their names says something about all of them, and is none:
/// `"tokens": {"type": "…", "github": "…"}`.
pub(crate) fn describes_secrets(name: &str) -> bool {
    #[rustfmt::skip] // a list of words, not of lines
    const DESCRIBING: &[&str] = &[
        "id", "uuid", "type", "kind", "status", "state", "name", "label", "title", "description", "url", "uri",
        "policy", "version", "scope", "format",
    ];
    let found = words_of(name);
    match found.as_slice() {
        [one] => DESCRIBING.contains(&one.as_str()) || describes_a_time(one),
        // `issued_at`
        [.., last] if last == "at" => true,
        [first, ..] => describes_a_time(first) && describes_a_secret(name),
        [] => true,
    }
}

fn describes_a_time(word: &str) -> bool {
    ["expir", "creat", "updat", "rotat"]
        .iter()
        .any(|start| word.starts_with(start))
}

/// Whether the name says that a number or text is the id of a thing, which looks like a card's number
/// by chance.
pub(crate) fn is_id_name(name: &str) -> bool {
    let found = words_of(name);
    let Some((last, front)) = found.split_last() else {
        return false;
    };
    let is_of_card = front
        .iter()
        .any(|word| matches!(word.as_str(), "card" | "pan" | "credit" | "debit"));
    !is_of_card
        && match words::singular(last).as_str() {
            "id" | "uuid" | "reference" | "ref" | "timestamp" | "time" | "us" | "ms" | "ns"
            | "at" | "imei" | "iccid" | "serial" | "sku" | "ean" | "gtin" | "snowflake"
            | "version" => true,
            "number" | "no" | "code" => front.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "tracking"
                        | "order"
                        | "invoice"
                        | "serial"
                        | "ticket"
                        | "customer"
                        | "batch"
                        | "parcel"
                        | "shipment"
                        | "case"
                )
            }),
            _ => false,
        }
}

/// Query parameters that sign a URL or carry a login through it; some only where their value looks
/// drawn and not chosen.
pub(crate) fn is_query_secret(name: &str, value: &str) -> bool {
    let is_called = |known: &str| name.eq_ignore_ascii_case(known);
    rule_in_query(name).is_some_and(|rule| may_hold_secret(name, rule, value))
        || (is_called("code") && is_drawn_code(value))
        || (is_called("key") && is_drawn_query_key(value))
}

/// Whether the value may be a secret where a query parameter's name is one's that others have too.
fn may_hold_secret(name: &str, rule: &str, value: &str) -> bool {
    const FLAGS: &[&str] = &["true", "false", "yes", "no", "on", "off", "0", "1"];
    if name.eq_ignore_ascii_case("ticket") {
        // CAS protocol, section 3.
        return ["ST-", "TGT-", "PT-", "PGT-", "PGTIOU-"]
            .iter()
            .any(|start| value.starts_with(start))
            || is_drawn_code(value)
            || is_uuid(value);
    }
    // `includeSignature=yes`, `time_signature=4/4`
    let is_said = rule == "signature" && FLAGS.contains(&value);
    let may_sign = rule != "signature"
        || rule_in_whole_query(name).is_some()
        || looks_random(value, SIGNATURE_BYTES_MIN);
    !is_said && may_sign && !is_chosen(name, value)
}

/// The shortest signature under a name that only ends as one's does.
pub(super) const SIGNATURE_BYTES_MIN: usize = 8;

/// The rule by which a query parameter is a secret.
pub(crate) fn rule_in_query(name: &str) -> Option<&'static str> {
    rule_of(name).or_else(|| {
        let ends_so = || words_of(name).concat().ends_with("signature");
        rule_in_whole_query(name).or_else(|| ends_so().then_some("signature"))
    })
}

fn rule_in_whole_query(name: &str) -> Option<&'static str> {
    let joined: String = words_of(name).concat();
    TABLE.exact.get(&(How::Query, joined.as_str())).copied()
}

/// The rule by which a header is a secret: the names of secrets, and signatures.
pub(crate) fn rule_in_headers(name: &str) -> Option<&'static str> {
    rule_of(name).or_else(|| {
        let joined: String = words_of(name).concat();
        TABLE
            .rows
            .iter()
            .find(|row| row.how == How::Header && row.names.iter().any(|end| joined.ends_with(end)))
            .map(|row| row.rule)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = include_str!("../../data/secrets/names.json")
            .matches("\"rule\"")
            .count();
        assert_eq!(TABLE.rows.len(), rows);
        assert!(TABLE.rows.iter().all(|row| !row.reason.is_empty()));
    }
}
