//! An operationId whose verb the other texts say is none, or is another.

use daybook_event::Action;

use super::{Candidate, is_weak_read};
use crate::meaning::phrase::Phrase;
use crate::operation_source::OperationSource;
use crate::verbs::{Kind, KnownVerb};
use crate::words;

/// The most words of a text that are looked through.
const WORDS_MAX: usize = 60;

/// Whether what an operationId does is believed less than what its summary does.
pub(super) fn is_contradicted(
    source: &OperationSource<'_>,
    said: &Candidate,
    path: Option<&Candidate>,
    summary: Option<&Phrase>,
) -> bool {
    let Some(verb) = summary
        .and_then(Phrase::leading_verb)
        .filter(|verb| verb.kind == Kind::Verb && verb.base != said.base)
    else {
        return false;
    };
    match source.method {
        "POST" if is_sent_to_verify(source.operation_id, said, verb) => true,
        // `getRepricerFeed`, "Assign items to a strategy": it was copied from the GET beside it.
        "POST" if is_weak_read(&said.base) && path.is_none() => {
            matches!(verb.action, Action::Update | Action::Delete)
        }
        // `Gets pay statement` on `/paystatement`, "Get the pay statement": nothing is paid.
        "GET" => {
            said.action == Action::Execute
                && verb.action == Action::Read
                && (!words::split(source.path).contains(&said.base)
                    || is_weak_read(&verb.base) && is_within_names(source, &said.base))
        }
        // `DocumentSimilarity`, "Estimates the similarity": its description speaks of a document similarity.
        _ => verb.action == Action::Read && names_thing(source, said, source.operation_id),
    }
}

/// `SMSVerify`, "Send a security code": what is sent is not verified yet.
fn is_sent_to_verify(name: &str, said: &Candidate, summary: &KnownVerb) -> bool {
    words::split(name).last() == Some(&said.base)
        && matches!(said.base.as_str(), "verify" | "validate" | "confirm")
        && matches!(
            summary.base.as_str(),
            "send" | "resend" | "initiate" | "trigger"
        )
}

/// `EdgeSyncStatus` on `/sync/edge/status`: the verb begins no operationId and is not all of the path's end.
fn is_within_names(source: &OperationSource<'_>, base: &str) -> bool {
    let begins = words::split(source.operation_id)
        .first()
        .is_some_and(|first| first == base);
    let end = source.path.trim_end_matches('/').rsplit('/').next();
    !begins && end.is_some_and(|end| words::split(end) != [base])
}

/// Likewise of a path's end: `/DocumentSimilarity`, and `/sms-verify`.
pub(super) fn is_part_of_name(
    source: &OperationSource<'_>,
    path: &Candidate,
    summary: Option<&Candidate>,
    phrase: Option<&Phrase>,
) -> bool {
    let end = source.path.rsplit('/').next().unwrap_or_default();
    let is_code_sent = || {
        source.method == "POST"
            && phrase
                .and_then(Phrase::leading_verb)
                .is_some_and(|verb| is_sent_to_verify(end, path, verb))
    };
    summary.is_some_and(|summary| {
        summary.action == Action::Read
            && summary.kind == Kind::Verb
            && summary.base != path.base
            && names_thing(source, path, end)
    }) || is_code_sent()
}

/// Whether the verb of an operationId and what stands behind it are one name in the texts.
fn names_thing(source: &OperationSource<'_>, said: &Candidate, name: &str) -> bool {
    let id = words::split(name);
    let Some(at) = id.iter().position(|word| *word == said.base) else {
        return false;
    };
    let Some(behind) = id.get(at + 1) else {
        return false;
    };
    said.action == Action::Execute
        && [source.summary, source.description].iter().any(|text| {
            let text: Vec<String> = text
                .split_whitespace()
                .take(WORDS_MAX)
                .flat_map(words::split)
                .collect();
            text.windows(3).any(|three| {
                matches!(three[0].as_str(), "the" | "a" | "an" | "of" | "this")
                    && three[1] == said.base
                    && three[2] == *behind
            })
        })
}
