//! `x-audit.activity`: a document's own sentence about its operation.
//!
//! `"{actor} invited {body.email} to {entity}"`, with these placeholders:
//!
//! | placeholder | what stands in its place |
//! |---|---|
//! | `{actor}` | who called |
//! | `{verb}` | the operation's verb in the past tense |
//! | `{entity}`, `{parent}` | the noun with the name or id of the thing, of what it is part of |
//! | `{entity.id}`, `{entity.name}`, `{entity.type}`, `{parent.id}`, … | one of these alone |
//! | `{path.x}`, `{query.x}` | a parameter |
//! | `{body.x.y}`, `{response.x}` | a value of a body; `[]` behind a name is any item: `{body.items[].id}` |
//!
//! `{{` and `}}` are braces. What a call does not have reads `(not given)`; where there is no parent at all, a
//! sentence with one is worked out as without the template.
//!
//! A template is checked when its document is loaded: by its form here, against its operation in
//! [`crate::read_operations::checks`]. A broken one is told, and the sentence is worked out as without it.
//! One that stands at a path or at the root is used by the operations that it fits, and told where it
//! fits none.
//!
//! A template tells of success. Of a call that was denied, that failed or whose answer nobody saw it is
//! used only where it begins with `{actor} {verb}`: then the verb can be put as "tried to …". Any other
//! wording cannot be, and the worked-out sentence tells of such calls; so it does where the template's own
//! words leave no room for what became of the call.

use serde::{Deserialize, Serialize};

use crate::nearest::nearest;
use crate::plain_text::{SENTENCE_CHARS_MAX, WORDS_MAX, plain};
use crate::value_location::ValueLocation;

/// The placeholders that need no name behind them.
pub(crate) const FIXED: &[&str] = &[
    "actor",
    "verb",
    "entity",
    "entity.id",
    "entity.name",
    "entity.type",
    "parent",
    "parent.id",
    "parent.name",
    "parent.type",
];

/// A template whose form is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActivityTemplate(pub(crate) Vec<TemplatePart>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TemplatePart {
    Text(String),
    Actor,
    Verb,
    Entity(Facet),
    Parent(Facet),
    Value(ValueLocation),
}

/// Which part of a thing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Facet {
    Phrase,
    Id,
    Name,
    Type,
}

impl ActivityTemplate {
    /// # Errors
    /// What is wrong with its form, in one line.
    pub(crate) fn parse(template: &str) -> Result<Self, String> {
        if template.chars().count() > SENTENCE_CHARS_MAX {
            return Err(format!("it has more than {SENTENCE_CHARS_MAX} characters"));
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let (brace, behind) = rest[at..].split_at(1);
            if let Some(behind) = behind.strip_prefix(brace) {
                text.push_str(brace);
                rest = behind;
                continue;
            }
            if brace == "}" {
                return Err("a brace } has no { in front of it; as text it is }}".to_owned());
            }
            let Some((name, behind)) = behind.split_once('}') else {
                return Err("a brace { is not closed; as text it is {{".to_owned());
            };
            if !text.is_empty() {
                parts.push(TemplatePart::Text(std::mem::take(&mut text)));
            }
            parts.push(TemplatePart::parse(name.trim())?);
            rest = behind;
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text));
        }
        Self(parts).checked()
    }

    fn checked(self) -> Result<Self, String> {
        let words: usize = self
            .0
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => plain(text).split_whitespace().count(),
                _ => 0,
            })
            .sum();
        if words > WORDS_MAX {
            return Err(format!(
                "it has {words} words of its own; a sentence has at most {WORDS_MAX} with its values"
            ));
        }
        let is_blank = self.0.iter().all(|part| match part {
            TemplatePart::Text(text) => plain(text).is_empty(),
            _ => false,
        });
        if is_blank {
            return Err("it is empty".to_owned());
        }
        Ok(self)
    }

    /// The places whose values it writes.
    pub(crate) fn locations(&self) -> impl Iterator<Item = &ValueLocation> {
        self.0.iter().filter_map(|part| match part {
            TemplatePart::Value(location) => Some(location),
            _ => None,
        })
    }

    /// Whether it tells what the thing is part of.
    pub(crate) fn names_parent(&self) -> bool {
        let mut parts = self.0.iter();
        parts.any(|part| matches!(part, TemplatePart::Parent(_)))
    }
}

impl TemplatePart {
    fn parse(name: &str) -> Result<Self, String> {
        let facet = |facet: &str| match facet {
            "id" => Some(Facet::Id),
            "name" => Some(Facet::Name),
            "type" => Some(Facet::Type),
            _ => None,
        };
        let known = match name.split_once('.') {
            None if name == "actor" => Some(Self::Actor),
            None if name == "verb" => Some(Self::Verb),
            None if name == "entity" => Some(Self::Entity(Facet::Phrase)),
            None if name == "parent" => Some(Self::Parent(Facet::Phrase)),
            Some(("entity", rest)) => facet(rest).map(Self::Entity),
            Some(("parent", rest)) => facet(rest).map(Self::Parent),
            _ => ValueLocation::parse(name).map(Self::Value),
        };
        known.ok_or_else(|| unknown(name))
    }
}

/// What is told of a placeholder that there is not.
fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(60).collect();
    let (place, rest) = name.split_once('.').unwrap_or((name, ""));
    let places = ["path", "query", "body", "response"];
    let near = nearest(name, FIXED.iter().copied())
        .map(str::to_owned)
        .or_else(|| {
            let place = nearest(place, places.into_iter().filter(|_| !rest.is_empty()))?;
            Some(format!("{place}.{rest}"))
        });
    match near {
        Some(near) => format!("the placeholder {{{shown}}} is not known; did you mean {{{near}}}?"),
        None => format!(
            "the placeholder {{{shown}}} is not known; known are actor, verb, entity and parent (alone or with .id, .name or .type), and path., query., body. and response. with a name"
        ),
    }
}
