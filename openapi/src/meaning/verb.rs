//! Rules 1 and 2: the verb, and the kind of change it makes.

mod annotated;
mod asked;
mod contradicted;
mod looking;
mod method;
mod path;
mod plain;
mod undone;

use daybook_event::Action;

use super::identity::{self, Search};
use super::path_shape::PathShape;
use super::phrase::Phrase;
use super::rule::{self, Rule};
use super::witness::Witnesses;
use crate::operation_source::OperationSource;
use crate::verbs::{self, Kind, Verb};
use crate::words;
pub(crate) use annotated::for_annotations;
use asked::only_asks;
use contradicted::{is_contradicted, is_part_of_name};
pub(crate) use looking::only_works_out;
use looking::{is_title_of_path, names_resource_of_path};
use method::{method_verb, of_method};
use path::{of_path, path_goes_before};
pub(crate) use plain::is_weak_read;
use plain::{is_plain, is_plain_change};
pub(crate) use undone::for_undone;

/// Within how many words a summary says that what it returns is new.
const NEWS_WORDS: usize = 5;

/// Where a verb was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    OperationId,
    Path,
    Summary,
    Method,
}

/// A verb that was chosen, and what it makes of the call.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) verb: Verb,
    /// The verb as its source has it: `get` where the sentence says "viewed".
    pub(crate) base: String,
    pub(crate) action: Action,
    pub(crate) upsert: bool,
    pub(crate) bulk: bool,
    pub(crate) source: Source,
    pub(crate) rule: &'static Rule,
}

/// A verb, and what it would make of the call.
#[derive(Clone)]
struct Candidate {
    base: String,
    action: Action,
    kind: Kind,
    source: Source,
    complement: String,
}

