//! Who asks and where: settings that are found with the first request, and the signature.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::DATE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tokio::sync::OnceCell;

use crate::credentials::{CachedCredentials, GivenCredentials};
use crate::request::{AccessError, AwsAnswer, AwsRequest, Service};
use crate::transport::{AnswerBody, HttpTransport, Transport};

/// The most that is read of what AWS says of an error.
const ERROR_BYTES_MAX: usize = 16 * 1024;

/// AWS takes a signature that is at most five minutes old; a clock that is off by less than this is
/// not the reason of a refusal.
const CLOCK_SKEW_SECONDS_MIN: i64 = 240;

/// Access to AWS: region, credentials, and the way there. Clones share what is found.
///
/// Nothing is looked for and nothing is connected before the first request.
#[derive(Clone)]
pub struct AwsAccess {
    /// Said in code, in place of what is found.
    endpoint: Option<String>,
    transport: Arc<dyn Transport>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    found: OnceCell<Found>,
    find: OnceLock<fn() -> BoxFuture<'static, Settings>>,
    /// What is to be added to this machine's clock to have AWS's, in seconds.
    clock_offset: AtomicI64,
}

/// What the environment says.
pub(crate) struct Settings {
    pub(crate) region: Option<String>,
    pub(crate) endpoints: ServiceEndpoints,
    /// None where only this crate's own are to be asked.
    pub(crate) credentials: Option<SharedCredentialsProvider>,
}

/// Servers that take AWS's place: `http://127.0.0.1:4566`.
#[derive(Debug, Default)]
pub(crate) struct ServiceEndpoints {
    s3: Option<String>,
    sqs: Option<String>,
}

struct Found {
    region: Option<String>,
    endpoints: ServiceEndpoints,
    credentials: CachedCredentials,
}

impl AwsAccess {
    /// As a function's or a container's environment says: `AWS_REGION` or `AWS_DEFAULT_REGION`;
    /// `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL` where another server takes AWS's
    /// place; the credentials of `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else those of the
    /// endpoint that Amazon ECS and EKS Pod Identity name (`AWS_CONTAINER_CREDENTIALS_…`).
    pub fn from_environment() -> Self {
        Self {
            endpoint: None,
            transport: Arc::new(HttpTransport::default()),
            shared: Arc::default(),
        }
    }

    /// Region, endpoints and credentials as every AWS client finds them: profiles, single sign-on, web
    /// identity and instance metadata too.
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

