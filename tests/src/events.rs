//! API Gateway events of both formats, built as API Gateway builds them, and captured exchanges.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// API Gateway's two formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// REST APIs, payload 1.0.
    Rest,
    /// HTTP APIs, payload 2.0.
    Http,
}

/// One call to a service.
#[derive(Debug, Clone)]
pub struct Call {
    /// The format of its event.
    pub format: Format,
    /// API Gateway's own id of the request.
    pub request_id: String,
    /// When it was made.
    pub time: Timestamp,
    /// The host of the service.
    pub domain_name: &'static str,
    /// Upper case.
    pub method: &'static str,
    /// The template.
    pub resource: &'static str,
    /// The concrete path.
    pub path: String,
    /// The tenant in the token; `None` for a call without an authorizer.
    pub org_id: Option<String>,
    /// The request body.
    pub body: Option<Value>,
}

impl Call {
    /// The event as API Gateway would deliver it.
    pub fn event(&self) -> Value {
        let claims = self.org_id.as_ref().map(|org_id| {
            json!({"sub": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "email": "jane@example.com",
                   "name": "Jane Roe", "org_id": org_id, "iss": "https://id.example.com/"})
        });
        let parameters = self.path_parameters();
        let body = self.body.as_ref().map(Value::to_string);
        match self.format {
            Format::Rest => json!({
                "resource": self.resource,
                "path": self.path,
                "httpMethod": self.method,
                "headers": {"Content-Type": "application/json", "Host": self.domain_name,
                            "User-Agent": "curl/8.5", "Authorization": "Bearer secret-of-the-test"},
                "multiValueHeaders": {"Content-Type": ["application/json"]},
                "queryStringParameters": null,
                "multiValueQueryStringParameters": null,
                "pathParameters": parameters,
                "stageVariables": null,
                "requestContext": {
                    "accountId": "123456789012", "apiId": "r3st4p1", "stage": "prod",
                    "resourcePath": self.resource, "httpMethod": self.method,
                    "path": format!("/prod{}", self.path), "protocol": "HTTP/1.1",
                    "requestId": self.request_id, "extendedRequestId": format!("{}=", self.request_id),
                    "requestTimeEpoch": self.time.as_millisecond(),
                    "domainName": self.domain_name,
                    "authorizer": claims.map(|claims| json!({"claims": claims})),
                    "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5"},
                },
                "body": body,
                "isBase64Encoded": false,
            }),
            Format::Http => json!({
                "version": "2.0",
                "routeKey": format!("{} {}", self.method, self.resource),
                "rawPath": self.path,
                "rawQueryString": "",
                "headers": {"content-type": "application/json", "host": self.domain_name,
                            "user-agent": "curl/8.5", "authorization": "Bearer secret-of-the-test"},
                "pathParameters": parameters,
                "requestContext": {
                    "accountId": "123456789012", "apiId": "h77p4p1", "stage": "$default",
                    "domainName": self.domain_name, "domainPrefix": "api",
                    "requestId": self.request_id, "routeKey": format!("{} {}", self.method, self.resource),
                    "timeEpoch": self.time.as_millisecond(),
                    "authorizer": claims.map(|claims| json!({"jwt": {"claims": claims, "scopes": null}})),
                    "http": {"method": self.method, "path": self.path, "protocol": "HTTP/1.1",
                             "sourceIp": "203.0.113.7", "userAgent": "curl/8.5"},
                },
                "body": body,
                "isBase64Encoded": false,
            }),
        }
    }

    /// The queue message of the call and its response.
    pub fn message(&self, status_code: u16, response: Option<&Value>) -> String {
        json!({"v": 1, "captured_at": self.time.to_string(), "event": self.event(),
               "response": {"status_code": status_code, "body": response.map(Value::to_string)},
               "duration_ms": 12})
        .to_string()
    }

    fn path_parameters(&self) -> Value {
        let parameters: Map<String, Value> = self
            .resource
            .split('/')
            .zip(self.path.split('/'))
            .filter_map(|(template, segment)| {
                let name = template.strip_prefix('{')?.strip_suffix('}')?;
                Some((name.to_owned(), json!(segment)))
            })
            .collect();
        if parameters.is_empty() {
            Value::Null
        } else {
            Value::Object(parameters)
        }
    }
}
