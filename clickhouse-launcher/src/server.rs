//! The parent's side: starts the child, waits until it answers as a real user, stops it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::http::request;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::child::{ChildOptions, EXIT_DIRECTORY_IN_USE, users_xml_message};
use crate::engine::Engine;
use crate::error::LauncherError;

/// How long a start waits for the engine of a killed parent to end.
const ORPHAN_WAIT: Duration = Duration::from_secs(30);
const STOP_WAIT: Duration = Duration::from_secs(15);
const READY_POLL_INTERVAL: Duration = Duration::from_millis(20);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
const PROBE_BYTES_MAX: usize = 64 * 1024;
const PORT_ATTEMPTS_MAX: u32 = 5;
const OUTPUT_LINES_MAX: usize = 20;
const OUTPUT_LINE_BYTES_MAX: usize = 400;

/// How to run an engine.
#[derive(Clone)]
pub struct ServerOptions {
    /// A directory for the engine alone: its data, its configuration, its lock. Made if it is not
    /// there.
    pub data_directory: PathBuf,
    /// The content of `users.xml`: users, profiles and quotas, but for `default`, which is the
    /// launcher's own.
    pub users_xml: String,
    /// One of those users, as whom the server must answer a query before it counts as ready.
    pub ready_user: String,
    /// That user's password.
    pub ready_password: String,
    /// The program and its first arguments that lead to
    /// [`run_engine_child`](crate::run_engine_child).
    pub engine_command: (PathBuf, Vec<OsString>),
    /// How long it may take from the lock on the directory to the first answer.
    pub ready_timeout: Duration,
}

impl std::fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerOptions")
            .field("data_directory", &self.data_directory)
            .field("ready_user", &self.ready_user)
            .field("engine_command", &self.engine_command)
            .field("ready_timeout", &self.ready_timeout)
            .finish_non_exhaustive()
    }
}

/// A running ClickHouse. Dropping it kills a library, which costs nothing that was acknowledged, and
/// lets the child end a binary within 10 s; [`Server::stop`] ends it cleanly.
#[derive(Debug)]
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    http_port: u16,
    output: LastLines,
}

/// How a ClickHouse ended by itself.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit status, or the signal that killed it.
    pub status: ExitStatus,
    /// The end of what it said.
    pub output: String,
}

