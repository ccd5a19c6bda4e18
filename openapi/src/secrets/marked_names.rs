//! The names of all that a document marks as secret, wherever it stands.
//!
//! They are for bodies whose schemas are too many to be walked through place by place: schemas that
//! refer to one another in circles have more places than anybody counts, and yet few names.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::marks::{Found, MARKS_MAX, NAME_BYTES_MAX, Said, behind_bare_reference, parts, said_of};
use crate::operation::escape;
use crate::schema::Schemas;

/// The most properties that are looked at, with what their schemas are composed of.
const WORK_MAX: usize = 3_000_000;

/// How many arrays and maps are opened in one another.
pub(super) const NESTING_MAX: usize = 8;

/// The names of marked properties.
pub(super) struct MarkedNames<'a> {
    schemas: Schemas<'a>,
    left: usize,
    known: HashMap<*const Value, bool>,
}

impl<'a> MarkedNames<'a> {
    /// Everything below any of the names, at any depth; cut short where they are too many.
    pub(super) fn of(schemas: Schemas<'a>) -> Found {
        let mut search = Self::new(schemas);
        let mut names = BTreeSet::new();
        let mut left = vec![schemas.root()];
        while let Some(value) = left.pop() {
            let properties = value.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                if search.is_marked(schema, NESTING_MAX) {
                    names.insert(name);
                }
            }
            match value {
                Value::Object(members) => left.extend(members.values()),
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
        let is_cut_short = search.left == 0
            || names.len() > MARKS_MAX
            || names.iter().any(|name| name.len() > NAME_BYTES_MAX);
        let pointers = names.iter().map(|name| format!("/**/{}", escape(name)));
        Found {
            redact: pointers.take(MARKS_MAX).collect(),
            is_cut_short,
            ..Found::default()
        }
    }

    pub(super) fn new(schemas: Schemas<'a>) -> Self {
        Self {
            schemas,
            left: WORK_MAX,
            known: HashMap::new(),
        }
    }

    /// Whether a schema itself is marked, or what it is an array or a map of.
    pub(super) fn is_marked(&mut self, schema: &'a Value, nesting_left: usize) -> bool {
        let schema = behind_bare_reference(self.schemas, schema);
        let key = std::ptr::from_ref(schema);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (parts, is_complete) = parts(self.schemas, schema, &mut || {
            self.left = self.left.saturating_sub(1);
            self.left > 0
        });
        self.left = self.left.saturating_sub(1);
        let is_marked = !is_complete
            || said_of(&parts) == Said::Redact
            || parts.iter().flat_map(|part| unnamed(part)).any(|inner| {
                nesting_left == 0 || self.left == 0 || self.is_marked(inner, nesting_left - 1)
            });
        self.known.insert(key, is_marked);
        is_marked
    }
}

/// The schemas of values that have no name of their own.
pub(super) fn unnamed(part: &Value) -> impl Iterator<Item = &Value> {
    let by_pattern = part.get("patternProperties").and_then(Value::as_object);
    let by_pattern = by_pattern.into_iter().flatten().map(|(_, schema)| schema);
    let in_order = ["prefixItems", "items"]
        .into_iter()
        .filter_map(|keyword| part.get(keyword)?.as_array())
        .flatten();
    let any = [
        "items",
        "contains",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
    ]
    .into_iter()
    .filter_map(|keyword| part.get(keyword))
    .filter(|schema| schema.is_object());
    by_pattern.chain(in_order).chain(any)
}
