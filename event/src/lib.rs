//! The shared words of Daybook: what a service captures ([`CapturedExchange`]) and what is stored
//! ([`AuditEvent`]).
//!
//! **Invariant:** serde and small value types only. Nothing here does I/O, reads a clock or
//! knows of ClickHouse, SQS or OpenAPI.

mod audit_event;
mod bounds;
mod captured_exchange;
mod detail;
mod event_id;
mod ip_range;
mod odd_json;
mod over_limit;
mod time;

/// What stands where a secret stood. The capture layer and the normalizer write the same, so that the
/// second sees what the first has removed.
pub const REDACTED: &str = "[redacted]";

/// The service of the log's own events: who read it, and what was erased. No other service has this name.
pub const OWN_SERVICE: &str = "daybook";

pub use audit_event::{
    Action, ActivityPart, ActivityPartKind, AuditEvent, Caller, CallerType, Change, Entity,
    HttpRequest, Outcome, SCHEMA_VERSION, UNATTRIBUTED_ORG_ID, UnknownWord,
};
pub use bounds::{JsonBoundError, check_json_bounds, check_json_values};
pub use captured_exchange::{
    CapturedExchange, CapturedResponse, HandlerContext, HandlerFailure, MESSAGE_VERSION, Privacy,
};
pub use detail::{StoredBody, read_detail, write_detail};
pub use event_id::{EventIdentity, event_id};
pub use ip_range::{InvalidIpRange, IpRange};
pub use odd_json::{mend_json, parse_json};
pub use over_limit::{Original, Overflow, S3Object, Truncated};
pub use time::{AHEAD_MAX, never_expires, timestamp_ms, timestamp_serde};
