//! Reading the operations of a document, in its order.

mod checks;
mod corners;
mod methods;
mod wide;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::annotations::{Activity, Annotations, values};
use crate::document::{ANNOTATION, DocumentProblem, Problems};
use crate::habits::{Habits, VerbPlace};
use crate::json_pointer::escape;
use crate::meaning::work_out;
use crate::operation::Operation;
use crate::operation_source::OperationSource;
use crate::parsed_document::ParsedDocument;
use crate::path_template::in_braces;
use crate::route_index::{PATH_BYTES_MAX, PATH_SEGMENTS_MAX};
use crate::schema::{SchemaWork, Schemas};
use crate::secrets::{KnownMarks, OperationSecrets};
use crate::value_location::ValueLocation;
use checks::{
    Fit, Looks, Misfit, OwnPathPlaces, check_places, check_template, is_not_missing_in_path,
};
use corners::Corners;
pub(crate) use methods::ANY_METHOD;
use methods::{ANY_METHODS, LATER_METHODS, METHODS};
use wide::{NO_PARENT, WidePlaces, WideTemplate};

/// The longest name of an operation: each of its events bears it.
const OPERATION_ID_BYTES_MAX: usize = 500;

/// The most operations that are read from one document.
const OPERATIONS_MAX: usize = 50_000;

/// The most tags of an operation that are looked at.
const TAGS_MAX: usize = 10;

/// Reads every operation of a document in its order. What is wrong in a corner costs that corner.
pub(crate) fn read_operations(
    document: &ParsedDocument,
    service: &str,
    problems: &mut Vec<DocumentProblem>,
) -> Vec<Operation> {
    read_within(&SchemaWork::default(), document, service, problems)
}

fn read_within(
    work: &SchemaWork,
    document: &ParsedDocument,
    service: &str,
    problems: &mut Vec<DocumentProblem>,
) -> Vec<Operation> {
    let mut problems = Problems {
        file_name: &document.file_name,
        list: problems,
        origins: Some(&document.origins),
    };
    let corners = Corners::check(document, &mut problems);
    let braced: Vec<_> = document
        .path_keys
        .iter()
        .map(|(path, _)| in_braces(path))
        .collect();
    let paths = || braced.iter().map(|path| &**path);
    let with_changes = braced
        .iter()
        .zip(&document.path_keys)
        .map(|(path, (_, keys))| {
            let changes = |key: &String| matches!(key.as_str(), "put" | "patch" | "delete");
            (&**path, keys.iter().any(changes))
        });
    let habits = Habits {
        scopes: crate::habits::scopes(paths()),
        found_by_id: crate::habits::found_by_id(paths()),
        lookups: crate::habits::lookups(with_changes),
        paths_call: crate::habits::paths_call(paths()),
        full_names: crate::habits::full_names(texts(document)),
        spelled: crate::habits::spelled_apart(names_and_texts(document)),
        item_schemas: crate::habits::item_schemas(
            Schemas::new(&document.root, work),
            operations(document).map(|(path, method, it)| (in_braces(path), method, it)),
        ),
        verb_place: VerbPlace::of(operation_ids(document)),
    };
    let work_on_places = SchemaWork::default();
    let mut reading = Reading {
        document,
        service,
        schemas: Schemas::new(&document.root, work),
        work,
        annotations: Annotations::read(&document.root, "", &mut problems),
        habits: &habits,
        has_annotated_values: corners.has_annotated_values,
        operations: Vec::new(),
        known_ids: HashMap::new(),
        wide_templates: BTreeMap::new(),
        wide_places: WidePlaces::default(),
        work_on_places: &work_on_places,
        own_path_places: OwnPathPlaces::default(),
        looks: Looks::default(),
        looks_of_wide: Looks::default(),
        known_items: HashSet::new(),
        known_marks: KnownMarks::default(),
    };
    for (path, keys) in &document.path_keys {
        if reading.operations.len() >= OPERATIONS_MAX {
            let message = format!("only the first {OPERATIONS_MAX} operations are read");
            problems.error(&format!("/paths/{}", escape(path)), message);
            break;
        }
        reading.read_path(path, keys, &mut problems);
    }
    for (pointer, template) in std::mem::take(&mut reading.wide_templates) {
        template.tell(&pointer, &mut problems);
    }
    std::mem::take(&mut reading.own_path_places).tell(&mut problems);
    std::mem::take(&mut reading.wide_places).tell(&mut problems);
    reading.operations
}

/// Every operation of a document, with its path and its method.
fn operations(document: &ParsedDocument) -> impl Iterator<Item = (&str, &str, &Value)> + Clone {
    let paths = document.root.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        METHODS
            .iter()
            .filter_map(move |method| Some((path.as_str(), *method, item.get(*method)?)))
    })
}

