//! Whether the places that annotations name are there, and none of a template's is a secret.

use std::collections::BTreeMap;

use serde_json::Value;

use super::methods::ANY_METHOD;
use crate::activity_template::FIXED;
use crate::annotations::{Activity, Annotations};
use crate::document::{Problems, is_of_3_0};
use crate::json_pointer::{escape, unescape};
use crate::nearest::nearest_by;
use crate::operation_source::OperationSource;
use crate::path_template::PathTemplate;
use crate::schema::Schemas;
use crate::secrets::{OperationSecrets, is_secret_name};
use crate::value_location::{ValueLocation, WRAPPERS};

/// How a template or a place fits an operation that it stands above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// All places that it names are there.
    Sure,
    /// The document says too little to know.
    Open,
}

/// Why it does not.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    /// Whether a place of the operation has nearly the same name.
    pub(crate) is_near: bool,
}

/// The most places that are listed where none is near.
const OTHERS_MAX: usize = 4;

/// How deep places are suggested.
const SUGGESTED_DEPTH_MAX: usize = 3;

/// The most places that are looked through for a suggestion.
const SUGGESTED_MAX: usize = 500;

/// How often places that operations name themselves are looked for in one document.
const LOOKS_MAX: usize = 200_000;

/// How often the nearest place is looked for there where one is not found.
pub(super) const SUGGESTIONS_MAX: usize = 1_000;

/// What looking for places may still cost.
#[derive(Debug)]
pub(crate) struct Looks {
    left: usize,
    suggestions_left: usize,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            left: LOOKS_MAX,
            suggestions_left: SUGGESTIONS_MAX,
        }
    }
}

impl Looks {
    fn may_look(&mut self) -> bool {
        let left = self.left;
        self.left = left.saturating_sub(1);
        left > 0
    }

    /// What may be meant, while somebody is told of it.
    fn suggest<T>(&mut self, problems: &Problems<'_>, suggestion: impl FnOnce() -> T) -> Option<T> {
        if self.suggestions_left == 0 || problems.is_full() {
            return None;
        }
        self.suggestions_left -= 1;
        Some(suggestion())
    }
}

/// Tells which of the places that an operation's own `x-audit` names the operation does not have.
///
/// They stay in use: a document may not list all that its service takes. What is to be redacted or
/// kept is therefore told only where it looks mistyped. But a path has no more parameters than it says: what
/// of it is not there is told at the end, when it is known of all operations that one annotation is for.
pub(crate) fn check_places(
    source: &OperationSource<'_>,
    own: &Annotations,
    of_paths: &mut OwnPathPlaces,
    looks: &mut Looks,
    problems: &mut Problems<'_>,
) {
    for (pointer, location) in &own.stated {
        if !looks.may_look() {
            of_paths.is_full = true;
            return;
        }
        let is_of_path = matches!(location, ValueLocation::Path(_)) && !is_of_list(pointer);
        let Presence::Missing(missing) = presence(source, location) else {
            if is_of_path {
                of_paths.found(pointer, location, problems);
            }
            continue;
        };
        let suggestion = looks.suggest(problems, || suggestion(source, location, false));
        let (suggestion, is_near) = suggestion.unwrap_or_default();
        let message = missing + &suggestion;
        if is_of_path {
            of_paths.missed(pointer, location, message, problems);
        } else if is_near || !is_of_list(pointer) {
            problems.warning(pointer, message);
        }
    }
}

/// The places in paths that the `x-audit` of operations name, by where it was written: an action of an overlay
/// may write one to many operations, and several paths may refer to one path item.
#[derive(Debug, Default)]
pub(crate) struct OwnPathPlaces {
    places: BTreeMap<[String; 4], OwnPathPlace>,
    /// Nobody knows whether further operations have them.
    is_full: bool,
}

#[derive(Debug, Default)]
struct OwnPathPlace {
    is_there: bool,
    /// The first that does not have it: where, and what is told.
    missing: Option<(String, String)>,
}

impl OwnPathPlaces {
    fn found(&mut self, pointer: &str, location: &ValueLocation, problems: &Problems<'_>) {
        self.place(pointer, location, problems).is_there = true;
    }

    fn missed(
        &mut self,
        pointer: &str,
        location: &ValueLocation,
        message: String,
        problems: &Problems<'_>,
    ) {
        let missing = &mut self.place(pointer, location, problems).missing;
        missing.get_or_insert_with(|| (pointer.to_owned(), message));
    }

    fn place(
        &mut self,
        pointer: &str,
        location: &ValueLocation,
        problems: &Problems<'_>,
    ) -> &mut OwnPathPlace {
        let of_overlay = problems
            .origins
            .and_then(|origins| origins.written_at(pointer));
        let (file_name, written) = match of_overlay {
            Some((file_name, written)) => (file_name, written),
            None => ("", pointer.to_owned()),
        };
        // All of a copy is told at one place, whatever its operations name.
        let member = pointer.rsplit_once("/x-audit").unwrap_or_default().1;
        let [file_name, member, name] = [file_name, member, location.text()].map(str::to_owned);
        self.places
            .entry([file_name, written, member, name])
            .or_default()
    }

