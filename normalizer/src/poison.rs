//! Why a message can never become an event, in words for an operator.

use daybook_event::JsonBoundError;

/// Why a message can never succeed, however often it is tried.
///
/// The text becomes the dead letter's `reason`. It names what is wrong and never repeats content
/// of the message, which may be secret or personal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Poison {
    /// There is nothing in it.
    #[error("the message is empty")]
    Empty,
    /// The bytes are no text.
    #[error("the message is not UTF-8 text")]
    NotUtf8,
    /// It is over a bound.
    #[error("the message is over a bound: {0}")]
    Bound(#[from] JsonBoundError),
    /// The text is no JSON.
    #[error("the message is not JSON: {category} at line {line}, column {column}")]
    NotJson {
        /// What kind of mistake it is.
        category: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is JSON of another shape.
    #[error("the message is neither a captured exchange nor an API Gateway event: {0}")]
    Shape(&'static str),
    /// A message of a version that this program does not know.
    #[error("the message has version v={0}, and only v=1 is known")]
    Version(String),
    /// A request without a time cannot be placed in the log.
    #[error(
        "the event has no time: requestContext.timeEpoch, requestContext.requestTimeEpoch and captured_at are all missing or unreadable"
    )]
    NoTime,
    /// A time that cannot be stored.
    #[error("the event's time is impossible: {0} ms since 1970 is outside the years 1970 to 2299")]
    ImpossibleTime(i64),
    /// A clock is wrong, or somebody forges.
    #[error(
        "the event's time lies in the future: {ahead_seconds} s ahead, at most 300 s are allowed"
    )]
    Future {
        /// How far ahead of this machine's clock.
        ahead_seconds: i64,
    },
    /// The days for which the store keeps its tenant's events are over.
    #[error(
        "the event is older than its tenant's retention: it would be removed as soon as it is stored"
    )]
    Expired,
    /// A later copy of a stored event tells another story.
    #[error(
        "conflict: an event with this id is stored already, and its request differs (method, path, caller or body)"
    )]
    Conflict,
    /// The database refuses this event, and will again.
    #[error("the database refuses the event: {0}")]
    Refused(String),
    /// It was delivered so often that the queue would give it up by itself, without a reason.
    #[error(
        "it was delivered {deliveries} times and never stored, the last time because: {reason}"
    )]
    GivenUp {
        /// Which delivery the last one was.
        deliveries: u32,
        /// Why it was not stored then.
        reason: String,
    },
    /// It was sent so long ago that the queue would soon remove it by itself, without a reason.
    #[error("it was sent {days} days ago and never stored, the last time because: {reason}")]
    TooOld {
        /// How long ago.
        days: u64,
        /// Why it was not stored the last time.
        reason: String,
    },
    /// A mistake of this program's; the panic's own words could repeat the message.
    #[error("the normalizer panicked")]
    Panicked,
}

impl Poison {
    /// A message that is longer than any queue carries.
    pub fn too_long(bytes: usize) -> Self {
        Self::Bound(JsonBoundError::Size {
            bytes,
            bytes_max: crate::message::MESSAGE_BYTES_MAX,
        })
    }

    /// What serde_json says about a text, without the content that its own message may repeat.
    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        Self::NotJson {
            category: match error.classify() {
                serde_json::error::Category::Eof => "it ends too early",
                serde_json::error::Category::Io => "it cannot be read",
                serde_json::error::Category::Syntax => "a syntax error",
                serde_json::error::Category::Data => "an unexpected value",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}
