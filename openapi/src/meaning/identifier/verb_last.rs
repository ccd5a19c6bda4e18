//! OperationIds that end with what is done.

use super::SEPARATORS;
use super::against_path::{in_path, names_resource};
use super::cleaning::without_versions;
use super::word_order::{about, is_own_of_method, is_plain_verb};
use crate::habits::VerbPlace;
use crate::meaning::phrase::{Phrase, is_bulk_word, is_filler, is_preposition, object, verb_first};
use crate::meaning::rule;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// Rule "document's verb last": where nearly every operationId ends with a verb, a word in front that
/// may be one is none: `rankSubmit` beside `pageSubmit`.
pub(super) fn habitually_last(
    own: &str,
    all: &[String],
    source: &OperationSource<'_>,
) -> Option<Phrase> {
    let [front @ .., last] = all else { return None };
    let first = front.first()?;
    let may_be_verb = verbs::known(first).is_some_and(|verb| verb.kind == Kind::VerbOrNoun);
    if source.method == "GET"
        || source.habits.verb_place != VerbPlace::Last
        || own.contains(SEPARATORS)
        || !may_be_verb
        || is_filler(first)
    {
        return None;
    }
    Some(Phrase {
        verb: Some(verbs::known(last)?),
        noun: about(front),
        rule: Some(&rule::VERB_BY_HABIT),
        ..Phrase::default()
    })
}

/// Rule "method's verb last": `invoice_delete` of a DELETE, `sign_confirm`.
pub(super) fn method_last(
    own: &str,
    all: &[String],
    source: &OperationSource<'_>,
) -> Option<Phrase> {
    let (last, front) = all.split_last()?;
    let verb = verbs::known(last)?;
    let groups: Vec<&str> = own
        .split(SEPARATORS)
        .filter(|group| !group.is_empty())
        .collect();
    let [.., before, end] = groups.as_slice() else {
        return None;
    };
    let is_glued = own.contains('.') && words::split(end) != std::slice::from_ref(last);
    if words::split(end).len() != 1 || is_glued || is_preposition(front.last()?) {
        return None;
    }
    // `pubsub.projects.topics.delete`: what stands between dots stands for itself.
    let dotted = own.contains('.');
    let front = if dotted {
        words::split(before)
    } else {
        front.to_vec()
    };
    let is_methods_own = is_own_of_method(last, source.method);
    // Two words that are verbs both: the first is what it is about.
    let is_pair = front.len() == 1
        && verb.kind == Kind::Verb
        && !names_resource(last, source)
        && verbs::known(&front[0]).is_some()
        && !is_plain_verb(&front[0])
        && !matches!(front[0].as_str(), "post" | "put");
    // `admin_inviteRequests_approve`: nothing in front is a verb by itself.
    let is_lone = verb.kind == Kind::Verb
        && !names_resource(last, source)
        && !front.last().is_some_and(|word| is_plain_verb(word))
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
        rule: Some(&rule::VERB_LAST),
        ..Phrase::default()
    })
}

/// `GroupV2.IndividualGroupInvite`: what stands in front of the dot is no verb.
pub(super) fn dotted_verb_last(own: &str) -> Option<Phrase> {
    let (_, last) = own.rsplit_once('.')?;
    let group = without_versions(words::split(last));
    let (last, front) = group.split_last()?;
    let verb = verbs::known(last).filter(|_| !front.is_empty())?;
    verb_first(&group).verb.is_none().then(|| Phrase {
        verb: Some(verb),
        noun: about(front),
        rule: Some(&rule::NOUN_FIRST),
        ..Phrase::default()
    })
}

/// Rule "path's verb last": `ImagePush` on `/images/{name}/push`.
pub(super) fn path_verb_last(
    own: &str,
    all: &[String],
    source: &OperationSource<'_>,
) -> Option<Phrase> {
    let path = source.path.trim_end_matches('/');
    let path = path.strip_suffix(".json").unwrap_or(path);
    let path_end = words::split(path.rsplit(['/', ':', '.']).next().unwrap_or_default());
    let ([front @ .., last], [end, behind @ ..]) = (all, path_end.as_slice()) else {
        return None;
    };
    // `run.projects.locations.jobs.run`: what stands between dots stands for itself.
    let group = own.rsplit('.').nth(1).map(words::split);
    let front = match (&group, front) {
        (Some(group), _) if own.ends_with(&format!(".{last}")) => group.as_slice(),
        (_, [first, rest @ ..]) if first == "do" && !rest.is_empty() => rest,
        _ => front,
    };
    let first = front.first()?;
    // `ReviewRevisionReindex` on `/reindex-reviews`
    if !behind.is_empty()
        && !behind
            .iter()
            .any(|word| words::singular(word) == words::singular(first))
    {
        return None;
    }
    // `ChangePointDetect` on `/changePoint/detect`
    let names_segment = path
        .rsplit('/')
        .nth(1)
        .is_some_and(|before| front.len() > 1 && words::split(before) == front);
    let has_clear_verb = front.iter().skip(1).any(|word| verbs::is_clear(word));
    let fits = !own.contains(' ')
        && !matches!(last.as_str(), "bulk" | "batch")
        && !has_clear_verb
        && !is_filler(first)
        && !is_bulk_word(first)
        && last == end
        && (names_segment || verbs::known(first).is_none_or(|verb| verb.kind == Kind::VerbOrNoun));
    // `post_result_file` on `/results/{id}/file`
    let is_method = first.eq_ignore_ascii_case(source.method);
    let verb = verbs::known(last).filter(|_| fits && !is_method)?;
    Some(Phrase {
        verb: Some(verb),
        noun: object(group.as_deref().unwrap_or(front)),
        rule: Some(&rule::NOUN_FIRST),
        ..Phrase::default()
    })
}

/// Rule "method's verb last" of one word: `groupUpdate` ("Update a group"), `meetingPollCreate` on `/polls` group and
/// poll nothing.
pub(super) fn own_verb_last(all: &[String], source: &OperationSource<'_>) -> Option<Phrase> {
    let (last, front) = all.split_last()?;
    let first = front.first()?;
    let is_told = || {
        words::split(source.summary)
            .first()
            .and_then(|word| verbs::known_in_any_form(word))
            .is_some_and(|verb| verb.base == *last)
    };
    let is_noun = |word: &String| !verbs::is_clear(word) || names_resource(word, source);
    let is_last = is_own_of_method(last, source.method)
        && source.method != "GET"
        && (!is_filler(first) || names_resource(first, source))
        && !is_bulk_word(first)
        && front
            .iter()
            .all(|word| is_noun(word) && !is_preposition(word))
        && front.iter().any(|word| verbs::known(word).is_some())
        && is_told();
    is_last.then(|| Phrase {
        verb: verbs::known(last),
        noun: about(front),
        rule: Some(&rule::VERB_LAST),
        ..Phrase::default()
    })
}
