//! `daybook up`: the whole of Daybook on this machine, from intake to page.

pub(crate) mod clickhouse;
mod dead_letter_file;
mod documents;
mod intake;
mod lines;
mod queue;
mod seed;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daybook_normalizer::context::build_index;
use daybook_normalizer::dead_letter::DeadLetters;
use daybook_normalizer::handler::BatchHandler;
use daybook_normalizer::settings::Settings;
use daybook_query_api::{Api, TokenRequest};
use daybook_sample_service::{DEMO_ORG_ID, DEMO_USER_EMAIL};
use daybook_store::{Reader, Writer};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::arguments::UpOptions;
use crate::data_directory::DataDirectory;
use clickhouse::ClickHouse;
use dead_letter_file::DeadLetterFile;
use intake::Intake;

/// How long requests under way may take after Ctrl-C.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
const DEMO_TOKEN_LIFETIME: Duration = Duration::from_hours(12);

/// Runs until Ctrl-C or SIGTERM.
pub(crate) async fn up(options: UpOptions) -> anyhow::Result<bool> {
    let (stop_sender, stop) = watch::channel(false);
    watch_signals(stop_sender)?;

    let directory = DataDirectory::open(&options.data)?;
    let _lock = directory.lock()?;
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let documents = documents::documents(options.specs.as_deref(), !options.no_seed)?;
    let (index, problems) = build_index(documents, &settings);
    for problem in &problems {
        say(&format!("document: {problem}"));
    }
    let listener = listen(options.port).await?;
    let address = listener.local_addr()?;

    let secrets = directory.secrets()?;
    let starting = ClickHouse::start(
        options.clickhouse_url.as_deref(),
        &directory,
        &secrets.role_passwords(),
    );
    let clickhouse = tokio::select! {
        clickhouse = starting => clickhouse?,
        () = stopped(stop.clone()) => return Ok(true),
    };
    let ran = run(&options, &directory, &clickhouse, settings, index, listener, address, stop).await;
    clickhouse.stop().await;
    ran.map(|()| true)
}

#[allow(clippy::too_many_arguments)] // the one place where all parts meet
async fn run(
    options: &UpOptions,
    directory: &DataDirectory,
    clickhouse: &ClickHouse,
    settings: Settings,
    index: daybook_openapi::Index,
    listener: TcpListener,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let reader = Reader::new(&clickhouse.endpoint, &clickhouse.reader)?;
    let queue = match &options.queue_url {
        Some(url) => Some(queue::Queue::connect(url).await?),
        None => None,
    };
    let file = Arc::new(DeadLetterFile::open(&directory.dead_letters())?);
    let handler = BatchHandler {
        index: Arc::new(index),
        settings: Arc::new(settings),
        writer: Writer::new(&clickhouse.endpoint, &clickhouse.writer)?,
        dead_letters: file.clone(),
    };

    let token_key = directory.token_key()?;
    let page_token_key = directory.secrets()?.page_token_key();
    let api = Api::new(reader.clone(), token_key.verifier()?, page_token_key);
    let intake = Intake::new(handler.clone(), file);
    let router = daybook_query_api::router(api).merge(intake::router(intake));
    let mut server = tokio::spawn({
        let stop = stop.clone();
        async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped(stop))
                .await
        }
    });

    let url = format!("http://127.0.0.1:{}", address.port());
    if !options.no_seed {
        tokio::select! {
            seeded = seed::seed(&reader, &url) => seeded?,
            () = stopped(stop.clone()) => {}
        }
    }
    let consumer = queue.map(|queue| {
        let dead_letters: Arc<dyn DeadLetters> = match queue.dead_letters() {
            Some(dead_letters) => Arc::new(dead_letters),
            None => {
                say(&format!(
                    "the queue has no dead-letter queue: what cannot be stored goes to {}",
                    directory.dead_letters().display()
                ));
                handler.dead_letters.clone()
            }
        };
        let handler = BatchHandler {
            dead_letters,
            ..handler.clone()
        };
        tokio::spawn(queue.consume(handler, stop.clone()))
    });

    if !*stop.borrow() {
        let token = token_key.mint(&TokenRequest {
            org_id: DEMO_ORG_ID.to_owned(),
            user: "demo".to_owned(),
            email: Some(DEMO_USER_EMAIL.to_owned()),
            permissions: ["view", "export"]
                .map(|right| format!("audit_log:{right}"))
                .to_vec(),
            lifetime: DEMO_TOKEN_LIFETIME,
        })?;
        announce(&url, &token, directory)?;
    }
    let ended_early = tokio::select! {
        () = stopped(stop.clone()) => None,
        ended = &mut server => Some(ended),
    };
    if let Some(ended) = ended_early {
        ended?.context("the server ended")?;
        bail!("the server ended");
    }
    say("stopping");
    let drained = async {
        if let Some(consumer) = consumer {
            let _ = consumer.await;
        }
        let _ = (&mut server).await;
    };
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, drained).await.is_err() {
        server.abort();
    }
    Ok(())
}

fn announce(url: &str, token: &str, directory: &DataDirectory) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {url}/?token={token}")?;
    out.flush()?;
    say(&format!(
        "\n  Open the link above: it signs you in as tenant {DEMO_ORG_ID} for 12 hours.\n\
         \n  Ask by hand:\n\
         \n    TOKEN={token}\
         \n    curl -s {url}/v1/logs -H \"authorization: Bearer $TOKEN\" \\\
         \n      -H 'content-type: application/json' -d '{{\"limit\":5}}'\n\
         \n  Send events:  curl -s {url}/intake --data-binary @events.ndjson\
         \n  Data:         {}\
         \n  Stop:         Ctrl-C\n",
        directory.path().display()
    ));
    Ok(())
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("port {port} is in use: choose another with --port, or 0 for any free one")
        }
        Err(error) => Err(error).with_context(|| format!("port {port} cannot be used")),
    }
}

fn watch_signals(stop: watch::Sender<bool>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.send_replace(true);
        // A second Ctrl-C does not wait for anything.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

/// Returns once `up` is to stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that nobody can ask any more, which is an end as well.
    let _ = stop.wait_for(|&stop| stop).await;
}

/// A line for the person at the terminal.
fn say(line: &str) {
    // A closed stderr must not end the service.
    let _ = writeln!(std::io::stderr(), "{line}");
}
