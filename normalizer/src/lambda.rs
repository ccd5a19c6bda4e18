//! The Lambda: SQS batches in, the ids of failed messages out.

use std::panic::PanicHookInfo;
use std::time::{Duration, SystemTime};

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use tracing_subscriber::EnvFilter;

use crate::context::handler_from_env;

/// What is kept of the function's time to report, instead of being ended in the middle.
const REPORT_TIME: Duration = Duration::from_secs(5);

/// What a batch may take where nothing seems to be left of the function's time before it has begun: the clock here is
/// ahead of Lambda's. The batch is not put back for that, unread, again and again until it is dead.
const TIME_WITHOUT_CLOCK: Duration = Duration::from_secs(10);

/// Runs until Lambda ends it. The log is JSON on stderr, its level in `DAYBOOK_LOG`.
///
/// # Errors
/// In one line, where the environment is not complete.
pub async fn run() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .json()
        .without_time() // CloudWatch Logs stamps each line itself
        .with_env_filter(log_filter("info"))
        .with_writer(std::io::stderr)
        .init();
    std::panic::set_hook(Box::new(log_panic));
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

/// What `DAYBOOK_LOG` says is logged, and errors whatever else it names; where it says nothing, the level.
pub fn log_filter(level: &str) -> EnvFilter {
    let said = std::env::var("DAYBOOK_LOG").unwrap_or_default();
    let said = Some(said.trim()).filter(|said| !said.is_empty());
    said.and_then(|said| EnvFilter::try_new(format!("error,{said}")).ok())
        .unwrap_or_else(|| EnvFilter::new(level))
}

/// Where it was. What it says may repeat the message that brought it about.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "a panic");
}

/// Lambda gives its deadline as a time of day.
fn time_left(context: &Context) -> Duration {
    let until_deadline = context.deadline().duration_since(SystemTime::now());
    let left = until_deadline
        .unwrap_or_default()
        .saturating_sub(REPORT_TIME);
    if left.is_zero() {
        TIME_WITHOUT_CLOCK
    } else {
        left
    }
}

#[cfg(test)]
#[path = "../tests/log.rs"]
mod log;

#[cfg(test)]
mod tests {
    use super::log::Log;
    use super::*;

    #[test]
    fn a_panic_is_logged_without_its_words() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .finish();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let panicked = tracing::subscriber::with_default(subscriber, || {
            std::panic::catch_unwind(|| panic!("jane@example.com"))
        });
        std::panic::set_hook(before);
        assert!(panicked.is_err());
        let logged = log.text();
        assert!(logged.contains("lambda.rs"), "{logged}");
        assert!(!logged.contains("jane"), "{logged}");
    }

    fn until(seconds: i64) -> Duration {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let deadline = now.unwrap().as_secs().saturating_add_signed(seconds);
        let mut context = Context::default();
        context.deadline = deadline * 1_000;
        time_left(&context)
    }

    #[test]
    fn a_batch_has_the_functions_time_but_for_what_reporting_takes() {
        let left = until(60);
        assert!(
            left <= Duration::from_secs(55) && left > Duration::from_secs(50),
            "{left:?}"
        );
    }

    #[test]
    fn a_clock_that_is_ahead_puts_no_batch_back() {
        for seconds in [-3_600, -1, 3] {
            assert_eq!(until(seconds), TIME_WITHOUT_CLOCK, "{seconds}");
        }
    }
}
