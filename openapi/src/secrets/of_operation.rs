//! The secrets that a document names: `x-audit.redact`, `writeOnly`, `format: password`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::annotations::Annotations;
use crate::operation::{OperationSource, escape};
use crate::schema::Schemas;
use crate::value_location::ValueLocation;

/// How deep a schema is searched for secrets.
const SCHEMA_DEPTH_MAX: usize = 8;

/// The most schemas that are looked at for one body.
const SCHEMAS_MAX: usize = 5_000;

/// Places in a call that its document marks as secret, or as not secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationSecrets {
    /// What is removed. A pointer's `*` is any array item or any key.
    pub redact: Vec<ValueLocation>,
    /// What stays, although its name or shape looks secret (`x-audit.keep`, `x-audit: {keep: true}`).
    pub keep: Vec<ValueLocation>,
    /// What may be secret or not; `daybook lint` asks for a decision.
    pub doubtful: Vec<ValueLocation>,
}

impl OperationSecrets {
    pub(crate) fn of(source: &OperationSource<'_>, annotations: &Annotations) -> Self {
        let mut secrets = Self {
            redact: annotations.redact.clone(),
            keep: annotations.keep.clone(),
            doubtful: Vec::new(),
        };
        for (properties, place) in [
            (
                &source.query,
                ValueLocation::Query as fn(String) -> ValueLocation,
            ),
            (&source.path_params, ValueLocation::Path),
        ] {
            for property in properties {
                if let Some(schema) = source.schemas.resolve(property.schema) {
                    secrets.note(schema, || place(property.name.to_owned()));
                }
            }
        }
        for (schema, place) in [
            (
                source.request,
                ValueLocation::Request as fn(String) -> ValueLocation,
            ),
            (source.response, ValueLocation::Response),
        ] {
            let mut walk = Walk {
                schemas: source.schemas,
                secrets: &mut secrets,
                place,
                left: SCHEMAS_MAX,
            };
            if let Some(schema) = schema {
                walk.visit(schema, "", SCHEMA_DEPTH_MAX);
            }
        }
        secrets
    }

    fn note(&mut self, schema: &Value, location: impl Fn() -> ValueLocation) {
        let said = |key: &str| {
            schema
                .pointer(&format!("/x-audit/{key}"))
                .and_then(Value::as_bool)
        };
        let is_secret = said("redact").unwrap_or_else(|| {
            schema.get("writeOnly").and_then(Value::as_bool) == Some(true)
                || schema.get("format").and_then(Value::as_str) == Some("password")
        });
        let list = if said("keep") == Some(true) {
            &mut self.keep
        } else if is_secret {
            &mut self.redact
        } else {
            return;
        };
        let location = location();
        if !list.contains(&location) {
            list.push(location);
        }
    }
}

struct Walk<'a, 'b> {
    schemas: Schemas<'a>,
    secrets: &'b mut OperationSecrets,
    place: fn(String) -> ValueLocation,
    left: usize,
}

impl<'a> Walk<'a, '_> {
    fn visit(&mut self, schema: &'a Value, pointer: &str, depth: usize) {
        let mut parts = Vec::new();
        self.schemas
            .visit_parts(schema, 4, &mut |part| parts.push(part));
        for part in parts {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            self.secrets.note(part, || (self.place)(pointer.to_owned()));
            if depth == 0 {
                continue;
            }
            for (name, property) in part
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                self.visit(property, &format!("{pointer}/{}", escape(name)), depth - 1);
            }
            for keyword in ["items", "additionalProperties"] {
                if let Some(inner) = part.get(keyword).filter(|inner| inner.is_object()) {
                    self.visit(inner, &format!("{pointer}/*"), depth - 1);
                }
            }
        }
    }
}
