//! Audit events as a block of the events table.

use std::collections::BTreeMap;

use daybook_event::{ActivityPart, AuditEvent};
use jiff::Timestamp;

use crate::insert::NewEvent;
use crate::native::{Fixed, Lists, Numbers, Texts, Words, write_block_head, write_column};
use crate::plan::Batch;
use crate::row_omissions::{leaves_out_part_texts, leaves_out_path, marked_value, omissions};

/// Defines the columns that are inserted: field, kind, and ClickHouse's type.
macro_rules! columns {
    ($($name:ident: $kind:ty = $sql_type:literal),+ $(,)?) => {
        #[derive(Default)]
        struct Columns<'a> { $($name: $kind),+ }

        /// The columns' names, for the statement.
        pub(crate) const COLUMN_NAMES: &str = columns!(@joined $($name),+);

        impl Columns<'_> {
            fn into_block(self, rows: usize) -> Vec<u8> {
                let mut bytes = Vec::with_capacity(rows * EVENT_BYTES_ABOUT);
                write_block_head(&mut bytes, [$(stringify!($name)),+].len(), rows);
                $(write_column(&mut bytes, stringify!($name), $sql_type, self.$name);)+
                bytes
            }
        }
    };
    (@joined $first:ident $(, $name:ident)*) => {
        concat!(stringify!($first) $(, ", ", stringify!($name))*)
    };
}

/// So that a buffer seldom has to grow.
const EVENT_BYTES_ABOUT: usize = 1_024;

columns! {
    org_id: Words<'a> = "LowCardinality(String)",
    timestamp: Fixed = "DateTime64(3, 'UTC')",
    id: Fixed = "UUID",
    request_digest: Fixed = "FixedString(16)",
    omissions: Fixed = "UInt8",
    service_name: Words<'a> = "LowCardinality(String)",
    event_name: Words<'a> = "LowCardinality(String)",
    action: Words<'a> = "LowCardinality(String)",
    outcome: Words<'a> = "LowCardinality(String)",
    status_code: Fixed = "UInt16",
    caller_type: Words<'a> = "LowCardinality(String)",
    caller_user_id: Texts = "String",
    caller_user_email: Texts = "String",
    caller_name: Texts = "String",
    caller_token_id: Texts = "String",
    entity_type: Words<'a> = "LowCardinality(String)",
    entity_id: Texts = "String",
    entity_name: Texts = "String",
    parent_type: Words<'a> = "LowCardinality(String)",
    parent_id: Texts = "String",
    parent_name: Texts = "String",
    http_method: Words<'a> = "LowCardinality(String)",
    http_path: Texts = "String",
    http_resource: Words<'a> = "LowCardinality(String)",
    http_domain_name: Words<'a> = "LowCardinality(String)",
    http_stage: Words<'a> = "LowCardinality(String)",
    http_ip: Texts = "String",
    http_user_agent: Words<'a> = "LowCardinality(String)",
    http_headers: Lists<2> = "Map(String, String)",
    http_query: Lists<2> = "Map(String, String)",
    http_path_params: Lists<2> = "Map(String, String)",
    correlation_id: Texts = "String",
    activity: Texts = "String",
    activity_parts: Lists<3> = "Array(Tuple(String, String, String))",
    activity_part_bytes: Numbers = "Array(UInt32)",
    detail: Texts = "String",
    changes: Lists<3> = "Array(Tuple(String, String, String))",
    reason: Texts = "String",
    privacy: Texts = "String",
    source_url: Texts = "String",
    source: Words<'a> = "LowCardinality(String)",
    schema_version: Fixed = "UInt16",
    spec_version: Words<'a> = "LowCardinality(String)",
    described: Fixed = "Bool",
    redacted: Lists<1> = "Array(String)",
    ingested_at: Fixed = "DateTime64(3, 'UTC')",
    expires_at: Fixed = "DateTime64(3, 'UTC')",
}

