//! The verb phrase of a path: at its end, behind a colon, or in front of its parameters.

use super::named_calls::{agent, conversion, phrasal_end, state};
use super::steps::Step;
use crate::habits::collection_key;
use crate::key_words::param_noun;
use crate::meaning::glued::unglued;
use crate::meaning::identifier::without_using;
use crate::meaning::noun_words::{ends_with_noun, is_half_of_noun};
use crate::meaning::phrase;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind, KnownVerb};
use crate::words;
use daybook_event::Action;

/// Rule "verb before its parameters": `/groups/add/{name}`, `/companies/search/{country}`.
pub(super) fn take_inner_action(
    steps: &mut Vec<Step>,
    source: &OperationSource<'_>,
) -> Option<Vec<String>> {
    let method = source.method;
    if let Some(verb) = take_leading_verb(steps, source) {
        return Some(verb);
    }
    let params = steps
        .iter()
        .rev()
        .take_while(|step| matches!(step, Step::Param(_)))
        .count();
    let at = steps.len().checked_sub(params + 1).filter(|_| params > 0)?;
    let Step::Literal(text) = &steps[at] else {
        return None;
    };
    let phrase = words::split(text);
    let first = phrase::without_fillers(&phrase).first()?;
    // `/render/{templateId}`: what is rendered is in the parameter.
    let names_thing = || {
        matches!(steps.last(), Some(Step::Param(name)) if !param_noun(name).is_empty())
            && verbs::is_clear(first)
            && !matches!(
                first.as_str(),
                "list"
                    | "set"
                    | "issue"
                    | "build"
                    | "check"
                    | "book"
                    | "quote"
                    | "view"
                    | "count"
                    | "store"
                    | "select"
                    | "load"
                    | "change"
                    | "save"
                    | "drive"
            )
    };
    // `/upload_sessions/{upload_session_id}` are sessions, `/transform/{transformDefinitionId}` definitions.
    let is_key_of_phrase = matches!(steps.get(at + 1), Some(Step::Param(name))
        if words::noun_phrase(&param_noun(name)) == words::noun_phrase(&phrase)
            || param_noun(name).len() > phrase.len() && param_noun(name).starts_with(&phrase));
    if is_key_of_phrase {
        return None;
    }
    // `moderateConversation` on `/conversations/moderate/{id}`, `Quote_Reopen` on `/quotes/reopen/{id}`
    let said = words::split(source.operation_id);
    let says_verb = match said.as_slice() {
        [only, ..] if only == first => true,
        [_, .., last] => {
            last == first
                && !matches!(first.as_str(), "list" | "set")
                && !said[..said.len() - 1]
                    .iter()
                    .any(|word| verbs::is_clear(word))
        }
        _ => false,
    };
    // `apps_transferOwnership` on `/apps/{app}/transfer/{destination}`
    let is_done_to_item = verbs::is_mostly_done_to_things(first)
        && matches!(
            at.checked_sub(1).map(|before| &steps[before]),
            Some(Step::Param(_))
        )
        && said.contains(first)
        && !said
            .iter()
            .any(|word| word != first && verbs::is_clear(word));
    let is_said = phrase.len() == 1
        && at > 0
        && method != "GET"
        && (verbs::is_clear(first) && says_verb || is_done_to_item);
    let is_undone = method != "GET"
        && first.starts_with("un")
        && !matches!(first.as_str(), "unread" | "unique" | "union")
        && verbs::is_clear(first)
        && phrase.len() == 1;
    if !(is_said
        || is_undone
        || is_never_a_noun(first)
        || at == 0 && matches!(method, "POST" | "PUT") && names_thing())
    {
        return None;
    }
    steps.remove(at);
    Some(phrase)
}

/// `/generate/user`, `/get/delay`: a verb in front of its object.
fn take_leading_verb(steps: &mut Vec<Step>, source: &OperationSource<'_>) -> Option<Vec<String>> {
    let [Step::Literal(first), Step::Literal(_), ..] = steps.as_slice() else {
        return None;
    };
    let phrase = words::split(first);
    let [word] = phrase.as_slice() else {
        return None;
    };
    let reads = verbs::known(word).is_some_and(|verb| verb.action == Action::Read);
    let says_verb = words::split(source.operation_id)
        .first()
        .is_some_and(|first| verbs::is_clear(first) && first != word);
    let is_called = match source.method {
        _ if says_verb => false,
        "POST" => true,
        "GET" => reads,
        _ => false,
    };
    let is_verb = is_never_a_noun(word)
        || matches!(
            word.as_str(),
            "generate"
                | "convert"
                | "calculate"
                | "compute"
                | "analyze"
                | "render"
                | "encode"
                | "decode"
                | "transform"
                | "translate"
                | "parse"
                | "extract"
                | "detect"
                | "recognize"
                | "estimate"
                | "set"
        );
    if !is_called || !is_verb {
        return None;
    }
    steps.remove(0);
    Some(phrase)
}

