//! The queue's sink against a server that speaks SQS's JSON protocol: batches, partial failures,
//! FIFO, refusals.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// What the server answers to its n-th request, the last one to all further ones.
type Script = Vec<(u16, fn(&Value) -> Value)>;

struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Value>>>,
    _serving: JoinSet<()>,
}

impl Server {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let script = Arc::new(script);
        let mut serving = JoinSet::new();
        let seen = requests.clone();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (script.clone(), seen.clone());
                connections.spawn(async move {
                    let service =
                        service_fn(move |request| answer(request, script.clone(), seen.clone()));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            url,
            requests,
            _serving: serving,
        }
    }

    fn sink(&self, queue: &str) -> SqsSink {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(&self.url)
            .credentials_provider(Credentials::new("id", "key", None, None, "test"))
            .retry_config(retry_config())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        SqsSink::with_client(
            format!("{}/000000000000/{queue}", self.url),
            Client::from_conf(config),
        )
    }

    fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(
        request.headers()["x-amz-target"],
        "AmazonSQS.SendMessageBatch"
    );
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let index = {
        let mut seen = seen.lock().unwrap();
        seen.push(body.clone());
        seen.len() - 1
    };
    let (status, answer) = script[index.min(script.len() - 1)];
    Ok(Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::from(answer(&body).to_string()))
        .unwrap())
}

fn takes_all(request: &Value) -> Value {
    let taken: Vec<Value> = request["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"}))
        .collect();
    json!({"Successful": taken, "Failed": []})
}

fn takes_all_but_the_second(request: &Value) -> Value {
    let mut answer = takes_all(request);
    answer["Successful"].as_array_mut().unwrap().remove(1);
    answer["Failed"] = json!([{"Id": "1", "Code": "ServiceUnavailable", "SenderFault": false}]);
    answer
}

fn refuses_the_first(_: &Value) -> Value {
    json!({"Successful": [], "Failed": [{"Id": "0", "Code": "InvalidMessageContents", "SenderFault": true}]})
}

fn denies(_: &Value) -> Value {
    json!({"__type": "com.amazonaws.sqs#AccessDeniedException", "message": "no identity-based policy allows it"})
}

fn is_throttled(_: &Value) -> Value {
    json!({"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"})
}

fn messages(count: usize) -> Vec<Message> {
    (0..count)
        .map(|index| Message::new(format!("id-{index}"), format!("{{\"n\":{index}}}")))
        .collect()
}

#[tokio::test]
async fn eleven_messages_are_two_batches() {
    let server = Server::start(vec![(200, takes_all)]).await;
    server.sink("audit").send(messages(11)).await.unwrap();
    let lengths: Vec<usize> = server
        .requests()
        .iter()
        .map(|request| request["Entries"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [10, 1]);
    let first = &server.requests()[0]["Entries"][0];
    assert_eq!(first["MessageBody"], "{\"n\":0}");
    assert!(first.get("MessageGroupId").is_none());
}

#[tokio::test]
async fn only_what_was_not_taken_is_sent_again() {
    let server = Server::start(vec![(200, takes_all_but_the_second), (200, takes_all)]).await;
    server.sink("audit").send(messages(3)).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1]["Entries"].as_array().unwrap().len(), 1);
    assert_eq!(requests[1]["Entries"][0]["MessageBody"], "{\"n\":1}");
}

#[tokio::test]
async fn a_fifo_queue_gets_groups_and_deduplication_ids() {
    let server = Server::start(vec![(200, takes_all)]).await;
    server.sink("audit.fifo").send(messages(1)).await.unwrap();
    let entry = &server.requests()[0]["Entries"][0];
    assert_eq!(entry["MessageGroupId"], "id-0");
    assert_eq!(entry["MessageDeduplicationId"], "id-0");
}

#[tokio::test]
async fn what_can_never_succeed_is_given_up_at_once() {
    for (status, answer) in [
        (400, denies as fn(&Value) -> Value),
        (200, refuses_the_first),
    ] {
        let server = Server::start(vec![(status, answer)]).await;
        let error = server.sink("audit").send(messages(1)).await.unwrap_err();
        assert_eq!(error.unacknowledged, 1);
        assert_eq!(server.requests().len(), 1, "{}", error.source);
        assert!(!error.source.to_string().contains("\"n\":0"));
    }
}

#[tokio::test]
async fn a_throttled_queue_is_asked_again() {
    let server = Server::start(vec![
        (400, is_throttled),
        (500, is_throttled),
        (200, takes_all),
    ])
    .await;
    let started = Instant::now();
    server.sink("audit").send(messages(1)).await.unwrap();
    assert_eq!(server.requests().len(), 3);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_batch_has_at_most_ten_messages_and_one_mebibyte() {
    let of = |count: usize, bytes: usize| -> Vec<usize> {
        let messages = (0..count)
            .map(|index| Message::new(index.to_string(), "x".repeat(bytes)))
            .collect();
        batches(messages).iter().map(Vec::len).collect()
    };
    assert_eq!(of(11, 10), [10, 1]);
    assert_eq!(of(3, 400_000), [2, 1]);
    assert_eq!(of(2, MESSAGE_BYTES_MAX), [1, 1]);
    assert!(of(0, 0).is_empty());
}

#[test]
fn the_region_is_the_queues_own() {
    assert_eq!(
        region_of("https://sqs.eu-central-1.amazonaws.com/123456789012/audit"),
        Some("eu-central-1")
    );
    assert_eq!(
        region_of("https://sqs.cn-north-1.amazonaws.com.cn/1/audit.fifo"),
        Some("cn-north-1")
    );
    assert_eq!(region_of("http://127.0.0.1:4566/000000000000/audit"), None);
}
