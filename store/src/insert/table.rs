//! What a writer asks of ClickHouse, of the clock and of chance.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;

use crate::connection::{InsertBody, PlainClient};
use crate::error::StoreError;
use crate::event_block::{COLUMN_NAMES, event_block};
use crate::lookup::{
    EventKey, Part, Seen, StoredKey, is_running, keys_of_parts, look_at, stored_keys,
};
use crate::plan::Batch;
use crate::tenant::TENANT_BYTES_MAX;

/// What ClickHouse may take for an insert.
pub(super) const INSERT_SECONDS_MAX: u64 = 30;
const KEY_BYTES_MAX: usize = TENANT_BYTES_MAX + 64;

/// The table of events, as a writer needs it. What a model of it promises, ClickHouse must do.
pub(crate) trait EventTable: Sync {
    /// A block, ready to be sent as often as need be.
    type Block: Send + Sync;

    /// Makes a block of those events that the indexes name.
    fn block(&self, batch: Batch<'_>, indexes: &[usize]) -> Result<Self::Block, StoreError>;

    /// The active parts of a month and the version of the rules, as they were at one moment.
    fn look_at(&self, month: u32) -> impl Future<Output = Result<Seen, StoreError>> + Send;

    /// Every key in these parts; nothing where one of them is no longer there.
    fn keys_of_parts(
        &self,
        month: u32,
        parts: &[&Part],
    ) -> impl Future<Output = Result<Option<Vec<StoredKey>>, StoreError>> + Send;

    /// Those of the keys that are stored. All keys are of one month.
    fn stored_keys(
        &self,
        keys: &[EventKey<'_>],
    ) -> impl Future<Output = Result<Vec<StoredKey>, StoreError>> + Send;

    /// Stores the block as a whole, unless the token was used before: that is an `Ok`, too. After an
    /// error it may be stored later, up to [`INSERT_SECONDS_MAX`] after it was sent.
    fn insert(
        &self,
        block: &Self::Block,
        token: &str,
        query_id: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether a query of this id is running.
    fn is_running(&self, query_id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The writer's clock.
    fn now(&self) -> Timestamp;

    /// So many milliseconds as chance says.
    fn pause(&self, milliseconds: RangeInclusive<u64>) -> Duration;
}

/// The table in ClickHouse.
#[derive(Debug, Clone)]
pub(super) struct ClickHouseTable(pub(super) PlainClient);

impl EventTable for ClickHouseTable {
    type Block = InsertBody;

    fn block(&self, batch: Batch<'_>, indexes: &[usize]) -> Result<InsertBody, StoreError> {
        self.0.insert_body(event_block(batch, indexes))
    }

    async fn look_at(&self, month: u32) -> Result<Seen, StoreError> {
        look_at(&self.0, month).await
    }

    async fn keys_of_parts(
        &self,
        month: u32,
        parts: &[&Part],
    ) -> Result<Option<Vec<StoredKey>>, StoreError> {
        keys_of_parts(&self.0, month, parts, KEY_BYTES_MAX).await
    }

    async fn stored_keys(&self, keys: &[EventKey<'_>]) -> Result<Vec<StoredKey>, StoreError> {
        stored_keys(&self.0, keys, KEY_BYTES_MAX).await
    }

    async fn insert(
        &self,
        block: &InsertBody,
        token: &str,
        query_id: &str,
    ) -> Result<(), StoreError> {
        let seconds_max = INSERT_SECONDS_MAX.to_string();
        let settings = [
            ("async_insert", "0"),
            ("insert_deduplicate", "1"),
            ("deduplicate_insert", "enable"),
            ("insert_deduplication_token", token),
            ("max_execution_time", &seconds_max),
            // Merges make them: an insert is not worth the wait, and its part is soon merged.
            ("materialize_skip_indexes_on_insert", "0"),
            ("query_id", query_id),
        ];
        let sql = format!("INSERT INTO events ({COLUMN_NAMES}) FORMAT Native");
        self.0.insert(&sql, &settings, block).await
    }

    async fn is_running(&self, query_id: &str) -> Result<bool, StoreError> {
        is_running(&self.0, query_id).await
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn pause(&self, milliseconds: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(rand::random_range(milliseconds))
    }
}
