//! The writer: each event is stored exactly once, however often and by how many it is delivered.
//!
//! The deduplication token serves as compare-and-swap. ClickHouse refuses a second block with a
//! token that it has seen; here the token does not name the data, but the state of the month
//! partition that was looked at. Per partition, until every event is decided:
//!
//! 1. *look*: the partition's active parts, as they were at one moment. The *head* is the highest
//!    block number among them. A key can only be in a part whose times include its own, and parts up
//!    to the head of the look before need no second look. Events in order of time meet no such part,
//!    and nothing else is asked. Otherwise the keys of a few new parts are read, or the keys in doubt
//!    are looked up;
//! 2. *insert* what is missing, with a token made of the head. Of all writers that saw the same
//!    head one gets in; ClickHouse answers the others with the same 200. So, from 1: what is there is
//!    acknowledged, and what is not lost the race.
//!
//! **Why an event is never there twice.** An insert gets in only under a token that no insert had
//! before. Block numbers grow, and the head never goes back, because parts that have become empty stay
//! (`remove_empty_parts = 0`). So whoever stores into a partition after a look moves its head, and the
//! token of that look is spent. **Why an acknowledged event is there:** it was seen, in a part, after
//! it got in. A writer that dies has acknowledged nothing, and left either all of its block or none.
//!
//! A token may be spent although the head is where it was, after somebody has removed parts by hand.
//! Then an insert is answered, the head stays, and the rows are not there. The token's second number
//! counts these. It is raised only after ClickHouse has *answered* an insert, because one without an
//! answer may still get in; and the answer says that the token is spent, because any other insert
//! makes a part: one of which all has expired by ClickHouse's clock, too, until a merge empties it.
//!
//! What this relies on: one ClickHouse node; a `non_replicated_deduplication_window` (10,000
//! inserts) longer than what others can store between a writer's 1 and 2, a time that
//! `LOOK_TO_INSERT_MAX` and `max_execution_time` bound; one insert is one block, which the bounds
//! of a chunk and the Native format ensure; a block gets its number after its token was made; and an id
//! belongs to one time.
//!
//! Writers that race waste each other's work, so an insert goes through a *door*: its `query_id` is
//! the partition's own, and ClickHouse refuses a second query of one id before it reads the data.
//! The door only saves work; nothing above relies on it, and after `DOOR_WAIT_MAX` a writer goes
//! round it.

mod chunk;
mod door;
#[cfg(test)]
mod model;
mod storage;
mod table;
mod token;

use daybook_event::AuditEvent;

use crate::admission::Admission;
use crate::connection::{PlainClient, client};
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::ErasureKey;
use crate::error::StoreError;
use door::DoorKey;
pub(crate) use storage::LOOK_TO_STORED_MAX;
use storage::Storage;
use table::ClickHouseTable;

/// How many bytes of a request's digest name the way in which it was made.
pub const DIGEST_WAY_BYTES: usize = 4;

/// An event to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The event. Its id must be made from its time, as [`daybook_event::event_id`] does.
    pub event: AuditEvent,
    /// A digest of the request (method, path, caller, body): a later copy of `(org_id, id)` with
    /// another digest is a conflict, not a copy. Its first [`DIGEST_WAY_BYTES`] bytes name the way
    /// in which it was made; digests made in different ways are not compared.
    pub request_digest: [u8; 16],
}

/// What became of one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stored {
    /// It is stored, by this call; or by another that stored all of the same events while this one
    /// was trying to.
    Inserted,
    /// The same request was stored before, or came earlier in this batch.
    Duplicate,
    /// Another request with the same `(org_id, id)` is stored; this one is not.
    Conflict,
    /// Its `expires_at` has passed: it is not stored, and never will be.
    Expired,
    /// It is of a customer who was erased after it happened: it is not stored, and never will be.
    Erased,
}

/// Stores events. Cheap to clone; clones share connections and do not race each other.
#[derive(Clone, Debug)]
pub struct Writer {
    storage: Storage<ClickHouseTable>,
}

impl Writer {
    /// A writer that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let table = ClickHouseTable(PlainClient::new(endpoint, credentials)?);
        let admission = Admission::new(client(endpoint, credentials)?);
        let door_key = DoorKey::of(endpoint, credentials);
        Ok(Self {
            storage: Storage::new(table, admission, door_key),
        })
    }

    /// The key by which the events of erased persons are known; without it a tenant's events from
    /// before such an erasure wait.
    #[must_use]
    pub fn with_erasure_key(mut self, key: ErasureKey) -> Self {
        self.storage.admission = self.storage.admission.with_key(key);
        self
    }

    /// Stores a batch and says, in its order, what became of each event.
    ///
    /// `Ok` means that every event is stored, or conflicts with a stored one, or has expired or is
    /// erased. How long an event is kept is what its tenant's retention and legal holds say; its own
    /// `expires_at` counts where they say nothing.
    /// After an error any part of the batch may be stored; send all of it again.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] before anything is written; otherwise
    /// [`StoreError::may_succeed_later`] says whether to send the batch again.
    pub async fn insert(&self, events: &[NewEvent]) -> Result<Vec<Stored>, StoreError> {
        self.storage.insert(events).await
    }
}
