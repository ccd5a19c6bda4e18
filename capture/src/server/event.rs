//! The event of a server's call, made of the request in API Gateway's format for HTTP APIs (payload
//! 2.0): "Working with AWS Lambda proxy integrations for HTTP APIs" in its developer guide.

use std::borrow::Cow;
use std::net::IpAddr;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, Method, Uri, Version};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::exchange::Ready;
use crate::taken_body::TakenBody;
use daybook_event::Original;

/// What of a request is needed to make an event of it.
#[derive(Debug)]
pub(super) struct ReceivedRequest {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    /// The route's template, as API Gateway writes it; none where no route is known.
    pub(super) route: Option<String>,
    pub(super) client_address: Option<IpAddr>,
    pub(super) domain_name: String,
}

/// An event, and the mark of its body where that is cut.
pub(super) struct MadeEvent {
    pub(super) json: String,
    pub(super) truncated: Option<Original>,
}

impl ReceivedRequest {
    /// How much memory it holds, roughly.
    pub(super) fn bytes_held(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len() + 64)
            .sum();
        self.path().len() + self.uri.query().map_or(0, str::len) + headers + 512
    }

    /// The event. The request came in as long before `ready` as the call took.
    pub(super) fn into_event(
        self,
        request_id: &str,
        body: Option<TakenBody>,
        ready: Ready,
    ) -> MadeEvent {
        let body = body.unwrap_or_default();
        let body = body.into_event_body(self.content_length(), self.is_form());
        let mut event = Map::new();
        event.insert("version".into(), "2.0".into());
        event.insert("routeKey".into(), self.route_key().into());
        event.insert("rawPath".into(), self.path().into());
        let raw_query = self.uri.query().unwrap_or_default();
        event.insert("rawQueryString".into(), raw_query.into());
        let cookies: Vec<Value> = self.cookies().map(Value::from).collect();
        if !cookies.is_empty() {
            event.insert("cookies".into(), cookies.into());
        }
        event.insert("headers".into(), self.joined_headers().into());
        let query = joined_query(raw_query);
        if !query.is_empty() {
            event.insert("queryStringParameters".into(), query.into());
        }
        let path_parameters = self.path_parameters();
        if !path_parameters.is_empty() {
            event.insert("pathParameters".into(), path_parameters.into());
        }
        event.insert("requestContext".into(), self.context(request_id, ready));
        if let Some(text) = body.text {
            event.insert("body".into(), text.into());
        }
        event.insert("isBase64Encoded".into(), body.is_base64.into());
        MadeEvent {
            json: Value::from(event).to_string(),
            truncated: body.truncated,
        }
    }

    fn context(&self, request_id: &str, ready: Ready) -> Value {
        let duration = i64::try_from(ready.duration_ms).unwrap_or(i64::MAX);
        let time = ready
            .captured_at
            .checked_sub(SignedDuration::from_millis(duration))
            .unwrap_or(ready.captured_at);
        let user_agent = self.headers.get(USER_AGENT).map(text_of);
        let address = self.client_address.map(|address| address.to_string());
        json!({
            "apiId": "",
            "domainName": self.domain_name,
            "http": {
                "method": self.method.as_str(),
                "path": self.path(),
                "protocol": format!("{:?}", self.version),
                "sourceIp": address.unwrap_or_default(),
                "userAgent": user_agent.unwrap_or_default(),
            },
            "requestId": request_id,
            "routeKey": self.route_key(),
            "stage": "$default",
            "time": common_log_time(time),
            "timeEpoch": time.as_millisecond(),
        })
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn route_key(&self) -> String {
        match &self.route {
            Some(route) => format!("{} {route}", self.method),
            None => "$default".to_owned(),
        }
    }

    fn content_length(&self) -> usize {
        let length = self.headers.get(CONTENT_LENGTH);
        length
            .and_then(|length| length.to_str().ok()?.parse().ok())
            .unwrap_or(0)
    }

    fn is_form(&self) -> bool {
        self.headers.get(CONTENT_TYPE).is_some_and(|value| {
            text_of(value)
                .to_ascii_lowercase()
                .contains("application/x-www-form-urlencoded")
        })
    }

    fn cookies(&self) -> impl Iterator<Item = String> {
        self.headers.get_all(COOKIE).iter().flat_map(|value| {
            text_of(value)
                .split("; ")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
    }

    /// Several values of one name are joined by commas; cookies stand elsewhere.
    fn joined_headers(&self) -> Map<String, Value> {
        let names = self.headers.keys().filter(|name| **name != COOKIE);
        names
            .map(|name: &HeaderName| {
                let values = self.headers.get_all(name).iter().map(text_of);
                (
                    name.to_string(),
                    values.collect::<Vec<_>>().join(",").into(),
                )
            })
            .collect()
    }

    /// The values of the template's `{names}`, decoded.
    fn path_parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::new();
        let mut rest = self.path().trim_start_matches('/');
        let route = self.route.as_deref().unwrap_or_default();
        for part in route.trim_start_matches('/').split('/') {
            let name = part
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'));
            let greedy = name.and_then(|name| name.strip_suffix('+'));
            let (value, behind) = match greedy {
                Some(_) => (rest, ""),
                None => rest.split_once('/').unwrap_or((rest, "")),
            };
            rest = behind;
            if let Some(name) = greedy.or(name) {
                let value = percent_decode_str(value).decode_utf8_lossy();
                parameters.insert(name.to_owned(), value.into());
            }
        }
        parameters
    }
}

/// Decoded; several values of one name are joined by commas.
fn joined_query(raw_query: &str) -> Map<String, Value> {
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(raw_query.as_bytes()) {
        match query.get_mut(name.as_ref()) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(&value);
            }
            _ => {
                query.insert(name.into_owned(), value.into());
            }
        }
    }
    query
}

fn text_of(value: &http::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// `12/Mar/2020:19:03:58 +0000`.
fn common_log_time(time: Timestamp) -> String {
    let time = time.to_zoned(TimeZone::UTC);
    time.strftime("%d/%b/%Y:%H:%M:%S %z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(route: Option<&str>, path: &str) -> ReceivedRequest {
        ReceivedRequest {
            method: Method::PUT,
            uri: path.parse().unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            route: route.map(ToOwned::to_owned),
            client_address: None,
            domain_name: "api.example.com".to_owned(),
        }
    }

    #[test]
    fn the_route_names_parts_of_the_path() {
        for (route, path, parameters) in [
            (
                Some("/v1/orders/{id}"),
                "/v1/orders/a%20b",
                json!({"id": "a b"}),
            ),
            (
                Some("/{shop}/files/{rest+}"),
                "/x/files/a/b%2Fc",
                json!({"shop": "x", "rest": "a/b/c"}),
            ),
            (Some("/v1/orders"), "/v1/orders", json!({})),
            (None, "/v1/orders/7", json!({})),
        ] {
            let found = received(route, path).path_parameters();
            assert_eq!(Value::from(found), parameters, "{route:?}");
        }
    }

    #[test]
    fn the_request_came_before_the_response_was_ready() {
        let ready = Ready {
            captured_at: "2020-03-12T19:03:58.390Z".parse().unwrap(),
            duration_ms: 390,
        };
        let context = received(None, "/").context("r", ready);
        assert_eq!(context["time"], "12/Mar/2020:19:03:58 +0000");
        assert_eq!(context["timeEpoch"], 1_584_039_838_000_i64);
    }

    #[test]
    fn several_values_of_one_name_are_joined() {
        assert_eq!(
            Value::from(joined_query("q=1&q=a%2Cb&n&q=+")),
            json!({"q": "1,a,b, ", "n": ""})
        );
    }
}