/// Verbs that, in front of a parameter, are no collection: `/delete/{id}`, but not `/issues/{id}`.
pub(super) fn is_never_a_noun(word: &str) -> bool {
    matches!(
        word,
        "add"
            | "create"
            | "insert"
            | "delete"
            | "del"
            | "remove"
            | "destroy"
            | "update"
            | "edit"
            | "modify"
            | "upsert"
            | "save"
            | "get"
            | "find"
            | "search"
            | "lookup"
            | "fetch"
            | "retrieve"
            | "register"
            | "unregister"
            | "deregister"
            | "subscribe"
            | "unsubscribe"
            | "cancel"
            | "approve"
            | "reject"
            | "activate"
            | "deactivate"
            | "enable"
            | "disable"
            | "confirm"
            | "verify"
            | "validate"
            | "assign"
            | "unassign"
            | "revoke"
            | "publish"
            | "download"
            | "upload"
            | "send"
            | "resend"
            | "clone"
            | "duplicate"
            | "join"
            | "start"
            | "stop"
            | "remind"
            | "accept"
            | "decline"
            | "archive"
            | "restore"
            | "move"
            | "attach"
            | "detach"
    )
}

/// Verbs that stand behind their object, too, and then are no noun.
fn ends_call(word: &str) -> bool {
    matches!(
        word,
        "create"
            | "delete"
            | "remove"
            | "verify"
            | "validate"
            | "send"
            | "submit"
            | "cancel"
            | "enable"
            | "disable"
            | "activate"
            | "deactivate"
            | "generate"
            | "approve"
            | "confirm"
            | "convert"
            | "calculate"
            | "retrieve"
            | "accept"
            | "reject"
            | "decline"
            | "deny"
            | "authenticate"
            | "authorize"
            | "begin"
            | "complete"
            | "finalize"
            | "initiate"
            | "terminate"
            | "revoke"
            | "redeem"
            | "resend"
            | "notify"
            | "register"
            | "unregister"
            | "subscribe"
            | "unsubscribe"
            | "publish"
            | "unpublish"
            | "suspend"
            | "acknowledge"
            | "dismiss"
    )
}

/// `/datasets/upload/sync` uploads, and answers when it is done.
fn drop_manner(steps: &mut Vec<Step>) {
    if let [.., Step::Literal(before), Step::Literal(last)] = steps.as_slice()
        && matches!(last.as_str(), "sync" | "async")
        && verbs::is_clear(before)
    {
        steps.pop();
    }
}

