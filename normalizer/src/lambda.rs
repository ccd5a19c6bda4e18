//! The Lambda: SQS batches in, the ids of failed messages out.

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tracing_subscriber::EnvFilter;

use crate::context::handler_from_env;

/// Runs until Lambda ends it. The log is JSON on stderr, its level in `DAYBOOK_LOG`.
///
/// # Errors
/// In one line, where the environment is not complete.
pub async fn run() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .json()
        .without_time() // CloudWatch Logs stamps each line itself
        .with_env_filter(
            EnvFilter::try_from_env("DAYBOOK_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    let handler = handler_from_env(|name| std::env::var(name).ok())
        .await
        .map_err(|error| format!("the normalizer cannot start: {error:#}"))?;
    lambda_runtime::run(service_fn(|batch: LambdaEvent<SqsEvent>| {
        let handler = &handler;
        async move { Ok::<_, Error>(handler.handle(batch.payload).await.to_sqs_response()) }
    }))
    .await
}
