//! What nobody can look into goes whole, and what is long is cleaned in one go.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tests::{clean, clean_body, in_one_go};
use super::*;

#[test]
fn a_removed_value_reads_as_it_does_everywhere() {
    assert_eq!(REMOVED, serde_json::to_string(REDACTED).unwrap());
}

#[test]
fn a_body_that_is_no_plain_utf8_keeps_no_secret() {
    let latin1 = STANDARD.encode(b"{\"name\":\"M\xfcller\",\"password\":\"hunter2\"}");
    let cleaned = clean(&json!({"httpMethod": "POST", "body": latin1, "isBase64Encoded": true}));
    assert_eq!(cleaned["body"], STANDARD.encode("[redacted]"));
    let marked = clean_body("\u{feff}{\"password\":\"hunter2\",\"a\":1}");
    assert_eq!(marked, r#"{"password":"[redacted]","a":1}"#);
    let picture = STANDARD.encode(b"\x89PNG\xff\xfe");
    let kept = clean(&json!({"httpMethod": "POST", "body": picture, "isBase64Encoded": true}));
    assert_eq!(kept["body"], picture);
}

/// Whoever sends a body chooses how many secrets it has: the work must not grow faster than they do.
#[test]
fn a_body_full_of_secrets_is_cleaned_one_by_one() {
    let members = 200_000;
    let body = format!("[{}]", vec![r#"{"pin":1}"#; members].join(","));
    let cleaned = clean_body(&body);
    assert_eq!(cleaned.matches("[redacted]").count(), members);
}

#[test]
fn an_object_of_very_many_named_values_goes_whole() {
    let (values, pins) = (r#""value":1,"#.repeat(60_000), r#""pin":1,"#.repeat(60_000));
    let body = format!(r#"[{{{values}{pins}"name":"token"}},2]"#);
    in_one_go(move || assert_eq!(clean_body(&body), r#"["[redacted]",2]"#));
}

#[test]
fn what_identifies_a_call_stays_in_its_path() {
    let event = json!({
        "path": "/v1/entities/urn:acme:token:01J9ZQ6T9M4K7W3N5B8C2D1EFG",
        "pathParameters": {"plan": "basic enterprise", "id": "urn:acme:token:01J9ZQ6T9M4K7W3N5B8C2D1EFG"},
    });
    assert_eq!(clean(&event), event);
}

#[test]
fn a_body_that_nobody_can_look_into_goes_whole() {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\x56\x2a";
    let brotli = b"\x0b\x0a\x80{\"password\":\"hunter2\"}\x03";
    let json = br#"{"password":"hunter2","a":1}"#;
    let utf16: Vec<u8> = json.iter().flat_map(|byte| [0, *byte]).collect();
    let marked_utf16 = [b"\xfe\xff".as_slice(), &utf16].concat();
    let cleaned_json = br#"{"password":"[redacted]","a":1}"#;
    let cases: &[(Value, &[u8], &[u8])] = &[
        // (headers, before, after)
        (json!({"Content-Encoding": "gzip"}), gzip, b"[redacted]"),
        (json!({"content-encoding": "br"}), brotli, b"[redacted]"),
        (
            json!({"Content-Encoding": ["identity", "zstd"]}),
            brotli,
            b"[redacted]",
        ),
        (json!({}), gzip, b"[redacted]"),
        (json!({}), b"\x28\xb5\x2f\xfd\x04", b"[redacted]"),
        // The header says so, the body does not.
        (json!({"Content-Encoding": "gzip"}), json, cleaned_json),
        (json!({"Content-Encoding": "identity"}), json, cleaned_json),
        (json!({"Content-Encoding": ""}), b"\xff\xd8", b"\xff\xd8"),
        (json!({"Content-Encoding": "gzip"}), b"", b""),
        (json!({}), &utf16, b"[redacted]"),
        (json!({}), &marked_utf16, b"[redacted]"),
        (
            json!({"Content-Type": "application/json"}),
            b"\x80\x81",
            b"[redacted]",
        ),
        (
            json!({"Content-Type": "image/jpeg"}),
            b"\xff\xd8\xff",
            b"\xff\xd8\xff",
        ),
    ];
    for (headers, before, after) in cases {
        for place in ["headers", "multiValueHeaders"] {
            let event = json!({
                "httpMethod": "POST", place: headers,
                "isBase64Encoded": true, "body": STANDARD.encode(before),
            });
            let cleaned = clean(&event);
            let body = STANDARD.decode(cleaned["body"].as_str().unwrap()).unwrap();
            assert_eq!(body, *after, "{headers} {}", before.escape_ascii());
            assert_eq!(cleaned[place], *headers);
        }
    }
}

#[test]
fn base64_without_padding_and_what_is_none_are_looked_into() {
    let encoded = STANDARD.encode(r#"{"password":"p","a":12}"#);
    let cleaned = clean(&json!({"isBase64Encoded": true, "body": encoded.trim_end_matches('=')}));
    let expected = STANDARD.encode(r#"{"password":"[redacted]","a":12}"#);
    assert_eq!(cleaned["body"], expected);
    let plain = clean(&json!({"isBase64Encoded": true, "body": r#"{"password":"p"}"#}));
    assert_eq!(plain["body"], r#"{"password":"[redacted]"}"#);
}

#[test]
fn a_multipart_body_of_more_parts_than_anybody_looks_at_goes_whole() {
    let of_parts = |count: usize| {
        let event = json!({
            "httpMethod": "POST",
            "headers": {"Content-Type": "multipart/form-data; boundary=x"},
            "body": "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n1\r\n".repeat(count),
        });
        clean(&event)["body"] == "[redacted]"
    };
    assert!(!of_parts(1_000));
    assert!(of_parts(1_001));
}

#[test]
fn a_text_with_half_a_surrogate_goes_whole() {
    let body = r#"{"payload":"{\"password\":\"x\"}\ud800"}"#;
    assert_eq!(clean_body(body), r#"{"payload":"[redacted]"}"#);
}

/// As Python writes and reads them.
#[test]
fn what_is_no_number_to_json_takes_nothing_else_along() {
    let body = |password| {
        format!(r#"{{"role":"admin","x":NaN,"y":-Infinity,"z":1e400,"password":"{password}"}}"#)
    };
    assert_eq!(clean_body(&body("p")), body("[redacted]"));
}
