//! `x-audit`: what a document says about its own operations, in place of what would be worked out.
//!
//! It stands at the document's root, at a path item, at an operation, at a parameter and at a schema
//! property. The narrower one wins: an operation's own goes before its parameters' and properties',
//! these before the path item's, that before the root's. At a parameter or property it says what that
//! one value is (see [`crate::annotations::values`]); elsewhere it has these members:
//!
//! | member | value |
//! |---|---|
//! | `service` | the service's name; at the root only |
//! | `ignore`, `capture` | `true` or `false`: calls are not recorded; are recorded although they only read |
//! | `org` | the place of the tenant |
//! | `action` | `create`, `read`, `update`, `delete` or `execute` |
//! | `verb` | the verb as behind "to": `approve`, `sign off`; or `{base: shred, past: shredded}` |
//! | `entity` | `{type, id, name}`: a noun and two places; or the noun alone. `id: none` is no place |
//! | `parent` | `{type, id}`, or the noun alone |
//! | `activity` | a sentence, see [`crate::activity_template`] |
//! | `redact`, `keep` | places that are secret, or are not although they look so |
//!
//! A place is `path.id`, `query.id`, `body.order.id`, `body.items[].id`, `body[].id`, `response.id`, or
//! `{in: request, pointer: /order/id}`.

pub(crate) mod values;

use daybook_event::Action;
use serde_json::{Map, Value};

use crate::activity_template::ActivityTemplate;
use crate::document::{ANNOTATION, Problems, UNKNOWN_TOLD_MAX};
use crate::json_pointer::escape;
use crate::nearest::{did_you_mean, nearest};
use crate::value_location::ValueLocation;
use crate::verbs;
use crate::verbs::Verb;

/// The members of an `x-audit` of a document, path item or operation.
const KEYS: &[&str] = &[
    "service", "org", "ignore", "capture", "action", "verb", "entity", "parent", "activity",
    "redact", "keep",
];

/// How places begin.
const PLACES: &[&str] = &["path", "query", "body", "request", "response"];

/// The most places that are read of one `redact` or `keep`.
const LISTED_MAX: usize = 200;

/// The longest place: as many copies of it are kept as there are operations below.
const LOCATION_BYTES_MAX: usize = 500;

/// The longest name of a service, likewise.
pub(crate) const SERVICE_BYTES_MAX: usize = 200;

/// The longest noun or verb, in characters.
const WORD_CHARS_MAX: usize = 60;

/// What the `x-audit` objects of an operation and of what it stands in say together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Annotations {
    pub(crate) ignore: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) org: Option<ValueLocation>,
    pub(crate) action: Option<Action>,
    pub(crate) verb: Option<Verb>,
    pub(crate) entity_type: Option<String>,
    pub(crate) entity_id: Option<ValueLocation>,
    /// `entity: {id: none}`: the call names no one thing, and that is as it should be.
    pub(crate) no_entity_id: bool,
    /// The id as a property of a body marks it: it gives way to an id in the path, which is there
    /// whatever the answer.
    pub(crate) entity_id_in_body: Option<ValueLocation>,
    pub(crate) entity_name: Option<ValueLocation>,
    pub(crate) parent_type: Option<String>,
    pub(crate) parent_id: Option<ValueLocation>,
    pub(crate) activity: Option<Activity>,
    pub(crate) redact: Vec<ValueLocation>,
    pub(crate) keep: Vec<ValueLocation>,
    /// The places that this level itself names, with the pointers to where it does.
    pub(crate) stated: Vec<(String, ValueLocation)>,
}

/// A template whose form is right, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) template: ActivityTemplate,
    pub(crate) pointer: String,
}

/// Reads one member of an `x-audit` object.
struct Reader<'a, 'b, 'c> {
    annotations: &'a mut Annotations,
    problems: &'a mut Problems<'b>,
    pointer: &'c str,
}

