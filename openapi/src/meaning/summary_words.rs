//! The words of a summary before they are read as a phrase: labels, alternatives, praise.

use super::function_words::DETERMINERS;
use crate::verbs;

/// How many words in front only praise or place the noun: "currently executing jobs", "the logged
/// message", "high-quality documents".
pub(super) fn said_of_noun(noun: &[String]) -> usize {
    let mut count = 0;
    while let [first, second, ..] = &noun[count..] {
        let is_adverb = first.len() > 4 && first.ends_with("ly") && is_verbal(second);
        let is_praise = matches!(
            first.as_str(),
            "original" | "unique" | "short" | "simple" | "certain" | "logged" | "registered"
        ) || count > 0 && DETERMINERS.contains(&first.as_str());
        let is_superlative = matches!(first.as_str(), "most" | "least") && noun.len() > count + 2;
        let skipped = if is_adverb || is_superlative || first == "high" && second == "quality" {
            2
        } else {
            usize::from(is_praise)
        };
        if skipped == 0 || count + skipped >= noun.len() {
            break;
        }
        count += skipped;
    }
    count
}

fn is_verbal(word: &str) -> bool {
    word.ends_with("ed") || word.ends_with("ing")
}

/// "Update/create a group" is "update or create a group", "Enable/disable it" only updates it.
pub(super) fn alternatives(mut all: Vec<String>, written: &str) -> Vec<String> {
    if all.len() > 2
        && written.matches('/').count() == all.len() - 1
        && all
            .iter()
            .all(|word| verbs::known_in_any_form(word).is_some())
    {
        return vec!["update".to_owned()];
    }
    if let [first, second] = all.as_slice()
        && written.contains('/')
        && [first, second]
            .iter()
            .all(|word| verbs::known_in_any_form(word).is_some())
    {
        let is_switch = second
            .strip_prefix("dis")
            .is_some_and(|end| first.strip_prefix("en") == Some(end))
            || second.strip_prefix("de").or(second.strip_prefix("un")) == Some(first);
        if is_switch {
            return vec!["update".to_owned()];
        }
        all.insert(1, "or".to_owned());
    }
    all
}

/// Without what stands in square brackets or Markdown in front: `[BETA]`, `### What`, `**Note**`.
pub(super) fn without_brackets(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(inside) = rest.strip_prefix('[') {
        match inside.split_once(']') {
            Some((_, after)) => rest = after.trim_start(),
            None => break,
        }
    }
    rest.trim_start_matches(['#', '*', '-', ' ', '_', '`', '"'])
}

/// "Given the id of a webhook, return its data": what is done stands behind the comma.
pub(super) fn behind_given(text: &str) -> &str {
    let words =
        |text: &str| crate::words::split(text.split_whitespace().next().unwrap_or_default());
    let is_condition = words(text).first().is_some_and(|first| {
        matches!(
            first.as_str(),
            "given" | "based" | "using" | "for" | "provided"
        )
    });
    text.split_once(", ")
        .map(|(_, done)| done.trim_start())
        .filter(|done| {
            let first = words(done);
            is_condition
                && first
                    .first()
                    .and_then(|first| verbs::known_in_any_form(first))
                    .is_some_and(|verb| verb.kind == verbs::Kind::Verb)
        })
        .unwrap_or(text)
}
