//! `daybook worker`: the normalizer as a process, where there is no Lambda.

use anyhow::Context as _;
use daybook_normalizer::context::handler_from_env;
use daybook_normalizer::handler::BatchHandler;
use tokio::sync::watch;

use crate::arguments::WorkerOptions;
use crate::process::{stopped, watch_signals};
use crate::queue::Queue;

/// Takes messages and stores them until Ctrl-C or SIGTERM.
pub(crate) async fn worker(options: WorkerOptions) -> anyhow::Result<bool> {
    let (stop_sender, stop) = watch::channel(false);
    watch_signals(stop_sender)?;
    let starting = async {
        let queue = Queue::connect(&options.queue_url).await?;
        let handler = handler(&options, &queue).await?;
        anyhow::Ok((queue, handler))
    };
    let (queue, handler) = tokio::select! {
        started = starting => started?,
        () = stopped(stop.clone()) => return Ok(true),
    };
    tracing::info!(queue = options.queue_url, "ready");
    queue.consume(handler, stop).await;
    Ok(true)
}

/// The Lambda's handler, as patient as the queue, with the queue's own dead-letter queue where none is named.
async fn handler(options: &WorkerOptions, queue: &Queue) -> anyhow::Result<BatchHandler> {
    let specs = options
        .specs
        .to_str()
        .context("the path of the documents is no UTF-8")?;
    let variable = |name: &str| {
        let set = std::env::var(name).ok();
        match name {
            "DAYBOOK_SPECS" => Some(specs.to_owned()),
            "DAYBOOK_DEAD_LETTER_QUEUE_URL" => set
                .filter(|url| !url.is_empty())
                .or_else(|| queue.dead_letter_url().map(str::to_owned)),
            _ => set,
        }
    };
    let dead_letters = variable("DAYBOOK_DEAD_LETTER_QUEUE_URL").context(
        "the queue has no dead-letter queue for what can never be stored: give it a redrive policy, or set DAYBOOK_DEAD_LETTER_QUEUE_URL",
    )?;
    anyhow::ensure!(
        dead_letters != options.queue_url,
        "DAYBOOK_DEAD_LETTER_QUEUE_URL is the queue itself: what can never be stored would come again for ever"
    );
    Ok(BatchHandler {
        patience: queue.patience(),
        ..handler_from_env(variable).await?
    })
}
