//! A JSON text cut between members and items, so that what is left is JSON again.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::credentials::quoted;

/// Containers deeper than this are dropped whole where they do not fit.
const DEPTH_MAX: usize = 8;

/// How long a piece of text becomes where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As it is.
    Plain,
    /// Inside a JSON string, with escapes.
    Quoted,
}

impl Written {
    fn length(self, text: &str) -> usize {
        match self {
            Self::Plain => text.len(),
            Self::Quoted => escaped_length(text),
        }
    }
}

/// How many bytes a text has inside a JSON string, the characters that the queue refuses escaped.
pub(super) fn escaped_length(text: &str) -> usize {
    text.chars().map(escaped_char_length).sum()
}

pub(super) fn escaped_char_length(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => 6,
        _ => character.len_utf8(),
    }
}

/// As much of a JSON text as fits into `bytes_max`; none where not even its brackets do.
///
/// - Of an array the first items are kept.
/// - Of an object the small members are kept, in their order, and then the first that still fits.
/// - The first container that does not fit is cut itself, down to eight levels.
/// - Numbers and strings are kept whole or not at all.
///
/// It takes no memory but that of its result: a service may have little, and a list of six million
/// items must not end it.
pub(super) fn cut_json(json: &str, bytes_max: usize, written: Written) -> Option<String> {
    let mut cutter = Cutter {
        cut: String::with_capacity(bytes_max.min(json.len())),
        written,
    };
    cutter.value(json.trim(), bytes_max, 0)?;
    Some(cutter.cut)
}

struct Cutter {
    cut: String,
    written: Written,
}

impl Cutter {
    /// Writes what fits of a value and says how much room that took; none where nothing fits.
    fn value(&mut self, json: &str, room: usize, depth: usize) -> Option<usize> {
        let length = self.written.length(json);
        if length <= room {
            self.cut.push_str(json);
            return Some(length);
        }
        if room < 2 || depth > DEPTH_MAX {
            return None;
        }
        let left = match json.as_bytes().first()? {
            b'[' => self.array(json, room - 2, depth),
            b'{' => self.object(json, room - 2, depth),
            _ => return None,
        };
        Some(room - left)
    }

    /// How much room is left.
    fn array(&mut self, json: &str, room: usize, depth: usize) -> usize {
        self.cut.push('[');
        let mut items = Items {
            cutter: self,
            room,
            depth,
        };
        // Where it stops early the rest counts as trailing characters: what is written is whole.
        let _ = Deserializer::from_str(json).deserialize_seq(&mut items);
        let left = items.room;
        self.cut.push(']');
        left
    }

    /// How much room is left.
    fn object(&mut self, json: &str, room: usize, depth: usize) -> usize {
        let mut sizes = Sizes {
            written: self.written,
            bytes: [0; usize::BITS as usize],
        };
        let _ = Deserializer::from_str(json).deserialize_map(&mut sizes);
        let (small_bits, reserved) = sizes.small(room);
        self.cut.push('{');
        let mut members = Members {
            cutter: self,
            room,
            reserved,
            small_bits,
            depth,
            is_cut: false,
        };
        let _ = Deserializer::from_str(json).deserialize_map(&mut members);
        let left = members.room;
        self.cut.push('}');
        left
    }

    fn comma_length(&self) -> usize {
        usize::from(!self.cut.ends_with(['[', '{']))
    }
}

/// The first items of an array.
struct Items<'c> {
    cutter: &'c mut Cutter,
    room: usize,
    depth: usize,
}

impl<'de> Visitor<'de> for &mut Items<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            let comma = self.cutter.comma_length();
            let Some(room) = self.room.checked_sub(comma) else {
                break;
            };
            let before = self.cutter.cut.len();
            if comma > 0 {
                self.cutter.cut.push(',');
            }
            let is_whole = self.cutter.written.length(item.get()) <= room;
            match self.cutter.value(item.get(), room, self.depth + 1) {
                Some(taken) => self.room = room - taken,
                None => self.cutter.cut.truncate(before),
            }
            if !is_whole {
                break;
            }
        }
        Ok(())
    }
}

/// How many bytes the members of an object have, by the magnitude of their lengths.
struct Sizes {
    written: Written,
    bytes: [usize; usize::BITS as usize],
}

impl Sizes {
    /// The magnitude up to which all members fit into `room` together, and how much of it they take.
    fn small(&self, room: usize) -> (u32, usize) {
        let mut sum = 0;
        for (bits, bytes) in (0..).zip(self.bytes) {
            if sum + bytes > room {
                return (bits, sum);
            }
            sum += bytes;
        }
        (usize::BITS, sum)
    }
}

/// The length of a member with its comma.
fn member_length(written: Written, name: &str, value: &str) -> usize {
    written.length(name) + 1 + written.length(value) + 1
}

fn magnitude(length: usize) -> u32 {
    usize::BITS - 1 - length.max(1).leading_zeros()
}

impl<'de> Visitor<'de> for &mut Sizes {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, value)) = members.next_entry::<Cow<'de, str>, &RawValue>()? {
            let length = member_length(self.written, &quoted(&name), value.get());
            self.bytes[magnitude(length) as usize] += length;
        }
        Ok(())
    }
}

/// The small members of an object, and of the others the first that fits or can be cut.
struct Members<'c> {
    cutter: &'c mut Cutter,
    room: usize,
    /// What the small members that are still to come need.
    reserved: usize,
    /// Members of a lower magnitude are small.
    small_bits: u32,
    depth: usize,
    is_cut: bool,
}

impl<'de> Visitor<'de> for &mut Members<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, value)) = members.next_entry::<Cow<'de, str>, &RawValue>()? {
            let written = self.cutter.written;
            let name = quoted(&name);
            let length = member_length(written, &name, value.get());
            let is_small = magnitude(length) < self.small_bits;
            if is_small {
                self.reserved = self.reserved.saturating_sub(length);
            } else if self.is_cut {
                continue;
            }
            let comma = self.cutter.comma_length();
            let head = comma + written.length(&name) + 1;
            let Some(room) = self
                .room
                .checked_sub(self.reserved)
                .and_then(|room| room.checked_sub(head))
            else {
                continue;
            };
            let before = self.cutter.cut.len();
            if comma > 0 {
                self.cutter.cut.push(',');
            }
            self.cutter.cut.push_str(&name);
            self.cutter.cut.push(':');
            match self.cutter.value(value.get(), room, self.depth + 1) {
                Some(taken) => {
                    self.room -= head + taken;
                    self.is_cut |= written.length(value.get()) > room;
                }
                None => self.cutter.cut.truncate(before),
            }
        }
        Ok(())
    }
}
