//! A row of the events table, and the way between it and an audit event.

use clickhouse::Row;
use daybook_event::AuditEvent;
use jiff::Timestamp;
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use uuid::Uuid;

use crate::error::StoreError;
use crate::packed::{LastFacts, unpack};

/// What the reader selects: the one column of the view that is the whole event.
#[derive(Debug, Row, Deserialize)]
pub(crate) struct EventColumn<'a> {
    #[serde(borrow, deserialize_with = "from_tuple")]
    pub(crate) event: EventRow<'a>,
}

fn from_tuple<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventRow<'de>, D::Error> {
    EventRow::deserialize(StructOfTuple(deserializer))
}

/// Reads a struct out of a tuple, which is the nearest that ClickHouse has.
struct StructOfTuple<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for StructOfTuple<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The view's column `event`: all of its other columns, in this order. It never gets another shape, which
/// an older reader could not read: that would be another column. It borrows from the bytes that are
/// read; times are in milliseconds.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Row))]
pub(crate) struct EventRow<'a> {
    org_id: &'a str,
    timestamp: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    service_name: &'a str,
    event_name: &'a str,
    action: &'a str,
    outcome: &'a str,
    caller_user_id: &'a str,
    caller_user_email: &'a str,
    caller_name: &'a str,
    caller_token_id: &'a str,
    entity_type: &'a str,
    entity_id: &'a str,
    entity_name: &'a str,
    parent_type: &'a str,
    parent_id: &'a str,
    http_method: &'a str,
    http_ip: &'a str,
    http_user_agent: &'a str,
    correlation_id: &'a str,
    activity: &'a str,
    detail: &'a str,
    facts: &'a str,
    told: &'a str,
    rest: &'a str,
    ingested_at: i64,
    expires_at: i64,
}

impl EventRow<'_> {
    /// How long the columns are that may be long. An answer with all of the event is longer.
    pub(crate) fn bytes(&self) -> usize {
        self.detail.len() + self.told.len() + self.rest.len()
    }

    /// The event that was stored.
    pub(crate) fn to_event(&self) -> Result<AuditEvent, StoreError> {
        let mut event = AuditEvent::default();
        self.write_to(&mut event, &mut LastFacts::default())?;
        Ok(event)
    }

    /// Makes `event` the one that was stored. What memory it has is used again: an export has millions
    /// of them.
    pub(crate) fn write_to(
        &self,
        event: &mut AuditEvent,
        last_facts: &mut LastFacts,
    ) -> Result<(), StoreError> {
        event.id = self.id;
        event.timestamp = time(self.timestamp)?;
        event.ingested_at = time(self.ingested_at)?;
        event.expires_at = time(self.expires_at)?;
        event.action = word(self.action)?;
        event.outcome = word(self.outcome)?;
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
            (&mut event.http.method, self.http_method),
            (&mut event.http.ip, self.http_ip),
            (&mut event.http.user_agent, self.http_user_agent),
            (&mut event.correlation_id, self.correlation_id),
            (&mut event.activity, self.activity),
            (&mut event.detail, self.detail),
        ] {
            stored.clone_into(text);
        }
        unpack(event, last_facts.of(self.facts), self.told, self.rest).map_err(unreadable)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::view_statement;

    #[test]
    fn the_view_has_the_columns_of_a_row_in_its_order() {
        let statement = view_statement();
        let (_, columns) = statement.split_once("AS SELECT").unwrap();
        let (plain, event) = columns.split_once("tuple(").unwrap();
        let (event, _) = event.split_once(')').unwrap();
        let names = |text: &str| -> Vec<String> {
            let names = text.split(',').map(|name| name.trim().to_owned());
            names.filter(|name| !name.is_empty()).collect()
        };
        assert_eq!(names(event), EventRow::COLUMN_NAMES);
        assert_eq!(names(plain), EventRow::COLUMN_NAMES);
    }
}
