//! What changed from one event of a thing to the next, field by field: as the handler said, or else
//! from the bodies of successive requests.
//!
//! A body says how a thing is to be, not how it was. So its fields are compared with the last value that an
//! earlier body gave them: a field that no earlier body had shows no value before. Calls that failed
//! change nothing, and what was redacted is never compared.

mod bodies_before;
mod put;

use std::collections::{BTreeMap, HashMap};

use daybook_event::{Action, AuditEvent, Change, Outcome, REDACTED, StoredBody, read_detail};
use serde_json::Value;

pub(crate) use self::bodies_before::bodies_before;
use self::put::is_put_to_the_thing;

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
    let is_compared = event.changes.is_empty()
        && is_done(event)
        && is_a_state(event)
        && several_things(event).next().is_none();
    is_compared.then(|| thing(event))
}

/// Whether nothing before the event is needed to know the thing's fields after it.
fn says_the_whole_thing(event: &AuditEvent) -> bool {
    is_done(event)
        && match event.action {
            Action::Create | Action::Delete => true,
            Action::Update => {
                event.changes.is_empty() && body(event).is_some_and(|body| is_whole(event, &body))
            }
            _ => false,
        }
}

/// Whether a body is all of the thing, so that what it lacks is gone.
fn is_whole(event: &AuditEvent, body: &StoredBody) -> bool {
    event.http.method == "PUT" && !body.is_cut && is_put_to_the_thing(event, &body.value)
}

fn thing(event: &AuditEvent) -> Thing {
    (event.entity.kind.clone(), event.entity.id.clone())
}

/// The things that an event about several is about.
fn several_things(event: &AuditEvent) -> impl Iterator<Item = Thing> {
    let entity = &event.entity;
    let of_several = entity.ids().filter(|id| *id != entity.id);
    of_several.map(|id| (entity.kind.clone(), id.to_owned()))
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
    things: HashMap<Thing, Known>,
    /// Whether something had more fields than are followed, so that there may be other changes.
    pub(crate) is_bounded: bool,
}

/// What is known of a thing.
#[derive(Debug, Default)]
struct Known {
    /// Each field, as a JSON pointer, with its value as JSON text.
    fields: BTreeMap<String, String>,
    /// Whether it has more of them.
    is_bounded: bool,
}

impl History {
    /// What the next event changed.
    pub(crate) fn follow(&mut self, event: &AuditEvent) -> (ChangesFrom, Vec<Change>) {
        if !is_done(event) {
            return (ChangesFrom::Nothing, Vec::new());
        }
        let thing = thing(event);
        // What a call about several things did to each of them, nobody knows; nor what others have done to each since
        // the last call about the same.
        if event.action != Action::Read {
            let mut several = several_things(event).peekable();
            if several.peek().is_some() {
                self.things.remove(&thing);
            }
            for one in several {
                self.things.remove(&one);
            }
        }
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
                known.remember(&change.field, &change.after);
            }
            self.is_bounded |= known.is_bounded;
            return (ChangesFrom::Given, event.changes.clone());
        }
        let Some(body) = body(event).filter(|_| is_a_state(event)) else {
            return (ChangesFrom::Nothing, Vec::new());
        };
        let mut said = Known::default();
        flatten(&body.value, String::new(), 0, &mut said);
        let is_whole = is_whole(event, &body);
        // Of fields beyond the bound nobody knows whether they are gone.
        let mut changes = compared(&known.fields, &said.fields, is_whole && !said.is_bounded);
        self.is_bounded |= known.is_bounded || changes.len() > FIELDS_MAX;
        changes.truncate(FIELDS_MAX);
        if is_whole {
            *known = said;
        } else {
            for (field, after) in &said.fields {
                known.remember(field, after);
            }
            known.is_bounded |= said.is_bounded;
        }
        self.is_bounded |= known.is_bounded;
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
    changed.chain(gone).collect()
}

impl Known {
    fn remember(&mut self, field: &str, after: &str) {
        if after.is_empty() {
            self.fields.remove(field);
        } else if self.fields.len() < FIELDS_MAX || self.fields.contains_key(field) {
            self.fields.insert(field.to_owned(), after.to_owned());
        } else {
            self.is_bounded = true;
        }
    }
}

