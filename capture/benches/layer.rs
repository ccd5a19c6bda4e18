//! What the layer adds to a call: before the response, for which the client waits, and after it.
//!
//! `cargo bench -p daybook-capture` serves the same event by a handler without and with the layer and
//! prints the difference. `capture/bench/README.md` says how to see it beside the Node way.
//!
//! What is measured is the time that the thread itself ran, so that other programs on the machine count
//! little. With `-- --wall-clock` it is what a clock on the wall shows, in JSON: the median over many batches of
//! calls, which is how `capture/bench/middy.mjs` measures.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // a benchmark gives up and talks as tests do
#![allow(clippy::cast_precision_loss)] // of some thousand calls

mod stubs;
mod thread_time;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use criterion::measurement::{Measurement, WallTime};
use criterion::{BenchmarkGroup, Criterion, criterion_group};
use daybook_capture::{Capture, CaptureBuilder};
use http_body_util::{BodyExt, Full};
use lambda_runtime::{LambdaEvent, LambdaInvocation};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tower::{Service, service_fn};

use stubs::{RESPONSE, StubbedSink, clock};
use thread_time::{ThreadTime, typical};

/// So few that all of them stay in the processor's cache, as one call does.
const BATCH_LENGTH: u64 = 32;

/// By the clock on the wall, after as many that warm up.
const BATCHES: usize = 2_000;

/// What a function may take for one event.
const TIMEOUT: Duration = Duration::from_secs(30);

const EVENTS: &[(&str, &str)] = &[
    ("POST, REST", include_str!("events/rest-post.json")),
    ("POST, HTTP", include_str!("events/http-post.json")),
    ("left-out GET, REST", include_str!("events/rest-get.json")),
    ("left-out GET, HTTP", include_str!("events/http-get.json")),
    (
        "left-out GET, HTTP, any method's route",
        include_str!("events/http-get-any.json"),
    ),
];

fn layer(criterion: &mut Criterion<ThreadTime>) {
    let clock = clock();
    let _entered = clock.enter();

    print_allocations();
    let mut group = criterion.benchmark_group("added before the response");
    for (name, event) in EVENTS {
        let services = (without_layer(), with_layer());
        measure(&mut group, name, event, services, |call| call.before);
    }
    for (name, event) in &EVENTS[2..] {
        let name = format!("{name}, by its route");
        let services = (without_layer(), with_layer_of(choosing_by_routes()));
        measure(&mut group, &name, event, services, |call| call.before);
    }
    for (name, items) in [("3 KB", 20), ("50 KB", 400)] {
        let name = format!("POST, HTTP, a plain handler's JSON of {name}");
        let services = (
            plain_runtime(service_fn(plain(items))),
            plain_with_layer(items),
        );
        measure(&mut group, &name, EVENTS[1].1, services, |call| call.before);
    }
    group.finish();
    let mut group = criterion.benchmark_group("added after the response, the sending stubbed");
    for (name, event) in &EVENTS[..2] {
        let services = (without_layer(), with_layer());
        measure(&mut group, name, event, services, |call| call.after);
    }
    group.finish();
}

fn measure<A, B>(
    group: &mut BenchmarkGroup<'_, ThreadTime>,
    name: &str,
    event: &'static str,
    (mut without, mut with): (A, B),
    part: impl Fn(Times) -> Duration,
) where
    A: Service<LambdaInvocation>,
    B: Service<LambdaInvocation>,
{
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| {
            let (mut without_times, mut with_times) = (Vec::new(), Vec::new());
            let batches = calls.div_ceil(BATCH_LENGTH);
            for _ in 0..batches {
                without_times.push(part(serve(&ThreadTime, &mut without, event)));
                with_times.push(part(serve(&ThreadTime, &mut with, event)));
            }
            let added = typical(with_times).saturating_sub(typical(without_times));
            // Criterion divides by it, so it must not be zero.
            added
                .mul_f64(calls as f64 / BATCH_LENGTH as f64)
                .max(Duration::from_nanos(1))
        });
    });
}

