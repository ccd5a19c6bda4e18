//! What kind of call an event is, read from as little of it as possible.

use std::borrow::Cow;

use crate::credentials::Members;
use crate::method::{http_near_the_end, member, text};
use crate::scan::{ALB_CONTEXT_BEGINNING, PAYLOAD_2_ROUTE, REST_ROUTE, Scan};

/// What tells calls apart, whichever of API Gateway's two formats or ALB's the event has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// See [`method_of`](crate::method::method_of).
    pub(crate) method: Cow<'a, str>,
    /// `resource`, or `routeKey` without its method. Empty for ALB.
    pub(crate) template: Cow<'a, str>,
    /// `path` or `rawPath`; may be empty where it was not asked for.
    pub(crate) path: Cow<'a, str>,
    /// `requestContext.stage`: `rawPath` begins with it. Empty where the template says where the call went to.
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

    /// The call of an event whose method is this one.
    ///
    /// The event is read as far as is necessary: its template comes first, the stage of an HTTP API stands behind
    /// all headers, and the body behind all that counts.
    pub(crate) fn of(event: &'a [u8], method: Cow<'a, str>, asked: Asked) -> Self {
        if asked == Asked::Route
            && let Some(template) = first_template(event).filter(|it| is_specific(it))
        {
            return Self {
                method,
                template: Cow::Borrowed(template),
                ..Self::default()
            };
        }
        let place = Place::of_http_api(event).or_else(|| Place::scanned(event));
        let place = place.or_else(|| Place::read(event));
        let place = place.unwrap_or_default();
        let template = place.template.unwrap_or_default();
        let stage = place.stage.filter(|_| !is_specific(&template));
        Self {
            method,
            template,
            path: place.path.unwrap_or_default(),
            stage: stage.unwrap_or_default(),
        }
    }

    /// Whether nothing is changed by such a call (RFC 9110, section 9.2.1).
    #[inline]
    pub(crate) fn is_read(method: &str) -> bool {
        let is = |read| method.eq_ignore_ascii_case(read);
        is("GET") || is("HEAD") || is("OPTIONS")
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
        !is_specific(&self.template)
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

/// What of a call is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Which routes it is on, for which its path counts only where the template says nothing.
    Route,
    RouteAndPath,
}

/// Whether a route says where its calls go to. A load balancer has none, and others take whatever comes: a
/// parameter that takes several segments is a template's last one.
fn is_specific(template: &str) -> bool {
    !template.is_empty() && template != "$default" && !template.ends_with("+}")
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

/// The template, where it comes first, as AWS writes it, and has no escape.
fn first_template(event: &[u8]) -> Option<&str> {
    let mut scan = Scan { json: event, at: 0 };
    let is_payload_2 = scan.pass(PAYLOAD_2_ROUTE).is_some();
    if !is_payload_2 {
        scan.pass(REST_ROUTE)?;
    }
    let Cow::Borrowed(text) = scan.text()? else {
        return None;
    };
    let start = if is_payload_2 {
        template_start(text)
    } else {
        0
    };
    Some(&text[start..])
}

/// What an event says of where it went to; the first of several counts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place<'a> {
    template: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    stage: Option<Cow<'a, str>>,
}

