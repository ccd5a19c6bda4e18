//! From a client through API Gateway and a Lambda function with the capture layer to a real SQS queue.

use std::path::Path;

use daybook_event::{CapturedExchange, HandlerFailure};
use daybook_tests::api_gateway::{Api, create_function, create_http_api, create_rest_api};
use daybook_tests::ministack::MiniStack;
use http::Method;
use serde_json::Value;

const HEADERS: [(&str, &str); 4] = [
    ("content-type", "application/json"),
    ("authorization", "Bearer a-token"),
    ("cookie", "session=a-session"),
    ("x-request-id", "r-1"),
];

/// A read, a change and a failure; only the last two are to be recorded.
async fn use_it(api: &Api) {
    for (method, body, status) in [
        (Method::GET, "", 201),
        (
            Method::POST,
            r#"{"name":"Order 7","password":"a-password"}"#,
            201,
        ),
        (Method::DELETE, "", 500),
    ] {
        let path = "/v1/orders/7?expand=lines&access_token=a-token";
        let answer = api.call(method, path, &HEADERS, body).await.unwrap();
        // API Gateway answers 502 where a function fails; MiniStack, 500.
        assert_eq!(answer.status.min(500), status, "{}", answer.text());
        if status == 201 {
            assert_eq!(answer.text(), r#"{"id":"7"}"#);
        }
    }
}

fn check(exchange: &CapturedExchange, api_kind: &str) -> Value {
    let event: Value = serde_json::from_str(exchange.event.get()).unwrap();
    assert!(!exchange.event.get().contains("a-token"), "{event}");
    assert!(!exchange.event.get().contains("a-session"), "{event}");
    assert!(!exchange.event.get().contains("a-password"), "{event}");
    assert_eq!(event["headers"]["authorization"], "[redacted]");
    assert_eq!(event["headers"]["x-request-id"], "r-1");
    assert_eq!(event["pathParameters"]["orderId"], "7");
    assert!(event["requestContext"]["requestId"].is_string());
    let (version, route, path) = match api_kind {
        "rest" => ("1.0", "resource", "path"),
        _ => ("2.0", "routeKey", "rawPath"),
    };
    assert_eq!(event["version"], version);
    assert!(
        event[route]
            .as_str()
            .unwrap()
            .ends_with("/v1/orders/{orderId}")
    );
    assert_eq!(event[path], "/v1/orders/7");
    let context = exchange.context.as_ref().unwrap();
    assert_eq!(context.entity.as_ref().unwrap().id, "7");
    assert_eq!(context.reason.as_deref(), Some("it was asked for"));
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_through_either_api_is_one_message_and_a_read_is_none() {
    let ministack = MiniStack::start().await.unwrap();
    let (queue, _) = ministack.create_queues("audit", 5, 60).await.unwrap();
    let mut environment = ministack.environment();
    environment.push(("DAYBOOK_QUEUE_URL", queue.clone()));
    // The first message builds the client, on a machine that is busy with other tests.
    environment.push(("DAYBOOK_FLUSH_TIMEOUT_MS", "30000".to_owned()));
    let program = Path::new(env!("CARGO_BIN_EXE_service-under-test"));
    create_function(&ministack, "orders", program, &environment)
        .await
        .unwrap();
    for (kind, api) in [
        ("rest", create_rest_api(&ministack, "orders").await.unwrap()),
        ("http", create_http_api(&ministack, "orders").await.unwrap()),
    ] {
        use_it(&api).await;
        let received = ministack.receive(&queue, 2).await.unwrap();
        let mut exchanges: Vec<CapturedExchange> = received
            .iter()
            .map(|message| serde_json::from_str(&message.body).unwrap())
            .collect();
        // A standard queue keeps no order.
        exchanges.sort_by_key(|exchange| exchange.captured_at.clone());
        let [change, failure] = &exchanges[..] else {
            panic!("{kind}: {} messages", exchanges.len())
        };
        let event = check(change, kind);
        assert_eq!(
            event["body"],
            r#"{"name":"Order 7","password":"[redacted]"}"#
        );
        let response = change.response.as_ref().unwrap();
        assert_eq!(response.status_code, 201);
        assert_eq!(response.body.as_deref(), Some(r#"{"id":"7"}"#));
        check(failure, kind);
        let response = failure.response.as_ref().unwrap();
        assert_eq!(response.failure, Some(HandlerFailure::Error));
        assert_eq!(ministack.depth(&queue).await.unwrap(), (0, 0));
    }
}
