//! The door of a partition: a `query_id` that only one insert can have at a time.

use std::ops::RangeInclusive;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;
use crate::insert::storage::in_time;
use crate::insert::table::EventTable;

/// How long a writer waits at a partition's door before it goes round it.
const DOOR_WAIT_MAX: Duration = Duration::from_secs(10);
const DOOR_POLL_MS: RangeInclusive<u64> = 10..=30;
/// ClickHouse's error for a `query_id` that is running.
const QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: u32 = 216;

/// Nobody who does not know it can stand at a writer's door.
#[derive(Debug, Clone, Copy)]
pub(super) struct DoorKey([u8; 32]);

impl DoorKey {
    pub(super) fn of(endpoint: &Endpoint, credentials: &Credentials) -> Self {
        let secret = [&endpoint.database, &credentials.user, &credentials.password]
            .map(String::as_str)
            .join("\0");
        Self::of_secret(&secret)
    }

    pub(super) fn of_secret(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

/// The `query_id` of a partition's inserts.
pub(super) struct Door {
    pub(super) query_id: String,
    waited: Duration,
}

impl Door {
    pub(super) fn of(key: &DoorKey, month: u32) -> Self {
        let mut digest = Sha256::new();
        digest.update(key.0);
        digest.update(month.to_le_bytes());
        let digest = digest.finalize();
        let id = digest[..16]
            .iter()
            .fold(0, |number: u128, &byte| number << 8 | u128::from(byte));
        Self {
            query_id: format!("{id:032x}"),
            waited: Duration::ZERO,
        }
    }

    /// Waits until nobody is at the door, or goes round it from now on.
    pub(super) async fn wait<T: EventTable>(&mut self, table: &T) -> Result<(), StoreError> {
        let began = Instant::now();
        loop {
            sleep(table.pause(DOOR_POLL_MS)).await;
            if !in_time(table.is_running(&self.query_id)).await? {
                break;
            }
            if self.waited + began.elapsed() > DOOR_WAIT_MAX {
                self.query_id = format!("{:032x}", rand::random::<u128>());
                break;
            }
        }
        self.waited += began.elapsed();
        Ok(())
    }
}

/// Whether an insert found somebody at the door.
pub(super) fn is_busy(error: &StoreError) -> bool {
    error.code() == Some(QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)
}
