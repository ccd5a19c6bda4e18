//! What is recorded of calls: who asked, never a stranger, and never whom an erasure is about.

use std::sync::{Arc, Mutex};

use axum::Router;
use daybook_capture::{Capture, Message, ServerCapture, Sink, SinkError};
use daybook_query_api::{capture_of_reads, recorded};
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{claims_with, get, post, test_router, token};

/// Keeps what it is sent.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Sink for Kept {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        let bodies = messages.into_iter().map(Message::into_body);
        self.0.lock().unwrap().extend(bodies);
        ready(Ok(())).boxed()
    }
}

fn recorded_router() -> (Router, ServerCapture, Kept) {
    let kept = Kept::default();
    let capture = capture_of_reads(Capture::builder().sink(kept.clone()));
    let capture = ServerCapture::builder(capture.build().unwrap());
    let capture = capture.domain_name("audit.example.com").build().unwrap();
    (recorded(test_router(), &capture), capture, kept)
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_nothing_and_everybody_else_is_recorded() {
    let (router, capture, kept) = recorded_router();
    for _ in 0..50 {
        for address in ["/v1/logs", "/v1/logs/export", "/v1/erasures", "/v1/nothing"] {
            let answer = post(&router, address, "no.token", "{\"q\":\"x\"}").await;
            assert!(answer.status.is_client_error(), "{address}");
            get(&router, address, "no.token").await;
        }
    }
    let view = token(&claims_with(&json!({})));
    let nothing = token(&claims_with(&json!({"permissions": []})));
    assert_eq!(post(&router, "/v1/logs", &view, "{}").await.status, 503);
    let refused = post(&router, "/v1/logs", &nothing, "{}").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    capture.flush().await;

    let messages: Vec<Value> = kept
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|it| json_of(it))
        .collect();
    assert_eq!(messages.len(), 2);
    for message in &messages {
        let claims = &message["event"]["requestContext"]["authorizer"]["jwt"]["claims"];
        assert_eq!(claims["org_id"], "acme");
    }
    // Which of two comes first is nobody's promise. What is refused is not read.
    let bodies = messages.iter().map(|it| it["event"]["body"].as_str());
    let mut bodies: Vec<_> = bodies.collect();
    bodies.sort_unstable();
    assert_eq!(bodies, [None, Some("{}")]);
    assert_eq!(capture.counters().left_out, 400);
}

#[tokio::test]
async fn whom_an_erasure_is_about_never_leaves_the_service() {
    let (router, capture, kept) = recorded_router();
    let erase = token(&claims_with(&json!({"permissions": ["audit_log:erase"]})));
    let view = token(&claims_with(&json!({})));
    for (token, status) in [(&erase, 503), (&view, 403)] {
        for body in [
            r#"{"email": "s3cret@example.com", "reason": "letter of 24 Nov"}"#,
            r#"{"email": "s3cret@example.com", "reason": "a letter", "dry_run": true}"#,
        ] {
            let answer = post(&router, "/v1/erasures", token, body).await;
            assert_eq!(answer.status, status, "{:?}", answer.json());
        }
    }
    let answer = post(&router, "/v1/erasures", &erase, r#"{"email": "s3cret""#).await;
    assert_eq!(answer.status, 400);
    capture.flush().await;
    let kept = kept.0.lock().unwrap();
    assert_eq!(kept.len(), 5);
    assert!(kept.iter().all(|message| !message.contains("s3cret")));
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
