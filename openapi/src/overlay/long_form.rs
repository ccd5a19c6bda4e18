//! The long forms of what an annotation may say in short.

use std::borrow::Cow;

use serde_json::{Value, json};

/// The long form of a member of an annotation whose short one cannot take the update: of `entity: order`
/// an object of its noun, of `redact: body.a` a list of it, which another place is added to.
pub(super) fn long_form(key: &str, known: &Value, update: &Value) -> Option<Value> {
    match (key, known, update) {
        ("entity" | "parent", Value::String(noun), Value::Object(_)) => {
            Some(json!({ "type": noun }))
        }
        ("redact" | "keep", Value::String(location), Value::String(_) | Value::Array(_))
            if known != update =>
        {
            Some(json!([location]))
        }
        _ => None,
    }
}

/// The long form of an update of a member of an annotation that is written in long: of `entity: order` an object of its noun.
pub(super) fn long_update<'a>(key: &str, known: &Value, update: &'a Value) -> Cow<'a, Value> {
    match (key, known, update) {
        ("entity" | "parent", Value::Object(_), Value::String(noun)) => {
            Cow::Owned(json!({ "type": noun }))
        }
        _ => Cow::Borrowed(update),
    }
}
