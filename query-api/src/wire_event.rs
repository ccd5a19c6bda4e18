//! An event as clients read it: the audit event, and today's clients' spelling beside it.

use std::collections::BTreeMap;

use daybook_event::{
    Action, ActivityPart, AuditEvent, Caller, CallerType, Change, Entity, HttpRequest, Outcome,
    never_expires, timestamp_ms, timestamp_serde,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The JSON of one event. Strings are never null; `detail` is a string that holds JSON.
#[derive(Debug, Serialize)]
pub(crate) struct WireEvent<'a> {
    id: Uuid,
    org_id: &'a str,
    #[serde(with = "timestamp_serde")]
    timestamp: Timestamp,
    service_name: &'a str,
    event_name: &'a str,
    action: Action,
    outcome: Outcome,
    status_code: u16,
    caller: WireCaller<'a>,
    entity: &'a Entity,
    parent: &'a Entity,
    http: WireHttpRequest<'a>,
    correlation_id: &'a str,
    activity: &'a str,
    activity_parts: &'a [ActivityPart],
    detail: &'a str,
    changes: &'a [Change],
    reason: &'a str,
    privacy: &'a str,
    source_url: &'a str,
    source: &'a str,
    schema_version: u16,
    spec_version: &'a str,
    described: bool,
    redacted: &'a [String],
    #[serde(with = "timestamp_serde")]
    ingested_at: Timestamp,
    expires_at: String,
}

#[derive(Debug, Serialize)]
struct WireCaller<'a> {
    #[serde(rename = "type")]
    kind: CallerType,
    /// As `type`, but for [`CallerType::Service`], a word that today's clients do not know.
    trigger_type: CallerType,
    user_id: &'a str,
    user_email: &'a str,
    name: &'a str,
    token_id: &'a str,
}

#[derive(Debug, Serialize)]
struct WireHttpRequest<'a> {
    method: &'a str,
    path: &'a str,
    resource: &'a str,
    domain_name: &'a str,
    #[serde(rename = "domainName")]
    domain_name_of_today: &'a str,
    stage: &'a str,
    ip: &'a str,
    user_agent: &'a str,
    headers: &'a BTreeMap<String, String>,
    query: &'a BTreeMap<String, String>,
    path_params: &'a BTreeMap<String, String>,
    #[serde(rename = "pathParams")]
    path_params_of_today: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a AuditEvent> for WireEvent<'a> {
    fn from(event: &'a AuditEvent) -> Self {
        // Every field is named, so that a new one cannot be forgotten.
        let AuditEvent {
            id,
            org_id,
            timestamp,
            service_name,
            event_name,
            action,
            outcome,
            status_code,
            caller,
            entity,
            parent,
            http,
            correlation_id,
            activity,
            activity_parts,
            detail,
            changes,
            reason,
            privacy,
            source_url,
            source,
            schema_version,
            spec_version,
            described,
            redacted,
            ingested_at,
            expires_at,
        } = event;
        Self {
            id: *id,
            org_id,
            timestamp: *timestamp,
            service_name,
            event_name,
            action: *action,
            outcome: *outcome,
            status_code: *status_code,
            caller: WireCaller::from(caller),
            entity,
            parent,
            http: WireHttpRequest::from(http),
            correlation_id,
            activity,
            activity_parts,
            detail,
            changes,
            reason,
            privacy,
            source_url,
            source,
            schema_version: *schema_version,
            spec_version,
            described: *described,
            redacted,
            ingested_at: *ingested_at,
            expires_at: if *expires_at >= never_expires() {
                String::new()
            } else {
                timestamp_ms(*expires_at)
            },
        }
    }
}

impl<'a> From<&'a Caller> for WireCaller<'a> {
    fn from(caller: &'a Caller) -> Self {
        let Caller {
            kind,
            user_id,
            user_email,
            name,
            token_id,
        } = caller;
        Self {
            kind: *kind,
            trigger_type: match kind {
                CallerType::Service => CallerType::Api,
                other => *other,
            },
            user_id,
            user_email,
            name,
            token_id,
        }
    }
}

impl<'a> From<&'a HttpRequest> for WireHttpRequest<'a> {
    fn from(http: &'a HttpRequest) -> Self {
        let HttpRequest {
            method,
            path,
            resource,
            domain_name,
            stage,
            ip,
            user_agent,
            headers,
            query,
            path_params,
        } = http;
        Self {
            method,
            path,
            resource,
            domain_name,
            domain_name_of_today: domain_name,
            stage,
            ip,
            user_agent,
            headers,
            query,
            path_params,
            path_params_of_today: path_params,
        }
    }
}

#[cfg(test)]
mod tests {
    use daybook_event::ActivityPartKind;

    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            id: Uuid::from_u128(0x019a_aa70_3e8b_8de7_b66a_cb7b_41d8_20d7),
            org_id: "acme".to_owned(),
            timestamp: "2026-11-22T07:21:14.123Z".parse().unwrap(),
            service_name: "workflows".to_owned(),
            event_name: "deleteWorkflow".to_owned(),
            action: Action::Delete,
            outcome: Outcome::Success,
            status_code: 204,
            caller: Caller {
                kind: CallerType::Service,
                user_id: "u1".to_owned(),
                user_email: "jane@example.com".to_owned(),
                ..Caller::default()
            },
            entity: Entity {
                kind: "workflow".to_owned(),
                id: "42".to_owned(),
                name: "Onboarding".to_owned(),
            },
            http: HttpRequest {
                method: "DELETE".to_owned(),
                path: "/v1/workflows/42".to_owned(),
                resource: "/v1/workflows/{id}".to_owned(),
                domain_name: "api.example.com".to_owned(),
                path_params: BTreeMap::from([("id".to_owned(), "42".to_owned())]),
                ..HttpRequest::default()
            },
            activity: "jane@example.com deleted".to_owned(),
            activity_parts: vec![
                ActivityPart {
                    kind: ActivityPartKind::Actor,
                    text: "jane@example.com".to_owned(),
                    word: String::new(),
                },
                ActivityPart {
                    kind: ActivityPartKind::Verb,
                    text: " deleted".to_owned(),
                    word: "delete".to_owned(),
                },
            ],
            detail: r#"{"force":true}"#.to_owned(),
            redacted: vec!["body#/password".to_owned()],
            described: true,
            ingested_at: "2026-11-22T07:21:16Z".parse().unwrap(),
            ..AuditEvent::default()
        }
    }

    #[test]
    fn the_wire_form_is_the_golden_one() {
        let json = serde_json::to_string_pretty(&WireEvent::from(&event())).unwrap();
        assert_eq!(json, include_str!("wire_event.golden.json").trim_end());
    }

    #[test]
    fn it_has_all_that_the_stored_event_has_and_no_null() {
        let event = event();
        let stored = serde_json::to_value(&event).unwrap();
        let wire = serde_json::to_value(WireEvent::from(&event)).unwrap();
        contains(&wire, &stored);
        assert!(!wire.to_string().contains("null"));
        assert_eq!(wire["caller"]["type"], "service");
        assert_eq!(wire["caller"]["trigger_type"], "api");
    }

    fn contains(wire: &serde_json::Value, stored: &serde_json::Value) {
        match stored {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    contains(&wire[name], value);
                }
            }
            other => assert_eq!(wire, other),
        }
    }
}
