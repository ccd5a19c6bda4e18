//! An `operationId` as a phrase: cleaned of what generators put around it, then read verb first or
//! noun first.

use super::path_shape::is_adjective;
use super::phrase::{Phrase, is_preposition, is_verb_here, object, unglued, verb_first};
use crate::operation::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Parts of generated identifiers that name the program and not the thing.
#[rustfmt::skip] // a list of words, not of lines
const PROGRAM_WORDS: &[&str] = &[
    "controller", "api", "apis", "service", "resource", "endpoint", "handler", "rest", "route",
];

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

/// Without method and path, which frameworks put in front (`get-/users/{id}_find`) or behind
/// (`add_voice_v1_voices_add_post`, `Actions_Post`, `getTextUsingPOST`).
fn cleaned(source: &OperationSource<'_>) -> String {
    let (operation_id, path) = (source.operation_id, source.path);
    let method = source.method.to_ascii_lowercase();
    let own = operation_id
        .strip_prefix(&format!("{method}-{path}_"))
        .or_else(|| operation_id.strip_prefix(&format!("{method}{path}")))
        .unwrap_or(operation_id);
    let own = without_using(own);
    let own = match own.strip_suffix(path) {
        Some(front) if !front.is_empty() => front
            .trim_end_matches('_')
            .strip_prefix(method.as_str())
            .unwrap_or(front)
            .trim_matches('_'),
        _ => own,
    };
    let mangled: String = path
        .chars()
        .map(|character| match character {
            letter if letter.is_alphanumeric() => letter,
            _ => '_',
        })
        .collect();
    if let Some(front) = own
        .strip_suffix(&format!("{mangled}_{method}"))
        .or_else(|| own.strip_suffix(&mangled))
        .filter(|front| !front.is_empty() && mangled.len() > 3)
    {
        return front.to_owned();
    }
    without_method_behind(without_param_behind(own, path), &method, path).to_owned()
}

/// `Shipment_PostByshipmentNumber`: `By` and a parameter's name, as it is written.
fn without_param_behind<'a>(own: &'a str, path: &str) -> &'a str {
    path.split(['{', '}'])
        .skip(1)
        .step_by(2)
        .filter(|name| name.len() > 2)
        .find_map(|name| own.strip_suffix(name)?.strip_suffix("By"))
        .filter(|front| !front.is_empty())
        .unwrap_or(own)
        .trim_end_matches('_')
}

/// `Actions_Post`, `onlineCodePOST`, `libreConvertPost`; `createBlogPost` is about a post.
fn without_method_behind<'a>(own: &'a str, method: &str, path: &str) -> &'a str {
    if let Some((front, end)) = own.rsplit_once('_')
        && ["get", "put", "post", "patch"]
            .iter()
            .any(|method| end.eq_ignore_ascii_case(method))
        && !front.is_empty()
    {
        return front;
    }
    if method == "delete" {
        return own;
    }
    let Some(front) = own
        .len()
        .checked_sub(method.len())
        .filter(|at| *at > 0 && own.is_char_boundary(*at))
        .map(|at| own.split_at(at))
        .filter(|(_, end)| end.eq_ignore_ascii_case(method))
    else {
        return own;
    };
    let (front, end) = front;
    let is_own_word = front.ends_with('_') || end.starts_with(|letter: char| letter.is_uppercase());
    let first = words::split(front).into_iter().next().unwrap_or_default();
    let is_loud = front.ends_with('_') || end.chars().all(|letter| letter.is_uppercase());
    let in_path = words::split(path)
        .iter()
        .any(|word| words::singular(word) == method);
    let is_object =
        !is_loud && in_path && verbs::known(&first).is_some_and(|verb| verb.kind == Kind::Verb);
    if is_own_word && !is_object {
        front.trim_end_matches('_')
    } else {
        own
    }
}