    /// Tells of an id that no operation has a place for as an error, and of what only some have none for, or
    /// where the tenant is, as a warning.
    pub(crate) fn tell(self, problems: &mut Problems<'_>) {
        for place in self.places.into_values() {
            let Some((pointer, message)) = place.missing else {
                continue;
            };
            if place.is_there || self.is_full || pointer.ends_with("/x-audit/org") {
                problems.warning(&pointer, message);
            } else {
                problems.error(&pointer, message);
            }
        }
    }
}

/// Whether a place is none of the path, or one that the path has.
pub(crate) fn is_not_missing_in_path(
    source: &OperationSource<'_>,
    location: &ValueLocation,
) -> bool {
    match location {
        ValueLocation::Path(name) => has_path_param(source, name),
        _ => true,
    }
}

fn has_path_param(source: &OperationSource<'_>, name: &str) -> bool {
    source.path_params.iter().any(|param| param.name == name)
        || PathTemplate::parse(source.path)
            .param_names
            .iter()
            .any(|known| known == name)
}

/// Whether an operation has a place.
///
/// # Errors
/// What is not there, and what may be meant.
pub(crate) fn find_place(
    source: &OperationSource<'_>,
    location: &ValueLocation,
    may_suggest: bool,
) -> Result<Fit, Misfit> {
    let missing = match presence(source, location) {
        Presence::There => return Ok(Fit::Sure),
        Presence::Unknown => return Ok(Fit::Open),
        Presence::Missing(missing) => missing,
    };
    if !may_suggest {
        return Err(Misfit {
            message: missing,
            is_near: false,
        });
    }
    let (suggestion, is_near) = suggestion(source, location, false);
    Err(Misfit {
        message: missing + &suggestion,
        is_near,
    })
}

/// What may be meant, or else what there is; and whether that is near.
fn suggestion(
    source: &OperationSource<'_>,
    location: &ValueLocation,
    in_template: bool,
) -> (String, bool) {
    let near = near(source, location, in_template);
    let is_near = near.is_some();
    let suggestion = near.unwrap_or_else(|| others(source, location, in_template));
    (suggestion, is_near)
}

/// Whether it is a place of `redact` or `keep`.
pub(crate) fn is_of_list(pointer: &str) -> bool {
    ["/x-audit/redact", "/x-audit/keep"]
        .iter()
        .any(|member| pointer.contains(member))
}

/// Whether the template can be used for this operation; `is_own` where it was written for no other.
///
/// # Errors
/// Why it cannot.
pub(crate) fn check_template(
    source: &OperationSource<'_>,
    activity: &Activity,
    is_own: bool,
    secrets: &OperationSecrets,
    looks: &mut Looks,
    problems: &mut Problems<'_>,
) -> Result<Fit, Misfit> {
    let mut fit = Fit::Sure;
    for location in activity.template.locations() {
        let shown = written(location);
        if is_secret(location, secrets) {
            return Err(Misfit {
                message: format!("{{{shown}}} is a secret, which no sentence tells"),
                is_near: true,
            });
        }
        let missing = match presence(source, location) {
            Presence::There => continue,
            Presence::Unknown => {
                fit = Fit::Open;
                continue;
            }
            Presence::Missing(missing) => missing,
        };
        let suggestion = looks.suggest(problems, || suggestion(source, location, true));
        let (suggestion, is_near) = suggestion.unwrap_or_default();
        let message = format!("{{{shown}}}: {missing}{suggestion}");
        let is_of_body = matches!(location, ValueLocation::Request(_));
        if is_own && is_of_body && can_describe_no_body(source) {
            problems.warning(&activity.pointer, message);
        } else {
            return Err(Misfit { message, is_near });
        }
    }
    Ok(fit)
}

/// Whether it is a DELETE without a body in a document of OpenAPI 3.0, where "the `requestBody` SHALL be
/// ignored" (Operation Object): whoever knows of one cannot say so.
fn can_describe_no_body(source: &OperationSource<'_>) -> bool {
    source.method == "DELETE" && source.request.is_none() && is_of_3_0(source.schemas.root())
}

/// Whether an operation has a place.
enum Presence {
    There,
    /// The document says too little to know.
    Unknown,
    /// What is not there.
    Missing(String),
}

impl Presence {
    fn of(is_there: bool, missing: impl FnOnce() -> String) -> Self {
        if is_there {
            Self::There
        } else {
            Self::Missing(missing())
        }
    }

