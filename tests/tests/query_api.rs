//! From the store to the query API's answers: events are written as the normalizer writes them, and
//! asked for over HTTP.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

#[path = "query_api/clients.rs"]
mod clients;
#[path = "query_api/cursors.rs"]
mod cursors;
#[path = "query_api/erasures.rs"]
mod erasures;
#[path = "query_api/exports.rs"]
mod exports;
#[path = "query_api/fixture.rs"]
mod fixture;
#[path = "query_api/history.rs"]
mod history;
#[path = "query_api/hostile_strings.rs"]
mod hostile_strings;
#[path = "query_api/language.rs"]
mod language;
#[path = "query_api/page.rs"]
mod page;
#[path = "query_api/search_bar.rs"]
mod search_bar;
#[path = "query_api/statistics.rs"]
mod statistics;
#[path = "query_api/tenants.rs"]
mod tenants;
#[path = "query_api/too_long.rs"]
mod too_long;
