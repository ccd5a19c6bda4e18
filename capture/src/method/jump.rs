//! The method in an event's `requestContext`, by jumping from brace to brace: from the end where the event is as
//! AWS writes it, else from the front.
//!
//! An event of payload 2.0 has some forty strings in front of its method and a dozen braces. Whether a
//! brace is part of the structure or of a text is seen by what stands around it, because in JSON:
//!
//! - a quote that ends a text has no comma, colon, bracket, brace or blank in front of it that could
//!   as well be in front of a text, or it cannot be told apart from one that begins one;
//! - a quote inside a text has a backslash in front of it.
//!
//! What these do not tell is not guessed: the event is then scanned from string to string.

use memchr::{memchr2, memrchr_iter};

/// An event of AWS has fewer braces in front of its method.
const BRACES_MAX: usize = 64;

/// A longer number is written by nobody.
const LITERAL_BYTES_MAX: usize = 24;

/// Behind its method an event of AWS without a body has a few braces.
const BRACES_FROM_THE_END_MAX: usize = 16;
/// And a few kilobytes. More of a body is not looked through.
const BYTES_FROM_THE_END_MAX: usize = 16 * 1024;

/// What stands behind the route's key in what AWS writes. Whoever calls a service cannot write it there.
const BEHIND_ROUTE_KEY: &[u8] = b",\"rawPath\":\"";

/// The method of a payload 2.0 as AWS writes it; its route's key ends at `at`.
///
/// None says nothing.
#[inline]
pub(super) fn method_near_the_end(json: &[u8], at: usize) -> Option<&[u8]> {
    first_method(json.get(http_near_the_end(json, at)? + 1..)?)
}

/// Where the context's object `http` begins in a payload 2.0 as AWS writes it, looked for from the end; its
/// route's key ends at `at`.
///
/// `,"http":{` with its quotes stands in no text. Objects with members that others may have chosen, an
/// authorizer's, stand in front of the context's own, and behind it are texts and maps of texts alone: it is
/// the last one.
///
/// None says nothing.
pub(crate) fn http_near_the_end(json: &[u8], at: usize) -> Option<usize> {
    let behind = json.get(at..)?;
    if !behind.starts_with(BEHIND_ROUTE_KEY) {
        return None;
    }
    let skipped = at + behind.len().saturating_sub(BYTES_FROM_THE_END_MAX);
    let mut braces = memrchr_iter(b'{', &json[skipped..])
        .take(BRACES_FROM_THE_END_MAX)
        .map(|brace| skipped + brace);
    braces.find(|brace| json[..*brace].ends_with(b",\"http\":"))
}

/// The method in the first `requestContext` behind `at`, where a member of the event has ended.
///
/// None says nothing.
pub(super) fn method_in_context(json: &[u8], mut at: usize) -> Option<&[u8]> {
    let mut depth = 1;
    let mut in_context = false;
    let mut before = Brace::Text;
    for _ in 0..BRACES_MAX {
        let rest = json.get(at..)?;
        // Ends of objects often stand side by side.
        let distance = if rest.first() == Some(&b'}') {
            0
        } else {
            memchr2(b'{', b'}', rest)?
        };
        at += distance;
        let brace = Brace::of(json, at, (distance == 0).then_some(before))?;
        match brace {
            Brace::Text => {}
            Brace::Opens => {
                depth += 1;
                if depth == 2 {
                    in_context = has_name(json, at, b"requestContext")?;
                } else if depth == 3 && in_context && has_name(json, at, b"http")? {
                    return first_method(json.get(at + 1..)?);
                }
            }
            Brace::Closes => {
                // The event ends, or a context without a method does.
                if depth == 1 || depth == 2 && in_context {
                    return None;
                }
                depth -= 1;
            }
        }
        before = brace;
        at += 1;
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brace {
    Opens,
    Closes,
    /// Part of a text.
    Text,
}

impl Brace {
    /// What the brace at this place is; `next_to` is the one directly in front of it. None where it cannot
    /// be told, as of the event's last one.
    #[inline]
    fn of(json: &[u8], at: usize, next_to: Option<Self>) -> Option<Self> {
        let around: &[u8; 5] = json.get(at.checked_sub(3)?..at + 2)?.try_into().ok()?;
        let [third, second, first, brace, behind] = *around;
        if brace == b'{' {
            return match (first, second) {
                (b':', b'"') => (!may_stand_before_text(third)).then_some(Self::Opens),
                (b':', b' ' | b'\t' | b'\n' | b'\r')
                | (b',' | b'[' | b' ' | b'\t' | b'\n' | b'\r', _) => None,
                _ => Some(Self::Text),
            };
        }
        match first {
            _ if !may_stand_behind_object(behind) => Some(Self::Text),
            b'"' => (!may_stand_before_text(second)).then_some(Self::Closes),
            b'{' | b'}' => match next_to? {
                Self::Text => Some(Self::Text),
                Self::Opens | Self::Closes => Some(Self::Closes),
            },
            b'0'..=b'9' | b'a'..=b'z' => ends_literal(&json[..at]),
            b']' | b' ' | b'\t' | b'\n' | b'\r' => None,
            _ => Some(Self::Text),
        }
    }
}

/// Behind another byte a quote ends a text.
#[inline]
fn may_stand_before_text(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b':' | b',' | b'{' | b'[' | b' ' | b'\t' | b'\n' | b'\r'
    )
}

#[inline]
fn may_stand_behind_object(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
}

/// What a closing brace is behind a number or a word at the end of `front`.
fn ends_literal(front: &[u8]) -> Option<Brace> {
    let is_literal =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.');
    let length = front.iter().rev().position(|byte| !is_literal(byte))?;
    if length > LITERAL_BYTES_MAX {
        return None;
    }
    match front[..front.len() - length] {
        [.., third, b'"', b':'] => (!may_stand_before_text(third)).then_some(Brace::Closes),
        [.., b' ' | b'\t' | b'\n' | b'\r', b':']
        | [.., b',' | b'[' | b' ' | b'\t' | b'\n' | b'\r'] => None,
        _ => Some(Brace::Text),
    }
}

/// Whether the object that the brace at this place opens is the member `name`. None where that cannot
/// be told: an escape may write any letter of it.
fn has_name(json: &[u8], brace: usize, name: &[u8]) -> Option<bool> {
    let front = json.get(..brace.checked_sub(2)?)?;
    let (last, front) = front.split_last()?;
    if name.last() != Some(last) {
        // Every escape ends with a hexadecimal digit, or is no letter.
        return (!last.is_ascii_hexdigit()).then_some(false);
    }
    let front = front.strip_suffix(&name[..name.len() - 1])?;
    matches!(front, [.., b',' | b'{', b'"']).then_some(true)
}

/// The method at the beginning of an object.
#[inline]
fn first_method(object: &[u8]) -> Option<&[u8]> {
    let text = object.strip_prefix(b"\"method\":\"")?;
    let length = text
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | b' '))?;
    (text[length] == b'"' && length > 0).then(|| &text[..length])
}
