//! The walk through schemas that finds what they mark as secret, as auditable, or leave in doubt.
//!
//! A schema that contains itself is not followed: what is marked in it is marked at any depth below
//! the place where it first stood (`/tree/**/secret`). Time and memory are bounded by the number of
//! schemas looked at, whatever the document's shape.

use std::collections::HashSet;

use serde_json::Value;

use super::doubts::is_in_doubt;
use crate::operation::escape;
use crate::schema::Schemas;

/// How deep a schema is searched.
const DEPTH_MAX: usize = 32;

/// The most schemas that are looked at for one body.
const SCHEMAS_MAX: usize = 10_000;

/// The most schemas of which one value's schema is composed.
const PARTS_MAX: usize = 256;

/// The most marks of one kind that are listed; more are told by their names alone.
const MARKS_MAX: usize = 100;

/// The longest name and pointer that are listed, in bytes.
const NAME_BYTES_MAX: usize = 200;
const POINTER_BYTES_MAX: usize = 300;

/// The most doubts that are listed.
const DOUBTS_MAX: usize = 50;

/// What a walk has found, as pointers.
#[derive(Default)]
pub(super) struct Found {
    pub(super) redact: Vec<String>,
    pub(super) keep: Vec<String>,
    pub(super) doubtful: Vec<String>,
}

/// Whether doubts are looked for, and by which measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubts {
    No,
    InBody,
    InQuery,
}

/// A walk through the schemas of one place.
pub(super) struct Walk<'a> {
    schemas: Schemas<'a>,
    doubts: Doubts,
    found: Marks<'a>,
    left: usize,
    segments: Vec<&'a str>,
    /// Schemas around the present one, with the length of `segments` where they stood.
    open: Vec<(*const Value, usize)>,
    /// Schemas in which nothing was found.
    barren: HashSet<*const Value>,
    /// Where schemas stand that contain themselves.
    recursive: HashSet<Vec<&'a str>>,
}

#[derive(Default)]
struct Marks<'a> {
    redact: Vec<Vec<&'a str>>,
    keep: Vec<Vec<&'a str>>,
    doubtful: Vec<Vec<&'a str>>,
}

