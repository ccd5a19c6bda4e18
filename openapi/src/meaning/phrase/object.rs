//! What a verb is done to, out of the words behind it.

use crate::meaning::adjectives::is_adjective;
use crate::meaning::function_words::{
    DETERMINERS, LEADING_PARTICIPLES, PARTICIPLES, PRAISE, PREPOSITIONS,
};

/// The object's words, up to a preposition and without determiners.
pub(crate) fn object(all: &[String]) -> Vec<String> {
    let start = all
        .iter()
        .take_while(|word| DETERMINERS.contains(&word.as_str()))
        .count();
    // "the public interface" of a server is another one than the private.
    let start = match all.get(start.saturating_sub(1)..) {
        Some([which, thing, ..])
            if start > 0
                && matches!(which.as_str(), "public" | "private")
                && matches!(thing.as_str(), "interface" | "ip" | "network" | "key") =>
        {
            start - 1
        }
        _ => start,
    };
    // "incoming and outgoing transactions"
    if let [first, link, second, ..] = &all[start..]
        && matches!(link.as_str(), "and" | "or")
        && [first, second]
            .iter()
            .all(|word| is_adjective(word) || word.ends_with("ing") && word.len() > 5)
    {
        let rest = &all[start + 2..];
        let qualifies = is_adjective(second)
            && rest
                .get(1)
                .is_some_and(|next| !PREPOSITIONS.contains(&next.as_str()));
        return object(&rest[usize::from(qualifies)..]);
    }
    // "input text inot a given language": in front of an article within stands a preposition.
    let article = all[start..]
        .iter()
        .take_while(|word| !PREPOSITIONS.contains(&word.as_str()))
        .skip(2)
        .position(|word| matches!(word.as_str(), "a" | "an" | "the"));
    if let Some(at) = article {
        return object(&all[start..=start + at]);
    }
    let leads = matches!(&all[start..], [first, next, ..]
        if LEADING_PARTICIPLES.contains(&first.as_str())
            && !PREPOSITIONS.contains(&next.as_str())
            && !DETERMINERS.contains(&next.as_str()));
    // `siteToSiteVpn`
    let joins = |at: usize| {
        let behind = &all[start..];
        at > 0 && behind[at] == "to" && behind.get(at + 1) == behind.get(at - 1)
    };
    let noun: Vec<String> = all[start..]
        .iter()
        .enumerate()
        .take_while(|(at, word)| {
            *at == 0 && leads || !PREPOSITIONS.contains(&word.as_str()) || joins(*at)
        })
        .map(|(_, word)| word)
        .zip(all[start..].iter().skip(1).map(Some).chain([None]))
        .enumerate()
        .take_while(|(at, (word, _))| {
            // "daily report all countries", "users this user is followed by"
            *at == 0
                || !matches!(
                    word.as_str(),
                    "all" | "each" | "every" | "any" | "this" | "these" | "you" | "your" | "they"
                )
        })
        // "a matrix uniformly at random"
        .take_while(|(at, (word, next))| {
            *at == 0
                || !is_manner(word)
                || next.is_some_and(|next| !PREPOSITIONS.contains(&next.as_str()))
        })
        .take_while(|(at, (word, next))| {
            // "areas located within", "tokens belonging to"
            *at == 0
                || !(word.ends_with("ed")
                    || word.ends_with("ing")
                    || PARTICIPLES.contains(&word.as_str()))
                || next.is_none_or(|next| !PREPOSITIONS.contains(&next.as_str()))
        })
        .map(|(_, (word, _))| word)
        .filter(|word| !word.chars().all(|digit| digit.is_ascii_digit()))
        .filter(|word| !DETERMINERS[..3].contains(&word.as_str()))
        // "overview event paged"
        .filter(|word| !matches!(word.as_str(), "paged" | "paginated"))
        .take(6)
        // "a video's metadata"
        .map(|word| word.strip_suffix("'s").unwrap_or(word).to_owned())
        .collect();
    // "a request for a messages report"
    if let [only] = noun.as_slice()
        && only == "request"
        && all.get(start + 1).is_some_and(|word| word == "for")
        && all
            .get(start + 2)
            .is_some_and(|word| matches!(word.as_str(), "a" | "an" | "the"))
    {
        return object(&all[start + 2..]);
    }
    without_container(noun, all, start)
}

/// "a list of orders" and "the details of an order" are about orders.
fn without_container(noun: Vec<String>, all: &[String], start: usize) -> Vec<String> {
    let praised = usize::from(
        matches!(noun.as_slice(), [first, _] if is_adjective(first) || PRAISE.contains(&first.as_str())),
    );
    let named = start + praised;
    if let Some([only]) = noun.get(praised..)
        && matches!(
            only.as_str(),
            "list"
                | "details"
                | "detail"
                | "set"
                | "number"
                | "collection"
                | "information"
                | "info"
                | "batch"
                | "page"
                | "sequence"
                | "array"
                | "subset"
        )
        && all
            .get(named + 1)
            .is_some_and(|word| matches!(word.as_str(), "of" | "for" | "about" | "on"))
    {
        return object(&all[named + 2..]);
    }
    // "an archive containing multiple QR codes" is what they come in.
    if let [only] = noun.as_slice()
        && matches!(only.as_str(), "archive" | "file" | "zip" | "document")
        && all.get(start + 1).is_some_and(|word| word == "containing")
    {
        return object(&all[start + 2..]);
    }
    noun
}

/// An adverb that says how something is done, where it ends an object: "uniformly", "only".
fn is_manner(word: &str) -> bool {
    word == "only"
        || word.len() > 6
            && ["ally", "tely", "ntly", "mly", "ously", "ively"]
                .iter()
                .any(|end| word.ends_with(end))
}
