//! A path, segment by segment: literals, parameters, and what only says how.

use crate::key_words::{is_key_word, param_noun};
use crate::operation_source::OperationSource;
use crate::path_template::{Part, PathTemplate, Segment};
use crate::verbs::{self, Kind};
use crate::words;

/// Segments that say nothing of what is acted upon, wherever they stand.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const NOISE: &[&str] = &[
    "api", "apis", "rest", "public", "latest", "relationships", "me", "self", "rpc", "mine", "my",
    "odata", "ws", "api-public", "beta", "alpha", "wp-json", "index.php", "last", "first",
    "previous", "_", "where", "noauth",
];

/// What is found by one of these, in a path, is one thing.
const NAMES_ONE: &[&str] = &[
    "email", "username", "login", "phone", "domain", "url", "ip", "address", "hash", "symbol",
    "ticker", "isbn", "ean", "upc", "barcode", "sku", "path", "token", "hostname", "title",
];

/// What a thing has, and what a call that ends in it sets: `/comments/{id}/status/{status}`.
const SET_ON_THINGS: &[&str] = &[
    "rating",
    "status",
    "state",
    "score",
    "value",
    "amount",
    "quantity",
    "priority",
    "level",
    "visibility",
];

/// Verbs that in front of a plural are no noun.
#[rustfmt::skip] // a list of words, not of lines
const CALLS: &[&str] = &[
    "get", "find", "fetch", "show", "view", "add", "create", "update", "delete", "remove", "edit",
];

/// A longer path in front of an operation's own is not looked at.
const FRONT_BYTES_MAX: usize = 256;

pub(super) enum Step {
    Literal(String),
    Param(String),
    /// A custom method behind a colon, or an OData action behind a dot.
    Custom(String),
}

pub(super) fn steps(source: &OperationSource<'_>) -> Vec<Step> {
    let template = PathTemplate::parse(whole_path(source));
    let mut names = template.param_names.iter().cloned();
    let mut found = Vec::new();
    let mut is_filtered = false;
    for (at, segment) in template.segments.iter().enumerate() {
        match segment {
            Segment::Param
                if is_filtered
                    || says_version(&template.segments, at, names.clone().next().as_ref()) =>
            {
                names.next();
            }
            Segment::Literal(text) if is_filter(text, &found, source) => is_filtered = true,
            Segment::Literal(text) if is_version(text) => {
                version_step(&mut found, &template.segments);
            }
            // In front of a parameter or at the end, `apis` are what the service manages.
            Segment::Literal(text)
                if text == "apis"
                    && at > 0
                    && template.segments.get(at + 1).is_none_or(|next| {
                        matches!(next, Segment::Param)
                            || matches!(next, Segment::Literal(text) if text.is_empty())
                    }) =>
            {
                found.push(Step::Literal(text.clone()));
            }
            Segment::Literal(text) if is_way_of_finding(text, names.clone().next().as_deref()) => {}
            Segment::Literal(text)
                if starts_with_param(template.segments.get(at + 1))
                    && is_key_in_front(text, names.clone().next(), &found, source.method) => {}
            Segment::Literal(text) => {
                is_filtered &= text.is_empty();
                literal_steps(without_random_end(text), &mut found);
            }
            Segment::Param | Segment::Greedy => {
                let step = names
                    .next()
                    .and_then(|name| param_step(name, &found, source.method));
                found.extend(step);
            }
            // `/orders/after/{id}.json`
            Segment::Pattern(parts) if is_version_pattern(parts) || is_filtered => {
                names.next();
            }
            Segment::Pattern(parts) => pattern_steps(parts, &mut names, &mut found, source.method),
        }
    }
    found
}

/// `/v{version}/areas` is a version, however its parameter is called.
fn is_version_pattern(parts: &[Part]) -> bool {
    matches!(parts, [Part::Literal(text), Part::Param] if matches!(text.as_str(), "v" | "V"))
}

