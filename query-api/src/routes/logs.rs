//! `POST /v1/logs` (search) and `GET /v1/logs/{id}`.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use daybook_event::AuditEvent;
use daybook_store::{Direction, Page, Position, Search, TenantId, TotalMode};
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::api::{ServedApi, SharedApi};
use crate::auth::{Identity, Permission};
use crate::catalog::AcceptedLanguages;
use crate::document::{BodyProblems, LookupProblems, ReadProblems};
use crate::error::{FieldFault, Problem};
use crate::export_format::bytes_as_json_string;
use crate::fields::{Faults, Fields};
use crate::left_out::leave_out_longest;
use crate::page_token::{self, InvalidPageToken, PageTokenScope, Place, Unverified};
use crate::recording::say_read;
use crate::routes::{body_bytes, in_time};
use crate::search_request::{SearchRequest, body_of_query, check_page_range, locale};
use crate::wire_event::WireEvent;

/// The parameters of a question for one event.
pub(crate) const ONE_FIELDS: [&str; 1] = ["locale"];

/// The answer to a search.
#[derive(Debug, Serialize)]
struct SearchAnswer<'a> {
    logs: Vec<WireEvent<'a>>,
    /// Null where it was not asked for.
    total: Option<u64>,
    /// Whether there are more than `total`; there only where `total` may be bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_bounded: Option<bool>,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
}

/// The answer with one event.
#[derive(Debug, Serialize)]
struct OneAnswer<'a> {
    log: WireEvent<'a>,
}

/// Search: one page of the tenant's events.
#[utoipa::path(
    post,
    path = "/v1/logs",
    operation_id = "searchLogs",
    tag = "events",
    request_body = ref("#/components/schemas/SearchRequest"),
    responses(
        (
            status = 200,
            description = "One page of events, in the order that was asked for.",
            body = ref("#/components/schemas/SearchAnswer"),
        ),
        ReadProblems,
        BodyProblems,
    ),
)]
pub(crate) async fn search(
    State(api): State<SharedApi>,
    identity: Identity,
    languages: AcceptedLanguages,
    body: Body,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::View)?;
    let request = SearchRequest::from_json(&body_bytes(body).await?)?;
    let reader = api.searching(identity.tenant, services)?;
    let cursors = PageCursors::new(&api, reader.tenant(), request.cursor.as_deref())?;
    let search = Search {
        bytes_max: api.page_bytes_max(),
        ..cursors.place(request.search_at(cursors.asked_at), request.direction)?
    };
    check_page_range(&search, api.range_days_max)?;
    let mut page = in_time(api.read_timeout, reader.search(&search)).await?;
    if page.is_cut {
        return Err(Problem::page_too_large());
    }
    if let Some(locale) = languages.locale(&api.catalogs, request.locale.as_deref()) {
        page.events.iter_mut().for_each(|event| locale.word(event));
    }
    say_read(
        &identity.person,
        "searched the audit log",
        Some(page.events.len() as u64),
    );
    let mut events = std::mem::take(&mut page.events);
    json_within(api.answer_bytes_max, &mut events, |events| {
        json(&answer(&cursors, &search, &page, events))
    })
}

/// One event of the tenant.
#[utoipa::path(
    get,
    path = "/v1/logs/{id}",
    operation_id = "getLog",
    tag = "events",
    responses(
        (
            status = 200,
            description = "The event.",
            body = ref("#/components/schemas/OneAnswer"),
        ),
        ReadProblems,
        LookupProblems,
    ),
)]
pub(crate) async fn one(
    State(api): State<SharedApi>,
    identity: Identity,
    languages: AcceptedLanguages,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::View)?;
    let id = id_of(id, "An event's id is a UUID.")?;
    let asked = asked_locale(query.as_deref().unwrap_or_default())?;
    let reader = api.searching(identity.tenant, services)?;
    let found = in_time(api.read_timeout, reader.get(id)).await?;
    let mut event = found.ok_or_else(|| Problem::not_found("There is no event with this id."))?;
    if let Some(locale) = languages.locale(&api.catalogs, asked.as_deref()) {
        locale.word(&mut event);
    }
    say_read(&identity.person, "read an event of the audit log", None);
    json_within(
        api.answer_bytes_max,
        std::slice::from_mut(&mut event),
        |events| {
            json(&events.first().map(|event| OneAnswer {
                log: WireEvent::from(event),
            }))
        },
    )
}

/// The cursor that a page was asked for with, and those that its answer gets.
pub(crate) struct PageCursors<'a> {
    key: &'a [u8; 32],
    tenant: &'a TenantId,
    cursor: Option<Unverified>,
    /// When the first page was asked for.
    pub(crate) asked_at: Timestamp,
}

