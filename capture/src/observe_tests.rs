//! Which response bodies are taken, and that all of them pass through as they are.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use daybook_event::CapturedExchange;
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use lambda_http::aws_lambda_events::alb::AlbTargetGroupResponse;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body as LambdaBody};
use lambda_runtime::{LambdaEvent, LambdaInvocation};
use serde_json::{Value, json};
use tower::{Service, ServiceExt, service_fn};

use super::ReturnedTo;
use crate::exchange::Exchange;
use crate::{Capture, Message, Observation, ObserveResponse, Sink, SinkError, audit};

#[derive(Clone, Default)]
struct KeepingSink(Arc<Mutex<Vec<CapturedExchange>>>);

impl Sink for KeepingSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        let exchanges = messages
            .iter()
            .map(|message| serde_json::from_str(message.body()).unwrap());
        self.0.lock().unwrap().extend(exchanges);
        ready(Ok(())).boxed()
    }
}

/// Serves a call with a handler that answers so; what is captured of it.
async fn captured<F>(method: &str, handler: impl Fn(http::Request<()>) -> F) -> CapturedExchange
where
    F: Future<Output = Result<http::Response<Full<Bytes>>, Infallible>>,
{
    let sink = KeepingSink::default();
    let capture = Capture::builder()
        .sink(sink.clone())
        .capture_reads(true)
        .body_bytes_max(20)
        .build()
        .unwrap();
    let mut handler = capture.layer(service_fn(handler));
    let runtime = service_fn(|_: LambdaInvocation| {
        let response = handler.call(http::Request::new(()));
        async {
            response.await.unwrap().into_body().collect().await.unwrap();
            Ok::<(), Infallible>(())
        }
    });
    let (parts, ()) = http::Response::new(()).into_parts();
    let invocation = LambdaInvocation {
        parts,
        body: Bytes::from(json!({"httpMethod": method}).to_string()),
        context: lambda_runtime::Context::default(),
    };
    capture.layer(runtime).oneshot(invocation).await.unwrap();
    let exchange = sink.0.lock().unwrap().pop();
    exchange.unwrap()
}

