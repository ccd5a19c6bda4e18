//! Seeding the whole way: six service processes, the real runtime, the real capture layer, and an
//! intake that takes its time.

// The whole file is a test; clippy sees only functions that are marked as one.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::env;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_sample_service::{SeedError, SeedOptions, SeedReport, invocations, seed};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// As long as an intake takes that answers after it has stored a message.
const INTAKE_DELAY: Duration = Duration::from_millis(40);

/// The service. Started by the test below with Lambda's environment; without it there is nothing
/// to serve.
#[tokio::test]
async fn service_process() {
    if env::var("AWS_LAMBDA_RUNTIME_API").is_ok() {
        daybook_sample_service::run().await.unwrap();
    }
}

struct Intake {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Intake {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut serving = JoinSet::new();
        let taken = lines.clone();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let taken = taken.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| take(request, taken.clone()));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            address,
            lines,
            _serving: serving,
        }
    }
}

async fn take(
    request: Request<Incoming>,
    taken: Arc<Mutex<Vec<String>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    tokio::time::sleep(INTAKE_DELAY).await;
    let lines = std::str::from_utf8(&body).unwrap().lines();
    taken.lock().unwrap().extend(lines.map(ToOwned::to_owned));
    Ok(Response::new(Full::from(r#"{"accepted":1,"failed":[]}"#)))
}

fn options(intake: &Intake, test: &str) -> SeedOptions {
    SeedOptions {
        service_command: (
            env::current_exe().unwrap(),
            vec!["--exact".into(), test.into()],
        ),
        intake_url: format!("http://{}/intake", intake.address),
        now: "2026-11-22T07:21:14.123Z".parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_demo_arrives_and_brings_no_credential_along() {
    let intake = Intake::start().await;
    let options = options(&intake, "service_process");
    let now: Timestamp = options.now;
    let mut last = (0, 0);
    let started = Instant::now();
    let report: SeedReport = seed(options, |done, all| last = (done, all)).await.unwrap();
    eprintln!("seeded in {:?}: {report:?}", started.elapsed());

    assert_eq!(last, (400, 400));
    assert_eq!(report.calls, 400);
    assert_eq!(
        report.succeeded + report.denied + report.failed,
        report.calls
    );
    assert!(report.succeeded > 280, "{report:?}");
    assert!(report.denied > 15, "{report:?}");
    assert!(report.failed > 10, "{report:?}");
    assert!(report.reads > 10, "{report:?}");

    let lines = intake.lines.lock().unwrap();
    assert_eq!(lines.len(), report.calls - report.reads);
    let text = lines.join("\n");
    for sign in [
        "eyJhbGci",
        "Sommer-",
        "Winter-",
        "session=",
        "AWS4-HMAC",
        "Bearer ",
    ] {
        assert!(!text.contains(sign), "{sign} is a credential");
    }
    assert!(
        invocations(now)
            .iter()
            .any(|event| event.to_string().contains("Winter-"))
    );

    let messages: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut statuses: HashMap<u64, usize> = HashMap::new();
    for message in &messages {
        let status_code = message["response"]["status_code"].as_u64().unwrap();
        *statuses.entry(status_code).or_default() += 1;
    }
    eprintln!("statuses: {statuses:?}");
    for status_code in [0, 200, 201, 202, 204, 400, 403, 404, 500] {
        assert!(statuses.contains_key(&status_code), "{status_code}");
    }
    assert!(
        messages
            .iter()
            .any(|message| message["context"]["before"].is_object())
    );
    assert!(
        messages
            .iter()
            .any(|message| message["context"]["reason"].is_string())
    );
    let ids: HashSet<&str> = messages
        .iter()
        .map(|message| {
            message["event"]["requestContext"]["extendedRequestId"]
                .as_str()
                .or(message["event"]["requestContext"]["requestId"].as_str())
                .unwrap()
        })
        .collect();
    assert_eq!(ids.len(), messages.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_ends_is_an_error_and_no_endless_wait() {
    let intake = Intake::start().await;
    let options = options(&intake, "there_is_no_such_test");
    let error = seed(options, |_, _| ()).await.unwrap_err();
    assert!(matches!(error, SeedError::Ended { .. }), "{error}");
}
