//! AWS's time, as far as this machine's clock is from it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::StatusCode;
use http::header::DATE;

use crate::request::AwsAnswer;

/// AWS takes a signature that is at most five minutes old; a clock that is off by less than this is
/// not the reason of a refusal.
const SKEW_SECONDS_MIN: i64 = 240;

/// This machine's clock, corrected by what AWS answers.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// What is to be added to this machine's clock to have AWS's, in seconds.
    offset_seconds: AtomicI64,
}

/// A time to sign by, and what it was made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SigningTime {
    pub(crate) time: SystemTime,
    offset_seconds: i64,
}

impl Clock {
    pub(crate) fn now(&self) -> SigningTime {
        let offset_seconds = self.offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset_seconds.unsigned_abs());
        let now = SystemTime::now();
        let moved = if offset_seconds < 0 {
            now.checked_sub(distance)
        } else {
            now.checked_add(distance)
        };
        SigningTime {
            time: moved.unwrap_or(now),
            offset_seconds,
        }
    }

    /// Whether the answer refuses a request because it was signed at another time than the server's,
    /// which counts from now on.
    ///
    /// It is compared with the time by which that very request was signed: another one may have
    /// corrected the clock meanwhile.
    pub(crate) fn is_corrected_by(&self, answer: &AwsAnswer, signed: SigningTime) -> bool {
        if !matches!(
            answer.status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            return false;
        }
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(server) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok())
        else {
            return false;
        };
        let offset_seconds = server.secs() - DateTime::from(SystemTime::now()).secs();
        if (offset_seconds - signed.offset_seconds).abs() < SKEW_SECONDS_MIN {
            return false;
        }
        self.offset_seconds.store(offset_seconds, Ordering::Relaxed);
        true
    }
}
