//! `daybook up`: the whole of Daybook on this machine, from intake to page.

mod batcher;
pub(crate) mod clickhouse;
mod dead_letter_file;
mod documents;
mod erasures;
mod intake;
mod reads;
mod seed;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use daybook_capture::ServerCapture;
use daybook_normalizer::context::{check_overlays, overflow_bucket};
use daybook_normalizer::handler::{BatchHandler, Patience};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_query_api::{Api, LocalKey, TokenRequest, recorded, router, serve};
use daybook_sample_service::{DEMO_ORG_ID, DEMO_USER_EMAIL};
use daybook_store::{Reader, Writer, migrate};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::arguments::UpOptions;
use crate::data_directory::DataDirectory;
use crate::process::{say, stopped, watch_signals};
use crate::queue::Queue;
use batcher::Batcher;
use clickhouse::ClickHouse;
use dead_letter_file::DeadLetterFile;
use erasures::Erasures;
use intake::Intake;

/// The first word on the command line of the child process in which the embedded ClickHouse runs.
pub(crate) const CLICKHOUSE_ENGINE: &str = "clickhouse-engine";
/// How long what is under way may take after Ctrl-C: first requests, and then what they left to be stored.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
const SIGNAL_PATIENCE: Duration = Duration::from_millis(500);
const DEMO_TOKEN_LIFETIME: Duration = Duration::from_hours(12);

/// Runs until Ctrl-C or SIGTERM.
pub(crate) async fn up(options: UpOptions) -> anyhow::Result<bool> {
    let (stop_sender, stop) = watch::channel(false);
    watch_signals(stop_sender)?;

    let directory = DataDirectory::open(&options.data)?;
    let _lock = directory.lock()?;
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, problems) =
        documents::index(options.specs.as_deref(), !options.no_seed, &settings)?;
    for problem in &problems {
        say(&format!("document: {problem}"));
    }
    check_overlays(&problems)?;
    let listener = listen(options.port).await?;

    let secrets = directory.secrets()?;
    let starting = ClickHouse::start(options.clickhouse_url.as_deref(), &directory, &secrets);
    let mut clickhouse = tokio::select! {
        clickhouse = starting => clickhouse?,
        () = stopped(stop.clone()) => return Ok(true),
    };
    let making = Parts::new(&options, &directory, &clickhouse, settings, index);
    let parts = tokio::select! {
        parts = Box::pin(making) => parts?,
        () = stopped(stop.clone()) => return Ok(true),
    };
    if let Some(erasures) = &parts.erasures {
        tokio::select! {
            caught_up = erasures.catch_up(&clickhouse) => caught_up?,
            () = stopped(stop.clone()) => return Ok(true),
        }
    } else {
        migrate(&clickhouse.endpoint, &clickhouse.migrator).await?;
        say("nobody erases here: DAYBOOK_ERASER_PASSWORD and DAYBOOK_ERASURE_KEY are not both set");
    }
    let ran = tokio::select! {
        ran = parts.run(&options, &directory, listener, stop) => ran,
        failure = clickhouse.ended() => Err(failure),
    };
    clickhouse.stop().await?;
    ran.map(|()| true)
}

/// What `up` is made of, beside ClickHouse.
struct Parts {
    reader: Reader,
    handler: BatchHandler,
    dead_letters: Arc<DeadLetterFile>,
    token_key: LocalKey,
    queue: Option<Queue>,
    erasures: Option<Erasures>,
}

impl Parts {
    async fn new(
        options: &UpOptions,
        directory: &DataDirectory,
        clickhouse: &ClickHouse,
        settings: Settings,
        index: Index,
    ) -> anyhow::Result<Self> {
        let dead_letters = Arc::new(DeadLetterFile::open(&directory.dead_letters())?);
        let mut writer = Writer::new(&clickhouse.endpoint, &clickhouse.writer)?;
        if let Some(key) = &clickhouse.erasure_key {
            writer = writer.with_erasure_key(key.clone());
        }
        Ok(Self {
            erasures: Erasures::new(directory, clickhouse, writer.clone())?,
            reader: Reader::new(&clickhouse.endpoint, &clickhouse.reader)?,
            handler: BatchHandler {
                index: Arc::new(index),
                settings: Arc::new(settings),
                writer,
                dead_letters: dead_letters.clone(),
                overflow: overflow_bucket(|name| std::env::var(name).ok())?,
                patience: Patience::default(),
            },
            dead_letters,
            token_key: directory.token_key()?,
            queue: match &options.queue_url {
                Some(url) => Some(Queue::connect(url).await?),
                None => None,
            },
        })
    }

