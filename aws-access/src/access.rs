//! Who asks and where: settings that are found with the first request, and what is asked once more.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Either, Shared, select};
use http::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::cached_credentials::{CachedCredentials, Loading, is_same};
use crate::clock::{Clock, SigningTime};
use crate::credentials::GivenCredentials;
use crate::endpoint::EndpointVariant;
use crate::request::{AccessError, AwsAnswer, AwsRequest, Service};
use crate::settings::{self, ServiceEndpoints, Settings};
use crate::signature::signed;
use crate::transport::{AnswerBody, HttpTransport, NoCertificates, Transport};

/// The most that is read of what AWS says of an error.
const ERROR_BYTES_MAX: usize = 16 * 1024;

/// What AWS calls it when it does not know the credentials, or does not any more.
const REFUSALS_OF_CREDENTIALS: [&str; 8] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Access to AWS: region, credentials, and the way there. Clones share what is found.
///
/// Nothing is looked for and nothing is connected before the first request. A search that takes longer
/// than its first request may wait goes on with the next one.
#[derive(Clone)]
pub struct AwsAccess {
    /// Said in code, in place of what is found.
    endpoint: Option<String>,
    transport: Arc<dyn Transport>,
    shared: Arc<SharedAccess>,
}

#[derive(Default)]
struct SharedAccess {
    find: OnceLock<fn() -> BoxFuture<'static, Settings>>,
    finding: OnceLock<Shared<BoxFuture<'static, Settings>>>,
    found: OnceLock<Found>,
    clock: Clock,
}

struct Found {
    region: Option<String>,
    endpoints: ServiceEndpoints,
    variant: EndpointVariant,
    credentials: CachedCredentials,
}

impl AwsAccess {
    /// As a function's or a container's environment says: `AWS_REGION` or `AWS_DEFAULT_REGION`;
    /// `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL` where another server takes AWS's
    /// place; `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`; the credentials of
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else those of the endpoint that Amazon ECS and EKS
    /// Pod Identity name (`AWS_CONTAINER_CREDENTIALS_…`).
    pub fn from_environment() -> Self {
        Self {
            endpoint: None,
            transport: Arc::new(HttpTransport::default()),
            shared: Arc::default(),
        }
    }

    /// Region, endpoints and credentials as AWS clients find them: profiles, `credential_process`, web
    /// identity and instance metadata too. What needs a client of its own, single sign-on, does not.
    #[cfg(feature = "default-chain")]
    pub fn from_default_chain() -> Self {
        let access = Self::from_environment();
        access.use_default_chain();
        access
    }

    /// Turns [`AwsAccess::from_environment`], in which nothing has been sent yet, into
    /// [`AwsAccess::from_default_chain`], for all of its clones. Changes no other.
    #[cfg(feature = "default-chain")]
    pub fn use_default_chain(&self) {
        // Whoever was first has said it.
        let _ = self.shared.find.set(crate::default_chain::settings);
    }

    /// By these credentials, in this region. Of the environment, only `AWS_USE_FIPS_ENDPOINT` and
    /// `AWS_USE_DUALSTACK_ENDPOINT` count.
    pub fn new(region: impl Into<String>, credentials: impl ProvideCredentials + 'static) -> Self {
        let access = Self::from_environment();
        // Nobody else has it yet.
        let _ = access.shared.found.set(Found {
            region: Some(region.into()),
            endpoints: ServiceEndpoints::default(),
            variant: EndpointVariant::of_variables(|name| std::env::var(name).ok()),
            credentials: CachedCredentials::new(SharedCredentialsProvider::new(credentials)),
        });
        access
    }

    /// The same, at a server that takes the place of AWS: `http://127.0.0.1:4566`.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The same, by another way there.
    #[must_use]
    pub fn with_transport(mut self, transport: impl Transport) -> Self {
        self.transport = Arc::new(transport);
        self
    }

    async fn found(&self) -> &Found {
        let shared = &self.shared;
        if let Some(found) = shared.found.get() {
            return found;
        }
        let finding = shared.finding.get_or_init(|| {
            let find = shared.find.get_or_init(|| settings::of_environment);
            find().shared()
        });
        let settings = finding.clone().await;
        shared.found.get_or_init(|| {
            let credentials = settings.credentials.unwrap_or_else(|| {
                SharedCredentialsProvider::new(GivenCredentials::new(self.transport.clone()))
            });
            Found {
                region: settings.region,
                endpoints: settings.endpoints,
                variant: settings.variant,
                credentials: CachedCredentials::new(credentials),
            }
        })
    }

