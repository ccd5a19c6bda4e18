//! The queue: it never stands in a call's way, and nothing is lost quietly.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, mpsc};

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use daybook_capture::{CapturedBody, MESSAGE_BYTES_MAX, Metrics, ServerCapture};
use futures::future::join_all;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{Mood, Raw, Server, builder, capture, door};

fn router(audit: &ServerCapture) -> Router {
    Router::new()
        .route("/v1/orders", post(async |_body: String| "done"))
        .layer(audit.layer())
}

/// One permit lets exactly one batch through.
async fn first_batch_is_through(permits: &tokio::sync::Semaphore, audit: &ServerCapture) {
    permits.add_permits(1);
    while audit.counters().acknowledged == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_concurrent_calls_each_is_acknowledged_or_counted_as_dropped() {
    let (sink, capture) = capture(Mood::FailsAtTimes);
    let audit = builder(capture).queue_length(500).build().unwrap();
    let server = Server::start(router(&audit)).await;
    let request = Raw::post("/v1/orders", "{\"name\":\"x\"}");
    for _ in 0..10 {
        let calls = (0..100).map(|_| server.call(&request));
        for answer in join_all(calls).await {
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        }
    }
    server.stop().await;
    let unacknowledged = audit.shut_down().await;
    let counters = audit.counters();
    assert_eq!(counters.captured, 1_000);
    assert_eq!(counters.captured, counters.acknowledged + counters.dropped);
    assert!(counters.dropped >= unacknowledged && counters.dropped > 0);
    let mut ids: Vec<String> = sink
        .batches()
        .iter()
        .flatten()
        .map(|message| message.id().to_owned())
        .collect();
    assert_eq!(ids.len() as u64, counters.acknowledged);
    ids.sort();
    ids.dedup();
    assert_eq!(
        ids.len() as u64,
        counters.acknowledged,
        "each has an id of its own"
    );
}

#[tokio::test]
async fn a_full_queue_drops_and_counts_and_the_calls_go_on() {
    let (sink, capture) = capture(Mood::NeverAnswers);
    let audit = builder(capture)
        .queue_length(2)
        .shutdown_timeout_ms(50)
        .build()
        .unwrap();
    let server = Server::start(router(&audit)).await;
    for _ in 0..40 {
        let answer = server.call(&Raw::post("/v1/orders", "{}")).await;
        assert!(answer.ends_with("done"), "{answer}");
    }
    server.stop().await;
    let before = audit.counters();
    assert_eq!((before.captured, before.acknowledged), (40, 0));
    // Two wait, and at most four batches of as many are being sent.
    assert!(before.dropped >= 30, "{before:?}");
    assert_eq!(audit.shut_down().await, 40 - before.dropped);
    assert_eq!(audit.counters().dropped, 40);
    assert!(sink.messages().is_empty());
}

/// Lines of metrics.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_loss_behind_which_no_batch_is_flushed_is_told_in_the_metrics() {
    let lines = Lines::default();
    let (_, capture) = capture(Mood::Takes);
    let capture = capture.metrics(Metrics::drops().to_writer(lines.clone()));
    let audit = builder(capture).build().unwrap();
    audit.shut_down().await;
    let server = Server::start(router(&audit)).await;
    server.call(&Raw::post("/v1/orders", "{}")).await;
    server.stop().await;
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("\"Dropped\":1"), "{lines}");
}

#[tokio::test]
async fn a_shutdown_waits_for_what_is_queued() {
    let (sink, audit) = door(Mood::Waits);
    let server = Server::start(router(&audit)).await;
    for _ in 0..3 {
        server.call(&Raw::post("/v1/orders", "{}")).await;
    }
    server.stop().await;
    let (unacknowledged, ()) = futures::join!(audit.shut_down(), async {
        assert_eq!(audit.counters().acknowledged, 0);
        sink.permits.add_permits(10);
    });
    assert_eq!(unacknowledged, 0);
    assert_eq!(sink.messages().len(), 3);
    // What ends after the shutdown is counted.
    let server = Server::start(router(&audit)).await;
    server.call(&Raw::post("/v1/orders", "{}")).await;
    server.stop().await;
    assert_eq!(audit.counters().dropped, 1);
    assert_eq!((audit.flush().await, audit.shut_down().await), (0, 0));
}

#[tokio::test]
async fn four_batches_are_under_way_at_a_time_and_what_comes_meanwhile_goes_together() {
    let (sink, audit) = door(Mood::Waits);
    let server = Server::start(router(&audit)).await;
    let request = Raw::post("/v1/orders", "{}");
    for batches in 1..=4 {
        server.call(&request).await;
        // None of those before is answered.
        while sink.asked() < batches {
            tokio::task::yield_now().await;
        }
    }
    for _ in 0..10 {
        server.call(&request).await;
    }
    server.stop().await;
    assert_eq!((sink.asked(), audit.counters().acknowledged), (4, 0));
    let (unacknowledged, ()) = futures::join!(audit.shut_down(), async {
        sink.permits.add_permits(100);
    });
    assert_eq!(unacknowledged, 0);
    let mut lengths: Vec<usize> = sink.batches().iter().map(Vec::len).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [1, 1, 1, 1, 10]);
    let counters = audit.counters();
    assert_eq!((counters.captured, counters.acknowledged), (14, 14));
}

#[tokio::test]
async fn a_shutdown_is_bounded() {
    let (_, capture) = capture(Mood::NeverAnswers);
    let audit = builder(capture).shutdown_timeout_ms(50).build().unwrap();
    let server = Server::start(router(&audit)).await;
    for _ in 0..3 {
        server.call(&Raw::post("/v1/orders", "{}")).await;
    }
    server.stop().await;
    assert_eq!(audit.flush().await, 3);
    assert_eq!(audit.counters().dropped, 0, "a flush gives nothing up");
    assert_eq!(audit.shut_down().await, 3);
    assert_eq!(audit.counters().dropped, 3);
}

