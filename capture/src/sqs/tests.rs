//! The queue's sink against a server that speaks SQS's JSON protocol: batches, partial failures,
//! FIFO, refusals.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_aws_access::{AnswerBody, Transport, TransportError};
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

/// Whether the server is silent to a request: by the number of its connection, and by its own
/// number on that.
type Silence = fn(usize, usize) -> bool;

struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Value>>>,
    _serving: JoinSet<()>,
}

impl Server {
    async fn start(script: Script) -> Self {
        Self::start_with(script, |_, _| false).await
    }

    async fn start_with(script: Script, is_silent: Silence) -> Self {
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
                let connection = connections.len();
                connections.spawn(async move {
                    let requests = AtomicUsize::new(0);
                    let service = service_fn(move |request| {
                        let number = requests.fetch_add(1, Ordering::Relaxed);
                        let answered = answer(request, script.clone(), seen.clone());
                        async move {
                            if is_silent(connection, number) {
                                pending::<()>().await;
                            }
                            answered.await
                        }
                    });
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
        sink_at(&self.url, queue)
    }

    fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

fn sink_at(url: &str, queue: &str) -> SqsSink {
    let credentials = Credentials::new("id", "key", None, None, "test");
    let access = AwsAccess::new("eu-central-1", credentials).with_endpoint(url);
    SqsSink::with_access(format!("{url}/000000000000/{queue}"), access)
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
    assert_eq!(lengths.iter().max(), Some(&10));
    assert_eq!(lengths.iter().sum::<usize>(), 11);
    for request in server.requests() {
        for entry in request["Entries"].as_array().unwrap() {
            assert!(entry.get("MessageGroupId").is_none());
        }
    }
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
async fn what_was_taken_is_acknowledged_whatever_becomes_of_the_rest() {
    let script: Script = vec![(200, takes_all_but_the_second), (400, is_throttled)];
    let server = Server::start(script).await;
    let messages = messages(3);
    let sink = server.sink("audit");
    let flush = tokio::time::timeout(Duration::from_millis(300), sink.send(messages.clone()));
    assert!(flush.await.is_err(), "still trying");
    let receipts = messages.iter().map(Message::receipt);
    let acknowledged: Vec<bool> = receipts.map(|receipt| receipt.is_acknowledged()).collect();
    assert_eq!(acknowledged, [true, false, true]);
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

fn takes_none_and_refuses_the_first(request: &Value) -> Value {
    let mut answer = refuses_the_first(request);
    let throttled = json!({"Id": "1", "Code": "RequestThrottled", "SenderFault": true});
    answer["Failed"].as_array_mut().unwrap().push(throttled);
    answer
}

#[tokio::test]
async fn a_message_that_sqs_refuses_takes_no_other_with_it() {
    let server = Server::start(vec![
        (200, takes_none_and_refuses_the_first),
        (200, takes_all),
    ])
    .await;
    // The third is in neither list of the first answer: nobody said that it is safe.
    let error = server.sink("audit").send(messages(3)).await.unwrap_err();
    assert_eq!(error.unacknowledged, 1);
    let again: Vec<Value> = server.requests()[1]["Entries"].as_array().unwrap().clone();
    let bodies: Vec<&str> = again
        .iter()
        .filter_map(|entry| entry["MessageBody"].as_str())
        .collect();
    assert_eq!(bodies, ["{\"n\":1}", "{\"n\":2}"]);
}

#[tokio::test]
async fn a_connection_that_died_while_lambda_slept_costs_half_a_flush_at_most() {
    let server = Server::start_with(vec![(200, takes_all)], |connection, request| {
        connection == 0 && request > 0
    })
    .await;
    let sink = server.sink("audit").with_flush_timeout_ms(400);
    sink.send(messages(1)).await.unwrap();
    let flush = tokio::time::timeout(Duration::from_millis(400), sink.send(messages(1)));
    flush
        .await
        .expect("sent again by another connection")
        .unwrap();
}

#[tokio::test]
async fn what_was_given_up_does_not_stand_in_the_way_of_the_next_flush() {
    let server = Server::start_with(vec![(200, takes_all)], |connection, _| connection < 2).await;
    let sink = server.sink("audit").with_flush_timeout_ms(400);
    let flush = tokio::time::timeout(Duration::from_millis(400), sink.send(messages(1)));
    flush.await.expect_err("nobody answers");
    let flush = tokio::time::timeout(Duration::from_millis(400), sink.send(messages(1)));
    flush.await.expect("a new connection").unwrap();
}

#[tokio::test]
async fn a_refused_connection_and_a_name_that_nobody_knows_may_pass() {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let refused = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    for url in [refused.as_str(), "http://queue.invalid:1"] {
        let sink = sink_at(url, "audit").with_flush_timeout_ms(100);
        let flush = tokio::time::timeout(Duration::from_millis(200), sink.send(messages(1)));
        assert!(flush.await.is_err(), "still trying: {url}");
    }
}

/// Takes what comes first, but slowly, and throttles all that comes meanwhile.
#[derive(Debug, Clone, Default)]
struct SlowThenThrottled(Arc<AtomicUsize>);

impl Transport for SlowThenThrottled {
    fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'_, Result<Response<AnswerBody>, TransportError>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        async move {
            let body = request.into_body().collect().await?.to_bytes();
            let request: Value = serde_json::from_slice(&body)?;
            let (status, answer) = if number == 0 {
                tokio::time::sleep(Duration::from_millis(900)).await;
                (200, takes_all(&request))
            } else {
                (400, is_throttled(&request))
            };
            let body = Full::from(answer.to_string()).map_err(|never| match never {});
            Ok(Response::builder()
                .status(status)
                .body(body.boxed_unsync())?)
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_beside_a_request_that_is_under_way_does_not_end_it() {
    let queue = SlowThenThrottled::default();
    let credentials = Credentials::new("id", "key", None, None, "test");
    let access = AwsAccess::new("eu-central-1", credentials).with_transport(queue.clone());
    let sink = SqsSink::with_access("https://sqs.eu-central-1.amazonaws.com/1/audit", access);
    let flush = tokio::time::timeout(Duration::from_secs(1), sink.send(messages(1)));
    flush.await.expect("the first one is heard").unwrap();
    let requests = queue.0.load(Ordering::Relaxed);
    assert!(
        (3..8).contains(&requests),
        "{requests}: it is asked again, with pauses"
    );
}
