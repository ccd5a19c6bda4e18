//! What every answer has, whichever room it comes from: a request id, security headers, a line in
//! the log, and a body where something is wrong.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};

use crate::error::Problem;
use crate::request_id::{REQUEST_ID_HEADER, RequestId};

/// Everything from this origin, nothing inline, nothing framed: the page needs no more.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Headers of every answer, unless its handler set them.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Gives the request an id, runs it, and finishes its answer.
///
/// The log line has the route's template: neither path, query, token nor body.
pub(crate) async fn finish(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = RequestId::of(request.headers());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    request.extensions_mut().insert(request_id.clone());

    let mut response = next.run(request).await;
    let mut fault = None;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let others = std::mem::take(response.headers_mut());
        response = problem.render(&request_id);
        // Which methods are allowed, and which origins may read it.
        for (name, value) in &others {
            if !response.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                response.headers_mut().append(name, value.clone());
            }
        }
        fault = problem.log().map(str::to_owned);
    }
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
        .headers_mut()
        .insert(REQUEST_ID_HEADER, request_id.to_header_value());
    log(
        &request_id,
        method.as_str(),
        &route,
        &response,
        started,
        fault.as_deref(),
    );
    response
}

/// The answer after a panic; its message is not repeated, for it may hold anything.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::panicked().into_response()
}

fn log(
    request_id: &RequestId,
    method: &str,
    route: &str,
    response: &Response,
    started: Instant,
    fault: Option<&str>,
) {
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let request_id = request_id.as_str();
    let fault = fault.unwrap_or_default();
    if response.status().is_server_error() {
        tracing::error!(
            request_id, method, route, status, elapsed_ms, fault, "answered"
        );
    } else {
        tracing::info!(
            request_id, method, route, status, elapsed_ms, fault, "answered"
        );
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn panics() -> &'static str {
        panic!("the password is hunter2")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_like_any_other() {
        let router: Router = Router::new()
            .route("/", get(panics))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(finish));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
    }
}
