//! A row of the events table, and the way between it and an audit event.

use std::collections::BTreeMap;

use clickhouse::Row;
use daybook_event::AuditEvent;
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
        let mut event = AuditEvent::default();
        self.write_to(&mut event)?;
        Ok(event)
    }

    /// Makes `event` the one that was stored. What memory it has is used again: an export has millions
    /// of them.
    pub(crate) fn write_to(&self, event: &mut AuditEvent) -> Result<(), StoreError> {
        event.id = self.id;
        event.timestamp = time(self.timestamp)?;
        event.ingested_at = time(self.ingested_at)?;
        event.expires_at = time(self.expires_at)?;
        event.action = word(self.action)?;
        event.outcome = word(self.outcome)?;
        event.caller.kind = word(self.caller_type)?;
        event.status_code = self.status_code;
        event.schema_version = self.schema_version;
        event.described = self.described;
        for (text, stored) in [
            (&mut event.org_id, self.org_id),
            (&mut event.service_name, self.service_name),
            (&mut event.event_name, self.event_name),
            (&mut event.caller.user_id, self.caller_user_id),
            (&mut event.caller.user_email, self.caller_user_email),
            (&mut event.caller.name, self.caller_name),
            (&mut event.caller.token_id, self.caller_token_id),
            (&mut event.entity.kind, self.entity_type),
            (&mut event.entity.id, self.entity_id),
            (&mut event.entity.name, self.entity_name),
            (&mut event.parent.kind, self.parent_type),
            (&mut event.parent.id, self.parent_id),
            (&mut event.parent.name, self.parent_name),
            (&mut event.http.method, self.http_method),
            (&mut event.http.path, self.http_path),
            (&mut event.http.resource, self.http_resource),
            (&mut event.http.domain_name, self.http_domain_name),
            (&mut event.http.stage, self.http_stage),
            (&mut event.http.ip, self.http_ip),
            (&mut event.http.user_agent, self.http_user_agent),
            (&mut event.correlation_id, self.correlation_id),
            (&mut event.activity, self.activity),
            (&mut event.detail, self.detail),
            (&mut event.reason, self.reason),
            (&mut event.privacy, self.privacy),
            (&mut event.source_url, self.source_url),
            (&mut event.source, self.source),
            (&mut event.spec_version, self.spec_version),
        ] {
            stored.clone_into(text);
        }
        write_map(&mut event.http.headers, &self.http_headers);
        write_map(&mut event.http.query, &self.http_query);
        write_map(&mut event.http.path_params, &self.http_path_params);
        write_list(
            &mut event.activity_parts,
            &self.activity_parts,
            |part, (kind, text, word)| {
                // What a newer Daybook calls by another kind is still a part of the sentence.
                part.kind = kind.parse().unwrap_or_default();
                text.clone_into(&mut part.text);
                word.clone_into(&mut part.word);
            },
        );
        write_list(
            &mut event.changes,
            &self.changes,
            |change, (field, before, after)| {
                field.clone_into(&mut change.field);
                before.clone_into(&mut change.before);
                after.clone_into(&mut change.after);
            },
        );
        write_list(&mut event.redacted, &self.redacted, |text, stored| {
            stored.clone_into(text);
        });
        restore(event, self.omissions, &self.activity_part_bytes);
        Ok(())
    }
}

/// Makes a map hold these pairs, which mostly have the names of those before.
fn write_map(map: &mut BTreeMap<String, String>, pairs: &Pairs<'_>) {
    let names = pairs.iter().map(|(name, _)| *name);
    if map.keys().map(String::as_str).eq(names) {
        for (value, (_, stored)) in map.values_mut().zip(pairs) {
            (*stored).clone_into(value);
        }
        return;
    }
    map.clear();
    map.extend(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
}

/// Makes a list hold as many items as are stored, each written over what was there.
fn write_list<T: Default, S: Copy>(items: &mut Vec<T>, stored: &[S], write: impl Fn(&mut T, S)) {
    items.resize_with(stored.len(), T::default);
    for (item, stored) in items.iter_mut().zip(stored) {
        write(item, *stored);
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
