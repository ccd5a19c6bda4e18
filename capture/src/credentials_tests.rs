//! Credentials: a table of where they stand, and that nothing else is touched.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Does what takes milliseconds where the work grows as a text does, and hours where it grows faster: whoever
/// sends a text chooses what it looks like.
pub(super) fn in_one_go(work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        work();
        done.send(()).unwrap();
    });
    is_done
        .recv_timeout(std::time::Duration::from_mins(1))
        .expect("the work grows faster than the text");
}

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

pub(super) fn clean(event: &Value) -> Value {
    let credentials = Credentials::new(["X-Mine"]);
    let cleaned = credentials
        .remove_from_event(event.to_string().as_bytes())
        .unwrap();
    serde_json::from_str(&cleaned).unwrap()
}

pub(super) fn clean_body(body: &str) -> String {
    let cleaned = clean(&json!({"httpMethod": "POST", "body": body}));
    cleaned["body"].as_str().unwrap().to_owned()
}

#[test]
fn credentials_are_removed_wherever_an_event_repeats_them() {
    let cases = [
        // (where, before, after)
        (
            "headers",
            json!({"Authorization": "Bearer x", "Accept": "*/*"}),
            json!({"Authorization": "[redacted]", "Accept": "*/*"}),
        ),
        (
            "headers",
            json!({"cookie": "a=1", "x-api-key": "k", "X-Amz-Security-Token": "t"}),
            json!({"cookie": "[redacted]", "x-api-key": "[redacted]", "X-Amz-Security-Token": "[redacted]"}),
        ),
        (
            "headers",
            json!({"x-MINE": "configured", "X-Amzn-Oidc-Data": JWT}),
            json!({"x-MINE": "[redacted]", "X-Amzn-Oidc-Data": "[redacted]"}),
        ),
        ("headers", Value::Null, Value::Null),
        (
            "multiValueHeaders",
            json!({"Authorization": ["a", "b"], "Accept": ["*/*"]}),
            json!({"Authorization": ["[redacted]"], "Accept": ["*/*"]}),
        ),
        (
            "multiValueHeaders",
            json!({"Set-Cookie": ["a"], "X-Forwarded": [format!("Bearer {JWT}")]}),
            json!({"Set-Cookie": ["[redacted]"], "X-Forwarded": ["[redacted]"]}),
        ),
        (
            "cookies",
            json!(["session=1", "theme=dark"]),
            json!(["[redacted]", "[redacted]"]),
        ),
        ("cookies", Value::Null, Value::Null),
        (
            "requestContext",
            json!({"identity": {"apiKey": "k", "apiKeyId": "id", "accessKey": "AKIA"}}),
            json!({"identity": {"apiKey": "[redacted]", "apiKeyId": "id", "accessKey": "AKIA"}}),
        ),
        (
            "requestContext",
            json!({"authorizer": {"principalId": "p", "accessToken": "raw", "token_id": "t1"}}),
            json!({"authorizer": {"principalId": "p", "accessToken": "[redacted]", "token_id": "t1"}}),
        ),
        (
            "requestContext",
            json!({"authorizer": {"lambda": {"raw": JWT, "org_id": "o"}}}),
            json!({"authorizer": {"lambda": {"raw": "[redacted]", "org_id": "o"}}}),
        ),
        (
            "requestContext",
            json!({"authorizer": {"claims": {"token_use": "id", "auth_time": "1", "sub": "s"}}}),
            json!({"authorizer": {"claims": {"token_use": "id", "auth_time": "1", "sub": "s"}}}),
        ),
        (
            "stageVariables",
            json!({"dbPassword": "p", "table": "orders"}),
            json!({"dbPassword": "[redacted]", "table": "orders"}),
        ),
        (
            "queryStringParameters",
            json!({"token": "t", "page": "2", "X-Amz-Signature": "s"}),
            json!({"token": "[redacted]", "page": "2", "X-Amz-Signature": "[redacted]"}),
        ),
        (
            "multiValueQueryStringParameters",
            json!({"access_token": ["t"], "id": ["1", "2"]}),
            json!({"access_token": ["[redacted]"], "id": ["1", "2"]}),
        ),
        (
            // As a load balancer passes it on.
            "queryStringParameters",
            json!({"access%5Ftoken": "t", "api%2Dkey": "k", "a%20b": "c"}),
            json!({"access%5Ftoken": "[redacted]", "api%2Dkey": "[redacted]", "a%20b": "c"}),
        ),
        (
            "rawQueryString",
            json!("a=1&token=x&b=&api%5Fkey=y"),
            json!("a=1&token=%5Bredacted%5D&b=&api%5Fkey=%5Bredacted%5D"),
        ),
        (
            "rawQueryString",
            json!(format!("next={JWT}")),
            json!("next=%5Bredacted%5D"),
        ),
        ("authorizationToken", json!("allow"), json!("[redacted]")),
        ("path", json!("/v1/tokens/42"), json!("/v1/tokens/42")),
        (
            "pathParameters",
            json!({"token": "42"}),
            json!({"token": "42"}),
        ),
    ];
    for (place, before, after) in cases {
        let event = json!({"httpMethod": "POST", place: before});
        assert_eq!(clean(&event)[place], after, "{place}: {before}");
    }
}

