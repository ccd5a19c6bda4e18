//! The signature of a request: AWS Signature Version 4, by `aws-sigv4`.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::Full;

use crate::request::{AccessError, AwsRequest, Service};

pub(crate) fn signed(
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
