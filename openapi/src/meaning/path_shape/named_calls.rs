//! Last segments that are calls without a verb: a state, who does it, one form into another.

use daybook_event::Action;

use crate::meaning::identity::{self, Search};
use crate::meaning::phrase::Phrase;
use crate::operation_source::OperationSource;
use crate::verbs;

/// Rule "marked as": a POST on `/orders/{id}/unfulfillable` or `/order-is-ready` says what a thing is.
pub(super) fn state(phrase: &[String], method: &str, behind_param: bool) -> Option<Vec<String>> {
    if !matches!(method, "POST" | "PUT") {
        return None;
    }
    // `/username-available`, `/email-exists`
    if let [front @ .., last] = phrase
        && matches!(last.as_str(), "available" | "availability" | "exists")
        && !front.is_empty()
        && !front.iter().any(|word| verbs::is_clear(word))
    {
        return Some([&["check".to_owned()], front].concat());
    }
    // `/order-time-updated`
    if let [front @ .., last] = phrase
        && method == "POST"
        && !front.is_empty()
        && let Some(verb) = verbs::regular_past_of(last)
        && !front.iter().any(|word| verbs::is_clear(word))
    {
        return Some([&[verb.base], front].concat());
    }
    // `/lights/{id}/on`
    if let [only] = phrase
        && matches!(only.as_str(), "on" | "off")
    {
        return Some(vec!["turn".to_owned(), only.clone()]);
    }
    let (front, state) = match phrase {
        [only] if behind_param && only.len() > 7 => {
            let is_state = ["un", "in"].iter().any(|start| only.starts_with(start))
                && ["able", "ible"].iter().any(|end| only.ends_with(end));
            (&phrase[..0], Some(only).filter(|_| is_state)?)
        }
        [..] => {
            let at = phrase.iter().position(|word| word == "ready")?;
            let front = phrase[..at]
                .strip_suffix(&["is".to_owned()])
                .unwrap_or(&phrase[..at]);
            (front, &phrase[at])
        }
    };
    let mark = [&["mark".to_owned()], front].concat();
    (behind_param || !front.is_empty())
        .then(|| [mark, vec!["as".to_owned(), state.clone()]].concat())
}

/// Rule "named for what it does": a POST to `/vat/validator` validates.
pub(super) fn agent(
    phrase: &[String],
    source: &OperationSource<'_>,
    steps: usize,
    summary: Option<&Phrase>,
) -> Option<Vec<String>> {
    let (last, front) = phrase.split_last()?;
    let verb = match last.as_str() {
        "validator" => "validate",
        "converter" => "convert",
        "calculator" => "calculate",
        "generator" => "generate",
        "translator" => "translate",
        "parser" => "parse",
        "formatter" => "format",
        "checker" => "check",
        "verifier" => "verify",
        "encoder" => "encode",
        "decoder" => "decode",
        "classifier" => "classify",
        "detector" => "detect",
        "analyzer" | "analyser" => "analyze",
        "renderer" => "render",
        "tokenizer" => "tokenize",
        "optimizer" => "optimize",
        _ if is_made(phrase, summary) => return None,
        _ => {
            // `/price-elasticity-of-demand`
            let end = phrase.iter().position(|word| word == "of");
            let thing = &phrase[..end.unwrap_or(phrase.len())];
            let (last, front) = thing.split_last()?;
            return match quantity(last) {
                Some(verb) => {
                    let is_asked = source.method == "POST" && summary.is_none() && steps > 1;
                    (is_asked && !front.is_empty()).then(|| [&[verb.to_owned()], thing].concat())
                }
                None => worked_out(last, front, steps, source),
            };
        }
    };
    let says_what = !front.is_empty() || steps > 1;
    (source.method == "POST" && says_what).then(|| [&[verb.to_owned()], front].concat())
}

/// "Add a classification" at `/security-classification` classifies nothing.
fn is_made(phrase: &[String], summary: Option<&Phrase>) -> bool {
    summary.is_some_and(|said| {
        let verb = said.verb.as_ref();
        verb.is_some_and(|verb| verb.action == Action::Create) && said.noun.last() == phrase.last()
    })
}

/// What is never kept but worked out: `/text-similarity`, `/loan-eligibility`.
fn quantity(noun: &str) -> Option<&'static str> {
    match noun {
        "elasticity" | "similarity" | "correlation" | "covariance" | "probability"
        | "likelihood" | "volatility" | "regression" | "distance" => Some("calculate"),
        "eligibility" | "feasibility" | "validity" => Some("check"),
        _ => None,
    }
}

/// Rule "named for what is worked out": a POST to `/GenderDetection` detects, unless what it makes has an id.
fn worked_out(
    last: &str,
    front: &[String],
    steps: usize,
    source: &OperationSource<'_>,
) -> Option<Vec<String>> {
    let verb = verbs::of_noun(last).filter(|verb| verb.action == Action::Read)?;
    let is_asked = source.method == "POST"
        && (!front.is_empty() || steps > 1 && !source.is_told() && source.response.is_some())
        && !matches!(last, "search" | "query" | "lookup" | "check")
        && identity::response_id(source, last, Search::Exact).is_none();
    is_asked.then(|| [&[verb.base], front].concat())
}

/// `/global-sign-out`, `/patient-check-in`: a verb of two words behind what it is done to.
pub(super) fn phrasal_end(phrase: &[String], method: &str) -> Option<Vec<String>> {
    let [front @ .., first, second] = phrase else {
        return None;
    };
    let is_call = method == "POST"
        && !front.is_empty()
        && verbs::phrasal(first, second).is_some()
        && !front.iter().any(|word| verbs::is_clear(word));
    is_call.then(|| [&phrase[front.len()..], front].concat())
}

/// `/html-to-pdf`, `/xmltojson`: one form into another.
pub(super) fn conversion(phrase: &[String]) -> Option<Vec<String>> {
    let is_form = |word: &str| {
        matches!(
            word,
            "html"
                | "pdf"
                | "xml"
                | "json"
                | "csv"
                | "yaml"
                | "yml"
                | "docx"
                | "doc"
                | "xlsx"
                | "xls"
                | "pptx"
                | "png"
                | "jpg"
                | "svg"
                | "txt"
                | "text"
                | "markdown"
                | "image"
                | "url"
                | "speech"
                | "toml"
        )
    };
    let from = match phrase {
        [from, to, into] if (to == "to" || to == "2") && is_form(from) && is_form(into) => from,
        [glued] => {
            let (from, into) = glued.split_once("to").or_else(|| glued.split_once('2'))?;
            if !is_form(from) || !is_form(into) {
                return None;
            }
            return Some(vec!["convert".to_owned(), from.to_owned()]);
        }
        _ => return None,
    };
    Some(vec!["convert".to_owned(), from.clone()])
}