impl<'a> Place<'a> {
    /// The same of a payload 2.0 as AWS writes it, without its headers and claims having been looked through.
    ///
    /// None says nothing.
    fn of_http_api(event: &'a [u8]) -> Option<Self> {
        let mut scan = Scan { json: event, at: 0 };
        scan.pass(PAYLOAD_2_ROUTE)?;
        let template = template_of(scan.text()?);
        let http = http_near_the_end(event, scan.at)?;
        scan.pass(br#","rawPath":"#)?;
        let path = scan.text()?;
        scan.at = http;
        loop {
            scan.skip_value()?;
            if !scan.has_next()? {
                return None;
            }
            if scan.name()? == b"stage" {
                return Some(Self {
                    template: Some(template),
                    path: Some(path),
                    stage: Some(scan.text()?),
                });
            }
        }
    }

    /// None where the event must be read.
    fn scanned(event: &'a [u8]) -> Option<Self> {
        let mut place = Self::default();
        let mut scan = Scan { json: event, at: 0 };
        scan.take(b'{')?;
        loop {
            let name = scan.name()?;
            if name == b"requestContext" {
                let context = scan.value()?;
                if context.starts_with(ALB_CONTEXT_BEGINNING) {
                    // A load balancer knows neither, and nothing more is to be waited for.
                    place.template.get_or_insert(Cow::Borrowed(""));
                    place.stage.get_or_insert(Cow::Borrowed(""));
                } else {
                    let mut context = Scan {
                        json: context,
                        at: 0,
                    };
                    if context.enter(b"stage")? {
                        place.stage.get_or_insert(context.text()?);
                    }
                }
            } else if !place.take(name, || scan.text())? {
                scan.skip_value()?;
            }
            if place.is_known() || !scan.has_next()? {
                return Some(place);
            }
        }
    }

    /// The same of any JSON.
    fn read(event: &'a [u8]) -> Option<Self> {
        let event: Members<'a> = serde_json::from_slice(event).ok()?;
        let mut place = Self::default();
        for (name, value) in event.0 {
            let text_of = |value| Some(Cow::Owned(text(value).unwrap_or_default()));
            if name != "requestContext" {
                place.take(name.as_bytes(), || text_of(value))?;
            } else if let Some(stage) = member(value, "stage") {
                place.stage = place.stage.or(text_of(stage));
            }
        }
        Some(place)
    }

    /// Takes note of a member of the event; false where it is none of these.
    fn take(&mut self, name: &[u8], text: impl FnOnce() -> Option<Cow<'a, str>>) -> Option<bool> {
        match name {
            b"resource" => self.template.get_or_insert(text()?),
            b"routeKey" => self.template.get_or_insert(template_of(text()?)),
            b"path" | b"rawPath" => self.path.get_or_insert(text()?),
            _ => return Some(false),
        };
        Some(true)
    }

    fn is_known(&self) -> bool {
        let is_specific = self.template.as_deref().map(is_specific);
        self.path.is_some() && is_specific.is_some_and(|it| it || self.stage.is_some())
    }
}

/// What stands behind the method of a route's key: `POST /v1/orders`, `ANY /v1/orders`, `$default`.
fn template_of(route_key: Cow<'_, str>) -> Cow<'_, str> {
    let start = template_start(&route_key);
    match route_key {
        Cow::Borrowed(route_key) => Cow::Borrowed(&route_key[start..]),
        Cow::Owned(mut route_key) => {
            route_key.drain(..start);
            Cow::Owned(route_key)
        }
    }
}

fn template_start(route_key: &str) -> usize {
    // A method is so short that looking for its end by any other way takes longer.
    let blank = route_key.bytes().position(|byte| byte == b' ');
    blank.map_or(0, |blank| blank + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::method_of;

    fn call(event: &[u8]) -> Option<Call<'_>> {
        Some(Call::of(event, method_of(event)?, Asked::RouteAndPath))
    }

    const REST: &[u8] = br#"{"resource":"/v1/orders/{id}","path":"/v1/orders/7","httpMethod":"PUT","headers":{"httpMethod":"GET"},"requestContext":{"stage":"prod"}}"#;
    const HTTP: &[u8] = br#"{"version":"2.0","routeKey":"ANY /v1/{proxy+}","rawPath":"/prod/v1/orders/7","headers":{},"requestContext":{"http":{"method":"DELETE"},"stage":"prod"}}"#;

    #[test]
    fn both_formats_are_read() {
        let rest = call(REST).unwrap();
        assert_eq!((&*rest.method, &*rest.template), ("PUT", "/v1/orders/{id}"));
        let http = call(HTTP).unwrap();
        assert_eq!((&*http.method, &*http.stage), ("DELETE", "prod"));
        assert_eq!(method_of(HTTP).unwrap(), "DELETE");
    }

    #[test]
    fn where_a_call_went_to_is_found_by_scanning_and_by_reading() {
        const ALB: &[u8] = br#"{"requestContext":{"elb":{"targetGroupArn":"a"}},"httpMethod":"PUT","path":"/v1/orders/7"}"#;
        const ESCAPED: &[u8] = br#"{"resource":"/v1/\u00e4{id+}","path":"\/v1\/\u00e4","httpMethod":"PUT","requestContext":{"stage":"d\u00e9v"}}"#;
        for (event, template, path, stage) in [
            (REST, "/v1/orders/{id}", "/v1/orders/7", ""),
            (HTTP, "/v1/{proxy+}", "/prod/v1/orders/7", "prod"),
            (ALB, "", "/v1/orders/7", ""),
            (ESCAPED, "/v1/\u{e4}{id+}", "/v1/\u{e4}", "d\u{e9}v"),
        ] {
            assert!(is_scanned(event));
            let found = call(event).unwrap();
            let place = (&*found.template, &*found.path, &*found.stage);
            assert_eq!(place, (template, path, stage));
            let value: serde_json::Value = serde_json::from_slice(event).unwrap();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            assert_eq!(call(pretty.as_bytes()).unwrap(), found, "it is read");
        }
    }

    #[test]
    fn what_aws_writes_says_from_its_end_where_a_call_went_to() {
        const EVENT: &str = include_str!("../benches/events/http-get-any.json");
        let with = |member: &str, value: &str| {
            let before = format!(r#""{member}":"#);
            let (front, rest) = EVENT.split_once(&before).unwrap();
            format!("{front}{before}{value},\"was\":{rest}")
        };
        let stranger = r#"{"a":1,"http":{"method":"PUT"},"stage":"of another"}"#;
        for event in [
            EVENT.to_owned(),
            EVENT.replace(r#""stage":"$default""#, r#""stage":"v1""#),
            EVENT.replace("ANY /{proxy+}", "$default"),
            EVENT.replace("/v1/orders/7", r"/v1/\u00e4\\"),
            with("authorizer", stranger),
            with(
                "queryStringParameters",
                r#"{"q":",\"http\":{\"stage\":\"x\"}"}"#,
            ),
            with(
                "pathParameters",
                r#"{"proxy":",\"http\":{{{{","stage":"x"}"#,
            ),
        ] {
            let found = Place::of_http_api(event.as_bytes()).unwrap();
            assert_eq!(Place::read(event.as_bytes()).unwrap(), found, "{event}");
            assert_eq!(Place::scanned(event.as_bytes()).unwrap(), found, "{event}");
        }
        let crowded = with(
            "pathParameters",
            &format!(r#"{{"a":"{}"}}"#, "{".repeat(16)),
        );
        for event in [
            crowded.as_str(),
            &EVENT.replace(",\"http\":", ", \"http\":"),
        ] {
            assert_eq!(Place::of_http_api(event.as_bytes()), None);
            let call = Call::of(event.as_bytes(), "GET".into(), Asked::RouteAndPath);
            assert_eq!((&*call.path, &*call.stage), ("/v1/orders/7", "$default"));
        }
    }

    fn is_scanned(event: &[u8]) -> bool {
        Place::scanned(event).is_some_and(|place| place.is_known())
    }

    #[test]
    fn a_specific_route_says_all_that_is_asked_of_it() {
        let rest = br#"{"resource":"/v1/orders/{id}","path":"no end"#;
        let http = br#"{"version":"2.0","routeKey":"GET /v1/orders/{id}","rawPath":"no end"#;
        for event in [&rest[..], http] {
            let call = Call::of(event, "GET".into(), Asked::Route);
            assert!(call.has_route("/v1/orders/{id}") && !call.has_route("/v1/orders/7"));
            assert_eq!(call.path, "");
            // Nothing is found in an event that must be read further and breaks off.
            let call = Call::of(event, "GET".into(), Asked::RouteAndPath);
            assert_eq!(call.template, "");
        }
        let whole = br#"{"resource":"/v1/orders","path":"/v1/orders","httpMethod":"GET"}"#;
        for (asked, path) in [(Asked::Route, ""), (Asked::RouteAndPath, "/v1/orders")] {
            assert_eq!(Call::of(whole, "GET".into(), asked).path, path);
        }
    }

    #[test]
    fn a_body_is_not_looked_at() {
        for event in [REST, HTTP] {
            let event = event.strip_suffix(b"}").unwrap();
            let with_body = [event, br#","body":"no end"#].concat();
            assert!(is_scanned(&with_body));
        }
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
            assert_eq!(call(event), None, "{}", String::from_utf8_lossy(event));
        }
    }

    #[test]
    fn a_route_matches_its_own_template_and_a_catch_all_matches_by_path() {
        let rest = call(REST).unwrap();
        assert!(rest.has_route("/v1/orders/{id}"));
        assert!(
            !rest.has_route("/v1/orders/{orderId}"),
            "the template is another"
        );
        let http = call(HTTP).unwrap();
        assert!(http.has_route("/v1/orders/{orderId}"));
        assert!(http.has_route("/v1/{rest+}"));
        assert!(!http.has_route("/v1/orders"));
        assert!(!http.has_route("/v1/orders/{id}/lines"));
    }
}
