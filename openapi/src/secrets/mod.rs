//! What in a call is secret, and how it is removed.

mod of_operation;
mod redactor;

pub use of_operation::OperationSecrets;
pub use redactor::{Place, REDACTED, Redactor};

pub(crate) use redactor::is_secret_name;
