//! Queues of every mood, speaking SQS's JSON protocol.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_event::CapturedExchange;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How a queue behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes every message, after this long.
    Healthy(Duration),
    /// Nobody listens there.
    Refused,
    /// Takes the connection and never answers.
    BlackHole,
    /// The function may not send to it.
    Denied,
    /// It is asked too often.
    Throttled,
    /// Takes a message when it is let in.
    Shut,
}

/// A message as the queue received it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: String,
    pub(crate) came_at: Instant,
    pub(crate) answered_at: Instant,
}

impl Received {
    pub(crate) fn exchange(&self) -> CapturedExchange {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Seen {
    requests: usize,
    /// The id of each message that was sent, taken or not, and when the request with it began.
    arrivals: Vec<(String, Instant)>,
    messages: Vec<Received>,
}

/// A queue of some mood.
pub(crate) struct Queue {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    /// One permit for each message that a shut queue takes.
    door: Arc<Semaphore>,
    _serving: JoinSet<()>,
}

impl Queue {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let door = Arc::new(Semaphore::new(0));
        let mut serving = JoinSet::new();
        if mood != Mood::Refused {
            serving.spawn(accept(listener, mood, seen.clone(), door.clone()));
        }
        Self {
            address,
            seen,
            door,
            _serving: serving,
        }
    }

    /// Lets one message into a shut queue.
    pub(crate) fn let_one_in(&self) {
        self.door.add_permits(1);
    }

    /// What the function has in its environment.
    pub(crate) fn environment(&self, flush_timeout_ms: u64) -> Vec<(&'static str, String)> {
        let url = format!("http://{}", self.address);
        vec![
            ("DAYBOOK_QUEUE_URL", format!("{url}/000000000000/audit")),
            ("DAYBOOK_FLUSH_TIMEOUT_MS", flush_timeout_ms.to_string()),
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    /// The first copy of each message: a queue delivers at least once.
    pub(crate) fn messages(&self) -> Vec<Received> {
        let mut messages = self.seen.lock().unwrap().messages.clone();
        let mut ids = HashSet::new();
        messages.retain(|message| ids.insert(message.exchange().id));
        messages
    }

    /// The id of each message that was sent, taken or not, and when the request with it began.
    pub(crate) fn arrivals(&self) -> Vec<(String, Instant)> {
        self.seen.lock().unwrap().arrivals.clone()
    }

    /// How many requests came, answered or not.
    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().requests
    }
}

async fn accept(listener: TcpListener, mood: Mood, seen: Arc<Mutex<Seen>>, door: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let (seen, door) = (seen.clone(), door.clone());
                connections.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let service = service_fn(move |request| {
                        take(request, mood, seen.clone(), door.clone())
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn take(
    request: Request<Incoming>,
    mood: Mood,
    seen: Arc<Mutex<Seen>>,
    door: Arc<Semaphore>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let came_at = Instant::now();
    let target = request.headers()["x-amz-target"].clone();
    assert_eq!(target, "AmazonSQS.SendMessageBatch");
    let Ok(body) = request.into_body().collect().await else {
        // The function gave up half way.
        return Ok(Response::new(Full::default()));
    };
    let request: Batch = serde_json::from_slice(&body.to_bytes()).unwrap();
    seen.lock().unwrap().arrive(&request, came_at);
    let (status, answer) = match mood {
        Mood::Refused | Mood::BlackHole => pending().await,
        Mood::Denied => (400, failure("AccessDeniedException")),
        Mood::Throttled => (400, failure("RequestThrottled")),
        Mood::Healthy(_) | Mood::Shut => {
            match mood {
                Mood::Shut => door.acquire().await.unwrap().forget(),
                Mood::Healthy(delay) if !delay.is_zero() => tokio::time::sleep(delay).await,
                _ => {}
            }
            (200, taken(&request, came_at, &seen))
        }
    };
    Ok(Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::from(answer.to_string()))
        .unwrap())
}

fn failure(kind: &str) -> Value {
    json!({"__type": format!("com.amazonaws.sqs#{kind}"), "message": "not now"})
}

fn taken(request: &Batch, came_at: Instant, seen: &Mutex<Seen>) -> Value {
    let mut successful = Vec::new();
    for entry in &request.entries {
        seen.lock().unwrap().messages.push(Received {
            body: entry.message_body.clone(),
            came_at,
            answered_at: Instant::now(),
        });
        successful.push(json!({"Id": entry.id, "MessageId": "m", "MD5OfMessageBody": "m"}));
    }
    json!({"Successful": successful, "Failed": []})
}

/// A `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    message_body: String,
}

impl Seen {
    fn arrive(&mut self, batch: &Batch, came_at: Instant) {
        #[derive(Deserialize)]
        struct Message {
            id: String,
        }
        self.requests += 1;
        for entry in &batch.entries {
            let message: Message = serde_json::from_str(&entry.message_body).unwrap();
            self.arrivals.push((message.id, came_at));
        }
    }
}
