//! The verb that a path spells out, against what operationId and summary say.

use daybook_event::Action;

use super::{Candidate, is_plain_change};
use crate::meaning::noun_words::names_deed;
use crate::meaning::phrase::Phrase;
use crate::meaning::rule;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind};
use crate::words;

/// The path's verb, as far as it is one.
pub(super) fn of_path(
    source: &OperationSource<'_>,
    found: Option<Candidate>,
    of_said: Option<&Candidate>,
    said: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> Option<Candidate> {
    let found = found
        .filter(|path| !is_link_of_summary(source, path, of_said, summary))
        .filter(|path| !is_only_looked_at(source, path, of_said, summary))
        .filter(|path| {
            !is_deed_of_summary(source, path, summary)
                && !is_thing_of_summary(source, path, summary)
        })?;
    if source.method != "DELETE" {
        return Some(found);
    }
    let undo = if does_it_itself(source, &found, summary) {
        None
    } else {
        verbs::undo_of(&found.base).and_then(|undo| verbs::known(&undo))
    };
    // `deleteBlacklistItems` on `/blacklist`: the path names a thing; `deleteDeployPattern` undoes what it did.
    // And `deleteLockCode` on `/doors/{id}/lock` removes a code.
    let is_of_path = |noun: &[String]| {
        let path = words::split(source.path);
        noun.iter().all(|word| {
            path.iter()
                .any(|other| words::singular(other) == words::singular(word))
        })
    };
    let names_thing = said.is_some_and(|phrase| {
        let is_done = undo.is_some()
            && phrase.noun.len() > 1
            && phrase.noun[0] == found.base
            && is_of_path(&phrase.noun[1..]);
        phrase.noun.contains(&found.base) && of_said.is_some() && !is_done
    });
    if names_thing {
        return None;
    }
    // Rule "undone": DELETE on `/users/{id}/follow` takes back what a POST has done there.
    Some(match undo {
        Some(undo) => Candidate {
            base: undo.base,
            action: undo.action,
            ..found
        },
        // `DELETE /posts/{id}/upvote` upvotes nothing.
        None if is_taken_back(&found.base) => return None,
        None => found,
    })
}

/// "Disable a user" at `DELETE /users/{id}/disable`: the summary says the path's verb, or nothing at the path does
/// what a DELETE could undo, and the verb takes something away as a DELETE does.
fn does_it_itself(
    source: &OperationSource<'_>,
    path: &Candidate,
    summary: Option<&Phrase>,
) -> bool {
    let is_said = summary.is_some_and(|summary| summary.does(&path.base));
    let is_done_by_another = ["post", "put", "patch"]
        .iter()
        .any(|method| source.holders[0].get(method).is_some());
    let takes_away = matches!(path.base.as_str(), "disable" | "deactivate" | "archive");
    is_said || takes_away && !is_done_by_another
}

/// What a DELETE takes back, although there is no word for that.
fn is_taken_back(base: &str) -> bool {
    matches!(
        base,
        "approve" | "accept" | "upvote" | "downvote" | "dislike" | "vote" | "endorse" | "ignore"
    )
}

/// "Submit a suggestion" at `/suggest`, "Start a sync" at `/sync`: the summary names by the path's verb what is done to it.
fn is_deed_of_summary(
    source: &OperationSource<'_>,
    path: &Candidate,
    summary: Option<&Phrase>,
) -> bool {
    let is_started = |summary: &Phrase| {
        let alone = source.path.trim_matches('/') == path.base;
        let starts = ["start", "trigger", "request", "initiate"];
        alone
            && starts.iter().any(|start| summary.does(start))
            && summary.noun == [path.base.clone()]
    };
    summary.is_some_and(is_started)
        || path.action == Action::Read
            && summary.is_some_and(|summary| {
                let does_more = summary
                    .verb
                    .as_ref()
                    .is_some_and(|verb| verb.base != path.base && verb.action != Action::Read);
                does_more
                    && matches!(summary.noun.as_slice(), [deed] if names_deed(deed, &path.base))
            })
}

/// `getGroupInvite`, "Get the invite link" at GET `/groups/{id}/invite`: nobody is invited, two against one.
fn is_only_looked_at(
    source: &OperationSource<'_>,
    path: &Candidate,
    of_said: Option<&Candidate>,
    summary: Option<&Phrase>,
) -> bool {
    // `getAPIKey` at `/authn/login` logs in.
    source.method == "GET"
        && matches!(path.action, Action::Execute | Action::Update)
        && !path.base.starts_with("log")
        && summary
            .and_then(Phrase::leading_verb)
            .filter(|verb| verb.action == Action::Read)
            .is_some_and(|_| {
                of_said.map_or_else(
                    // An id that only repeats its path has no verb: `getDevicesUpgrade` at `/devices/upgrade`.
                    || !says_alone(source, &path.base),
                    |said| said.action == Action::Read,
                )
            })
}

/// `idSystemSync` on `/system/sync`: path and operationId have the verb, and the path by itself. But `requestIsMerged`
/// on `/requests/{id}/merge` ("Check if it was merged") merges nothing.
fn says_alone(source: &OperationSource<'_>, base: &str) -> bool {
    let said = words::split(source.operation_id);
    let Some(first) = said.first() else {
        return false;
    };
    // `StopPoint_Get` on `/StopPoint/{id}`
    let is_class = source.path.split('/').any(|segment| {
        let behind = source.operation_id.strip_prefix(segment);
        !segment.is_empty() && behind.is_some_and(|behind| behind.starts_with(['_', '.']))
    });
    first == base && !is_class
        || first != "get"
            && said.iter().any(|word| word == base)
            && source
                .path
                .split('/')
                .any(|segment| words::split(segment) == [base])
}

/// "Associates rules with a device" at `/devices/{id}/batchCreate`: the device is not created, and the summary says
/// what is.
fn is_link_of_summary(
    source: &OperationSource<'_>,
    path: &Candidate,
    of_said: Option<&Candidate>,
    summary: Option<&Phrase>,
) -> bool {
    let is_on_item = || {
        let mut parts = source.path.trim_end_matches('/').rsplit('/');
        parts
            .next()
            .is_some_and(|end| words::split(end).contains(&path.base))
            && parts.next().is_some_and(|item| item.starts_with('{'))
    };
    source.method == "POST"
        && path.base == "create"
        && of_said.is_none()
        && is_on_item()
        && summary
            .and_then(Phrase::leading_verb)
            .is_some_and(|verb| verb.kind == Kind::Verb && verb.action == Action::Update)
}

/// "Creates a new variant set" at `/variation/set`: the summary's thing is called as the verb is.
fn is_thing_of_summary(
    source: &OperationSource<'_>,
    path: &Candidate,
    summary: Option<&Phrase>,
) -> bool {
    let may_be_thing = path.kind == Kind::VerbOrNoun || path.base == "set";
    source.method == "POST"
        && may_be_thing
        && summary.is_some_and(|summary| {
            let does_other = summary
                .verb
                .as_ref()
                .is_some_and(|verb| verb.base != path.base && verb.kind == Kind::Verb);
            does_other && summary.noun.len() > 1 && summary.noun.last() == Some(&path.base)
        })
}

/// Whether the path's verb means it more than an operationId that has one of its own.
pub(super) fn path_goes_before(
    source: &OperationSource<'_>,
    path: &Candidate,
    of_said: &Candidate,
    said: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> bool {
    // A path that ends in a plain create, update, delete or search means it.
    // But `rankCar` on `/search/car/rank/listings` ranks.
    let is_at_end = || {
        let last = source.last_literal();
        last.is_some_and(|last| words::split(last).contains(&path.base))
    };
    if of_said.action == Action::Execute && is_plain_change(&path.base) && is_at_end() {
        return true;
    }
    if is_update_by_verb(source, path, of_said, said) {
        return true;
    }
    // `addBoardsMarkAsViewed` on `/boards/{id}/markAsViewed`: a generated name adds its method.
    let said_is_method = match source.method {
        "POST" => matches!(of_said.base.as_str(), "add" | "create"),
        "PUT" => matches!(of_said.base.as_str(), "replace" | "update"),
        _ => false,
    };
    // "Cancel a job" at `/jobs/{id}/cancel`: two against one.
    let is_told = source
        .path
        .trim_end_matches('/')
        .ends_with(&format!("}}/{}", path.base))
        && summary.is_some_and(|summary| summary.does(&path.base));
    // `addIgnore` on `/ignore/{issue}` adds one, and so does `servers_run-stats_create`.
    // `/lists/{id}/archiveAllCards` has an object of its own.
    let has_own_object = source.last_literal().is_some_and(|last| {
        matches!(words::split(last).as_slice(), [verb, all, _, ..]
            if *verb == path.base && matches!(all.as_str(), "all" | "every" | "each"))
    });
    let is_object = !is_told
        && !has_own_object
        && path.complement.is_empty()
        && said.is_some_and(|phrase| {
            phrase.noun.last() == Some(&path.base)
                || phrase
                    .rule
                    .is_some_and(|rule| rule.name == rule::VERB_LAST.name)
                    && phrase.noun.contains(&path.base)
        });
    said_is_method
        && source.path.contains('}')
        && !matches!(path.action, Action::Create | Action::Read)
        && !is_object
}

/// `UpdateFlowValidate` on `POST /flows/{id}/validate`: a generated name has the path's verb among its nouns, and no
/// validate is updated.
fn is_update_by_verb(
    source: &OperationSource<'_>,
    path: &Candidate,
    of_said: &Candidate,
    said: Option<&Phrase>,
) -> bool {
    let is_end = source
        .last_literal()
        .is_some_and(|last| words::split(last) == [path.base.clone()]);
    source.method == "POST"
        && of_said.base == "update"
        && path.kind == Kind::Verb
        && !is_plain_change(&path.base)
        && is_end
        && said.is_some_and(|phrase| phrase.noun.len() > 1 && phrase.noun.contains(&path.base))
}
