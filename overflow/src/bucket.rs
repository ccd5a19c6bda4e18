//! The bucket: put, and get what a pointer in a message says.

use std::fmt::Write as _;

use bytes::Bytes;
use daybook_aws_access::{AwsAccess, AwsAnswer};
use daybook_event::{Overflow, S3Object};
use http::{Method, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::access::request;
use crate::{KEY_PREFIX, OBJECT_BYTES_MAX};

const KEY_BYTES_MAX: usize = 256;

/// One bucket in S3, of which messages that were too large are written and read.
///
/// Credentials, region and endpoint are looked for with the first request, as
/// [`AwsAccess::from_environment`] says. The bucket must be in that region.
#[derive(Debug)]
pub struct OverflowBucket {
    name: String,
    access: AwsAccess,
}

/// Why an object was not written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OverflowError {
    /// It is over [`OBJECT_BYTES_MAX`].
    #[error("{bytes} bytes are more than an object may have")]
    TooLarge {
        /// How many it has, or says that it has.
        bytes: u64,
    },
    /// The pointer is not to an object that the capture layer writes: not below `daybook/`.
    #[error("the pointer leads elsewhere than to an object of the capture layer's")]
    Elsewhere,
    /// The pointer is to another bucket.
    #[error("the pointer leads to another bucket than the configured one")]
    OtherBucket,
    /// There is none.
    #[error("the object is not there")]
    Missing,
    /// It is not what the pointer says it is.
    #[error("the object is another than the pointer says")]
    Different,
    /// S3 says no; it may say yes later, when somebody has mended the permission or the bucket.
    #[error("S3 answered {status}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
    },
    /// Nobody answers, or there are no credentials or no region.
    #[error("S3 cannot be used: {0}")]
    Unavailable(String),
}

impl OverflowError {
    /// Whether asking again may help.
    pub fn may_succeed_later(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unavailable(_))
    }
}

impl OverflowBucket {
    /// The bucket of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_access(name, AwsAccess::from_environment())
    }

    /// The bucket of this name, by other credentials, in another region or at another endpoint.
    pub fn with_access(name: impl Into<String>, access: AwsAccess) -> Self {
        Self {
            name: name.into(),
            access,
        }
    }

    /// How it is reached.
    pub fn access(&self) -> &AwsAccess {
        &self.access
    }

    /// Whether S3 has buckets of such names: 3 to 63 lower-case letters, digits, hyphens and dots.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    pub fn has_valid_name(&self) -> bool {
        let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = self.name.as_bytes();
        (3..=63).contains(&bytes.len())
            && is_edge(bytes.first())
            && is_edge(bytes.last())
            && !self.name.contains("..")
            && bytes
                .iter()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
    }

    /// Writes `text` as `daybook/yyyy/mm/dd/<id>.json` and says where it is. `day` begins like an
    /// RFC 3339 time, `id` has letters, digits and hyphens.
    ///
    /// What fails in passing is tried again at once, twice; the caller bounds the time.
    ///
    /// # Errors
    /// Where it is too large, or S3 does not take it.
    pub async fn put(&self, day: &str, id: &str, text: String) -> Result<Overflow, OverflowError> {
        let bytes = text.len() as u64;
        if text.len() > OBJECT_BYTES_MAX {
            return Err(OverflowError::TooLarge { bytes });
        }
        let key = format!(
            "{KEY_PREFIX}{}/{id}.json",
            day.get(..10).unwrap_or("0000-00-00").replace('-', "/")
        );
        if !is_key(&key) {
            return Err(OverflowError::Elsewhere);
        }
        let sha256 = hexadecimal(&Sha256::digest(text.as_bytes()));
        let body = Bytes::from(text);
        let mut attempts_left = 2;
        loop {
            let answer = request(
                &self.access,
                Method::PUT,
                &self.name,
                &key,
                body.clone(),
                &sha256,
                4096,
            );
            let error = match answer.await {
                Ok(answer) if answer.status.is_success() => break,
                Ok(answer) => OverflowError::Refused {
                    status: answer.status,
                },
                Err(error) => error,
            };
            let is_passing = match &error {
                OverflowError::Refused { status } => status.is_server_error(),
                error => error.may_succeed_later(),
            };
            if attempts_left == 0 || !is_passing {
                return Err(error);
            }
            attempts_left -= 1;
        }
        Ok(Overflow {
            s3: S3Object {
                bucket: self.name.clone(),
                key,
            },
            bytes,
            sha256,
        })
    }

    /// Reads what the pointer names. A pointer is a message's word, and whoever may send messages
    /// may write anything into it.
    ///
    /// # Errors
    /// Where it leads elsewhere, where nothing or something else is there, where S3 does not answer.
    pub async fn get(&self, pointer: &Overflow) -> Result<Bytes, OverflowError> {
        if !is_key(&pointer.s3.key) {
            return Err(OverflowError::Elsewhere);
        }
        if pointer.s3.bucket != self.name {
            return Err(OverflowError::OtherBucket);
        }
        if pointer.bytes > OBJECT_BYTES_MAX as u64 {
            return Err(OverflowError::TooLarge {
                bytes: pointer.bytes,
            });
        }
        let bytes_max = usize::try_from(pointer.bytes).unwrap_or(OBJECT_BYTES_MAX);
        let AwsAnswer { status, body, .. } = request(
            &self.access,
            Method::GET,
            &self.name,
            &pointer.s3.key,
            Bytes::new(),
            &hexadecimal(&Sha256::digest(b"")),
            bytes_max,
        )
        .await?;
        if status == StatusCode::NOT_FOUND {
            return Err(OverflowError::Missing);
        }
        if !status.is_success() {
            return Err(OverflowError::Refused { status });
        }
        let is_the_one = body.len() as u64 == pointer.bytes
            && hexadecimal(&Sha256::digest(&body)) == pointer.sha256;
        if is_the_one {
            Ok(body)
        } else {
            Err(OverflowError::Different)
        }
    }
}

