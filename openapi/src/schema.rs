//! Reading schemas leniently: behind `$ref`, `allOf`, `oneOf`, `anyOf`, with cycles and sizes bounded.

use serde_json::Value;

/// The longest chain of `$ref` that is followed.
const REFERENCE_HOPS_MAX: usize = 16;

/// How deep compositions (`allOf` in `oneOf` in …) are opened.
const COMPOSITION_DEPTH_MAX: usize = 6;

/// The most properties that are looked at in one schema.
const PROPERTIES_MAX: usize = 1_000;

/// A document's root, against which local references are resolved.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'a> {
    root: &'a Value,
}

/// A named property and its schema, not yet resolved.
#[derive(Clone, Copy)]
pub(crate) struct Property<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Value,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        Self { root }
    }

    /// What `value` is or refers to; `None` where the reference is remote, dangling or a cycle.
    pub(crate) fn resolve(self, value: &'a Value) -> Option<&'a Value> {
        let mut current = value;
        for _ in 0..REFERENCE_HOPS_MAX {
            let Some(reference) = current.get("$ref").and_then(Value::as_str) else {
                return Some(current);
            };
            current = self.target(reference)?;
        }
        None
    }

    /// What a local reference points at.
    pub(crate) fn target(self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        if let Some(found) = self.root.pointer(pointer) {
            return Some(found);
        }
        // A reference is a URI, so its fragment may be percent-encoded (RFC 6901, section 6).
        let decoded = percent_encoding::percent_decode_str(pointer)
            .decode_utf8()
            .ok()?;
        self.root.pointer(&decoded)
    }

    /// Every property of `schema`, through references and compositions, each name once.
    pub(crate) fn properties(self, schema: &'a Value) -> Vec<Property<'a>> {
        let mut found = Vec::new();
        self.visit_parts(schema, COMPOSITION_DEPTH_MAX, &mut |part| {
            if let Some(Value::Object(properties)) = part.get("properties") {
                for (name, schema) in properties {
                    if found.len() < PROPERTIES_MAX
                        && !found.iter().any(|known: &Property<'_>| known.name == name)
                    {
                        found.push(Property { name, schema });
                    }
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

    /// Calls `visit` with the schema itself and each schema it is composed of.
    pub(crate) fn visit_parts(
        self,
        schema: &'a Value,
        depth: usize,
        visit: &mut dyn FnMut(&'a Value),
    ) {
        let Some(resolved) = self.resolve(schema) else {
            return;
        };
        visit(resolved);
        if depth == 0 {
            return;
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            for part in resolved
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .take(32)
            {
                self.visit_parts(part, depth - 1, visit);
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