/// Whether the words are the path's own, in the path's order and up to its end.
fn repeats_path(rest: &[String], path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path_words: Vec<String> = words::split(path)
        .iter()
        .map(|word| words::singular(word))
        .collect();
    let joined = path_words.concat();
    let mut at = 0;
    let mut last_in_path = false;
    for word in rest.iter().filter(|word| !is_link_word(word)) {
        let word = words::singular(word);
        match path_words[at..].iter().position(|known| *known == word) {
            Some(step) => {
                at += step + 1;
                last_in_path = true;
            }
            None if word.len() > 2 && !path_words.contains(&word) && joined.contains(&word) => {
                last_in_path = false;
            }
            None => return false,
        }
    }
    // `getCities` on `/cities/findcitiesfromlatlong` says less than the path, and more plainly.
    let said_to_the_end = path_words[at..]
        .iter()
        .all(|word| is_link_word(word) || is_param_word(word, path));
    !last_in_path || said_to_the_end
}

fn has_verb(all: &[String], source: &OperationSource<'_>) -> bool {
    // `import_image` on `/imports/images/{id}` imports.
    let starts_with_verb = all.first().is_some_and(|first| {
        verbs::known(first).is_some() && !words::split(source.path).contains(first)
    });
    starts_with_verb
        || all
            .iter()
            .any(|word| verbs::known(word).is_some_and(|verb| verb.kind == Kind::Verb))
}

/// `v1bundlesbundle_idinsights` is the path without its punctuation, `GroceryList` one of its segments.
fn is_path_itself(own: &str, all: &[String], source: &OperationSource<'_>) -> bool {
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let joined = all.concat();
    bare(own) == bare(source.path) && !has_verb(all, source)
        || source
            .path
            .split('/')
            .filter(|segment| !segment.starts_with('{') && all.len() > 1)
            .any(|segment| bare(segment) == joined && verbs::known(&all[0]).is_none())
}

/// `5476364f031f5909e4fe331b` was drawn, not written.
fn is_random(own: &str) -> bool {
    own.len() >= 16
        && own
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && own.bytes().any(|byte| byte.is_ascii_digit())
}

/// A word without a verb that names a segment further up than the last one.
fn says_less_than_path(all: &[String], source: &OperationSource<'_>) -> bool {
    let [word] = all else { return false };
    let literals: Vec<&str> = source
        .path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .collect();
    let position = literals
        .iter()
        .position(|segment| words::split(segment).concat() == *word);
    position.is_some_and(|at| at + 1 < literals.len()) && verbs::known(word).is_none()
}