#[tokio::test]
async fn a_body_is_taken_where_it_is_small_json_of_a_successful_change() {
    const JSON: &str = r#"{"id":"7"}"#;
    let long = format!(r#"["{}"]"#, "x".repeat(20));
    for (method, status, header, body, is_taken) in [
        (
            "POST",
            201,
            ("content-type", "application/json"),
            JSON,
            true,
        ),
        (
            "POST",
            200,
            ("content-type", "application/vnd.a+json; v=1"),
            JSON,
            true,
        ),
        ("PATCH", 200, ("x-other", "no content type"), JSON, true),
        (
            "GET",
            200,
            ("content-type", "application/json"),
            JSON,
            false,
        ),
        (
            "POST",
            404,
            ("content-type", "application/json"),
            JSON,
            false,
        ),
        (
            "POST",
            302,
            ("content-type", "application/json"),
            JSON,
            false,
        ),
        ("POST", 200, ("content-type", "text/plain"), JSON, false),
        ("POST", 200, ("content-encoding", "gzip"), JSON, false),
        (
            "POST",
            200,
            ("content-type", "application/json"),
            "7",
            false,
        ),
        (
            "POST",
            200,
            ("content-type", "application/json"),
            &long,
            false,
        ),
    ] {
        let response = captured(method, |_| {
            let response = http::Response::builder()
                .status(status)
                .header(header.0, header.1)
                .body(Full::from(body.to_owned()));
            ready(Ok(response.unwrap()))
        })
        .await
        .response
        .unwrap();
        assert_eq!(response.status_code, status);
        let expected = is_taken.then_some(body);
        assert_eq!(
            response.body.as_deref(),
            expected,
            "{method} {status} {header:?}"
        );
    }
}

#[tokio::test]
async fn json_is_recorded_as_what_api_gateway_makes_of_it() {
    const HTTP: &str = r#"{"version":"2.0","routeKey":"POST /"}"#;
    const REST: &str = r#"{"resource":"/","httpMethod":"POST"}"#;
    let order = json!({"id": "7"});
    let long = json!({"id": "7".repeat(20)});
    let wrapped = json!({"statusCode": "201", "body": order.to_string()});
    for (event, returned, status_code, body) in [
        (HTTP, order.clone(), 200, Some(r#"{"id":"7"}"#)),
        (HTTP, json!("Hello"), 200, None),
        (HTTP, long, 200, None),
        (HTTP, wrapped.clone(), 201, Some(r#"{"id":"7"}"#)),
        (REST, wrapped, 201, Some(r#"{"id":"7"}"#)),
        (REST, order, 502, None),
    ] {
        let sink = KeepingSink::default();
        let capture = Capture::builder().sink(sink.clone());
        let capture = capture.body_bytes_max(20).build().unwrap();
        let handler = service_fn(|_: LambdaEvent<()>| ready(Ok::<_, Infallible>(returned.clone())));
        let mut handler = capture.layer(handler);
        let runtime = service_fn(|invocation: LambdaInvocation| {
            let answer = handler.call(LambdaEvent::new((), invocation.context));
            async {
                assert_eq!(*answer.await.unwrap(), returned);
                Ok::<(), Infallible>(())
            }
        });
        let (parts, ()) = http::Response::new(()).into_parts();
        let invocation = LambdaInvocation {
            parts,
            body: Bytes::from_static(event.as_bytes()),
            context: lambda_runtime::Context::default(),
        };
        capture.layer(runtime).oneshot(invocation).await.unwrap();
        let response = sink.0.lock().unwrap().pop().unwrap().response.unwrap();
        let found = (response.status_code, response.body.as_deref());
        assert_eq!(found, (status_code, body), "{returned} to {event}");
    }
}

/// A copy of what is passed on, or a text of it, would be as long as that is.
#[test]
fn json_is_not_written_before_the_response_is_made() {
    let event = Bytes::from_static(br#"{"version":"2.0","routeKey":"POST /"}"#);
    for (items, is_recorded) in [(1_000, true), (10_000, false)] {
        let returned = json!({"id": "7", "items": vec!["an item"; items]});
        let text = returned.to_string();
        let exchange = Exchange::new(event.clone(), String::new(), false, 65_536);
        let exchange = Arc::new(exchange);
        let observation = Observation {
            exchange: Some(exchange.clone()),
            returned_to: ReturnedTo::Gateway,
        };
        let mut observed = None;
        let observing =
            allocation_counter::measure(|| observed = Some(returned.observe(observation)));
        assert!(observing.bytes_total < 1_024, "{observing:?}");
        assert_eq!(serde_json::to_string(&observed.unwrap()).unwrap(), text);
        assert_eq!(exchange.finish().0.body, is_recorded.then_some(text));
    }
}

/// A layer around the handler's takes the JSON and makes something else of it.
#[tokio::test]
async fn json_that_is_taken_and_changed_is_recorded_as_it_was() {
    let (sink, capture) = keeping();
    let handler = service_fn(|_: LambdaEvent<()>| ready(Ok::<_, Infallible>(json!({"id": "7"}))));
    let mut handler = capture.layer(handler).map_response(|json| {
        let mut json = Value::from(json);
        json["links"] = json!([]);
        json
    });
    let runtime = service_fn(|invocation: LambdaInvocation| {
        let answer = handler.call(LambdaEvent::new((), invocation.context));
        async {
            assert_eq!(answer.await.unwrap(), json!({"id": "7", "links": []}));
            Ok::<(), Infallible>(())
        }
    });
    let event = r#"{"version":"2.0","routeKey":"POST /"}"#.to_owned();
    let served = capture.layer(runtime).oneshot(invocation(event));
    served.await.unwrap();
    let response = sink.0.lock().unwrap().pop().unwrap().response.unwrap();
    assert_eq!(response.body.as_deref(), Some(r#"{"id":"7"}"#));
}

#[tokio::test]
async fn credentials_in_a_response_are_removed() {
    let exchange = captured("POST", |_| {
        ready(Ok(http::Response::new(Full::from(r#"{"token":"x"}"#))))
    })
    .await;
    let body = exchange.response.unwrap().body.unwrap();
    assert_eq!(body, r#"{"token":"[redacted]"}"#);
}

#[tokio::test]
async fn a_task_of_its_own_is_not_heard() {
    let exchange = captured("POST", async |_| {
        tokio::spawn(async { audit(|a| a.reason("from elsewhere")) })
            .await
            .unwrap();
        audit(|a| a.message("from the handler"));
        Ok(http::Response::new(Full::default()))
    })
    .await;
    let context = exchange.context.unwrap();
    assert_eq!(context.message.as_deref(), Some("from the handler"));
    assert_eq!(context.reason, None);
}

fn keeping() -> (KeepingSink, Capture) {
    let sink = KeepingSink::default();
    let capture = Capture::builder().sink(sink.clone()).build().unwrap();
    (sink, capture)
}

fn invocation(event: String) -> LambdaInvocation {
    let (parts, ()) = http::Response::new(()).into_parts();
    LambdaInvocation {
        parts,
        body: Bytes::from(event),
        context: lambda_runtime::Context::default(),
    }
}

/// Not what API Gateway would make of it, for it gets to see what `lambda_http` has made.
#[tokio::test]
async fn json_of_a_handler_of_lambda_http_is_the_body_of_a_200_whatever_the_event_is() {
    let returned = json!({"id": "7", "statusCode": 404});
    let rest = include_str!("../tests/fixtures/apigw-request.json");
    let http_2 = include_str!("../tests/fixtures/apigw-v2-request-no-authorizer.json");
    let alb = include_str!("../tests/fixtures/alb-lambda-target-request-headers-only.json");
    let [rest, mut http_2, alb]: [Value; 3] =
        [rest, http_2, alb].map(|event| serde_json::from_str(event).unwrap());
    let mut http_1 = rest.clone();
    http_1["version"] = json!("1.0");
    http_2["requestContext"]["http"]["method"] = json!("POST");
    http_2["routeKey"] = json!("$default");
    for mut event in [rest, http_1, http_2, alb] {
        if !event["httpMethod"].is_null() {
            event["httpMethod"] = json!("POST");
        }
        let (sink, capture) = keeping();
        let handler =
            service_fn(|_: lambda_http::Request| ready(Ok::<_, Infallible>(returned.clone())));
        let mut adapter = Adapter::from(capture.layer(handler));
        let runtime = service_fn(|invocation: LambdaInvocation| {
            let request: LambdaRequest = serde_json::from_slice(&invocation.body).unwrap();
            let answered = adapter.call(LambdaEvent::new(request, invocation.context));
            async {
                let answered = serde_json::to_value(answered.await.unwrap()).unwrap();
                assert_eq!(answered["statusCode"], 200);
                assert_eq!(answered["body"], returned.to_string());
                Ok::<(), Infallible>(())
            }
        });
        let served = capture
            .layer(runtime)
            .oneshot(invocation(event.to_string()));
        served.await.unwrap();
        let response = sink.0.lock().unwrap().pop().unwrap().response.unwrap();
        let expected = (200, Some(returned.to_string()));
        assert_eq!((response.status_code, response.body), expected, "{event}");
    }
}

/// A service's own type.
#[derive(Clone)]
struct Created {
    status_code: u16,
    body: &'static str,
}

impl ObserveResponse for Created {
    type Observed = Self;

    fn observe(self, observation: Observation) -> Self {
        observation.body(b"{\"too\":\"early\"}");
        observation.status(self.status_code);
        observation.body(self.body.as_bytes());
        observation.status(500);
        self
    }
}

/// What is captured of a plain handler that returns this.
async fn captured_of_plain<R: ObserveResponse + Clone>(returned: &R) -> (u16, Option<String>) {
    let (sink, capture) = keeping();
    let mut handler = capture.layer(service_fn(|_: LambdaEvent<()>| {
        ready(Ok::<_, Infallible>(returned.clone()))
    }));
    let runtime = service_fn(|invocation: LambdaInvocation| {
        let answered = handler.call(LambdaEvent::new((), invocation.context));
        async { answered.await.map(|_| ()) }
    });
    let event = json!({"httpMethod": "POST"}).to_string();
    capture
        .layer(runtime)
        .oneshot(invocation(event))
        .await
        .unwrap();
    let response = sink.0.lock().unwrap().pop().unwrap().response.unwrap();
    (response.status_code, response.body)
}

#[tokio::test]
async fn a_services_own_type_says_what_its_client_gets() {
    let created = async |status_code, body| captured_of_plain(&Created { status_code, body }).await;
    let json = "{\"id\":\"7\"}";
    assert_eq!(created(201, json).await, (201, Some(json.to_owned())));
    assert_eq!(created(404, json).await, (404, None));
    assert_eq!(created(200, "no JSON").await, (200, None));
}

#[tokio::test]
async fn a_load_balancers_response_is_looked_at() {
    let mut response = AlbTargetGroupResponse::default();
    response.status_code = 201;
    response.body = Some(LambdaBody::Text("{\"id\":\"7\"}".to_owned()));
    let expected = (201, Some("{\"id\":\"7\"}".to_owned()));
    assert_eq!(captured_of_plain(&response).await, expected);
}

#[tokio::test]
async fn base64_is_taken_off_with_and_without_its_padding() {
    for base64 in ["eyJpZCI6IjcifQ==", "eyJpZCI6IjcifQ"] {
        let mut response = AlbTargetGroupResponse::default();
        response.status_code = 201;
        response.is_base64_encoded = true;
        response.body = Some(LambdaBody::Text(base64.to_owned()));
        let expected = (201, Some("{\"id\":\"7\"}".to_owned()));
        assert_eq!(captured_of_plain(&response).await, expected, "{base64}");
    }
}
