//! What the capture layer did, in numbers that never go down.

use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Bytes of the acknowledged messages.
    pub sent_bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct LiveCounters {
    captured: AtomicU64,
    acknowledged: AtomicU64,
    left_out: AtomicU64,
    dropped: AtomicU64,
    truncated: AtomicU64,
    sent_bytes: AtomicU64,
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
            sent_bytes: read(&self.sent_bytes),
        }
    }

    pub(crate) fn left_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn truncated(&self) {
        self.truncated.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a captured call that waits in a queue.
    pub(crate) fn queued(&self) {
        self.captured.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a queued call that the sink has acknowledged.
    pub(crate) fn acknowledged(&self, bytes: usize) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a queued call that was given up.
    pub(crate) fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a captured call, and counts it as dropped unless it is acknowledged: also where its
    /// delivery is abandoned half way.
    pub(crate) fn captured(&self) -> Unacknowledged<'_> {
        self.captured.fetch_add(1, Ordering::Relaxed);
        Unacknowledged {
            counters: self,
            is_acknowledged: false,
        }
    }
}

/// A captured call that no sink has acknowledged yet.
#[derive(Debug)]
pub(crate) struct Unacknowledged<'a> {
    counters: &'a LiveCounters,
    is_acknowledged: bool,
}

impl Unacknowledged<'_> {
    pub(crate) fn acknowledge(mut self, bytes: usize) {
        self.is_acknowledged = true;
        self.counters.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.counters
            .sent_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Unacknowledged<'_> {
    fn drop(&mut self) {
        if !self.is_acknowledged {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
