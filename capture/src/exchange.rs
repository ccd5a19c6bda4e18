//! One call while it is under way: the event as it came, and what becomes known on the way out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use daybook_event::{HandlerContext, HandlerFailure};
use jiff::Timestamp;

use crate::audit_context::merge;

tokio::task_local! {
    /// The call that this task serves; none inside a call that is left out.
    pub(crate) static CURRENT: Option<Arc<Exchange>>;
}

/// The captured call that this task serves.
pub(crate) fn current_exchange() -> Option<Arc<Exchange>> {
    CURRENT.try_with(Option::clone).ok().flatten()
}

/// Whether the runtime around the handler has the layer, be the call left out or not.
pub(crate) fn is_inside_the_runtime_layer() -> bool {
    CURRENT.try_with(|_| ()).is_ok()
}

/// One call while it is under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The event's bytes, as they came.
    pub(crate) event: Bytes,
    /// Lambda's request id, unique per invocation.
    pub(crate) request_id: String,
    /// The bodies of reads are never taken.
    pub(crate) is_read: bool,
    /// The longest response body that is taken.
    pub(crate) body_bytes_max: usize,
    started: Instant,
    observed: Mutex<Observed>,
}

/// What became known on the way out.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// When the response was ready.
    pub(crate) ready: Option<Ready>,
    pub(crate) answer: Answer,
    /// The response body, where one is taken and complete.
    pub(crate) body: Option<String>,
    pub(crate) said: HandlerContext,
}

/// When the response was ready, and how long that took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) captured_at: Timestamp,
    pub(crate) duration_ms: u64,
}

/// How the handler ended, as far as it could be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The handler is not wrapped, or was given up.
    #[default]
    NotSeen,
    /// It answered with this HTTP status.
    Status(u16),
    /// It gave no answer.
    Failed(HandlerFailure),
}

impl Exchange {
    pub(crate) fn new(
        event: Bytes,
        request_id: String,
        is_read: bool,
        body_bytes_max: usize,
    ) -> Self {
        Self {
            event,
            request_id,
            is_read,
            body_bytes_max,
            started: Instant::now(),
            observed: Mutex::default(),
        }
    }

    /// The handler ended. Only the first time counts.
    pub(crate) fn answered(&self, answer: Answer) {
        self.with_observed(|observed| {
            if observed.answer == Answer::NotSeen {
                observed.answer = answer;
                observed.ready = Some(self.ready_now());
            }
        });
    }

    pub(crate) fn took_body(&self, body: String) {
        self.with_observed(|observed| observed.body = Some(body));
    }

    pub(crate) fn say(&self, later: HandlerContext) {
        self.with_observed(|observed| {
            observed.said = merge(std::mem::take(&mut observed.said), later);
        });
    }

    /// What is known; where no handler was seen, the end is now.
    pub(crate) fn finish(&self) -> (Observed, Ready) {
        let observed = self.with_observed(std::mem::take);
        let ready = observed.ready.unwrap_or_else(|| self.ready_now());
        (observed, ready)
    }

    fn ready_now(&self) -> Ready {
        Ready {
            captured_at: Timestamp::now(),
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn with_observed<T>(&self, change: impl FnOnce(&mut Observed) -> T) -> T {
        // A panic elsewhere leaves whole values behind: nothing here is half done.
        change(&mut self.observed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// While it lives, a panic on this thread is noted as the handler's.
///
/// Nothing is caught, so the panic reaches `lambda_runtime` exactly as it would have.
pub(crate) struct PanicWatch<'a>(pub(crate) Option<&'a Exchange>);

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if let Some(exchange) = self.0
            && std::thread::panicking()
        {
            exchange.answered(Answer::Failed(HandlerFailure::Panic));
        }
    }
}
