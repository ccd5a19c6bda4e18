//! Removing secrets from the values of a call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use daybook_event::check_json_bounds;
use serde_json::{Map, Value};

use super::OperationSecrets;
use super::names::{describes_a_secret, is_secret_as_number, is_secret_name, is_secret_query_name};
use super::shapes::redact_shapes;
use crate::operation::{Operation, escape};
use crate::value_location::ValueLocation;

pub use daybook_event::REDACTED;

/// How deep a value is looked through; what lies deeper is removed.
const VALUE_DEPTH_MAX: usize = 256;

/// How many times JSON inside a JSON string is opened.
const INNER_JSON_LEVELS_MAX: usize = 4;

/// The largest text that is opened as JSON, and how deep it may nest.
const INNER_JSON_BYTES_MAX: usize = 1 << 20;
const INNER_JSON_DEPTH_MAX: usize = 64;

/// The most removed places that are named; more are removed unnamed.
const REMOVED_MAX: usize = 1_000;

/// Where in a call a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The request body.
    Request,
    /// The response body.
    Response,
    /// Query parameters.
    Query,
    /// Path parameters.
    Path,
    /// Request headers.
    Headers,
    /// What the handler chose to say (`before`, `after`, …), of whatever depth.
    Context,
}

impl Place {
    /// The word in front of a removed pointer: `request` in `request#/password`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Query => "query",
            Self::Path => "path",
            Self::Headers => "headers",
            Self::Context => "context",
        }
    }
}

/// Removes secrets: what the operation's document marks, then what is one by name or by shape.
///
/// `null`, `true` and `false` are never secrets and stay.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    redact: Vec<Marked>,
    keep: Vec<Marked>,
}

/// A place that a document marks, as pointer segments; `*` is any one.
#[derive(Debug, Clone)]
struct Marked {
    place: Place,
    segments: Vec<String>,
}

/// What a walk through a value knows on its way.
struct Walk<'a> {
    place: Place,
    removed: &'a mut Vec<String>,
    pointer: Vec<String>,
    inner_json_levels: usize,
}

impl Redactor {
    /// A redactor for calls of `operation`; without one, names and shapes alone decide.
    pub fn new(operation: Option<&Operation>) -> Self {
        let Some(OperationSecrets { redact, keep, .. }) =
            operation.map(|operation| &operation.secrets)
        else {
            return Self::default();
        };
        Self {
            redact: redact.iter().map(Marked::new).collect(),
            keep: keep.iter().map(Marked::new).collect(),
        }
    }

    /// Removes secrets from a JSON value and names what was removed: `request#/user/password`.
    pub fn json(&self, place: Place, value: &mut Value, removed: &mut Vec<String>) {
        let mut walk = Walk {
            place,
            removed,
            pointer: Vec::new(),
            inner_json_levels: 0,
        };
        self.visit(&mut walk, value, Inherited::No);
    }

