//! The second door: an axum server on a socket answers the same, byte for byte, with and without
//! the layer, and what its calls did is in the messages.

// The whole binary is a test; clippy sees only functions that are marked as one.
#![allow(clippy::unwrap_used)]

mod callers;
mod messages;
mod queue;
mod service;
mod world;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use daybook_capture::{Capture, IntakeSink, ServerCapture};
use futures::stream;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proptest::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, ServiceExt};

use world::{Mood, Raw, Server, builder, capture, door};

/// Each path with each method and each kind of body.
fn requests() -> Vec<Raw> {
    let json_type = [("content-type", "application/json"), ("te", "trailers")];
    let bodies = ["{\"name\":\"x\"}", "", "no JSON \u{e9}"];
    let mut requests = Vec::new();
    for path in service::PATHS {
        for method in ["POST", "GET"] {
            for body in bodies {
                // Without a frame there is no half of one.
                if path != "/half" || !body.is_empty() {
                    requests.push(Raw::new(method, path, &json_type, body));
                }
            }
        }
    }
    // Not to a handler that leaves it unread: what a closed socket does to an answer is not ours.
    let large = format!("[\"{}\"]", "y".repeat(1_000_000));
    requests.push(Raw::post("/echo", &large));
    requests
}

async fn answers(router: Router) -> Vec<String> {
    let server = Server::start(router).await;
    let mut answers = Vec::new();
    for request in requests() {
        answers.push(server.call(&request).await);
    }
    server.stop().await;
    answers
}

/// A door to an intake at which nobody listens.
async fn refused() -> ServerCapture {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/intake", listener.local_addr().unwrap());
    let capture = Capture::builder().sink(IntakeSink::new(&url).unwrap());
    let capture = capture.capture_reads(true).build().unwrap();
    ServerCapture::builder(capture).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_whatever_happens_behind_the_layer() {
    let without = answers(service::router()).await;
    assert!(
        without
            .iter()
            .any(|answer| answer.contains("x-checksum: 1"))
    );
    assert!(
        without.iter().any(String::is_empty),
        "a panic gives no answer"
    );
    let mut doors = vec![ServerCapture::disabled(), refused().await];
    for mood in [
        Mood::Takes,
        Mood::Fails,
        Mood::Panics,
        Mood::PanicsAtOnce,
        Mood::NeverAnswers,
    ] {
        let (_, capture) = capture(mood);
        let capture = capture.capture_reads(true).flush_timeout_ms(100);
        let audit = builder(capture)
            .shutdown_timeout_ms(50)
            .authorizer(|_| panic!("a hook's own panic"))
            .build()
            .unwrap();
        doors.push(audit);
    }
    for audit in doors {
        let with = answers(service::router().layer(audit.layer())).await;
        for (index, (without, with)) in without.iter().zip(&with).enumerate() {
            let request = String::from_utf8_lossy(&requests()[index].0).into_owned();
            assert_eq!(without, with, "{audit:?} {request:.60}");
        }
        audit.shut_down().await;
        let counters = audit.counters();
        assert_eq!(counters.captured, counters.acknowledged + counters.dropped);
    }
}

#[tokio::test]
async fn a_connection_that_changes_its_protocol_works_on() {
    let (sink, audit) = door(Mood::Takes);
    let server = Server::start(service::router().layer(audit.layer())).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request =
        "POST /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    for byte in *b"echo" {
        stream.write_u8(byte).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), byte);
    }
    // The call has ended with the switch, the connection has not.
    assert_eq!(audit.flush().await, 0);
    assert_eq!(sink.messages()[0]["response"]["status_code"], 101);
    drop(stream);
    server.stop().await;
}

/// A body of these frames, as whoever reads it frame by frame sees it.
async fn frames_of(body: impl http_body::Body<Data = Bytes, Error = String>) -> Vec<String> {
    let mut frames = Vec::new();
    let mut body = std::pin::pin!(body);
    loop {
        frames.push(format!("{} {:?}", body.is_end_stream(), body.size_hint()));
        match body.frame().await {
            Some(frame) => frames.push(format!("{frame:?}")),
            None => return frames,
        }
    }
}

fn body_of(frames: &[u8]) -> impl http_body::Body<Data = Bytes, Error = String> + use<> {
    let frames: Vec<Result<Frame<Bytes>, String>> = frames
        .iter()
        .map(|kind| match kind % 8 {
            0 => Err("broken".to_owned()),
            1 => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-kind", u32::from(*kind).into());
                Ok(Frame::trailers(trailers))
            }
            2 => Ok(Frame::data(Bytes::new())),
            _ => Ok(Frame::data(Bytes::from(vec![*kind; usize::from(*kind)]))),
        })
        .collect();
    StreamBody::new(stream::iter(frames))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn both_bodies_are_the_same_frame_by_frame(
        sent in prop::collection::vec(any::<u8>(), 0..6),
        answered in prop::collection::vec(any::<u8>(), 0..6),
        bytes_max in 1_usize..600,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_, capture) = capture(Mood::Takes);
            let audit = builder(capture.body_bytes_max(bytes_max)).request_body_bytes_max(bytes_max);
            let (read, answer) = (Arc::new(Mutex::new(Vec::new())), answered.clone());
            let noted = read.clone();
            let service = audit.build().unwrap().layer().layer(tower::service_fn(
                move |request: Request<_>| {
                    let (noted, answer) = (noted.clone(), answer.clone());
                    async move {
                        *noted.lock().unwrap() = frames_of(request.into_body()).await;
                        Ok::<_, Infallible>(Response::new(body_of(&answer)))
                    }
                },
            ));
            let request = Request::post("/").body(body_of(&sent)).unwrap();
            let response = service.oneshot(request).await.unwrap();
            let frames = frames_of(response.into_body()).await;
            prop_assert_eq!(frames, frames_of(body_of(&answered)).await);
            let read = read.lock().unwrap().clone();
            prop_assert_eq!(read, frames_of(body_of(&sent)).await);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_its_own() {
    let (sink, audit) = door(Mood::Takes);
    let service = audit
        .layer()
        .layer(tower::service_fn(async |_: Request<_>| {
            Err::<Response<Body>, _>("the service's own error")
        }));
    let request = Request::post("/v1/orders").body(Body::empty()).unwrap();
    assert_eq!(
        service.oneshot(request).await.unwrap_err(),
        "the service's own error"
    );
    assert_eq!(audit.shut_down().await, 0);
    assert_eq!(
        sink.messages()[0]["response"],
        json!({"status_code": 0, "failure": "error"})
    );
}
