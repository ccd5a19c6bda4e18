//! The `x-audit` that would settle a doubt, as lines to paste.

use serde_json::json;

use crate::meaning::{ANNOTATED, Meaning};
use crate::operation::Operation;
use crate::value_location::ValueLocation;

/// What `x-audit` would say: a proposal, which a person reads before they paste it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    action: Option<String>,
    entity_type: Option<String>,
    entity_id: Option<ValueLocation>,
    no_id: bool,
    activity: Option<String>,
    redact: Vec<ValueLocation>,
}

impl Settlement {
    pub(super) fn action(operation: &Operation) -> Self {
        Self {
            action: Some(operation.meaning.action.to_string()),
            ..Self::default()
        }
    }

    pub(super) fn entity(operation: &Operation) -> Self {
        Self {
            entity_type: Some(operation.meaning.entity_type.clone()),
            ..Self::default()
        }
    }

    /// The id that was worked out, or that there is none.
    pub(super) fn id(operation: &Operation) -> Self {
        let meaning = &operation.meaning;
        let entity_id = meaning
            .entity_id
            .clone()
            .or_else(|| meaning.entity_ids.clone());
        // Where the noun is annotated, by itself or not, the id stands beside it.
        let noun =
            Some(&meaning.entity_type).filter(|_| meaning.decisions.entity.name == ANNOTATED.name);
        Self {
            entity_type: noun.cloned(),
            no_id: entity_id.is_none(),
            entity_id,
            ..Self::default()
        }
    }

    pub(super) fn activity(meaning: &Meaning) -> Self {
        // Braces would be placeholders.
        let verb = meaning.verb.past.replace(['{', '}'], "");
        Self {
            activity: Some(format!("{{actor}} {verb} {{entity}}")),
            ..Self::default()
        }
    }

    pub(super) fn redaction(location: &ValueLocation) -> Self {
        Self {
            redact: vec![location.clone()],
            ..Self::default()
        }
    }

    /// Adds what another one says of the same operation.
    pub(super) fn add(&mut self, other: &Self) {
        let Self {
            action,
            entity_type,
            entity_id,
            no_id,
            activity,
            redact,
        } = other.clone();
        self.action = self.action.take().or(action);
        self.entity_type = self.entity_type.take().or(entity_type);
        self.entity_id = self.entity_id.take().or(entity_id);
        self.no_id |= no_id;
        self.activity = self.activity.take().or(activity);
        for location in redact {
            if !self.redact.contains(&location) {
                self.redact.push(location);
            }
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// `x-audit:` and its members, a line each; empty where there is nothing to say.
    pub(super) fn x_audit(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut lines = vec!["x-audit:".to_owned()];
        if let Some(action) = &self.action {
            lines.push(format!(
                "  action: {action}  # create, read, update, delete or execute"
            ));
        }
        if self.entity_type.is_some() || self.entity_id.is_some() || self.no_id {
            lines.push("  entity:".to_owned());
        }
        if let Some(noun) = &self.entity_type {
            lines.push(format!("    type: {}  # the noun, singular", scalar(noun)));
        }
        if let Some(location) = &self.entity_id {
            lines.push(format!(
                "    id: {}  # path., query., body. or response. and a name",
                place(location)
            ));
        }
        if self.no_id && self.entity_id.is_none() {
            lines
                .push("    id: none  # or path., query., body. or response. and a name".to_owned());
        }
        if let Some(activity) = &self.activity {
            lines.push(format!("  activity: {}", quoted(activity)));
        }
        if !self.redact.is_empty() {
            lines.push("  redact:  # or `keep:` for what is no secret".to_owned());
            for location in &self.redact {
                lines.push(format!("    - {}", place(location)));
            }
        }
        lines.join("\n") + "\n"
    }

    /// The same as an item of an overlay's `actions`, of a method of the path item that a query finds; empty where there
    /// is nothing to say. A method that its path does not name is named with it, since what is said of any method is said
    /// of all.
    pub(super) fn overlay(&self, method: &str, item: &str, is_any_method: bool) -> String {
        if self.is_empty() {
            return String::new();
        }
        let method = method.to_ascii_lowercase();
        let (target, above, indent) = if is_any_method {
            (item.to_owned(), format!("    {method}:\n"), "      ")
        } else {
            (format!("{item}.{method}"), String::new(), "    ")
        };
        let target = plain_or_quoted(&target);
        let mut lines = format!("- target: {target}\n  update:\n{above}");
        for line in self.x_audit().lines() {
            lines.push_str(indent);
            lines.push_str(line);
            lines.push('\n');
        }
        lines
    }
}

/// A location as YAML: the expression where that says all of it, or else the object.
fn place(location: &ValueLocation) -> String {
    let short = location.expression();
    if ValueLocation::parse(&short).as_ref() == Some(location) {
        plain_or_quoted(&short)
    } else {
        json!(location).to_string()
    }
}

/// A noun as YAML. What YAML would read as something else than a text is put in quotes.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|character| character.is_ascii_lowercase() || matches!(character, ' ' | '-'))
        && !text.ends_with(' ')
        && !matches!(
            text,
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text of letters and what paths are written with.
fn plain_or_quoted(text: &str) -> String {
    let starts_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$');
    let is_plain = text.chars().all(|character| {
        character.is_ascii_alphanumeric() || "$.:[]{}()'/_-+*@~=".contains(character)
    });
    // A colon is a letter only in front of one.
    if starts_plain && is_plain && !text.ends_with(':') {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A JSON text is a YAML text as well.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}