impl Server {
    /// Runs `engine` and waits until it answers a query. An engine that a killed parent left on
    /// the same directory is waited for, up to 30 s.
    ///
    /// # Errors
    /// [`LauncherError::DirectoryInUse`], [`LauncherError::Ended`] and
    /// [`LauncherError::NotReady`] with the last lines that ClickHouse wrote, or
    /// [`LauncherError::Io`].
    pub async fn start(engine: &Engine, options: &ServerOptions) -> Result<Self, LauncherError> {
        let mut attempt = 1;
        loop {
            match Self::start_once(engine, options).await {
                // Between the choice of the port and its use, somebody else may take it.
                Err(LauncherError::Ended { output, .. })
                    if attempt < PORT_ATTEMPTS_MAX && output.contains("Address already in use") =>
                {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// The address of the HTTP interface: `http://127.0.0.1:PORT`.
    pub fn http_url(&self) -> String {
        url(self.http_port)
    }

    /// The id of the child process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the child has ended by itself, which it does only when it fails.
    ///
    /// # Errors
    /// [`LauncherError::Io`].
    pub async fn ended(&mut self) -> Result<Ended, LauncherError> {
        let status = self
            .child
            .wait()
            .await
            .map_err(LauncherError::io("waiting for clickhouse"))?;
        Ok(Ended {
            status,
            output: self.output.text().await,
        })
    }

    /// Stops it cleanly; one that has not ended after 15 s is killed, a binary after 10 s.
    ///
    /// # Errors
    /// [`LauncherError::Io`].
    pub async fn stop(mut self) -> Result<(), LauncherError> {
        drop(self.input.take());
        if let Ok(ended) = timeout(STOP_WAIT, self.child.wait()).await {
            let status = ended.map_err(LauncherError::io("waiting for clickhouse"))?;
            if !status.success() {
                tracing::warn!("clickhouse did not stop cleanly ({status})");
            }
            return Ok(());
        }
        tracing::warn!("clickhouse did not stop within {STOP_WAIT:?} and is killed");
        self.child
            .kill()
            .await
            .map_err(LauncherError::io("killing clickhouse"))
    }

    /// Kills it as `kill -9` does: what it was doing stays half done.
    ///
    /// # Errors
    /// [`LauncherError::Io`].
    pub async fn kill(mut self) -> Result<(), LauncherError> {
        // The kernel kills the server of a binary with it, but for one with capabilities of its own.
        self.child
            .kill()
            .await
            .map_err(LauncherError::io("killing clickhouse"))
    }

    async fn start_once(engine: &Engine, options: &ServerOptions) -> Result<Self, LauncherError> {
        let http_port = free_port()?;
        let users_xml = users_xml_message(&options.users_xml)
            .map_err(LauncherError::io("encoding users.xml"))?;
        let child_options = ChildOptions {
            engine: engine.clone(),
            directory: options.data_directory.clone(),
            http_port,
            lock_wait: ORPHAN_WAIT,
        };
        let (program, first_arguments) = &options.engine_command;
        let mut child = Command::new(program)
            .args(first_arguments)
            .args(child_options.to_arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A group of its own: what is sent to the caller's (by Ctrl-C, by `timeout`) is not for the engine, which
            // is needed until the caller has stored what it has taken.
            .process_group(0)
            // The child of a binary would leave its server behind; it ends with its input.
            .kill_on_drop(matches!(engine, Engine::Library(_)))
            .spawn()
            .map_err(LauncherError::io(format!("starting {}", program.display())))?;
        let output = LastLines::default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(output.clone().collect(stderr));
        }
        let mut input = child.stdin.take();
        if let Some(input) = &mut input {
            // A child that ended at once has not read it; its exit says more than this error.
            let _ = input.write_all(&users_xml).await;
        }
        let mut server = Self {
            child,
            input,
            http_port,
            output,
        };
        server.wait_until_ready(options).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, options: &ServerOptions) -> Result<(), LauncherError> {
        let deadline = Instant::now() + ORPHAN_WAIT + options.ready_timeout;
        loop {
            let status = self
                .child
                .try_wait()
                .map_err(LauncherError::io("waiting for clickhouse"))?;
            if let Some(status) = status {
                if status.code() == Some(i32::from(EXIT_DIRECTORY_IN_USE)) {
                    return Err(LauncherError::DirectoryInUse {
                        directory: options.data_directory.clone(),
                        waited_seconds: ORPHAN_WAIT.as_secs(),
                    });
                }
                return Err(LauncherError::Ended {
                    status: status.to_string(),
                    output: self.output.text().await,
                });
            }
            let answer = probe(self.http_port, options).await;
            match answer {
                Ok(()) => return Ok(()),
                Err(_) if Instant::now() < deadline => sleep(READY_POLL_INTERVAL).await,
                Err(problem) => {
                    let said = self.output.text().await;
                    return Err(LauncherError::NotReady {
                        waited_seconds: (ORPHAN_WAIT + options.ready_timeout).as_secs(),
                        output: if said.is_empty() { problem } else { said },
                    });
                }
            }
        }
    }
}

fn url(http_port: u16) -> String {
    format!("http://127.0.0.1:{http_port}")
}

fn free_port() -> Result<u16, LauncherError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(LauncherError::io("looking for a free port"))
}

/// Asks for `/ping`, then runs a query as a real user: the first answers before users are there.
async fn probe(http_port: u16, options: &ServerOptions) -> Result<(), String> {
    let url = url(http_port);
    ask(Request::get(format!("{url}/ping"))).await?;
    let query = Request::get(format!("{url}/?query=SELECT%201"))
        .header("X-ClickHouse-User", &options.ready_user)
        .header("X-ClickHouse-Key", &options.ready_password);
    ask(query).await
}

async fn ask(request: request::Builder) -> Result<(), String> {
    let request = request
        .body(Full::<Bytes>::default())
        .map_err(|error| error.to_string())?;
    let exchange = async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let response = client
            .request(request)
            .await
            .map_err(|error| error.to_string())?;
        if response.status() == StatusCode::OK {
            return Ok(());
        }
        let body = Limited::new(response.into_body(), PROBE_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Err(shorten(&String::from_utf8_lossy(&body.to_bytes())))
    };
    timeout(PROBE_TIMEOUT, exchange)
        .await
        .unwrap_or_else(|_| Err("no answer".to_owned()))
}

/// The end of what the child wrote to stderr.
#[derive(Debug, Clone, Default)]
struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    async fn collect(self, stderr: impl AsyncRead + Unpin) {
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        loop {
            line.clear();
            // Read in pieces, so that a line without an end cannot fill the memory.
            match read_line(&mut stderr, &mut line).await {
                Ok(true) => {}
                Ok(false) | Err(_) => return,
            }
            let text = shorten(&String::from_utf8_lossy(&line));
            tracing::debug!(target: "clickhouse", "{text}");
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == OUTPUT_LINES_MAX {
                lines.pop_front();
            }
            lines.push_back(text);
        }
    }

    /// What was said until now. A child that has just ended is given a moment: its last words may
    /// still be in the pipe.
    async fn text(&self) -> String {
        for _ in 0..10 {
            // The collecting task owns the only other reference and drops it at the end.
            if Arc::strong_count(&self.0) == 1 {
                break;
            }
            sleep(READY_POLL_INTERVAL).await;
        }
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

/// Reads to the next line feed, keeping the first [`OUTPUT_LINE_BYTES_MAX`] bytes. False at the
/// end.
async fn read_line(
    reader: &mut (impl AsyncBufReadExt + Unpin),
    line: &mut Vec<u8>,
) -> std::io::Result<bool> {
    let mut any = false;
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = &available[..end.unwrap_or(available.len())];
        let room = OUTPUT_LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        let consumed = end.map_or(available.len(), |end| end + 1);
        reader.consume(consumed);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    text.chars().take(OUTPUT_LINE_BYTES_MAX).collect()
}
