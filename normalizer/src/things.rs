//! What was acted upon and what it is part of.

use daybook_event::{Entity, HandlerContext};
use daybook_openapi::redaction::{REDACTED, Redactor};
use daybook_openapi::{Meaning, Operation, RequestValues, ValueLocation, is_placeholder};
use serde_json::Value;

use crate::changes::States;

/// A longer text that is all of an answer is no id.
const BARE_ID_BYTES_MAX: usize = 64;

/// A bulk call's ids stand in `entity.id`, joined by commas, up to this many; the body has them all.
const ENTITY_IDS_MAX: usize = 20;

/// Members of an entity's state that say what people call it, best first.
const NAME_MEMBERS: [&str; 5] = ["name", "title", "display_name", "displayName", "label"];

/// The longest id or name that is read from an entity's state.
const VALUE_CHARS_MAX: usize = 256;

/// What was acted upon and what it is part of; the handler's word counts before the document's.
pub(crate) struct Things {
    pub(crate) entity: Entity,
    /// Every id of a bulk call; `entity.id` joins the first of them.
    pub(crate) entity_ids: Vec<String>,
    pub(crate) parent: Entity,
}

impl Things {
    pub(crate) fn of(
        context: &HandlerContext,
        states: &States,
        operation: Option<&Operation>,
        values: &RequestValues<'_>,
        redactor: &Redactor,
        redacted: &mut Vec<String>,
    ) -> Self {
        let meaning = operation.map(|operation| &operation.meaning);
        let mut entity_ids = meaning.map_or_else(Vec::new, |meaning| ids(meaning, values));
        let mut entity = meaning.map_or_else(Entity::default, |meaning| Entity {
            kind: meaning.entity_type.clone(),
            id: entity_ids[..entity_ids.len().min(ENTITY_IDS_MAX)].join(","),
            name: name(meaning, &entity_ids, values),
        });
        let mut parent = meaning
            .and_then(|meaning| meaning.parent.as_ref())
            .map_or_else(Entity::default, |parent| Entity {
                kind: parent.entity_type.clone(),
                id: parent
                    .id
                    .as_ref()
                    .and_then(|location| first_value(location, values))
                    .unwrap_or_default(),
                name: String::new(),
            });
        if let Some(stated) = &context.entity {
            overlay(&mut entity, stated, "entity", redactor, redacted);
            if !is_placeholder(&stated.id) {
                entity_ids = vec![entity.id.clone()];
            }
        }
        if entity_ids.len() < 2 {
            // The state is that of one thing. Its new name is the one under which it is found now.
            let of_state = |members: &[&str]| {
                [states.after(), states.before()]
                    .into_iter()
                    .flatten()
                    .find_map(|state| member(state, members))
            };
            for (known, members) in [
                (&mut entity.id, &Entity::ID_MEMBERS[..]),
                (&mut entity.name, &NAME_MEMBERS[..]),
            ] {
                if known.is_empty() {
                    *known = of_state(members).unwrap_or_default();
                }
            }
            if !entity.id.is_empty() {
                entity_ids = vec![entity.id.clone()];
            }
        }
        if let Some(stated) = &context.parent {
            overlay(&mut parent, stated, "parent", redactor, redacted);
        }
        Self {
            entity,
            entity_ids,
            parent,
        }
    }
}

/// Whether an answer that is nothing but a text may be an id, and no address, message or secret.
fn may_be_id(text: &str) -> bool {
    text.len() <= BARE_ID_BYTES_MAX
        && !text
            .contains(|character: char| matches!(character, '/' | ':') || character.is_whitespace())
}

