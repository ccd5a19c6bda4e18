//! Multipart bodies: their texts are looked into, each for itself, and files are kept.

use serde_json::{Value, json};

use super::*;
use crate::credentials::Credentials;
use crate::credentials::tests::in_one_go;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

fn part(head: &str, content: &str) -> String {
    format!("--Bound\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

/// The body as it leaves the process, of both ways in which it comes.
fn cleaned(body: &[u8]) -> Vec<u8> {
    let clean = |body: &str, is_base64: bool| {
        let event = json!({
            "headers": {"Content-Type": "multipart/form-data; boundary=Bound"},
            "isBase64Encoded": is_base64,
            "body": body,
        });
        let cleaned = Credentials::default().remove_from_event(event.to_string().as_bytes());
        let cleaned: Value = serde_json::from_str(&cleaned.unwrap()).unwrap();
        cleaned["body"].as_str().unwrap().to_owned()
    };
    let decoded = BASE64.decode(clean(&BASE64.encode(body), true)).unwrap();
    if let Ok(body) = std::str::from_utf8(body) {
        assert_eq!(clean(body, false).as_bytes(), decoded);
    }
    decoded
}

#[test]
fn what_a_part_says_under_a_secret_name_or_by_its_shape_is_removed_and_the_rest_stays() {
    for (head, before, after) in [
        (
            "name=\"operations\"",
            r#"{"query":"mutation { x }","variables":{"password":"hunter2"}}"#,
            r#"{"query":"mutation { x }","variables":{"password":"[redacted]"}}"#,
        ),
        (
            "name=metadata\r\nContent-Type: application/json",
            r#"{"apiKey":"k","n":1}"#,
            r#"{"apiKey":"[redacted]","n":1}"#,
        ),
        ("name=\"note\"", JWT, "[redacted]"),
        (
            "name=form\r\nContent-Type: application/x-www-form-urlencoded",
            "user=jo&password=p",
            "user=jo&password=%5Bredacted%5D",
        ),
        (
            "name=\"mail\"\r\nContent-Transfer-Encoding: base64",
            "eyJwYXNzd29yZCI6IngifQ==",
            "[redacted]",
        ),
        (
            "name=\"note\"",
            "--\nplain: 1\n\nof two",
            "--\nplain: 1\n\nof two",
        ),
        ("Name = \"password\"", "hunter2", "[redacted]"),
        ("name*=utf-8'en'pass%77ord", "hunter2", "[redacted]"),
        ("name=\"code\"", "SplxlOBeZQQYbYS6WxSbIA", "[redacted]"),
        (
            "name=\"code\"; filename=\"code.txt\"",
            "SUMMER26",
            "SUMMER26",
        ),
        (
            "name=\"batch\"\r\nContent-Type: application/http",
            "GET /x HTTP/1.1\r\nX-Api-Key: k\r\n",
            "[redacted]\r\n",
        ),
        ("name=\"empty\"", "", ""),
    ] {
        let around = |content: &str| {
            let parts = [
                part("name=a", "1"),
                part(head, content),
                part("name=b", "2"),
            ];
            parts.concat() + "--Bound--\r\n"
        };
        let found = cleaned(around(before).as_bytes());
        assert_eq!(String::from_utf8(found).unwrap(), around(after));
    }
}

#[test]
fn a_head_is_read_in_one_go_and_what_stands_behind_a_long_one_goes() {
    for unit in ["name=", "NAME*=", "name=\"", "name = ", "filename=name="] {
        let head = unit.repeat(400_000 / unit.len());
        let body = part(&head, "hunter2") + "--Bound--\r\n";
        in_one_go(move || {
            let found = String::from_utf8(cleaned(body.as_bytes())).unwrap();
            assert!(!found.contains("hunter2"));
        });
    }
    // Under the limit for a head, a thousand times.
    let head = "name=".repeat(1_600);
    let body = part(&head, "x").repeat(100) + "--Bound--\r\n";
    in_one_go(move || drop(cleaned(body.as_bytes())));
}

#[test]
fn a_file_beside_it_stays_byte_for_byte() {
    let file = b"\x89PNG\r\n\x1a\n\xff\xfe\r\n\r\n\0";
    let body = |content: &str| {
        let json = part("name=\"metadata\"", content);
        let head = part("name=\"file\"; filename=\"a.png\"", "");
        let end = b"\r\n--Bound--";
        [
            json.as_bytes(),
            head.trim_ascii_end().as_bytes(),
            b"\r\n\r\n",
            file,
            end,
        ]
        .concat()
    };
    let found = cleaned(&body(r#"{"secret":"x"}"#));
    assert_eq!(found, body(r#"{"secret":"[redacted]"}"#));
}

#[test]
fn what_has_no_parts_goes_whole() {
    for body in [r#"{"password":"x"}"#, "a preamble\r\n--Bound\r\n"] {
        assert_eq!(cleaned(body.as_bytes()), b"[redacted]");
    }
    for body in ["", "\r\n", "--Bound--", "\r\n--Bound\r\n\r\n1\r\n--Bound--"] {
        assert_eq!(cleaned(body.as_bytes()), body.as_bytes());
    }
}
