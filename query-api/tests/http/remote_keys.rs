//! Keys behind a URL: fetched once, again when they rotate, and not as often as strangers want.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{self, JWKS, claims, ed_key, forged, good_token, reader_of_nothing, rules};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use daybook_query_api::{Api, RemoteKeys, TokenVerifier, router};
use http::StatusCode;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

const DOOR: &str = "/v1/logs/not-an-id";

/// What the server with the key set does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Good,
    HasRotated,
    IsDown,
    Redirects,
    SaysNonsense,
    HasNoKeys,
    NeverEnds,
    NeverAnswers,
    AnswersLater,
}

/// A server with a key set.
#[derive(Clone, Default)]
struct Issuer {
    fetches: Arc<AtomicUsize>,
    mood: Arc<Mutex<Mood>>,
    /// Told when it is later.
    is_later: Arc<Notify>,
}

impl Issuer {
    async fn start(&self) -> Router {
        let (issuer, other) = (self.clone(), Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let server = Router::new()
            .route("/jwks.json", get(async move || issuer.answer().await))
            // Where a redirect would lead: the same keys.
            .route("/moved.json", get(async move || other.answer().await));
        tokio::spawn(async move { axum::serve(listener, server).await });
        let verifier = TokenVerifier::with_remote_keys(RemoteKeys::new(&url).unwrap(), rules());
        router(Api::new(reader_of_nothing(), verifier, [7; 32]))
    }

    async fn answer(&self) -> Response {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Good => JWKS.to_vec().into_response(),
            Mood::HasRotated => rotated().into_response(),
            Mood::IsDown => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Mood::Redirects => Redirect::temporary("/moved.json").into_response(),
            Mood::SaysNonsense => "<html>Sign in</html>".into_response(),
            Mood::HasNoKeys => r#"{"keys":[]}"#.into_response(),
            Mood::NeverEnds => {
                let spaces = || Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]);
                Body::from_stream(futures::stream::repeat_with(spaces)).into_response()
            }
            Mood::NeverAnswers => std::future::pending().await,
            Mood::AnswersLater => {
                self.is_later.notified().await;
                JWKS.to_vec().into_response()
            }
        }
    }

    fn is_now(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// The same keys under other names.
fn rotated() -> String {
    let mut document: Value = serde_json::from_slice(JWKS).unwrap();
    for key in document["keys"].as_array_mut().unwrap() {
        let renamed = format!("new-{}", key["kid"].as_str().unwrap());
        key["kid"] = json!(renamed);
    }
    document.to_string()
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
    issuer.is_now(Mood::HasRotated);
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
    issuer.is_now(Mood::IsDown);
    wait(Duration::from_mins(11)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    assert_eq!(issuer.fetches(), 2);
    wait(Duration::from_hours(25)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 503);
    // Then it is as without keys: soon tried again.
    issuer.is_now(Mood::Good);
    wait(Duration::from_secs(6)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    assert_eq!(issuer.fetches(), 4);
}

#[tokio::test]
async fn without_keys_it_is_503_and_soon_tried_again() {
    let issuer = Issuer::default();
    issuer.is_now(Mood::IsDown);
    let router = issuer.start().await;
    let answer = support::get(&router, DOOR, &good_token()).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 503);
    assert_eq!(issuer.fetches(), 1);
    issuer.is_now(Mood::Good);
    wait(Duration::from_secs(6)).await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
}

#[tokio::test]
async fn whatever_comes_instead_of_keys_the_old_ones_stay() {
    for mood in [
        Mood::IsDown,
        Mood::Redirects,
        Mood::SaysNonsense,
        Mood::HasNoKeys,
        Mood::NeverEnds,
    ] {
        let issuer = Issuer::default();
        let router = issuer.start().await;
        assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
        issuer.is_now(mood);
        wait(Duration::from_mins(11)).await;
        assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
        assert_eq!(issuer.fetches(), 2);
        // And without old ones, nothing of the issuer's answer is taken or repeated.
        let router = issuer.start().await;
        let answer = support::get(&router, DOOR, &good_token()).await;
        assert_eq!(answer.status, 503);
        assert!(
            !String::from_utf8(answer.body)
                .unwrap()
                .contains("127.0.0.1")
        );
    }
}

#[tokio::test]
async fn an_issuer_that_never_answers_is_given_up() {
    let issuer = Issuer::default();
    issuer.is_now(Mood::NeverAnswers);
    let router = issuer.start().await;
    // Without the bound on a fetch there would be no answer at all.
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 503);
}

#[tokio::test]
async fn who_goes_away_while_keys_are_fetched_keeps_nobody_out() {
    let issuer = Issuer::default();
    issuer.is_now(Mood::AnswersLater);
    let router = issuer.start().await;
    let is_fetching = async {
        while issuer.fetches() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = support::get(&router, "/readyz", "") => panic!("there are no keys yet"),
        () = is_fetching => {}
    }
    issuer.is_later.notify_one();
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn an_issuer_that_hangs_keeps_nobody_waiting_whose_key_is_known() {
    let issuer = Issuer::default();
    let router = issuer.start().await;
    assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    issuer.is_now(Mood::NeverAnswers);
    wait(Duration::from_mins(11)).await;
    let begin = Instant::now();
    for _ in 0..5 {
        assert_eq!(support::get(&router, DOOR, &good_token()).await.status, 400);
    }
    // A fetch that hangs is given up after five.
    assert!(begin.elapsed() < Duration::from_secs(4));
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn readyz_tells_that_there_are_no_keys() {
    let issuer = Issuer::default();
    issuer.is_now(Mood::IsDown);
    let router = issuer.start().await;
    let answer = support::get(&router, "/readyz", "").await;
    assert_eq!(answer.status, 503);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("keys"), "{detail}");
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for good in [
        "https://id.example.com/jwks.json",
        "http://127.0.0.1:8080/jwks.json",
        "http://[::1]:8080/jwks.json",
        "http://localhost/jwks.json",
    ] {
        assert!(RemoteKeys::new(good).is_ok(), "{good}");
    }
    for bad in [
        "http://id.example.com/jwks.json",
        "http://localhost.evil.example/jwks.json",
        "http://127.0.0.1.evil.example/jwks.json",
        "http://127.0.0.1@evil.example/jwks.json",
        "http://10.0.0.1/jwks.json",
        "file:///etc/passwd",
        "ftp://127.0.0.1/jwks.json",
        "/jwks.json",
        "",
    ] {
        assert!(RemoteKeys::new(bad).is_err(), "{bad}");
    }
}
