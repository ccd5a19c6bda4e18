//! What is asked, what comes back, and what goes wrong between.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;

const CODE_LENGTH_MAX: usize = 100;

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

impl AwsAnswer {
    /// What AWS calls the error: `ExpiredToken`, `RequestThrottled`; at most 100 characters.
    ///
    /// SQS says it in a header as its older protocol does (`AWS.SimpleQueueService.NonExistentQueue`), else in
    /// its JSON or in another header; S3 says it in XML.
    pub fn error_code(&self) -> Option<String> {
        let header = |name| self.headers.get(name)?.to_str().ok();
        let older = header("x-amzn-query-error").and_then(|error| error.split(';').next());
        let in_json = || {
            let said: ErrorBody = serde_json::from_slice(&self.body).ok()?;
            said.kind
        };
        let in_xml = || {
            let (_, rest) = std::str::from_utf8(&self.body).ok()?.split_once("<Code>")?;
            Some(rest.split_once("</Code>")?.0.to_owned())
        };
        let named = older
            .map(str::to_owned)
            .or_else(in_json)
            .or_else(|| header("x-amzn-errortype").map(str::to_owned))
            .or_else(in_xml)?;
        // A namespace before it, or an address behind it, is none of it.
        let code = named.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        (!code.is_empty()).then(|| format!("{code:.CODE_LENGTH_MAX$}"))
    }
}

/// `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"…"}`
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "__type", alias = "code")]
    kind: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
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
    /// This machine has no certificates to know AWS by.
    #[error("{0}")]
    NoCertificates(String),
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

/// An error and its sources, in one line.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_code_wherever_it_stands() {
        let long = format!("<Code>{}</Code>", "x".repeat(1_000));
        for (header, body, code) in [
            (
                (
                    "x-amzn-query-error",
                    "AWS.SimpleQueueService.NonExistentQueue;Sender",
                ),
                r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#,
                Some("AWS.SimpleQueueService.NonExistentQueue"),
            ),
            (
                ("x-other", ""),
                r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"m"}"#,
                Some("RequestThrottled"),
            ),
            (
                (
                    "x-amzn-errortype",
                    "ExpiredTokenException:http://internal.amazon.com/",
                ),
                "no JSON",
                Some("ExpiredTokenException"),
            ),
            (
                ("x-other", ""),
                "<?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code><Message>m</Message></Error>",
                Some("ExpiredToken"),
            ),
            (("x-other", ""), "<Error><Code>", None),
            (("x-other", ""), "[]", None),
            (
                ("x-other", ""),
                &long,
                Some(&"x".repeat(CODE_LENGTH_MAX)[..]),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header.0, header.1.parse().unwrap());
            let answer = AwsAnswer {
                status: StatusCode::BAD_REQUEST,
                headers,
                body: Bytes::from(body.to_owned()),
            };
            assert_eq!(answer.error_code().as_deref(), code, "{body}");
        }
    }
}