impl Annotations {
    /// Reads the `x-audit` of what stands at `pointer`. What cannot be used is told and left out.
    pub(crate) fn read(holder: &Value, pointer: &str, problems: &mut Problems<'_>) -> Self {
        let mut annotations = Self::default();
        let pointer = format!("{pointer}/{ANNOTATION}");
        match holder.get(ANNOTATION) {
            None => {}
            Some(Value::Object(members)) => {
                let mut unknown = 0;
                for (key, value) in members {
                    unknown += usize::from(!KEYS.contains(&key.as_str()));
                    if unknown > UNKNOWN_TOLD_MAX && !KEYS.contains(&key.as_str()) {
                        continue;
                    }
                    let pointer = format!("{pointer}/{}", escape(key));
                    let mut reader = Reader {
                        annotations: &mut annotations,
                        problems,
                        pointer: &pointer,
                    };
                    if let Err(message) = reader.read_member(key, value) {
                        problems.error(&pointer, message);
                    }
                }
            }
            Some(_) => problems.error(&pointer, "`x-audit` is no object"),
        }
        annotations
    }

    /// Takes from a wider level what this one does not say.
    #[must_use]
    pub(crate) fn within(self, wider: &Self) -> Self {
        self.within_where(wider, |_| true)
    }

    /// The same; an id, a name or a parent's id only where the operation has that place.
    #[must_use]
    pub(crate) fn within_where(
        mut self,
        wider: &Self,
        has: impl Fn(&ValueLocation) -> bool,
    ) -> Self {
        fn fill<T: Clone>(own: &mut Option<T>, wider: Option<&T>) {
            if own.is_none() {
                *own = wider.cloned();
            }
        }
        fill(&mut self.ignore, wider.ignore.as_ref());
        fill(&mut self.capture, wider.capture.as_ref());
        fill(&mut self.org, wider.org.as_ref());
        fill(&mut self.action, wider.action.as_ref());
        fill(&mut self.verb, wider.verb.as_ref());
        fill(&mut self.entity_type, wider.entity_type.as_ref());
        if self.entity_id.is_none() && !self.no_entity_id {
            self.no_entity_id = wider.no_entity_id;
            self.entity_id = wider.entity_id.clone().filter(&has);
        }
        fill(
            &mut self.entity_id_in_body,
            wider.entity_id_in_body.as_ref(),
        );
        fill(
            &mut self.entity_name,
            wider.entity_name.as_ref().filter(|place| has(place)),
        );
        fill(&mut self.parent_type, wider.parent_type.as_ref());
        fill(
            &mut self.parent_id,
            wider.parent_id.as_ref().filter(|place| has(place)),
        );
        fill(&mut self.activity, wider.activity.as_ref());
        let added =
            |wider: &[ValueLocation], same: &[ValueLocation], opposite: &[ValueLocation]| {
                wider
                    .iter()
                    .filter(|location| !same.contains(location) && !opposite.contains(location))
                    .cloned()
                    .collect::<Vec<_>>()
            };
        let redact = added(&wider.redact, &self.redact, &self.keep);
        let keep = added(&wider.keep, &self.keep, &self.redact);
        self.redact.extend(redact);
        self.keep.extend(keep);
        self
    }
}

impl Annotations {
    /// Leaves out an id, a name and a parent's id that the operation has no place for.
    pub(crate) fn retain_places(&mut self, has: impl Fn(&ValueLocation) -> bool) {
        for place in [
            &mut self.entity_id,
            &mut self.entity_name,
            &mut self.parent_id,
        ] {
            *place = place.take().filter(|place| has(place));
        }
    }

    /// Where it names the parent's id by itself.
    pub(crate) fn parent_pointer(&self) -> Option<&str> {
        let mut pointers = self.stated.iter().map(|(pointer, _)| pointer.as_str());
        pointers.find_map(|pointer| {
            let parent = pointer.strip_suffix("/id")?;
            parent.ends_with("/x-audit/parent").then_some(parent)
        })
    }
}

