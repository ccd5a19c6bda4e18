//! Credentials are removed before anything leaves the process, everywhere an event repeats them.
//!
//! A removed value is replaced by the text `[redacted]`, so that a reader sees that something was
//! there. Everything else stays byte for byte as it was delivered.
//!
//! - `headers`, `multiValueHeaders`: by name ([`names::says_secret`], and those that the service
//!   configured) and by shape (a JWT, `Bearer …`, `Basic …`, a private key).
//! - `cookies` (payload 2.0): each of them.
//! - `requestContext`, so `identity.apiKey` and raw tokens of an authorizer; `stageVariables`;
//!   `authorizationToken`: by name and shape.
//! - `queryStringParameters`, `multiValueQueryStringParameters`, `rawQueryString`: by name and
//!   shape, encoded or not, signatures of signed links as well.
//! - `body`, plain or base64: members of a JSON object at any depth, parameters of a form. A body
//!   that begins like JSON but is none is removed whole, for nobody can tell what is in it; a
//!   multipart one is removed whole where a part's name says secret.
//!
//! Concrete paths and `pathParameters` are not looked at: they identify the call.

mod json;
pub(crate) mod names;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daybook_event::REDACTED;
use memchr::memmem;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use json::{NotJson, quote, remove_from_json, remove_from_json_by_shape, unescape};
use names::{looks_like_a_credential, query_name_says_secret, says_secret};

/// [`REDACTED`] as JSON.
const REMOVED: &str = "\"[redacted]\"";

/// More of the name of a multipart body's part is not looked at.
const PART_NAME_BYTES_MAX: usize = 128;

/// Removes credentials from events and bodies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    /// Lower case.
    sensitive_headers: HashSet<String>,
}

/// The event is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("the event is no JSON object")]
pub(crate) struct NotAnEvent(#[source] serde_json::Error);

impl Credentials {
    pub(crate) fn new<'a>(sensitive_headers: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            sensitive_headers: sensitive_headers
                .into_iter()
                .map(str::to_ascii_lowercase)
                .collect(),
        }
    }

    /// The event without credentials, every other field as it was and in its place.
    pub(crate) fn remove_from_event(&self, event: &[u8]) -> Result<String, NotAnEvent> {
        let members: Members<'_> = serde_json::from_slice(event).map_err(NotAnEvent)?;
        let body_encoding = BodyEncoding::of(&members);
        let mut cleaned = String::with_capacity(event.len());
        cleaned.push('{');
        for (name, value) in &members.0 {
            if cleaned.len() > 1 {
                cleaned.push(',');
            }
            cleaned.push_str(&quote(name));
            cleaned.push(':');
            cleaned.push_str(&self.remove_from_member(name, value.get(), body_encoding));
        }
        cleaned.push('}');
        Ok(cleaned)
    }

    fn remove_from_member<'a>(
        &self,
        name: &str,
        value: &'a str,
        body_encoding: BodyEncoding,
    ) -> Cow<'a, str> {
        let cleaned = match name {
            "headers" | "multiValueHeaders" => remove_from_json(value, &|header| {
                says_secret(header)
                    || self
                        .sensitive_headers
                        .contains(&header.to_ascii_lowercase())
            }),
            "requestContext" | "stageVariables" => remove_from_json(value, &says_secret),
            "queryStringParameters" | "multiValueQueryStringParameters" => {
                remove_from_json_by_shape(value, &encoded_name_says_secret, encoded_is_credential)
            }
            "cookies" => Ok(removed_items(value)),
            "authorizationToken" => Ok(Some(REMOVED.to_owned())),
            "rawQueryString" => replace_text(value, remove_from_query),
            "body" => replace_text(value, |body| remove_from_body(body, body_encoding)),
            _ => Ok(None),
        };
        match cleaned {
            Ok(None) => Cow::Borrowed(value),
            Ok(Some(cleaned)) => Cow::Owned(cleaned),
            Err(NotJson) => Cow::Borrowed(REMOVED),
        }
    }
}

/// A JSON text (a response body, what a handler said) without credentials; none where there were
/// none. What begins like JSON but is none is removed whole.
pub(crate) fn remove_from_text(text: &str) -> Option<String> {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[' | b'"') => {
            remove_from_json(text, &says_secret).unwrap_or_else(|NotJson| Some(REDACTED.into()))
        }
        _ => looks_like_a_credential(text).then(|| REDACTED.into()),
    }
}

/// How the event's body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BodyEncoding {
    is_base64: bool,
    format: BodyFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyFormat {
    Form,
    Multipart,
    JsonOrText,
}

