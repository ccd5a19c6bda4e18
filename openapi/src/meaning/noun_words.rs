//! Nouns against nouns: generic ones, equal ones, and ones that end alike.

use crate::words;

/// Nouns that name a kind of record and not what it is about.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const GENERIC: &[&str] = &[
    "config", "configuration", "template", "definition", "job", "event", "item", "setting",
    "rule", "type", "status", "entry", "record", "detail", "data", "option", "field", "value",
    "list", "version", "history", "element", "overview", "object", "instance", "resource", "parameter",
    "preference", "info", "information", "summary", "setup", "action", "state", "metadata",
    "mode", "stat", "statistic", "statistics", "log", "link", "limit", "usage", "result", "request", "batch",
    "secret", "code", "property", "attribute", "meta", "set", "auth", "protection", "quota", "method",
];

/// Generic nouns that need the enclosing thing in front of them where no other word stands there.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const NEEDS_PARENT: &[&str] = &[
    "history", "data", "setting", "status", "config", "configuration", "metadata", "detail",
    "info", "information", "summary", "preference", "state", "option", "mode", "stat",
    "statistic", "statistics", "usage", "version", "type", "overview", "protection", "quota", "parameter",
];

/// What a parameter is called that says how something is done, and not to which thing.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) const SAYS_HOW: &[&str] = &[
    "version", "operation", "action", "format", "locale", "lang", "language", "force", "confirm",
    "type", "ids", "auth", "username", "signature", "timestamp", "etag", "scope", "reason", "date",
    "cascade", "query", "filter", "where",
];

/// What programs call their classes behind the thing's own name: `CompanyContactsChildEntity`.
pub(crate) fn is_role_of_class(word: &str) -> bool {
    matches!(
        word,
        "entity" | "child" | "resource" | "object" | "model" | "dto" | "vo" | "bean" | "pojo"
    )
}

/// Whether both are the same noun, plural or not.
pub(crate) fn same(one: &[String], other: &[String]) -> bool {
    !one.is_empty() && singulars(one) == singulars(other)
}

/// Whether `object` ends with the noun `tail`, however its words are joined.
pub(crate) fn ends_with_noun(object: &[String], tail: &[String]) -> bool {
    let tail = singulars(tail);
    !tail.is_empty() && (0..object.len()).any(|start| singulars(&object[start..]) == tail)
}

fn singulars(all: &[String]) -> String {
    all.iter().map(|word| words::singular(word)).collect()
}

/// `order details`: the object only says how much of the resource is meant.
pub(crate) fn is_detail(object: &[String]) -> bool {
    object.last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "details" | "detail" | "info" | "information" | "list" | "data" | "async" | "batch"
        )
    })
}

/// Whether a noun is made of the verb: revocation of revoke, enrichment of enrich.
pub(crate) fn names_deed(noun: &str, base: &str) -> bool {
    let stem = base.trim_end_matches('e');
    let stem = stem.get(..stem.len().saturating_sub(1)).unwrap_or(stem);
    // `registration` of register
    let stem = stem.get(..6).unwrap_or(stem);
    stem.len() >= 4
        && noun.starts_with(stem)
        && ["tion", "sion", "ment", "al", "ance", "ence"]
            .iter()
            .any(|end| noun.ends_with(end))
}

/// The name of logging in, which is no thing that anybody has.
pub(crate) fn is_logging_in(noun: &str) -> bool {
    matches!(noun, "auth" | "authentication" | "oauth")
}

/// Whether a word that may be a verb is one noun with the next: `EmailSettings`, `/email/validate`, "email history".
pub(crate) fn is_half_of_noun(word: &str, next: &str) -> bool {
    matches!(word, "email" | "mail")
        && matches!(
            words::singular(next).as_str(),
            "setting"
                | "preference"
                | "configuration"
                | "price"
                | "history"
                | "log"
                | "status"
                | "service"
                | "provider"
                | "server"
                | "domain"
                | "address"
                | "account"
                | "template"
                | "campaign"
                | "notification"
                | "tracking"
                | "validation"
                | "verification"
                | "validate"
                | "verify"
                | "check"
                | "lookup"
                | "risk"
        )
}