impl Reader<'_, '_, '_> {
    fn read_member(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "service" if self.pointer == "/x-audit/service" => {
                let name = text(value)?;
                if name.trim().is_empty() {
                    return Err("it is empty".to_owned());
                }
                if name.len() > SERVICE_BYTES_MAX {
                    return Err(format!("it has more than {SERVICE_BYTES_MAX} bytes"));
                }
            }
            "service" => return Err("it stands at the document's root only".to_owned()),
            "ignore" => self.annotations.ignore = Some(flag(value)?),
            "capture" => self.annotations.capture = Some(flag(value)?),
            "org" => self.annotations.org = Some(self.location("", value)?),
            "action" => self.annotations.action = Some(action(value)?),
            "verb" => self.annotations.verb = Some(verb(value)?),
            "entity" => {
                let thing = self.thing(value, &["type", "id", "name"])?;
                self.annotations.entity_type = thing.kind;
                self.annotations.entity_id = thing.id;
                self.annotations.no_entity_id = thing.no_id;
                self.annotations.entity_name = thing.name;
            }
            "parent" => {
                let thing = self.thing(value, &["type", "id"])?;
                self.annotations.parent_type = thing.kind;
                self.annotations.parent_id = thing.id;
            }
            "activity" => {
                self.annotations.activity = Some(Activity {
                    template: ActivityTemplate::parse(text(value)?)?,
                    pointer: self.pointer.to_owned(),
                });
            }
            "redact" => self.annotations.redact = self.locations(value),
            "keep" => self.annotations.keep = self.locations(value),
            _ => return Err(format!("it is not known{}", did_you_mean(key, KEYS))),
        }
        Ok(())
    }

    /// An object of `known` members, or the type alone as a text. What is wrong in one member costs
    /// that member only.
    fn thing(&mut self, value: &Value, known: &[&str]) -> Result<Thing, String> {
        let members: &Map<String, Value> = match value {
            Value::String(_) => {
                return Ok(Thing {
                    kind: Some(noun(value)?),
                    ..Thing::default()
                });
            }
            Value::Object(members) => members,
            _ => {
                return Err(format!(
                    "it is neither a noun nor an object of {}",
                    known.join(", ")
                ));
            }
        };
        let mut thing = Thing::default();
        for (key, member) in members {
            let below = format!("/{}", escape(key));
            let read = match key.as_str() {
                key if !known.contains(&key) => {
                    Err(format!("it is not known{}", did_you_mean(key, known)))
                }
                "type" => noun(member).map(|noun| thing.kind = Some(noun)),
                "id" if known.contains(&"name") && member == "none" => {
                    thing.no_id = true;
                    Ok(())
                }
                "id" => self.location(&below, member).map(|id| thing.id = Some(id)),
                _ => self
                    .location(&below, member)
                    .map(|name| thing.name = Some(name)),
            };
            if let Err(message) = read {
                self.problems
                    .error(&format!("{}{below}", self.pointer), message);
            }
        }
        Ok(thing)
    }

    /// A place, remembered together with where it is named.
    fn location(&mut self, below: &str, value: &Value) -> Result<ValueLocation, String> {
        let location = location(value).map_err(|message| {
            let place = value.as_str().and_then(|text| text.split_once('.'));
            let near = place.and_then(|(place, _)| nearest(place, PLACES.iter().copied()));
            near.map_or(message, |near| {
                format!("it is no place of a value; did you mean {near}.?")
            })
        })?;
        self.annotations
            .stated
            .push((format!("{}{below}", self.pointer), location.clone()));
        Ok(location)
    }

    fn locations(&mut self, value: &Value) -> Vec<ValueLocation> {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if items.len() > LISTED_MAX {
            let message = format!("only the first {LISTED_MAX} are read");
            self.problems.error(self.pointer, message);
        }
        let mut found = Vec::new();
        for (position, item) in items.iter().take(LISTED_MAX).enumerate() {
            let below = if value.is_array() {
                format!("/{position}")
            } else {
                String::new()
            };
            // A header is removed or kept, and never read.
            let header = any_location(item).filter(|said| matches!(said, ValueLocation::Header(_)));
            match header.map_or_else(|| self.location(&below, item), Ok) {
                Ok(location) => found.push(location),
                Err(message) => self
                    .problems
                    .error(&format!("{}{below}", self.pointer), message),
            }
        }
        found
    }
}

