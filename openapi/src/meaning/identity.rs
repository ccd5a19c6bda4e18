//! Where the id and the name of the thing acted upon are.

mod bare;
mod foreign;
mod found_by;
mod in_query;
mod many;
mod names;
mod natural_keys;

use serde_json::Value;

use crate::json_pointer::escape;
use crate::meaning::witness::Witnesses;
use crate::operation_source::OperationSource;
use crate::schema::{Property, Schemas};
use crate::secrets::is_secret_name;
use crate::words;
pub(crate) use bare::answers_with_bare_id;
use foreign::{
    id_behind, is_caller, is_doer, is_goods, is_of_the_call, is_owner, is_state_of_another,
    is_strong_key, may_stand_for, unglued_id,
};
pub(crate) use found_by::found_by;
pub(crate) use in_query::{
    must_have_query_id, only_required_query, query_id, required_name_in_query,
    required_own_in_query,
};
pub(crate) use many::{ids_of_many, is_list_in_query};
pub(crate) use names::names;
pub(crate) use natural_keys::is_person;
use natural_keys::{name_before_foreign_id, name_of_part, natural_key, natural_key_of};

/// Keys behind which a body wraps what it is about.
#[rustfmt::skip] // a list of words, not of lines
const BODY_WRAPPERS: &[&str] = &[
    "data", "result", "response", "item", "payload", "resource", "entity", "object", "body",
    "attributes", "id", "identification", "identifiers",
];

/// In a body of so few properties the only id is the thing's, whatever it is called.
const SHORT_BODY: usize = 1;

/// How deep a body's wrappers are opened.
const WRAPPER_DEPTH_MAX: usize = 2;

/// Ids by names of their own, best first.
const PLAIN_IDS: &[&str] = &[
    "id", "uuid", "guid", "sid", "oid", "gid", "uri", "serial", "sku", "arn",
];

/// An id within a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyId {
    pub(crate) pointer: String,
    /// It stands in an array, so there may be many.
    pub(crate) many: bool,
}

impl BodyId {
    /// Whether only a wrapper stands around the thing: `/data/id`, but not `/owner/id`.
    pub(crate) fn is_in_wrapper(&self) -> bool {
        let top = self.pointer.split('/').nth(1).unwrap_or_default();
        BODY_WRAPPERS.contains(&snake(top).as_str())
    }
}

/// How far a search for an id goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Search {
    /// By the whole noun or plainly: `bulk_job_id`, `id`.
    Exact,
    /// By a part of the noun as well: `job_id` of a bulk job.
    Near,
    /// The only id there is as well.
    Only,
    /// By what names a thing that has no id as well: `slug`, `name`.
    Natural,
    /// Likewise, but not by another thing's id.
    Chosen,
}

/// The thing whose id is wanted.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    noun: &'a str,
    search: Search,
    /// What the operation speaks of, where the id must be of that.
    told: Option<&'a Witnesses>,
    /// It is looked for in what is sent.
    is_sent: bool,
}

/// Finds the id of `noun` in a response: `{noun}_id`, `id`, an id behind the noun's own key or a
/// wrapper, and as far as `search` allows, what names the thing.
pub(crate) fn response_id(
    source: &OperationSource<'_>,
    noun: &str,
    search: Search,
) -> Option<BodyId> {
    let told = Witnesses::all(source);
    let wanted = Wanted {
        noun,
        search,
        told: Some(&told).filter(|_| source.is_told()),
        is_sent: false,
    };
    find(source.schemas, source.response?, wanted, WRAPPER_DEPTH_MAX)
}

/// The first id at the top of an answer that was not sent, of what the operation speaks of.
pub(crate) fn first_new_id(source: &OperationSource<'_>, noun: &str) -> Option<String> {
    let schemas = source.schemas;
    let told = Witnesses::all(source);
    let sent: Vec<Vec<String>> = source
        .request_properties()
        .iter()
        .chain(&source.query)
        .map(|property| words::split(property.name))
        .collect();
    let answered = schemas.properties(source.response?);
    let (name, _) = ids(&answered, noun, schemas)
        .into_iter()
        .find(|(name, front)| {
            let is_anothers = |last: &String| is_owner(last) || is_caller(last) || last == "key";
            front
                .last()
                .is_some_and(|last| !is_anothers(last) && told.speak_of(last))
                && !sent.contains(&words::split(name))
        })?;
    Some(format!("/{}", escape(name)))
}

/// Whether an answer has a property of a path parameter's name at its top.
pub(crate) fn answers_with(source: &OperationSource<'_>, param: &str) -> bool {
    let param = words::split(param);
    param.len() > 1
        && source.response.is_some_and(|response| {
            let answered = source.schemas.properties(response);
            answered
                .iter()
                .any(|property| words::split(property.name) == param)
        })
}