/// The block of those events of a batch that the indexes name, in their order.
pub(crate) fn event_block(batch: Batch<'_>, indexes: &[usize]) -> Vec<u8> {
    let mut columns = Columns::default();
    for &index in indexes {
        columns.push(&batch.events[index], batch.expires_at[index]);
    }
    columns.into_block(indexes.len())
}

impl<'a> Columns<'a> {
    fn push(&mut self, new: &'a NewEvent, expires_at: Timestamp) {
        let event = &new.event;
        let omissions = omissions(event);
        self.org_id.push(&event.org_id);
        self.timestamp
            .push(&event.timestamp.as_millisecond().to_le_bytes());
        self.id.push_uuid(event.id);
        self.request_digest.push(&new.request_digest);
        self.omissions.push(&[omissions]);
        self.service_name.push(&event.service_name);
        self.event_name.push(&event.event_name);
        self.action.push(event.action.as_str());
        self.outcome.push(event.outcome.as_str());
        self.status_code.push(&event.status_code.to_le_bytes());
        self.caller_type.push(event.caller.kind.as_str());
        self.caller_user_id.push(&event.caller.user_id);
        self.caller_user_email.push(&event.caller.user_email);
        self.caller_name.push(&event.caller.name);
        self.caller_token_id.push(&event.caller.token_id);
        self.entity_type.push(&event.entity.kind);
        self.entity_id.push(&event.entity.id);
        self.entity_name.push(&event.entity.name);
        self.parent_type.push(&event.parent.kind);
        self.parent_id.push(&event.parent.id);
        self.parent_name.push(&event.parent.name);
        self.push_http(event, omissions);
        self.correlation_id.push(&event.correlation_id);
        self.activity.push(&event.activity);
        self.push_activity_parts(&event.activity_parts, leaves_out_part_texts(omissions));
        self.detail.push(&event.detail);
        let changes = event.changes.iter();
        self.changes
            .push(changes.map(|change| [&*change.field, &change.before, &change.after]));
        self.reason.push(&event.reason);
        self.privacy.push(&event.privacy);
        self.source_url.push(&event.source_url);
        self.source.push(&event.source);
        self.schema_version
            .push(&event.schema_version.to_le_bytes());
        self.spec_version.push(&event.spec_version);
        self.described.push(&[u8::from(event.described)]);
        self.redacted
            .push(event.redacted.iter().map(|text| [text.as_str()]));
        self.ingested_at
            .push(&event.ingested_at.as_millisecond().to_le_bytes());
        self.expires_at
            .push(&expires_at.as_millisecond().to_le_bytes());
    }

    fn push_activity_parts(&mut self, parts: &'a [ActivityPart], without_texts: bool) {
        let text = |part: &'a ActivityPart| if without_texts { "" } else { &*part.text };
        self.activity_parts.push(
            parts
                .iter()
                .map(|part| [part.kind.as_str(), text(part), &part.word]),
        );
        let lengths = parts.iter().filter(|_| without_texts);
        // No sentence has 4 GiB: a block has far less.
        self.activity_part_bytes
            .push(lengths.map(|part| u32::try_from(part.text.len()).unwrap_or(u32::MAX)));
    }

    fn push_http(&mut self, event: &'a AuditEvent, omissions: u8) {
        let http = &event.http;
        self.http_method.push(&http.method);
        self.http_path.push(if leaves_out_path(omissions) {
            ""
        } else {
            &http.path
        });
        self.http_resource.push(&http.resource);
        self.http_domain_name.push(&http.domain_name);
        self.http_stage.push(&http.stage);
        self.http_ip.push(&http.ip);
        self.http_user_agent.push(&http.user_agent);
        self.http_headers.push(pairs(&http.headers));
        self.http_query.push(pairs(&http.query));
        let params = http.path_params.iter();
        self.http_path_params.push_marked(
            params.map(|(name, value)| (name.as_str(), marked_value(event, omissions, value))),
        );
    }
}

fn pairs(map: &BTreeMap<String, String>) -> impl Iterator<Item = [&str; 2]> {
    map.iter()
        .map(|(name, value)| [name.as_str(), value.as_str()])
}