#[derive(Default)]
struct Thing {
    kind: Option<String>,
    id: Option<ValueLocation>,
    name: Option<ValueLocation>,
    /// `none`
    no_id: bool,
}

fn flag(value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| "it is neither true nor false".to_owned())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "it is no text".to_owned())
}

fn action(value: &Value) -> Result<Action, String> {
    let text = text(value)?;
    text.parse().map_err(|_| {
        let known: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
        format!("it is no action{}", did_you_mean(text, &known))
    })
}

/// A few words on one line.
fn word(value: &Value) -> Result<String, String> {
    let words = text(value)?;
    let word = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if word.is_empty() {
        return Err("it is empty".to_owned());
    }
    if word.chars().count() > WORD_CHARS_MAX {
        return Err(format!("it has more than {WORD_CHARS_MAX} characters"));
    }
    if word.chars().any(char::is_control) {
        return Err("it has control characters".to_owned());
    }
    Ok(word)
}

fn noun(value: &Value) -> Result<String, String> {
    word(value)
}

/// A verb by its base form, whose past is worked out, or by both.
fn verb(value: &Value) -> Result<Verb, String> {
    let (base, past) = if let Value::Object(members) = value {
        let known = ["base", "past"];
        if let Some(key) = members.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("{key} is not known{}", did_you_mean(key, &known)));
        }
        let both = members.get("base").zip(members.get("past"));
        let (base, past) = both.ok_or_else(|| "it needs both base and past".to_owned())?;
        (word(base)?, word(past)?)
    } else {
        let base = word(value)?;
        let (first, particle) = base.split_once(' ').unwrap_or((&base, ""));
        if let Some(meant) = base_of_past(first) {
            let meant = format!("{meant} {particle}");
            return Err(format!("write it as behind \"to\": {}", meant.trim()));
        }
        let past = format!("{} {particle}", verbs::past_form(first));
        (base.clone(), past.trim().to_owned())
    };
    Ok(Verb {
        past,
        base,
        complement: String::new(),
    })
}

/// `approve` of `approved`; `None` for what is no past of a known verb (`embed`, `feed`).
fn base_of_past(word: &str) -> Option<String> {
    if verbs::known(word).is_some() {
        return None;
    }
    // `use` of `used` is too short for the rule.
    let short = word.strip_suffix('d').map(str::to_owned);
    verbs::bases_of_past(word)
        .chain(short)
        .find(|base| verbs::known(base).is_some() && verbs::past_form(base) == word)
}

/// A place whose value can be read.
fn location(value: &Value) -> Result<ValueLocation, String> {
    any_location(value)
        .filter(|location| !matches!(location, ValueLocation::Header(_)))
        .ok_or_else(|| {
            "it is no place of a value; write path.id, query.id, body.order.id or response.id"
                .to_owned()
        })
}

fn any_location(value: &Value) -> Option<ValueLocation> {
    let location = unbounded_location(value)?;
    (location.text().len() <= LOCATION_BYTES_MAX).then_some(location)
}

fn unbounded_location(value: &Value) -> Option<ValueLocation> {
    match value {
        Value::String(expression) => match expression.strip_prefix("header.") {
            Some(name) => Some(ValueLocation::Header(name.to_ascii_lowercase())),
            None => ValueLocation::parse(expression),
        },
        Value::Object(members) => {
            let member = |key: &str| members.get(key).and_then(Value::as_str);
            match (member("in"), member("name"), member("pointer")) {
                (Some("path"), Some(name), _) => Some(ValueLocation::Path(name.to_owned())),
                (Some("query"), Some(name), _) => Some(ValueLocation::Query(name.to_owned())),
                (Some("header"), Some(name), _) => {
                    Some(ValueLocation::Header(name.to_ascii_lowercase()))
                }
                (Some("request"), _, Some(pointer)) => {
                    Some(ValueLocation::Request(pointer.to_owned()))
                }
                (Some("response"), _, Some(pointer)) => {
                    Some(ValueLocation::Response(pointer.to_owned()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
