//! The method of a call, found without reading the event that it stands in.
//!
//! It is looked for before the response, in every call: this is what a left-out call costs. In payload
//! 2.0 it may stand behind all headers and claims, which is 2 µs of parsing and a fraction of that here.

mod jump;

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use serde_json::value::RawValue;

use crate::credentials::Members;
use jump::method_in_context;

/// What stands in front of the route's key.
const PAYLOAD_2_BEGINNING: &[u8] = br#"{"version":"2.0","#;

/// The method of an API call; none where the event is none.
///
/// What comes first says it: `httpMethod`, a `routeKey` that names one, or
/// `requestContext.http.method`; it alone counts behind a `routeKey` that names none. An authorizer's
/// request begins with the ARN of what is asked for.
pub(crate) fn method_of(event: &[u8]) -> Option<Cow<'_, str>> {
    match scan(event) {
        Some(method) => Some(Cow::Borrowed(method)),
        None => read(event).map(Cow::Owned),
    }
}

/// The method, where the event is written as AWS writes events: no blanks between its parts, no
/// escapes in the names and texts that count. None says nothing: the event must be read.
///
/// Of an event that is JSON it finds what reading it would find.
fn scan(event: &[u8]) -> Option<&str> {
    let mut scan = Scan { json: event, at: 0 };
    let mut in_context = false;
    if event.starts_with(PAYLOAD_2_BEGINNING) {
        scan.at = PAYLOAD_2_BEGINNING.len();
    } else {
        scan.take(b'{')?;
    }
    loop {
        match scan.name()? {
            b"httpMethod" if !in_context => return scan.method_alone(),
            b"routeKey" if !in_context => {
                let start = scan.at;
                match scan.word()? {
                    (b"ANY", b' ') | (_, b'"') => {
                        scan.at = start;
                        scan.string()?;
                        if let Some(method) = method_in_context(event, scan.at) {
                            return text_of(method);
                        }
                        in_context = true;
                    }
                    (method, _) => return text_of(method),
                }
            }
            b"requestContext" => {
                if scan.enter(b"http")? {
                    let has_method = scan.enter(b"method")?;
                    return scan.method_alone().filter(|_| has_method);
                }
            }
            // An authorizer's request, which is none of the service's calls.
            b"methodArn" | b"routeArn" if !in_context => return None,
            _ => scan.skip_value()?,
        }
        scan.take(b',')?;
    }
}

/// The same of any JSON, by reading all of it.
fn read(event: &[u8]) -> Option<String> {
    let event: Members<'_> = serde_json::from_slice(event).ok()?;
    let mut in_context = false;
    for (name, value) in event.0 {
        let method = match name.as_ref() {
            "httpMethod" if !in_context => text(value),
            "routeKey" if !in_context => {
                let route_key = text(value);
                in_context = route_key.is_some();
                route_key
                    .as_deref()
                    .and_then(method_of_route_key)
                    .map(str::to_owned)
            }
            "requestContext" => member(value, "http")
                .and_then(|http| member(http, "method"))
                .and_then(text),
            "methodArn" | "routeArn" if !in_context => return None,
            _ => None,
        };
        if let Some(method) = method.filter(|method| !method.is_empty()) {
            return Some(method);
        }
    }
    None
}

/// `POST /v1/orders` names one; `ANY /v1/orders` and `$default` do not.
fn method_of_route_key(route_key: &str) -> Option<&str> {
    let (method, _) = route_key.split_once(' ')?;
    (method != "ANY").then_some(method)
}

/// The first member of that name.
fn member<'a>(object: &'a RawValue, wanted: &str) -> Option<&'a RawValue> {
    let members: Members<'_> = serde_json::from_str(object.get()).ok()?;
    let (_, value) = members.0.into_iter().find(|(name, _)| name == wanted)?;
    Some(value)
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
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
    fn word(&mut self) -> Option<(&'a [u8], u8)> {
        self.take(b'"')?;
        let rest = self.json.get(self.at..)?;
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b' ' | b'\\'))?;
        self.at += length;
        let end = self.peek().filter(|end| *end != b'\\')?;
        Some((rest.get(..length)?, end))
    }

    /// The string at this place, where it is one word.
    fn method_alone(&mut self) -> Option<&'a str> {
        let (method, end) = self.word()?;
        text_of(method).filter(|_| end == b'"')
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

fn text_of(method: &[u8]) -> Option<&str> {
    let method = std::str::from_utf8(method).ok()?;
    (!method.is_empty()).then_some(method)
}

/// Whether the quote behind `text` belongs to it.
#[cold]
fn ends_in_an_escape(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

#[cfg(test)]
#[path = "method_tests.rs"]
mod tests;
