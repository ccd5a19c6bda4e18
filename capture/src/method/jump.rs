//! The method in an event's `requestContext`, by jumping from brace to brace.
//!
//! An event of payload 2.0 has some forty strings in front of its method and a dozen braces. Whether a
//! brace is part of the structure or of a text is seen by what stands around it, because in JSON:
//!
//! - a quote that ends a text has no comma, colon, bracket, brace or blank in front of it that could
//!   as well be in front of a text, or it cannot be told apart from one that begins one;
//! - a quote inside a text has a backslash in front of it.
//!
//! What these do not tell is not guessed: the event is then scanned from string to string.

use memchr::memchr2;

/// An event of AWS has fewer braces in front of its method.
const BRACES_MAX: usize = 64;

/// A longer number is written by nobody.
const LITERAL_BYTES_MAX: usize = 24;

/// The method in the first `requestContext` behind `at`, where a member of the event has ended.
///
/// None says nothing.
pub(super) fn method_in_context(json: &[u8], mut at: usize) -> Option<&[u8]> {
    let mut depth = 1;
    let mut in_context = false;
    let mut before = (0, Brace::Text);
    for _ in 0..BRACES_MAX {
        // Ends of objects often stand side by side.
        if json.get(at) != Some(&b'}') {
            at += memchr2(b'{', b'}', json.get(at..)?)?;
        }
        let brace = Brace::of(json, at, before)?;
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
        before = (at, brace);
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
    /// What the brace at this place is; `before` is the one in front of it and where that stands. None
    /// where it cannot be told.
    fn of(json: &[u8], at: usize, before: (usize, Self)) -> Option<Self> {
        let front = json.get(..at)?;
        let is_next_to_before = before.0 + 1 == at;
        if json[at] == b'{' {
            return match front.last()? {
                b':' => ends_name(front),
                b',' | b'[' | b' ' | b'\t' | b'\n' | b'\r' => None,
                _ => Some(Self::Text),
            };
        }
        let may_close = matches!(
            json.get(at + 1),
            None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
        );
        match front.last()? {
            _ if !may_close => Some(Self::Text),
            b'"' => ends_text(front).then_some(Self::Closes),
            b'{' | b'}' if is_next_to_before => Some(match before.1 {
                Self::Text => Self::Text,
                Self::Opens | Self::Closes => Self::Closes,
            }),
            b'0'..=b'9' | b'a'..=b'z' => ends_literal(front),
            b'{' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' => None,
            _ => Some(Self::Text),
        }
    }
}

/// Whether the quote at the end of `front` ends a text, for certain.
fn ends_text(front: &[u8]) -> bool {
    let [.., before, b'"'] = front else {
        return false;
    };
    !matches!(
        before,
        b'\\' | b':' | b',' | b'{' | b'[' | b' ' | b'\t' | b'\n' | b'\r'
    )
}

/// What an opening brace is behind the colon at the end of `front`.
fn ends_name(front: &[u8]) -> Option<Brace> {
    let name = &front[..front.len() - 1];
    match name.last()? {
        b'"' => ends_text(name).then_some(Brace::Opens),
        b' ' | b'\t' | b'\n' | b'\r' => None,
        _ => Some(Brace::Text),
    }
}

/// What a closing brace is behind a number or a word at the end of `front`.
fn ends_literal(front: &[u8]) -> Option<Brace> {
    let is_literal =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.');
    let length = front.iter().rev().position(|byte| !is_literal(byte))?;
    if length > LITERAL_BYTES_MAX {
        return None;
    }
    let front = &front[..front.len() - length];
    match front.last()? {
        b':' => Some(match ends_name(front)? {
            Brace::Opens => Brace::Closes,
            text => text,
        }),
        b',' | b'[' | b' ' | b'\t' | b'\n' | b'\r' => None,
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
fn first_method(object: &[u8]) -> Option<&[u8]> {
    let text = object.strip_prefix(b"\"method\":\"")?;
    let length = text
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | b' '))?;
    (text[length] == b'"' && length > 0).then(|| &text[..length])
}
