//! The service under test as a process of its own, with the Runtime API that invokes it.

use std::env;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_sample_service::runtime_api::{Completion, RuntimeApi};
use tokio::process::{Child, Command};

use crate::service::{STYLE_VARIABLE, Style};

/// A hang ends a test, and a machine that is busy with other things does not.
const PATIENCE: Duration = Duration::from_mins(2);

/// The service under test as a process.
pub(crate) struct Function {
    runtime_api: RuntimeApi,
    process: Child,
}

impl Function {
    /// With the capture layer where there is an environment for it.
    pub(crate) async fn start(style: Style, environment: &[(&'static str, String)]) -> Self {
        let runtime_api = RuntimeApi::start().await.unwrap();
        let process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "service_process"])
            .envs(runtime_api.environment("service-under-test"))
            .env(STYLE_VARIABLE, format!("{style:?}"))
            .envs(environment.iter().cloned())
            // Thousands of handlers panic.
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            runtime_api,
            process,
        }
    }

    pub(crate) async fn invoke(&self, event: &str) -> Completion {
        let answer = self.runtime_api.invoke(Bytes::from(event.to_owned()));
        let mut answer = tokio::time::timeout(PATIENCE, answer)
            .await
            .expect("the service answers")
            .unwrap();
        // The Runtime API's own address, on another port each time.
        answer.headers.remove(http::header::HOST);
        answer
    }

    pub(crate) async fn asked(&self, count: usize) -> Instant {
        tokio::time::timeout(PATIENCE, self.runtime_api.asked(count as u64))
            .await
            .expect("the service asks for the next event")
    }

    pub(crate) async fn end(mut self) {
        self.process.kill().await.unwrap();
    }
}
