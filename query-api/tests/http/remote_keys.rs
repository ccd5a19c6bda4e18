//! Keys behind a URL: fetched once, again when they rotate, and not as often as strangers want.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{self, JWKS, claims, ed_key, forged, good_token, reader_of_nothing, rules};
use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::get;
use daybook_query_api::{Api, RemoteKeys, TokenVerifier, router};
use http::StatusCode;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const DOOR: &str = "/v1/logs/not-an-id";

/// A server with a key set.
#[derive(Clone, Default)]
struct Issuer {
    fetches: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    has_rotated: Arc<AtomicBool>,
}

impl Issuer {
    async fn start(&self) -> Router {
        let issuer = self.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let server = Router::new().route("/jwks.json", get(async move || issuer.answer()));
        tokio::spawn(async move { axum::serve(listener, server).await });
        let verifier = TokenVerifier::with_remote_keys(RemoteKeys::new(&url).unwrap(), rules());
        router(Api::new(reader_of_nothing(), verifier, [7; 32]))
    }

    fn answer(&self) -> axum::response::Response {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if !self.has_rotated.load(Ordering::SeqCst) {
            return JWKS.to_vec().into_response();
        }
        let mut document: Value = serde_json::from_slice(JWKS).unwrap();
        for key in document["keys"].as_array_mut().unwrap() {
            let renamed = format!("new-{}", key["kid"].as_str().unwrap());
            key["kid"] = json!(renamed);
        }
        document.to_string().into_response()
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

fn token_with_key_id(id: &str) -> String {
    forged(
        &json!({"alg": "EdDSA", "kid": id}).to_string(),
        &claims().to_string(),
        Algorithm::EdDSA,
        &ed_key(),
    )
}

/// Lets time pass for the keys' cache, and for nothing that waits.
async fn wait(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let issuer = Issuer::default();
    let router = issuer.start().await;
    for _ in 0..5 {
        assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    }
    assert_eq!(issuer.fetches(), 1);
    wait(Duration::from_mins(11)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn strangers_cannot_make_it_fetch_more_than_once_a_minute() {
    let issuer = Issuer::default();
    let router = issuer.start().await;
    for number in 0..20 {
        let token = token_with_key_id(&format!("unknown-{number}"));
        assert_eq!(support::get(&router, DOOR, &token).await.status, 401);
    }
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(support::get(&router, DOOR, "garbage").await.status, 401);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_and_the_old_one_forgotten() {
    let issuer = Issuer::default();
    let router = issuer.start().await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    issuer.has_rotated.store(true, Ordering::SeqCst);
    wait(Duration::from_secs(61)).await;
    let new = token_with_key_id("new-ed");
    assert_eq!(support::get(&router, DOOR, &new).await.status, 400);
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 401);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn old_keys_do_while_the_issuer_is_down_but_not_for_ever() {
    let issuer = Issuer::default();
    let router = issuer.start().await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    issuer.is_down.store(true, Ordering::SeqCst);
    wait(Duration::from_mins(11)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    assert_eq!(issuer.fetches(), 2);
    wait(Duration::from_hours(25)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 503);
}

#[tokio::test]
async fn without_keys_it_is_503_and_soon_tried_again() {
    let issuer = Issuer::default();
    issuer.is_down.store(true, Ordering::SeqCst);
    let router = issuer.start().await;
    let answer = support::get(&router, DOOR, &good_token()).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 503);
    assert_eq!(issuer.fetches(), 1);
    issuer.is_down.store(false, Ordering::SeqCst);
    wait(Duration::from_secs(6)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
}
