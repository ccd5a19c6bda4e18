//! What is acted upon where no path names it: what the texts say, a tag, what is asked for.

use daybook_event::Action;

use super::{NAMES_CALL, Number, Thing};
use crate::meaning::function_words::DETERMINERS;
use crate::meaning::noun_words::{SAYS_HOW, names_deed};
use crate::meaning::phrase;
use crate::meaning::rule;
use crate::meaning::verb::Chosen;
use crate::operation_source::OperationSource;
use crate::{verbs, words};

/// What a description speaks of, where the summary is a verb alone: "Compile", "evaluates queries".
pub(super) fn described(source: &OperationSource<'_>) -> Option<Vec<String>> {
    let is_bare = words::split(source.summary).len() == 1;
    phrase::of_summary(source.description, source.path)
        .map(|phrase| phrase.noun)
        .filter(|noun| is_bare && !noun.is_empty())
}

/// No resource in the path: `/query`, `/{uuid}`, one path for all operations.
pub(super) fn without_path(
    source: &OperationSource<'_>,
    chosen: &Chosen,
    noun: Option<Vec<String>>,
) -> Thing {
    let from_tag = || {
        let tag = source.tags.first()?;
        let mut found = words::split(tag);
        while found.len() > 1
            && found.last().is_some_and(|word| {
                matches!(
                    word.as_str(),
                    "operations" | "api" | "service" | "endpoints" | "management"
                )
            })
        {
            found.pop();
        }
        (found != [chosen.base.clone()]).then_some(found)
    };

    let (noun, rule) = if let Some(noun) = noun {
        (noun, &rule::OBJECT)
    } else if let Some(title) = titled(source, chosen) {
        (title, &rule::SUMMARY_OBJECT)
    } else if let Some(tag) = from_tag() {
        (tag, &rule::TAG_NOUN)
    } else if let Some(input) = asked_for(source) {
        (input, &rule::NO_NOUN)
    } else {
        (vec!["record".to_owned()], &rule::NO_NOUN)
    };
    let plural = noun.last().is_some_and(|head| words::is_plural(head));
    let creates = chosen.action == Action::Create;
    Thing {
        noun: words::noun_phrase(&noun),
        number: if (plural || chosen.bulk) && !creates {
            Number::Many
        } else {
            Number::One
        },
        by_natural_key: true,
        rule: Some(rule),
        ..Thing::default()
    }
}

/// The most words of a title that are a noun.
const TITLE_WORDS_MAX: usize = 3;

/// What a title is about: "Document categorization service" at `/categorize`, "Airport by id" at `/{id}`.
pub(super) fn titled(source: &OperationSource<'_>, chosen: &Chosen) -> Option<Vec<String>> {
    let is_deed = |word: &str| {
        word == chosen.base
            || names_deed(word, &chosen.base)
            || verbs::of_noun(word)
                .or_else(|| verbs::known_in_any_form(word))
                .is_some_and(|verb| verb.base == chosen.base)
    };
    let title: Vec<String> = words::split(source.summary.split(['.', ',', ';', '(']).next()?);
    // "Document extraction service" is a title, "Document an extraction" a sentence.
    let is_said = title.first().is_none_or(|first| {
        verbs::is_clear(first)
            || title
                .get(1)
                .is_some_and(|next| DETERMINERS.contains(&next.as_str()))
    });
    let mut noun = phrase::object(&title);
    let whole = noun.len();
    while noun
        .last()
        .is_some_and(|last| NAMES_CALL.contains(&last.as_str()) || is_deed(last))
    {
        noun.pop();
    }
    // "Categorization of documents"
    let is_noun = !is_said
        && !title
            .iter()
            .any(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        && !noun.is_empty()
        && noun.len() <= TITLE_WORDS_MAX;
    let is_of_call = whole > noun.len() || whole < title.len();
    (is_noun && is_of_call).then_some(noun)
}

/// What a call without any noun cannot go without: the `number` of `POST /lookup?number=…`.
fn asked_for(source: &OperationSource<'_>) -> Option<Vec<String>> {
    let mut required = source
        .query
        .iter()
        .filter(|property| source.requires_query(property.name))
        .map(|property| words::split(property.name))
        .filter(|name| !says_how(name));
    let only = required.next().filter(|_| required.next().is_none())?;
    (only.len() <= TITLE_WORDS_MAX && only.concat().len() > 1).then_some(only)
}

/// Whether a parameter says who asks or in which form: `api_key`, `format`.
fn says_how(name: &[String]) -> bool {
    name.last().is_some_and(|last| {
        SAYS_HOW.contains(&last.as_str())
            || matches!(
                last.as_str(),
                "key"
                    | "apikey"
                    | "token"
                    | "secret"
                    | "limit"
                    | "page"
                    | "callback"
                    | "id"
                    | "json"
            )
    })
}
