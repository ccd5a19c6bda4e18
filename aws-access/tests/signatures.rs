//! What is sent verifies: signatures are computed a second time, from the request as it went out, by a
//! verifier that AWS's own published examples hold to Signature Version 4.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_aws_access::{AnswerBody, AwsAccess, AwsRequest, Service, Transport, TransportError};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

/// What RFC 3986 leaves unreserved stays.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A request on its way to AWS.
struct Sent<'a> {
    method: &'a str,
    /// As it stands in the request line.
    path: &'a str,
    query: &'a str,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl Sent<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// "Create a signed AWS API request" in the IAM user guide, step by step. S3 does not encode a path
    /// that is encoded already.
    fn signature(&self, secret: &str, scope: &str, signed_headers: &str) -> String {
        let is_s3 = scope.ends_with("/s3/aws4_request");
        let path = if is_s3 {
            self.path.to_owned()
        } else {
            let segments = self.path.split('/');
            let segments =
                segments.map(|segment| utf8_percent_encode(segment, ENCODED).to_string());
            segments.collect::<Vec<_>>().join("/")
        };
        let mut query: Vec<String> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let [name, value] = [name, value].map(|part| {
                    let decoded = percent_decode_str(part).decode_utf8().unwrap();
                    utf8_percent_encode(&decoded, ENCODED).to_string()
                });
                format!("{name}={value}")
            })
            .collect();
        query.sort();
        let headers = signed_headers.split(';').map(|name| {
            let value = self.header(name).unwrap();
            let words: Vec<&str> = value.split_whitespace().collect();
            format!("{name}:{}\n", words.join(" "))
        });
        let payload = match self.header("x-amz-content-sha256") {
            Some(said) => said.to_owned(),
            None => sha256(self.body),
        };
        let canonical = format!(
            "{}\n{path}\n{}\n{}\n{signed_headers}\n{payload}",
            self.method,
            query.join("&"),
            headers.collect::<String>(),
        );
        let date = self.header("x-amz-date").unwrap();
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            sha256(canonical.as_bytes())
        );
        let key = scope
            .split('/')
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
                hmac(&key, part)
            });
        hexadecimal(&hmac(&key, &to_sign))
    }
}

fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = list.iter();
    list.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// `aws-signing-test-suite/v4` of AWS's `aws-c-auth`, as the crate `aws-sigv4` 1.6.4 ships it (Apache-2.0):
