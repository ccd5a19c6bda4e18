//! Where a value is in a request or its response, and how to read it there.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::operation::escape;

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

/// How many wrappers are opened: JSON:API has `data` and `attributes`.
const WRAPPER_DEPTH_MAX: usize = 2;

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
            Self::Request(pointer) => read_body(values.request, pointer),
            Self::Response(pointer) => read_body(values.response, pointer),
        }
    }

    /// Reads `path.id`, `query.id`, `body.order.id` (or `request.…`) and `response.id`; a part `*` or
    /// `[]` is any array item.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        let (place, rest) = expression.split_once('.')?;
        if rest.is_empty() {
            return None;
        }
        let pointer = || {
            let mut pointer = String::new();
            for part in rest.split('.') {
                let name = part.strip_suffix("[]").unwrap_or(part);
                pointer.push('/');
                pointer.push_str(&escape(name));
                pointer.push_str(if name.len() < part.len() { "/*" } else { "" });
            }
            pointer
        };
        match place {
            "path" => Some(Self::Path(rest.to_owned())),
            "query" => Some(Self::Query(rest.to_owned())),
            "body" | "request" => Some(Self::Request(pointer())),
            "response" => Some(Self::Response(pointer())),
            _ => None,
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
                    Cow::Owned(last.replace("~1", "/").replace("~0", "~"))
                } else {
                    Cow::Borrowed(last)
                }
            }
        }
    }
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
            place = &mut place[segment.replace("~1", "/").replace("~0", "~")];
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