/// Finds the id of `noun` in a request body.
pub(crate) fn request_id(
    source: &OperationSource<'_>,
    noun: &str,
    search: Search,
) -> Option<BodyId> {
    let told = Witnesses::all(source);
    let wanted = Wanted {
        noun,
        search,
        told: Some(&told).filter(|_| source.is_told()),
        is_sent: true,
    };
    find(source.schemas, source.request?, wanted, 1)
}

fn find(schemas: Schemas<'_>, schema: &Value, wanted: Wanted<'_>, depth: usize) -> Option<BodyId> {
    let Wanted { noun, search, .. } = wanted;
    if let Some(items) = schemas.items(schema) {
        let inner = find(schemas, items, wanted, depth.checked_sub(1)?)?;
        return Some(BodyId {
            pointer: format!("/*{}", inner.pointer),
            many: true,
        });
    }
    let mut properties = schemas.properties(schema);
    // Kubernetes' way: what is called `metadata.name` beside an `apiVersion` and a `kind`.
    if search >= Search::Natural && is_manifest(&properties) {
        return Some(BodyId {
            pointer: "/metadata/name".to_owned(),
            many: false,
        });
    }
    // Rule "never sent": a property that is read only is in no request.
    let is_never_sent = |schema| {
        is_read_only(schemas, schema)
            || search == Search::Chosen && is_told_read_only(schemas, schema)
    };
    properties.retain(|property| !wanted.is_sent || !is_never_sent(property.schema));
    let at = |name: &str| BodyId {
        pointer: format!("/{}", escape(name)),
        many: false,
    };
    if let Some(name) = own_id(&properties, noun, schemas, search) {
        return Some(at(name));
    }
    let behind = |is_wanted: &dyn Fn(&str) -> bool| {
        let depth = depth.checked_sub(1)?;
        properties
            .iter()
            .filter(|property| is_wanted(property.name))
            .find_map(|property| {
                let inner = find(schemas, property.schema, wanted, depth)?;
                let pointer = format!("/{}{}", escape(property.name), inner.pointer);
                Some(BodyId {
                    pointer,
                    many: inner.many,
                })
            })
    };
    // `evidence` of a dispute evidence text
    let is_inner_word = |name: &str| {
        let name = snake(name);
        noun.split(' ').skip(1).any(|word| word == name)
    };
    behind(&|name| is_noun_key(name, noun))
        .or_else(|| behind(&is_inner_word))
        .or_else(|| behind(&|name| BODY_WRAPPERS.contains(&snake(name).as_str())))
        .or_else(|| {
            behind(&|name| {
                let is_only = properties.len() == 1 && !is_of_the_call(&snake(name), noun);
                is_only || is_envelope(name, wanted.is_sent)
            })
        })
        .or_else(|| {
            (search == Search::Natural)
                .then(|| natural_key_of(&properties, noun, schemas))
                .flatten()
                .map(at)
        })
        .or_else(|| {
            (search == Search::Natural)
                .then(|| name_before_foreign_id(&properties, wanted, schemas))
                .flatten()
                .or_else(|| {
                    (search >= Search::Only)
                        .then(|| name_of_part(&properties, noun, schemas))
                        .flatten()
                })
                .map(at)
        })
        .or_else(|| {
            matches!(search, Search::Only | Search::Natural)
                .then(|| only_id(&properties, wanted, schemas))
                .flatten()
                .map(at)
        })
        .or_else(|| {
            (search >= Search::Natural)
                .then(|| natural_key(&properties, noun, search == Search::Chosen, schemas))
                .flatten()
                .map(at)
        })
}

/// Whether an object is written as Kubernetes writes all of them.
fn is_manifest(properties: &[Property<'_>]) -> bool {
    ["apiVersion", "kind", "metadata"]
        .iter()
        .all(|name| properties.iter().any(|property| property.name == *name))
}

/// Whether a document says of a property that only answers have it (OpenAPI 3.1, section 4.8.24).
fn is_read_only(schemas: Schemas<'_>, schema: &Value) -> bool {
    let says_so = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
    let (resolved, beside) = schemas.resolve_with_beside(schema);
    resolved.into_iter().chain(beside).any(says_so)
}

/// Whether its text says so: documents that are made of other descriptions mark it nowhere else.
fn is_told_read_only(schemas: Schemas<'_>, schema: &Value) -> bool {
    let (resolved, beside) = schemas.resolve_with_beside(schema);
    let mut texts = resolved
        .into_iter()
        .chain(beside)
        .filter_map(|schema| schema.get("description")?.as_str());
    texts.any(says_output_only)
}

/// "Output only." (AIP-203), "[Output Only]".
fn says_output_only(text: &str) -> bool {
    let text = text.strip_prefix('[').unwrap_or(text);
    text.split_at_checked("output only".len())
        .is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case("output only") && !rest.starts_with(char::is_alphanumeric)
        })
}

