//! `x-audit` at a parameter or a schema property: what that one value is.
//!
//! | member | value |
//! |---|---|
//! | `entity` | `id` or `name`: it is the id, the name of the thing |
//! | `parent` | `id`: it is the id of what the thing is part of |
//! | `org` | `true`: it names the tenant |
//! | `redact`, `keep` | `true` or `false`: it is secret, or is not although it looks so |
//!
//! A component's schema is shared by bodies of many operations, so its `entity`, `parent` and `org`
//! count where the schema is the body itself or stands behind a wrapper (`data`, `item`, …), and not
//! where it is a part of something else: the `id` of a customer inside an order is no order's id.
//! For the same reason such an id gives way to one in the path.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use crate::annotations::Annotations;
use crate::document::{ANNOTATION, Problems};
use crate::json_pointer::escape;
use crate::nearest::did_you_mean;
use crate::operation_source::OperationSource;
use crate::value_location::{ValueLocation, WRAPPERS};

/// The members of an `x-audit` of a parameter or property.
const KEYS: &[&str] = &["entity", "parent", "org", "redact", "keep"];

/// How deep a body is searched.
const DEPTH_MAX: usize = 6;

/// The longest pointer to a value that is told of.
const POINTER_BYTES_MAX: usize = 500;

/// The most schemas of a body that are looked at.
const SCHEMAS_MAX: usize = 2_000;

/// Tells what is wrong in the `x-audit` of the parameter or schema at `pointer`.
pub(crate) fn check(holder: &Value, pointer: &str, problems: &mut Problems<'_>) {
    let Some(annotation) = holder.get(ANNOTATION) else {
        return;
    };
    let pointer = format!("{pointer}/{ANNOTATION}");
    let Value::Object(members) = annotation else {
        problems.error(&pointer, "`x-audit` is no object");
        return;
    };
    for (key, value) in members {
        let one_of = |known: &[&str]| match value.as_str() {
            Some(text) if known.contains(&text) => Ok(()),
            Some(text) => Err(format!(
                "{} is not known at a value{}",
                short(text),
                did_you_mean(text, known)
            )),
            None => Err(format!("at a value it is {}", known.join(" or "))),
        };
        let checked = match key.as_str() {
            "entity" => one_of(&["id", "name"]),
            "parent" => one_of(&["id"]),
            "org" | "redact" | "keep" if value.is_boolean() => Ok(()),
            "org" | "redact" | "keep" => Err("at a value it is true or false".to_owned()),
            _ => Err(format!(
                "it is not known at a value{}",
                did_you_mean(key, KEYS)
            )),
        };
        if let Err(message) = checked {
            problems.error(&format!("{pointer}/{}", escape(key)), message);
        }
    }
}

