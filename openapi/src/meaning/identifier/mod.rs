//! An `operationId` as a phrase: cleaned of what generators put around it, then read verb first or
//! noun first.

mod against_path;
mod cleaning;
mod word_order;

use super::phrase::{Phrase, is_verb_here, unglued, verb_first};
use crate::meaning::path_shape::is_adjective;
use crate::operation::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;
use against_path::{
    has_verb, is_path_itself, is_random, names_last_literal, repeats_path, says_less_than_path,
};
use cleaning::{
    cleaned, without_amount, without_framework_action, without_key, without_kind, without_number,
    without_repetition, without_tag, without_versions,
};
use word_order::{
    dotted_verb_last, grouped, method_last, noun_first, path_noun_first, path_verb_last,
};

/// What stands between the groups of an identifier.
const SEPARATORS: &[char] = &['.', '_', '/', '-', ' ', ':', '#'];

/// Reads an `operationId`; `None` where it only repeats method and path, as generated ones do.
pub(crate) fn of_operation_id(source: &OperationSource<'_>) -> Option<Phrase> {
    let own = cleaned(source);
    if own.trim().is_empty() {
        return None;
    }
    let lower_method = source.method.to_ascii_lowercase();
    let mut all = unglued(without_versions(words::split(&own)), source);
    without_number(&mut all, source);
    // API Platform ends its names with what a method answers: `postMatchingUrlCollection`.
    if all.len() > 2 && all[0] == lower_method && all[all.len() - 1] == "collection" {
        all.pop();
    }
    // `api_partition_id_delete`, `podoc` on `/podoc/certificate`.
    let (last, front) = all.split_last()?;
    if *last == lower_method && repeats_path(front, source.path)
        || all.len() > 1 && !has_verb(&all, source) && repeats_path(&all, source.path)
        || is_random(&own)
        || is_path_itself(&own, &all, source)
        || says_less_than_path(&all, source)
    {
        return None;
    }
    if all.first() == Some(&lower_method) {
        let rest = &all[1..];
        if repeats_path(rest, source.path) {
            return None;
        }
        // `post-listRecurringDetails`: the method in front of an identifier of its own.
        let after_method = own.get(lower_method.len()..).unwrap_or_default();
        let separated = after_method.starts_with(['-', '_', '.', '/', ' ']);
        let is_call = rest.first().is_some_and(|word| {
            separated && is_verb_here(word, &rest[1..])
                || rest.len() > 1
                    && !words::split(source.path).contains(word)
                    && verbs::known(word)
                        .is_some_and(|verb| verb.kind == Kind::Verb && lower_method != "get")
        });
        if is_call {
            all = rest.to_vec();
        }
    }
    // `Quote_Post` on `/quotes`: what the path takes for a thing is no verb.
    if let [word] = all.as_slice()
        && names_last_literal(word, source)
    {
        return None;
    }
    without_framework_action(&mut all, source);
    let mut phrase = grouped(&own, &all, source)
        .or_else(|| method_last(&own, &all, source))
        .or_else(|| path_verb_last(&own, &all, source))
        .or_else(|| path_noun_first(&all, source))
        .or_else(|| dotted_verb_last(&own))
        .unwrap_or_else(|| {
            let phrase = verb_first(&all);
            if phrase.verb.is_some() {
                return phrase;
            }
            noun_first(&own, source).unwrap_or(phrase)
        });
    // `deleteAddonProperty_delete` says it twice.
    while phrase.noun.len() > 1
        && phrase
            .verb
            .as_ref()
            .is_some_and(|verb| verb.base == phrase.noun[0])
    {
        phrase.noun.remove(0);
    }
    phrase.bulk |= without_amount(&mut phrase.noun);
    without_key(&mut phrase.noun);
    without_kind(&mut phrase.noun, source);
    without_repetition(&mut phrase.noun);
    without_number(&mut phrase.noun, source);
    without_tag(&mut phrase.noun, source);
    if phrase
        .noun
        .iter()
        .all(|word| matches!(word.as_str(), "id" | "ids" | "uuid"))
    {
        phrase.noun.clear();
    }
    let path_end = source.path.rsplit('/').next().unwrap_or_default();
    while phrase.noun.len() > 1
        && phrase.noun.last().is_some_and(|last| {
            last == path_end
                && matches!(
                    last.as_str(),
                    "json" | "xml" | "csv" | "xls" | "xlsx" | "rss" | "yaml"
                )
        })
    {
        phrase.noun.pop();
    }
    // `VirtualMeterActive` is a virtual meter.
    while phrase.noun.len() > 1 && phrase.noun.last().is_some_and(|last| is_adjective(last)) {
        phrase.noun.pop();
    }
    Some(phrase)
}
