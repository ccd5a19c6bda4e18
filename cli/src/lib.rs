//! The `daybook` command: it parses, calls a crate, prints.
//!
//! **Invariant:** streams of records are JSON lines on stdout, words for people go to stderr, and the
//! exit status is 0 where all of it worked, 1 where some did not, 2 where it was called wrongly.

mod arguments;
mod bench;
mod clickhouse_url;
mod compile;
mod data_directory;
mod document_problems;
mod erase;
mod explain;
mod lines;
mod lint;
mod migrate;
mod normalize;
mod process;
mod queue;
mod retention;
mod roles;
mod search;
mod terminal;
mod token;
mod up;
mod worker;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use daybook_normalizer::lambda;

use arguments::{Arguments, Command};

/// The program from its arguments to its exit status.
pub fn main() -> ExitCode {
    // The embedded ClickHouse takes the process over: nothing of ours runs before it.
    let mut words = std::env::args_os().skip(1);
    if words
        .next()
        .is_some_and(|word| word == up::CLICKHOUSE_ENGINE)
    {
        return daybook_clickhouse_launcher::run_engine_child(words);
    }
    let command = Arguments::parse().command;
    let checked = match &command {
        Command::Token(options) => token::check(options),
        Command::Search(options) => search::check(options),
        Command::Erase(options) => erase::check(options),
        _ => Ok(()),
    };
    if let Err(problem) = checked {
        let _ = writeln!(std::io::stderr(), "daybook: {problem}");
        return ExitCode::from(2);
    }
    let outcome = match command {
        Command::SampleService => run_async(async {
            daybook_sample_service::run()
                .await
                .map_err(|error| anyhow::anyhow!("the sample service ended: {error}"))?;
            Ok(true)
        }),
        Command::Up(options) => {
            start_log();
            // Messages are normalized here as well.
            std::panic::set_hook(Box::new(lambda::log_panic));
            run_async(up::up(options))
        }
        Command::Worker(options) => {
            start_service_log();
            run_async(worker::worker(options))
        }
        Command::Normalize(options) => normalize::normalize(&options),
        Command::Explain(options) => explain::explain(&options),
        Command::Lint(options) => lint::lint(&options),
        Command::Compile(options) => compile::compile(&options),
        Command::Migrate(options) => {
            start_log();
            run_async(migrate::run(options))
        }
        Command::Bench(command) => {
            start_log();
            run_async(bench::bench(command))
        }
        Command::Erase(options) => {
            start_log();
            run_async(erase::erase(options))
        }
        Command::Retention(options) => {
            start_log();
            run_async(retention::retention(options))
        }
        Command::Search(options) => run_async(search::search(options)),
        Command::Roles(options) => roles::roles(&options),
        Command::Token(options) => token::token(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads the records has enough of them.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr is no reason to panic at the very end.
            let _ = writeln!(std::io::stderr(), "daybook: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = match error.root_cause().downcast_ref::<std::io::Error>() {
        Some(error) => Some(error.kind()),
        None => error
            .downcast_ref()
            .and_then(serde_json::Error::io_error_kind),
    };
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// `Ok(false)` says that some of it did not work, and that the words for it are written.
fn run_async(work: impl Future<Output = anyhow::Result<bool>>) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(work);
    // A fetch that is under way in a thread of its own must not hold up the end.
    runtime.shutdown_background();
    outcome
}

fn start_log() {
    tracing_subscriber::fmt()
        .with_env_filter(lambda::log_filter("warn"))
        .with_writer(std::io::stderr)
        .init();
}

/// The log of what runs where nobody looks at a terminal: JSON, as the Lambda's.
fn start_service_log() {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(lambda::log_filter("info"))
        .with_writer(std::io::stderr)
        .init();
    std::panic::set_hook(Box::new(lambda::log_panic));
}
