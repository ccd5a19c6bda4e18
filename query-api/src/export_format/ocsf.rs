//! An event as API Activity (class 6003) of the Open Cybersecurity Schema Framework.
//!
//! What the class has no place for stands in `unmapped`, under our own names, so that nothing is lost. What
//! an event does not say is left out: to the schema an empty text is no e-mail address.
//! See <https://schema.ocsf.io/1.5.0/classes/api_activity>.

use std::net::IpAddr;

use daybook_event::{Action, AuditEvent, Caller, CallerType, Entity, Outcome};
use serde_json::{Value, json};

const VERSION: &str = "1.5.0";
const CLASS_UID: u32 = 6003;
const CLASS_NAME: &str = "API Activity";
const UNKNOWN: &str = "unknown";

/// What of an event has a place in the class; the rest is `unmapped`.
const MAPPED: [&str; 11] = [
    "id",
    "org_id",
    "timestamp",
    "service_name",
    "event_name",
    "status_code",
    "entity",
    "parent",
    "correlation_id",
    "activity",
    "ingested_at",
];
const MAPPED_OF_CALLER: [&str; 4] = ["user_id", "user_email", "name", "token_id"];
const MAPPED_OF_HTTP: [&str; 5] = ["method", "path", "domain_name", "user_agent", "headers"];

/// The event as the class has it.
pub(super) fn api_activity(event: &AuditEvent) -> Value {
    let (activity_id, activity_name) = match event.action {
        Action::Create => (1, "Create"),
        Action::Read => (2, "Read"),
        Action::Update => (3, "Update"),
        Action::Delete => (4, "Delete"),
        Action::Execute => (99, "Other"),
    };
    let (status_id, status) = match event.outcome {
        Outcome::Success => (1, "Success"),
        Outcome::Denied | Outcome::Failure => (2, "Failure"),
        Outcome::Unknown => (0, "Unknown"),
    };
    let mut activity = json!({
        "class_uid": CLASS_UID,
        "class_name": CLASS_NAME,
        "category_uid": 6,
        "category_name": "Application Activity",
        "activity_id": activity_id,
        "activity_name": activity_name,
        "type_uid": CLASS_UID * 100 + activity_id,
        "type_name": format!("{CLASS_NAME}: {activity_name}"),
        "severity_id": 1,
        "severity": "Informational",
        "status_id": status_id,
        "status": status,
        "status_code": event.status_code.to_string(),
        "time": event.timestamp.as_millisecond(),
        "message": event.activity,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Daybook", "vendor_name": "Daybook"},
            "uid": event.id,
            "tenant_uid": event.org_id,
            "correlation_uid": event.correlation_id,
            "logged_time": event.ingested_at.as_millisecond(),
        },
        "actor": {"user": user(event)},
        "api": {
            "operation": known(&event.event_name),
            "service": {"name": known(&event.service_name)},
            "response": {"code": event.status_code},
        },
        "src_endpoint": src_endpoint(&event.http.ip),
        "http_request": http_request(event),
        "resources": resources(event),
    });
    leave_out_what_is_empty(&mut activity);
    activity["unmapped"] = unmapped(event);
    activity
}

/// Empty texts, and objects and lists that hold nothing else. What the class requires is never empty.
fn leave_out_what_is_empty(value: &mut Value) {
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => members.retain(|name, value| {
            // A header is always both, name and value.
            if name != "http_headers" {
                leave_out_what_is_empty(value);
            }
            !is_empty(value)
        }),
        Value::Array(items) => items.retain_mut(|value| {
            leave_out_what_is_empty(value);
            !is_empty(value)
        }),
        _ => {}
    }
}

/// For what the class requires.
fn known(text: &str) -> &str {
    if text.is_empty() { UNKNOWN } else { text }
}