/// Whether a member says something of a value.
pub(crate) fn is_known(key: &str) -> bool {
    KEYS.contains(&key)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What the values of an operation are said to be.
pub(crate) fn read(source: &OperationSource<'_>) -> Annotations {
    let mut found = Annotations::default();
    for parameter in source.written_parameters() {
        read_parameter(source, parameter, &mut found);
    }
    let request = source.request.map(|schema| (schema, Body::Request));
    let response = source.response.map(|schema| (schema, Body::Response));
    // What is created has its id in the answer; of anything else the caller says it.
    let bodies = if source.method == "POST" {
        [response, request]
    } else {
        [request, response]
    };
    for (schema, body) in bodies.into_iter().flatten() {
        read_body(source, schema, body, &mut found);
    }
    found
}

fn read_parameter(source: &OperationSource<'_>, written: &Value, found: &mut Annotations) {
    let Some(parameter) = source.schemas.resolve(written) else {
        return;
    };
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let location = match (text("in"), text("name")) {
        (Some("path"), Some(name)) => ValueLocation::Path(name.to_owned()),
        (Some("query"), Some(name)) => ValueLocation::Query(name.to_owned()),
        _ => return,
    };
    let schema = parameter.get("schema");
    let resolved = schema.and_then(|schema| source.schemas.resolve(schema));
    for holder in [Some(written), Some(parameter), schema, resolved]
        .into_iter()
        .flatten()
    {
        for role in roles_of(holder) {
            let place = match role {
                Role::EntityId => &mut found.entity_id,
                other => place_of(other, found),
            };
            fill(place, &location);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Request,
    Response,
}

/// A schema that waits to be looked at.
struct Waiting<'a> {
    schema: &'a Value,
    pointer: String,
    depth: usize,
    /// It is a body of its own or behind a wrapper, so that a shared schema's words count.
    is_whole: bool,
    in_list: bool,
}

/// Breadth first: what stands higher is rather meant.
fn read_body(source: &OperationSource<'_>, schema: &Value, body: Body, found: &mut Annotations) {
    let mut waiting = VecDeque::from([Waiting {
        schema,
        pointer: String::new(),
        depth: 0,
        is_whole: true,
        in_list: false,
    }]);
    let mut looked_at = 0;
    while let Some(next) = waiting.pop_front() {
        looked_at += 1;
        if looked_at > SCHEMAS_MAX {
            return;
        }
        if next.pointer.len() > POINTER_BYTES_MAX {
            continue;
        }
        let location = match body {
            Body::Request => ValueLocation::Request(next.pointer.clone()),
            Body::Response => ValueLocation::Response(next.pointer.clone()),
        };
        let mut parts = vec![next.schema];
        if next.is_whole || next.schema.get("$ref").is_none() {
            source
                .schemas
                .visit_parts(next.schema, 4, &mut |part| parts.push(part));
        }
        let mut known = HashSet::new();
        for part in parts {
            // A list in an answer is what was found, and none of it the thing acted upon.
            let says_nothing = next.pointer.is_empty() || (next.in_list && body == Body::Response);
            for role in roles_of(part).filter(|_| !says_nothing) {
                fill(place_of(role, found), &location);
            }
            if next.depth == DEPTH_MAX {
                continue;
            }
            let properties = part.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                if waiting.len() < SCHEMAS_MAX && source.schemas.spend() && known.insert(name) {
                    waiting.push_back(Waiting {
                        schema,
                        pointer: format!("{}/{}", next.pointer, escape(name)),
                        depth: next.depth + 1,
                        is_whole: next.is_whole && WRAPPERS.contains(&name.as_str()),
                        in_list: next.in_list,
                    });
                }
            }
            if let Some(items) = part.get("items").filter(|items| items.is_object()) {
                waiting.push_back(Waiting {
                    schema: items,
                    pointer: format!("{}/*", next.pointer),
                    depth: next.depth + 1,
                    is_whole: next.is_whole,
                    in_list: true,
                });
            }
        }
    }
}

/// What a value may be said to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    EntityId,
    EntityName,
    ParentId,
    Org,
}

fn roles_of(holder: &Value) -> impl Iterator<Item = Role> {
    let annotation = holder.get(ANNOTATION);
    let is =
        |key: &str, said: &Value| annotation.and_then(|members| members.get(key)) == Some(said);
    [
        (is("entity", &"id".into()), Role::EntityId),
        (is("entity", &"name".into()), Role::EntityName),
        (is("parent", &"id".into()), Role::ParentId),
        (is("org", &true.into()), Role::Org),
    ]
    .into_iter()
    .filter_map(|(is_said, role)| is_said.then_some(role))
}

fn place_of(role: Role, found: &mut Annotations) -> &mut Option<ValueLocation> {
    match role {
        Role::EntityId => &mut found.entity_id_in_body,
        Role::EntityName => &mut found.entity_name,
        Role::ParentId => &mut found.parent_id,
        Role::Org => &mut found.org,
    }
}

fn fill(place: &mut Option<ValueLocation>, location: &ValueLocation) {
    if place.is_none() {
        *place = Some(location.clone());
    }
}
