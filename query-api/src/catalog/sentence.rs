//! What a catalog's messages are told of an event, and the sentences that are made of its parts alone.

use daybook_event::{ActivityPart, ActivityPartKind as Kind, AuditEvent, Outcome};
use fluent_bundle::FluentArgs;

use super::{Locale, identifier};

/// What stands in a message for nothing.
const NONE: &str = "none";

/// The generic sentence: nothing where the stored one says more than actor, verb and thing.
pub(super) fn generic(locale: &Locale, event: &AuditEvent) -> Option<String> {
    let parts = &event.activity_parts;
    let verb = one(parts, Kind::Verb)?;
    let actor = one(parts, Kind::Actor)?;
    let says_more = parts.iter().any(|part| {
        matches!(
            part.kind,
            Kind::Value | Kind::Request | Kind::Complement | Kind::Count
        )
    });
    let thing = joined(parts, Kind::EntityType, Kind::Entity)?;
    if says_more {
        return None;
    }
    let parent = joined(parts, Kind::ParentType, Kind::Parent);
    let nothing = FluentArgs::new();
    let id = identifier(&verb.word)?;
    let mut arguments = FluentArgs::new();
    arguments.set("actor", actor.text.trim());
    arguments.set("base", locale.generic(&id, None, &nothing)?);
    arguments.set("past", locale.generic(&id, Some("past"), &nothing)?);
    arguments.set("thing", thing);
    arguments.set("parent", parent.unwrap_or_else(|| NONE.to_owned()));
    let outcome = event.outcome.as_str();
    locale.generic(outcome, None, &arguments)
}

/// The only part of its kind.
fn one(parts: &[ActivityPart], kind: Kind) -> Option<&ActivityPart> {
    let mut found = parts.iter().filter(|part| part.kind == kind);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The noun and the names behind it.
fn joined(parts: &[ActivityPart], noun: Kind, name: Kind) -> Option<String> {
    let texts = |kind| {
        let found = parts.iter().filter(move |part| part.kind == kind);
        found.map(|part| part.text.trim())
    };
    let nouns: Vec<_> = texts(noun).collect();
    let names: Vec<_> = texts(name).collect();
    let whole = [nouns.join(" "), names.join(", ")];
    let whole: Vec<_> = whole.into_iter().filter(|text| !text.is_empty()).collect();
    (!whole.is_empty()).then(|| whole.join(" "))
}

/// What a service's message may say: `{ $actor }`, `{ $entity }`, `{ $field_name }` of the body, …
pub(super) fn arguments(event: &AuditEvent) -> FluentArgs<'_> {
    let caller = &event.caller;
    let actor = one(&event.activity_parts, Kind::Actor).map(|part| part.text.trim());
    let known = [
        &caller.user_email,
        &caller.name,
        &caller.user_id,
        &caller.token_id,
    ];
    let known = known.into_iter().find(|text| !text.is_empty());
    let mut arguments = FluentArgs::new();
    arguments.set("actor", actor.or(known.map(String::as_str)).unwrap_or(NONE));
    for (name, entity) in [("entity", &event.entity), ("parent", &event.parent)] {
        let shown = [&entity.name, &entity.id]
            .into_iter()
            .find(|text| !text.is_empty());
        arguments.set(name, shown.map_or(NONE, String::as_str));
        arguments.set(format!("{name}_type"), entity.kind.as_str());
        arguments.set(format!("{name}_id"), entity.id.as_str());
        arguments.set(format!("{name}_name"), entity.name.as_str());
    }
    arguments.set("action", event.action.as_str());
    arguments.set("outcome", event.outcome.as_str());
    arguments.set("status_code", event.status_code);
    // The values of a sentence of a document's own: `body.email` is `$body_email`.
    for part in event
        .activity_parts
        .iter()
        .filter(|part| part.kind == Kind::Value)
    {
        if let Some(name) = identifier(&part.word.replace('.', "_")) {
            arguments.set(name, part.text.trim());
        }
    }
    arguments
}

/// Where a service's message says what did not succeed.
pub(super) fn attribute_of(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Success => None,
        other => Some(other.as_str()),
    }
}
