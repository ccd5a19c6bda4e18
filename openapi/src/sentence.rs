//! The sentence: who did what to which thing, as a person would write it.
//!
//! One main verb, at most 18 words and 300 characters. Names go before ids. What is not known is
//! left out, never written as "null". By outcome:
//!
//! | outcome | sentence |
//! |---|---|
//! | success | `jane@example.com deleted workflow Onboarding` |
//! | denied | `jane@example.com tried to delete workflow Onboarding but was not allowed to` |
//! | failure | `jane@example.com tried to delete workflow Onboarding but it failed` |
//! | unknown | `jane@example.com asked to delete workflow Onboarding` (the call came; nobody saw its answer) |
//! | not described | `jane@example.com called DELETE /v1/foo/42` |
//!
//! Values are text: markup stays as it was written, what nobody sees is left out, and a value that
//! could be taken for the sentence's own words stands in quotation marks:
//! `… deleted workflow “bob deleted everything”`.

mod article;
mod length;
mod templated;

use daybook_event::{Action, ActivityPart, ActivityPartKind as Kind, Outcome};

use crate::meaning::{Meaning, Parent};
use crate::plain_text::{self, SENTENCE_CHARS_MAX, plain, says_nothing, shorten};
use crate::value_location::{RequestValues, VALUES_MAX};
use crate::words;
use article::article;
use length::{LEVELS, Level, cut_parts, cut_words, fits, tidy};

/// How many ids of a bulk operation are written out; more are counted.
pub(crate) const IDS_WRITTEN_MAX: usize = 3;

/// What a sentence is made of. Values are plain text, already redacted.
#[derive(Debug, Clone, Copy)]
pub struct SentenceFacts<'a> {
    /// Who: an e-mail address, a name, an id; empty reads `someone`.
    pub actor: &'a str,
    /// What the operation means; `None` where no document describes it.
    pub meaning: Option<&'a Meaning>,
    /// The HTTP method.
    pub method: &'a str,
    /// The concrete path.
    pub path: &'a str,
    /// The ids of the things acted upon; several only in a bulk operation.
    pub entity_ids: &'a [String],
    /// The name of the thing, or empty.
    pub entity_name: &'a str,
    /// The id of what the thing is part of, or empty.
    pub parent_id: &'a str,
    /// Its name, or empty.
    pub parent_name: &'a str,
    /// How the call ended.
    pub outcome: Outcome,
    /// The call's values, redacted; only an `x-audit.activity` template reads them.
    pub values: RequestValues<'a>,
}

/// A sentence and its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Plain text, at most 300 characters: the texts of the parts, joined.
    pub text: String,
    /// Who, what and which, one by one; see [`ActivityPart`].
    pub parts: Vec<ActivityPart>,
}

impl Sentence {
    /// The sentence that a handler wrote itself, as one part; `None` where there is nothing to read.
    ///
    /// It is cut after 18 words and 300 characters, as every sentence.
    pub fn stated(text: &str) -> Option<Self> {
        let text = plain(text);
        (!says_nothing(&text)).then(|| Self::of(cut_words(vec![part(Kind::Text, &text, "")])))
    }

    /// Whether it says all of what a handler wrote.
    pub fn holds(&self, stated: &str) -> bool {
        self.text == plain(stated)
    }

    fn of(parts: Vec<ActivityPart>) -> Self {
        let parts = cut_parts(tidy(parts), SENTENCE_CHARS_MAX);
        Self {
            text: parts.iter().map(|part| part.text.as_str()).collect(),
            parts,
        }
    }
}

/// Writes the sentence.
///
/// Where it would be too long, it is written again with less: first without the parent, then with
/// ever shorter values. A document's own sentence may then still be too long: of a success it is cut,
/// and of any other call, whose end says what became of it, the worked-out one tells.
pub fn sentence(facts: &SentenceFacts<'_>) -> Sentence {
    let own = written(facts, Writer::own);
    let own = own.filter(|parts| facts.outcome == Outcome::Success || fits(parts));
    let parts = own.or_else(|| written(facts, |writer| Some(writer.worked_out())));
    Sentence::of(cut_words(parts.unwrap_or_default()))
}

/// A sentence with values as long as it has room for.
fn written<'a>(
    facts: &'a SentenceFacts<'a>,
    write: impl Fn(&Writer<'a>) -> Option<Parts>,
) -> Option<Parts> {
    let mut parts = Vec::new();
    for level in LEVELS {
        parts = tidy(write(&Writer { facts, level })?);
        if fits(&parts) {
            break;
        }
    }
    Some(parts)
}

