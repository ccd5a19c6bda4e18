//! Credentials in a JSON text: found in one pass, replaced where they stand, all else left byte
//! for byte as it was.

use std::borrow::Cow;
use std::ops::Range;

use super::REMOVED;
use super::links::remove_nested;
use super::shapes::looks_drawn;

/// JSON or a link inside a string inside JSON: beyond this it is left alone.
pub(super) const EMBEDDED_MAX: usize = 3;

/// Members, in any case, of which one names what the member `value` (or `values`) beside it holds:
/// `{"name": "Authorization", "value": "…"}`, AWS's `{"Name": "password", "Value": "…"}`, and JSON Patch's
/// `{"path": "/password", "value": "…"}`.
const NAMING_MEMBERS: &[&str] = &["name", "key", "field", "header", "attribute", "path"];
const NAMED_MEMBERS: &[&str] = &["value", "values"];

/// An object with more of them goes whole.
const NAMED_VALUES_MAX: usize = 16;

/// A value that a machine drew has no blank and is not longer.
const DRAWN_BYTES_MAX: usize = 4_096;

/// What makes a value a credential.
pub(super) struct Rules<'a> {
    /// Deeper values are removed whole, as nobody has looked at them.
    pub(super) depth_max: usize,
    /// Its member's name.
    pub(super) says_secret: &'a dyn Fn(&str) -> bool,
    /// Its member's name, where a machine drew the value.
    pub(super) says_secret_if_drawn: fn(&str) -> bool,
    /// Its shape.
    pub(super) is_credential: fn(&str) -> bool,
}

/// The text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotJson;

/// `json` without credentials; none where there were none in it.
///
/// A value goes by its name or by its shape. `true`, `false`, `null` and the empty string are no
/// secrets, whatever their name. An array stays an array, so that readers with types still read.
pub(super) fn remove_from_json(json: &str, rules: &Rules<'_>) -> Result<Option<String>, NotJson> {
    remove_embedded(json, rules, 0)
}

/// The same, of a text that stands `embedded` texts deep in another.
pub(super) fn remove_embedded(
    json: &str,
    rules: &Rules<'_>,
    embedded: usize,
) -> Result<Option<String>, NotJson> {
    let mut scan = Scan {
        json,
        at: 0,
        rules,
        embedded,
        edits: Vec::new(),
    };
    scan.skip_whitespace();
    scan.value(0)?;
    scan.skip_whitespace();
    if scan.at != json.len() {
        return Err(NotJson);
    }
    Ok(scan.apply())
}

struct Edit {
    range: Range<usize>,
    text: Cow<'static, str>,
}

struct Scan<'a> {
    json: &'a str,
    at: usize,
    rules: &'a Rules<'a>,
    embedded: usize,
    /// In the order of the text, none inside another.
    edits: Vec<Edit>,
}