/// Every operationId of a document, with its method.
fn operation_ids(document: &ParsedDocument) -> impl Iterator<Item = (&str, &str)> {
    operations(document)
        .filter_map(|(_, method, operation)| {
            Some((method, operation.get("operationId")?.as_str()?))
        })
        .filter(|(_, id)| id.len() <= OPERATION_ID_BYTES_MAX)
}

/// The path of every operation, its summary and its description.
fn texts(document: &ParsedDocument) -> impl Iterator<Item = (&str, [&str; 2])> {
    operations(document).map(|(path, _, operation)| (path, texts_of(operation)))
}

fn texts_of(operation: &Value) -> [&str; 2] {
    ["summary", "description"].map(|key| text_of(operation, key))
}

fn text_of<'a>(operation: &'a Value, key: &str) -> &'a str {
    operation.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The path of every operation, what it is called and filed under, its summary and its description.
fn names_and_texts(
    document: &ParsedDocument,
) -> impl Iterator<Item = (&str, Vec<&str>, [&str; 2])> + Clone {
    operations(document).map(|(path, _, operation)| {
        let tags = operation.get("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().filter_map(Value::as_str);
        let id = text_of(operation, "operationId");
        let names = tags.take(TAGS_MAX).chain([id]).collect();
        (path, names, texts_of(operation))
    })
}

/// What is known on the way through a document.
struct Reading<'a> {
    document: &'a ParsedDocument,
    service: &'a str,
    schemas: Schemas<'a>,
    work: &'a SchemaWork,
    /// Those of the root.
    annotations: Annotations,
    habits: &'a Habits<'a>,
    has_annotated_values: bool,
    operations: Vec<Operation>,
    /// By operationId: the pointer of the operation.
    known_ids: HashMap<String, String>,
    /// By the pointer of a template that stands above several operations.
    wide_templates: BTreeMap<String, WideTemplate>,
    wide_places: WidePlaces,
    /// What is spent on those takes nothing from an operation's meaning.
    work_on_places: &'a SchemaWork,
    /// The places in paths that operations name themselves.
    own_path_places: OwnPathPlaces,
    looks: Looks,
    looks_of_wide: Looks,
    /// Path items behind references that were read before, for another path.
    known_items: HashSet<String>,
    known_marks: KnownMarks,
}

impl<'a> Reading<'a> {
    fn read_path(&mut self, path: &'a str, keys: &'a [String], problems: &mut Problems<'_>) {
        if path.starts_with("x-") {
            return;
        }
        let pointer = format!("/paths/{}", escape(path));
        let paths = self.document.root.get("paths");
        let written = paths.and_then(|paths| paths.get(path));
        let Some((item, behind)) = written.and_then(|item| self.schemas.locate(item)) else {
            let reference = written.and_then(|item| item.get("$ref")?.as_str());
            problems.error(
                &pointer,
                corners::lost_reference(reference.unwrap_or_default()),
            );
            return;
        };
        tell_beside_reference(written, &pointer, problems);
        if !path.starts_with('/') {
            problems.error(&pointer, "a path starts with a slash; it is left out");
            return;
        }
        if path.len() > PATH_BYTES_MAX || path.matches('/').count() > PATH_SEGMENTS_MAX {
            let message = "it is longer than any path that is matched; it is left out";
            problems.error(&pointer, message);
            return;
        }
        let Value::Object(members) = item else {
            problems.error(&pointer, "it is no object; it is left out");
            return;
        };
        // What is wrong in a path item is told where it stands, and once.
        let is_told = behind
            .as_ref()
            .is_none_or(|behind| self.known_items.insert(behind.clone()));
        let pointer = behind.map_or(Cow::Borrowed(pointer.as_str()), Cow::Owned);
        let annotations = read_annotations(item, &pointer, is_told, problems);
        let annotations = annotations.within(&self.annotations);
        // A path item behind a reference has keys of its own, which the path's order does not know.
        let keys: Vec<&str> = if written.is_some_and(|item| item.get("$ref").is_some()) {
            members.keys().map(String::as_str).collect()
        } else {
            keys.iter().map(String::as_str).collect()
        };
        for key in keys {
            let item_pointer = &pointer;
            let pointer = format!("{pointer}/{}", escape(key));
            if LATER_METHODS.contains(&key) {
                problems.warning(
                    &pointer,
                    "it is of OpenAPI 3.2, of which only what 3.1 has is read",
                );
            }
            let methods = match METHODS.iter().position(|method| *method == key) {
                Some(_) if is_annotation_of_any_method(members, key) => continue,
                Some(position) => &METHODS[position..=position],
                None if key == ANY_METHOD => ANY_METHODS,
                None => continue,
            };
            let Some(operation @ Value::Object(_)) = members.get(key) else {
                problems.error(&pointer, "it is no object; it is left out");
                continue;
            };
            let is_any_method = key == ANY_METHOD;
            for method in methods {
                let is_annotation = is_annotation_of_any_method(members, method);
                if is_any_method && members.contains_key(*method) && !is_annotation {
                    continue;
                }
                let call = Call {
                    path,
                    item,
                    method,
                    is_any_method,
                    operation,
                    pointer: &pointer,
                    item_pointer,
                    is_told,
                    annotation: members.get(*method).filter(|_| is_annotation),
                };
                self.read_operation(&call, &annotations, problems);
            }
        }
    }

