//! What is stored of the tests' messages, and their dead letters.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::Mutex;

use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use daybook_normalizer::message::{Message, decode};
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_store::NewEvent;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

/// When the messages are normalized, and most of their calls were.
pub(crate) const NOW_MS: i64 = 1_795_379_689_123;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(NOW_MS).unwrap()
}

/// The event of a queue message, as it is stored.
pub(crate) fn new_event(message: &Value, index: &Index, settings: &Settings) -> NewEvent {
    let message = decode(&message.to_string()).unwrap();
    new_event_of(&message, index, settings)
}

/// The same of a message that is decoded.
pub(crate) fn new_event_of(message: &Message, index: &Index, settings: &Settings) -> NewEvent {
    match normalize(message, index, settings, now()).unwrap() {
        Normalized::Event(new) => *new,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

/// Dead letters, kept in memory.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Mutex<Vec<DeadLetter>>);

impl DeadLetters for Kept {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        let kept = vec![true; letters.len()];
        self.0.lock().unwrap().extend(letters);
        Box::pin(async move { kept })
    }
}
