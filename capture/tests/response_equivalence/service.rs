//! The service under test, in every style in which a service is written.

use std::env;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_capture::Capture;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_http::{Body, Error, IntoResponse, Request, RequestExt, Response, service_fn};
use lambda_runtime::{FunctionResponse, LambdaEvent, MetadataPrelude, Runtime, StreamResponse};
use serde_json::{Value, json};

use crate::handler::{
    Answer, AnswerBody, Frames, answer, panic_at_once, seen_in_event, seen_in_request,
};

/// Says which style to serve in.
pub(crate) const STYLE_VARIABLE: &str = "SERVICE_UNDER_TEST";

/// How a service is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `daybook_capture::run(handler)`, return values of several kinds.
    Run,
    /// `lambda_http::runtime(handler).layer(capture)`.
    RuntimeLayerOnly,
    /// `lambda_http::runtime(capture.layer(handler)).layer(capture)`.
    BothPlaces,
    /// `lambda_http::runtime_concurrent(capture.layer(handler)).layer(capture)`.
    Concurrent,
    /// An axum router.
    Axum,
    /// `lambda_http::streaming_runtime`, in both places.
    Streaming,
    /// `lambda_runtime` with API Gateway's own response.
    Plain,
    /// `lambda_runtime` with JSON or a stream, as the handler likes.
    PlainStreaming,
}

impl Style {
    pub(crate) const ALL: [Self; 8] = [
        Self::Run,
        Self::RuntimeLayerOnly,
        Self::BothPlaces,
        Self::Concurrent,
        Self::Axum,
        Self::Streaming,
        Self::Plain,
        Self::PlainStreaming,
    ];
}

/// Serves until it is killed where the environment says so; returns at once where it does not.
pub(crate) fn run_if_asked_to() {
    let Ok(name) = env::var(STYLE_VARIABLE) else {
        return;
    };
    let style = Style::ALL
        .into_iter()
        .find(|style| format!("{style:?}") == name)
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let served = async {
        match (env::var("DAYBOOK_QUEUE_URL"), style) {
            (Err(_), style) => serve_bare(style).await,
            (Ok(_), Style::Run) => daybook_capture::run(service_fn(mixed)).await,
            (Ok(_), style) => serve(style, daybook_capture::from_env().unwrap()).await,
        }
    };
    runtime.block_on(served).unwrap();
}

async fn serve(style: Style, capture: Capture) -> Result<(), Error> {
    match style {
        Style::Run => capture.run(service_fn(mixed)).await,
        Style::RuntimeLayerOnly => {
            lambda_http::runtime(service_fn(buffered))
                .layer(capture)
                .run()
                .await
        }
        Style::BothPlaces => {
            lambda_http::runtime(capture.layer(service_fn(buffered)))
                .layer(capture)
                .run()
                .await
        }
        Style::Concurrent => {
            lambda_http::runtime_concurrent(capture.layer(service_fn(buffered)))
                .layer(capture)
                .run_concurrent()
                .await
        }
        Style::Axum => capture.run(router()).await,
        Style::Streaming => {
            lambda_http::streaming_runtime(capture.layer(service_fn(streamed)))
                .layer(capture)
                .run()
                .await
        }
        Style::Plain => {
            Runtime::new(capture.layer(service_fn(plain)))
                .layer(capture)
                .run()
                .await
        }
        Style::PlainStreaming => {
            Runtime::new(capture.layer(service_fn(plain_streaming)))
                .layer(capture)
                .run()
                .await
        }
    }
}

/// The same services, without the layer.
async fn serve_bare(style: Style) -> Result<(), Error> {
    match style {
        Style::Run => lambda_http::run(service_fn(mixed)).await,
        Style::RuntimeLayerOnly | Style::BothPlaces => {
            lambda_http::runtime(service_fn(buffered)).run().await
        }
        Style::Concurrent => lambda_http::run_concurrent(service_fn(buffered)).await,
        Style::Axum => lambda_http::run(router()).await,
        Style::Streaming => {
            lambda_http::streaming_runtime(service_fn(streamed))
                .run()
                .await
        }
        Style::Plain => Runtime::new(service_fn(plain)).run().await,
        Style::PlainStreaming => Runtime::new(service_fn(plain_streaming)).run().await,
    }
}

fn response_of(answer: Answer) -> Result<Response<AxumBody>, Error> {
    let body = match answer.body {
        AnswerBody::Whole(bytes) => AxumBody::from(bytes),
        AnswerBody::Frames(frames) => AxumBody::from_stream(frames),
    };
    Ok(Response::builder()
        .status(answer.status)
        .header("content-type", answer.content_type)
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .header("X-Odd", "\u{e9}".as_bytes())
        .body(body)?)
}

