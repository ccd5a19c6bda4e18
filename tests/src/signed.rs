//! Requests to AWS's protocols, signed as AWS checks them (Signature Version 4).

use std::time::SystemTime;

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Method;

use crate::http::{Answer, call};

/// Sends one request to `service` and gives its answer, whatever its status.
///
/// # Errors
/// Where it cannot be signed, or nobody answers.
pub async fn request(
    credentials: &Credentials,
    region: &str,
    service: &str,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> anyhow::Result<Answer> {
    let body = body.into();
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let signable = SignableRequest::new(
        method.as_str(),
        url,
        headers.iter().copied(),
        SignableBody::Bytes(&body),
    )?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let signatures: Vec<(String, String)> = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut all = headers.to_vec();
    all.extend(signatures.iter().map(|(name, value)| (&**name, &**value)));
    call(method, url, &all, body)
        .await
        .with_context(|| format!("{service} at {url}"))
}
