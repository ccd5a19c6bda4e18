//! A path as a reader sees it: resources, their parameters, and the verb at its end.

use super::phrase;
use crate::operation::OperationSource;
use crate::path_template::{Part, PathTemplate, Segment};
use crate::verbs::{self, Kind};
use crate::words;

/// Segments that say nothing of what is acted upon, wherever they stand.
#[rustfmt::skip] // a list of words, not of lines
const NOISE: &[&str] = &[
    "api", "apis", "rest", "public", "latest", "relationships", "me", "self", "rpc", "mine", "my",
    "odata", "ws", "api-public", "beta", "alpha", "wp-json", "index.php", "last", "first",
    "previous", "_", "where",
];

/// Segments that say nothing in front of another word: `/providers/Microsoft.Cache/Redis`.
#[rustfmt::skip] // a list of words, not of lines
const NOISE_IN_FRONT: &[&str] = &[
    "services", "providers", "private", "current", "preview", "internal", "external", "web",
    "admin", "gateway",
];

/// What is left of a path.
#[derive(Debug, Default)]
pub(crate) struct PathShape {
    /// The resources from left to right; the last one is acted upon.
    pub(crate) resources: Vec<Resource>,
    /// The words of a verb phrase at the path's end: `/orders/{id}/cancel`, `/users:sendReset`.
    pub(crate) action: Option<Vec<String>>,
    /// A segment says that it is about many things at once: `/orders/batch`.
    pub(crate) bulk: bool,
}

/// A noun in the path, and the parameters behind it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resource {
    /// Its words as written, lower case: bulk, jobs.
    pub(crate) words: Vec<String>,
    /// The literal in front of it, where no parameter stands between: `workflows` of
    /// `/workflows/definitions`.
    pub(crate) qualifier: Vec<String>,
    /// The names of the parameters behind it.
    pub(crate) params: Vec<String>,
}

enum Step {
    Literal(String),
    Param(String),
    /// A custom method behind a colon, or an OData action behind a dot.
    Custom(String),
}

impl PathShape {
    pub(crate) fn read(source: &OperationSource<'_>) -> Self {
        let mut steps = steps(source);
        let action = take_action(&mut steps, source);
        let action = action.or_else(|| take_inner_action(&mut steps, source.method));
        // `/servers/{id}/actions/reboot`
        if action.is_some()
            && steps.len() > 1
            && matches!(steps.last(), Some(Step::Literal(text)) if matches!(
                text.to_ascii_lowercase().as_str(),
                "action" | "actions" | "operations" | "commands" | "command"
            ))
        {
            steps.pop();
        }
        let others = steps
            .iter()
            .filter(|step| matches!(step, Step::Literal(_)) && !is_amount(step))
            .count();
        let bulk = others > 0 && steps.iter().any(is_amount);
        if bulk {
            steps.retain(|step| !is_amount(step));
        }
        let mut resources: Vec<Resource> = Vec::new();
        let mut literals: Vec<Vec<String>> = Vec::new();
        let mut steps = steps.into_iter().peekable();
        let mut behind_preposition = false;
        while let Some(step) = steps.next() {
            match step {
                Step::Literal(text)
                    if matches!(steps.peek(), Some(Step::Param(_)))
                        && !literals.is_empty()
                        && matches!(
                            text.as_str(),
                            "for" | "from" | "to" | "by" | "with" | "of"
                        ) =>
                {
                    behind_preposition = true;
                }
                Step::Literal(text)
                    if NOISE_IN_FRONT.contains(&text.to_ascii_lowercase().as_str())
                        && matches!(steps.peek(), Some(Step::Literal(_))) => {}
                Step::Literal(text) => push_literal(&mut literals, resource_words(&text)),
                Step::Custom(_) => {}
                // `/dweet/for/{thing}`: the parameter is another thing.
                Step::Param(name) if behind_preposition => {
                    behind_preposition = false;
                    resources.push(Resource {
                        words: param_noun(&name),
                        params: vec![name],
                        ..Resource::default()
                    });
                }
                Step::Param(name) => {
                    if let Some(resource) = take_resource(&mut literals) {
                        resources.push(resource.with_param(name));
                    } else if let Some(last) = resources.last_mut() {
                        last.params.push(name);
                    } else {
                        let noun = param_noun(&name);
                        resources.push(Resource {
                            // `/lookup/{uuid}` names nothing else.
                            words: if noun.is_empty() && action.is_some() {
                                words::split(&name)
                            } else {
                                noun
                            },
                            params: vec![name],
                            ..Resource::default()
                        });
                    }
                }
            }
        }
        resources.extend(take_resource(&mut literals));
        resources.retain(|resource| !resource.words.is_empty() || !resource.params.is_empty());
        Self {
            resources,
            action,
            bulk,
        }
    }
}