    /// Serves until it is told to stop.
    async fn run(
        self,
        options: &UpOptions,
        directory: &DataDirectory,
        listener: TcpListener,
        stop: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let (batcher, mut storing) = Batcher::start(self.handler.clone(), stop.clone());
        let reads = reads::capture(batcher.clone())?;
        let router = self.router(batcher, &reads, stop.clone());
        let mut server = tokio::spawn(serve(
            listener,
            router,
            stopped(stop.clone()),
            SHUTDOWN_TIMEOUT,
        ));
        if !options.no_seed {
            let seeded = tokio::select! {
                seeded = seed::seed(directory, &url) => seeded,
                () = stopped(stop.clone()) => Ok(()),
            };
            if let Err(error) = seeded {
                // Ctrl-C at a terminal reaches the sample service before it is seen here.
                let is_stopping = timeout(SIGNAL_PATIENCE, stopped(stop.clone()))
                    .await
                    .is_ok();
                anyhow::ensure!(is_stopping, error);
            }
        }
        let token = self.demo_token();
        let mut consumer = self.queue.map(|queue| {
            let handler = queue_handler(&queue, self.handler, directory);
            tokio::spawn(queue.consume(handler, stop.clone()))
        });
        let mut erasing = self
            .erasures
            .map(|erasures| tokio::spawn(erasures.work(stop.clone())));
        if !*stop.borrow() {
            announce(&url, &token, directory)?;
        }
        tokio::select! {
            () = stopped(stop.clone()) => Ok(()),
            ended = ends("what serves", Some(&mut server), stop.clone()) => ended,
            ended = ends("what stores messages", Some(&mut storing), stop.clone()) => ended,
            ended = ends("what reads the queue", consumer.as_mut(), stop.clone()) => ended,
            ended = ends("what works on erasures", erasing.as_mut(), stop) => ended,
        }?;
        say("stopping");
        let ending = async {
            for part in [consumer, erasing].into_iter().flatten() {
                // It may have ended, and been seen to, as soon as it was told to stop.
                if !part.is_finished() {
                    let _ = part.await;
                }
            }
        };
        // What takes longer is given up, as the server gives up answers that nobody reads.
        let _ = timeout(SHUTDOWN_TIMEOUT, ending).await;
        if !server.is_finished() {
            let _ = server.await;
        }
        // Who read what is known only now, and the batcher ends with its last user.
        reads.shut_down().await;
        drop(reads);
        // What a sender that went away had sent whole is stored before ClickHouse stops.
        if !storing.is_finished() {
            let _ = timeout(SHUTDOWN_TIMEOUT, storing).await;
        }
        Ok(())
    }

    fn router(
        &self,
        batcher: Batcher,
        reads: &ServerCapture,
        stop: watch::Receiver<bool>,
    ) -> Router {
        let mut api = Api::new(
            self.reader.clone(),
            self.token_key.verifier(),
            self.token_key.derived_secret("page tokens"),
        );
        let intake = Intake::new(batcher, self.dead_letters.clone(), stop);
        api.records_reads = true;
        api.eraser = self.erasures.as_ref().map(Erasures::eraser);
        recorded(router(api), reads).merge(intake::router(intake))
    }

    fn demo_token(&self) -> String {
        self.token_key.mint(&TokenRequest {
            org_id: DEMO_ORG_ID.to_owned(),
            user: "demo".to_owned(),
            email: Some(DEMO_USER_EMAIL.to_owned()),
            permissions: ["view", "export"]
                .map(|right| format!("audit_log:{right}"))
                .to_vec(),
            lifetime: DEMO_TOKEN_LIFETIME,
        })
    }
}

/// Waits until a part of `up` ends that works in the background: nobody else would notice, and messages would wait for ever.
///
/// # Errors
/// Where it ends before `up` is to stop.
async fn ends(
    part: &str,
    working: Option<&mut JoinHandle<()>>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let Some(working) = working else {
        return std::future::pending().await;
    };
    let ended = working.await;
    if *stop.borrow() {
        return Ok(());
    }
    match ended {
        Err(error) if error.is_panic() => bail!("{part} panicked: all of it stops"),
        _ => bail!("{part} ended: all of it stops"),
    }
}

/// The same handler, as patient as the queue, with the queue's own dead-letter queue where it has one.
fn queue_handler(queue: &Queue, handler: BatchHandler, directory: &DataDirectory) -> BatchHandler {
    let handler = BatchHandler {
        patience: queue.patience(),
        ..handler
    };
    if let Some(dead_letters) = queue.dead_letters() {
        return BatchHandler {
            dead_letters: Arc::new(dead_letters),
            ..handler
        };
    }
    say(&format!(
        "the queue has no dead-letter queue: what cannot be stored goes to {}",
        directory.dead_letters().display()
    ));
    handler
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_all_of_it() {
        let (sender, stop) = watch::channel(false);
        let mut ended = tokio::spawn(async {});
        let failure = ends("what reads the queue", Some(&mut ended), stop.clone());
        let failure = failure.await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "what reads the queue ended: all of it stops"
        );
        let mut panicked = tokio::spawn(async { panic!("as a test wants it") });
        let failure = ends("what stores messages", Some(&mut panicked), stop.clone());
        let failure = failure.await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "what stores messages panicked: all of it stops"
        );
        // Whoever was told to stop may end.
        sender.send_replace(true);
        let mut ended = tokio::spawn(async {});
        ends("what stores messages", Some(&mut ended), stop)
            .await
            .unwrap();
    }
}