impl Scan<'_> {
    fn value(&mut self, depth: usize) -> Result<Range<usize>, NotJson> {
        let start = self.at;
        match self.peek()? {
            b'{' if depth < self.rules.depth_max => self.object(depth)?,
            b'[' if depth < self.rules.depth_max => self.array(depth)?,
            b'{' | b'[' => {
                self.skip_container()?;
                self.replace(start..self.at, REMOVED);
            }
            b'"' => self.string_value()?,
            _ => self.literal()?,
        }
        Ok(start..self.at)
    }

    fn object(&mut self, depth: usize) -> Result<(), NotJson> {
        let mut names_a_secret = false;
        let mut named_values = Vec::new();
        let start = self.at;
        self.at += 1;
        self.skip_whitespace();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.skip_whitespace();
            let name_range = self.string()?;
            self.skip_whitespace();
            if !self.take(b':') {
                return Err(NotJson);
            }
            self.skip_whitespace();
            let value = self.value(depth + 1)?;
            match unescape(&self.json[name_range.clone()]) {
                Some(name) => {
                    // A query's map has a bare token as a name without a value.
                    if (self.rules.is_credential)(&name) {
                        self.replace(name_range, REMOVED);
                    }
                    if (self.rules.says_secret)(&name)
                        || (self.rules.says_secret_if_drawn)(&name) && self.is_drawn(&value)
                    {
                        self.remove(value);
                    } else if is_one_of(NAMED_MEMBERS, &name) {
                        named_values.push(value);
                    } else if is_one_of(NAMING_MEMBERS, &name) {
                        names_a_secret |= unescape(&self.json[value])
                            .is_some_and(|text| (self.rules.says_secret)(last_segment(&text)));
                    }
                }
                // A name that is no text (half a surrogate pair) cannot be looked up.
                None => self.remove(value),
            }
            self.skip_whitespace();
            if self.take(b',') {
                continue;
            }
            if !self.take(b'}') {
                return Err(NotJson);
            }
            if names_a_secret && named_values.len() > NAMED_VALUES_MAX {
                self.replace(start..self.at, REMOVED);
            } else if names_a_secret {
                for value in named_values {
                    self.remove(value);
                }
            }
            return Ok(());
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), NotJson> {
        self.at += 1;
        self.skip_whitespace();
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.skip_whitespace();
            self.value(depth + 1)?;
            self.skip_whitespace();
            if self.take(b',') {
                continue;
            }
            return if self.take(b']') {
                Ok(())
            } else {
                Err(NotJson)
            };
        }
    }

    fn string_value(&mut self) -> Result<(), NotJson> {
        let range = self.string()?;
        // Half a surrogate: nobody can look into it.
        let Some(text) = unescape(&self.json[range.clone()]) else {
            self.replace(range, REMOVED);
            return Ok(());
        };
        if (self.rules.is_credential)(&text) {
            self.replace(range, REMOVED);
        } else if let Some(cleaned) = self.remove_inside(&text) {
            self.edits.push(Edit {
                range,
                text: Cow::Owned(quoted(&cleaned)),
            });
        }
        Ok(())
    }

    /// A string's text without what is secret in the JSON or the links that it holds.
    fn remove_inside(&self, text: &str) -> Option<String> {
        if self.embedded < EMBEDDED_MAX
            && text.trim_start().starts_with(['{', '['])
            && let Ok(cleaned) = remove_embedded(text, self.rules, self.embedded + 1)
        {
            return cleaned;
        }
        remove_nested(text, self.embedded)
    }

    /// Whether a machine drew a string, or one in an array of strings.
    fn is_drawn(&self, value: &Range<usize>) -> bool {
        let json = &self.json[value.clone()];
        json.starts_with(['"', '[']) && json.len() <= DRAWN_BYTES_MAX && looks_drawn(json)
    }

    /// Removes the value of a member whose name says secret, unless it says nothing itself.
    fn remove(&mut self, value: Range<usize>) {
        match &self.json[value.clone()] {
            "true" | "false" | "null" | "\"\"" => {}
            array if array.starts_with('[') => self.replace(value, "[\"[redacted]\"]"),
            _ => self.replace(value, REMOVED),
        }
    }

    fn replace(&mut self, range: Range<usize>, text: &'static str) {
        // Edits lie in order and apart. What is inside this one gives way to it; what is behind it was
        // edited before, where `value` of a named pair stands in front of other members.
        let first = self
            .edits
            .partition_point(|edit| edit.range.end <= range.start);
        let end = self
            .edits
            .partition_point(|edit| edit.range.start < range.end);
        let edit = Edit {
            range,
            text: Cow::Borrowed(text),
        };
        self.edits.splice(first..end, [edit]);
    }

    fn apply(self) -> Option<String> {
        if self.edits.is_empty() {
            return None;
        }
        let mut cleaned = String::with_capacity(self.json.len());
        let mut copied = 0;
        for edit in self.edits {
            cleaned.push_str(&self.json[copied..edit.range.start]);
            cleaned.push_str(&edit.text);
            copied = edit.range.end;
        }
        cleaned.push_str(&self.json[copied..]);
        Some(cleaned)
    }

    fn peek(&self) -> Result<u8, NotJson> {
        self.json.as_bytes().get(self.at).copied().ok_or(NotJson)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Ok(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Ok(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The string at this place, with its quotes.
    fn string(&mut self) -> Result<Range<usize>, NotJson> {
        let start = self.at;
        if !self.take(b'"') {
            return Err(NotJson);
        }
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(start..self.at);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    /// A number, `true`, `false` or `null`; and what some take for one, as Python does `NaN`.
    fn literal(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while matches!(
            self.peek(),
            Ok(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.')
        ) {
            self.at += 1;
        }
        if self.at == start {
            Err(NotJson)
        } else {
            Ok(())
        }
    }

    fn skip_container(&mut self) -> Result<(), NotJson> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// The last part of a JSON pointer; any other text as it is.
fn last_segment(text: &str) -> &str {
    text.rsplit_once('/').map_or(text, |(_, last)| last)
}

/// The text of a JSON string; none where it is no string or no Unicode.
pub(super) fn unescape(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
