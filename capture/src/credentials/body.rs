//! Credentials in an event's body, plain or base64: members of a JSON object at any depth, parameters of
//! a form, links in a text.
//!
//! Whole goes what nobody can look into: a body that begins like JSON but is none, one that is
//! compressed (its `Content-Encoding` says so, or its first bytes), one in another encoding than
//! UTF-8 that may hold members, and a multipart one where a part's name says secret. Of the other parts
//! those that are text are looked into, each for itself; files of other kinds are kept.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use daybook_event::REDACTED;
use memchr::memmem;
use percent_encoding::percent_decode_str;

use super::links::remove_from_query;
use super::names::{query_name_says_secret, query_name_says_secret_if_drawn, says_secret};
use super::shapes::looks_drawn;
use super::{Members, remove_from_text};

/// More of the name of a multipart body's part is not looked at.
const PART_NAME_BYTES_MAX: usize = 128;
/// What stands behind a longer head is removed, as nobody reads all of it.
const PART_HEAD_BYTES_MAX: usize = 8 * 1024;
/// A body that seems to have more parts goes whole, as nobody looks at all of them.
const PARTS_MAX: usize = 1_000;

/// API Gateway writes padding; what passes events on may leave it out.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What some clients write in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How compressed data begin: gzip (RFC 1952, section 2.3.1), Zstandard (RFC 8878, section 3.1.1).
const COMPRESSED_BEGINNINGS: &[&[u8]] = &[b"\x1f\x8b", b"\x28\xb5\x2f\xfd"];

/// How the event's body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyEncoding {
    is_base64: bool,
    /// A `Content-Encoding` is named (RFC 9110, section 8.4).
    is_encoded: bool,
    format: BodyFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyFormat {
    Form,
    Multipart,
    Json,
    Other,
}

impl BodyEncoding {
    pub(super) fn of(members: &Members<'_>) -> Self {
        let headers = members
            .0
            .iter()
            .filter(|(name, _)| name == "headers" || name == "multiValueHeaders")
            .filter_map(|(_, headers)| serde_json::from_str::<Members<'_>>(headers.get()).ok())
            .flat_map(|headers| headers.0);
        let (mut content_type, mut is_encoded) = (None, false);
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("content-type") {
                content_type.get_or_insert_with(|| value.get().to_ascii_lowercase());
            } else if name.eq_ignore_ascii_case("content-encoding") {
                is_encoded |= names_an_encoding(value.get());
            }
        }
        Self {
            is_base64: members.has_base64_body(),
            is_encoded,
            format: BodyFormat::of(&content_type.unwrap_or_default()),
        }
    }
}

impl BodyFormat {
    fn of(content_type: &str) -> Self {
        if content_type.contains("application/x-www-form-urlencoded") {
            Self::Form
        } else if content_type.contains("multipart/") {
            Self::Multipart
        } else if content_type.contains("json") {
            Self::Json
        } else {
            Self::Other
        }
    }
}

/// Whether a header's value, or several in an array, is another than `identity` or nothing.
fn names_an_encoding(json: &str) -> bool {
    json.split(['"', ',', '[', ']', ' '])
        .any(|word| !word.is_empty() && word != "null" && !word.eq_ignore_ascii_case("identity"))
}

/// The body without credentials; none where there were none.
pub(super) fn remove_from_body(body: &str, encoding: BodyEncoding) -> Option<String> {
    // What only claims to be base64 is read as it is, here and by the normalizer.
    if let Some(Ok(decoded)) = encoding.is_base64.then(|| BASE64.decode(body)) {
        let cleaned = remove_from_decoded_body(&decoded, encoding)?;
        return Some(BASE64.encode(cleaned));
    }
    let cleaned = remove_from_decoded_body(body.as_bytes(), encoding)?;
    // Pieces of a text are text.
    Some(String::from_utf8(cleaned).unwrap_or_else(|_| REDACTED.into()))
}

fn remove_from_decoded_body(body: &[u8], encoding: BodyEncoding) -> Option<Vec<u8>> {
    if is_compressed(body, encoding) {
        return Some(REDACTED.into());
    }
    if encoding.format == BodyFormat::Multipart {
        let mut names = part_names(body).enumerate();
        if names.any(|(place, name)| place >= PARTS_MAX || says_secret(&name)) {
            return Some(REDACTED.into());
        }
        return remove_from_parts(body);
    }
    remove_from_one(body, encoding.format).map(String::into_bytes)
}

/// A body, or a part of one, that is neither compressed nor multipart.
fn remove_from_one(body: &[u8], format: BodyFormat) -> Option<String> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let Some(body) = std::str::from_utf8(body)
        .ok()
        .filter(|body| !body.starts_with('\0'))
    else {
        // In another encoding nobody here finds a member: what may have some goes whole.
        return may_have_members(body, format).then(|| REDACTED.into());
    };
    // A client may well say "form" and send JSON: it is what `curl -d` does.
    let looks_like_json = body.trim_start().starts_with(['{', '[']);
    if format == BodyFormat::Form && !looks_like_json {
        remove_from_query(body)
    } else {
        remove_from_text(body)
    }
}

/// A header alone must not hide a body from the log: what is plain text is compressed by nobody.
fn is_compressed(body: &[u8], encoding: BodyEncoding) -> bool {
    let begins_so = COMPRESSED_BEGINNINGS
        .iter()
        .any(|beginning| body.starts_with(beginning));
    begins_so || encoding.is_encoded && !body.is_empty() && !is_plain_text(body)
}

fn is_plain_text(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| {
        !text
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r'))
    })
}

