//! When Lambda is about to end the function although the call is not over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, Sleep};

/// What there is to do beside the sending itself.
const OVERHEAD_MS: u64 = 50;

/// The part of the time left that the sending may claim at most: one tenth.
const TIME_LEFT_DIVISOR: u64 = 10;

/// In the year 2001. What lies before is no time of today but an emulator's constant (cargo-lambda has
/// one), and says nothing.
const DEADLINE_MS_MIN: u64 = 1_000_000_000_000;

/// Ready once, shortly before the function's deadline.
///
/// A call that ends without waiting for anything never sets the timer up. It is on the heap, so that a
/// left-out call is no longer for it.
pub(crate) struct DeadlineNear {
    deadline_ms: u64,
    flush_timeout_ms: u64,
    is_over: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl DeadlineNear {
    /// `deadline_ms` is Lambda's, since 1970; 0 where there is none. One that is over when the call begins is
    /// none: the clock here is ahead of Lambda's.
    pub(crate) fn new(deadline_ms: u64, flush_timeout_ms: u64) -> Self {
        let deadline_ms = if deadline_ms < DEADLINE_MS_MIN || deadline_ms <= now_ms() {
            0
        } else {
            deadline_ms
        };
        Self {
            deadline_ms,
            flush_timeout_ms,
            is_over: deadline_ms == 0,
            timer: None,
        }
    }

    /// How long a flush that begins now may take: what runs into the function's deadline is ended by
    /// Lambda, uncounted, and the invocation with it.
    pub(crate) fn flush_time(&self) -> Duration {
        Duration::from_millis(flush_ms(self.deadline_ms, now_ms(), self.flush_timeout_ms))
    }

    pub(crate) fn poll_near(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over {
            return Poll::Pending;
        }
        // A service may run on a runtime without a clock, where a timer panics.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let timer = self.timer.get_or_insert_with(|| {
                let wait_ms = wait_ms(self.deadline_ms, now_ms(), self.flush_timeout_ms);
                let near = Instant::now() + Duration::from_millis(wait_ms);
                Box::pin(tokio::time::sleep_until(near))
            });
            timer.as_mut().poll(context)
        }));
        let Ok(polled) = polled else {
            self.is_over = true;
            return Poll::Pending;
        };
        ready!(polled);
        self.is_over = true;
        Poll::Ready(())
    }
}

/// How long to wait: as long as possible, because a call that is reported too early may still be
/// answered, but no longer than leaves room for the sending.
fn wait_ms(deadline_ms: u64, now_ms: u64, flush_timeout_ms: u64) -> u64 {
    let left_ms = deadline_ms.saturating_sub(now_ms);
    let margin_ms = flush_timeout_ms
        .saturating_add(OVERHEAD_MS)
        .min(left_ms / TIME_LEFT_DIVISOR);
    left_ms - margin_ms
}

fn flush_ms(deadline_ms: u64, now_ms: u64, flush_timeout_ms: u64) -> u64 {
    if deadline_ms == 0 {
        return flush_timeout_ms;
    }
    let left_ms = deadline_ms.saturating_sub(now_ms);
    flush_timeout_ms.min(left_ms.saturating_sub(OVERHEAD_MS))
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_over_at_the_beginning_is_none() {
        for deadline_ms in [600_000, now_ms() - 1, now_ms()] {
            let near = DeadlineNear::new(deadline_ms, 1_000);
            assert_eq!(near.flush_time(), Duration::from_secs(1));
            assert!(near.is_over);
        }
    }

    #[test]
    fn a_flush_ends_before_the_function_does() {
        assert_eq!(flush_ms(0, 10_000, 1_000), 1_000);
        assert_eq!(flush_ms(13_000, 10_000, 1_000), 1_000);
        assert_eq!(flush_ms(10_500, 10_000, 1_000), 450);
        assert_eq!(flush_ms(10_020, 10_000, 1_000), 0);
        assert_eq!(flush_ms(9_000, 10_000, 1_000), 0);
    }

    #[test]
    fn the_sending_has_its_timeout_but_never_more_than_a_tenth_of_the_time_left() {
        assert_eq!(wait_ms(30_000, 0, 1_000), 28_950);
        assert_eq!(wait_ms(13_000, 10_000, 1_000), 2_700);
        assert_eq!(wait_ms(10_000, 10_000, 1_000), 0);
        assert_eq!(wait_ms(9_000, 10_000, u64::MAX), 0);
    }
}
