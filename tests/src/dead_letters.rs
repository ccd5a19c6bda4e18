//! Dead letters that stay in memory, for the batch handler without its queue.

use std::sync::{Mutex, MutexGuard, PoisonError};

use daybook_normalizer::dead_letter::{DeadLetter, DeadLetters};
use futures::future::BoxFuture;

/// All that were kept so far.
#[derive(Default)]
pub struct KeptInMemory(Mutex<Vec<DeadLetter>>);

impl KeptInMemory {
    /// In the order in which they came.
    pub fn letters(&self) -> MutexGuard<'_, Vec<DeadLetter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeadLetters for KeptInMemory {
    fn keep(&self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Vec<bool>> {
        let kept = vec![true; letters.len()];
        self.letters().extend(letters);
        Box::pin(async move { kept })
    }
}
