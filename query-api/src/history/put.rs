//! Which `PUT`s say all of a thing.

use daybook_event::{AuditEvent, Entity};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Whether the call went to the thing's own address (`/workflows/42`), or to that of all such things with a body
/// that says its id (`/workflows`). What is put below the address (`/workflows/42/rename`) is a part of the thing, or
/// something about it, but for what is known by the id of what it is part of (the rating of a ride): that is all there.
/// And a body that names the thing among others says what becomes of each, not what it is.
pub(super) fn is_put_to_the_thing(event: &AuditEvent, body: &Value) -> bool {
    let (thing, parent) = (&event.entity, &event.parent);
    if thing.id.is_empty() {
        return true;
    }
    let segments: Vec<_> = event
        .http
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| Naming::of(segment, &thing.id))
        .collect();
    // An id may have slashes of its own: `a/b` at `/files/a/b`.
    let is_at_end = || {
        let path = percent_decode_str(event.http.path.trim_end_matches('/'));
        let path = path.decode_utf8_lossy();
        path.strip_suffix(&thing.id)
            .is_some_and(|front| front.ends_with('/'))
    };
    if segments.last() == Some(&Naming::Thing) || is_at_end() {
        return true;
    }
    let naming = segments.iter().filter(|it| **it != Naming::Nothing);
    match naming.count() {
        0 => ends_with_kind(&event.http.path, &thing.kind) && says_id(body, &thing.id),
        // The one that is named is the parent.
        1 => thing.id == parent.id && thing.kind != parent.kind,
        _ => false,
    }
}

fn says_id(body: &Value, id: &str) -> bool {
    let mut members = Entity::ID_MEMBERS.iter();
    members.any(|member| match body.get(member) {
        Some(Value::String(said)) => said == id,
        Some(Value::Number(said)) => said.to_string() == id,
        _ => false,
    })
}

/// Whether a path ends with the kind of the thing, in the singular or the plural: `/workflows`, `/user-accounts`. One
/// that ends otherwise (`/workflows/rename`) is a call.
fn ends_with_kind(path: &str, kind: &str) -> bool {
    let letters = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    let end = path.trim_end_matches('/').rsplit('/').next();
    let end = letters(end.unwrap_or_default());
    let head = letters(
        kind.split([' ', '-', '_', '/'])
            .next_back()
            .unwrap_or_default(),
    );
    // `categories` for `category`
    let stem = head.strip_suffix('y').unwrap_or(&head);
    let endings = if stem == head {
        ["", "s", "es"]
    } else {
        ["y", "ys", "ies"]
    };
    !head.is_empty()
        && endings.iter().any(|ending| {
            end.strip_suffix(ending)
                .is_some_and(|front| front.ends_with(stem))
        })
}

/// What a segment of a path says of a thing.
#[derive(PartialEq, Eq)]
enum Naming {
    Nothing,
    Thing,
    /// Its id, and what is done to it: `42:publish`.
    Call,
}

impl Naming {
    fn of(segment: &str, id: &str) -> Self {
        let Ok(segment) = percent_decode_str(segment).decode_utf8() else {
            return Self::Nothing;
        };
        let quoted = |text: &str| {
            let text = text.strip_suffix(')').unwrap_or_default();
            let unquoted = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
            text == id || unquoted == Some(id)
        };
        match segment.strip_prefix(id) {
            Some("" | ".json" | ".xml") => Self::Thing,
            Some(rest) if rest.starts_with(':') => Self::Call,
            _ if segment.split_once('(').is_some_and(|(_, key)| quoted(key)) => Self::Thing,
            _ => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_with_the_kind_in_the_singular_or_the_plural() {
        for (path, kind) in [
            ("/v1/workflows", "workflow"),
            ("/workflows/", "workflow"),
            ("/user-accounts", "user account"),
            ("/updateWorkflow", "workflow"),
            ("/categories", "product category"),
            ("/boxes", "box"),
            ("/work/flow", "work/flow"),
        ] {
            assert!(ends_with_kind(path, kind), "{path} {kind}");
        }
        for (path, kind) in [
            ("/workflows/rename", "workflow"),
            ("/workflowStatus", "workflow"),
            ("/", "workflow"),
            ("/workflows", ""),
        ] {
            assert!(!ends_with_kind(path, kind), "{path} {kind}");
        }
    }
}
