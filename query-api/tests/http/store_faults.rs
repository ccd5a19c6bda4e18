//! A store that is away, and one that never answers.

use std::time::{Duration, Instant};

use crate::support::{Answer, JWKS, get, good_token, post, reader_at, rules, test_router};
use axum::Router;
use daybook_query_api::{Api, KeySet, TokenVerifier, router};
use tokio::net::TcpListener;

const READ_TIMEOUT: Duration = Duration::from_millis(300);
const ID: &str = "019aaa70-3e8b-8de7-b66a-cb7b41d820d7";

async fn all_reads(router: &Router) -> [Answer; 5] {
    let token = good_token();
    [
        post(router, "/v1/logs", &token, "{}").await,
        get(router, &format!("/v1/logs/{ID}"), &token).await,
        get(router, "/v1/logs/export", &token).await,
        post(router, "/v1/logs/export", &token, "{}").await,
        get(router, "/readyz", "").await,
    ]
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_nothing_of_it_shows() {
    for answer in all_reads(&test_router()).await {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(!answer.header("retry-after").is_empty());
        let text = String::from_utf8(answer.body).unwrap().to_lowercase();
        for internal in ["127.0.0.1", "clickhouse", "connect", "refused"] {
            assert!(!text.contains(internal), "{text}");
        }
    }
}

#[tokio::test]
async fn a_store_that_never_answers_is_504_in_bounded_time() {
    let black_hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", black_hole.local_addr().unwrap());
    let verifier = TokenVerifier::with_keys(KeySet::from_jwks(JWKS).unwrap(), rules());
    let mut api = Api::new(reader_at(&url), verifier, [7; 32]);
    api.read_timeout = READ_TIMEOUT;
    let started = Instant::now();
    for answer in all_reads(&router(api)).await {
        assert_eq!(answer.status, 504, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    // Without the timeout there would be no answer at all; a busy machine may take its time.
    assert!(started.elapsed() < Duration::from_secs(15));
}