impl<T: Into<String>> From<T> for OverflowBucket {
    fn from(name: T) -> Self {
        Self::new(name)
    }
}

/// Keys need no encoding in an address, and none of them climbs out of the prefix.
fn is_key(key: &str) -> bool {
    key.starts_with(KEY_PREFIX)
        && key.len() <= KEY_BYTES_MAX
        && key
            .split('/')
            .all(|segment| !segment.is_empty() && segment != "." && segment != "..")
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_'))
}

fn hexadecimal(digest: &[u8]) -> String {
    digest
        .iter()
        .fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pointer(bucket: &str, key: &str) -> Overflow {
        Overflow {
            s3: S3Object {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            },
            bytes: 1,
            sha256: String::new(),
        }
    }

    #[tokio::test]
    async fn a_pointer_to_another_place_asks_nobody() {
        let bucket = OverflowBucket::new("ours");
        for (name, key) in [
            ("theirs", "salaries.json"),
            ("ours", "salaries.json"),
            ("ours", "daybook/../salaries.json"),
            ("ours", "daybook//a.json"),
            ("ours", "daybook/a?versionId=1"),
            ("ours", "daybook/%2e%2e/a"),
            ("", ""),
        ] {
            let error = bucket.get(&pointer(name, key)).await.unwrap_err();
            assert!(matches!(error, OverflowError::Elsewhere), "{name} {key}");
            assert!(!error.may_succeed_later());
        }
        let theirs = pointer("theirs", "daybook/2026/11/22/a.json");
        let error = bucket.get(&theirs).await.unwrap_err();
        assert!(matches!(error, OverflowError::OtherBucket));
        let large = Overflow {
            bytes: u64::MAX,
            ..pointer("ours", "daybook/a.json")
        };
        let error = bucket.get(&large).await.unwrap_err();
        assert!(matches!(error, OverflowError::TooLarge { .. }));
    }

    #[test]
    fn names_are_those_that_s3_has() {
        for (name, is_valid) in [
            ("audit-overflow.example", true),
            ("ab", false),
            ("Audit", false),
            ("-audit", false),
            ("a/../b", false),
            ("audit bucket", false),
            ("a..b", false),
        ] {
            assert_eq!(
                OverflowBucket::new(name).has_valid_name(),
                is_valid,
                "{name}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_key_leaves_the_prefix(key in "daybook/[a./%?#\\\\]{0,12}") {
            if is_key(&key) {
                prop_assert!(!key.contains("..") || !key.split('/').any(|segment| segment == ".."));
                prop_assert!(!key.contains(['%', '?', '#', '\\']));
            }
        }
    }
}
