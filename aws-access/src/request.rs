//! What is asked, what comes back, and what goes wrong between.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon S3.
    S3,
    /// Amazon SQS.
    Sqs,
}

impl Service {
    /// Its name in signatures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sqs => "sqs",
        }
    }

    /// The variable that names a server which takes its place.
    pub(crate) fn endpoint_variable(self) -> &'static str {
        match self {
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
        }
    }
}

/// One request, not signed yet.
#[derive(Debug, Clone)]
pub struct AwsRequest<'a> {
    /// Whom it is for.
    pub service: Service,
    /// The region that it is signed for; without it, that of [`AwsAccess::region`](crate::AwsAccess::region).
    pub region: Option<&'a str>,
    /// GET, POST or PUT.
    pub method: Method,
    /// Where to, whole: `https://sqs.eu-central-1.amazonaws.com/`.
    pub url: &'a str,
    /// Headers, which are signed too, their names in lower case.
    pub headers: &'a [(&'static str, &'static str)],
    /// The body.
    pub body: Bytes,
    /// The body's SHA-256 in hexadecimal digits, where it is known already.
    pub body_sha256: Option<&'a str>,
    /// The longest answer that is taken, in bytes.
    pub answer_bytes_max: usize,
}

/// An answer, of whatever status.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AwsAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. That of an error is empty where it is over 16 KiB or breaks off.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// Nothing says who asks.
    #[error("there are no credentials: {0}")]
    NoCredentials(String),
    /// Whoever gives credentials out does not.
    #[error("no credentials are to be had: {0}")]
    CredentialsAway(String),
    /// Nothing says where.
    #[error("no region is configured")]
    NoRegion,
    /// It is no request.
    #[error("the request cannot be made: {0}")]
    Unusable(String),
    /// Nobody answers, or not to the end.
    #[error("{0}")]
    Unanswered(String),
    /// The answer is longer than was allowed.
    #[error("the answer is too long")]
    TooLong,
}

impl AccessError {
    /// Whether asking again may help.
    pub fn may_succeed_later(&self) -> bool {
        matches!(self, Self::CredentialsAway(_) | Self::Unanswered(_))
    }

    pub(crate) fn unusable(error: &dyn std::error::Error) -> Self {
        Self::Unusable(with_sources(error))
    }

    pub(crate) fn unanswered(error: &dyn std::error::Error) -> Self {
        Self::Unanswered(with_sources(error))
    }
}

pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
