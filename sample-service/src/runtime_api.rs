//! A Lambda Runtime API on this machine: hands one function its events and collects the answers.
//!
//! It speaks the part of the protocol that a runtime needs (`next`, `response`, `error`,
//! `init/error`), see <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;

/// Lambda's own limit is 6 MB, and 20 MB for a streamed response.
const ANSWER_BYTES_MAX: usize = 20 * 1024 * 1024;

/// How long a function may take for one event: Lambda's own limit. It is a time of day, and the clock of a machine
/// that was halted for a while is set forward under a function that is at work.
const DEADLINE: Duration = Duration::from_mins(15);

const PREFIX: &str = "/2018-06-01/runtime/";

/// The Runtime API of one function, on a free port of 127.0.0.1; it ends when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

/// What a function answered to an event.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The event's own.
    pub request_id: String,
    /// Whether it was an answer or a failure.
    pub kind: CompletionKind,
    /// The headers of the POST.
    pub headers: HeaderMap,
    /// The body of the POST, whole.
    pub body: Bytes,
    /// What came behind the body: how a streamed response failed half way.
    pub trailers: HeaderMap,
    /// When the POST was complete.
    pub completed_at: Instant,
}

/// Whether a function answered or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// It posted to `response`.
    Response,
    /// It posted to `error`.
    Error,
}

/// The function cannot answer any more.
#[derive(Debug, thiserror::Error)]
#[error("the runtime API was shut down before the function answered")]
pub struct ShutDown;

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    event_came: Notify,
    polls: watch::Sender<Polls>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Invocation>,
    under_way: HashMap<String, oneshot::Sender<Completion>>,
    last_request_id: u64,
}

#[derive(Debug)]
struct Invocation {
    request_id: String,
    event: Bytes,
}

/// How often the function has asked for an event, and when it last did.
#[derive(Debug, Clone, Copy)]
struct Polls {
    count: u64,
    last_at: Instant,
}

impl RuntimeApi {
    /// Starts listening.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            event_came: Notify::new(),
            polls: watch::Sender::new(Polls {
                count: 0,
                last_at: Instant::now(),
            }),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, shared.clone()));
        Ok(Self {
            address,
            shared,
            _accepting: accepting,
        })
    }

    /// The environment that Lambda gives a function, with this API's address in it.
    pub fn environment(&self, function_name: &str) -> Vec<(&'static str, OsString)> {
        vec![
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string().into()),
            ("AWS_LAMBDA_FUNCTION_NAME", function_name.into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ]
    }

    /// Hands the function an event and waits for what it answers.
    ///
    /// # Errors
    /// Where the API ends first.
    pub async fn invoke(&self, event: Bytes) -> Result<Completion, ShutDown> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.shared.state();
            state.last_request_id += 1;
            let request_id = format!("00000000-0000-4000-8000-{:012x}", state.last_request_id);
            state.under_way.insert(request_id.clone(), sender);
            state.waiting.push_back(Invocation { request_id, event });
        }
        self.shared.event_came.notify_one();
        receiver.await.map_err(|_| ShutDown)
    }

    /// Waits until the function has asked for an event `count` times, and says when it last asked.
    ///
    /// After `n` answers, its asking for the next event (`n + 1`) says that all it does between
    /// two events is done.
    pub async fn asked(&self, count: u64) -> Instant {
        let mut polls = self.shared.polls.subscribe();
        match polls.wait_for(|polls| polls.count >= count).await {
            Ok(polls) => polls.last_at,
            Err(_) => Instant::now(),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next_invocation(&self) -> Invocation {
        loop {
            if let Some(invocation) = self.state().waiting.pop_front() {
                return invocation;
            }
            self.event_came.notified().await;
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(route) = path.strip_prefix(PREFIX) else {
            return status(StatusCode::NOT_FOUND);
        };
        let parts: Vec<&str> = route.split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => {
                self.polls.send_modify(|polls| {
                    polls.count += 1;
                    polls.last_at = Instant::now();
                });
                next_response(self.next_invocation().await)
            }
            (&Method::POST, ["invocation", request_id, "response"]) => {
                self.complete(request_id, CompletionKind::Response, request)
                    .await
            }
            (&Method::POST, ["invocation", request_id, "error"]) => {
                self.complete(request_id, CompletionKind::Error, request)
                    .await
            }
            (&Method::POST, ["init", "error"]) => status(StatusCode::ACCEPTED),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    async fn complete(
        &self,
        request_id: &str,
        kind: CompletionKind,
        request: Request<Incoming>,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, ANSWER_BYTES_MAX).collect().await else {
            return status(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let Some(sender) = self.state().under_way.remove(request_id) else {
            return status(StatusCode::GONE);
        };
        // Nobody waits any more where the invocation was given up.
        let _ = sender.send(Completion {
            request_id: request_id.to_owned(),
            kind,
            headers: head.headers,
            trailers: body.trailers().cloned().unwrap_or_default(),
            body: body.to_bytes(),
            completed_at: Instant::now(),
        });
        status(StatusCode::ACCEPTED)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, shared.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without this each answer waits for the other side's delayed acknowledgement (40 ms).
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, std::convert::Infallible>(shared.answer(request).await) }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "a function closed its connection to the runtime API");
    }
}

fn next_response(invocation: Invocation) -> Response<Full<Bytes>> {
    let deadline = SystemTime::now() + DEADLINE;
    let deadline_ms = deadline
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let mut response = Response::new(Full::new(invocation.event));
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:sample".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}