/// Rule "verb at the end": a custom method, or a last literal that is a verb phrase. A word that is
/// as often a noun counts only behind a parameter and where something is posted.
pub(super) fn take_action(
    steps: &mut Vec<Step>,
    source: &OperationSource<'_>,
    summary: Option<&phrase::Phrase>,
) -> Option<Vec<String>> {
    drop_manner(steps);
    match steps.last()? {
        Step::Custom(text) => {
            let phrase = words::split(text);
            steps.pop();
            Some(phrase)
        }
        Step::Param(_) => None,
        Step::Literal(text) => {
            let phrase = unglued(words::split(text), source);
            let reads = source.method == "GET";
            let behind_param = matches!(steps.iter().rev().nth(1), Some(Step::Param(_)));
            if phrase::is_forgotten_password(&phrase) {
                steps.pop();
                return Some(phrase);
            }
            // `/distance-query`, `/onboard-depart-search`
            if let [.., last] = phrase.as_slice()
                && phrase.len() > 1
                && matches!(last.as_str(), "search" | "query" | "lookup")
                && !summary.is_some_and(|said| ends_with_noun(&said.noun, &phrase))
            {
                let action = vec![last.clone()];
                steps.pop();
                return Some(action);
            }
            let named = state(&phrase, source.method, behind_param)
                .or_else(|| agent(&phrase, source, steps.len(), summary))
                .or_else(|| conversion(&phrase))
                .or_else(|| phrasal_end(&phrase, source.method));
            if let Some(action) = named {
                steps.pop();
                return Some(action);
            }
            // `/sms-verify`, `/resourceCreationValidate`
            if let [front @ .., last] = phrase.as_slice()
                && source.method == "POST"
                && (1..4).contains(&front.len())
                && ends_call(last)
                && !front.iter().any(|word| verbs::known(word).is_some())
            {
                let action = [std::slice::from_ref(last), front].concat();
                steps.pop();
                return Some(action);
            }
            let (first, rest) = phrase::without_fillers(&phrase).split_first()?;
            let known = rest
                .first()
                .and_then(|second| verbs::phrasal(first, second))
                .or_else(|| verbs::known(first))?;
            let is_action = match known.kind {
                _ if steps.len() == 1 && reads && phrase.len() == 1 => false,
                _ if is_only_described(&known, &phrase, source, summary) => false,
                // `/portfolio/analysis/return` is a number.
                _ if first == "return" && !behind_param => false,
                Kind::Verb => true,
                Kind::VerbOrNoun if !reads && is_called_action(steps, rest, summary) => true,
                // OperationId, summary or the other paths take it for a verb as well: `requestPasswordReset`,
                // `/record_action` beside `/get_profile`.
                Kind::VerbOrNoun
                    if !reads
                        && (phrase.len() > 1
                            || !behind_param
                                && steps.len() > 1
                                && verbs::is_mostly_done_to_things(first)) =>
                {
                    let said = words::split(without_using(source.operation_id));
                    // `ProjectMember_Post` takes it for a class.
                    let is_class = said
                        .last()
                        .is_some_and(|last| last.eq_ignore_ascii_case(source.method));
                    said.first() == Some(first) && !is_class
                        || source.habits.paths_call && phrase.len() > 1
                        || is_untold(first, source)
                        || summary.is_some_and(|said| said.does(first))
                }
                Kind::VerbOrNoun => {
                    // "Link user" at `/users/{id}/link`
                    let summary_agrees = summary
                        .and_then(|said| said.verb.as_ref())
                        .is_some_and(|verb| verb.base == *first && verb.action != Action::Create);
                    behind_param
                        && !reads
                        && phrase.len() == 1
                        && (verbs::is_mostly_done_to_things(first) || summary_agrees)
                }
            };
            // "Creates a new checkout key" at `/checkout-key`: a thing all the same.
            let is_thing = is_compound(&phrase)
                || is_sent(&known, &phrase, summary)
                || is_class_of_id(text, source)
                || is_collection(&phrase, source)
                || phrase.len() > 1
                    && (reads && !behind_param && is_object_of_id(&phrase, source)
                        || summary.is_some_and(|said| {
                            ends_with_noun(&said.noun, &phrase) || is_updated(said, &phrase, source)
                        }));
            if !is_action || is_thing || is_undone(&known, &phrase, source, summary) {
                return None;
            }
            steps.pop();
            Some(phrase)
        }
    }
}

/// `/calls/{id}/actions/bridge`, of which no summary says something else.
fn is_called_action(steps: &[Step], behind: &[String], summary: Option<&phrase::Phrase>) -> bool {
    let is_action = matches!(steps, [.., Step::Param(_), Step::Literal(before), _]
        if matches!(before.to_ascii_lowercase().as_str(), "action" | "actions"));
    is_action
        && !behind.last().is_some_and(|last| verbs::is_clear(last))
        && summary.is_none_or(|said| said.verb.is_none())
}

/// `/login_links` are links, `/email_settings` settings: such a verb in one word is a noun in front of another.
fn is_compound(phrase: &[String]) -> bool {
    let whole = phrase::without_fillers(phrase).len() == phrase.len();
    matches!(phrase, [first, next, ..]
        if whole && (verbs::is_phrasal(first) || is_half_of_noun(first, next)))
}

