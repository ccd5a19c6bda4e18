//! The router behind API Gateway: paths without stage and base path, answers as Lambda sends them.

use axum::Router;
use daybook_capture::Capture;
use daybook_store::Eraser;
use http::uri::PathAndQuery;
use http::{Uri, header};
use lambda_http::ext::RequestExt as _;
use lambda_http::request::RequestContext;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::erasure_work::work;

/// How the Lambda is deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LambdaOptions {
    /// What comes before `/v1/logs` in the path, such as `/audit` of a custom domain's mapping;
    /// empty where nothing does. A stage's name need not be said.
    pub base_path: String,
    /// Whether answers are streamed: behind a function URL or a REST API that is set up for it.
    pub streams_answers: bool,
}

/// Serves the router for as long as Lambda wants it, and records its reads after each answer.
///
/// # Errors
/// Where Lambda's runtime API cannot be spoken to.
pub async fn serve_lambda(
    router: Router,
    options: LambdaOptions,
    reads: Capture,
) -> Result<(), lambda_http::Error> {
    let LambdaOptions {
        base_path,
        streams_answers,
    } = options;
    let service = router.map_request(move |request| {
        let request = without_prefix(request, &base_path);
        if streams_answers {
            request
        } else {
            as_it_can_be_answered(request)
        }
    });
    if streams_answers {
        lambda_http::streaming_runtime(reads.layer(service))
            .layer(reads)
            .run()
            .await
    } else {
        reads.run(service).await
    }
}

/// Goes a step on with all erasures at each invocation, whatever its event says: to be called once a
/// minute. An invocation fails where an erasure cannot go on until somebody clears its way, which a legal hold is no
/// case of.
///
/// # Errors
/// Where Lambda's runtime API cannot be spoken to.
pub async fn serve_erasure_work(eraser: Eraser) -> Result<(), lambda_runtime::Error> {
    let step = move |_: LambdaEvent<Value>| {
        let eraser = eraser.clone();
        async move {
            match work(&eraser, None).await? {
                0 => Ok(()),
                blocked => Err(lambda_runtime::Error::from(format!(
                    "{blocked} erasure(s) cannot go on; the log says why"
                ))),
            }
        }
    };
    lambda_runtime::run(service_fn(step)).await
}

/// The request as if the API had its own host.
fn without_prefix(mut request: lambda_http::Request, base_path: &str) -> lambda_http::Request {
    let stage = match request.request_context_ref() {
        // A REST API's path has no stage; an HTTP API's has one, unless it is the default.
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.clone(),
        _ => None,
    };
    let raw_path = request.raw_http_path().to_owned();
    let mut path = raw_path.as_str();
    for prefix in [
        stage.as_deref().unwrap_or_default(),
        base_path.trim_matches('/'),
    ] {
        path = strip_segment(path, prefix);
    }
    if let Some(uri) = with_path(request.uri(), path) {
        *request.uri_mut() = uri;
    }
    request
}

/// Through a REST API, compressed bytes come out as base64 text unless it was set up for them; it
/// can compress by itself (`minimumCompressionSize`).
fn as_it_can_be_answered(mut request: lambda_http::Request) -> lambda_http::Request {
    if let Some(RequestContext::ApiGatewayV1(_)) = request.request_context_ref() {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    request
}

/// `path` without a leading `/segment`, which may be several segments; always starts with `/`.
fn strip_segment<'a>(path: &'a str, segment: &str) -> &'a str {
    let rest = if segment.is_empty() {
        None
    } else {
        path.strip_prefix('/')
            .and_then(|path| path.strip_prefix(segment))
    };
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path_of(event: &serde_json::Value, base_path: &str) -> String {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let request = without_prefix(request, base_path);
        request
            .uri()
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn http_api(raw_path: &str, stage: &str) -> serde_json::Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": raw_path,
            "rawQueryString": "q=a%20b&token=x", "headers": {"host": "api.example.com"},
            "requestContext": {"stage": stage, "http": {"method": "GET", "path": raw_path}},
            "isBase64Encoded": false
        })
    }

    fn rest_api(path: &str, stage: &str) -> serde_json::Value {
        json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": "GET",
            "headers": {"Host": "api.example.com"}, "multiValueHeaders": {},
            "queryStringParameters": null, "multiValueQueryStringParameters": null,
            "pathParameters": null, "stageVariables": null,
            "requestContext": {"stage": stage, "path": path, "httpMethod": "GET", "identity": {}},
            "body": null, "isBase64Encoded": false
        })
    }

    #[test]
    fn a_rest_api_gets_no_compressed_answer() {
        for (mut event, is_asked_for) in [
            (rest_api("/v1/logs", "prod"), false),
            (http_api("/v1/logs", "$default"), true),
        ] {
            event["headers"]["accept-encoding"] = json!("gzip");
            let request = lambda_http::request::from_str(&event.to_string()).unwrap();
            let request = as_it_can_be_answered(request);
            let found = request.headers().contains_key("accept-encoding");
            assert_eq!(found, is_asked_for, "{event}");
        }
    }

    #[test]
    fn stage_and_base_path_are_taken_off() {
        let query = "?q=a%20b&token=x";
        for (event, base_path, expected) in [
            (
                http_api("/v1/logs", "$default"),
                "",
                format!("/v1/logs{query}"),
            ),
            (
                http_api("/prod/v1/logs", "prod"),
                "",
                format!("/v1/logs{query}"),
            ),
            (http_api("/prod", "prod"), "", format!("/{query}")),
            (
                http_api("/prod/audit/v1/logs", "prod"),
                "/audit/",
                format!("/v1/logs{query}"),
            ),
            (
                http_api("/production/v1", "prod"),
                "",
                format!("/production/v1{query}"),
            ),
            (rest_api("/v1/logs", "prod"), "", "/v1/logs".to_owned()),
            (
                rest_api("/audit/log/v1/logs", "prod"),
                "audit/log",
                "/v1/logs".to_owned(),
            ),
            (rest_api("/audit", "prod"), "/audit", "/".to_owned()),
            (
                rest_api("/prod/v1/logs", "prod"),
                "",
                "/prod/v1/logs".to_owned(),
            ),
        ] {
            assert_eq!(path_of(&event, base_path), expected, "{event}");
        }
    }
}
