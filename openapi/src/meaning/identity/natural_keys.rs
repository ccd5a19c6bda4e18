//! What names a thing that has no id: a slug, a name, an address.

use serde_json::Value;

use super::{Wanted, only_id, snakes};
use crate::schema::{Property, Schemas};
use crate::secrets::is_secret_name;
use crate::words;

/// What names a thing that has no id.
#[rustfmt::skip] // a list of words, not of lines
const NATURAL_KEYS: &[&str] = &[
    "slug", "name", "email", "username", "code", "number", "identifier", "reference", "arn",
    "uid", "serial", "serial_number", "symbol",
];

/// Of these, those that mean the thing only behind its own noun: an answer's `code` is its status.
const NAMED_KEYS: &[&str] = &["code", "number", "identifier", "reference"];

/// Of so few properties, an e-mail address is what the call is about.
const FEW_PROPERTIES: usize = 4;

/// A number or code that bears the thing's own name: `report_number` of a report.
pub(super) fn natural_key_of<'a>(
    properties: &[Property<'a>],
    noun: &str,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let head = words::head(noun);
    let snakes = snakes(properties);
    NAMED_KEYS.iter().find_map(|key| {
        let wanted = format!("{head}_{key}");
        properties
            .iter()
            .zip(&snakes)
            .find(|(property, name)| {
                **name == wanted
                    && schemas.is_scalar(property.schema)
                    && !is_secret_name(property.name)
            })
            .map(|(property, _)| property.name)
    })
}

/// What names a thing that has no id: its slug, its name, or a property called like the thing. Who makes one
/// (`is_chosen`) does not name it by an e-mail address, which is that of somebody.
pub(super) fn natural_key<'a>(
    properties: &[Property<'a>],
    noun: &str,
    is_chosen: bool,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let own = noun.replace(' ', "_");
    let head = words::head(noun);
    let snakes = snakes(properties);
    // The `name` and the `email` beside a message are those of who sends it.
    let is_senders =
        |wanted: &str| matches!(wanted, "name" | "email" | "username") && is_written(&snakes);
    let named = |wanted: &str| {
        if is_senders(wanted) {
            return None;
        }
        let mut named = properties.iter().zip(&snakes);
        let found = named.find(|(property, name)| {
            ((*name == wanted && !NAMED_KEYS.contains(&wanted))
                || name
                    .strip_prefix(own.as_str())
                    .or_else(|| name.strip_prefix(head))
                    .and_then(|rest| rest.strip_prefix('_'))
                    == Some(wanted))
                && !is_secret_name(property.name)
                && schemas.is_scalar(property.schema)
        });
        found.map(|(property, _)| property)
    };
    let own_property = || {
        named(&own).filter(|property| {
            // A URL to upload to is as good as a key.
            let is_key = own == "key" || own.ends_with("_url");
            !is_key
                && !is_told(head)
                && !is_content(property.schema, schemas)
                && !is_measured(property.schema, schemas)
        })
    };
    // `domain` of a verified domain, `ethereumaddress` of a polygon address
    let head_property = || {
        let is_of_head = |name: &str| {
            name.strip_suffix(head)
                .is_some_and(|front| front.chars().all(|letter| letter.is_ascii_lowercase()))
        };
        names_itself(head)
            .then(|| {
                let mut named = properties.iter().zip(&snakes);
                named.find(|(property, name)| {
                    is_of_head(name)
                        && schemas.is_scalar(property.schema)
                        && !is_secret_name(property.name)
                })
            })
            .flatten()
            .map(|(property, _)| property)
    };
    // Of a word, `word` says more than the `username` of who adds it.
    let first = NATURAL_KEYS
        .iter()
        .take_while(|key| **key != "email")
        .find_map(|key| named(key));
    if !is_person(noun)
        && first.is_none()
        && let Some(property) = own_property()
    {
        return Some(property.name);
    }
    NATURAL_KEYS
        .iter()
        .filter(|key| {
            !matches!(**key, "email" | "username")
                || is_person(noun)
                || !is_chosen && properties.len() <= FEW_PROPERTIES
        })
        .find_map(|key| named(key))
        .or_else(own_property)
        .or_else(head_property)
        .or_else(|| {
            // Of two properties, `number` is what names the thing.
            (properties.len() <= 2)
                .then(|| {
                    properties.iter().zip(&snakes).find(|(property, name)| {
                        matches!(name.as_str(), "number" | "reference" | "identifier")
                            && schemas.is_scalar(property.schema)
                    })
                })
                .flatten()
                .map(|(property, _)| property)
        })
        .map(|property| property.name)
}

