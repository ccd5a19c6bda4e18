//! ClickHouse's Native format: a block of columns, which the server takes in without parsing rows.
//!
//! <https://clickhouse.com/docs/interfaces/formats/Native>; the types stand beside the names, so
//! that the server checks them. One block is one insert's block, which a token covers whole.

use std::collections::HashMap;

use uuid::Uuid;

/// A column that is being filled, a row at a time.
pub(crate) trait Column {
    /// The column's data as it stands in a block.
    fn write_to(self, bytes: &mut Vec<u8>);
}

/// Writes the head of a block.
pub(crate) fn write_block_head(bytes: &mut Vec<u8>, columns: usize, rows: usize) {
    write_length(bytes, columns);
    write_length(bytes, rows);
}

/// Writes one column with its name and type.
pub(crate) fn write_column(bytes: &mut Vec<u8>, name: &str, sql_type: &str, column: impl Column) {
    write_text(bytes, name.as_bytes());
    write_text(bytes, sql_type.as_bytes());
    column.write_to(bytes);
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
    fn write_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0);
    }
}

/// `String`.
#[derive(Default)]
pub(crate) struct Texts(Vec<u8>);

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        write_text(&mut self.0, text.as_bytes());
    }
}

impl Column for Texts {
    fn write_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0);
    }
}

/// `LowCardinality(String)`: each distinct text once, and for each row the place of its own.
pub(crate) struct Words<'a> {
    /// Place 0 is the empty text, as ClickHouse expects.
    dictionary: Vec<&'a str>,
    places: HashMap<&'a str, u32>,
    rows: Vec<u32>,
    last: (&'a str, u32),
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self {
            dictionary: vec![""],
            places: HashMap::default(),
            rows: Vec::new(),
            last: ("", 0),
        }
    }
}

impl<'a> Words<'a> {
    pub(crate) fn push(&mut self, text: &'a str) {
        // Neighbours are mostly alike.
        if self.last.0 != text {
            self.last = (text, self.place(text));
        }
        self.rows.push(self.last.1);
    }

    fn place(&mut self, text: &'a str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let dictionary = &mut self.dictionary;
        *self.places.entry(text).or_insert_with(|| {
            dictionary.push(text);
            u32::try_from(dictionary.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

impl Column for Words<'_> {
    fn write_to(self, bytes: &mut Vec<u8>) {
        /// Additional keys follow, and the dictionary is new.
        const FLAGS: u64 = 1 << 9 | 1 << 10;
        let mut number = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
        // The version of the serialization.
        number(1);
        if self.rows.is_empty() {
            return;
        }
        // The width of a place: 0 is one byte, 1 is two, 2 is four.
        let width = match self.dictionary.len() {
            0..=0x100 => 0,
            0x101..=0x1_0000 => 1,
            _ => 2,
        };
        number(FLAGS | width);
        number(self.dictionary.len() as u64);
        for text in &self.dictionary {
            write_text(bytes, text.as_bytes());
        }
        bytes.extend_from_slice(&(self.rows.len() as u64).to_le_bytes());
        let bytes_per_place = 1 << width;
        for place in self.rows {
            bytes.extend_from_slice(&place.to_le_bytes()[..bytes_per_place]);
        }
    }
}

/// `Array(String)`, and with several columns `Array(Tuple(String, …))` and `Map(String, String)`,
/// which have the same form.
pub(crate) struct Lists<const N: usize> {
    ends: Vec<u8>,
    count: u64,
    columns: [Texts; N],
}

impl<const N: usize> Default for Lists<N> {
    fn default() -> Self {
        Self {
            ends: Vec::new(),
            count: 0,
            columns: std::array::from_fn(|_| Texts::default()),
        }
    }
}

impl<const N: usize> Lists<N> {
    pub(crate) fn push<'b>(&mut self, items: impl Iterator<Item = [&'b str; N]>) {
        for item in items {
            self.count += 1;
            for (column, text) in self.columns.iter_mut().zip(item) {
                column.push(text);
            }
        }
        self.ends.extend_from_slice(&self.count.to_le_bytes());
    }
}

impl Lists<2> {
    /// Pairs of a name and a value, which comes in two pieces.
    pub(crate) fn push_marked<'b>(
        &mut self,
        items: impl Iterator<Item = (&'b str, (&'b str, &'b str))>,
    ) {
        let [names, values] = &mut self.columns;
        for (name, (mark, rest)) in items {
            self.count += 1;
            names.push(name);
            write_length(&mut values.0, mark.len() + rest.len());
            values.0.extend_from_slice(mark.as_bytes());
            values.0.extend_from_slice(rest.as_bytes());
        }
        self.ends.extend_from_slice(&self.count.to_le_bytes());
    }
}

impl<const N: usize> Column for Lists<N> {
    fn write_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.ends);
        for column in self.columns {
            column.write_to(bytes);
        }
    }
}

/// `Array(UInt32)`.
#[derive(Default)]
pub(crate) struct Numbers {
    ends: Vec<u8>,
    numbers: Vec<u8>,
}

impl Numbers {
    pub(crate) fn push(&mut self, numbers: impl Iterator<Item = u32>) {
        for number in numbers {
            self.numbers.extend_from_slice(&number.to_le_bytes());
        }
        let count = self.numbers.len() as u64 / 4;
        self.ends.extend_from_slice(&count.to_le_bytes());
    }
}

impl Column for Numbers {
    fn write_to(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.ends);
        bytes.extend_from_slice(&self.numbers);
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
        // SELECT 'b' :: LowCardinality(String) AS w, [('k', 'v')] :: Map(String, String) AS m FORMAT Native
        let mut words = Words::default();
        words.push("b");
        let mut map = Lists::<2>::default();
        map.push([["k", "v"]].into_iter());
        let mut bytes = Vec::new();
        write_block_head(&mut bytes, 2, 1);
        write_column(&mut bytes, "w", "LowCardinality(String)", words);
        write_column(&mut bytes, "m", "Map(String, String)", map);

        let mut expected = b"\x02\x01\x01w\x16LowCardinality(String)".to_vec();
        expected.extend(1_u64.to_le_bytes()); // version
        expected.extend(0x600_u64.to_le_bytes()); // flags
        expected.extend(2_u64.to_le_bytes()); // keys
        expected.extend(b"\x00\x01b");
        expected.extend(1_u64.to_le_bytes()); // rows
        expected.push(1);
        expected.extend(b"\x01m\x13Map(String, String)");
        expected.extend(1_u64.to_le_bytes());
        expected.extend(b"\x01k\x01v");
        assert_eq!(bytes, expected);
    }

    #[test]
    fn places_grow_with_the_dictionary() {
        let texts: Vec<String> = (0..70_000).map(|number| number.to_string()).collect();
        for (count, width) in [(255, 1), (256, 2), (65_535, 2), (65_536, 4)] {
            let mut words = Words::default();
            for text in &texts[..count] {
                words.push(text);
            }
            let mut bytes = Vec::new();
            words.write_to(&mut bytes);
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
