//! The secrets that a document names: `x-audit.redact`, `writeOnly`, `format: password`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::marks::{Doubts, Walk};
use crate::annotations::Annotations;
use crate::operation::OperationSource;
use crate::value_location::ValueLocation;

/// The most parameters, media types and responses of one operation that are looked at.
const LISTED_MAX: usize = 200;

/// Places in a call that its document marks as secret, or as not secret.
///
/// In a pointer, a segment `*` is any array item or any key, and `**` is any number of segments, none
/// included: below a schema that contains itself, or where there are too many marks to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationSecrets {
    /// What is removed.
    pub redact: Vec<ValueLocation>,
    /// What stays, although its name or shape looks secret (`x-audit.keep`, `x-audit: {keep: true}`).
    pub keep: Vec<ValueLocation>,
    /// What sounds like a secret and is not taken as one, or is taken by a guess: `key`, `code`,
    /// `seed`. `x-audit: {redact: true}` or `{keep: true}` in the document settles each; at most 50.
    pub doubtful: Vec<ValueLocation>,
}

impl OperationSecrets {
    /// The doubtful decisions, see [`OperationSecrets::doubtful`].
    pub fn doubts(&self) -> &[ValueLocation] {
        &self.doubtful
    }

    pub(crate) fn of(source: &OperationSource<'_>, annotations: &Annotations) -> Self {
        let mut secrets = Self {
            redact: annotations.redact.clone(),
            keep: annotations.keep.clone(),
            doubtful: Vec::new(),
        };
        for parameter in parameters(source) {
            secrets.add_parameter(source, parameter);
        }
        let [_, operation] = source.holders;
        let body = operation
            .get("requestBody")
            .and_then(|body| source.schemas.resolve(body));
        let mut walk = Walk::new(source.schemas, Doubts::InBody);
        for schema in body.into_iter().flat_map(content_schemas) {
            walk.visit(schema);
        }
        secrets.add(walk, ValueLocation::Request);
        // What a response says is never stored: only names of things are read out of it.
        let mut walk = Walk::new(source.schemas, Doubts::No);
        let responses = operation.get("responses").and_then(Value::as_object);
        for response in responses
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2') || *status == "default")
            .filter_map(|(_, response)| source.schemas.resolve(response))
            .take(LISTED_MAX)
        {
            for schema in content_schemas(response) {
                walk.visit(schema);
            }
        }
        secrets.add(walk, ValueLocation::Response);
        secrets
    }

    fn add_parameter(&mut self, source: &OperationSource<'_>, parameter: &Value) {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        let (Some(name), Some(place)) = (text("name"), text("in")) else {
            return;
        };
        let location = match place {
            "query" => ValueLocation::Query(name.to_owned()),
            "path" => ValueLocation::Path(name.to_owned()),
            "header" => ValueLocation::Header(name.to_ascii_lowercase()),
            _ => return,
        };
        // A path parameter names a thing and a header is kept only off a short list.
        let mut walk = Walk::new(
            source.schemas,
            if place == "query" {
                Doubts::InQuery
            } else {
                Doubts::No
            },
        );
        walk.visit_parameter(name, parameter);
        for schema in parameter
            .get("schema")
            .into_iter()
            .chain(content_schemas(parameter))
        {
            walk.visit_parameter(name, schema);
        }
        self.add(walk, |_| location.clone());
    }

    /// What the operation itself says counts before what a schema says, which others share.
    fn add(&mut self, walk: Walk<'_>, place: impl Fn(String) -> ValueLocation) {
        let found = walk.finish();
        let mut known: HashSet<ValueLocation> =
            self.redact.iter().chain(&self.keep).cloned().collect();
        for (pointers, list) in [
            (found.keep, &mut self.keep),
            (found.redact, &mut self.redact),
            (found.doubtful, &mut self.doubtful),
        ] {
            for pointer in pointers {
                let location = place(pointer);
                if known.insert(location.clone()) {
                    list.push(location);
                }
            }
        }
    }
}

/// The parameter objects; the operation's own ones override the path item's.
fn parameters<'a>(source: &OperationSource<'a>) -> Vec<&'a Value> {
    let [path_item, operation] = source.holders;
    let mut known = HashSet::new();
    [operation, path_item]
        .into_iter()
        .filter_map(|holder| holder.get("parameters").and_then(Value::as_array))
        .flatten()
        .filter_map(|parameter| source.schemas.resolve(parameter))
        .filter(|parameter| {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            known.insert((text("name"), text("in")))
        })
        .take(LISTED_MAX)
        .collect()
}

/// The schemas of every media type: a form may mark what the JSON beside it does not have.
fn content_schemas(holder: &Value) -> impl Iterator<Item = &Value> {
    holder
        .get("content")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, media)| media.get("schema"))
        .take(LISTED_MAX)
}
