//! How a request gets to AWS and its answer back: HTTP/1.1 with TLS by rustls and the system's certificates.

use std::error::Error;
use std::fmt::Debug;
use std::sync::OnceLock;
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

/// Lambda freezes an environment between invocations: a connection that is older than this may be
/// dead without anybody knowing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// As the AWS SDKs have it.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Why there is no answer.
pub type TransportError = Box<dyn Error + Send + Sync>;

/// An answer's body, which is read up to a limit only.
pub type AnswerBody = UnsyncBoxBody<Bytes, std::io::Error>;

/// Carries signed requests: [`HttpTransport`], a hyper client of a service's own, or a stub in a test.
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
/// Each is made with its first request, and the system's certificates are read for TLS only: a hundred and
/// fifty of them take their time.
#[derive(Debug, Default)]
pub struct HttpTransport {
    tls: OnceLock<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
    plain: OnceLock<Client<HttpConnector, Full<Bytes>>>,
}

impl HttpTransport {
    fn tls(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Full<Bytes>>, TransportError> {
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let mut tcp = tcp();
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("the system's certificates: {error}"))?
            .https_only()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(self.tls.get_or_init(|| client(connector)))
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
        async move { Transport::send(self.tls()?, request).await }.boxed()
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
