//! Where in an identifier its verb stands: `cancelOrder`, `invoice_delete`, `ContainerKill`.

use super::SEPARATORS;
use super::against_path::{in_path, is_chapter, is_param_word, is_path_end, names_resource};
use super::cleaning::{is_version, without_versions};
use crate::habits::VerbPlace;
use crate::meaning::adjectives::is_adjective;
use crate::meaning::glued::unglued;
use crate::meaning::noun_words::ends_with_noun;
use crate::meaning::phrase::{Phrase, is_bulk_word, is_filler, is_preposition, object, verb_first};
use crate::meaning::rule;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Parts of generated identifiers that name the program and not the thing.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const PROGRAM_WORDS: &[&str] = &[
    "controller", "api", "apis", "service", "resource", "endpoint", "handler", "rest", "route",
    "management", "manager", "repository", "atomic",
];

/// How nouns and adjectives end, and a verb that a preposition is glued to: `scanforNetworks`.
#[rustfmt::skip] // a list of words, not of lines
const NO_VERBS_ENDINGS: &[&str] = &[
    "al", "ion", "ment", "ity", "ness", "us", "able", "ible", "ive", "ous", "ful", "less", "ary",
    "ic", "er", "or", "for", "with", "from",
];

/// Rule "noun first" before "verb first": the last group starts with a clear verb, and the whole with
/// a word that is as often a noun: `RouteTypes_GetRouteTypes`.
pub(super) fn grouped(own: &str, all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let (front, last) = own.rsplit_once(SEPARATORS)?;
    let last_group = words::split(last);
    // `compute.networks.addPeering`: behind two dots stands what is done, whatever verb the service is called as.
    if let Some((class, called)) = own.rsplit_once('.')
        && class.contains('.')
        && !own.contains(' ')
        && words::split(called).len() > 1
        && verb_first(&words::split(called)).verb.is_some()
    {
        return noun_first(own, source);
    }
    // `loadBalancers_add_droplets`: a plain verb alone between what it belongs to and its object.
    if let Some((before, verb)) = front.rsplit_once(SEPARATORS)
        && is_plain_verb(verb)
        && last != verb
        && words::split(before).len() > 1
        && names_path_end(&last_group, source)
    {
        return Some(verb_first(&[vec![verb.to_owned()], last_group].concat()));
    }
    // `BulkSendV2Batch_GetBulkSendBatches`: a class, and what it gets.
    if let [first, ..] = all
        && is_bulk_word(first)
        && last_group.len() > 1
        && verbs::is_clear(&last_group[0])
    {
        return Some(verb_first(&last_group));
    }
    // `ServiceCalls_DeleteEntity`, `Connect_PostConnectConfiguration`: a class, and what its method does.
    if last_group.len() > 1
        && !front.contains(SEPARATORS)
        && front.starts_with(|first: char| first.is_uppercase())
        && (is_own_of_method(&last_group[0], source.method)
            || last_group[0].eq_ignore_ascii_case(source.method)
            || last_group[0] == "query")
        && words::split(front)
            .iter()
            .any(|word| verbs::known(word).is_some())
    {
        return noun_first(own, source);
    }
    let first = verbs::known(all.first()?)?;
    // `ConnectLog_GetConnectLogs`: what the group repeats is its noun.
    if let Some((verb, object)) = last_group.split_first()
        && let Some(verb) = verbs::known(verb)
        && ends_with_noun(object, &words::split(front))
    {
        return Some(Phrase {
            verb: Some(verb),
            noun: object.to_vec(),
            rule: Some(&rule::NOUN_FIRST),
            ..Phrase::default()
        });
    }
    let is_clear = verbs::is_clear(last_group.first()?);
    if first.kind == Kind::Verb || !is_clear || last_group.len() < 2 {
        return None;
    }
    noun_first(own, source)
}

/// Rule "document's verb first": where nearly every operationId starts with a verb, an unknown word in
/// front of an object is one as well: `defineExpression` beside `createDomain`.
pub(super) fn habitually_first(all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    starts_with_unknown_verb(all, source).then(|| Phrase {
        verb: Some(verbs::taken_for_verb(&all[0])),
        noun: object(&all[1..]),
        rule: Some(&rule::VERB_BY_HABIT),
        ..Phrase::default()
    })
}

