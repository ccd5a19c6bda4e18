//! `POST /intake`: newline-delimited queue messages in place of SQS, through the batch handler that
//! the Lambda runs. On this machine only; a Lambda has no such door.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use daybook_normalizer::Poison;
use daybook_normalizer::message::MESSAGE_BYTES_MAX;
use futures::StreamExt as _;
use serde::Serialize;
use tokio::sync::watch;

use super::batcher::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Batcher, Fate};
use super::dead_letter_file::DeadLetterFile;
use crate::lines::{Line, LineSplitter};
use crate::process::stopped;

/// The answer names this many failed lines; the others are counted.
const FAILURES_LISTED_MAX: usize = 10_000;

/// The door's handler and its dead letters.
#[derive(Clone)]
pub(crate) struct Intake {
    batcher: Batcher,
    dead_letters: Arc<DeadLetterFile>,
    stop: watch::Receiver<bool>,
}

/// What became of the lines.
#[derive(Debug, Default, Serialize)]
struct Answer {
    /// Messages that can be searched now, copies of stored ones included.
    accepted: u64,
    /// Messages left out on purpose: reads that nobody asked to capture, operations to ignore.
    #[serde(skip_serializing_if = "is_zero")]
    dropped: u64,
    /// Messages that are not stored, each with its reason.
    failed: Vec<FailedLine>,
    /// Failed messages beyond those listed.
    #[serde(skip_serializing_if = "is_zero")]
    failed_not_listed: u64,
}

#[derive(Debug, Serialize)]
struct FailedLine {
    line: u64,
    reason: String,
}

/// The route.
pub(crate) fn router(intake: Intake) -> Router {
    Router::new()
        .route("/intake", post(take))
        .with_state(intake)
}

async fn take(State(intake): State<Intake>, headers: HeaderMap, body: Body) -> Response {
    if let Some(refusal) = refusal(&headers) {
        return (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response();
    }
    // In a task of its own: a sender that goes away does not take back what it sent whole.
    match tokio::spawn(intake.take(body)).await {
        Ok((status, answer)) => (status, Json(answer)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Intake {
    pub(crate) fn new(
        batcher: Batcher,
        dead_letters: Arc<DeadLetterFile>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            batcher,
            dead_letters,
            stop,
        }
    }

    /// Reads lines and handles them, a batch at a time, until the body or this program ends.
    async fn take(self, body: Body) -> (StatusCode, Answer) {
        let mut answer = Answer::default();
        let mut splitter = LineSplitter::new(MESSAGE_BYTES_MAX);
        let mut batch = Vec::new();
        let mut batch_bytes = 0;
        let mut chunks = body.into_data_stream();
        let status = loop {
            let chunk = tokio::select! {
                chunk = chunks.next() => chunk,
                // What is read is handled, and the answer says how far it went.
                () = stopped(self.stop.clone()) => break StatusCode::SERVICE_UNAVAILABLE,
            };
            match chunk {
                Some(Ok(chunk)) => {
                    for line in splitter.push(&chunk) {
                        batch_bytes += line.bytes.len();
                        batch.push(line);
                        if batch.len() >= BATCH_MESSAGES_MAX || batch_bytes >= BATCH_BYTES_MAX {
                            self.handle(std::mem::take(&mut batch), &mut answer).await;
                            batch_bytes = 0;
                        }
                    }
                }
                // The last line may be cut in the middle: it is not handled.
                Some(Err(_)) => break StatusCode::BAD_REQUEST,
                None => {
                    batch.extend(splitter.finish());
                    break StatusCode::OK;
                }
            }
        };
        self.handle(batch, &mut answer).await;
        answer.failed.sort_by_key(|failed| failed.line);
        (status, answer)
    }

    async fn handle(&self, lines: Vec<Line>, answer: &mut Answer) {
        let mut waiting: Vec<(u64, String)> = Vec::with_capacity(lines.len());
        for line in lines {
            let poison = if line.total_bytes > MESSAGE_BYTES_MAX {
                Some(Poison::too_long(line.total_bytes))
            } else {
                match String::from_utf8(line.bytes.to_vec()) {
                    Ok(text) => {
                        waiting.push((line.number, text));
                        None
                    }
                    Err(_) => Some(Poison::NotUtf8),
                }
            };
            if let Some(poison) = poison {
                self.keep_bytes(&line, &poison, answer);
            }
        }
        if waiting.is_empty() {
            return;
        }
        let (numbers, bodies): (Vec<u64>, Vec<String>) = waiting.into_iter().unzip();
        for (line, fate) in numbers.into_iter().zip(self.batcher.store(bodies).await) {
            match fate {
                Fate::Accepted => answer.accepted += 1,
                Fate::Dropped => answer.dropped += 1,
                Fate::Failed(reason) => answer.fail(line, reason),
            }
        }
    }

    /// Keeps a line that is no message at all: of one that is too long, its beginning.
    fn keep_bytes(&self, line: &Line, poison: &Poison, answer: &mut Answer) {
        let reason = poison.to_string();
        let kept =
            tokio::task::block_in_place(|| self.dead_letters.keep_bytes(&line.bytes, &reason));
        answer.fail(
            line.number,
            match kept {
                Ok(()) => reason,
                Err(_) => format!("{reason}, and the dead-letter file cannot be written"),
            },
        );
    }
}

impl Answer {
    fn fail(&mut self, line: u64, reason: String) {
        if self.failed.len() < FAILURES_LISTED_MAX {
            self.failed.push(FailedLine { line, reason });
        } else {
            self.failed_not_listed += 1;
        }
    }
}

/// A web page of another site must not be able to write here: browsers name it in `Origin`, and a
/// host name that was made to point at this machine stands in `Host`.
fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    if headers.contains_key(header::ORIGIN) {
        return Some("the intake takes no requests from web pages");
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts
        .next()
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is_loopback = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    (!is_loopback || hosts.next().is_some()).then_some("the intake is for this machine only")
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_no_web_page_may_send() {
        let allowed = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for &(name, value) in pairs {
                headers.append(name, value.parse().unwrap());
            }
            refusal(&headers).is_none()
        };
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "localhost:1",
            "[::1]:8080",
            "127.0.0.1",
        ] {
            assert!(allowed(&[("host", host)]), "{host}");
            assert!(!allowed(&[("host", host), ("origin", "null")]), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "10.0.0.1:8080",
        ] {
            assert!(!allowed(&[("host", host)]), "{host}");
        }
        assert!(!allowed(&[]));
        assert!(!allowed(&[("host", "localhost"), ("host", "evil.example")]));
    }
}
