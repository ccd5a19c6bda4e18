//! A call that only looks, although its verb could do something.

use daybook_event::Action;

use super::{Candidate, Source};
use crate::operation_source::OperationSource;
use crate::verbs::Kind;
use crate::words;

/// Verbs that work something out of what they are given: `GET /convert`, `GET /translate/{text}`. Asked of a GET,
/// the answer is all that there is of it.
#[rustfmt::skip] // a list of words, not of lines
const WORK_OUT: &[&str] = &[
    "annotate", "assess", "categorize", "convert",     "decode", "decrypt", "echo", "encode", "evaluate", "expand", "highlight", "interpolate",
    "locate", "measure", "ping", "pinpoint", "rank", "render", "rephrase", "simulate",
    "sort", "stream", "summarise", "tabulate", "tokenize", "trace", "track", "translate",
    "transliterate", "transpose", "triangulate", "visualize",
];

/// Rule "worked out": "Convert a currency" by GET of `/convert` changes nothing.
pub(crate) fn only_works_out(base: &str) -> bool {
    WORK_OUT.contains(&base)
}

/// "Email history" at `/email/history`, "Exchange components" at `/exchange_components`: a title that is the path's
/// own words, and nobody is told to email or to exchange.
pub(super) fn is_title_of_path(source: &OperationSource<'_>, verb: &Candidate) -> bool {
    let title = words::split(source.summary);
    let [first, next, ..] = title.as_slice() else {
        return false;
    };
    verb.source == Source::Summary
        && verb.kind == Kind::VerbOrNoun
        && verb.action == Action::Execute
        && *first == verb.base
        && words::split(source.path)
            .windows(2)
            .any(|pair| pair[0] == *first && words::singular(&pair[1]) == words::singular(next))
}

/// `Stops_StopDetails` on `/stops/{id}`, `StopPoint_Arrivals` on `/StopPoint/{id}/Arrivals`: what the path has for a
/// collection, or for the beginning of a name that others stand behind, is no verb.
pub(super) fn names_resource_of_path(source: &OperationSource<'_>, verb: &Candidate) -> bool {
    if verb.source != Source::OperationId || verb.action != Action::Execute {
        return false;
    }
    let said = words::split(source.operation_id);
    let segments: Vec<&str> = source.path.trim_matches('/').split('/').collect();
    segments.iter().enumerate().any(|(at, segment)| {
        let name = words::split(segment);
        let is_collection = name
            .last()
            .is_some_and(|last| *last != verb.base && words::singular(last) == verb.base);
        let begins_name = at + 1 < segments.len()
            && name.len() > 1
            && name[0] == verb.base
            && said.windows(name.len()).any(|part| part == name);
        !segment.contains('{') && (is_collection || begins_name)
    })
}
