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

use daybook_event::Outcome;

use crate::meaning::Meaning;
use crate::value_location::RequestValues;

/// The most words of a sentence.
pub(crate) const WORDS_MAX: usize = 18;

/// The most characters of a sentence.
pub(crate) const SENTENCE_CHARS_MAX: usize = 300;

/// The most characters of a value within a sentence.
const VALUE_CHARS_MAX: usize = 60;

/// The most words of a value within a sentence.
const VALUE_WORDS_MAX: usize = 5;

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

/// Writes the sentence.
pub fn sentence(facts: &SentenceFacts<'_>) -> String {
    let actor = match plain(facts.actor) {
        empty if empty.is_empty() => "someone".to_owned(),
        actor => actor,
    };
    let Some(meaning) = facts.meaning else {
        let call = format!(
            "{} {}",
            plain(facts.method),
            cut(&one_word(facts.path), 200)
        );
        return cut(
            &framed(facts.outcome, &actor, "called", "call", &call),
            SENTENCE_CHARS_MAX,
        );
    };
    if let Some(activity) = &meaning.activity
        && let Some(written) = activity.write(&actor, meaning, facts)
    {
        return cut_words(&cut(&written, SENTENCE_CHARS_MAX));
    }
    // The parent helps, but goes first where the sentence would be too long with it.
    let entity = entity_phrase(meaning, facts);
    let mut written = String::new();
    for object in [format!("{entity}{}", parent_phrase(meaning, facts)), entity] {
        written = framed(
            facts.outcome,
            &actor,
            &meaning.verb.past,
            &meaning.verb.base,
            &object,
        );
        if words(&written) <= WORDS_MAX {
            break;
        }
    }
    cut_words(&cut(&written, SENTENCE_CHARS_MAX))
}

/// Puts the object of a verb into the frame that the outcome asks for.
pub(crate) fn framed(
    outcome: Outcome,
    actor: &str,
    past: &str,
    base: &str,
    object: &str,
) -> String {
    let space = if object.is_empty() { "" } else { " " };
    match outcome {
        Outcome::Success => format!("{actor} {past}{space}{object}"),
        Outcome::Denied => format!("{actor} tried to {base}{space}{object} but was not allowed to"),
        Outcome::Failure => format!("{actor} tried to {base}{space}{object} but it failed"),
        Outcome::Unknown => format!("{actor} asked to {base}{space}{object}"),
    }
}

/// `workflow Onboarding`, `workflows 41, 42`, `7 workflows`, `a workflow`, `the tax settings`.
pub(crate) fn entity_phrase(meaning: &Meaning, facts: &SentenceFacts<'_>) -> String {
    if let Some(part) = part_phrase(meaning, facts) {
        return part;
    }
    let name = value(facts.entity_name);
    let ids: Vec<String> = facts
        .entity_ids
        .iter()
        .map(|id| value(id))
        .filter(|id| !id.is_empty())
        .collect();
    let (singular, plural) = (&meaning.entity_type, &meaning.entity_plural);
    let noun = match (name.as_str(), ids.as_slice()) {
        ("", []) if names_the_whole_event(&meaning.verb.base) => String::new(),
        ("", []) if meaning.bulk => plural.clone(),
        ("", []) if meaning.singleton => format!("the {singular}"),
        ("", []) => format!("{} {singular}", article(singular)),
        ("", [id]) => format!("{singular} {id}"),
        ("", ids) if ids.len() <= IDS_WRITTEN_MAX => format!("{plural} {}", ids.join(", ")),
        ("", ids) => format!("{} {plural}", ids.len()),
        (_, ids) if ids.len() > 1 => format!("{} {plural}", ids.len()),
        (name, _) => format!("{singular} {name}"),
    };
    let complement = &meaning.verb.complement;
    if complement.is_empty() {
        noun
    } else {
        format!("{noun} {complement}")
    }
}

/// `the rating of ride 7`: the id is that of what the thing is part of.
fn part_phrase(meaning: &Meaning, facts: &SentenceFacts<'_>) -> Option<String> {
    let parent = meaning.parent.as_ref()?;
    if !is_part(meaning, parent) || !facts.entity_name.is_empty() {
        return None;
    }
    let whole = [facts.parent_name, facts.parent_id]
        .into_iter()
        .chain(facts.entity_ids.iter().map(String::as_str))
        .map(value)
        .find(|text| !text.is_empty())?;
    let noun = if meaning.plural {
        &meaning.entity_plural
    } else {
        &meaning.entity_type
    };
    Some(format!("the {noun} of {} {whole}", parent.entity_type))
}

/// Whether the thing is known by the id of its parent alone.
fn is_part(meaning: &Meaning, parent: &crate::meaning::Parent) -> bool {
    parent.id.is_some()
        && parent.id == meaning.entity_id
        && parent.entity_type != meaning.entity_type
}

/// ` of team Ops`, where the parent is known and not the entity itself.
fn parent_phrase(meaning: &Meaning, facts: &SentenceFacts<'_>) -> String {
    let Some(parent) = &meaning.parent else {
        return String::new();
    };
    let known = [facts.parent_name, facts.parent_id]
        .into_iter()
        .map(value)
        .find(|text| !text.is_empty());
    let is_entity = parent.entity_type == meaning.entity_type
        || (parent.id.is_some() && parent.id == meaning.entity_id);
    match known {
        Some(_) if is_entity => String::new(),
        Some(known) => format!(" {} {} {known}", meaning.preposition(), parent.entity_type),
        None => String::new(),
    }
}

/// "jane@example.com logged in" needs no object.
fn names_the_whole_event(verb: &str) -> bool {
    matches!(
        verb,
        "log in" | "log out" | "sign in" | "sign out" | "sign up"
    )
}

fn article(noun: &str) -> &'static str {
    let sounds_like_consonant = ["uni", "use", "usa", "uri", "url", "one", "eu"];
    let lower = noun.to_lowercase();
    if lower.starts_with(['a', 'e', 'i', 'o', 'u'])
        && !sounds_like_consonant
            .iter()
            .any(|start| lower.starts_with(start))
    {
        "an"
    } else {
        "a"
    }
}

/// A value as it may stand in a sentence: without control characters, short.
pub(crate) fn value(text: &str) -> String {
    let text = plain(text);
    let mut words: Vec<&str> = text.split(' ').collect();
    let long = words.len() > VALUE_WORDS_MAX;
    words.truncate(VALUE_WORDS_MAX);
    let text = words.join(" ");
    if long && text.chars().count() < VALUE_CHARS_MAX {
        format!("{text}…")
    } else {
        cut(&text, VALUE_CHARS_MAX)
    }
}

/// Control characters and the ones that turn the direction of writing become spaces, runs of
/// spaces one.
pub(crate) fn plain(text: &str) -> String {
    let visible: String = text
        .chars()
        .take(1_000)
        .map(|character| {
            if is_invisible(character) {
                ' '
            } else {
                character
            }
        })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A path as one word: it has no spaces of its own.
fn one_word(text: &str) -> String {
    plain(text).replace(' ', "%20")
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars_max - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

fn cut_words(text: &str) -> String {
    if words(text) <= WORDS_MAX {
        return text.to_owned();
    }
    let kept: Vec<&str> = text.split_whitespace().take(WORDS_MAX).collect();
    format!("{}…", kept.join(" "))
}
