//! Words that say "this is a key": what a parameter's name says besides.

use crate::words;

/// The noun that a parameter's name holds: `execution_id` → execution; empty for `id` or `key`.
pub(crate) fn param_noun(name: &str) -> Vec<String> {
    let mut found = words::split(name);
    if found.len() > 1 && found.last().is_some_and(|last| last == "title") {
        found.pop();
    }
    while let Some(last) = found.last() {
        // A lower-case name may end in its kind of key all the same: `ticketid`.
        let glued = ["uuid", "guid", "id", "name"]
            .iter()
            .find_map(|end| last.strip_suffix(end))
            .filter(|stem| stem.len() > 3);
        let is_key_of = found.len() > 1 && matches!(last.as_str(), "email" | "num");
        if is_key_word(last) || is_key_of || matches!(last.as_str(), "or" | "and" | "with" | "by") {
            found.pop();
        } else if let Some(stem) = glued.map(str::to_owned) {
            found.pop();
            found.push(stem);
        } else {
            break;
        }
    }
    // `id_webhook`, `idOrg`
    if found.len() > 1 && found[0] == "id" {
        found.remove(0);
    }
    // `groupUniqueId`, `external_id`
    while found.len() < words::split(name).len()
        && found.last().is_some_and(|last| says_which_id(last))
    {
        found.pop();
    }
    // Google's `{parent}` and `{resource}` name a role and no thing, and so does `{resourceName}`.
    if let [only] = found.as_slice()
        && matches!(only.as_str(), "parent" | "resource" | "entity" | "object")
    {
        found.clear();
    }
    found
}

/// Whether a key's name is that of a noun, whose last word is given: `shipment_id` of a shipment.
pub(crate) fn bears_noun(name: &str, head: &str) -> bool {
    param_noun(name)
        .last()
        .is_some_and(|last| words::singular(last) == head)
}

/// Adjectives in front of a key that are said of the key: an external id, a unique name.
fn says_which_id(word: &str) -> bool {
    matches!(
        word,
        "unique"
            | "external"
            | "internal"
            | "global"
            | "local"
            | "remote"
            | "original"
            | "alternate"
            | "current"
    )
}

/// Words that make a parameter an id and nothing else.
pub(crate) fn is_strong_key_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "ids" | "uuid" | "guid" | "uid" | "key" | "sid" | "oid" | "gid" | "arn"
    ) || word.len() > 4 && word.ends_with("id")
}

/// Words that say "this is a key" and nothing of what it is the key of.
pub(crate) fn is_key_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "ids"
            | "uuid"
            | "guid"
            | "uid"
            | "key"
            | "slug"
            | "sid"
            | "name"
            | "number"
            | "no"
            | "nr"
            | "code"
            | "ref"
            | "reference"
            | "identifier"
            | "pk"
            | "oid"
            | "handle"
            | "arn"
            | "gid"
            | "iid"
            | "urn"
            | "xid"
    )
}
