//! Ids and names out of real-looking events, in every format in which AWS delivers them.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook_event::AuditEvent;
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use serde_json::{Map, Value, json};

use crate::stored::{NOW_MS, new_event};

#[derive(serde::Deserialize)]
struct Delivered {
    case: String,
    method: String,
    path: String,
    #[serde(default)]
    query: Map<String, Value>,
    #[serde(default = "json_type")]
    content_type: String,
    body: Option<String>,
    /// 0: nobody saw an answer.
    #[serde(default = "ok")]
    status: u16,
    response: Option<String>,
    #[serde(default)]
    context: Value,
    /// Type, id and name.
    entity: [String; 3],
    parent: Option<[String; 2]>,
    activity: String,
    #[serde(default)]
    redacted: Vec<String>,
    detail: Option<Value>,
}

fn json_type() -> String {
    "application/json".to_owned()
}

fn ok() -> u16 {
    200
}

/// Who delivers the event, and in which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// A REST API: payload 1.0.
    Rest,
    /// An HTTP API: payload 2.0.
    Http,
    /// An HTTP API with payload 1.0.
    HttpAsRest,
    /// An Application Load Balancer.
    LoadBalancer,
}

const FORMATS: [Format; 4] = [
    Format::Rest,
    Format::Http,
    Format::HttpAsRest,
    Format::LoadBalancer,
];

impl Delivered {
    /// The event as the format has it.
    fn event(&self, format: Format, is_base64: bool) -> Value {
        let body = self.body.as_ref().map(|body| {
            if is_base64 {
                STANDARD.encode(body)
            } else {
                body.clone()
            }
        });
        let claims = json!({"sub": "u1", "org_id": "acme", "email": "jane@example.com"});
        let query = (!self.query.is_empty()).then_some(&self.query);
        let lists: Option<Map<String, Value>> = query.map(|query| {
            let listed = |(name, value): (&String, &Value)| (name.clone(), json!([value]));
            query.iter().map(listed).collect()
        });
        let headers = json!({"Content-Type": self.content_type, "Host": "shop.example.com"});
        let identity = json!({"sourceIp": "203.0.113.7", "userAgent": "curl/8.5"});
        match format {
            Format::Rest | Format::HttpAsRest => json!({
                "version": (format == Format::HttpAsRest).then_some("1.0"),
                "resource": "/{proxy+}", "path": self.path, "httpMethod": self.method,
                "headers": headers, "multiValueHeaders": {"Content-Type": [self.content_type]},
                "queryStringParameters": query, "multiValueQueryStringParameters": lists,
                "pathParameters": {"proxy": &self.path[1..]}, "stageVariables": null,
                "requestContext": {"apiId": "a1", "stage": "prod", "requestId": "r1",
                    "extendedRequestId": "r1=", "requestTimeEpoch": NOW_MS, "httpMethod": self.method,
                    "path": format!("/prod{}", self.path), "domainName": "shop.example.com",
                    "authorizer": {"claims": claims}, "identity": identity},
                "body": body, "isBase64Encoded": is_base64,
            }),
            Format::Http => json!({
                "version": "2.0", "routeKey": "$default", "rawPath": self.path, "rawQueryString": "",
                "headers": {"content-type": self.content_type, "host": "shop.example.com"},
                "queryStringParameters": query,
                "requestContext": {"apiId": "a1", "stage": "$default", "requestId": "r1",
                    "timeEpoch": NOW_MS, "domainName": "shop.example.com", "routeKey": "$default",
                    "authorizer": {"jwt": {"claims": claims, "scopes": null}},
                    "http": {"method": self.method, "path": self.path, "sourceIp": "203.0.113.7"}},
                "body": body, "isBase64Encoded": is_base64,
            }),
            Format::LoadBalancer => {
                let encoded: Map<String, Value> = self
                    .query
                    .iter()
                    .map(|(name, value)| {
                        let value = value.as_str().unwrap().replace(' ', "%20");
                        (name.clone(), json!(value))
                    })
                    .collect();
                json!({
                    "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/a/b"}},
                    "httpMethod": self.method, "path": self.path, "queryStringParameters": encoded,
                    "headers": {"content-type": self.content_type, "host": "shop.example.com",
                        "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520"},
                    // A load balancer sends a missing body as an empty one.
                    "body": body.unwrap_or_default(), "isBase64Encoded": is_base64,
                })
            }
        }
    }

    fn message(&self, format: Format, is_base64: bool) -> Value {
        let mut message = json!({
            "v": 1, "captured_at": "2026-11-22T20:34:49.123Z", "event": self.event(format, is_base64),
            "context": self.context,
        });
        if self.status > 0 {
            message["response"] = json!({"status_code": self.status, "body": self.response});
        }
        message
    }
}

fn cases() -> Vec<Delivered> {
    serde_json::from_str(include_str!("values/cases.json")).unwrap()
}

