//! Events of all four formats, made up from a seed: the same ones in every run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// Stands in an event's path for what the handler is to do.
const HANDLER: &str = "HANDLER";

/// Longer than a message may be.
const HUGE_BYTES: usize = 1_100_000;

/// An event whose path tells the handler what to do.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    json: String,
    /// Whether the layer is to capture it.
    pub(crate) is_captured: bool,
}

impl Template {
    pub(crate) fn for_handler(&self, handler: &str) -> String {
        self.json.replace(HANDLER, handler)
    }
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Rest,
    Http1,
    Http2,
    Alb,
}

#[derive(Debug, Clone)]
struct Parts {
    format: Format,
    method: String,
    path: String,
    headers: Option<Vec<(String, String)>>,
    query: Vec<(String, String)>,
    body: Option<(String, bool)>,
    authorizer: Value,
    odd: Option<Value>,
}

/// `count` of them; the first few are nothing that API Gateway sends.
pub(crate) fn templates(count: usize) -> Vec<Template> {
    let mut runner = TestRunner::deterministic();
    let parts = parts();
    let odd = ["{}", "null", "[]", r#"{"Records":[{"httpMethod":"POST"}]}"#];
    let odd = odd.map(|json| Template {
        json: json.to_owned(),
        is_captured: false,
    });
    let mut templates = Vec::from(odd);
    while templates.len() < count {
        let mut parts = parts.new_tree(&mut runner).unwrap().current();
        // Two, because they are slow and one is much like the other.
        if templates.len() % 500 == 250 {
            parts.body = Some((huge_body(), false));
            "POST".clone_into(&mut parts.method);
        }
        templates.push(template(&parts));
    }
    templates
}

fn parts() -> impl Strategy<Value = Parts> {
    let format = prop_oneof![
        Just(Format::Rest),
        Just(Format::Http1),
        Just(Format::Http2),
        Just(Format::Alb)
    ];
    let method = prop_oneof![
        8 => prop::sample::select(vec!["POST", "PUT", "PATCH", "DELETE", "PURGE", "post"]),
        2 => prop::sample::select(vec!["GET", "HEAD", "OPTIONS"]),
    ];
    let name = prop_oneof![
        40 => prop::sample::select(vec![
            "Content-Type", "content-type", "Authorization", "Cookie", "X-Api-Key", "Host",
            "X-Forwarded-For", "X-Amzn-Trace-Id", "accept-encoding", "__proto__",
        ]).prop_map(ToOwned::to_owned),
        40 => "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}",
        // No header's name: such an event reaches no handler that wants headers.
        1 => "[ -~]{0,6}",
    ];
    let value = prop_oneof![
        60 => "[ -~]{0,40}",
        1 => "\\PC{0,20}",
        10 => Just("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl".to_owned()),
        10 => (2_000..3_000_usize).prop_map(|length| "x".repeat(length)),
    ];
    let headers = prop::option::weighted(0.9, prop::collection::vec((name, value), 0..6));
    // No `#`: `lambda_http` joins parameters in no order, and what comes behind it would be lost.
    let query = prop::collection::vec(("[a-z_%&=\\[\\]+ ]{0,10}", "[ -\"$-~]{0,12}"), 0..4);
    let authorizer = prop_oneof![
        Just(Value::Null),
        Just(json!({"principalId": "p", "org_id": "o", "integer": 1e3})),
        Just(json!({"jwt": {"claims": {"sub": "1"}, "scopes": null}})),
        Just(json!({"claims": {"sub": "1"}})),
    ];
    let odd = prop::option::of(prop_oneof![
        Just(json!({"n": 1.5, "deep": [[[[{}]]]]})),
        Just(json!("\u{0}\u{fffe}\u{ffff}\u{1f600}")),
        any::<f64>().prop_map(|number| json!(number)),
    ]);
    (
        format,
        method,
        path(),
        headers,
        query,
        body(),
        (authorizer, odd),
    )
        .prop_map(
            |(format, method, path, headers, query, body, (authorizer, odd))| Parts {
                format,
                method: method.to_owned(),
                path: format!("/{HANDLER}{path}"),
                headers,
                query,
                body,
                authorizer,
                odd,
            },
        )
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => "(/[a-zA-Z0-9._~:@+-]{0,12}){0,3}",
        10 => "(/%[2-7][0-9A-F]){1,3}",
        1 => "/\\PC{0,8}",
    ]
}

