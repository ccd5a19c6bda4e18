//! What the documents know of a request: its service, its operation, its path parameters.

use daybook_event::Action;
use daybook_openapi::{Found, Operation, Service};

/// What the documents know of the request.
pub(crate) struct Explained<'a> {
    pub(crate) service: Option<&'a Service>,
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) path_params: Vec<(String, String)>,
}

impl<'a> From<Found<'a>> for Explained<'a> {
    fn from(found: Found<'a>) -> Self {
        match found {
            Found::Operation {
                service,
                operation,
                path_params,
            } => Self {
                service: Some(service),
                operation: Some(operation),
                path_params,
            },
            Found::Service(service) => Self {
                service: Some(service),
                operation: None,
                path_params: Vec::new(),
            },
            Found::Nothing => Self {
                service: None,
                operation: None,
                path_params: Vec::new(),
            },
        }
    }
}

impl Explained<'_> {
    /// The operation's action; the method's own meaning where no document describes it.
    pub(crate) fn action(&self, method: &str) -> Action {
        match (self.operation, method) {
            (Some(operation), _) => operation.meaning.action,
            (None, "GET" | "HEAD" | "OPTIONS") => Action::Read,
            (None, "PUT" | "PATCH") => Action::Update,
            (None, "DELETE") => Action::Delete,
            (None, _) => Action::Execute,
        }
    }
}
