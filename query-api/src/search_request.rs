//! The body of a search or an export, and the question to the store that it stands for.

use std::net::IpAddr;

use daybook_event::{Action, IpRange, OWN_SERVICE, Outcome, check_json_bounds};
use daybook_query_language::{self as query_language, Condition, Query};
use daybook_store::{Direction, Filter, Match, Search, Sort, TimeRange, TotalMode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::error::Problem;
use crate::export_format::{ExportFormat, FORMATS};
use crate::fields::{Faults, Fields, RANGE_FIELDS, shortened};
use crate::query_filter::filter_of;

/// How large a body may be: more than the longest list of the longest values in ASCII.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// How deep a body may nest.
const BODY_DEPTH_MAX: usize = 16;
/// How many events a page has, or erasures their list, unless it is asked for another number.
pub(crate) const LIMIT_DEFAULT: u32 = 50;
/// How many events a page may have.
const LIMIT_MAX: u32 = 1000;
/// How much longer than its bound a range may be: who asks for the last 30 days reckons from when they
/// asked, by a clock of their own, and a month is an hour longer where the clocks are put back in it.
const RANGE_SLACK: SignedDuration = SignedDuration::from_hours(2);
/// How far `page` goes: every event before it is read again for each page.
const PAGE_MAX: u32 = 100;

const IP_RANGE_NEEDED: &str = "an address, or a range of them such as 10.0.0.0/8, is needed here";

/// How long a value in a query may be, and how many values of one name: servers and gateways bound
/// the length of addresses, and answer as they like beyond.
pub(crate) const PARAMETER_CHARS_MAX: usize = 256;
pub(crate) const PARAMETERS_MAX: usize = 20;

/// How long a locale's name may be (RFC 5646, section 4.4.1).
const LOCALE_CHARS_MAX: usize = 35;

/// The fields that say which events are wanted.
pub(crate) const FILTER_FIELDS: [&str; 14] = [
    "timestamp",
    "ingested",
    "service_name",
    "event_name",
    "action",
    "outcome",
    "method",
    "actor",
    "user",
    "entity",
    "ip",
    "correlation_id",
    "q",
    "sort",
];

/// The fields that say how an export is written.
pub(crate) const EXPORT_FIELDS: [&str; 2] = ["format", LOCALE_FIELD];

/// The field that says in which language.
pub(crate) const LOCALE_FIELD: &str = "locale";

/// The fields that say which page of them.
pub(crate) const PAGE_FIELDS: [&str; 5] = ["limit", "cursor", "direction", "page", "total"];

const USER_FIELDS: [&str; 2] = ["email", "user_id"];
const ENTITY_FIELDS: [&str; 3] = ["type", "id", "include_children"];
/// The fields that are objects, and theirs.
pub(crate) const OBJECT_FIELDS: [(&str, &[&str]); 4] = [
    ("timestamp", &RANGE_FIELDS),
    ("ingested", &RANGE_FIELDS),
    ("user", &USER_FIELDS),
    ("entity", &ENTITY_FIELDS),
];

/// A search as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchRequest {
    /// The question; without its `position`, which only a cursor knows, and without what `query` says.
    search: Search,
    /// The search bar's part of the filter; what it says depends on the time.
    query: Query,
    /// Not yet verified.
    pub(crate) cursor: Option<String>,
    /// Which way to go, where the request says so itself.
    pub(crate) direction: Option<Direction>,
    /// In which language, where the request says so itself.
    pub(crate) locale: Option<String>,
}

impl SearchRequest {
    /// Reads the body of a search. No body at all is an empty one.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let known = PAGE_FIELDS.into_iter().chain(FILTER_FIELDS);
        let known: Vec<&'static str> = known.chain([LOCALE_FIELD]).collect();
        let mut faults = Faults::default();
        let mut fields = Fields::new("", json_of(body)?, &known, &mut faults);

        let (filter, query, sort) = filter_and_sort(&mut fields, &mut faults);
        let limit = fields
            .number("limit", 1, LIMIT_MAX, &mut faults)
            .unwrap_or(LIMIT_DEFAULT);
        if fields.has("cursor") && fields.has("page") {
            faults.add("/page", "a cursor and a page exclude each other");
        }
        let page = fields.number("page", 0, u32::MAX, &mut faults).unwrap_or(0);
        if page > PAGE_MAX {
            faults.add(
                "/page",
                format!(
                    "page may be {PAGE_MAX}; go further with \"cursor\": \
                     the next_cursor of the page before"
                ),
            );
        }
        let offset = u64::from(page) * u64::from(limit);
        let cursor = fields.text("cursor", &mut faults);
        let directions = [("next", Direction::Next), ("prev", Direction::Prev)];
        let direction = fields.choice("direction", &directions, &mut faults);
        let totals = [
            ("exact", TotalMode::Exact),
            ("bounded", TotalMode::Bounded),
            ("none", TotalMode::None),
        ];
        let total = fields
            .choice("total", &totals, &mut faults)
            .unwrap_or_default();
        let locale = locale(&mut fields, &mut faults);
        faults.into_result()?;

