//! The secrets that a document names: `x-audit.redact`, `writeOnly`, `format: password`.

use std::collections::HashSet;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::marks::{Doubts, Found, KnownMarks, POINTER_OVERHEAD_BYTES};
use crate::annotations::Annotations;
use crate::document::ANNOTATION;
use crate::operation_source::{OperationSource, PARAMETERS_MAX};
use crate::schema::NAME_BYTES_MAX;
use crate::value_location::ValueLocation;

/// The most schemas of one body or parameter that are looked at: where it has more, it is removed
/// whole.
const LISTED_MAX: usize = 100;

/// All of a body, at any depth.
const WHOLE: &str = "/**";

/// Any name of a query parameter.
const ANY_NAME: &str = "*";

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
    /// What stands in [`OperationSecrets::redact`] too is removed whole because its schemas are too
    /// many to be looked through.
    pub doubtful: Vec<ValueLocation>,
}

impl OperationSecrets {
    /// What is removed whole because its schemas are too many to be looked through.
    pub fn unseen(&self) -> impl Iterator<Item = &ValueLocation> {
        let redacted: HashSet<&ValueLocation> = self.redact.iter().collect();
        let doubtful = self.doubtful.iter();
        doubtful.filter(move |location| redacted.contains(location))
    }

    pub(crate) fn of(
        source: &OperationSource<'_>,
        annotations: &Annotations,
        known: &mut KnownMarks,
    ) -> Self {
        let mut secrets = Self {
            redact: annotations.redact.clone(),
            keep: annotations.keep.clone(),
            doubtful: Vec::new(),
        };
        let stated = secrets.redact.iter().chain(&secrets.keep);
        let stated_bytes = stated.map(|place| POINTER_OVERHEAD_BYTES + place.text().len());
        if !source.schemas.spend_on_mark_bytes(stated_bytes.sum()) {
            return Self::everything();
        }
        let mut is_all = !has_more_parameters(source);
        for (written, parameter) in parameters(source) {
            is_all &= source.schemas.spend_on_mark_lookup();
            if !is_all {
                break;
            }
            secrets.add_parameter(source, written, parameter, known);
        }
        if !is_all {
            secrets.add_unseen(&ValueLocation::Query(ANY_NAME.to_owned()));
            secrets.add_unseen(&ValueLocation::Path(ANY_NAME.to_owned()));
            secrets.add_unseen(&ValueLocation::Header(ANY_NAME.to_owned()));
        }
        let [_, operation] = source.holders;
        let body = operation
            .get("requestBody")
            .and_then(|body| source.schemas.resolve(body));
        let schemas = body.into_iter().flat_map(content_schemas);
        secrets.add_body(
            source,
            schemas,
            Doubts::InBody,
            known,
            ValueLocation::Request,
        );
        // What a response says is never stored: only names of things are read out of it.
        let responses = operation.get("responses").and_then(Value::as_object);
        let schemas = responses
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2') || *status == "default")
            .take(LISTED_MAX + 1)
            .filter_map(|(_, response)| source.schemas.resolve(response))
            .flat_map(content_schemas);
        secrets.add_body(source, schemas, Doubts::No, known, ValueLocation::Response);
        secrets
    }

    /// Where there is no memory left for what is said of one more operation.
    fn everything() -> Self {
        let mut secrets = Self::default();
        for location in [
            ValueLocation::Path(ANY_NAME.to_owned()),
            ValueLocation::Query(ANY_NAME.to_owned()),
            ValueLocation::Header(ANY_NAME.to_owned()),
            ValueLocation::Request(WHOLE.to_owned()),
            ValueLocation::Response(WHOLE.to_owned()),
        ] {
            secrets.add_unseen(&location);
        }
        secrets
    }

