//! An operation: what its document says, and what follows from it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::annotations::Annotations;
use crate::document::{DocumentProblem, ParsedDocument};
use crate::meaning::{Meaning, work_out};
use crate::schema::{Property, Schemas};
use crate::secrets::OperationSecrets;
use crate::value_location::ValueLocation;

/// The methods of a path item (OpenAPI 3.1, section 4.8.9).
const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The most operations that are read from one document.
const OPERATIONS_MAX: usize = 50_000;

/// How many references to other documents are told of one.
const REMOTE_REFERENCES_TOLD_MAX: usize = 10;

/// One operation of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The name of the service it belongs to.
    #[serde(skip)] // a compiled index has it once, with the document
    pub service: String,
    /// The document's file name.
    #[serde(skip)]
    pub file_name: String,
    /// Upper case.
    pub method: String,
    /// The path template as the document writes it.
    pub path: String,
    /// The `operationId`; empty where there is none.
    pub operation_id: String,
    /// `x-audit.ignore`: calls of it are not recorded.
    pub ignore: bool,
    /// `x-audit.capture`: calls of it are recorded although they only read.
    pub capture: bool,
    /// `x-audit.org`: where the tenant is, for calls whose caller names none.
    pub org: Option<ValueLocation>,
    /// What a call of it means.
    pub meaning: Meaning,
    /// What in a call of it is secret, as the document says.
    pub secrets: OperationSecrets,
}

/// What the rules of meaning look at.
pub(crate) struct OperationSource<'a> {
    pub(crate) schemas: Schemas<'a>,
    /// Upper case.
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) operation_id: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) description: &'a str,
    pub(crate) tags: Vec<&'a str>,
    /// Query parameters and their schemas.
    pub(crate) query: Vec<Property<'a>>,
    /// Path parameters and their schemas.
    pub(crate) path_params: Vec<Property<'a>>,
    /// The path item and the operation in it, as the document has them.
    pub(crate) holders: [&'a Value; 2],
    pub(crate) request: Option<&'a Value>,
    pub(crate) response: Option<&'a Value>,
    /// See [`crate::meaning::scopes`].
    pub(crate) scopes: &'a HashSet<String>,
}

/// Reads every operation of a document in its order.
pub(crate) fn read_operations(
    document: &ParsedDocument,
    service: &str,
    problems: &mut Vec<DocumentProblem>,
) -> Vec<Operation> {
    let schemas = Schemas::new(&document.root);
    let mut document_annotations = Annotations::default();
    document_annotations.read_over(&document.root, &mut |key, message| {
        problems.push(DocumentProblem::new(
            &document.file_name,
            &format!("/x-audit{key}"),
            message,
        ));
    });
    tell_remote_references(document, problems);
    let scopes = crate::meaning::scopes(document.path_keys.iter().map(|(path, _)| path.as_str()));
    let mut operations = Vec::new();
    for (path, keys) in &document.path_keys {
        let path_pointer = format!("/paths/{}", escape(path));
        let mut problem = |pointer: String, message: String| {
            problems.push(DocumentProblem::new(&document.file_name, &pointer, message));
        };
        let written = document.root.get("paths").and_then(|paths| paths.get(path));
        let Some(item) = written.and_then(|item| schemas.resolve(item)) else {
            problem(
                path_pointer,
                "its reference leads nowhere in this document".to_owned(),
            );
            continue;
        };
        if path.starts_with("x-") {
            continue;
        }
        if !path.starts_with('/') {
            problem(
                path_pointer,
                "a path starts with a slash; it is left out".to_owned(),
            );
            continue;
        }
        let Value::Object(members) = item else {
            problem(path_pointer, "it is no object; it is left out".to_owned());
            continue;
        };
        let mut path_annotations = document_annotations.clone();
        path_annotations.read_over(item, &mut |key, message| {
            problem(format!("{path_pointer}/x-audit{key}"), message);
        });
        // A path item behind a reference has keys of its own, which the path's order does not know.
        let keys: Vec<&str> = if written.is_some_and(|item| item.get("$ref").is_some()) {
            members.keys().map(String::as_str).collect()
        } else {
            keys.iter().map(String::as_str).collect()
        };
        for method in keys.into_iter().filter(|key| METHODS.contains(key)) {
            let pointer = format!("{path_pointer}/{method}");
            let Some(body @ Value::Object(_)) = members.get(method) else {
                problem(pointer, "it is no object; it is left out".to_owned());
                continue;
            };
            if operations.len() >= OPERATIONS_MAX {
                problem(
                    pointer,
                    format!("only the first {OPERATIONS_MAX} operations are read"),
                );
                return operations;
            }
            let mut annotations = path_annotations.clone();
            annotations.read_over(body, &mut |key, message| {
                problem(format!("{pointer}/x-audit{key}"), message);
            });
            let method = method.to_ascii_uppercase();
            let source = OperationSource::read(schemas, &scopes, &method, path, item, body);
            operations.push(Operation {
                service: service.to_owned(),
                file_name: document.file_name.clone(),
                path: path.clone(),
                operation_id: source.operation_id.to_owned(),
                ignore: annotations.ignore.unwrap_or(false),
                capture: annotations.capture.unwrap_or(false),
                org: annotations.org.clone(),
                meaning: work_out(&source, &annotations),
                secrets: OperationSecrets::of(&source, &annotations),
                method,
            });
        }
    }
    operations
}

