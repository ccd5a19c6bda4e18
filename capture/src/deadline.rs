//! When Lambda is about to end the function although the call is not over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, Sleep};

/// What there is to do beside the sending itself.
const OVERHEAD: Duration = Duration::from_millis(50);

/// The part of the time left that the sending may claim at most: one tenth.
const TIME_LEFT_DIVISOR: u32 = 10;

/// In the year 2001. What lies before is no time of today but an emulator's constant (cargo-lambda has
/// one), and says nothing.
const DEADLINE_MS_MIN: u64 = 1_000_000_000_000;

/// More than Lambda gives any function.
const TIME_LEFT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Ready once, shortly before the function's deadline.
///
/// Lambda gives the deadline as a time of day. That is looked at once, when the call begins: a machine's
/// time of day may be set forward under a call (a virtual machine that was halted is), its monotonic clock
/// is not.
///
/// A call that ends without waiting for anything never sets the timer up. It is on the heap, so that a
/// left-out call is no longer for it.
pub(crate) struct DeadlineNear {
    deadline: Option<Instant>,
    flush_timeout: Duration,
    is_over: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl DeadlineNear {
    /// `deadline_ms` is Lambda's, since 1970; 0 where there is none. One that is over when the call begins is
    /// none: the clock here is ahead of Lambda's.
    pub(crate) fn new(deadline_ms: u64, flush_timeout: Duration) -> Self {
        let deadline = if deadline_ms < DEADLINE_MS_MIN {
            None
        } else {
            let left_ms = deadline_ms.saturating_sub(now_ms()).min(TIME_LEFT_MS_MAX);
            (left_ms > 0).then(|| Instant::now() + Duration::from_millis(left_ms))
        };
        Self {
            deadline,
            flush_timeout,
            is_over: false,
            timer: None,
        }
    }

    /// How long a flush that begins now may take: what runs into the function's deadline is ended by
    /// Lambda, uncounted, and the invocation with it.
    pub(crate) fn flush_time(&self) -> Duration {
        self.deadline.map_or(self.flush_timeout, |deadline| {
            flush_time(time_left(deadline), self.flush_timeout)
        })
    }

    pub(crate) fn poll_near(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline.filter(|_| !self.is_over) else {
            return Poll::Pending;
        };
        // A service may run on a runtime without a clock, where a timer panics.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let timer = self.timer.get_or_insert_with(|| {
                let margin = margin(time_left(deadline), self.flush_timeout);
                Box::pin(tokio::time::sleep_until(deadline - margin))
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

fn time_left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// How long before the deadline a call is reported that goes on: as late as possible, because it may still be
/// answered, but with room for the sending.
fn margin(left: Duration, flush_timeout: Duration) -> Duration {
    flush_timeout
        .saturating_add(OVERHEAD)
        .min(left / TIME_LEFT_DIVISOR)
}

fn flush_time(left: Duration, flush_timeout: Duration) -> Duration {
    flush_timeout.min(left.saturating_sub(OVERHEAD))
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

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_deadline_that_is_over_at_the_beginning_is_none() {
        for deadline_ms in [0, 600_000, now_ms() - 1, now_ms()] {
            let near = DeadlineNear::new(deadline_ms, SECOND);
            assert_eq!(near.flush_time(), SECOND);
            assert!(near.deadline.is_none());
        }
    }

    #[test]
    fn a_deadline_that_no_clock_can_tell_is_far_away() {
        let near = DeadlineNear::new(u64::MAX, SECOND);
        assert_eq!(near.flush_time(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_left_is_measured_by_a_clock_that_nobody_sets() {
        let near = DeadlineNear::new(now_ms() + 10_000, SECOND);
        // The machine's time of day stands still meanwhile.
        tokio::time::advance(Duration::from_millis(9_500)).await;
        assert!(near.flush_time() <= Duration::from_millis(450));
    }

    #[test]
    fn a_flush_ends_before_the_function_does() {
        let flush_ms = |left| flush_time(Duration::from_millis(left), SECOND).as_millis();
        assert_eq!(flush_ms(3_000), 1_000);
        assert_eq!(flush_ms(500), 450);
        assert_eq!(flush_ms(20), 0);
        assert_eq!(flush_ms(0), 0);
    }

    #[test]
    fn the_sending_has_its_timeout_but_never_more_than_a_tenth_of_the_time_left() {
        let margin_ms = |left| margin(Duration::from_millis(left), SECOND).as_millis();
        assert_eq!(margin_ms(30_000), 1_050);
        assert_eq!(margin_ms(3_000), 300);
        assert_eq!(margin_ms(0), 0);
        assert_eq!(margin(Duration::ZERO, Duration::MAX), Duration::ZERO);
    }
}
