//! What kind of call an event is, read from as little of it as possible.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::method::method_of;

/// What tells calls apart, whichever of API Gateway's two formats or ALB's the event has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// `httpMethod` (REST, payload 1.0, ALB) or `requestContext.http.method` (payload 2.0).
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

    /// Reads the method and nothing behind it; the other fields may be empty.
    ///
    /// None where the event is no API call.
    pub(crate) fn method_of(event: &'a [u8]) -> Option<Cow<'a, str>> {
        match method_of(event) {
            Some(method) => Some(Cow::Borrowed(method)),
            None => Some(Self::read(event, Until::Method)?.method),
        }
    }

    /// Reads all fields. None where the event is no API call.
    pub(crate) fn of(event: &'a [u8]) -> Option<Self> {
        Self::read(event, Until::End)
    }

    fn read(event: &'a [u8], until: Until) -> Option<Self> {
        let mut call = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(event);
        // An error is also how the reading is stopped early; what was found until then counts.
        let _ = EventSeed {
            call: &mut call,
            until,
        }
        .deserialize(&mut deserializer);
        (!call.method.is_empty()).then_some(call)
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Method,
    End,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum EventField {
    HttpMethod,
    Resource,
    RouteKey,
    Path,
    RawPath,
    RequestContext,
    MethodArn,
    RouteArn,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContextPart<'a> {
    #[serde(borrow)]
    http: Option<HttpPart<'a>>,
    #[serde(borrow)]
    stage: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct HttpPart<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
}

struct EventSeed<'seed, 'a> {
    call: &'seed mut Call<'a>,
    until: Until,
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
                EventField::HttpMethod => {
                    self.call.method = text_or_empty(map.next_value()?);
                }
                EventField::Resource => {
                    self.call.template = text_or_empty(map.next_value()?);
                }
                EventField::RouteKey => {
                    let route_key = text_or_empty(map.next_value()?);
                    read_route_key(self.call, &route_key);
                }
                EventField::Path | EventField::RawPath => {
                    self.call.path = text_or_empty(map.next_value()?);
                }
                EventField::RequestContext => {
                    let context: ContextPart<'de> = map.next_value()?;
                    if let Some(http) = context.http {
                        self.call.method = http.method;
                    }
                    self.call.stage = context.stage.unwrap_or_default();
                }
                // API Gateway asks an authorizer whether there is to be a call.
                EventField::MethodArn | EventField::RouteArn => {
                    self.call.method = Cow::Borrowed("");
                    return Err(A::Error::custom("an authorizer's request"));
                }
                EventField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.until == Until::Method && !self.call.method.is_empty() {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

fn text_or_empty(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |text| text.0)
}

/// `POST /v1/orders` names both; `ANY /v1/orders` and `$default` name no method.
fn read_route_key(call: &mut Call<'_>, route_key: &str) {
    match route_key.split_once(' ') {
        Some(("ANY", template)) => call.template = Cow::Owned(template.to_owned()),
        Some((method, template)) => {
            call.method = Cow::Owned(method.to_owned());
            call.template = Cow::Owned(template.to_owned());
        }
        None => call.template = Cow::Owned(route_key.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const REST: &[u8] = br#"{"resource":"/v1/orders/{id}","path":"/v1/orders/7","httpMethod":"PUT","headers":{"httpMethod":"GET"},"requestContext":{"stage":"prod"}}"#;
    const HTTP: &[u8] = br#"{"version":"2.0","routeKey":"ANY /v1/{proxy+}","rawPath":"/prod/v1/orders/7","headers":{},"requestContext":{"http":{"method":"DELETE"},"stage":"prod"}}"#;

    #[test]
    fn both_formats_are_read() {
        let rest = Call::of(REST).unwrap();
        assert_eq!((&*rest.method, &*rest.template), ("PUT", "/v1/orders/{id}"));
        let http = Call::of(HTTP).unwrap();
        assert_eq!((&*http.method, &*http.stage), ("DELETE", "prod"));
        assert_eq!(Call::method_of(HTTP).unwrap(), "DELETE");
    }

    #[test]
    fn the_method_is_read_without_the_rest() {
        let cut = br#"{"version":"2.0","routeKey":"GET /v1/orders","rawPath": broken"#;
        assert_eq!(Call::method_of(cut).unwrap(), "GET");
        let cut = br#"{"resource":"/","path":"/","httpMethod":"HEAD", broken"#;
        assert_eq!(Call::method_of(cut).unwrap(), "HEAD");
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

    /// Texts that a scanner might take for the event's own structure.
    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z:,{}\\[\\]\"\\\\ ]{0,10}",
            Just(r#"},"httpMethod":"GET"#.to_owned()),
            Just(r#"","requestContext":{"http":{"method":"GET"}}"#.to_owned()),
            "\\PC{0,6}",
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            let name = prop_oneof![any_text(), "http|method|httpMethod|requestContext"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                members(name, inner).prop_map(|members| {
                    Value::Object(members.into_iter().collect::<serde_json::Map<_, _>>())
                }),
            ]
        })
    }

    fn members(
        name: impl Strategy<Value = String>,
        value: impl Strategy<Value = Value>,
    ) -> impl Strategy<Value = Vec<(String, Value)>> {
        prop::collection::vec((name, value), 0..5)
    }

    fn any_method() -> impl Strategy<Value = String> {
        prop_oneof!["GET|POST|DELETE|head|", any_text()]
    }

    /// As text, because only so has an event an order and, where it is strange, the same name twice.
    fn any_event() -> impl Strategy<Value = String> {
        let member = prop_oneof![
            any_method().prop_map(|method| ("httpMethod".to_owned(), json!(method))),
            any_method().prop_map(|method| ("routeKey".to_owned(), json!(format!("{method} /a")))),
            Just(("routeKey".to_owned(), json!("ANY /{proxy+}"))),
            (any_method(), any_value(), any_value()).prop_map(|(method, before, other)| {
                let context = json!({"authorizer": before, "http": {"method": method, "a": other}});
                ("requestContext".to_owned(), context)
            }),
            any_value().prop_map(|elb| ("requestContext".to_owned(), json!({ "elb": elb }))),
            (any_text(), any_value()),
        ];
        prop::collection::vec(member, 0..6).prop_map(|members| {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
                .collect();
            format!("{{{}}}", members.join(","))
        })
    }

    proptest! {
        #[test]
        fn a_method_that_is_found_by_scanning_is_the_one_that_reading_finds(event in any_event()) {
            if let Some(method) = method_of(event.as_bytes()) {
                let read = Call::read(event.as_bytes(), Until::Method).map(|call| call.method);
                prop_assert_eq!(Some(method), read.as_deref());
            }
        }

        #[test]
        fn no_bytes_are_too_strange_to_scan(
            text in "\\{?[\\[\\]{}\":,\\\\a]{0,60}",
            cut in any_event(),
            length in 0_usize..200,
        ) {
            let _ = method_of(text.as_bytes());
            let _ = method_of(&cut.as_bytes()[..length.min(cut.len())]);
        }
    }

    #[test]
    fn what_aws_writes_is_scanned_and_not_read() {
        let events = [
            (
                &include_bytes!("../benches/events/rest-post.json")[..],
                "POST",
            ),
            (include_bytes!("../benches/events/http-post.json"), "POST"),
            (include_bytes!("../benches/events/http-get-any.json"), "GET"),
            (
                br#"{"requestContext":{"elb":{"targetGroupArn":"a"}},"httpMethod":"PUT"}"#,
                "PUT",
            ),
            (HTTP, "DELETE"),
        ];
        for (event, method) in events {
            assert_eq!(method_of(event), Some(method));
        }
        // An escape in a name that counts is for a parser to read.
        let escaped = br#"{"http\u004dethod":"GET","httpMethod":"POST"}"#;
        assert_eq!(method_of(escaped), None);
        assert_eq!(Call::method_of(escaped).unwrap(), "GET");
    }
}