impl<'a> PageCursors<'a> {
    /// Reads the cursor, if there is one.
    ///
    /// # Errors
    /// 400 where it has not the form of one.
    pub(crate) fn new(
        api: &'a ServedApi,
        tenant: &'a TenantId,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let cursor = cursor
            .map(Unverified::read)
            .transpose()
            .map_err(invalid_cursor)?;
        let asked_at = match &cursor {
            Some(cursor) => cursor.asked_at(),
            None => whole_milliseconds(Timestamp::now()),
        };
        Ok(Self {
            key: &api.page_token_key.0,
            tenant,
            cursor,
            asked_at,
        })
    }

    /// Puts the question at the cursor's place, once the cursor has proved to be one of this very
    /// question.
    ///
    /// # Errors
    /// 400 where it has not.
    pub(crate) fn place(
        &self,
        mut search: Search,
        direction: Option<Direction>,
    ) -> Result<Search, Problem> {
        if let Some(cursor) = &self.cursor {
            let place = cursor
                .verify(self.key, self.scope(&search))
                .map_err(invalid_cursor)?;
            search.position = Some(place.position);
            search.direction = direction.unwrap_or(place.direction);
        }
        Ok(search)
    }

    /// The cursor of a place in the answer to the question.
    pub(crate) fn sign(
        &self,
        search: &Search,
        position: Option<Position>,
        direction: Direction,
    ) -> Option<String> {
        let place = Place {
            position: position?,
            direction,
            asked_at: self.asked_at,
        };
        Some(page_token::sign(self.key, self.scope(search), place))
    }

    fn scope<'b>(&'b self, search: &'b Search) -> PageTokenScope<'b> {
        PageTokenScope {
            tenant: self.tenant,
            filter: &search.filter,
            sort: search.sort,
        }
    }
}

fn invalid_cursor(invalid: InvalidPageToken) -> Problem {
    Problem::invalid_fields(vec![FieldFault::new("/cursor", invalid.to_string())])
}

/// As a cursor keeps it.
fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn answer<'a>(
    cursors: &PageCursors<'_>,
    search: &Search,
    page: &Page,
    events: &'a [AuditEvent],
) -> SearchAnswer<'a> {
    SearchAnswer {
        logs: events.iter().map(WireEvent::from).collect(),
        total: page.total,
        total_is_bounded: (search.total == TotalMode::Bounded).then_some(page.total_is_bounded),
        next_cursor: cursors.sign(search, page.next, Direction::Next),
        prev_cursor: cursors.sign(search, page.prev, Direction::Prev),
    }
}

/// An answer as JSON.
pub(crate) fn json(answer: &impl Serialize) -> Vec<u8> {
    // A struct of strings, numbers and maps with string keys always has a JSON text.
    serde_json::to_vec(answer).unwrap_or_default()
}

/// Whether an answer is short enough to be sent.
pub(crate) fn fits(bytes_max: Option<usize>, json: &[u8]) -> bool {
    bytes_max.is_none_or(|bytes_max| bytes_as_json_string(json) <= bytes_max)
}

/// The JSON that is made of the events, where it is not too long to be sent. One event alone is sent without
/// its longest parts, or nobody could go past it.
///
/// # Errors
/// 422 where it is too long.
pub(crate) fn json_within(
    bytes_max: Option<usize>,
    events: &mut [AuditEvent],
    json: impl Fn(&[AuditEvent]) -> Vec<u8>,
) -> Result<Response, Problem> {
    loop {
        let json = json(events);
        if fits(bytes_max, &json) {
            return Ok(([(CONTENT_TYPE, "application/json")], json).into_response());
        }
        let is_shorter = match events {
            [only] => leave_out_longest(only),
            _ => false,
        };
        if !is_shorter {
            return Err(Problem::page_too_large());
        }
    }
}

/// The one parameter of a question for one event.
fn asked_locale(query: &str) -> Result<Option<String>, Problem> {
    let mut faults = Faults::default();
    let mut fields = Fields::new("", body_of_query(query)?, &ONE_FIELDS, &mut faults);
    let asked = locale(&mut fields, &mut faults);
    faults.into_result()?;
    Ok(asked)
}

/// The id in a path.
///
/// # Errors
/// 400 with what is needed, where it is none.
pub(crate) fn id_of(
    path: Result<Path<String>, PathRejection>,
    needed: &str,
) -> Result<Uuid, Problem> {
    let id = path.ok().and_then(|Path(id)| uuid_of(&id));
    id.ok_or_else(|| Problem::invalid_request(needed))
}

