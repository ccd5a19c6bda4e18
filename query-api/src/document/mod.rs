//! The API's own document (OpenAPI 3.1): the routes say which operations there are, `document.json`
//! what they say, and the problems themselves what can go wrong.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::{OpenApi, Ref, RefOr, Response};

use crate::error::{FieldFault, Problem};
use crate::request_id::RequestId;
use crate::search_request::{FILTER_FIELDS, OBJECT_FIELDS, PARAMETER_CHARS_MAX, PARAMETERS_MAX};
use daybook_store::StoreError;

/// Everything but the routes and the problems. `operations` is put over the operations of the same
/// id: examples, above all.
const REST: &str = include_str!("document.json");
/// The id of every problem's example.
const EXAMPLE_REQUEST_ID: &str = "6b1f8a52-3c7e-4d0b-9a41-2f6e0c9d7b83";

/// The operations whose query is a filter.
const OPERATIONS_WITH_FILTER: [&str; 3] = ["exportLogsByQuery", "countValues", "countOverTime"];

/// What the server says before there is a request.
const ADDRESS_TOO_LONG: &str =
    "The address is too long for the server. A search or an export takes the filter as a body.";

/// What can go wrong with any read.
pub(crate) struct ReadProblems;
/// What can also go wrong where a body is read.
pub(crate) struct BodyProblems;
/// What can go wrong where there is nothing to be found.
pub(crate) struct LookupProblems;
/// Why nothing is erased.
pub(crate) struct ErasureProblems;
/// Why nobody erases here.
pub(crate) struct ErasuresOff;
/// Why the API may not be ready.
pub(crate) struct ReadinessProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[400, 401, 403, 422, 429, 500, 503, 504])
    }
}

impl IntoResponses for BodyProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[408, 413])
    }
}

impl IntoResponses for LookupProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[404])
    }
}

impl IntoResponses for ErasureProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[409, 501])
    }
}

impl IntoResponses for ErasuresOff {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[501])
    }
}

impl IntoResponses for ReadinessProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[500, 503, 504])
    }
}

fn references(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let reference = |status: &u16| {
        let reference = RefOr::Ref(Ref::from_response_name(format!("Problem{status}")));
        (status.to_string(), reference)
    };
    statuses.iter().map(reference).collect()
}

/// One example of each problem that an operation names.
fn problems() -> Vec<(u16, &'static str, Problem)> {
    let unavailable = StoreError::Unavailable {
        message: String::new(),
        code: None,
    };
    let too_much = StoreError::TooMuch {
        message: String::new(),
    };
    vec![
        (
            400,
            "The request cannot be understood; `errors` names the fields.",
            Problem::invalid_fields(vec![
                FieldFault::new("/limt", "unknown field; did you mean \"limit\"?"),
                FieldFault::new("/page", "a whole number from 0 to 100 is needed here"),
                FieldFault {
                    position: Some(9),
                    length: Some(10),
                    suggestion: Some("actor:jane".to_owned()),
                    ..FieldFault::new("/q", "character 9: autor: is no qualifier")
                },
            ]),
        ),
        (
            401,
            "There is no bearer token, or not a valid one: the same answer for every fault.",
            Problem::unauthenticated(&std::fmt::Error),
        ),
        (
            403,
            "The token lacks the permission.",
            Problem::forbidden("audit_log:view"),
        ),
        (
            404,
            "There is no such event or erasure, or none that the token may see.",
            Problem::not_found("There is no event with this id."),
        ),
        (
            408,
            "The request's body did not arrive in time.",
            Problem::body_too_slow(),
        ),
        (
            409,
            "A legal hold keeps events that are to be erased.",
            Problem::from_store(&StoreError::LegalHold(String::new())),
        ),
        (
            413,
            "The request's body is too large.",
            Problem::body_too_large(crate::search_request::BODY_BYTES_MAX),
        ),
        (
            422,
            "Answering would read or send more than is allowed.",
            Problem::from_store(&too_much),
        ),
        (
            429,
            "The tenant has as many reads under way as it may.",
            Problem::too_many_reads(1),
        ),
        (
            500,
            "Something went wrong; the log knows the request by its id.",
            Problem::panicked(),
        ),
        (
            501,
            "This service is not set up to erase.",
            Problem::erasures_off(),
        ),
        (
            503,
            "The store, or the keys that verify tokens, are away.",
            Problem::from_store(&unavailable),
        ),
        (
            504,
            "The store did not answer in time.",
            Problem::timed_out(),
        ),
    ]
}

/// The API's own document, as `/openapi.json` has it: a normalizer that knows it explains the reads
/// that are recorded.
pub fn document() -> String {
    whole(crate::api::document_of_routes()).to_string()
}

