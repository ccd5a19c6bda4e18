//! Corners of a document that cannot be read: each is told where it is, and costs only itself.
//!
//! Only what is read of a document is looked at: servers, parameters, bodies, and of schemas `$ref`, `type`,
//! `properties`, `items`, `additionalProperties`, `required`, `allOf`, `oneOf` and `anyOf`.

use std::collections::HashSet;

use serde_json::Value;

use super::methods::ANY_METHOD;
use crate::annotations::values;
use crate::document::{ANNOTATION, Problems, has_annotation};
use crate::json_pointer::escape;
use crate::parsed_document::ParsedDocument;
use crate::schema::{SchemaWork, Schemas};

/// The most other documents that are told of.
const REMOTE_TOLD_MAX: usize = 20;

/// What is known of a document's corners.
pub(crate) struct Corners {
    /// Parameters or properties have an `x-audit`.
    pub(crate) has_annotated_values: bool,
}

/// The members of a path item that are no operations.
const NO_OPERATIONS: &[&str] = &["$ref", "summary", "description", "servers", "parameters"];

impl Corners {
    /// Looks through all of a document once, without following references.
    pub(crate) fn check(document: &ParsedDocument, problems: &mut Problems<'_>) -> Self {
        let work = SchemaWork::default();
        let schemas = Schemas::new(&document.root, &work);
        let mut walk = Walk {
            schemas,
            annotated: HashSet::new(),
            problems,
            pointer: String::new(),
            remote: HashSet::new(),
        };
        let root = &document.root;
        if !schemas.reads_beside_references() {
            note_annotated(root, &mut walk.annotated);
        }
        match root.get("paths") {
            Some(Value::Object(_)) | None => {}
            Some(_) => walk
                .problems
                .error("/paths", "it is no object; it is left out"),
        }
        walk.items(root, "servers", Walk::server);
        walk.members(root, "paths", Walk::path_item);
        match root.get("components") {
            None => {}
            Some(components @ Value::Object(_)) => walk.below("components", |walk| {
                walk.members(components, "schemas", Walk::schema);
                walk.members(components, "parameters", Walk::parameter);
                walk.members(components, "requestBodies", Walk::holder);
                walk.members(components, "responses", Walk::holder);
                walk.members(components, "pathItems", Walk::path_item);
            }),
            Some(_) => walk
                .problems
                .error("/components", "it is no object; it is left out"),
        }
        Self {
            has_annotated_values: has_annotated_values(root),
        }
    }
}

/// Whether an annotation stands elsewhere than at the root, a path item or an operation: a reference may lead
/// anywhere in the document.
fn has_annotated_values(root: &Value) -> bool {
    fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
        value.as_object().into_iter().flatten()
    }
    let in_operation = |operation: &Value| {
        let mut members = members(operation);
        members.any(|(key, value)| key != ANNOTATION && has_annotation(value))
    };
    let in_item = |item: &Value| {
        let mut members = members(item);
        members.any(|(key, value)| match key.as_str() {
            ANNOTATION => false,
            "parameters" => has_annotation(value),
            _ => in_operation(value),
        })
    };
    members(root).any(|(key, value)| match key.as_str() {
        ANNOTATION => false,
        "paths" => members(value).any(|(_, item)| in_item(item)),
        _ => has_annotation(value),
    })
}

/// Notes the references beside which an annotation stands, at any depth; answers whether one stands in the value.
fn note_annotated(value: &Value, annotated: &mut HashSet<*const Value>) -> bool {
    let mut holds_one = false;
    match value {
        Value::Array(items) => {
            for item in items {
                holds_one |= note_annotated(item, annotated);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                holds_one |= key == ANNOTATION || note_annotated(member, annotated);
            }
            if holds_one && members.contains_key("$ref") {
                annotated.insert(value);
            }
        }
        _ => {}
    }
    holds_one
}

struct Walk<'a, 'b, 'c> {
    schemas: Schemas<'a>,
    /// The references of a document of 3.0 beside which an annotation stands.
    annotated: HashSet<*const Value>,
    problems: &'b mut Problems<'c>,
    pointer: String,
    remote: HashSet<String>,
}

