//! Where the id and the name of the thing acted upon are.

use serde_json::Value;

use crate::meaning::path_shape::is_key_word;
use crate::operation::{OperationSource, escape};
use crate::schema::{Property, Schemas};
use crate::secrets::is_secret_name;
use crate::value_location::ValueLocation;
use crate::words;

/// Keys behind which a body wraps what it is about.
const WRAPPERS: &[&str] = &[
    "data",
    "result",
    "response",
    "item",
    "payload",
    "resource",
    "entity",
    "object",
    "body",
    "attributes",
];

/// How deep a body's wrappers are opened.
const WRAPPER_DEPTH_MAX: usize = 2;

/// Ids by names of their own, best first.
const PLAIN_IDS: &[&str] = &["id", "uuid", "uid", "guid", "sid", "oid", "gid"];

/// What names a thing that has no id.
const NATURAL_KEYS: &[&str] = &[
    "slug",
    "key",
    "name",
    "code",
    "number",
    "identifier",
    "reference",
    "arn",
];

/// Properties that hold what people call a thing, best first.
const NAMES: &[&str] = &[
    "name",
    "title",
    "display_name",
    "label",
    "subject",
    "email",
    "username",
    "slug",
];

/// An id within a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyId {
    pub(crate) pointer: String,
    /// It stands in an array, so there may be many.
    pub(crate) many: bool,
}

/// Finds the id of `noun` in a response: `{noun}_id`, `id`, an id behind the noun's own key or a
/// wrapper, and where there is none, what names the thing.
pub(crate) fn response_id(source: &OperationSource<'_>, noun: &str) -> Option<BodyId> {
    let schema = source.response?;
    search(source.schemas, schema, noun, WRAPPER_DEPTH_MAX, true)
}

/// Finds the id of `noun` in a request body.
pub(crate) fn request_id(
    source: &OperationSource<'_>,
    noun: &str,
    natural_keys: bool,
) -> Option<BodyId> {
    let schema = source.request?;
    search(source.schemas, schema, noun, 1, natural_keys)
}

/// Finds the id of `noun` among the query parameters.
pub(crate) fn query_id(source: &OperationSource<'_>, noun: &str) -> Option<String> {
    let best = own_id(&source.query, noun, source.schemas, false)?;
    Some(best.to_owned())
}

/// Where the name may be: what was sent, then what was answered; each under its own key first.
pub(crate) fn names(source: &OperationSource<'_>, noun: &str) -> Vec<ValueLocation> {
    let mut found = Vec::new();
    for (schema, place) in [
        (
            source.response,
            ValueLocation::Response as fn(String) -> ValueLocation,
        ),
        (source.request, ValueLocation::Request),
    ] {
        if let Some(schema) = schema {
            name_pointers(
                source.schemas,
                schema,
                noun,
                WRAPPER_DEPTH_MAX,
                "",
                &mut |pointer| found.push(place(pointer)),
            );
        }
    }
    found
}

fn name_pointers(
    schemas: Schemas<'_>,
    schema: &Value,
    noun: &str,
    depth: usize,
    pointer: &str,
    found: &mut dyn FnMut(String),
) {
    if schemas.items(schema).is_some() {
        return;
    }
    let properties = schemas.properties(schema);
    let named = |wanted: &str| {
        properties
            .iter()
            .find(|property| snake(property.name) == wanted && schemas.is_scalar(property.schema))
    };
    let own = format!("{}_name", noun.replace(' ', "_"));
    for wanted in [own.as_str()].iter().chain(NAMES) {
        if let Some(property) = named(wanted) {
            found(format!("{pointer}/{}", escape(property.name)));
        }
    }
    if depth == 0 {
        return;
    }
    for property in properties
        .iter()
        .filter(|property| wraps(property.name, noun))
    {
        let pointer = format!("{pointer}/{}", escape(property.name));
        name_pointers(schemas, property.schema, noun, depth - 1, &pointer, found);
    }
}

