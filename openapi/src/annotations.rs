//! `x-audit`: what a document says about its own operations, in place of what would be worked out.

use daybook_event::Action;
use serde_json::Value;

use crate::sentence::ActivityTemplate;
use crate::value_location::ValueLocation;

/// What the `x-audit` objects of a document, a path item and an operation say together; the
/// narrower one wins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Annotations {
    pub(crate) ignore: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) org: Option<ValueLocation>,
    pub(crate) action: Option<Action>,
    pub(crate) entity_type: Option<String>,
    pub(crate) entity_id: Option<ValueLocation>,
    pub(crate) entity_name: Option<ValueLocation>,
    pub(crate) parent_type: Option<String>,
    pub(crate) parent_id: Option<ValueLocation>,
    pub(crate) activity: Option<ActivityTemplate>,
    pub(crate) redact: Vec<ValueLocation>,
    pub(crate) keep: Vec<ValueLocation>,
}

impl Annotations {
    /// Reads the `x-audit` of `holder` over what is known so far. What cannot be used is told to
    /// `problem` with the key it stands under, and left out.
    pub(crate) fn read_over(&mut self, holder: &Value, problem: &mut dyn FnMut(&str, String)) {
        let Some(annotation) = holder.get("x-audit") else {
            return;
        };
        let Value::Object(members) = annotation else {
            problem("", "`x-audit` is no object".to_owned());
            return;
        };
        for (key, value) in members {
            if let Err(message) = self.read_member(key, value) {
                problem(&format!("/{key}"), message);
            }
        }
    }

    fn read_member(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "service" => {}
            "ignore" => self.ignore = Some(flag(value)?),
            "capture" => self.capture = Some(flag(value)?),
            "org" => self.org = Some(location(value)?),
            "action" => {
                let action = text(value)?.parse().map_err(|error| format!("{error}"))?;
                self.action = Some(action);
            }
            "entity" => {
                let (kind, id, name) = thing(value)?;
                self.entity_type = kind.or(self.entity_type.take());
                self.entity_id = id.or(self.entity_id.take());
                self.entity_name = name.or(self.entity_name.take());
            }
            "parent" => {
                let (kind, id, _) = thing(value)?;
                self.parent_type = kind.or(self.parent_type.take());
                self.parent_id = id.or(self.parent_id.take());
            }
            "activity" => self.activity = Some(ActivityTemplate::parse(text(value)?)?),
            "redact" => self.redact.extend(locations(value)?),
            "keep" => self.keep.extend(locations(value)?),
            _ => {
                return Err(
                    "it is not known; known are service, org, ignore, capture, action, entity, parent, activity, redact and keep"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }
}

type Thing = (Option<String>, Option<ValueLocation>, Option<ValueLocation>);

/// `{type, id, name}`, or the type alone as a text.
fn thing(value: &Value) -> Result<Thing, String> {
    match value {
        Value::String(kind) => Ok((Some(kind.clone()), None, None)),
        Value::Object(members) => Ok((
            members
                .get("type")
                .map(text)
                .transpose()?
                .map(str::to_owned),
            members.get("id").map(location).transpose()?,
            members.get("name").map(location).transpose()?,
        )),
        _ => Err("it is neither a noun nor an object of type, id and name".to_owned()),
    }
}

fn flag(value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| "it is neither true nor false".to_owned())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "it is no text".to_owned())
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

fn locations(value: &Value) -> Result<Vec<ValueLocation>, String> {
    let location = |value: &Value| {
        any_location(value).ok_or_else(|| {
            "it is no place of a value; write path.id, query.id, header.x-id, body.order.id or response.id"
                .to_owned()
        })
    };
    match value {
        Value::Array(items) => items.iter().map(location).collect(),
        one => Ok(vec![location(one)?]),
    }
}
