//! The walk through schemas that finds what they mark as secret, as auditable, or leave in doubt.
//!
//! A schema that contains itself is not followed: what is marked in it is marked at any depth below
//! the place where it first stood (`/tree/**/secret`). Time and memory are bounded by the number of
//! schemas looked at, for one place and for all of a document. Where a bound ends a
//! walk, what bears the name of anything that the document marks is secret, or all of the place.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value;

use super::doubts::is_in_doubt;
use super::marked_names::{MarkedNames, unnamed};
use crate::document::ANNOTATION;
use crate::json_pointer::escape;
use crate::schema::Schemas;

/// How deep a schema is searched.
const DEPTH_MAX: usize = 32;

/// The most schemas that are looked at for one place.
const SCHEMAS_MAX: u64 = 10_000;

/// The members by which a schema has others as its parts.
const COMPOSING: &[&str] = &[
    "$ref",
    "allOf",
    "oneOf",
    "anyOf",
    "then",
    "else",
    "dependentSchemas",
];

/// The most schemas of which one value's schema is composed.
const PARTS_MAX: usize = 256;

/// The most marks of one kind that are listed; more are told by their names alone.
pub(super) const MARKS_MAX: usize = 100;

/// The longest name and pointer that are listed, in bytes.
pub(super) const NAME_BYTES_MAX: usize = 200;
const POINTER_BYTES_MAX: usize = 300;

/// What a pointer takes beside its text.
pub(super) const POINTER_OVERHEAD_BYTES: usize = 48;

/// The most doubts that are listed.
const DOUBTS_MAX: usize = 50;

/// What a walk has found, as pointers.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) redact: Vec<String>,
    pub(super) keep: Vec<String>,
    pub(super) doubtful: Vec<String>,
    /// There is more than was looked at.
    pub(super) is_cut_short: bool,
}

impl Found {
    /// The memory that a copy takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let pointers = self.redact.iter().chain(&self.keep).chain(&self.doubtful);
        pointers
            .map(|pointer| POINTER_OVERHEAD_BYTES + pointer.len())
            .sum()
    }
}

/// Whether doubts are looked for, and by which measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Doubts {
    No,
    InBody,
    InQuery,
}

/// What is known of a document's schemas, so that none is searched again for each operation that has
/// it. Schemas are known by their address in the document.
#[derive(Debug, Default)]
pub(crate) struct KnownMarks {
    found: HashMap<(*const Value, Doubts), Rc<Found>>,
    /// Schemas in which nothing is found.
    barren: HashSet<(*const Value, Doubts)>,
    /// The names of all that is marked, once they were asked for.
    names: Option<Found>,
}

impl KnownMarks {
    /// What is marked in a body of this schema.
    pub(super) fn of_body<'a>(
        &mut self,
        schemas: Schemas<'a>,
        schema: &'a Value,
        doubts: Doubts,
    ) -> Rc<Found> {
        let schema = behind_bare_reference(schemas, schema);
        let key = (std::ptr::from_ref(schema), doubts);
        if let Some(found) = self.found.get(&key) {
            return Rc::clone(found);
        }
        let mut walk = Walk::new(schemas, doubts, &mut self.barren);
        walk.visit_at(schema);
        let mut found = walk.finish();
        if found.is_cut_short {
            let names = self.names.get_or_insert_with(|| MarkedNames::of(schemas));
            found.redact.clone_from(&names.redact);
            found.keep.clear();
            found.is_cut_short = names.is_cut_short || MarkedNames::new(schemas).is_marked(schema);
        }
        let found = Rc::new(found);
        self.found.insert(key, Rc::clone(&found));
        found
    }

    /// What is marked in a parameter or its schema. A parameter is one text: what is marked anywhere
    /// in it marks all of it.
    pub(super) fn of_parameter<'a>(
        &mut self,
        schemas: Schemas<'a>,
        name: &'a str,
        schema: &'a Value,
        doubts: Doubts,
    ) -> Found {
        let mut walk = Walk::new(schemas, doubts, &mut self.barren);
        walk.visit_below(name, schema);
        walk.finish()
    }
}

