//! Where a value is in a request or its response, and how to read it there.

mod compact;

use std::borrow::Cow;

use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json_pointer::{escape, unescape};
use crate::operation_source::OperationSource;
use crate::schema::Property;

/// The most values that one location gives: more than anybody counts, fewer than a message can hold.
pub(crate) const VALUES_MAX: usize = 10_000;

/// The most characters of one value.
const VALUE_CHARS_MAX: usize = 256;

/// Keys behind which services wrap what they mean, looked behind where the plain pointer misses.
pub(crate) const WRAPPERS: &[&str] = &[
    "data",
    "item",
    "result",
    "response",
    "payload",
    "body",
    "items",
    "results",
    "attributes",
];

/// Those of them that hold a list, and so may be a list of the thing's own.
const LISTS: &[&str] = &["items", "results"];

/// How many wrappers are opened: JSON:API has `data` and `attributes`.
pub(crate) const WRAPPER_DEPTH_MAX: usize = 2;

/// Keys behind which something is no part of what a call is about.
const NO_WRAPPERS: &[&str] = &["error", "errors"];

/// Keys of an object that name it, tried in order where a location gives objects.
const ID_KEYS: &[&str] = &["id", "_id", "uuid", "uid", "key", "name"];

/// A place in a request or its response.
///
/// Serializes as `{"in":"path","name":"id"}` or `{"in":"response","pointer":"/data/*/id"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueLocation {
    /// A path parameter's name.
    Path(String),
    /// A query parameter's name.
    Query(String),
    /// A request header's name, lower case. Marked as secret or not; never read as an id.
    Header(String),
    /// A JSON pointer into the request body; a segment `*` is any array item, `""` the whole body.
    Request(String),
    /// A JSON pointer into the response body, likewise.
    Response(String),
}

/// Which bodies of a call have a list of their own that bears the name of a wrapper: the `items` of an order that
/// has an `id`, too. What stands in it is of its items, and of nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLists {
    /// The request's.
    pub request: bool,
    /// The response's.
    pub response: bool,
}

impl OwnLists {
    /// Those of an operation's bodies that have one of these places beside such a list.
    pub(crate) fn of<'a>(
        source: &OperationSource<'_>,
        places: impl Iterator<Item = &'a ValueLocation> + Clone,
    ) -> Self {
        let has_list = |schema: Option<&Value>, pointers: &mut dyn Iterator<Item = &'a str>| {
            let Some(schema) = schema else { return false };
            let mut first = pointers.filter_map(|pointer| segments(pointer).next());
            let properties = source.schemas.properties(schema);
            let is_own = |property: &Property<'_>| {
                LISTS.contains(&property.name) && source.schemas.items(property.schema).is_some()
            };
            properties.iter().any(is_own)
                && first.any(|name| {
                    !LISTS.contains(&name.as_str())
                        && properties.iter().any(|property| property.name == name)
                })
        };
        let mut sent = places.clone().filter_map(|place| match place {
            ValueLocation::Request(pointer) => Some(pointer.as_str()),
            _ => None,
        });
        let mut answered = places.filter_map(|place| match place {
            ValueLocation::Response(pointer) => Some(pointer.as_str()),
            _ => None,
        });
        Self {
            request: has_list(source.request, &mut sent),
            response: has_list(source.response, &mut answered),
        }
    }
}

/// The values of one call.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestValues<'a> {
    /// Path parameters by name, decoded.
    pub path_params: &'a [(String, String)],
    /// Query parameters by name, decoded; a name may come more than once.
    pub query: &'a [(String, String)],
    /// The request body, where it is JSON.
    pub request: Option<&'a Value>,
    /// The response body, where it is JSON.
    pub response: Option<&'a Value>,
    /// What of the bodies is no wrapper, although it is called so: [`Meaning::own_lists`](crate::Meaning::own_lists).
    pub own_lists: OwnLists,
}

impl ValueLocation {
    /// The values at this place as texts: strings, numbers and booleans; none where there are none.
    /// What stands for no value (see [`is_placeholder`]) is none.
    ///
    /// At most 10,000 values of at most 256 characters. Where a body's plain pointer leads nowhere, it
    /// is tried again behind a wrapper (`data`, `item`, `result`, … or the only key of the body), and
    /// without one that the document has and the body has not.
    pub fn read(&self, values: &RequestValues<'_>) -> Vec<String> {
        match self {
            Self::Path(name) => read_named(values.path_params, name),
            Self::Query(name) => read_named(values.query, name),
            Self::Header(_) => Vec::new(),
            Self::Request(pointer) => read_body(values.request, pointer, values.own_lists.request),
            Self::Response(pointer) => {
                read_body(values.response, pointer, values.own_lists.response)
            }
        }
    }