impl Resource {
    /// The parameter's own name may say more than the literal: `/sea/{sea_creature}`,
    /// `/actions/{deviceId}`.
    fn with_param(self, name: String) -> Self {
        let noun = param_noun(&name);
        let is_longer =
            noun.len() > 1 && noun.first() == self.words.first() && self.words.len() == 1;
        let is_kind = matches!(self.head().as_str(), "action" | "operation" | "command");
        Self {
            words: if is_longer || is_kind && !noun.is_empty() {
                noun
            } else {
                self.words
            },
            qualifier: self.qualifier,
            params: vec![name],
        }
    }

    /// Whether the noun is written in the plural.
    pub(crate) fn is_plural(&self) -> bool {
        self.words.last().is_some_and(|head| words::is_plural(head))
    }

    /// The parameter that is the noun's own. Of several it is the last, unless an earlier one bears the
    /// noun's name and the last one is no id: `/earnings/{earningCode}/{startDate}`.
    pub(crate) fn own_param(&self) -> Option<&String> {
        self.own_position().and_then(|at| self.params.get(at))
    }

    /// The parameter in front of its own.
    pub(crate) fn param_before_own(&self) -> Option<&String> {
        self.own_position()
            .and_then(|at| at.checked_sub(1))
            .and_then(|at| self.params.get(at))
    }

    fn own_position(&self) -> Option<usize> {
        let last = self.params.len().checked_sub(1)?;
        let is_id = words::split(&self.params[last])
            .last()
            .is_some_and(|word| is_strong_key_word(word));
        if is_id || last == 0 {
            return Some(last);
        }
        let named = self.params.iter().position(|param| {
            param_noun(param)
                .last()
                .is_some_and(|noun| words::singular(noun) == self.head())
        });
        Some(named.unwrap_or(last))
    }

    /// The noun's last word in the singular.
    pub(crate) fn head(&self) -> String {
        self.words
            .last()
            .map(|head| words::singular(head))
            .unwrap_or_default()
    }

    pub(crate) fn noun(&self) -> String {
        words::noun_phrase(&self.words)
    }
}

/// The noun that a parameter's name holds: `execution_id` → execution; empty for `id` or `key`.
pub(crate) fn param_noun(name: &str) -> Vec<String> {
    let mut found = words::split(name);
    while let Some(last) = found.last() {
        // A lower-case name may end in its kind of key all the same: `ticketid`.
        let glued = ["uuid", "guid", "id"]
            .iter()
            .find_map(|end| last.strip_suffix(end))
            .filter(|stem| stem.len() > 3);
        if is_key_word(last) || matches!(last.as_str(), "or" | "and" | "with" | "by") {
            found.pop();
        } else if let Some(stem) = glued.map(str::to_owned) {
            found.pop();
            found.push(stem);
        } else {
            break;
        }
    }
    found
}

/// Words that make a parameter an id and nothing else.
fn is_strong_key_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "ids" | "uuid" | "guid" | "uid" | "key" | "sid" | "oid" | "gid" | "arn"
    ) || word.len() > 4 && word.ends_with("id")
}

/// Words that say "this is a key" and nothing of what it is the key of.
pub(crate) fn is_key_word(word: &str) -> bool {
    matches!(
        word,
        "id" | "ids"
            | "uuid"
            | "guid"
            | "uid"
            | "key"
            | "slug"
            | "sid"
            | "name"
            | "number"
            | "no"
            | "nr"
            | "code"
            | "ref"
            | "reference"
            | "identifier"
            | "pk"
            | "oid"
            | "handle"
            | "arn"
            | "gid"
            | "iid"
            | "urn"
            | "xid"
    )
}

fn steps(source: &OperationSource<'_>) -> Vec<Step> {
    let template = PathTemplate::parse(source.path);
    let mut names = template.param_names.iter().cloned();
    let mut found = Vec::new();
    for (at, segment) in template.segments.iter().enumerate() {
        match segment {
            Segment::Literal(text) if is_version(text) => {
                version_step(&mut found, &template.segments)
            }
            // In front of a parameter, `apis` are what the service manages.
            Segment::Literal(text)
                if text == "apis"
                    && matches!(template.segments.get(at + 1), Some(Segment::Param)) =>
            {
                found.push(Step::Literal(text.clone()));
            }
            Segment::Literal(text) => literal_steps(text, &mut found),
            Segment::Param | Segment::Greedy => {
                let step = names
                    .next()
                    .and_then(|name| param_step(name, &found, source.method));
                found.extend(step);
            }
            Segment::Pattern(parts) => pattern_steps(parts, &mut names, &mut found, source.method),
        }
    }
    found
}

