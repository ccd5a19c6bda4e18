//! `GET /healthz` and `GET /readyz`: for load balancers, not for people.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::api::SharedApi;
use crate::error::Problem;
use crate::routes::in_time;

/// How long ClickHouse may take to say that it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The process answers.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The store answers, too.
pub(crate) async fn ready(State(api): State<SharedApi>) -> Result<Json<Value>, Problem> {
    in_time(PING_TIMEOUT.min(api.read_timeout), api.reader.ping()).await?;
    Ok(Json(json!({"status": "ready"})))
}
