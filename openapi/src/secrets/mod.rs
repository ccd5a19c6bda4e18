//! What in a call is secret, and how it is removed.
//!
//! In this order: what the document marks (`x-audit.redact`, `writeOnly`, `format: password`; see
//! [`OperationSecrets`]), what has the name of a secret, what has the shape of one in any text.
//!
//! The rules are tables: `data/secrets/names.json` (names, each with its reason),
//! `data/secrets/keys.json` (providers' keys, each with its source) and the shapes of `shapes.rs`.
//! `data/secrets/cases/` has what they must take and what they must leave; `tests/redaction_cases.rs`
//! tells recall and false alarms and fails where a rule takes nothing.

mod assigned_name;
mod assigned_option;
mod assigned_value;
mod assignment;
mod concrete_path;
mod doubts;
mod drawn;
mod encoded;
mod keys;
mod loosely_marked;
mod marked;
mod marked_names;
mod marks;
mod names;
mod numbers;
mod of_operation;
mod redactor;
mod shapes;
mod siblings;
mod sql;
mod strict;
mod walk;

pub(crate) use marked::covers_or_holds;
pub(crate) use marks::KnownMarks;
pub(crate) use names::is_secret_name;
pub use of_operation::OperationSecrets;
pub use redactor::{Mode, Place, REDACTED, Redactor};

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