#[tokio::test]
async fn neither_panic_nor_error_nor_silence_of_the_sink_ends_the_task() {
    for mood in [
        Mood::Fails,
        Mood::Panics,
        Mood::PanicsAtOnce,
        Mood::NeverAnswers,
    ] {
        let (_, capture) = capture(mood);
        let audit = builder(capture.flush_timeout_ms(10)).build().unwrap();
        for calls in 1..=3 {
            let server = Server::start(router(&audit)).await;
            server.call(&Raw::post("/v1/orders", "{}")).await;
            server.stop().await;
            audit.flush().await;
            assert_eq!(audit.counters().dropped, calls, "{mood:?}");
        }
    }
}

#[tokio::test]
async fn one_message_that_hangs_takes_no_other_one_with_it() {
    const CALLS: usize = 30;
    let (sink, capture) = capture(Mood::OneHangs);
    let audit = builder(capture.flush_timeout_ms(100)).build().unwrap();
    let server = Server::start(router(&audit)).await;
    for _ in 0..CALLS {
        server.call(&Raw::post("/v1/orders", "{}")).await;
    }
    server.stop().await;
    let unacknowledged = audit.shut_down().await;
    let counters = audit.counters();
    let batches = sink.asked();
    assert!(batches < CALLS, "what waits goes together");
    assert_eq!(counters.dropped, batches as u64, "one of each batch");
    assert_eq!(unacknowledged, counters.dropped);
    assert_eq!(counters.acknowledged, (CALLS - batches) as u64);
    assert_eq!(sink.messages().len(), CALLS - batches);
    let bytes = sink
        .batches()
        .iter()
        .flatten()
        .map(|message| message.body().len())
        .sum::<usize>();
    assert_eq!(counters.sent_bytes, bytes as u64);
}

/// Holds up whoever drops the last copy of it, until its test is over.
struct Hold(mpsc::Receiver<()>);

impl AsRef<[u8]> for Hold {
    fn as_ref(&self) -> &[u8] {
        b"held"
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // An error says that the test is over.
        let _ = self.0.recv();
    }
}

#[tokio::test]
async fn one_message_that_takes_long_to_make_takes_no_other_one_with_it() {
    let (sink, capture) = capture(Mood::Waits);
    let audit = builder(capture.flush_timeout_ms(2_000)).build().unwrap();
    let (is_over, over) = mpsc::channel();
    let held = Bytes::from_owner(Hold(over));
    // The thread that makes the message lets go of the request's head last.
    let call = async |header: Bytes| {
        let service = service_fn(async |request: Request<CapturedBody<Full<Bytes>>>| {
            drop(request);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        let request = Request::post("/v1/orders")
            .header("x-any", HeaderValue::from_maybe_shared(header).unwrap());
        let request = request.body(Full::default()).unwrap();
        drop(audit.layer().layer(service).oneshot(request).await.unwrap());
    };
    for batches in 1..=4 {
        call(Bytes::from_static(b"free")).await;
        while sink.asked() < batches {
            tokio::task::yield_now().await;
        }
    }
    call(held).await;
    for _ in 1..10 {
        call(Bytes::from_static(b"free")).await;
    }
    sink.permits.add_permits(100);
    assert_eq!(audit.shut_down().await, 1);
    let counters = audit.counters();
    assert_eq!((counters.acknowledged, counters.dropped), (13, 1));
    let batches = sink.batches();
    assert_eq!(
        batches.iter().map(Vec::len).max(),
        Some(9),
        "one is missing"
    );
    drop(is_over);
}

#[test]
fn a_runtime_that_ends_takes_nothing_with_it() {
    let (sink, audit) = door(Mood::Takes);
    for calls in 1..=3 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let server = Server::start(router(&audit)).await;
            server.call(&Raw::post("/v1/orders", "{}")).await;
            server.stop().await;
        });
        drop(runtime);
        let later = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        assert_eq!(later.block_on(audit.flush()), 0);
        assert_eq!(sink.messages().len(), calls);
    }
    let later = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    assert_eq!(later.block_on(audit.shut_down()), 0);
    assert_eq!(audit.counters().acknowledged, 3);
}

#[tokio::test]
async fn a_batch_has_ten_messages_and_a_mebibyte_at_most() {
    for (body_bytes, calls) in [(10, 25), (300_000, 9)] {
        let (sink, capture) = capture(Mood::Waits);
        let audit = builder(capture)
            .request_body_bytes_max(1_000_000)
            .build()
            .unwrap();
        let server = Server::start(router(&audit)).await;
        let request = Raw::post("/v1/orders", &format!("\"{}\"", "x".repeat(body_bytes)));
        server.call(&request).await;
        first_batch_is_through(&sink.permits, &audit).await;
        for _ in 0..calls {
            server.call(&request).await;
        }
        server.stop().await;
        sink.permits.add_permits(100);
        assert_eq!(audit.shut_down().await, 0);
        let batches = sink.batches();
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), calls + 1);
        for batch in &batches {
            let bytes: usize = batch.iter().map(|message| message.body().len()).sum();
            assert!(batch.len() <= 10 && bytes <= MESSAGE_BYTES_MAX, "{bytes}");
        }
        // What waits while a batch is under way goes together.
        assert!(batches.iter().any(|batch| batch.len() >= 3), "{batches:?}");
    }
}