/// Tells where the document refers to another one. Nothing is ever fetched.
fn tell_remote_references(document: &ParsedDocument, problems: &mut Vec<DocumentProblem>) {
    let mut told = HashSet::new();
    let mut left = vec![&document.root];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => {
                left.extend(members.values());
                let reference = members.get("$ref").and_then(Value::as_str);
                if let Some(reference) = reference.filter(|reference| !reference.starts_with('#'))
                    && told.len() < REMOTE_REFERENCES_TOLD_MAX
                    && told.insert(reference)
                {
                    let shown: String = reference.chars().take(200).collect();
                    problems.push(DocumentProblem::warning(
                        &document.file_name,
                        "",
                        format!("it refers to `{shown}`, which is not fetched; bundle the documents into one"),
                    ));
                }
            }
            _ => {}
        }
    }
}

impl<'a> OperationSource<'a> {
    fn read(
        schemas: Schemas<'a>,
        scopes: &'a HashSet<String>,
        method: &'a str,
        path: &'a str,
        path_item: &'a Value,
        operation: &'a Value,
    ) -> Self {
        let text = |key: &str| {
            operation
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        Self {
            schemas,
            scopes,
            method,
            path,
            operation_id: text("operationId"),
            summary: text("summary"),
            description: text("description"),
            tags: operation
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            query: parameters(schemas, "query", path_item, operation),
            path_params: parameters(schemas, "path", path_item, operation),
            holders: [path_item, operation],
            request: operation
                .get("requestBody")
                .and_then(|body| schemas.resolve(body))
                .and_then(content_schema),
            response: success_response(operation)
                .and_then(|response| schemas.resolve(response))
                .and_then(content_schema),
        }
    }
}

/// The parameters of one place; the operation's own ones override the path item's.
fn parameters<'a>(
    schemas: Schemas<'a>,
    place: &str,
    path_item: &'a Value,
    operation: &'a Value,
) -> Vec<Property<'a>> {
    let mut found: Vec<Property<'a>> = Vec::new();
    for holder in [operation, path_item] {
        let listed = holder.get("parameters").and_then(Value::as_array);
        for parameter in listed
            .into_iter()
            .flatten()
            .filter_map(|parameter| schemas.resolve(parameter))
        {
            let name = parameter.get("name").and_then(Value::as_str);
            let (Some(name), Some(said)) = (name, parameter.get("in").and_then(Value::as_str))
            else {
                continue;
            };
            if said == place && !found.iter().any(|known| known.name == name) {
                let schema = parameter
                    .get("schema")
                    .or_else(|| content_schema(parameter))
                    .unwrap_or(&Value::Null);
                found.push(Property { name, schema });
            }
        }
    }
    found
}

/// The schema of the JSON content, or else of a form, or else of whatever comes first.
fn content_schema(holder: &Value) -> Option<&Value> {
    let content = holder.get("content")?.as_object()?;
    let rank = |media_type: &str| {
        let media_type = media_type.to_ascii_lowercase();
        if media_type.contains("json") {
            0
        } else if media_type.contains("form") {
            1
        } else {
            2
        }
    };
    content
        .iter()
        .filter_map(|(media_type, media)| {
            media.get("schema").map(|schema| (rank(media_type), schema))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, schema)| schema)
}

/// The response of the lowest success status, or `2XX`, or `default`.
fn success_response(operation: &Value) -> Option<&Value> {
    let responses = operation.get("responses")?.as_object()?;
    let mut success: Vec<(&String, &Value)> = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'))
        .collect();
    success.sort_by_key(|(status, response)| {
        (
            response.get("content").is_none() && response.get("$ref").is_none(),
            (*status).clone(),
        )
    });
    success
        .first()
        .map(|(_, response)| *response)
        .or_else(|| responses.get("default"))
}

/// Escapes a key for a JSON pointer (RFC 6901, section 3).
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
