//! Lines out of a stream of bytes, each bounded, however the bytes are cut into chunks.

use bytes::{Bytes, BytesMut};

/// One line of the stream, numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) number: u64,
    /// Without its end; of a line over the bound, its beginning.
    pub(crate) bytes: Bytes,
    /// How many bytes the whole line has.
    pub(crate) total_bytes: usize,
}

/// Cuts chunks into lines. Empty lines are counted and passed over; of a line over the bound only
/// one byte more than the bound is kept, as the last one of a line that is not may be the `\r` of its end.
#[derive(Debug)]
pub(crate) struct LineSplitter {
    line_bytes_max: usize,
    number: u64,
    partial: BytesMut,
    partial_total_bytes: usize,
}

impl LineSplitter {
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self {
            line_bytes_max,
            number: 0,
            partial: BytesMut::new(),
            partial_total_bytes: 0,
        }
    }

    /// Takes the next chunk and gives the lines that it ends.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            self.keep(&rest[..end]);
            lines.extend(self.finish());
            rest = &rest[end + 1..];
        }
        self.keep(rest);
        lines
    }

    /// The last line, where the stream ends without a line end.
    pub(crate) fn finish(&mut self) -> Option<Line> {
        self.number += 1;
        let mut total_bytes = std::mem::take(&mut self.partial_total_bytes);
        let mut bytes = self.partial.split().freeze();
        if bytes.len() == total_bytes && bytes.last() == Some(&b'\r') {
            total_bytes -= 1;
            bytes.truncate(total_bytes);
        }
        // Of a line over the bound nobody knows what comes behind the blanks.
        let is_line = total_bytes > self.line_bytes_max || !bytes.trim_ascii().is_empty();
        is_line.then_some(Line {
            number: self.number,
            bytes,
            total_bytes,
        })
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.partial_total_bytes += bytes.len();
        let kept_bytes_max = self.line_bytes_max.saturating_add(1);
        let room = kept_bytes_max.saturating_sub(self.partial.len());
        self.partial
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&str], line_bytes_max: usize) -> Vec<(u64, String)> {
        let mut splitter = LineSplitter::new(line_bytes_max);
        let mut lines: Vec<Line> = chunks
            .iter()
            .flat_map(|chunk| splitter.push(chunk.as_bytes()))
            .collect();
        lines.extend(splitter.finish());
        lines
            .into_iter()
            .map(|line| (line.number, String::from_utf8(line.bytes.to_vec()).unwrap()))
            .collect()
    }

    #[test]
    fn lines_are_the_same_however_the_stream_is_cut() {
        let text = "one\r\n\n  \nfour\nfive\r";
        let whole = split(&[text], 10);
        assert_eq!(
            whole,
            [
                (1, "one".to_owned()),
                (4, "four".to_owned()),
                (5, "five".to_owned())
            ]
        );
        for cut in 0..text.len() {
            assert_eq!(split(&[&text[..cut], &text[cut..]], 10), whole);
        }
    }

    #[test]
    fn of_a_long_line_the_beginning_and_the_length_are_kept() {
        let mut splitter = LineSplitter::new(4);
        let mut lines = splitter.push(b"abcdefgh");
        lines.extend(splitter.push(b"ijk\nnext\n"));
        let kept: Vec<(&[u8], usize)> = lines
            .iter()
            .map(|line| (line.bytes.as_ref(), line.total_bytes))
            .collect();
        assert_eq!(kept, [(b"abcde".as_slice(), 11), (b"next".as_slice(), 4)]);
    }

    #[test]
    fn the_end_of_a_line_is_no_part_of_its_length_and_blanks_are() {
        let mut splitter = LineSplitter::new(4);
        let lines = splitter.push(b"abcd\r\nabcde\r\n    \r\n     {}\n\r\nabcd\r\r\n");
        let kept: Vec<(u64, usize)> = lines
            .iter()
            .map(|line| (line.number, line.total_bytes))
            .collect();
        assert_eq!(kept, [(1, 4), (2, 6), (4, 7), (6, 6)]);
        assert_eq!(lines[0].bytes.as_ref(), b"abcd");
    }
}
