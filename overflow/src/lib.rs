//! What is too large for a queue message: the whole of it as one object in S3, written by a service
//! and read by the normalizer.
//!
//! **Invariant:** only the bucket that the operator has named is written or read, only below
//! `daybook/`, at most [`OBJECT_BYTES_MAX`] bytes, and nothing is believed whose digest differs.
//!
//! Two requests of S3's REST API are signed and sent by `daybook-aws-access`, which every service with
//! the capture layer has anyway. The whole SDK of S3 would cost each of them its size and its time to
//! compile.

mod access;
mod bucket;

pub use bucket::{OverflowBucket, OverflowError};

/// Below this every object lies: `daybook/2026/11/22/8476a536-e9f4-11e8-9739-2dfe598c3fcd.json`.
pub(crate) const KEY_PREFIX: &str = "daybook/";

/// No object is larger. An event that Lambda delivers has at most 6 MB:
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub const OBJECT_BYTES_MAX: usize = 8 << 20;
