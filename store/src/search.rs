//! What a page is: the question for one, and the answer.

use daybook_event::AuditEvent;
use jiff::Timestamp;
use uuid::Uuid;

use crate::filter::Filter;

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
    /// How many bytes of them at most, as they are stored: a page that has more ends before it is full, but with no fewer than one.
    pub bytes_max: usize,
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
            bytes_max: usize::MAX,
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

impl Sort {
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::TimestampDescending | Self::TimestampAscending => "timestamp",
            Self::IngestedAscending => "ingested_at",
        }
    }

    pub(crate) fn is_descending(self) -> bool {
        self == Self::TimestampDescending
    }
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
    /// Whether it ended before it was full, because of [`Search::bytes_max`].
    pub is_cut: bool,
    /// Where the next page begins; nothing where this is the last for now.
    pub next: Option<Position>,
    /// Where the page before this one ends; nothing where this is the first.
    pub prev: Option<Position>,
}
