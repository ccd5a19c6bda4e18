//! A summary that is no sentence but a title: "Currency conversion", "VAT number validation API".

use daybook_event::Action;

use super::identity::{self, Search};
use super::phrase::{self, Phrase};
use super::rule;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// The most words of a title.
const WORDS_MAX: usize = 5;

/// Rule "named for what is worked out" of a summary: "Sentiment analysis" at `POST /sentiment` analyzes, unless what it
/// makes has an id.
pub(super) fn of_title(source: &OperationSource<'_>) -> Option<Phrase> {
    let mut title = words::split(source.summary);
    while title.len() > 2
        && title
            .last()
            .is_some_and(|last| matches!(last.as_str(), "api" | "service" | "endpoint" | "request"))
    {
        title.pop();
    }
    let (last, front) = title.split_last()?;
    let is_title = source.method == "POST"
        && title.len() <= WORDS_MAX
        && !front.is_empty()
        && !front.iter().any(|word| {
            phrase::is_preposition(word) || verbs::is_clear(word) || words::is_plural(word)
        })
        && !matches!(last.as_str(), "search" | "query" | "lookup" | "check");
    let verb = verbs::of_noun(last)
        .filter(|verb| is_title && verb.action == Action::Read && verb.kind == Kind::Verb)?;
    // "Blood analysis" at `/patients/{id}/analyses` keeps one.
    let is_of_kept = source
        .last_literal()
        .is_some_and(|end| words::is_plural(end) && words::singular(end) == *last);
    let is_made = words::split(source.operation_id)
        .iter()
        .any(|word| matches!(word.as_str(), "create" | "add"));
    let makes_nothing = || {
        source.response.is_some()
            && !is_of_kept
            && !is_made
            && identity::response_id(source, last, Search::Exact).is_none()
    };
    makes_nothing().then(|| Phrase {
        verb: Some(verb),
        noun: phrase::object(front),
        rule: Some(&rule::SUMMARY_VERB),
        ..Phrase::default()
    })
}
