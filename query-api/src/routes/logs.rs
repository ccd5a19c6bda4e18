//! `POST /v1/logs` (search) and `GET /v1/logs/{id}`.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use daybook_store::{Direction, Page, Search, TenantId, TotalMode};
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::api::{ServedApi, SharedApi};
use crate::auth::{Identity, Permission};
use crate::document::{BodyProblems, LookupProblems, ReadProblems};
use crate::error::{FieldFault, Problem};
use crate::page_token::{self, PageTokenScope};
use crate::routes::{body_bytes, in_time};
use crate::search_request::{SearchRequest, check_range};
use crate::wire_event::WireEvent;

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
    body: Body,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::View)?;
    let request = SearchRequest::from_json(&body_bytes(body).await?)?;
    check_range(&request.search.filter, api.range_days_max, Timestamp::now())?;
    let reader = api.searching(identity.tenant, services)?;
    let search = at_cursor(&api, reader.tenant(), request)?;
    let page = in_time(api.read_timeout, reader.search(&search)).await?;
    let answer = answer(&api, reader.tenant(), &search, &page);
    json_within(api.answer_bytes_max, &answer)
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
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::View)?;
    let id = id
        .ok()
        .and_then(|Path(id)| event_id(&id))
        .ok_or_else(|| Problem::invalid_request("An event's id is a UUID."))?;
    let reader = api.searching(identity.tenant, services)?;
    let found = in_time(api.read_timeout, reader.get(id)).await?;
    let event = found.ok_or_else(|| Problem::not_found("There is no event with this id."))?;
    Ok(Json(OneAnswer {
        log: WireEvent::from(&event),
    })
    .into_response())
}

/// The question with its place, once the cursor has proved to be one of this very search.
fn at_cursor(
    api: &ServedApi,
    tenant: &TenantId,
    request: SearchRequest,
) -> Result<Search, Problem> {
    let mut search = request.search;
    if let Some(cursor) = request.cursor {
        let scope = PageTokenScope {
            tenant,
            filter: &search.filter,
            sort: search.sort,
        };
        let (position, direction) = page_token::verify(&api.page_token_key.0, scope, &cursor)
            .map_err(|invalid| {
                Problem::invalid_fields(vec![FieldFault {
                    pointer: "/cursor".to_owned(),
                    detail: invalid.to_string(),
                }])
            })?;
        search.position = Some(position);
        search.direction = request.direction.unwrap_or(direction);
    }
    Ok(search)
}

fn answer<'a>(
    api: &ServedApi,
    tenant: &TenantId,
    search: &Search,
    page: &'a Page,
) -> SearchAnswer<'a> {
    let scope = PageTokenScope {
        tenant,
        filter: &search.filter,
        sort: search.sort,
    };
    let sign =
        |position, direction| page_token::sign(&api.page_token_key.0, scope, position, direction);
    SearchAnswer {
        logs: page.events.iter().map(WireEvent::from).collect(),
        total: page.total,
        total_is_bounded: (search.total == TotalMode::Bounded).then_some(page.total_is_bounded),
        next_cursor: page.next.map(|position| sign(position, Direction::Next)),
        prev_cursor: page.prev.map(|position| sign(position, Direction::Prev)),
    }
}

/// The answer as JSON, where it is not too long to be sent.
fn json_within(bytes_max: Option<usize>, answer: &impl Serialize) -> Result<Response, Problem> {
    // A struct of strings, numbers and maps with string keys always has a JSON text.
    let json = serde_json::to_vec(answer).unwrap_or_default();
    if bytes_max.is_some_and(|bytes_max| bytes_as_string(&json) > bytes_max) {
        return Err(Problem::page_too_large());
    }
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// How long a JSON text is as a string in another JSON text, which is how Lambda sends it.
fn bytes_as_string(json: &[u8]) -> usize {
    let escaped = json.iter().filter(|byte| matches!(byte, b'"' | b'\\'));
    json.len() + escaped.count()
}

/// The one spelling of a UUID that answers carry; its others are no ids here.
fn event_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    let spelling = id.hyphenated().encode_lower(&mut buffer);
    spelling.eq_ignore_ascii_case(text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_too_long_to_be_sent_is_refused() {
        let answer = serde_json::json!({"detail": "{\"a\":1}"});
        let text = answer.to_string();
        let bytes = serde_json::to_string(&text).unwrap().len() - 2;
        assert_eq!(bytes_as_string(text.as_bytes()), bytes);
        assert!(json_within(None, &answer).is_ok());
        assert!(json_within(Some(bytes), &answer).is_ok());
        assert!(json_within(Some(bytes - 1), &answer).is_err());
    }

    #[test]
    fn only_the_hyphenated_spelling_is_an_id() {
        assert!(event_id("019aaa70-3e8b-8de7-b66a-cb7b41d820d7").is_some());
        assert!(event_id("019AAA70-3E8B-8DE7-B66A-CB7B41D820D7").is_some());
        for other in [
            "",
            "42",
            "019aaa703e8b8de7b66acb7b41d820d7",
            "{019aaa70-3e8b-8de7-b66a-cb7b41d820d7}",
            "urn:uuid:019aaa70-3e8b-8de7-b66a-cb7b41d820d7",
            "019aaa70-3e8b-8de7-b66a-cb7b41d820d7'",
        ] {
            assert!(event_id(other).is_none(), "{other}");
        }
    }
}
