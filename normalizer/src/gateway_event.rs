//! What an API Gateway event says, in either format: REST (payload 1.0) and HTTP (payload 2.0), and
//! the Application Load Balancer's.
//!
//! Shapes: "Working with AWS Lambda proxy integrations for HTTP APIs" and "Set up Lambda proxy
//! integrations in API Gateway" in Amazon API Gateway's developer guide.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Map, Value};

use crate::Poison;

/// One request as API Gateway delivered it.
#[derive(Debug, Clone, Default)]
pub struct GatewayEvent {
    /// Upper case.
    pub method: String,
    /// The concrete path as it was called (an HTTP API's may start with its stage).
    pub path: String,
    /// API Gateway's template; empty where it is none (`$default`).
    pub resource: String,
    /// `requestContext.apiId`.
    pub api_id: String,
    /// `requestContext.stage`.
    pub stage: String,
    /// The host that was called.
    pub domain_name: String,
    /// `extendedRequestId`, or else `requestId`.
    pub request_id: String,
    /// Milliseconds since 1970.
    pub request_time_ms: Option<i64>,
    /// The client's address.
    pub source_ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// Names in lower case; several values are joined by commas.
    pub headers: BTreeMap<String, String>,
    /// Decoded; several values are joined by commas.
    pub query: BTreeMap<String, String>,
    /// Decoded once.
    pub path_params: BTreeMap<String, String>,
}

impl GatewayEvent {
    /// Reads what both formats say.
    ///
    /// # Errors
    /// [`Poison::Shape`] where there is no method.
    pub fn read(event: &Value) -> Result<Self, Poison> {
        let context = &event["requestContext"];
        let http = &context["http"];
        let method = first_text([
            &event["httpMethod"],
            &http["method"],
            &context["httpMethod"],
        ]);
        if method.is_empty() {
            return Err(Poison::Shape(
                "it has neither httpMethod nor requestContext.http.method",
            ));
        }
        let headers = headers(event);
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let identity = &context["identity"];
        let path = first_text([
            &event["path"],
            &event["rawPath"],
            &http["path"],
            &context["path"],
        ]);
        Ok(Self {
            method: method.to_ascii_uppercase(),
            path: if path.is_empty() {
                "/".to_owned()
            } else {
                path
            },
            resource: resource(event),
            api_id: text(&context["apiId"]),
            stage: text(&context["stage"]),
            domain_name: first_of([text(&context["domainName"]), header("host")]),
            request_id: first_text([&context["extendedRequestId"], &context["requestId"]]),
            request_time_ms: milliseconds(&context["timeEpoch"])
                .or_else(|| milliseconds(&context["requestTimeEpoch"])),
            source_ip: first_of([
                first_text([&http["sourceIp"], &identity["sourceIp"]]),
                last_address(&header("x-forwarded-for")),
            ]),
            user_agent: first_of([
                first_text([&http["userAgent"], &identity["userAgent"]]),
                header("user-agent"),
            ]),
            query: query(event),
            path_params: text_map(&event["pathParameters"]),
            headers,
        })
    }

    /// A header's value by its lower-case name; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The value of the `{proxy+}`, whatever its name, at the end of the resource; empty where there
    /// is none.
    pub fn proxy(&self) -> &str {
        self.resource
            .strip_suffix("+}")
            .and_then(|resource| resource.rsplit_once('{'))
            .and_then(|(_, name)| self.path_params.get(name))
            .map_or("", String::as_str)
    }
}

fn resource(event: &Value) -> String {
    let resource = first_text([&event["resource"], &event["requestContext"]["resourcePath"]]);
    if !resource.is_empty() {
        return resource;
    }
    let route_key = first_text([&event["routeKey"], &event["requestContext"]["routeKey"]]);
    match route_key.split_once(' ') {
        Some((_, template)) => template.to_owned(),
        None => String::new(),
    }
}

fn headers(event: &Value) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, value) in joined(&event["headers"], &event["multiValueHeaders"]) {
        headers.insert(name.to_ascii_lowercase(), value);
    }
    headers
}

fn query(event: &Value) -> BTreeMap<String, String> {
    let query = joined(
        &event["queryStringParameters"],
        &event["multiValueQueryStringParameters"],
    );
    if event["requestContext"]["elb"].is_null() {
        return query;
    }
    // A load balancer passes a query on as it came ("Lambda functions as targets" in the Application
    // Load Balancers' guide); API Gateway decodes it.
    let decoded = |text: &str| {
        let plus_is_space = text.replace('+', " ");
        percent_encoding::percent_decode_str(&plus_is_space)
            .decode_utf8_lossy()
            .into_owned()
    };
    query
        .iter()
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The single-value map, overridden by the multi-value one, which has them all.
fn joined(single: &Value, multi: &Value) -> BTreeMap<String, String> {
    let mut values = text_map(single);
    for (name, list) in multi.as_object().into_iter().flatten() {
        let list: Vec<String> = list.as_array().into_iter().flatten().map(text).collect();
        if !list.is_empty() {
            values.insert(name.clone(), list.join(","));
        }
    }
    values
}

/// A JSON object's scalar members as text.
pub(crate) fn text_map(value: &Value) -> BTreeMap<String, String> {
    let empty = Map::new();
    value
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// A scalar as text; empty for everything else.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

pub(crate) fn first_text<const N: usize>(values: [&Value; N]) -> String {
    first_of(values.map(text))
}

fn first_of<const N: usize>(texts: [String; N]) -> String {
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// The address from which the load balancer was called: it appends it, and whatever stands before it
/// the client may have written itself ("HTTP headers and Application Load Balancers" in their guide,
/// which may be told to add the port).
fn last_address(forwarded_for: &str) -> String {
    let last = forwarded_for.rsplit(',').next().unwrap_or_default().trim();
    match last.parse::<SocketAddr>() {
        Ok(address) => address.ip().to_string(),
        Err(_) => last.to_owned(),
    }
}

/// A time in any form that JSON has for it; one that is too large stays too large.
fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let fraction = || text.parse().ok().and_then(without_fraction);
            text.parse().ok().or_else(fraction)
        }
        _ => whole_number(value),
    }
}