// A handler owns its request.
#[allow(clippy::needless_pass_by_value)]
fn streamed(request: Request) -> impl Future<Output = Result<Response<AxumBody>, Error>> + Send {
    let path = request.raw_http_path().to_owned();
    let seen = seen_in_request(&request);
    panic_at_once(&path);
    async move { response_of(answer(&path, seen).await?) }
}

/// `lambda_http::runtime` takes no body that only one thread may hold, such as axum's.
async fn buffered(request: Request) -> Result<Response<Body>, Error> {
    let (parts, body) = streamed(request).await?.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await?;
    Ok(Response::from_parts(parts, body_of(bytes.into())))
}

fn body_of(bytes: Vec<u8>) -> Body {
    match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() => Body::Empty,
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    }
}

/// `lambda_http` takes more than `Response`: a pair of status and value, for one.
enum Mixed {
    Own(Response<Body>),
    Streamed(Response<AxumBody>),
    Pair(http::StatusCode, Value),
}

impl IntoResponse for Mixed {
    fn into_response(
        self,
    ) -> std::pin::Pin<Box<dyn Future<Output = Response<Body>> + Send + 'static>> {
        match self {
            Self::Own(response) => response.into_response(),
            Self::Streamed(response) => response.into_response(),
            Self::Pair(status, value) => (status, value).into_response(),
        }
    }
}

// A handler owns its request.
#[allow(clippy::needless_pass_by_value)]
fn mixed(request: Request) -> impl Future<Output = Result<Mixed, Error>> + Send {
    let path = request.raw_http_path().to_owned();
    let seen = seen_in_request(&request);
    panic_at_once(&path);
    async move {
        let answer = answer(&path, seen).await?;
        if path == "/succeed" {
            return Ok(Mixed::Pair(
                http::StatusCode::CREATED,
                json!({"id": "7", "name": "Order 7"}),
            ));
        }
        let bytes = match answer.body {
            AnswerBody::Frames(_) => return Ok(Mixed::Streamed(response_of(answer)?)),
            AnswerBody::Whole(bytes) => bytes,
        };
        let response = Response::builder()
            .status(answer.status)
            .header("content-type", answer.content_type)
            .body(body_of(bytes))?;
        Ok(Mixed::Own(response))
    }
}

fn router() -> Router {
    async fn route(request: axum::extract::Request) -> axum::response::Response {
        let path = request.raw_http_path().to_owned();
        panic_at_once(&path);
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let seen = seen_in_request(&http::Request::from_parts(parts, body));
        match answer(&path, seen).await {
            Ok(answer) => response_of(answer).unwrap(),
            // A route of axum's cannot fail in any other way.
            Err(error) => panic!("{error}"),
        }
    }
    Router::new().fallback(any(route))
}

fn path_in(event: &Value) -> String {
    let path = [&event["path"], &event["rawPath"]]
        .into_iter()
        .find_map(Value::as_str);
    path.unwrap_or("/").to_owned()
}

#[expect(clippy::needless_pass_by_value, reason = "what lambda_runtime calls")]
fn plain(
    event: LambdaEvent<Value>,
) -> impl Future<Output = Result<ApiGatewayProxyResponse, Error>> {
    let path = path_in(&event.payload);
    let seen = seen_in_event(&event.payload);
    panic_at_once(&path);
    async move {
        let answer = answer(&path, seen).await?;
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = answer.status.into();
        response
            .headers
            .insert("content-type", answer.content_type.parse()?);
        let bytes = answer.body.whole().await?;
        let text = if path == "/succeed" {
            response.is_base64_encoded = true;
            STANDARD.encode(bytes)
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        response.body = (!text.is_empty()).then_some(Body::Text(text));
        Ok::<_, Error>(response)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what lambda_runtime calls")]
fn plain_streaming(
    event: LambdaEvent<Value>,
) -> impl Future<Output = Result<FunctionResponse<Value, Frames>, Error>> {
    let path = path_in(&event.payload);
    let seen = seen_in_event(&event.payload);
    panic_at_once(&path);
    async move {
        let answer = answer(&path, seen).await?;
        let bytes = match answer.body {
            AnswerBody::Whole(bytes) => bytes,
            AnswerBody::Frames(stream) => {
                let metadata_prelude = MetadataPrelude {
                    status_code: http::StatusCode::from_u16(answer.status)?,
                    cookies: vec!["a=1".to_owned()],
                    ..MetadataPrelude::default()
                };
                return Ok(FunctionResponse::StreamingResponse(StreamResponse {
                    metadata_prelude,
                    stream,
                }));
            }
        };
        Ok::<_, Error>(FunctionResponse::BufferedResponse(json!({
            "statusCode": answer.status,
            "headers": {"content-type": answer.content_type},
            "body": String::from_utf8_lossy(&bytes),
        })))
    }
}
