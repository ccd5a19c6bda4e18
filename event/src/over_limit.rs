//! What a message that was over the queue's limit says of its losses, and where the whole lies.

use serde::{Deserialize, Serialize};

/// What was cut so that a message fits into SQS's 1 MiB. Each part that is named is shorter than it
/// was, or gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Truncated {
    /// The request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Original>,
    /// The response's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Original>,
    /// The entity before the change. It and the state after it go together: half of a pair would
    /// tell of changes that never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Original>,
    /// The entity after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Original>,
    /// All that the handler said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Original>,
    /// The event itself, its body apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Original>,
}

impl Truncated {
    /// Whether anything was cut at all.
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// What a part was before it was cut: of a body, its bytes with base64 taken off; of anything else,
/// its JSON text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Original {
    /// How long it was.
    pub original_bytes: u64,
    /// SHA-256 in 64 hexadecimal digits, made after credentials were removed: a digest of a
    /// password would give it away. Empty where nobody saw all of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

/// Where the whole message lies, of which this one is a cut copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// In S3.
    pub s3: S3Object,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of all of them in 64 hexadecimal digits.
    pub sha256: String,
}

/// An object in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Object {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_cut_is_written() {
        let truncated = Truncated {
            request: Some(Original {
                original_bytes: 7,
                sha256: "ab".to_owned(),
            }),
            ..Truncated::default()
        };
        assert!(truncated.is_any() && !Truncated::default().is_any());
        assert_eq!(
            serde_json::to_string(&truncated).unwrap(),
            r#"{"request":{"original_bytes":7,"sha256":"ab"}}"#
        );
    }
}