    /// Removes what has the shape of a secret from free text: a message, a user agent.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        redact_shapes(text)
    }

    /// Removes secrets from named texts (query, path parameters, headers).
    pub fn pairs(
        &self,
        place: Place,
        pairs: &mut BTreeMap<String, String>,
        removed: &mut Vec<String>,
    ) {
        // The answer of a login in a URL: `?code=…&state=…` (RFC 6749, section 4.1.2).
        let is_login = place == Place::Query && pairs.contains_key("state");
        for (name, value) in pairs.iter_mut() {
            let pointer = std::slice::from_ref(name);
            if is_marked(&self.keep, place, pointer) {
                continue;
            }
            let by_name = is_secret_query_name(name);
            let is_secret =
                by_name || is_marked(&self.redact, place, pointer) || (is_login && name == "code");
            let redacted = if is_secret && !value.is_empty() {
                REDACTED.to_owned()
            } else {
                self.text_or_json(place, value).into_owned()
            };
            if redacted != *value || redacted == REDACTED {
                *value = redacted;
                note(removed, place, pointer);
            }
        }
    }

    /// Removes secrets from a concrete path: the values of secret path parameters, and shapes.
    pub fn path<'a>(&self, path: &'a str, path_params: &[(String, String)]) -> Cow<'a, str> {
        let secrets: Vec<&str> = path_params
            .iter()
            .filter(|(name, value)| {
                let pointer = std::slice::from_ref(name);
                !value.is_empty()
                    && !is_marked(&self.keep, Place::Path, pointer)
                    && (is_secret_name(name) || is_marked(&self.redact, Place::Path, pointer))
            })
            .map(|(_, value)| value.as_str())
            .collect();
        if secrets.is_empty() {
            return redact_shapes(path);
        }
        let segments: Vec<Cow<'_, str>> = path
            .split('/')
            .map(|segment| {
                let decoded = crate::path_template::decode_segment(segment);
                match secrets.iter().find(|secret| decoded.contains(**secret)) {
                    Some(secret) => Cow::Owned(decoded.replace(secret, REDACTED)),
                    None => Cow::Borrowed(segment),
                }
            })
            .collect();
        Cow::Owned(redact_shapes(&segments.join("/")).into_owned())
    }

    fn text_or_json<'a>(&self, place: Place, text: &'a str) -> Cow<'a, str> {
        let mut walk = Walk {
            place,
            removed: &mut Vec::new(),
            pointer: Vec::new(),
            inner_json_levels: 0,
        };
        self.inner_json(&mut walk, text)
            .map_or_else(|| redact_shapes(text), Cow::Owned)
    }

    fn visit(&self, walk: &mut Walk<'_>, value: &mut Value, inherited: Inherited) {
        if walk.pointer.len() > VALUE_DEPTH_MAX {
            walk.remove(value);
            return;
        }
        if is_marked(&self.keep, walk.place, &walk.pointer) {
            return;
        }
        if !walk.pointer.is_empty() && is_marked(&self.redact, walk.place, &walk.pointer) {
            walk.remove(value);
            return;
        }
        match value {
            Value::Object(members) => self.visit_members(walk, members, inherited),
            Value::Array(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    walk.pointer.push(position.to_string());
                    self.visit(walk, item, inherited);
                    walk.pointer.pop();
                }
            }
            // The capture layer was here before: what it removed is listed as well.
            Value::String(text) if text == REDACTED => {
                note(walk.removed, walk.place, &walk.pointer);
            }
            Value::String(text) if !text.is_empty() => {
                if inherited != Inherited::No {
                    walk.remove(value);
                    return;
                }
                if let Some(redacted) = self.inner_json(walk, text) {
                    *text = redacted;
                    return;
                }
                if let Cow::Owned(redacted) = redact_shapes(text) {
                    *text = redacted;
                    note(walk.removed, walk.place, &walk.pointer);
                }
            }
            Value::Number(number) => {
                let is_card = || {
                    number.as_u64().is_some_and(|_| {
                        matches!(redact_shapes(&number.to_string()), Cow::Owned(_))
                    })
                };
                let is_card_name = || {
                    walk.pointer.last().is_some_and(|name| {
                        let name = name.to_lowercase();
                        name.contains("card") || name.contains("number")
                    })
                };
                if inherited == Inherited::NumbersToo || (is_card_name() && is_card()) {
                    walk.remove(value);
                }
            }
            _ => {}
        }
    }

    fn visit_members(
        &self,
        walk: &mut Walk<'_>,
        members: &mut Map<String, Value>,
        inherited: Inherited,
    ) {
        // A key may hold a secret of its own: `{"sk_live_…": {"scopes": …}}`.
        let secret_keys: Vec<String> = members
            .keys()
            .filter(|key| matches!(redact_shapes(key), Cow::Owned(_)))
            .cloned()
            .collect();
        for (position, key) in secret_keys.iter().enumerate() {
            if let Some(member) = members.remove(key) {
                let new_key = if position == 0 {
                    REDACTED.to_owned()
                } else {
                    format!("{REDACTED} {position}")
                };
                walk.pointer.push(new_key.clone());
                note(walk.removed, walk.place, &walk.pointer);
                walk.pointer.pop();
                members.insert(new_key, member);
            }
        }
        // `{"name": "password", "value": "…"}` names its secret beside it.
        let named_value = ["name", "key", "field"]
            .iter()
            .filter_map(|key| members.get(*key).and_then(Value::as_str))
            .any(is_secret_name);
        for (name, member) in members.iter_mut() {
            walk.pointer.push(name.clone());
            let inherited = if is_secret_as_number(name) {
                Inherited::NumbersToo
            } else if member.is_object() && name.to_ascii_lowercase().ends_with("authorization") {
                // As an object it is a thing of its own: a payment's authorization.
                Inherited::No
            } else if is_secret_name(name) || (named_value && name == "value") {
                Inherited::Texts
            } else if inherited != Inherited::No && describes_a_secret(name) {
                Inherited::No
            } else {
                inherited
            };
            self.visit(walk, member, inherited);
            walk.pointer.pop();
        }
    }

    /// The text with the secrets of the JSON that it is removed; `None` where it is none or has none.
    fn inner_json(&self, walk: &mut Walk<'_>, text: &str) -> Option<String> {
        if walk.inner_json_levels >= INNER_JSON_LEVELS_MAX
            || !text.trim_start().starts_with(['{', '[', '"'])
        {
            return None;
        }
        check_json_bounds(text.as_bytes(), INNER_JSON_BYTES_MAX, INNER_JSON_DEPTH_MAX).ok()?;
        let mut inner: Value = serde_json::from_str(text).ok()?;
        let removed_before = walk.removed.len();
        let before = inner.clone();
        walk.inner_json_levels += 1;
        self.visit(walk, &mut inner, Inherited::No);
        walk.inner_json_levels -= 1;
        (walk.removed.len() > removed_before || inner != before).then(|| inner.to_string())
    }
}

