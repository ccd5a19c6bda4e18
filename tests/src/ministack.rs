//! MiniStack: SQS, its event source mapping and the Lambda Runtime API on this machine, fetched once
//! from PyPI into the user's cache.
//!
//! Its answers are those of the public protocols: AWS JSON 1.0 for SQS, REST for Lambda and S3, forms
//! for IAM.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use daybook_aws_access::AwsAccess;
use http::Method;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::http::{Answer, get};
use crate::{python_tool, signed};

const VERSION: &str = "1.5.33";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCOUNT: &str = "000000000000";
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
        Self::start_with(&[]).await
    }

    /// The same with environment variables: `AUTH=true` checks signatures and policies.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let program =
            python_tool::install("ministack", VERSION, "an SQS server for the tests").await?;
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
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("MiniStack cannot be started")?;
        let health = format!("{url}/_ministack/health");
        for _ in 0..READY_ATTEMPTS_MAX {
            if get(&health, &[])
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
        let dead_name = format!("{name}-dead");
        let dead = self.create_queue(&dead_name, json!({})).await?;
        let policy =
            json!({"deadLetterTargetArn": arn(&dead_name), "maxReceiveCount": receive_count_max});
        let attributes = json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": visibility_seconds.to_string()});
        Ok((self.create_queue(name, attributes).await?, dead))
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

    /// Waits, up to 60 s, until every message of a queue is acknowledged.
    ///
    /// # Errors
    /// Where some are not.
    pub async fn wait_until_empty(&self, queue_url: &str) -> anyhow::Result<()> {
        for _ in 0..600 {
            if self.depth(queue_url).await? == (0, 0) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the queue is not empty: {:?}", self.depth(queue_url).await)
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

    /// Makes a queue with these attributes, and answers its URL.
    ///
    /// # Errors
    /// Where SQS refuses.
    pub async fn create_queue(&self, name: &str, attributes: Value) -> anyhow::Result<String> {
        let body = json!({"QueueName": name, "Attributes": attributes});
        let answer = self.sqs("CreateQueue", &body).await?;
        let url = answer["QueueUrl"].as_str().context("no QueueUrl")?;
        Ok(url.to_owned())
    }

    /// Makes an empty bucket.
    ///
    /// # Errors
    /// Where S3 refuses.
    pub async fn create_bucket(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("/{name}");
        let configuration = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        let answer = self
            .request("s3", Method::PUT, &path, &[], configuration)
            .await?;
        ensure!(answer.status == 200, "{name}: {}", answer.text());
        Ok(())
    }

    /// Makes a user who may do nothing yet, and gives credentials of it.
    ///
    /// # Errors
    /// Where IAM refuses.
    pub async fn create_user(&self, name: &str) -> anyhow::Result<Credentials> {
        self.iam(&format!("Action=CreateUser&UserName={name}"))
            .await?;
        let key = self
            .iam(&format!("Action=CreateAccessKey&UserName={name}"))
            .await?;
        let element = |name: &str| {
            let after = key.split_once(&format!("<{name}>"))?.1;
            Some(after.split_once('<')?.0.to_owned())
        };
        let id = element("AccessKeyId").context("no AccessKeyId")?;
        let secret = element("SecretAccessKey").context("no SecretAccessKey")?;
        Ok(Credentials::new(id, secret, None, None, "MiniStack"))
    }

    /// Lets a user do what the policy allows.
    ///
    /// # Errors
    /// Where IAM refuses.
    pub async fn allow(&self, user_name: &str, policy: &Value) -> anyhow::Result<()> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "PutUserPolicy")
            .append_pair("UserName", user_name)
            .append_pair("PolicyName", "policy")
            .append_pair("PolicyDocument", &policy.to_string())
            .finish();
        self.iam(&form).await?;
        Ok(())
    }

    /// Access by these credentials; by those of the account's owner where there are none.
    pub fn access(&self, credentials: Option<Credentials>) -> AwsAccess {
        AwsAccess::new(REGION, credentials.unwrap_or_else(root)).with_endpoint(&self.url)
    }

    async fn iam(&self, form: &str) -> anyhow::Result<String> {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let form = format!("{form}&Version=2010-05-08");
        let answer = self
            .request("iam", Method::POST, "/", &headers, form)
            .await?;
        ensure!(answer.status == 200, "IAM: {}", answer.text());
        Ok(answer.text())
    }

    async fn request(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.url);
        signed::request(&root(), REGION, service, method, &url, headers, body).await
    }

    async fn sqs(&self, action: &str, body: &Value) -> anyhow::Result<Value> {
        let target = format!("AmazonSQS.{action}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
        ];
        let answer = self
            .request("sqs", Method::POST, "/", &headers, body.to_string())
            .await?;
        ensure!(
            answer.status == 200,
            "{action}: {} {}",
            answer.status,
            answer.text()
        );
        answer.json()
    }

    async fn lambda(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let headers = [("content-type", "application/json")];
        let answer = self
            .request("lambda", Method::POST, path, &headers, body.to_string())
            .await?;
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

fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "MiniStack")
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
