//! The router: which address is answered by which room.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use daybook_store::Reader;
use tower_http::catch_panic::CatchPanicLayer;

use crate::answer;
use crate::auth::TokenVerifier;
use crate::error::Problem;
use crate::routes::{export, health, logs, page};

/// How long a read may take, unless it is configured: less than API Gateway waits (29 s).
pub(crate) const READ_TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);

/// What the API needs to answer.
#[non_exhaustive]
pub struct Api {
    /// Reads the store.
    pub reader: Reader,
    /// Says who asks.
    pub verifier: TokenVerifier,
    /// Signs cursors. The same on every instance, or cursors of one are refused by the others.
    pub page_token_key: [u8; 32],
    /// How long one read may take before the answer is 504; of an export, how long it may take
    /// until something more comes. 20 seconds.
    pub read_timeout: Duration,
    /// How many bytes an answer may have, for where answers are not streamed: a longer page is
    /// refused, a longer export cut off with a marker. No bound.
    pub answer_bytes_max: Option<usize>,
}

pub(crate) type SharedApi = Arc<Api>;

impl Api {
    /// An API with the bounds of the fields' documentation.
    pub fn new(reader: Reader, verifier: TokenVerifier, page_token_key: [u8; 32]) -> Self {
        Self {
            reader,
            verifier,
            page_token_key,
            read_timeout: READ_TIMEOUT_DEFAULT,
            answer_bytes_max: None,
        }
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Api")
            .field("reader", &self.reader)
            .field("verifier", &self.verifier)
            .field("read_timeout", &self.read_timeout)
            .field("answer_bytes_max", &self.answer_bytes_max)
            .finish_non_exhaustive()
    }
}

/// The whole API and its page.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/logs", post(logs::search))
        .route(
            "/v1/logs/export",
            get(export::by_query).post(export::by_body),
        )
        .route("/v1/logs/{id}", get(logs::one))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(page::router())
        .fallback(async || Problem::not_found("There is nothing at this address."))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn(answer::finish))
        .with_state(Arc::new(api))
}
