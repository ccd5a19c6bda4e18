//! What is around the service under test: the Runtime API, its process, and queues of every mood.

use std::convert::Infallible;
use std::env;
use std::future::pending;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_event::CapturedExchange;
use daybook_sample_service::runtime_api::{Completion, RuntimeApi};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::FLUSH_TIMEOUT_MS;
use crate::service::{STYLE_VARIABLE, Style};

/// One event for each way in which a handler ends, and a GET.
pub(crate) fn events() -> Vec<Value> {
    let paths = [
        "/succeed",
        "/text",
        "/empty",
        "/denied",
        "/slow",
        "/large",
        "/fail",
        "/panic",
        "/panic-at-once",
    ];
    let event = |method: &str, path: &str| {
        json!({
            "resource": path, "path": path, "httpMethod": method,
            "headers": {"Authorization": "Bearer x", "Host": "api.example.com"},
            "multiValueHeaders": {}, "queryStringParameters": null,
            "multiValueQueryStringParameters": null, "pathParameters": null, "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1", "stage": "$default", "httpMethod": method,
                "resourcePath": path, "path": path, "requestId": "r", "extendedRequestId": "e=",
                "requestTimeEpoch": 1_763_796_074_123_u64, "protocol": "HTTP/1.1",
                "identity": {"sourceIp": "203.0.113.7"}, "authorizer": {"principalId": "p"},
                "a_field_that_no_type_knows": {"n": 1.5},
            },
            "body": "{\"name\":\"x\"}", "isBase64Encoded": false,
        })
    };
    let mut events: Vec<Value> = paths.iter().map(|path| event("POST", path)).collect();
    events.push(event("GET", "/succeed"));
    events
}

/// The service under test as a process.
pub(crate) struct Function {
    runtime_api: RuntimeApi,
    _process: Child,
}

impl Function {
    pub(crate) async fn start(style: Style, intake_url: Option<String>) -> Self {
        let runtime_api = RuntimeApi::start().await.unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "service_process"])
            .envs(runtime_api.environment("service-under-test"))
            .env(STYLE_VARIABLE, format!("{style:?}"))
            .env("DAYBOOK_FLUSH_TIMEOUT_MS", FLUSH_TIMEOUT_MS.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = intake_url {
            command.env("DAYBOOK_INTAKE_URL", url);
        }
        Self {
            runtime_api,
            _process: command.spawn().unwrap(),
        }
    }

    pub(crate) async fn invoke(&self, event: &Value) -> Completion {
        let answer = self.runtime_api.invoke(Bytes::from(event.to_string()));
        tokio::time::timeout(Duration::from_secs(30), answer)
            .await
            .expect("the service answers")
            .unwrap()
    }

    pub(crate) async fn asked(&self, count: u64) -> Instant {
        tokio::time::timeout(Duration::from_secs(30), self.runtime_api.asked(count))
            .await
            .expect("the service asks for the next event")
    }
}

/// A message as the queue received it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) exchange: CapturedExchange,
    pub(crate) came_at: Instant,
    pub(crate) answered_at: Instant,
}

#[derive(Clone, Copy)]
enum Mood {
    Healthy(Duration),
    Broken,
    BlackHole,
}

/// An intake of some mood.
pub(crate) struct Queue {
    address: SocketAddr,
    messages: Arc<Mutex<Vec<Received>>>,
    _serving: JoinSet<()>,
}

impl Queue {
    pub(crate) async fn healthy() -> Self {
        Self::start(Mood::Healthy(Duration::ZERO)).await
    }

    /// Answers after this long.
    pub(crate) async fn slow(delay: Duration) -> Self {
        Self::start(Mood::Healthy(delay)).await
    }

    /// Answers 500.
    pub(crate) async fn broken() -> Self {
        Self::start(Mood::Broken).await
    }

    /// Takes the connection and never answers.
    pub(crate) async fn black_hole() -> Self {
        Self::start(Mood::BlackHole).await
    }

    /// Nobody listens there.
    pub(crate) async fn refused() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            messages: Arc::default(),
            _serving: JoinSet::new(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/intake", self.address)
    }

    pub(crate) fn messages(&self) -> Vec<Received> {
        self.messages.lock().unwrap().clone()
    }

    async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let messages: Arc<Mutex<Vec<Received>>> = Arc::default();
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, mood, messages.clone()));
        Self {
            address,
            messages,
            _serving: serving,
        }
    }
}

async fn accept(listener: TcpListener, mood: Mood, messages: Arc<Mutex<Vec<Received>>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let messages = messages.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| take(request, mood, messages.clone()));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    mood: Mood,
    messages: Arc<Mutex<Vec<Received>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let came_at = Instant::now();
    let lines = request.into_body().collect().await.unwrap().to_bytes();
    let (status, answer) = match mood {
        Mood::BlackHole => pending().await,
        Mood::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "no"),
        Mood::Healthy(delay) => {
            tokio::time::sleep(delay).await;
            for line in std::str::from_utf8(&lines).unwrap().lines() {
                messages.lock().unwrap().push(Received {
                    exchange: serde_json::from_str(line).unwrap(),
                    came_at,
                    answered_at: Instant::now(),
                });
            }
            (StatusCode::OK, r#"{"accepted":1,"failed":[]}"#)
        }
    };
    let mut response = Response::new(Full::from(answer));
    *response.status_mut() = status;
    Ok(response)
}