/// `delete-/crm/v3/cards/{cardId}` on `/{cardId}`: the operationId has the path that the server's URL begins.
fn whole_path<'a>(source: &OperationSource<'a>) -> &'a str {
    source
        .operation_id
        .find('/')
        .map(|at| &source.operation_id[at..])
        .filter(|whole| {
            let front = whole
                .strip_suffix(source.path)
                .filter(|front| front.len() <= FRONT_BYTES_MAX);
            front.is_some_and(|front| !front.is_empty() && !front.contains('{'))
        })
        .unwrap_or(source.path)
}

/// Rule "found by": `/episodes/bySeason/{show}/{season}` lists what has no id there; `/users/byEmail/{email}` names one.
fn is_filter(text: &str, before: &[Step], source: &OperationSource<'_>) -> bool {
    let is_of_list = || {
        matches!(before.last(), Some(Step::Literal(noun))
            if words::split(noun).last().is_some_and(|noun| words::is_plural(noun)))
    };
    // What answers with one thing has found it.
    let answers_one = || {
        source.response.is_some_and(|response| {
            source.schemas.items(response).is_none()
                && !source
                    .schemas
                    .properties(response)
                    .iter()
                    .any(|property| source.schemas.items(property.schema).is_some())
        })
    };
    // `/orders/after/{id}`
    let is_range = matches!(text, "after" | "before" | "since" | "until") && is_of_list();
    if is_range && source.method == "GET" {
        return true;
    }
    source.method == "GET"
        && matches!(words::split(text).as_slice(), [by, .., what] if by == "by"
            && !is_key_word(what)
            && !NAMES_ONE.contains(&what.as_str()))
        && is_of_list()
        && !answers_one()
}

/// `/byproduct/{productId}` says by which parameter it is found, as `/byProduct/{productId}` does.
fn is_way_of_finding(text: &str, param: Option<&str>) -> bool {
    let what = text.to_ascii_lowercase();
    param.is_some_and(|param| {
        let noun = param_noun(param);
        what.strip_prefix("by").is_some_and(|what| {
            // `/bysellerId/{sellerId}`
            let is_param = what.len() > 3 && what == param.to_ascii_lowercase();
            !what.is_empty() && noun.last().is_some_and(|last| last == what) || is_param
        })
    })
}

fn starts_with_param(segment: Option<&Segment>) -> bool {
    match segment {
        Some(Segment::Param) => true,
        Some(Segment::Pattern(parts)) => matches!(parts.first(), Some(Part::Param)),
        _ => false,
    }
}

/// Rule "key in front": `/customers/email/{email}` and `/posts/slug/{slug}` say by what one is found, as
/// `/customers/by-email/{email}` does.
fn is_key_in_front(text: &str, param: Option<String>, before: &[Step], method: &str) -> bool {
    let Some(Step::Literal(noun)) = before.last() else {
        return false;
    };
    let key = text.to_ascii_lowercase();
    let is_named = param.is_some_and(|param| words::split(&param).concat().contains(&key));
    // What is changed or deleted behind `/lists/domain` may be a domain of its own.
    let is_key = match method {
        "GET" => is_key_word(&key) || NAMES_ONE.contains(&key.as_str()),
        "POST" => false,
        _ => matches!(
            key.as_str(),
            "id" | "uuid" | "guid" | "slug" | "name" | "username" | "email"
        ),
    };
    is_key
        && is_named
        && words::split(noun)
            .last()
            .is_some_and(|noun| words::is_plural(noun))
}

/// The fewest characters that are taken for drawn at random.
const RANDOM_CHARS_MIN: usize = 10;

/// Rule "drawn, not written": `securityClassification-6VMVochwUWo` without what no word has, digits among letters
/// of both cases.
fn without_random_end(text: &str) -> &str {
    let Some((front, end)) = text.rsplit_once('-') else {
        return text;
    };
    let has = |is_such: fn(&char) -> bool| end.chars().any(|letter| is_such(&letter));
    // A word has more letters than that between two that begin one.
    let is_random = end.len() >= RANDOM_CHARS_MIN
        && words::split(end).len() * 3 >= end.len()
        && end.chars().all(|letter| letter.is_ascii_alphanumeric())
        && has(char::is_ascii_digit)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase);
    if is_random && !front.is_empty() {
        front
    } else {
        text
    }
}

