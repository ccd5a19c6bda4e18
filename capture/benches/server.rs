//! What the door of a server that is no Lambda adds to a request, in the handler's task.
//!
//! `cargo bench -p daybook-capture --bench server` serves the same request by a handler that reads its body,
//! without and with the layer, and prints the difference. What the background task does with a call
//! afterwards is not in it.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // a benchmark gives up and talks as tests do
#![allow(clippy::cast_precision_loss)] // of some thousand calls

mod stubs;
mod thread_time;

use std::convert::Infallible;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::Measurement;
use criterion::{Criterion, criterion_group, criterion_main};
use daybook_capture::{Capture, ServerCapture};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower::{Layer, Service, service_fn};

use stubs::{RESPONSE, StubbedSink, clock};
use thread_time::{ThreadTime, typical};

/// So few that the queue holds them all.
const BATCH_LENGTH: u64 = 32;

/// Its method, path, headers and body make the request.
const EVENT: &str = include_str!("events/http-post.json");

fn server(criterion: &mut Criterion<ThreadTime>) {
    let clock = clock();
    let _entered = clock.enter();
    let capture = Capture::builder().sink(StubbedSink).build().unwrap();
    let audit = ServerCapture::builder(capture).build().unwrap();
    let mut with = audit.layer().layer(service_fn(handler));
    let mut without = service_fn(handler);

    let mut group = criterion.benchmark_group("added by the server's door");
    for (name, method) in [("POST, 3 KB", "POST"), ("left-out GET", "GET")] {
        let request = Received::of(EVENT, method);
        serve(&mut with, &request, 1);
        let [bare, layered] = [
            allocation_counter::measure(|| {
                serve(&mut without, &request, 1);
            }),
            allocation_counter::measure(|| {
                serve(&mut with, &request, 1);
            }),
        ];
        println!(
            "allocations that the door adds to a {name}: {}, {} bytes",
            layered.count_total - bare.count_total,
            layered.bytes_total - bare.bytes_total
        );
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|calls| {
                let (mut without_times, mut with_times) = (Vec::new(), Vec::new());
                for _ in 0..calls.div_ceil(BATCH_LENGTH) {
                    without_times.push(serve(&mut without, &request, BATCH_LENGTH));
                    with_times.push(serve(&mut with, &request, BATCH_LENGTH));
                    assert_eq!(clock.block_on(audit.flush()), 0);
                }
                let added = typical(with_times).saturating_sub(typical(without_times));
                // Criterion divides by it, so it must not be zero.
                added
                    .mul_f64(calls as f64 / BATCH_LENGTH as f64)
                    .max(Duration::from_nanos(1))
            });
        });
    }
    group.finish();
}

/// What a server has read from a connection.
struct Received {
    head: http::request::Parts,
    body: Bytes,
}

impl Received {
    fn of(event: &str, method: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let uri = format!(
            "{}?{}",
            text(&event["rawPath"]),
            text(&event["rawQueryString"])
        );
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in event["headers"].as_object().unwrap() {
            request = request.header(name, text(value));
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let body = if method == "GET" {
            String::new()
        } else {
            text(&event["body"])
        };
        Self {
            head,
            body: body.into(),
        }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        Request::from_parts(self.head.clone(), Full::new(self.body.clone()))
    }
}

/// How long the requests took until their responses were written.
fn serve<S, B>(service: &mut S, received: &Received, requests: u64) -> Duration
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    let requests: Vec<_> = (0..requests).map(|_| received.request()).collect();
    let mut context = Context::from_waker(Waker::noop());
    let started = ThreadTime.start();
    for request in requests {
        let call = async {
            let response = service.call(request).await?;
            response.into_body().collect().await
        };
        let Poll::Ready(written) = Box::pin(call).as_mut().poll(&mut context) else {
            unreachable!("nothing in it waits")
        };
        black_box(written.unwrap().to_bytes());
    }
    ThreadTime.end(started)
}

async fn handler<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible>
where
    B: Body<Error = Infallible>,
{
    black_box(request.into_body().collect().await?.to_bytes());
    let response = Response::builder()
        .status(201)
        .header("content-type", "application/json")
        .body(Full::from(RESPONSE))
        .unwrap();
    Ok(response)
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = server
}
criterion_main!(benches);
