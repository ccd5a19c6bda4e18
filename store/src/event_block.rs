//! Audit events as a block of the events table.

use std::panic::resume_unwind;
use std::thread;

use jiff::Timestamp;

use crate::insert::NewEvent;
use crate::native::{Block, Fixed, Texts, Words};
use crate::packed::{Facts, pack};
use crate::plan::Batch;

/// Defines the columns that are inserted: field, kind, and ClickHouse's type.
macro_rules! columns {
    ($($name:ident: $kind:ty = $sql_type:literal),+ $(,)?) => {
        #[derive(Default)]
        struct Columns<'a> {
            $($name: $kind),+
        }

        /// The columns' names, for the statement.
        pub(crate) const COLUMN_NAMES: &str = columns!(@joined $($name),+);

        impl Columns<'_> {
            fn into_block(self, rows: usize) -> Block {
                let mut block = Block::new([$(stringify!($name)),+].len(), rows);
                $(block.push(stringify!($name), $sql_type, self.$name);)+
                block
            }
        }
    };
    (@joined $first:ident $(, $name:ident)*) => {
        concat!(stringify!($first) $(, ", ", stringify!($name))*)
    };
}

/// For fewer rows a second thread is not worth its start.
const ROWS_FOR_TWO_MIN: usize = 2_000;

columns! {
    org_id: Words<&'a str> = "LowCardinality(String)",
    timestamp: Fixed = "DateTime64(3, 'UTC')",
    id: Fixed = "UUID",
    request_digest: Fixed = "FixedString(16)",
    service_name: Words<&'a str> = "LowCardinality(String)",
    event_name: Words<&'a str> = "LowCardinality(String)",
    action: Words<&'a str> = "LowCardinality(String)",
    outcome: Words<&'a str> = "LowCardinality(String)",
    caller_user_id: Texts = "String",
    caller_user_email: Texts = "String",
    caller_name: Texts = "String",
    caller_token_id: Texts = "String",
    entity_type: Words<&'a str> = "LowCardinality(String)",
    entity_id: Texts = "String",
    entity_name: Texts = "String",
    parent_type: Words<&'a str> = "LowCardinality(String)",
    parent_id: Texts = "String",
    http_method: Words<&'a str> = "LowCardinality(String)",
    http_ip: Texts = "String",
    http_user_agent: Words<&'a str> = "LowCardinality(String)",
    correlation_id: Texts = "String",
    activity: Texts = "String",
    detail: Texts = "String",
    facts: Words<Facts<'a>> = "LowCardinality(String)",
    told: Texts = "String",
    rest: Texts = "String",
    ingested_at: Fixed = "DateTime64(3, 'UTC')",
    expires_at: Fixed = "DateTime64(3, 'UTC')",
}

/// The block of those events of a batch that the indexes name, in their order.
pub(crate) fn event_block(batch: Batch<'_>, indexes: &[usize]) -> Block {
    let columns = if indexes.len() < ROWS_FOR_TWO_MIN {
        plain_columns(batch, indexes).with_packed(packed_columns(batch, indexes))
    } else {
        thread::scope(|scope| {
            // The two packed columns take as long as all the others.
            let packed = scope.spawn(|| packed_columns(batch, indexes));
            let plain = plain_columns(batch, indexes);
            match packed.join() {
                Ok(packed) => plain.with_packed(packed),
                Err(panic) => resume_unwind(panic),
            }
        })
    };
    columns.into_block(indexes.len())
}

fn plain_columns<'a>(batch: Batch<'a>, indexes: &[usize]) -> Columns<'a> {
    let mut columns = Columns::default();
    for &index in indexes {
        columns.push(&batch.events[index], batch.expires_at[index]);
    }
    columns
}

/// What is packed of each event anew. `facts` are so often those of the row before that they take no time.
#[derive(Default)]
struct Packed {
    told: Texts,
    rest: Texts,
}

fn packed_columns(batch: Batch<'_>, indexes: &[usize]) -> Packed {
    let mut packed = Packed::default();
    // Of one event at a time, before it is a column's.
    let (mut told, mut rest) = (Vec::new(), Vec::new());
    for &index in indexes {
        let event = &batch.events[index].event;
        pack(event, &mut told, &mut rest);
        packed.told.push_bytes(&told);
        packed.rest.push_bytes(&rest);
    }
    packed
}

impl<'a> Columns<'a> {
    fn push(&mut self, new: &'a NewEvent, expires_at: Timestamp) {
        let event = &new.event;
        self.org_id.push(&event.org_id);
        self.timestamp
            .push(&event.timestamp.as_millisecond().to_le_bytes());
        self.id.push_uuid(event.id);
        self.request_digest.push(&new.request_digest);
        self.service_name.push(&event.service_name);
        self.event_name.push(&event.event_name);
        self.action.push(event.action.as_str());
        self.outcome.push(event.outcome.as_str());
        self.caller_user_id.push(&event.caller.user_id);
        self.caller_user_email.push(&event.caller.user_email);
        self.caller_name.push(&event.caller.name);
        self.caller_token_id.push(&event.caller.token_id);
        self.entity_type.push(&event.entity.kind);
        self.entity_id.push(&event.entity.id);
        self.entity_name.push(&event.entity.name);
        self.parent_type.push(&event.parent.kind);
        self.parent_id.push(&event.parent.id);
        self.http_method.push(&event.http.method);
        self.http_ip.push(&event.http.ip);
        self.http_user_agent.push(&event.http.user_agent);
        self.correlation_id.push(&event.correlation_id);
        self.activity.push(&event.activity);
        self.detail.push(&event.detail);
        self.facts.push(Facts::of(event));
        self.ingested_at
            .push(&event.ingested_at.as_millisecond().to_le_bytes());
        self.expires_at
            .push(&expires_at.as_millisecond().to_le_bytes());
    }

    fn with_packed(self, Packed { told, rest }: Packed) -> Self {
        Self { told, rest, ..self }
    }
}
