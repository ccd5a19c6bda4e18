//! How a request gets to AWS and its answer back: HTTP/1.1 with TLS by rustls and the system's certificates.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;

/// Lambda freezes an environment between invocations: a connection that is older than this may be
/// dead without anybody knowing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// As the AWS SDKs have it.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// How long certificates that could not be read are not read again: a retry would find what the first
/// attempt found.
const TLS_FAILURE_KEPT: Duration = Duration::from_mins(1);

/// TLS is not to be had on this machine. Asking again helps nobody before somebody has mended that.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "no certificates of the system's can be used ({0}); the package ca-certificates has them, \
     SSL_CERT_FILE names a file of others"
)]
pub(crate) struct NoCertificates(String);

/// Why there is no answer.
pub type TransportError = Box<dyn Error + Send + Sync>;

/// An answer's body, which is read up to a limit only.
pub type AnswerBody = UnsyncBoxBody<Bytes, std::io::Error>;

/// Carries signed requests: the usual client, a hyper client of a service's own, or a stub in a test.
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends the request; the answer is there with its head.
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>>;
}

impl<C> Transport for Client<C, Full<Bytes>>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        let answer = self.request(request);
        async move {
            Ok(answer
                .await?
                .map(|body| body.map_err(std::io::Error::other).boxed_unsync()))
        }
        .boxed()
    }
}

/// The usual way: a client for TLS, and one for plain HTTP to endpoints on this machine.
///
/// Each is made with its first request. The system's certificates are read for TLS only, and not by the
/// thread that sends: a hundred and fifty of them take their time.
#[derive(Debug, Default)]
pub(crate) struct HttpTransport {
    tls: Arc<Tls>,
    plain: OnceLock<Client<HttpConnector, Full<Bytes>>>,
}

type TlsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

#[derive(Debug, Default)]
struct Tls {
    client: OnceLock<TlsClient>,
    /// When it could not be made the last time, and why. Locked while it is made.
    failure: Mutex<Option<(Instant, NoCertificates)>>,
}

impl Tls {
    async fn client(self: &Arc<Self>) -> Result<TlsClient, TransportError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let tls = self.clone();
        // It is made to its end even where nobody waits for it any more.
        Ok(tokio::task::spawn_blocking(move || tls.make()).await??)
    }

    fn make(&self) -> Result<TlsClient, NoCertificates> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        if let Some((failed_at, reason)) = &*failure
            && failed_at.elapsed() < TLS_FAILURE_KEPT
        {
            return Err(reason.clone());
        }
        let mut tcp = tcp();
        tcp.enforce_http(false);
        match HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        {
            Ok(builder) => {
                let connector = builder.https_only().enable_http1().wrap_connector(tcp);
                Ok(self.client.get_or_init(|| client(connector)).clone())
            }
            Err(error) => {
                let reason = NoCertificates(error.to_string());
                *failure = Some((Instant::now(), reason.clone()));
                Err(reason)
            }
        }
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        if request.uri().scheme_str() == Some("http") {
            let plain = self.plain.get_or_init(|| client(tcp()));
            return Transport::send(plain, request);
        }
        async move { Transport::send(&self.tls.client().await?, request).await }.boxed()
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build(connector)
}