        Ok(Self {
            search: Search {
                filter,
                sort,
                limit,
                offset,
                position: None,
                direction: direction.unwrap_or_default(),
                total,
                ..Search::default()
            },
            query,
            cursor,
            direction,
            locale,
        })
    }

    /// The question as it stands at a time.
    pub(crate) fn search_at(&self, now: Timestamp) -> Search {
        let mut search = self.search.clone();
        add_query(&mut search.filter, &self.query, now);
        search
    }
}

fn add_query(filter: &mut Filter, query: &Query, now: Timestamp) {
    if !query.terms.is_empty() {
        filter.also = Some(Box::new(filter_of(query, now)));
    }
}

/// An export as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportRequest {
    /// The question, as it stands now.
    pub(crate) search: Search,
    /// How its answer is written.
    pub(crate) format: ExportFormat,
    /// In which language, where the request says so itself.
    pub(crate) locale: Option<String>,
}

/// Reads the body of an export: the filter and the sort of a search, and a format.
pub(crate) fn export_from_json(body: &[u8]) -> Result<ExportRequest, Problem> {
    export_from_value(json_of(body)?)
}

/// Reads the query string of an export.
///
/// A parameter is a field of the body; a dot leads into an object (`user.email=…`, `timestamp.from=…`,
/// `service_name.not=…`), and a parameter that comes again makes a list.
pub(crate) fn export_from_query(query: &str) -> Result<ExportRequest, Problem> {
    export_from_value(body_of_query(query)?)
}

/// The body that a query string stands for.
///
/// # Errors
/// 400 that names the parameter, 413 where it is too long.
pub(crate) fn body_of_query(query: &str) -> Result<Value, Problem> {
    if query.len() > BODY_BYTES_MAX {
        return Err(Problem::body_too_large(BODY_BYTES_MAX));
    }
    let mut body = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        put(&mut body, &name, &value).map_err(|fault| {
            let mut faults = Faults::default();
            let name: Vec<String> = name.split('.').take(4).map(shortened).collect();
            faults.add(&format!("/{}", name.join("/")), fault);
            faults.into_problem()
        })?;
    }
    Ok(Value::Object(body))
}

fn export_from_value(body: Value) -> Result<ExportRequest, Problem> {
    let mut faults = Faults::default();
    if let Value::Object(members) = &body {
        for name in PAGE_FIELDS
            .iter()
            .filter(|name| members.contains_key(**name))
        {
            faults.add(
                &format!("/{name}"),
                "an export has no pages: it is every event that matches",
            );
        }
        faults.into_result()?;
        faults = Faults::default();
    }
    let known: Vec<&'static str> = FILTER_FIELDS.into_iter().chain(EXPORT_FIELDS).collect();
    let mut fields = Fields::new("", body, &known, &mut faults);
    let (filter, sort) = filter_and_sort_now(&mut fields, &mut faults);
    let format = fields.choice("format", &FORMATS, &mut faults);
    let locale = locale(&mut fields, &mut faults);
    faults.into_result()?;
    Ok(ExportRequest {
        search: Search {
            filter,
            sort,
            total: TotalMode::None,
            ..Search::default()
        },
        format: format.unwrap_or_default(),
        locale,
    })
}

/// The language that a request names: `de`, `pt-BR`. One that there are no catalogs of is answered with the
/// stored sentences.
pub(crate) fn locale(fields: &mut Fields, faults: &mut Faults) -> Option<String> {
    let locale = fields.text("locale", faults)?;
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (2..=LOCALE_CHARS_MAX).contains(&locale.len()) && locale.bytes().all(is_one) {
        return Some(locale);
    }
    faults.add("/locale", "a locale such as de or pt-BR is needed here");
    None
}

