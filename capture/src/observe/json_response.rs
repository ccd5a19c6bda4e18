//! What API Gateway, or a load balancer, makes of the JSON that a handler returns.
//!
//! - HTTP API, payload 2.0: without a `statusCode` the JSON itself is the body of a 200. "Format 2.0" in
//!   <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
//! - REST API: without a `statusCode` it is a 200; another member than those of the format, or a body that is no
//!   text, is a "malformed Lambda proxy response" and a 502.
//! - Load balancer: without a `statusCode` it is a 502.
//!
//! All of them take a status code that is written as a text.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::scan::{ALB_CONTEXT_BEGINNING, PAYLOAD_2_BEGINNING};

/// What is answered in place of a response that is none: by an HTTP API, and by the others.
const MALFORMED_FOR_HTTP_API: u16 = 500;
const MALFORMED: u16 = 502;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
const REST_MEMBERS: [&str; 5] = [
    "statusCode",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
];

/// The response that the client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made<'a> {
    pub(super) status_code: u16,
    pub(super) body: MadeBody<'a>,
}

impl Made<'_> {
    /// A 200 with the JSON that was returned.
    pub(super) const AS_IT_IS: Self = Self {
        status_code: 200,
        body: MadeBody::Itself,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeBody<'a> {
    None,
    /// Base64 or not.
    Text(&'a str, bool),
    /// The JSON that was returned.
    Itself,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Rest,
    Http1,
    Http2,
    Alb,
}

/// What becomes of `returned`, in answer to `event`.
pub(super) fn made_of<'a>(returned: &'a Value, event: &[u8]) -> Made<'a> {
    let members = returned.as_object();
    let status_code = members
        .and_then(|members| members.get("statusCode"))
        .filter(|status_code| !status_code.is_null());
    let format = Format::of(event);
    let malformed = bare(match format {
        Format::Http1 | Format::Http2 => MALFORMED_FOR_HTTP_API,
        Format::Rest | Format::Alb => MALFORMED,
    });
    if format == Format::Http2 && status_code.is_none() {
        return Made::AS_IT_IS;
    }
    let Some(members) = members else {
        return malformed;
    };
    let code = match status_code {
        Some(status_code) => code_of(status_code),
        None => (format != Format::Alb).then_some(200),
    };
    match code {
        Some(status_code) if format != Format::Rest || is_rest_response(members) => Made {
            status_code,
            body: body_of(members),
        },
        _ => malformed,
    }
}

fn bare(status_code: u16) -> Made<'static> {
    Made {
        status_code,
        body: MadeBody::None,
    }
}

/// `201`, or `"201"`.
fn code_of(status_code: &Value) -> Option<u16> {
    let code = match status_code {
        Value::String(text) => text.trim().parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    (100..600).contains(&code).then_some(code)
}

fn is_rest_response(members: &Map<String, Value>) -> bool {
    let is_known = |name: &String| REST_MEMBERS.contains(&name.as_str());
    let is_text = |body: &Value| body.is_string() || body.is_null();
    members.keys().all(is_known) && members.get("body").is_none_or(is_text)
}

fn body_of(members: &Map<String, Value>) -> MadeBody<'_> {
    let is_base64 = members.get("isBase64Encoded").and_then(Value::as_bool);
    match members.get("body").and_then(Value::as_str) {
        Some(text) => MadeBody::Text(text, is_base64 == Some(true)),
        None => MadeBody::None,
    }
}

impl Format {
    fn of(event: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Event {
            version: Option<String>,
            #[serde(rename = "requestContext")]
            context: Option<Context>,
        }
        #[derive(Deserialize)]
        struct Context {
            elb: Option<IgnoredAny>,
        }
        // As AWS writes them; the event is read only where somebody else does.
        for (beginning, format) in [
            (PAYLOAD_2_BEGINNING, Self::Http2),
            (br#"{"version":"1.0","#, Self::Http1),
            (br#"{"resource":""#, Self::Rest),
        ] {
            if event.starts_with(beginning) {
                return format;
            }
        }
        let context = event.strip_prefix(br#"{"requestContext":"#);
        if context.is_some_and(|context| context.starts_with(ALB_CONTEXT_BEGINNING)) {
            return Self::Alb;
        }
        let Ok(event) = serde_json::from_slice::<Event>(event) else {
            return Self::Rest;
        };
        match event.version.as_deref() {
            Some("2.0") => Self::Http2,
            Some("1.0") => Self::Http1,
            _ if event.context.is_some_and(|context| context.elb.is_some()) => Self::Alb,
            _ => Self::Rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REST: &str = r#"{"resource":"/","httpMethod":"POST"}"#;
    const HTTP_1: &str = r#"{"version":"1.0","httpMethod":"POST"}"#;
    const HTTP_2: &str = r#"{"version":"2.0","routeKey":"POST /"}"#;
    const ALB: &str = r#"{"requestContext":{"elb":{}},"httpMethod":"POST"}"#;

    fn check(event: &str, returned: &Value, status_code: u16, body: MadeBody<'_>) {
        let pretty: Value = serde_json::from_str(event).unwrap();
        let pretty = serde_json::to_string_pretty(&pretty).unwrap();
        for event in [event, &pretty] {
            let made = made_of(returned, event.as_bytes());
            let expected = Made { status_code, body };
            assert_eq!(made, expected, "{returned} to {event}");
        }
    }

    #[test]
    fn without_a_status_code_the_format_decides() {
        let body = json!({"body": "{}"});
        check(REST, &body, 200, MadeBody::Text("{}", false));
        check(HTTP_1, &body, 200, MadeBody::Text("{}", false));
        check(HTTP_2, &body, 200, MadeBody::Itself);
        check(ALB, &body, 502, MadeBody::None);
        check(REST, &json!({}), 200, MadeBody::None);
        check(REST, &json!({"statusCode": null}), 200, MadeBody::None);
        let order = json!({"id": "7"});
        check(REST, &order, 502, MadeBody::None);
        check(HTTP_2, &order, 200, MadeBody::Itself);
        check(HTTP_2, &json!("Hello"), 200, MadeBody::Itself);
        check(REST, &json!("Hello"), 502, MadeBody::None);
        check(HTTP_1, &json!(["Hello"]), 500, MadeBody::None);
    }

    #[test]
    fn a_status_code_is_a_number_or_a_text() {
        for event in [REST, HTTP_1, HTTP_2, ALB] {
            check(event, &json!({"statusCode": 204}), 204, MadeBody::None);
            check(event, &json!({"statusCode": "403"}), 403, MadeBody::None);
            let created = json!({"statusCode": "201", "body": "e30=", "isBase64Encoded": true});
            check(event, &created, 201, MadeBody::Text("e30=", true));
        }
        for code in [json!("ok"), json!(99), json!(70_000), json!(-1), json!({})] {
            let returned = json!({"statusCode": code, "body": "{}"});
            check(REST, &returned, 502, MadeBody::None);
            check(ALB, &returned, 502, MadeBody::None);
            check(HTTP_1, &returned, 500, MadeBody::None);
            check(HTTP_2, &returned, 500, MadeBody::None);
        }
    }

    #[test]
    fn a_rest_api_takes_its_own_format_only() {
        let odd = json!({"statusCode": 200, "cookies": []});
        check(REST, &odd, 502, MadeBody::None);
        check(HTTP_2, &odd, 200, MadeBody::None);
        let no_text = json!({"statusCode": 200, "body": {"id": "7"}});
        check(REST, &no_text, 502, MadeBody::None);
    }
}