    /// Reads `path.id`, `query.id`, `body.order.id` (or `request.…`) and `response.id`; a part `*` or
    /// `[]` is any array item: `body.items[].id`, `body[].id` of a body that is a list.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        let (place, rest) = match expression.split_once('.') {
            Some((_, "")) => return None,
            Some((place, rest)) => (place, Some(rest)),
            None => (expression, None),
        };
        let pointer = |stars: &str| {
            let mut pointer = stars.to_owned();
            for part in rest.into_iter().flat_map(|rest| rest.split('.')) {
                let (name, stars) = without_stars(part);
                if !name.is_empty() || stars.is_empty() {
                    pointer.push('/');
                    pointer.push_str(&escape(name));
                }
                pointer.push_str(&stars);
            }
            pointer
        };
        match (place, rest) {
            ("path", Some(name)) => Some(Self::Path(name.to_owned())),
            ("query", Some(name)) => Some(Self::Query(name.to_owned())),
            _ => {
                let (place, stars) = without_stars(place);
                if rest.is_none() && stars.is_empty() {
                    return None;
                }
                match place {
                    "body" | "request" => Some(Self::Request(pointer(&stars))),
                    "response" => Some(Self::Response(pointer(&stars))),
                    _ => None,
                }
            }
        }
    }

    /// The place as `x-audit` writes it: `path.id`, `body.order.id`, `response.items[].id`.
    pub fn expression(&self) -> String {
        let (place, pointer) = match self {
            Self::Path(name) => return format!("path.{name}"),
            Self::Query(name) => return format!("query.{name}"),
            Self::Header(name) => return format!("header.{name}"),
            Self::Request(pointer) => ("body", pointer),
            Self::Response(pointer) => ("response", pointer),
        };
        segments(pointer).fold(place.to_owned(), |expression, segment| {
            if segment == "*" {
                expression + "[]"
            } else {
                expression + "." + &segment
            }
        })
    }

    /// The name or the pointer.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Path(text)
            | Self::Query(text)
            | Self::Header(text)
            | Self::Request(text)
            | Self::Response(text) => text,
        }
    }

    /// The last word of the place, as people would call it: `/data/order_id` → `order_id`.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Path(name) | Self::Query(name) | Self::Header(name) => Cow::Borrowed(name),
            Self::Request(pointer) | Self::Response(pointer) => {
                let mut segments = pointer.rsplit('/');
                let last = segments.find(|segment| !segment.is_empty() && *segment != "*");
                let last = last.unwrap_or("id");
                if last.contains('~') {
                    Cow::Owned(unescape(last))
                } else {
                    Cow::Borrowed(last)
                }
            }
        }
    }
}

/// `items[][]` as `items` and the two steps into an item, `/*/*`.
fn without_stars(part: &str) -> (&str, String) {
    let name = part.trim_end_matches("[]");
    (name, "/*".repeat((part.len() - name.len()) / 2))
}

/// Whether a text stands where a value should be: `null`, `undefined`, `[object Object]` and `NaN` of a
/// program that had none, once or several times (`null null` for a first and a last name), or nothing but
/// spaces. Braces are no sign of it: there are ids that have them.
pub fn is_placeholder(text: &str) -> bool {
    text.replace("[object Object]", " ")
        .split_whitespace()
        .all(|word| matches!(word, "null" | "undefined" | "NaN"))
}

impl Serialize for ValueLocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.serialize_compact(serializer);
        }
        let (place, key, value) = match self {
            Self::Path(name) => ("path", "name", name),
            Self::Query(name) => ("query", "name", name),
            Self::Header(name) => ("header", "name", name),
            Self::Request(pointer) => ("request", "pointer", pointer),
            Self::Response(pointer) => ("response", "pointer", pointer),
        };
        let mut location = serializer.serialize_struct("ValueLocation", 2)?;
        location.serialize_field("in", place)?;
        location.serialize_field(key, value)?;
        location.end()
    }
}

/// Values of no real call: at each place stands its name in braces.
#[derive(Default)]
pub(crate) struct SampleValues {
    path_params: Vec<(String, String)>,
    query: Vec<(String, String)>,
    request: Value,
    response: Value,
}

impl SampleValues {
    pub(crate) fn of<'a>(locations: impl Iterator<Item = &'a ValueLocation>) -> Self {
        let mut samples = Self::default();
        for location in locations {
            let sample = format!("{{{}}}", location.name());
            match location {
                ValueLocation::Path(name) => samples.path_params.push((name.clone(), sample)),
                ValueLocation::Query(name) => samples.query.push((name.clone(), sample)),
                ValueLocation::Request(pointer) => put(&mut samples.request, pointer, sample),
                ValueLocation::Response(pointer) => put(&mut samples.response, pointer, sample),
                ValueLocation::Header(_) => {}
            }
        }
        samples
    }

    pub(crate) fn values(&self) -> RequestValues<'_> {
        RequestValues {
            path_params: &self.path_params,
            query: &self.query,
            request: Some(&self.request),
            response: Some(&self.response),
            own_lists: OwnLists::default(),
        }
    }
}

