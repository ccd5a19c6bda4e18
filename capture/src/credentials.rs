//! Credentials are removed before anything leaves the process, everywhere an event repeats them.
//!
//! A removed value is replaced by the text `[redacted]`, so that a reader sees that something was
//! there. Everything else stays byte for byte as it was delivered.
//!
//! - `headers`, `multiValueHeaders`: by name ([`names::header_says_secret`], and those that the
//!   service configured) and by shape (a JWT, `Bearer …`, `Basic …`, a private key).
//! - `cookies` (payload 2.0): each of them.
//! - `requestContext`, so `identity.apiKey` and raw tokens of an authorizer; `stageVariables`;
//!   `authorizationToken`: by name and shape. A configured header goes there, too, where they repeat it,
//!   by its name or another (`identity.userAgent`).
//! - `queryStringParameters`, `multiValueQueryStringParameters`, `rawQueryString`: by name and
//!   shape, encoded or not, signatures of signed links as well.
//! - `body`, plain or base64: see [`body`].
//! - A link in any of them: its parameters as those of a query, and a password in front of its host.
//! - A text in any of them: see [`literals`].
//!
//! Concrete paths and `pathParameters` identify the call: of them goes only a JWT, and what stands behind a name
//! that says secret and its sign (`;jsessionid=…`).

mod body;
mod json;
mod links;
mod literals;
mod names;
mod shapes;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use daybook_event::{REDACTED, check_json_bounds};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

pub(crate) use body::BASE64;
use body::{BodyEncoding, remove_from_body};
pub(crate) use json::quoted;
use json::{NotJson, Rules, remove_from_json, unescape};
use links::{parameter_is_credential, remove_from_links, remove_from_query};
use names::{
    header_says_secret, is_session_id, query_name_says_secret, query_name_says_secret_if_drawn,
    says_secret,
};
use shapes::{is_jwt, looks_like_a_credential};

/// [`REDACTED`] as JSON.
const REMOVED: &str = "\"[redacted]\"";

/// [`REDACTED`] in a query or a link.
const REMOVED_IN_LINK: &str = "%5Bredacted%5D";

/// A text of which the pieces before `copied` are in `cleaned`; none where nothing was taken out of it.
fn finish(text: &str, mut cleaned: String, copied: usize) -> Option<String> {
    if copied == 0 {
        return None;
    }
    cleaned.push_str(&text[copied..]);
    Some(cleaned)
}

/// How deep a text nests that nobody takes as a part of another: a body.
const TEXT_DEPTH_MAX: usize = 100;

/// How deep a message nests: the normalizer refuses what is deeper (`MESSAGE_DEPTH_MAX` there), and with it all that the
/// message says.
const MESSAGE_DEPTH_MAX: usize = 100;

/// The message and its event, around a member of it.
const LEVELS_AROUND_A_MEMBER: usize = 2;

/// What is a credential in a body.
const BODY_RULES: Rules<'_> = Rules {
    depth_max: TEXT_DEPTH_MAX,
    says_secret: &says_secret,
    says_secret_if_drawn: is_session_id,
    is_credential: looks_like_a_credential,
};

/// What is a credential in an authorizer's context or a stage variable.
const MEMBER_RULES: Rules<'_> = Rules {
    depth_max: MESSAGE_DEPTH_MAX - LEVELS_AROUND_A_MEMBER,
    ..BODY_RULES
};

/// What is a credential in a concrete path.
const PATH_RULES: Rules<'_> = Rules {
    depth_max: MEMBER_RULES.depth_max,
    says_secret: &|_| false,
    says_secret_if_drawn: |_| false,
    is_credential: is_jwt,
};

/// Members of a request's context that repeat a header under another name.
const REPEATED_HEADERS: &[(&str, &str)] = &[
    ("useragent", "user-agent"),
    ("sourceip", "x-forwarded-for"),
    ("domainname", "host"),
    ("domainprefix", "host"),
];

/// What is a credential in a query.
const QUERY_RULES: Rules<'_> = Rules {
    depth_max: MEMBER_RULES.depth_max,
    says_secret: &encoded_name_says_secret,
    says_secret_if_drawn: query_name_says_secret_if_drawn,
    is_credential: encoded_is_credential,
};

/// Removes credentials from events and bodies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    /// Lower case.
    sensitive_headers: HashSet<String>,
    /// The same without hyphens, as a context may name what it has of a header: `x_partner_sig`, `xPartnerSig`.
    sensitive_members: HashSet<String>,
}

