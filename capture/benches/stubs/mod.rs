//! What is on either side of the measured layer, as cheap as can be.

use std::future::ready;
use std::hint::black_box;

use daybook_capture::{Message, Sink, SinkError};
use futures::FutureExt;
use futures::future::BoxFuture;

/// What the handlers answer.
pub(crate) const RESPONSE: &str =
    r#"{"id":"ord_7","name":"Order 7","state":"open","total":1497.0}"#;

/// A queue that answers at once.
pub(crate) struct StubbedSink;

impl Sink for StubbedSink {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        black_box(messages);
        ready(Ok(())).boxed()
    }
}

/// Sending has a timeout, and so has a function, which need a clock.
pub(crate) fn clock() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}
