//! Reading the operations of a document, in its order.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::annotations::checks::{check_places, usable_template};
use crate::annotations::{Annotations, values};
use crate::document::Problems;
use crate::document::corners::{self, Corners};
use crate::document::{DocumentProblem, ParsedDocument};
use crate::meaning::work_out;
use crate::operation::{Operation, OperationSource, escape};
use crate::schema::{SchemaWork, Schemas};
use crate::secrets::OperationSecrets;

/// The methods of a path item (OpenAPI 3.1, section 4.8.9).
const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The members of a path item that hold operations from OpenAPI 3.2 on.
const LATER_METHODS: &[&str] = &["query", "additionalOperations"];

/// The most operations that are read from one document.
const OPERATIONS_MAX: usize = 50_000;

/// Reads every operation of a document in its order. What is wrong in a corner costs that corner.
pub(crate) fn read_operations(
    document: &ParsedDocument,
    service: &str,
    problems: &mut Vec<DocumentProblem>,
) -> Vec<Operation> {
    let mut problems = Problems {
        file_name: &document.file_name,
        list: problems,
    };
    let corners = Corners::check(document, &mut problems);
    let paths = document.path_keys.iter().map(|(path, _)| path.as_str());
    let scopes = crate::meaning::scopes(paths);
    let work = SchemaWork::default();
    let mut reading = Reading {
        document,
        service,
        schemas: Schemas::new(&document.root, &work),
        work: &work,
        annotations: Annotations::read(&document.root, "", &mut problems),
        scopes: &scopes,
        has_annotated_values: corners.has_annotated_values,
        operations: Vec::new(),
        known_ids: HashMap::new(),
    };
    for (path, keys) in &document.path_keys {
        if reading.operations.len() >= OPERATIONS_MAX {
            let message = format!("only the first {OPERATIONS_MAX} operations are read");
            problems.error(&format!("/paths/{}", escape(path)), message);
            break;
        }
        reading.read_path(path, keys, &mut problems);
    }
    reading.operations
}

/// What is known on the way through a document.
struct Reading<'a> {
    document: &'a ParsedDocument,
    service: &'a str,
    schemas: Schemas<'a>,
    work: &'a SchemaWork,
    /// Those of the root.
    annotations: Annotations,
    scopes: &'a HashSet<String>,
    has_annotated_values: bool,
    operations: Vec<Operation>,
    /// By method and path without parameter names: the pointer of the operation.
    /// By operationId: the pointer of the operation.
    known_ids: HashMap<String, String>,
}

impl<'a> Reading<'a> {
    fn read_path(&mut self, path: &'a str, keys: &'a [String], problems: &mut Problems<'_>) {
        if path.starts_with("x-") {
            return;
        }
        let pointer = format!("/paths/{}", escape(path));
        let paths = self.document.root.get("paths");
        let written = paths.and_then(|paths| paths.get(path));
        let Some(item) = written.and_then(|item| self.schemas.resolve(item)) else {
            let reference = written.and_then(|item| item.get("$ref")?.as_str());
            problems.error(
                &pointer,
                corners::lost_reference(reference.unwrap_or_default()),
            );
            return;
        };
        if !path.starts_with('/') {
            problems.error(&pointer, "a path starts with a slash; it is left out");
            return;
        }
        let Value::Object(members) = item else {
            problems.error(&pointer, "it is no object; it is left out");
            return;
        };
        let annotations = Annotations::read(item, &pointer, problems).within(&self.annotations);
        // A path item behind a reference has keys of its own, which the path's order does not know.
        let keys: Vec<&str> = if written.is_some_and(|item| item.get("$ref").is_some()) {
            members.keys().map(String::as_str).collect()
        } else {
            keys.iter().map(String::as_str).collect()
        };
        for key in keys {
            let pointer = format!("{pointer}/{}", escape(key));
            if LATER_METHODS.contains(&key) {
                problems.warning(
                    &pointer,
                    "it is of OpenAPI 3.2, of which only what 3.1 has is read",
                );
            }
            if !METHODS.contains(&key) {
                continue;
            }
            match members.get(key) {
                Some(operation @ Value::Object(_)) => {
                    let call = Call {
                        path,
                        item,
                        method: key,
                        operation,
                        pointer,
                    };
                    self.read_operation(&call, &annotations, problems);
                }
                _ => problems.error(&pointer, "it is no object; it is left out"),
            }
        }
    }

    fn read_operation(
        &mut self,
        call: &Call<'a>,
        wider: &Annotations,
        problems: &mut Problems<'_>,
    ) {
        if self.operations.len() >= OPERATIONS_MAX {
            return;
        }
        let method = call.method.to_ascii_uppercase();
        let source = OperationSource::read(
            self.schemas,
            self.scopes,
            &method,
            call.path,
            call.item,
            call.operation,
        );
        let own = Annotations::read(call.operation, &call.pointer, problems);
        check_places(&source, &own, problems);
        let of_values = if self.has_annotated_values {
            values::read(&source)
        } else {
            Annotations::default()
        };
        let mut annotations = own.within(&of_values).within(wider);
        let secrets = OperationSecrets::of(&source, &annotations);
        if let Some(activity) = &annotations.activity
            && !usable_template(&source, activity, &secrets, problems)
        {
            annotations.activity = None;
        }
        let meaning = work_out(&source, &annotations);
        if annotations.parent_id.is_some() && meaning.parent.is_none() {
            problems.error(
                &format!("{}/x-audit/parent", call.pointer),
                "nothing says what the parent is; give it a type",
            );
        }
        let operation = Operation {
            service: self.service.to_owned(),
            file_name: self.document.file_name.clone(),
            path: call.path.to_owned(),
            operation_id: source.operation_id.to_owned(),
            ignore: annotations.ignore.unwrap_or(false),
            capture: annotations.capture.unwrap_or(false),
            org: annotations.org,
            meaning,
            secrets,
            method,
        };
        if self.work.next_operation() {
            let message = "its schemas are too many to be looked at in full";
            problems.warning(&call.pointer, message);
        }
        self.tell_namesake(&operation, &call.pointer, problems);
        self.operations.push(operation);
    }

    /// Tells of an operation whose name another one has.
    fn tell_namesake(&mut self, operation: &Operation, pointer: &str, problems: &mut Problems<'_>) {
        if operation.operation_id.is_empty() {
            return;
        }
        if let Some(known) = self.known_ids.get(&operation.operation_id) {
            let pointer = format!("{pointer}/operationId");
            problems.warning(&pointer, format!("{known} has the same operationId"));
        } else {
            let id = operation.operation_id.clone();
            self.known_ids.insert(id, pointer.to_owned());
        }
    }
}

/// One operation as the document has it.
struct Call<'a> {
    path: &'a str,
    item: &'a Value,
    method: &'a str,
    operation: &'a Value,
    pointer: String,
}