/// The one spelling of a UUID that answers carry; its others are no ids here.
fn uuid_of(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    let spelling = id.hyphenated().encode_lower(&mut buffer);
    spelling.eq_ignore_ascii_case(text).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::to_bytes;
    use daybook_store::{Credentials, Endpoint, READER_USER, Reader};
    use jiff::SignedDuration;
    use tower::ServiceExt as _;

    use super::*;
    use crate::{Api, LocalKey, TokenRequest, router};

    #[test]
    fn a_page_that_is_too_long_to_be_sent_is_refused() {
        let made = serde_json::json!({"detail": "{\"a\":1}"});
        let text = made.to_string();
        let bytes = serde_json::to_string(&text).unwrap().len() - 2;
        assert_eq!(bytes_as_json_string(text.as_bytes()), bytes);
        let mut events = vec![AuditEvent::default(); 2];
        let mut within = |bytes_max| json_within(bytes_max, &mut events, |_| json(&made));
        assert!(within(None).is_ok());
        assert!(within(Some(bytes)).is_ok());
        assert!(within(Some(bytes - 1)).is_err());
    }

    #[tokio::test]
    async fn an_old_cursor_reaches_no_further_back_than_a_new_question() {
        let key = LocalKey::generate();
        let credentials = Credentials {
            user: READER_USER.to_owned(),
            password: "p".to_owned(),
        };
        // Nobody answers at port 9 ("discard"): what is accepted ends there.
        let reader = Reader::new(&Endpoint::new("http://127.0.0.1:9"), &credentials).unwrap();
        let mut api = Api::new(reader, key.verifier(), [7; 32]);
        api.range_days_max = Some(30);
        let router = router(api);
        let token = key.mint(&TokenRequest {
            org_id: "acme".to_owned(),
            user: "u1".to_owned(),
            email: None,
            permissions: vec!["audit_log:view".to_owned()],
            lifetime: Duration::from_mins(1),
        });
        let is = |days: i64| Timestamp::now() - SignedDuration::from_hours(24 * days);
        let (back, on) = (Direction::Next, Direction::Prev);
        // When the first page was asked for, in days before now; the question; where the cursor leads.
        let rows = [
            (0, serde_json::json!({}), on, 503),
            (365, serde_json::json!({}), on, 400),
            // Nothing is read but what lies before the place.
            (365, serde_json::json!({"total": "none"}), back, 503),
            (365, serde_json::json!({"total": "none"}), on, 400),
            (
                365,
                serde_json::json!({"total": "none", "sort": "timestamp"}),
                on,
                503,
            ),
            (
                365,
                serde_json::json!({"total": "none", "sort": "timestamp"}),
                back,
                400,
            ),
            (
                365,
                serde_json::json!({"total": "none", "sort": "ingested_at"}),
                back,
                400,
            ),
            // What is counted has no place.
            (365, serde_json::json!({"total": "exact"}), back, 400),
            (365, serde_json::json!({"total": "bounded"}), back, 400),
            (365, serde_json::json!({}), back, 400),
            // The place says nothing of when events were stored.
            (
                365,
                serde_json::json!({"total": "none", "q": "", "ingested": {"from": is(365)}}),
                back,
                400,
            ),
            (
                365,
                serde_json::json!({"total": "none", "q": "", "ingested": {"from": is(29)}}),
                back,
                503,
            ),
        ];
        for (days, mut body, direction, status) in rows {
            let asked_at = whole_milliseconds(is(days));
            if body.get("q").is_none() {
                body["q"] = "after:-30d".into();
            }
            let request = SearchRequest::from_json(body.to_string().as_bytes()).unwrap();
            let search = request.search_at(asked_at);
            let scope = PageTokenScope {
                tenant: &TenantId::new("acme").unwrap(),
                filter: &search.filter,
                sort: search.sort,
            };
            let event = AuditEvent {
                timestamp: asked_at - SignedDuration::from_hours(24),
                ..AuditEvent::default()
            };
            let place = Place {
                position: Position::of(&event, search.sort),
                direction,
                asked_at,
            };
            let case = format!("{days} {direction:?} {body}");
            body["cursor"] = page_token::sign(&[7; 32], scope, place).into();
            let request = http::Request::post("/v1/logs")
                .header("authorization", format!("Bearer {token}"))
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            let found = answer.status().as_u16();
            let answer = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert_eq!(
                found,
                status,
                "{case}: {}",
                String::from_utf8_lossy(&answer)
            );
            assert_eq!(answer.windows(7).any(|it| it == b"30 days"), status == 400);
        }
    }

    #[test]
    fn only_the_hyphenated_spelling_is_an_id() {
        assert!(uuid_of("019aaa70-3e8b-8de7-b66a-cb7b41d820d7").is_some());
        assert!(uuid_of("019AAA70-3E8B-8DE7-B66A-CB7B41D820D7").is_some());
        for other in [
            "",
            "42",
            "019aaa703e8b8de7b66acb7b41d820d7",
            "{019aaa70-3e8b-8de7-b66a-cb7b41d820d7}",
            "urn:uuid:019aaa70-3e8b-8de7-b66a-cb7b41d820d7",
            "019aaa70-3e8b-8de7-b66a-cb7b41d820d7'",
        ] {
            assert!(uuid_of(other).is_none(), "{other}");
        }
    }
}
