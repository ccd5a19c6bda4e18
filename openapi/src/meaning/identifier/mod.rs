//! An `operationId` as a phrase: cleaned of what generators put around it, then read verb first or
//! noun first.

mod against_path;
mod cleaning;
mod phrasal_last;
mod verb_last;
mod word_order;

use super::glued::{links_apart, unglued};
use super::phrase::{Phrase, is_verb_here, object, verb_first};
use crate::meaning::adjectives::is_adjective;
use crate::meaning::verb::is_weak_read;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;
use against_path::{
    has_verb, in_path, is_noun_of_path, is_param_word, is_path_itself, is_random, is_witnessed,
    names_last_literal, repeats_path, says_less_than_path, starts_with_segment,
};
pub(crate) use cleaning::without_using;
use cleaning::{
    behind_path_groups, called_of_class, cleaned, in_front_of_kind, without_amount,
    without_framework_action, without_interface, without_key, without_kind, without_number,
    without_program, without_repetition, without_tag, without_versions,
};
use phrasal_last::phrasal_last;
use verb_last::{dotted_verb_last, habitually_last, method_last, own_verb_last, path_verb_last};
use word_order::{
    PROGRAM_WORDS, grouped, habitually_first, noun_first, path_noun_first, starts_with_unknown_verb,
};

/// What stands between the groups of an identifier.
const SEPARATORS: &[char] = &['.', '_', '/', '-', ' ', ':', '#'];

/// Within how many words a summary names what it is about.
const COMPOUND_WORDS_MAX: usize = 8;

/// Reads an `operationId`; `None` where it only repeats method and path, as generated ones do.
pub(crate) fn of_operation_id(source: &OperationSource<'_>) -> Option<Phrase> {
    let own = own_name(source)?;
    let all = own_words(&own, source)?;
    let mut phrase = as_summary_says(&own, &all, source)
        .or_else(|| phrasal_last(&all))
        .or_else(|| compound_of_summary(&all, source))
        .or_else(|| habitually_last(&own, &all, source))
        .or_else(|| grouped(&own, &all, source))
        .or_else(|| method_last(&own, &all, source))
        .or_else(|| path_verb_last(&own, &all, source))
        .or_else(|| own_verb_last(&all, source))
        .or_else(|| path_noun_first(&all, source))
        .or_else(|| dotted_verb_last(&own))
        .unwrap_or_else(|| {
            let mut phrase = verb_first(&all);
            if starts_with_segment(&all, source) {
                phrase = Phrase {
                    noun: object(&all),
                    ..Phrase::default()
                };
            } else if phrase.verb.is_some() {
                return phrase;
            }
            noun_first(&own, source)
                .or_else(|| habitually_first(&all, source))
                .unwrap_or(phrase)
        });
    // `app.settings.templates.default_template`: what stands between dots stands for itself.
    if phrase.verb.is_none()
        && let Some((_, last)) = own.rsplit_once('.')
    {
        phrase.noun = words::split(last);
    }
    // `deleteAddonProperty_delete` says it twice.
    while phrase.noun.len() > 1 && phrase.does(&phrase.noun[0]) {
        phrase.noun.remove(0);
    }
    without_second_verb(&mut phrase);
    clean_object(&mut phrase, source);
    // `putDocumentUpload` uploads a document.
    if phrase.noun.len() > 1
        && phrase.does("put")
        && phrase.noun.last().is_some_and(|last| last == "upload")
    {
        phrase.noun.pop();
        phrase.verb = verbs::known("upload");
    }
    // `dispatcher_qrcode_post` on `/qrcode`: a noun that nothing else speaks of names the program.
    if phrase.verb.is_none() && !is_witnessed(&phrase.noun, source) {
        return None;
    }
    Some(phrase)
}

/// An `operationId` without what generators put around it.
fn own_name(source: &OperationSource<'_>) -> Option<String> {
    let mut own = cleaned(source);
    // `put_folders_id#remove_shared_link` on a path with the same fragment
    if let Some((_, fragment)) = source.path.split_once('#')
        && let Some(at) = own.rfind('#').filter(|at| own[at + 1..] == *fragment)
    {
        own.truncate(at);
    }
    if own.trim().is_empty() {
        return None;
    }
    own = links_apart(behind_path_groups(&own, source), source);
    if let Some(called) = called_of_class(&own) {
        own = called.to_owned();
    } else if let Some(front) = in_front_of_kind(&own, source) {
        own = front.to_owned();
        if !words::split(&own).iter().any(|word| verbs::is_clear(word)) {
            return None;
        }
    }
    // `appIdPUT` on `/packages/{appId}/content`
    let names_param = |name: &str| source.path.contains(&format!("{{{name}}}"));
    if names_param(&own) || names_param(&format!("{own}Id")) {
        return None;
    }
    Some(own)
}

