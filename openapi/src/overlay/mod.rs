//! OpenAPI Overlay 1.0: changes to a document that nobody may edit, kept in a file beside it.
//!
//! An overlay is a list of actions. Each has a `target`, a JSONPath query (RFC 9535), and either an
//! `update` that is merged into every place the target selects, or `remove: true`. They are applied in
//! order, each to what the one before left. Of version 1.1 `copy` is understood as well, and so are its
//! rules for merging, which only spell out those of 1.0:
//!
//! - objects are merged member by member, at any depth;
//! - an array is appended to an array, anything else is appended as one entry;
//! - a text, number or flag replaces a text, number, flag or `null`;
//! - `null` leaves an object or an array as it is, and anything else does not fit: the action is told
//!   and left out whole;
//! - of an `x-audit`, the short form of a member (`entity: order`, `redact: body.a`) is taken for its long one.
//!
//! `remove` goes before `update`, and `update` before `copy`. `extends` is not looked at: what a file
//! belongs to is in its name. A target that selects nothing is told: as an error where an annotation was to be
//! written there, which may say what is secret, and else as a warning.

mod json_path;
mod long_form;
mod merge;
mod noted;
mod pairing;

use serde_json::{Map, Value};

use crate::document::{
    self, ANNOTATION, Document, DocumentProblem, Origins, Problems, ReadFile, UNKNOWN_TOLD_MAX,
    has_annotation, short_text,
};
use crate::json_pointer::escape;
use crate::nearest::{did_you_mean, nearest};
use json_path::{Budget, JsonPath, Place};
use merge::Capacity;
use noted::Noted;
pub(crate) use pairing::pair;

/// The most actions of an overlay.
const ACTIONS_MAX: usize = 10_000;

const EMPTY: &str = "it is empty";

const OVER: &str = "it writes to more places than are remembered: what is wrong there may be told of the document, or of another action";

/// The members of an action; others start with `x-`.
const ACTION_KEYS: &[&str] = &["target", "description", "update", "remove", "copy"];

/// The members of an overlay; others start with `x-`.
const ROOT_KEYS: &[&str] = &["overlay", "info", "extends", "actions"];

/// Applies an overlay to the document of a file name. What cannot be used is left out and told.
pub(crate) fn apply(
    overlay: &Document,
    document: &str,
    file: &mut ReadFile,
    origins: &mut Origins,
    problems: &mut Vec<DocumentProblem>,
) {
    let name = overlay.file_name.as_str();
    let root = match read_root(overlay) {
        Ok((root, doubts)) => {
            problems.extend(doubts);
            root
        }
        Err(problem) => {
            problems.push(problem);
            return;
        }
    };
    let actions = root.get("actions").and_then(Value::as_array);
    let mut problems = Problems::of(name, problems);
    let budget = Budget::default();
    let mut capacity = Capacity::of(file);
    let mut is_over = false;
    for (position, action) in actions.into_iter().flatten().enumerate() {
        let pointer = format!("/actions/{position}");
        if position >= ACTIONS_MAX {
            let message = format!("only the first {ACTIONS_MAX} actions are applied");
            problems.error(&pointer, message);
            break;
        }
        let applied = Action::read(action).and_then(|action| {
            for key in &action.unknown {
                let message = format!("it is not known{}", did_you_mean(key, ACTION_KEYS));
                let pointer = format!("{pointer}/{}", escape(key));
                problems.warning(&pointer, message);
            }
            let mut noted = Noted {
                origins: &mut *origins,
                document,
                file_name: name,
                action: &pointer,
                is_copy: matches!(action.change, Change::Copy(_)),
                is_over,
            };
            let applied = action.apply(&mut file.root, &budget, &mut capacity, &mut noted);
            if noted.is_over && !is_over {
                problems.error(&pointer, OVER);
            }
            is_over |= noted.is_over;
            applied
        });
        match applied {
            Ok(None) => {}
            Ok(Some(nothing)) => {
                let pointer = format!("{pointer}/target");
                let message = format!("{} selects nothing in the document", nothing.target);
                if nothing.annotates {
                    problems.error(&pointer, message);
                } else {
                    problems.warning(&pointer, message);
                }
            }
            Err(Refusal { below, message }) => {
                problems.error(&format!("{pointer}{below}"), message);
            }
        }
    }
    file.value_bytes = capacity.bytes;
}

