//! Tests that cross a hop or two, in one program: each of its own would be linked with everything again, and while one
//! waits another goes on.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

mod capture_to_queue;
mod command_line;
mod docs_to_api;
mod document_to_api;
mod queue_to_store;
mod service_to_queue;
mod store_faults;
