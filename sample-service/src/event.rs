//! API Gateway's events, in both of its formats, after the samples in AWS's documentation:
//! REST <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html>,
//! HTTP <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::callers::{Caller, SignIn, authorizer, token};
use crate::operations::{Operation, domain_name, fill};
use crate::random::uuid_of;

/// One call, before it has API Gateway's clothes on.
#[derive(Debug)]
pub(crate) struct PlannedCall {
    pub(crate) caller: &'static Caller,
    pub(crate) operation: &'static Operation,
    pub(crate) path_parameters: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) request_id: String,
}

const STAGE: &str = "prod";
const ACCOUNT_ID: &str = "123456789012";

/// The event that API Gateway would deliver for the call at this time.
pub(crate) fn event(call: &PlannedCall, at: Timestamp) -> Value {
    if call.caller.sign_in.is_rest() {
        rest_event(call, at)
    } else {
        http_event(call, at)
    }
}

/// API Gateway knows no template such as `/{slug}:upsert`; an API with such paths has a catch-all.
fn route(call: &PlannedCall) -> Option<&'static str> {
    let template = call.operation.template;
    (!template.contains(':')).then_some(template)
}

fn rest_event(call: &PlannedCall, at: Timestamp) -> Value {
    let caller = call.caller;
    let path = fill(call.operation.template, &call.path_parameters);
    let resource = route(call).unwrap_or("/{proxy+}");
    let headers = headers(call, at, false);
    let multi = |map: &Map<String, Value>| -> Map<String, Value> {
        map.iter()
            .map(|(name, value)| (name.clone(), json!([value])))
            .collect()
    };
    let query = or_null(texts(&call.query));
    let multi_query = query
        .as_object()
        .map_or(Value::Null, |query| multi(query).into());
    let mut identity = json!({
        "cognitoIdentityPoolId": null, "cognitoIdentityId": null, "cognitoAuthenticationType": null,
        "cognitoAuthenticationProvider": null, "principalOrgId": null, "accountId": null,
        "caller": null, "accessKey": null, "user": null, "userArn": null,
        "sourceIp": caller.ip, "userAgent": caller.user_agent,
    });
    match caller.sign_in {
        SignIn::IamRest => {
            identity["accountId"] = json!(ACCOUNT_ID);
            identity["caller"] = json!(caller.user_id);
            identity["user"] = json!(caller.user_id);
            identity["accessKey"] = json!("ASIAEXAMPLEACCESSKEY");
            identity["userArn"] = json!(format!(
                "arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployment/deploy"
            ));
        }
        SignIn::ApiKeyRest => {
            identity["apiKey"] = json!(uuid_of(caller.user_id).replace('-', ""));
            identity["apiKeyId"] = json!("k3y1dexample");
        }
        _ => {}
    }
    let mut context = json!({
        "accountId": ACCOUNT_ID, "apiId": api_id(call), "resourceId": &uuid_of(resource)[..6],
        "resourcePath": resource, "operationName": null, "httpMethod": call.operation.method,
        "path": format!("/{STAGE}{path}"), "protocol": "HTTP/1.1", "stage": STAGE,
        "domainName": domain_name(call.operation.service), "domainPrefix": domain_prefix(call),
        "requestId": visible_request_id(call), "extendedRequestId": extended_request_id(call),
        "requestTime": at.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "requestTimeEpoch": at.as_millisecond(), "identity": identity,
    });
    if let Some(authorizer) = authorizer(caller) {
        context["authorizer"] = authorizer;
    }
    json!({
        "resource": resource, "path": path, "httpMethod": call.operation.method,
        "multiValueHeaders": multi(&headers), "headers": headers,
        "queryStringParameters": query, "multiValueQueryStringParameters": multi_query,
        "pathParameters": gateway_parameters(call, &path), "stageVariables": {"logLevel": "info"},
        "requestContext": context,
        "body": call.body.as_ref().map(Value::to_string), "isBase64Encoded": false,
    })
}

