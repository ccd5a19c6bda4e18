//! How what is secret is removed from a call.
//!
//! In this order: what the document marks, what has the name of a secret, what has the shape of one in any text; see
//! [`OperationSecrets`](crate::OperationSecrets) and the rules, which are [`rules`].

mod concrete_path;
mod loosely_marked;
mod marked;
mod place;
mod redactor;
mod siblings;
mod strict;
mod walk;

use crate::secrets::{names, shapes};
pub use daybook_event::REDACTED;

pub(crate) use concrete_path::IN_PATH;
pub(crate) use marked::covers_or_holds;
pub use place::Place;
pub use redactor::{Mode, Redactor};

/// The name of every rule, and its reason or where its form is documented.
pub fn rules() -> Vec<(&'static str, &'static str)> {
    names::rules().chain(shapes::rules()).collect()
}

/// The rule by which a value of this name is a secret at its place, if it is one by its name alone.
pub fn rule_of_name(place: Place, name: &str) -> Option<&'static str> {
    match place {
        Place::Query => names::rule_in_query(name),
        Place::Headers => names::rule_in_headers(name),
        _ => names::rule_of(name),
    }
}
