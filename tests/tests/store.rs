//! The store against a real ClickHouse.

#[path = "store/exactly_once.rs"]
mod exactly_once;
#[path = "store/fixture.rs"]
mod fixture;

