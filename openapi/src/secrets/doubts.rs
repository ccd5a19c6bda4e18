//! Names that leave in doubt whether a value is a secret, so that a document should say.

use serde_json::Value;

use super::names::is_secret_name;
use crate::words;

/// Last words of names that are a secret's as often as not.
#[rustfmt::skip] // a list of words, not of lines
const DOUBTFUL: &[&str] = &[
    "key", "code", "hash", "signature", "seed", "license", "licence", "salt", "nonce", "session",
    "sid", "assertion", "answer", "certificate", "cert", "pem", "pfx", "keystore", "ssn", "digest",
    "hmac", "sas", "challenge",
];

/// Words before `key` and `code` that say what it is.
#[rustfmt::skip] // a list of words, not of lines
const HARMLESS_FRONTS: &[&str] = &[
    "primary", "foreign", "partition", "sort", "range", "hash", "object", "public", "publishable",
    "idempotency", "cache", "translation", "i18n", "message", "lookup", "unique", "natural",
    "issue", "project", "task", "metric", "tag", "label", "field", "column", "property",
    "attribute", "metadata", "event", "routing", "entity", "resource", "item", "group", "order",
    "index", "map", "row", "sorting", "widget", "template", "setting", "config", "feature", "flag",
    "country", "currency", "language", "lang", "locale", "zip", "postal", "post", "area", "region",
    "state", "province", "city", "airport", "iso", "error", "status", "response", "reason", "http",
    "exit", "product", "color", "colour", "phone", "dial", "calling", "tax", "industry", "category",
    "type", "department", "account", "branch", "bank", "swift", "bic", "unit",
    "promo", "promotion", "coupon", "discount", "voucher", "referral", "campaign", "source", "bar",
    "qr", "short", "plan", "sku", "carrier", "service", "station", "timezone", "failure", "result",
    "commit", "content", "file", "image", "blob", "block", "transaction", "tx", "git", "etag",
    "customer", "vendor", "supplier", "warehouse", "location", "store", "hs", "naics",
    "sic", "mcc", "merchant", "cost", "gl", "entry", "price", "rate", "option", "choice",
    "storage", "s3", "bucket", "external", "internal", "parent", "child", "question",
    "document", "page", "section", "step", "action", "rule", "policy", "role", "scope", "text",
    "hint", "title", "component",
];

/// Names whose values are removed by a guess: they are other things as often.
const GUESSED: &[&str] = &["pin", "pan", "csc", "pass", "auth", "pw"];

/// Words of a description that make a value of any name doubtful.
#[rustfmt::skip] // a list of words, not of lines
const TELLING: &[&str] = &[
    "secret", "password", "passphrase", "credential", "sensitive data", "api key", "private key",
    "access token", "do not share",
];

/// Whether the schema `parts` of a value called `name` leave open whether it is a secret.
pub(super) fn is_in_doubt(name: &str, parts: &[&Value], in_query: bool) -> bool {
    may_be_any_text(parts)
        && (is_doubtful_name(name, in_query) || is_told_by_its_description(name, parts))
}

fn is_doubtful_name(name: &str, in_query: bool) -> bool {
    let split = words::split(name);
    let Some((last, front)) = split.split_last() else {
        return false;
    };
    let last = words::singular(last);
    if is_secret_name(name) {
        return GUESSED.contains(&last.as_str());
    }
    if last == "key" && front.is_empty() && !in_query {
        // In a body, a bare key names its object; in a query it is a login as often.
        return false;
    }
    DOUBTFUL.contains(&last.as_str())
        && !front
            .iter()
            .any(|word| HARMLESS_FRONTS.contains(&words::singular(word).as_str()))
}

fn is_told_by_its_description(name: &str, parts: &[&Value]) -> bool {
    if is_secret_name(name) || super::names::describes_a_secret(name) {
        return false;
    }
    parts
        .iter()
        .filter_map(|part| part.get("description").and_then(Value::as_str))
        .any(|text| {
            let text: String = text.chars().take(120).collect::<String>().to_lowercase();
            TELLING.iter().any(|word| text.contains(word))
        })
}

/// Whether a value may be a text of anybody's choice: no flag, number, choice, time or address.
fn may_be_any_text(parts: &[&Value]) -> bool {
    let mut is_text = false;
    for part in parts {
        if [
            "enum",
            "const",
            "properties",
            "items",
            "additionalProperties",
        ]
        .iter()
        .any(|keyword| part.get(keyword).is_some())
        {
            return false;
        }
        match part.get("type") {
            Some(Value::String(one)) if one == "string" => is_text = true,
            Some(Value::Array(many)) => is_text |= many.iter().any(|one| one == "string"),
            Some(_) => return false,
            None => {}
        }
        let format = part.get("format").and_then(Value::as_str);
        if format.is_some_and(|format| !matches!(format, "password" | "byte" | "binary")) {
            return false;
        }
    }
    is_text
}
