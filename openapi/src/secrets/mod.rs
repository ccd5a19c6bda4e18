//! What in a call is secret, and how it is removed.
//!
//! In this order: what the document marks (`x-audit.redact`, `writeOnly`, `format: password`; see
//! [`OperationSecrets`]), what has the name of a secret, what has the shape of one in any text. The
//! names and shapes are data; the tests beside them hold examples of what they take and leave.

mod doubts;
mod marks;
mod names;
mod of_operation;
mod redactor;
mod shapes;

pub(crate) use names::is_secret_name;
pub use of_operation::OperationSecrets;
pub use redactor::{Place, REDACTED, Redactor};