pub(super) fn starts_with_unknown_verb(all: &[String], source: &OperationSource<'_>) -> bool {
    let [first, next, ..] = all else {
        return false;
    };
    !matches!(source.method, "GET" | "DELETE")
        && source.habits.verb_place == VerbPlace::First
        && (3..=12).contains(&first.len())
        && first.bytes().all(|letter| letter.is_ascii_lowercase())
        && verbs::known_in_any_form(first).is_none()
        && !is_adjective(first)
        && !is_filler(first)
        && !is_preposition(first)
        && !is_preposition(next)
        && !words::is_plural(first)
        && !NO_VERBS_ENDINGS.iter().any(|end| first.ends_with(end))
        && !words::split(source.path.split('#').next().unwrap_or_default())
            .iter()
            .any(|word| words::singular(word) == *first)
        && !all.iter().any(|word| verbs::is_clear(word))
        && is_told_of_rest(first, &object(&all[1..]), source)
}

/// Whether summary or description speak of the rest without the first word.
fn is_told_of_rest(first: &str, rest: &[String], source: &OperationSource<'_>) -> bool {
    let told = [source.summary, source.description]
        .map(words::split)
        .concat();
    let stem = first.get(..first.len().min(5)).unwrap_or(first);
    rest.last().is_some_and(|head| {
        told.iter()
            .any(|word| words::singular(word) == words::singular(head))
    }) && !told.iter().any(|word| word.starts_with(stem))
}

/// Whether a verb says what its method does by itself.
pub(super) fn is_own_of_method(verb: &str, method: &str) -> bool {
    match method {
        "DELETE" => matches!(verb, "delete" | "del" | "remove" | "destroy"),
        "PUT" | "PATCH" => matches!(
            verb,
            "update" | "edit" | "modify" | "patch" | "put" | "replace" | "change"
        ),
        "POST" => matches!(verb, "create" | "add" | "insert" | "update" | "delete"),
        _ => matches!(
            verb,
            "get" | "list" | "read" | "show" | "retrieve" | "fetch"
        ),
    }
}

/// `functions_create_trigger`: behind such a verb stands its object.
pub(super) fn is_plain_verb(word: &str) -> bool {
    matches!(
        word,
        "create" | "update" | "delete" | "add" | "remove" | "get" | "list" | "edit" | "retrieve"
    )
}

/// Rule "path's noun first": `listAddMember` on `/lists/{id}/members` lists nothing.
pub(super) fn path_noun_first(all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let (first, rest) = all.split_first()?;
    let is_action = words::split(source.path.rsplit(['/', ':']).next().unwrap_or_default())
        .first()
        .is_some_and(|action| action == first && source.path.contains('}'));
    // `ListAccessControlList` on a GET lists.
    let is_noun_here = matches!(first.as_str(), "list" | "set") && source.method != "GET"
        || names_resource(first, source) && rest.first().is_some_and(|next| verbs::is_clear(next));
    // `issueEditLabel` below the tag `issue`
    let is_chapter = rest.len() > 1
        && is_plain_verb(&rest[0])
        && !is_plain_verb(first)
        && verbs::known(first).is_some()
        && source.tags.iter().any(
            |tag| matches!(words::split(tag).as_slice(), [only] if words::singular(only) == *first),
        );
    if is_chapter {
        return Some(verb_first(rest));
    }
    // `licenseTrack` on `/audio/licenses`, "License audio tracks": the summary says that it is the verb.
    let is_said = words::split(source.summary).first() == Some(first);
    if is_action
        || is_said && source.method != "GET"
        || !in_path(first, source)
        || verbs::known(first).is_none_or(|verb| verb.kind == Kind::Verb && !is_noun_here)
    {
        return None;
    }
    // `emailInvoice` on `/invoice/send_email`: what the path has for a noun is none of the verbs.
    let at = rest.iter().position(|word| {
        verbs::known(word).is_some_and(|verb| {
            verb.kind == Kind::Verb
                || rest.last().is_some_and(|last| last == word) && !in_path(word, source)
        }) && !is_preposition(word)
    })?;
    let (front, behind) = all.split_at(at + 1);
    let behind = &behind[1..];
    // `recordDeleteTypeName` on `/records/{type}/{name}`
    let only_params = behind.iter().all(|word| is_param_word(word, source.path));
    Some(Phrase {
        verb: verbs::known(&rest[at]),
        noun: if behind.is_empty() || only_params {
            about(front)
        } else {
            object(behind)
        },
        rule: Some(&rule::NOUN_FIRST),
        ..Phrase::default()
    })
}