/// A schema that only refers to another one is that one.
pub(super) fn behind_bare_reference<'a>(schemas: Schemas<'a>, schema: &'a Value) -> &'a Value {
    schema
        .as_object()
        .filter(|members| members.len() == 1)
        .and_then(|members| schemas.target(members.get("$ref")?.as_str()?))
        .unwrap_or(schema)
}

/// A walk through the schemas of one place.
struct Walk<'a, 'k> {
    schemas: Schemas<'a>,
    doubts: Doubts,
    found: Marks<'a>,
    left: u64,
    is_cut_short: bool,
    segments: Vec<&'a str>,
    /// Schemas around the present one, with the length of `segments` where they stood.
    open: Vec<(*const Value, usize)>,
    /// Where they are in `open`.
    open_positions: HashMap<*const Value, usize>,
    barren: &'k mut HashSet<(*const Value, Doubts)>,
    /// Where schemas stand that contain themselves.
    recursive: HashSet<Vec<&'a str>>,
}

#[derive(Default)]
struct Marks<'a> {
    redact: Vec<Vec<&'a str>>,
    keep: Vec<Vec<&'a str>>,
    doubtful: Vec<Vec<&'a str>>,
    /// Doubts beyond those that are listed.
    unlisted: usize,
}

impl Marks<'_> {
    fn len(&self) -> usize {
        self.redact.len() + self.keep.len() + self.doubtful.len() + self.unlisted
    }
}

impl<'a, 'k> Walk<'a, 'k> {
    fn new(
        schemas: Schemas<'a>,
        doubts: Doubts,
        barren: &'k mut HashSet<(*const Value, Doubts)>,
    ) -> Self {
        Self {
            schemas,
            doubts,
            found: Marks::default(),
            left: SCHEMAS_MAX,
            is_cut_short: false,
            segments: Vec::new(),
            open: Vec::new(),
            open_positions: HashMap::new(),
            barren,
            recursive: HashSet::new(),
        }
    }

    /// Whether there is work left for one more schema.
    fn spend(&mut self) -> bool {
        if self.left == 0 || self.is_cut_short || !self.schemas.spend_on_marks() {
            self.is_cut_short = true;
            return false;
        }
        self.left -= 1;
        true
    }

