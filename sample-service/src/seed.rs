//! Seeding: the demo's calls, invoked on the real service in processes of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::callers::DEMO_ORG_ID;
use crate::event::event;
use crate::operations::services;
use crate::runtime_api::{Completion, CompletionKind, RuntimeApi};
use crate::script::calls;

/// How long a service may take for one call, its start included.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How to seed.
#[derive(Debug, Clone)]
pub struct SeedOptions {
    /// The program that serves as [`crate::run`] does, and its arguments.
    pub service_command: (PathBuf, Vec<OsString>),
    /// Where the capture layer sends: `http://127.0.0.1:8080/intake`.
    pub intake_url: String,
    /// The end of the demo's thirty days.
    pub now: Timestamp,
}

/// What the services answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeedReport {
    /// Calls that were made.
    pub calls: usize,
    /// Calls with a GET, which the capture layer leaves out.
    pub reads: usize,
    /// Answers below 400.
    pub succeeded: usize,
    /// Answers of 401 and 403.
    pub denied: usize,
    /// Answers of any other status from 400, and handlers that failed.
    pub failed: usize,
}

/// Seeding could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The Runtime API could not listen.
    #[error("cannot listen on 127.0.0.1")]
    Listen(#[source] std::io::Error),
    /// The service could not be started.
    #[error("cannot start the sample service {program:?}")]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// Why it was not.
        source: std::io::Error,
    },
    /// The service ended before it had answered.
    #[error("the sample service for {service} ended: {status}")]
    Ended {
        /// Which of the services.
        service: &'static str,
        /// How it ended.
        status: String,
    },
    /// The service took too long.
    #[error("the sample service for {service} did not answer in time")]
    TimedOut {
        /// Which of the services.
        service: &'static str,
    },
}

/// Invokes the sample service with every call of the demo.
///
/// Each of the six services is a function of its own, as in real life, with one environment (a
/// process with a Runtime API) for the calls of the main tenant and one for all others: what a
/// service remembers is a tenant's. An environment gets its calls one after another, all of them
/// work side by side. When this returns, every message has been sent. `progress` is told how many of all calls are done.
///
/// # Errors
/// Where a service cannot be started, ends or hangs. Whatever it was, no process stays behind.
pub async fn seed(
    options: SeedOptions,
    mut progress: impl FnMut(usize, usize),
) -> Result<SeedReport, SeedError> {
    let calls = calls(options.now);
    let all = calls.len();
    let (done_sender, mut done) = mpsc::channel(64);
    let mut functions: FuturesUnordered<_> = services()
        .into_iter()
        .flat_map(|service| [(service, true), (service, false)])
        .map(|(service, is_main_tenant)| {
            let events = calls
                .iter()
                .filter(|(call, _)| {
                    call.operation.service == service
                        && (call.caller.org_id == DEMO_ORG_ID) == is_main_tenant
                })
                .map(|(call, at)| Planned {
                    is_read: call.operation.method == "GET",
                    event: Bytes::from(event(call, *at).to_string()),
                })
                .collect();
            run_function(service, &options, events, done_sender.clone())
        })
        .collect();
    drop(done_sender);

    let mut report = SeedReport::default();
    loop {
        tokio::select! {
            biased;
            Some(answer) = done.recv() => {
                report.count(&answer);
                progress(report.calls, all);
            }
            Some(finished) = functions.next() => finished?,
            else => return Ok(report),
        }
    }
}

/// A call to come.
struct Planned {
    is_read: bool,
    event: Bytes,
}

/// A call that is done.
struct Answered {
    is_read: bool,
    completion: Completion,
}

impl SeedReport {
    fn count(&mut self, answered: &Answered) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            status_code: u16,
        }
        self.calls += 1;
        self.reads += usize::from(answered.is_read);
        let answer = serde_json::from_slice::<Answer>(&answered.completion.body);
        match (answered.completion.kind, answer) {
            (CompletionKind::Response, Ok(answer)) => match answer.status_code {
                0..=399 => self.succeeded += 1,
                401 | 403 => self.denied += 1,
                _ => self.failed += 1,
            },
            _ => self.failed += 1,
        }
    }
}

async fn run_function(
    service: &'static str,
    options: &SeedOptions,
    events: Vec<Planned>,
    done: mpsc::Sender<Answered>,
) -> Result<(), SeedError> {
    let runtime_api = RuntimeApi::start().await.map_err(SeedError::Listen)?;
    let mut process = start(service, options, &runtime_api)?;
    let count = events.len() as u64;
    for planned in events {
        let completion = within(service, &mut process, async {
            runtime_api.invoke(planned.event).await.ok()
        })
        .await?;
        let Some(completion) = completion else {
            return Err(SeedError::TimedOut { service });
        };
        // Nobody listens where seeding has failed elsewhere.
        let _ = done
            .send(Answered {
                is_read: planned.is_read,
                completion,
            })
            .await;
    }
    // Who asks for the next event has sent the message of the last one.
    within(service, &mut process, runtime_api.asked(count + 1)).await?;
    let _ = process.kill().await;
    Ok(())
}

fn start(
    service: &str,
    options: &SeedOptions,
    runtime_api: &RuntimeApi,
) -> Result<Child, SeedError> {
    let (program, arguments) = &options.service_command;
    let mut command = Command::new(program);
    // What a developer has set for a service of their own does not count here.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DAYBOOK_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(runtime_api.environment(service))
        .env("DAYBOOK_INTAKE_URL", &options.intake_url)
        // A laptop that is busy building is slower than a queue.
        .env("DAYBOOK_FLUSH_TIMEOUT_MS", "10000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| SeedError::Start {
            program: program.clone(),
            source,
        })
}

/// The answer, unless the process ends or takes too long first.
async fn within<T>(
    service: &'static str,
    process: &mut Child,
    answer: impl Future<Output = T>,
) -> Result<T, SeedError> {
    tokio::select! {
        answer = tokio::time::timeout(CALL_TIMEOUT, answer) => {
            answer.map_err(|_| SeedError::TimedOut { service })
        }
        ended = process.wait() => Err(SeedError::Ended {
            service,
            status: match ended {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
        }),
    }
}