/// The values that are no objects, by their JSON pointers (RFC 6901).
fn flatten(value: &Value, pointer: String, depth: usize, said: &mut Known) {
    match value {
        Value::Object(members) if depth < DEPTH_MAX && !members.is_empty() => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                flatten(value, format!("{pointer}/{name}"), depth + 1, said);
            }
        }
        value if said.fields.len() < FIELDS_MAX && depth > 0 => {
            said.fields.insert(pointer, value.to_string());
        }
        _ => said.is_bounded |= depth > 0,
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
                path: "/workflows/42".to_owned(),
                resource: "/workflows/{id}".to_owned(),
                path_params: [("id".to_owned(), "42".to_owned())].into(),
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
    fn what_is_put_below_a_thing_is_not_all_of_it() {
        let put = |resource: &str, path: &str| {
            let mut event = event(Action::Update, "PUT", r#"{"name":"B"}"#);
            event.http.resource = resource.to_owned();
            event.http.path = path.to_owned();
            event
        };
        let mut rating = put("/rides/{id}/rating", "/rides/42/rating");
        rating.parent.id.clone_from(&rating.entity.id);
        "ride".clone_into(&mut rating.parent.kind);
        let mut part = put("/teams/{id}/members/{id}/name", "/teams/42/members/42/name");
        part.parent.clone_from(&rating.parent);
        let mut mail = put("/users/{id}/name", "/users/j%40x.org/name");
        "j@x.org".clone_into(&mut mail.entity.id);
        for (event, is_whole) in [
            (put("/workflows/{id}", "/workflows/42"), true),
            (put("/workflows/{id}/", "/workflows/42/"), true),
            (put("/{proxy+}", "/workflows/42"), true),
            (put("", "/workflows/42"), true),
            (put("/workflows/{id}/rename", "/workflows/42/rename"), false),
            (put("/{proxy+}", "/workflows/42/rename"), false),
            (put("$default", "/workflows/42/rename"), false),
            (put("/workflows", "/workflows"), false),
            (put("/{id}.json", "/workflows/42.json"), true),
            (put("/workflows({id})", "/workflows(42)"), true),
            (put("/workflows({id})", "/workflows('42')"), true),
            (put("/{id}:rename", "/workflows/42:rename"), false),
            (put("", ""), false),
            // An id may stand in the path for something else.
            (put("/{stage}/workflows/{id}", "/42/workflows/42"), true),
            (
                put("/{o}/workflows/{id}/name", "/42/workflows/42/name"),
                false,
            ),
            (rating, true),
            (part, false),
            (mail, false),
        ] {
            let mut history = History::default();
            let before = r#"{"name":"A","owner":"tom"}"#;
            let mut made = self::event(Action::Create, "POST", before);
            made.entity.clone_from(&event.entity);
            followed(&mut history, &made);
            let changes = if is_whole {
                r#"/name "A">"B", /owner "tom">"#
            } else {
                r#"/name "A">"B""#
            };
            let route = &event.http;
            assert_eq!(followed(&mut history, &event).1, changes, "{route:?}");
            assert_eq!(says_the_whole_thing(&event), is_whole, "{route:?}");
        }
    }

    #[test]
    fn a_body_without_an_address_says_all_of_the_thing_that_it_names() {
        for (detail, gone) in [
            (r#"{"id":42,"name":"B"}"#, true),
            (r#"{"id":"42","name":"B"}"#, true),
            (r#"{"ids":["42"],"name":"B"}"#, false),
            (r#"{"workflow_id":"42","name":"B"}"#, false),
        ] {
            let mut history = History::default();
            let made = event(Action::Create, "POST", r#"{"name":"A","owner":"tom"}"#);
            followed(&mut history, &made);
            let mut put = event(Action::Update, "PUT", detail);
            "/workflows".clone_into(&mut put.http.path);
            let (_, changes) = followed(&mut history, &put);
            assert_eq!(changes.contains(r#"/owner "tom">"#), gone, "{detail}");
        }
    }

    #[test]
    fn what_a_call_about_several_things_did_to_each_is_not_known() {
        let mut history = History::default();
        let patch = |detail: &str| event(Action::Update, "PATCH", detail);
        followed(&mut history, &patch(r#"{"name":"A"}"#));
        let mut several = patch(r#"{"name":"B"}"#);
        "41,42".clone_into(&mut several.entity.id);
        let denied = AuditEvent {
            outcome: Outcome::Denied,
            ..several.clone()
        };
        followed(&mut history, &denied);
        assert_eq!(
            followed(&mut history, &patch(r#"{"name":"C"}"#)).1,
            r#"/name "A">"C""#
        );
        followed(&mut history, &several);
        assert_eq!(
            followed(&mut history, &patch(r#"{"name":"D"}"#)).1,
            r#"/name >"D""#
        );
    }

    #[test]
    fn of_more_fields_than_are_followed_none_is_said_to_be_gone() {
        let numbered = |count: usize| (0..count).map(|it| (format!("f{it:03}"), Value::from(it)));
        let put = |detail: serde_json::Map<String, Value>| {
            event(Action::Update, "PUT", &Value::from(detail).to_string())
        };
        let early = || [("a".to_owned(), Value::from(1))].into_iter();
        let mut history = History::default();
        followed(&mut history, &put(numbered(FIELDS_MAX).collect()));
        assert!(!history.is_bounded);
        let longer = put(early().chain(numbered(FIELDS_MAX)).collect());
        assert_eq!(followed(&mut history, &longer).1, "/a >1");
        assert!(std::mem::take(&mut history.is_bounded));
        assert_eq!(followed(&mut history, &longer).0, ChangesFrom::Nothing);
        assert!(std::mem::take(&mut history.is_bounded));
        // What was not followed may be gone as well.
        let short = followed(
            &mut history,
            &put(early().chain(numbered(FIELDS_MAX - 2)).collect()),
        );
        assert_eq!(short.1, "/f498 498>");
        assert!(std::mem::take(&mut history.is_bounded));
        followed(&mut history, &put(early().collect()));
        assert!(!history.is_bounded);
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
