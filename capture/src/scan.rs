//! An event's members in its bytes, passed over and not parsed: what stands behind what is looked for costs
//! nothing, and what stands before it is not copied.
//!
//! It reads JSON as AWS writes it, without blanks between its parts. None always says that the event is to
//! be read by a parser.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// How an HTTP API's event of payload 2.0 begins, as AWS writes it: the route's key follows.
pub(crate) const PAYLOAD_2_BEGINNING: &[u8] = br#"{"version":"2.0","#;

/// The same up to the route's key.
pub(crate) const PAYLOAD_2_ROUTE: &[u8] = br#"{"version":"2.0","routeKey":"#;

/// How a REST API's event begins, as AWS writes it, up to its template.
pub(crate) const REST_ROUTE: &[u8] = br#"{"resource":"#;

/// How a load balancer's `requestContext` begins.
pub(crate) const ALB_CONTEXT_BEGINNING: &[u8] = br#"{"elb":"#;

pub(crate) struct Scan<'a> {
    pub(crate) json: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Scan<'a> {
    /// Goes into the object at this place, up to the value of its member `wanted`; behind the object
    /// where it has no such member.
    pub(crate) fn enter(&mut self, wanted: &[u8]) -> Option<bool> {
        self.take(b'{')?;
        loop {
            if self.name()? == wanted {
                return Some(true);
            }
            self.skip_value()?;
            if !self.has_next()? {
                return Some(false);
            }
        }
    }

    /// A member's name and the colon behind it.
    pub(crate) fn name(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let rest = self.json.get(self.at..)?;
        // Names are so short that looking for their end by any other way takes longer.
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        self.at += length;
        self.take(b'"')?;
        self.take(b':')?;
        rest.get(..length)
    }

    /// What stands in the string at this place up to its first blank or its end, and which of them it is.
    /// None where an escape comes first.
    pub(crate) fn word(&mut self) -> Option<(&'a [u8], u8)> {
        self.take(b'"')?;
        let rest = self.json.get(self.at..)?;
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b' ' | b'\\'))?;
        self.at += length;
        let end = self.peek().filter(|end| *end != b'\\')?;
        Some((rest.get(..length)?, end))
    }

    /// The text at this place; empty where it is no text.
    pub(crate) fn text(&mut self) -> Option<Cow<'a, str>> {
        if self.peek()? != b'"' {
            self.skip_value()?;
            return Some(Cow::Borrowed(""));
        }
        let start = self.at;
        let rest = self.json.get(start + 1..)?;
        let length = memchr2(b'"', b'\\', rest)?;
        if rest[length] == b'"' {
            self.at += length + 2;
            return std::str::from_utf8(&rest[..length]).ok().map(Cow::Borrowed);
        }
        self.string()?;
        serde_json::from_slice(self.json.get(start..self.at)?)
            .ok()
            .map(Cow::Owned)
    }

    /// The bytes of the value at this place.
    pub(crate) fn value(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.skip_value()?;
        self.json.get(start..self.at)
    }

    /// Whether another member follows; false behind the last one.
    pub(crate) fn has_next(&mut self) -> Option<bool> {
        if self.take(b',').is_some() {
            return Some(true);
        }
        self.take(b'}').map(|()| false)
    }

    pub(crate) fn skip_value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.skip_container(),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                while !matches!(self.peek()?, b',' | b'}' | b']') {
                    self.at += 1;
                }
                Some(())
            }
            // A blank: nothing tells where the value behind it ends.
            _ => None,
        }
    }

    fn skip_container(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => match self.end_of_flat_object() {
                    Some(end) => self.at = end,
                    None => depth += 1,
                },
                b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Where the object at this place ends, if that can be told without looking at its strings: no
    /// brace stands in it but its last, which follows the end of a string.
    ///
    /// A quote ends a string where it does not begin one, so where none of the characters stands before
    /// it that may stand before a string, and no backslash.
    fn end_of_flat_object(&self) -> Option<usize> {
        let inside = &self.json[self.at + 1..];
        let end = memchr2(b'{', b'}', inside)?;
        let ends_flat = matches!(
            inside.get(..=end)?,
            [.., before, b'"', b'}'] if !matches!(before, b':' | b',' | b'{' | b'[' | b'\\' | b' ' | b'\t' | b'\n' | b'\r')
        );
        ends_flat.then_some(self.at + 1 + end)
    }

    /// The string at this place, without its quotes.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let end = self.at + memchr(b'"', self.json.get(self.at..)?)?;
            self.at = end + 1;
            let text = self.json.get(start..end)?;
            if text.last() != Some(&b'\\') || !ends_in_an_escape(text) {
                return Some(text);
            }
        }
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.json.get(self.at..).unwrap_or_default()
    }

    /// Goes behind these bytes, where they stand at this place.
    #[inline]
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Option<()> {
        self.json.get(self.at..)?.strip_prefix(bytes)?;
        self.at += bytes.len();
        Some(())
    }

    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

/// Whether the quote behind `text` belongs to it.
#[cold]
fn ends_in_an_escape(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}
