//! The service's answers are the same, byte for byte, with and without the layer, whatever happens
//! behind it; and the message goes out after the response and before the next event is asked for.
//!
//! The service runs as a process of its own (this very binary, started once more), against the
//! real `lambda_runtime` and a Runtime API that this process serves; its queue speaks SQS's protocol.

// The whole binary is a test; clippy sees only functions that are marked as one.
#![allow(clippy::unwrap_used)]

mod function;
mod generated;
mod handler;
mod message;
mod order;
mod queue;
mod same;
mod service;

/// The service under test. Started by the tests below with an environment; without it there is
/// nothing to serve.
#[test]
fn service_process() {
    service::run_if_asked_to();
}
