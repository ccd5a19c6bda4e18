//! Times as Daybook writes them: UTC, RFC 3339, milliseconds.

use jiff::{SignedDuration, Timestamp};

/// The `expires_at` of an event that retention never removes: the last second that ClickHouse's
/// `DateTime64` can hold, 2299-12-31T23:59:59Z.
pub fn never_expires() -> Timestamp {
    Timestamp::constant(10_413_791_999, 0)
}

/// How far ahead of the clock an event may be: clocks differ, and nobody acts in the future.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// `2026-11-22T07:21:14.123Z`.
pub fn timestamp_ms(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}

/// Serde for a time with exactly three decimals.
pub mod timestamp_serde {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes `2026-11-22T07:21:14.123Z`.
    ///
    /// # Errors
    /// Whatever the serializer returns.
    pub fn serialize<S: Serializer>(
        timestamp: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{timestamp:.3}"))
    }

    /// Reads any RFC 3339 time.
    ///
    /// # Errors
    /// Where the text is no time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Serde for an expiry: as [`timestamp_serde`], and an empty string for "never".
pub(crate) mod expiry_serde {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        timestamp: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if *timestamp >= crate::never_expires() {
            serializer.serialize_str("")
        } else {
            super::timestamp_serde::serialize(timestamp, serializer)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(crate::never_expires());
        }
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_exactly_three_decimals() {
        let whole: Timestamp = "2026-11-22T07:21:14Z".parse().unwrap();
        assert_eq!(timestamp_ms(whole), "2026-11-22T07:21:14.000Z");
        let fine: Timestamp = "2026-11-22T07:21:14.123999Z".parse().unwrap();
        assert_eq!(timestamp_ms(fine), "2026-11-22T07:21:14.123Z");
    }

    #[test]
    fn never_is_the_last_second_of_2299() {
        assert_eq!(timestamp_ms(never_expires()), "2299-12-31T23:59:59.000Z");
    }
}
