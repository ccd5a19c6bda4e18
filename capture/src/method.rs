//! The method of a call, found without reading the event that it stands in.
//!
//! It is looked for before the response, in every call: this is what a left-out call costs. In payload
//! 2.0 it may stand behind all headers and claims, which is 2 µs of parsing and a fraction of that here.

mod jump;

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::credentials::Members;
use crate::scan::{PAYLOAD_2_ROUTE, REST_ROUTE, Scan};
pub(crate) use jump::http_near_the_end;
use jump::{method_in_context, method_near_the_end};

/// The method of an API call; none where the event is none.
///
/// What comes first says it: `httpMethod`, a `routeKey` that names one, or
/// `requestContext.http.method`; it alone counts behind a `routeKey` that names none. An authorizer's
/// request begins with the ARN of what is asked for.
#[inline]
pub(crate) fn method_of(event: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(method) = method_of_http(event).or_else(|| method_of_rest(event)) {
        return Some(Cow::Borrowed(method));
    }
    match scan(event) {
        Some(Said::Method(method)) => Some(Cow::Borrowed(method)),
        Some(Said::Nothing) => None,
        None => read(event).map(Cow::Owned),
    }
}

/// What an event says of its method.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    Method(&'a str),
    /// It is no API call.
    Nothing,
}

/// The same, where the event is written as AWS writes events: no blanks between its parts, no escapes in the
/// names and texts that count. None where it must be read.
///
/// Of an event that AWS writes it finds what reading it would find; of one with half of a surrogate, with two
/// members of a name or with objects that AWS does not write, one or the other.
fn scan(event: &[u8]) -> Option<Said<'_>> {
    let mut scan = Scan { json: event, at: 0 };
    let mut in_context = false;
    scan.take(b'{')?;
    loop {
        match scan.name()? {
            b"httpMethod" if !in_context => return method_alone(&mut scan).map(Said::Method),
            b"routeKey" if !in_context => {
                let method = match route(&mut scan)? {
                    Route::Names(method) => Some(method),
                    Route::TakesAny => method_behind_route(&scan),
                };
                if let Some(method) = method {
                    return text_of(method).map(Said::Method);
                }
                in_context = true;
            }
            b"requestContext" => {
                if scan.enter(b"http")? {
                    let has_method = scan.enter(b"method")?;
                    let method = method_alone(&mut scan).filter(|_| has_method);
                    return method.map(Said::Method);
                }
            }
            name if !in_context && is_of_no_call(name) => return Some(Said::Nothing),
            _ => scan.skip_value()?,
        }
        if !scan.has_next()? {
            return Some(Said::Nothing);
        }
    }
}

/// What a route's key says of the method.
enum Route<'a> {
    Names(&'a [u8]),
    /// `ANY /v1/orders`, `$default`.
    TakesAny,
}

/// The route's key at this place; what is escaped is read.
#[inline]
fn route<'a>(scan: &mut Scan<'a>) -> Option<Route<'a>> {
    if scan.rest().starts_with(b"\"GET ") {
        return Some(Route::Names(b"GET"));
    }
    let key = scan.string()?;
    let end = key.iter().position(|byte| matches!(byte, b' ' | b'\\'));
    match end.map(|end| key.split_at(end)) {
        Some((_, [b'\\', ..])) => None,
        Some((method, _)) if method != b"ANY" => Some(Route::Names(method)),
        _ => Some(Route::TakesAny),
    }
}

/// The method of a call whose route takes any and whose route's key ends here.
///
/// None says nothing.
#[inline]
fn method_behind_route<'a>(scan: &Scan<'a>) -> Option<&'a [u8]> {
    let method = method_near_the_end(scan.json, scan.at);
    method.or_else(|| method_in_context(scan.json, scan.at))
}

/// The method of an HTTP API's event of payload 2.0 that begins as AWS begins it.
///
/// None says nothing.
#[inline]
fn method_of_http(event: &[u8]) -> Option<&str> {
    let mut scan = Scan { json: event, at: 0 };
    scan.pass(PAYLOAD_2_ROUTE)?;
    text_of(match route(&mut scan)? {
        Route::Names(method) => method,
        Route::TakesAny => method_behind_route(&scan)?,
    })
}

/// The method of a REST API's event whose members come in the order in which AWS writes them.
///
/// None says nothing.
#[inline]
fn method_of_rest(event: &[u8]) -> Option<&str> {
    let mut scan = Scan { json: event, at: 0 };
    scan.pass(REST_ROUTE)?;
    scan.string()?;
    scan.pass(br#","path":"#)?;
    scan.string()?;
    scan.pass(br#","httpMethod":"#)?;
    method_alone(&mut scan)
}

/// Members that say of an event that it is no API call, so that megabytes of another kind are not looked
/// through: a request to a custom authorizer (`methodArn`, `routeArn`), and what SQS, SNS, S3, DynamoDB and
/// Kinesis (`Records`), EventBridge (`detail-type`), Firehose (`invocationId`) and CloudWatch Logs (`awslogs`)
/// send.
fn is_of_no_call(name: &[u8]) -> bool {
    matches!(
        name,
        b"methodArn" | b"routeArn" | b"Records" | b"detail-type" | b"invocationId" | b"awslogs"
    )
}

/// The same of any JSON, by reading all of it.
fn read(event: &[u8]) -> Option<String> {
    let event: Members<'_> = serde_json::from_slice(event).ok()?;
    let mut in_context = false;
    for (name, value) in event.0 {
        let method = match name.as_ref() {
            "httpMethod" if !in_context => text(value),
            "routeKey" if !in_context => {
                let route_key = text(value);
                in_context = route_key.is_some();
                route_key
                    .as_deref()
                    .and_then(method_of_route_key)
                    .map(str::to_owned)
            }
            "requestContext" => member(value, "http")
                .and_then(|http| member(http, "method"))
                .and_then(text),
            name if !in_context && is_of_no_call(name.as_bytes()) => return None,
            _ => None,
        };
        if let Some(method) = method.filter(|method| !method.is_empty()) {
            return Some(method);
        }
    }
    None
}

/// `POST /v1/orders` names one; `ANY /v1/orders` and `$default` do not.
fn method_of_route_key(route_key: &str) -> Option<&str> {
    let (method, _) = route_key.split_once(' ')?;
    (method != "ANY").then_some(method)
}

/// The first member of that name.
pub(crate) fn member<'a>(object: &'a RawValue, wanted: &str) -> Option<&'a RawValue> {
    let members: Members<'_> = serde_json::from_str(object.get()).ok()?;
    let (_, value) = members.0.into_iter().find(|(name, _)| name == wanted)?;
    Some(value)
}

pub(crate) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// The string at this place, where it is one word.
fn method_alone<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    let (method, end) = scan.word()?;
    text_of(method).filter(|_| end == b'"')
}

#[inline]
fn text_of(method: &[u8]) -> Option<&str> {
    match method {
        b"" => None,
        // What is left out nearly always.
        b"GET" => Some("GET"),
        method => std::str::from_utf8(method).ok(),
    }
}

#[cfg(test)]
#[path = "method_tests.rs"]
mod tests;