/// The filter that fields say, as it stands now, and the order.
pub(crate) fn filter_and_sort_now(fields: &mut Fields, faults: &mut Faults) -> (Filter, Sort) {
    let (mut filter, query, sort) = filter_and_sort(fields, faults);
    add_query(&mut filter, &query, Timestamp::now());
    (filter, sort)
}

fn filter_and_sort(fields: &mut Fields, faults: &mut Faults) -> (Filter, Query, Sort) {
    let timestamp = fields.time_range("timestamp", faults);
    let ingested = fields.time_range("ingested", faults);
    let service_name = fields.texts("service_name", faults);
    let actions: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    let outcomes: Vec<&str> = Outcome::ALL
        .iter()
        .map(|outcome| outcome.as_str())
        .collect();
    let event_name = fields.texts("event_name", faults);
    let action = fields.words("action", &actions, faults);
    let outcome = fields.words("outcome", &outcomes, faults);
    let method = fields.matching("method", faults, |method| Ok(method.to_ascii_uppercase()));
    let mut user = fields.object("user", &USER_FIELDS, faults);
    let mut entity = fields.object("entity", &ENTITY_FIELDS, faults);
    let sorts = [
        ("-timestamp", Sort::TimestampDescending),
        ("timestamp", Sort::TimestampAscending),
        ("ingested_at", Sort::IngestedAscending),
    ];
    let sort = fields.choice("sort", &sorts, faults).unwrap_or_default();
    let query = fields.text("q", faults).unwrap_or_default();
    let query = query_language::parse(&query).unwrap_or_else(|error| {
        faults.add_query("/q", &error);
        Query::default()
    });
    let ip_texts = fields.texts("ip", faults);
    let (ip, ip_ranges) = addresses(ip_texts, faults);
    let filter = Filter {
        timestamp,
        ingested,
        hide_service: hidden_service(&service_name, &query),
        service_name,
        event_name,
        action,
        outcome,
        method,
        actor: fields.texts("actor", faults),
        user_email: user.texts("email", faults),
        user_id: user.texts("user_id", faults),
        entity_type: entity.texts("type", faults),
        entity_id: entity.texts("id", faults),
        include_children: entity.flag("include_children", faults).unwrap_or(false),
        ip,
        ip_ranges,
        correlation_id: fields.texts("correlation_id", faults),
        ..Filter::default()
    };
    (filter, query, sort)
}

/// Addresses, which may be written in several ways, and ranges of them (`10.0.0.0/8`) as ranges; what
/// is neither as text.
fn addresses(texts: Match<String>, faults: &mut Faults) -> (Match<String>, Match<IpRange>) {
    let (mut addresses, mut ranges) = (Match::default(), Match::default());
    for (texts, addresses, ranges) in [
        (texts.any_of, &mut addresses.any_of, &mut ranges.any_of),
        (texts.none_of, &mut addresses.none_of, &mut ranges.none_of),
    ] {
        for text in texts {
            let before_slash = text.split_once('/').map(|(address, _)| address);
            match text.parse() {
                Ok(range) => ranges.push(range),
                // Nothing could ever be found by it.
                Err(_) if before_slash.is_some_and(|it| it.parse::<IpAddr>().is_ok()) => {
                    faults.add("/ip", IP_RANGE_NEEDED);
                }
                _ => addresses.push(text),
            }
        }
    }
    (addresses, ranges)
}

/// The range within which a filter, and all that must hold as well, asks for events.
pub(crate) fn range_of(filter: &Filter, range: fn(&Filter) -> TimeRange) -> TimeRange {
    let mut whole = TimeRange::default();
    let mut rest = Some(filter);
    while let Some(filter) = rest {
        let TimeRange { from, to } = range(filter);
        whole.from = whole.from.max(from);
        whole.to = match (whole.to, to) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        rest = filter.also.as_deref();
    }
    whole
}

/// Refuses a range that is longer than allowed by more than two hours, where there is a bound. One that says no end
/// reaches to now.
///
/// # Errors
/// 400 that says what is needed.
pub(crate) fn check_range(
    filter: &Filter,
    days_max: Option<u32>,
    now: Timestamp,
) -> Result<(), Problem> {
    check_ranges(filter, days_max, now, now)
}

/// The same for a page. A range without an end reaches to now, and not to when a cursor was made, which can be kept for
/// years.
///
/// # Errors
/// As [`check_range`].
pub(crate) fn check_page_range(search: &Search, days_max: Option<u32>) -> Result<(), Problem> {
    let now = Timestamp::now();
    check_ranges(&search.filter, days_max, reaches_to(search, now), now)
}