    fn unless(is_missing: bool, missing: impl FnOnce() -> String) -> Self {
        if is_missing {
            Self::Missing(missing())
        } else {
            Self::Unknown
        }
    }
}

fn presence(source: &OperationSource<'_>, location: &ValueLocation) -> Presence {
    let operation = format!("{} {}", source.method, source.path);
    match location {
        ValueLocation::Path(name) => Presence::of(has_path_param(source, name), || {
            format!("{operation} has no path parameter {}", short(name))
        }),
        ValueLocation::Query(name) => {
            let is_known = source.query.iter().any(|param| param.name == name);
            Presence::of(is_known, || {
                format!("{operation} has no query parameter {}", short(name))
            })
        }
        ValueLocation::Request(pointer) => match source.request {
            Some(schema) => Presence::of(!is_missing(source.schemas, schema, pointer), || {
                format!("the request body of {operation} has no {}", dotted(pointer))
            }),
            None => Presence::unless(has_no_body(source), || {
                format!("{operation} has no request body")
            }),
        },
        ValueLocation::Response(pointer) => match source.response {
            Some(schema) => Presence::of(!is_missing(source.schemas, schema, pointer), || {
                format!("the response of {operation} has no {}", dotted(pointer))
            }),
            None => Presence::unless(answers_without_body(source), || {
                format!("{operation} answers without a body")
            }),
        },
        // Callers send headers that no document lists.
        ValueLocation::Header(_) => Presence::There,
    }
}

/// Whether the document describes no body of a method that has one only where it says so. What POST, PUT
/// and PATCH take, many documents leave out; and one operation of any method describes none.
fn has_no_body(source: &OperationSource<'_>) -> bool {
    let [path_item, operation] = source.holders;
    let is_any_method = path_item
        .get(ANY_METHOD)
        .is_some_and(|any| std::ptr::eq(any, operation));
    let takes_bodies = matches!(source.method, "POST" | "PUT" | "PATCH");
    operation.get("requestBody").is_none() && !takes_bodies && !is_any_method
}

/// Whether every answer that means success is one that has no body (RFC 9110, sections 15.3.5 and 15.3.6).
fn answers_without_body(source: &OperationSource<'_>) -> bool {
    let [_, operation] = source.holders;
    let responses = operation.get("responses").and_then(Value::as_object);
    let mut statuses = responses
        .into_iter()
        .flat_map(|responses| responses.keys())
        .filter(|status| status.starts_with('2') || *status == "default")
        .peekable();
    statuses.peek().is_some() && statuses.all(|status| matches!(status.as_str(), "204" | "205"))
}

/// The place as a template writes it.
fn written(location: &ValueLocation) -> String {
    short(&location.expression())
}

/// `/items/*/id` as `items[].id`, `/*/id` as `[].id`.
fn dotted(pointer: &str) -> String {
    let expression = ValueLocation::Request(pointer.to_owned()).expression();
    let below = expression.strip_prefix("body").unwrap_or(&expression);
    short(below.strip_prefix('.').unwrap_or(below))
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Whether a body that the schema describes cannot have a value at `pointer`, plainly or, as values are
/// read, behind a wrapper.
fn is_missing(schemas: Schemas<'_>, schema: &Value, pointer: &str) -> bool {
    let segments: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    if !lacks(schemas, schema, &segments) {
        return false;
    }
    let properties = schemas.properties(schema);
    let is_only = properties.len() == 1;
    properties
        .iter()
        .filter(|property| is_only || WRAPPERS.contains(&property.name))
        .all(|property| {
            let inner = schemas.items(property.schema).unwrap_or(property.schema);
            lacks(schemas, property.schema, &segments) && lacks(schemas, inner, &segments)
        })
}

/// Whether the schema lists its properties and this one is not among them.
fn lacks(schemas: Schemas<'_>, schema: &Value, segments: &[String]) -> bool {
    let Some((first, rest)) = segments.split_first() else {
        return false;
    };
    if schemas.resolve(schema).is_none() || is_open(schemas, schema) {
        return false;
    }
    let properties = schemas.properties(schema);
    if let Some(property) = properties.iter().find(|property| property.name == first) {
        return lacks(schemas, property.schema, rest);
    }
    match schemas.items(schema) {
        Some(items) if first == "*" || first.parse::<usize>().is_ok() => {
            lacks(schemas, items, rest)
        }
        // A list of things has no members of its own: those of each of them are meant.
        Some(items) => {
            schemas.items(items).is_some()
                || is_single_value(schemas, items)
                || lacks(schemas, items, segments)
        }
        None => !properties.is_empty() || is_single_value(schemas, schema),
    }
}

/// Whether a value is one word, number or flag, and says so.
fn is_single_value(schemas: Schemas<'_>, schema: &Value) -> bool {
    let is = |name: &str| schemas.is_type(schema, name);
    ["string", "number", "integer", "boolean"]
        .iter()
        .any(|name| is(name))
        && !is("object")
        && !is("array")
}

/// Whether a value may have members that the schema does not list, as far as it says so.
fn is_open(schemas: Schemas<'_>, schema: &Value) -> bool {
    let mut open = false;
    schemas.visit_parts(schema, 4, &mut |part| {
        open |= part
            .get("additionalProperties")
            .is_some_and(|more| *more != Value::Bool(false));
        open |= part.get("patternProperties").is_some();
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let parts = part.get(keyword).and_then(Value::as_array);
            open |= parts
                .into_iter()
                .flatten()
                .any(|part| schemas.resolve(part).is_none());
        }
    });
    open
}

