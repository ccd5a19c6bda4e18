//! Where the name of a thing may be.

use serde_json::Value;

use super::{PLAIN_IDS, WRAPPER_DEPTH_MAX, is_person, snakes, wraps};
use crate::json_pointer::escape;
use crate::operation_source::OperationSource;
use crate::schema::Schemas;
use crate::value_location::ValueLocation;

/// Properties that hold what people call a thing, best first.
#[rustfmt::skip] // a list of words, not of lines
const NAMES: &[&str] = &[
    "name", "title", "display_name", "label", "subject", "email", "username", "slug",
];

/// Properties beside which a `title` is `Dr.`.
#[rustfmt::skip] // a list of words, not of lines
const PERSONS_NAMES: &[&str] = &[
    "first_name", "firstname", "given_name", "last_name", "lastname", "family_name", "surname",
];

/// Whom an address or a login stands for, beside those whose key it is ([`is_person`]).
#[rustfmt::skip] // a list of words, not of lines
const OTHER_PERSONS: &[&str] = &[
    "applicant", "approver", "assignee", "attendee", "cardholder", "creator", "doctor", "donor", "individual",
    "instructor", "manager", "moderator", "nurse", "organizer", "passenger", "physician", "professor", "prospect",
    "resident", "reviewer", "signer", "speaker", "staff", "streamer", "tenant", "traveler", "visitor", "volunteer",
    "worker",
];

/// The most places of a thing's name.
const NAMES_MAX: usize = 100;

/// Where the name may be: what was sent, then what was answered; each under its own key first.
pub(crate) fn names(source: &OperationSource<'_>, noun: &str) -> Vec<ValueLocation> {
    let mut found = Vec::new();
    for (schema, place) in [
        (
            source.response,
            ValueLocation::Response as fn(String) -> ValueLocation,
        ),
        (source.request, ValueLocation::Request),
    ] {
        if let Some(schema) = schema {
            name_pointers(
                source.schemas,
                schema,
                noun,
                WRAPPER_DEPTH_MAX,
                "",
                &mut |pointer| {
                    if found.len() < NAMES_MAX {
                        found.push(place(pointer));
                    }
                },
            );
        }
    }
    found
}

fn name_pointers(
    schemas: Schemas<'_>,
    schema: &Value,
    noun: &str,
    depth: usize,
    pointer: &str,
    found: &mut dyn FnMut(String),
) {
    if schemas.items(schema).is_some() {
        return;
    }
    let properties = schemas.properties(schema);
    let snakes = snakes(&properties);
    let named = |wanted: &str| {
        let mut named = properties.iter().zip(&snakes);
        let found =
            named.find(|(property, name)| *name == wanted && schemas.is_scalar(property.schema));
        found.map(|(property, _)| property)
    };
    let own = format!("{}_name", noun.replace(' ', "_"));
    // `flow_name` of an automation flow
    let head = noun.rsplit(' ').next().unwrap_or_default();
    let of_head = format!("{head}_name");
    let mut wanted = vec![own.as_str()];
    if own != of_head {
        wanted.push(&of_head);
    }
    // An address of an order is its customer's, and so is that of a customer order.
    let is_person = is_person(head) || OTHER_PERSONS.contains(&head);
    let has_name_of_person = snakes
        .iter()
        .any(|name| PERSONS_NAMES.contains(&name.as_str()));
    // A bounce has nothing else that names it.
    let has_id_alone =
        snakes.len() == 2 && snakes.iter().any(|name| PLAIN_IDS.contains(&name.as_str()));
    let usual = NAMES.iter().filter(|name| match **name {
        "title" => !(is_person && has_name_of_person),
        "email" | "username" => is_person || noun.ends_with("email address") || has_id_alone,
        _ => true,
    });
    for wanted in wanted.iter().chain(usual) {
        if let Some(property) = named(wanted) {
            found(format!("{pointer}/{}", escape(property.name)));
        }
    }
    if depth == 0 {
        return;
    }
    for property in properties
        .iter()
        .filter(|property| wraps(property.name, noun))
    {
        let pointer = format!("{pointer}/{}", escape(property.name));
        name_pointers(schemas, property.schema, noun, depth - 1, &pointer, found);
    }
}