/// Whether a value may be an id: one word or number, or anything, as .NET's `object` is written.
fn may_be_id(schemas: Schemas<'_>, schema: &Value) -> bool {
    schemas.items(schema).is_none() && schemas.properties(schema).is_empty()
}

/// Properties that look like ids, with the words in front of `id`.
fn ids<'a>(
    properties: &[Property<'a>],
    noun: &str,
    schemas: Schemas<'_>,
) -> Vec<(&'a str, Vec<String>)> {
    properties
        .iter()
        .filter(|property| {
            !is_secret_name(property.name)
                && !property.name.starts_with('@')
                && may_be_id(schemas, property.schema)
        })
        .filter_map(|property| {
            let words = id_behind(unglued_id(words::split(property.name), noun));
            let (last, front) = words.split_last()?;
            let front: Vec<String> = front.iter().map(|word| words::singular(word)).collect();
            let is_foreign = front.last().is_some_and(|last| is_of_the_call(last, noun))
                || front.first().is_some_and(|first| {
                    matches!(first.as_str(), "parent" | "reply" | "previous" | "related")
                });
            let is_short = last.len() == 3
                && last.ends_with("id")
                && front.is_empty()
                && !matches!(last.as_str(), "uid" | "xid");
            let is_uri =
                is_short || matches!(last.as_str(), "uri" | "serial" | "sku") && front.is_empty();
            // The `sku` of an order says what was ordered.
            let is_of_goods = last == "sku" && !is_goods(noun);
            ((is_strong_key(last) || is_uri) && !is_foreign && !is_of_goods)
                .then_some((property.name, front))
        })
        .collect()
}

/// The only thing that looks like an id at all, of what the operation speaks of: where merchants are
/// looked up, an `AcquirerId` is another thing's.
fn only_id<'a>(
    properties: &[Property<'a>],
    wanted: Wanted<'_>,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let found = ids(properties, wanted.noun, schemas);
    let mut found = found.iter().filter(|(_, front)| {
        front.last().is_some_and(|last| {
            !is_owner(last)
                && (last != "key" || wanted.noun.ends_with("key"))
                && match wanted.told {
                    Some(told) if wanted.is_sent => {
                        told.speak_of(last) || properties.len() <= SHORT_BODY
                    }
                    _ => !is_caller(last) || wanted.noun.ends_with(last.as_str()),
                }
        })
    });
    let (name, front) = found.next()?;
    // `inviterId` of an invitation
    if front
        .last()
        .is_some_and(|last| is_doer(last) && !wanted.noun.ends_with(last.as_str()))
    {
        return None;
    }
    // `rfe_id` in the answer of a new estimate is another thing's, as nothing else speaks of an rfe.
    let is_of_another = |told: &Witnesses| {
        properties.len() > SHORT_BODY
            && front
                .last()
                .is_some_and(|last| !told.speak_of(last) && !may_stand_for(last, wanted.noun))
    };
    (found.next().is_none() && !wanted.told.is_some_and(is_of_another)).then_some(*name)
}

/// The property that is the id of `noun`: by the whole noun (`bulk_job_id`), plainly (`id`), and, in a
/// near search, by the noun's end (`job_id`), with more in front, or shortened (`org_id`).
fn own_id<'a>(
    properties: &[Property<'a>],
    noun: &str,
    schemas: Schemas<'_>,
    search: Search,
) -> Option<&'a str> {
    let found = ids(properties, noun, schemas);
    let mut noun_words: Vec<&str> = noun.split(' ').collect();
    if search > Search::Exact
        && let Some(name) = by_head(&found, &noun_words)
    {
        return Some(name);
    }
    // The status of a job is found by the job's id.
    while search > Search::Exact
        && noun_words.len() > 1
        && noun_words
            .last()
            .is_some_and(|last| is_state_of_another(last))
    {
        noun_words.pop();
    }
    let joined = noun_words.concat();
    let with_front = |is_wanted: &dyn Fn(&[&str]) -> bool| {
        found.iter().find(|(_, front)| {
            let front: Vec<&str> = front.iter().map(String::as_str).collect();
            !front.is_empty() && is_wanted(&front)
        })
    };
    let plain = || {
        PLAIN_IDS.iter().find_map(|id| {
            found
                .iter()
                .find(|(name, front)| front.is_empty() && words::split(name).concat() == *id)
        })
    };
    let by_end = || with_front(&|front| noun_words.ends_with(front));
    // `entity_id` and `tid` of a transaction are plain ids too.
    let of_kind = || {
        with_front(&|front| {
            matches!(
                front,
                ["entity" | "resource" | "object" | "record" | "item"]
            )
        })
        .or_else(|| {
            let initial = noun_words.last()?.chars().next()?;
            let short = format!("{initial}id");
            found
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&short))
        })
    };
    let glued = || {
        let head = noun_words.last().copied().unwrap_or_default();
        [joined.as_str(), head].into_iter().find_map(|stem| {
            let wanted = format!("{stem}id");
            found
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&wanted))
        })
    };
    let exact = found
        .iter()
        .filter(|(_, front)| !front.is_empty() && front.concat() == joined)
        .min_by_key(|(name, _)| !name.to_ascii_lowercase().ends_with("id"))
        .or_else(plain)
        .or_else(glued)
        .or_else(|| {
            if search == Search::Natural {
                of_kind()
            } else {
                None
            }
        });
    if search == Search::Exact {
        return exact.map(|(name, _)| *name);
    }
    exact
        .or_else(by_end)
        // A collaborator is a user.
        .or_else(|| {
            with_front(&|front| matches!(front, ["user" | "member" | "person"]))
                .filter(|_| is_person(noun) && !noun.ends_with("email"))
        })
        .or_else(|| with_front(&|front| front.ends_with(&noun_words)))
        .or_else(|| {
            with_front(&|front| {
                matches!(front, [short] if short.len() > 2 && noun_words
                    .iter()
                    .skip(if search == Search::Chosen { noun_words.len() - 1 } else { 0 })
                    .any(|word| word.starts_with(short)))
            })
        })
        .or_else(|| {
            with_front(&|front| {
                front.last() == noun_words.last()
                    && front.iter().all(|word| noun_words.contains(word))
            })
        })
        .map(|(name, _)| *name)
        .or_else(|| name_of_own(properties, &joined, schemas))
}