pub(crate) fn choose(
    source: &OperationSource<'_>,
    shape: &PathShape,
    said: Option<&Phrase>,
    path: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> Chosen {
    // "Represents the history": what a GET answers with does nothing.
    let summary = summary.filter(|phrase| {
        let is_guessed = phrase
            .rule
            .is_some_and(|rule| rule.name == rule::TAKEN_FOR_VERB.name);
        source.method != "GET" || !is_guessed
    });
    let (chosen, outvoted) = weigh(source, shape, said, path, summary);
    let upsert = [said, summary]
        .into_iter()
        .flatten()
        .any(|phrase| phrase.upsert)
        && matches!(source.method, "PUT" | "PATCH" | "POST");
    let bulk = shape.bulk
        || [said, path].into_iter().flatten().any(|phrase| phrase.bulk)
        || removes_many(source);
    let Candidate {
        base,
        action,
        source: from,
        mut complement,
        ..
    } = chosen.unwrap_or_else(|| of_method(source, shape));
    if base == "mark" && complement.is_empty() {
        complement = summary
            .map(|phrase| phrase.complement.clone())
            .unwrap_or_default();
    }
    let (base, action) = marked_as(source, summary, &base)
        .map(|state| state.clone_into(&mut complement))
        .map_or((base, action), |()| ("mark".to_owned(), Action::Update));
    let (base, action, moved) = moves(base, action, from, shape);
    complement.extend(moved);
    let says_delete = summary.is_some_and(|phrase| phrase.does("delete"))
        && summary
            .and_then(|phrase| phrase.noun.last())
            .zip(shape.resources.last())
            .is_some_and(|(head, resource)| words::singular(head) == resource.head());
    let (action, base) = match (source.method, base.as_str()) {
        ("DELETE", "remove") if from == Source::Method && says_delete => {
            (action, "delete".to_owned())
        }
        // Nobody asks a GET for more than to see something.
        ("GET", "request" | "provide") => (Action::Read, "get".to_owned()),
        _ => (action, base),
    };
    let (action, upsert) = settle(source, shape, &base, action, upsert);
    let spoken = if upsert {
        "save"
    } else {
        spoken(&base, source.method, action)
    };
    Chosen {
        verb: Verb {
            past: verbs::past_form(spoken),
            base: verbs::base_form(spoken),
            complement,
        },
        base,
        action,
        upsert,
        bulk,
        source: from,
        rule: decided_by(source, shape, said, summary, from, upsert, outvoted),
    }
}

/// The verb that is believed most, and whether path and summary outvoted the operationId.
fn weigh(
    source: &OperationSource<'_>,
    shape: &PathShape,
    said: Option<&Phrase>,
    path: Option<&Phrase>,
    summary: Option<&Phrase>,
) -> (Option<Candidate>, bool) {
    let candidate = |phrase: Option<&Phrase>, from: Source| {
        let phrase = phrase?;
        let verb = phrase.verb.as_ref()?;
        // `/rentals/{id}/return` gives something back, "returns a list" does nothing.
        let ends_in_return = || {
            let end = source.path.trim_end_matches('/').rsplit('/').next();
            from == Source::Summary && matches!(end, Some("return" | "returns"))
        };
        let gives_back = verb.base == "return"
            && source.method != "GET"
            && (from == Source::Path || ends_in_return());
        let found = Candidate {
            base: verb.base.clone(),
            action: if gives_back {
                Action::Execute
            } else {
                verb.action
            },
            kind: verb.kind,
            source: from,
            complement: phrase.complement.clone(),
        };
        fits(source, &found).then_some(found)
    };
    let of_summary = candidate(summary, Source::Summary);
    let found_in_path = candidate(path, Source::Path)
        .filter(|path| !is_part_of_name(source, path, of_summary.as_ref(), summary));
    let of_said = candidate(said, Source::OperationId)
        .filter(|said| !is_contradicted(source, said, found_in_path.as_ref(), summary));
    // Two against one: path and summary agree, and the operationId only speaks of reading.
    let outvoted = source.method == "POST"
        && matches!((&of_said, &found_in_path, &of_summary), (Some(said), Some(path), Some(summary))
            if said.action == Action::Read && path.base == summary.base && path.action != Action::Read);
    // An operationId that says no more than its method gives way to a verb that the path spells out,
    // and to a summary that says something else than create, update or delete.
    let only_works_out = is_worked_out(source, of_said.as_ref(), of_summary.as_ref());
    let said_is_plain = outvoted
        || only_works_out
        || of_said
            .as_ref()
            .is_none_or(|said| is_plain(&said.base, source.method));
    let of_path = of_path(source, found_in_path, of_said.as_ref(), said, summary);
    if said_is_plain {
        // "Returns the newly created comment": what is returned was made.
        let returns_new = source.method == "POST"
            && words::split(source.text())
                .iter()
                .take(NEWS_WORDS)
                .any(|word| word == "created");
        // What only reads is believed of a POST where nothing else speaks.
        let of_summary = of_summary.filter(|summarized| {
            !(returns_new && summarized.base == "return")
                && tells_more(&summarized.base, source.method, summary)
                && (summarized.action != Action::Read
                    || only_works_out
                    || of_said.as_ref().is_none_or(|said| {
                        said.base.eq_ignore_ascii_case(source.method)
                            && (!is_weak_read(&summarized.base)
                                || answers_with_list(source)
                                || is_plain_look(source, &summarized.base)
                                    && answers_without_id(source, summary))
                    }))
        });
        // "Sends a message" at `chat.postEphemeral`: to post says no more than POST does.
        let of_path = of_path.filter(|path| {
            path.base != "post"
                || of_summary
                    .as_ref()
                    .is_none_or(|summarized| summarized.kind != Kind::Verb)
        });
        // `postRoute` says no more than a POST that asks for one.
        let of_said = of_said.filter(|said| {
            said.base != "post" || !matches!(method_verb(source, shape), "get" | "search")
        });
        return (of_path.or(of_summary).or(of_said), outvoted);
    }
    let goes_before = |path: &Candidate| {
        of_said
            .as_ref()
            .is_some_and(|of_said| path_goes_before(source, path, of_said, said, summary))
    };
    (of_path.filter(goes_before).or(of_said), outvoted)
}

/// "Fetches a map", but not "Fetches a feed and stores it".
fn is_plain_look(source: &OperationSource<'_>, base: &str) -> bool {
    matches!(base, "get" | "fetch") && !source.text().contains(" and ")
}

/// "Get a large group of SNPs" is answered with a list, and nothing was made.
fn answers_with_list(source: &OperationSource<'_>) -> bool {
    source.method == "POST"
        && source
            .response
            .is_some_and(|schema| source.schemas.items(schema).is_some())
}

/// "Fetches a map from ids to labels" is answered with something that has no id, and that is not a secret.
fn answers_without_id(source: &OperationSource<'_>, summary: Option<&Phrase>) -> bool {
    let noun = summary
        .map(|phrase| phrase.noun.join(" "))
        .unwrap_or_default();
    source.method == "POST"
        && source.response.is_some()
        && !crate::secrets::is_secret_name(&noun)
        && identity::response_id(source, &noun, Search::Only).is_none()
}

/// `createModeration` that "classifies whether a text is offensive" makes nothing that lasts.
fn is_worked_out(
    source: &OperationSource<'_>,
    said: Option<&Candidate>,
    summary: Option<&Candidate>,
) -> bool {
    source.method == "POST"
        && said.is_some_and(|said| said.base == "create")
        && summary.is_some_and(|summary| {
            summary.action == Action::Read
                && summary.kind == Kind::Verb
                && !verbs::looks_at(&summary.base)
        })
}

/// Which rule the verb comes from.
fn decided_by(
    source: &OperationSource<'_>,
    shape: &PathShape,
    said: Option<&Phrase>,
    summary: Option<&Phrase>,
    from: Source,
    upsert: bool,
    outvoted: bool,
) -> &'static Rule {
    match from {
        _ if upsert => &rule::UPSERT,
        Source::OperationId => said
            .and_then(|phrase| phrase.rule)
            .unwrap_or(&rule::VERB_FIRST),
        Source::Path if outvoted => &rule::PATH_AND_SUMMARY,
        Source::Path if shape.inner_action => &rule::INNER_VERB,
        Source::Path => &rule::PATH_VERB,
        Source::Summary => summary
            .and_then(|phrase| phrase.rule)
            .unwrap_or(&rule::SUMMARY_VERB),
        Source::Method => match (source.method, method_verb(source, shape)) {
            ("PUT", "add") | ("DELETE", "remove") => &rule::MEMBERSHIP,
            ("POST", "update") => &rule::POST_ON_ITEM,
            ("POST", "get" | "search") => &rule::ANSWERED_LIST,
            ("POST", _) => &rule::BARE_POST,
            _ => &rule::METHOD_VERB,
        },
    }
}