impl BodyEncoding {
    fn of(members: &Members<'_>) -> Self {
        let is_base64 = members
            .0
            .iter()
            .any(|(name, value)| name == "isBase64Encoded" && value.get() == "true");
        let content_type = members
            .0
            .iter()
            .filter(|(name, _)| name == "headers" || name == "multiValueHeaders")
            .filter_map(|(_, headers)| serde_json::from_str::<Members<'_>>(headers.get()).ok())
            .flat_map(|headers| headers.0)
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.get().to_ascii_lowercase())
            .unwrap_or_default();
        let format = if content_type.contains("application/x-www-form-urlencoded") {
            BodyFormat::Form
        } else if content_type.contains("multipart/") {
            BodyFormat::Multipart
        } else {
            BodyFormat::JsonOrText
        };
        Self { is_base64, format }
    }
}

/// Cleans the text of a JSON string; what is no string has no credentials in it.
fn replace_text(
    value: &str,
    clean: impl FnOnce(&str) -> Option<String>,
) -> Result<Option<String>, NotJson> {
    if !value.starts_with('"') {
        return Ok(None);
    }
    let text = unescape(value).ok_or(NotJson)?;
    Ok(clean(&text).map(|cleaned| quote(&cleaned)))
}

fn remove_from_body(body: &str, encoding: BodyEncoding) -> Option<String> {
    if !encoding.is_base64 {
        return remove_from_decoded_body(body.as_bytes(), encoding.format);
    }
    remove_from_decoded_body(&STANDARD.decode(body).ok()?, encoding.format)
        .map(|text| STANDARD.encode(text))
}

/// What some clients write in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn remove_from_decoded_body(body: &[u8], format: BodyFormat) -> Option<String> {
    if format == BodyFormat::Multipart {
        return part_names(body)
            .any(|name| says_secret(&name))
            .then(|| REDACTED.into());
    }
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let Ok(body) = std::str::from_utf8(body) else {
        // In another encoding nobody here finds a member: what may have some goes whole.
        let may_have_members = format == BodyFormat::Form
            || matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
        return may_have_members.then(|| REDACTED.into());
    };
    // A client may well say "form" and send JSON: it is what `curl -d` does.
    let looks_like_json = body.trim_start().starts_with(['{', '[']);
    if format == BodyFormat::Form && !looks_like_json {
        remove_from_query(body)
    } else {
        remove_from_text(body)
    }
}

/// As [`query_name_says_secret`], of a name that may still be encoded: a load balancer passes a
/// query on as it came.
fn encoded_name_says_secret(name: &str) -> bool {
    query_name_says_secret(name)
        || name.contains('%')
            && query_name_says_secret(&percent_decode_str(name).decode_utf8_lossy())
}

/// As [`parameter_is_credential`], of a value that may still be encoded, for the same reason.
fn encoded_is_credential(value: &str) -> bool {
    if !value.contains(['%', '+']) {
        return looks_like_a_credential(value);
    }
    let with_blanks = value.replace('+', " ");
    looks_like_a_credential(value)
        || parameter_is_credential(&percent_decode_str(&with_blanks).decode_utf8_lossy())
}

/// Whether a parameter's value is a credential by its shape, or JSON with one in it.
fn parameter_is_credential(value: &str) -> bool {
    looks_like_a_credential(value)
        || value.trim_start().starts_with(['{', '['])
            && matches!(remove_from_json(value, &says_secret), Ok(Some(_)))
}

/// What stands behind each `name=`, with or without quotes (RFC 7578, section 4.2).
fn part_names(body: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    memmem::find_iter(body, b"name=")
        .filter(|at| !body[..*at].ends_with(b"file"))
        .map(|at| {
            let name = &body[at + b"name=".len()..];
            let name = name.strip_prefix(b"\"").unwrap_or(name);
            let name = &name[..name.len().min(PART_NAME_BYTES_MAX)];
            let end = name.iter().position(|byte| b"\";\r\n".contains(byte));
            String::from_utf8_lossy(&name[..end.unwrap_or(name.len())])
        })
}

/// A query string or form without the values of secret parameters; none where there are none.
fn remove_from_query(query: &str) -> Option<String> {
    let mut is_changed = false;
    let parts: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|part| {
            let is_secret =
                form_urlencoded::parse(part.as_bytes())
                    .next()
                    .is_some_and(|(name, value)| {
                        !value.is_empty()
                            && (query_name_says_secret(&name) || parameter_is_credential(&value))
                    });
            match part.split_once('=') {
                Some((name, _)) if is_secret => {
                    is_changed = true;
                    Cow::Owned(format!("{name}=%5Bredacted%5D"))
                }
                _ => Cow::Borrowed(part),
            }
        })
        .collect();
    is_changed.then(|| parts.join("&"))
}

/// `["[redacted]", …]`, as many as there were.
fn removed_items(array: &str) -> Option<String> {
    if array == "null" {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(array).unwrap_or_default();
    Some(format!("[{}]", vec![REMOVED; items.len()].join(",")))
}

/// The members of a JSON object, in their order, each value as the text that it was.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
