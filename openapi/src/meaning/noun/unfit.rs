//! Nouns that are none by themselves: what is only said of a thing, and what is done to it.

use super::{Thing, is_only_said_of};
use crate::meaning::function_words::PREPOSITIONS;
use crate::meaning::phrase::Phrase;
use crate::meaning::verb::Chosen;
use crate::words;

/// Rule "said of what": `repoGetRawFile` on `/raw/{path}` is about a raw file, and `deleteDefaultWorkflow` on
/// `/schemes/{id}/default` about a default workflow: whoever says what is raw, or the default.
pub(super) fn said_of(thing: &Thing, phrases: &[Option<&Phrase>]) -> Option<String> {
    let only = [words::singular(&thing.noun)];
    let is_said_of =
        is_only_said_of(&only) || matches!(only[0].as_str(), "raw" | "current" | "recent");
    if !is_said_of || is_also_noun(&only[0]) {
        return None;
    }
    let names_it = |noun: &&Vec<String>| {
        noun.last()
            .is_some_and(|last| !is_only_said_of(std::slice::from_ref(last)) && *last != only[0])
    };
    let nouns = phrases.iter().flatten().map(|phrase| &phrase.noun);
    nouns.filter(names_it).find_map(|noun| {
        let at = noun.iter().position(|word| *word == only[0])?;
        Some(words::noun_phrase(&noun[at..]))
    })
}

/// Adjectives that people use for things as well.
fn is_also_noun(word: &str) -> bool {
    matches!(
        word,
        "favorite" | "favourite" | "live" | "public" | "top" | "open" | "alternative"
    )
}

/// Verbs that nobody takes for a noun behind another one.
#[rustfmt::skip] // a list of words, not of lines
const DEEDS: &[&str] = &[
    "add", "create", "insert", "delete", "remove", "destroy", "modify", "upsert", "get", "retrieve", "deregister",
    "unregister", "subscribe", "unsubscribe", "cancel", "approve", "reject", "activate", "deactivate", "enable",
    "disable", "confirm", "verify", "validate", "assign", "unassign", "revoke", "initialize", "generate",
    "autocomplete", "analyze", "analyse", "anonymize", "calculate", "resolve", "apply", "publish",
];

/// Rule "done to what": nobody confirms a `password reset confirm`, and a `flow validate` is a flow.
pub(super) fn without_deed(noun: &str, chosen: &Chosen) -> Option<String> {
    let (rest, last) = noun.rsplit_once(' ')?;
    let front = rest.rsplit(' ').next().unwrap_or(rest);
    // "updated the user details update", but a status update is one.
    let is_echo = last == "update" && chosen.base == last;
    let names_thing =
        front.len() > 2 && !is_only_said_of(&[front.to_owned()]) && !PREPOSITIONS.contains(&front);
    (names_thing && (DEEDS.contains(&last) || is_echo)).then(|| rest.to_owned())
}