/// "set ride status" whose object is the ride: the ride was updated, not set.
///
/// Who finds an event by its id has not searched.
pub(crate) fn for_object(chosen: &Chosen, said: Option<&Phrase>, noun: &str, has_id: bool) -> Verb {
    let (verb, base) = (chosen.verb.clone(), chosen.base.as_str());
    if base == "find" && has_id && verb.base == "search" {
        return Verb {
            past: "viewed".to_owned(),
            base: "view".to_owned(),
            ..verb
        };
    }
    // "Get personal list": who sees one thing has listed nothing.
    if has_id && verb.base == "list" && !chosen.bulk {
        return Verb {
            past: "viewed".to_owned(),
            base: "view".to_owned(),
            ..verb
        };
    }
    let is_other = |head: &String| words::singular(head) != words::head(noun);
    let lost = said.is_some_and(|phrase| phrase.noun.last().is_some_and(is_other));
    if lost && matches!(base, "set" | "change") && verb.complement.is_empty() {
        return Verb {
            past: "updated".to_owned(),
            base: "update".to_owned(),
            ..verb
        };
    }
    verb
}

/// A verb that cannot be what the method does was copied from elsewhere: `getX` on a DELETE.
fn fits(source: &OperationSource<'_>, candidate: &Candidate) -> bool {
    let from = candidate.source;
    let base = candidate.base.as_str();
    match source.method {
        "DELETE" => {
            // "Marks an instance to be deleted", "Requests the deletion of a profile"
            let is_prepared =
                from == Source::Summary && matches!(base, "mark" | "schedule" | "request");
            // "Enables the activation of a snoozed recommendation"
            let is_undone = from != Source::Path
                && matches!(
                    base,
                    "enable" | "activate" | "attach" | "join" | "subscribe" | "follow"
                );
            !matches!(candidate.action, Action::Read | Action::Create)
                && !matches!(base, "put" | "patch" | "post" | "update")
                && !is_prepared
                && !is_undone
        }
        // A HEAD and an OPTIONS change nothing, whatever they are called.
        "HEAD" | "OPTIONS" | "TRACE" => candidate.action == Action::Read,
        // Where a path spells a change out, a GET makes it: `/session/create/{name}`.
        "GET" if from == Source::Path && is_plain_change(base) => true,
        "GET" => {
            let is_rather_a_noun = candidate.kind == Kind::VerbOrNoun
                && candidate.action == Action::Execute
                && from == Source::OperationId;
            // "Open orders" is a title, and so is "Play types" of `getPlayTypes` on `/play/types`.
            let is_told_to_get = || {
                words::split(source.operation_id)
                    .first()
                    .is_some_and(|first| first == "get")
            };
            let is_said_alone = from == Source::Summary
                && candidate.action == Action::Execute
                && (is_told_to_get() || !words::split(source.path).iter().any(|word| word == base));
            // `contribute` on `/contribute.json`
            let names_path = candidate.action == Action::Execute
                && from == Source::OperationId
                && words::split(source.operation_id) == [base.to_owned()]
                && source.path.trim_start_matches('/').starts_with(base);
            !matches!(candidate.action, Action::Create | Action::Delete)
                && !names_path
                && !is_title_of_path(source, candidate)
                && !names_resource_of_path(source, candidate)
                && !matches!(base, "update" | "put" | "patch")
                && !is_rather_a_noun
                && !is_said_alone
        }
        "PUT" | "PATCH" => !matches!(
            base,
            "get"
                | "list"
                | "delete"
                | "view"
                | "show"
                | "retrieve"
                | "fetch"
                | "describe"
                | "return"
                | "obtain"
                | "see"
        ),
        _ => true,
    }
}

