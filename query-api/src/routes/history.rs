//! `GET /v1/entities/{type}/{id}/history`: the life of one thing, newest first, with what changed.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use daybook_event::{AuditEvent, Change};
use daybook_store::{Direction, Filter, Match, Search, TotalMode};
use serde::Serialize;

use crate::api::SharedApi;
use crate::auth::{Identity, Permission};
use crate::catalog::AcceptedLanguages;
use crate::document::ReadProblems;
use crate::error::Problem;
use crate::fields::{Faults, Fields, VALUE_CHARS_MAX};
use crate::history::{ChangesFrom, History, bodies_before};
use crate::left_out::{bytes_of_changes, longest_bytes};
use crate::recording::say_read;
use crate::routes::in_time;
use crate::routes::logs::{PageCursors, fits, json, json_within};
use crate::search_request::{LIMIT_DEFAULT, body_of_query, check_page_range, locale};
use crate::wire_event::WireEvent;

/// The parameters.
pub(crate) const HISTORY_FIELDS: [&str; 6] = [
    "timestamp",
    "include_children",
    "limit",
    "cursor",
    "direction",
    "locale",
];

const LIMIT_MAX: u32 = 200;

#[derive(Debug, Serialize)]
struct HistoryAnswer<'a> {
    history: Vec<Step<'a>>,
    /// Whether earlier bodies were left unread, changes are left out, or a thing has more fields than are followed.
    changes_are_bounded: bool,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
}

/// One event, and what it changed.
#[derive(Debug, Serialize)]
struct Step<'a> {
    log: WireEvent<'a>,
    changes_from: &'static str,
    changes: &'a [Change],
}

/// History: the events of one thing, newest first, with what each of them changed.
#[utoipa::path(
    get,
    path = "/v1/entities/{type}/{id}/history",
    operation_id = "entityHistory",
    tag = "events",
    responses(
        (
            status = 200,
            description = "One page of the thing's events; none where nothing is known of it.",
            body = ref("#/components/schemas/HistoryAnswer"),
        ),
        ReadProblems,
    ),
)]
pub(crate) async fn history(
    State(api): State<SharedApi>,
    identity: Identity,
    languages: AcceptedLanguages,
    thing: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::View)?;
    let Path((kind, id)) =
        thing.map_err(|_| Problem::invalid_request("The path is no text in UTF-8."))?;
    let request = HistoryRequest::new(kind, id, query.as_deref().unwrap_or_default())?;
    let reader = api.searching(identity.tenant, services)?;
    let cursors = PageCursors::new(&api, reader.tenant(), request.cursor.as_deref())?;
    let search = Search {
        bytes_max: api.page_bytes_max(),
        ..cursors.place(request.search, request.direction)?
    };
    check_page_range(&search, api.range_days_max)?;
    let read = Box::pin(async {
        let page = reader.search(&search).await?;
        let before = bodies_before(
            &reader,
            &search,
            &page,
            api.range_days_max,
            api.events_bytes_max,
        );
        Ok((before.await?, page))
    });
    let (before, mut page) = in_time(api.read_timeout, read).await?;
    if page.is_cut {
        return Err(Problem::page_too_large());
    }
    if let Some(locale) = languages.locale(&api.catalogs, request.locale.as_deref()) {
        page.events.iter_mut().for_each(|event| locale.word(event));
    }
    let count = page.events.len() as u64;
    say_read(&identity.person, "read the history of a thing", Some(count));
    let mut events = std::mem::take(&mut page.events);
    let (mut changes, has_more_fields) = changes(&events, &before.events);
    let written = |events: &[AuditEvent], changes: &[Changes], is_bounded| {
        json(&HistoryAnswer {
            history: steps(events, changes),
            changes_are_bounded: is_bounded || are_left_out(events, changes),
            next_cursor: cursors.sign(&search, page.next, Direction::Next),
            prev_cursor: cursors.sign(&search, page.prev, Direction::Prev),
        })
    };
    let bytes_max = api.answer_bytes_max;
    let mut is_bounded = before.is_bounded || has_more_fields;
    if is_longest_made_out(&events, &changes)
        && !fits(bytes_max, &written(&events, &changes, is_bounded))
    {
        is_bounded = true;
        leave_out(&mut changes);
    }
    let whole = json_within(bytes_max, &mut events, |events| {
        written(events, &changes, is_bounded)
    });
    if whole.is_ok() || events.len() != 1 {
        return whole;
    }
    leave_out(&mut changes);
    json_within(bytes_max, &mut events, |events| {
        written(events, &changes, true)
    })
}

