//! `POST /v1/erasures`, `GET /v1/erasures` and `GET /v1/erasures/{id}`: what is erased on request, and how
//! far that is.
//!
//! A request returns when it is hidden; whoever works on erasures (a server of this crate, `daybook
//! erase --resume`, a scheduled function) does the rest.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use daybook_capture::{AuditContext, audit};
use daybook_store::{Eraser, ErasureMode, ErasureRequest, StoreError};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::api::SharedApi;
use crate::auth::{Identity, Permission, Services};
use crate::document::{BodyProblems, ErasureProblems, ErasuresOff, LookupProblems, ReadProblems};
use crate::erasure_request::{Asked, erasure_from_json};
use crate::error::Problem;
use crate::fields::{Faults, Fields};
use crate::recording::{say_erasure, say_read};
use crate::routes::logs::id_of;
use crate::routes::{body_bytes, in_time};
use crate::search_request::{LIMIT_DEFAULT, body_of_query};
use crate::wire_receipt::{WirePreview, WireReceipt};

/// The parameters of the list.
pub(crate) const LIST_FIELDS: [&str; 1] = ["limit"];
/// A client's own name of a request, so that it may be sent again
/// (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 256;
const LIMIT_MAX: u32 = 1_000;

/// Erases a person, a thing or all of the tenant: at once for every reader, from every file soon.
#[utoipa::path(
    post,
    path = "/v1/erasures",
    operation_id = "eraseEvents",
    tag = "erasures",
    request_body = ref("#/components/schemas/ErasureRequest"),
    responses(
        (
            status = 200,
            description = "What it would be about; nothing is changed.",
            body = ref("#/components/schemas/PreviewAnswer"),
        ),
        (
            status = 202,
            description = "It stands, and is hidden from every reader; `state` says how far it is.",
            body = ref("#/components/schemas/ErasureAnswer"),
        ),
        ReadProblems,
        BodyProblems,
        ErasureProblems,
    ),
)]
pub(crate) async fn erase(
    State(api): State<SharedApi>,
    identity: Identity,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // The log would keep what is to be erased.
    audit(AuditContext::without_request_body);
    let eraser = eraser(&api, &identity)?;
    let Asked {
        scope,
        mode,
        reason,
        is_dry_run,
    } = erasure_from_json(&body_bytes(body).await?)?;
    let key = idempotency_key(&headers)?;
    let turn = api.erasing(&identity.tenant)?;
    let request = ErasureRequest {
        tenant: identity.tenant.clone(),
        scope,
        mode,
        reason,
    };
    if is_dry_run {
        let report = in_time(api.read_timeout, eraser.preview(&request)).await?;
        say_read(&identity.person, "asked what an erasure would erase", None);
        let preview = WirePreview::new(&request, &report);
        return Ok(Json(json!({ "preview": preview })).into_response());
    }
    let person = identity.person;
    // In a task of its own: a client that goes away must not leave half a request behind.
    let begun = tokio::spawn(async move {
        let begun = match &key {
            Some(key) => eraser.begin_once(&request, key).await,
            None => eraser.begin(&request).await,
        };
        drop(turn);
        begun
    });
    let receipt = begun_in_time(api.read_timeout, begun).await?;
    let did = match receipt.mode {
        ErasureMode::Delete => "asked to erase events",
        ErasureMode::Anonymise => "asked to anonymise events",
    };
    say_erasure(&person, did, receipt.id);
    let location = format!("/v1/erasures/{}", receipt.id);
    let answer = json!({ "erasure": WireReceipt::from(&receipt) });
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(answer)).into_response())
}

async fn begun_in_time<T>(
    timeout: Duration,
    begun: tokio::task::JoinHandle<Result<T, StoreError>>,
) -> Result<T, Problem> {
    match tokio::time::timeout(timeout, begun).await {
        Ok(Ok(begun)) => begun.map_err(|error| Problem::from_store(&error)),
        Ok(Err(_)) => Err(Problem::panicked()),
        Err(_) => Err(Problem::erasure_takes_long()),
    }
}

/// How far an erasure is: its receipt.
#[utoipa::path(
    get,
    path = "/v1/erasures/{id}",
    operation_id = "getErasure",
    tag = "erasures",
    responses(
        (
            status = 200,
            description = "The receipt, which is a proof once its state is `verified`.",
            body = ref("#/components/schemas/ErasureAnswer"),
        ),
        ReadProblems,
        LookupProblems,
        ErasuresOff,
    ),
)]
pub(crate) async fn one(
    State(api): State<SharedApi>,
    identity: Identity,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Problem> {
    let eraser = eraser(&api, &identity)?;
    let id = id_of(id, "An erasure's id is a UUID.")?;
    let _turn = api.erasing(&identity.tenant)?;
    let receipt = in_time(api.read_timeout, eraser.status(&identity.tenant, id)).await?;
    say_read(&identity.person, "read the receipt of an erasure", None);
    Ok(Json(json!({ "erasure": WireReceipt::from(&receipt) })))
}

/// The tenant's erasures, the newest first.
#[utoipa::path(
    get,
    path = "/v1/erasures",
    operation_id = "listErasures",
    tag = "erasures",
    responses(
        (
            status = 200,
            description = "Their receipts.",
            body = ref("#/components/schemas/ErasuresAnswer"),
        ),
        ReadProblems,
        ErasuresOff,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    identity: Identity,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let eraser = eraser(&api, &identity)?;
    let mut faults = Faults::default();
    let body = body_of_query(query.as_deref().unwrap_or_default())?;
    let limit = Fields::new("", body, &LIST_FIELDS, &mut faults)
        .number("limit", 1, LIMIT_MAX, &mut faults)
        .unwrap_or(LIMIT_DEFAULT);
    faults.into_result()?;
    let _turn = api.erasing(&identity.tenant)?;
    let receipts = in_time(api.read_timeout, eraser.list(&identity.tenant, limit)).await?;
    say_read(&identity.person, "read the list of erasures", None);
    let receipts: Vec<_> = receipts.iter().map(WireReceipt::from).collect();
    Ok(Json(json!({ "erasures": receipts })))
}

/// Whoever erases, for who may ask for it.
fn eraser(api: &SharedApi, identity: &Identity) -> Result<Eraser, Problem> {
    // A token that is narrowed to services has it for none: an erasure knows no services.
    let Services::All = identity.require(Permission::Erase)? else {
        return Err(Problem::forbidden(Permission::Erase.as_str()));
    };
    api.eraser.clone().ok_or_else(Problem::erasures_off)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY_HEADER).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let is_only = keys.next().is_none();
    let usable = key.to_str().ok().filter(|key| {
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        is_only && is_visible && (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len())
    });
    usable.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::invalid_request(
            "The header Idempotency-Key comes once, with 1 to 256 visible ASCII characters.",
        )
    })
}
