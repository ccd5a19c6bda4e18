//! What changed from one event of a thing to the next, field by field: as the handler said, or else
//! from the bodies of successive requests.
//!
//! A body says how a thing is to be, not how it was. So its fields are compared with the last value that an
//! earlier body gave them: a field that no earlier body had shows no value before. Calls that failed
//! change nothing, and what was redacted is never compared.

mod bodies_before;

use std::collections::{BTreeMap, HashMap};

use daybook_event::{Action, AuditEvent, Change, Outcome, REDACTED, StoredBody, read_detail};
use serde_json::Value;

pub(crate) use self::bodies_before::bodies_before;

/// How many fields of one thing are remembered, and how many changes one event shows.
const FIELDS_MAX: usize = 500;
/// Deeper objects are compared as one value.
const DEPTH_MAX: usize = 8;

/// Where changes are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangesFrom {
    /// The handler said them.
    Given,
    /// They were made out from successive bodies.
    Bodies,
    /// There are none.
    Nothing,
}

impl ChangesFrom {
    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Bodies => "bodies",
            Self::Nothing => "none",
        }
    }
}

/// A thing, by its kind and id.
type Thing = (String, String);

/// Which thing it was, where what the event changed is made out from bodies.
fn compared_thing(event: &AuditEvent) -> Option<Thing> {
    let is_compared = event.changes.is_empty() && is_done(event) && is_a_state(event);
    is_compared.then(|| thing(event))
}

/// Whether nothing before the event is needed to know the thing's fields after it.
fn says_the_whole_thing(event: &AuditEvent) -> bool {
    let is_whole = event.http.method == "PUT" && event.changes.is_empty();
    is_done(event)
        && match event.action {
            Action::Create | Action::Delete => true,
            Action::Update => is_whole && body(event).is_some_and(|body| !body.is_cut),
            _ => false,
        }
}

fn thing(event: &AuditEvent) -> Thing {
    (event.entity.kind.clone(), event.entity.id.clone())
}

/// With another outcome a call changed nothing.
const OUTCOMES_OF_CHANGES: [Outcome; 2] = [Outcome::Success, Outcome::Unknown];

fn is_done(event: &AuditEvent) -> bool {
    OUTCOMES_OF_CHANGES.contains(&event.outcome)
}

fn is_a_state(event: &AuditEvent) -> bool {
    matches!(event.action, Action::Create | Action::Update)
}

/// The body, where it is an object.
fn body(event: &AuditEvent) -> Option<StoredBody> {
    read_detail(&event.detail).filter(|body| body.value.is_object())
}

/// Follows things through their events, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Each field, as a JSON pointer, with its value as JSON text.
    things: HashMap<Thing, BTreeMap<String, String>>,
}

impl History {
    /// What the next event changed.
    pub(crate) fn follow(&mut self, event: &AuditEvent) -> (ChangesFrom, Vec<Change>) {
        if !is_done(event) {
            return (ChangesFrom::Nothing, Vec::new());
        }
        let thing = thing(event);
        // What is created anew has nothing of what had its name before.
        if matches!(event.action, Action::Create | Action::Delete) {
            self.things.remove(&thing);
        }
        let known = self.things.entry(thing).or_default();
        if !event.changes.is_empty() {
            for change in event
                .changes
                .iter()
                .filter(|_| event.action != Action::Read)
            {
                remember(known, &change.field, &change.after);
            }
            return (ChangesFrom::Given, event.changes.clone());
        }
        let Some(body) = body(event).filter(|_| is_a_state(event)) else {
            return (ChangesFrom::Nothing, Vec::new());
        };
        let mut fields = BTreeMap::new();
        flatten(&body.value, String::new(), 0, &mut fields);
        let is_whole = event.http.method == "PUT" && !body.is_cut;
        let changes = compared(known, &fields, is_whole);
        for (field, after) in &fields {
            remember(known, field, after);
        }
        if is_whole {
            known.retain(|field, _| fields.contains_key(field));
        }
        if changes.is_empty() {
            (ChangesFrom::Nothing, changes)
        } else {
            (ChangesFrom::Bodies, changes)
        }
    }
}

