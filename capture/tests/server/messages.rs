//! What is in the messages of a server's calls, and that the normalizer takes them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{any, get, post};
use daybook_event::{AuditEvent, CallerType, Outcome};
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use http_body_util::Full;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower::{Layer as _, ServiceExt as _};

use crate::service;
use crate::world::{Mood, Raw, Server, builder, capture, door, messages_of};

#[tokio::test]
async fn the_event_is_api_gateways() {
    let (sink, audit) = door(Mood::Takes);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer abcdefghijkl"),
        ("cookie", "a=1; b=2"),
        ("x-tag", "one"),
        ("x-tag", "two"),
        ("user-agent", "curl/8"),
    ];
    let path = "/v1/orders/a%20b?tag=1&tag=x%2Fy&api_key=s3cret";
    let request = Raw::new("PUT", path, &headers, r#"{"name":"x","password":"hidden"}"#);
    let before = Timestamp::now().as_millisecond();
    let [message] = messages_of(service::router(), &audit, &sink, &[request])
        .await
        .try_into()
        .unwrap();
    let mut event = message["event"].clone();
    let context = &mut event["requestContext"];
    let time_epoch = context["timeEpoch"].take().as_i64().unwrap();
    assert!((before - 1..=Timestamp::now().as_millisecond()).contains(&time_epoch));
    assert!(context["time"].take().as_str().unwrap().ends_with(" +0000"));
    assert_eq!(context["requestId"].take(), message["id"]);
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "PUT /v1/orders/{id}",
            "rawPath": "/v1/orders/a%20b",
            "rawQueryString": "tag=1&tag=x%2Fy&api_key=%5Bredacted%5D",
            "cookies": ["[redacted]", "[redacted]"],
            "headers": {
                "authorization": "[redacted]", "connection": "close", "content-length": "32",
                "content-type": "application/json", "host": "api.example.com",
                "user-agent": "curl/8", "x-tag": "one,two",
            },
            "queryStringParameters": {"tag": "1,x/y", "api_key": "[redacted]"},
            "pathParameters": {"id": "a b"},
            "requestContext": {
                "apiId": "", "domainName": "api.example.com",
                "http": {"method": "PUT", "path": "/v1/orders/a%20b", "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1", "userAgent": "curl/8"},
                "requestId": null, "routeKey": "PUT /v1/orders/{id}", "stage": "$default",
                "time": null, "timeEpoch": null,
            },
            "body": "{\"name\":\"x\",\"password\":\"[redacted]\"}",
            "isBase64Encoded": false,
        })
    );
    assert_eq!(
        message["response"],
        json!({"status_code": 201, "body": r#"{"id":"a b","name":"Order a b"}"#})
    );
    assert_eq!(message["context"]["entity"]["id"], "a b");
    assert_eq!(message["context"]["reason"], "because");
}

#[tokio::test]
async fn how_each_call_ended_is_in_its_message() {
    let json = |body: &str| json!({"status_code": 200, "body": body});
    let text = json!({"status_code": 200});
    let panic = json!({"status_code": 0, "failure": "panic"});
    let broken = |failure: &str| json!({"status_code": 200, "failure": failure});
    for (path, response) in [
        ("/text", text.clone()),
        ("/empty", json!({"status_code": 204})),
        ("/denied", json!({"status_code": 403})),
        ("/slow", json("{}")),
        ("/large", text),
        ("/stream", json("{\"a\":1}")),
        ("/breaks-off", broken("error")),
        ("/panic", panic.clone()),
        ("/panic-late", panic),
        ("/panic-in-stream", broken("panic")),
        ("/echo", json("{\"name\":\"x\"}")),
        ("/nobody/knows", json!({"status_code": 404})),
    ] {
        let (sink, audit) = door(Mood::Takes);
        let request = Raw::post(path, "{\"name\":\"x\"}");
        let [message] = messages_of(service::router(), &audit, &sink, &[request])
            .await
            .try_into()
            .unwrap();
        assert_eq!(message["response"], response, "{path}");
        let is_streamed = matches!(path, "/stream" | "/breaks-off");
        let said = is_streamed.then_some("frame 2");
        assert_eq!(message["context"]["reason"].as_str(), said, "{path}");
        assert!(message["duration_ms"].is_u64() && message["captured_at"].is_string());
    }
}

#[tokio::test]
async fn a_call_whose_client_went_away_has_no_response() {
    let (sink, audit) = door(Mood::Takes);
    let began = Arc::new(Notify::new());
    let begins = began.clone();
    let handler = async move |_body: String| {
        begins.notify_one();
        std::future::pending::<&'static str>().await
    };
    let router = Router::new().route("/v1/orders", post(handler));
    let server = Server::start(router.layer(audit.layer())).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = Raw::post("/v1/orders", "{\"name\":\"x\"}");
    stream.write_all(&request.0).await.unwrap();
    began.notified().await;
    drop(stream);
    server.stop().await;
    assert_eq!(audit.shut_down().await, 0);
    let [message] = sink.messages().try_into().unwrap();
    assert_eq!(message.get("response"), None);
    assert_eq!(message["event"]["body"], "{\"name\":\"x\"}");
    assert_eq!(stored(&message).outcome, Outcome::Unknown);
}

#[tokio::test]
async fn of_a_request_body_what_the_handler_read_is_taken_up_to_the_limit() {
    let (sink, capture) = capture(Mood::Takes);
    let audit = builder(capture).request_body_bytes_max(20).build().unwrap();
    let long = r#"{"a":1,"b":[2,3,{"c":4}],"d":5}"#;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let binary = [("content-type", "application/octet-stream")];
    let mut binary = Raw::new("POST", "/echo", &binary, "abc");
    let end = binary.0.len();
    binary.0[end - 3..].copy_from_slice(&[0xff, 0xfe, b'x']);
    let requests = [
        Raw::post("/echo", r#"{"a":1}"#),
        Raw::post("/echo", long),
        Raw::new("POST", "/echo", &form, "name=first&password=second"),
        Raw::post("/echo", "only ten characters \u{e9}"),
        Raw::post("/echo", ""),
        binary,
        Raw::post("/unread", long),
        Raw::post("/half", long),
    ];
    let messages = messages_of(service::router(), &audit, &sink, &requests).await;
    // Without a digest: what was cut off may have been secret.
    let cut = |bytes: usize| json!({"original_bytes": bytes});
    for (message, (body, truncated)) in messages.iter().zip([
        (json!(r#"{"a":1}"#), Value::Null),
        (json!(r#"{"a":1,"b":[2,3,{}]}"#), cut(31)),
        (json!("name=first"), Value::Null),
        (json!("only ten characters "), Value::Null),
        (Value::Null, Value::Null),
        (json!("//54"), Value::Null),
        (Value::Null, Value::Null),
        (json!(r#"{"a":1,"b":[2,3,{}]}"#), Value::Null),
    ]) {
        let event = &message["event"];
        assert_eq!(event["body"], body, "{event}");
        assert_eq!(event["isBase64Encoded"], body == "//54");
        if !truncated.is_null() {
            assert_eq!(message["truncated"]["request"], truncated);
        }
    }
    let is_marked: Vec<bool> = messages
        .iter()
        .map(|message| message.get("truncated").is_some())
        .collect();
    // The last handler read the one frame that there was, which is all of it.
    assert_eq!(
        is_marked,
        [false, true, true, true, false, false, false, true]
    );
    assert_eq!(audit.counters().truncated, 4);
}

#[tokio::test]
async fn a_body_that_the_handler_left_half_read_is_marked() {
    let (sink, audit) = door(Mood::Takes);
    let server = Server::start(service::router().layer(audit.layer())).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /half HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 40\r\n\r\n";
    let half = format!("{head}{{\"a\":1,\"b\":2,\"c");
    stream.write_all(half.as_bytes()).await.unwrap();
    // The handler has answered and is gone; the other half never comes.
    let mut answer = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer);
    let _ = reading.await;
    drop(stream);
    server.stop().await;
    assert_eq!(audit.shut_down().await, 0);
    let [message] = sink.messages().try_into().unwrap();
    assert_eq!(message["event"]["body"], "{\"a\":1,\"b\":2}");
    assert_eq!(
        message["truncated"],
        json!({"request": {"original_bytes": 40}})
    );
}

#[tokio::test]
async fn routes_choose_what_is_captured_and_nested_layers_record_once() {
    let (sink, capture) = capture(Mood::Takes);
    let capture = capture
        .capture_reads(["/v1/customers/{id}"])
        .ignore_paths(["/v1/hooks/{id}/trigger", "/healthz"]);
    let audit = builder(capture).build().unwrap();
    let done = || any(async |_body: String| "done");
    let inner = Router::new()
        .route("/customers/{id}", get(async || "done"))
        .route("/orders", done())
        .route("/hooks/{id}/trigger", done())
        .route("/files/{*path}", done())
        .layer(audit.layer());
    let router = Router::new().nest("/v1", inner);
    let requests = [
        Raw::new("GET", "/v1/customers/7", &[], ""),
        Raw::new("GET", "/v1/orders", &[], ""),
        Raw::post("/v1/orders", "{}"),
        Raw::post("/v1/hooks/7/trigger", "{}"),
        Raw::post("/v1/files/a/b", "{}"),
        // Of no route: the fallback answers.
        Raw::post("/healthz", "{}"),
        Raw::post("/unknown", "{}"),
    ];
    let messages = messages_of(router, &audit, &sink, &requests).await;
    let called: Vec<[&Value; 2]> = messages
        .iter()
        .map(|message| [&message["event"]["routeKey"], &message["event"]["rawPath"]])
        .collect();
    assert_eq!(
        called,
        [
            ["GET /v1/customers/{id}", "/v1/customers/7"],
            ["POST /v1/orders", "/v1/orders"],
            ["POST /v1/files/{path+}", "/v1/files/a/b"],
            ["$default", "/unknown"],
        ]
    );
    // Each call once, although two layers are around most of them.
    let counters = audit.counters();
    assert_eq!((counters.captured, counters.left_out), (4, 3));
}

#[tokio::test]
async fn another_framework_names_its_routes_by_a_hook() {
    let (sink, capture) = capture(Mood::Takes);
    let audit = builder(capture.ignore_paths(["/hidden/{id}"]))
        .route(|parts| {
            let (start, _) = parts.uri.path().rsplit_once('/')?;
            Some(format!("{start}/{{id}}"))
        })
        .build()
        .unwrap();
    let requests = [Raw::post("/hidden/7", ""), Raw::post("/shown/7", "")];
    let messages = messages_of(Router::new(), &audit, &sink, &requests).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["event"]["routeKey"], "POST /shown/{id}");
    assert_eq!(messages[0]["event"]["pathParameters"], json!({"id": "7"}));
}

fn stored(message: &Value) -> AuditEvent {
    let document = "openapi: 3.0.3\ninfo: {title: Orders, version: '1'}\n\
        servers: [{url: 'https://api.example.com'}]\npaths:\n  /v1/orders/{orderId}:\n    \
        parameters: [{name: orderId, in: path, required: true, schema: {type: string}}]\n    \
        put: {operationId: updateOrder, responses: {'200': {description: ok}}}\n";
    let (index, problems) = Index::build(vec![Document {
        file_name: "orders.yaml".to_owned(),
        bytes: document.as_bytes().to_vec(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    let message = decode(&message.to_string()).unwrap();
    match normalize(&message, &index, &Settings::default(), Timestamp::now()).unwrap() {
        Normalized::Event(new) => new.event,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

#[tokio::test]
async fn the_normalizer_makes_an_event_of_it() {
    let (sink, capture) = capture(Mood::Takes);
    let claims = json!({"sub": "u1", "org_id": "acme", "email": "jane@example.com"});
    let audit = builder(capture)
        .trusted_hops(1)
        .authorizer(move |_| Some(claims.clone()))
        .build()
        .unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", "6.6.6.6, 203.0.113.7"),
        (
            "x-amzn-trace-id",
            "Root=1-5c34e7d4-00ca239424b68028d4c56d68",
        ),
    ];
    let request = Raw::new("PUT", "/v1/orders/7?dry=true", &headers, "{\"name\":\"x\"}");
    let messages = messages_of(
        service::router(),
        &audit,
        &sink,
        &[request.clone(), request],
    )
    .await;
    let [first, second] = [&messages[0], &messages[1]].map(stored);
    assert_ne!(first.id, second.id, "two calls are two events");
    assert_eq!(first.id, stored(&messages[0]).id, "a redelivery is none");
    assert_eq!(first.event_name, "updateOrder");
    assert_eq!((first.outcome, first.status_code), (Outcome::Success, 201));
    assert_eq!(
        (first.org_id.as_str(), first.caller.kind),
        ("acme", CallerType::User)
    );
    assert_eq!(first.entity.id, "7");
    assert_eq!(first.detail, r#"{"name":"x"}"#);
    assert_eq!(first.correlation_id, "1-5c34e7d4-00ca239424b68028d4c56d68");
    assert_eq!(first.http.ip, "203.0.113.7");
    assert_eq!(first.http.domain_name, "api.example.com");
    assert_eq!(first.http.query["dry"], "true");
    assert_eq!(first.http.path_params["orderId"], "7");
}

#[tokio::test]
async fn a_response_that_a_service_logs_tells_nothing_of_the_call() {
    let (_sink, audit) = door(Mood::Takes);
    let handler = tower::service_fn(async |_: http::Request<_>| {
        Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(b"{}"))))
    });
    let request = http::Request::post("/v1/orders?api_key=s3cret")
        .header("authorization", "Bearer s3cret")
        .body(Full::new(Bytes::from_static(br#"{"password":"s3cret"}"#)))
        .unwrap();
    let response = audit.layer().layer(handler).oneshot(request).await.unwrap();
    let logged = format!("{response:?}");
    assert!(logged.contains("Exchange"), "{logged}");
    let bytes = format!("{:?}", b"s3cret").replace(['[', ']'], "");
    assert!(
        !logged.contains("s3cret") && !logged.contains(&bytes),
        "{logged}"
    );
}