impl Walk<'_, '_, '_> {
    fn below(&mut self, key: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape(key));
        visit(self);
        self.pointer.truncate(length);
    }

    fn error(&mut self, message: &str) {
        self.problems.error(&self.pointer, message);
    }

    /// Visits each member of the object under `key`; tells where it is none.
    fn members(&mut self, holder: &Value, key: &str, visit: fn(&mut Self, &Value)) {
        let Some(value) = holder.get(key) else { return };
        self.below(key, |walk| match value {
            Value::Object(members) => {
                for (key, member) in members {
                    walk.below(key, |walk| visit(walk, member));
                }
            }
            // Where paths are none is told above, once.
            _ if key == "paths" => {}
            _ => walk.error("it is no object; it is left out"),
        });
    }

    /// Visits each item of the list under `key`; tells where it is none.
    fn items(&mut self, holder: &Value, key: &str, visit: fn(&mut Self, &Value)) {
        let Some(value) = holder.get(key) else { return };
        self.below(key, |walk| match value {
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    walk.below(&position.to_string(), |walk| visit(walk, item));
                }
            }
            _ => walk.error("it is no list; it is left out"),
        });
    }

    /// Reading the operations tells what is no path item or operation.
    fn path_item(&mut self, item: &Value) {
        self.items(item, "servers", Self::server);
        self.items(item, "parameters", Self::parameter);
        for (key, operation) in item.as_object().into_iter().flatten() {
            let is_extension = key.starts_with("x-") && key != ANY_METHOD;
            if !NO_OPERATIONS.contains(&key.as_str()) && !is_extension {
                self.below(key, |walk| walk.operation(operation));
            }
        }
    }

    fn operation(&mut self, operation: &Value) {
        self.items(operation, "servers", Self::server);
        self.items(operation, "parameters", Self::parameter);
        if let Some(body) = operation.get("requestBody") {
            self.below("requestBody", |walk| walk.holder(body));
        }
        self.members(operation, "responses", Self::holder);
        for key in ["operationId", "summary"] {
            if operation.get(key).is_some_and(|value| !value.is_string()) {
                self.below(key, |walk| walk.error("it is no text; it is left out"));
            }
        }
    }

    fn server(&mut self, server: &Value) {
        if !server.get("url").is_some_and(Value::is_string) {
            self.error("a server has a `url`; it is left out");
        }
    }

    fn parameter(&mut self, parameter: &Value) {
        self.parameters_annotation(parameter);
        if self.is_reference(parameter) {
            return;
        }
        if !parameter.is_object() {
            self.error("it is no object; it is left out");
            return;
        }
        let is_text = |key: &str| parameter.get(key).is_some_and(Value::is_string);
        if !is_text("name") || !is_text("in") {
            self.error("a parameter has a `name` and an `in`; it is left out");
        }
        if let Some(schema) = parameter.get("schema") {
            self.below("schema", |walk| walk.schema(schema));
        }
        self.members(parameter, "content", Self::media_type);
    }

    /// A request body or a response.
    fn holder(&mut self, holder: &Value) {
        self.idle_annotation(holder);
        if self.is_reference(holder) {
            return;
        }
        if holder.is_object() {
            self.members(holder, "content", Self::media_type);
        } else {
            self.error("it is no object; it is left out");
        }
    }

    fn media_type(&mut self, media: &Value) {
        self.idle_annotation(media);
        if let Some(schema) = media.get("schema") {
            self.below("schema", |walk| walk.schema(schema));
        } else if !media.is_object() {
            self.error("it is no object; it is left out");
        }
    }

    fn schema(&mut self, schema: &Value) {
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(_) => return,
            _ => {
                self.error("it is no schema; it is left out");
                return;
            }
        };
        self.annotation(schema);
        // What stands beside a reference counts where the version says so, and what is said to be secret there always.
        if self.is_reference(schema)
            && !self.schemas.reads_beside_references()
            && !self.annotated.contains(&std::ptr::from_ref(schema))
        {
            return;
        }
        self.members(schema, "properties", Self::schema);
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = members.get(key) {
                self.below(key, |walk| walk.schema(inner));
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            self.items(schema, key, Self::schema);
        }
        let is_texts = |value: &Value| {
            value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string))
        };
        if members
            .get("type")
            .is_some_and(|kind| !kind.is_string() && !is_texts(kind))
        {
            self.below("type", |walk| walk.error("it is no type; it is left out"));
        }
        // `required: true` beside a property is of JSON Schema's draft 3 and does no harm.
        if members
            .get("required")
            .is_some_and(|required| !required.is_boolean() && !is_texts(required))
        {
            self.below("required", |walk| {
                walk.error("it is no list of property names; it is left out");
            });
        }
    }

    fn annotation(&mut self, holder: &Value) {
        if holder.get(ANNOTATION).is_some() {
            values::check(holder, &self.pointer, self.problems);
        }
    }

    /// Of a header only what is secret in it is read, and a cookie never stays.
    fn parameters_annotation(&mut self, parameter: &Value) {
        self.annotation(parameter);
        let schemas: Schemas<'_> = self.schemas;
        let said = schemas
            .resolve(parameter)
            .and_then(|parameter| parameter.get("in")?.as_str());
        let read: &[&str] = match said {
            Some("header") => &["redact", "keep"],
            Some("cookie") => &["redact"],
            _ => return,
        };
        let members = parameter.get(ANNOTATION).and_then(Value::as_object);
        for key in members.into_iter().flat_map(|members| members.keys()) {
            if values::is_known(key) && !read.contains(&key.as_str()) {
                let pointer = format!("{}/{ANNOTATION}/{}", self.pointer, escape(key));
                let message = "it has no effect at a header or a cookie";
                self.problems.error(&pointer, message);
            }
        }
    }

    /// What stands around a body says nothing of its values.
    fn idle_annotation(&mut self, holder: &Value) {
        if holder.get(ANNOTATION).is_some() {
            let pointer = format!("{}/{ANNOTATION}", self.pointer);
            let message = "it has no effect here: it goes to the operation, or to a property";
            self.problems.error(&pointer, message);
        }
    }

    /// Whether the value is a reference; tells where it leads nowhere. Nothing is ever fetched.
    fn is_reference(&mut self, value: &Value) -> bool {
        let Some(reference) = value.get("$ref") else {
            return false;
        };
        let Some(reference) = reference.as_str() else {
            self.error("its reference is no text; it is left out");
            return true;
        };
        if reference.starts_with('#') {
            if self.schemas.target(reference).is_none() {
                let pointer = format!("{}/$ref", self.pointer);
                self.problems.warning(&pointer, lost_reference(reference));
            }
            return true;
        }
        let file = reference.split('#').next().unwrap_or_default();
        if self.remote.len() < REMOTE_TOLD_MAX && self.remote.insert(file.to_owned()) {
            let pointer = format!("{}/$ref", self.pointer);
            self.problems.warning(&pointer, lost_reference(reference));
        }
        true
    }
}

/// What is told of a reference that leads to nothing.
pub(crate) fn lost_reference(reference: &str) -> String {
    let file = reference.split('#').next().unwrap_or_default();
    if file.is_empty() {
        return "its reference leads nowhere in this document".to_owned();
    }
    let shown: String = file.chars().take(200).collect();
    format!("it refers to `{shown}`, which is not fetched; bundle the documents into one")
}