/// Rule "in front of the version": `/discovery/v2/events` names the interface there, not a thing.
fn version_step(found: &mut Vec<Step>, segments: &[Segment]) {
    let has_noun_behind = segments
        .iter()
        .rev()
        .take_while(|segment| !matches!(segment, Segment::Literal(text) if is_version(text)))
        .any(|segment| match segment {
            Segment::Literal(text) => {
                !is_noise(text)
                    && words::split(text)
                        .first()
                        .and_then(|first| verbs::known(first))
                        .is_none_or(|verb| verb.kind == Kind::VerbOrNoun)
            }
            _ => false,
        });
    if has_noun_behind && found.iter().all(|step| matches!(step, Step::Literal(_))) {
        found.clear();
    }
}

/// `executions:search` is a noun and a custom method; `rejects.json` a noun and a media type.
fn literal_steps(text: &str, found: &mut Vec<Step>) {
    let text = without_extension(text);
    if let Some((noun, method)) = text.split_once(':') {
        if !noun.is_empty() {
            found.push(Step::Literal(noun.to_owned()));
        }
        found.push(Step::Custom(method.to_owned()));
        return;
    }
    // `rest_services.get_chart` is a program and its method, `Microsoft.Cache` a name within one.
    if let Some((_, last)) = text.rsplit_once('.').filter(|(_, last)| last.len() > 2) {
        let is_method = words::split(last)
            .first()
            .is_some_and(|first| verbs::known(first).is_some());
        found.push(if is_method {
            Step::Custom(last.to_owned())
        } else {
            Step::Literal(last.to_owned())
        });
        return;
    }
    if !is_noise(text) {
        found.push(Step::Literal(text.to_owned()));
    }
}

/// A parameter that says in which form, language or order an answer is wanted (`{format}`,
/// `/watchlist/{type}/{sort}`) names nothing; behind its own noun (`/countries/{country}`) it does.
fn param_step(name: String, before: &[Step], method: &str) -> Option<Step> {
    let last = words::split(&name).pop().unwrap_or_default();
    let own = match before.last() {
        Some(Step::Literal(text)) => resource_words(text)
            .last()
            .is_some_and(|noun| words::singular(noun) == last),
        _ => false,
    };
    let is_criterion = is_criterion(&name)
        || last == "type" && !matches!(before.last(), Some(Step::Param(_)) | None);
    // What is changed behind such a parameter is found by it: `/captions/{language}`.
    let is_key = match method {
        "GET" => false,
        "POST" => matches!(before.last(), Some(Step::Literal(text)) if words::split(text)
            .last()
            .is_some_and(|noun| words::is_plural(noun))),
        _ => true,
    } && !is_format(&last)
        && !is_media_type(&name);
    (own || is_key || !is_criterion).then_some(Step::Param(name))
}

/// Whether a parameter says in which form, language or order an answer is wanted, or of when and
/// where.
pub(crate) fn is_criterion(name: &str) -> bool {
    let last = words::split(name).pop().unwrap_or_default();
    is_media_type(name)
        || matches!(
            last.as_str(),
            "format"
                | "extension"
                | "ext"
                | "mimetype"
                | "fmt"
                | "country"
                | "language"
                | "lang"
                | "date"
                | "year"
                | "month"
                | "day"
                | "lat"
                | "lon"
                | "latitude"
                | "longitude"
                | "from"
                | "to"
                | "start"
                | "end"
                | "since"
                | "until"
                | "locale"
                | "dialect"
                | "sort"
                | "order"
                | "currency"
                | "page"
                | "limit"
                | "offset"
        )
}

fn is_media_type(name: &str) -> bool {
    matches!(
        words::split(name).concat().as_str(),
        "contenttype" | "mediatype" | "outputtype" | "responsetype"
    )
}

fn is_format(word: &str) -> bool {
    matches!(word, "format" | "extension" | "ext" | "mimetype" | "fmt")
}

