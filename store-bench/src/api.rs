//! What the query API adds to the store: each question of the store's table over HTTP, many clients at
//! once, and a whole export. API and clients are in this process.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use daybook_event::OWN_SERVICE;
use daybook_query_api::{Api, LocalKey, TokenRequest, router};
use daybook_store::{Filter, Reader, Search, TenantId, TotalMode};
use futures::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::engine::Bench;
use crate::generate::{Generator, a_person, tenant_name};
use crate::latency::{
    Answer, DEEP, PHRASE, RUNS_A_SERIES, SERIES, least, median, ninety_days, page_at, questions,
    week,
};

const CLIENTS: usize = 32;
const CALLS_A_CLIENT: usize = 20;
const EXPORTS: usize = 3;
const TOKEN_LIFETIME: Duration = Duration::from_hours(12);
const MEMORY_INTERVAL: Duration = Duration::from_millis(20);

/// A question as a client puts it.
#[derive(Clone)]
enum Call {
    Get(String),
    Post(&'static str, Value),
}

/// The API on a loopback socket, and a pool of connections to it.
#[derive(Clone)]
struct Caller {
    url: String,
    authorization: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Caller {
    async fn start(reader: Reader, tenant: &TenantId) -> Result<Self> {
        let key = LocalKey::generate();
        let api = Api::new(reader, key.verifier(), key.derived_secret("page tokens"));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router(api)).await });
        let token = key.mint(&TokenRequest {
            org_id: tenant.as_str().to_owned(),
            user: "bench".to_owned(),
            email: None,
            permissions: vec!["audit_log:view".to_owned(), "audit_log:export".to_owned()],
            lifetime: TOKEN_LIFETIME,
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            url,
            authorization: format!("Bearer {token}"),
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    async fn call(&self, call: &Call) -> Result<Response<Incoming>> {
        let request = match call {
            Call::Get(path) => Request::get(format!("{}{path}", self.url)),
            Call::Post(path, _) => Request::post(format!("{}{path}", self.url)),
        };
        let body = match call {
            Call::Get(_) => Bytes::new(),
            Call::Post(_, body) => body.to_string().into(),
        };
        let request = request
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        Ok(self.client.request(request).await?)
    }

    /// The whole answer, which must be a good one.
    async fn answer(&self, call: &Call) -> Result<Bytes> {
        let response = self.call(call).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

pub(crate) async fn table(
    bench: &Bench,
    generator: Generator,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let tenant = TenantId::new(&tenant_name(0))?;
    let reader = bench.reader()?;
    let of_tenant = reader.count(&tenant, &Filter::default()).await?;
    let newest = page_at(&reader, &tenant, 0).await?;
    let depth = DEEP.min(of_tenant / 2);
    let deep = page_at(&reader, &tenant, depth).await?;
    let caller = Caller::start(bench.reader()?, &tenant).await?;
    writeln!(
        out,
        "\nquery API, largest tenant ({of_tenant} events), best of {SERIES} medians of {RUNS_A_SERIES}; \
         then {CLIENTS} clients at once, {CALLS_A_CLIENT} calls each\n\
         question                    store ms   API ms  ratio   p50 ms   p99 ms  p99/p50"
    )?;
    for question in questions(generator, newest, deep) {
        let asked = as_the_api_asks(question.answer);
        let call = call_of(question.name, generator, newest, depth, &caller).await?;
        let rows = asked.ask(&reader, &tenant).await?;
        let answer: Value = serde_json::from_slice(&caller.answer(&call).await?)?;
        let found = answer["logs"].as_array().map(Vec::len);
        ensure!(
            found.is_none_or(|found| found as u64 == rows),
            "{}: the API found {found:?} events, the store {rows}",
            question.title
        );
        let (mut by_store, mut by_api) = (Vec::new(), Vec::new());
        for _ in 0..SERIES {
            let (mut store_times, mut api_times) = (Vec::new(), Vec::new());
            // In turns, so that what else the machine does falls on both.
            for _ in 0..RUNS_A_SERIES {
                let began = Instant::now();
                asked.ask(&reader, &tenant).await?;
                store_times.push(began.elapsed());
                let began = Instant::now();
                caller.answer(&call).await?;
                api_times.push(began.elapsed());
            }
            by_store.push(median(store_times));
            by_api.push(median(api_times));
        }
        let (store, api) = (ms(least(&by_store)), ms(least(&by_api)));
        let (p50, p99) = at_once(&caller, &call).await?;
        writeln!(
            out,
            "{:<26}  {store:>8.1}  {api:>7.1}  {:>5.2}  {p50:>7.1}  {p99:>7.1}  {:>7.2}",
            question.title,
            api / store,
            p99 / p50,
        )?;
    }
    exports(&caller, of_tenant, out).await
}

/// The API leaves its own service out, and counts with a search.
fn as_the_api_asks(mut answer: Answer) -> Answer {
    if let Answer::Count(filter) = answer {
        answer = Answer::Page(Box::new(Search {
            filter,
            limit: 1,
            total: TotalMode::Exact,
            ..Search::default()
        }));
    }
    let filter = match &mut answer {
        Answer::Page(search) => &mut search.filter,
        Answer::Count(filter) | Answer::Histogram(filter, _) => filter,
    };
    filter.hide_service = Some(OWN_SERVICE.to_owned());
    answer
}

async fn call_of(
    name: &str,
    generator: Generator,
    newest: daybook_store::Position,
    depth: u64,
    caller: &Caller,
) -> Result<Call> {
    let (entity_type, entity_id) = generator.an_entity();
    let body = match name {
        "latest" => json!({"total": "none"}),
        "week_and_action" => {
            let (from, to) = week(newest)?;
            let range = json!({"from": from.to_string(), "to": to.to_string()});
            json!({"total": "none", "timestamp": range, "action": "delete"})
        }
        "entity" => {
            let entity = json!({"type": entity_type, "id": entity_id});
            json!({"total": "none", "limit": 1000, "entity": entity})
        }
        "actor" => json!({"total": "none", "user": {"user_id": a_person()}}),
        "word" => json!({"total": "none", "q": generator.a_rare_word()}),
        "phrase" => json!({"total": "none", "q": format!("\"{PHRASE}\"")}),
        "count" => json!({"limit": 1, "service_name": "workflow", "action": "delete"}),
        "histogram" => {
            let from = ninety_days(newest)?;
            let range = format!("by=outcome&bucket=day&timestamp.from={from}");
            return Ok(Call::Get(format!("/v1/logs/histogram?{range}")));
        }
        "deep_page" => {
            let limit = (depth / 100).clamp(1, 1_000);
            let body = json!({"total": "none", "limit": limit, "page": 99});
            let page = caller.answer(&Call::Post("/v1/logs", body)).await?;
            let page: Value = serde_json::from_slice(&page)?;
            json!({"total": "none", "cursor": page["next_cursor"]})
        }
        name => bail!("nobody said how the API is asked for {name}"),
    };
    Ok(Call::Post("/v1/logs", body))
}

/// The median and the 99th percentile of many clients at once, in milliseconds.
async fn at_once(caller: &Caller, call: &Call) -> Result<(f64, f64)> {
    let clients = (0..CLIENTS).map(|_| {
        let (caller, call) = (caller.clone(), call.clone());
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(CALLS_A_CLIENT);
            for _ in 0..CALLS_A_CLIENT {
                let began = Instant::now();
                caller.answer(&call).await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for client in try_join_all(clients).await? {
        times.extend(client?);
    }
    times.sort_unstable();
    let at = |percent: usize| ms(times[(times.len() - 1) * percent / 100]);
    Ok((at(50), at(99)))
}

async fn exports(caller: &Caller, of_tenant: u64, out: &mut (dyn Write + Send)) -> Result<()> {
    writeln!(
        out,
        "\nexport, all of the tenant, {EXPORTS} times; memory is this process's, clients included\n\
         format     events   MB        s  events/s   MB/s  resident MB: before, at most"
    )?;
    for format in ["ndjson", "csv", "ocsf"] {
        let call = Call::Post("/v1/logs/export", json!({"format": format}));
        let mut runs = Vec::new();
        for _ in 0..EXPORTS {
            runs.push(export(caller, &call).await?);
        }
        runs.sort_unstable_by_key(|run| run.time);
        let run = &runs[runs.len() / 2];
        let lines = run.lines - u64::from(format == "csv");
        ensure!(
            format == "csv" || lines == of_tenant,
            "{lines} of {of_tenant} events were exported"
        );
        let (seconds, megabytes) = (run.time.as_secs_f64(), megabytes(run.bytes));
        writeln!(
            out,
            "{format:<7}  {lines:>8}  {megabytes:>5.0}  {seconds:>6.1}  {:>8.0}  {:>5.0}  {:>7.0} {:>7.0}",
            as_f64(lines) / seconds,
            megabytes / seconds,
            megabytes_of_kib(run.resident_before_kib),
            megabytes_of_kib(
                runs.iter()
                    .map(|run| run.resident_max_kib)
                    .max()
                    .unwrap_or(0)
            ),
        )?;
    }
    Ok(())
}

struct Run {
    time: Duration,
    lines: u64,
    bytes: u64,
    resident_before_kib: u64,
    resident_max_kib: u64,
}

async fn export(caller: &Caller, call: &Call) -> Result<Run> {
    let resident_before_kib = resident_kib()?;
    let began = Instant::now();
    let response = caller.call(call).await?;
    ensure!(response.status() == StatusCode::OK, "{}", response.status());
    let mut body = response.into_body();
    let (mut lines, mut bytes, mut resident_max_kib) = (0, 0, 0);
    let mut next_look = MEMORY_INTERVAL;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        bytes += data.len() as u64;
        lines += memchr::memchr_iter(b'\n', &data).count() as u64;
        if began.elapsed() > next_look {
            next_look = began.elapsed() + MEMORY_INTERVAL;
            resident_max_kib = resident_kib()?.max(resident_max_kib);
        }
    }
    Ok(Run {
        time: began.elapsed(),
        lines,
        bytes,
        resident_before_kib,
        resident_max_kib,
    })
}

/// How much of this process is in memory, in KiB.
fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
    number.context("this system does not say how much memory a process has")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[allow(clippy::cast_precision_loss)] // nobody counts so far
fn as_f64(number: u64) -> f64 {
    number as f64
}

fn megabytes(bytes: u64) -> f64 {
    as_f64(bytes) / 1e6
}

fn megabytes_of_kib(kib: u64) -> f64 {
    megabytes(kib * 1_024)
}