    fn read_operation(
        &mut self,
        call: &Call<'_, 'a>,
        wider: &Annotations,
        problems: &mut Problems<'_>,
    ) {
        if self.operations.len() >= OPERATIONS_MAX {
            return;
        }
        let method = call.method.to_ascii_uppercase();
        let path = in_braces(call.path);
        let mut source = OperationSource::read(
            self.schemas,
            self.habits,
            &method,
            &path,
            call.item,
            call.operation,
        );
        if source.operation_id.len() > OPERATION_ID_BYTES_MAX {
            let message =
                format!("it has more than {OPERATION_ID_BYTES_MAX} bytes; it is left out");
            problems.error(&format!("{}/operationId", call.pointer), message);
            source.operation_id = "";
        }
        let operation_id = source.operation_id;
        if call.is_any_method {
            // One name for all methods says what none of them does.
            (source.operation_id, source.summary, source.description) = ("", "", "");
        }
        let own = self.own_annotations(call, &source, problems);
        let of_values = if self.has_annotated_values {
            values::read(&source)
        } else {
            Annotations::default()
        };
        let has = |place: &ValueLocation| is_not_missing_in_path(&source, place);
        let annotations = own.said.within_where(&of_values, has);
        let mut annotations = annotations.within_where(wider, has);
        let secrets = OperationSecrets::of(&source, &annotations, &mut self.known_marks);
        annotations.activity = annotations.activity.take().filter(|activity| {
            let is_own = own.has_template;
            let looks = if is_own {
                &mut self.looks
            } else {
                &mut self.looks_of_wide
            };
            let checked = check_template(&source, activity, is_own, &secrets, looks, problems);
            self.is_used(activity, is_own, checked, problems)
        });
        let meaning = work_out(&source, &annotations);
        if let Some(activity) = &annotations.activity
            && activity.template.names_parent()
        {
            let is_there = meaning.parent.is_some();
            if !own.has_template {
                self.wide(activity).note_parent(is_there);
            } else if !is_there {
                problems.warning(&activity.pointer, NO_PARENT);
            }
        }
        if let Some(pointer) = &own.parent_pointer
            && annotations.parent_id.is_some()
            && meaning.parent.is_none()
        {
            let message = "nothing says what the parent is; give it a type";
            problems.error(pointer, message);
        }
        self.look_for_wide_places(source, wider);
        let operation = Operation {
            service: self.service.to_owned(),
            file_name: self.document.file_name.clone(),
            path: call.path.to_owned(),
            operation_id: operation_id.to_owned(),
            is_any_method: call.is_any_method,
            ignore: annotations.ignore.unwrap_or(false),
            capture: annotations.capture.unwrap_or(false),
            org: annotations.org,
            meaning,
            secrets,
            method,
        };
        for unseen in operation.secrets.unseen() {
            let message = format!(
                "its schemas are too many to be looked through for secrets; {} is removed whole",
                unseen.expression()
            );
            problems.warning(call.pointer, message);
        }
        if self.work.next_operation() {
            let message = "its schemas are too many to be looked at in full";
            problems.warning(call.pointer, message);
        }
        self.tell_namesake(&operation, call.pointer, problems);
        self.operations.push(operation);
    }

