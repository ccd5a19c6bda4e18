//! The method that is found by scanning is the one that reading finds, whatever the event is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

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
    let route_key = prop_oneof![
        any_method().prop_map(|method| json!(format!("{method} /a"))),
        Just(json!("ANY /{proxy+}")),
        Just(json!("$default")),
        any_value(),
    ];
    let member = prop_oneof![
        any_method().prop_map(|method| ("\"httpMethod\"", json!(method).to_string())),
        route_key.prop_map(|key| ("\"routeKey\"", key.to_string())),
        any_context().prop_map(|context| ("\"requestContext\"", context)),
        any_context().prop_map(|context| ("\"request\\u0043ontext\"", context)),
        any_context().prop_map(|other| ("\"requestcontext\"", other)),
        any_value().prop_map(|value| ("\"requestContext\"", value.to_string())),
        any_value().prop_map(|value| ("\"headers\"", value.to_string())),
        any_value().prop_map(|value| ("\"a\\\"requestContext\"", value.to_string())),
        Just(("\"routeArn\"", "\"arn\"".to_owned())),
        any_value().prop_map(|value| ("\"Records\"", value.to_string())),
    ];
    let blank = || prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n")];
    let member = (member, blank(), blank())
        .prop_map(|((name, value), before, behind)| format!("{before}{name}:{value}{behind}"));
    let head = prop_oneof![
        Just(Vec::new()),
        Just(vec![
            r#""version":"2.0","routeKey":"ANY /{proxy+}""#.to_owned()
        ]),
        Just(vec![r#""routeKey":"$default""#.to_owned()]),
        any_method().prop_map(|method| {
            let key = json!(format!("{method} /a"));
            vec![format!(r#""version":"2.0","routeKey":{key}"#)]
        }),
        (any_text(), any_text(), any_method()).prop_map(|(resource, path, method)| {
            [
                ("resource", resource),
                ("path", path),
                ("httpMethod", method),
            ]
            .map(|(name, text)| format!(r#""{name}":{}"#, json!(text)))
            .to_vec()
        }),
    ];
    (head, prop::collection::vec(member, 0..6))
        .prop_map(|(head, members)| format!("{{{}}}", [head, members].concat().join(",")))
}

/// A context with a method in it, first or not, and more that looks like it.
fn any_context() -> impl Strategy<Value = String> {
    let http = (any_method(), any_value()).prop_map(|(method, other)| {
        let method = Value::from(method);
        [
            format!(r#"{{"method":{method},"a":{other}}}"#),
            format!(r#"{{"a":{other},"method":{method}}}"#),
            format!(r#"{{"m\u0065thod":{method},"method":"PUT"}}"#),
        ]
    });
    let names = prop_oneof![4 => Just("http"), 1 => Just("h\\u0074tp"), 1 => Just("https")];
    (http, 0..3_usize, any_value(), names).prop_map(|(http, which, before, name)| {
        format!(
            r#"{{"authorizer":{before},"{name}":{},"n":1}}"#,
            http[which]
        )
    })
}

/// The event with blanks before and behind its signs.
fn spaced(event: &str, blanks: &[String]) -> String {
    let mut spaced = String::new();
    let (mut in_text, mut is_escaped) = (false, false);
    let mut blanks = blanks.iter().cycle();
    for letter in event.chars() {
        let is_sign = !in_text && matches!(letter, '{' | '}' | '[' | ']' | ':' | ',');
        let mut blank = || blanks.next().filter(|_| is_sign).map_or("", String::as_str);
        spaced.extend([blank(), letter.encode_utf8(&mut [0; 4]), blank()]);
        in_text ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
    }
    spaced
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_method_that_is_found_by_scanning_is_the_one_that_reading_finds(event in any_event()) {
        serde_json::from_str::<Value>(&event).unwrap();
        let read = read(event.as_bytes());
        match scan(event.as_bytes()) {
            Some(Said::Method(method)) => prop_assert_eq!(Some(method), read.as_deref()),
            Some(Said::Nothing) => prop_assert_eq!(None, read.as_deref()),
            None => {}
        }
        let found = method_of(event.as_bytes());
        prop_assert_eq!(found.as_deref(), read.as_deref());
    }

    #[test]
    fn blanks_between_the_parts_of_an_event_change_nothing(
        event in any_event(),
        blanks in prop::collection::vec("[ \\n]{0,2}", 1..7),
    ) {
        let spaced = spaced(&event, &blanks);
        let read = read(event.as_bytes());
        let found = method_of(spaced.as_bytes());
        prop_assert_eq!(found.as_deref(), read.as_deref(), "{}", spaced);
    }

    #[test]
    fn no_bytes_are_too_strange_to_scan(
        text in "\\{?[\\[\\]{}\":,\\\\a]{0,60}",
        cut in any_event(),
        length in 0_usize..200,
    ) {
        for event in [text.as_bytes(), &cut.as_bytes()[..length.min(cut.len())]] {
            let _ = scan(event);
            let _ = method_in_context(event, 0);
        }
    }
}

/// A payload 2.0 as AWS writes it, with an authorizer's context of any kind.
fn any_event_of_aws() -> impl Strategy<Value = (String, Option<String>)> {
    let texts = || prop::collection::btree_map(any_text(), any_text(), 0..3);
    let forged = Just(
        json!({"a": 1, "http": {"method": "GET"}, "requestContext": {"http": {"method": "GET"}}}),
    );
    let authorizer = prop_oneof![any_value(), forged];
    let method = "GET|POST|DELETE|HEAD";
    (
        (method, authorizer, texts(), texts(), texts()),
        (any_text(), any_text(), any::<bool>(), any::<bool>()),
    )
        .prop_map(|((method, authorizer, headers, query, params), (path, body, has_body, is_closed))| {
            let text = |text: &str| json!(text).to_string();
            let (headers, query, params) = (json!(headers), json!(query), json!(params));
            let body = if has_body { format!(r#""body":{},"#, text(&body)) } else { String::new() };
            let path = text(&path);
            let authorizer = if is_closed { String::new() } else {
                format!(r#""authorizer":{{"lambda":{authorizer}}},"#)
            };
            let event = format!(
                r#"{{"version":"2.0","routeKey":"ANY /{{proxy+}}","rawPath":{path},"rawQueryString":"","headers":{headers},"queryStringParameters":{query},"requestContext":{{"accountId":"1","apiId":"a",{authorizer}"domainName":"d","domainPrefix":"p","http":{{"method":"{method}","path":{path},"userAgent":{path}}},"requestId":"r","routeKey":"ANY /{{proxy+}}","stage":"$default","timeEpoch":1}},{body}"pathParameters":{params},"isBase64Encoded":false}}"#
            );
            (event, Some(method))
        })
}

proptest! {
    #[test]
    fn whatever_a_client_or_an_authorizer_says_the_method_is_the_context_s_own((event, method) in any_event_of_aws()) {
        serde_json::from_str::<Value>(&event).unwrap();
        let found = method_of(event.as_bytes()).map(Cow::into_owned);
        prop_assert_eq!(&found, &method);
        prop_assert_eq!(&read(event.as_bytes()), &method);
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
        (
            br#"{"routeKey":"$default","headers":{"a":"{"b":{"},"requestContext":{"http":{"method":"DELETE"}}}"#,
            "DELETE",
        ),
    ];
    for (event, method) in events {
        assert_eq!(scan(event), Some(Said::Method(method)));
    }
    // As Python writes a recorded event.
    let spaced =
        br#"{"resource": "/v1/orders/{id}", "path": "/v1/orders/7", "httpMethod": "POST"}"#;
    assert_eq!(method_of(spaced).unwrap(), "POST");
    // An escape in a name that counts is for a parser to read.
    let escaped = br#"{"http\u004dethod":"GET","httpMethod":"POST"}"#;
    assert_eq!(scan(escaped), None);
    assert_eq!(method_of(escaped).unwrap(), "GET");
}

#[test]
fn what_is_no_call_is_not_looked_through() {
    for event in [
        r#"{"Records":[{"messageId":"#,
        r#"{"version":"0","id":"1","detail-type":"a","source":"b","#,
        r#"{"awslogs":{"data":"#,
        r#"{"type":"REQUEST","methodArn":"arn","#,
    ] {
        assert_eq!(scan(event.as_bytes()), Some(Said::Nothing), "{event}");
    }
    let whole = r#"{"orders":[{"httpMethod":"POST"}],"n":1}"#;
    assert_eq!(
        scan(whole.as_bytes()),
        Some(Said::Nothing),
        "it is looked through once"
    );
}

#[test]
fn what_aws_writes_is_found_by_jumping() {
    for event in [
        include_str!("../benches/events/http-get-any.json"),
        include_str!("../benches/events/http-post.json"),
    ] {
        let behind = event.find(",\"rawPath\"").unwrap();
        let method = method_near_the_end(event.as_bytes(), behind);
        assert_eq!(method, method_in_context(event.as_bytes(), behind));
        assert!(method.is_some());
    }
}

#[test]
fn what_comes_first_says_the_method() {
    for (event, method) in [
        (
            r#"{"routeKey":"ANY /a","httpMethod":"GET","requestContext":{"http":{"method":"PUT"}}}"#,
            Some("PUT"),
        ),
        (
            r#"{"httpMethod":"GET","requestContext":{"http":{"method":"PUT"}}}"#,
            Some("GET"),
        ),
        (
            r#"{"routeKey":"ANY /a","body":"{\"requestContext\":{\"http\":{\"method\":\"GET\"}}}"}"#,
            None,
        ),
        (
            r#"{"routeKey":"ANY /a","x":{"requestContext":{"http":{"method":"GET"}}}}"#,
            None,
        ),
        (
            r#"{"routeKey":"ANY /a","requestContext":{"x":{"http":{"method":"GET"}}}}"#,
            None,
        ),
        (
            r#"{"routeKey":"ANY /a", "requestContext": {"http": {"method": "PUT"}}}"#,
            Some("PUT"),
        ),
        (r#"{"routeArn":"arn","routeKey":"GET /a"}"#, None),
    ] {
        assert_eq!(method_of(event.as_bytes()).as_deref(), method, "{event}");
        assert_eq!(read(event.as_bytes()).as_deref(), method, "{event}");
    }
}
