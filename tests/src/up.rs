//! A `daybook up` as a process of its own, as a person would start it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::clickhouse::{DIRECTORY_PREFIX, remove_abandoned_directories, started_for_all};
use crate::http;

/// Where this is set, `daybook-under-test up` ends as soon as its standard input does.
pub const ENDS_WITH_INPUT: &str = "DAYBOOK_UNDER_TEST_ENDS_WITH_INPUT";

/// A running `daybook up`; dropping it kills it.
pub struct Up {
    child: Child,
    /// What it writes to stderr, until it ends.
    words: JoinHandle<String>,
    program: PathBuf,
    data: PathBuf,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The whole `ready` line.
    pub ready: String,
}

impl Up {
    /// Starts `program` on `data` with a free port and no sample events, and waits until it is ready.
    ///
    /// # Errors
    /// With what the program wrote to stderr, where it ended before it was ready.
    pub async fn start(program: &str, data: &Path, more: &[&str]) -> anyhow::Result<Self> {
        Self::start_with_environment(program, data, more, &[]).await
    }

    /// The same with environment variables.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with_environment(
        program: &str,
        data: &Path,
        more: &[&str],
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["up", "--port", "0", "--data"])
            .arg(data)
            .args(more)
            .env_remove("DAYBOOK_CLICKHOUSE_URL")
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null());
        Self::start_as(command, data).await
    }

    /// The one of this test binary, for tests that need nothing of it for themselves but a tenant:
    /// without sample events, started by the first that asks. It ends with this process.
    ///
    /// # Panics
    /// Where it cannot be started: no test can go on without it.
    pub fn shared(program: &'static str) -> &'static Self {
        static SHARED: OnceLock<Up> = OnceLock::new();
        SHARED.get_or_init(|| {
            started_for_all(async move {
                remove_abandoned_directories();
                let data = tempfile::Builder::new()
                    .prefix(DIRECTORY_PREFIX)
                    .tempdir()?
                    .keep();
                let mut command = Command::new(program);
                command
                    .args(["up", "--port", "0", "--no-seed", "--data"])
                    .arg(&data)
                    .env_remove("DAYBOOK_CLICKHOUSE_URL")
                    .env(ENDS_WITH_INPUT, "1")
                    .stdin(Stdio::piped());
                Self::start_as(command, &data).await
            })
        })
    }

    async fn start_as(mut command: Command, data: &Path) -> anyhow::Result<Self> {
        let program = command.as_std().get_program().into();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the program cannot be started")?;
        let stderr = child.stderr.take().context("no stderr")?;
        let words = tokio::spawn(async move {
            let mut words = String::new();
            let _ = BufReader::new(stderr).read_to_string(&mut words).await;
            words
        });
        let mut lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(rest) = line.strip_prefix("ready ") {
                let url = rest.split("/?").next().unwrap_or_default().to_owned();
                return Ok(Self {
                    child,
                    words,
                    program,
                    data: data.to_owned(),
                    url,
                    ready: line,
                });
            }
        }
        bail!("up was never ready:\n{}", words.await?)
    }

    /// Its process id.
    pub fn process_id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Kills it as the kernel would: nothing is cleaned up.
    ///
    /// # Errors
    /// Where it cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Stops it with SIGINT, as Ctrl-C does.
    ///
    /// # Errors
    /// Where it does not end within 30 s; with what it wrote to stderr, where it says by its exit status
    /// that something failed.
    pub async fn interrupt(mut self) -> anyhow::Result<()> {
        let id = self.process_id().to_string();
        Command::new("kill").args(["-INT", &id]).status().await?;
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), self.child.wait());
        let status = ended.await.context("up did not stop")??;
        if !status.success() {
            bail!("up ended with {status}:\n{}", self.words.await?);
        }
        Ok(())
    }

    /// A token from `daybook token` for `org_id`, which may view and export.
    ///
    /// # Errors
    /// Where the command fails.
    pub async fn token(&self, org_id: &str) -> anyhow::Result<String> {
        self.token_with(&["--org", org_id]).await
    }

    /// A token from `daybook token` with any arguments.
    ///
    /// # Errors
    /// Where the command fails.
    pub async fn token_with(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.program)
            .arg("token")
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .output()
            .await?;
        anyhow::ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }

    /// Sends lines to `/intake` and gives its answer.
    ///
    /// # Errors
    /// Where the answer is not 200.
    pub async fn intake(&self, lines: &[String]) -> anyhow::Result<Value> {
        let answer = http::post(&format!("{}/intake", self.url), &[], lines.join("\n")).await?;
        anyhow::ensure!(
            answer.status == 200,
            "intake: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    /// `POST /v1/logs`, with its status.
    ///
    /// # Errors
    /// Where there is no answer, or no JSON.
    pub async fn search(&self, token: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/v1/logs", self.url);
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let answer = http::post(&url, &headers, body.to_string()).await?;
        Ok((answer.status, answer.json()?))
    }

    /// The events of a search that must succeed.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn logs(&self, token: &str, body: &Value) -> anyhow::Result<Vec<Value>> {
        let (status, answer) = self.search(token, body).await?;
        anyhow::ensure!(status == 200, "{status} {answer}");
        Ok(answer["logs"].as_array().cloned().unwrap_or_default())
    }

    /// How many events a tenant has.
    ///
    /// # Errors
    /// Where the search does not succeed.
    pub async fn total(&self, token: &str) -> anyhow::Result<u64> {
        let (status, answer) = self.search(token, &json!({"limit": 1})).await?;
        answer["total"]
            .as_u64()
            .with_context(|| format!("{status} {answer}"))
    }

    /// A GET with a token.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn get(&self, token: &str, path: &str) -> anyhow::Result<http::Answer> {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str())];
        http::get(&format!("{}{path}", self.url), &headers).await
    }

    /// The dead letters, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn dead_letters(&self) -> anyhow::Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.data.join("dead-letters.ndjson"))?;
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }
}
