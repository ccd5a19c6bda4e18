//! The normalizer Lambda: SQS batches in, the ids of failed messages out.

use aws_lambda_events::event::sqs::SqsEvent;
use daybook_normalizer::context::handler_from_env;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .json()
        .without_time() // CloudWatch Logs stamps each line itself
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DAYBOOK_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
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