#[test]
fn paths_lose_tokens_and_a_body_that_is_no_text_its_members() {
    let cases = [
        // (where, before, after)
        (
            "path",
            json!("/v1/a;jsessionid=0A1B/b"),
            json!("/v1/a;jsessionid=%5Bredacted%5D/b"),
        ),
        (
            "rawPath",
            json!(format!("/v1/invitations/{JWT}")),
            json!("/v1/invitations/%5Bredacted%5D"),
        ),
        (
            "pathParameters",
            json!({"invitation": JWT}),
            json!({"invitation": "[redacted]"}),
        ),
        (
            "body",
            json!({"user": "jane", "password": "x"}),
            json!({"user": "jane", "password": "[redacted]"}),
        ),
    ];
    for (place, before, after) in cases {
        let event = json!({"httpMethod": "POST", place: before});
        assert_eq!(clean(&event)[place], after, "{place}: {before}");
    }
}

#[test]
fn a_configured_header_goes_wherever_the_context_repeats_it() {
    let event = json!({"requestContext": {
        "domainName": "a.example",
        "identity": {"userAgent": "curl/8", "sourceIp": "192.0.2.7"},
        "http": {"userAgent": "curl/8", "method": "POST"},
    }});
    let cleaned = |headers: &[&str]| -> Value {
        let credentials = Credentials::new(headers.iter().copied());
        let cleaned = credentials.remove_from_event(event.to_string().as_bytes());
        serde_json::from_str(&cleaned.unwrap()).unwrap()
    };
    assert_eq!(cleaned(&["X-Mine"]), event);
    let without = cleaned(&["User-Agent", "X-Forwarded-For", "Host"]);
    let expected = json!({"requestContext": {
        "domainName": "[redacted]",
        "identity": {"userAgent": "[redacted]", "sourceIp": "[redacted]"},
        "http": {"userAgent": "[redacted]", "method": "POST"},
    }});
    assert_eq!(without, expected);
}

#[test]
fn a_configured_header_goes_wherever_an_event_has_it_by_its_name() {
    let event = |value: &str| {
        json!({
            "headers": {"x-partner-id": value, "accept": "a"},
            "multiValueHeaders": {"X-Partner-Id": [value]},
            "stageVariables": {"xPartnerId": value, "x_partner_id": value, "partner": "p"},
            "requestContext": {"authorizer": {
                "X-Partner-Id": value,
                "lambda": {"x-partner-id": value, "partnerId": "p"},
            }},
        })
    };
    let credentials = Credentials::new(["X-Partner-Id"]);
    let cleaned = credentials
        .remove_from_event(event("S1").to_string().as_bytes())
        .unwrap();
    let cleaned: Value = serde_json::from_str(&cleaned).unwrap();
    assert_eq!(cleaned, event("[redacted]"));
}

#[test]
fn what_only_sounds_like_a_token_stays() {
    let event = json!({
        "headers": {"Postman-Token": "76e1b7d6-5d6f-4b3f-9d0a-1f2e3d4c5b6a"},
        "requestContext": {"authorizer": {"authorization_details": [{"type": "payment"}]}},
    });
    assert_eq!(clean(&event), event);
}

