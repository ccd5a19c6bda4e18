//! A row of the events table, and the way between it and an audit event.

use std::collections::BTreeMap;

use clickhouse::Row;
use daybook_event::{ActivityPart, AuditEvent, Caller, Change, Entity, HttpRequest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;
use crate::row_omissions::restore;

/// Pairs of a map, in its order.
type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// What the reader selects: every column of the view. It borrows from the bytes that are read; times
/// are in milliseconds.
#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct EventRow<'a> {
    org_id: &'a str,
    timestamp: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    omissions: u8,
    service_name: &'a str,
    event_name: &'a str,
    action: &'a str,
    outcome: &'a str,
    status_code: u16,
    caller_type: &'a str,
    caller_user_id: &'a str,
    caller_user_email: &'a str,
    caller_name: &'a str,
    caller_token_id: &'a str,
    entity_type: &'a str,
    entity_id: &'a str,
    entity_name: &'a str,
    parent_type: &'a str,
    parent_id: &'a str,
    parent_name: &'a str,
    http_method: &'a str,
    http_path: &'a str,
    http_resource: &'a str,
    http_domain_name: &'a str,
    http_stage: &'a str,
    http_ip: &'a str,
    http_user_agent: &'a str,
    #[serde(borrow)]
    http_headers: Pairs<'a>,
    #[serde(borrow)]
    http_query: Pairs<'a>,
    #[serde(borrow)]
    http_path_params: Pairs<'a>,
    correlation_id: &'a str,
    activity: &'a str,
    #[serde(borrow)]
    activity_parts: Vec<(&'a str, &'a str, &'a str)>,
    activity_part_bytes: Vec<u32>,
    detail: &'a str,
    #[serde(borrow)]
    changes: Vec<(&'a str, &'a str, &'a str)>,
    reason: &'a str,
    privacy: &'a str,
    source_url: &'a str,
    source: &'a str,
    schema_version: u16,
    spec_version: &'a str,
    described: bool,
    #[serde(borrow)]
    redacted: Vec<&'a str>,
    ingested_at: i64,
    expires_at: i64,
}

impl EventRow<'_> {
    /// The event that was stored.
    pub(crate) fn to_event(&self) -> Result<AuditEvent, StoreError> {
        let mut event = AuditEvent {
            id: self.id,
            org_id: self.org_id.to_owned(),
            timestamp: time(self.timestamp)?,
            service_name: self.service_name.to_owned(),
            event_name: self.event_name.to_owned(),
            action: word(self.action)?,
            outcome: word(self.outcome)?,
            status_code: self.status_code,
            caller: Caller {
                kind: word(self.caller_type)?,
                user_id: self.caller_user_id.to_owned(),
                user_email: self.caller_user_email.to_owned(),
                name: self.caller_name.to_owned(),
                token_id: self.caller_token_id.to_owned(),
            },
            entity: entity(self.entity_type, self.entity_id, self.entity_name),
            parent: entity(self.parent_type, self.parent_id, self.parent_name),
            http: HttpRequest {
                method: self.http_method.to_owned(),
                path: self.http_path.to_owned(),
                resource: self.http_resource.to_owned(),
                domain_name: self.http_domain_name.to_owned(),
                stage: self.http_stage.to_owned(),
                ip: self.http_ip.to_owned(),
                user_agent: self.http_user_agent.to_owned(),
                headers: map(&self.http_headers),
                query: map(&self.http_query),
                path_params: map(&self.http_path_params),
            },
            correlation_id: self.correlation_id.to_owned(),
            activity: self.activity.to_owned(),
            activity_parts: self
                .activity_parts
                .iter()
                .map(|(kind, text, word)| ActivityPart {
                    // What a newer Daybook calls by another kind is still a part of the sentence.
                    kind: kind.parse().unwrap_or_default(),
                    text: (*text).to_owned(),
                    word: (*word).to_owned(),
                })
                .collect(),
            detail: self.detail.to_owned(),
            changes: self
                .changes
                .iter()
                .map(|(field, before, after)| Change {
                    field: (*field).to_owned(),
                    before: (*before).to_owned(),
                    after: (*after).to_owned(),
                })
                .collect(),
            reason: self.reason.to_owned(),
            privacy: self.privacy.to_owned(),
            source_url: self.source_url.to_owned(),
            source: self.source.to_owned(),
            schema_version: self.schema_version,
            spec_version: self.spec_version.to_owned(),
            described: self.described,
            redacted: self.redacted.iter().map(|&text| text.to_owned()).collect(),
            ingested_at: time(self.ingested_at)?,
            expires_at: time(self.expires_at)?,
        };
        restore(&mut event, self.omissions, &self.activity_part_bytes);
        Ok(event)
    }
}

fn map(pairs: &Pairs<'_>) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn entity(kind: &str, id: &str, name: &str) -> Entity {
    Entity {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

fn time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(unreadable)
}

/// A member of a closed set. A newer Daybook may have stored a word that this one does not know.
fn word<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(unreadable)
}

fn unreadable(problem: impl std::fmt::Display) -> StoreError {
    StoreError::UnreadableRow(problem.to_string())
}
