//! MiniStack: SQS, its event source mapping and the Lambda Runtime API on this machine, fetched once
//! from PyPI into the user's cache.
//!
//! Its answers are those of the public protocols: AWS JSON 1.0 for SQS, REST for Lambda.

use std::fs::File;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use etcetera::BaseStrategy as _;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::http;

const VERSION: &str = "1.5.33";
const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "000000000000";
const READY_ATTEMPTS_MAX: u32 = 300;

/// A running MiniStack; dropping it kills it.
pub struct MiniStack {
    child: Child,
    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub url: String,
}

/// A message that was taken from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The body.
    pub body: String,
    /// The message attribute `reason`, where there is one.
    pub reason: Option<String>,
}

impl MiniStack {
    /// Fetches MiniStack where it is not there yet, and starts it on a free port.
    ///
    /// # Errors
    /// Says what is missing: Python 3 with venv, or the package.
    pub async fn start() -> anyhow::Result<Self> {
        let program = install().await?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let url = format!("http://127.0.0.1:{port}");
        let mut child = Command::new(program)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("LAMBDA_EXECUTOR", "local")
            .env("AWS_ENDPOINT_URL", &url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("MiniStack cannot be started")?;
        let health = format!("{url}/_ministack/health");
        for _ in 0..READY_ATTEMPTS_MAX {
            if http::get(&health, &[])
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                return Ok(Self { child, url });
            }
            if let Some(status) = child.try_wait()? {
                anyhow::bail!("MiniStack ended at once: {status}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("MiniStack did not answer within 30 s")
    }

    /// What an AWS client needs in its environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    /// Makes a queue that gives up on a message after `receive_count_max` deliveries, each of which
    /// hides it for `visibility_seconds`, and its dead-letter queue; answers their URLs.
    ///
    /// # Errors
    /// Where SQS refuses.
    pub async fn create_queues(
        &self,
        name: &str,
        receive_count_max: u32,
        visibility_seconds: u32,
    ) -> anyhow::Result<(String, String)> {
        let create = async |name: &str, attributes: Value| {
            let body = json!({"QueueName": name, "Attributes": attributes});
            let answer = self.sqs("CreateQueue", &body).await?;
            let url = answer["QueueUrl"].as_str().context("no QueueUrl")?;
            anyhow::Ok(url.to_owned())
        };
        let dead_name = format!("{name}-dead");
        let dead = create(&dead_name, json!({})).await?;
        let policy =
            json!({"deadLetterTargetArn": arn(&dead_name), "maxReceiveCount": receive_count_max});
        let attributes = json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": visibility_seconds.to_string()});
        Ok((create(name, attributes).await?, dead))
    }

    /// Sends messages to a queue.
    ///
    /// # Errors
    /// Where SQS refuses one.
    pub async fn send(&self, queue_url: &str, bodies: &[String]) -> anyhow::Result<()> {
        for ten in bodies.chunks(10) {
            let entries: Vec<Value> = ten
                .iter()
                .enumerate()
                .map(|(index, body)| json!({"Id": index.to_string(), "MessageBody": body}))
                .collect();
            let body = json!({"QueueUrl": queue_url, "Entries": entries});
            let answer = self.sqs("SendMessageBatch", &body).await?;
            ensure!(
                answer["Failed"].as_array().is_none_or(Vec::is_empty),
                "SQS refused a message: {answer}"
            );
        }
        Ok(())
    }

    /// Takes messages off a queue until `count` are there, waiting up to 60 s.
    ///
    /// # Errors
    /// Where fewer come.
    pub async fn receive(&self, queue_url: &str, count: usize) -> anyhow::Result<Vec<Received>> {
        let body = json!({"QueueUrl": queue_url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5,
                          "MessageAttributeNames": ["All"]});
        let mut received = Vec::new();
        for _ in 0..12 {
            let answer = self.sqs("ReceiveMessage", &body).await?;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                let receipt =
                    json!({"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]});
                self.sqs("DeleteMessage", &receipt).await?;
                received.push(Received {
                    body: message["Body"].as_str().unwrap_or_default().to_owned(),
                    reason: message["MessageAttributes"]["reason"]["StringValue"]
                        .as_str()
                        .map(str::to_owned),
                });
            }
            if received.len() >= count {
                return Ok(received);
            }
        }
        anyhow::bail!("{} of {count} messages came", received.len())
    }

    /// How many messages a queue holds: waiting, and taken but not acknowledged.
    ///
    /// # Errors
    /// Where SQS refuses.
    pub async fn depth(&self, queue_url: &str) -> anyhow::Result<(u64, u64)> {
        let body = json!({"QueueUrl": queue_url, "AttributeNames": ["All"]});
        let answer = self.sqs("GetQueueAttributes", &body).await?;
        let number = |name: &str| {
            let text = answer["Attributes"][name].as_str().unwrap_or_default();
            text.parse::<u64>()
                .with_context(|| format!("no {name} in {answer}"))
        };
        Ok((
            number("ApproximateNumberOfMessages")?,
            number("ApproximateNumberOfMessagesNotVisible")?,
        ))
    }

    /// Makes a Lambda function of `program` and feeds it from `queue_name`, ten messages at a time,
    /// with partial batch failures.
    ///
    /// # Errors
    /// Where Lambda refuses.
    pub async fn create_consumer(
        &self,
        function_name: &str,
        program: &Path,
        environment: &[(&str, String)],
        queue_name: &str,
    ) -> anyhow::Result<()> {
        let variables: serde_json::Map<String, Value> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let function = json!({
            "FunctionName": function_name, "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/{function_name}"), "Timeout": 60, "MemorySize": 512,
            "Code": {"ZipFile": STANDARD.encode(bootstrap(program)?)},
            "Environment": {"Variables": variables},
        });
        self.lambda("/2015-03-31/functions", &function).await?;
        let mapping = json!({
            "FunctionName": function_name, "EventSourceArn": arn(queue_name), "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        });
        self.lambda("/2015-03-31/event-source-mappings/", &mapping)
            .await?;
        Ok(())
    }

    async fn sqs(&self, action: &str, body: &Value) -> anyhow::Result<Value> {
        let target = format!("AmazonSQS.{action}");
        let authorization = authorization("sqs");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
            ("authorization", authorization.as_str()),
        ];
        let answer = http::post(&format!("{}/", self.url), &headers, body.to_string()).await?;
        ensure!(
            answer.status == 200,
            "{action}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    async fn lambda(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let authorization = authorization("lambda");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", authorization.as_str()),
        ];
        let answer = http::post(&format!("{}{path}", self.url), &headers, body.to_string()).await?;
        ensure!(
            answer.status < 300,
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    /// Its process id.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }
}

fn arn(queue_name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue_name}")
}

/// MiniStack reads the service out of the scope and verifies no signature.
fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

/// A deployment package whose bootstrap becomes the program that was just built: a debug build is
/// too large to send around.
pub(crate) fn bootstrap(program: &Path) -> anyhow::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    archive.start_file("bootstrap", options)?;
    write!(archive, "#!/bin/sh\nexec '{}'\n", program.display())?;
    Ok(archive.finish()?.into_inner())
}

/// The program, in a virtual environment of its own in the user's cache. Made in one step that either
/// happened or did not; two processes make it once.
async fn install() -> anyhow::Result<PathBuf> {
    let cache = match std::env::var_os("DAYBOOK_CACHE_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => etcetera::choose_base_strategy()?
            .cache_dir()
            .join("daybook"),
    };
    std::fs::create_dir_all(&cache)?;
    let folder = cache.join(format!("ministack-{VERSION}"));
    let program = folder.join("bin/ministack");
    let complete = folder.join("complete");
    let lock_file = File::create(cache.join("ministack.lock"))?;
    let _lock = tokio::task::spawn_blocking(move || {
        flock(&lock_file, FlockOperation::LockExclusive).map(|()| lock_file)
    })
    .await??;
    if complete.exists() {
        return Ok(program);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    // Written as it happens, past the test harness's capture: a silent minute looks like a hang.
    let _ = writeln!(
        std::io::stderr(),
        "fetching MiniStack {VERSION} (an SQS server for the tests) from PyPI"
    );
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv"]).arg(&folder)).await.context(
        "the tests with SQS need Python 3 with its venv module (Debian: apt-get install python3-venv)",
    )?;
    let requirement = format!("ministack=={VERSION}");
    let mut pip = Command::new(folder.join("bin/python"));
    run(pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &requirement,
    ]))
    .await
    .context("MiniStack cannot be fetched from PyPI")?;
    File::create(&complete)?.sync_all()?;
    Ok(program)
}

async fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