/// The overlay's root, and what is doubtful in it.
fn read_root(overlay: &Document) -> Result<(Value, Vec<DocumentProblem>), DocumentProblem> {
    let name = overlay.file_name.as_str();
    let problem = |pointer: &str, message: String| DocumentProblem::new(name, pointer, message);
    let file = document::read(&overlay.bytes, name).map_err(|message| problem("", message))?;
    let Value::Object(members) = &file.root else {
        return Err(problem(
            "",
            "it is no overlay: its root is no object".to_owned(),
        ));
    };
    match members.get("overlay") {
        Some(version) if is_known(version) => {}
        Some(version) => {
            let message = format!(
                "Overlay {} is not known; 1.0 and 1.1 are",
                short_text(version)
            );
            return Err(problem("/overlay", message));
        }
        None => {
            let message = "it is no overlay: it has no `overlay` version; write `overlay: 1.0.0`";
            return Err(problem("", message.to_owned()));
        }
    }
    match members.get("actions") {
        Some(Value::Array(actions)) if !actions.is_empty() => {}
        Some(Value::Array(_)) => {
            return Err(problem("/actions", "it has no action".to_owned()));
        }
        Some(_) => return Err(problem("/actions", "it is no list of actions".to_owned())),
        None => return Err(problem("", "it has no `actions`".to_owned())),
    }
    let mut doubts: Vec<DocumentProblem> = file
        .faults()
        .map(|(pointer, message)| problem(pointer, message))
        .collect();
    let is_unknown = |key: &&String| !ROOT_KEYS.contains(&key.as_str()) && !key.starts_with("x-");
    if members.contains_key(ANNOTATION) {
        let message = "it goes below `update` of an action";
        doubts.push(problem(&format!("/{ANNOTATION}"), message.to_owned()));
    }
    for key in members.keys().filter(is_unknown).take(UNKNOWN_TOLD_MAX) {
        let message = format!("it is not known{}", did_you_mean(key, ROOT_KEYS));
        let pointer = format!("/{}", escape(key));
        doubts.push(DocumentProblem::warning(name, &pointer, message));
    }
    Ok((file.root, doubts))
}

/// The patch version says nothing about what an overlay may have.
fn is_known(version: &Value) -> bool {
    let text = match version {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    text == "1"
        || text == "1.0"
        || text == "1.1"
        || text.starts_with("1.0.")
        || text.starts_with("1.1.")
}

/// Why an action was left out.
struct Refusal {
    /// Which member of the action is wrong, as the end of a pointer.
    below: String,
    message: String,
}

/// A target that selects nothing.
struct Nothing {
    target: String,
    /// An annotation, which may say what is secret, is not where somebody wanted it.
    annotates: bool,
}

/// One action of an overlay.
struct Action<'a> {
    target_text: &'a str,
    target: JsonPath,
    change: Change<'a>,
    /// Members that no action has.
    unknown: Vec<&'a str>,
}

enum Change<'a> {
    Remove,
    Update(&'a Value),
    Copy(JsonPath),
}

fn refusal(below: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        below: below.to_owned(),
        message: message.into(),
    }
}

fn is_empty(update: &Value) -> bool {
    update.as_object().is_some_and(Map::is_empty) || update.as_array().is_some_and(Vec::is_empty)
}