impl Meaning {
    /// The same meaning of a call whose things the handler names by other nouns; one that says nothing
    /// changes nothing.
    #[must_use]
    pub fn with_nouns(mut self, entity_type: &str, parent_type: &str) -> Self {
        let is_said = |noun: &str| !says_nothing(&plain(noun));
        if is_said(entity_type) && entity_type != self.entity_type {
            entity_type.clone_into(&mut self.entity_type);
            self.entity_plural = words::plural(&said_noun(entity_type));
        }
        if is_said(parent_type) {
            match &mut self.parent {
                Some(parent) => parent_type.clone_into(&mut parent.entity_type),
                None => {
                    self.parent = Some(Parent {
                        entity_type: parent_type.to_owned(),
                        id: None,
                    });
                }
            }
        }
        self
    }
}

pub(crate) type Parts = Vec<ActivityPart>;

pub(crate) fn part(kind: Kind, text: &str, word: &str) -> ActivityPart {
    ActivityPart {
        kind,
        text: text.to_owned(),
        word: word.to_owned(),
    }
}

pub(crate) fn text(words: &str) -> ActivityPart {
    part(Kind::Text, words, "")
}

/// Writes a sentence with values of a certain length.
pub(crate) struct Writer<'a> {
    pub(crate) facts: &'a SentenceFacts<'a>,
    level: &'a Level,
}

impl Writer<'_> {
    /// The document's own sentence; `None` where it has none, or none that tells of the call.
    fn own(&self) -> Option<Parts> {
        let meaning = self.facts.meaning?;
        meaning.activity.as_ref()?.write(self, meaning)
    }

    fn worked_out(&self) -> Parts {
        let Some(meaning) = self.facts.meaning else {
            let method = plain(self.facts.method);
            let path = plain(self.facts.path).replace(' ', "%20");
            let path = shorten(&path, self.level.path);
            let call = part(Kind::Request, &format!("{method} {path}"), "");
            return self.framed("called", "call", vec![call]);
        };
        let mut object = self.entity(meaning);
        if self.level.has_parent {
            object.extend(self.parent(meaning));
        }
        self.framed(&meaning.verb.past, &meaning.verb.base, object)
    }

    /// Puts the object of a verb into the frame that the outcome asks for.
    pub(crate) fn framed(&self, past: &str, base: &str, object: Parts) -> Parts {
        let verb = |said: &str| self.verb(said, base);
        let (before, verb, after) = match self.facts.outcome {
            Outcome::Success => (" ", verb(past), ""),
            Outcome::Denied => (" tried to ", verb(base), " but was not allowed to"),
            Outcome::Failure => (" tried to ", verb(base), " but it failed"),
            Outcome::Unknown => (" asked to ", verb(base), ""),
        };
        let mut parts = self.actor();
        parts.extend([text(before), verb, text(" ")]);
        parts.extend(object);
        parts.push(text(after));
        parts
    }

    pub(crate) fn verb(&self, said: &str, base: &str) -> ActivityPart {
        part(Kind::Verb, &shorten(&plain(said), self.level.verb), base)
    }

    pub(crate) fn actor(&self) -> Parts {
        plain_text::value(self.facts.actor, self.level.actor).map_or_else(
            || vec![part(Kind::Actor, "someone", "")],
            |actor| quoted(Kind::Actor, &actor, ""),
        )
    }

    /// `workflow Onboarding`, `workflows 41, 42`, `7 workflows`, `a workflow`, `the tax settings`.
    pub(crate) fn entity(&self, meaning: &Meaning) -> Parts {
        if let Some(part) = self.part_of_whole(meaning) {
            return part;
        }
        let name = self.value(self.facts.entity_name);
        let ids: Vec<Parts> = self.ids().take(IDS_WRITTEN_MAX + 1).collect();
        let singular = self.noun(Kind::EntityType, &meaning.entity_type);
        let plural = ActivityPart {
            word: singular.text.clone(),
            ..self.noun(Kind::EntityType, &meaning.entity_plural)
        };
        let mut parts = match (name, ids.as_slice()) {
            _ if names_the_whole_event(meaning) => Vec::new(),
            (None, []) if is_one_of_many_words(meaning) => vec![text("the "), plural],
            (None, []) if meaning.bulk => vec![plural],
            (None, []) if meaning.singleton => vec![text("the "), singular],
            (None, []) => vec![text(article(&singular.text)), text(" "), singular],
            (None, [id]) => [vec![singular, text(" ")], id.clone()].concat(),
            (None, ids) if ids.len() <= IDS_WRITTEN_MAX => {
                let mut parts = vec![plural];
                for (number, id) in ids.iter().enumerate() {
                    parts.push(text(if number == 0 { " " } else { ", " }));
                    parts.extend(id.iter().cloned());
                }
                parts
            }
            (_, ids) if ids.len() > 1 => {
                let count = self.ids().count();
                // Nobody counts further.
                let more = if count >= VALUES_MAX { "at least " } else { "" };
                let count = part(Kind::Count, &count.to_string(), "");
                vec![text(more), count, text(" "), plural]
            }
            (Some(name), _) => [vec![singular, text(" ")], name].concat(),
            // Several ids are written out or counted above.
            (None, _) => vec![plural],
        };
        let complement = shorten(&plain(&meaning.verb.complement), self.level.noun);
        if !complement.is_empty() {
            parts.extend([text(" "), part(Kind::Complement, &complement, "")]);
        }
        parts
    }

    /// `the rating of ride 7`: the id is that of what the thing is part of.
    fn part_of_whole(&self, meaning: &Meaning) -> Option<Parts> {
        let parent = meaning.parent.as_ref()?;
        let is_part = parent.id.is_some()
            && parent.id == meaning.entity_id
            && parent.entity_type != meaning.entity_type;
        if !is_part || !self.facts.entity_name.is_empty() {
            return None;
        }
        let whole = [self.facts.parent_name, self.facts.parent_id]
            .into_iter()
            .chain(self.facts.entity_ids.iter().map(String::as_str))
            .find_map(|text| self.value_as(Kind::Parent, "", text))?;
        let noun = if meaning.plural {
            ActivityPart {
                word: said_noun(&meaning.entity_type),
                ..self.noun(Kind::EntityType, &meaning.entity_plural)
            }
        } else {
            self.noun(Kind::EntityType, &meaning.entity_type)
        };
        let mut parts = vec![text("the "), noun, text(" of ")];
        parts.push(self.noun(Kind::ParentType, &parent.entity_type));
        parts.push(text(" "));
        parts.extend(whole);
        Some(parts)
    }

    /// ` of team Ops`, where the parent is known and not the entity itself.
    fn parent(&self, meaning: &Meaning) -> Parts {
        let Some(parent) = &meaning.parent else {
            return Vec::new();
        };
        let is_entity = parent.entity_type == meaning.entity_type
            || (parent.id.is_some() && parent.id == meaning.entity_id);
        let known = self.known_parent().filter(|_| !is_entity);
        let Some(known) = known else {
            return Vec::new();
        };
        let preposition = format!(" {} ", meaning.preposition());
        let noun = self.noun(Kind::ParentType, &parent.entity_type);
        [vec![text(&preposition), noun, text(" ")], known].concat()
    }

    pub(crate) fn known_parent(&self) -> Option<Parts> {
        [self.facts.parent_name, self.facts.parent_id]
            .into_iter()
            .find_map(|text| self.value_as(Kind::Parent, "", text))
    }

    fn ids(&self) -> impl Iterator<Item = Parts> {
        self.facts.entity_ids.iter().filter_map(|id| self.value(id))
    }

    fn value(&self, text: &str) -> Option<Parts> {
        self.value_as(Kind::Entity, "", text)
    }

    pub(crate) fn value_as(&self, kind: Kind, word: &str, text: &str) -> Option<Parts> {
        plain_text::value(text, self.level.value).map(|value| quoted(kind, &value, word))
    }

    /// A noun as people write it; its word is what it stands for, whatever its length.
    pub(crate) fn noun(&self, kind: Kind, noun: &str) -> ActivityPart {
        let said = said_noun(noun);
        let said = if says_nothing(&said) { "record" } else { &said };
        part(kind, &shorten(said, self.level.noun), said)
    }
}

