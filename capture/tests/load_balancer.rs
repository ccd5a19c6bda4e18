//! Events of an Application Load Balancer the whole way: through the layer of a Lambda, whose handler
//! has verified its caller itself, and through the normalizer.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use daybook_capture::{Capture, Message, Sink, SinkError, audit};
use daybook_event::{AuditEvent, CallerType, UNATTRIBUTED_ORG_ID};
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use lambda_runtime::{Context, Error, LambdaInvocation};
use serde_json::{Value, json};
use tower::{ServiceExt, service_fn};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Message>>>);

impl Sink for Kept {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        self.0.lock().unwrap().extend(messages);
        futures::future::ready(Ok(())).boxed()
    }
}

/// AWS's own two samples, as calls that change something.
fn events() -> [Value; 2] {
    [
        include_str!("fixtures/alb-lambda-target-request-headers-only.json"),
        include_str!("fixtures/alb-lambda-target-request-multivalue-headers.json"),
    ]
    .map(|sample| {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        event["httpMethod"] = json!("POST");
        event["body"] = json!("{\"name\":\"x\"}");
        event
    })
}

/// What the layer sends of an event whose handler says these claims.
async fn message_of(event: &Value, claims: Option<Value>) -> Value {
    let kept = Kept::default();
    let capture = Capture::builder().sink(kept.clone()).build().unwrap();
    let runtime = service_fn(move |_: LambdaInvocation| {
        let claims = claims.clone();
        async move {
            if let Some(claims) = claims {
                audit(|a| a.caller_claims(&claims));
            }
            Ok::<(), Error>(())
        }
    });
    let (parts, ()) = http::Response::new(()).into_parts();
    let mut context = Context::default();
    "8f0c3a5e-1".clone_into(&mut context.request_id);
    let body = Bytes::from(event.to_string());
    let invocation = LambdaInvocation {
        parts,
        body,
        context,
    };
    capture.layer(runtime).oneshot(invocation).await.unwrap();
    let kept = kept.0.lock().unwrap();
    serde_json::from_str(kept[0].body()).unwrap()
}

fn stored(message: &Value) -> AuditEvent {
    let (index, _) = Index::build(Vec::new());
    let message = decode(&message.to_string()).unwrap();
    match normalize(&message, &index, &Settings::default(), Timestamp::now()).unwrap() {
        Normalized::Event(new) => new.event,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

#[tokio::test]
async fn an_event_arrives_whole_and_is_stored_well() {
    for event in events() {
        let message = message_of(&event, None).await;
        assert_eq!(message["event"], event);
        assert_eq!(message["id"], "8f0c3a5e-1");
        let stored = stored(&message);
        let header = |name: &str| match &event["headers"][name] {
            Value::Null => event["multiValueHeaders"][name][0].clone(),
            value => value.clone(),
        };
        assert_eq!(stored.http.domain_name, header("host"));
        assert_eq!(stored.http.ip, header("x-forwarded-for"));
        assert_eq!(stored.http.query["key"], "hello");
        assert_eq!(
            stored.timestamp,
            message["captured_at"].as_str().unwrap().parse().unwrap()
        );
        assert_eq!(stored.org_id, UNATTRIBUTED_ORG_ID);
    }
}

#[tokio::test]
async fn the_handler_says_whom_it_has_verified() {
    let claims = json!({"sub": "u1", "org_id": "acme", "access_token": "hidden"});
    for event in events() {
        let message = message_of(&event, Some(claims.clone())).await;
        let authorizer = &message["event"]["requestContext"]["authorizer"];
        assert_eq!(authorizer["jwt"]["claims"]["access_token"], "[redacted]");
        let stored = stored(&message);
        assert_eq!(
            (stored.org_id.as_str(), stored.caller.kind),
            ("acme", CallerType::User)
        );
    }
}

#[tokio::test]
async fn whom_api_gateway_has_verified_the_handler_does_not_overrule() {
    let sample = include_str!("fixtures/apigw-v2-request-jwt-authorizer.json");
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["requestContext"]["http"]["method"] = json!("POST");
    let message = message_of(&event, Some(json!({"sub": "somebody else"}))).await;
    let authorizer = &event["requestContext"]["authorizer"];
    assert_eq!(
        message["event"]["requestContext"]["authorizer"],
        *authorizer
    );
}