fn http_event(call: &PlannedCall, at: Timestamp) -> Value {
    let caller = call.caller;
    let method = call.operation.method;
    let path = fill(call.operation.template, &call.path_parameters);
    let route_key = route(call).map_or("ANY /{proxy+}".to_owned(), |template| {
        format!("{method} {template}")
    });
    let raw_query: Vec<String> = call
        .query
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .collect();
    let mut context = json!({
        "accountId": ACCOUNT_ID, "apiId": api_id(call),
        "domainName": domain_name(call.operation.service), "domainPrefix": domain_prefix(call),
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": caller.ip, "userAgent": caller.user_agent},
        "requestId": visible_request_id(call), "routeKey": route_key, "stage": "$default",
        "time": at.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "timeEpoch": at.as_millisecond(),
    });
    if let Some(authorizer) = authorizer(caller) {
        context["authorizer"] = authorizer;
    }
    let mut event = json!({
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": raw_query.join("&"),
        "cookies": [format!("session={}", uuid_of(caller.user_id)), "theme=dark"],
        "headers": headers(call, at, true), "requestContext": context, "isBase64Encoded": false,
    });
    let parameters = gateway_parameters(call, &path);
    for (name, value) in [
        ("queryStringParameters", or_null(texts(&call.query))),
        ("pathParameters", parameters),
        (
            "body",
            call.body
                .as_ref()
                .map_or(Value::Null, |body| body.to_string().into()),
        ),
    ] {
        // API Gateway leaves out what an HTTP call has not.
        if !value.is_null() {
            event[name] = value;
        }
    }
    event
}

fn headers(call: &PlannedCall, at: Timestamp, is_http: bool) -> Map<String, Value> {
    let caller = call.caller;
    let trace = uuid_of(&call.request_id).replace('-', "");
    let mut headers = vec![
        ("Accept", "application/json".to_owned()),
        ("Host", domain_name(call.operation.service)),
        ("User-Agent", caller.user_agent.to_owned()),
        (
            "X-Amzn-Trace-Id",
            format!("Root=1-{:x}-{}", at.as_second(), &trace[..24]),
        ),
        ("X-Correlation-Id", uuid_of(&trace)),
        ("X-Forwarded-For", caller.ip.to_owned()),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ];
    if call.body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    match caller.sign_in {
        SignIn::NobodyHttp => {}
        SignIn::ApiKeyRest => headers.push(("X-Api-Key", uuid_of(caller.user_id).replace('-', ""))),
        SignIn::IamRest => headers.push((
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEACCESSKEY/20261122/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0f1e2d3c".to_owned(),
        )),
        _ => headers.push(("Authorization", format!("Bearer {}", token(caller)))),
    }
    headers.extend(call.headers.iter().cloned());
    headers
        .into_iter()
        .map(|(name, value)| {
            let name = if is_http {
                name.to_lowercase()
            } else {
                name.to_owned()
            };
            (name, value.into())
        })
        .collect()
}

/// The path parameters as API Gateway finds them, by its own route.
fn gateway_parameters(call: &PlannedCall, path: &str) -> Value {
    if route(call).is_none() {
        return json!({"proxy": path.trim_start_matches('/')});
    }
    or_null(texts(&call.path_parameters))
}

fn texts(pairs: &[(&'static str, String)]) -> Map<String, Value> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
        .collect()
}

fn or_null(map: Map<String, Value>) -> Value {
    if map.is_empty() {
        Value::Null
    } else {
        map.into()
    }
}

fn domain_prefix(call: &PlannedCall) -> String {
    let mut domain_name = domain_name(call.operation.service);
    domain_name.truncate(domain_name.find('.').unwrap_or(domain_name.len()));
    domain_name
}

fn api_id(call: &PlannedCall) -> String {
    let format = if call.caller.sign_in.is_rest() {
        "rest"
    } else {
        "http"
    };
    uuid_of(&format!("{format} {}", call.operation.service)).replace('-', "")[..10].to_owned()
}

/// `requestContext.requestId`, by which the service knows the call.
pub(crate) fn visible_request_id(call: &PlannedCall) -> String {
    if call.caller.sign_in.is_rest() {
        call.request_id.clone()
    } else {
        extended_request_id(call)
    }
}

fn extended_request_id(call: &PlannedCall) -> String {
    format!(
        "{}=",
        &uuid_of(&format!("extended {}", call.request_id)).replace('-', "")[..15]
    )
}