/// Whether a summary's verb tells more than the method does.
fn tells_more(base: &str, method: &str, summary: Option<&Phrase>) -> bool {
    // "Call this endpoint", but "Call the contract".
    let names_thing = method == "POST"
        && summary.is_some_and(|phrase| {
            phrase.noun.last().is_some_and(|head| {
                !matches!(
                    head.as_str(),
                    "endpoint" | "api" | "method" | "operation" | "service" | "request" | "call"
                )
            })
        });
    let is_empty = matches!(
        base,
        "use" | "allow" | "is" | "has" | "perform" | "make" | "manage"
    ) || !names_thing && matches!(base, "process" | "set" | "execute" | "call");
    !is_empty
        && !matches!(
            (method, base),
            ("PATCH", "create") | ("DELETE", "delete" | "return")
        )
}

/// Rule 2: what the method allows of the verb's own class.
fn settle(
    source: &OperationSource<'_>,
    shape: &PathShape,
    base: &str,
    action: Action,
    upsert: bool,
) -> (Action, bool) {
    let on_item = shape.ends_in_item();
    match (source.method, action) {
        ("GET", Action::Execute | Action::Update) if only_works_out(base) => (Action::Read, false),
        // A PUT on an item that creates it would also replace it.
        ("PUT" | "PATCH", Action::Create) if base == "create" && (on_item || upsert) => {
            (Action::Update, true)
        }
        // What is removed from a PDF that comes back is kept nowhere.
        ("POST", Action::Update | Action::Delete)
            if source.answers_file && !source.path.contains('{') =>
        {
            (Action::Execute, false)
        }
        // `/pdf/merge`: nothing that the path names is changed.
        ("POST", Action::Update) if base == "merge" && !source.path.contains('{') => {
            (Action::Execute, false)
        }
        // `/add_watermark/image`, answered with the PDF that was sent: nothing new is kept.
        ("POST", Action::Create)
            if base == "add"
                && source.answers_file
                && sends_file(source)
                && !source.path.contains('{') =>
        {
            (Action::Execute, false)
        }
        // What is extracted from an archive is there afterwards; what is from a text is only answered.
        ("POST", Action::Read) if base == "extract" && speaks_of_archive(source) => {
            (Action::Execute, false)
        }
        ("POST", Action::Read) if base == "load" => (Action::Execute, false),
        // A report is resolved, an address looked up.
        ("POST" | "PUT" | "PATCH", Action::Read) if base == "resolve" && on_item => {
            (Action::Execute, false)
        }
        // What is there already is handed in, not made.
        (_, Action::Create) if base == "submit" && on_item => (Action::Execute, false),
        _ if upsert && matches!(action, Action::Create | Action::Update) => (Action::Update, true),
        ("PUT" | "PATCH", Action::Read)
            if !matches!(
                base,
                "search" | "query" | "validate" | "preview" | "check" | "find"
            ) =>
        {
            (Action::Update, false)
        }
        ("DELETE", Action::Update)
            if matches!(
                base,
                "untag" | "unset" | "unassign" | "detach" | "unlink" | "disassociate"
            ) =>
        {
            (Action::Delete, false)
        }
        // `DELETE /subscriptions/{id}` that is called archive takes it away; there is no other call that does.
        ("DELETE", Action::Execute) if base == "archive" && shape.action.is_none() => {
            (Action::Delete, false)
        }
        _ => (action, false),
    }
}

