//! Names of ids held against the thing that is looked for: whose they are instead.

use crate::key_words::is_key_word;
use crate::words;

/// What owns a thing is not the thing.
pub(super) fn is_owner(word: &str) -> bool {
    matches!(
        word,
        "region"
            | "owner"
            | "tenant"
            | "org"
            | "organization"
            | "organisation"
            | "workspace"
            | "creator"
            | "parent"
            | "space"
            | "namespace"
            | "project"
    )
}

/// Who does it is not what it is done to: the `inviterId` of an invitation.
pub(super) fn is_doer(word: &str) -> bool {
    matches!(
        word,
        "inviter"
            | "sender"
            | "requester"
            | "requestor"
            | "initiator"
            | "author"
            | "submitter"
            | "uploader"
            | "actor"
            | "approver"
            | "assigner"
            | "reporter"
            | "modifier"
            | "updater"
    )
}

/// Whose call it is comes back in many an answer.
pub(super) fn is_caller(word: &str) -> bool {
    matches!(word, "user" | "account" | "customer" | "company")
}

/// Ids of the call itself, which name no thing.
pub(super) fn is_of_the_call(word: &str, noun: &str) -> bool {
    !noun.ends_with(word)
        && matches!(
            word,
            "request"
                | "correlation"
                | "action"
                | "message"
                | "trace"
                | "idempotency"
                | "txn"
                | "nonce"
                | "span"
                | "client"
                | "revision"
                | "snapshot"
        )
}

/// What a stock keeping unit may be the key of.
pub(super) fn is_goods(noun: &str) -> bool {
    matches!(
        words::head(noun),
        "product"
            | "item"
            | "variant"
            | "variation"
            | "sku"
            | "inventory"
            | "listing"
            | "stock"
            | "offer"
            | "article"
            | "goods"
            | "part"
            | "bundle"
            | "catalog"
            | "combination"
            | "price"
    )
}

/// Whose id an answer may have for what was done, although no text speaks of it: the job that does it, what another
/// system calls it, the credential that a passkey is.
pub(super) fn may_stand_for(word: &str, noun: &str) -> bool {
    matches!(
        word,
        "job" | "task" | "operation" | "process" | "execution" | "run" | "external" | "ext"
    ) || word == "credential" && noun.split(' ').any(|word| word.ends_with("key"))
}

/// What has no id but that of what it is the state of.
pub(super) fn is_state_of_another(word: &str) -> bool {
    matches!(
        word,
        "status"
            | "state"
            | "result"
            | "detail"
            | "info"
            | "information"
            | "history"
            | "progress"
            | "setting"
            | "summary"
            | "metadata"
    )
}

/// `id_pic` is a picture's id, `id_type` a kind of id.
pub(super) fn id_behind(mut words: Vec<String>) -> Vec<String> {
    let names_thing = words.len() > 1
        && words[0] == "id"
        && !words.last().is_some_and(|last| {
            is_key_word(last) || matches!(last.as_str(), "type" | "kind" | "format" | "card")
        });
    if names_thing {
        words.rotate_left(1);
    }
    words
}

/// `siteid` is a site's id, and `txid` that of a `tx`.
pub(super) fn unglued_id(mut words: Vec<String>, noun: &str) -> Vec<String> {
    let stem = words
        .last()
        .and_then(|last| {
            ["uuid", "guid", "id"]
                .iter()
                .find_map(|end| last.strip_suffix(end))
        })
        .filter(|stem| {
            stem.len() > 3
                || stem.len() > 1 && words::head(noun) == *stem
                || matches!(*stem, "key" | "job" | "app" | "tag" | "run" | "bot")
        })
        .map(str::to_owned);
    if let Some(stem) = stem {
        words.pop();
        words.push(stem);
        words.push("id".to_owned());
    }
    words
}

/// Words that make a property an id: `order_id`, `registrantKey`, `userArn`.
pub(super) fn is_strong_key(word: &str) -> bool {
    is_key_word(word)
        && !matches!(
            word,
            "name" | "code" | "number" | "num" | "no" | "nr" | "handle" | "slug" | "ids"
        )
}
