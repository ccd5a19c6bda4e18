//! Signed requests to S3: who asks, where, and the bounded answer.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::OverflowError;

/// Lambda freezes an environment between invocations: a connection that is older than this may be
/// dead without anybody knowing.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

const CONTENT_TYPE_JSON: &str = "application/json";

/// How S3 is reached.
#[derive(Debug)]
pub(crate) struct Access {
    credentials: SharedCredentialsProvider,
    region: String,
    /// Set by hand, for a server of the operator's own: `http://127.0.0.1:4566`.
    endpoint: Option<String>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Access {
    /// As the environment says.
    pub(crate) async fn from_environment() -> Result<Self, OverflowError> {
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client)
            .load()
            .await;
        Self::new(&config)
    }

    pub(crate) fn new(config: &SdkConfig) -> Result<Self, OverflowError> {
        let unavailable = |why: &str| OverflowError::Unavailable(why.to_owned());
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| unavailable(&format!("the system's certificates: {error}")))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let endpoint = std::env::var("AWS_ENDPOINT_URL_S3")
            .ok()
            .or_else(|| config.endpoint_url().map(ToOwned::to_owned));
        Ok(Self {
            credentials: config
                .credentials_provider()
                .ok_or_else(|| unavailable("there are no credentials"))?,
            region: config
                .region()
                .ok_or_else(|| unavailable("no region is configured"))?
                .to_string(),
            endpoint,
            client: Client::builder(TokioExecutor::new())
                .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                .build(connector),
        })
    }

    /// Sends one request and reads its answer, at most `bytes_max` of it. `sha256` is the body's.
    pub(crate) async fn request(
        &self,
        method: Method,
        bucket: &str,
        key: &str,
        body: Bytes,
        sha256: &str,
        bytes_max: usize,
    ) -> Result<(StatusCode, Bytes), OverflowError> {
        let unavailable =
            |error: &dyn std::error::Error| OverflowError::Unavailable(with_sources(error));
        let url = self.url(bucket, key);
        let content_type = (method == Method::PUT).then_some(("content-type", CONTENT_TYPE_JSON));
        let identity = self
            .credentials
            .provide_credentials()
            .await
            .map_err(|error| unavailable(&error))?
            .into();
        let mut settings = SigningSettings::default();
        // As S3 alone does it: one encoding, the path as it stands, the digest as a header.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| unavailable(&error))?
            .into();
        let signable = SignableRequest::new(
            method.as_str(),
            url.as_str(),
            content_type.into_iter(),
            SignableBody::Precomputed(sha256.to_owned()),
        )
        .map_err(|error| unavailable(&error))?;
        let (instructions, _) = sign(signable, &parameters)
            .map_err(|error| unavailable(&error))?
            .into_parts();
        let mut request = Request::builder()
            .method(method)
            .uri(&url)
            .body(Full::new(body))
            .map_err(|error| unavailable(&error))?;
        if let Some((_, value)) = content_type {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        instructions.apply_to_request_http1x(&mut request);
        let answer = self
            .client
            .request(request)
            .await
            .map_err(|error| unavailable(&error))?;
        let status = answer.status();
        if !status.is_success() {
            // What S3 says of an error is for nobody here, and its length is its own.
            return Ok((status, Bytes::new()));
        }
        match Limited::new(answer.into_body(), bytes_max).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(OverflowError::Different)
            }
            Err(error) => Err(unavailable(error.as_ref())),
        }
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>. A name with dots
    /// fits no certificate, and a server of one's own has no names below its own.
    fn url(&self, bucket: &str, key: &str) -> String {
        if let Some(endpoint) = &self.endpoint {
            return format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'));
        }
        let region = &self.region;
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        if bucket.contains('.') {
            format!("https://s3.{region}.{domain}/{bucket}/{key}")
        } else {
            format!("https://{bucket}.s3.{region}.{domain}/{key}")
        }
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    fn access(region: &'static str, endpoint: Option<&str>) -> Access {
        let mut config = SdkConfig::builder()
            .region(aws_config::Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()));
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint);
        }
        Access::new(&config.build()).unwrap()
    }

    #[test]
    fn an_object_has_the_address_that_its_region_gives_it() {
        for (region, endpoint, bucket, url) in [
            (
                "eu-central-1",
                None,
                "audit",
                "https://audit.s3.eu-central-1.amazonaws.com/daybook/a",
            ),
            (
                "cn-north-1",
                None,
                "audit",
                "https://audit.s3.cn-north-1.amazonaws.com.cn/daybook/a",
            ),
            (
                "us-east-1",
                None,
                "a.b",
                "https://s3.us-east-1.amazonaws.com/a.b/daybook/a",
            ),
            (
                "us-east-1",
                Some("http://127.0.0.1:1/"),
                "audit",
                "http://127.0.0.1:1/audit/daybook/a",
            ),
        ] {
            assert_eq!(access(region, endpoint).url(bucket, "daybook/a"), url);
        }
    }

    #[test]
    fn without_a_region_or_credentials_it_says_so() {
        let error = Access::new(&SdkConfig::builder().build()).unwrap_err();
        assert!(matches!(error, OverflowError::Unavailable(_)));
    }
}
