//! What the capture layer did, in numbers that never go down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A reading of the counters, since the process started.
///
/// `captured` = `acknowledged` + `dropped` whenever no invocation is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Calls of which a message was to be sent.
    pub captured: u64,
    /// Messages that the sink has acknowledged.
    pub acknowledged: u64,
    /// Calls that were left out: reads, ignored paths, events that are no API call.
    pub left_out: u64,
    /// Messages that the sink did not acknowledge in time. One that timed out may have arrived all
    /// the same; its event id makes that harmless.
    pub dropped: u64,
    /// Messages that were over the size limit and lost a body or a part of it.
    pub truncated: u64,
    /// Of those, how many lie whole in the overflow bucket.
    pub overflowed: u64,
    /// Bytes of the acknowledged messages.
    pub sent_bytes: u64,
    /// How often messages were sent, with or without success.
    pub flushes: u64,
    /// How long that took altogether, in milliseconds.
    pub flush_time_ms: u64,
}

impl Counters {
    /// What was counted since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let since = |counter: fn(&Self) -> u64| counter(self).saturating_sub(counter(earlier));
        Self {
            captured: since(|counters| counters.captured),
            acknowledged: since(|counters| counters.acknowledged),
            left_out: since(|counters| counters.left_out),
            dropped: since(|counters| counters.dropped),
            truncated: since(|counters| counters.truncated),
            overflowed: since(|counters| counters.overflowed),
            sent_bytes: since(|counters| counters.sent_bytes),
            flushes: since(|counters| counters.flushes),
            flush_time_ms: since(|counters| counters.flush_time_ms),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct LiveCounters {
    captured: AtomicU64,
    acknowledged: AtomicU64,
    left_out: AtomicU64,
    dropped: AtomicU64,
    truncated: AtomicU64,
    overflowed: AtomicU64,
    sent_bytes: AtomicU64,
    flushes: AtomicU64,
    flush_time_ms: AtomicU64,
}

impl LiveCounters {
    pub(crate) fn read(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            captured: read(&self.captured),
            acknowledged: read(&self.acknowledged),
            left_out: read(&self.left_out),
            dropped: read(&self.dropped),
            truncated: read(&self.truncated),
            overflowed: read(&self.overflowed),
            sent_bytes: read(&self.sent_bytes),
            flushes: read(&self.flushes),
            flush_time_ms: read(&self.flush_time_ms),
        }
    }

    pub(crate) fn left_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn truncated(&self) {
        self.truncated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn overflowed(&self) {
        self.overflowed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn flushed(&self, time: Duration) {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        self.flush_time_ms
            .fetch_add(whole_ms(time), Ordering::Relaxed);
    }

    /// Counts a captured call, and counts it as dropped unless it is acknowledged: also where its
    /// delivery is abandoned half way.
    pub(crate) fn captured(self: &Arc<Self>) -> Unacknowledged {
        self.captured.fetch_add(1, Ordering::Relaxed);
        Unacknowledged {
            counters: self.clone(),
            is_acknowledged: false,
        }
    }
}

pub(crate) fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A captured call that no sink has acknowledged yet.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    counters: Arc<LiveCounters>,
    is_acknowledged: bool,
}

impl Unacknowledged {
    pub(crate) fn acknowledge(&mut self, bytes: usize) {
        self.is_acknowledged = true;
        self.counters.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.counters
            .sent_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Unacknowledged {
    fn drop(&mut self) {
        if !self.is_acknowledged {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
