//! The end of a captured call: its message is made, sent within the flush timeout, and counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use daybook_aws_access::with_sources;
use daybook_event::Overflow;
use futures::FutureExt;
use tokio::time::{Instant, timeout_at};

use crate::capture::Shared;
use crate::exchange::Exchange;
use crate::message::{MessageError, Outgoing, OverLimit, outgoing};
use crate::sink::Message;

/// What is longer takes so long to clean that it must not outlive the time for a flush: a thread of its own
/// makes it, which need not be waited for.
const MADE_AT_ONCE_BYTES_MAX: usize = 256 * 1024;

/// Whether a delivery has the handler's task for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    HasEnded,
    /// Its answer must not wait while a large event is cleaned.
    IsAtWork,
}

impl Shared {
    /// How long a flush may take where nothing ends it before.
    pub(crate) fn flush_timeout(&self) -> Duration {
        Duration::from_millis(self.flush_timeout_ms)
    }

    /// Sends the exchange's message within the time given. Whatever happens inside, it returns.
    pub(crate) async fn deliver(
        self: Arc<Self>,
        exchange: Arc<Exchange>,
        time_max: Duration,
        handler: Handler,
    ) {
        if exchange.is_left_out() {
            self.counters.left_out();
            return;
        }
        let started = Instant::now();
        let mut captured = self.counters.captured();
        let attempt = AssertUnwindSafe(self.send(&exchange, started, time_max, handler))
            .catch_unwind()
            .await;
        let flush_time = started.elapsed();
        match attempt {
            Ok(Ok(bytes)) => captured.acknowledge(bytes),
            Ok(Err(reason)) => {
                drop(captured);
                tracing::warn!(dropped = 1, %reason, "daybook: an audit message was dropped");
            }
            Err(_) => {
                drop(captured);
                tracing::warn!(
                    dropped = 1,
                    reason = "the sink panicked",
                    "daybook: an audit message was dropped"
                );
            }
        }
        self.flushed(flush_time);
    }

    /// Counts a flush that has ended, tells of all counters, and writes a line of metrics where one is due.
    pub(crate) fn flushed(&self, flush_time: Duration) {
        self.counters.flushed(flush_time);
        let counters = self.counters.read();
        // At each flush, because a function is told nothing of its end.
        tracing::debug!(
            captured = counters.captured,
            acknowledged = counters.acknowledged,
            left_out = counters.left_out,
            dropped = counters.dropped,
            truncated = counters.truncated,
            overflowed = counters.overflowed,
            sent_bytes = counters.sent_bytes,
            flushes = counters.flushes,
            flush_time_ms = counters.flush_time_ms,
            "daybook: counted since the process started"
        );
        // A writer that panics stays in here.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            self.metrics.after_flush(&counters, flush_time);
        }));
    }

    /// Writes a line of metrics where one is due for what was dropped before any flush.
    pub(crate) fn lost(&self) {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            self.metrics.after_loss(&self.counters.read());
        }));
    }

    /// How many bytes were acknowledged.
    async fn send(
        self: &Arc<Self>,
        exchange: &Arc<Exchange>,
        started: Instant,
        time_max: Duration,
        handler: Handler,
    ) -> Result<usize, String> {
        let message = self.message(exchange, started, time_max, handler).await?;
        let (bytes, receipt) = (message.body().len(), message.receipt());
        match timeout_at(started + time_max, self.sink.send(vec![message])).await {
            Ok(Ok(())) => Ok(bytes),
            _ if receipt.is_acknowledged() => Ok(bytes),
            Ok(Err(error)) => Err(with_sources(&error)),
            Err(_) => Err(format!(
                "no acknowledgement within {} ms",
                time_max.as_millis()
            )),
        }
    }

    async fn message(
        self: &Arc<Self>,
        exchange: &Arc<Exchange>,
        started: Instant,
        time_max: Duration,
        handler: Handler,
    ) -> Result<Message, String> {
        let is_made_at_once =
            handler == Handler::HasEnded && exchange.bytes_held() <= MADE_AT_ONCE_BYTES_MAX;
        let made = if is_made_at_once {
            outgoing(exchange, &self.credentials)
        } else {
            let (shared, exchange) = (self.clone(), exchange.clone());
            let making = move || outgoing(&exchange, &shared.credentials);
            in_a_thread(making, started + time_max).await
        };
        let made = made.map_err(|error| with_sources(&error))?;
        self.fitted(made, started, time_max).await
    }

    /// A message that the queue takes; where the whole is over the limit, it goes to the overflow
    /// bucket first, for which it has half of the time: the other half is the queue's.
    pub(crate) async fn fitted(
        &self,
        outgoing: Outgoing,
        started: Instant,
        time_max: Duration,
    ) -> Result<Message, String> {
        match outgoing {
            Outgoing::Whole(message) => Ok(message),
            Outgoing::OverLimit(mut over_limit) => {
                self.counters.truncated();
                let overflow = self
                    .put_whole(&mut over_limit, started + time_max / 2)
                    .await;
                let cutting = move || over_limit.cut(overflow);
                let cut = in_a_thread(cutting, started + time_max).await;
                cut.map_err(|error| with_sources(&error))
            }
        }
    }

    /// Where the whole lies, if it lies anywhere. Nothing of it is held any longer.
    async fn put_whole(&self, over_limit: &mut OverLimit, deadline: Instant) -> Option<Overflow> {
        let whole = std::mem::take(over_limit.whole_mut());
        let bucket = self.overflow.as_ref()?;
        let put = bucket.put(over_limit.captured_at(), over_limit.id(), whole);
        let put = AssertUnwindSafe(put).catch_unwind();
        let reason = match timeout_at(deadline, put).await {
            Ok(Ok(Ok(overflow))) => {
                self.counters.overflowed();
                return Some(overflow);
            }
            Ok(Ok(Err(error))) => with_sources(&error),
            Ok(Err(_)) => "the client of S3 panicked".to_owned(),
            Err(_) => "S3 did not answer in time".to_owned(),
        };
        tracing::warn!(
            %reason,
            "daybook: the whole of a large audit message was not stored, its cut copy is sent"
        );
        None
    }
}

/// Megabytes are made and cut by a thread of their own: a handler may be at work on this one, a server's
/// requests are, and Lambda may be about to end the function.
pub(crate) async fn in_a_thread<T: Send + 'static>(
    making: impl FnOnce() -> Result<T, MessageError> + Send + 'static,
    deadline: Instant,
) -> Result<T, MessageError> {
    match timeout_at(deadline, tokio::task::spawn_blocking(making)).await {
        Ok(made) => made.unwrap_or(Err(MessageError::Unfinished)),
        Err(_) => Err(MessageError::TooSlow),
    }
}