/// Rule "noun first": `ContainerKill`, `Redis_RegenerateKey`, `pubsub.projects.topics.publish`.
pub(super) fn noun_first(own: &str, source: &OperationSource<'_>) -> Option<Phrase> {
    let mut groups: Vec<Vec<String>> = own
        .split(SEPARATORS)
        .map(|group| without_versions(words::split(group)))
        .filter(|group| !group.is_empty())
        .collect();
    // `queries.createquery`
    if own.contains('.')
        && let Some(last) = groups.pop()
    {
        groups.push(unglued(last, source));
    }
    if let [front @ .., last] = groups.as_slice()
        && !front.is_empty()
    {
        // `certificate_resend_email`: a clear verb goes before a word that is as often a noun.
        if let [only] = last.as_slice()
            && verbs::known(only).is_some_and(|verb| verb.kind == Kind::VerbOrNoun)
            && let Some(at) = front.iter().skip(1).position(|group| {
                group
                    .first()
                    .and_then(|first| verbs::known(first))
                    .is_some_and(|verb| verb.kind == Kind::Verb)
            })
        {
            return Some(verb_first(&groups[at + 1..].concat()));
        }
        // `functions_create_trigger` on `/triggers`
        if let ([.., before], [_]) = (front, last.as_slice())
            && matches!(before.as_slice(), [verb] if is_plain_verb(verb))
            && names_path_end(last, source)
        {
            return Some(verb_first(&groups[front.len() - 1..].concat()));
        }
        let mut phrase = verb_first(last);
        // "seek to position in track" is a sentence.
        let is_sentence = front.iter().flatten().any(|word| is_preposition(word))
            && phrase
                .verb
                .as_ref()
                .is_some_and(|verb| verb.kind == Kind::VerbOrNoun);
        if phrase.verb.is_some() && !is_sentence {
            let dotted = own.contains('.');
            let subject: Vec<String> = if dotted {
                front.last().cloned().unwrap_or_default()
            } else {
                front.concat()
            };
            let mut noun = about(&subject);
            if !phrase.noun.is_empty()
                && !dotted
                && let Some(head) = noun.last_mut()
            {
                *head = words::singular(head);
            }
            // `Users_createApiKey` below the tag Users, `Registry_CreateApi` on `/apis`: the object
            // stands for itself.
            let is_tag = (phrase.noun.len() > 1 || names_path_end(&phrase.noun, source))
                && source
                    .tags
                    .iter()
                    .any(|tag| words::split(tag).concat() == subject.concat());
            let repeats = repeats_class(&phrase.noun, &subject);
            // `Files_PostProjectLink` on `/projectlinks`, `testnet_sendToken` on `/testnet/tokens`: the class is a
            // chapter, and the object the path's own.
            let has_class = words::split(source.path)
                .concat()
                .contains(&subject.concat());
            let is_whole =
                !has_class && is_path_end(&phrase.noun, source) || is_chapter(&subject, source);
            if !is_tag
                && !repeats
                && (!is_whole || phrase.noun.is_empty())
                && (!dotted || phrase.noun.is_empty())
            {
                noun.append(&mut phrase.noun);
                phrase.noun = noun;
            }
            phrase.rule = Some(&rule::NOUN_FIRST);
            return Some(phrase);
        }
    }
    verb_inside(own, source)
}

/// Rule "class repeated": `ResponsiveHtml_PostTemplateResponsiveHtmlPreview`, `APIRequestLog_DeleteRequestLogs`: an
/// object that has its class's name in it, or ends it, stands for itself.
fn repeats_class(object: &[String], class: &[String]) -> bool {
    let holds_class =
        (0..object.len()).any(|end| class.len() > 1 && ends_with_noun(&object[..=end], class));
    holds_class || object.len() > 1 && object.len() < class.len() && ends_with_noun(class, object)
}

