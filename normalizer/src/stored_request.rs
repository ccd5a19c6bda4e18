//! The request as it is stored: redacted, and no more of it than an auditor needs.

use std::collections::BTreeMap;

use daybook_event::{HttpRequest, Truncated};
use daybook_openapi::redaction::{Mode, Place, Redactor};
use serde_json::{Map, Value};

use crate::body;
use crate::explained::Explained;
use crate::gateway_event::GatewayEvent;
use crate::message::Message;

const CORRELATION_ID_CHARS_MAX: usize = 256;

const CORRELATION_ID: &str = "x-correlation-id";
const USER_AGENT: &str = "user-agent";

/// The headers that are kept; everything else is credentials, noise or both.
const HEADERS_KEPT: [&str; 8] = [
    "accept-language",
    "content-type",
    "origin",
    "referer",
    "traceparent",
    "x-amzn-trace-id",
    CORRELATION_ID,
    "x-request-id",
];

/// The request's body as JSON, redacted: JSON as it is, a form as an object. Of anything else
/// (multipart, XML, CSV, bytes) nothing is kept, because nothing says what in it is secret.
pub(crate) fn request_body(
    message: &Message,
    request: &GatewayEvent,
    redactor: &Redactor,
    redacted: &mut Vec<String>,
) -> Option<Value> {
    let bytes = message
        .body
        .as_deref()
        .filter(|body| !body::is_blank(body))?;
    let Some(mut body) = body::read(bytes, request.header("content-type")) else {
        redacted.push("request#".to_owned());
        return None;
    };
    redactor.json(Place::Request, &mut body, redacted);
    Some(body)
}

/// What was cut, as it is stored. A message's word for a digest is kept where it is one.
pub(crate) fn mark_of_cut(truncated: &Truncated) -> Value {
    let mut mark = serde_json::to_value(truncated).unwrap_or_default();
    for original in mark.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let digest = original["sha256"].as_str().unwrap_or_default();
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_digest {
            original["sha256"] = Value::from("");
        }
    }
    mark
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
    if path != request.path {
        redacted.push("path#".to_owned());
    }
    redactor.pairs(Place::Path, &mut path_params, redacted);
    let mut query = request.query.clone();
    redactor.pairs(Place::Query, &mut query, redacted);
    let mut headers: BTreeMap<String, String> = HEADERS_KEPT
        .iter()
        .filter_map(|&name| Some((name.to_owned(), request.headers.get(name)?.clone())))
        .collect();
    if let Some(referer) = headers.get_mut("referer") {
        *referer = page_of(referer).to_owned();
    }
    headers.insert(USER_AGENT.to_owned(), request.user_agent.clone());
    redactor.pairs(Place::Headers, &mut headers, redacted);
    let user_agent = headers.remove(USER_AGENT).unwrap_or_default();
    // A caller may write anything into a header from which these are taken.
    let clean = |text: &str| redactor.text(text).into_owned();
    HttpRequest {
        method: clean(&request.method),
        path,
        resource: explained.operation.map_or_else(
            || clean(&request.resource),
            |operation| operation.path.clone(),
        ),
        domain_name: clean(&request.domain_name),
        stage: clean(&request.stage),
        ip: clean(&request.source_ip),
        user_agent,
        headers,
        query,
        path_params,
    }
}

/// The id that follows a request: `X-Correlation-Id`, else the trace's, else API Gateway's own.
///
/// In [`Mode::Strict`] a header's id counts only where the document keeps the header, or where the id
/// can be no word: a UUID or a trace's id. A search by correlation id still follows such ones. A header that
/// the document marks as secret counts in no mode.
pub(crate) fn correlation_id(
    request: &GatewayEvent,
    kept: &BTreeMap<String, String>,
    redactor: &Redactor,
) -> String {
    let header = |name: &str| {
        let value = request.header(name);
        if redactor.marks_header(name) {
            ""
        } else {
            value
        }
    };
    let stated = header(CORRELATION_ID);
    // W3C Trace Context, section 3.2: version-traceid-parentid-flags.
    let traceparent = header("traceparent").split('-').nth(1);
    // AWS X-Ray: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
    let mut x_ray = header("x-amzn-trace-id").split(';');
    let is_kept = kept.get(CORRELATION_ID).is_some_and(|kept| kept == stated);
    let stays = |id: &&str| redactor.mode() == Mode::Standard || is_drawn(id);
    let id = Some(stated)
        .filter(|id| !id.is_empty() && (is_kept || stays(id)))
        .or_else(|| traceparent.filter(|id| id.len() == 32 && stays(id)))
        .or_else(|| {
            x_ray
                .find_map(|part| part.trim().strip_prefix("Root="))
                .filter(stays)
        })
        .unwrap_or(&request.request_id);
    // Redacted before it is cut: half a secret has no form by which it is known.
    let id = redactor.id(id);
    id.chars().take(CORRELATION_ID_CHARS_MAX).collect()
}

/// Whether an id is 128 bits or so in hexadecimal, as UUIDs and the ids of traces are.
fn is_drawn(id: &str) -> bool {
    let digits = id.bytes().filter(u8::is_ascii_hexdigit).count();
    let hyphens = id.bytes().filter(|byte| *byte == b'-').count();
    (32..=33).contains(&digits) && hyphens <= 4 && digits + hyphens == id.len()
}

/// The page on which the person was.
pub(crate) fn source_url(http: &HttpRequest) -> String {
    http.headers.get("referer").cloned().unwrap_or_default()
}

/// A page's address without its query: tokens travel there.
fn page_of(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
