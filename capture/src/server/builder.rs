//! Settings of the server's door: by environment variables, or in code.

use std::env;
use std::sync::Arc;

use http::request::Parts;
use serde_json::Value;

use super::ServerCapture;
use super::door::{Door, Hook, Settings};
use super::queue::Queue;
use crate::builder::{ConfigError, from_env, number};
use crate::capture::Capture;
use crate::taken_body::CopiedBytes;

/// How many calls wait at most, unless told otherwise.
const QUEUE_LENGTH: usize = 10_000;

/// The most of a request body that is taken unless told otherwise, in bytes.
const REQUEST_BODY_BYTES_MAX: usize = 256 * 1024;

/// The most memory that the copies of request bodies of calls under way may hold.
const COPIED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a shutdown waits for what is queued unless told otherwise, in milliseconds: well within
/// the 30 seconds that Amazon ECS and Kubernetes leave a container by default.
const SHUTDOWN_TIMEOUT_MS: u64 = 5_000;

/// The second door, configured by environment variables: those of [`from_env`], and
///
/// | variable | meaning | default |
/// |---|---|---|
/// | `DAYBOOK_QUEUE_LENGTH` | how many calls wait in memory at most (and 64 MiB) | `10000` |
/// | `DAYBOOK_REQUEST_BODY_BYTES_MAX` | the most of a request body that is taken | `262144` |
/// | `DAYBOOK_SHUTDOWN_TIMEOUT_MS` | how long `flush` and `shut_down` wait at most | `5000` |
/// | `DAYBOOK_TRUSTED_HOPS` | how many proxies in front append to `X-Forwarded-For` | [`ServerBuilder::trusted_hops`] |
/// | `DAYBOOK_DOMAIN_NAME` | the domain name that clients call | the `Host` header |
///
/// `DAYBOOK_FLUSH_TIMEOUT_MS` is here the longest that one batch may take; no call waits for it.
///
/// # Errors
/// As [`from_env`].
pub fn server_from_env() -> Result<ServerCapture, ConfigError> {
    ServerBuilder::from_env()?.build()
}

/// Settings of a [`ServerCapture`] beside those of its [`Capture`].
///
/// ```
/// use daybook_capture::{Capture, ServerCapture};
///
/// # fn main() -> Result<(), daybook_capture::ConfigError> {
/// let capture = Capture::builder()
///     .queue_url("https://sqs.eu-central-1.amazonaws.com/123456789012/audit")
///     .ignore_paths(["/healthz"])
///     .build()?;
/// let audit = ServerCapture::builder(capture)
///     .trusted_hops(1) // a load balancer
///     .domain_name("api.example.com")
///     // What a middleware around this layer has verified and left in the request.
///     .authorizer(|parts| parts.extensions.get::<serde_json::Value>().cloned())
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is captured before `build`"]
pub struct ServerBuilder {
    capture: Capture,
    queue_length: usize,
    trusted_hops: Option<u8>,
    domain_name: Option<String>,
    trusts_forwarded_host: bool,
    request_body_bytes_max: usize,
    shutdown_timeout_ms: u64,
    authorizer: Option<Hook<Value>>,
    route: Option<Hook<String>>,
}

impl ServerBuilder {
    pub(super) fn new(capture: Capture) -> Self {
        Self {
            capture,
            queue_length: QUEUE_LENGTH,
            trusted_hops: None,
            domain_name: None,
            trusts_forwarded_host: false,
            request_body_bytes_max: REQUEST_BODY_BYTES_MAX,
            shutdown_timeout_ms: SHUTDOWN_TIMEOUT_MS,
            authorizer: None,
            route: None,
        }
    }

