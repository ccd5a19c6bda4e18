//! A moment as people write it: a day, a time, or so long ago.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A moment, not yet put on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The beginning of a day, UTC.
    Day(Date),
    /// A time.
    Time(Timestamp),
    /// So long before now.
    Ago {
        /// How many of the units.
        amount: u32,
        /// Of what length each is.
        unit: AgoUnit,
    },
}

/// A unit of time of a fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgoUnit {
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`, 24 hours
    Days,
    /// `w`
    Weeks,
}

/// A text that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a day (2026-01-31), a time (2026-01-31T08:00:00Z) or so long ago (-7d, -12h, -30m, -2w) is needed here"
)]
pub struct InvalidMoment;

impl AgoUnit {
    const ALL: [Self; 4] = [Self::Minutes, Self::Hours, Self::Days, Self::Weeks];

    const fn letter(self) -> char {
        match self {
            Self::Minutes => 'm',
            Self::Hours => 'h',
            Self::Days => 'd',
            Self::Weeks => 'w',
        }
    }

    const fn minutes(self) -> i64 {
        match self {
            Self::Minutes => 1,
            Self::Hours => 60,
            Self::Days => 24 * 60,
            Self::Weeks => 7 * 24 * 60,
        }
    }
}

impl Moment {
    /// When it is, seen from `now`; the first time there is for what lies before that, and the last for
    /// what lies behind it.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => {
                let outside = if day.year() < 0 {
                    Timestamp::MIN
                } else {
                    Timestamp::MAX
                };
                day.to_zoned(TimeZone::UTC)
                    .map_or(outside, |zoned| zoned.timestamp())
            }
            Self::Ago { amount, unit } => {
                let ago = SignedDuration::from_mins(i64::from(amount) * unit.minutes());
                now.checked_sub(ago).unwrap_or(Timestamp::MIN)
            }
        }
    }
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        if let Some(ago) = text.strip_prefix('-').and_then(ago) {
            return Ok(ago);
        }
        // As RFC 3339 writes days; the library reads others, too.
        if text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' {
            return text.parse().map(Self::Day).map_err(|_| InvalidMoment);
        }
        time(text).map(Self::Time).ok_or(InvalidMoment)
    }
}

/// A time with its offset, as RFC 3339 writes it.
pub fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| after_the_last(text))
}

/// The last time there is, for one of the last hours of the year 9999, which is later in UTC than
/// times go, or would be a day after.
fn after_the_last(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    pieces.offset()?;
    let is_last = pieces.date() >= Timestamp::MAX.to_zoned(TimeZone::UTC).date();
    (is_last && pieces.time().is_some()).then_some(Timestamp::MAX)
}

/// `7d`, as it stands behind the minus.
fn ago(text: &str) -> Option<Moment> {
    let unit = AgoUnit::ALL
        .into_iter()
        .find(|unit| text.ends_with(unit.letter()))?;
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount = digits.parse().ok()?;
    Some(Moment::Ago { amount, unit })
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(formatter),
            Self::Time(time) => time.fmt(formatter),
            Self::Ago { amount, unit } => write!(formatter, "-{amount}{}", unit.letter()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hours_of_the_last_year_are_the_last_time_there_is() {
        let at = |text: &str| {
            text.parse()
                .map(|moment: Moment| moment.at(Timestamp::UNIX_EPOCH))
        };
        for text in [
            "9999-12-31",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59+02:00",
        ] {
            assert_eq!(at(text), Ok(Timestamp::MAX), "{text}");
        }
        assert_eq!(
            at("0001-01-01"),
            Ok("0001-01-01T00:00:00Z".parse().unwrap())
        );
        for text in ["9999-12-32", "9999-12-31T25:00:00Z", "9999-12-31T23:59:59"] {
            assert_eq!(at(text), Err(InvalidMoment), "{text}");
        }
        let first = Moment::Day(Date::MIN);
        assert_eq!(first.at(Timestamp::UNIX_EPOCH), Timestamp::MIN);
    }
}
