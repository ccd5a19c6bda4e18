//! ClickHouse's Native format: a block of columns, which the server takes in without parsing rows.
//!
//! <https://clickhouse.com/docs/interfaces/formats/Native>; the types stand beside the names, so
//! that the server checks them. One block is one insert's block, which a token covers whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use bytes::Bytes;
use foldhash::fast::RandomState;
use uuid::Uuid;

/// A column that is being filled, a row at a time.
pub(crate) trait Column {
    /// The column's data as it stands in a block.
    fn into_bytes(self) -> Vec<u8>;
}

/// A block, in the pieces that it was made in: a block is megabytes, and to put them together would be
/// to copy each.
pub(crate) struct Block(Vec<Bytes>);

impl Block {
    /// The head of a block.
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        let mut head = Vec::new();
        write_length(&mut head, columns);
        write_length(&mut head, rows);
        Self(vec![head.into()])
    }

    /// Adds a column with its name and type.
    pub(crate) fn push(&mut self, name: &str, sql_type: &str, column: impl Column) {
        let mut head = Vec::with_capacity(64);
        write_text(&mut head, name.as_bytes());
        write_text(&mut head, sql_type.as_bytes());
        self.0.push(head.into());
        self.0.push(column.into_bytes().into());
    }

    pub(crate) fn into_pieces(self) -> Vec<Bytes> {
        self.0
    }
}

/// Values of a fixed width, in little-endian bytes.
#[derive(Default)]
pub(crate) struct Fixed(Vec<u8>);

impl Fixed {
    pub(crate) fn push(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    pub(crate) fn push_uuid(&mut self, id: Uuid) {
        let (high, low) = id.as_u64_pair();
        self.push(&high.to_le_bytes());
        self.push(&low.to_le_bytes());
    }
}

impl Column for Fixed {
    fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// `String`.
#[derive(Default)]
pub(crate) struct Texts(Vec<u8>);

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    pub(crate) fn push_bytes(&mut self, text: &[u8]) {
        write_text(&mut self.0, text);
    }
}

impl Column for Texts {
    fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What stands for a text in a column of few distinct ones.
pub(crate) trait Word: Clone + Default + Eq + Hash {
    /// The text; an empty one of the default alone.
    fn text(&self) -> Cow<'_, str>;
}

impl Word for &str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

/// `LowCardinality(String)`: each distinct text once, and for each row the place of its own.
pub(crate) struct Words<W> {
    /// Place 0 is the empty text, as ClickHouse expects.
    dictionary: Vec<W>,
    /// Its seed is random and nobody sees a hash: words cannot be chosen so that they collide.
    places: HashMap<W, u32, RandomState>,
    rows: Vec<u32>,
    last: (W, u32),
}

impl<W: Word> Default for Words<W> {
    fn default() -> Self {
        Self {
            dictionary: vec![W::default()],
            places: HashMap::default(),
            rows: Vec::new(),
            last: (W::default(), 0),
        }
    }
}

impl<W: Word> Words<W> {
    pub(crate) fn push(&mut self, word: W) {
        // Neighbours are mostly alike.
        if self.last.0 != word {
            let place = self.place(&word);
            self.last = (word, place);
        }
        self.rows.push(self.last.1);
    }

    fn place(&mut self, word: &W) -> u32 {
        if *word == W::default() {
            return 0;
        }
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let place = u32::try_from(self.dictionary.len()).unwrap_or(u32::MAX);
        self.dictionary.push(word.clone());
        self.places.insert(word.clone(), place);
        place
    }
}

impl<W: Word> Column for Words<W> {
    fn into_bytes(self) -> Vec<u8> {
        /// Additional keys follow, and the dictionary is new.
        const FLAGS: u64 = 1 << 9 | 1 << 10;
        let mut bytes = Vec::with_capacity(64 + 4 * self.rows.len());
        let mut number = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
        // The version of the serialization.
        number(1);
        if self.rows.is_empty() {
            return bytes;
        }
        // The width of a place: 0 is one byte, 1 is two, 2 is four.
        let width = match self.dictionary.len() {
            0..=0x100 => 0,
            0x101..=0x1_0000 => 1,
            _ => 2,
        };
        number(FLAGS | width);
        number(self.dictionary.len() as u64);
        for word in &self.dictionary {
            write_text(&mut bytes, word.text().as_bytes());
        }
        bytes.extend_from_slice(&(self.rows.len() as u64).to_le_bytes());
        let bytes_per_place = 1 << width;
        for place in self.rows {
            bytes.extend_from_slice(&place.to_le_bytes()[..bytes_per_place]);
        }
        bytes
    }
}

/// A length as ClickHouse writes it (LEB128), then the bytes.
pub(crate) fn write_text(bytes: &mut Vec<u8>, text: &[u8]) {
    write_length(bytes, text.len());
    bytes.extend_from_slice(text);
}

fn write_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        // The low seven bits, which a byte holds.
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_what_clickhouse_writes() {
        // SELECT 'b' :: LowCardinality(String) AS w, 'v' AS t FORMAT Native
        let mut words = Words::default();
        words.push("b");
        let mut texts = Texts::default();
        texts.push("v");
        let mut block = Block::new(2, 1);
        block.push("w", "LowCardinality(String)", words);
        block.push("t", "String", texts);
        let bytes = block.into_pieces().concat();

        let mut expected = b"\x02\x01\x01w\x16LowCardinality(String)".to_vec();
        expected.extend(1_u64.to_le_bytes()); // version
        expected.extend(0x600_u64.to_le_bytes()); // flags
        expected.extend(2_u64.to_le_bytes()); // keys
        expected.extend(b"\x00\x01b");
        expected.extend(1_u64.to_le_bytes()); // rows
        expected.push(1);
        expected.extend(b"\x01t\x06String\x01v");
        assert_eq!(bytes, expected);
    }

    #[test]
    fn places_grow_with_the_dictionary() {
        let texts: Vec<String> = (0..70_000).map(|number| number.to_string()).collect();
        for (count, width) in [(255, 1), (256, 2), (65_535, 2), (65_536, 4)] {
            let mut words = Words::default();
            for text in &texts[..count] {
                words.push(text.as_str());
            }
            let bytes = words.into_bytes();
            let keys: usize = texts[..count].iter().map(|text| text.len() + 1).sum();
            assert_eq!(bytes.len(), 4 * 8 + 1 + keys + count * width);
        }
    }

    #[test]
    fn a_length_has_seven_bits_a_byte() {
        for (length, expected) in [(0, vec![0]), (127, vec![0x7f]), (300, vec![0xac, 2])] {
            let mut bytes = Vec::new();
            write_length(&mut bytes, length);
            assert_eq!(bytes, expected);
        }
    }
}