/// Puts a text where a pointer leads, and what is needed on the way there.
fn put(body: &mut Value, pointer: &str, text: String) {
    let mut place = body;
    for segment in pointer.split('/').skip(1) {
        if segment == "*" {
            if !place.is_array() {
                *place = Value::Array(vec![Value::Null]);
            }
            place = &mut place[0];
        } else {
            if !place.is_object() {
                *place = Value::Object(serde_json::Map::new());
            }
            place = &mut place[unescape(segment)];
        }
    }
    *place = Value::String(text);
}

fn read_named(pairs: &[(String, String)], name: &str) -> Vec<String> {
    pairs
        .iter()
        .filter(|(key, value)| key == name && !is_placeholder(value))
        .take(VALUES_MAX)
        .map(|(_, value)| cut(value))
        .collect()
}

fn read_body(body: Option<&Value>, pointer: &str, has_own_list: bool) -> Vec<String> {
    let Some(body) = body else { return Vec::new() };
    let segments: Vec<String> = segments(pointer).collect();
    let mut found = Vec::new();
    collect(body, &segments, &mut found);
    if found.is_empty() {
        let is_wrapper =
            |key: &str| !(NO_WRAPPERS.contains(&key) || has_own_list && LISTS.contains(&key));
        collect_behind_wrappers(body, &segments, WRAPPER_DEPTH_MAX, &is_wrapper, &mut found);
    }
    let mut unwrapped = segments.as_slice();
    while let [wrapper, rest @ ..] = unwrapped {
        let is_missing = body.is_object() && body.get(wrapper).is_none();
        let is_wrapper = wrapper == "*" || WRAPPERS.contains(&wrapper.as_str());
        if !found.is_empty() || !is_missing || !is_wrapper || rest.is_empty() {
            break;
        }
        collect(body, rest, &mut found);
        unwrapped = rest;
    }
    found
}

fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}

fn collect_behind_wrappers(
    value: &Value,
    segments: &[String],
    depth: usize,
    is_wrapper: &dyn Fn(&str) -> bool,
    found: &mut Vec<String>,
) {
    let Value::Object(members) = value else {
        return;
    };
    let only = members
        .keys()
        .next()
        .filter(|_| members.len() == 1)
        .map(String::as_str);
    for inner in WRAPPERS
        .iter()
        .copied()
        .chain(only)
        .filter(|wrapper| is_wrapper(wrapper))
        .filter_map(|wrapper| members.get(wrapper))
    {
        collect(inner, segments, found);
        if !found.is_empty() {
            break;
        }
        let items = match inner {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if depth > 1 {
            for item in items.iter().take(VALUES_MAX) {
                collect_behind_wrappers(item, segments, depth - 1, is_wrapper, found);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
}

fn collect(value: &Value, segments: &[String], found: &mut Vec<String>) {
    if found.len() >= VALUES_MAX {
        return;
    }
    match (segments, value) {
        ([], Value::Array(items)) => {
            for item in items.iter().take(VALUES_MAX) {
                collect_scalar(item, found);
            }
        }
        ([], other) => collect_scalar(other, found),
        ([star, rest @ ..], Value::Array(items)) if star == "*" => {
            for item in items.iter().take(VALUES_MAX) {
                collect(item, rest, found);
            }
        }
        ([key, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get(key) {
                collect(member, rest, found);
            }
        }
        ([index, rest @ ..], Value::Array(items)) => {
            if let Ok(index) = index.parse::<usize>() {
                if let Some(item) = items.get(index) {
                    collect(item, rest, found);
                }
                return;
            }
            // A list where the document has one thing.
            for item in items
                .iter()
                .take(VALUES_MAX)
                .filter(|item| item.is_object())
            {
                collect(item, segments, found);
            }
        }
        _ => {}
    }
}

fn collect_scalar(value: &Value, found: &mut Vec<String>) {
    if found.len() >= VALUES_MAX {
        return;
    }
    match value {
        Value::String(text) if !is_placeholder(text) => found.push(cut(text)),
        Value::Number(number) => found.push(number.to_string()),
        Value::Bool(flag) => found.push(flag.to_string()),
        Value::Object(members) => {
            if let Some(id) = ID_KEYS.iter().find_map(|key| members.get(*key))
                && !id.is_object()
            {
                collect_scalar(id, found);
            }
        }
        _ => {}
    }
}

fn cut(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
