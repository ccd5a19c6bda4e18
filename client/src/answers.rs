//! What the API answers beside single events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::event::{Change, Event};
use crate::search::Range;

/// One page of a search.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Page {
    /// In the order that was asked for.
    pub logs: Vec<Event>,
    /// How many match, where it was asked for.
    pub total: Option<u64>,
    /// Whether there are more than `total`.
    #[serde(default)]
    pub total_is_bounded: bool,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before this one ends.
    pub prev_cursor: Option<String>,
}

/// The most frequent values of fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Facets {
    /// By the field's name.
    pub facets: BTreeMap<String, Vec<CountedValue>>,
}

/// A value, and how many events have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CountedValue {
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// How a histogram is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistogramOptions {
    /// `outcome` or `action`.
    pub by: Option<String>,
    /// `minute`, `hour`, `day`, `week` or `month`.
    pub bucket: Option<String>,
    /// An IANA time zone; UTC unless it is said.
    pub time_zone: Option<String>,
}

/// How many events over time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Histogram {
    /// How wide a bar is.
    pub bucket: String,
    /// By whose clock.
    pub time_zone: String,
    /// Where the range begins; nothing where there is no event.
    pub from: Option<Timestamp>,
    /// Where the range ends.
    pub to: Timestamp,
    /// Oldest first; spans without events are left out.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Bar {
    /// When it begins.
    pub start: Timestamp,
    /// How many events.
    pub count: u64,
    /// The same, divided, where it was asked for.
    #[serde(default)]
    pub by: BTreeMap<String, u64>,
}

/// Which part of a thing's history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryOptions {
    /// When; needed where the API bounds ranges.
    pub timestamp: Range,
    /// In which language sentences are said.
    pub locale: Option<String>,
    /// Whether what is part of it counts, too.
    pub include_children: bool,
    /// How many events a page has, 1 to 200.
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// One page of a thing's history.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct History {
    /// Newest first.
    pub history: Vec<Step>,
    /// Whether there are so many earlier bodies that not all were read: changes may lack what was before. Also true
    /// where the changes of the one event are too long for an answer, and left out.
    #[serde(default)]
    pub changes_are_bounded: bool,
    /// Where older events begin.
    pub next_cursor: Option<String>,
    /// Where newer events begin.
    pub prev_cursor: Option<String>,
}

/// One event, and what it changed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// The event.
    pub log: Event,
    /// `given`, `bodies` or `none`.
    pub changes_from: String,
    /// What it changed.
    pub changes: Vec<Change>,
}
