//! `GET /healthz` and `GET /readyz`: for load balancers, not for people.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use daybook_store::StoreError;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::{ServedApi, SharedApi};
use crate::document::ReadinessProblems;
use crate::error::Problem;

/// How long ClickHouse may take to say that it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer counts: anybody may ask, and ClickHouse must not be asked as often.
const READINESS_KEPT: Duration = Duration::from_secs(1);

/// What was found out last; locked while it is found out anew.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), Problem>)>>);

/// Says that the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "health",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "It answers.", body = ref("#/components/schemas/Health")),
    ),
)]
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Says whether the store answers and tokens can be verified, and if not, which of the two.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readiness",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "It can be asked.", body = ref("#/components/schemas/Health")),
        ReadinessProblems,
    ),
)]
pub(crate) async fn ready(State(api): State<SharedApi>) -> Result<Json<Value>, Problem> {
    let mut last = api.readiness.0.lock().await;
    let found = match &*last {
        Some((at, found)) if at.elapsed() < READINESS_KEPT => found.clone(),
        _ => {
            let found = check(&api).await;
            *last = Some((Instant::now(), found.clone()));
            found
        }
    };
    found.map(|()| Json(json!({"status": "ready"})))
}

async fn check(api: &ServedApi) -> Result<(), Problem> {
    api.verifier.check_keys().await.map_err(|error| {
        let what = "The keys that tokens are verified with cannot be had.";
        Problem::not_ready(what, StatusCode::SERVICE_UNAVAILABLE, &error)
    })?;
    tokio::time::timeout(PING_TIMEOUT.min(api.read_timeout), api.ping())
        .await
        .unwrap_or(Err(StoreError::Timeout))
        .map_err(|error| {
            let (status, what) = match error {
                StoreError::Timeout => (
                    StatusCode::GATEWAY_TIMEOUT,
                    "The store does not answer in time.",
                ),
                StoreError::Unavailable { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, "The store is away.")
                }
                _ => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The store refuses this service, or is not set up for it.",
                ),
            };
            Problem::not_ready(what, status, &error)
        })
}
