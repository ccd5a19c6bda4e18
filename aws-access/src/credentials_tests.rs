//! Credentials by environment variables and by a container's endpoint.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Response;

use super::*;
use crate::transport::{AnswerBody, TransportError};

/// A container's endpoint: gives out credentials by a token.
#[derive(Debug)]
struct Endpoint {
    asked: AtomicUsize,
    /// What it says of their end, with a comma before it.
    expiration: String,
}

impl Endpoint {
    fn giving(valid_for: Duration) -> Arc<Self> {
        let expiry = DateTime::from(SystemTime::now() + valid_for)
            .fmt(Format::DateTime)
            .unwrap();
        Self::saying(&format!(",\"Expiration\":\"{expiry}\""))
    }

    fn saying(expiration: &str) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            expiration: expiration.to_owned(),
        })
    }
}

#[derive(Debug)]
struct Way(Arc<Endpoint>);

impl Transport for Way {
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        let number = self.0.asked.fetch_add(1, Ordering::Relaxed);
        let token = request.headers().get(AUTHORIZATION);
        let status = match token.map(HeaderValue::as_bytes) {
            Some(b"the-token") => 200,
            _ => 401,
        };
        let body = format!(
            r#"{{"AccessKeyId":"id-{number}","SecretAccessKey":"s","Token":"{}"{}}}"#,
            request.uri(),
            self.0.expiration,
        );
        async move {
            let body = Full::from(body).map_err(|never| match never {});
            Ok(Response::builder()
                .status(status)
                .body(body.boxed_unsync())
                .unwrap())
        }
        .boxed()
    }
}

fn given(endpoint: &Arc<Endpoint>, variables: &[(&'static str, String)]) -> GivenCredentials {
    let variables = variables.to_vec();
    GivenCredentials::with_variables(Arc::new(Way(endpoint.clone())), move |name| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    })
}

fn texts(variables: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let texts = variables.iter();
    texts
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn variables_count_more_than_a_container() {
    let endpoint = Endpoint::giving(HOUR);
    let variables = texts(&[
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/a"),
    ]);
    let credentials = given(&endpoint, &variables).load().await.unwrap();
    assert_eq!(credentials.access_key_id(), "id");
    assert_eq!(credentials.session_token(), Some("token"));
    assert_eq!(endpoint.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_container_is_asked_with_its_token_at_its_own_addresses_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "the-token\n").unwrap();
    let token = (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        file.display().to_string(),
    );
    for (name, value, url) in [
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "/v2/credentials/a",
            Some("http://169.254.170.2/v2/credentials/a"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials",
            Some("http://169.254.170.23/v1/credentials"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://[fd00:ec2::23]/v1/credentials",
            Some("http://[fd00:ec2::23]/v1/credentials"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "https://credentials.example.com/",
            Some("https://credentials.example.com/"),
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://credentials.example.com/",
            None,
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://127.0.0.1.example.com/",
            None,
        ),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "no address", None),
    ] {
        let endpoint = Endpoint::giving(HOUR);
        let mut variables = texts(&[(name, value)]);
        variables.push(token.clone());
        let loaded = given(&endpoint, &variables).load().await;
        // The endpoint repeats where it was asked, as the token.
        let asked = loaded.as_ref().ok().and_then(Credentials::session_token);
        assert_eq!(asked, url, "{value}");
        assert_eq!(
            endpoint.asked.load(Ordering::Relaxed),
            usize::from(url.is_some())
        );
    }
}

#[tokio::test]
async fn what_is_missing_stays_away_and_a_refusal_may_pass() {
    let endpoint = Endpoint::giving(HOUR);
    let container = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a");
    let wrong = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another");
    for (variables, may_succeed_later, word) in [
        (&[][..], false, "AWS_ACCESS_KEY_ID"),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")],
            false,
            "feature `server`",
        ),
        (&[container, wrong], true, "401"),
        (
            &[
                container,
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/no/such/file"),
            ],
            true,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        ),
    ] {
        let provider = given(&endpoint, &texts(variables));
        let access = crate::AwsAccess::new("eu-central-1", provider);
        let request = crate::AwsRequest {
            service: crate::Service::Sqs,
            region: None,
            method: http::Method::POST,
            url: "https://sqs.eu-central-1.amazonaws.com/",
            headers: &[],
            body: Bytes::new(),
            body_sha256: None,
            answer_bytes_max: 1,
        };
        let error = access.send(request).await.unwrap_err();
        assert_eq!(error.may_succeed_later(), may_succeed_later, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn an_end_that_nobody_can_read_is_near_and_none_is_none() {
    for (expiration, valid_for) in [
        (r#","Expiration":"tomorrow""#, Some(LIFE_UNREADABLE)),
        (r#","Expiration":"""#, Some(LIFE_UNREADABLE)),
        (
            r#","Expiration":"2999-01-01T00:00:00Z""#,
            Some(Duration::MAX),
        ),
        ("", None),
    ] {
        let endpoint = Endpoint::saying(expiration);
        let variables = texts(&[
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "the-token"),
        ]);
        let before = SystemTime::now();
        let credentials = given(&endpoint, &variables).load().await.unwrap();
        match (credentials.expiry(), valid_for) {
            (None, None) => {}
            (Some(expiry), Some(LIFE_UNREADABLE)) => {
                assert!(expiry >= before + LIFE_UNREADABLE, "{expiration}");
                assert!(
                    expiry <= SystemTime::now() + LIFE_UNREADABLE,
                    "{expiration}"
                );
            }
            (Some(expiry), Some(_)) => assert!(expiry > before + HOUR, "{expiration}"),
            other => panic!("{expiration}: {other:?}"),
        }
    }
}
