//! What every answer has, and what a request that cannot be understood gets.

use std::sync::{Arc, Mutex};

use crate::support::{
    claims_with, get, good_token, post, reader_of_nothing, send, test_router, token, verifier,
};
use axum::body::Body;
use daybook_query_api::{Api, router};
use http::{HeaderValue, Method, Request, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const PROBLEM: &str = "application/problem+json";
const ALLOWED: &str = "access-control-allow-origin";

#[tokio::test]
async fn every_answer_has_a_request_id_and_security_headers() {
    let router = test_router();
    let token = good_token();
    for address in [
        "/",
        "/daybook.js",
        "/healthz",
        "/v1/logs/x",
        "/nowhere",
        "/v1/logs/export?a=b",
    ] {
        let answer = get(&router, address, &token).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{address}");
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{address}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{address}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'"), "{address}");
        assert!(policy.contains("frame-ancestors 'none'"), "{address}");
        assert!(!policy.contains("unsafe"), "{address}");
    }
}

#[tokio::test]
async fn the_api_is_never_cached_and_the_page_is_asked_for_again() {
    let router = test_router();
    for address in ["/healthz", "/readyz", "/v1/logs/x", "/nowhere"] {
        let answer = get(&router, address, &good_token()).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{address}");
    }
    assert_eq!(
        get(&router, "/", "").await.header("cache-control"),
        "no-cache"
    );
}

#[tokio::test]
async fn the_client_may_name_its_request() {
    let router = test_router();
    let request = Request::get("/nowhere")
        .header("x-request-id", "trace-4711")
        .body(Body::empty())
        .unwrap();
    let answer = send(&router, request).await;
    assert_eq!(answer.header("x-request-id"), "trace-4711");
    assert_eq!(answer.json()["request_id"], "trace-4711");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_meant_are_problems() {
    let router = test_router();
    for (method, address, status) in [
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/v1/logs/", 404),
        (Method::GET, "/v1//logs", 404),
        (Method::GET, "/../../etc/passwd", 404),
        (Method::GET, "/v1/logs", 405),
        (Method::PUT, "/v1/logs", 405),
        (Method::DELETE, "/v1/logs/x", 405),
        (Method::POST, "/", 405),
    ] {
        let request = Request::builder()
            .method(&method)
            .uri(address)
            .body(Body::empty())
            .unwrap();
        let answer = send(&router, request).await;
        assert_eq!(answer.status, status, "{method} {address}");
        assert_eq!(answer.header("content-type"), PROBLEM, "{method} {address}");
        assert_eq!(answer.json()["status"], status, "{method} {address}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_400_whatever_it_is() {
    let router = test_router();
    for id in [
        "x",
        "42",
        "%FF%FE",
        "%00",
        "..%2F..",
        "{019aaa70-3e8b-8de7-b66a-cb7b41d820d7}",
    ] {
        let answer = get(
            &router,
            &format!("/v1/logs/{}", id.replace(['{', '}'], "%7B")),
            &good_token(),
        )
        .await;
        assert_eq!(answer.status, 400, "{id}");
        assert_eq!(answer.json()["detail"], "An event's id is a UUID.", "{id}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_understood_is_400_and_says_why() {
    let router = test_router();
    for (body, words) in [
        (r#"{"limt": 5}"#.to_owned(), "did you mean"),
        (r#"{"limit": 0}"#.to_owned(), "from 1 to 1000"),
        (r#"{"limit": 1001}"#.to_owned(), "from 1 to 1000"),
        (r#"{"limit": "many"}"#.to_owned(), "whole number"),
        (r#"{"org_id": "other"}"#.to_owned(), "unknown field"),
        (
            r#"{"cursor": "abc"}"#.to_owned(),
            "not a cursor of this search",
        ),
        ("{".to_owned(), "not JSON"),
        ("[".repeat(60_000), "nests deeper"),
    ] {
        let answer = post(&router, "/v1/logs", &good_token(), body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.header("content-type"), PROBLEM);
        assert!(
            answer.json()["detail"].as_str().unwrap().contains(words),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_huge_body_is_413_and_nobody_waits_for_its_end() {
    let router = test_router();
    let huge = vec![b' '; 257 * 1024];
    for address in ["/v1/logs", "/v1/logs/export"] {
        let answer = post(&router, address, &good_token(), huge.clone()).await;
        assert_eq!(answer.status, 413, "{address}");
    }
    let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let answer = post(
        &router,
        "/v1/logs",
        &good_token(),
        Body::from_stream(endless),
    )
    .await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_is_not_read_before_its_sender_is_known() {
    let endless = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let answer = post(&test_router(), "/v1/logs", "x", Body::from_stream(endless)).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn an_export_by_query_and_by_body_reads_the_same_filter() {
    let router = test_router();
    let token = good_token();
    let by_query = get(&router, "/v1/logs/export?service_nme=x", &token).await;
    let by_body = post(&router, "/v1/logs/export", &token, r#"{"service_nme":"x"}"#).await;
    for answer in [by_query, by_body] {
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/service_nme");
    }
    let paged = post(&router, "/v1/logs/export", &token, r#"{"limit":5}"#).await;
    assert_eq!(paged.json()["errors"][0]["pointer"], "/limit");
}

#[tokio::test]
async fn the_page_and_its_files_come_from_here_and_need_no_token() {
    let router = test_router();
    for (address, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/?token=abc", "text/html; charset=utf-8"),
        ("/daybook.css", "text/css; charset=utf-8"),
        ("/daybook.js", "text/javascript; charset=utf-8"),
        ("/daybook.svg", "image/svg+xml"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs.css", "text/css; charset=utf-8"),
        ("/docs.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = send(&router, Request::get(address).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(answer.header(header::CONTENT_TYPE.as_str()), media_type);
        assert!(answer.body.len() > 100, "{address}");
        let text = String::from_utf8(answer.body).unwrap();
        let is_local = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !is_local.contains("http://") && !is_local.contains("https://"),
            "{address}"
        );
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            " style=",
        ] {
            assert!(!text.contains(forbidden), "{address} has {forbidden}");
        }
    }
}

#[tokio::test]
async fn no_header_names_a_tenant() {
    let router = test_router();
    let tenantless = token(&claims_with(&json!({"org_id": null})));
    for name in ["x-org-id", "X-Org-Id", "x-epilot-org-id", "x-tenant-id"] {
        let request = Request::get("/v1/logs/x")
            .header(header::AUTHORIZATION, format!("Bearer {tenantless}"))
            .header(name, "acme")
            .header(name, "acme")
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&router, request).await.status, 401, "{name}");
    }
}

#[tokio::test]
async fn healthz_needs_neither_token_nor_store() {
    let request = Request::get("/healthz").body(Body::empty()).unwrap();
    let answer = send(&test_router(), request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    tokio::time::pause();
    let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let answer = post(
        &test_router(),
        "/v1/logs",
        &good_token(),
        Body::from_stream(never),
    )
    .await;
    assert_eq!(answer.status, 408);
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_accepts_it() {
    let router = test_router();
    for (address, accepted, encoding) in [
        ("/openapi.json", "gzip", "gzip"),
        ("/daybook.js", "br, gzip;q=0.5", "gzip"),
        ("/openapi.json", "identity", ""),
        ("/openapi.json", "gzip;q=0", ""),
        ("/healthz", "gzip", ""),
    ] {
        let request = Request::get(address)
            .header(header::ACCEPT_ENCODING, accepted)
            .body(Body::empty())
            .unwrap();
        let answer = send(&router, request).await;
        assert_eq!(
            answer.header("content-encoding"),
            encoding,
            "{address} {accepted}"
        );
        let is_gzip = answer.body.starts_with(&[0x1f, 0x8b]);
        assert_eq!(is_gzip, encoding == "gzip", "{address} {accepted}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_where_that_is_configured() {
    let preflight = |origin: &str| {
        Request::options("/v1/logs")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
            .body(Body::empty())
            .unwrap()
    };
    let ask = |origin: &str| {
        Request::get("/v1/logs/x")
            .header(header::ORIGIN, origin)
            .header(header::AUTHORIZATION, format!("Bearer {}", good_token()))
            .body(Body::empty())
            .unwrap()
    };
    let ours = "https://app.example.com";

    let closed = test_router();
    assert_eq!(send(&closed, preflight(ours)).await.status, 405);
    assert_eq!(send(&closed, ask(ours)).await.header(ALLOWED), "");

    let mut api = Api::new(reader_of_nothing(), verifier(), [7; 32]);
    api.cors_origins = vec![HeaderValue::from_static("https://app.example.com")];
    let open = router(api);
    let answer = send(&open, preflight(ours)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header(ALLOWED), ours);
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization,content-type,idempotency-key,x-request-id"
    );
    // Problems can be read, too.
    let answer = send(&open, ask(ours)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header(ALLOWED)),
        (400, ours)
    );
    for other in [
        "https://app.example.com.evil.example",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "null",
    ] {
        assert_eq!(send(&open, ask(other)).await.header(ALLOWED), "", "{other}");
        assert_eq!(
            send(&open, preflight(other)).await.header(ALLOWED),
            "",
            "{other}"
        );
    }
}

#[tokio::test]
async fn a_range_that_is_too_long_is_refused_where_there_is_a_bound() {
    let mut api = Api::new(reader_of_nothing(), verifier(), [7; 32]);
    api.range_days_max = Some(31);
    let router = router(api);
    // Of a range without an end the API reckons the length a moment later than who asks.
    let ago = |hours| {
        let from = Timestamp::now() - SignedDuration::from_hours(hours);
        json!({"timestamp": {"from": from.to_string()}})
    };
    for (body, is_accepted) in [
        (json!({}), false),
        (ago(31 * 24), true),
        (ago(31 * 24 + 3), false),
        // A month of local time, in which the clocks are put back.
        (
            json!({"timestamp": {"from": "2026-10-01T00:00:00+02:00", "to": "2026-11-01T00:00:00+01:00"}}),
            true,
        ),
        (json!({"timestamp": {"to": "2026-01-31T00:00:00Z"}}), false),
        (
            json!({"timestamp": {"from": "2020-01-01T00:00:00Z"}}),
            false,
        ),
        (
            json!({"timestamp": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-02T00:00:00Z"}}),
            false,
        ),
        (
            json!({"timestamp": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}}),
            true,
        ),
        (
            json!({"ingested": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}),
            true,
        ),
        (json!({"timestamp": {"from": "2299-01-01T00:00:00Z"}}), true),
    ] {
        for address in ["/v1/logs", "/v1/logs/export"] {
            let answer = post(&router, address, &good_token(), body.to_string()).await;
            // There is no store: what is accepted ends there.
            let expected = if is_accepted { 503 } else { 400 };
            assert_eq!(answer.status, expected, "{address} {body}");
        }
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_requests_and_nobody() {
    let log = Log::default();
    let writer = log.clone();
    // For all tests of this process: events of others are told apart by their requests' ids.
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let router = test_router();
    let tenantless = token(&claims_with(
        &json!({"org_id": null, "email": "jane@example.com"}),
    ));
    let body = r#"{"user": {"email": "jane@example.com"}, "q": "Ottokar", "ip": "203.0.113.7"}"#;
    let mut refused = String::new();
    for (id, method, address, token, status) in [
        ("log-test-1", Method::POST, "/v1/logs", good_token(), 503),
        (
            "log-test-2",
            Method::GET,
            "/v1/logs/export?user.email=jane@example.com",
            good_token(),
            503,
        ),
        (
            "log-test-3",
            Method::GET,
            "/v1/logs/jane@example.com?token=s3cret",
            tenantless,
            401,
        ),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header("x-request-id", id)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body))
            .unwrap();
        let answer = send(&router, request).await;
        assert_eq!(answer.status, status, "{address}");
        refused = String::from_utf8(answer.body).unwrap();
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("log-test-"))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[2].contains("no tenant claim"), "{lines:?}");
    assert!(lines[2].contains("/v1/logs/{id}"), "{lines:?}");
    for personal in [
        "jane",
        "Ottokar",
        "203.0.113.7",
        "s3cret",
        "acme",
        "eyJ",
        "u1",
    ] {
        assert!(
            lines.iter().all(|line| !line.contains(personal)),
            "{personal}: {lines:?}"
        );
    }
    assert!(!refused.contains("claim"), "{refused}");
}

#[tokio::test]
async fn head_is_no_method_of_the_log() {
    let router = test_router();
    for (address, allowed) in [
        ("/v1/logs", "POST"),
        ("/v1/logs/x", "GET"),
        ("/v1/logs/facets", "GET"),
        ("/v1/logs/histogram", "GET"),
        ("/v1/logs/export", "GET,POST"),
        ("/v1/entities/a/b/history", "GET"),
        ("/v1/erasures", "GET,POST"),
        ("/v1/erasures/x", "GET"),
    ] {
        let mut request = Request::head(address).body(Body::empty()).unwrap();
        let authorization = HeaderValue::from_str(&format!("Bearer {}", good_token()));
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, authorization.unwrap());
        let answer = send(&router, request).await;
        assert_eq!(answer.status, 405, "{address}");
        let mut methods: Vec<_> = answer.header("allow").split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allowed, "{address}");
    }
    let request = Request::head("/healthz").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.status, 200);
}