fn user(event: &AuditEvent) -> Value {
    let (type_id, kind) = match event.caller.kind {
        CallerType::User => (1, "User"),
        CallerType::Service => (4, "Service"),
        CallerType::Api | CallerType::Automation => (99, "Other"),
    };
    let Caller {
        user_id,
        user_email,
        name,
        token_id,
        ..
    } = &event.caller;
    // The schema wants an id or a name.
    let called = [user_email, token_id].into_iter().find(|it| !it.is_empty());
    let called = called.map_or(UNKNOWN, String::as_str);
    let is_named = !(user_id.is_empty() && name.is_empty());
    json!({
        "uid": user_id,
        "email_addr": user_email,
        "name": if is_named { name } else { called },
        "credential_uid": token_id,
        "type_id": type_id,
        "type": kind,
    })
}

/// The class wants one, and of its address that it is one.
fn src_endpoint(ip: &str) -> Value {
    match ip.parse::<IpAddr>() {
        Ok(_) => json!({"ip": ip}),
        Err(_) => json!({"name": known(ip)}),
    }
}

fn http_request(event: &AuditEvent) -> Value {
    let headers = event.http.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "http_method": event.http.method,
        "url": {"path": event.http.path, "hostname": event.http.domain_name},
        "user_agent": event.http.user_agent,
        "http_headers": headers,
    })
}

fn resources(event: &AuditEvent) -> Vec<Value> {
    let roles = [(&event.entity, "target"), (&event.parent, "parent")];
    let known = roles
        .iter()
        .filter(|(thing, _)| **thing != Entity::default());
    known
        .map(|(thing, role)| {
            // The schema wants an id or a name.
            let is_named = !(thing.id.is_empty() && thing.name.is_empty());
            let name = if is_named { &thing.name } else { &thing.kind };
            json!({"type": thing.kind, "uid": thing.id, "name": name, "labels": [role]})
        })
        .collect()
}

fn unmapped(event: &AuditEvent) -> Value {
    // A struct of strings, numbers and maps with string keys always has a JSON form.
    let mut rest = serde_json::to_value(event).unwrap_or_default();
    let mut remove = |place: Option<&str>, names: &[&str]| {
        let members = match place {
            None => rest.as_object_mut(),
            Some(place) => rest.get_mut(place).and_then(Value::as_object_mut),
        };
        if let Some(members) = members {
            members.retain(|name, _| !names.contains(&name.as_str()));
        }
    };
    remove(None, &MAPPED);
    remove(Some("caller"), &MAPPED_OF_CALLER);
    remove(Some("http"), &MAPPED_OF_HTTP);
    rest
}

#[cfg(test)]
mod tests {
    use daybook_event::HttpRequest;
    use jiff::Timestamp;
    use serde_json::Map;

    use super::*;

