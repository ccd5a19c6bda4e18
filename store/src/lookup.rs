//! Which events of a month are stored already: the parts of its partition, and the keys in them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use bytes::{Buf, Bytes};
use daybook_event::AuditEvent;
use uuid::Uuid;

use crate::connection::{ExternalTable, PlainClient};
use crate::error::StoreError;
use crate::native::write_text;

/// How many copies of a key a lookup bears.
const COPIES_MAX: usize = 16;
/// Most bytes of a list of parts; a partition has at most a few thousand.
const PARTS_BYTES_MAX: usize = 16 << 20;
/// Of an answer of one row.
const ANSWER_BYTES_MAX: usize = 1 << 10;
/// The last second that ClickHouse's `DateTime`, in which parts say their times, can hold.
const SECOND_MAX: i64 = u32::MAX as i64;

/// What identifies a stored event, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EventKey<'a> {
    pub(crate) org_id: &'a str,
    pub(crate) timestamp_ms: i64,
    pub(crate) id: Uuid,
}

impl<'a> EventKey<'a> {
    pub(crate) fn of(event: &'a AuditEvent) -> Self {
        Self {
            org_id: &event.org_id,
            timestamp_ms: event.timestamp.as_millisecond(),
            id: event.id,
        }
    }

    /// What the table is sorted by.
    pub(crate) fn table_order(self) -> TableOrder<'a> {
        let name = self.org_id.as_bytes();
        let (start, org_rest) = name.split_at(name.len().min(16));
        let mut org_start = [0; 16];
        org_start[..start.len()].copy_from_slice(start);
        let (id_high, id_low) = self.id.as_u64_pair();
        TableOrder {
            org_start: u128::from_be_bytes(org_start),
            org_rest,
            org_bytes: name.len(),
            timestamp_ms: self.timestamp_ms,
            id_low,
            id_high,
        }
    }
}

/// A key as ClickHouse compares it: the tenant's name, the time, and a UUID by its second half first.
///
/// The names of a batch lie apart in memory, and to fetch them for each comparison takes longer than all
/// else in a sort. So they begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableOrder<'a> {
    /// Filled with zeros where it is shorter, and then `org_bytes` decides.
    org_start: u128,
    org_rest: &'a [u8],
    org_bytes: usize,
    pub(crate) timestamp_ms: i64,
    id_low: u64,
    id_high: u64,
}

/// A stored event's key and the digest of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredKey {
    pub(crate) org_id: String,
    pub(crate) timestamp_ms: i64,
    pub(crate) id: Uuid,
    pub(crate) request_digest: [u8; 16],
}

impl StoredKey {
    pub(crate) fn key(&self) -> EventKey<'_> {
        EventKey {
            org_id: &self.org_id,
            timestamp_ms: self.timestamp_ms,
            id: self.id,
        }
    }
}

/// The last block of each table of rules: it changes with each rule that is added.
pub(crate) type RulesVersion = BTreeMap<String, i64>;

/// What a look at a month sees, all of it as it was at one moment.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The month's active parts.
    pub(crate) parts: Vec<Part>,
    pub(crate) rules: RulesVersion,
}

/// One active part of a partition. What is in a part of a name never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// The newest insert that is in it.
    pub(crate) last_block: i64,
    pub(crate) rows: u64,
    pub(crate) first_second: i64,
    pub(crate) last_second: i64,
}

impl Part {
    /// Whether an event of these times, in milliseconds, can be in it.
    pub(crate) fn may_hold(&self, times: RangeInclusive<i64>) -> bool {
        let first = times.start().div_euclid(1_000);
        let last = times.end().div_euclid(1_000);
        // A part that does not know its times says zero, and one of later years says nonsense.
        let knows =
            self.last_second > 0 && self.first_second <= self.last_second && last < SECOND_MAX;
        !knows || (first <= self.last_second && self.first_second <= last)
    }
}

/// Whether a query of this id is running.
pub(crate) async fn is_running(client: &PlainClient, query_id: &str) -> Result<bool, StoreError> {
    let answer = client
        .query(
            "SELECT toUInt8(count() > 0) FROM system.processes WHERE query_id = {id:String}",
            &[],
            &[("id", query_id.to_owned())],
            None,
            ANSWER_BYTES_MAX,
        )
        .await?;
    Ok(answer.first() == Some(&1))
}

