//! Which events are stored already: a look at the keys of one month.

use std::collections::HashMap;

use bytes::{Buf, Bytes};
use daybook_event::AuditEvent;
use uuid::Uuid;

use crate::connection::{ExternalTable, ExternalTableClient};
use crate::error::StoreError;

/// How many copies of a key a lookup bears.
const COPIES_MAX: usize = 16;

/// What identifies a stored event, in the order of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EventKey {
    pub(crate) org_id: String,
    pub(crate) timestamp_ms: i64,
    pub(crate) id: Uuid,
}

impl EventKey {
    pub(crate) fn of(event: &AuditEvent) -> Self {
        Self {
            org_id: event.org_id.clone(),
            timestamp_ms: event.timestamp.as_millisecond(),
            id: event.id,
        }
    }
}

/// The digests of those keys that are stored. All keys are of one month.
pub(crate) async fn stored_digests(
    client: &ExternalTableClient,
    keys: &[EventKey],
) -> Result<HashMap<EventKey, [u8; 16]>, StoreError> {
    let Some(first) = keys.iter().map(|key| key.timestamp_ms).min() else {
        return Ok(HashMap::new());
    };
    let last = keys
        .iter()
        .map(|key| key.timestamp_ms)
        .max()
        .unwrap_or(first);
    let mut rows = Vec::with_capacity(keys.len() * 64);
    for key in keys {
        write_key(&mut rows, key);
    }
    let key_bytes_max = keys.iter().map(|key| key.org_id.len()).max().unwrap_or(0) + 64;
    let answer = client
        .query(
            "SELECT org_id, timestamp, id, request_digest FROM events \
             WHERE timestamp >= fromUnixTimestamp64Milli({first:Int64}, 'UTC') \
             AND timestamp <= fromUnixTimestamp64Milli({last:Int64}, 'UTC') \
             AND (org_id, timestamp, id) IN keys",
            &[("first", first.to_string()), ("last", last.to_string())],
            &ExternalTable {
                name: "keys",
                structure: "org_id String, timestamp DateTime64(3, 'UTC'), id UUID",
                rows: &rows,
            },
            // More rows than keys are copies, which must not be there; but a writer that could not
            // look would never store again.
            1_024 + keys.len() * key_bytes_max * COPIES_MAX,
        )
        .await?;
    read_rows(answer)
        .ok_or_else(|| StoreError::UnreadableRow("a key in the lookup's answer".to_owned()))
}

/// RowBinary: <https://clickhouse.com/docs/interfaces/formats/RowBinary>.
fn write_key(rows: &mut Vec<u8>, key: &EventKey) {
    let mut length = key.org_id.len();
    loop {
        // The low seven bits, which a byte holds.
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            rows.push(low);
            break;
        }
        rows.push(low | 0x80);
    }
    rows.extend_from_slice(key.org_id.as_bytes());
    rows.extend_from_slice(&key.timestamp_ms.to_le_bytes());
    let (high, low) = key.id.as_u64_pair();
    rows.extend_from_slice(&high.to_le_bytes());
    rows.extend_from_slice(&low.to_le_bytes());
}

fn read_rows(mut rows: Bytes) -> Option<HashMap<EventKey, [u8; 16]>> {
    let mut digests = HashMap::new();
    while rows.has_remaining() {
        let length = read_length(&mut rows)?;
        if rows.remaining() < length {
            return None;
        }
        let org_id = String::from_utf8(rows.split_to(length).to_vec()).ok()?;
        let key = EventKey {
            org_id,
            timestamp_ms: rows.try_get_i64_le().ok()?,
            id: Uuid::from_u64_pair(rows.try_get_u64_le().ok()?, rows.try_get_u64_le().ok()?),
        };
        let mut digest = [0; 16];
        rows.try_copy_to_slice(&mut digest).ok()?;
        digests.insert(key, digest);
    }
    Some(digests)
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
            let key = EventKey { org_id, timestamp_ms, id: Uuid::from_u128(id) };
            let mut rows = Vec::new();
            write_key(&mut rows, &key);
            rows.extend_from_slice(&digest);
            let read = read_rows(Bytes::from(rows)).unwrap();
            prop_assert_eq!(read, HashMap::from([(key, digest)]));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_rows(Bytes::from(bytes));
        }
    }
}
