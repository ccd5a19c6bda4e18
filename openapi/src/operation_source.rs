//! An operation as its document has it: all that the rules of meaning look at.

use std::collections::HashSet;

use serde_json::Value;

use crate::habits::Habits;
use crate::schema::{NAME_BYTES_MAX, Property, Schemas};

/// The most parameters that are read of an operation, and as many of its path item.
pub(crate) const PARAMETERS_MAX: usize = 500;

/// The most tags, media types and responses that are looked at.
const LISTED_MAX: usize = 100;

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
    /// What it answers with is a file and no JSON.
    pub(crate) answers_file: bool,
    pub(crate) habits: &'a Habits<'a>,
}

impl<'a> OperationSource<'a> {
    /// Whether a summary or a description speaks of it.
    pub(crate) fn is_told(&self) -> bool {
        !self.summary.is_empty() || !self.description.is_empty()
    }

    /// Its summary, or else its description.
    pub(crate) fn text(&self) -> &'a str {
        if self.summary.is_empty() {
            self.description
        } else {
            self.summary
        }
    }

    /// The properties of what is sent.
    pub(crate) fn request_properties(&self) -> Vec<Property<'a>> {
        self.request
            .map(|request| self.schemas.properties(request))
            .unwrap_or_default()
    }

    /// The response that says how it succeeds.
    pub(crate) fn answer(&self) -> Option<&'a Value> {
        success_response(self.holders[1]).and_then(|response| self.schemas.resolve(response))
    }

    /// The last segment of its path that is no parameter.
    pub(crate) fn last_literal(&self) -> Option<&'a str> {
        self.path
            .rsplit('/')
            .find(|segment| !segment.is_empty() && !segment.starts_with('{'))
    }

    pub(crate) fn read(
        schemas: Schemas<'a>,
        habits: &'a Habits<'a>,
        method: &'a str,
        path: &'a str,
        path_item: &'a Value,
        operation: &'a Value,
    ) -> Self {
        let response = success_response(operation).and_then(|response| schemas.resolve(response));
        let text = |key: &str| {
            operation
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        Self {
            schemas,
            habits,
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
                .take(LISTED_MAX)
                .collect(),
            query: parameters(schemas, "query", [path_item, operation]),
            path_params: parameters(schemas, "path", [path_item, operation]),
            holders: [path_item, operation],
            request: operation
                .get("requestBody")
                .and_then(|body| schemas.resolve(body))
                .and_then(content_schema),
            response: response.and_then(content_schema),
            answers_file: response.is_some_and(answers_file),
        }
    }
}

impl<'a> OperationSource<'a> {
    /// The parameters as they stand in the document, or the references to them; the operation's own ones come before
    /// the path item's, which they override.
    pub(crate) fn written_parameters(&self) -> impl Iterator<Item = &'a Value> {
        written_parameters(self.holders)
    }

    /// The names of what an operation at this path has in its query, but for what all of them have there.
    pub(crate) fn own_query(&self, operation: &'a Value) -> HashSet<&'a str> {
        written_parameters([&Value::Null, operation])
            .filter_map(|parameter| self.schemas.resolve(parameter))
            .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("query"))
            .filter_map(|parameter| parameter.get("name").and_then(Value::as_str))
            .filter(|name| name.len() <= NAME_BYTES_MAX)
            .collect()
    }

    /// Whether a query parameter is required; of two with one name the operation's own counts.
    pub(crate) fn requires_query(&self, name: &str) -> bool {
        self.written_parameters()
            .filter_map(|parameter| self.schemas.resolve(parameter))
            .find(|parameter| {
                let is = |key: &str, text: &str| {
                    parameter.get(key).and_then(Value::as_str) == Some(text)
                };
                is("in", "query") && is("name", name)
            })
            .is_some_and(|parameter| parameter.get("required") == Some(&Value::Bool(true)))
    }
}

fn written_parameters([path_item, operation]: [&Value; 2]) -> impl Iterator<Item = &Value> {
    [operation, path_item]
        .into_iter()
        .filter_map(|holder| holder.get("parameters")?.as_array())
        .flat_map(|listed| listed.iter().take(PARAMETERS_MAX))
}

/// The parameters of one place; of two with one name the operation's own counts.
fn parameters<'a>(schemas: Schemas<'a>, place: &str, holders: [&'a Value; 2]) -> Vec<Property<'a>> {
    let mut found: Vec<Property<'a>> = Vec::new();
    let mut known = HashSet::new();
    for parameter in written_parameters(holders)
        .take_while(|_| schemas.spend())
        .filter_map(|parameter| schemas.resolve(parameter))
    {
        let name = parameter.get("name").and_then(Value::as_str);
        let (Some(name), Some(said)) = (name, parameter.get("in").and_then(Value::as_str)) else {
            continue;
        };
        if said == place && name.len() <= NAME_BYTES_MAX && known.insert(name) {
            let schema = parameter
                .get("schema")
                .or_else(|| content_schema(parameter))
                .unwrap_or(&Value::Null);
            found.push(Property { name, schema });
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
        .take(LISTED_MAX)
        .filter_map(|(media_type, media)| {
            media.get("schema").map(|schema| (rank(media_type), schema))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, schema)| schema)
}

/// Whether all of a response's content is of documents, pictures, sound or bytes.
fn answers_file(response: &Value) -> bool {
    let is_file = |media_type: &str| {
        let media_type = media_type.to_ascii_lowercase();
        ["image/", "audio/", "video/"]
            .iter()
            .any(|kind| media_type.starts_with(kind))
            || matches!(
                media_type.as_str(),
                "application/pdf" | "application/zip" | "application/octet-stream"
            )
    };
    response
        .get("content")
        .and_then(Value::as_object)
        .is_some_and(|content| {
            !content.is_empty()
                && content
                    .keys()
                    .take(LISTED_MAX)
                    .all(|media_type| is_file(media_type))
        })
}

/// The schema of what an operation answers where it succeeds.
pub(crate) fn answered_schema<'a>(schemas: Schemas<'a>, operation: &'a Value) -> Option<&'a Value> {
    let response = schemas.resolve(success_response(operation)?)?;
    content_schema(response)
}

/// The response of the lowest success status, or `2XX`, or `default`.
fn success_response(operation: &Value) -> Option<&Value> {
    let responses = operation.get("responses")?.as_object()?;
    let mut success: Vec<(&String, &Value)> = responses
        .iter()
        .take(LISTED_MAX)
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
