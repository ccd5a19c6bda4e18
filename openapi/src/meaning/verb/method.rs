//! What a method does by itself, where nothing else says it.

use daybook_event::Action;

use super::{Candidate, Source, only_asks};
use crate::meaning::path_shape::{PathShape, Resource};
use crate::operation_source::OperationSource;
use crate::verbs::Kind;

pub(super) fn method_verb(source: &OperationSource<'_>, shape: &PathShape) -> &'static str {
    match source.method {
        "GET" | "HEAD" | "OPTIONS" | "TRACE" => "get",
        "POST" if asks_for_pages(source) => "search",
        "POST" if posts_to_item(source, shape) || posts_state(shape) => "update",
        "POST" if posts_batch(shape) => "execute",
        "POST" if only_answers(source, shape) || only_asks(source, shape) => "get",
        "POST" => "create",
        "DELETE" if source.operation_id.is_empty() && is_relation(shape) => "remove",
        "DELETE" => "delete",
        "PUT" if is_bare_membership(source, shape) => "add",
        _ => "update",
    }
}

/// What is done where only the method says it.
pub(super) fn of_method(source: &OperationSource<'_>, shape: &PathShape) -> Candidate {
    let verb = method_verb(source, shape);
    Candidate {
        base: verb.to_owned(),
        action: match verb {
            "get" | "search" => Action::Read,
            "create" | "add" => Action::Create,
            "delete" | "remove" => Action::Delete,
            "execute" => Action::Execute,
            _ => Action::Update,
        },
        kind: Kind::Verb,
        source: Source::Method,
        complement: String::new(),
    }
}

/// Rule "pages": who says how many of them, and from which on, asks for a list.
fn asks_for_pages(source: &OperationSource<'_>) -> bool {
    let sent = source.request_properties();
    let has = |wanted: &[&str]| {
        sent.iter()
            .any(|property| wanted.contains(&crate::words::split(property.name).concat().as_str()))
    };
    // Not `size` and `from`: a message has these as well.
    has(&["limit", "pagesize", "perpage", "pagelimit", "maxresults"])
        && has(&[
            "offset",
            "page",
            "skip",
            "cursor",
            "pagenumber",
            "pageindex",
            "pagetoken",
        ])
}

/// Rule "state of an item": a POST on `/invoices/{id}/status` or `/account/settings` changes what is there.
fn posts_state(shape: &PathShape) -> bool {
    let Some((last, front)) = shape.resources.split_last() else {
        return false;
    };
    let is_state = matches!(last.words.as_slice(), [only] if only == "status" || only == "state")
        && front.last().is_some_and(|item| !item.params.is_empty());
    let are_settings = last
        .words
        .last()
        .is_some_and(|head| matches!(head.as_str(), "settings" | "preferences"));
    shape.action.is_none() && last.params.is_empty() && (is_state || are_settings)
}

/// `/batch` takes calls and makes them.
fn posts_batch(shape: &PathShape) -> bool {
    shape.action.is_none()
        && matches!(shape.resources.as_slice(), [only]
            if only.params.is_empty()
                && only.qualifier.is_empty()
                && matches!(only.words.as_slice(), [batch] if batch == "batch"))
}

/// Rule "POST on an item": without another word, it changes the item.
fn posts_to_item(source: &OperationSource<'_>, shape: &PathShape) -> bool {
    shape.action.is_none()
        && shape.ends_in_item()
        && source.path.trim_end_matches('/').ends_with('}')
}

/// Rule "answered list": who sends a word or some ids and gets a list of something else has asked.
fn only_answers(source: &OperationSource<'_>, shape: &PathShape) -> bool {
    let Some(response) = source.response else {
        return false;
    };
    let schemas = source.schemas;
    let head = shape.resources.last().map(Resource::head);
    let holds_objects = |schema| {
        schemas
            .items(schema)
            .map(|item| schemas.properties(item))
            .filter(|item| !item.is_empty())
    };
    let sent = source.request.map_or_else(
        || source.query.clone(),
        |request| schemas.properties(request),
    );
    let sends_objects = source.request.and_then(holds_objects).is_some()
        || sent.iter().any(|property| {
            !schemas.is_scalar(property.schema) && !schemas.lists_scalars(property.schema)
        });
    let answered = holds_objects(response).or_else(|| {
        schemas
            .properties(response)
            .iter()
            // What went wrong is not what was asked for.
            .filter(|property| !matches!(property.name, "errors" | "warnings"))
            .find_map(|property| holds_objects(property.schema))
    });
    // What comes back as it was sent was stored.
    !sent.is_empty()
        && !sends_objects
        && answered.is_some_and(|answered| {
            !answered.iter().any(|property| {
                let name = crate::words::split(property.name);
                // New attachments have a `FileAttachmentID`.
                let is_own_id = matches!(name.as_slice(), [.., of, id]
                        if id == "id" && Some(of) == head.as_ref());
                is_own_id || name == ["id"] || sent.iter().any(|sent| sent.name == property.name)
            })
        })
}

/// Rule "relation": `/me/followings/{user_id}` names no following but a user.
fn is_relation(shape: &PathShape) -> bool {
    shape
        .resources
        .last()
        .is_some_and(Resource::is_found_by_another)
}

/// Rule "membership": a PUT without a body on `/users/{id}/groups/{groupId}` adds.
fn is_bare_membership(source: &OperationSource<'_>, shape: &PathShape) -> bool {
    source.request.is_none()
        && source.operation_id.is_empty()
        && !is_told_to_set(source)
        && shape.action.is_none()
        && shape.resources.len() > 1
        && shape.ends_in_item()
}

/// "Sets the value of the comment's property" by PUT: what is set may have been there before.
fn is_told_to_set(source: &OperationSource<'_>) -> bool {
    crate::words::split(source.text())
        .first()
        .and_then(|first| crate::verbs::known_in_any_form(first))
        .is_some_and(|verb| matches!(verb.base.as_str(), "set" | "update" | "change" | "modify"))
}