fn search(
    schemas: Schemas<'_>,
    schema: &Value,
    noun: &str,
    depth: usize,
    natural_keys: bool,
) -> Option<BodyId> {
    if let Some(items) = schemas.items(schema) {
        let inner = search(schemas, items, noun, depth.checked_sub(1)?, natural_keys)?;
        return Some(BodyId {
            pointer: format!("/*{}", inner.pointer),
            many: true,
        });
    }
    let properties = schemas.properties(schema);
    let within = |property: &Property<'_>, inner: BodyId| BodyId {
        pointer: format!("/{}{}", escape(property.name), inner.pointer),
        many: inner.many,
    };
    let own = own_id(&properties, noun, schemas, false);
    // What stands behind the noun's own key is surer than a plain id beside it.
    let nested = |wanted: &dyn Fn(&str) -> bool, natural_keys: bool| {
        let depth = depth.checked_sub(1)?;
        properties
            .iter()
            .filter(|property| wanted(property.name))
            .find_map(|property| {
                let inner = search(schemas, property.schema, noun, depth, natural_keys)?;
                Some(within(property, inner))
            })
    };
    if let Some(name) = own {
        return Some(BodyId {
            pointer: format!("/{}", escape(name)),
            many: false,
        });
    }
    nested(&|name| is_noun_key(name, noun), true)
        .or_else(|| {
            nested(
                &|name| WRAPPERS.contains(&snake(name).as_str()),
                natural_keys,
            )
        })
        .or_else(|| {
            let name = own_id(&properties, noun, schemas, true)?;
            Some(BodyId {
                pointer: format!("/{}", escape(name)),
                many: false,
            })
        })
        .or_else(|| {
            if !natural_keys {
                return None;
            }
            let property = NATURAL_KEYS.iter().find_map(|key| {
                properties.iter().find(|property| {
                    let name = snake(property.name);
                    (name == *key || name == format!("{}_{key}", noun.replace(' ', "_")))
                        && schemas.is_scalar(property.schema)
                })
            })?;
            Some(BodyId {
                pointer: format!("/{}", escape(property.name)),
                many: false,
            })
        })
}

/// The property that is the id of `noun`: by the whole noun (`bulk_job_id`), plainly (`id`), by its
/// end (`job_id`) or its start. With `only`: the only thing that looks like an id at all.
fn own_id<'a>(
    properties: &[Property<'a>],
    noun: &str,
    schemas: Schemas<'_>,
    only: bool,
) -> Option<&'a str> {
    let candidates: Vec<(&'a str, Vec<String>)> = properties
        .iter()
        .filter(|property| !is_secret_name(property.name) && schemas.is_scalar(property.schema))
        .map(|property| (property.name, words::split(property.name)))
        .collect();
    let noun_words: Vec<&str> = noun.split(' ').collect();
    let stem = |words: &[String]| -> Option<Vec<String>> {
        let (last, front) = words.split_last()?;
        if is_strong_key(last) {
            return Some(front.iter().map(|word| words::singular(word)).collect());
        }
        None
    };
    if only {
        let mut ids = candidates
            .iter()
            .filter(|(_, words)| stem(words).is_some_and(|stem| !stem.is_empty()));
        let first = ids.next()?;
        return ids.next().is_none().then_some(first.0);
    }
    let with_stem = |wanted: &dyn Fn(&[String]) -> bool| {
        candidates
            .iter()
            .find(|(_, words)| stem(words).is_some_and(|stem| !stem.is_empty() && wanted(&stem)))
    };
    let joined = noun_words.concat();
    with_stem(&|stem| stem.concat() == joined)
        .or_else(|| {
            PLAIN_IDS.iter().find_map(|id| {
                candidates.iter().find(|(_, words)| matches!(words.as_slice(), [only] if only == id))
            })
        })
        .or_else(|| with_stem(&|stem| noun_words.ends_with(&stem.iter().map(String::as_str).collect::<Vec<_>>())))
        .or_else(|| {
            with_stem(&|stem| {
                stem.len() > noun_words.len()
                    && stem.iter().map(String::as_str).collect::<Vec<_>>().ends_with(&noun_words)
            })
        })
        .or_else(|| {
            // `org_id` is the id of an organization.
            with_stem(&|stem| {
                matches!(stem, [short] if short.len() > 2 && noun_words.iter().any(|word| word.starts_with(short.as_str())))
            })
        })
        .map(|(name, _)| *name)
}

/// Words that make a property an id: `order_id`, `registrantKey`, `userArn`.
fn is_strong_key(word: &str) -> bool {
    is_key_word(word)
        && !matches!(
            word,
            "name" | "code" | "number" | "no" | "nr" | "handle" | "slug" | "ids"
        )
}

fn is_noun_key(name: &str, noun: &str) -> bool {
    let name: Vec<String> = words::split(name)
        .iter()
        .map(|word| words::singular(word))
        .collect();
    let joined = name.concat();
    let noun_joined: String = noun.split(' ').collect();
    !joined.is_empty()
        && (noun_joined == joined
            || noun.split(' ').next_back().is_some_and(|head| {
                head == joined
                    || joined.ends_with(head) && name.last().is_some_and(|last| last == head)
            }))
}

fn wraps(name: &str, noun: &str) -> bool {
    is_noun_key(name, noun) || WRAPPERS.contains(&snake(name).as_str())
}

fn snake(name: &str) -> String {
    words::split(name).join("_")
}