    /// The settings that [`server_from_env`] reads, for more to be said in code.
    ///
    /// # Errors
    /// As [`from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::new(from_env()?).with_variables(|name| env::var(name).ok())
    }

    fn with_variables(
        mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let variable = |name| variable(name).filter(|value| !value.trim().is_empty());
        if let Some(value) = variable("DAYBOOK_QUEUE_LENGTH") {
            self.queue_length = number("DAYBOOK_QUEUE_LENGTH", &value)?;
        }
        if let Some(value) = variable("DAYBOOK_REQUEST_BODY_BYTES_MAX") {
            self.request_body_bytes_max = number("DAYBOOK_REQUEST_BODY_BYTES_MAX", &value)?;
        }
        if let Some(value) = variable("DAYBOOK_SHUTDOWN_TIMEOUT_MS") {
            self.shutdown_timeout_ms = number("DAYBOOK_SHUTDOWN_TIMEOUT_MS", &value)?;
        }
        if let Some(value) = variable("DAYBOOK_TRUSTED_HOPS") {
            self.trusted_hops = Some(number("DAYBOOK_TRUSTED_HOPS", &value)?);
        }
        if let Some(value) = variable("DAYBOOK_DOMAIN_NAME") {
            self.domain_name = Some(value.trim().to_owned());
        }
        Ok(self)
    }

    /// How many calls wait in memory at most; 10,000 by default, and 64 MiB in any case. What finds
    /// no place is dropped and counted.
    pub fn queue_length(mut self, queue_length: usize) -> Self {
        self.queue_length = queue_length;
        self
    }

    /// How many proxies in front append to `X-Forwarded-For`: 1 for a load balancer, 2 for API
    /// Gateway before a load balancer, 0 where clients connect directly.
    ///
    /// The client's address is that entry, counted from the right: what stands further left a client
    /// may have written itself. By default it is the peer of the connection where the server tells
    /// it (axum's `ConnectInfo<SocketAddr>`, or a `SocketAddr` in the request's extensions), else
    /// the last entry.
    pub fn trusted_hops(mut self, trusted_hops: u8) -> Self {
        self.trusted_hops = Some(trusted_hops);
        self
    }

    /// The domain name that clients call; the `Host` header by default. It decides whose document
    /// explains the call, and a client can send any `Host` that the proxies in front let pass.
    pub fn domain_name(mut self, domain_name: impl Into<String>) -> Self {
        self.domain_name = Some(domain_name.into());
        self
    }

    /// Takes the domain name from the last entry of `Forwarded` or `X-Forwarded-Host`: only where
    /// the nearest proxy always writes the header, for else a client may. API Gateway's HTTP APIs
    /// write `Forwarded`; a load balancer writes neither and lets both pass.
    pub fn trust_forwarded_host(mut self, trust: bool) -> Self {
        self.trusts_forwarded_host = trust;
        self
    }

    /// The most of a request body that is taken, in bytes; 256 KiB by default. A longer one is cut
    /// between members and marked with its size, and so is one for which the copies of all calls under way and in the
    /// queue, at most 64 MiB together, leave no room.
    pub fn request_body_bytes_max(mut self, request_body_bytes_max: usize) -> Self {
        self.request_body_bytes_max = request_body_bytes_max;
        self
    }

    /// How long [`ServerCapture::flush`] and [`ServerCapture::shut_down`] wait at most, in
    /// milliseconds; 5,000 by default.
    pub fn shutdown_timeout_ms(mut self, shutdown_timeout_ms: u64) -> Self {
        self.shutdown_timeout_ms = shutdown_timeout_ms;
        self
    }

    /// Who calls: the verified claims of the caller's token as a JSON object, out of what a
    /// middleware *around* this layer has left in the request's extensions. A middleware or handler
    /// *inside* it says them with
    /// [`audit(|a| a.caller_claims(…))`](crate::AuditContext::caller_claims), which counts more.
    ///
    /// Headers such as `x-amzn-oidc-data` or `x-amzn-oidc-identity` are trustworthy only where a
    /// load balancer that authenticates is the one way in, or where their signature was verified:
    /// nothing here reads them unless this hook does.
    pub fn authorizer(
        mut self,
        claims_of: impl Fn(&Parts) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        self.authorizer = Some(Box::new(claims_of));
        self
    }

    /// The route's template (`/v1/orders/{id}`, `/files/{path+}`), which begins with a slash, for frameworks other
    /// than axum.
    /// axum's own is known with the feature `axum`, where the layer is on its `Router`.
    pub fn route(
        mut self,
        route_of: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.route = Some(Box::new(route_of));
        self
    }

    /// The second door.
    ///
    /// # Errors
    /// Where the queue's length or the shutdown's timeout is zero.
    pub fn build(self) -> Result<ServerCapture, ConfigError> {
        let out_of_range = |name| Err(ConfigError::OutOfRange { name });
        // The most that a channel takes; no machine has the memory for as many.
        if self.queue_length == 0 || self.queue_length > tokio::sync::Semaphore::MAX_PERMITS {
            return out_of_range("queue_length");
        }
        if self.shutdown_timeout_ms == 0 {
            return out_of_range("shutdown_timeout_ms");
        }
        #[cfg(feature = "server")]
        if let Some(shared) = &self.capture.shared {
            shared.use_default_chain();
        }
        Ok(ServerCapture {
            door: self.capture.shared.map(|shared| {
                Arc::new(Door {
                    queue: Queue::new(shared, self.queue_length),
                    copies: Arc::new(CopiedBytes::new(COPIED_BYTES_MAX)),
                    settings: Settings {
                        trusted_hops: self.trusted_hops,
                        domain_name: self.domain_name,
                        trusts_forwarded_host: self.trusts_forwarded_host,
                        request_body_bytes_max: self.request_body_bytes_max,
                        shutdown_timeout_ms: self.shutdown_timeout_ms,
                        authorizer: self.authorizer,
                        route: self.route,
                    },
                })
            }),
        })
    }
}

impl std::fmt::Debug for ServerBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerBuilder")
            .field("capture", &self.capture)
            .field("queue_length", &self.queue_length)
            .field("trusted_hops", &self.trusted_hops)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_read() {
        let read = |variables: &'static [(&str, &str)]| {
            ServerBuilder::new(Capture::disabled()).with_variables(|name| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let builder = read(&[
            ("DAYBOOK_QUEUE_LENGTH", "7"),
            ("DAYBOOK_REQUEST_BODY_BYTES_MAX", "1000"),
            ("DAYBOOK_SHUTDOWN_TIMEOUT_MS", "250"),
            ("DAYBOOK_TRUSTED_HOPS", "0"),
            ("DAYBOOK_DOMAIN_NAME", " api.example.com "),
        ])
        .unwrap();
        assert_eq!(builder.queue_length, 7);
        assert_eq!(builder.request_body_bytes_max, 1000);
        assert_eq!(builder.shutdown_timeout_ms, 250);
        assert_eq!(builder.trusted_hops, Some(0));
        assert_eq!(builder.domain_name.as_deref(), Some("api.example.com"));
        for wrong in [
            &[("DAYBOOK_TRUSTED_HOPS", "-1")],
            &[("DAYBOOK_QUEUE_LENGTH", "many")],
        ] {
            assert!(matches!(read(wrong), Err(ConfigError::Number { .. })));
        }
        let none = ServerBuilder::new(Capture::disabled()).queue_length(0);
        assert!(matches!(none.build(), Err(ConfigError::OutOfRange { .. })));
    }
}
