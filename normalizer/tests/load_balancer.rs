//! Events of an Application Load Balancer, whose Lambda functions are its targets.
//!
//! Their shape: "Lambda functions as targets" in the Application Load Balancers' guide. Compared with
//! API Gateway's there is no request id, no time, no route, no stage and no authorizer.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use daybook_event::{AuditEvent, CallerType, Outcome, UNATTRIBUTED_ORG_ID};
use daybook_normalizer::Poison;
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use jiff::Timestamp;
use serde_json::{Value, json};

const DOCUMENT: &str = r"
openapi: 3.0.3
info: {title: Orders, version: '1'}
servers: [{url: 'https://orders.example.com'}]
paths:
  /v1/orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: string}}]
    put:
      operationId: updateOrder
      responses: {'200': {description: ok}}
";

fn try_event_of(message: &Value) -> Result<AuditEvent, Poison> {
    let (index, problems) = Index::build(vec![Document {
        file_name: "orders.yaml".to_owned(),
        bytes: DOCUMENT.as_bytes().to_vec(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
    let message = decode(&message.to_string())?;
    match normalize(&message, &index, &Settings::default(), now)? {
        Normalized::Event(new) => Ok(new.event),
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

fn event_of(message: &Value) -> AuditEvent {
    try_event_of(message).unwrap()
}

/// As the load balancer delivers it with multi-value headers.
fn multi_value() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/orders/abc"}},
        "httpMethod": "PUT",
        "path": "/v1/orders/a%20b",
        "multiValueQueryStringParameters": {"tag%5B%5D": ["x%2Fy", "z+w"]},
        "multiValueHeaders": {
            "content-type": ["application/json"],
            "host": ["orders.example.com"],
            "user-agent": ["curl/8"],
            "x-amzn-oidc-identity": ["somebody"],
            "x-amzn-trace-id": ["Root=1-5c34e7d4-00ca239424b68028d4c56d68"],
            "x-forwarded-for": ["6.6.6.6, 192.0.2.66", "203.0.113.7"],
        },
        "body": "{\"state\":\"paid\"}",
        "isBase64Encoded": false,
    })
}

/// The same request with single-value headers: of several values the last.
fn single_value() -> Value {
    let mut event = multi_value();
    let members = event.as_object_mut().unwrap();
    for (multi, single) in [
        ("multiValueHeaders", "headers"),
        ("multiValueQueryStringParameters", "queryStringParameters"),
    ] {
        let values = members.remove(multi).unwrap();
        let last = values.as_object().unwrap().iter().map(|(name, values)| {
            (
                name.clone(),
                values.as_array().unwrap().last().unwrap().clone(),
            )
        });
        members.insert(single.to_owned(), Value::Object(last.collect()));
    }
    event
}

fn captured(event: &Value) -> Value {
    json!({"v": 1, "id": "8f0c3a5e-1", "captured_at": "2026-11-22T07:21:14.123Z", "event": event,
        "response": {"status_code": 200}})
}

#[test]
fn a_captured_event_of_either_kind_is_understood() {
    for (event, tags) in [(multi_value(), "x/y,z w"), (single_value(), "z w")] {
        let stored = event_of(&captured(&event));
        assert_eq!(stored.event_name, "updateOrder");
        assert_eq!(stored.service_name, "orders");
        assert_eq!(stored.outcome, Outcome::Success);
        assert_eq!(stored.timestamp.to_string(), "2026-11-22T07:21:14.123Z");
        assert_eq!(stored.entity.id, "a b");
        assert_eq!(stored.detail, r#"{"state":"paid"}"#);
        assert_eq!(stored.correlation_id, "1-5c34e7d4-00ca239424b68028d4c56d68");
        let http = &stored.http;
        assert_eq!(http.path, "/v1/orders/a%20b");
        assert_eq!(http.domain_name, "orders.example.com");
        assert_eq!(http.ip, "203.0.113.7");
        assert_eq!(http.user_agent, "curl/8");
        assert_eq!(http.query["tag[]"], tags);
        assert_eq!(http.headers["content-type"], "application/json");
        // Nobody has verified who it was.
        assert_eq!(stored.org_id, UNATTRIBUTED_ORG_ID);
        assert_eq!(stored.caller.kind, CallerType::Api);
        assert_eq!(stored.caller.user_id, "");
    }
}

#[test]
fn a_redelivery_is_the_same_event_and_another_call_another_one() {
    let message = captured(&multi_value());
    let id = event_of(&message).id;
    assert_eq!(event_of(&message).id, id);
    let mut another = message;
    another["id"] = json!("8f0c3a5e-2");
    assert_ne!(event_of(&another).id, id);
}

#[test]
fn claims_that_the_service_has_verified_name_the_caller() {
    let mut event = multi_value();
    event["requestContext"]["authorizer"] =
        json!({"jwt": {"claims": {"sub": "u1", "org_id": "acme", "email": "jane@example.com"}}});
    let stored = event_of(&captured(&event));
    assert_eq!(stored.org_id, "acme");
    assert_eq!(stored.caller.kind, CallerType::User);
    assert_eq!(stored.caller.user_email, "jane@example.com");
}

#[test]
fn the_clients_address_is_the_last_one_with_or_without_a_port() {
    for (forwarded_for, ip) in [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6,203.0.113.7:4711", "203.0.113.7"),
        ("6.6.6.6, [2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ] {
        let mut event = multi_value();
        event["multiValueHeaders"]["x-forwarded-for"] = json!([forwarded_for]);
        assert_eq!(event_of(&captured(&event)).http.ip, ip);
    }
}

#[test]
fn a_bare_event_has_no_time_and_says_so() {
    assert!(matches!(try_event_of(&multi_value()), Err(Poison::NoTime)));
}
