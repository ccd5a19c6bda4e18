//! What a body says: JSON as it is, a form as the object that it stands for, base64 taken off.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use daybook_event::{check_json_values, parse_json};
use serde_json::{Map, Value};

use crate::message::{MESSAGE_DEPTH_MAX, VALUES_BYTES_MAX};

/// How deep the names of a form nest: `a[b][c]=d` nests two levels.
const FORM_DEPTH_MAX: usize = 8;

/// How many names, those of a path each for itself, a form has. Every one may become an object.
const FORM_NAMES_MAX: usize = 100_000;

/// API Gateway writes padding; what passes events on may leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of a body that may be base64 (`isBase64Encoded`). What only claims to be base64 is kept
/// as it is.
pub(crate) fn bytes(body: &str, is_base64: bool) -> Vec<u8> {
    is_base64
        .then(|| BASE64.decode(body).ok())
        .flatten()
        .unwrap_or_else(|| body.as_bytes().to_vec())
}

/// A body as JSON; `None` where it is neither JSON nor a form, or has more values than there is memory for. A form has a name with
/// a value: `curl -d 'some text'` sends none.
pub(crate) fn read(body: &[u8], content_type: &str) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    // curl calls anything a form where nobody says otherwise. Read as one, all of it would be a name.
    let start = text.trim_start_matches(|one: char| one.is_whitespace() || one == '\u{feff}');
    if is_form(content_type) && !start.starts_with(['{', '[', '<']) {
        let is_form = text.is_empty() || text.contains('=');
        is_form.then(|| form(text)).flatten()
    } else {
        json(text)
    }
}

fn is_form(content_type: &str) -> bool {
    content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("application/x-www-form-urlencoded")
}

/// The fields of a form by name, the first one of each; none where the body is no form.
pub(crate) fn form_fields(body: &[u8], content_type: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    if is_form(content_type) {
        for (name, value) in form_urlencoded::parse(body).take(FORM_NAMES_MAX) {
            fields
                .entry(name.into_owned())
                .or_insert_with(|| value.into_owned());
        }
    }
    fields
}

/// A JSON text, with or without a byte order mark (RFC 8259, section 8.1, lets a reader ignore it); `None` where it is none, or
/// has more values than there is memory for.
pub(crate) fn json(text: &str) -> Option<Value> {
    check_json_values(text.as_bytes(), VALUES_BYTES_MAX).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parse_json(text, MESSAGE_DEPTH_MAX).ok()
}

/// Whether there is anything in it at all.
pub(crate) fn is_blank(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii().is_empty()
}

/// A form as an object: a name that comes again makes a list, `a[b]=c` an object, `a[]=b` a list. `None` where it has more than
/// [`FORM_NAMES_MAX`].
fn form(text: &str) -> Option<Value> {
    let mut members = Value::Object(Map::new());
    let mut names = 0;
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let value = Value::String(value.into_owned());
        let path = path(&name);
        names += path.as_ref().map_or(1, Vec::len);
        if names > FORM_NAMES_MAX {
            return None;
        }
        let is_placed = path.is_some_and(|path| put(&mut members, &path, &value));
        if !is_placed {
            put(&mut members, &[&name], &value);
        }
    }
    Some(members)
}

/// `a[b][]` → a, b, and an empty segment; `None` where the name is no such path.
fn path(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = name.split_at(name.find('[')?);
    let mut path = vec![first];
    while let Some(inner) = rest.strip_prefix('[') {
        let (segment, after) = inner.split_once(']')?;
        path.push(segment);
        rest = after;
    }
    let is_path = rest.is_empty() && !first.is_empty() && path.len() <= FORM_DEPTH_MAX;
    is_path.then_some(path)
}