fn read_body(body: Option<&Value>, pointer: &str) -> Vec<String> {
    let Some(body) = body else { return Vec::new() };
    let segments: Vec<String> = segments(pointer).collect();
    let mut found = Vec::new();
    collect(body, &segments, &mut found);
    if found.is_empty() {
        collect_behind_wrappers(body, &segments, WRAPPER_DEPTH_MAX, &mut found);
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
    pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

fn collect_behind_wrappers(
    value: &Value,
    segments: &[String],
    depth: usize,
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
                collect_behind_wrappers(item, segments, depth - 1, found);
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
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: &Value, pointer: &str, expected: &[&str]) {
        let values = RequestValues {
            response: Some(body),
            ..RequestValues::default()
        };
        assert_eq!(
            ValueLocation::Response(pointer.to_owned()).read(&values),
            expected,
            "{pointer} in {body}"
        );
    }

    #[test]
    fn a_pointer_reads_texts_and_numbers_through_arrays_and_wrappers() {
        check(&json!({"id": "a"}), "/id", &["a"]);
        check(&json!({"id": 7}), "/id", &["7"]);
        check(&json!({"data": {"id": "a"}}), "/id", &["a"]);
        check(&json!({"workflow": {"id": "a"}}), "/id", &["a"]);
        check(
            &json!({"data": [{"id": "a"}, {"id": "b"}]}),
            "/id",
            &["a", "b"],
        );
        check(
            &json!({"items": [{"id": 1}, {"id": 2}]}),
            "/items/*/id",
            &["1", "2"],
        );
        check(&json!([{"id": 1}, {"id": 2}]), "/*/id", &["1", "2"]);
        check(&json!({"ids": ["a", "b"]}), "/ids", &["a", "b"]);
        check(&json!(["a", "b"]), "", &["a", "b"]);
        check(&json!({"inputs": [{"id": "a"}]}), "/inputs", &["a"]);
        check(&json!({"a/b": {"~": "x"}}), "/a~1b/~0", &["x"]);
        check(
            &json!({"order": [{"id": 1}, {"id": 2}]}),
            "/order/id",
            &["1", "2"],
        );
        check(
            &json!({"order": [{"id": 1}, {"id": 2}]}),
            "/order/1/id",
            &["2"],
        );
        check(
            &json!({"data": [{"id": 1}, {"id": 2}]}),
            "/*/id",
            &["1", "2"],
        );
    }

    #[test]
    fn json_api_and_other_double_wrappers_are_opened() {
        let one = json!({"data": {"type": "flows", "id": "7", "attributes": {"name": "Mail"}}});
        check(&one, "/id", &["7"]);
        check(&one, "/name", &["Mail"]);
        let two = json!({"result": {"item": {"id": 7}}, "ok": true});
        check(&two, "/id", &["7"]);
        // No deeper: what lies there is of something else.
        let three = json!({"result": {"item": {"data": {"id": 7}}}, "ok": true});
        check(&three, "/id", &[]);
    }

    #[test]
    fn a_wrapper_that_only_the_document_has_is_left_out() {
        check(&json!({"id": "a"}), "/data/id", &["a"]);
        check(&json!({"id": "a"}), "/data/attributes/id", &["a"]);
        check(&json!({"id": "a"}), "/items/*/id", &["a"]);
        // Where the body has it, its own id is meant.
        check(&json!({"id": "a", "data": {}}), "/data/id", &[]);
        check(&json!({"id": "a"}), "/owner/id", &[]);
    }

    #[test]
    fn a_place_is_called_as_its_last_member_is_written() {
        for (pointer, name) in [
            ("/order/id", "id"),
            ("/items/*", "items"),
            ("/api~1key", "api/key"),
            ("/a~01", "a~1"),
        ] {
            let place = ValueLocation::Request(pointer.to_owned());
            assert_eq!(place.name(), name, "{pointer}");
        }
    }

    #[test]
    fn what_stands_for_no_value_is_none() {
        for text in [
            "null",
            "undefined",
            "NaN",
            "[object Object]",
            "null null",
            "undefined [object Object]",
            " \n",
        ] {
            check(&json!({"id": text}), "/id", &[]);
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "Null",
            "0",
            "none",
            "a {b}",
            "{7c9e6679-7425-40de-944b-e07fc1f90ae7}",
        ] {
            check(&json!({"id": text}), "/id", &[text]);
        }
        let params = [("id".to_owned(), "undefined".to_owned())];
        let values = RequestValues {
            path_params: &params,
            ..RequestValues::default()
        };
        assert!(ValueLocation::Path("id".into()).read(&values).is_empty());
    }

    #[test]
    fn an_expression_is_read_as_what_it_was_made_of() {
        for expression in [
            "path.id",
            "query.order-id",
            "body.order.id",
            "response.items[].id",
            "body.a/b.~",
        ] {
            let location = ValueLocation::parse(expression).unwrap();
            assert_eq!(location.expression(), expression);
        }
    }

    #[test]
    fn what_is_not_there_or_null_gives_nothing() {
        check(&json!({"id": null}), "/id", &[]);
        check(&json!({"id": ""}), "/id", &[]);
        check(&json!({"id": {}}), "/id", &[]);
        check(&json!("text"), "/id", &[]);
        check(&json!(null), "", &[]);
        assert!(
            ValueLocation::Request("/id".into())
                .read(&RequestValues::default())
                .is_empty()
        );
    }

    #[test]
    fn reading_is_bounded() {
        let many = json!((0..12_000).map(|n| json!({ "id": n })).collect::<Vec<_>>());
        let values = RequestValues {
            request: Some(&many),
            ..RequestValues::default()
        };
        assert_eq!(
            ValueLocation::Request("/*/id".into()).read(&values).len(),
            VALUES_MAX
        );
        let long = json!({ "id": "ü".repeat(10_000) });
        let values = RequestValues {
            request: Some(&long),
            ..RequestValues::default()
        };
        assert_eq!(
            ValueLocation::Request("/id".into()).read(&values)[0]
                .chars()
                .count(),
            256
        );
    }

    #[test]
    fn a_location_serializes_as_its_place_and_its_name() {
        let text = |location: &ValueLocation| serde_json::to_string(location).unwrap();
        assert_eq!(
            text(&ValueLocation::Path("id".into())),
            r#"{"in":"path","name":"id"}"#
        );
        assert_eq!(
            text(&ValueLocation::Response("/id".into())),
            r#"{"in":"response","pointer":"/id"}"#
        );
    }
}
