//! A document's own sentence, see [`crate::activity_template`], with a call's values in it.

use daybook_event::{ActivityPartKind as Kind, Outcome};

use super::length::tidy;
use super::{IDS_WRITTEN_MAX, Parts, Writer, part, text};
use crate::activity_template::{ActivityTemplate, Facet, TemplatePart};
use crate::meaning::Meaning;
use crate::plain_text::visible;

/// What stands where a call has no value.
const NOT_GIVEN: &str = "(not given)";

impl ActivityTemplate {
    /// The parts of the sentence; `None` where the outcome is none that the template can tell of, and
    /// where it names what the thing is part of and that is nothing.
    pub(crate) fn write(&self, writer: &Writer<'_>, meaning: &Meaning) -> Option<Parts> {
        let has_parent = meaning.parent.is_some() || writer.known_parent().is_some();
        if self.names_parent() && !has_parent {
            return None;
        }
        if writer.facts.outcome == Outcome::Success {
            return Some(written(&self.0, writer, meaning));
        }
        let object = match self.0.as_slice() {
            [
                TemplatePart::Actor,
                TemplatePart::Text(space),
                TemplatePart::Verb,
                object @ ..,
            ] if space.trim().is_empty() => object,
            _ => return None,
        };
        let object = tidy(written(object, writer, meaning));
        Some(writer.framed(&meaning.verb.past, &meaning.verb.base, object))
    }
}

fn written(parts: &[TemplatePart], writer: &Writer<'_>, meaning: &Meaning) -> Parts {
    parts
        .iter()
        .flat_map(|template| match template {
            TemplatePart::Text(words) => vec![text(&visible(words))],
            TemplatePart::Actor => writer.actor(),
            TemplatePart::Verb => vec![writer.verb(&meaning.verb.past, &meaning.verb.base)],
            TemplatePart::Entity(facet) => entity(*facet, writer, meaning),
            TemplatePart::Parent(facet) => parent(*facet, writer, meaning),
            TemplatePart::Value(location) => {
                let word = location.expression();
                let values = location.read(&writer.facts.values);
                listed(Kind::Value, &word, writer, &values)
            }
        })
        .collect()
}

fn entity(facet: Facet, writer: &Writer<'_>, meaning: &Meaning) -> Parts {
    let facts = writer.facts;
    match facet {
        Facet::Phrase => writer.entity(meaning),
        Facet::Id => listed(Kind::Entity, "", writer, facts.entity_ids),
        Facet::Name => given(Kind::Entity, writer, facts.entity_name),
        Facet::Type => vec![writer.noun(Kind::EntityType, &meaning.entity_type)],
    }
}

fn parent(facet: Facet, writer: &Writer<'_>, meaning: &Meaning) -> Parts {
    let facts = writer.facts;
    let noun = meaning
        .parent
        .as_ref()
        .map(|parent| writer.noun(Kind::ParentType, &parent.entity_type));
    match facet {
        Facet::Phrase => match (noun, writer.known_parent()) {
            (None, None) => not_given(Kind::Parent, ""),
            (noun, known) => {
                let mut parts: Parts = noun.into_iter().collect();
                parts.push(text(" "));
                parts.extend(known.unwrap_or_default());
                tidy(parts)
            }
        },
        Facet::Id => given(Kind::Parent, writer, facts.parent_id),
        Facet::Name => given(Kind::Parent, writer, facts.parent_name),
        Facet::Type => noun.map_or_else(|| not_given(Kind::ParentType, ""), |noun| vec![noun]),
    }
}

fn given(kind: Kind, writer: &Writer<'_>, value: &str) -> Parts {
    writer
        .value_as(kind, "", value)
        .unwrap_or_else(|| not_given(kind, ""))
}

fn not_given(kind: Kind, word: &str) -> Parts {
    vec![part(kind, NOT_GIVEN, word)]
}

/// The first values, and how many more there are.
fn listed(kind: Kind, word: &str, writer: &Writer<'_>, values: &[String]) -> Parts {
    let known: Vec<Parts> = values
        .iter()
        .filter_map(|text| writer.value_as(kind, word, text))
        .collect();
    let first = known[..known.len().min(IDS_WRITTEN_MAX)].join(&text(", "));
    match known.len().checked_sub(IDS_WRITTEN_MAX) {
        _ if known.is_empty() => not_given(kind, word),
        None | Some(0) => first,
        Some(more) => [first, vec![text(&format!(" and {more} more"))]].concat(),
    }
}