    /// What an operation says of itself. A place in its path that the path does not have is told, and is none.
    fn own_annotations(
        &mut self,
        call: &Call<'_, 'a>,
        source: &OperationSource<'_>,
        problems: &mut Problems<'_>,
    ) -> OwnAnnotations {
        let mut read = |holder: &Value, pointer: &str| {
            let mut said = read_annotations(holder, pointer, call.is_told, problems);
            let of_paths = &mut self.own_path_places;
            check_places(source, &said, of_paths, &mut self.looks, problems);
            said.retain_places(|place| is_not_missing_in_path(source, place));
            said
        };
        let said = read(call.operation, call.pointer);
        let mut own = OwnAnnotations {
            // What is said of any method is said of seven operations.
            has_template: said.activity.is_some() && !call.is_any_method,
            parent_pointer: said.parent_pointer().map(str::to_owned),
            said,
        };
        if let Some(annotation) = call.annotation {
            let pointer = format!("{}/{}", call.item_pointer, call.method);
            let narrower = read(annotation, &pointer);
            own.has_template |= narrower.activity.is_some();
            let pointer = narrower.parent_pointer().map(str::to_owned);
            own.parent_pointer = pointer.or(own.parent_pointer);
            own.said = narrower.within(&own.said);
        }
        own
    }

    fn look_for_wide_places<'s>(&mut self, mut source: OperationSource<'s>, of_path: &Annotations)
    where
        'a: 's,
    {
        self.work_on_places.next_operation();
        source.schemas = Schemas::new(&self.document.root, self.work_on_places);
        self.wide_places.look_for(&source, of_path);
        self.wide_places.look_for(&source, &self.annotations);
    }

    /// Whether an operation uses a template.
    fn is_used(
        &mut self,
        activity: &Activity,
        is_own: bool,
        checked: Result<Fit, Misfit>,
        problems: &mut Problems<'_>,
    ) -> bool {
        let is_used = checked.is_ok();
        match checked {
            Err(misfit) if is_own => problems.error(&activity.pointer, misfit.message),
            Ok(_) if is_own => {}
            checked => self.wide(activity).note(checked),
        }
        is_used
    }

    fn wide(&mut self, activity: &Activity) -> &mut WideTemplate {
        let pointer = activity.pointer.clone();
        self.wide_templates.entry(pointer).or_default()
    }

    /// Tells of an operation whose name another one has.
    fn tell_namesake(&mut self, operation: &Operation, pointer: &str, problems: &mut Problems<'_>) {
        if operation.operation_id.is_empty() {
            return;
        }
        if let Some(known) = self.known_ids.get(&operation.operation_id) {
            if known == pointer {
                return;
            }
            let pointer = format!("{pointer}/operationId");
            problems.warning(&pointer, format!("{known} has the same operationId"));
        } else {
            let id = operation.operation_id.clone();
            self.known_ids.insert(id, pointer.to_owned());
        }
    }
}

/// What a path item or an operation says; what is wrong there only where that was not told before.
fn read_annotations(
    holder: &Value,
    pointer: &str,
    is_told: bool,
    problems: &mut Problems<'_>,
) -> Annotations {
    if is_told {
        return Annotations::read(holder, pointer, problems);
    }
    let mut untold = Vec::new();
    let mut untold = Problems::of(problems.file_name, &mut untold);
    Annotations::read(holder, pointer, &mut untold)
}

/// Tells what a path item says beside where it is.
fn tell_beside_reference(item: Option<&Value>, pointer: &str, problems: &mut Problems<'_>) {
    let members = item
        .and_then(Value::as_object)
        .filter(|members| members.contains_key("$ref"));
    for name in members.into_iter().flat_map(Map::keys) {
        let pointer = format!("{pointer}/{}", escape(name));
        let message = "beside `$ref` it is not read: say it where the reference leads";
        match name.as_str() {
            ANNOTATION | ANY_METHOD => problems.error(&pointer, message),
            "parameters" | "servers" => problems.warning(&pointer, message),
            method if METHODS.contains(&method) => problems.error(&pointer, message),
            _ => {}
        }
    }
}

/// One operation as the document has it.
struct Call<'p, 'a> {
    path: &'a str,
    item: &'a Value,
    /// Lower case.
    method: &'a str,
    is_any_method: bool,
    operation: &'a Value,
    pointer: &'p str,
    item_pointer: &'p str,
    /// What is wrong in its annotations was not told before.
    is_told: bool,
    /// What is said of this one of any methods.
    annotation: Option<&'a Value>,
}

/// What an operation's own `x-audit` says.
struct OwnAnnotations {
    said: Annotations,
    /// Its template was written for no other one.
    has_template: bool,
    /// Where it names the parent's id.
    parent_pointer: Option<String>,
}

/// Whether a method beside an any-method says no more than how that is to be understood there.
fn is_annotation_of_any_method(members: &Map<String, Value>, method: &str) -> bool {
    let said = members.get(method).and_then(Value::as_object);
    members.get(ANY_METHOD).is_some_and(Value::is_object)
        && said.is_some_and(|said| said.len() == 1 && said.contains_key(ANNOTATION))
}

#[cfg(test)]
mod tests;
