//! What changed between two states of an entity, field by field.

use daybook_event::Change;
use daybook_openapi::redaction::{Place, Redactor};
use serde_json::{Value, json};

use crate::message::Message;

/// A handler that replaces a whole catalogue must not fill the log with it.
const CHANGES_MAX: usize = 200;

/// The longest pointer of a field.
const FIELD_BYTES_MAX: usize = 256;

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
/// everything else whole, and so is an object where the pointer of a member that differs would be too long.
/// At most 200 fields, each with a pointer of at most 256 bytes.
pub(crate) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    if before != after {
        compare("", before, after, &mut changes);
    }
    changes
}

/// Lists what differs in two values that do.
fn compare(field: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    if changes.len() >= CHANGES_MAX {
        return;
    }
    if let Some(members) = members_that_differ(field, before, after) {
        for Member(field, before, after) in members {
            compare(&field, before, after, changes);
        }
        return;
    }
    let json = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    changes.push(Change {
        field: field.to_owned(),
        before: json(before),
        after: json(after),
    });
}

/// A member's pointer, and what it was and is.
struct Member<'a>(String, Option<&'a Value>, Option<&'a Value>);

/// The members that differ, as many as are listed; `None` where the values are not both objects, or where a
/// member's pointer would be too long.
fn members_that_differ<'a>(
    field: &str,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
) -> Option<Vec<Member<'a>>> {
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) else {
        return None;
    };
    let added = after.keys().filter(|name| !before.contains_key(*name));
    before
        .keys()
        .chain(added)
        .map(|name| (name, before.get(name), after.get(name)))
        .filter(|(_, before, after)| before != after)
        .take(CHANGES_MAX)
        .map(|(name, before, after)| Some(Member(pointer_to(field, name)?, before, after)))
        .collect()
}

/// The pointer of a member of what stands at `field`; `None` where it would be too long.
fn pointer_to(field: &str, name: &str) -> Option<String> {
    let fits = |token: &str| field.len() + 1 + token.len() <= FIELD_BYTES_MAX;
    // Asked before it is escaped: a name may be as long as a message.
    if !fits(name) {
        return None;
    }
    // RFC 6901, section 3: `~` and `/` are written as `~0` and `~1`.
    let token = name.replace('~', "~0").replace('/', "~1");
    fits(&token).then(|| format!("{field}/{token}"))
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
