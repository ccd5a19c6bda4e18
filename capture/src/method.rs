//! The method of a call, found without reading the event that it stands in.
//!
//! It is looked for before the response, in every call: this is what a left-out call costs. In payload
//! 2.0 it may stand behind all headers and claims, which is 2 µs of parsing and a tenth of that here.

use memchr::{memchr, memchr2};

/// The method, where the event is written as AWS writes events: no blanks between its parts, no
/// escapes in the names and texts that count. None says nothing: the event must be read.
///
/// Of an event that is JSON it finds what reading it would find.
pub(crate) fn method_of(event: &[u8]) -> Option<&str> {
    let mut scan = Scan { json: event, at: 0 };
    scan.take(b'{')?;
    loop {
        match scan.name()? {
            b"httpMethod" => return scan.text().filter(|method| !method.is_empty()),
            b"routeKey" => match scan.text()?.split_once(' ') {
                Some(("ANY", _)) | None => {}
                Some((method, _)) => return Some(method).filter(|method| !method.is_empty()),
            },
            b"requestContext" => {
                if scan.enter(b"http")? {
                    let has_method = scan.enter(b"method")?;
                    return scan
                        .text()
                        .filter(|method| has_method && !method.is_empty());
                }
            }
            // An authorizer's request, which is none of the service's calls.
            b"methodArn" | b"routeArn" => return None,
            _ => scan.skip_value()?,
        }
        scan.take(b',')?;
    }
}

struct Scan<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// Goes into the object at this place, up to the value of its member `wanted`; behind the object
    /// where it has no such member.
    fn enter(&mut self, wanted: &[u8]) -> Option<bool> {
        self.take(b'{')?;
        loop {
            if self.name()? == wanted {
                return Some(true);
            }
            self.skip_value()?;
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(false);
            }
        }
    }

    /// A member's name and the colon behind it.
    fn name(&mut self) -> Option<&'a [u8]> {
        let name = self.string()?;
        self.take(b':')?;
        (!name.contains(&b'\\')).then_some(name)
    }

    fn text(&mut self) -> Option<&'a str> {
        let text = std::str::from_utf8(self.string()?).ok()?;
        (!text.contains('\\')).then_some(text)
    }

    fn skip_value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' | b'[' => self.skip_container(),
            _ => {
                while !matches!(self.peek()?, b',' | b'}' | b']') {
                    self.at += 1;
                }
                Some(())
            }
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
    fn string(&mut self) -> Option<&'a [u8]> {
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

    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

/// Whether the quote behind `text` belongs to it.
#[cold]
fn ends_in_an_escape(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}