/// `TableName` of a table storage optimizer, beside the id of its catalog.
pub(super) fn name_of_part<'a>(
    properties: &[Property<'a>],
    noun: &str,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let front = noun.rsplit_once(' ')?.0;
    properties
        .iter()
        .find(|property| {
            let name = words::split(property.name);
            matches!(name.as_slice(), [of, name] if name == "name" && front.split(' ').any(|word| word == of))
                && schemas.is_scalar(property.schema)
        })
        .map(|property| property.name)
}

/// `name` of an execution whose only id is that of a revision.
pub(super) fn name_before_foreign_id<'a>(
    properties: &[Property<'a>],
    wanted: Wanted<'_>,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let only = only_id(properties, wanted, schemas)?;
    let is_foreign = words::split(only).len() > 2
        && words::split(only).iter().all(|word| {
            !wanted
                .noun
                .split(' ')
                .any(|own| own == words::singular(word))
        });
    properties
        .iter()
        .find(|property| property.name == "name" && schemas.is_scalar(property.schema))
        .filter(|_| is_foreign)
        .map(|property| property.name)
}

/// Whom or what an address or a login stands for: nobody calls a shipment by an e-mail address.
#[rustfmt::skip] // a list of words, not of lines
pub(crate) fn is_person(noun: &str) -> bool {
    noun.split(' ').any(|word| {
        let word = word.strip_prefix("sub").unwrap_or(word);
        matches!(
            word,
            "user" | "member" | "account" | "contact" | "customer" | "subscriber" | "person"
                | "employee" | "teammate" | "invitation" | "invite" | "recipient" | "patient"
                | "lead" | "admin" | "administrator" | "agent" | "subuser" | "subscription"
                | "collaborator" | "guest" | "owner" | "participant" | "attendee" | "registrant"
                | "client" | "candidate" | "applicant" | "profile" | "mailbox" | "email"
                | "sender" | "identity" | "student" | "teacher" | "driver" | "follower" | "people"
                | "suppression" | "signup" | "registration" | "credential" | "login" | "player"
                | "viewer" | "editor" | "operator" | "author" | "buyer" | "seller" | "shopper"
                | "password" | "payer" | "payee" | "beneficiary" | "merchant" | "vendor" | "supplier"
                | "learner" | "instructor" | "tutor" | "trainee" | "reviewer" | "signer" | "donor" | "volunteer"
                | "visitor" | "passenger" | "traveler" | "prospect"
        )
    })
}

/// What is its own name, so that no other is needed: a domain, an address.
fn names_itself(head: &str) -> bool {
    matches!(
        head,
        "domain"
            | "hostname"
            | "address"
            | "ip"
            | "number"
            | "symbol"
            | "ticker"
            | "keyword"
            | "tag"
    )
}

/// Whether a body is a letter: somebody's address, and a message.
fn is_written(snakes: &[String]) -> bool {
    let has = |wanted: &[&str]| snakes.iter().any(|name| wanted.contains(&name.as_str()));
    has(&["message", "feedback", "comments", "enquiry", "inquiry"])
        && has(&["email", "email_address"])
}

/// What is sent as such is no name of itself: the text of a comment.
pub(super) fn is_told(head: &str) -> bool {
    matches!(
        head,
        "file"
            | "image"
            | "photo"
            | "picture"
            | "video"
            | "audio"
            | "document"
            | "attachment"
            | "text"
            | "message"
            | "comment"
            | "note"
            | "question"
            | "content"
            | "answer"
            | "html"
            | "xml"
            | "json"
            | "query"
    )
}

/// A file is what was sent, and no name of it.
fn is_content(schema: &Value, schemas: Schemas<'_>) -> bool {
    schemas
        .resolve(schema)
        .and_then(|schema| schema.get("format"))
        .and_then(Value::as_str)
        .is_some_and(|format| matches!(format, "binary" | "byte" | "base64"))
}

/// A rate or a flag is what was set, and no name of it: `exchangeRate` of a new exchange rate.
fn is_measured(schema: &Value, schemas: Schemas<'_>) -> bool {
    ["number", "boolean"]
        .iter()
        .any(|kind| schemas.is_type(schema, kind))
}
