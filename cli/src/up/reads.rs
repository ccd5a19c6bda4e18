//! The reads of this program's own query API, on their way to its own log: captured as any service's
//! calls, and stored through the intake's batches.

use std::error::Error;

use daybook_capture::{Capture, ConfigError, Message, ServerCapture, Sink, SinkError};
use daybook_query_api::capture_of_reads;
use futures::future::{BoxFuture, FutureExt as _};

use super::batcher::{Batcher, Fate};
use super::documents::OWN_HOST;

/// Captures reads and stores them through the batcher.
///
/// # Errors
/// Never, with the settings of here.
pub(crate) fn capture(batcher: Batcher) -> Result<ServerCapture, ConfigError> {
    let capture = capture_of_reads(Capture::builder().sink(Reads { batcher })).build()?;
    ServerCapture::builder(capture)
        .domain_name(OWN_HOST)
        .build()
}

struct Reads {
    batcher: Batcher,
}

impl Sink for Reads {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        async move {
            let bodies = messages.into_iter().map(Message::into_body).collect();
            let fates = self.batcher.store(bodies).await;
            let lost = fates.iter().filter_map(|fate| match fate {
                Fate::Failed(reason) => Some(reason.clone()),
                Fate::Accepted | Fate::Dropped => None,
            });
            let lost: Vec<String> = lost.collect();
            match lost.first() {
                None => Ok(()),
                Some(reason) => {
                    let source: Box<dyn Error + Send + Sync> = reason.clone().into();
                    Err(SinkError::new(lost.len(), source))
                }
            }
        }
        .boxed()
    }
}