/// The active parts of a month, and the version of the rules by which events are let in.
pub(crate) async fn look_at(client: &PlainClient, month: u32) -> Result<Seen, StoreError> {
    let answer = client
        .query(
            "SELECT table, name, max_block_number, rows, toUnixTimestamp(min_time), \
             toUnixTimestamp(max_time) FROM system.parts \
             WHERE database = {database:String} AND active \
             AND ((table = 'events' AND partition_id = {month:String}) \
             OR table IN ('erasures', 'retention', 'legal_holds'))",
            &[],
            &[
                ("database", client.database().to_owned()),
                ("month", month.to_string()),
            ],
            None,
            PARTS_BYTES_MAX,
        )
        .await?;
    let rows = read_all(answer, |bytes| {
        let table = read_text(bytes)?;
        Some((
            table,
            Part {
                name: read_text(bytes)?,
                last_block: bytes.try_get_i64_le().ok()?,
                rows: bytes.try_get_u64_le().ok()?,
                first_second: i64::from(bytes.try_get_u32_le().ok()?),
                last_second: i64::from(bytes.try_get_u32_le().ok()?),
            },
        ))
    })?;
    let mut seen = Seen::default();
    for (table, part) in rows {
        if table == "events" {
            seen.parts.push(part);
        } else {
            let last_block = seen.rules.entry(table).or_default();
            *last_block = part.last_block.max(*last_block);
        }
    }
    Ok(seen)
}

/// Every key in these parts of a month; nothing where one of them is no longer there, merged into
/// another.
pub(crate) async fn keys_of_parts(
    client: &PlainClient,
    month: u32,
    parts: &[&Part],
    key_bytes_max: usize,
) -> Result<Option<Vec<StoredKey>>, StoreError> {
    let rows: u64 = parts.iter().map(|part| part.rows).sum();
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    // Names of parts are digits and underscores: nothing in them has to be escaped.
    let names: Vec<_> = parts
        .iter()
        .map(|part| format!("'{}'", part.name))
        .collect();
    let answer = client
        .query(
            "SELECT org_id, timestamp, id, request_digest FROM events \
             WHERE _partition_id = {month:String} AND _part IN {parts:Array(String)}",
            &[("use_query_condition_cache", "0"), ("max_threads", "1")],
            &[
                ("month", month.to_string()),
                ("parts", format!("[{}]", names.join(","))),
            ],
            None,
            rows.saturating_mul(key_bytes_max).saturating_add(1_024),
        )
        .await?;
    let keys = read_all(answer, read_key)?;
    Ok((keys.len() == rows).then_some(keys))
}

