//! JSON as text, within a bound.

use std::io;

use serde_json::Value;

/// The JSON as text; none where that is longer than it may be.
pub(crate) fn written(json: &Value, bytes_max: usize) -> Option<String> {
    let mut text = Bounded {
        bytes: Vec::new(),
        bytes_max,
    };
    serde_json::to_writer(&mut text, json).ok()?;
    String::from_utf8(text.bytes).ok()
}

/// Takes no more than it may: what is too long is not written to its end.
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.bytes_max - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
