//! The message on the queue: one request, its response, and what the handler chose to say.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::over_limit::{Overflow, Truncated};

/// The version of the message. A message of any other version is refused.
pub const MESSAGE_VERSION: u32 = 1;

/// One API call as the capture layer saw it, UTF-8 JSON, at most 1 MiB (the limit of SQS).
///
/// All but `v` and `event` may be missing; unknown fields are ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CapturedExchange {
    /// [`MESSAGE_VERSION`].
    pub v: u32,
    /// The message's own id. It counts only where the event has no request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When the response was ready, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<String>,
    /// The API Gateway event as delivered, credentials removed, otherwise every byte of it.
    pub event: Box<RawValue>,
    /// What the service answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<CapturedResponse>,
    /// How long the handler took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What the handler chose to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<HandlerContext>,
    /// What was cut, where the whole was over the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<Truncated>,
    /// Where the whole lies, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
}

/// What the service answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CapturedResponse {
    /// The HTTP status; 0 where the handler failed before there was one.
    pub status_code: u16,
    /// The body as text: JSON only, up to a limit, only where it can name what was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How the handler failed: before there was a response, or, where there is a status, in the middle of a
    /// streamed body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<HandlerFailure>,
}

/// How a handler failed to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlerFailure {
    /// It returned an error.
    Error,
    /// It panicked.
    Panic,
    /// It had not answered shortly before its time was over. Whether it did in the last moment, or
    /// what it did until then, is not known.
    Timeout,
}

/// What the handler chose to say about a call; everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HandlerContext {
    /// What was acted upon, where the handler knows better than the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<crate::Entity>,
    /// What it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<crate::Entity>,
    /// The entity before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The entity after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The sentence, where the handler writes it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// That personal data was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
}

/// A read of personal data, as the handler describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Privacy {
    /// What was done with the data: `view`, `export`.
    pub operation: String,
    /// Which fields.
    pub fields_accessed: Vec<String>,
    /// Of how many people or records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_count: Option<u64>,
    /// How bad a misuse would be: `low`, `medium`, `high`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub risk_level: String,
    /// The legal ground or the consent's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub consent: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_and_the_event_are_needed_and_unknown_fields_are_ignored() {
        let message: CapturedExchange =
            serde_json::from_str(r#"{"v":1,"event":{"a": 1.10},"later":true}"#).unwrap();
        assert_eq!(message.v, MESSAGE_VERSION);
        assert_eq!(message.event.get(), r#"{"a": 1.10}"#);
        assert!(message.response.is_none() && message.context.is_none());
    }

    #[test]
    fn what_is_not_known_is_not_written() {
        let message = CapturedExchange {
            v: MESSAGE_VERSION,
            id: None,
            captured_at: None,
            event: RawValue::from_string("{}".to_owned()).unwrap(),
            response: Some(CapturedResponse {
                status_code: 204,
                ..CapturedResponse::default()
            }),
            duration_ms: Some(12),
            context: None,
            truncated: None,
            overflow: None,
        };
        assert_eq!(
            serde_json::to_string(&message).unwrap(),
            r#"{"v":1,"event":{},"response":{"status_code":204},"duration_ms":12}"#
        );
    }
}