fn speaks_of_archive(source: &OperationSource<'_>) -> bool {
    let told = Witnesses::of(&[source.summary, source.description]);
    told.speak_of("archive")
}

/// Whether a file is sent.
fn sends_file(source: &OperationSource<'_>) -> bool {
    source.request_properties().iter().any(|property| {
        let format = source
            .schemas
            .resolve(property.schema)
            .and_then(|schema| schema.get("format"));
        format.and_then(serde_json::Value::as_str) == Some("binary")
    })
}

/// The verb as a sentence says it.
fn spoken<'a>(base: &'a str, method: &str, action: Action) -> &'a str {
    match base {
        "return" if action == Action::Execute => "return",
        "load" if method != "GET" => "load",
        "get" | "fetch" | "retrieve" | "show" | "describe" | "view" | "read" | "load"
        | "return" | "obtain" | "see" | "inspect" | "introspect" | "peek" | "poll" => "view",
        "list" | "browse" | "enumerate" => "list",
        "search" | "find" => "search",
        "is" | "has" | "can" | "contains" | "exists" | "determine" => "check",
        "put" | "patch" | "modify" | "post" if method != "POST" && action != Action::Create => {
            "update"
        }
        "put" if action == Action::Update => "update",
        "post" | "put" | "new" | "insert" | "make" => "create",
        "del" | "rm" | "unset" => "delete",
        "destroy" if method == "DELETE" => "delete",
        "init" => "initialize",
        other => other,
    }
}

/// `POST /messages/{id}/read` and `readAllNotifications` that says "Mark all as read": who changes something does not
/// look at it.
fn marked_as(
    source: &OperationSource<'_>,
    summary: Option<&Phrase>,
    base: &str,
) -> Option<&'static str> {
    let is_marked = summary.is_some_and(|phrase| phrase.does("mark"));
    let is_told = summary.and_then(|phrase| phrase.verb.as_ref());
    // A sensor that is read answers with a value.
    let answers = source
        .response
        .is_some_and(|answer| !source.schemas.properties(answer).is_empty());
    let is_done_to_item = source.path.trim_end_matches('/').ends_with("}/read") && !answers;
    let is_read = summary.is_some_and(|phrase| phrase.does("read"))
        && !source.text().to_ascii_lowercase().contains("as read");
    match (source.method, base) {
        ("POST" | "PUT" | "PATCH", "unread") => Some("as unread"),
        ("PUT" | "PATCH", "read") if !is_read => Some("as read"),
        ("POST", "read") if is_marked || is_done_to_item && is_told.is_none() => Some("as read"),
        _ => None,
    }
}

/// Rule "to and from": `/firewalls/{id}/actions/remove_from_resources` deletes no firewall.
fn moves(
    base: String,
    action: Action,
    from: Source,
    shape: &PathShape,
) -> (String, Action, Option<String>) {
    let words = shape.action.as_deref().unwrap_or_default();
    match words {
        [verb, link, _, ..]
            if from == Source::Path
                && *verb == base
                && shape.ends_in_item()
                && matches!(
                    (base.as_str(), link.as_str()),
                    ("add" | "attach" | "apply" | "move", "to" | "into")
                        | ("remove" | "detach", "from")
                ) =>
        {
            let moved = words[1..].join(" ");
            let action = match action {
                Action::Create | Action::Delete => Action::Update,
                action => action,
            };
            (base, action, Some(moved))
        }
        _ => (base, action, None),
    }
}

/// "Deletes multiple annotations" by DELETE of `/layers/{id}/annotation`.
fn removes_many(source: &OperationSource<'_>) -> bool {
    source.method == "DELETE"
        && !source.path.trim_end_matches('/').ends_with('}')
        && source.text().split_whitespace().nth(1) == Some("multiple")
}
