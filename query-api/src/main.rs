//! The query API as a process: on Lambda behind API Gateway, elsewhere a plain server.

use std::env;
use std::time::Duration;

use anyhow::Context as _;
use daybook_capture::ServerCapture;
use daybook_query_api::{
    Config, ErasureWork, recorded, router, serve, serve_erasure_work, serve_lambda,
    work_on_erasures,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long answers that are under way may take when the server is to end.
const GRACE: Duration = Duration::from_secs(20);

const CONFIGURATION: &str = "the environment does not say how to run";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(log_filter())
        .init();
    let variable = |name: &str| env::var(name).ok();
    if let Some(work) = ErasureWork::from_variables(variable).context(CONFIGURATION)? {
        return serve_erasure_work(work.eraser)
            .await
            .map_err(|error| anyhow::anyhow!("the lambda runtime ended: {error}"));
    }
    let config = Config::from_variables(variable).context(CONFIGURATION)?;
    let eraser = config.api.eraser.clone();
    let router = router(config.api);

    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return serve_lambda(router, config.lambda, config.reads)
            .await
            .map_err(|error| anyhow::anyhow!("the lambda runtime ended: {error}"));
    }
    let reads = ServerCapture::builder(config.reads)
        .build()
        .context("reads cannot be recorded")?;
    let router = recorded(router, &reads);
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on", config.listen))?;
    tracing::info!(address = %config.listen, "listening");
    if let Some(eraser) = eraser {
        tokio::spawn(work_on_erasures(eraser, config.ledger));
    }
    let mut terminated = signal(SignalKind::terminate()).context("no signals can be received")?;
    let ending = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    serve(listener, router, ending, GRACE).await;
    reads.shut_down().await;
    Ok(())
}

/// What `DAYBOOK_LOG` says is logged, and errors whatever else it names.
fn log_filter() -> EnvFilter {
    let said = env::var("DAYBOOK_LOG").unwrap_or_default();
    let said = Some(said.trim()).filter(|said| !said.is_empty());
    said.and_then(|said| EnvFilter::try_new(format!("error,{said}")).ok())
        .unwrap_or_else(|| EnvFilter::new("info"))
}