fn event_of(message: &Value) -> AuditEvent {
    let (index, problems) = Index::build(vec![Document {
        file_name: "shop.yaml".to_owned(),
        bytes: include_bytes!("values/document.yaml").to_vec(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    new_event(message, &index, &Settings::default()).event
}

#[test]
fn every_value_is_found_in_every_format_and_a_missing_one_is_no_error() {
    for case in cases() {
        for format in FORMATS {
            for is_base64 in [false, true] {
                let label = format!("{} ({format:?}, base64: {is_base64})", case.case);
                let event = event_of(&case.message(format, is_base64));
                let entity = &event.entity;
                assert_eq!(
                    [&entity.kind, &entity.id, &entity.name],
                    case.entity.each_ref(),
                    "{label}"
                );
                if let Some([kind, id]) = &case.parent {
                    assert_eq!(
                        (&event.parent.kind, &event.parent.id),
                        (kind, id),
                        "{label}"
                    );
                }
                // Without an authorizer nobody is known.
                let activity = match format {
                    Format::LoadBalancer => case
                        .activity
                        .replace("jane@example.com", "an anonymous caller"),
                    _ => case.activity.clone(),
                };
                assert_eq!(event.activity, activity, "{label}");
                let parts = event.activity_parts.iter().map(|part| part.text.as_str());
                assert_eq!(parts.collect::<String>(), activity, "{label}");
                assert_eq!(event.redacted, case.redacted, "{label}");
                if let Some(detail) = &case.detail {
                    let stored: Value = serde_json::from_str(&event.detail).unwrap();
                    assert_eq!(stored, *detail, "{label}");
                }
            }
        }
    }
}

#[test]
fn a_claim_that_stands_for_none_is_none() {
    let create = cases().swap_remove(0);
    let event = |claims: Value| {
        let mut message = create.message(Format::Rest, false);
        message["event"]["requestContext"]["authorizer"] = claims;
        event_of(&message)
    };
    let jane = event(
        json!({"principalId": "u1", "name": "Jane null", "email": "undefined", "org_id": "null",
        "custom:org_id": "acme"}),
    );
    assert!(
        jane.activity.starts_with("Jane created workflow "),
        "{}",
        jane.activity
    );
    assert_eq!((&*jane.caller.user_email, &*jane.org_id), ("", "acme"));
    let nobody = event(json!({"principalId": "null", "sub": "undefined", "client_id": "null"}));
    assert!(
        nobody.activity.starts_with("an anonymous caller created "),
        "{}",
        nobody.activity
    );
    assert_eq!(nobody.caller, event(json!({})).caller);
    assert_eq!(nobody.org_id, event(json!({})).org_id);
}

#[test]
fn a_response_that_is_handed_on_with_its_encoding_is_decoded() {
    let create = cases().swap_remove(0);
    let mut message = create.message(Format::Http, false);
    message["response"] = json!({"status_code": 201, "isBase64Encoded": true,
        "body": STANDARD.encode(r#"{"id":"wf-9"}"#)});
    assert_eq!(event_of(&message).entity.id, "wf-9");
    // What claims to be base64 and is not, is what it is.
    message["response"]["body"] = json!(r#"{"id":"wf-10"}"#);
    assert_eq!(event_of(&message).entity.id, "wf-10");
    message["response"]["body"] = json!("\u{feff}{\"id\":\"wf-11\"}");
    message["response"]["isBase64Encoded"] = Value::Null;
    assert_eq!(event_of(&message).entity.id, "wf-11");
}

#[test]
fn a_handlers_own_sentence_is_redacted_whole_and_cut_at_a_word() {
    let delete = cases()
        .into_iter()
        .find(|case| case.method == "DELETE")
        .unwrap();
    let stated = |text: &str| {
        let mut message = delete.message(Format::Http, false);
        message["response"] = json!({"status_code": 204});
        message["context"] = json!({"message": text});
        event_of(&message)
    };
    let event = stated("Jane\nmoved \u{202e}the <b>ERP</b>");
    assert_eq!(event.activity, "Jane moved the <b>ERP</b>");
    let parts = serde_json::to_value(&event.activity_parts).unwrap();
    assert_eq!(
        parts,
        json!([{"kind": "text", "text": "Jane moved the <b>ERP</b>"}])
    );
    // The cut would leave half a token, which nobody would know any more.
    let token = format!(
        "eyJhbGciOiJIUzI1NiJ9.{}.{}",
        "a".repeat(200),
        "b".repeat(43)
    );
    let event = stated(&format!("{}{token}", "word ".repeat(50)));
    assert!(event.activity.chars().count() <= 300);
    assert!(!event.activity.contains("eyJ"), "{}", event.activity);
    assert_eq!(stated(" \n ").activity, stated("").activity);
}

#[test]
fn a_handlers_own_sentence_tells_no_success_of_a_call_that_had_none() {
    let delete = cases()
        .into_iter()
        .find(|case| case.method == "DELETE")
        .unwrap();
    let answered = |status_code: u16, text: &str| {
        let mut message = delete.message(Format::Http, false);
        message["response"] = json!({"status_code": status_code});
        message["context"] = json!({"message": text});
        event_of(&message)
    };
    for status_code in [403, 500] {
        let event = answered(status_code, "Jane approved contract 7");
        assert!(event.activity.contains(" tried to "), "{}", event.activity);
        assert!(!event.activity.contains("contract"), "{}", event.activity);
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        assert_eq!(detail["$message"], "Jane approved contract 7");
    }
    // Of a call that was still going on, nobody knows what happened.
    let mut message = delete.message(Format::Http, false);
    message["response"] = json!({"status_code": 0, "failure": "timeout"});
    message["context"] = json!({"message": "Jane approved contract 7"});
    let event = event_of(&message);
    assert!(event.activity.contains(" asked to "), "{}", event.activity);
    let detail: Value = serde_json::from_str(&event.detail).unwrap();
    assert_eq!(detail["$message"], "Jane approved contract 7");
    let event = answered(200, "Jane approved contract 7");
    assert_eq!(event.activity, "Jane approved contract 7");
    assert!(!event.detail.contains("$message"), "{}", event.detail);
    assert_eq!(answered(200, "null").activity, answered(200, "").activity);
    // What is too long for a sentence is kept whole beside it.
    let long = format!("Jane approved contract 7 {}at last", "and ".repeat(16));
    let event = answered(200, &long);
    assert!(event.activity.ends_with("and…"), "{}", event.activity);
    let detail: Value = serde_json::from_str(&event.detail).unwrap();
    assert_eq!(detail["$message"], long);
}
