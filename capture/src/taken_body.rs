//! What a server's handler read of a request body, and the bound of all such copies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the handler read of a request body.
#[derive(Default)]
pub(crate) struct TakenBody {
    /// The first of them.
    pub(crate) bytes: Vec<u8>,
    pub(crate) read_bytes: usize,
    /// Whether the handler read to the end.
    pub(crate) is_whole: bool,
    pub(crate) reserved: Option<Reserved>,
}

impl TakenBody {
    /// How much memory it holds.
    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes.capacity()
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.read_bytes > self.bytes.len()
    }
}

/// The copies of all calls together: however many are under way, their memory has a bound.
pub(crate) struct CopiedBytes {
    pub(crate) bytes: AtomicUsize,
    bytes_max: usize,
}

impl CopiedBytes {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }
}

/// One copy's part of them, as long as there is the copy.
pub(crate) struct Reserved {
    copies: Arc<CopiedBytes>,
    bytes: usize,
}

impl Reserved {
    pub(crate) fn new(copies: Arc<CopiedBytes>) -> Self {
        Self { copies, bytes: 0 }
    }

    /// False where there is no room for so much more.
    pub(crate) fn add(&mut self, bytes: usize) -> bool {
        let before = self.copies.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.copies.bytes_max {
            self.copies.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.copies.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