/// Whether a body that is no UTF-8 may be JSON or a form. UTF-16 begins with a mark or, in half of
/// its bytes, with zeros.
fn may_have_members(body: &[u8], format: BodyFormat) -> bool {
    let first = body
        .iter()
        .find(|byte| !matches!(byte, 0 | 0xfe | 0xff) && !byte.is_ascii_whitespace());
    matches!(format, BodyFormat::Form | BodyFormat::Json) || matches!(first, Some(b'{' | b'['))
}

/// A multipart body, its texts without credentials (RFC 2046, section 5.1.1): between its first line and
/// the next line that is the same stands a part, its content behind an empty line.
///
/// What has no such form, or a part that is written in another way than it is meant, goes whole.
fn remove_from_parts(body: &[u8]) -> Option<Vec<u8>> {
    let start = body.len() - body.trim_ascii_start().len();
    let first_line = body[start..].split(|byte| *byte == b'\n').next()?;
    let boundary = first_line.trim_ascii_end();
    if !boundary.starts_with(b"--") {
        return (!body.trim_ascii().is_empty()).then(|| REDACTED.into());
    }
    let line = [b"\n", boundary].concat();
    let ends = memmem::find_iter(body, &line).chain([body.len()]);
    let mut cleaned = Vec::new();
    let mut copied = 0;
    let mut part_start = start + boundary.len();
    for (place, end) in ends.enumerate() {
        if place >= PARTS_MAX {
            return Some(REDACTED.into());
        }
        let part = &body[part_start.min(end)..end];
        if let Some(content_start) = content_start(part) {
            let content = part[content_start..].trim_ascii_end();
            let (from, head) = (part_start + content_start, &part[..content_start]);
            if let Some(text) = remove_from_part(head, content) {
                cleaned.extend_from_slice(&body[copied..from]);
                cleaned.extend_from_slice(text.as_bytes());
                copied = from + content.len();
            }
        } else if !matches!(part.trim_ascii(), b"" | b"--") {
            return Some(REDACTED.into());
        }
        part_start = end + line.len();
    }
    (copied > 0).then(|| {
        cleaned.extend_from_slice(&body[copied..]);
        cleaned
    })
}

/// Behind the first empty line.
fn content_start(part: &[u8]) -> Option<usize> {
    let [crlf, lf] =
        [&b"\r\n\r\n"[..], b"\n\n"].map(|line| memmem::find(part, line).map(|at| at + line.len()));
    crlf.into_iter().chain(lf).min()
}

fn remove_from_part(head: &[u8], content: &[u8]) -> Option<String> {
    if head.len() > PART_HEAD_BYTES_MAX {
        return (!content.is_empty()).then(|| REDACTED.into());
    }
    let head = String::from_utf8_lossy(head);
    let lower = head.to_ascii_lowercase();
    let is_encoded = [
        "base64",
        "quoted-printable",
        "content-encoding",
        "multipart/",
        // A call of its own, with headers of its own.
        "application/http",
    ];
    let is_removed = is_encoded.iter().any(|encoded| lower.contains(encoded))
        || names_in_head(&head, &lower).any(|name| names_a_secret(&name, content));
    if is_removed {
        return (!content.is_empty()).then(|| REDACTED.into());
    }
    remove_from_one(content, BodyFormat::of(&lower))
}

/// A part is what a parameter of a form is.
fn names_a_secret(name: &str, content: &[u8]) -> bool {
    let may_be_secret = query_name_says_secret(name) || query_name_says_secret_if_drawn(name);
    says_secret(name) || may_be_secret && looks_drawn(&String::from_utf8_lossy(content))
}

/// The parameters `name` of a part's head, as lenient readers find them: in any case, with blanks around
/// their sign, and encoded (RFC 8187).
fn names_in_head<'a>(head: &'a str, lower: &'a str) -> impl Iterator<Item = String> + 'a {
    let places = lower.match_indices("name").map(|(place, _)| place);
    let mut words = places.filter(|place| !lower[..*place].ends_with(char::is_alphanumeric));
    let mut seen = 0;
    std::iter::from_fn(move || {
        loop {
            let place = words.next()?;
            // What a name holds is no other one.
            if place < seen {
                continue;
            }
            let rest = &head[place + "name".len()..];
            let (rest, is_encoded) = match rest.strip_prefix('*') {
                Some(rest) => (rest, true),
                None => (rest, false),
            };
            let Some(value) = rest.trim_start().strip_prefix('=') else {
                continue;
            };
            let value = value.trim_start();
            let (value, ends): (_, &[char]) = match value.strip_prefix('"') {
                Some(quoted) => (quoted, &['"', '\r', '\n']),
                None => (value, &[';', ' ', '\t', '\r', '\n']),
            };
            let name = value.split(ends).next().unwrap_or_default();
            seen = head.len() - value.len() + name.len();
            // The character set and the language stand in front, each behind a quote.
            let name = match name.rsplit_once('\'') {
                Some((_, name)) if is_encoded => name,
                _ => name,
            };
            return Some(percent_decode_str(name).decode_utf8_lossy().into_owned());
        }
    })
}

/// What stands behind each `name=`, with or without quotes (RFC 7578, section 4.2).
fn part_names(body: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    let finder = memmem::Finder::new(b"name=");
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + finder.find(&body[from..])?;
            from = at + b"name=".len();
            if body[..at].ends_with(b"file") {
                continue;
            }
            let name = &body[from..];
            let name = name.strip_prefix(b"\"").unwrap_or(name);
            let name = &name[..name.len().min(PART_NAME_BYTES_MAX)];
            let end = name.iter().position(|byte| b"\";\r\n".contains(byte));
            let name = &name[..end.unwrap_or(name.len())];
            // What a name holds is no other one.
            from += name.len();
            return Some(String::from_utf8_lossy(name));
        }
    })
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