    /// The outermost schema around this one that was met again, as its index in `open`: below it
    /// nothing can be told to be barren.
    fn visit_at(&mut self, schema: &'a Value) -> Option<usize> {
        let key = (std::ptr::from_ref(schema), self.doubts);
        if !self.spend() || self.barren.contains(&key) {
            return None;
        }
        let found_before = self.found.len();
        let open_before = self.open.len();
        let mut outermost = None;
        let (parts, is_complete) = parts(self.schemas, schema, &mut || self.spend());
        self.is_cut_short |= !is_complete;
        self.note(&parts);
        let mut new_parts = Vec::new();
        for part in parts {
            let address = std::ptr::from_ref(part);
            // Parts of one value are all different, so what is open stands around this one.
            if let Some(&index) = self.open_positions.get(&address) {
                let root = self.segments[..self.open[index].1].to_vec();
                self.recursive.insert(root);
                outermost = outer(outermost, Some(index));
            } else {
                self.open_positions.insert(address, self.open.len());
                self.open.push((address, self.segments.len()));
                new_parts.push(part);
            }
        }
        for part in new_parts {
            outermost = outer(outermost, self.visit_members(part));
        }
        for (address, _) in self.open.drain(open_before..) {
            self.open_positions.remove(&address);
        }
        outermost = outermost.filter(|index| *index < open_before);
        // What an item is called, by which it may be in doubt, is said elsewhere.
        let has_own_name = self.segments.last().is_none_or(|name| *name != "*");
        if outermost.is_none()
            && self.found.len() == found_before
            && !self.is_cut_short
            && has_own_name
        {
            self.barren.insert(key);
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
        for schema in unnamed(part) {
            let met = self.visit_below("*", schema);
            outermost = outer(outermost, met);
        }
        outermost
    }

    fn visit_below(&mut self, segment: &'a str, schema: &'a Value) -> Option<usize> {
        if self.segments.len() >= DEPTH_MAX {
            self.is_cut_short = true;
        }
        if self.is_cut_short {
            return None;
        }
        self.segments.push(segment);
        let met = self.visit_at(schema);
        self.segments.pop();
        met
    }

    fn note(&mut self, parts: &[&'a Value]) {
        let list = match said_of(parts) {
            Said::Redact => &mut self.found.redact,
            Said::Keep => &mut self.found.keep,
            Said::Harmless => return,
            Said::Nothing if !self.is_in_doubt(parts) => return,
            Said::Nothing if self.found.doubtful.len() >= DOUBTS_MAX => {
                self.found.unlisted += 1;
                return;
            }
            Said::Nothing => &mut self.found.doubtful,
        };
        list.push(self.segments.clone());
    }

    fn is_in_doubt(&self, parts: &[&Value]) -> bool {
        let mut names = self.segments.iter().rev();
        self.doubts != Doubts::No
            && names
                .find(|segment| **segment != "*")
                .is_some_and(|name| is_in_doubt(name, parts, self.doubts == Doubts::InQuery))
    }

    /// What was found, bounded.
    fn finish(self) -> Found {
        let Self {
            found,
            recursive,
            is_cut_short,
            ..
        } = self;
        Found {
            is_cut_short,
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

/// What is said of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Redact,
    Keep,
    /// It is no secret, whatever its name.
    Harmless,
    Nothing,
}

/// What the schemas of which a value's schema is composed say of it together.
pub(super) fn said_of(parts: &[&Value]) -> Said {
    let says = |key: &str, flag: bool| {
        parts.iter().any(|part| {
            let said = part.get(ANNOTATION).and_then(|members| members.get(key));
            said.and_then(Value::as_bool) == Some(flag)
        })
    };
    let is_sealed = || {
        parts.iter().any(|part| {
            part.get("writeOnly").and_then(Value::as_bool) == Some(true)
                || part.get("format").and_then(Value::as_str) == Some("password")
        })
    };
    if says("redact", true) {
        Said::Redact
    } else if says("keep", true) {
        Said::Keep
    } else if says("redact", false) {
        Said::Harmless
    } else if is_sealed() {
        Said::Redact
    } else {
        Said::Nothing
    }
}

/// The schema, what it refers to and what it is composed of, each once, and whether these are all.
/// What stands beside a `$ref` counts: OpenAPI 3.1 says so, and 3.0 documents are written as if it did.
pub(super) fn parts<'a>(
    schemas: Schemas<'a>,
    schema: &'a Value,
    spend: &mut dyn FnMut() -> bool,
) -> (Vec<&'a Value>, bool) {
    if !schema.is_object() {
        return (Vec::new(), true);
    }
    if !COMPOSING
        .iter()
        .any(|keyword| schema.get(keyword).is_some())
    {
        return (vec![schema], true);
    }
    let mut parts: Vec<&'a Value> = Vec::new();
    let mut known = HashSet::new();
    let mut left = vec![schema];
    while let Some(part) = left.pop() {
        if !part.is_object() || !known.insert(std::ptr::from_ref(part)) {
            continue;
        }
        if parts.len() >= PARTS_MAX {
            return (parts, false);
        }
        parts.push(part);
        let reference = part.get("$ref").and_then(Value::as_str);
        left.extend(reference.and_then(|reference| schemas.target(reference)));
        let composed = ["allOf", "oneOf", "anyOf"]
            .into_iter()
            .filter_map(|keyword| part.get(keyword)?.as_array())
            .flatten();
        let conditional = ["then", "else"].into_iter().filter_map(|key| part.get(key));
        let dependent = part.get("dependentSchemas").and_then(Value::as_object);
        let dependent = dependent.into_iter().flatten().map(|(_, schema)| schema);
        for inner in composed.chain(conditional).chain(dependent) {
            if !spend() {
                return (parts, false);
            }
            left.push(behind_bare_reference(schemas, inner));
        }
    }
    (parts, true)
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
