//! What the service under test answers on each path, however it is written.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use daybook_capture::audit;
use futures::{Stream, StreamExt, stream};
use lambda_http::{Error, RequestExt};
use serde_json::{Value, json};

/// What made-up events ask of a handler: succeed, fail, panic, stream, be slow.
pub(crate) const HANDLERS: [&str; 5] = ["echo", "fail", "panic", "stream", "pause"];

/// A streamed body.
pub(crate) type Frames = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: AnswerBody,
}

pub(crate) enum AnswerBody {
    Whole(Vec<u8>),
    Frames(Frames),
}

impl AnswerBody {
    /// All of it, where a door takes no streams.
    pub(crate) async fn whole(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Frames(mut frames) => {
                let mut bytes = Vec::new();
                while let Some(frame) = frames.next().await {
                    bytes.extend_from_slice(&frame?);
                }
                Ok(bytes)
            }
        }
    }
}

/// A number that tells whether two handlers saw the same request.
pub(crate) fn seen_in_request<B: AsRef<[u8]>>(request: &http::Request<B>) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.method().hash(&mut hasher);
    request.raw_http_path().hash(&mut hasher);
    // `lambda_http` keeps parameters in no order.
    let query = request.uri().query().unwrap_or_default();
    let mut query: Vec<&str> = query.split('&').collect();
    query.sort_unstable();
    query.hash(&mut hasher);
    for (name, value) in request.headers() {
        (name.as_str(), value.as_bytes()).hash(&mut hasher);
    }
    request.body().as_ref().hash(&mut hasher);
    hasher.finish()
}

/// As [`seen_in_request`], where the handler has the event itself.
pub(crate) fn seen_in_event(event: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.to_string().hash(&mut hasher);
    hasher.finish()
}

fn whole(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status,
        content_type,
        body: AnswerBody::Whole(body.into()),
    }
}

/// What is answered on each path, to a handler that saw `seen`.
pub(crate) async fn answer(path: &str, seen: u64) -> Result<Answer, Error> {
    let json = "application/json";
    let handler = path.split('/').nth(1).unwrap_or_default();
    match handler {
        "succeed" => {
            audit(|a| a.entity("order", "7").reason("because"));
            Ok(whole(201, json, r#"{"id":"7","name":"Order 7"}"#))
        }
        "text" => {
            audit(|_| panic!("what is said panics"));
            // Whoever converts a body twice ruins it.
            let text = "na\u{ef}ve \u{e9}t\u{e9}";
            Ok(whole(200, "text/plain; charset=utf-8", text))
        }
        "empty" => Ok(whole(200, json, "")),
        "denied" => Ok(whole(403, json, r#"{"message":"Forbidden"}"#)),
        "slow" => {
            tokio::time::sleep(Duration::from_millis(40)).await;
            Ok(whole(200, json, "{}"))
        }
        "large" => Ok(whole(200, json, format!("[\"{}\"]", "x".repeat(200_000)))),
        "echo" => Ok(echo(seen)),
        "pause" => {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(echo(seen))
        }
        "stream" => Ok(Answer {
            status: 200,
            content_type: json,
            body: AnswerBody::Frames(frames(seen)),
        }),
        "breaks-off" => Ok(Answer {
            status: 200,
            content_type: json,
            body: AnswerBody::Frames(frames(BREAKS_OFF)),
        }),
        "fail" => Err(format!("the handler's own error, {seen}").into()),
        "panic" => {
            tokio::task::yield_now().await;
            panic!("the handler's own panic, {seen}")
        }
        _ => Ok(whole(404, json, "{}")),
    }
}

/// Answers of several kinds, each of which tells what the handler saw.
fn echo(seen: u64) -> Answer {
    match seen % 4 {
        0 => whole(
            201,
            "application/json",
            json!({"id": seen, "name": "x"}).to_string(),
        ),
        1 => whole(
            200,
            "text/plain; charset=iso-8859-1",
            [0xe9, 0xe8, (seen % 251) as u8],
        ),
        2 => whole(200, "application/octet-stream", seen.to_be_bytes()),
        _ => whole(204, "application/json", ""),
    }
}

/// Of what a handler saw, so much of it makes a stream break off.
const BREAKS_OFF: u64 = 8;

/// Comes in pieces, with pauses between them, and sometimes breaks off. Each piece has something to say.
fn frames(seen: u64) -> Frames {
    let mut frames = vec![
        Ok(Bytes::from(format!("{{\"id\":{seen},"))),
        Ok(Bytes::from_static(b"\"name\":\"streamed\"")),
    ];
    frames.push(if seen.is_multiple_of(BREAKS_OFF) {
        Err(Error::from("the stream's own error"))
    } else {
        Ok(Bytes::from_static(b"}"))
    });
    stream::iter(frames)
        .enumerate()
        .then(async |(place, frame)| {
            tokio::task::yield_now().await;
            audit(|a| a.reason(format!("piece {place}")));
            frame
        })
        .boxed()
}

pub(crate) fn panic_at_once(path: &str) {
    assert!(path != "/panic-at-once", "a panic before there is a future");
}