#[test]
fn links_and_sessions_let_nobody_in() {
    let cases = [
        // (where, before, after)
        (
            "headers",
            json!({"Referer": "https://a.example/reset?token=t&p=1", "X-Original-URL": "/cb?code=4f2d6a901c3e4b7a"}),
            json!({"Referer": "https://a.example/reset?token=%5Bredacted%5D&p=1", "X-Original-URL": "/cb?code=%5Bredacted%5D"}),
        ),
        (
            "multiValueHeaders",
            json!({"X-Forwarded-Uri": ["/a#access_token=t"], "X-Rewrite-URL": ["/a?page=2"]}),
            json!({"X-Forwarded-Uri": ["/a#access_token=%5Bredacted%5D"], "X-Rewrite-URL": ["/a?page=2"]}),
        ),
        (
            "headers",
            json!({"X-Session-Id": "7", "X-Auth": "k", "Accept": "text/html;q=0.9"}),
            json!({"X-Session-Id": "[redacted]", "X-Auth": "[redacted]", "Accept": "text/html;q=0.9"}),
        ),
        (
            "queryStringParameters",
            json!({"code": "4f2d6a901c3e4b7a", "sid": "7", "key": "name"}),
            json!({"code": "[redacted]", "sid": "[redacted]", "key": "name"}),
        ),
        (
            "multiValueQueryStringParameters",
            json!({"code": ["404"], "next": ["/a?token=t"]}),
            json!({"code": ["404"], "next": ["/a?token=%5Bredacted%5D"]}),
        ),
    ];
    for (place, before, after) in cases {
        let event = json!({"httpMethod": "POST", place: before});
        assert_eq!(clean(&event)[place], after, "{place}: {before}");
    }
}