/// The words of an `operationId` that say more than method and path.
fn own_words(own: &str, source: &OperationSource<'_>) -> Option<Vec<String>> {
    let lower_method = source.method.to_ascii_lowercase();
    let mut all = unglued(without_versions(words::split(own)), source);
    // `queries.createquery`
    if own.contains('.')
        && let Some(last) = all.pop()
    {
        all.append(&mut unglued(vec![last], source));
    }
    // `GetGiftCardbyID`
    if let [.., glued, id] = all.as_mut_slice()
        && id == "id"
        && glued.len() > 4
        && glued.ends_with("by")
    {
        glued.truncate(glued.len() - 2);
        all.insert(all.len() - 1, "by".to_owned());
    }
    // `documents_clone_post_id`: the method stands between path and parameter.
    if let Some(at) = all.iter().skip(1).position(|word| *word == lower_method)
        && own.contains(&format!("_{lower_method}_"))
        && matches!(source.method, "PUT" | "POST" | "PATCH")
        && all[at + 2..]
            .iter()
            .all(|word| is_param_word(word, source.path))
    {
        all.truncate(at + 1);
    }
    without_number(&mut all, source);
    without_program(&mut all, source);
    // API Platform ends its names with what a method answers: `postMatchingUrlCollection`; on `/collections/{slug}`
    // a collection is a thing.
    if all.len() > 2 && all[all.len() - 1] == "collection" && !in_path("collection", source) {
        if all[0] == lower_method {
            all.pop();
        } else if all[all.len() - 2] == lower_method {
            all.truncate(all.len() - 2);
        }
    }
    // `api_partition_id_delete`, `podoc` on `/podoc/certificate`.
    // `api_transport-line-notify_id_put` ends with its method, too.
    let method_behind = |id: &str| {
        let last = id.rsplit(SEPARATORS).next();
        last.is_some_and(|last| last.eq_ignore_ascii_case(&lower_method))
    };
    let was_method_behind = method_behind(source.operation_id) && !method_behind(own);
    let (last, front) = all.split_last()?;
    if *last == lower_method && repeats_path(front, source.path)
        || was_method_behind && all.len() > 1 && repeats_path(&all, source.path)
        || all.len() > 1 && !has_verb(&all, source) && repeats_path(&all, source.path)
        || is_random(own)
        || is_path_itself(own, &all, source)
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
        // "Retrieve the sync flow" of `get-sync-flow`: the method is the verb.
        let only_gets = lower_method == "get" && starts_with_read(source.summary);
        let is_call = rest.first().is_some_and(|word| {
            (separated && !only_gets || lower_method == "post" && rest.len() > 1)
                && is_verb_here(word, &rest[1..])
                && (verbs::is_clear(word)
                    || lower_method != "delete" && !is_noun_of_path(word, source))
                || rest.len() > 1
                    && !words::split(source.path).contains(word)
                    && verbs::known(word)
                        .is_some_and(|verb| verb.kind == Kind::Verb && lower_method != "get")
                || separated && starts_with_unknown_verb(rest, source)
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
    Some(all)
}

/// "Get the sync status", "Returns a list": a summary that says no more than GET does.
fn starts_with_read(summary: &str) -> bool {
    let first = words::split(summary.split_whitespace().next().unwrap_or_default());
    first
        .first()
        .and_then(|word| verbs::known_in_any_form(word))
        .is_some_and(|verb| is_weak_read(&verb.base))
}

/// Takes from an object what is none of it: amounts, keys, kinds, repetitions, numbers, media types.
fn clean_object(phrase: &mut Phrase, source: &OperationSource<'_>) {
    // `updateMe`
    if let [only] = phrase.noun.as_mut_slice()
        && matches!(only.as_str(), "me" | "myself" | "self")
    {
        "user".clone_into(only);
    }
    // `idPostBoardImport` on `/board_import`
    if phrase.noun.len() > 1
        && phrase.noun[0].eq_ignore_ascii_case(source.method)
        && !words::split(source.path)
            .iter()
            .any(|word| words::singular(word) == phrase.noun[0])
    {
        phrase.noun.remove(0);
    }
    if phrase.noun.len() > 1 && phrase.noun[0] == "async" {
        phrase.noun.remove(0);
    }
    phrase.bulk |= without_interface(&mut phrase.noun, source.method);
    phrase.bulk |= without_amount(&mut phrase.noun, source);
    // `patchBulkConfig` on `/configs/_bulk`
    if phrase.noun.len() > 1
        && phrase.noun[0] == "bulk"
        && source
            .path
            .rsplit('/')
            .take(2)
            .any(|segment| segment.trim_matches('_') == "bulk")
        && source.path.matches('/').count() > 2
    {
        phrase.noun.remove(0);
        phrase.bulk = true;
    }
    let is_manner =
        |word: &str| word == "async" || word == "sync" && source.path.ends_with("/sync");
    if phrase.noun.len() > 1 && phrase.noun.last().is_some_and(|last| is_manner(last)) {
        phrase.noun.pop();
    }
    // `getDtcDataList` lists.
    if phrase.noun.len() > 1
        && phrase.noun.last().is_some_and(|last| last == "list")
        && phrase.does("get")
        && !source.path.to_ascii_lowercase().contains("list")
    {
        phrase.noun.pop();
        if phrase.noun.len() > 1 && phrase.noun.last().is_some_and(|last| last == "data") {
            phrase.noun.pop();
        }
        if let Some(head) = phrase.noun.last_mut() {
            *head = words::plural(head);
        }
    }
    // `WebHookManagement_Post` on `/webhooks`
    while phrase.noun.len() > 1
        && phrase.noun.last().is_some_and(|last| {
            PROGRAM_WORDS.contains(&last.as_str())
                && !source.path.to_ascii_lowercase().contains(last.as_str())
        })
    {
        phrase.noun.pop();
    }
    // `Api_End`
    if matches!(phrase.noun.as_slice(), [only] if only == "api" || only == "controller")
        && phrase.verb.is_some()
        && !source.path.contains("/apis")
    {
        phrase.noun.clear();
    }
    without_key(&mut phrase.noun, source);
    without_kind(&mut phrase.noun, source);
    without_number(&mut phrase.noun, source);
    without_repetition(&mut phrase.noun);
    without_tag(&mut phrase.noun, source);
    if phrase
        .noun
        .iter()
        .all(|word| matches!(word.as_str(), "id" | "ids" | "uuid" | "sync" | "async"))
    {
        phrase.noun.clear();
    }
    without_manner_behind(phrase, source);
}

/// Takes from an object's end what says in which form, in which state or how many.
fn without_manner_behind(phrase: &mut Phrase, source: &OperationSource<'_>) {
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
    // `VirtualMeterActive` is a virtual meter, `GetStatisticsAggregatedSingle` about statistics.
    while phrase.noun.len() > 1
        && phrase
            .noun
            .last()
            .is_some_and(|last| is_adjective(last) || says_how_many(last))
    {
        phrase.noun.pop();
    }
    // `GetTemplatesQuery` on `/templates/search`
    if let [.., things, last] = phrase.noun.as_slice()
        && last == "query"
        && words::is_plural(things)
        && phrase.does("get")
    {
        phrase.noun.pop();
    }
}

/// `GetRetrieveSeller`, `CreateEntityGetToken`, `FetchApprovalFetch`: what is never a noun stands in front of one, or
/// says once more what is done.
fn without_second_verb(phrase: &mut Phrase) {
    let is_verb = |word: &String| {
        matches!(
            word.as_str(),
            "get" | "create" | "retrieve" | "fetch" | "predict"
        )
    };
    if phrase.verb.is_none() {
        return;
    }
    // `families_get_list` on `/families`
    if phrase.noun == ["get"] {
        phrase.noun.clear();
    }
    while phrase.noun.len() > 1 && phrase.noun.last().is_some_and(is_verb) {
        phrase.noun.pop();
    }
    if let Some(at) = phrase.noun.iter().rposition(is_verb)
        && at + 1 < phrase.noun.len()
    {
        phrase.noun.drain(..=at);
    }
}

/// `GetStatisticsSingle`, `ListOrdersPaged`: how many are meant, and not what.
fn says_how_many(word: &str) -> bool {
    matches!(word, "single" | "multiple" | "paged" | "paginated")
}

/// `ProjectBudget_Post`, "Creates a project budget": the summary has a verb of its own, and the first two
/// words for one noun.
fn compound_of_summary(all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let [first, second, ..] = all else {
        return None;
    };
    let has_other_verb = all[1..]
        .iter()
        .any(|word| verbs::is_clear(word) || word == "post" || verbs::of_noun(word).is_some());
    let kind = verbs::known(first).filter(|_| !has_other_verb)?.kind;
    let told = words::split(source.text());
    let does_something_else = told
        .first()
        .and_then(|word| verbs::known_in_any_form(word))
        .is_some_and(|verb| verb.kind == Kind::Verb && verb.base != *first);
    let is_compound = told.windows(3).take(COMPOUND_WORDS_MAX).any(|three| {
        let in_front = three[0].as_str();
        // A clear verb is a noun only where an article says so.
        let may_be_noun = match kind {
            Kind::VerbOrNoun => !matches!(in_front, "to" | "and" | "or"),
            Kind::Verb => matches!(in_front, "a" | "an" | "the" | "new"),
        };
        may_be_noun && three[1] == *first && words::singular(&three[2]) == words::singular(second)
    });
    (does_something_else && is_compound).then(|| Phrase {
        noun: object(all),
        ..Phrase::default()
    })
}

/// `import_image_archive`, summary "Import an image archive": the summary says that it starts with
/// the verb.
fn as_summary_says(own: &str, all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let first = verbs::known(all.first()?).filter(|_| all.len() > 1 && !own.contains('.'))?;
    let mut summary = source.summary.split_whitespace();
    let says_so = words::split(summary.next()?)
        .first()
        .and_then(|word| verbs::known_in_any_form(word))
        .is_some_and(|verb| verb.base == first.base);
    let has_object = summary
        .next()
        .is_some_and(|next| matches!(next, "a" | "an" | "the" | "all" | "your"));
    (says_so && has_object)
        .then(|| verb_first(all))
        .filter(|phrase| phrase.verb.is_some())
}