    /// The configured region.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn region(&self) -> Result<&str, AccessError> {
        let region = self.found().await.region.as_deref();
        region.ok_or(AccessError::NoRegion)
    }

    /// The server that takes the service's place, where one is configured.
    pub async fn endpoint(&self, service: Service) -> Option<&str> {
        if let Some(endpoint) = &self.endpoint {
            return Some(endpoint.trim_end_matches('/'));
        }
        self.found().await.endpoints.get(service)
    }

    /// Which of AWS's hosts are to be asked.
    pub async fn endpoint_variant(&self) -> EndpointVariant {
        self.found().await.variant
    }

    /// Signs the request, sends it, and reads the answer.
    ///
    /// Two refusals are none. Where the server's clock is minutes away from this machine's, the request is
    /// signed once more, by that clock, which then counts for all that follow. Where it does not know the
    /// credentials, or does not any more, others are asked for, and the request is signed by them.
    ///
    /// # Errors
    /// Where there is no answer. One that says no is an answer.
    pub async fn send(&self, request: AwsRequest<'_>) -> Result<AwsAnswer, AccessError> {
        let found = self.found().await;
        let region = match request.region {
            Some(region) => region,
            None => found.region.as_deref().ok_or(AccessError::NoRegion)?,
        };
        let clock = &self.shared.clock;
        let mut given = found.credentials.get(clock.now().time).await?;
        let (mut may_correct, mut may_renew) = (true, true);
        loop {
            let signing_time = clock.now();
            let sending = self.send_once(&request, region, &given.credentials, signing_time);
            let answer = beside(sending, given.renewal.take()).await?;
            if may_correct && clock.is_corrected_by(&answer, signing_time) {
                may_correct = false;
            } else if may_renew && is_refusal_of_credentials(&answer) {
                may_renew = false;
                found.credentials.refuse(&given.credentials);
                let renewed = found.credentials.get(clock.now().time).await?;
                if is_same(&renewed.credentials, &given.credentials) {
                    return Ok(answer);
                }
                given = renewed;
            } else {
                return Ok(answer);
            }
        }
    }

    async fn send_once(
        &self,
        request: &AwsRequest<'_>,
        region: &str,
        credentials: &Credentials,
        signing_time: SigningTime,
    ) -> Result<AwsAnswer, AccessError> {
        let signed = signed(request, region, credentials, signing_time.time)?;
        let answer = self.transport.send(signed).await.map_err(|error| {
            match error.downcast_ref::<NoCertificates>() {
                Some(none) => AccessError::NoCertificates(none.to_string()),
                None => AccessError::unanswered(error.as_ref()),
            }
        })?;
        read(answer, request.answer_bytes_max).await
    }
}

impl fmt::Debug for AwsAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AwsAccess")
            .field("endpoint", &self.endpoint)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

fn is_refusal_of_credentials(answer: &AwsAnswer) -> bool {
    answer.status.is_client_error()
        && answer
            .error_code()
            .is_some_and(|code| REFUSALS_OF_CREDENTIALS.contains(&code.as_str()))
}

/// The renewal goes on while the work is done, which waits for nothing of it.
async fn beside<T>(work: impl Future<Output = T>, renewal: Option<Loading>) -> T {
    let Some(renewal) = renewal else {
        return work.await;
    };
    match select(pin!(work), renewal).await {
        Either::Left((done, _)) => done,
        Either::Right((_, work)) => work.await,
    }
}

async fn read(answer: Response<AnswerBody>, bytes_max: usize) -> Result<AwsAnswer, AccessError> {
    let (head, body) = answer.into_parts();
    let is_success = head.status.is_success();
    let bytes_max = if is_success {
        bytes_max
    } else {
        ERROR_BYTES_MAX
    };
    let body = match Limited::new(body, bytes_max).collect().await {
        Ok(body) => body.to_bytes(),
        // What is said of an error is a help and no more.
        Err(_) if !is_success => Bytes::new(),
        Err(error) if error.is::<LengthLimitError>() => return Err(AccessError::TooLong),
        Err(error) => return Err(AccessError::unanswered(error.as_ref())),
    };
    Ok(AwsAnswer {
        status: head.status,
        headers: head.headers,
        body,
    })
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