impl Marks<'_> {
    fn len(&self) -> usize {
        self.redact.len() + self.keep.len() + self.doubtful.len()
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(schemas: Schemas<'a>, doubts: Doubts) -> Self {
        Self {
            schemas,
            doubts,
            found: Marks::default(),
            left: SCHEMAS_MAX,
            segments: Vec::new(),
            open: Vec::new(),
            barren: HashSet::new(),
            recursive: HashSet::new(),
        }
    }

    /// Looks through a body's schema.
    pub(super) fn visit(&mut self, schema: &'a Value) {
        self.visit_at(schema);
    }

    /// Looks at a parameter or its schema. A parameter is one text: what is marked anywhere in it
    /// marks all of it.
    pub(super) fn visit_parameter(&mut self, name: &'a str, schema: &'a Value) {
        self.segments.push(name);
        self.visit_at(schema);
        self.segments.pop();
    }

    /// The outermost schema around this one that was met again, as its index in `open`: below it
    /// nothing can be told to be barren.
    fn visit_at(&mut self, schema: &'a Value) -> Option<usize> {
        if self.barren.contains(&std::ptr::from_ref(schema)) {
            return None;
        }
        let found_before = self.found.len();
        let open_before = self.open.len();
        let mut outermost = None;
        let mut parts = Vec::new();
        self.collect_parts(schema, &mut parts);
        self.note(&parts);
        let mut new_parts = Vec::new();
        for part in parts {
            let address = std::ptr::from_ref(part);
            let met = self.open[..open_before]
                .iter()
                .position(|(open, _)| *open == address);
            if let Some(index) = met {
                let root = self.segments[..self.open[index].1].to_vec();
                self.recursive.insert(root);
                outermost = outer(outermost, met);
            } else {
                self.open.push((address, self.segments.len()));
                new_parts.push(part);
            }
        }
        if self.segments.len() < DEPTH_MAX {
            for part in new_parts {
                outermost = outer(outermost, self.visit_members(part));
            }
        }
        self.open.truncate(open_before);
        outermost = outermost.filter(|index| *index < open_before);
        if outermost.is_none() && self.found.len() == found_before {
            self.barren.insert(std::ptr::from_ref(schema));
        }
        outermost
    }

    fn visit_members(&mut self, part: &'a Value) -> Option<usize> {
        let mut outermost = None;
        let named = part.get("properties").and_then(Value::as_object);
        for (name, schema) in named.into_iter().flatten() {
            let is_long = name.len() > NAME_BYTES_MAX;
            let met = self.visit_below(if is_long { "*" } else { name }, schema);
            outermost = outer(outermost, met);
        }
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
        for schema in by_pattern.chain(in_order).chain(any) {
            let met = self.visit_below("*", schema);
            outermost = outer(outermost, met);
        }
        outermost
    }

    fn visit_below(&mut self, segment: &'a str, schema: &'a Value) -> Option<usize> {
        self.segments.push(segment);
        let met = self.visit_at(schema);
        self.segments.pop();
        met
    }

    /// The schema, what it refers to and what it is composed of, each once. What stands beside a
    /// `$ref` counts: OpenAPI 3.1 says so, and 3.0 documents are written as if it did.
    fn collect_parts(&mut self, schema: &'a Value, parts: &mut Vec<&'a Value>) {
        let mut left = vec![schema];
        while let Some(part) = left.pop() {
            if self.left == 0 || parts.len() >= PARTS_MAX {
                return;
            }
            if !part.is_object() || parts.iter().any(|known| std::ptr::eq(*known, part)) {
                continue;
            }
            self.left -= 1;
            parts.push(part);
            let reference = part.get("$ref").and_then(Value::as_str);
            left.extend(reference.and_then(|reference| self.schemas.target(reference)));
            for keyword in ["allOf", "oneOf", "anyOf"] {
                let composed = part.get(keyword).and_then(Value::as_array);
                left.extend(composed.into_iter().flatten().take(PARTS_MAX));
            }
            for keyword in ["then", "else"] {
                left.extend(part.get(keyword));
            }
            let dependent = part.get("dependentSchemas").and_then(Value::as_object);
            left.extend(
                dependent
                    .into_iter()
                    .flatten()
                    .map(|(_, schema)| schema)
                    .take(PARTS_MAX),
            );
        }
    }

    fn note(&mut self, parts: &[&'a Value]) {
        let says = |key: &str, flag: bool| {
            parts.iter().any(|part| {
                part.pointer(&format!("/x-audit/{key}"))
                    .and_then(Value::as_bool)
                    == Some(flag)
            })
        };
        let is_sealed = || {
            parts.iter().any(|part| {
                part.get("writeOnly").and_then(Value::as_bool) == Some(true)
                    || part.get("format").and_then(Value::as_str) == Some("password")
            })
        };
        let list = if says("redact", true) {
            &mut self.found.redact
        } else if says("keep", true) {
            &mut self.found.keep
        } else if is_sealed() && !says("redact", false) {
            &mut self.found.redact
        } else if self.doubts != Doubts::No
            && self.found.doubtful.len() < DOUBTS_MAX
            && !says("redact", false)
            && self
                .segments
                .iter()
                .rfind(|segment| **segment != "*")
                .is_some_and(|name| is_in_doubt(name, parts, self.doubts == Doubts::InQuery))
        {
            &mut self.found.doubtful
        } else {
            return;
        };
        list.push(self.segments.clone());
    }

    /// What was found, bounded.
    pub(super) fn finish(self) -> Found {
        let Self {
            found, recursive, ..
        } = self;
        Found {
            redact: bounded(&with_recursions(found.redact, &recursive)),
            // What is kept too little is removed too much, which is safe.
            keep: with_recursions(found.keep, &recursive)
                .iter()
                .map(|segments| pointer(segments))
                .filter(|pointer| pointer.len() <= POINTER_BYTES_MAX)
                .take(MARKS_MAX)
                .collect(),
            doubtful: found
                .doubtful
                .iter()
                .map(|segments| pointer(segments))
                .filter(|pointer| pointer.len() <= POINTER_BYTES_MAX)
                .collect(),
        }
    }
}

fn outer(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

/// Below a schema that contains itself, its marks may stand at any depth.
fn with_recursions<'a>(
    marks: Vec<Vec<&'a str>>,
    recursive: &HashSet<Vec<&'a str>>,
) -> Vec<Vec<&'a str>> {
    let mut all = Vec::new();
    for mark in marks {
        let root = (0..mark.len()).find(|length| recursive.contains(&mark[..*length]));
        if let Some(root) = root {
            let mut deep = mark[..root].to_vec();
            deep.push("**");
            deep.extend(&mark[root..]);
            all.push(deep);
        }
        all.push(mark);
    }
    all
}

/// At most [`MARKS_MAX`] pointers that cover all marks: each one, or the names of all of them at any
/// depth, or everything.
fn bounded(marks: &[Vec<&str>]) -> Vec<String> {
    let pointers: Vec<String> = marks.iter().map(|segments| pointer(segments)).collect();
    let fits = |pointers: &[String]| {
        pointers.len() <= MARKS_MAX
            && pointers
                .iter()
                .all(|pointer| pointer.len() <= POINTER_BYTES_MAX)
    };
    if fits(&pointers) {
        return pointers;
    }
    let mut names = HashSet::new();
    let by_name: Vec<String> = marks
        .iter()
        .map(|segments| {
            let name = segments
                .iter()
                .rposition(|segment| !matches!(*segment, "*" | "**"))
                .unwrap_or(0);
            let mut deep = vec!["**"];
            deep.extend(&segments[name..]);
            pointer(&deep)
        })
        .filter(|pointer| names.insert(pointer.clone()))
        .collect();
    if fits(&by_name) {
        return by_name;
    }
    vec!["/**".to_owned()]
}

fn pointer(segments: &[&str]) -> String {
    segments
        .iter()
        .flat_map(|segment| ["/".into(), escape(segment)])
        .collect()
}
