//! From a service's OpenAPI document to what its calls mean and what in them is secret.
//!
//! An [`Index`] is built once from documents and the overlays beside them ([`Index::build`]). [`Index::find`] then names the
//! operation behind a request; an [`Operation`] carries its [`Meaning`] (action, verb, entity,
//! parent and where their ids are) and its secrets; [`sentence`] writes the line that people read;
//! [`redaction::Redactor`] removes what nobody may read.
//!
//! [`Index::compile`] makes one file of an index, and [`Index::load`] an index of that file.
//!
//! **Invariant:** pure. Nothing here opens a file or a socket or reads a clock; bytes come in,
//! values go out. Every input is hostile: its depth, its size and the work it costs are bounded.
//!
//! Documents are read as plain JSON values and not as a typed model (`openapiv3` and its like):
//! a typed model refuses a whole document over one malformed schema, and one bad corner must never
//! cost a service its index. What cannot be read is skipped and named as a [`DocumentProblem`].

mod activity_template;
mod annotations;
mod columns;
mod compiled;
mod document;
mod entry;
mod explain;
mod explain_table;
mod habits;
mod index;
mod json_pointer;
mod key_words;
pub mod lint;
mod meaning;
mod nearest;
mod operation;
mod operation_source;
mod overlay;
mod parsed_document;
mod path_template;
mod plain_text;
mod read_operations;
pub mod redaction;
mod request;
mod request_path;
mod route_index;
mod schema;
mod secrets;
mod selector;
mod sentence;
mod server;
mod ties;
mod value_location;
mod verbs;
mod words;

pub use compiled::CompiledError;
pub use document::{Document, DocumentProblem, Severity};
pub use explain::{Explanation, explain};
pub use explain_table::explain_table;
pub use index::Index;
pub use meaning::{Decisions, Meaning, Parent, Rule};
pub use operation::Operation;
pub use request::{Found, RequestLine, Service};
pub use secrets::OperationSecrets;
pub use sentence::{Sentence, SentenceFacts, sentence};
pub use value_location::{OwnLists, RequestValues, ValueLocation, is_placeholder};
pub use verbs::Verb;
