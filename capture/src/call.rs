//! What kind of call an event is, read from as little of it as possible.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::method::method_of;

/// What tells calls apart, whichever of API Gateway's two formats or ALB's the event has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// See [`method_of`].
    pub(crate) method: Cow<'a, str>,
    /// `resource`, or `routeKey` without its method. Empty for ALB.
    pub(crate) template: Cow<'a, str>,
    /// `path` or `rawPath`.
    pub(crate) path: Cow<'a, str>,
    /// `requestContext.stage`: `rawPath` begins with it.
    pub(crate) stage: Cow<'a, str>,
}

/// A call as [`CaptureBuilder::capture_if`](crate::CaptureBuilder::capture_if) sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ApiCall<'a> {
    /// The HTTP method, as it came: `POST`.
    pub method: &'a str,
    /// API Gateway's template without the method: `/v1/orders/{id}`, `/{proxy+}`, `$default`; empty
    /// for an ALB.
    pub route: &'a str,
    /// The concrete path, as the event has it (`path`, `rawPath`): that of an HTTP API begins with
    /// its stage's name, unless the stage is `$default`.
    pub path: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn as_api_call(&self) -> ApiCall<'_> {
        ApiCall {
            method: &self.method,
            route: &self.template,
            path: &self.path,
        }
    }

    /// None where the event is no API call.
    pub(crate) fn of(event: &'a [u8]) -> Option<Self> {
        let mut call = Self {
            method: method_of(event)?,
            ..Self::default()
        };
        let mut deserializer = serde_json::Deserializer::from_slice(event);
        // Of an event that is no JSON, what was read until then counts.
        let _ = EventSeed { call: &mut call }.deserialize(&mut deserializer);
        Some(call)
    }

    /// Whether nothing is changed by such a call (RFC 9110, section 9.2.1).
    pub(crate) fn is_read(method: &str) -> bool {
        ["GET", "HEAD", "OPTIONS"]
            .iter()
            .any(|read| method.eq_ignore_ascii_case(read))
    }

    /// Whether the call's route is `pattern`, one of API Gateway's own templates
    /// (`/v1/orders/{id}`, `/files/{path+}`).
    ///
    /// Where the route itself says nothing (`/{proxy+}`, `$default`, ALB) the concrete path
    /// is compared, segment by segment.
    pub(crate) fn has_route(&self, pattern: &str) -> bool {
        if self.template == pattern {
            return true;
        }
        let is_specific = !self.template.is_empty()
            && self.template != "$default"
            && !self.template.contains("+}");
        !is_specific
            && (path_matches(&self.path, pattern)
                || self
                    .path_without_stage()
                    .is_some_and(|path| path_matches(path, pattern)))
    }

    fn path_without_stage(&self) -> Option<&str> {
        if self.stage.is_empty() {
            return None;
        }
        self.path
            .strip_prefix('/')?
            .strip_prefix(self.stage.as_ref())
            .filter(|rest| rest.starts_with('/'))
    }
}

fn path_matches(path: &str, pattern: &str) -> bool {
    let mut segments = path.trim_matches('/').split('/');
    for part in pattern.trim_matches('/').split('/') {
        if part.starts_with('{') && part.ends_with("+}") {
            return segments.next().is_some_and(|segment| !segment.is_empty());
        }
        match segments.next() {
            Some(segment) if part == segment => {}
            Some(segment)
                if part.starts_with('{') && part.ends_with('}') && !segment.is_empty() => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum EventField {
    Resource,
    RouteKey,
    Path,
    RawPath,
    RequestContext,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContextPart<'a> {
    #[serde(borrow)]
    stage: Option<Cow<'a, str>>,
}

struct EventSeed<'seed, 'a> {
    call: &'seed mut Call<'a>,
}

impl<'de> DeserializeSeed<'de> for EventSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EventSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<EventField>()? {
            match field {
                EventField::Resource => {
                    self.call.template = text_or_empty(map.next_value()?);
                }
                EventField::RouteKey => {
                    self.call.template = template_of(text_or_empty(map.next_value()?));
                }
                EventField::Path | EventField::RawPath => {
                    self.call.path = text_or_empty(map.next_value()?);
                }
                EventField::RequestContext => {
                    let context: ContextPart<'de> = map.next_value()?;
                    self.call.stage = context.stage.unwrap_or_default();
                }
                EventField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

fn text_or_empty(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |text| text.0)
}

/// What stands behind the method of a route's key: `POST /v1/orders`, `ANY /v1/orders`, `$default`.
fn template_of(route_key: Cow<'_, str>) -> Cow<'_, str> {
    match route_key.split_once(' ') {
        Some((_, template)) => Cow::Owned(template.to_owned()),
        None => route_key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &[u8] = br#"{"resource":"/v1/orders/{id}","path":"/v1/orders/7","httpMethod":"PUT","headers":{"httpMethod":"GET"},"requestContext":{"stage":"prod"}}"#;
    const HTTP: &[u8] = br#"{"version":"2.0","routeKey":"ANY /v1/{proxy+}","rawPath":"/prod/v1/orders/7","headers":{},"requestContext":{"http":{"method":"DELETE"},"stage":"prod"}}"#;

    #[test]
    fn both_formats_are_read() {
        let rest = Call::of(REST).unwrap();
        assert_eq!((&*rest.method, &*rest.template), ("PUT", "/v1/orders/{id}"));
        let http = Call::of(HTTP).unwrap();
        assert_eq!((&*http.method, &*http.stage), ("DELETE", "prod"));
        assert_eq!(method_of(HTTP).unwrap(), "DELETE");
    }

    #[test]
    fn the_method_is_read_without_the_rest() {
        let cut = br#"{"version":"2.0","routeKey":"GET /v1/orders","rawPath": broken"#;
        assert_eq!(method_of(cut).unwrap(), "GET");
        let cut = br#"{"resource":"/","path":"/","httpMethod":"HEAD", broken"#;
        assert_eq!(method_of(cut).unwrap(), "HEAD");
    }

    #[test]
    fn what_is_no_api_call_says_nothing() {
        for event in [
            &b"{}"[..],
            br#"{"Records":[{"httpMethod":"POST"}]}"#,
            b"[]",
            b"",
            br#"{"httpMethod":null}"#,
            br#"{"requestContext":null}"#,
            br#"{"body":"{\"httpMethod\":\"POST\"}"}"#,
        ] {
            assert_eq!(Call::of(event), None, "{}", String::from_utf8_lossy(event));
        }
    }

    #[test]
    fn a_route_matches_its_own_template_and_a_catch_all_matches_by_path() {
        let rest = Call::of(REST).unwrap();
        assert!(rest.has_route("/v1/orders/{id}"));
        assert!(
            !rest.has_route("/v1/orders/{orderId}"),
            "the template is another"
        );
        let http = Call::of(HTTP).unwrap();
        assert!(http.has_route("/v1/orders/{orderId}"));
        assert!(http.has_route("/v1/{rest+}"));
        assert!(!http.has_route("/v1/orders"));
        assert!(!http.has_route("/v1/orders/{id}/lines"));
    }
}
