//! What in a call is secret.
//!
//! What the document marks (`x-audit.redact`, `writeOnly`, `format: password`; see
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
mod cards;
mod doubts;
pub(crate) mod drawn;
mod encoded;
mod hit;
mod keys;
mod marked_names;
mod marks;
pub(crate) mod names;
pub(crate) mod numbers;
mod of_operation;
pub(crate) mod shapes;
mod sql;

pub(crate) use marks::KnownMarks;
pub(crate) use names::is_secret_name;
pub use of_operation::OperationSecrets;