/// The whole document.
pub(crate) fn whole(routes: OpenApi) -> Value {
    let mut document: Value = serde_json::from_str(REST).unwrap_or_default();
    // What was made of plain values always has a JSON form.
    let routes = serde_json::to_value(routes).unwrap_or_default();
    document["paths"] = routes["paths"].clone();
    let responses = problems()
        .into_iter()
        .map(|(status, description, problem)| {
            (format!("Problem{status}"), response(description, &problem))
        });
    document["components"]["responses"] = responses.collect::<Map<_, _>>().into();

    let overlays = document
        .as_object_mut()
        .and_then(|members| members.remove("operations"))
        .unwrap_or_default();
    for operation in operations_mut(&mut document["paths"]) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        if let Some(overlay) = overlays.get(id) {
            put_over(operation, overlay);
        }
        let id = operation["operationId"].as_str().unwrap_or_default();
        if OPERATIONS_WITH_FILTER.contains(&id) {
            let has_order = id == "exportLogsByQuery";
            let mut parameters = filter_parameters();
            parameters.retain(|parameter| has_order || parameter["name"] != "sort");
            if let Some(more) = operation["parameters"].as_array() {
                parameters.extend_from_slice(more);
            }
            operation["parameters"] = parameters.into();
        }
        let parameters = operation["parameters"].as_array();
        if parameters.is_some_and(|parameters| !parameters.is_empty()) {
            operation["responses"]["414"] = json!({"description": ADDRESS_TOO_LONG});
        }
    }
    document
}

fn operations_mut(paths: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    items.flat_map(|item| {
        let methods = item.as_object_mut().into_iter().flatten();
        methods
            .filter(|(_, operation)| operation.get("operationId").is_some())
            .map(|(_, operation)| operation)
    })
}

fn response(description: &str, problem: &Problem) -> Value {
    let request_id = RequestId::known(EXAMPLE_REQUEST_ID);
    let example = serde_json::to_value(problem.document(&request_id)).unwrap_or_default();
    let mut headers = json!({"x-request-id": {"$ref": "#/components/headers/RequestId"}});
    if problem.has_retry_after() {
        headers["retry-after"] = json!({"$ref": "#/components/headers/RetryAfter"});
    }
    json!({
        "description": description,
        "headers": headers,
        "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": example,
        }},
    })
}

/// The members of `overlay`, objects merged, everything else replaced.
fn put_over(target: &mut Value, overlay: &Value) {
    match (target, overlay) {
        (Value::Object(target), Value::Object(overlay)) => {
            for (name, value) in overlay {
                put_over(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, overlay) => *target = overlay.clone(),
    }
}

/// The filter as query parameters: those of the body, with dots for its objects.
fn filter_parameters() -> Vec<Value> {
    let mut parameters = Vec::new();
    let mut add = |name: String, schema: Value, description: &str| {
        parameters.push(json!({
            "name": name, "in": "query", "required": false,
            "description": description, "schema": schema,
        }));
    };
    for field in FILTER_FIELDS {
        let inside = OBJECT_FIELDS.iter().find(|(name, _)| *name == field);
        let names: Vec<String> = match inside {
            Some((_, members)) => members
                .iter()
                .map(|name| format!("{field}.{name}"))
                .collect(),
            None => vec![field.to_owned()],
        };
        for name in names {
            match name.as_str() {
                "timestamp.from" | "ingested.from" => {
                    add(
                        name,
                        json!({"$ref": "#/components/schemas/Time"}),
                        "The first moment that is inside.",
                    );
                }
                "timestamp.to" | "ingested.to" => {
                    add(
                        name,
                        json!({"$ref": "#/components/schemas/Time"}),
                        "The first moment that is no longer inside.",
                    );
                }
                "entity.include_children" => {
                    add(
                        name,
                        json!({"type": "boolean"}),
                        "Whether what is part of the entity counts, too.",
                    );
                }
                "q" => add(
                    name,
                    json!({"$ref": "#/components/schemas/Query"}),
                    "The search bar: words, \"phrases\" and qualifiers.",
                ),
                "sort" => add(
                    name,
                    json!({"$ref": "#/components/schemas/Sort"}),
                    "The order.",
                ),
                _ => {
                    let item = match name.as_str() {
                        "action" => json!({"$ref": "#/components/schemas/Action"}),
                        "outcome" => json!({"$ref": "#/components/schemas/Outcome"}),
                        _ => json!({"type": "string", "maxLength": PARAMETER_CHARS_MAX}),
                    };
                    let list = json!({
                        "type": "array", "items": item, "minItems": 1, "maxItems": PARAMETERS_MAX,
                    });
                    add(name.clone(), list.clone(), "One of these.");
                    add(format!("{name}.not"), list, "None of these.");
                }
            }
        }
    }
    parameters
}

#[cfg(test)]
mod tests;
