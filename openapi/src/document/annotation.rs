//! The extension by which a document speaks to Daybook.

use serde_json::Value;

/// The member that holds what is said.
pub(crate) const ANNOTATION: &str = "x-audit";

/// Whether an annotation stands in a value, at any depth.
pub(crate) fn has_annotation(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_annotation),
        Value::Object(members) => members
            .iter()
            .any(|(key, member)| key == ANNOTATION || has_annotation(member)),
        _ => false,
    }
}