/// `request.txt` and `header-signature.txt` of each.
#[test]
fn the_verifier_finds_the_signatures_of_the_published_suite() {
    const TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
    let host = ("host", "example.amazonaws.com");
    let date = ("x-amz-date", "20150830T123600Z");
    for (name, method, path, query, further, signed, signature) in [
        (
            "get-vanilla",
            "GET",
            "/",
            "",
            vec![],
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "post-vanilla-query",
            "POST",
            "/",
            "Param1=value1",
            vec![],
            "host;x-amz-date",
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
        (
            "get-utf8",
            "GET",
            "/\u{1234}",
            "",
            vec![],
            "host;x-amz-date",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ),
        (
            "get-space-unnormalized",
            "GET",
            "/example space/",
            "",
            vec![],
            "host;x-amz-date",
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ),
        (
            "get-header-value-trim",
            "GET",
            "/",
            "",
            vec![("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
            "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "get-vanilla-with-session-token",
            "GET",
            "/",
            "",
            vec![("x-amz-security-token", TOKEN)],
            "host;x-amz-date;x-amz-security-token",
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        ),
    ] {
        let sent = Sent {
            method,
            path,
            query,
            headers: headers(&[vec![host, date], further].concat()),
            body: b"",
        };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let scope = "20150830/us-east-1/service/aws4_request";
        assert_eq!(sent.signature(secret, scope, signed), signature, "{name}");
    }
}

/// "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", examples
/// GET Object and PUT Object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[test]
fn the_verifier_finds_the_signatures_of_s3s_examples() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let welcome = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    assert_eq!(sha256(b"Welcome to Amazon S3."), welcome);
    let host = ("host", "examplebucket.s3.amazonaws.com");
    let date = ("x-amz-date", "20130524T000000Z");
    for (method, path, further, signed, signature) in [
        (
            "GET",
            "/test.txt",
            vec![("range", "bytes=0-9"), ("x-amz-content-sha256", empty)],
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            vec![
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-content-sha256", welcome),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    ] {
        let sent = Sent {
            method,
            path,
            query: "",
            headers: headers(&[vec![host, date], further].concat()),
            body: b"",
        };
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let scope = "20130524/us-east-1/s3/aws4_request";
        assert_eq!(sent.signature(secret, scope, signed), signature, "{method}");
    }
}

/// Keeps what is sent.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Option<Request<Full<Bytes>>>>>);

impl Transport for Kept {
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        *self.0.lock().unwrap() = Some(request);
        let body = Full::<Bytes>::default().map_err(|never| match never {});
        async move { Ok(Response::new(body.boxed_unsync())) }.boxed()
    }
}

const SECRET: &str = "a secret/with+signs";

async fn sent(request: AwsRequest<'_>) -> (Method, Uri, HeaderMap, Bytes) {
    let kept = Kept::default();
    let token = Some("a/session+token==".to_owned());
    let credentials = Credentials::new("AKID", SECRET, token, None, "test");
    let access = AwsAccess::new("eu-central-1", credentials).with_transport(kept.clone());
    access.send(request).await.unwrap();
    let request = kept.0.lock().unwrap().take().unwrap();
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.method, head.uri, head.headers, body)
}

fn request(service: Service, method: Method, url: &str) -> AwsRequest<'_> {
    AwsRequest {
        service,
        region: None,
        method,
        url,
        headers: &[
            ("content-type", "application/json"),
            ("x-amz-target", "a.b"),
        ],
        body: Bytes::from_static("{\"n\u{e4}me\":1}".as_bytes()),
        body_sha256: None,
        answer_bytes_max: 8,
    }
}

#[tokio::test]
async fn requests_to_sqs_and_s3_carry_the_signature_of_what_was_sent() {
    let body_sha256 = sha256("{\"n\u{e4}me\":1}".as_bytes());
    let known = AwsRequest {
        body_sha256: Some(&body_sha256),
        ..request(
            Service::S3,
            Method::PUT,
            "https://audit.s3.eu-central-1.amazonaws.com/daybook/2026/a.json",
        )
    };
    for (request, scope) in [
        (
            request(
                Service::Sqs,
                Method::POST,
                "https://sqs.eu-central-1.amazonaws.com/",
            ),
            "eu-central-1/sqs",
        ),
        (
            AwsRequest {
                region: Some("us-gov-west-1"),
                ..request(
                    Service::Sqs,
                    Method::POST,
                    "http://127.0.0.1:4566/a%20b/?b=2&a=1%2F",
                )
            },
            "us-gov-west-1/sqs",
        ),
        (known, "eu-central-1/s3"),
        (
            request(
                Service::S3,
                Method::GET,
                "https://s3.eu-central-1.amazonaws.com/a.b/x%20y/z?versionId=1",
            ),
            "eu-central-1/s3",
        ),
    ] {
        let url = request.url.to_owned();
        let (method, uri, header_map, body) = sent(request).await;
        let authority = uri.authority().unwrap().as_str();
        let mut headers: Vec<(String, String)> = header_map
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        // hyper writes it from the address.
        headers.push(("host".to_owned(), authority.to_owned()));
        let sent = Sent {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers,
            body: &body,
        };
        let authorization = sent.header("authorization").unwrap();
        let rest = authorization
            .strip_prefix("AWS4-HMAC-SHA256 Credential=AKID/")
            .unwrap();
        let (full_scope, rest) = rest.split_once(", SignedHeaders=").unwrap();
        let (signed, signature) = rest.split_once(", Signature=").unwrap();
        let day = &sent.header("x-amz-date").unwrap()[..8];
        assert_eq!(full_scope, format!("{day}/{scope}/aws4_request"), "{url}");
        assert_eq!(
            sent.signature(SECRET, full_scope, signed),
            signature,
            "{url}"
        );
        // Whatever could change the meaning of the request is signed.
        for name in [
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-target",
        ] {
            assert!(
                signed.split(';').any(|header| header == name),
                "{name} {url}"
            );
        }
        if scope.ends_with("/s3") {
            let digest = sent.header("x-amz-content-sha256").unwrap();
            assert_eq!(digest, sha256(&body), "{url}");
            assert!(signed.contains("x-amz-content-sha256"), "{url}");
        }
    }
}