fn names_last_literal(word: &str, source: &OperationSource<'_>) -> bool {
    source
        .path
        .rsplit('/')
        .find(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .is_some_and(|segment| {
            let segment = words::split(segment).concat();
            words::singular(&segment) == words::singular(word)
                && verbs::known(word)
                    .is_some_and(|verb| verb.kind == Kind::VerbOrNoun || words::is_plural(&segment))
        })
}

fn is_param_word(word: &str, path: &str) -> bool {
    path.split(['{', '}']).skip(1).step_by(2).any(|name| {
        words::split(name)
            .iter()
            .any(|part| words::singular(part) == word)
    })
}

/// Django REST framework ends its names with what a method is called there:
/// `signatures_batch_delete_create` is a POST.
fn without_framework_action(all: &mut Vec<String>, source: &OperationSource<'_>) {
    let path_end = words::split(
        source
            .path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default(),
    );
    if let [.., before, last] = all.as_slice()
        && matches!(
            last.as_str(),
            "create" | "list" | "update" | "retrieve" | "read"
        )
        && path_end.last() == Some(before)
        && verbs::known(before).is_some_and(|verb| verb.kind == Kind::Verb)
    {
        all.pop();
    }
}

/// Rule "noun first" before "verb first": the last group starts with a clear verb, and the whole with
/// a word that is as often a noun: `RouteTypes_GetRouteTypes`.
fn grouped(own: &str, all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let first = verbs::known(all.first()?)?;
    let last_group = words::split(own.rsplit(SEPARATORS).next()?);
    let is_clear = verbs::known(last_group.first()?).is_some_and(|verb| verb.kind == Kind::Verb);
    if first.kind == Kind::Verb || !is_clear || last_group.len() < 2 {
        return None;
    }
    noun_first(own, source)
}

/// Rule "method's verb last": `invoice_delete` of a DELETE, `sign_confirm`.
fn method_last(own: &str, all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let (last, front) = all.split_last()?;
    let verb = verbs::known(last)?;
    let groups: Vec<&str> = own
        .split(SEPARATORS)
        .filter(|group| !group.is_empty())
        .collect();
    let [.., before, end] = groups.as_slice() else {
        return None;
    };
    if words::split(end).len() != 1 || is_preposition(front.last()?) {
        return None;
    }
    // `pubsub.projects.topics.delete`: what stands between dots stands for itself.
    let dotted = own.contains('.');
    let front = if dotted {
        words::split(before)
    } else {
        front.to_vec()
    };
    let is_methods_own = match source.method {
        "DELETE" => matches!(last.as_str(), "delete" | "del" | "remove" | "destroy"),
        "PUT" | "PATCH" => matches!(
            last.as_str(),
            "update" | "edit" | "modify" | "patch" | "put" | "replace" | "change"
        ),
        "POST" => matches!(
            last.as_str(),
            "create" | "add" | "insert" | "update" | "delete"
        ),
        _ => matches!(
            last.as_str(),
            "get" | "list" | "read" | "show" | "retrieve" | "fetch"
        ),
    };
    // Two words that are verbs both: the first is what it is about.
    let is_pair = front.len() == 1
        && verb.kind == Kind::Verb
        && !names_resource(last, source)
        && verbs::known(&front[0]).is_some()
        && !matches!(
            front[0].as_str(),
            "create" | "get" | "post" | "put" | "delete" | "update"
        );
    // `admin_inviteRequests_approve`: nothing in front is a verb by itself.
    let is_lone = verb.kind == Kind::Verb
        && !names_resource(last, source)
        && groups.first().is_some_and(|first| {
            words::split(first)
                .first()
                .is_some_and(|first| verbs::known(first).is_none_or(|verb| verb.kind != Kind::Verb))
        });
    (is_methods_own || is_pair || is_lone).then(|| Phrase {
        verb: Some(verb),
        noun: if is_pair && !in_path(&front[0], source) {
            Vec::new()
        } else {
            about(&front)
        },
        ..Phrase::default()
    })
}

/// `GroupV2.IndividualGroupInvite`: what stands in front of the dot is no verb.
fn dotted_verb_last(own: &str) -> Option<Phrase> {
    let (_, last) = own.rsplit_once('.')?;
    let group = without_versions(words::split(last));
    let (last, front) = group.split_last()?;
    let verb = verbs::known(last).filter(|_| !front.is_empty())?;
    verb_first(&group).verb.is_none().then(|| Phrase {
        verb: Some(verb),
        noun: about(front),
        ..Phrase::default()
    })
}

/// Rule "path's verb last": `ImagePush` on `/images/{name}/push`.
fn path_verb_last(own: &str, all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let path = source.path.trim_end_matches('/');
    let path_end = words::split(path.rsplit(['/', ':']).next().unwrap_or_default());
    let ([front @ .., last], [end]) = (all, path_end.as_slice()) else {
        return None;
    };
    let first = front.first()?;
    let fits = !own.contains(' ')
        && !super::phrase::is_filler(first)
        && !matches!(first.as_str(), "bulk" | "batch" | "mass" | "multi")
        && last == end
        && verbs::known(first).is_none_or(|verb| verb.kind == Kind::VerbOrNoun);
    let verb = verbs::known(last).filter(|_| fits)?;
    Some(Phrase {
        verb: Some(verb),
        noun: object(front),
        ..Phrase::default()
    })
}

/// Rule "path's noun first": `listAddMember` on `/lists/{id}/members` lists nothing.
fn path_noun_first(all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let (first, rest) = all.split_first()?;
    let is_action = words::split(source.path.rsplit(['/', ':']).next().unwrap_or_default())
        .first()
        .is_some_and(|action| action == first && source.path.contains('}'));
    let is_noun_here = matches!(first.as_str(), "list" | "set")
        || names_resource(first, source)
            && rest
                .first()
                .is_some_and(|next| verbs::known(next).is_some_and(|verb| verb.kind == Kind::Verb));
    if is_action
        || !in_path(first, source)
        || verbs::known(first).is_none_or(|verb| verb.kind == Kind::Verb && !is_noun_here)
    {
        return None;
    }
    let at = rest.iter().position(|word| {
        verbs::known(word).is_some_and(|verb| {
            verb.kind == Kind::Verb || rest.last().is_some_and(|last| last == word)
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
        ..Phrase::default()
    })
}

/// Whether the path has the word's plural.
fn names_resource(word: &str, source: &OperationSource<'_>) -> bool {
    words::split(source.path)
        .iter()
        .any(|known| words::is_plural(known) && words::singular(known) == word)
}

/// Whether a literal of the path ends with the word.
fn in_path(word: &str, source: &OperationSource<'_>) -> bool {
    let word = words::singular(word);
    source
        .path
        .split('/')
        .filter(|segment| !segment.starts_with('{'))
        .any(|segment| {
            words::split(segment)
                .last()
                .is_some_and(|last| words::singular(last) == word)
        })
}

/// Rule "noun first": `ContainerKill`, `Redis_RegenerateKey`, `pubsub.projects.topics.publish`.
fn noun_first(own: &str, source: &OperationSource<'_>) -> Option<Phrase> {
    let groups: Vec<Vec<String>> = own
        .split(SEPARATORS)
        .map(|group| without_versions(words::split(group)))
        .filter(|group| !group.is_empty())
        .collect();
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
        let mut phrase = verb_first(last);
        if phrase.verb.is_some() {
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
            // `Users_createApiKey` below the tag Users: the object stands for itself.
            let is_tag = phrase.noun.len() > 1
                && source
                    .tags
                    .iter()
                    .any(|tag| words::split(tag).concat() == subject.concat());
            if !is_tag && (!dotted || phrase.noun.is_empty()) {
                noun.append(&mut phrase.noun);
                phrase.noun = noun;
            }
            return Some(phrase);
        }
    }
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
            .position(|word| verbs::known(word).is_some_and(|verb| verb.kind == Kind::Verb))
        && at + 2 < before_preposition.len()
    {
        return Some(verb_first(&before_preposition[at + 1..]));
    }
    // `ApiKeyDeleteCurrent` on `/api_key`
    if let Some(at) = before_preposition
        .iter()
        .skip(1)
        .position(|word| verbs::known(word).is_some_and(|verb| verb.kind == Kind::Verb))
        && at + 2 < before_preposition.len()
        && in_path(&before_preposition[at], source)
    {
        let (front, behind) = before_preposition.split_at(at + 1);
        let mut noun = about(front);
        let rest = object(&behind[1..]);
        if !rest
            .iter()
            .all(|word| is_adjective(word) || word == "current")
        {
            noun.extend(rest);
        }
        return Some(Phrase {
            verb: verbs::known(&behind[0]),
            noun,
            ..Phrase::default()
        });
    }
    let (last, front) = before_preposition.split_last()?;
    let verb = verbs::known(last).filter(|verb| verb.kind == Kind::Verb && !front.is_empty())?;
    Some(Phrase {
        verb: Some(verb),
        noun: about(front),
        ..Phrase::default()
    })
}

/// The object in front of a verb, without what names the program.
fn about(front: &[String]) -> Vec<String> {
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

fn is_version(word: &String) -> bool {
    let digits = word.strip_prefix('v').unwrap_or(word);
    digits.chars().all(|character| character.is_ascii_digit())
}

/// `originBatch` is about origins, many at once.
fn without_amount(noun: &mut Vec<String>) -> bool {
    let amount = noun.len() > 1
        && noun
            .last()
            .is_some_and(|last| matches!(last.as_str(), "batch" | "bulk"));
    if amount {
        noun.pop();
    }
    amount
}

/// `dcim_power-panels_bulk_delete` below the tag `dcim` is about power panels.
fn without_tag(noun: &mut Vec<String>, source: &OperationSource<'_>) {
    let is_tag = |word: &String| {
        source
            .tags
            .iter()
            .any(|tag| words::split(tag) == std::slice::from_ref(word))
    };
    let names_path = noun.last().is_some_and(|head| in_path(head, source));
    if noun.len() > 2 && names_path && is_tag(&noun[0]) && !words::is_plural(&noun[0]) {
        noun.remove(0);
    }
}

/// `listId` is a list.
fn without_key(noun: &mut Vec<String>) {
    while noun.len() > 1
        && noun
            .last()
            .is_some_and(|last| matches!(last.as_str(), "id" | "ids" | "uuid" | "guid"))
    {
        noun.pop();
    }
}

/// `internalUserEntity` on `/user` is an internal user.
fn without_kind(noun: &mut Vec<String>, source: &OperationSource<'_>) {
    if let [.., before, last] = noun.as_slice()
        && matches!(
            last.as_str(),
            "entity"
                | "object"
                | "resource"
                | "record"
                | "instance"
                | "model"
                | "dto"
                | "item"
                | "collection"
        )
        && (in_path(before, source) || matches!(last.as_str(), "collection" | "resource"))
        && !in_path(last, source)
    {
        noun.pop();
    }
}

/// `SubscriptionsApi_PutSubscription` is about a subscription, once.
fn without_repetition(noun: &mut Vec<String>) {
    noun.dedup_by(|next, known| {
        let same = words::singular(next) == words::singular(known);
        if same {
            known.clone_from(next);
        }
        same
    });
    // `TravelReimbursements_PostTravelReimbursement`
    let (half, rest) = noun.split_at(noun.len() / 2);
    if noun.len().is_multiple_of(2)
        && half
            .iter()
            .zip(rest)
            .all(|(one, other)| words::singular(one) == words::singular(other))
    {
        noun.drain(..noun.len() / 2);
    }
}

/// Generators number what they name twice (`Aggregate2`); the path knows `s3` and `oauth2`.
fn without_number(all: &mut [String], source: &OperationSource<'_>) {
    if let Some(last) = all.last_mut() {
        let stem = last.trim_end_matches(|digit: char| digit.is_ascii_digit());
        if stem.len() > 2
            && stem.len() < last.len()
            && last.len() - stem.len() <= 2
            && !words::split(source.path).contains(last)
        {
            *last = stem.to_owned();
        }
    }
}

fn without_versions(mut all: Vec<String>) -> Vec<String> {
    while all.len() > 1 && all.last().is_some_and(is_version) {
        all.pop();
    }
    while all.len() > 1 && all.first().is_some_and(is_version) {
        all.remove(0);
    }
    all
}

/// Generators append how a method was called: `getTextUsingPOST`, `GetItemusingJSON_1`.
fn without_using(operation_id: &str) -> &str {
    let lower = operation_id.to_ascii_lowercase();
    match lower.rfind("using") {
        Some(at) if at > 2 && lower.len() - at <= 14 && lower.is_char_boundary(at) => {
            &operation_id[..at]
        }
        _ => operation_id,
    }
}

fn is_link_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "by" | "and" | "of" | "the" | "a" | "for" | "in" | "to" | "all"
    )
}