fn body() -> impl Strategy<Value = Option<(String, bool)>> {
    prop_oneof![
        3 => Just(None),
        4 => "\\{\"name\":\"[a-z]{1,9}\",\"password\":\"[a-z]{1,9}\",\"n\":1\\.0e[0-9]\\}"
            .prop_map(|json| Some((json, false))),
        2 => "\\PC{0,200}".prop_map(|text| Some((text, false))),
        1 => "user=[a-z]{1,9}&client_secret=[a-z]{1,9}".prop_map(|form| Some((form, false))),
        2 => prop::collection::vec(any::<u8>(), 0..300)
            .prop_map(|bytes| Some((STANDARD.encode(bytes), true))),
        1 => "\\{\"token\":\"[a-z]{1,9}\"\\}".prop_map(|json| Some((STANDARD.encode(json), true))),
        1 => "[a-z]{1,10}".prop_map(|no_base64| Some((no_base64, true))),
        1 => (20_000..30_000_usize)
            .prop_map(|length| Some((format!("[\"{}\"]", "x".repeat(length)), false))),
    ]
}

fn huge_body() -> String {
    let item = json!({"name": "x".repeat(1_000), "secret": "y"});
    json!({"items": vec![item; HUGE_BYTES / 1_000]}).to_string()
}

fn template(parts: &Parts) -> Template {
    let mut event = match parts.format {
        Format::Rest => rest(parts),
        Format::Http1 => {
            let mut event = rest(parts);
            event["version"] = json!("1.0");
            event
        }
        Format::Http2 => http2(parts),
        Format::Alb => alb(parts),
    };
    if let Some(odd) = &parts.odd {
        event["anOddField"] = odd.clone();
        event["requestContext"]["anOddField"] = odd.clone();
    }
    let is_read = ["GET", "HEAD", "OPTIONS"].contains(&parts.method.as_str());
    Template {
        json: event.to_string(),
        is_captured: !is_read,
    }
}

fn body_of(parts: &Parts) -> (Value, Value) {
    match &parts.body {
        Some((body, is_base64)) => (json!(body), json!(is_base64)),
        None => (Value::Null, json!(false)),
    }
}

fn single(pairs: &[(String, String)]) -> Value {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)));
    Value::Object(pairs.collect())
}

fn multi(pairs: &[(String, String)]) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        let values = map.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(json!(value));
    }
    Value::Object(map)
}

fn or_null(pairs: &[(String, String)], of: fn(&[(String, String)]) -> Value) -> Value {
    if pairs.is_empty() {
        Value::Null
    } else {
        of(pairs)
    }
}

fn rest(parts: &Parts) -> Value {
    let (body, is_base64) = body_of(parts);
    json!({
        "resource": "/{proxy+}",
        "path": parts.path,
        "httpMethod": parts.method,
        "headers": parts.headers.as_deref().map(single),
        "multiValueHeaders": parts.headers.as_deref().map(multi),
        "queryStringParameters": or_null(&parts.query, single),
        "multiValueQueryStringParameters": or_null(&parts.query, multi),
        "pathParameters": {"proxy": parts.path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1", "stage": "prod", "httpMethod": parts.method,
            "resourcePath": "/{proxy+}", "path": format!("/prod{}", parts.path),
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "extendedRequestId": "e=",
            "requestTimeEpoch": 1_763_796_074_123_u64, "protocol": "HTTP/1.1",
            "identity": {"sourceIp": "203.0.113.7", "apiKey": "k"},
            "authorizer": parts.authorizer,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

fn http2(parts: &Parts) -> Value {
    let (body, is_base64) = body_of(parts);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&parts.query);
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": query.finish(),
        "cookies": ["session=1", "theme=dark"],
        "headers": single(parts.headers.as_deref().unwrap_or_default()),
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1", "domainName": "api.example.com",
            "http": {
                "method": parts.method, "path": parts.path, "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "curl",
            },
            "requestId": "e=", "routeKey": "$default", "stage": "$default",
            "time": "22/Nov/2026:07:21:14 +0000", "timeEpoch": 1_763_796_074_123_u64,
        },
        "isBase64Encoded": is_base64,
    });
    if !body.is_null() {
        event["body"] = body;
    }
    if !parts.authorizer.is_null() {
        event["requestContext"]["authorizer"] = parts.authorizer.clone();
    }
    event
}

fn alb(parts: &Parts) -> Value {
    let (body, is_base64) = body_of(parts);
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:t"}},
        "httpMethod": parts.method,
        "path": parts.path,
        "multiValueQueryStringParameters": multi(&parts.query),
        "multiValueHeaders": multi(parts.headers.as_deref().unwrap_or_default()),
        "body": body,
        "isBase64Encoded": is_base64,
    })
}