/// The event is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("the event is no JSON object")]
pub(crate) struct NotAnEvent(#[source] serde_json::Error);

impl Credentials {
    pub(crate) fn new<'a>(sensitive_headers: impl IntoIterator<Item = &'a str>) -> Self {
        let sensitive_headers: HashSet<String> = sensitive_headers
            .into_iter()
            .map(str::to_ascii_lowercase)
            .collect();
        Self {
            sensitive_members: sensitive_headers.iter().map(|name| joined(name)).collect(),
            sensitive_headers,
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
            cleaned.push_str(&quoted(name));
            cleaned.push(':');
            cleaned.push_str(&self.remove_from_member(name, value.get(), body_encoding));
        }
        cleaned.push('}');
        Ok(cleaned)
    }

    /// Whether a member of a request's context or a stage variable repeats a header that the service wants removed.
    fn repeats_a_header(&self, name: &str) -> bool {
        !self.sensitive_headers.is_empty()
            && (self.sensitive_members.contains(&joined(name))
                || REPEATED_HEADERS.iter().any(|(repeated, header)| {
                    repeated.eq_ignore_ascii_case(name) && self.sensitive_headers.contains(*header)
                }))
    }

    fn remove_from_member<'a>(
        &self,
        name: &str,
        value: &'a str,
        body_encoding: BodyEncoding,
    ) -> Cow<'a, str> {
        let cleaned = match name {
            "headers" | "multiValueHeaders" => {
                let says_secret = |header: &str| {
                    header_says_secret(header)
                        || self
                            .sensitive_headers
                            .contains(&header.to_ascii_lowercase())
                };
                let rules = Rules {
                    says_secret: &says_secret,
                    ..MEMBER_RULES
                };
                remove_from_json(value, &rules)
            }
            "requestContext" | "stageVariables" => {
                let says_secret = |name: &str| says_secret(name) || self.repeats_a_header(name);
                let rules = Rules {
                    says_secret: &says_secret,
                    ..MEMBER_RULES
                };
                remove_from_json(value, &rules)
            }
            "path" | "rawPath" | "pathParameters" => remove_from_json(value, &PATH_RULES),
            "queryStringParameters" | "multiValueQueryStringParameters" => {
                remove_from_json(value, &QUERY_RULES)
            }
            "cookies" => Ok(removed_items(value)),
            "authorizationToken" => Ok(Some(REMOVED.to_owned())),
            "rawQueryString" => replace_text(value, remove_from_query),
            "body" if value.starts_with('"') => {
                replace_text(value, |body| remove_from_body(body, body_encoding))
            }
            // No gateway sends a body that is no text; whoever invokes the function may.
            "body" => remove_from_json(value, &MEMBER_RULES),
            _ => Ok(removed_if_deep(value)),
        };
        match cleaned {
            Ok(None) => Cow::Borrowed(value),
            Ok(Some(cleaned)) => Cow::Owned(cleaned),
            Err(NotJson) => Cow::Borrowed(REMOVED),
        }
    }
}

/// A name in lower case and without what joins its words.
fn joined(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_'));
    letters.collect::<String>().to_ascii_lowercase()
}

/// A JSON text (a response body) without credentials; none where there were none. What begins like JSON but is none is
/// removed whole.
pub(crate) fn remove_from_text(text: &str) -> Option<String> {
    remove_by(&BODY_RULES, text)
}

/// The same of a JSON text that becomes a part of the message itself (what a handler said), so many levels deep.
pub(crate) fn remove_from_part(json: &str, levels_around: usize) -> Option<String> {
    let rules = Rules {
        depth_max: MESSAGE_DEPTH_MAX - levels_around,
        ..BODY_RULES
    };
    remove_by(&rules, json)
}

fn remove_by(rules: &Rules<'_>, text: &str) -> Option<String> {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[' | b'"') => {
            remove_from_json(text, rules).unwrap_or_else(|NotJson| Some(REDACTED.into()))
        }
        _ if looks_like_a_credential(text) => Some(REDACTED.into()),
        _ => remove_from_links(text),
    }
}

/// A member that nobody looks into, if its depth alone would cost the message.
fn removed_if_deep(value: &str) -> Option<String> {
    let is_deep = value.starts_with(['{', '['])
        && check_json_bounds(value.as_bytes(), usize::MAX, MEMBER_RULES.depth_max).is_err();
    is_deep.then(|| REMOVED.to_owned())
}

/// Cleans the text of a JSON string; what is no string has no credentials in it.
fn replace_text(
    value: &str,
    clean: impl FnOnce(&str) -> Option<String>,
) -> Result<Option<String>, NotJson> {
    if !value.starts_with('"') {
        return Ok(removed_if_deep(value));
    }
    let text = unescape(value).ok_or(NotJson)?;
    Ok(clean(&text).map(|cleaned| quoted(&cleaned)))
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

impl Members<'_> {
    /// Whether they are an event's that says that its body is base64.
    pub(crate) fn has_base64_body(&self) -> bool {
        let mut members = self.0.iter();
        members.any(|(name, value)| name == "isBase64Encoded" && value.get() == "true")
    }
}

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
#[cfg(test)]
#[path = "credentials_whole_tests.rs"]
mod whole_tests;
