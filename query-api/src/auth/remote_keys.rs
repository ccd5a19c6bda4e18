//! A key set behind a URL: fetched when it is needed, kept, and fetched again when keys rotate.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::Algorithm;
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

use crate::auth::jwks::{InvalidKeySet, KEY_SET_BYTES_MAX, KeySet};

/// How long one fetch may take, from the name's resolution to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How old keys may be before they are fetched again.
const FRESH: Duration = Duration::from_mins(10);
/// How old keys may be when they cannot be fetched.
const STALE_MAX: Duration = Duration::from_hours(24);
/// How long to wait between two fetches, however many unknown key ids come in.
const PAUSE: Duration = Duration::from_mins(1);
/// How long to wait where there are no keys that may be used and nobody can be let in.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// How long a request waits for keys to be refreshed where the old ones would do. None at all would
/// be too short: Lambda stops what goes on behind an answer.
const REFRESH_WAIT: Duration = Duration::from_secs(1);

/// The keys behind an https URL (or http, on this machine only).
#[derive(Debug)]
pub struct RemoteKeys(Arc<Shared>);

/// What requests and fetches share.
#[derive(Debug)]
struct Shared {
    url: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    cached: RwLock<Cached>,
    /// Held while fetching, so that only one does.
    fetching: Mutex<()>,
}

#[derive(Debug, Default, Clone)]
struct Cached {
    keys: Option<Arc<KeySet>>,
    fetched_at: Option<Instant>,
    attempted_at: Option<Instant>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteKeysError {
    /// The URL cannot be used.
    #[error("the key set's URL must be https, or http on this machine")]
    InvalidUrl,
    /// The system's certificates cannot be read.
    #[error("the system's certificates cannot be read")]
    Certificates(#[source] std::io::Error),
    /// Nobody answers, or not in time, or not with 200.
    #[error("the key set cannot be fetched: {0}")]
    Fetch(String),
    /// What came is no key set.
    #[error("what was fetched cannot be used")]
    Invalid(#[from] InvalidKeySet),
    /// It was tried a moment ago.
    #[error("the key set could not be fetched a moment ago")]
    TriedBefore,
}

impl RemoteKeys {
    /// Keys that are fetched when the first token comes.
    ///
    /// # Errors
    /// Where the URL cannot be used, or the system has no certificates.
    pub fn new(url: &str) -> Result<Self, RemoteKeysError> {
        let url: Uri = url.parse().map_err(|_| RemoteKeysError::InvalidUrl)?;
        let is_loopback = matches!(url.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        match url.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback => {}
            _ => return Err(RemoteKeysError::InvalidUrl),
        }
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(RemoteKeysError::Certificates)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Arc::new(Shared {
            url,
            client: Client::builder(TokioExecutor::new()).build(connector),
            cached: RwLock::default(),
            fetching: Mutex::default(),
        })))
    }

    /// The keys to verify a token with: fetched anew where they are old, or do not have the one
    /// that the token's header asks for, and the last fetch is a while ago.
    ///
    /// # Errors
    /// Where there are no keys at all.
    pub(crate) async fn for_token(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<Arc<KeySet>, RemoteKeysError> {
        let cached = self.0.cached.read().await.clone();
        let may_fetch = cached.may_fetch();
        let found = cached
            .usable()
            .filter(|keys| keys.find(algorithm, id).next().is_some());
        match found {
            Some(keys) if cached.is_fresh() || !may_fetch => Ok(keys.clone()),
            Some(keys) => {
                let refreshed = tokio::time::timeout(REFRESH_WAIT, self.refreshed()).await;
                Ok(refreshed.ok().and_then(Result::ok).unwrap_or(keys.clone()))
            }
            None => self.refreshed().await,
        }
    }

    /// Whether there are keys.
    ///
    /// # Errors
    /// Where there are none, and none can be fetched.
    pub(crate) async fn check(&self) -> Result<(), RemoteKeysError> {
        if self.0.cached.read().await.usable().is_some() {
            return Ok(());
        }
        self.refreshed().await.map(|_| ())
    }

    /// The keys as they are after a fetch, where one may be. A fetch once begun comes to its end
    /// whoever goes away meanwhile: one that were given up would keep the next one waiting.
    async fn refreshed(&self) -> Result<Arc<KeySet>, RemoteKeysError> {
        let shared = self.0.clone();
        let refreshing = tokio::spawn(async move { shared.refreshed().await });
        refreshing
            .await
            .map_err(|error| RemoteKeysError::Fetch(error.to_string()))?
    }
}

impl Shared {
    async fn refreshed(&self) -> Result<Arc<KeySet>, RemoteKeysError> {
        let _only_one = self.fetching.lock().await;
        let cached = self.cached.read().await.clone();
        if cached.may_fetch() {
            self.cached.write().await.attempted_at = Some(Instant::now());
            match self.fetch().await {
                Ok(keys) => {
                    let keys = Arc::new(keys);
                    let mut cached = self.cached.write().await;
                    cached.keys = Some(keys.clone());
                    cached.fetched_at = Some(Instant::now());
                    return Ok(keys);
                }
                Err(error) if cached.usable().is_some() => {
                    tracing::warn!(%error, "the key set is not refreshed; the old one is used");
                }
                Err(error) => return Err(error),
            }
        }
        cached.usable().cloned().ok_or(RemoteKeysError::TriedBefore)
    }

    async fn fetch(&self) -> Result<KeySet, RemoteKeysError> {
        let failed = |what: &dyn std::fmt::Display| RemoteKeysError::Fetch(what.to_string());
        let request = Request::get(self.url.clone())
            .header(header::ACCEPT, "application/json")
            .body(Empty::new())
            .map_err(|error| failed(&error))?;
        let document = tokio::time::timeout(FETCH_TIMEOUT, async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| failed(&error))?;
            if response.status() != http::StatusCode::OK {
                return Err(failed(&response.status()));
            }
            let body = Limited::new(response.into_body(), KEY_SET_BYTES_MAX);
            body.collect().await.map_err(|error| failed(&error))
        })
        .await
        .map_err(|_| failed(&"it took too long"))??;
        Ok(KeySet::from_jwks(&document.to_bytes())?)
    }
}

impl Cached {
    fn is_fresh(&self) -> bool {
        self.fetched_at.is_some_and(|at| at.elapsed() < FRESH)
    }

    fn usable(&self) -> Option<&Arc<KeySet>> {
        let is_usable = self.fetched_at.is_some_and(|at| at.elapsed() < STALE_MAX);
        self.keys.as_ref().filter(|_| is_usable)
    }

    fn may_fetch(&self) -> bool {
        let pause = if self.usable().is_some() {
            PAUSE
        } else {
            PAUSE_WITHOUT_KEYS
        };
        self.attempted_at.is_none_or(|at| at.elapsed() >= pause)
    }
}
