//! The store against a real ClickHouse.

// Clippy knows that tests may unwrap, but not that their helpers may.
#![allow(clippy::unwrap_used)]

#[path = "store/a_minute_and_a_half.rs"]
mod a_minute_and_a_half;
#[path = "store/access.rs"]
mod access;
#[path = "store/backup.rs"]
mod backup;
#[path = "store/bench.rs"]
mod bench;
#[path = "store/cluster.rs"]
mod cluster;
#[path = "store/commands.rs"]
mod commands;
#[path = "store/compression.rs"]
mod compression;
#[path = "store/crashes.rs"]
mod crashes;
#[path = "store/engine.rs"]
mod engine;
#[path = "store/exactly_once.rs"]
mod exactly_once;
#[path = "store/exports.rs"]
mod exports;
#[path = "store/filters.rs"]
mod filters;
#[path = "store/fixture.rs"]
mod fixture;
#[path = "store/indexes.rs"]
mod indexes;
#[path = "store/pages.rs"]
mod pages;
#[path = "store/reader_bounds.rs"]
mod reader_bounds;
#[path = "store/restart.rs"]
mod restart;
#[path = "store/round_trip.rs"]
mod round_trip;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/statistics.rs"]
mod statistics;
