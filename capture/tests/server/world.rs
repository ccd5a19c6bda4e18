//! What is around the server under test: its socket, a client that sees every byte, and a sink of
//! every mood.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use daybook_capture::{
    Capture, CaptureBuilder, Message, ServerBuilder, ServerCapture, Sink, SinkError,
};
use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// A server on a loopback socket.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            axum::serve(listener, service)
                .with_graceful_shutdown(stopped)
                .await
                .unwrap();
        });
        Self {
            address,
            stop,
            serving,
        }
    }

    /// Returns when every connection is closed.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap();
    }

    /// Sends a request on a connection of its own and reads what comes back until its end, every
    /// byte but the date.
    pub(crate) async fn call(&self, request: &Raw) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(&request.0).await.unwrap();
        let mut answer = Vec::new();
        // A server that panics resets the connection: what came until then counts.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        let lines = answer.split_inclusive("\r\n");
        lines.filter(|line| !line.starts_with("date: ")).collect()
    }
}

/// A request as it stands on the wire.
#[derive(Clone)]
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl Raw {
    /// A POST of JSON, on a connection that is closed behind it.
    pub(crate) fn post(path: &str, body: &str) -> Self {
        Self::new("POST", path, &[("content-type", "application/json")], body)
    }

    pub(crate) fn new(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter();
        let headers: Vec<String> = headers
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: api.example.com\r\n{}connection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            headers.concat(),
            body.len(),
        );
        Self(text.into_bytes())
    }
}

/// What a sink does with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    Fails,
    Panics,
    PanicsAtOnce,
    NeverAnswers,
    /// Refuses every third batch, and one message of every fifth.
    FailsAtTimes,
    /// Waits for a permit before each batch.
    Waits,
    /// Takes all messages of a batch but the last one, of which it never says anything.
    OneHangs,
}

/// A sink that keeps what it has acknowledged.
#[derive(Clone)]
pub(crate) struct TestSink {
    mood: Mood,
    pub(crate) permits: Arc<Semaphore>,
    batches: Arc<Mutex<Vec<Vec<Message>>>>,
    asked: Arc<Mutex<usize>>,
}

impl TestSink {
    pub(crate) fn new(mood: Mood) -> Self {
        Self {
            mood,
            permits: Arc::new(Semaphore::new(0)),
            batches: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// How many batches came, acknowledged or not.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// The batches that were acknowledged, whole or in part.
    pub(crate) fn batches(&self) -> Vec<Vec<Message>> {
        self.batches.lock().unwrap().clone()
    }

    pub(crate) fn messages(&self) -> Vec<Value> {
        let batches = self.batches();
        let messages = batches.iter().flatten();
        messages
            .map(|message| serde_json::from_str(message.body()).unwrap())
            .collect()
    }

    fn keep(&self, messages: Vec<Message>) {
        self.batches.lock().unwrap().push(messages);
    }

    async fn take(&self, mut messages: Vec<Message>) -> Result<(), SinkError> {
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        match self.mood {
            Mood::Fails => return Err(SinkError::new(messages.len(), "no permission")),
            Mood::Panics => panic!("the sink's own panic"),
            Mood::NeverAnswers => pending().await,
            Mood::FailsAtTimes if asked % 3 == 0 => {
                return Err(SinkError::new(messages.len(), "throttled"));
            }
            Mood::FailsAtTimes if asked % 5 == 0 => {
                messages.pop();
                self.keep(messages);
                return Err(SinkError::new(1, "one was refused"));
            }
            Mood::Waits => self.permits.acquire().await.unwrap().forget(),
            Mood::OneHangs => {
                messages.pop();
                messages.iter().for_each(Message::acknowledge);
                self.keep(messages);
                return pending().await;
            }
            _ => {}
        }
        self.keep(messages);
        Ok(())
    }
}

impl Sink for TestSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        assert!(self.mood != Mood::PanicsAtOnce, "a panic without a future");
        self.take(messages).boxed()
    }
}

/// Longer than any test takes, however busy the machine is.
pub(crate) const LONG_MS: u64 = 600_000;

/// A sink and the builder of a capture that sends to it.
pub(crate) fn capture(mood: Mood) -> (TestSink, CaptureBuilder) {
    let sink = TestSink::new(mood);
    let capture = Capture::builder().sink(sink.clone());
    (sink, capture.flush_timeout_ms(LONG_MS))
}

/// A door that gives a sink the time that it takes.
pub(crate) fn builder(capture: CaptureBuilder) -> ServerBuilder {
    ServerCapture::builder(capture.build().unwrap()).shutdown_timeout_ms(LONG_MS)
}

/// A sink and a door of otherwise default settings.
pub(crate) fn door(mood: Mood) -> (TestSink, ServerCapture) {
    let (sink, capture) = capture(mood);
    (sink, builder(capture).build().unwrap())
}

/// Calls the router once with each request, and returns the messages in their order.
pub(crate) async fn messages_of(
    router: Router,
    audit: &ServerCapture,
    sink: &TestSink,
    requests: &[Raw],
) -> Vec<Value> {
    let router = router.layer(audit.layer());
    for request in requests {
        let server = Server::start(router.clone()).await;
        server.call(request).await;
        server.stop().await;
        // Batches that are under way together arrive in any order.
        assert_eq!(audit.flush().await, 0, "everything is acknowledged");
    }
    sink.messages()
}
