//! How many events a second the store takes, deduplication included, and how long a page takes.
//!
//! `cargo bench -p daybook-store`; it starts a ClickHouse of its own.

use std::ffi::OsString;
use std::io::Write as _;
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use daybook_clickhouse_launcher::{Cache, Engine, Server, ServerOptions, run_engine_child};
use daybook_event::{AuditEvent, EventIdentity, event_id};
use daybook_store::{
    Credentials, Endpoint, NewEvent, Reader, RolePasswords, Search, Stored, TenantId, TotalMode,
    Writer, migrate, users_xml,
};
use jiff::Timestamp;

const ENGINE_COMMAND: &str = "clickhouse-engine";
const TENANTS: u64 = 2_000;
/// 2026-11-01T00:00:00Z.
const FIRST_MS: u64 = 1_793_491_200_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments
        .peek()
        .is_some_and(|first| first == ENGINE_COMMAND)
    {
        return run_engine_child(arguments.skip(1));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let measured = match runtime {
        Ok(runtime) => runtime.block_on(measure()),
        Err(error) => Err(error.into()),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let passwords = RolePasswords::random();
    let migrator = passwords.migrator_credentials();
    let engine = tokio::task::spawn_blocking(|| Engine::find(&Cache::of_user()?)).await??;
    let options = ServerOptions {
        data_directory: directory.path().join("clickhouse"),
        users_xml: users_xml("daybook", &passwords)?,
        ready_user: migrator.user.clone(),
        ready_password: migrator.password.clone(),
        engine_command: (
            std::env::current_exe()?,
            vec![OsString::from(ENGINE_COMMAND)],
        ),
        ready_timeout: Duration::from_mins(1),
    };
    let server = Server::start(&engine, &options).await?;
    let endpoint = Endpoint::new(server.http_url());
    migrate(&endpoint, &migrator).await?;

    let writer = passwords.writer_credentials();
    insert_rate(&endpoint, &writer, 1, 20_000, 0..1_000_000).await?;
    insert_rate(&endpoint, &writer, 1, 1_000, 1_000_000..1_100_000).await?;
    insert_rate(&endpoint, &writer, 4, 20_000, 1_100_000..1_500_000).await?;
    insert_rate(&endpoint, &writer, 4, 1_000, 1_500_000..1_600_000).await?;
    let reader = Reader::new(&endpoint, &passwords.reader_credentials())?;
    page_time(&reader, TotalMode::None).await?;
    page_time(&reader, TotalMode::Exact).await?;
    server.stop().await?;
    Ok(())
}

/// Stores the events in batches; with several writers each batch begins 1 % inside the one before.
async fn insert_rate(
    endpoint: &Endpoint,
    credentials: &Credentials,
    writers: u64,
    batch_rows: u64,
    numbers: Range<u64>,
) -> Result<(), Failure> {
    let overlap = if writers > 1 { batch_rows / 100 } else { 0 };
    let starts: Vec<u64> = (numbers.start..numbers.end)
        .step_by(usize::try_from(batch_rows)?)
        .collect();
    let mut tasks = Vec::new();
    let started = Instant::now();
    for number in 0..writers {
        let writer = Writer::new(endpoint, credentials)?;
        let mine: Vec<u64> = starts
            .iter()
            .copied()
            .filter(|start| start / batch_rows % writers == number)
            .collect();
        tasks.push(tokio::spawn(async move {
            let (mut inserted, mut making) = (0, Duration::ZERO);
            for start in mine {
                let began = Instant::now();
                let batch: Vec<_> = (start.saturating_sub(overlap)..start + batch_rows)
                    .map(new_event)
                    .collect();
                making += began.elapsed();
                let outcomes = writer.insert(&batch).await?;
                inserted += outcomes
                    .iter()
                    .filter(|&&outcome| outcome == Stored::Inserted)
                    .count();
            }
            Ok::<_, Failure>((inserted, making))
        }));
    }
    let (mut inserted, mut making) = (0, Duration::ZERO);
    for task in tasks {
        let (of_task, making_of_task) = task.await??;
        inserted += of_task;
        making += making_of_task;
    }
    let seconds = (started
        .elapsed()
        .saturating_sub(making / u32::try_from(writers)?))
    .as_secs_f64();
    let rate = f64::from(u32::try_from(inserted)?) / seconds;
    say(&format!(
        "{writers} writer(s), {batch_rows:>6} rows a batch: {inserted:>8} events in {seconds:.1} s, {rate:.0} a second"
    ));
    Ok(())
}

async fn page_time(reader: &Reader, total: TotalMode) -> Result<(), Failure> {
    let tenant = TenantId::new("tenant-0")?;
    let search = Search {
        total,
        ..Search::default()
    };
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        reader.search(&tenant, &search).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    say(&format!(
        "latest 50 of the largest tenant, total {total:?}: median {:?}",
        times[times.len() / 2]
    ));
    Ok(())
}

/// One event every ten milliseconds; one tenant has eight percent of them.
fn new_event(number: u64) -> NewEvent {
    let time_ms = i64::try_from(FIRST_MS + number * 10).unwrap_or(i64::MAX);
    // Spreads neighbouring numbers over tenants, people and things.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let tenant = if spread % 100 < 8 {
        0
    } else {
        spread / 100 % TENANTS
    };
    let (person, thing) = (spread % 50, spread % 10_000);
    let id = event_id(&EventIdentity {
        request_time_ms: time_ms,
        api_id: "a1b2c3",
        stage: "prod",
        request_id: &number.to_string(),
        method: "PUT",
        path: "/v1/workflows",
    });
    let mut event = AuditEvent {
        id,
        org_id: format!("tenant-{tenant}"),
        timestamp: Timestamp::from_millisecond(time_ms).unwrap_or_default(),
        service_name: "workflow".to_owned(),
        event_name: "updateWorkflow".to_owned(),
        status_code: 200,
        activity: format!("person{person}@example.com updated workflow Onboarding {thing}"),
        detail: format!(
            r#"{{"name":"Onboarding {thing}","steps":[{{"title":"Call","order":{person}}}],"enabled":true}}"#
        ),
        source: "api_gateway".to_owned(),
        described: true,
        ..AuditEvent::default()
    };
    event.ingested_at = event.timestamp;
    event.caller.user_id = format!("{:016x}", person * 7_919);
    event.caller.user_email = format!("person{person}@example.com");
    "workflow".clone_into(&mut event.entity.kind);
    event.entity.id = thing.to_string();
    event.entity.name = format!("Onboarding {thing}");
    "PUT".clone_into(&mut event.http.method);
    event.http.path = format!("/v1/workflows/{thing}");
    "/v1/workflows/{id}".clone_into(&mut event.http.resource);
    event.http.ip = format!("203.0.113.{}", spread % 256);
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".clone_into(&mut event.http.user_agent);
    NewEvent {
        request_digest: *event.id.as_bytes(),
        event,
    }
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
