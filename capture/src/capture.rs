//! [`Capture`]: what a service adds, and what is decided before and done after its handler.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
#[cfg(feature = "server")]
use daybook_aws_access::AwsAccess;
use daybook_overflow::OverflowBucket;
use lambda_runtime::LambdaInvocation;

use crate::call::{ApiCall, Asked, Call};
use crate::counters::{Counters, LiveCounters};
use crate::credentials::Credentials;
use crate::exchange::Exchange;
use crate::method::method_of;
use crate::metrics::Metrics;
use crate::sink::Sink;

/// The layer that records each call after its response.
///
/// On [`Runtime::layer`](lambda_runtime::Runtime::layer) it sees the event and sends the message; around the handler it sees the
/// response. [`crate::run`] and [`Capture::run`] do both. Clones share everything: put the same
/// `Capture` into both places.
#[derive(Clone)]
pub struct Capture {
    /// None where capture is disabled.
    pub(crate) shared: Option<Arc<Shared>>,
}

pub(crate) struct Shared {
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) reads: CaptureReads,
    pub(crate) ignore_paths: Vec<String>,
    pub(crate) capture_if: Option<Box<CapturePredicate>>,
    pub(crate) body_bytes_max: usize,
    pub(crate) flush_timeout_ms: u64,
    pub(crate) credentials: Credentials,
    pub(crate) counters: Arc<LiveCounters>,
    pub(crate) overflow: Option<OverflowBucket>,
    /// The queue's, where nobody gave another.
    #[cfg(feature = "server")]
    pub(crate) access: AwsAccess,
    pub(crate) metrics: Metrics,
}

/// Says whether a call is captured.
pub(crate) type CapturePredicate = dyn Fn(&ApiCall<'_>) -> bool + Send + Sync;

/// Which GET calls are captured; HEAD and OPTIONS never are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureReads {
    /// None of them.
    #[default]
    Never,
    /// All of them.
    Always,
    /// Those on these routes, by API Gateway's templates.
    OnRoutes(Vec<String>),
}

impl From<bool> for CaptureReads {
    fn from(always: bool) -> Self {
        if always { Self::Always } else { Self::Never }
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for CaptureReads {
    fn from(routes: [T; N]) -> Self {
        Self::OnRoutes(routes.map(Into::into).into())
    }
}

impl From<Vec<String>> for CaptureReads {
    fn from(routes: Vec<String>) -> Self {
        Self::OnRoutes(routes)
    }
}

impl Capture {
    /// A capture that records nothing and sends nothing: for tests, and for a service that would
    /// rather start without an audit log than not at all.
    pub fn disabled() -> Self {
        Self { shared: None }
    }

    /// What was captured, left out, acknowledged and dropped since the process started.
    pub fn counters(&self) -> Counters {
        self.shared
            .as_ref()
            .map(|shared| shared.counters.read())
            .unwrap_or_default()
    }

    /// Writes the line of metrics that is not due yet, for a service that knows that it is about to
    /// end; see [`Metrics`].
    pub fn write_metrics(&self) {
        if let Some(shared) = &self.shared {
            shared.metrics.write_rest(&shared.counters.read());
        }
    }
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Capture")
            .field("is_enabled", &self.shared.is_some())
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Starts an exchange; none where the call is left out.
    pub(crate) fn begin(&self, invocation: &LambdaInvocation) -> Option<Arc<Exchange>> {
        let Some(is_read) = self.is_wanted(&invocation.body) else {
            self.counters.left_out();
            return None;
        };
        Some(Arc::new(Exchange::new(
            Bytes::clone(&invocation.body),
            invocation.context.request_id.clone(),
            is_read,
            self.body_bytes_max,
        )))
    }

    /// A server has credentials that no function has.
    #[cfg(feature = "server")]
    pub(crate) fn use_default_chain(&self) {
        self.access.use_default_chain();
        if let Some(bucket) = &self.overflow {
            bucket.access().use_default_chain();
        }
    }

    /// None where the call is left out, else whether it is a read.
    fn is_wanted(&self, event: &[u8]) -> Option<bool> {
        let method = method_of(event)?;
        if self.leaves_out(&method) {
            return None;
        }
        let is_read = Call::is_read(&method);
        let goes_by_route = matches!(self.reads, CaptureReads::OnRoutes(_)) && is_read;
        if !goes_by_route && self.ignore_paths.is_empty() && self.capture_if.is_none() {
            return Some(is_read);
        }
        let asked = match self.capture_if {
            Some(_) => Asked::RouteAndPath,
            None => Asked::Route,
        };
        let call = Call::of(event, method, asked);
        self.is_chosen(&call, is_read).then_some(is_read)
    }

    /// Whether no call with this method is captured. HEAD and OPTIONS, every browser's preflight among them, get
    /// into no log.
    pub(crate) fn leaves_out(&self, method: &str) -> bool {
        let is_get = method.eq_ignore_ascii_case("GET");
        Call::is_read(method) && (!is_get || self.reads == CaptureReads::Never)
    }

    /// Whether the settings choose a call whose method is not left out.
    pub(crate) fn is_chosen(&self, call: &Call<'_>, is_read: bool) -> bool {
        let has_any = |routes: &[String]| routes.iter().any(|route| call.has_route(route));
        let is_chosen = match &self.reads {
            CaptureReads::OnRoutes(routes) if is_read => has_any(routes),
            _ => true,
        };
        is_chosen && !has_any(&self.ignore_paths) && self.is_chosen_by_service(call)
    }

    /// A predicate that panics has said nothing: the call is captured.
    fn is_chosen_by_service(&self, call: &Call<'_>) -> bool {
        let Some(predicate) = &self.capture_if else {
            return true;
        };
        let said = catch_unwind(AssertUnwindSafe(|| predicate(&call.as_api_call())));
        said.unwrap_or_else(|_| {
            tracing::warn!("daybook: the predicate of `capture_if` panicked; the call is captured");
            true
        })
    }
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;
