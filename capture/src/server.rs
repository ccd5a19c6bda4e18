//! The second door: a `Layer` for an HTTP server that is no Lambda.
//!
//! No gateway's event comes there, so one is made of the request; and nothing freezes the process
//! after a response, so a bounded queue in memory sends in the background.

mod builder;
mod door;
mod event;
mod forwarded;
mod json_prefix;
mod queue;
mod request_body;
mod service;

use std::sync::Arc;
use std::time::Duration;

pub use builder::{ServerBuilder, server_from_env};
pub use request_body::CapturedBody;
pub use service::{ServerFuture, ServerLayer, ServerService};

use crate::capture::Capture;
use crate::counters::Counters;
use door::Door;

/// Records the calls of an axum or hyper server in a container, behind API Gateway, a load balancer
/// or nothing. Clones share everything.
///
/// ```no_run
/// use axum::Router;
/// use axum::routing::post;
///
/// # async fn create_order() {}
/// # async fn interrupted() {}
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let audit = daybook_capture::server_from_env()?;
///     let app = Router::new()
///         .route("/v1/orders", post(create_order))
///         .layer(audit.layer());
///
///     let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
///     axum::serve(listener, app)
///         .with_graceful_shutdown(interrupted())
///         .await?;
///     audit.shut_down().await;
///     Ok(())
/// }
/// ```
///
/// A call is recorded when its handler has answered and both bodies are done with; one whose client
/// went away before there was an answer is recorded without a response. The handler's task only puts
/// it into a queue in memory, which neither waits nor fails: where the queue is full, the call is
/// dropped, counted ([`ServerCapture::counters`]) and, once for all that follow, logged.
///
/// Within another capture layer (a nested router's, or a Lambda's runtime) this one does nothing: a
/// call is recorded once. In a Lambda use [`run`](crate::run): there a background queue freezes.
#[derive(Debug, Clone)]
pub struct ServerCapture {
    /// None where capture is disabled.
    door: Option<Arc<Door>>,
}

impl ServerCapture {
    /// A door for what `capture` captures, with settings of its own.
    pub fn builder(capture: Capture) -> ServerBuilder {
        ServerBuilder::new(capture)
    }

    /// A door that records nothing and sends nothing.
    pub fn disabled() -> Self {
        Self { door: None }
    }

    /// The layer, for `axum::Router::layer` or `tower::ServiceBuilder::layer`, any number of times.
    pub fn layer(&self) -> ServerLayer {
        ServerLayer {
            door: self.door.clone(),
        }
    }

    /// What was captured, left out, acknowledged and dropped since the process started. A call that
    /// waits in the queue is captured and neither acknowledged nor dropped.
    pub fn counters(&self) -> Counters {
        self.door
            .as_ref()
            .map(|door| door.queue.shared().counters.read())
            .unwrap_or_default()
    }

    /// Waits until all calls that have ended are acknowledged or given up, at most the shutdown's
    /// timeout; returns how many of them were not acknowledged.
    pub async fn flush(&self) -> u64 {
        let Some(door) = &self.door else {
            return 0;
        };
        let before = self.counters();
        let timeout = Duration::from_millis(door.settings.shutdown_timeout_ms);
        // Whether it was in time, the counters tell.
        let _ = tokio::time::timeout(timeout, door.queue.flush()).await;
        unacknowledged_since(before, self.counters())
    }

    /// As [`ServerCapture::flush`], then ends the queue and its thread: what is still in it, and calls that end
    /// later, are dropped and counted. Call it when the server has stopped serving.
    pub async fn shut_down(&self) -> u64 {
        let Some(door) = &self.door else {
            return 0;
        };
        let before = self.counters();
        self.flush().await;
        door.queue.stop().await;
        let unacknowledged = unacknowledged_since(before, self.counters());
        if unacknowledged > 0 {
            tracing::warn!(
                dropped = unacknowledged,
                "daybook: audit messages were not sent before the shutdown"
            );
        }
        unacknowledged
    }
}

/// How many calls that were waiting then, or came since, are not acknowledged now.
fn unacknowledged_since(before: Counters, now: Counters) -> u64 {
    now.captured
        .saturating_sub(now.acknowledged)
        .saturating_sub(before.dropped)
}