struct HistoryRequest {
    search: Search,
    cursor: Option<String>,
    direction: Option<Direction>,
    locale: Option<String>,
}

impl HistoryRequest {
    fn new(kind: String, id: String, query: &str) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        for (pointer, text) in [("/type", &kind), ("/id", &id)] {
            if text.chars().count() > VALUE_CHARS_MAX {
                faults.add(pointer, format!("it may have {VALUE_CHARS_MAX} characters"));
            }
        }
        let mut fields = Fields::new("", body_of_query(query)?, &HISTORY_FIELDS, &mut faults);
        let timestamp = fields.time_range("timestamp", &mut faults);
        let include_children = fields.flag("include_children", &mut faults);
        let limit = fields.number("limit", 1, LIMIT_MAX, &mut faults);
        let cursor = fields.text("cursor", &mut faults);
        let directions = [("next", Direction::Next), ("prev", Direction::Prev)];
        let direction = fields.choice("direction", &directions, &mut faults);
        let locale = locale(&mut fields, &mut faults);
        faults.into_result()?;
        let filter = Filter {
            timestamp,
            entity_type: Match::any_of([kind]),
            entity_id: Match::any_of([id]),
            include_children: include_children.unwrap_or(false),
            ..Filter::default()
        };
        Ok(Self {
            search: Search {
                filter,
                limit: limit.unwrap_or(LIMIT_DEFAULT),
                total: TotalMode::None,
                direction: direction.unwrap_or_default(),
                ..Search::default()
            },
            cursor,
            direction,
            locale,
        })
    }
}

/// What an event changed.
type Changes = (ChangesFrom, Vec<Change>);

/// What each event changed, all of them newest first, and whether one may have changed more.
fn changes(events: &[AuditEvent], before: &[AuditEvent]) -> (Vec<Changes>, bool) {
    let mut history = History::default();
    for event in before.iter().rev() {
        history.follow(event);
    }
    history.is_bounded = false;
    let changes = events.iter().rev().map(|event| history.follow(event));
    let mut changes: Vec<_> = changes.collect();
    changes.reverse();
    (changes, history.is_bounded)
}

/// Whether there is one event, and what was made out of two bodies is longer than anything that it holds itself.
fn is_longest_made_out(events: &[AuditEvent], changes: &[Changes]) -> bool {
    match (events, changes) {
        ([event], [(ChangesFrom::Bodies, changes)]) => {
            bytes_of_changes(changes) > longest_bytes(event)
        }
        _ => false,
    }
}

fn leave_out(changes: &mut [Changes]) {
    changes.fill((ChangesFrom::Nothing, Vec::new()));
}

/// Whether changes that the handler said were too long for the answer.
fn are_left_out(events: &[AuditEvent], changes: &[Changes]) -> bool {
    let mut pairs = events.iter().zip(changes);
    pairs.any(|(event, (from, _))| *from == ChangesFrom::Given && event.changes.is_empty())
}

fn steps<'a>(events: &'a [AuditEvent], changes: &'a [Changes]) -> Vec<Step<'a>> {
    let step = |(event, (from, changes)): (&'a AuditEvent, &'a Changes)| Step {
        log: WireEvent::from(event),
        changes_from: from.as_str(),
        changes: match from {
            // They are the event's own, which may be left out of it.
            ChangesFrom::Given => &event.changes,
            ChangesFrom::Bodies | ChangesFrom::Nothing => changes,
        },
    };
    events.iter().zip(changes).map(step).collect()
}