    /// By these credentials, in this region; the environment is not asked.
    pub fn new(region: impl Into<String>, credentials: impl ProvideCredentials + 'static) -> Self {
        let access = Self::from_environment();
        // Nobody else has it yet.
        let _ = access.shared.found.set(Found {
            region: Some(region.into()),
            endpoints: ServiceEndpoints::default(),
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
        self.shared
            .found
            .get_or_init(async || {
                let find = self.shared.find.get_or_init(|| settings_of_environment);
                let settings = find().await;
                let credentials = settings.credentials.unwrap_or_else(|| {
                    SharedCredentialsProvider::new(GivenCredentials::new(self.transport.clone()))
                });
                Found {
                    region: settings.region,
                    endpoints: settings.endpoints,
                    credentials: CachedCredentials::new(credentials),
                }
            })
            .await
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
        let endpoints = &self.found().await.endpoints;
        match service {
            Service::S3 => endpoints.s3.as_deref(),
            Service::Sqs => endpoints.sqs.as_deref(),
        }
    }

    /// Signs the request, sends it, and reads the answer.
    ///
    /// A refusal by a server whose clock is minutes away from this machine's is no refusal: the request is
    /// signed once more, by that clock, which then counts for all that follow.
    ///
    /// # Errors
    /// Where there is no answer. One that says no is an answer.
    pub async fn send(&self, request: AwsRequest<'_>) -> Result<AwsAnswer, AccessError> {
        let found = self.found().await;
        let region = match request.region {
            Some(region) => region,
            None => found.region.as_deref().ok_or(AccessError::NoRegion)?,
        };
        let credentials = found.credentials.get().await?;
        let answer = self.send_once(&request, region, &credentials).await?;
        if self.is_refused_for_the_clock(&answer) {
            return self.send_once(&request, region, &credentials).await;
        }
        Ok(answer)
    }

    async fn send_once(
        &self,
        request: &AwsRequest<'_>,
        region: &str,
        credentials: &Credentials,
    ) -> Result<AwsAnswer, AccessError> {
        let signed = signed(request, region, credentials, self.now())?;
        let answer = self
            .transport
            .send(signed)
            .await
            .map_err(|error| AccessError::unanswered(error.as_ref()))?;
        read(answer, request.answer_bytes_max).await
    }

    fn now(&self) -> SystemTime {
        let offset = self.shared.clock_offset.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let now = SystemTime::now();
        let moved = if offset < 0 {
            now.checked_sub(distance)
        } else {
            now.checked_add(distance)
        };
        moved.unwrap_or(now)
    }

    /// Notes the server's clock where ours is far from it.
    fn is_refused_for_the_clock(&self, answer: &AwsAnswer) -> bool {
        if !matches!(
            answer.status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            return false;
        }
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(server) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok())
        else {
            return false;
        };
        let skew = server.secs() - DateTime::from(self.now()).secs();
        if skew.abs() < CLOCK_SKEW_SECONDS_MIN {
            return false;
        }
        self.shared.clock_offset.fetch_add(skew, Ordering::Relaxed);
        true
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

fn settings_of_environment() -> BoxFuture<'static, Settings> {
    async { settings_of(|name| std::env::var(name).ok()) }.boxed()
}

fn settings_of(variable: impl Fn(&str) -> Option<String>) -> Settings {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let is_ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let of_all = variable("AWS_ENDPOINT_URL").filter(|_| !is_ignored);
    Settings {
        region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
        endpoints: service_endpoints(variable, of_all.as_deref()),
        credentials: None,
    }
}

/// A service's own variable counts more than what is said for all.
pub(crate) fn service_endpoints(
    variable: impl Fn(&str) -> Option<String>,
    of_all: Option<&str>,
) -> ServiceEndpoints {
    let is_ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let of = |service: Service| {
        let own = variable(service.endpoint_variable()).filter(|_| !is_ignored);
        let url = own
            .filter(|value| !value.trim().is_empty())
            .or(of_all.map(str::to_owned))?;
        Some(url.trim().trim_end_matches('/').to_owned())
    };
    ServiceEndpoints {
        s3: of(Service::S3),
        sqs: of(Service::Sqs),
    }
}

fn signed(
    request: &AwsRequest<'_>,
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Request<Full<Bytes>>, AccessError> {
    // Whoever signs takes it for granted.
    let uri: Uri = request
        .url
        .parse()
        .map_err(|error| AccessError::unusable(&error))?;
    if uri.authority().is_none() {
        return Err(AccessError::Unusable(
            "its address names no server".to_owned(),
        ));
    }
    let mut settings = SigningSettings::default();
    if request.service == Service::S3 {
        // As S3 alone does it: one encoding, the path as it stands, the digest as a header.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(request.service.name())
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| AccessError::unusable(&error))?
        .into();
    let body = match request.body_sha256 {
        Some(sha256) => SignableBody::Precomputed(sha256.to_owned()),
        None => SignableBody::Bytes(&request.body),
    };
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url,
        request.headers.iter().copied(),
        body,
    )
    .map_err(|error| AccessError::unusable(&error))?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|error| AccessError::unusable(&error))?
        .into_parts();
    let mut signed = Request::builder()
        .method(request.method.clone())
        .uri(uri)
        .body(Full::new(request.body.clone()))
        .map_err(|error| AccessError::unusable(&error))?;
    for (name, value) in request.headers {
        signed.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    instructions.apply_to_request_http1x(&mut signed);
    Ok(signed)
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