/// The median of what is added to a call, in nanoseconds.
fn print_wall_clock() {
    let clock = clock();
    let _entered = clock.enter();
    let mut added = Map::new();
    for (name, event) in EVENTS {
        let (mut without, mut with) = (without_layer(), with_layer());
        let mut times: [Vec<Duration>; 4] = Default::default();
        for batch in 0..2 * BATCHES {
            let without = serve(&WallTime, &mut without, event);
            let with = serve(&WallTime, &mut with, event);
            if batch >= BATCHES {
                let batch = [without.before, with.before, without.after, with.after];
                for (times, time) in times.iter_mut().zip(batch) {
                    times.push(time);
                }
            }
        }
        let [without_before, before, without_after, after] = times.map(|mut times| {
            times.sort();
            times[times.len() / 2].as_nanos() as f64 / BATCH_LENGTH as f64
        });
        let call = json!({"before": before - without_before, "after": after - without_after});
        added.insert((*name).to_owned(), call);
    }
    println!("{}", Value::from(added));
}

fn print_allocations() {
    println!("allocations that the layer adds (count, bytes):");
    for (name, event) in EVENTS {
        let [without_before, without_after] = allocations(&mut without_layer(), event);
        let [with_before, with_after] = allocations(&mut with_layer(), event);
        let added =
            |with: (u64, u64), without: (u64, u64)| (with.0 - without.0, with.1 - without.1);
        println!(
            "  {name}: before the response {:?}, after it {:?}",
            added(with_before, without_before),
            added(with_after, without_after)
        );
    }
    println!();
}

/// Number and bytes, until the response is posted and from there on.
fn allocations<S: Service<LambdaInvocation>>(
    service: &mut S,
    event: &'static str,
) -> [(u64, u64); 2] {
    // What only the first call needs is none of the others' business.
    serve(&ThreadTime, service, event);
    let invocation = invocation(event);
    let mut context = Context::from_waker(Waker::noop());
    let mut call = pin!(None);
    let before = allocation_counter::measure(|| {
        call.set(Some(service.call(invocation)));
        let call = call.as_mut().as_pin_mut().unwrap();
        assert!(call.poll(&mut context).is_pending());
    });
    let after = allocation_counter::measure(|| {
        let call = call.as_mut().as_pin_mut().unwrap();
        assert!(call.poll(&mut context).is_ready());
    });
    [before, after].map(|info| (info.count_total, info.bytes_total))
}

/// How long calls took until their responses were posted, and from there on.
#[derive(Clone, Copy)]
struct Times {
    before: Duration,
    after: Duration,
}

