//! The answer when something is wrong: what the client may read, and apart from it what the log
//! may read.

use std::error::Error;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use daybook_store::StoreError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::request_id::RequestId;

/// How much of an error's chain goes into the log.
const LOG_BYTES_MAX: usize = 2048;

/// When to come again where something is away.
const RETRY_AFTER_SECONDS: u32 = 5;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldFault {
    /// A JSON pointer into the body; of a query parameter, into the body that it stands for.
    pub(crate) pointer: String,
    /// What is wrong, for a person.
    pub(crate) detail: String,
    /// Where in a query, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<usize>,
    /// How many characters of a query are wrong; 0 where something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) length: Option<usize>,
    /// What could stand in their place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suggestion: Option<String>,
}

impl FieldFault {
    /// A fault of the field at `pointer`.
    pub(crate) fn new(pointer: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            detail: detail.into(),
            position: None,
            length: None,
            suggestion: None,
        }
    }
}

/// An answer of the type `application/problem+json` (RFC 9457).
///
/// It becomes bytes only in [`crate::answer`], where the request's id is known.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    /// The last part of the `type`: a word that programs may compare.
    kind: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldFault>,
    retry_after_seconds: Option<u32>,
    /// For the log alone.
    log: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: &str) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.to_owned(),
            errors: Vec::new(),
            retry_after_seconds: None,
            log: None,
        }
    }

    /// 401, the same for every fault of a token; the log learns which.
    pub(crate) fn unauthenticated(reason: &dyn Error) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Not signed in",
            "A valid bearer token is needed.",
        )
        .for_the_log(reason)
    }

    /// 403.
    pub(crate) fn forbidden(permission: &'static str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Not allowed",
            &format!("The token lacks the permission {permission}."),
        )
    }

    /// 400 that names the fields.
    pub(crate) fn invalid_fields(errors: Vec<FieldFault>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            _ => format!("{} fields cannot be used; see errors.", errors.len()),
        };
        Self {
            errors,
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request cannot be understood",
                &detail,
            )
        }
    }

    /// 400 about the request as a whole.
    pub(crate) fn invalid_request(detail: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid-request",
            "The request cannot be understood",
            detail,
        )
    }

    /// 404.
    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "This address does not take this method.",
        )
    }

    /// 408.
    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            "The body took too long",
            "The request's body did not arrive in time.",
        )
    }

    /// 413.
    pub(crate) fn body_too_large(bytes_max: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large",
            &format!("A request's body may have {bytes_max} bytes."),
        )
    }

    /// 422 for a page that is too long to be sent.
    pub(crate) fn page_too_large() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "page-too-large",
            "The page is too large",
            "These events are too long for one answer. Ask for fewer at once with \"limit\".",
        )
    }

    /// The marker of an export that has reached its bound; 413 for want of a status that fits.
    pub(crate) fn export_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "export-too-large",
            "The export is too large",
            "The export was cut off here. Ask for a shorter time range, and for the rest after it.",
        )
    }

    /// 429.
    pub(crate) fn too_many_reads(retry_after_seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many at once",
                "As many reads of this kind as are allowed are under way. Try again in a moment.",
            )
        }
    }

    /// 503, or 504 where it took too long, for load balancers.
    pub(crate) fn not_ready(what: &'static str, status: StatusCode, reason: &dyn Error) -> Self {
        Self {
            retry_after_seconds: Some(RETRY_AFTER_SECONDS),
            ..Self::new(status, "not-ready", "Not ready", what)
        }
        .for_the_log(reason)
    }

    /// 500 after a panic, whose message is on stderr already.
    pub(crate) fn panicked() -> Self {
        Self {
            log: Some("a handler panicked".to_owned()),
            ..Self::internal()
        }
    }

    /// 503 where the keys that verify tokens cannot be had.
    pub(crate) fn keys_unavailable(reason: &dyn Error) -> Self {
        Self::unavailable("Tokens cannot be verified at the moment.").for_the_log(reason)
    }

    /// 504.
    pub(crate) fn timed_out() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timed-out",
            "It took too long",
            "The answer took too long. Narrow the time range or the filters, or try again.",
        )
    }

    /// 501 where nobody erases.
    pub(crate) fn erasures_off() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "erasures-not-set-up",
            "Erasures are not set up",
            "This service is not set up to erase. Its operator erases with `daybook erase`.",
        )
    }

    /// 504 where a request to erase is still being taken on.
    pub(crate) fn erasure_takes_long() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timed-out",
            "It took too long",
            "The request may stand all the same. Send it again with the same Idempotency-Key, or look \
             among the erasures.",
        )
    }

    /// Whatever the store says, in words for a client.
    pub(crate) fn from_store(error: &StoreError) -> Self {
        match error {
            StoreError::UnknownErasure(_) => Self::not_found("There is no erasure with this id."),
            StoreError::InvalidErasure(problem) => Self::invalid_request(&format!(
                "The erasure cannot be asked for: {problem}."
            )),
            StoreError::LegalHold(_) => Self::new(
                StatusCode::CONFLICT,
                "legal-hold",
                "A legal hold forbids it",
                "A legal hold keeps some of these events. Nothing was erased; it must be released first.",
            ),
            StoreError::Unavailable { .. } | StoreError::Contended { .. } => {
                Self::unavailable("The audit log cannot be read at the moment.")
            }
            StoreError::Timeout => Self::timed_out(),
            StoreError::TooMuch { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too-much",
                "The question is too large",
                "Answering this would read more than is allowed. Narrow the time range or the filters.",
            ),
            _ => Self::internal(),
        }
        .for_the_log(error)
    }

    fn unavailable(detail: &str) -> Self {
        Self {
            retry_after_seconds: Some(RETRY_AFTER_SECONDS),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available",
                detail,
            )
        }
    }

    fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong",
            "The request could not be answered. Its id is in the log.",
        )
    }

    fn for_the_log(mut self, error: &dyn Error) -> Self {
        self.log = Some(chain(error));
        self
    }

    /// What the log may read, and the client may not.
    pub(crate) fn log(&self) -> Option<&str> {
        self.log.as_deref()
    }

    /// Whether the answer says when to come again.
    pub(crate) fn has_retry_after(&self) -> bool {
        self.retry_after_seconds.is_some()
    }

    /// The body of the answer.
    pub(crate) fn document(&self, request_id: &RequestId) -> ProblemDocument<'_> {
        ProblemDocument {
            kind: format!("urn:daybook:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            request_id: request_id.as_str().to_owned(),
            errors: &self.errors,
        }
    }

    /// The whole answer, with the request's id.
    pub(crate) fn render(&self, request_id: &RequestId) -> Response {
        // A struct of strings and numbers always has a JSON text.
        let body = serde_json::to_vec(&self.document(request_id)).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"daybook\""),
            );
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

