//! Signing, sending and reading, by a transport that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::future;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::header::{AUTHORIZATION, DATE};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use tokio::sync::Barrier;

use super::*;
use crate::transport::TransportError;

/// Answers one after the other, and keeps what was asked.
#[derive(Debug, Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Response<&'static str>>>>,
    asked: Arc<Mutex<Vec<Request<Full<Bytes>>>>>,
    /// So many are under way before one is answered.
    barrier: Option<Arc<Barrier>>,
}

impl Script {
    fn of(answers: impl IntoIterator<Item = Response<&'static str>>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
            barrier: None,
        }
    }

    fn together(mut self, count: usize) -> Self {
        self.barrier = Some(Arc::new(Barrier::new(count)));
        self
    }

    fn header(&self, index: usize, name: &str) -> String {
        let asked = self.asked.lock().unwrap();
        asked[index].headers()[name].to_str().unwrap().to_owned()
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        async move {
            if let Some(barrier) = &self.barrier {
                barrier.wait().await;
            }
            let answer = answer.ok_or("connection refused")?;
            Ok(answer.map(|body| {
                Full::new(Bytes::from(body))
                    .map_err(|never| match never {})
                    .boxed_unsync()
            }))
        }
        .boxed()
    }
}

fn answer(status: u16, date: &str, body: &'static str) -> Response<&'static str> {
    Response::builder()
        .status(status)
        .header(DATE, date)
        .body(body)
        .unwrap()
}

fn access(script: &Script) -> AwsAccess {
    let credentials =
        Credentials::new("AKID", "a-secret", Some("a-token".to_owned()), None, "test");
    AwsAccess::new("eu-central-1", credentials).with_transport(script.clone())
}

fn request(service: Service) -> AwsRequest<'static> {
    AwsRequest {
        service,
        region: None,
        method: Method::POST,
        url: "https://sqs.eu-central-1.amazonaws.com/",
        headers: &[("x-amz-target", "AmazonSQS.SendMessageBatch")],
        body: Bytes::from_static(b"{}"),
        body_sha256: None,
        answer_bytes_max: 8,
    }
}

/// An HTTP date that is so far from now.
fn date(offset_seconds: i64) -> String {
    let now = DateTime::from(SystemTime::now()).secs();
    DateTime::from_secs(now + offset_seconds)
        .fmt(Format::HttpDate)
        .unwrap()
}

#[tokio::test]
async fn a_request_is_signed_for_its_service_and_region_with_all_of_its_headers() {
    let script = Script::of([answer(200, &date(0), "{}")]);
    let sent = AwsRequest {
        region: Some("us-east-2"),
        ..request(Service::Sqs)
    };
    let answer = access(&script).send(sent).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"{}"[..])
    );
    let authorization = script.header(0, AUTHORIZATION.as_str());
    assert!(
        authorization.contains("/us-east-2/sqs/aws4_request"),
        "{authorization}"
    );
    assert!(
        authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target"),
        "{authorization}"
    );
    assert_eq!(script.header(0, "x-amz-security-token"), "a-token");
}