/// `GET /open-response`, `GET /inbox/unread`: what is looked at is described, and nothing is done, where neither
/// operationId nor summary say so.
fn is_only_described(
    known: &KnownVerb,
    phrase: &[String],
    source: &OperationSource<'_>,
    summary: Option<&phrase::Phrase>,
) -> bool {
    let is_done = || {
        words::split(source.operation_id).contains(&known.base)
            || summary.is_some_and(|said| said.does(&known.base))
    };
    // `GET /restart-server` of which nothing is said does what it says.
    let is_described = || !source.operation_id.is_empty() || source.is_told();
    let may_be_state = || matches!(known.base.as_str(), "open" | "read" | "unread" | "write");
    source.method == "GET"
        && matches!(known.action, Action::Execute | Action::Update)
        && (phrase.len() > 1 || phrase[0] == "unread")
        && !verbs::is_phrasal(&known.base)
        && (is_described() || known.kind == Kind::VerbOrNoun || may_be_state())
        && !is_done()
}

/// "Update bounce purge mail settings" by PATCH of `/mail_settings/bounce_purge`: nothing is bounced.
fn is_updated(said: &phrase::Phrase, phrase: &[String], source: &OperationSource<'_>) -> bool {
    matches!(source.method, "PUT" | "PATCH")
        && said.does("update")
        && said.noun.windows(phrase.len()).any(|words| words == phrase)
}

/// Rule "nothing else is said": `POST /chart/import` imports, and `/requestPasswordReset` requests, where neither operationId nor text says otherwise.
fn is_untold(verb: &str, source: &OperationSource<'_>) -> bool {
    matches!(verb, "import" | "export" | "request")
        && source.method == "POST"
        && source.operation_id.is_empty()
        && !source.is_told()
}

/// "Remove an IP from the list" at `/settings/whitelist`
fn is_undone(
    known: &KnownVerb,
    phrase: &[String],
    source: &OperationSource<'_>,
    summary: Option<&phrase::Phrase>,
) -> bool {
    source.method == "DELETE"
        && matches!(known.action, Action::Execute | Action::Create)
        && matches!(phrase, [only] if !only.starts_with("un"))
        && summary.is_some_and(|said| {
            let is_thing = verbs::undo_of(&known.base).is_none() || said.noun.contains(&phrase[0]);
            let verb = said.verb.as_ref();
            is_thing && verb.is_some_and(|verb| verb.action == Action::Delete)
        })
}

/// `ChangeOrderCharges_PatchEntity` on `/ChangeOrderCharges`, `Connect_GetConnectConfig` on `/connect`: what the
/// operationId has for a class is a thing, and what is done to it stands behind.
fn is_class_of_id(segment: &str, source: &OperationSource<'_>) -> bool {
    let Some((class, called)) = source.operation_id.split_once(['_', '.']) else {
        return false;
    };
    let called = words::split(called);
    let class = words::split(class);
    class == words::split(segment)
        && matches!(called.as_slice(), [verb, object @ ..]
            if !object.is_empty()
                && object != class.as_slice()
                && (verb.eq_ignore_ascii_case(source.method) || is_never_a_noun(verb)))
}

/// `/change-sets` beside `/change-sets/{id}`: what other paths have an id behind is a collection.
fn is_collection(phrase: &[String], source: &OperationSource<'_>) -> bool {
    phrase.len() > 1
        && phrase.last().is_some_and(|last| words::is_plural(last))
        && source
            .habits
            .found_by_id
            .contains(&collection_key(source.path))
}

/// "Send a new mail" at `/characters/{id}/mail`, "Create a calendar block" at `/calendars/{id}/block`
fn is_sent(known: &KnownVerb, phrase: &[String], summary: Option<&phrase::Phrase>) -> bool {
    let is_made = summary.is_some_and(|said| {
        said.verb
            .as_ref()
            .is_some_and(|verb| matches!(verb.base.as_str(), "create" | "add"))
            && known.action == Action::Execute
            && phrase.len() == 1
            && said.noun.ends_with(phrase)
    });
    is_made
        || known.kind == Kind::VerbOrNoun
            && summary.is_some_and(|said| {
                let verb = said.verb.as_ref();
                verb.is_some_and(|verb| verb.base != known.base) && said.noun == phrase
            })
}

/// `getAverageListPrice` on `/listPrice`
fn is_object_of_id(phrase: &[String], source: &OperationSource<'_>) -> bool {
    let said = words::split(source.operation_id);
    said.split_first().is_some_and(|(verb, object)| {
        phrase.first() != Some(verb)
            && verbs::is_clear(verb)
            && object.windows(phrase.len()).any(|object| {
                let mut pairs = object.iter().zip(phrase);
                pairs.all(|(one, other)| words::singular(one) == words::singular(other))
            })
    })
}