/// The members of RFC 9457, section 3.1, and two of our own.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemDocument<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    request_id: String,
    #[serde(skip_serializing_if = "<[FieldFault]>::is_empty")]
    errors: &'a [FieldFault],
}

/// The error and its sources, in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if line.len() > LOG_BYTES_MAX {
            break;
        }
        // Writing to a String cannot fail.
        let _ = write!(line, ": {cause}");
        source = cause.source();
    }
    line.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(LOG_BYTES_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clickhouse_said_is_for_the_log_only() {
        let problem = Problem::from_store(&StoreError::Refused {
            message: "Unknown column secret_column\nin db7".to_owned(),
            code: Some(47),
        });
        let request_id = RequestId::generate();
        let body = serde_json::to_string(&problem.document(&request_id)).unwrap();
        assert!(body.contains("500"), "{body}");
        assert!(!body.contains("secret_column"), "{body}");
        assert!(body.contains(request_id.as_str()));
        assert!(problem.log().unwrap().contains("secret_column in db7"));
    }

    #[test]
    fn an_empty_problem_has_no_errors_member() {
        let document = serde_json::to_value(
            Problem::not_found("No such event.").document(&RequestId::generate()),
        )
        .unwrap();
        assert_eq!(document["type"], "urn:daybook:problem:not-found");
        assert_eq!(document["status"], 404);
        assert!(document.get("errors").is_none());
    }
}
