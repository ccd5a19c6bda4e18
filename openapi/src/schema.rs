//! Reading schemas leniently: behind `$ref`, `allOf`, `oneOf`, `anyOf`, with cycles and sizes bounded.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;

use serde_json::Value;

use crate::document::is_of_3_0;

/// The longest chain of `$ref` that is followed.
const REFERENCE_HOPS_MAX: usize = 16;

/// How deep compositions (`allOf` in `oneOf` in …) are opened.
const COMPOSITION_DEPTH_MAX: usize = 6;

/// The most properties that are looked at in one schema.
const PROPERTIES_MAX: usize = 500;

/// The longest name that an id or the name of a thing may have. As many copies of it are kept as there
/// are operations.
pub(crate) const NAME_BYTES_MAX: usize = 200;

/// The most schemas that one schema is composed of.
const PARTS_MAX: usize = 256;

/// The most schemas and properties that are looked at for one document, and for one of its operations.
/// A document of 1,200 operations needs some 100,000, the largest of them 4,000; one made to need more
/// is read by its paths and names from there on.
const WORK_MAX: u64 = 2_000_000;
const OPERATION_WORK_MAX: u64 = 10_000;

/// The most schemas that are looked at for what one document marks as secret.
const MARK_WORK_MAX: u64 = 3_000_000;

/// How much of that is set aside for asking what is known of a schema already.
const MARK_LOOKUPS_MAX: u64 = 1_000_000;

/// The most memory of the pointers to them that are kept with the operations of one document.
const MARK_BYTES_MAX: usize = 64 << 20;

/// The work that is left for a document.
#[derive(Debug)]
pub(crate) struct SchemaWork {
    of_document: Cell<u64>,
    of_operation: Cell<u64>,
    on_marks: Cell<u64>,
    mark_bytes: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Default for SchemaWork {
    fn default() -> Self {
        Self {
            of_document: Cell::new(WORK_MAX),
            of_operation: Cell::new(OPERATION_WORK_MAX),
            on_marks: Cell::new(MARK_WORK_MAX),
            mark_bytes: Cell::new(MARK_BYTES_MAX),
            exceeded: Cell::new(false),
        }
    }
}

impl SchemaWork {
    /// Begins another operation; answers whether the one before could not be read to its end.
    pub(crate) fn next_operation(&self) -> bool {
        self.of_operation.set(OPERATION_WORK_MAX);
        self.exceeded.replace(false)
    }

    #[cfg(test)]
    pub(crate) fn spent_on_marks(&self) -> u64 {
        MARK_WORK_MAX - self.on_marks.get()
    }

    fn spend(&self, work: u64) -> bool {
        let (document, operation) = (self.of_document.get(), self.of_operation.get());
        if document < work || operation < work {
            self.exceeded.set(true);
            return false;
        }
        self.of_document.set(document - work);
        self.of_operation.set(operation - work);
        true
    }
}

/// A document's root, against which local references are resolved.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'a> {
    root: &'a Value,
    work: &'a SchemaWork,
    /// What stands beside a `$ref` in a schema counts as well: from OpenAPI 3.1 on (section 4.8.24).
    reads_beside_references: bool,
}