fn pattern_steps(
    parts: &[Part],
    names: &mut impl Iterator<Item = String>,
    found: &mut Vec<Step>,
    method: &str,
) {
    let last = parts.len().saturating_sub(1);
    for (position, part) in parts.iter().enumerate() {
        match part {
            Part::Param => {
                let step = names
                    .next()
                    .and_then(|name| param_step(name, found, method));
                found.extend(step);
            }
            Part::Literal(text) => {
                if let Some(method) = text.strip_prefix(':') {
                    found.push(Step::Custom(method.to_owned()));
                    continue;
                }
                // `indexes('{name}')` is a noun with its key in brackets; `.json` is a media type.
                let noun = without_extension(text)
                    .trim_matches(|character: char| !character.is_alphanumeric());
                if position < last && !noun.is_empty() && !is_noise(noun) {
                    found.push(Step::Literal(noun.to_owned()));
                }
            }
        }
    }
}

fn without_extension(text: &str) -> &str {
    [".json", ".xml", ".csv", ".php", ".aspx", ".do", ".html"]
        .iter()
        .find_map(|extension| text.strip_suffix(extension))
        .unwrap_or(text)
}

/// Versions (`v1`, `2`, `v1beta2`, `2.0`, `2024-01`) and words that every path may hold.
fn is_noise(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // `/incidents/byUser` says how incidents are found.
    let is_filter = words::split(text)
        .first()
        .is_some_and(|first| first == "by")
        && lower.len() > 2;
    if is_filter || NOISE.contains(&lower.as_str()) || !lower.chars().any(char::is_alphanumeric) {
        return true;
    }
    is_version(&lower)
}

/// `v1`, `2`, `v1beta2`, `2.0`, `2024-01`.
fn is_version(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let digits = lower.strip_prefix('v').unwrap_or(&lower);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .replace("alpha", "")
            .replace("beta", "")
            .chars()
            .all(|character| {
                character.is_ascii_digit() || matches!(character, '.' | '-' | '_' | 'p')
            })
}

/// Rule "verb before its parameters": `/groups/add/{name}`, `/companies/search/{country}`.
fn take_inner_action(steps: &mut Vec<Step>, method: &str) -> Option<Vec<String>> {
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
            && verbs::known(first).is_some_and(|verb| verb.kind == Kind::Verb)
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
    if !(is_never_a_noun(first) || at == 0 && matches!(method, "POST" | "PUT") && names_thing()) {
        return None;
    }
    steps.remove(at);
    Some(phrase)
}