#[test]
fn members_of_bodies_are_removed_by_name_and_shape() {
    let cases = [
        (
            r#"{"name":"Jo","password":"p"}"#,
            r#"{"name":"Jo","password":"[redacted]"}"#,
        ),
        (
            r#"{ "a" : [ {"clientSecret" : "s", "n": 1.10} ] }"#,
            r#"{ "a" : [ {"clientSecret" : "[redacted]", "n": 1.10} ] }"#,
        ),
        (
            r#"{"api_key":12345,"tokens":["a","b"]}"#,
            r#"{"api_key":"[redacted]","tokens":["[redacted]"]}"#,
        ),
        (
            r#"{"credentials":{"user":"u","x":"y"}}"#,
            r#"{"credentials":"[redacted]"}"#,
        ),
        (
            r#"{"password":null,"secret":true,"token":""}"#,
            r#"{"password":null,"secret":true,"token":""}"#,
        ),
        (
            r#"[{"name":"Authorization","value":"abc"},{"name":"Accept","value":"abc"}]"#,
            r#"[{"name":"Authorization","value":"[redacted]"},{"name":"Accept","value":"abc"}]"#,
        ),
        (
            r#"[{"value":{"a":"eyJ.eyJ.x"},"op":"replace","path":"/user/password"}]"#,
            r#"[{"value":"[redacted]","op":"replace","path":"/user/password"}]"#,
        ),
        (
            r#"{"pass\u0077ord":"p"}"#,
            r#"{"pass\u0077ord":"[redacted]"}"#,
        ),
        (
            r#"{"inner":"{\"password\":\"p\",\"a\":1}"}"#,
            r#"{"inner":"{\"password\":\"[redacted]\",\"a\":1}"}"#,
        ),
        (r#"{"a":"Bearer abcdefghijk"}"#, r#"{"a":"[redacted]"}"#),
        (r#"{"\ud800":"who knows"}"#, r#"{"\ud800":"[redacted]"}"#),
        (
            r#"{"upload":"https://b.example/k?X-Amz-Date=1&X-Amz-Signature=ab"}"#,
            r#"{"upload":"https://b.example/k?X-Amz-Date=1&X-Amz-Signature=%5Bredacted%5D"}"#,
        ),
        (
            r#"{"database":"postgres:\/\/app:hunter2@db\/x"}"#,
            r#"{"database":"postgres://app:%5Bredacted%5D@db/x"}"#,
        ),
        (
            r#"{"sessionId":"9f86d081884c7d659a2feaa0c55ad015","session_id":"training-42"}"#,
            r#"{"sessionId":"[redacted]","session_id":"training-42"}"#,
        ),
        (
            r#"{"Attributes":[{"Name":"password","Value":"p"},{"Value":"q","Key":"api-key"}]}"#,
            r#"{"Attributes":[{"Name":"password","Value":"[redacted]"},{"Value":"[redacted]","Key":"api-key"}]}"#,
        ),
        (
            r#"{"name":"Authorization","values":["p","q"],"Value":"r"}"#,
            r#"{"name":"Authorization","values":["[redacted]"],"Value":"[redacted]"}"#,
        ),
        ("password=p&a=b\n", "password=%5Bredacted%5D&a=b\n"),
        (
            "<login user=\"j\" password=\"p\"/> and password='q'",
            "<login user=\"j\" password=\"%5Bredacted%5D\"/> and password='%5Bredacted%5D'",
        ),
        (
            "curl -d 'client_secret=p&grant_type=x' (password=q)",
            "curl -d 'client_secret=%5Bredacted%5D&grant_type=x' (password=%5Bredacted%5D",
        ),
        (
            r#"x password=\"p\" y"#,
            r#"x password=\"%5Bredacted%5D\" y"#,
        ),
        (
            "sent payload=\"{\\\"password\\\":\\\"p\\\"}\"",
            "sent payload=\"{\\\"password\\\":\\\"[redacted]\\\"}\"",
        ),
        (
            r#"{"log":"curl -H 'Authorization: Bearer abcdefgh' /"}"#,
            r#"{"log":"curl -H 'Authorization: [redacted]' /"}"#,
        ),
        // A parcel, a voucher and a product go by their codes.
        (
            r#"{"code":"1Z999AA10123456784"}"#,
            r#"{"code":"1Z999AA10123456784"}"#,
        ),
        ("plain text", "plain text"),
        ("see /a?token=t", "see /a?token=%5Bredacted%5D"),
        ("", ""),
        (r#"{"password":"p""#, "[redacted]"),
        (r"[1,2", "[redacted]"),
    ];
    for (before, after) in cases {
        assert_eq!(clean_body(before), after, "{before}");
    }
    assert_eq!(
        clean_body(&format!("{{\"note\":\"{JWT}\"}}")),
        r#"{"note":"[redacted]"}"#
    );
    assert_eq!(clean_body(JWT), "[redacted]");
}

#[test]
fn base64_bodies_and_forms_are_looked_into() {
    let encoded = STANDARD.encode(r#"{"password":"p","a":1}"#);
    let cleaned = clean(&json!({"isBase64Encoded": true, "body": encoded}));
    let decoded = STANDARD.decode(cleaned["body"].as_str().unwrap()).unwrap();
    assert_eq!(decoded, br#"{"password":"[redacted]","a":1}"#);

    let form = json!({
        "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        "body": "user=jo&password=p%20q&grant_type=x",
    });
    assert_eq!(
        clean(&form)["body"],
        "user=jo&password=%5Bredacted%5D&grant_type=x"
    );
    let json_as_form = json!({
        "multiValueHeaders": {"Content-Type": ["application/x-www-form-urlencoded"]},
        "body": r#"{"password":"p","a":1}"#,
    });
    assert_eq!(
        clean(&json_as_form)["body"],
        r#"{"password":"[redacted]","a":1}"#
    );

    let part = |name: &str| {
        format!("--x\r\nContent-Disposition: form-data; name={name}\r\n\r\nvalue\r\n--x--\r\n")
    };
    for (name, is_secret) in [
        ("\"password\"", true),
        ("api_key", true),
        ("\"file\"", false),
    ] {
        for is_base64 in [true, false] {
            let plain = part(name);
            let encoded = |text: &str| {
                if is_base64 {
                    STANDARD.encode(text)
                } else {
                    text.to_owned()
                }
            };
            let cleaned = clean(&json!({
                "headers": {"Content-Type": "multipart/form-data; boundary=x"},
                "isBase64Encoded": is_base64,
                "body": encoded(&plain),
            }));
            let expected = encoded(if is_secret { "[redacted]" } else { &plain });
            assert_eq!(cleaned["body"], expected, "{name}");
        }
    }

    let image = json!({"isBase64Encoded": true, "body": "iVBORw0KGgo="});
    assert_eq!(clean(&image), image);
}

/// A load balancer hands a query on as it came, API Gateway decodes it.
#[test]
fn parameters_are_looked_into_encoded_or_not() {
    let json = "%7B%22password%22%3A%22hunter2%22%7D";
    for (value, is_secret) in [
        ("Bearer%20abcdefgh123", true),
        ("Bearer+abcdefgh123", true),
        ("Bearer abcdefgh123", true),
        ("Basic+dXNlcjpwYXNz", true),
        (&JWT.replace('.', "%2E"), true),
        ("-----BEGIN+PRIVATE+KEY-----%0AMIIE", true),
        (json, true),
        ("100%25+of+it", false),
        ("Bearer%20of%20bad%20news", false),
        ("%7B%22name%22%3A%22x%22%7D", false),
        ("%", false),
        ("%FF%FE", false),
        ("", false),
    ] {
        let expected = if is_secret { "[redacted]" } else { value };
        let event = json!({
            "queryStringParameters": {"q": value},
            "multiValueQueryStringParameters": {"q": [value, "1"]},
            "rawQueryString": format!("q={value}&n=1"),
        });
        let cleaned = clean(&event);
        assert_eq!(cleaned["queryStringParameters"]["q"], expected);
        assert_eq!(
            cleaned["multiValueQueryStringParameters"]["q"],
            json!([expected, "1"])
        );
        let expected = if is_secret { "%5Bredacted%5D" } else { value };
        assert_eq!(cleaned["rawQueryString"], format!("q={expected}&n=1"));
    }
    let by_name = json!({"queryStringParameters": {"access%5Ftoken": "x", "a%20b": "y"}});
    assert_eq!(
        clean(&by_name)["queryStringParameters"],
        json!({"access%5Ftoken": "[redacted]", "a%20b": "y"})
    );
}

#[test]
fn a_parameter_that_is_nothing_but_a_token_goes_whole() {
    let event = json!({
        "rawQueryString": format!("{JWT}&a=1&{JWT}=&Bearer%20abcdefgh123"),
        "queryStringParameters": {JWT: "", "a": "1"},
        "multiValueQueryStringParameters": {"Bearer%20abcdefgh123": [""], "a": ["1"]},
        "headers": {"Referer": format!("https://a.example/?{JWT}#top")},
    });
    assert_eq!(
        clean(&event),
        json!({
            "rawQueryString": "%5Bredacted%5D&a=1&%5Bredacted%5D&%5Bredacted%5D",
            "queryStringParameters": {"[redacted]": "", "a": "1"},
            "multiValueQueryStringParameters": {"[redacted]": ["[redacted]"], "a": ["1"]},
            "headers": {"Referer": "https://a.example/?%5Bredacted%5D#top"},
        })
    );
}

#[test]
fn what_a_graphql_call_writes_out_is_removed() {
    let call = r#"mutation { login(email: "a@b.c", password: "Hunter2") { token } }"#;
    let cleaned = call.replace("Hunter2", "[redacted]");
    assert_eq!(clean_body(call), cleaned);
    let body = json!({"query": call, "variables": {"password": "Hunter2"}});
    assert_eq!(
        serde_json::from_str::<Value>(&clean_body(&body.to_string())).unwrap(),
        json!({"query": cleaned, "variables": {"password": "[redacted]"}})
    );
}

#[test]
fn what_is_deeper_than_anyone_looks_is_removed_whole() {
    let depth = 50_000;
    let body = format!(
        "{}{{\"password\":\"hidden\"}}{}",
        "[".repeat(depth),
        "]".repeat(depth)
    );
    let cleaned = clean_body(&body);
    assert!(!cleaned.contains("hidden"));
    assert!(cleaned.contains("[redacted]"));
}

#[test]
fn an_event_without_credentials_keeps_every_byte_of_every_value() {
    let event = r#"{"httpMethod":"POST","n":1.10,"big":12345678901234567890123,"t":"\u00fc\/","requestContext":{"e":1E2, "s" : [ ]},"body":"{ \"a\": 1.10 }"}"#;
    let cleaned = Credentials::default()
        .remove_from_event(event.as_bytes())
        .unwrap();
    assert_eq!(cleaned, event);
}

#[test]
fn what_is_no_object_is_no_event() {
    for event in ["[]", "1", "", "{", "{\"a\":1}x"] {
        let removed = Credentials::default().remove_from_event(event.as_bytes());
        assert!(removed.is_err(), "{event}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            // Of these letters no word is made that says secret.
            prop::collection::btree_map("[a-fA-F_\"\\\\é]{1,8}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn bury(value: Value, path: &[bool]) -> Value {
    path.iter().fold(value, |value, as_object| {
        if *as_object {
            json!({"k": 1, "inner": value, "z": [true]})
        } else {
            json!([1, value, "x"])
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_body_without_credentials_is_never_changed(value in any_json()) {
        let text = value.to_string();
        let has_a_name = |text: &str| ["pass", "secret", "token", "otp", "pwd", "key", "jwt"]
            .iter().any(|word| text.to_lowercase().contains(word));
        prop_assume!(!has_a_name(&text));
        prop_assert_eq!(remove_from_text(&text).unwrap_or_else(|| text.clone()), text);
    }

    #[test]
    fn a_secret_never_survives_wherever_it_is_buried(
        path in prop::collection::vec(any::<bool>(), 0..40),
        beside in any_json(),
    ) {
        let text = bury(json!({"a": beside, "password": "hunter2-secret"}), &path).to_string();
        let cleaned = remove_from_text(&text).unwrap();
        prop_assert!(!cleaned.contains("hunter2"));
        prop_assert!(serde_json::from_str::<Value>(&cleaned).is_ok());
    }

    #[test]
    fn no_text_is_too_strange(text in "[\\[\\]{}\":,\\\\a-c0-9 é]{0,60}") {
        let _ = remove_from_text(&text);
        let _ = Credentials::default().remove_from_event(text.as_bytes());
    }
}