/// A named property and its schema, not yet resolved.
#[derive(Clone, Copy)]
pub(crate) struct Property<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Value,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(root: &'a Value, work: &'a SchemaWork) -> Self {
        Self {
            root,
            work,
            reads_beside_references: !is_of_3_0(root),
        }
    }

    pub(crate) fn root(self) -> &'a Value {
        self.root
    }

    /// Whether there is work left for one more parameter.
    pub(crate) fn spend(self) -> bool {
        self.work.spend(1)
    }

    /// Whether there is work left for one more schema that is searched for secrets.
    pub(crate) fn spend_on_marks(self) -> bool {
        self.work.on_marks.get() > MARK_LOOKUPS_MAX && self.spend_on_mark_lookup()
    }

    /// Whether there is work left for asking once more what is known of a schema.
    pub(crate) fn spend_on_mark_lookup(self) -> bool {
        let left = self.work.on_marks.get();
        self.work.on_marks.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether there is memory left for `bytes` more of pointers to secrets.
    pub(crate) fn spend_on_mark_bytes(self, bytes: usize) -> bool {
        let left = self.work.mark_bytes.get();
        if bytes <= left {
            self.work.mark_bytes.set(left - bytes);
        }
        bytes <= left
    }

    /// What `value` is or refers to; `None` where the reference is remote, dangling or a cycle.
    pub(crate) fn resolve(self, value: &'a Value) -> Option<&'a Value> {
        self.resolve_with_beside(value).0
    }

    /// The same with the pointer to where it stands, which is nothing where that is `value` itself.
    pub(crate) fn locate(self, value: &'a Value) -> Option<(&'a Value, Option<String>)> {
        let (mut current, mut pointer) = (value, None);
        for _ in 0..REFERENCE_HOPS_MAX {
            let Some(reference) = current.get("$ref").and_then(Value::as_str) else {
                return Some((current, pointer));
            };
            let (target, written) = self.target_and_pointer(reference)?;
            (current, pointer) = (target, Some(written.into_owned()));
        }
        None
    }

    /// Whether what stands beside a reference counts.
    pub(crate) fn reads_beside_references(self) -> bool {
        self.reads_beside_references
    }

    /// The same with the schemas on the way there that say more than where it is, as far as that counts.
    pub(crate) fn resolve_with_beside(
        self,
        schema: &'a Value,
    ) -> (Option<&'a Value>, Vec<&'a Value>) {
        let (mut current, mut beside) = (schema, Vec::new());
        for _ in 0..REFERENCE_HOPS_MAX {
            let Some(reference) = current.get("$ref").and_then(Value::as_str) else {
                return (Some(current), beside);
            };
            let says_more = current.as_object().is_some_and(|members| members.len() > 1);
            if self.reads_beside_references && says_more {
                beside.push(current);
            }
            let Some(target) = self.target(reference) else {
                break;
            };
            current = target;
        }
        (None, beside)
    }

    /// What a local reference points at.
    pub(crate) fn target(self, reference: &str) -> Option<&'a Value> {
        let (target, _) = self.target_and_pointer(reference)?;
        Some(target)
    }

    fn target_and_pointer<'r>(self, reference: &'r str) -> Option<(&'a Value, Cow<'r, str>)> {
        let pointer = reference.strip_prefix('#')?;
        if let Some(found) = self.root.pointer(pointer) {
            return Some((found, Cow::Borrowed(pointer)));
        }
        // A reference is a URI, so its fragment may be percent-encoded (RFC 6901, section 6).
        let decoded = percent_encoding::percent_decode_str(pointer)
            .decode_utf8()
            .ok()?;
        Some((self.root.pointer(&decoded)?, decoded))
    }

    /// Every property of `schema`, through references and compositions, each name once.
    pub(crate) fn properties(self, schema: &'a Value) -> Vec<Property<'a>> {
        let mut found = Vec::new();
        let mut known = HashSet::new();
        self.visit_parts(schema, COMPOSITION_DEPTH_MAX, &mut |part| {
            let properties = part.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                // Cutting a name into words takes as long as it is.
                let work = 1 + name.len().min(NAME_BYTES_MAX) as u64 / 24;
                if found.len() >= PROPERTIES_MAX || !self.work.spend(work) {
                    return;
                }
                if name.len() <= NAME_BYTES_MAX && known.insert(name) {
                    found.push(Property { name, schema });
                }
            }
        });
        found
    }

    /// The items of an array schema; `None` where it is no array.
    pub(crate) fn items(self, schema: &'a Value) -> Option<&'a Value> {
        let mut found = None;
        self.visit_parts(schema, COMPOSITION_DEPTH_MAX, &mut |part| {
            if found.is_none() && (has_type(part, "array") || part.get("type").is_none()) {
                found = part.get("items");
            }
        });
        found
    }

    /// Whether the schema allows values of the JSON type `name`, as far as it says.
    pub(crate) fn is_type(self, schema: &'a Value, name: &str) -> bool {
        let mut found = false;
        self.visit_parts(schema, COMPOSITION_DEPTH_MAX, &mut |part| {
            found |= has_type(part, name);
        });
        found
    }

    /// Whether a value of this schema is one word, number or flag.
    pub(crate) fn is_scalar(self, schema: &'a Value) -> bool {
        self.items(schema).is_none()
            && !self.is_type(schema, "object")
            && self.properties(schema).is_empty()
    }

    /// Whether it is a list of such values.
    pub(crate) fn lists_scalars(self, schema: &'a Value) -> bool {
        self.items(schema)
            .is_some_and(|items| self.is_scalar(items))
    }

    /// Calls `visit` with the schema itself and each schema it is composed of, each once.
    pub(crate) fn visit_parts(
        self,
        schema: &'a Value,
        depth: usize,
        visit: &mut dyn FnMut(&'a Value),
    ) {
        self.visit_new_parts(schema, depth, &mut Vec::new(), visit);
    }

    fn visit_new_parts(
        self,
        schema: &'a Value,
        depth: usize,
        known: &mut Vec<*const Value>,
        visit: &mut dyn FnMut(&'a Value),
    ) {
        if known.len() >= PARTS_MAX || !self.work.spend(1) {
            return;
        }
        let (resolved, beside) = self.resolve_with_beside(schema);
        for part in resolved.into_iter().chain(beside) {
            if known.iter().any(|known| std::ptr::eq(*known, part)) {
                continue;
            }
            known.push(part);
            visit(part);
            if depth == 0 {
                continue;
            }
            for keyword in ["allOf", "oneOf", "anyOf"] {
                let parts = part.get(keyword).and_then(Value::as_array);
                for part in parts.into_iter().flatten().take(32) {
                    self.visit_new_parts(part, depth - 1, known, visit);
                }
            }
        }
    }
}

/// `type: string` in 3.0, `type: [string, "null"]` in 3.1.
fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    }
}