/// A verb in the middle of a name, or at its end.
fn verb_inside(own: &str, source: &OperationSource<'_>) -> Option<Phrase> {
    let all = without_versions(words::split(own));
    let end = all
        .iter()
        .position(|word| is_preposition(word))
        .unwrap_or(all.len());
    let before_preposition = all.get(..end)?;
    // `private_article_reserve_doi`: the verb stands between what encloses the object and it.
    if own.contains('_')
        && let Some(at) = before_preposition
            .iter()
            .skip(1)
            .position(|word| verbs::is_clear(word))
        && at + 2 < before_preposition.len()
    {
        return Some(verb_first(&before_preposition[at + 1..]));
    }
    // `ApiKeyDeleteCurrent` on `/api_key`
    if let Some(at) = before_preposition
        .iter()
        .skip(1)
        .position(|word| verbs::is_clear(word))
        && at + 2 < before_preposition.len()
        && (in_path(&before_preposition[at], source)
            || is_plain_verb(&before_preposition[at + 1])
                && ends_as_told(&before_preposition[at + 1..], source))
    {
        let (front, behind) = before_preposition.split_at(at + 1);
        let noun = if in_path(&before_preposition[at], source) {
            around_verb(front, object(&behind[1..]), source)
        } else {
            object(&behind[1..])
        };
        return Some(Phrase {
            verb: verbs::known(&behind[0]),
            noun,
            rule: Some(&rule::NOUN_FIRST),
            ..Phrase::default()
        });
    }
    let (last, front) = before_preposition.split_last()?;
    let verb = verbs::known(last).filter(|verb| verb.kind == Kind::Verb && !front.is_empty())?;
    Some(Phrase {
        verb: Some(verb),
        noun: about(front),
        rule: Some(&rule::NOUN_FIRST),
        ..Phrase::default()
    })
}

/// `userCurrentDeleteKey` on `/user/keys/{id}`, `DevCreateCollection` ("Create a collection"): verb and object
/// are those of the path or of the summary, and what stands in front is a chapter.
fn ends_as_told(all: &[String], source: &OperationSource<'_>) -> bool {
    let Some((verb, rest)) = all.split_first() else {
        return false;
    };
    let says_verb = || {
        words::split(source.summary)
            .iter()
            .take(3)
            .any(|word| verbs::known_in_any_form(word).is_some_and(|known| known.base == *verb))
    };
    names_path_end(&object(rest), source) || says_verb()
}

/// The words on both sides of a verb; `repoDeleteReview` on `/repos/{repo}/reviews/{id}` is about a
/// review.
fn around_verb(front: &[String], rest: Vec<String>, source: &OperationSource<'_>) -> Vec<String> {
    let mut noun = if front.len() == 1 && names_path_end(&rest, source) {
        Vec::new()
    } else {
        about(front)
    };
    let names_thing = rest
        .iter()
        .any(|word| !is_adjective(word) && word != "current");
    if names_thing {
        noun.extend(rest);
    }
    noun
}

/// Whether the path's last literal is the noun's head.
fn names_path_end(noun: &[String], source: &OperationSource<'_>) -> bool {
    let end = source
        .last_literal()
        .map(words::split)
        .filter(|words| {
            words
                .first()
                .is_none_or(|first| verbs::known(first).is_none())
        })
        .and_then(|mut words| words.pop())
        .filter(|end| !matches!(end.as_str(), "bulk" | "batch"));
    noun.last()
        .zip(end)
        .is_some_and(|(head, end)| words::singular(head) == words::singular(&end))
}

/// The object in front of a verb, without what names the program.
pub(super) fn about(front: &[String]) -> Vec<String> {
    let names_program = |word: &String| PROGRAM_WORDS.contains(&word.as_str()) || is_version(word);
    let mut noun = object(front);
    while noun.len() > 1 && noun.last().is_some_and(names_program) {
        noun.pop();
    }
    while noun.len() > 1
        && noun
            .first()
            .is_some_and(|word| matches!(word.as_str(), "api" | "rest") || is_version(word))
    {
        noun.remove(0);
    }
    noun
}
