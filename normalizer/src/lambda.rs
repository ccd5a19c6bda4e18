//! The Lambda: SQS batches in, the ids of failed messages out.

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use tracing_subscriber::EnvFilter;

use crate::context::handler_from_env;

/// What is kept of the function's time to report, instead of being ended in the middle.
const REPORT_TIME: Duration = Duration::from_secs(5);

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
        let time_left = time_left(&batch.context);
        async move {
            // On the heap: an invocation's state is kilobytes.
            let report = Box::pin(handler.handle(batch.payload, time_left)).await;
            Ok::<_, Error>(report.to_sqs_response())
        }
    }))
    .await
}

fn time_left(context: &Context) -> Duration {
    let until_deadline = context
        .deadline()
        .duration_since(std::time::SystemTime::now())
        .unwrap_or_default();
    until_deadline.saturating_sub(REPORT_TIME)
}