fn quoted(kind: Kind, value: &plain_text::PlainValue, word: &str) -> Parts {
    let value_part = part(kind, &value.text, word);
    if value.is_quoted {
        vec![text("“"), value_part, text("”")]
    } else {
        vec![value_part]
    }
}

/// A handler may name a noun as its program does: `order_item`, `OrderItem`.
fn said_noun(noun: &str) -> String {
    let noun = plain(noun);
    let is_identifier = !noun.contains(' ')
        && (noun.contains('_')
            || noun
                .chars()
                .zip(noun.chars().skip(1))
                .any(|(before, after)| before.is_lowercase() && after.is_uppercase()));
    if is_identifier {
        words::split(&noun).join(" ")
    } else {
        noun
    }
}

/// Settings are many words for one thing: who changes them changes the settings, not some settings.
fn is_one_of_many_words(meaning: &Meaning) -> bool {
    meaning.bulk
        && meaning.entity_ids.is_none()
        && meaning.action != Action::Read
        && matches!(
            words::head(&meaning.entity_plural),
            "settings" | "preferences" | "options" | "details" | "credentials" | "statistics"
        )
}

/// "jane@example.com logged in" needs no object, and "logged in session 7" says no more.
fn names_the_whole_event(meaning: &Meaning) -> bool {
    let is_session = meaning
        .entity_type
        .split(' ')
        .next_back()
        .is_some_and(|noun| matches!(noun, "session" | "login" | "logout" | "token"));
    match meaning.verb.base.as_str() {
        "log in" | "log out" | "log on" | "sign in" | "sign out" | "sign on" => is_session,
        _ => false,
    }
}