/// The ids of the things; several only where they stand in the call.
fn ids(meaning: &Meaning, values: &RequestValues<'_>) -> Vec<String> {
    let Some(location) = meaning.entity_id.as_ref().or(meaning.entity_ids.as_ref()) else {
        return Vec::new();
    };
    let mut listed = usable(location.read(values));
    if matches!(location, ValueLocation::Response(pointer) if pointer.is_empty()) {
        listed.retain(|text| may_be_id(text));
    }
    let is_list = meaning.entity_ids.as_ref() == Some(location);
    if !is_list || !matches!(location, ValueLocation::Query(_)) {
        return listed;
    }
    // API Gateway joins the values of one name by commas, as `style: form` does (OpenAPI 3.1, 4.8.12.2).
    let one_by_one = listed
        .iter()
        .flat_map(|ids| ids.split(','))
        .map(|id| id.trim().to_owned());
    usable(one_by_one.collect())
}

/// What the thing is called; nothing where there are several things, each with a name of its own.
fn name(meaning: &Meaning, ids: &[String], values: &RequestValues<'_>) -> String {
    if ids.len() > 1 {
        return String::new();
    }
    meaning
        .entity_name
        .iter()
        .find_map(|location| {
            let names = usable(location.read(values));
            match names.as_slice() {
                [name] => Some(without_placeholder(name).to_owned()),
                _ => None,
            }
        })
        .unwrap_or_default()
}

/// `Jane null`, of a program that joined a first name with a last one that was none.
pub(crate) fn without_placeholder(name: &str) -> &str {
    let is_placeholder = |word: &str| matches!(word, "null" | "undefined");
    let is_name = |word: &str| word.starts_with(char::is_uppercase) && !word.contains(' ');
    match name.split_once(' ') {
        Some((first, last)) if is_name(first) && is_placeholder(last) => first,
        Some((first, last)) if is_placeholder(first) && is_name(last) => last,
        _ => name,
    }
}

fn overlay(
    entity: &mut Entity,
    stated: &Entity,
    which: &str,
    redactor: &Redactor,
    redacted: &mut Vec<String>,
) {
    for (member, known, stated, clean) in [
        (
            "type",
            &mut entity.kind,
            &stated.kind,
            redactor.text(&stated.kind),
        ),
        ("id", &mut entity.id, &stated.id, redactor.id(&stated.id)),
        (
            "name",
            &mut entity.name,
            &stated.name,
            redactor.text(&stated.name),
        ),
    ] {
        if is_placeholder(stated) {
            continue;
        }
        if clean != *stated || stated.contains(REDACTED) {
            redacted.push(format!("context#/{which}/{member}"));
        }
        *known = clean.into_owned();
    }
    // The noun stands in the sentence as it is.
    entity.kind.retain(|character| !character.is_control());
}

/// The first of an object's members that is a usable text or number.
fn member(state: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = match state.get(name)? {
            Value::String(text) => text.chars().take(VALUE_CHARS_MAX).collect(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        usable(vec![text]).pop()
    })
}

/// The first value at a place, if there is a usable one.
pub(crate) fn first_value(location: &ValueLocation, values: &RequestValues<'_>) -> Option<String> {
    usable(location.read(values)).into_iter().next()
}

/// A secret is never an id or a name.
fn usable(mut values: Vec<String>) -> Vec<String> {
    values.retain(|value| !is_placeholder(value) && !value.contains(REDACTED));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_one_text_may_be_an_id_unless_it_is_an_address_or_a_message() {
        for id in ["42", "trn_8ba1", "7b0c7f5e-3f0e-4c53-9f2e-0c1d2e3f4a5b"] {
            assert!(may_be_id(id), "{id}");
        }
        let long = "x".repeat(BARE_ID_BYTES_MAX + 1);
        for other in [
            "https://s3.example.com/x?sig=1",
            "Created successfully",
            long.as_str(),
        ] {
            assert!(!may_be_id(other), "{other}");
        }
    }

    #[test]
    fn a_word_for_no_value_is_no_part_of_a_name() {
        for (name, expected) in [
            ("Jane null", "Jane"),
            ("undefined Doe", "Doe"),
            ("Jane Null", "Jane Null"),
            ("TypeError: foo is undefined", "TypeError: foo is undefined"),
            ("fix null", "fix null"),
        ] {
            assert_eq!(without_placeholder(name), expected);
        }
    }
}