    /// The event that stands behind an API activity.
    fn event_of(activity: &Value) -> AuditEvent {
        let mut event = activity["unmapped"].clone();
        let time = |value: &Value| {
            Timestamp::from_millisecond(value.as_i64().unwrap())
                .unwrap()
                .to_string()
        };
        // What is left out was an empty text.
        let text = |value: &Value| Value::from(value.as_str().unwrap_or_default());
        let metadata = &activity["metadata"];
        event["id"] = metadata["uid"].clone();
        event["org_id"] = text(&metadata["tenant_uid"]);
        event["correlation_id"] = text(&metadata["correlation_uid"]);
        event["timestamp"] = time(&activity["time"]).into();
        event["ingested_at"] = time(&metadata["logged_time"]).into();
        event["service_name"] = text(&activity["api"]["service"]["name"]);
        event["event_name"] = text(&activity["api"]["operation"]);
        event["status_code"] = activity["api"]["response"]["code"].clone();
        event["activity"] = text(&activity["message"]);
        for (number, name) in ["entity", "parent"].into_iter().enumerate() {
            let resource = &activity["resources"][number];
            event[name] = json!({
                "type": text(&resource["type"]), "id": text(&resource["uid"]),
                "name": text(&resource["name"]),
            });
        }
        let user = &activity["actor"]["user"];
        event["caller"]["user_id"] = text(&user["uid"]);
        event["caller"]["user_email"] = text(&user["email_addr"]);
        event["caller"]["name"] = text(&user["name"]);
        event["caller"]["token_id"] = text(&user["credential_uid"]);
        let request = &activity["http_request"];
        event["http"]["method"] = text(&request["http_method"]);
        event["http"]["path"] = text(&request["url"]["path"]);
        event["http"]["domain_name"] = text(&request["url"]["hostname"]);
        event["http"]["user_agent"] = text(&request["user_agent"]);
        let headers = request["http_headers"].as_array().unwrap().iter();
        event["http"]["headers"] = headers
            .map(|header| {
                let name = header["name"].as_str().unwrap().to_owned();
                (name, header["value"].clone())
            })
            .collect::<Map<_, _>>()
            .into();
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn nothing_is_lost() {
        let text = |text: &str| text.to_owned();
        for (action, outcome, kind, ip) in [
            (
                Action::Create,
                Outcome::Success,
                CallerType::User,
                "10.0.0.1",
            ),
            (Action::Read, Outcome::Denied, CallerType::Api, "::1"),
            (
                Action::Update,
                Outcome::Failure,
                CallerType::Service,
                "AWS Internal",
            ),
            (Action::Delete, Outcome::Unknown, CallerType::Automation, ""),
            (Action::Execute, Outcome::Success, CallerType::User, "x"),
        ] {
            let thing = |name: &str| Entity {
                kind: text("workflow"),
                id: text("42"),
                name: text(name),
            };
            let event = AuditEvent {
                id: uuid::Uuid::from_u128(7),
                org_id: text("acme"),
                timestamp: "2026-11-22T07:21:14.123Z".parse().unwrap(),
                ingested_at: "2026-11-22T07:21:16Z".parse().unwrap(),
                expires_at: "2027-11-22T07:21:16Z".parse().unwrap(),
                service_name: text("workflows"),
                event_name: text("updateWorkflow"),
                action,
                outcome,
                status_code: 204,
                caller: Caller {
                    kind,
                    user_id: text("u1"),
                    user_email: text("jane@example.com"),
                    name: text("Jane"),
                    token_id: text("key_9"),
                },
                entity: thing("A"),
                parent: thing("B"),
                http: HttpRequest {
                    method: text("PUT"),
                    path: text("/v1"),
                    resource: text("/{v}"),
                    domain_name: text("api.example.com"),
                    stage: text("prod"),
                    ip: text(ip),
                    user_agent: text("curl"),
                    headers: [(text("accept"), text("*/*"))].into(),
                    query: [(text("a"), text("b"))].into(),
                    path_params: [(text("v"), text("v1"))].into(),
                },
                detail: text("{\"a\":1}"),
                redacted: vec![text("body#/a")],
                ..AuditEvent::default()
            };
            let activity = api_activity(&event);
            assert_eq!(event_of(&activity), event);
            let type_uid = 600_300 + activity["activity_id"].as_i64().unwrap();
            assert_eq!(activity["type_uid"], type_uid);
        }
    }

    fn has_empty_text(value: &Value) -> bool {
        match value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty() || items.iter().any(has_empty_text),
            Value::Object(members) => members.is_empty() || members.values().any(has_empty_text),
            _ => false,
        }
    }

    #[test]
    fn what_an_event_does_not_say_is_left_out_unless_the_class_requires_it() {
        let mut activity = api_activity(&AuditEvent::default());
        activity.as_object_mut().unwrap().remove("unmapped");
        assert!(!has_empty_text(&activity), "{activity}");
        // Required by the class and by its objects.
        for pointer in [
            "/activity_id",
            "/actor/user/name",
            "/api/operation",
            "/api/service/name",
            "/category_uid",
            "/class_uid",
            "/metadata/product/vendor_name",
            "/metadata/version",
            "/severity_id",
            "/src_endpoint/name",
            "/time",
            "/type_uid",
        ] {
            assert!(activity.pointer(pointer).is_some(), "{pointer}");
        }
        assert_eq!(activity.get("resources"), None);
        let mut event = AuditEvent::default();
        event.caller.token_id = "key_9".to_owned();
        event.entity.kind = "settings".to_owned();
        let activity = api_activity(&event);
        assert_eq!(activity["actor"]["user"]["name"], "key_9");
        assert_eq!(activity["resources"][0]["name"], "settings");
        assert_eq!(activity.pointer("/actor/user/email_addr"), None);
    }
}
