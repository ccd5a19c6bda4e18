//! The router as a plain server over HTTP/1.1, in which no client keeps a connection for ever by half a
//! request, and none keeps the server from ending.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Sleep;

/// How long a request's head may take. A connection that waits for its next request counts as well, and proxies and
/// load balancers keep theirs for one to ten minutes: one that ends before they know it is an error to a client.
const HEAD_TIMEOUT: Duration = Duration::from_secs(620);
/// How long a client may read nothing of an answer. What it was told is recorded when its connection ends.
const READ_PAUSE_MAX: Duration = Duration::from_mins(3);
/// How long to wait where no connection can be taken, as when too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `ending`, and then what is under way for at most `grace`. No answer is being made any
/// more when this returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    ending: impl Future<Output = ()>,
    grace: Duration,
) {
    let mut ending = pin!(ending);
    let mut connections = JoinSet::new();
    let (end, is_ending) = watch::channel(false);
    loop {
        tokio::select! {
            () = &mut ending => break,
            stream = accepted(&listener) => {
                connections.spawn(answer(stream, router.clone(), is_ending.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    end.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "answers that are not read to their end are given up"
        );
        connections.shutdown().await;
    }
}

async fn accepted(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn answer(stream: TcpStream, router: Router, mut is_ending: watch::Receiver<bool>) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let stream = TokioIo::new(ReadOn {
        stream,
        waiting: None,
    });
    let mut connection = pin!(builder.serve_connection(stream, service));
    // What goes wrong on one connection is its client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = is_ending.wait_for(|is_ending| *is_ending) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// A connection that fails when its client has not read on for long.
struct ReadOn {
    stream: TcpStream,
    /// There while something cannot be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl ReadOn {
    fn bounded<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let sleep = || Box::pin(tokio::time::sleep(READ_PAUSE_MAX));
        ready!(
            self.waiting
                .get_or_insert_with(sleep)
                .as_mut()
                .poll(context)
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ReadOn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ReadOn {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;

    use axum::body::{Body, Bytes};
    use axum::routing::get;
    use futures::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;

    use super::*;

    const AN_HOUR: Duration = Duration::from_hours(1);

    async fn connected(
        text: &str,
        router: Router,
        ending: Arc<Notify>,
    ) -> (TcpStream, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        let mut serving = JoinSet::new();
        let grace = Duration::from_secs(20);
        serving.spawn(async move { serve(listener, router, ending.notified(), grace).await });
        (client, serving)
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_head_ends_and_a_whole_one_is_answered() {
        let router = Router::new().route("/", get(async || "here"));
        for (text, is_answered) in [
            ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nhost: x\r\n", false),
        ] {
            let (mut client, _serving) = connected(text, router.clone(), Arc::default()).await;
            let mut answer = String::new();
            let end = tokio::time::timeout(AN_HOUR, client.read_to_string(&mut answer)).await;
            assert!(end.is_ok(), "{text}");
            assert_eq!(answer.ends_with("here"), is_answered, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_no_more_loses_its_connection() {
        let (bodies, mut ended) = tokio::sync::mpsc::unbounded_channel::<()>();
        let (asked, first) = (Arc::new(Notify::new()), std::sync::Mutex::new(Some(bodies)));
        let begun = asked.clone();
        let endless = async move || {
            let body = first.lock().unwrap().take();
            begun.notify_one();
            Body::from_stream(stream::repeat_with(move || {
                let _ = &body;
                Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 8 * 1024]))
            }))
        };
        let first = Arc::new(endless);
        let router = Router::new().route("/", get(async move || first().await));
        let text = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let (_client, _serving) = connected(text, router, Arc::default()).await;
        asked.notified().await;
        let ended = tokio::time::timeout(AN_HOUR, ended.recv()).await;
        assert_eq!(ended, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_end_keeps_no_server_from_ending() {
        let (ending, held) = (Arc::new(Notify::new()), Arc::new(()));
        let (asked, inside) = (ending.clone(), held.clone());
        let never = async move || {
            let _inside = inside.clone();
            asked.notify_one();
            pending::<&str>().await
        };
        let router = Router::new().route("/", get(never));
        let text = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let (_client, mut serving) = connected(text, router, ending).await;
        let ended = tokio::time::timeout(AN_HOUR, serving.join_next()).await;
        ended.unwrap().unwrap().unwrap();
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
