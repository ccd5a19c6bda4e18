//! What changed between two states of an entity, field by field.

use daybook_event::Change;
use daybook_openapi::secrets::{Place, Redactor};
use serde_json::{Value, json};

use crate::message::Message;

/// A handler that replaces a whole catalogue must not fill the log with it.
const CHANGES_MAX: usize = 200;

/// The entity before and after the change, as the handler states it, redacted.
pub(crate) struct States(Value);

impl States {
    pub(crate) fn of(message: &Message, redactor: &Redactor, redacted: &mut Vec<String>) -> Self {
        let mut states = json!({
            "before": message.context.before,
            "after": message.context.after,
        });
        redactor.json(Place::Context, &mut states, redacted);
        Self(states)
    }

    pub(crate) fn before(&self) -> Option<&Value> {
        self.state("before")
    }

    pub(crate) fn after(&self) -> Option<&Value> {
        self.state("after")
    }

    fn state(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|state| !state.is_null())
    }
}

/// The fields that differ, as JSON pointers in document order; objects are compared member by member,
/// everything else whole.
pub(crate) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), before, after, &mut changes);
    changes
}

fn compare(
    field: String,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<Change>,
) {
    if before == after || changes.len() >= CHANGES_MAX {
        return;
    }
    let (Some(Value::Object(members_before)), Some(Value::Object(members_after))) = (before, after)
    else {
        let json = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        changes.push(Change {
            field,
            before: json(before),
            after: json(after),
        });
        return;
    };
    let added = members_after
        .keys()
        .filter(|name| !members_before.contains_key(*name));
    for name in members_before.keys().chain(added) {
        // RFC 6901, section 3: `~` and `/` are written as `~0` and `~1`.
        let token = name.replace('~', "~0").replace('/', "~1");
        compare(
            format!("{field}/{token}"),
            members_before.get(name),
            members_after.get(name),
            changes,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(before: &Value, after: &Value) -> Vec<(String, String, String)> {
        changes(Some(before), Some(after))
            .into_iter()
            .map(|change| (change.field, change.before, change.after))
            .collect()
    }

    #[test]
    fn only_what_differs_is_listed() {
        let row = |field: &str, before: &str, after: &str| {
            (field.to_owned(), before.to_owned(), after.to_owned())
        };
        assert_eq!(
            list(
                &json!({"same": 1, "name": "A", "gone": [1], "in": {"a/b": true}}),
                &json!({"same": 1, "name": "B", "new": null, "in": {"a/b": false}}),
            ),
            [
                row("/gone", "[1]", ""),
                row("/in/a~1b", "true", "false"),
                row("/name", "\"A\"", "\"B\""),
                row("/new", "", "null"),
            ]
        );
        assert_eq!(list(&json!({"a": 1}), &json!({"a": 1})), []);
    }

    #[test]
    fn a_created_entity_is_one_change() {
        let after = json!({"a": 1});
        assert_eq!(changes(None, Some(&after))[0].after, r#"{"a":1}"#);
        assert_eq!(changes(None, None), []);
    }

    #[test]
    fn the_list_is_bounded() {
        let many: serde_json::Map<String, Value> =
            (0..1000).map(|n| (n.to_string(), json!(n))).collect();
        let changes = changes(Some(&json!({})), Some(&Value::Object(many)));
        assert_eq!(changes.len(), CHANGES_MAX);
    }
}