impl<'a> Action<'a> {
    fn read(action: &'a Value) -> Result<Self, Refusal> {
        let Value::Object(members) = action else {
            return Err(refusal(
                "",
                "it is no object of target and update or remove",
            ));
        };
        if members.contains_key(ANNOTATION) {
            return Err(refusal(
                &format!("/{ANNOTATION}"),
                "it goes below `update`: of an action itself it says nothing",
            ));
        }
        let unknown: Vec<&str> = members
            .keys()
            .map(String::as_str)
            .filter(|key| !ACTION_KEYS.contains(key) && !key.starts_with("x-"))
            .take(UNKNOWN_TOLD_MAX)
            .collect();
        let query = |key: &str| match members.get(key) {
            Some(Value::String(text)) => JsonPath::parse(text)
                .map(|path| (text.as_str(), path))
                .map_err(|message| refusal(&format!("/{key}"), message)),
            Some(_) => Err(refusal(&format!("/{key}"), "it is no JSONPath in a text")),
            None => Err(refusal("", format!("it has no `{key}`"))),
        };
        let (target_text, target) = query("target")?;
        let removes = match members.get("remove") {
            None | Some(Value::Null) => false,
            Some(flag) => flag
                .as_bool()
                .ok_or_else(|| refusal("/remove", "it is neither true nor false"))?,
        };
        let change = match (removes, members.get("update")) {
            (true, _) => Change::Remove,
            (false, Some(Value::Null)) => return Err(refusal("/update", EMPTY)),
            (false, Some(update)) => Change::Update(update),
            (false, None) if members.contains_key("copy") => Change::Copy(query("copy")?.1),
            (false, None) => {
                let mut unknown = unknown.iter();
                let meant = unknown.find_map(|key| nearest(key, ACTION_KEYS.iter().copied()));
                return Err(meant.map_or_else(
                    || refusal("", "it changes nothing; give it `update` or `remove: true`"),
                    |meant| refusal("", format!("it changes nothing; did you mean {meant}?")),
                ));
            }
        };
        Ok(Self {
            target_text,
            target,
            change,
            unknown,
        })
    }

    /// Answers where it did nothing.
    fn apply(
        &self,
        root: &mut Value,
        budget: &Budget,
        capacity: &mut Capacity,
        noted: &mut Noted<'_>,
    ) -> Result<Option<Nothing>, Refusal> {
        let places = self
            .target
            .select(root, budget)
            .map_err(|message| refusal("/target", message))?;
        if places.is_empty() {
            return Ok(Some(Nothing {
                target: self.target_text.chars().take(200).collect(),
                annotates: self.annotates(root, budget),
            }));
        }
        match &self.change {
            Change::Remove => {
                merge::remove(root, places, noted.origins)
                    .map_err(|message| refusal("/target", message))?;
            }
            Change::Update(update) => {
                let is_list = |place: &Place| place.get(root).is_some_and(Value::is_array);
                // An empty object may be one more item of a list.
                if is_empty(update) && !places.iter().any(is_list) {
                    return Err(refusal("/update", EMPTY));
                }
                merge::merge(root, &places, update, capacity, noted).map_err(|misfit| Refusal {
                    below: format!("/update{}", misfit.pointer),
                    message: misfit.message,
                })?;
            }
            Change::Copy(source) => {
                let sources = source
                    .select(root, budget)
                    .map_err(|message| refusal("/copy", message))?;
                let [source] = sources.as_slice() else {
                    let message =
                        format!("it selects {} places; it must select one", sources.len());
                    return Err(refusal("/copy", message));
                };
                merge::copy(root, &places, source, capacity, noted)
                    .map_err(|misfit| refusal("/copy", misfit.message))?;
            }
        }
        Ok(None)
    }

    /// Whether it is to write an annotation, or into one.
    fn annotates(&self, root: &Value, budget: &Budget) -> bool {
        let writes_one = match &self.change {
            Change::Remove => return false,
            Change::Update(update) => has_annotation(update),
            Change::Copy(source) => match source.select(root, budget) {
                Ok(sources) => sources
                    .first()
                    .and_then(|source| source.get(root))
                    .is_some_and(|copied| budget.has_key(copied, ANNOTATION)),
                Err(_) => true,
            },
        };
        writes_one || self.target.names(ANNOTATION)
    }
}
