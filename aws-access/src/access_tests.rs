//! Signing, sending and reading, by a transport that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use http::Method;
use http::header::AUTHORIZATION;

use super::*;
use crate::transport::TransportError;

/// Answers one after the other, and keeps what was asked.
#[derive(Debug, Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Response<&'static str>>>>,
    asked: Arc<Mutex<Vec<Request<Full<Bytes>>>>>,
}

impl Script {
    fn of(answers: impl IntoIterator<Item = Response<&'static str>>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
        }
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

#[test]
fn the_environment_names_region_and_endpoints() {
    let of = |variables: &'static [(&str, &str)]| {
        settings_of(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    };
    let none = of(&[("AWS_ENDPOINT_URL", " ")]);
    assert_eq!((none.region, none.endpoints.sqs), (None, None));
    let all = of(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2/"),
    ]);
    assert_eq!(all.region.as_deref(), Some("eu-west-1"));
    assert_eq!(all.endpoints.sqs.as_deref(), Some("http://127.0.0.1:2"));
    assert_eq!(all.endpoints.s3.as_deref(), Some("http://127.0.0.1:1"));
    let ignored = of(&[
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
    ]);
    assert_eq!((ignored.endpoints.sqs, ignored.endpoints.s3), (None, None));
}
