//! The sink for local development: a POST to the intake of `daybook up`.

use std::net::IpAddr;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::sink::{Message, Sink, SinkError};

/// More than any answer that is worth reading.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Posts messages as newline-delimited JSON to `daybook up` on the same machine.
///
/// It speaks plain HTTP and so takes no address but this machine's own.
#[derive(Debug)]
pub struct IntakeSink {
    url: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// The address is none that [`IntakeSink`] takes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeUrlError {
    /// It cannot be read.
    #[error("the intake's address is no URL")]
    NotAUrl(#[source] http::uri::InvalidUri),
    /// It is another machine's, or not plain HTTP.
    #[error("the intake must be http:// on this machine (127.0.0.1, [::1] or localhost)")]
    NotLocal,
}

#[derive(Deserialize)]
struct IntakeAnswer {
    #[serde(default)]
    failed: Vec<FailedLine>,
}

#[derive(Deserialize)]
struct FailedLine {
    #[serde(default)]
    reason: String,
}

impl IntakeSink {
    /// A sink for the intake at `url`: `http://127.0.0.1:8080/intake`.
    ///
    /// # Errors
    /// Where the address is not plain HTTP on this machine.
    pub fn new(url: &str) -> Result<Self, IntakeUrlError> {
        let url: Uri = url.parse().map_err(IntakeUrlError::NotAUrl)?;
        let host = url.host().unwrap_or_default();
        let is_loopback = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if url.scheme_str() != Some("http") || !is_loopback {
            return Err(IntakeUrlError::NotLocal);
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            url,
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    async fn post(&self, messages: Vec<Message>) -> Result<(), SinkError> {
        let count = messages.len();
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| SinkError::new(count, source);
        let mut lines = String::new();
        for message in messages {
            lines.push_str(message.body());
            lines.push('\n');
        }
        let request = Request::post(self.url.clone())
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(Full::from(lines))
            .map_err(|error| failed(error.into()))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| failed(error.into()))?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed(format!("the intake answered {status}").into()));
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(failed)?
            .to_bytes();
        let answer: IntakeAnswer =
            serde_json::from_slice(&body).map_err(|error| failed(error.into()))?;
        match answer.failed.first() {
            None => Ok(()),
            Some(line) => Err(SinkError::new(
                answer.failed.len(),
                format!("the intake refuses the message: {:.200}", line.reason),
            )),
        }
    }
}

impl Sink for IntakeSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        self.post(messages).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_an_intake() {
        for url in [
            "http://127.0.0.1:8080/intake",
            "http://[::1]:8080/intake",
            "http://localhost:8080/intake",
        ] {
            assert!(IntakeSink::new(url).is_ok(), "{url}");
        }
        for url in [
            "https://127.0.0.1/intake",
            "http://example.com/intake",
            "http://127.0.0.1.example.com/intake",
            "127.0.0.1",
            "",
        ] {
            assert!(IntakeSink::new(url).is_err(), "{url}");
        }
    }
}