#[tokio::test]
async fn a_refusal_by_a_server_with_another_clock_is_asked_again_by_that_clock() {
    let ahead = date(3_600);
    let script = Script::of([
        answer(403, &ahead, "{\"__type\":\"InvalidSignatureException\"}"),
        answer(200, &ahead, "{}"),
        answer(200, &ahead, "{}"),
    ]);
    let access = access(&script);
    for _ in 0..2 {
        let answer = access.send(request(Service::Sqs)).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
    }
    let dates = [0, 1, 2].map(|index| script.header(index, "x-amz-date"));
    let hour = |date: &str| date[..11].to_owned();
    assert_ne!(hour(&dates[0]), hour(&dates[1]));
    assert_eq!(hour(&dates[1]), hour(&dates[2]), "the clock is remembered");
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_is_not_asked_again() {
    for (status, offset) in [(403, 0), (400, 30), (403, -100), (500, 86_400)] {
        let script = Script::of([answer(status, &date(offset), "no"), answer(200, "", "")]);
        let answer = access(&script).send(request(Service::Sqs)).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (status, &b"no"[..])
        );
        assert_eq!(script.asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit_and_none_may_come_later() {
    let script = Script::of([answer(200, "", "123456789")]);
    let access = access(&script);
    let error = access.send(request(Service::S3)).await.unwrap_err();
    assert!(matches!(error, AccessError::TooLong), "{error}");
    assert!(!error.may_succeed_later());
    let error = access.send(request(Service::S3)).await.unwrap_err();
    assert_eq!(error.to_string(), "connection refused");
    assert!(error.may_succeed_later());
}

#[tokio::test]
async fn what_cannot_be_a_request_is_said_without_a_secret() {
    let script = Script::default();
    let sent = AwsRequest {
        url: "/",
        ..request(Service::Sqs)
    };
    let error = access(&script).send(sent).await.unwrap_err();
    assert!(matches!(error, AccessError::Unusable(_)), "{error:?}");
    assert!(!format!("{error:?} {:?}", access(&script)).contains("a-secret"));
    assert!(script.asked.lock().unwrap().is_empty());
}

/// Credentials of the first and of all later questions.
#[derive(Debug, Default)]
struct Rotated(AtomicUsize);

impl ProvideCredentials for Rotated {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let id = format!("AKID{number}");
        future::ProvideCredentials::ready(Ok(Credentials::new(id, "s", None, None, "test")))
    }
}

#[tokio::test]
async fn credentials_that_aws_does_not_take_are_asked_for_anew_once() {
    const XML: &str = "<Error><Code>ExpiredToken</Code></Error>";
    const REFUSALS: [(u16, &str); 5] = [
        (400, XML),
        (
            403,
            "{\"__type\":\"com.amazonaws.sqs#InvalidClientTokenId\"}",
        ),
        (403, "{\"__type\":\"UnrecognizedClientException\"}"),
        (403, "{\"__type\":\"ExpiredTokenException\"}"),
        (403, "<Error><Code>InvalidAccessKeyId</Code></Error>"),
    ];
    for (status, body) in REFUSALS {
        let script = Script::of([
            answer(status, "", body),
            answer(200, "", "{}"),
            answer(200, "", "{}"),
        ]);
        let access =
            AwsAccess::new("eu-central-1", Rotated::default()).with_transport(script.clone());
        for _ in 0..2 {
            let answer = access.send(request(Service::Sqs)).await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "{body}");
        }
        let signers = [0, 1, 2].map(|index| script.header(index, AUTHORIZATION.as_str()));
        assert!(signers[0].contains("AKID0/"), "{signers:?}");
        assert!(signers[1].contains("AKID1/"), "{signers:?}");
        assert!(signers[2].contains("AKID1/"), "they are kept: {signers:?}");
    }
    // Once, and only where there are others: a function's environment never changes.
    let script = Script::of((0..3).map(|_| answer(403, "", XML)));
    let rotated = AwsAccess::new("eu-central-1", Rotated::default()).with_transport(script.clone());
    let answer = rotated.send(request(Service::S3)).await.unwrap();
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(script.asked.lock().unwrap().len(), 2);
    let answer = access(&script).send(request(Service::S3)).await.unwrap();
    assert_eq!(answer.error_code().as_deref(), Some("ExpiredToken"));
    assert_eq!(script.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_request_that_was_under_way_when_another_corrected_the_clock_is_asked_again_too() {
    let behind = date(-3_600);
    let script = Script::of([
        answer(403, &behind, "{\"__type\":\"RequestTimeTooSkewed\"}"),
        answer(403, &behind, "{\"__type\":\"SignatureDoesNotMatch\"}"),
        answer(200, &behind, "{}"),
        answer(200, &behind, "{}"),
    ])
    .together(2);
    let access = access(&script);
    let (one, other) = futures::join!(
        access.send(request(Service::Sqs)),
        access.send(request(Service::Sqs))
    );
    assert_eq!(one.unwrap().status, StatusCode::OK);
    assert_eq!(other.unwrap().status, StatusCode::OK);
    let hours: Vec<String> = (0..4)
        .map(|index| script.header(index, "x-amz-date")[..11].to_owned())
        .collect();
    assert_eq!((&hours[0], &hours[2]), (&hours[1], &hours[3]));
    assert_ne!(hours[0], hours[2]);
}

#[tokio::test(start_paused = true)]
async fn settings_and_credentials_that_take_longer_than_a_flush_are_found_all_the_same() {
    let script = Script::of([answer(200, "", "{}")]);
    let access = AwsAccess::from_environment().with_transport(script.clone());
    let find: fn() -> BoxFuture<'static, Settings> = || {
        async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Settings {
                region: Some("eu-central-1".to_owned()),
                endpoints: ServiceEndpoints::default(),
                variant: EndpointVariant::default(),
                credentials: Some(SharedCredentialsProvider::new(Slow)),
            }
        }
        .boxed()
    };
    access.shared.find.set(find).unwrap();
    let mut flushes = 0;
    let flush = Duration::from_secs(1);
    while tokio::time::timeout(flush, access.clone().send(request(Service::Sqs)))
        .await
        .is_err()
    {
        flushes += 1;
        assert!(flushes < 20, "the search begins again and again");
    }
    assert!((5..=8).contains(&flushes), "{flushes}");
}

#[derive(Debug)]
struct Slow;

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(Credentials::new("AKID", "s", None, None, "test"))
        })
    }
}
