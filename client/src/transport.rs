//! Requests and answers over HTTP/1.1, with TLS by the system's certificates.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;

use crate::error::{ClientError, Problem};

/// How long an answer may take unless it is said: longer than the API does by itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(35);
/// How often a request that came too soon, or at a bad time, is made again.
const RETRIES_MAX: u32 = 3;
/// Longer than this, nobody is kept waiting.
const RETRY_AFTER_SECONDS_MAX: u64 = 30;
/// What the API holds of events for one page is 64 MiB as they are stored; as JSON they are longer.
const ANSWER_BYTES_MAX: usize = 256 << 20;
/// An event comes from a message of at most 8 MiB.
const LINE_BYTES_MAX: usize = 64 << 20;

/// A pool of connections.
#[derive(Clone)]
pub(crate) struct Transport {
    connections: Connections,
    /// How long an answer's head may take, and then its body, of an export the next piece.
    pub(crate) answer_timeout: Duration,
    /// How long an answer that is no export may be.
    pub(crate) answer_bytes_max: usize,
    /// How long a line of an export may be.
    pub(crate) line_bytes_max: usize,
}

#[derive(Clone)]
enum Connections {
    /// A machine without certificates has these all the same.
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Connections {
    fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(connections) => connections.request(request),
            Self::Tls(connections) => connections.request(request),
        }
    }
}

impl Transport {
    pub(crate) fn new(is_tls: bool) -> Result<Self, ClientError> {
        let client = Client::builder(TokioExecutor::new());
        let connections = if is_tls {
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
                .map_err(|error| ClientError::Unreachable(Box::new(error)))?
                .https_only()
                .enable_http1()
                .build();
            Connections::Tls(client.build(connector))
        } else {
            Connections::Plain(client.build_http())
        };
        Ok(Self {
            connections,
            answer_timeout: ANSWER_TIMEOUT,
            answer_bytes_max: ANSWER_BYTES_MAX,
            line_bytes_max: LINE_BYTES_MAX,
        })
    }

    /// Sends until there is an answer other than "later", at most a few times. Every request of this
    /// client reads, or has an idempotency key: it may be made again.
    pub(crate) async fn answer_of(
        &self,
        request: &Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        let mut attempt = 0;
        loop {
            let sent = self.connections.request(request.clone());
            let answer = tokio::time::timeout(self.answer_timeout, sent)
                .await
                .map_err(|error| ClientError::Unreachable(Box::new(error)))?
                .map_err(|error| ClientError::Unreachable(Box::new(error)))?;
            if answer.status().is_success() {
                return Ok(answer);
            }
            let later = matches!(
                answer.status(),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
            let wait_seconds = answer
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok())
                .filter(|seconds| *seconds <= RETRY_AFTER_SECONDS_MAX);
            match wait_seconds {
                Some(seconds) if later && attempt < RETRIES_MAX => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return Err(self.problem_of(answer).await),
            }
        }
    }

    /// The whole answer.
    pub(crate) async fn json_of<T: DeserializeOwned>(
        &self,
        answer: Response<Incoming>,
    ) -> Result<T, ClientError> {
        let status = answer.status().as_u16();
        let body = self.bytes_of(answer).await?;
        serde_json::from_slice(&body).map_err(|source| ClientError::Unreadable { status, source })
    }

    async fn problem_of(&self, answer: Response<Incoming>) -> ClientError {
        match self.json_of::<Problem>(answer).await {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(error) => error,
        }
    }

    async fn bytes_of(&self, answer: Response<Incoming>) -> Result<Bytes, ClientError> {
        let body = Limited::new(answer.into_body(), self.answer_bytes_max);
        let read = tokio::time::timeout(self.answer_timeout, body.collect());
        let body = read
            .await
            .map_err(|error| ClientError::Unreachable(Box::new(error)))?
            .map_err(|error| match error.downcast::<LengthLimitError>() {
                Ok(_) => ClientError::TooLong {
                    bytes_max: self.answer_bytes_max,
                },
                Err(error) => ClientError::Unreachable(error),
            })?;
        Ok(body.to_bytes())
    }
}