/// What is different; where the body is the whole thing, what it lacks is gone.
fn compared(
    known: &BTreeMap<String, String>,
    fields: &BTreeMap<String, String>,
    is_whole: bool,
) -> Vec<Change> {
    let is_redacted = |text: &str| text.contains(REDACTED);
    let changed = fields.iter().filter_map(|(field, after)| {
        let before = known.get(field).cloned().unwrap_or_default();
        let is_change = before != *after && !is_redacted(&before) && !is_redacted(after);
        is_change.then(|| Change {
            field: field.clone(),
            before,
            after: after.clone(),
        })
    });
    let gone = known
        .iter()
        .filter(|(field, before)| is_whole && !fields.contains_key(*field) && !is_redacted(before))
        .map(|(field, before)| Change {
            field: field.clone(),
            before: before.clone(),
            after: String::new(),
        });
    changed.chain(gone).take(FIELDS_MAX).collect()
}

fn remember(known: &mut BTreeMap<String, String>, field: &str, after: &str) {
    if after.is_empty() {
        known.remove(field);
    } else if known.len() < FIELDS_MAX || known.contains_key(field) {
        known.insert(field.to_owned(), after.to_owned());
    }
}

/// The values that are no objects, by their JSON pointers (RFC 6901).
fn flatten(value: &Value, pointer: String, depth: usize, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if depth < DEPTH_MAX && !members.is_empty() => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                flatten(value, format!("{pointer}/{name}"), depth + 1, fields);
            }
        }
        value if fields.len() < FIELDS_MAX && depth > 0 => {
            fields.insert(pointer, value.to_string());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use daybook_event::{Entity, HttpRequest};
    use proptest::prelude::*;

    use super::*;

    fn event(action: Action, method: &str, detail: &str) -> AuditEvent {
        AuditEvent {
            action,
            outcome: Outcome::Success,
            detail: detail.to_owned(),
            entity: Entity {
                kind: "workflow".to_owned(),
                id: "42".to_owned(),
                name: String::new(),
            },
            http: HttpRequest {
                method: method.to_owned(),
                ..HttpRequest::default()
            },
            ..AuditEvent::default()
        }
    }

    fn followed(history: &mut History, event: &AuditEvent) -> (ChangesFrom, String) {
        let (from, changes) = history.follow(event);
        let changes: Vec<_> = changes
            .iter()
            .map(
                |Change {
                     field,
                     before,
                     after,
                 }| format!("{field} {before}>{after}"),
            )
            .collect();
        (from, changes.join(", "))
    }

    #[test]
    fn bodies_that_follow_each_other_say_what_changed() {
        let mut history = History::default();
        for (action, method, detail, from, changes) in [
            (
                Action::Create,
                "POST",
                r#"{"name":"A","on":true,"owner":{"id":1,"tags":["x"]}}"#,
                ChangesFrom::Bodies,
                r#"/name >"A", /on >true, /owner/id >1, /owner/tags >["x"]"#,
            ),
            (
                Action::Update,
                "PATCH",
                r#"{"name":"B","on":true}"#,
                ChangesFrom::Bodies,
                r#"/name "A">"B""#,
            ),
            (
                Action::Update,
                "PATCH",
                r#"{"name":"B"}"#,
                ChangesFrom::Nothing,
                "",
            ),
            (
                Action::Execute,
                "POST",
                r#"{"name":"Z"}"#,
                ChangesFrom::Nothing,
                "",
            ),
            (
                Action::Update,
                "PUT",
                r#"{"name":"B","owner":{"id":2,"tags":["x"]}}"#,
                ChangesFrom::Bodies,
                "/owner/id 1>2, /on true>",
            ),
            (Action::Update, "PATCH", "[1]", ChangesFrom::Nothing, ""),
            (Action::Delete, "DELETE", "", ChangesFrom::Nothing, ""),
            (
                Action::Create,
                "POST",
                r#"{"name":"B"}"#,
                ChangesFrom::Bodies,
                r#"/name >"B""#,
            ),
        ] {
            let found = followed(&mut history, &event(action, method, detail));
            assert_eq!(found, (from, changes.to_owned()), "{detail}");
        }
    }

    #[test]
    fn what_failed_changes_nothing_and_what_is_redacted_is_not_compared() {
        let mut history = History::default();
        let patch = |detail: &str| event(Action::Update, "PATCH", detail);
        followed(&mut history, &patch(r#"{"a":1,"key":"[redacted]"}"#));
        let denied = AuditEvent {
            outcome: Outcome::Denied,
            ..patch(r#"{"a":2}"#)
        };
        assert_eq!(followed(&mut history, &denied).0, ChangesFrom::Nothing);
        let given = AuditEvent {
            changes: vec![Change {
                field: "/a".to_owned(),
                before: "1".to_owned(),
                after: "2".to_owned(),
            }],
            ..denied
        };
        assert_eq!(followed(&mut history, &given).0, ChangesFrom::Nothing);
        let found = followed(&mut history, &patch(r#"{"a":3,"key":"[redacted]"}"#));
        assert_eq!(found.1, "/a 1>3");
        // A body that was cut does not say what is gone.
        let cut = event(Action::Update, "PUT", r#"{"a":3,"$truncated":{"bytes":9}}"#);
        assert_eq!(followed(&mut history, &cut).0, ChangesFrom::Nothing);
    }

    #[test]
    fn what_a_handler_said_beside_the_body_is_no_field_of_the_thing() {
        let mut history = History::default();
        let put = |detail: &str| event(Action::Update, "PUT", detail);
        followed(&mut history, &put(r#"{"a":1,"b":2}"#));
        for (detail, changes) in [
            (r#"{"a":3,"b":2,"$message":"Jane set a"}"#, "/a 1>3"),
            (r#"{"$message":"Jane looked at it"}"#, ""),
            (r#"{"body":[1],"$message":"Jane looked at it"}"#, ""),
            (r#"{"a":3,"$message":"Jane took b away"}"#, "/b 2>"),
            // A client's own, which says nothing of a cut.
            (
                r#"{"body":{"$truncated":{},"c":1}}"#,
                "/$truncated >{}, /c >1, /a 3>",
            ),
        ] {
            assert_eq!(followed(&mut history, &put(detail)).1, changes, "{detail}");
        }
    }

    #[test]
    fn what_the_handler_said_counts_and_is_remembered() {
        let mut history = History::default();
        let given = AuditEvent {
            changes: vec![Change {
                field: "/a".to_owned(),
                before: "1".to_owned(),
                after: "2".to_owned(),
            }],
            ..event(Action::Update, "PATCH", r#"{"a":9}"#)
        };
        let found = followed(&mut history, &given);
        assert_eq!(found, (ChangesFrom::Given, "/a 1>2".to_owned()));
        let next = event(Action::Update, "PATCH", r#"{"a":3}"#);
        assert_eq!(followed(&mut history, &next).1, "/a 2>3");
    }

    #[test]
    fn things_are_followed_apart() {
        let mut history = History::default();
        let mut other = event(Action::Update, "PATCH", r#"{"a":1}"#);
        followed(&mut history, &other);
        other.entity.id = "43".to_owned();
        other.detail = r#"{"a":2}"#.to_owned();
        assert_eq!(followed(&mut history, &other).1, "/a >2");
    }

    proptest! {
        #[test]
        fn no_body_panics_and_a_body_twice_is_no_change(
            detail in "\\PC{0,80}|(\\{\"[a-c/~]\":(1|true|\"x\"|\\{\"d\":[0-9]\\})\\})",
            method in "PUT|PATCH",
        ) {
            let mut history = History::default();
            let event = event(Action::Update, &method, &detail);
            history.follow(&event);
            prop_assert_eq!(history.follow(&event), (ChangesFrom::Nothing, Vec::new()));
        }
    }
}
