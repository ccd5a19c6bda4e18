//! Removing secrets from the values of a call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::OperationSecrets;
use crate::operation::{Operation, escape};
use crate::value_location::ValueLocation;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Where in a call a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The request body.
    Request,
    /// The response body.
    Response,
    /// Query parameters.
    Query,
    /// Path parameters.
    Path,
    /// Request headers.
    Headers,
    /// What the handler chose to say.
    Context,
}

impl Place {
    /// The word in front of a removed pointer: `request` in `request#/password`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Query => "query",
            Self::Path => "path",
            Self::Headers => "headers",
            Self::Context => "context",
        }
    }
}

/// Removes secrets: what the operation's document marks, then what is one by name or by shape.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: OperationSecrets,
}

impl Redactor {
    /// A redactor for calls of `operation`; without one, names and shapes alone decide.
    pub fn new(operation: Option<&Operation>) -> Self {
        Self {
            secrets: operation
                .map(|operation| operation.secrets.clone())
                .unwrap_or_default(),
        }
    }

    /// Removes secrets from a JSON value and names what was removed: `request#/user/password`.
    pub fn json(&self, place: Place, value: &mut Value, removed: &mut Vec<String>) {
        self.visit(place, "", value, removed, 0);
    }

    /// Removes what has the shape of a secret from free text.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }

    /// Removes secrets from named texts (query, path parameters, headers).
    pub fn pairs(
        &self,
        place: Place,
        pairs: &mut BTreeMap<String, String>,
        removed: &mut Vec<String>,
    ) {
        for (name, value) in pairs.iter_mut() {
            if is_secret_name(name) || self.is_marked(place, name) {
                REDACTED.clone_into(value);
                removed.push(format!("{}#/{}", place.as_str(), escape(name)));
            }
        }
    }

    fn is_marked(&self, place: Place, name: &str) -> bool {
        let location = match place {
            Place::Query => ValueLocation::Query(name.to_owned()),
            Place::Path => ValueLocation::Path(name.to_owned()),
            _ => return false,
        };
        self.secrets.redact.contains(&location)
    }

    fn visit(
        &self,
        place: Place,
        pointer: &str,
        value: &mut Value,
        removed: &mut Vec<String>,
        depth: usize,
    ) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let pointer = format!("{pointer}/{}", escape(name));
                    if is_secret_name(name) {
                        *member = Value::String(REDACTED.to_owned());
                        removed.push(format!("{}#{pointer}", place.as_str()));
                    } else {
                        self.visit(place, &pointer, member, removed, depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                for (position, item) in items.iter_mut().enumerate() {
                    self.visit(
                        place,
                        &format!("{pointer}/{position}"),
                        item,
                        removed,
                        depth + 1,
                    );
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn is_secret_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["password", "secret", "token"]
        .iter()
        .any(|word| lower.ends_with(word))
}
