//! A POST without a verb that asks for something, and keeps nothing.

use std::collections::HashSet;

use crate::habits::collection_key;
use crate::key_words::is_key_word;
use crate::meaning::identity::{self, Search};
use crate::meaning::noun_words::{SAYS_HOW, is_logging_in};
use crate::meaning::path_shape::{PathShape, Resource};
use crate::operation_source::OperationSource;
use crate::schema::Property;
use crate::secrets::is_secret_name;
use crate::words;

/// What an answer says of the call, and not of what was asked.
#[rustfmt::skip] // a list of words, not of lines
const SAID_OF_CALL: &[&str] = &[
    "status", "state", "success", "successful", "ok", "code", "message", "messages", "error", "errors", "warnings",
    "version", "time", "timestamp", "accepted", "acknowledged", "approved", "request", "credits", "balance", "result",
    "results", "data", "msg", "detail", "details", "response", "receipt", "statuscode", "responsecode", "expires",
    "expiresin", "expiresat", "expiry", "expiration",
];

/// What an answer has around all that it says.
const AROUND: &[&str] = &["result", "results", "data", "response"];

/// How many values an answer has at least that are said of what was asked, unless one is a list or an object.
const ANSWERED_MIN: usize = 2;

/// What an answer leads to is kept there.
const LEADS_ELSEWHERE: &[&str] = &["url", "uri", "link", "links", "href", "location", "token"];

/// What is sent of a thing that will be kept, or of a message.
#[rustfmt::skip] // a list of words, not of lines
const SENT_OF_NEW: &[&str] = &[
    "name", "title", "password", "email", "description", "to", "recipient", "recipients", "message", "amount",
    "total", "card", "rating", "comment",
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

/// What is sent is what the GET at the same path has in its query, and says more than how to answer.
fn asks_as_get_does(source: &OperationSource<'_>) -> bool {
    let [_, operation] = source.holders;
    let sent = source.own_query(operation);
    let says_what = |name: &&str| {
        let says_how = words::split(name)
            .last()
            .is_some_and(|last| SAYS_HOW.contains(&last.as_str()));
        !says_how && !is_secret_name(name)
    };
    if !sent.iter().any(says_what) {
        return false;
    }
    let [path_item, _] = source.holders;
    let asked = path_item
        .get("get")
        .map(|get| source.own_query(get))
        .unwrap_or_default();
    // `/available`, which is sent several of what the GET is sent one of.
    let is_body_asked = source.request.is_none_or(|request| {
        let schemas = source.schemas;
        let body = schemas.properties(schemas.items(request).unwrap_or(request));
        !body.is_empty() && body.iter().all(|property| asked.contains(property.name))
    });
    sent.is_subset(&asked) && is_body_asked
}

/// `POST /route`, which is sent `points` and answered with `paths`.
fn answers_something_else(source: &OperationSource<'_>) -> bool {
    let Some(answer) = source.response else {
        return false;
    };
    let schemas = source.schemas;
    let properties = |schema| schemas.properties(schemas.items(schema).unwrap_or(schema));
    let sent = [source.request_properties(), source.query.clone()].concat();
    let is_in = |list: &[&str], name: &str| list.contains(&words::split(name).concat().as_str());
    let is_said_of_call = |property: &Property<'_>| {
        is_in(SAID_OF_CALL, property.name)
            || words::split(property.name)
                .iter()
                .any(|word| word == "error" || word == "quota")
            || schemas.is_type(property.schema, "boolean")
    };
    let leads_elsewhere = |name: &str| {
        words::split(name)
            .last()
            .is_some_and(|last| LEADS_ELSEWHERE.contains(&last.as_str()) || is_key_word(last))
    };
    if sent.is_empty() || sent.iter().any(|sent| is_in(SENT_OF_NEW, sent.name)) {
        return false;
    }
    let names: HashSet<&str> = sent.iter().map(|sent| sent.name).collect();
    let asked: Vec<Property<'_>> = properties(answer)
        .into_iter()
        .flat_map(|property| {
            let is_around = is_in(AROUND, property.name);
            let inner = is_around.then(|| properties(property.schema));
            inner
                .filter(|inner| !inner.is_empty())
                .unwrap_or_else(|| vec![property])
        })
        .filter(|property| !is_said_of_call(property))
        .collect();
    let is_told = asked.len() >= ANSWERED_MIN
        || asked
            .iter()
            .any(|property| !schemas.is_scalar(property.schema));
    is_told
        && !asked
            .iter()
            .any(|property| leads_elsewhere(property.name) || names.contains(property.name))
}
