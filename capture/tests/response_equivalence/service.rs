//! The service under test, in every style in which a service is written.

use std::env;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_capture::{Capture, audit};
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_http::{Body, Error, IntoResponse, Request, Response, service_fn};
use lambda_runtime::{LambdaEvent, Runtime};
use serde_json::{Value, json};
use tower::Layer;

/// Says which style to serve in.
pub(crate) const STYLE_VARIABLE: &str = "SERVICE_UNDER_TEST";

/// How a service is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `daybook_capture::run(handler)`, return values of several kinds.
    Run,
    /// `lambda_http::runtime(handler).layer(capture)`.
    RuntimeLayerOnly,
    /// An axum router.
    Axum,
    /// A streamed response.
    Streaming,
    /// `lambda_runtime` with API Gateway's own response.
    Plain,
}

impl Style {
    pub(crate) const ALL: [Self; 5] = [
        Self::Run,
        Self::RuntimeLayerOnly,
        Self::Axum,
        Self::Streaming,
        Self::Plain,
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
    let capture = match env::var("DAYBOOK_INTAKE_URL") {
        Ok(_) => Some(daybook_capture::from_env().unwrap()),
        Err(_) => None,
    };
    runtime.block_on(serve(style, capture)).unwrap();
}

async fn serve(style: Style, capture: Option<Capture>) -> Result<(), Error> {
    match (style, capture) {
        (Style::Run, None) => lambda_http::run(service_fn(mixed)).await,
        (Style::Run, Some(_)) => daybook_capture::run(service_fn(mixed)).await,
        (Style::RuntimeLayerOnly, None) => lambda_http::runtime(service_fn(handler)).run().await,
        (Style::RuntimeLayerOnly, Some(capture)) => {
            lambda_http::runtime(service_fn(handler))
                .layer(capture)
                .run()
                .await
        }
        (Style::Axum, None) => lambda_http::run(router()).await,
        (Style::Axum, Some(capture)) => capture.run(router()).await,
        (Style::Streaming, None) => {
            lambda_http::streaming_runtime(service_fn(handler))
                .run()
                .await
        }
        (Style::Streaming, Some(capture)) => {
            lambda_http::streaming_runtime(capture.layer(service_fn(handler)))
                .layer(capture)
                .run()
                .await
        }
        (Style::Plain, None) => Runtime::new(service_fn(plain)).run().await,
        (Style::Plain, Some(capture)) => {
            Runtime::new(capture.layer(service_fn(plain)))
                .layer(capture)
                .run()
                .await
        }
    }
}

/// What is answered on each path, whatever the style.
async fn answer(path: &str) -> Result<(u16, &'static str, String), Error> {
    match path {
        "/succeed" => {
            audit(|a| a.entity("order", "7").reason("because"));
            Ok((
                201,
                "application/json",
                r#"{"id":"7","name":"Order 7"}"#.to_owned(),
            ))
        }
        "/text" => {
            audit(|_| panic!("what is said panics"));
            // Latin-1 on purpose: whoever converts a body twice ruins it.
            Ok((
                200,
                "text/plain; charset=iso-8859-1",
                "na\u{ef}ve \u{e9}t\u{e9}".to_owned(),
            ))
        }
        "/empty" => Ok((200, "application/json", String::new())),
        "/denied" => Ok((
            403,
            "application/json",
            r#"{"message":"Forbidden"}"#.to_owned(),
        )),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(40)).await;
            Ok((200, "application/json", "{}".to_owned()))
        }
        "/large" => Ok((
            200,
            "application/json",
            format!("[\"{}\"]", "x".repeat(200_000)),
        )),
        "/fail" => Err("the handler's own error".into()),
        "/panic" => {
            tokio::task::yield_now().await;
            panic!("the handler's own panic")
        }
        _ => Ok((404, "application/json", "{}".to_owned())),
    }
}

fn panic_at_once(path: &str) {
    assert!(path != "/panic-at-once", "a panic before there is a future");
}

// A handler owns its request.
#[allow(clippy::needless_pass_by_value)]
fn handler(request: Request) -> impl Future<Output = Result<Response<Body>, Error>> + Send {
    let path = request.uri().path().to_owned();
    panic_at_once(&path);
    async move {
        let (status, content_type, body) = answer(&path).await?;
        Ok(Response::builder()
            .status(status)
            .header("content-type", content_type)
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body(if body.is_empty() {
                Body::Empty
            } else {
                Body::Text(body)
            })?)
    }
}

/// `lambda_http` takes more than `Response`: a pair of status and value, for one.
enum Mixed {
    Response(Response<Body>),
    Pair(http::StatusCode, Value),
}

impl IntoResponse for Mixed {
    fn into_response(
        self,
    ) -> std::pin::Pin<Box<dyn Future<Output = Response<Body>> + Send + 'static>> {
        match self {
            Self::Response(response) => response.into_response(),
            Self::Pair(status, value) => (status, value).into_response(),
        }
    }
}

fn mixed(request: Request) -> impl Future<Output = Result<Mixed, Error>> + Send {
    let path = request.uri().path().to_owned();
    let response = handler(request);
    async move {
        let response = response.await?;
        if path == "/succeed" {
            return Ok(Mixed::Pair(
                http::StatusCode::CREATED,
                json!({"id": "7", "name": "Order 7"}),
            ));
        }
        Ok(Mixed::Response(response))
    }
}

fn router() -> Router {
    async fn route(request: axum::extract::Request) -> axum::response::Response {
        let path = request.uri().path().to_owned();
        panic_at_once(&path);
        match answer(&path).await {
            Ok((status, content_type, body)) => axum::response::Response::builder()
                .status(status)
                .header("content-type", content_type)
                .body(axum::body::Body::from(body))
                .unwrap(),
            // A route of axum's cannot fail in any other way.
            Err(error) => panic!("{error}"),
        }
    }
    Router::new().fallback(any(route))
}

// A handler owns its event.
#[allow(clippy::needless_pass_by_value)]
fn plain(
    event: LambdaEvent<Value>,
) -> impl Future<Output = Result<ApiGatewayProxyResponse, Error>> {
    let path = event.payload["path"].as_str().unwrap_or("/").to_owned();
    panic_at_once(&path);
    async move {
        let (status, content_type, body) = answer(&path).await?;
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = status.into();
        response
            .headers
            .insert("content-type", content_type.parse()?);
        response.is_base64_encoded = path == "/succeed";
        let body = if response.is_base64_encoded {
            STANDARD.encode(body)
        } else {
            body
        };
        response.body = (!body.is_empty()).then_some(Body::Text(body));
        Ok::<_, Error>(response)
    }
}
