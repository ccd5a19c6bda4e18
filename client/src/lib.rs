//! A typed client of Daybook's query API: search, single events, histories, facets, histograms,
//! exports and erasures.
//!
//! ```no_run
//! use daybook_client::{Client, Search};
//! use futures::TryStreamExt as _;
//!
//! # async fn example() -> Result<(), daybook_client::ClientError> {
//! let client = Client::new("https://audit.example.com", "a token")?;
//! let search = Search::query("action:delete outcome:denied after:-7d");
//! let mut events = std::pin::pin!(client.events(search));
//! while let Some(event) = events.try_next().await? {
//!     println!("{} {}", event.timestamp, event.activity);
//! }
//! # Ok(()) }
//! ```
//!
//! **Invariant:** it knows the API's document and nothing else of Daybook.

mod answers;
mod client;
mod erasure;
mod error;
mod event;
mod export;
mod search;
mod transport;

pub use answers::{
    Bar, CountedValue, Facets, Histogram, HistogramOptions, History, HistoryOptions, Page, Step,
};
pub use client::Client;
pub use erasure::{CopiesUntil, Erasure, MonthRows, Preview, Reached, Receipt, Subject};
pub use error::{ClientError, FieldProblem, Problem};
pub use event::{ActivityPart, Caller, Change, Entity, Event, HttpRequest};
pub use export::{ExportFormat, ExportLine};
pub use search::{Condition, Direction, EntityFilter, Range, Search, Total, UserFilter};
