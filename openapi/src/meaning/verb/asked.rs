//! A POST without a verb that asks for something, and keeps nothing.

use crate::habits::collection_key;
use crate::key_words::is_key_word;
use crate::meaning::identity::{self, Search};
use crate::meaning::noun_words::is_logging_in;
use crate::meaning::path_shape::{PathShape, Resource};
use crate::operation_source::OperationSource;
use crate::words;

/// What an answer says of the call, and not of what was asked.
#[rustfmt::skip] // a list of words, not of lines
const SAID_OF_CALL: &[&str] = &[
    "status", "state", "success", "successful", "ok", "code", "message", "messages", "error", "errors", "warnings",
    "version", "time", "timestamp", "accepted", "acknowledged", "request", "credits", "balance",
];

/// What an answer leads to is kept there.
const LEADS_ELSEWHERE: &[&str] = &["url", "uri", "link", "links", "href", "location", "token"];

/// What is sent of a thing that will be kept, or of a message.
#[rustfmt::skip] // a list of words, not of lines
const SENT_OF_NEW: &[&str] = &[
    "name", "title", "password", "email", "description", "to", "recipient", "recipients", "message", "amount",
];

/// Whether a POST only asks, as its answer or the GET beside it say.
pub(super) fn only_asks(source: &OperationSource<'_>, shape: &PathShape) -> bool {
    let noun = shape
        .resources
        .last()
        .map(Resource::noun)
        .unwrap_or_default();
    shape.action.is_none()
        && !source.path.contains('{')
        && !is_logging_in(&noun)
        && !is_found_again(source)
        && identity::response_id(source, &noun, Search::Only).is_none()
        && (asks_as_get_does(source) || answers_something_else(source))
}

/// Whether there is a way to what the POST has made, or the document says that it has made something.
fn is_found_again(source: &OperationSource<'_>) -> bool {
    let [path_item, operation] = source.holders;
    let is_changed = ["put", "patch", "delete"]
        .iter()
        .any(|method| path_item.get(method).is_some());
    let is_made = ["201", "202", "204"]
        .iter()
        .any(|status| operation.pointer(&format!("/responses/{status}")).is_some());
    is_changed
        || is_made
        || source
            .habits
            .lookups
            .contains_key(&collection_key(source.path))
}

/// Rule "asks as GET does": what is sent is what the GET at the same path has in its query.
fn asks_as_get_does(source: &OperationSource<'_>) -> bool {
    let asked = source.query_of_get();
    !source.query.is_empty()
        && source
            .query
            .iter()
            .all(|property| asked.contains(&property.name))
}

/// Rule "answers something else": `POST /route`, which is sent `points` and answered with `paths`.
fn answers_something_else(source: &OperationSource<'_>) -> bool {
    let Some(answer) = source.response else {
        return false;
    };
    let schemas = source.schemas;
    let answered = schemas.properties(schemas.items(answer).unwrap_or(answer));
    let sent = [source.request_properties(), source.query.clone()].concat();
    let is_in = |list: &[&str], name: &str| list.contains(&words::split(name).concat().as_str());
    let is_said_of_call = |name: &str| {
        is_in(SAID_OF_CALL, name) || words::split(name).iter().any(|word| word == "error")
    };
    let names = |words: &[&str], name: &str| {
        words::split(name)
            .last()
            .is_some_and(|last| words.contains(&last.as_str()) || is_key_word(last))
    };
    !sent.is_empty()
        && !sent.iter().any(|sent| is_in(SENT_OF_NEW, sent.name))
        && answered
            .iter()
            .any(|property| !is_said_of_call(property.name))
        && !answered.iter().any(|property| {
            !is_said_of_call(property.name)
                && (names(LEADS_ELSEWHERE, property.name)
                    || sent.iter().any(|sent| sent.name == property.name))
        })
}
