//! A noun that only says the verb again: "exported exports", "updated user details updates".

use super::noun::Thing;
use super::noun_words::names_deed;
use super::phrase::Phrase;
use super::verb::Chosen;
use crate::words;

/// Rule "said once": `POST /contacts/exports` that says "Export contacts" exported contacts, and
/// `POST /users/{id}/userDetailsUpdate` updated user details. But roles that are assigned at `/assignments/{id}` are in an assignment.
pub(super) fn without_deed(thing: &mut Thing, chosen: &Chosen, summary: Option<&Phrase>) {
    let Some(told) = summary.filter(|summary| summary.does(&chosen.base)) else {
        return;
    };
    let object = words::noun_phrase(&told.noun);
    let is_deed = |word: &str| {
        let word = words::singular(word);
        word == chosen.base || names_deed(&word, &chosen.base)
    };
    let is_same = |said: &[&str]| {
        let said: Vec<String> = said.iter().map(|word| (*word).to_owned()).collect();
        words::noun_phrase(&said) == object
    };
    let said: Vec<&str> = thing.noun.split(' ').collect();
    let is_doubled = said.last().is_some_and(|last| is_deed(last))
        && (said.len() == 1 || is_same(&said[..said.len() - 1]));
    let says_more = !object.is_empty() && !is_deed(words::head(&object));
    let is_own = thing.param.is_some()
        && !(said.len() > 1 && said.last().is_some_and(|last| *last == chosen.base));
    if !is_own && is_doubled && says_more {
        thing.noun = object;
    }
}
