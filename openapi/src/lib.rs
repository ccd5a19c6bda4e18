//! From a service's OpenAPI document to what its calls mean and what in them is secret.
//!
//! An [`Index`] is built once from documents ([`Index::build`]). [`Index::find`] then names the
//! operation behind a request; an [`Operation`] carries its [`Meaning`] (action, verb, entity,
//! parent and where their ids are) and its secrets; [`sentence`] writes the line that people read;
//! [`secrets::Redactor`] removes what nobody may read.
//!
//! **Invariant:** pure. Nothing here opens a file or a socket or reads a clock; bytes come in,
//! values go out. Every input is hostile: its depth, its size and the work it costs are bounded.
//!
//! Documents are read as plain JSON values and not as a typed model (`openapiv3` and its like):
//! a typed model refuses a whole document over one malformed schema, and one bad corner must never
//! cost a service its index. What cannot be read is skipped and named as a [`DocumentProblem`].

mod annotations;
mod document;
mod explain;
mod index;
mod meaning;
mod operation;
mod path_template;
mod route_index;
mod schema;
pub mod secrets;
mod sentence;
mod server;
mod value_location;
mod verbs;
mod words;

pub use document::{Document, DocumentProblem};
pub use explain::{Explanation, explain};
pub use index::{Found, Index, RequestLine, Service};
pub use meaning::{Decisions, Meaning, Parent, Rule, Verb};
pub use operation::Operation;
pub use secrets::OperationSecrets;
pub use sentence::{Sentence, SentenceFacts, sentence};
pub use value_location::{RequestValues, ValueLocation, is_placeholder};