/// `/routing/{versionNumber}/calculateRoute`: which interface is called, and not what.
fn says_version(segments: &[Segment], at: usize, name: Option<&String>) -> bool {
    let has_noun_behind = segments[at + 1..].iter().any(|segment| match segment {
        Segment::Literal(text) => !text.is_empty(),
        // `copyrights.{format}`
        Segment::Pattern(parts) => matches!(parts.first(), Some(Part::Literal(_))),
        _ => false,
    });
    has_noun_behind
        && name.is_some_and(|name| {
            matches!(
                words::split(name).concat().as_str(),
                "versionnumber" | "apiversion"
            )
        })
}

/// Rule "in front of the version": `/discovery/v2/events` names the interface there, not a thing.
pub(super) fn version_step(found: &mut Vec<Step>, segments: &[Segment]) {
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
pub(super) fn literal_steps(text: &str, found: &mut Vec<Step>) {
    let text = without_extension(text);
    if let Some((noun, method)) = text.split_once(':') {
        if !noun.is_empty() {
            found.push(Step::Literal(noun.to_owned()));
        }
        found.push(Step::Custom(method.to_owned()));
        return;
    }
    // `rest_services.get_chart` is a program and its method, `Microsoft.Cache` a name within one.
    if let Some((front, last)) = text.rsplit_once('.').filter(|(_, last)| last.len() > 2) {
        let method = words::split(last);
        let is_method = method
            .first()
            .is_some_and(|first| verbs::known(first).is_some());
        // `/admin.users.session.reset`: a verb alone is done to what stands in front.
        if is_method && method.len() == 1 && found.is_empty() {
            found.extend(
                front
                    .split('.')
                    .filter(|part| !is_noise(part))
                    .map(|part| Step::Literal(part.to_owned())),
            );
        }
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

/// A literal's words as a noun: without `Api` and what follows a preposition
/// (`/schedule-for-stop`).
pub(super) fn resource_words(text: &str) -> Vec<String> {
    let mut found = words::split(text);
    // `/compareStation/{name}`: a call by its name; `/merge_requests/{id}` are requests.
    if let [first, second, ..] = found.as_slice()
        && verbs::is_clear(first)
        && (CALLS.contains(&first.as_str())
            || !found.last().is_some_and(|last| words::is_plural(last)))
        && !matches!(
            second.as_str(),
            "for" | "by" | "from" | "with" | "to" | "of"
        )
        && !matches!(
            first.as_str(),
            "issue" | "set" | "list" | "check" | "book" | "build" | "load"
        )
    {
        found.remove(0);
    }
    while found.len() > 1
        && found
            .last()
            .is_some_and(|last| matches!(last.as_str(), "id" | "uuid" | "guid"))
    {
        found.pop();
    }
    // `/AllTeams`, but `/AllStars`
    if found.len() > 1 && found[0] == "all" && words::singular(&found[1]) != "star" {
        found.remove(0);
    }
    // `/entities-list`
    if let [.., things, last] = found.as_slice()
        && last == "list"
        && words::is_plural(things)
    {
        found.pop();
    }
    // `xrefsBatch`, `idBoard`; but `schedule-payment-batch`
    if found.len() == 2 && found.last().is_some_and(|last| last == "batch") {
        found.pop();
    }
    if found.len() > 1 && found[0] == "id" {
        found.remove(0);
    }
    if found == ["meta"] {
        return vec!["metadata".to_owned()];
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

/// `/comments/{comment}/status/{status}`, `/ratings/{type}/{item}/{rating}`: a value that the thing in front gets.
fn is_set_on_thing(last: &str, before: &[Step]) -> bool {
    if !SET_ON_THINGS.contains(&last) {
        return false;
    }
    let names = |text: &str| {
        let words = resource_words(text);
        words
            .last()
            .filter(|noun| words::singular(noun) == last)
            .cloned()
    };
    match before {
        [.., Step::Param(_), Step::Literal(text)] => {
            names(text).is_some_and(|noun| !words::is_plural(&noun))
        }
        [.., Step::Literal(text), Step::Param(_)]
        | [.., Step::Literal(text), Step::Param(_), Step::Param(_)] => names(text).is_some(),
        _ => false,
    }
}

/// Rule "called by name": `/expense/{action}/{reportId}` says by its parameter what is done; behind `/actions` it
/// is one of these.
fn is_call_by_name(name: &str, before: &[Step]) -> bool {
    let mut words = words::split(name);
    if words.len() > 1 && words.last().is_some_and(|last| last == "name") {
        words.pop();
    }
    let [call] = words.as_slice() else {
        return false;
    };
    let is_listed = || {
        matches!(before.last(), Some(Step::Literal(text)) if words::split(text)
            .last()
            .is_some_and(|noun| words::singular(noun) == *call))
    };
    matches!(call.as_str(), "action" | "operation" | "command")
        && !before.is_empty()
        && !is_listed()
}

/// A parameter that says in which form, language or order an answer is wanted (`{format}`,
/// `/watchlist/{type}/{sort}`) names nothing; behind its own noun (`/countries/{country}`) it does.
pub(super) fn param_step(name: String, before: &[Step], method: &str) -> Option<Step> {
    let last = words::split(&name).pop().unwrap_or_default();
    let is_set = matches!(method, "PUT" | "POST" | "PATCH") && is_set_on_thing(&last, before);
    // `{enableOrNot}`
    if is_set || name.contains("OrNot") || is_call_by_name(&name, before) {
        return None;
    }
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
        || is_format(&last)
        || matches!(
            last.as_str(),
            "country"
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
                | "easting"
                | "northing"
                | "zoom"
                | "x"
                | "y"
                | "z"
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
                | "query"
                | "q"
                | "n"
                | "limit"
                | "offset"
        )
}

pub(super) fn is_media_type(name: &str) -> bool {
    matches!(
        words::split(name).concat().as_str(),
        "contenttype" | "mediatype" | "outputtype" | "responsetype"
    )
}

pub(super) fn is_format(word: &str) -> bool {
    matches!(word, "format" | "extension" | "ext" | "mimetype" | "fmt")
}

pub(super) fn pattern_steps(
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

pub(super) fn without_extension(text: &str) -> &str {
    [".json", ".xml", ".csv", ".php", ".aspx", ".do", ".html"]
        .iter()
        .find_map(|extension| text.strip_suffix(extension))
        .unwrap_or(text)
}

/// Versions (`v1`, `2`, `v1beta2`, `2.0`, `2024-01`) and words that every path may hold.
pub(super) fn is_noise(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // `/incidents/byUser` says how incidents are found.
    let is_filter = words::split(text)
        .first()
        .is_some_and(|first| first == "by")
        && lower.len() > 2;
    if is_filter || NOISE.contains(&lower.as_str()) || !lower.chars().any(char::is_alphanumeric) {
        return true;
    }
    // `s1`, but `s3`
    let is_version_of_its_own = matches!(lower.as_bytes(), [letter, digit]
        if letter.is_ascii_lowercase() && digit.is_ascii_digit())
        && !matches!(lower.as_str(), "s3" | "e5" | "m2" | "b2");
    // `/api2/json`
    let is_numbered_api = lower.strip_prefix("api").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    is_version(&lower) || is_version_of_its_own || is_numbered_api
}

/// `v1`, `2`, `v1beta2`, `2.0`, `2024-01`.
pub(super) fn is_version(text: &str) -> bool {
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

/// `batch` as a segment says how many, not what.
pub(super) fn is_amount(step: &Step) -> bool {
    matches!(step, Step::Literal(text) if matches!(
        text.trim_matches('_').to_ascii_lowercase().as_str(),
        "batch" | "bulk" | "multiple" | "many"
    ))
}
