//! The query API through its only door: requests into the router, answers out of it.
#![allow(clippy::unwrap_used)] // what is wrong here is the test's own fault

mod support;

mod answers;
mod document;
mod jwt_attacks;
mod process;
mod recording;
mod remote_keys;
mod store_faults;
mod who_asks;