/// Those of the keys that are stored. All keys are of one month.
pub(crate) async fn stored_keys(
    client: &PlainClient,
    keys: &[EventKey<'_>],
    key_bytes_max: usize,
) -> Result<Vec<StoredKey>, StoreError> {
    let times = || keys.iter().map(|key| key.timestamp_ms);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::with_capacity(keys.len() * 64);
    for key in keys {
        write_key(&mut rows, key);
    }
    let answer = client
        .query(
            "SELECT org_id, timestamp, id, request_digest FROM events \
             WHERE timestamp >= fromUnixTimestamp64Milli({first:Int64}, 'UTC') \
             AND timestamp <= fromUnixTimestamp64Milli({last:Int64}, 'UTC') \
             AND (org_id, timestamp, id) IN keys",
            &[("use_query_condition_cache", "0")],
            &[("first", first.to_string()), ("last", last.to_string())],
            Some(&ExternalTable {
                name: "keys",
                structure: "org_id String, timestamp DateTime64(3, 'UTC'), id UUID",
                rows: &rows,
            }),
            // More rows than keys are copies, which must not be there; but a writer that could not
            // look would never store again.
            1_024 + keys.len() * key_bytes_max * COPIES_MAX,
        )
        .await?;
    read_all(answer, read_key)
}

/// RowBinary: <https://clickhouse.com/docs/interfaces/formats/RowBinary>.
fn write_key(rows: &mut Vec<u8>, key: &EventKey<'_>) {
    write_text(rows, key.org_id.as_bytes());
    rows.extend_from_slice(&key.timestamp_ms.to_le_bytes());
    let (high, low) = key.id.as_u64_pair();
    rows.extend_from_slice(&high.to_le_bytes());
    rows.extend_from_slice(&low.to_le_bytes());
}

fn read_key(rows: &mut Bytes) -> Option<StoredKey> {
    let org_id = read_text(rows)?;
    let timestamp_ms = rows.try_get_i64_le().ok()?;
    let id = Uuid::from_u64_pair(rows.try_get_u64_le().ok()?, rows.try_get_u64_le().ok()?);
    let mut request_digest = [0; 16];
    rows.try_copy_to_slice(&mut request_digest).ok()?;
    Some(StoredKey {
        org_id,
        timestamp_ms,
        id,
        request_digest,
    })
}

fn read_all<T>(
    mut rows: Bytes,
    read: impl Fn(&mut Bytes) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    while rows.has_remaining() {
        let row = read(&mut rows)
            .ok_or_else(|| StoreError::UnreadableRow("a row of a lookup's answer".to_owned()))?;
        all.push(row);
    }
    Ok(all)
}

fn read_text(rows: &mut Bytes) -> Option<String> {
    let length = read_length(rows)?;
    if rows.remaining() < length {
        return None;
    }
    String::from_utf8(rows.split_to(length).to_vec()).ok()
}

fn read_length(rows: &mut Bytes) -> Option<usize> {
    let mut length = 0_usize;
    for shift in [0, 7, 14, 21] {
        let byte = rows.try_get_u8().ok()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None // longer than any tenant's name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            org_id in "\\PC{0,200}", timestamp_ms in any::<i64>(), id in any::<u128>(),
            digest in any::<[u8; 16]>(),
        ) {
            let key = EventKey { org_id: &org_id, timestamp_ms, id: Uuid::from_u128(id) };
            let mut rows = Vec::new();
            write_key(&mut rows, &key);
            rows.extend_from_slice(&digest);
            let read = read_all(Bytes::from(rows), read_key).unwrap();
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(read[0].key(), key);
            prop_assert_eq!(read[0].request_digest, digest);
        }

        #[test]
        fn keys_are_in_the_order_of_the_table(
            names in prop::array::uniform2("[a-b\0]{0,18}"), times in prop::array::uniform2(0..3_i64),
            ids in prop::array::uniform2(prop::array::uniform2(0..3_u64)),
        ) {
            let key = |place: usize| EventKey {
                org_id: &names[place],
                timestamp_ms: times[place],
                id: Uuid::from_u64_pair(ids[place][0], ids[place][1]),
            };
            let plain = |place: usize| (&names[place], times[place], ids[place][1], ids[place][0]);
            let order = key(0).table_order().cmp(&key(1).table_order());
            prop_assert_eq!(order, plain(0).cmp(&plain(1)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_all(Bytes::from(bytes), read_key);
        }
    }

    fn part(first_second: i64, last_second: i64) -> Part {
        Part {
            name: "202611_1_1_0".to_owned(),
            last_block: 1,
            rows: 1,
            first_second,
            last_second,
        }
    }

    #[test]
    fn a_part_holds_the_whole_of_its_first_and_last_second() {
        let part = part(100, 200);
        for (ms, expected) in [
            (99_999, false),
            (100_000, true),
            (200_999, true),
            (201_000, false),
        ] {
            assert_eq!(part.may_hold(ms..=ms), expected, "{ms}");
        }
        assert!(part.may_hold(0..=1_000_000));
        assert!(!part.may_hold(0..=99_999));
    }

    #[test]
    fn a_part_that_does_not_know_its_times_may_hold_anything() {
        assert!(part(0, 0).may_hold(5_000_000..=5_000_000));
        // The seconds of these times do not fit into what a part says.
        let later = (SECOND_MAX + 7) * 1_000;
        assert!(part(100, 200).may_hold(later..=later));
    }
}
