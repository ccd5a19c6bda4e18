//! Where a value is in a request or its response, and how to read it there.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::operation::escape;

/// The most values that one location gives.
const VALUES_MAX: usize = 100;

/// The most characters of one value.
const VALUE_CHARS_MAX: usize = 256;

/// Keys behind which services wrap what they mean, looked behind where the plain pointer misses.
pub(crate) const WRAPPERS: &[&str] = &[
    "data", "item", "result", "response", "payload", "body", "items", "results",
];

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
    ///
    /// At most 100 values of at most 256 characters. Where a body's plain pointer leads nowhere, it
    /// is tried again behind a wrapper (`data`, `item`, `result`, … or the only key of the body).
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

    /// The last word of the place, as people would call it: `/data/order_id` → `order_id`.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(name) | Self::Query(name) | Self::Header(name) => name,
            Self::Request(pointer) | Self::Response(pointer) => pointer
                .rsplit('/')
                .find(|segment| !segment.is_empty() && *segment != "*")
                .unwrap_or("id"),
        }
    }

    /// The place as people write it, and [`Self::parse`] reads it: `path.id`, `body.lines.*.id`. A name
    /// with a dot in it does not come back the same.
    pub(crate) fn expression(&self) -> String {
        let (place, name) = match self {
            Self::Path(name) => ("path", name),
            Self::Query(name) => ("query", name),
            Self::Request(pointer) => ("body", pointer),
            Self::Response(pointer) => ("response", pointer),
            Self::Header(name) => ("header", name),
        };
        if matches!(self, Self::Path(_) | Self::Query(_) | Self::Header(_)) {
            return format!("{place}.{name}");
        }
        name.split('/')
            .skip(1)
            .fold(place.to_owned(), |written, segment| {
                let segment = segment.replace("~1", "/").replace("~0", "~");
                format!("{written}.{segment}")
            })
    }
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
        .filter(|(key, value)| key == name && !value.is_empty())
        .take(VALUES_MAX)
        .map(|(_, value)| cut(value))
        .collect()
}

fn read_body(body: Option<&Value>, pointer: &str) -> Vec<String> {
    let Some(body) = body else { return Vec::new() };
    let segments: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    let mut found = Vec::new();
    collect(body, &segments, &mut found);
    if !found.is_empty() {
        return found;
    }
    let Value::Object(members) = body else {
        return found;
    };
    let only = members
        .keys()
        .next()
        .filter(|_| members.len() == 1)
        .map(String::as_str);
    for wrapper in WRAPPERS.iter().copied().chain(only) {
        let Some(inner) = members.get(wrapper) else {
            continue;
        };
        collect(inner, &segments, &mut found);
        if let (true, Value::Array(items)) = (found.is_empty(), inner) {
            for item in items.iter().take(VALUES_MAX) {
                collect(item, &segments, &mut found);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found
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
            if let Some(item) = index
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index))
            {
                collect(item, rest, found);
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
        Value::String(text) if !text.is_empty() => found.push(cut(text)),
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
        let many = json!((0..1_000).map(|n| json!({ "id": n })).collect::<Vec<_>>());
        let values = RequestValues {
            request: Some(&many),
            ..RequestValues::default()
        };
        assert_eq!(
            ValueLocation::Request("/*/id".into()).read(&values).len(),
            100
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