/// Puts a value in its place; `false`, with nothing changed, where something else is in the way.
fn put(holder: &mut Value, path: &[&str], value: &Value) -> bool {
    let [segment, rest @ ..] = path else {
        match holder {
            Value::Null => *holder = value.clone(),
            Value::Array(items) => items.push(value.clone()),
            first => *first = Value::Array(vec![first.take(), value.clone()]),
        }
        return true;
    };
    if holder.is_null() {
        *holder = if segment.is_empty() || *segment == "0" {
            Value::Array(Vec::new())
        } else {
            Value::Object(Map::new())
        };
    }
    match holder {
        Value::Object(members) => {
            if let Some(member) = members.get_mut(*segment) {
                return put(member, rest, value);
            }
            let mut member = Value::Null;
            put(&mut member, rest, value);
            members.insert((*segment).to_owned(), member);
            true
        }
        Value::Array(items) => {
            let position = match segment.parse::<usize>() {
                Ok(position) => position,
                Err(_) if segment.is_empty() => items.len(),
                Err(_) => return false,
            };
            if let Some(item) = items.get_mut(position) {
                return put(item, rest, value);
            }
            let mut item = Value::Null;
            put(&mut item, rest, value);
            items.push(item);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_form(text: &str, expected: &Value) {
        let read = read(
            text.as_bytes(),
            "Application/x-www-form-urlencoded; charset=UTF-8",
        );
        assert_eq!(read.as_ref(), Some(expected), "{text}");
    }

    #[test]
    fn a_form_is_the_object_that_it_stands_for() {
        check_form("", &json!({}));
        check_form(
            "name=A+B&note=%C3%BC%26",
            &json!({"name": "A B", "note": "ü&"}),
        );
        check_form("tag=1&tag=2&tag=3", &json!({"tag": ["1", "2", "3"]}));
        check_form(
            "a[b]=1&a[c][d]=2",
            &json!({"a": {"b": "1", "c": {"d": "2"}}}),
        );
        check_form("a%5Bb%5D=1", &json!({"a": {"b": "1"}}));
        check_form("a[]=1&a[]=2", &json!({"a": ["1", "2"]}));
        check_form(
            "items[0][id]=7&items[0][n]=1&items[1][id]=8",
            &json!({"items": [{"id": "7", "n": "1"}, {"id": "8"}]}),
        );
        // A position that nobody filled needs no room.
        check_form("a[0]=x&a[999999999]=y", &json!({"a": ["x", "y"]}));
        check_form("a[7]=x", &json!({"a": {"7": "x"}}));
    }

    #[test]
    fn names_that_are_no_path_and_paths_that_are_taken_stand_as_they_are() {
        check_form(
            "a[b=1&[c]=2&a]=3",
            &json!({"a[b": "1", "[c]": "2", "a]": "3"}),
        );
        check_form("a=1&a[b]=2", &json!({"a": "1", "a[b]": "2"}));
        check_form("a[b]=1&a=2&a=3", &json!({"a": [{"b": "1"}, "2", "3"]}));
        let deep = format!("a{}=1", "[b]".repeat(100));
        assert!(form(&deep).unwrap()[deep.trim_end_matches("=1")].is_string());
    }

    #[test]
    fn json_that_is_called_a_form_is_json() {
        check_form(r#"{"a": 1}"#, &json!({"a": 1}));
        check_form("\u{feff} [1]", &json!([1]));
        check_form("a=&b", &json!({"a": "", "b": ""}));
    }

    #[test]
    fn a_text_that_is_called_a_form_is_none() {
        for text in ["Hunter2x9", "5", "a&b", "some text"] {
            let read = read(text.as_bytes(), "application/x-www-form-urlencoded");
            assert_eq!(read, None, "{text}");
        }
    }

    #[test]
    fn a_form_with_more_names_than_there_is_memory_for_is_none() {
        let form_of = |names| form(&"a[b][c]=&".repeat(names / 3));
        assert!(form_of(FORM_NAMES_MAX).is_some());
        assert!(form_of(FORM_NAMES_MAX + 3).is_none());
    }

    #[test]
    fn base64_needs_no_padding_and_what_only_claims_to_be_base64_is_kept() {
        for encoded in ["eyJhIjoxfQ==", "eyJhIjoxfQ"] {
            assert_eq!(bytes(encoded, true), b"{\"a\":1}");
            assert_eq!(bytes(encoded, false), encoded.as_bytes());
        }
        assert_eq!(bytes("{not base64}", true), b"{not base64}");
    }

    proptest! {
        #[test]
        fn no_form_panics_and_no_value_is_lost(
            pairs in prop::collection::vec(("[ab](\\[[ab01]?\\]){0,3}", "[a-z]{6}"), 0..12)
        ) {
            let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let read = form(&text.join("&")).unwrap().to_string();
            for (_, value) in &pairs {
                prop_assert!(read.contains(value.as_str()), "{value} in {read}");
            }
        }
    }
}
