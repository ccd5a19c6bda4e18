//! What was acted upon and what it is part of.

use daybook_event::Entity;
use daybook_openapi::secrets::{REDACTED, Redactor};
use daybook_openapi::{Operation, RequestValues, ValueLocation};

use crate::message::Message;

/// A bulk call's ids stand in `entity.id`, joined by commas, up to this many; the body has them all.
const ENTITY_IDS_MAX: usize = 20;
/// What was acted upon and what it is part of; the handler's word counts before the document's.
pub(crate) struct Things {
    pub(crate) entity: Entity,
    /// Every id of a bulk call; `entity.id` joins the first of them.
    pub(crate) entity_ids: Vec<String>,
    pub(crate) parent: Entity,
}

impl Things {
    pub(crate) fn of(
        message: &Message,
        operation: Option<&Operation>,
        values: &RequestValues<'_>,
        redactor: &Redactor,
    ) -> Self {
        let meaning = operation.map(|operation| &operation.meaning);
        let mut entity_ids: Vec<String> = meaning
            .and_then(|meaning| meaning.entity_id.as_ref().or(meaning.entity_ids.as_ref()))
            .map(|location| usable(location.read(values)))
            .unwrap_or_default();
        let mut entity = Entity {
            kind: meaning
                .map(|meaning| meaning.entity_type.clone())
                .unwrap_or_default(),
            id: entity_ids
                .iter()
                .take(ENTITY_IDS_MAX)
                .cloned()
                .collect::<Vec<_>>()
                .join(","),
            name: meaning
                .into_iter()
                .flat_map(|meaning| &meaning.entity_name)
                .find_map(|location| first_value(location, values))
                .unwrap_or_default(),
        };
        let parent_meaning = meaning.and_then(|meaning| meaning.parent.as_ref());
        let mut parent = Entity {
            kind: parent_meaning
                .map(|parent| parent.entity_type.clone())
                .unwrap_or_default(),
            id: parent_meaning
                .and_then(|parent| parent.id.as_ref())
                .and_then(|location| first_value(location, values))
                .unwrap_or_default(),
            name: String::new(),
        };
        if let Some(stated) = &message.context.entity {
            overlay(&mut entity, stated, redactor);
            if !stated.id.is_empty() {
                entity_ids = vec![entity.id.clone()];
            }
        }
        if let Some(stated) = &message.context.parent {
            overlay(&mut parent, stated, redactor);
        }
        Self {
            entity,
            entity_ids,
            parent,
        }
    }
}

fn overlay(entity: &mut Entity, stated: &Entity, redactor: &Redactor) {
    for (known, stated) in [
        (&mut entity.kind, &stated.kind),
        (&mut entity.id, &stated.id),
        (&mut entity.name, &stated.name),
    ] {
        if !stated.is_empty() {
            *known = redactor.text(stated).into_owned();
        }
    }
    // The noun stands in the sentence as it is.
    entity.kind.retain(|character| !character.is_control());
}

/// The first value at a place, if there is a usable one.
pub(crate) fn first_value(location: &ValueLocation, values: &RequestValues<'_>) -> Option<String> {
    usable(location.read(values)).into_iter().next()
}

/// A secret is never an id or a name.
fn usable(mut values: Vec<String>) -> Vec<String> {
    values.retain(|value| !value.is_empty() && !value.contains(REDACTED));
    values
}
