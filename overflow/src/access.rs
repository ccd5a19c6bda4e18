//! Two requests of S3's REST API: an object is put, an object is got.

use bytes::Bytes;
use daybook_aws_access::{AccessError, AwsAccess, AwsAnswer, AwsRequest, Service};
use http::Method;

use crate::OverflowError;

/// Sends one request and reads its answer, at most `bytes_max` of it. `sha256` is the body's.
pub(crate) async fn request(
    access: &AwsAccess,
    method: Method,
    bucket: &str,
    key: &str,
    body: Bytes,
    sha256: &str,
    bytes_max: usize,
) -> Result<AwsAnswer, OverflowError> {
    let endpoint = access.endpoint(Service::S3).await;
    let region = access.region().await.map_err(refused)?;
    let host = Service::S3.host(region, access.endpoint_variant().await);
    let headers: &[_] = if method == Method::PUT {
        &[("content-type", "application/json")]
    } else {
        &[]
    };
    let request = AwsRequest {
        service: Service::S3,
        region: None,
        method,
        url: &url(endpoint, &host, bucket, key),
        headers,
        body,
        body_sha256: Some(sha256),
        answer_bytes_max: bytes_max,
    };
    access.send(request).await.map_err(refused)
}

// As `map_err` takes it.
#[allow(clippy::needless_pass_by_value)]
fn refused(error: AccessError) -> OverflowError {
    match error {
        AccessError::TooLong => OverflowError::Different,
        error => OverflowError::Unavailable(error.to_string()),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>. A name with dots
/// fits no certificate, and a server of one's own has no names below its own.
fn url(endpoint: Option<&str>, host: &str, bucket: &str, key: &str) -> String {
    if let Some(endpoint) = endpoint {
        return format!("{endpoint}/{bucket}/{key}");
    }
    if bucket.contains('.') {
        format!("https://{host}/{bucket}/{key}")
    } else {
        format!("https://{bucket}.{host}/{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_the_address_that_its_host_gives_it() {
        let host = "s3-fips.us-gov-west-1.amazonaws.com";
        for (endpoint, bucket, expected) in [
            (
                None,
                "audit",
                "https://audit.s3-fips.us-gov-west-1.amazonaws.com/daybook/a",
            ),
            (
                None,
                "a.b",
                "https://s3-fips.us-gov-west-1.amazonaws.com/a.b/daybook/a",
            ),
            (
                Some("http://127.0.0.1:1"),
                "audit",
                "http://127.0.0.1:1/audit/daybook/a",
            ),
        ] {
            assert_eq!(url(endpoint, host, bucket, "daybook/a"), expected);
        }
    }
}
