//! The rooms behind the addresses, and what they share: reading a body, and reading the store.

pub(crate) mod docs;
pub(crate) mod erasures;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod logs;
pub(crate) mod page;
pub(crate) mod statistics;

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use daybook_store::StoreError;
use http_body_util::LengthLimitError;

use crate::error::Problem;
use crate::search_request::BODY_BYTES_MAX;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The whole body, within its bounds of size and time.
async fn body_bytes(body: Body) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, BODY_BYTES_MAX))
        .await
        .map_err(|_| Problem::body_too_slow())?;
    read.map_err(|error| {
        let is_too_large = error
            .source()
            .is_some_and(<dyn Error + 'static>::is::<LengthLimitError>);
        if is_too_large {
            Problem::body_too_large(BODY_BYTES_MAX)
        } else {
            Problem::invalid_request("The body could not be read.")
        }
    })
}

/// What the store answers in time.
async fn in_time<T>(
    timeout: Duration,
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Problem> {
    tokio::time::timeout(timeout, read)
        .await
        .map_err(|_| Problem::timed_out())?
        .map_err(|error| Problem::from_store(&error))
}