/// To the place of a cursor that goes back in time, where nothing else is read: what is counted has no place.
fn reaches_to(search: &Search, now: Timestamp) -> Timestamp {
    let goes_back = matches!(
        (search.sort, search.direction),
        (Sort::TimestampDescending, Direction::Next) | (Sort::TimestampAscending, Direction::Prev)
    );
    let is_all = goes_back && search.total == TotalMode::None;
    let place = search.position.filter(|_| is_all);
    place.map_or(now, |place| place.time)
}

/// A place is a request's time: it says nothing of when events were stored.
fn check_ranges(
    filter: &Filter,
    days_max: Option<u32>,
    timestamp_end: Timestamp,
    ingested_end: Timestamp,
) -> Result<(), Problem> {
    let Some(days_max) = days_max else {
        return Ok(());
    };
    let is_short = |range: fn(&Filter) -> TimeRange, end: Timestamp| {
        let TimeRange { from, to } = range_of(filter, range);
        from.is_some_and(|from| {
            let length = to.unwrap_or(end).duration_since(from);
            length <= SignedDuration::from_hours(24 * i64::from(days_max)) + RANGE_SLACK
        })
    };
    if is_short(|filter| filter.timestamp, timestamp_end)
        || is_short(|filter| filter.ingested, ingested_end)
    {
        return Ok(());
    }
    let mut faults = Faults::default();
    faults.add(
        "/timestamp",
        format!("a time range of at most {days_max} days is needed here"),
    );
    faults.into_result()
}

/// Reading the log is recorded in the log; who does not ask for that does not want to see it.
fn hidden_service(service_name: &Match<String>, query: &Query) -> Option<String> {
    let in_query = query.terms.iter().any(|term| {
        !term.is_negated
            && matches!(&term.condition, Condition::Service(name) if name == OWN_SERVICE)
    });
    let is_asked_for = in_query || service_name.any_of.iter().any(|name| name == OWN_SERVICE);
    (!is_asked_for).then(|| OWN_SERVICE.to_owned())
}

pub(crate) fn json_of(body: &[u8]) -> Result<Value, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    check_json_bounds(body, BODY_BYTES_MAX, BODY_DEPTH_MAX)
        .map_err(|bound| Problem::invalid_request(&format!("The body is refused: {bound}.")))?;
    serde_json::from_slice(body).map_err(|error| {
        Problem::invalid_request(&format!(
            "The body is not JSON: line {}, column {}.",
            error.line(),
            error.column()
        ))
    })
}

/// Puts one query parameter into the body that the query string stands for: `a.b=c` is
/// `{"a": {"b": "c"}}`, and `a=c` beside it `{"a": {"is": "c"}}`.
fn put(body: &mut Map<String, Value>, name: &str, value: &str) -> Result<(), String> {
    // A query's own bound is its language's.
    if name != "q" && value.chars().count() > PARAMETER_CHARS_MAX {
        return Err(format!(
            "a value of a query may have {PARAMETER_CHARS_MAX} characters; send the filter as a body"
        ));
    }
    let (name, rest) = match name.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (name, None),
    };
    if let Some(rest) = rest {
        // A name of many dots would nest deep; no field is deeper than two objects.
        if rest.matches('.').count() > 1 {
            return Err("a name of so many dots is unknown".to_owned());
        }
        let inside = body
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        if !inside.is_object() {
            *inside = json!({"is": inside.take()});
        }
        return match inside.as_object_mut() {
            Some(inside) => put(inside, rest, value),
            None => Ok(()),
        };
    }
    if let Some(Value::Object(inside)) = body.get_mut(name) {
        return put(inside, "is", value);
    }
    let value = match (name, value) {
        ("include_children", "true") => Value::Bool(true),
        ("include_children", "false") => Value::Bool(false),
        ("limit", digits) => digits
            .parse::<u32>()
            .map_or_else(|_| digits.into(), Value::from),
        _ => Value::String(value.to_owned()),
    };
    match body.get_mut(name) {
        None => {
            body.insert(name.to_owned(), value);
        }
        Some(Value::Array(listed)) if listed.len() >= PARAMETERS_MAX => {
            return Err(format!(
                "a list in a query may have {PARAMETERS_MAX} values; send the filter as a body"
            ));
        }
        Some(Value::Array(listed)) => listed.push(value),
        Some(single) => *single = Value::Array(vec![single.take(), value]),
    }
    Ok(())
}

#[cfg(test)]
#[path = "search_request_tests.rs"]
mod tests;
