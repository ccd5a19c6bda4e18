//! The request as it is stored: redacted, and no more of it than an auditor needs.

use std::collections::BTreeMap;

use daybook_event::HttpRequest;
use daybook_openapi::secrets::{Place, Redactor};
use serde_json::Value;

use crate::explained::Explained;
use crate::gateway_event::GatewayEvent;

/// The headers that are kept; everything else is credentials, noise or both.
const HEADERS_KEPT: [&str; 8] = [
    "accept-language",
    "content-type",
    "origin",
    "referer",
    "traceparent",
    "x-amzn-trace-id",
    "x-correlation-id",
    "x-request-id",
];

/// The request's body as JSON, redacted: JSON as it is, a form as an object, other text as a string,
/// and nothing for bytes that are no text.
pub(crate) fn request_body(
    request: &GatewayEvent,
    redactor: &Redactor,
    redacted: &mut Vec<String>,
) -> Option<Value> {
    let bytes = request.body.as_deref().filter(|bytes| !bytes.is_empty())?;
    let Ok(text) = std::str::from_utf8(bytes) else {
        redacted.push("request#".to_owned());
        return None;
    };
    let content_type = request.header("content-type").to_ascii_lowercase();
    let mut body = if content_type.starts_with("application/x-www-form-urlencoded") {
        form(text)
    } else if let Ok(json) = serde_json::from_str(text) {
        json
    } else {
        Value::String(text.to_owned())
    };
    redactor.json(Place::Request, &mut body, redacted);
    Some(body)
}

fn form(text: &str) -> Value {
    let mut members = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let value = Value::String(value.into_owned());
        match members.get_mut(name.as_ref()) {
            None => {
                members.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(members)
}

/// The request as it is stored.
pub(crate) fn http(
    request: &GatewayEvent,
    explained: &Explained<'_>,
    redactor: &Redactor,
    redacted: &mut Vec<String>,
) -> HttpRequest {
    let mut path_params: BTreeMap<String, String> = if explained.path_params.is_empty() {
        request.path_params.clone()
    } else {
        explained.path_params.iter().cloned().collect()
    };
    let plain_params: Vec<(String, String)> = path_params.clone().into_iter().collect();
    let path = redactor.path(&request.path, &plain_params).into_owned();
    redactor.pairs(Place::Path, &mut path_params, redacted);
    let mut query = request.query.clone();
    redactor.pairs(Place::Query, &mut query, redacted);
    let mut headers: BTreeMap<String, String> = HEADERS_KEPT
        .iter()
        .filter_map(|&name| Some((name.to_owned(), request.headers.get(name)?.clone())))
        .collect();
    redactor.pairs(Place::Headers, &mut headers, redacted);
    HttpRequest {
        method: request.method.clone(),
        path,
        resource: explained.operation.map_or_else(
            || request.resource.clone(),
            |operation| operation.path.clone(),
        ),
        domain_name: request.domain_name.clone(),
        stage: request.stage.clone(),
        ip: request.source_ip.clone(),
        user_agent: redactor.text(&request.user_agent).into_owned(),
        headers,
        query,
        path_params,
    }
}

/// The id that follows a request: `X-Correlation-Id`, else the trace's, else API Gateway's own.
pub(crate) fn correlation_id(request: &GatewayEvent) -> String {
    let stated = request.header("x-correlation-id");
    if !stated.is_empty() {
        return stated.to_owned();
    }
    // W3C Trace Context, section 3.2: version-traceid-parentid-flags.
    if let Some(trace_id) = request.header("traceparent").split('-').nth(1) {
        return trace_id.to_owned();
    }
    // AWS X-Ray: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
    request
        .header("x-amzn-trace-id")
        .split(';')
        .find_map(|part| part.trim().strip_prefix("Root="))
        .map_or_else(|| request.request_id.clone(), str::to_owned)
}

/// The page on which the person was, without its query: tokens travel there.
pub(crate) fn source_url(http: &HttpRequest) -> String {
    let referer = http.headers.get("referer").map_or("", String::as_str);
    referer
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_owned()
}
