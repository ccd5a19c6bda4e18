//! The names of all that a document marks as secret, wherever it stands.
//!
//! They are for bodies whose schemas are too many to be walked through place by place: schemas that
//! refer to one another in circles have more places than anybody counts, and yet few names.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::marks::{Found, MARKS_MAX, NAME_BYTES_MAX, Said, behind_bare_reference, parts, said_of};
use crate::json_pointer::escape;
use crate::schema::Schemas;

/// The most properties that are looked at, with what their schemas are composed of.
const WORK_MAX: usize = 3_000_000;

/// How many arrays and maps are opened in one another.
const NESTING_MAX: usize = 8;

/// The names of marked properties.
pub(super) struct MarkedNames<'a> {
    schemas: Schemas<'a>,
    left: usize,
    known: HashMap<*const Value, bool>,
    /// The schemas around the present one.
    open: Vec<*const Value>,
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
                if search.is_marked(schema) {
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
            open: Vec::new(),
        }
    }

    /// Whether a schema itself is marked, or what it is an array or a map of. What nobody can tell
    /// within bounds is.
    pub(super) fn is_marked(&mut self, schema: &'a Value) -> bool {
        self.look(schema).is_marked
    }

    fn look(&mut self, schema: &'a Value) -> Look {
        let schema = behind_bare_reference(self.schemas, schema);
        let key = std::ptr::from_ref(schema);
        if let Some(known) = self.known.get(&key) {
            return Look::at(*known);
        }
        if let Some(position) = self.open.iter().position(|open| *open == key) {
            // An array of itself is marked by what else is said of it.
            return Look {
                is_marked: false,
                outermost: position,
            };
        }
        self.left = self.left.saturating_sub(1);
        if self.open.len() >= NESTING_MAX || self.left == 0 {
            return Look::at(true);
        }
        let (parts, is_complete) = parts(self.schemas, schema, &mut || {
            self.left = self.left.saturating_sub(1);
            self.left > 0
        });
        let mut look = Look::at(!is_complete || said_of(&parts) == Said::Redact);
        self.open.push(key);
        for inner in parts.iter().flat_map(|part| unnamed(part)) {
            if look.is_marked {
                break;
            }
            let below = self.look(inner);
            look.is_marked = below.is_marked;
            look.outermost = look.outermost.min(below.outermost);
        }
        self.open.pop();
        if look.outermost >= self.open.len() {
            look.outermost = usize::MAX;
        }
        // What was not looked at again around it may still mark it.
        if look.is_marked || look.outermost == usize::MAX {
            self.known.insert(key, look.is_marked);
        }
        look
    }
}

/// What is known of a schema so far.
#[derive(Clone, Copy)]
struct Look {
    is_marked: bool,
    /// The outermost schema around it that was met again, as its position.
    outermost: usize,
}

impl Look {
    fn at(is_marked: bool) -> Self {
        Self {
            is_marked,
            outermost: usize::MAX,
        }
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