/// Verbs that, in front of a parameter, are no collection: `/delete/{id}`, but not `/issues/{id}`.
fn is_never_a_noun(word: &str) -> bool {
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

/// Adjectives that as a segment say which of the things in front: `/cities/significant`.
#[rustfmt::skip] // a list of words, not of lines
const ADJECTIVES: &[&str] = &[
    "private", "public", "active", "inactive", "recent", "latest", "popular", "featured",
    "significant", "top", "pending", "archived", "deleted", "available", "random", "upcoming",
    "trending", "nearby", "open", "closed", "completed", "expired", "unread", "personal",
    "internal", "external", "local", "global", "shared", "custom", "similar", "suggested",
    "recommended", "blocked", "banned", "enabled", "disabled", "approved", "rejected",
    "scheduled", "online", "offline", "primary", "anonymous", "assigned", "unassigned",
    "unique", "permanent", "temporary", "default", "advanced", "simple", "basic", "detailed",
    "next", "previous", "past", "today", "daily", "weekly", "monthly", "yearly", "hourly", "nearest", "full", "live", "running", "failed", "missing", "invalid", "valid", "favorite", "favourite",
    "alternative", "alternate",
];

pub(crate) fn is_adjective(word: &str) -> bool {
    ADJECTIVES.contains(&word)
        || word.len() > 5
            && word.ends_with("ed")
            && !["feed", "seed", "speed", "embed", "breed", "weed", "deed"]
                .iter()
                .any(|noun| word.ends_with(noun))
}

/// A literal's words as a noun: without `Api` and what follows a preposition
/// (`/schedule-for-stop`).
fn resource_words(text: &str) -> Vec<String> {
    let mut found = words::split(text);
    // `/compareStation/{name}`: a call by its name.
    if let [first, second, ..] = found.as_slice()
        && verbs::known(first).is_some_and(|verb| verb.kind == Kind::Verb)
        && !matches!(
            second.as_str(),
            "for" | "by" | "from" | "with" | "to" | "of"
        )
        && !matches!(
            first.as_str(),
            "issue" | "set" | "list" | "check" | "book" | "build"
        )
    {
        found.remove(0);
    }
    while found.len() > 1
        && found
            .last()
            .is_some_and(|last| matches!(last.as_str(), "id" | "ids" | "uuid" | "guid"))
    {
        found.pop();
    }
    if found == ["whoami"] {
        return vec!["user".to_owned()];
    }
    while found.len() > 1
        && found.last().is_some_and(|last| {
            matches!(last.as_str(), "api" | "apis" | "controller") || is_version(last)
        })
    {
        found.pop();
    }
    let preposition = found.iter().skip(1).position(|word| {
        matches!(
            word.as_str(),
            "for" | "by" | "from" | "with" | "within" | "near" | "where"
        )
    });
    if let Some(at) = preposition {
        found.truncate(at + 1);
    }
    found
}

/// `batch` as a segment says how many, not what.
fn is_amount(step: &Step) -> bool {
    matches!(step, Step::Literal(text) if matches!(
        text.to_ascii_lowercase().as_str(),
        "batch" | "bulk" | "multiple" | "many"
    ))
}

/// An adjective goes to the noun in front of it.
fn push_literal(literals: &mut Vec<Vec<String>>, words: Vec<String>) {
    match (words.as_slice(), literals.last_mut()) {
        // `/receipts/verbose/encoded`: how, not what.
        ([form], Some(_))
            if matches!(
                form.as_str(),
                "xls"
                    | "xlsx"
                    | "rss"
                    | "atom"
                    | "geojson"
                    | "new"
                    | "json"
                    | "xml"
                    | "csv"
                    | "verbose"
                    | "encoded"
                    | "base64"
                    | "raw"
                    | "quietly"
                    | "all"
            ) => {}
        // A state is no kind: `/shipments/delivered` is about shipments.
        ([adjective], Some(noun)) if is_adjective(adjective) => {
            if ADJECTIVES.contains(&adjective.as_str()) {
                noun.insert(0, adjective.clone());
            }
        }
        _ => literals.push(words),
    }
}

/// Rule "verb at the end": a custom method, or a last literal that is a verb phrase. A word that is
/// as often a noun counts only behind a parameter and where something is posted.
fn take_action(steps: &mut Vec<Step>, source: &OperationSource<'_>) -> Option<Vec<String>> {
    match steps.last()? {
        Step::Custom(text) => {
            let phrase = words::split(text);
            steps.pop();
            Some(phrase)
        }
        Step::Param(_) => None,
        Step::Literal(text) => {
            let phrase = phrase::unglued(words::split(text), source);
            let reads = source.method == "GET";
            let behind_param = matches!(steps.iter().rev().nth(1), Some(Step::Param(_)));
            // `/distance-query`, `/onboard-depart-search`
            if let [.., last] = phrase.as_slice()
                && phrase.len() > 1
                && matches!(last.as_str(), "search" | "query" | "lookup")
            {
                let action = vec![last.clone()];
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
                Kind::Verb => true,
                // The operationId takes it for a verb as well: `requestPasswordReset`.
                Kind::VerbOrNoun if phrase.len() > 1 && !reads => {
                    let said = words::split(source.operation_id);
                    said.first() == Some(first)
                }
                Kind::VerbOrNoun => {
                    behind_param && !reads && phrase.len() == 1 && is_mostly_done_to_things(first)
                }
            };
            // "Creates a new checkout key" at `/checkout-key`: a thing all the same.
            let is_thing = phrase.len() > 1
                && phrase::of_summary(source.summary)
                    .or_else(|| phrase::of_summary(source.description))
                    .is_some_and(|said| said.noun == phrase);
            if !is_action || is_thing {
                return None;
            }
            steps.pop();
            Some(phrase)
        }
    }
}

/// Of the words that are as often nouns, those that behind an item are rather done to it than part
/// of it: `/payments/{id}/refund`, but not `/payments/{id}/comment`.
fn is_mostly_done_to_things(word: &str) -> bool {
    matches!(
        word,
        "import"
            | "export"
            | "build"
            | "copy"
            | "test"
            | "transfer"
            | "refund"
            | "charge"
            | "release"
            | "share"
            | "watch"
            | "star"
            | "flag"
            | "follow"
            | "like"
            | "vote"
            | "bookmark"
            | "play"
            | "power"
            | "boot"
            | "ping"
            | "probe"
            | "push"
            | "pull"
            | "hold"
            | "swap"
            | "split"
            | "forward"
            | "mail"
            | "email"
            | "purchase"
            | "exchange"
            | "rate"
            | "sort"
            | "wake"
            | "print"
            | "scan"
            | "sign"
            | "match"
            | "stream"
    )
}

/// The last literal as a resource, qualified by the one before it.
fn take_resource(literals: &mut Vec<Vec<String>>) -> Option<Resource> {
    let words = literals.pop()?;
    let qualifier = literals.pop().unwrap_or_default();
    literals.clear();
    Some(Resource {
        words,
        qualifier,
        params: Vec::new(),
    })
}