fn serve<C, S>(clock: &C, service: &mut S, event: &'static str) -> Times
where
    C: Measurement<Value = Duration>,
    S: Service<LambdaInvocation>,
{
    let invocations: Vec<_> = (0..BATCH_LENGTH).map(|_| invocation(event)).collect();
    // A runtime has the future in a place of its own. To allocate one for each would count the allocator's moods.
    let mut calls: Vec<_> = invocations.iter().map(|_| Box::pin(None)).collect();
    let mut context = Context::from_waker(Waker::noop());
    let started = clock.start();
    for (call, invocation) in calls.iter_mut().zip(invocations) {
        call.set(Some(service.call(invocation)));
        let call = call.as_mut().as_pin_mut().unwrap();
        assert!(call.poll(&mut context).is_pending());
    }
    let before = clock.end(started);
    let started = clock.start();
    for call in &mut calls {
        let call = call.as_mut().as_pin_mut().unwrap();
        assert!(call.poll(&mut context).is_ready());
    }
    let after = clock.end(started);
    Times { before, after }
}

/// What a runtime makes of an answer to `next`.
fn invocation(event: &'static str) -> LambdaInvocation {
    let (parts, ()) = http::Response::new(()).into_parts();
    let mut context = lambda_runtime::Context::default();
    context.request_id = String::from("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    let deadline = (SystemTime::now() + TIMEOUT).duration_since(UNIX_EPOCH);
    context.deadline = deadline.unwrap().as_millis().try_into().unwrap();
    LambdaInvocation {
        parts,
        body: Bytes::from_static(event.as_bytes()),
        context,
    }
}

fn without_layer() -> impl Service<LambdaInvocation> {
    runtime(service_fn(handler))
}

fn with_layer() -> impl Service<LambdaInvocation> {
    with_layer_of(Capture::builder())
}

fn with_layer_of(capture: CaptureBuilder) -> impl Service<LambdaInvocation> {
    let capture = capture.sink(StubbedSink).build().unwrap();
    capture.layer(runtime(capture.layer(service_fn(handler))))
}

/// None of the events is on one of these.
fn choosing_by_routes() -> CaptureBuilder {
    Capture::builder()
        .capture_reads(["/v1/customers/{id}/bank-account", "/v1/reports/{id}"])
        .ignore_paths(["/v1/webhooks/configs/{configId}/trigger"])
}

/// A handler of `lambda_runtime`'s own that returns a list of as many items.
fn plain(items: usize) -> impl FnMut(LambdaEvent<()>) -> Ready<Result<Value, Infallible>> + Clone {
    let item = json!({"id": "itm_7", "name": "Item 7", "state": "open", "total": 1497.0,
        "description": "Nothing that anybody would want to read twice, and here it is"});
    let returned = json!({"id": "ord_7", "name": "Order 7", "items": vec![item; items]});
    move |_| ready(Ok(returned.clone()))
}

fn plain_with_layer(items: usize) -> impl Service<LambdaInvocation> {
    let capture = Capture::builder().sink(StubbedSink).build().unwrap();
    capture.layer(plain_runtime(capture.layer(service_fn(plain(items)))))
}

/// As [`runtime`], for what a handler returns as JSON.
fn plain_runtime<H>(
    mut handler: H,
) -> impl Service<LambdaInvocation, Response = (), Error = Infallible, Future: Future>
where
    H: Service<LambdaEvent<()>, Response: Serialize, Error = Infallible>,
{
    service_fn(move |invocation: LambdaInvocation| {
        let answer = handler.call(LambdaEvent::new((), invocation.context));
        async move {
            black_box(serde_json::to_vec(&answer.await?).unwrap());
            PendingOnce::default().await;
            Ok(())
        }
    })
}

fn handler(
    _: http::Request<()>,
) -> impl Future<Output = Result<http::Response<Full<Bytes>>, Infallible>> {
    let response = http::Response::builder()
        .status(201)
        .header("content-type", "application/json")
        .body(Full::from(RESPONSE))
        .unwrap();
    ready(Ok(response))
}

/// Does with a handler what `lambda_runtime` does, without its own work: the response is posted when the
/// future is first pending.
fn runtime<H, B>(
    mut handler: H,
) -> impl Service<LambdaInvocation, Response = (), Error = Infallible, Future: Future>
where
    H: Service<http::Request<()>, Response = http::Response<B>, Error = Infallible>,
    B: http_body::Body<Error = Infallible>,
{
    service_fn(move |_: LambdaInvocation| {
        let answer = handler.call(http::Request::new(()));
        async move {
            let (head, body) = answer.await?.into_parts();
            let body = pin!(body).collect().await?.to_bytes();
            black_box((head, body));
            PendingOnce::default().await;
            Ok(())
        }
    })
}

#[derive(Default)]
struct PendingOnce {
    was_pending: bool,
}

impl Future for PendingOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.was_pending, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = layer
}

fn main() {
    if std::env::args().any(|argument| argument == "--wall-clock") {
        return print_wall_clock();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
