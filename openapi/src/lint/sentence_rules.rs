//! What is wrong with a sentence: the rules that find it.

use super::settlement::Settlement;
use crate::meaning::{ANNOTATED, Rule};
use crate::operation::Operation;
use crate::plain_text::{self, WORDS_MAX};
use crate::{verbs, words};
use daybook_event::Action;

/// The fewest letters by which a verb and a noun are told to be of one root: `add` and `address`
/// are not, `assign` and `assignment` are.
const ROOT_CHARS_MIN: usize = 4;

/// Verbs that no noun begins with.
#[rustfmt::skip] // a list of words, not of lines
const NEVER_IN_NOUNS: &[&str] = &[
    "get", "create", "update", "delete", "remove", "add", "send", "fetch", "enable", "disable",
    "activate", "deactivate",
];

/// A rule that leaves a doubt, or finds a problem.
pub(super) const fn rule(name: &'static str, reason: &'static str) -> Rule {
    Rule {
        name,
        reason,
        certain: false,
    }
}

static TOO_LONG: Rule = rule(
    "sentence-too-long",
    "it does not fit into 18 words and 300 characters",
);
static NO_NOUN: Rule = rule("sentence-without-noun", "\"record\" says nothing");
static TWO_VERBS: Rule = rule("sentence-of-two-verbs", "a sentence has one main verb");
static REPEATS: Rule = rule("sentence-repeats-a-word", "a person would say it once");
static CONTRADICTS: Rule = rule(
    "sentence-of-another-action",
    "its verb says another action than `x-audit` does",
);
static IN_DOUBT: Rule = rule(
    "sentence-in-doubt",
    "it stands on the action or the entity, which are in doubt",
);

/// Every rule, in the order in which they are asked.
pub(super) static ALL: &[&Rule] = &[
    &TOO_LONG,
    &NO_NOUN,
    &TWO_VERBS,
    &REPEATS,
    &CONTRADICTS,
    &IN_DOUBT,
];

/// The first rule that finds something wrong with an operation's sentence, and what would settle it.
/// A sentence of the document's own (`x-audit.activity`) may be as it likes.
pub(super) fn doubt(operation: &Operation, message: &str) -> Option<(&'static Rule, Settlement)> {
    let meaning = &operation.meaning;
    if meaning.activity.is_some() {
        return None;
    }
    // What an annotation says is meant so.
    let noun_is_said = meaning.decisions.entity.name == ANNOTATED.name;
    let wrong = if message.ends_with('…') || plain_text::words(message) > WORDS_MAX {
        &TOO_LONG
    } else if !noun_is_said && is_fallback_noun(operation) {
        &NO_NOUN
    } else if has_two_verbs(operation) {
        &TWO_VERBS
    } else if repeats_a_word(operation) {
        &REPEATS
    } else if contradicts_action(operation) {
        &CONTRADICTS
    } else if !meaning.decisions.action.certain || !meaning.decisions.entity.certain {
        // Settled with what it stands on.
        return Some((&IN_DOUBT, Settlement::default()));
    } else {
        return None;
    };
    Some((wrong, Settlement::activity(meaning)))
}

/// `record`, where the document does not speak of records.
fn is_fallback_noun(operation: &Operation) -> bool {
    let speaks_of_records = [&operation.path, &operation.operation_id]
        .iter()
        .any(|text| text.to_lowercase().contains("record"));
    operation.meaning.entity_type == "record" && !speaks_of_records
}

/// `created or updated order`, `created send email`.
fn has_two_verbs(operation: &Operation) -> bool {
    let meaning = &operation.meaning;
    let joined = [" and ", " or "]
        .iter()
        .any(|word| meaning.verb.base.contains(word) || meaning.verb.past.contains(word));
    joined
        || meaning
            .entity_type
            .split_once(' ')
            .is_some_and(|(first, _)| NEVER_IN_NOUNS.contains(&first))
}

/// "created order 7" of what is annotated as read, "viewed order 7" of what a PUT's `verb: view` leaves an update.
fn contradicts_action(operation: &Operation) -> bool {
    const PLAIN: &[&str] = &["create", "update", "delete", "view"];
    let meaning = &operation.meaning;
    let base = meaning.verb.base.as_str();
    // `delete permanently` deletes.
    let first = base.split(' ').next().filter(|first| PLAIN.contains(first));
    let Some(verb) = verbs::known(base).or_else(|| first.and_then(verbs::known)) else {
        return false;
    };
    let is_plain = PLAIN.contains(&verb.base.as_str());
    let contradicts = match (meaning.action, verb.action) {
        (Action::Read, said) => matches!(said, Action::Create | Action::Update | Action::Delete),
        // Who returns a loan or resolves an incident by PUT looks at nothing.
        (Action::Create | Action::Delete, Action::Update)
        | (Action::Update, Action::Create | Action::Read)
        | (Action::Execute, _) => is_plain,
        (Action::Create, said) => matches!(said, Action::Read | Action::Delete),
        (Action::Delete, said) => matches!(said, Action::Read | Action::Create),
        (Action::Update, said) => said == Action::Delete,
    };
    contradicts && meaning.decisions.action.name == ANNOTATED.name
}

/// `assigned assignment`, `created order order`.
fn repeats_a_word(operation: &Operation) -> bool {
    let meaning = &operation.meaning;
    let nouns: Vec<String> = meaning
        .entity_type
        .split_whitespace()
        .map(|word| words::singular(&word.to_lowercase()))
        .collect();
    let verb = meaning.verb.base.split(' ').next().unwrap_or_default();
    let root = verb.strip_suffix('e').unwrap_or(verb);
    let is_of_the_verb =
        |noun: &String| root.chars().count() >= ROOT_CHARS_MIN && noun.starts_with(root);
    nouns.iter().any(is_of_the_verb) || nouns.windows(2).any(|pair| pair[0] == pair[1])
}
