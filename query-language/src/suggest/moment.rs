//! A moment in other words than the language's own, and which is meant by it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// How much of a text is looked at; no moment is longer.
const MOMENT_CHARS_MAX: usize = 40;
/// From here on, whole numbers count milliseconds: as seconds they lie beyond the year 5000.
const UNIX_MILLISECONDS_MIN: i64 = 100_000_000_000;
/// Below this, whole numbers are years and days rather than seconds since 1970.
const UNIX_SECONDS_MIN: i64 = 100_000_000;

/// There is no clock here, so a day by its name is so many hours ago.
const NAMES: [(&str, &str); 6] = [
    ("now", "-0m"),
    ("today", "-1d"),
    ("yesterday", "-1d"),
    ("week", "-1w"),
    ("month", "-30d"),
    ("year", "-365d"),
];

/// Units by their names, and what one of them is in a unit that the language has.
const UNITS: [(&[&str], u32, char); 7] = [
    (&["m", "min", "mins", "minute", "minutes"], 1, 'm'),
    (&["h", "hr", "hrs", "hour", "hours"], 1, 'h'),
    (&["d", "day", "days"], 1, 'd'),
    (&["w", "wk", "wks", "week", "weeks"], 1, 'w'),
    (&["mo", "mon", "month", "months"], 30, 'd'),
    (&["y", "yr", "yrs", "year", "years"], 365, 'd'),
    (&["q", "quarter", "quarters"], 91, 'd'),
];

/// The moment that is meant by `value`, where that is known.
pub(super) fn meant(value: &str) -> Option<String> {
    if value.chars().count() > MOMENT_CHARS_MAX {
        return None;
    }
    let value = value.to_ascii_lowercase();
    so_long_ago(&value)
        .or_else(|| unix_time(&value))
        .or_else(|| time(&value))
        .or_else(|| day(&value).map(|day| day.to_string()))
}

/// `yesterday`, `last week`, `7d`, `7 days ago`, `now-7d`.
fn so_long_ago(value: &str) -> Option<String> {
    let value = value.replace(['_', '-'], " ");
    let value = value.trim();
    let value = value.strip_suffix("ago").unwrap_or(value).trim();
    let value = ["now ", "last", "past", "this"]
        .into_iter()
        .find_map(|word| value.strip_prefix(word))
        .unwrap_or(value)
        .trim();
    if let Some((_, ago)) = NAMES.iter().find(|(name, _)| *name == value) {
        return Some((*ago).to_owned());
    }
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, unit) = value.split_at(digits);
    let amount: u32 = amount.parse().ok()?;
    let (_, size, letter) = UNITS
        .iter()
        .find(|(names, _, _)| names.contains(&unit.trim()))?;
    Some(format!("-{}{letter}", amount.checked_mul(*size)?))
}

/// Seconds or milliseconds since 1970.
fn unix_time(value: &str) -> Option<String> {
    let number: i64 = value.parse().ok()?;
    let time = match number {
        ..UNIX_SECONDS_MIN => return None,
        UNIX_MILLISECONDS_MIN.. => Timestamp::from_millisecond(number),
        _ => Timestamp::from_second(number),
    };
    Some(time.ok()?.to_string())
}

/// A time that lacks its offset, or whose day is written in another way.
fn time(value: &str) -> Option<String> {
    let (date, clock) = value.split_once(['t', ' '])?;
    let text = format!("{}T{}", day(date)?, clock.trim().to_ascii_uppercase());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.to_string());
    }
    let time = text
        .parse::<DateTime>()
        .ok()?
        .to_zoned(TimeZone::UTC)
        .ok()?;
    Some(time.timestamp().to_string())
}

/// A day with slashes or dots, without zeros, in another order, or one that its month does not have.
fn day(value: &str) -> Option<Date> {
    let parts: Vec<&str> = value.split(['-', '/', '.']).collect();
    let number = |part: &str| -> Option<i16> {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_number)
    };
    let (year, month, day) = match *parts.as_slice() {
        [year] if year.len() == 4 => (number(year)?, 1, 1),
        [all] if all.len() == 8 && all.is_ascii() => {
            (number(&all[..4])?, number(&all[4..6])?, number(&all[6..])?)
        }
        [year, month] if year.len() == 4 => (number(year)?, number(month)?, 1),
        [year, month, day] if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        [first, second, year] if year.len() == 4 => {
            let (first, second) = (number(first)?, number(second)?);
            // With dots the day comes first; with anything else it may be either.
            let is_told = value.contains('.') || first > 12 || second > 12 || first == second;
            if !is_told {
                return None;
            }
            (number(year)?, second, first)
        }
        _ => return None,
    };
    let (month, day) = if month > 12 {
        (day, month)
    } else {
        (month, day)
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let first = Date::new(year, month, 1).ok()?;
    (1..=31).contains(&day).then(|| {
        first
            .with()
            .day(day.min(first.days_in_month()))
            .build()
            .ok()
    })?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::moment::Moment;

    #[test]
    fn a_moment_is_known_in_other_words() {
        for (value, expected) in [
            ("yesterday", Some("-1d")),
            ("Today", Some("-1d")),
            ("now", Some("-0m")),
            ("last week", Some("-1w")),
            ("last_month", Some("-30d")),
            ("7d", Some("-7d")),
            ("-7days", Some("-7d")),
            ("7 days ago", Some("-7d")),
            ("now-2h", Some("-2h")),
            ("90 minutes", Some("-90m")),
            ("3mo", Some("-90d")),
            ("1y", Some("-365d")),
            ("1767225600", Some("2026-01-01T00:00:00Z")),
            ("1767225600123", Some("2026-01-01T00:00:00.123Z")),
            ("2026-01-01T00:00:00", Some("2026-01-01T00:00:00Z")),
            ("2026-01-01 08:30", Some("2026-01-01T08:30:00Z")),
            ("2026-1-1T08:30:00+01:00", Some("2026-01-01T07:30:00Z")),
            ("2026-13-01", Some("2026-01-13")),
            ("2026-02-30", Some("2026-02-28")),
            ("2026-1-2", Some("2026-01-02")),
            ("2026/01/31", Some("2026-01-31")),
            ("20260131", Some("2026-01-31")),
            ("2026-01", Some("2026-01-01")),
            ("2026", Some("2026-01-01")),
            ("31.1.2026", Some("2026-01-31")),
            ("31/1/2026", Some("2026-01-31")),
            ("1/31/2026", Some("2026-01-31")),
            ("1/2/2026", None),
            ("2026-13-13", None),
            ("2026-00-01", None),
            ("2026-01-00", None),
            ("2026-01-01T25:00:00", None),
            ("99999999999999999999d", None),
            ("4294967295y", None),
            ("some day", None),
            ("days", None),
            ("", None),
        ] {
            assert_eq!(meant(value).as_deref(), expected, "{value}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_meant_is_a_moment(value in "([0-9]{1,4}[-/.t :]?|last |yesterday|[dhmwy]|ago|\\PC){0,7}") {
            if let Some(meant) = meant(&value) {
                prop_assert!(meant.parse::<Moment>().is_ok(), "{} for {}", meant, value);
            }
        }
    }
}
