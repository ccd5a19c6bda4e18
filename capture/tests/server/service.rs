//! The service under test: handlers that end in every way in which one ends.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use daybook_capture::audit;
use futures::{StreamExt, stream};
use http::header::{CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What ends each way: the paths of [`router`].
pub(crate) const PATHS: [&str; 15] = [
    "/v1/orders/7",
    "/text",
    "/empty",
    "/denied",
    "/slow",
    "/large",
    "/stream",
    "/breaks-off",
    "/panic",
    "/panic-late",
    "/panic-in-stream",
    "/echo",
    "/half",
    "/unread",
    "/nobody/knows",
];

pub(crate) fn router() -> Router {
    Router::new()
        .route("/v1/orders/{id}", any(order))
        .route("/text", any(async || "na\u{ef}ve"))
        .route("/empty", any(async || StatusCode::NO_CONTENT))
        .route("/denied", any(async || (StatusCode::FORBIDDEN, "{}")))
        .route("/slow", any(slow))
        .route(
            "/large",
            any(async || json(format!("[\"{}\"]", "x".repeat(200_000)))),
        )
        .route("/stream", any(async || streamed(true)))
        .route("/breaks-off", any(async || streamed(false)))
        .route("/panic", any(panics_at_once))
        .route("/panic-late", any(panics_late))
        .route("/panic-in-stream", any(panics_in_stream))
        .route("/echo", any(async |body: Bytes| json(body)))
        .route("/half", post(half))
        .route("/unread", any(async || json("{}")))
        .route("/upgrade", any(upgrade))
}

fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let content_type = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

async fn order(Path(id): Path<String>, _body: Bytes) -> Response {
    audit(|a| a.entity("order", &id).reason("because"));
    audit(|_| panic!("what is said panics"));
    let mut response = json(format!(r#"{{"id":"{id}","name":"Order {id}"}}"#));
    *response.status_mut() = StatusCode::CREATED;
    response
}

async fn slow() -> Response {
    tokio::time::sleep(Duration::from_millis(30)).await;
    json("{}")
}

async fn panics_at_once() -> Response {
    panic!("the handler's own panic")
}

async fn panics_late() -> Response {
    tokio::task::yield_now().await;
    panic!("the handler's own late panic")
}

/// Two frames, then trailers or an error. Each of them has something to say.
fn streamed(is_whole: bool) -> Response {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-checksum", "1".parse().unwrap());
    let last = if is_whole {
        Ok(Frame::trailers(trailers))
    } else {
        Err(io::Error::other("the stream breaks off"))
    };
    let frames = [
        Ok(Frame::data(Bytes::from("{\"a\":"))),
        Ok(Frame::data(Bytes::from("1}"))),
        last,
    ];
    let frames = stream::iter(frames).enumerate().map(|(place, frame)| {
        audit(|a| a.reason(format!("frame {place}")));
        frame
    });
    let body = Body::new(StreamBody::new(frames));
    let mut response = json(body);
    let headers = response.headers_mut();
    headers.insert("trailer", "x-checksum".parse().unwrap());
    response
}

async fn panics_in_stream() -> Response {
    let frames = stream::iter([0, 1]).map(|index| {
        assert!(index == 0, "the body's own panic");
        Ok::<_, Infallible>(Frame::data(Bytes::from("{")))
    });
    json(Body::new(StreamBody::new(frames)))
}

/// Reads the first frame of the request and nothing behind it.
async fn half(request: Request) -> Response {
    let mut body = request.into_body();
    let frame = body.frame().await;
    let read = frame.map_or(0, |frame| frame.unwrap().into_data().unwrap().len());
    assert!(read > 0);
    json("{}")
}

/// Switches to a protocol that answers each byte with the same byte, until the client is done.
async fn upgrade(request: Request) -> Response {
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() {
            stream.write_all(&byte).await.unwrap();
        }
    });
    let headers = [(UPGRADE, "echo"), (http::header::CONNECTION, "upgrade")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