/// A number without its fraction, cut to what 64 bits hold.
pub(crate) fn whole_number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().and_then(without_fraction))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from float saturates"
)]
fn without_fraction(number: f64) -> Option<i64> {
    number.is_finite().then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn several_values_of_one_name_are_joined() {
        let event = json!({"httpMethod": "GET", "path": "/",
            "headers": {"Accept": "b", "HOST": "api.example.com"},
            "multiValueHeaders": {"Accept": ["a", "b"]},
            "queryStringParameters": {"q": "2", "n": null},
            "multiValueQueryStringParameters": {"q": ["1", "2"]},
            "requestContext": {}});
        let read = GatewayEvent::read(&event).unwrap();
        assert_eq!(read.header("accept"), "a,b");
        assert_eq!(read.query, BTreeMap::from([("q".into(), "1,2".into())]));
        assert_eq!(read.domain_name, "api.example.com");
    }

    #[test]
    fn a_time_is_the_same_as_a_text_and_as_a_number() {
        let read = |time: Value| {
            let event = json!({"httpMethod": "GET", "requestContext": {"timeEpoch": time}});
            GatewayEvent::read(&event).unwrap().request_time_ms
        };
        for (text, expected) in [
            ("1763796074123", 1_763_796_074_123),
            ("1763796074123.0", 1_763_796_074_123),
            ("1.763796074123e12", 1_763_796_074_123),
            ("-5", -5),
            ("99999999999999999999", i64::MAX),
        ] {
            let number: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(number), Some(expected), "{text}");
            for text in [text.to_owned(), format!(" {text}\n")] {
                assert_eq!(read(json!(text)), Some(expected), "{text}");
            }
        }
        for text in ["", " ", "soon", "inf", "NaN", "1e999"] {
            assert_eq!(read(json!(text)), None, "{text}");
        }
    }

    #[test]
    fn each_format_says_its_template_and_the_rest_below_it() {
        for (event, method, path, resource, proxy) in [
            // REST API, and HTTP API with payload 1.0.
            (
                json!({"httpMethod": "DELETE", "path": "/shop/a/1", "resource": "/{any+}",
                    "pathParameters": {"any": "a/1"}, "requestContext": {"resourcePath": "/{any+}"}}),
                "DELETE",
                "/shop/a/1",
                "/{any+}",
                "a/1",
            ),
            (
                json!({"version": "1.0", "httpMethod": "put", "path": "/a/1", "resource": "/a/{id}",
                    "pathParameters": {"id": "1"}, "requestContext": {"stage": "$default"}}),
                "PUT",
                "/a/1",
                "/a/{id}",
                "",
            ),
            // HTTP API with payload 2.0.
            (
                json!({"version": "2.0", "routeKey": "ANY /v1/{proxy+}", "rawPath": "/prod/v1/a%20b",
                    "pathParameters": {"proxy": "a b"}, "requestContext": {"http": {"method": "POST"}}}),
                "POST",
                "/prod/v1/a%20b",
                "/v1/{proxy+}",
                "a b",
            ),
            (
                json!({"version": "2.0", "routeKey": "$default", "rawPath": "/a/1",
                    "requestContext": {"http": {"method": "POST"}, "routeKey": "$default"}}),
                "POST",
                "/a/1",
                "",
                "",
            ),
            // Application Load Balancer.
            (
                json!({"httpMethod": "POST", "path": "/a/1", "headers": {"host": "api.example.com"},
                    "requestContext": {"elb": {"targetGroupArn": "arn"}}}),
                "POST",
                "/a/1",
                "",
                "",
            ),
        ] {
            let read = GatewayEvent::read(&event).unwrap();
            assert_eq!(
                (
                    read.method.as_str(),
                    read.path.as_str(),
                    read.resource.as_str(),
                    read.proxy()
                ),
                (method, path, resource, proxy)
            );
        }
    }

    #[test]
    fn what_a_load_balancer_leaves_encoded_is_decoded() {
        let event = |context: Value| {
            json!({"httpMethod": "GET", "path": "/", "requestContext": context,
                "queryStringParameters": {"a%20b": "c%2Fd+e"},
                "multiValueQueryStringParameters": {"t": ["%41", "b"]}})
        };
        let query = |context: Value| GatewayEvent::read(&event(context)).unwrap().query;
        let pairs = |pairs: [(&str, &str); 2]| {
            BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        assert_eq!(
            query(json!({"elb": {"targetGroupArn": "arn"}})),
            pairs([("a b", "c/d e"), ("t", "A,b")])
        );
        assert_eq!(
            query(json!({})),
            pairs([("a%20b", "c%2Fd+e"), ("t", "%41,b")])
        );
    }
}