/// Whether a value stands below the name of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inherited {
    No,
    Texts,
    NumbersToo,
}

impl Walk<'_> {
    fn remove(&mut self, value: &mut Value) {
        if value.is_null() || value.as_str() == Some(REDACTED) {
            return;
        }
        *value = Value::String(REDACTED.to_owned());
        note(self.removed, self.place, &self.pointer);
    }
}

impl Marked {
    fn new(location: &ValueLocation) -> Self {
        let segments = |pointer: &str| {
            pointer
                .split('/')
                .skip(1)
                .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
                .collect()
        };
        match location {
            ValueLocation::Path(name) => Self {
                place: Place::Path,
                segments: vec![name.clone()],
            },
            ValueLocation::Query(name) => Self {
                place: Place::Query,
                segments: vec![name.clone()],
            },
            ValueLocation::Header(name) => Self {
                place: Place::Headers,
                segments: vec![name.clone()],
            },
            ValueLocation::Request(pointer) => Self {
                place: Place::Request,
                segments: segments(pointer),
            },
            ValueLocation::Response(pointer) => Self {
                place: Place::Response,
                segments: segments(pointer),
            },
        }
    }

    /// In the handler's own words the thing may stand at any depth, so there a mark counts for every
    /// place that ends like it.
    fn covers(&self, place: Place, pointer: &[String]) -> bool {
        match place {
            Place::Context => {
                matches!(self.place, Place::Request | Place::Response)
                    && self
                        .segments
                        .iter()
                        .any(|segment| segment != "*" && segment != "**")
                    && fits(&self.segments, pointer, true)
            }
            _ => self.place == place && fits(&self.segments, pointer, false),
        }
    }
}

/// Whether a mark fits a pointer, or its end: `*` is any segment, `**` any number of them. Takes at
/// most the product of both lengths, because only the last `**` is ever tried again.
fn fits(mark: &[String], pointer: &[String], at_its_end: bool) -> bool {
    let (mut at_mark, mut at_pointer) = (0, 0);
    let mut again = at_its_end.then_some((0, 0));
    while at_pointer < pointer.len() {
        match mark.get(at_mark).map(String::as_str) {
            Some("**") => {
                again = Some((at_mark + 1, at_pointer));
                at_mark += 1;
            }
            Some(segment) if segment == "*" || segment == pointer[at_pointer] => {
                at_mark += 1;
                at_pointer += 1;
            }
            _ => {
                let Some((mark_start, pointer_start)) = again else {
                    return false;
                };
                again = Some((mark_start, pointer_start + 1));
                (at_mark, at_pointer) = (mark_start, pointer_start + 1);
            }
        }
    }
    mark[at_mark..].iter().all(|segment| segment == "**")
}

fn is_marked(marks: &[Marked], place: Place, pointer: &[String]) -> bool {
    marks.iter().any(|mark| mark.covers(place, pointer))
}

fn note(removed: &mut Vec<String>, place: Place, pointer: &[String]) {
    if removed.len() >= REMOVED_MAX {
        return;
    }
    let mut entry = format!("{}#", place.as_str());
    for segment in pointer {
        entry.push('/');
        entry.push_str(&escape(segment));
    }
    if removed.last() != Some(&entry) {
        removed.push(entry);
    }
}
