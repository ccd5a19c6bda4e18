//! How fast a document becomes an index, and a request finds its operation.
//!
//! `cargo bench -p daybook-openapi` measures a made-up document of GitHub's size. `bench/README.md`
//! says how to measure a real one, beside two routers of Node.
//!
//! `DAYBOOK_BENCH_DOCUMENT` names a document and `DAYBOOK_BENCH_CALLS` a JSON file of `[method, path]`
//! pairs, each of which must be described.
//!
//! What is measured is the time that the thread itself ran, so that other programs on the machine count
//! little.

#![allow(clippy::unwrap_used, missing_docs)] // a benchmark gives up as tests do

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use daybook_openapi::{Document, Found, Index, RequestLine};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// What an API without a domain of its own is called at; it says nothing of the service.
const AWS_DOMAIN: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

type Calls = Vec<(String, String)>;

fn matching(criterion: &mut Criterion<ThreadTime>) {
    let (document, calls) = inputs();
    let (index, _) = Index::build(vec![document.clone()]);
    let host = first_host(&document);
    for (method, path) in &calls {
        for domain_name in [&host, AWS_DOMAIN] {
            let found = index.find(&request(domain_name, method, path));
            assert!(matches!(found, Found::Operation { .. }), "{method} {path}");
        }
    }

    let mut group = criterion.benchmark_group("find");
    group.throughput(Throughput::Elements(calls.len() as u64));
    for (name, domain_name) in [("own domain", host.as_str()), ("AWS's domain", AWS_DOMAIN)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for (method, path) in &calls {
                    let request = request(domain_name, method, path);
                    black_box(index.find(black_box(&request)));
                }
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("index");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    group.bench_function("build from JSON", |bencher| {
        bencher.iter_batched(
            || vec![document.clone()],
            Index::build,
            BatchSize::PerIteration,
        );
    });
    let compiled = index.compile().unwrap();
    group.bench_function("load compiled", |bencher| {
        bencher.iter_with_large_drop(|| Index::load(black_box(&compiled)).unwrap());
    });
    group.finish();
}

/// As API Gateway's REST API delivers it.
fn request<'a>(domain_name: &'a str, method: &'a str, path: &'a str) -> RequestLine<'a> {
    RequestLine {
        domain_name,
        api_id: "a1b2c3d4e5",
        stage: "prod",
        method,
        path,
        resource: "/{proxy+}",
        proxy: path.trim_start_matches('/'),
        ..RequestLine::default()
    }
}

fn first_host(document: &Document) -> String {
    let root: serde_json::Value = serde_json::from_slice(&document.bytes).unwrap();
    let url = root["servers"][0]["url"].as_str().unwrap();
    let host = url.split("//").nth(1).unwrap();
    host.split('/').next().unwrap().to_owned()
}

fn inputs() -> (Document, Calls) {
    let variable = |name: &str| std::env::var(name).ok();
    match (
        variable("DAYBOOK_BENCH_DOCUMENT"),
        variable("DAYBOOK_BENCH_CALLS"),
    ) {
        (Some(document), Some(calls)) => (
            Document {
                file_name: "document.json".to_owned(),
                bytes: std::fs::read(document).unwrap(),
            },
            serde_json::from_slice(&std::fs::read(calls).unwrap()).unwrap(),
        ),
        _ => made_up(),
    }
}

/// 1,223 operations on collections in collections, with schemas behind references.
fn made_up() -> (Document, Calls) {
    const OPERATIONS: usize = 1_223;
    let mut paths = serde_json::Map::new();
    let mut calls = Calls::new();
    let content =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } });
    'all: for number in 0.. {
        let outer = [
            "repos/{owner}/{repo}",
            "orgs/{org}",
            "user",
            "teams/{team_id}",
        ][number % 4];
        let collection = format!("/{outer}/things{number}");
        for (path, methods) in [
            (collection.clone(), &["get", "post"][..]),
            (format!("{collection}/{{id}}"), &["get", "patch", "delete"]),
            (format!("{collection}/{{id}}/parts/{{part_id}}"), &["put"]),
        ] {
            for method in methods {
                if calls.len() == OPERATIONS {
                    break 'all;
                }
                let operation = json!({
                    "operationId": format!("things/{method}-{number}"), "summary": "Does it",
                    "requestBody": { "content": content }, "responses": { "200": { "description": "ok", "content": content } }
                });
                paths.entry(path.clone()).or_insert_with(|| json!({}))[method] = operation;
                let concrete = path.replace('{', "value-of-").replace('}', "");
                calls.push((method.to_ascii_uppercase(), concrete));
            }
        }
    }
    let properties: serde_json::Map<_, _> = (0..60)
        .map(|number| {
            (
                format!("field_{number}"),
                json!({ "type": "string", "description": "x" }),
            )
        })
        .collect();
    let document = json!({
        "openapi": "3.0.3", "info": { "title": "Made up" }, "paths": paths,
        "servers": [{ "url": "https://api.example.com" }],
        "components": { "schemas": { "Thing": { "type": "object", "properties": properties } } }
    });
    let bytes = document.to_string().into_bytes();
    (
        Document {
            file_name: "document.json".to_owned(),
            bytes,
        },
        calls,
    )
}

/// The time that this thread ran.
struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(now).unwrap()
    }

    fn end(&self, started: Duration) -> Duration {
        self.start().saturating_sub(started)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = matching
}
criterion_main!(benches);