/// `RegionName` of a region
fn name_of_own<'a>(
    properties: &[Property<'a>],
    joined: &str,
    schemas: Schemas<'_>,
) -> Option<&'a str> {
    let wanted = format!("{joined}name");
    properties
        .iter()
        .find(|property| {
            let name = words::split(property.name);
            name.concat() == wanted
                && schemas.is_scalar(property.schema)
                && !is_secret_name(property.name)
        })
        .map(|property| property.name)
}

/// `settingId` of a config setting goes before `configId`, and an id before an ARN.
fn by_head<'a>(found: &[(&'a str, Vec<String>)], noun_words: &[&str]) -> Option<&'a str> {
    let (head, front) = noun_words.split_last()?;
    let has_better = found.iter().any(|(name, front)| {
        front.concat() == noun_words.concat()
            || front.is_empty() && PLAIN_IDS.contains(&words::split(name).concat().as_str())
    });
    if front.is_empty() || has_better {
        return None;
    }
    found
        .iter()
        .filter(|(_, front)| matches!(front.as_slice(), [only] if only == head))
        .min_by_key(|(name, _)| !name.to_ascii_lowercase().ends_with("id"))
        .map(|(name, _)| *name)
}

fn is_noun_key(name: &str, noun: &str) -> bool {
    let mut name: Vec<String> = words::split(name)
        .iter()
        .map(|word| words::singular(word))
        .collect();
    // `import_task` of an import
    if let [.., of, last] = name.as_slice()
        && matches!(last.as_str(), "task" | "job")
        && words::head(noun) == of
    {
        name.pop();
    }
    let joined = name.concat();
    let noun_joined: String = noun.split(' ').collect();
    let head = words::head(noun);
    !joined.is_empty()
        && (noun_joined == joined
            || head == joined
            || joined.ends_with(head) && name.last().is_some_and(|last| last == head))
}

pub(crate) fn wraps(name: &str, noun: &str) -> bool {
    is_noun_key(name, noun) || BODY_WRAPPERS.contains(&snake(name).as_str())
}

/// `TokenSuspendRequest` around what is meant; what is answered stands in no request.
fn is_envelope(name: &str, is_sent: bool) -> bool {
    let words = words::split(name);
    words.len() > 1
        && words.last().is_some_and(|last| match last.as_str() {
            "request" => is_sent,
            "response" | "result" => true,
            _ => false,
        })
}

/// Every property's name in snake case, which is compared with many words.
fn snakes(properties: &[Property<'_>]) -> Vec<String> {
    properties
        .iter()
        .map(|property| snake(property.name))
        .collect()
}

fn snake(name: &str) -> String {
    words::split(name).join("_")
}

#[cfg(test)]
mod tests {
    use super::says_output_only;

    #[test]
    fn only_the_beginning_of_a_text_says_that_a_value_is_in_answers_alone() {
        for text in [
            "Output only. The id.",
            "[Output Only] The id.",
            "output only",
        ] {
            assert!(says_output_only(text), "{text}");
        }
        for text in [
            "[[[Output only]",
            "Output onlyx",
            "The id. Output only.",
            "Output",
            "Output onl\u{fc}",
        ] {
            assert!(!says_output_only(text), "{text}");
        }
    }
}
