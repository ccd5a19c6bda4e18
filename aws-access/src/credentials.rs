//! Credentials as a function and a container are given them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use serde::Deserialize;
use tokio::time::timeout;

use crate::request::with_sources;
use crate::transport::Transport;

/// The longest that a container's endpoint may take: it answers in milliseconds, or not at all.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long credentials are taken to be valid whose end nobody can read: the shortest life that AWS
/// gives any.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const LIFE_UNREADABLE: Duration = Duration::from_mins(15);

const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where Amazon ECS answers a relative address.
const ECS_ORIGIN: &str = "http://169.254.170.2";

/// Who is asked without TLS: this machine itself, Amazon ECS, and EKS Pod Identity by IPv4 and by IPv6.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
const PLAIN_HOSTS: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::23]",
];

/// What an environment variable is, by its name.
type Variables = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Those of environment variables, else those of a container's endpoint.
pub(crate) struct GivenCredentials {
    transport: Arc<dyn Transport>,
    variable: Variables,
}

impl GivenCredentials {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self::with_variables(transport, |name| std::env::var(name).ok())
    }

    pub(crate) fn with_variables(
        transport: Arc<dyn Transport>,
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            transport,
            variable: Box::new(variable),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        if let (Some(id), Some(secret)) = (
            self.variable("AWS_ACCESS_KEY_ID"),
            self.variable("AWS_SECRET_ACCESS_KEY"),
        ) {
            let token = self.variable("AWS_SESSION_TOKEN");
            return Ok(Credentials::new(id, secret, token, None, "Environment"));
        }
        let relative = self.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let url = match relative {
            Some(path) => Some(format!("{ECS_ORIGIN}{path}")),
            None => self.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        };
        match url {
            Some(url) => timeout(ANSWER_TIMEOUT, self.ask_container(&url))
                .await
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(ANSWER_TIMEOUT))),
            None if self.variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() => {
                Err(CredentialsError::not_loaded(
                    "web identity is for servers: it needs the feature `server` of the capture layer",
                ))
            }
            None => Err(CredentialsError::not_loaded(
                "neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor AWS_CONTAINER_CREDENTIALS_FULL_URI \
                 or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set",
            )),
        }
    }

    async fn ask_container(&self, url: &str) -> Result<Credentials, CredentialsError> {
        let uri: Uri = url.parse().map_err(|_| {
            CredentialsError::invalid_configuration("the container's address is none")
        })?;
        let is_safe = uri.scheme_str() == Some("https")
            || uri.host().is_some_and(|host| PLAIN_HOSTS.contains(&host));
        if !is_safe {
            return Err(CredentialsError::invalid_configuration(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor a container's own address",
            ));
        }
        let mut request = Request::get(uri)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Full::<Bytes>::default())
            .map_err(CredentialsError::invalid_configuration)?;
        if let Some(token) = self.container_token()? {
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        let answer = self
            .transport
            .send(request)
            .await
            .map_err(|error| CredentialsError::provider_error(with_sources(error.as_ref())))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(CredentialsError::provider_error(format!(
                "the container's endpoint answered {status}"
            )));
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| CredentialsError::provider_error(with_sources(error.as_ref())))?
            .to_bytes();
        // Not the parser's own words: they could repeat what is secret.
        let given: Given = serde_json::from_slice(&body).map_err(|_| {
            CredentialsError::provider_error("the container's endpoint answered something else")
        })?;
        let expiry = given.expiration.map(|text| {
            let time = DateTime::from_str(&text, Format::DateTime).ok();
            time.and_then(|time| SystemTime::try_from(time).ok())
                .unwrap_or_else(|| SystemTime::now() + LIFE_UNREADABLE)
        });
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            given.token,
            expiry,
            "Container",
        ))
    }

    /// The file is read each time, because its content changes.
    fn container_token(&self) -> Result<Option<HeaderValue>, CredentialsError> {
        let token = match self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                CredentialsError::provider_error(format!(
                    "the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {error}"
                ))
            })?),
            None => self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        };
        let Some(token) = token else { return Ok(None) };
        let mut value = HeaderValue::from_str(token.trim()).map_err(|_| {
            CredentialsError::invalid_configuration("the container's token is no header's value")
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl fmt::Debug for GivenCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GivenCredentials")
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for GivenCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
