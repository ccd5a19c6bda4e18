//! What is asked of an index, and what it answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

/// A service, as one document describes it. A service of several documents has one of these for
/// each, all of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// `x-audit.service`, or the document's file name without its extension.
    pub name: String,
    /// The document's file name; empty where only the configured map names the service.
    pub file_name: String,
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes of the document and its overlays.
    pub spec_version: String,
    /// `info.title`.
    pub title: String,
}

/// What of a request decides which operation it calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestLine<'a> {
    /// The host that was called; empty where it is not known.
    pub domain_name: &'a str,
    /// API Gateway's id of the API, or empty.
    pub api_id: &'a str,
    /// API Gateway's stage, or empty.
    pub stage: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The concrete path, as sent (percent-encoded), with or without its query.
    pub path: &'a str,
    /// API Gateway's own template (`resource`, or `routeKey` without its method), or empty.
    pub resource: &'a str,
    /// The value of the `{proxy+}` in `resource`, or empty.
    pub proxy: &'a str,
    /// API Gateway's path parameters by name, for paths that were decoded on their way.
    pub path_params: Option<&'a BTreeMap<String, String>>,
    /// The query by name, decoded, for documents that tell operations apart by it.
    pub query: Option<&'a BTreeMap<String, String>>,
    /// The fields of a form in the body, decoded, for the same.
    pub form: Option<&'a BTreeMap<String, String>>,
    /// The headers by lower-case name, for the same.
    pub headers: Option<&'a BTreeMap<String, String>>,
}

/// What the index knows of a request.
#[derive(Debug)]
pub enum Found<'a> {
    /// The operation is described.
    Operation {
        /// Its service.
        service: &'a Service,
        /// What it means.
        operation: &'a Operation,
        /// The path parameters by name, decoded once.
        path_params: Vec<(String, String)>,
    },
    /// The service is known, the operation is not.
    Service(&'a Service),
    /// Neither is known.
    Nothing,
}
