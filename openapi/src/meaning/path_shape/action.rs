//! The verb phrase of a path: at its end, behind a colon, or in front of its parameters.

use super::resource::param_noun;
use super::steps::Step;
use crate::meaning::noun_words::ends_with_noun;
use crate::meaning::phrase;
use crate::operation::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Rule "verb before its parameters": `/groups/add/{name}`, `/companies/search/{country}`.
pub(super) fn take_inner_action(steps: &mut Vec<Step>, method: &str) -> Option<Vec<String>> {
    let params = steps
        .iter()
        .rev()
        .take_while(|step| matches!(step, Step::Param(_)))
        .count();
    let at = steps.len().checked_sub(params + 1).filter(|_| params > 0)?;
    let Step::Literal(text) = &steps[at] else {
        return None;
    };
    let phrase = words::split(text);
    let first = phrase::without_fillers(&phrase).first()?;
    // `/render/{templateId}`: what is rendered is in the parameter.
    let names_thing = || {
        matches!(steps.last(), Some(Step::Param(name)) if !param_noun(name).is_empty())
            && verbs::is_clear(first)
            && !matches!(
                first.as_str(),
                "list"
                    | "set"
                    | "issue"
                    | "build"
                    | "check"
                    | "book"
                    | "quote"
                    | "view"
                    | "count"
                    | "store"
                    | "select"
                    | "load"
                    | "change"
                    | "save"
                    | "drive"
            )
    };
    // `/upload_sessions/{upload_session_id}` are sessions.
    let is_key_of_phrase = matches!(steps.get(at + 1), Some(Step::Param(name))
        if words::noun_phrase(&param_noun(name)) == words::noun_phrase(&phrase));
    if is_key_of_phrase {
        return None;
    }
    if !(is_never_a_noun(first) || at == 0 && matches!(method, "POST" | "PUT") && names_thing()) {
        return None;
    }
    steps.remove(at);
    Some(phrase)
}

/// Verbs that, in front of a parameter, are no collection: `/delete/{id}`, but not `/issues/{id}`.
pub(super) fn is_never_a_noun(word: &str) -> bool {
    matches!(
        word,
        "add"
            | "create"
            | "insert"
            | "delete"
            | "del"
            | "remove"
            | "destroy"
            | "update"
            | "edit"
            | "modify"
            | "upsert"
            | "save"
            | "get"
            | "find"
            | "search"
            | "lookup"
            | "fetch"
            | "retrieve"
            | "register"
            | "unregister"
            | "deregister"
            | "subscribe"
            | "unsubscribe"
            | "cancel"
            | "approve"
            | "reject"
            | "activate"
            | "deactivate"
            | "enable"
            | "disable"
            | "confirm"
            | "verify"
            | "validate"
            | "assign"
            | "unassign"
            | "revoke"
            | "publish"
            | "download"
            | "upload"
            | "send"
            | "resend"
            | "clone"
            | "duplicate"
            | "join"
            | "start"
            | "stop"
            | "remind"
            | "accept"
            | "decline"
            | "archive"
            | "restore"
            | "move"
            | "attach"
            | "detach"
    )
}

/// Rule "verb at the end": a custom method, or a last literal that is a verb phrase. A word that is
/// as often a noun counts only behind a parameter and where something is posted.
pub(super) fn take_action(
    steps: &mut Vec<Step>,
    source: &OperationSource<'_>,
    summary: Option<&phrase::Phrase>,
) -> Option<Vec<String>> {
    match steps.last()? {
        Step::Custom(text) => {
            let phrase = words::split(text);
            steps.pop();
            Some(phrase)
        }
        Step::Param(_) => None,
        Step::Literal(text) => {
            let phrase = phrase::unglued(words::split(text), source);
            let reads = source.method == "GET";
            let behind_param = matches!(steps.iter().rev().nth(1), Some(Step::Param(_)));
            if phrase::is_forgotten_password(&phrase) {
                steps.pop();
                return Some(phrase);
            }
            // `/distance-query`, `/onboard-depart-search`
            if let [.., last] = phrase.as_slice()
                && phrase.len() > 1
                && matches!(last.as_str(), "search" | "query" | "lookup")
            {
                let action = vec![last.clone()];
                steps.pop();
                return Some(action);
            }
            let (first, rest) = phrase::without_fillers(&phrase).split_first()?;
            let known = rest
                .first()
                .and_then(|second| verbs::phrasal(first, second))
                .or_else(|| verbs::known(first))?;
            let is_action = match known.kind {
                _ if steps.len() == 1 && reads && phrase.len() == 1 => false,
                Kind::Verb => true,
                // The operationId takes it for a verb as well: `requestPasswordReset`.
                Kind::VerbOrNoun if phrase.len() > 1 && !reads => {
                    let said = words::split(source.operation_id);
                    said.first() == Some(first)
                }
                Kind::VerbOrNoun => {
                    behind_param && !reads && phrase.len() == 1 && is_mostly_done_to_things(first)
                }
            };
            // "Creates a new checkout key" at `/checkout-key`: a thing all the same.
            let is_thing =
                phrase.len() > 1 && summary.is_some_and(|said| ends_with_noun(&said.noun, &phrase));
            // `/login_links` are links: such a verb in one word is a noun in front of another.
            let is_compound =
                phrase.len() > 1 && phrase.len() == rest.len() + 1 && verbs::is_phrasal(first);
            if !is_action || is_thing || is_compound {
                return None;
            }
            steps.pop();
            Some(phrase)
        }
    }
}

/// Of the words that are as often nouns, those that behind an item are rather done to it than part
/// of it: `/payments/{id}/refund`, but not `/payments/{id}/comment`.
pub(super) fn is_mostly_done_to_things(word: &str) -> bool {
    matches!(
        word,
        "import"
            | "export"
            | "build"
            | "copy"
            | "test"
            | "transfer"
            | "refund"
            | "charge"
            | "release"
            | "share"
            | "watch"
            | "star"
            | "flag"
            | "follow"
            | "like"
            | "vote"
            | "bookmark"
            | "play"
            | "power"
            | "boot"
            | "ping"
            | "probe"
            | "push"
            | "pull"
            | "hold"
            | "swap"
            | "split"
            | "forward"
            | "mail"
            | "email"
            | "purchase"
            | "exchange"
            | "rate"
            | "sort"
            | "wake"
            | "print"
            | "scan"
            | "sign"
            | "match"
            | "stream"
    )
}