/// A secret by its mark (of it or of what it is in) or by its name.
fn is_secret(location: &ValueLocation, secrets: &OperationSecrets) -> bool {
    let covers = |mark: &ValueLocation| match (mark, location) {
        (ValueLocation::Request(mark), ValueLocation::Request(pointer))
        | (ValueLocation::Response(mark), ValueLocation::Response(pointer)) => {
            crate::redaction::covers_or_holds(mark, pointer)
        }
        (ValueLocation::Query(mark), ValueLocation::Query(name))
        | (ValueLocation::Path(mark), ValueLocation::Path(name)) => mark == "*" || mark == name,
        (mark, location) => mark == location,
    };
    if secrets.keep.iter().any(covers) {
        return false;
    }
    secrets.redact.iter().any(covers) || is_secret_name(&location.name())
}

/// `; did you mean …?` with the nearest place of the operation, if one is near.
fn near(
    source: &OperationSource<'_>,
    location: &ValueLocation,
    in_template: bool,
) -> Option<String> {
    let mut known = places(source);
    if in_template {
        known.splice(0..0, FIXED.iter().map(|name| (*name).to_owned()));
    }
    let wanted = written(location);
    // The same name in another place is rather meant than another name in the same place.
    let name = wanted.rsplit('.').next().unwrap_or_default();
    let same_name = || {
        let ends_so = |known: &&String| known.rsplit('.').next() == Some(name);
        known.iter().find(ends_so).map(String::as_str)
    };
    let near = nearest_by(&wanted, name, known.iter().map(String::as_str)).or_else(same_name)?;
    Some(format!("; did you mean {}?", shown(near, in_template)))
}

/// `; there are …` with the first places of the same kind.
fn others(source: &OperationSource<'_>, location: &ValueLocation, in_template: bool) -> String {
    let wanted = written(location);
    let kind_of = |place: &str| place.split(['.', '[']).next().map(str::to_owned);
    let kind = kind_of(&wanted);
    let places = places(source);
    let mut others: Vec<String> = places
        .iter()
        .filter(|place| kind_of(place) == kind)
        .take(OTHERS_MAX)
        .map(|place| shown(place, in_template))
        .collect();
    match (others.pop(), others.as_slice()) {
        (None, _) => String::new(),
        (Some(only), []) => format!("; there is {only}"),
        (Some(last), others) => format!("; there are {} and {last}", others.join(", ")),
    }
}

fn shown(place: &str, in_template: bool) -> String {
    if in_template {
        format!("{{{place}}}")
    } else {
        place.to_owned()
    }
}

/// The places of an operation, as a template writes them.
fn places(source: &OperationSource<'_>) -> Vec<String> {
    let params = PathTemplate::parse(source.path).param_names;
    let of_path = params.iter().map(|name| format!("path.{name}"));
    let query = source.query.iter();
    let of_query = query.map(|param| format!("query.{}", param.name));
    let mut known: Vec<String> = of_path.chain(of_query).collect();
    if let Some(schema) = source.request {
        let mut add = |pointer: &str| {
            known.push(written(&ValueLocation::Request(pointer.to_owned())));
        };
        list_places(source.schemas, schema, "", SUGGESTED_DEPTH_MAX, &mut add);
    }
    if let Some(schema) = source.response {
        let mut add = |pointer: &str| {
            known.push(written(&ValueLocation::Response(pointer.to_owned())));
        };
        list_places(source.schemas, schema, "", SUGGESTED_DEPTH_MAX, &mut add);
    }
    known.truncate(SUGGESTED_MAX);
    known
}

fn list_places(
    schemas: Schemas<'_>,
    schema: &Value,
    pointer: &str,
    depth: usize,
    add: &mut dyn FnMut(&str),
) {
    if depth == 0 {
        return;
    }
    for property in schemas.properties(schema).iter().take(100) {
        let pointer = format!("{pointer}/{}", escape(property.name));
        add(&pointer);
        list_places(schemas, property.schema, &pointer, depth - 1, add);
    }
    if let Some(items) = schemas.items(schema) {
        list_places(schemas, items, &format!("{pointer}/*"), depth - 1, add);
    }
}