    /// The schemas of every media type: a form may mark what the JSON beside it does not have.
    fn add_body<'a>(
        &mut self,
        source: &OperationSource<'a>,
        schemas: impl Iterator<Item = &'a Value>,
        doubts: Doubts,
        known: &mut KnownMarks,
        place: impl Fn(String) -> ValueLocation,
    ) {
        let whole = place(WHOLE.to_owned());
        let is_settled = |said: &ValueLocation| *said == whole || *said == place(String::new());
        if self.redact.iter().chain(&self.keep).any(is_settled) {
            return;
        }
        let mut all: Vec<Rc<Found>> = Vec::new();
        for (position, schema) in schemas.enumerate() {
            if position >= LISTED_MAX {
                return self.add_unseen(&whole);
            }
            if !source.schemas.spend_on_mark_lookup() {
                return self.add_unseen(&whole);
            }
            let found = known.of_body(source.schemas, schema, doubts);
            if !all.iter().any(|known| Rc::ptr_eq(known, &found)) {
                all.push(found);
            }
        }
        for found in all {
            let bytes = found.bytes();
            if found.is_cut_short || !source.schemas.spend_on_mark_bytes(bytes) {
                return self.add_unseen(&whole);
            }
            self.add(&found, &place);
        }
    }

    fn add_parameter(
        &mut self,
        source: &OperationSource<'_>,
        written: &Value,
        parameter: &Value,
        known: &mut KnownMarks,
    ) {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        let (Some(name), Some(place)) = (text("name"), text("in")) else {
            return;
        };
        // A name that is too long to be kept in every operation is any name.
        let name = if name.len() <= NAME_BYTES_MAX {
            name
        } else {
            ANY_NAME
        };
        let location = match place {
            "query" => ValueLocation::Query(name.to_owned()),
            "path" => ValueLocation::Path(name.to_owned()),
            "header" => ValueLocation::Header(name.to_ascii_lowercase()),
            _ => return,
        };
        // What is said beside a reference counts before what is said where that leads.
        if !std::ptr::eq(written, parameter)
            && !self.add_beside_reference(source, written, &location)
        {
            return self.add_unseen(&location);
        }
        // A path parameter names a thing and a header is kept only off a short list.
        let doubts = if place == "query" {
            Doubts::InQuery
        } else {
            Doubts::No
        };
        let schemas = parameter.get("schema").into_iter();
        let schemas = schemas.chain(content_schemas(parameter));
        for (position, schema) in std::iter::once(parameter).chain(schemas).enumerate() {
            let found = known.of_parameter(source.schemas, name, schema, doubts);
            if found.is_cut_short
                || position > LISTED_MAX
                || !source.schemas.spend_on_mark_bytes(found.bytes())
            {
                return self.add_unseen(&location);
            }
            self.add(&found, &|_| location.clone());
        }
    }

    /// What a parameter's reference has beside it; whether there is memory left for that.
    fn add_beside_reference(
        &mut self,
        source: &OperationSource<'_>,
        written: &Value,
        location: &ValueLocation,
    ) -> bool {
        let is_said = |key: &str| {
            let said = written.get(ANNOTATION).and_then(|said| said.get(key));
            said == Some(&Value::Bool(true))
        };
        let list = match (is_said("keep"), is_said("redact")) {
            _ if self.keep.contains(location) || self.redact.contains(location) => return true,
            (true, _) => &mut self.keep,
            (false, true) => &mut self.redact,
            (false, false) => return true,
        };
        list.push(location.clone());
        let bytes = POINTER_OVERHEAD_BYTES + location.text().len();
        source.schemas.spend_on_mark_bytes(bytes)
    }

    /// What the operation itself says counts before what a schema says, which others share.
    fn add(&mut self, found: &Found, place: &impl Fn(String) -> ValueLocation) {
        if found.bytes() == 0 {
            return;
        }
        let mut known: HashSet<ValueLocation> =
            self.redact.iter().chain(&self.keep).cloned().collect();
        for (pointers, list) in [
            (&found.keep, &mut self.keep),
            (&found.redact, &mut self.redact),
            (&found.doubtful, &mut self.doubtful),
        ] {
            for pointer in pointers {
                let location = place(pointer.clone());
                if known.insert(location.clone()) {
                    list.push(location);
                }
            }
        }
    }

    /// Nothing of what nobody looked at is kept, unless the document says so.
    fn add_unseen(&mut self, location: &ValueLocation) {
        if !self.keep.contains(location) && !self.redact.contains(location) {
            self.redact.push(location.clone());
            self.doubtful.push(location.clone());
        }
    }
}

/// The parameter objects, each behind what is written where it stands or refers to it; the operation's own ones
/// override the path item's.
fn parameters<'a>(source: &OperationSource<'a>) -> Vec<(&'a Value, &'a Value)> {
    let mut known = HashSet::new();
    source
        .written_parameters()
        .filter_map(|written| Some((written, source.schemas.resolve(written)?)))
        .filter(|(_, parameter)| {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            known.insert((text("name"), text("in")))
        })
        .collect()
}

fn has_more_parameters(source: &OperationSource<'_>) -> bool {
    source.holders.iter().any(|holder| {
        let listed = holder.get("parameters").and_then(Value::as_array);
        listed.is_some_and(|listed| listed.len() > PARAMETERS_MAX)
    })
}

/// The schemas of every media type.
fn content_schemas(holder: &Value) -> impl Iterator<Item = &Value> {
    holder
        .get("content")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .take(LISTED_MAX + 1)
        .map(|(_, media)| media.get("schema").unwrap_or(&Value::Null))
}
