//! What is secret in a call is removed, and named.

use std::collections::BTreeMap;

use daybook_openapi::redaction::{Place, REDACTED, Redactor};
use daybook_openapi::{Document, Index, Operation};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A secret by its shape, wherever it stands.
const CANARY: &str = "ghp_cAnArY0123456789abcdefABCDEF0123456789";

fn operation(operation: &Value) -> Operation {
    let document = json!({
        "openapi": "3.1.0", "info": {}, "paths": { "/x/{code}": { "post": operation } },
        "components": { "schemas": { "Loop": {
            "type": "object",
            "properties": { "child": { "$ref": "#/components/schemas/Loop" }, "sealed": { "writeOnly": true } }
        } } }
    });
    let (index, problems) = Index::build(vec![Document {
        file_name: "s.json".to_owned(),
        bytes: document.to_string().into_bytes(),
    }]);
    assert_eq!(problems.len(), 0, "{problems:?}");
    index
        .operations()
        .next()
        .expect("the document has one operation")
        .clone()
}

#[track_caller]
pub(crate) fn check(
    redactor: &Redactor,
    value: Value,
    expected: &Value,
    expected_removed: &[&str],
) {
    let mut value = value;
    let mut removed = Vec::new();
    redactor.json(Place::Request, &mut value, &mut removed);
    assert_eq!(value, *expected);
    assert_eq!(removed, expected_removed);
}

#[test]
fn names_decide_at_any_depth_and_ids_stay() {
    check(
        &Redactor::new(None),
        json!({ "user": { "email": "a@b.c", "password": "x" }, "token_id": "t-1", "items": [{ "apiKey": "k" }], "max_tokens": 5 }),
        &json!({ "user": { "email": "a@b.c", "password": REDACTED }, "token_id": "t-1", "items": [{ "apiKey": REDACTED }], "max_tokens": 5 }),
        &["request#/items/0/apiKey", "request#/user/password"],
    );
}

#[test]
fn a_long_text_with_many_commas_is_no_json() {
    for rows in [180_000, 300_000] {
        let table = json!({ "content": format!("\"id\",\"qty\"\n{}", "1,2\n".repeat(rows)) });
        check(&Redactor::new(None), table.clone(), &table, &[]);
    }
}

#[test]
fn long_lines_of_json_and_long_json_that_was_cut_go_whole() {
    let line = json!({ "field": "password", "old": "hunter2", "new": "winter5" }).to_string();
    let lines = format!("{line}\n").repeat(25_000);
    let cut = format!("[{}", format!("{line},").repeat(25_000));
    for content in [lines, cut] {
        check(
            &Redactor::new(None),
            json!({ "content": content }),
            &json!({ "content": REDACTED }),
            &["request#/content"],
        );
    }
}

#[test]
fn below_the_name_of_a_secret_only_what_describes_it_stays() {
    check(
        &Redactor::new(None),
        json!({ "token": { "id": "t-1", "value": "v", "expires_at": "2026-01-01" }, "credentials": ["a", null], "pin": 1234, "password": null, "secret": true }),
        &json!({ "token": { "id": "t-1", "value": REDACTED, "expires_at": "2026-01-01" }, "credentials": [REDACTED, null], "pin": REDACTED, "password": null, "secret": true }),
        &[
            "request#/credentials/0",
            "request#/pin",
            "request#/token/value",
        ],
    );
}

#[test]
fn what_only_shares_its_name_with_a_secret_is_looked_through() {
    check(
        &Redactor::new(None),
        json!({ "auth": { "type": "oauth", "url": "https://a.b", "client_secret": "x" }, "authorization": { "currency": "EUR" } }),
        &json!({ "auth": { "type": "oauth", "url": "https://a.b", "client_secret": REDACTED }, "authorization": { "currency": "EUR" } }),
        &["request#/auth/client_secret"],
    );
}

#[test]
fn what_stands_below_a_short_name_of_a_secret_is_one_unless_it_is_a_thing() {
    check(
        &Redactor::new(None),
        json!({ "pwd": { "old": "hunter2", "next": "s3cr3t" }, "otp": [{ "value": "583914" }],
            "pass": { "old": "hunter2", "id": "p-1" }, "passes": [{ "id": "p-2", "seat": "14C" }] }),
        &json!({ "pwd": { "old": REDACTED, "next": REDACTED }, "otp": [{ "value": REDACTED }],
            "pass": { "old": REDACTED, "id": "p-1" }, "passes": [{ "id": "p-2", "seat": "14C" }] }),
        &[
            "request#/otp/0/value",
            "request#/pass/old",
            "request#/pwd/next",
            "request#/pwd/old",
        ],
    );
    check(
        &Redactor::new(None),
        json!([{ "pin": { "code": "4711" } }, { "pin": { "first": "4711", "second": "4711" } },
            { "pass": { "word": "hunter2" } }, { "pass": { "current": "hunter2", "confirmNew": "s3cr3t" } },
            { "pin": { "board": "Summer", "text": "Sunset" } }, { "pass": { "seat": "14C", "current": true } }]),
        &json!([{ "pin": { "code": REDACTED } }, { "pin": { "first": REDACTED, "second": REDACTED } },
            { "pass": { "word": REDACTED } }, { "pass": { "current": REDACTED, "confirmNew": REDACTED } },
            { "pin": { "board": "Summer", "text": "Sunset" } }, { "pass": { "seat": "14C", "current": true } }]),
        &[
            "request#/0/pin/code",
            "request#/1/pin/first",
            "request#/1/pin/second",
            "request#/2/pass/word",
            "request#/3/pass/confirmNew",
            "request#/3/pass/current",
        ],
    );
}

#[test]
fn of_a_thing_only_what_says_that_it_is_secret_is() {
    let things = json!([
        { "authorization": { "id": "auth_1", "amount": 1200, "merchant": "Acme", "confirmedAt": "2026-01-01" } },
        { "pass": { "seat": "14C", "gate": "B", "firstName": "Jane", "old": true, "template": "day", "first": 3 } },
        { "pin": { "temperature": 21, "rawScore": "x", "newBoard": "Summer", "codeType": "ean" } }
    ]);
    check(&Redactor::new(None), things.clone(), &things, &[]);
    let secret_members = [
        ("authorization", "code"),
        ("pass", "plain"),
        ("pass", "plainText"),
        ("pass", "raw"),
        ("pass", "temporary"),
        ("pass", "tempCode"),
        ("pass", "verify"),
        ("pass", "retype"),
        ("pin", "initial"),
        ("pin", "initialValue"),
        ("pin", "codes"),
        ("pin", "digit2"),
    ];
    for (name, member) in secret_members {
        check(
            &Redactor::new(None),
            json!({ name: [{ member: "hunter2", "seat": "14C", "amount": 1200, "merchant": { "name": "Acme" } }] }),
            &json!({ name: [{ member: REDACTED, "seat": "14C", "amount": 1200, "merchant": { "name": "Acme" } }] }),
            &[&format!("request#/{name}/0/{member}")],
        );
    }
    // What has an old and a new value is a secret that changes, and no thing.
    for (name, member) in [
        ("pass", "old"),
        ("pass", "next"),
        ("pass", "repeatNew"),
        ("pass", "current"),
        ("pin", "oldValue"),
        ("pin", "new_value"),
    ] {
        check(
            &Redactor::new(None),
            json!({ name: { member: "hunter2", "replacement": "s3cr3t", "id": "p-1" } }),
            &json!({ name: { member: REDACTED, "replacement": REDACTED, "id": "p-1" } }),
            &[
                &format!("request#/{name}/{member}"),
                &format!("request#/{name}/replacement"),
            ],
        );
    }
    check(
        &Redactor::new(None),
        json!({ "pin": { "current": 4321, "new": 8765 } }),
        &json!({ "pin": { "current": REDACTED, "new": REDACTED } }),
        &["request#/pin/current", "request#/pin/new"],
    );
    check(
        &Redactor::new(None),
        json!({ "pin": ["4711", { "new": { "is": "hunter2" }, "old": 4711 }] }),
        &json!({ "pin": [REDACTED, { "new": { "is": REDACTED }, "old": REDACTED }] }),
        &[
            "request#/pin/0",
            "request#/pin/1/new/is",
            "request#/pin/1/old",
        ],
    );
}

#[test]
fn a_list_behind_the_name_of_a_secret_goes_from_a_text() {
    for (text, expected) in [
        (
            r#"sent {"password":["hunter2"]} to it"#,
            r#"sent {"password":[redacted]} to it"#,
        ),
        (
            r#"{"password":["hunt]er2", "other"#,
            r#"{"password":[redacted]"#,
        ),
        ("tokens: [12, 40]", "tokens: [12, 40]"),
        (
            r#"sent {"passwords":[["hunter2"]]} to it"#,
            r#"sent {"passwords":[redacted]} to it"#,
        ),
        (
            r#"[{"password":[{"value":"hunter2"}],"id":"7"},"#,
            r#"[{"password":[redacted],"id":"7"},"#,
        ),
        (
            r#"got {"secrets":["hunter2", 7], "names":["Jane"] for"#,
            r#"got {"secrets":[redacted], "names":["Jane"] for"#,
        ),
        (
            r#"got {\"secrets\":[\"hunt]er2\", null],\"ids\":[\"7\"]"#,
            r#"got {\"secrets\":[redacted],\"ids\":[\"7\"]"#,
        ),
        // As it is printed to be read.
        (
            "sent {\n  \"passwords\": [\n    \"hunter2\"\n  ]\n} to it",
            "sent {\n  \"passwords\": [redacted]\n} to it",
        ),
        (
            "{\"password\": [\r\n\t\"hunter2\",",
            "{\"password\": [redacted]",
        ),
        (
            "{\n\t\"password\": {\n\t\t\"old\": \"hunter2\"",
            "{\n\t\"password\": [redacted]",
        ),
        (
            r#"sent {\"passwords\": [\n\t\"hunter2\"\n]} to it"#,
            r#"sent {\"passwords\": [redacted]} to it"#,
        ),
        (r"got tokens: [\n\t12\n]", r"got tokens: [\n\t12\n]"),
        (
            "got \"tokens\": [\n  12,\n  40\n] and \"auth\": {\n  \"type\": \"basic\"\n}",
            "got \"tokens\": [\n  12,\n  40\n] and \"auth\": {\n  \"type\": \"basic\"\n}",
        ),
    ] {
        assert_eq!(Redactor::new(None).text(text), expected);
    }
}

#[test]
fn the_words_behind_an_account_number_stay() {
    for (number, behind) in [
        ("ES9121000418450200051332", "was changed"),
        ("BE68 5390 0754 7034", "for rent"),
        ("AT611904300234573201", "rather"),
        ("SE4550000000058398257466", "belongs to Jane"),
        ("DE89370400440532013000", "TRANSFERRING-IT to her own"),
    ] {
        let text = format!("paid to {number} {behind}");
        assert_eq!(
            Redactor::new(None).text(&text),
            format!("paid to [redacted] {behind}")
        );
    }
    let text = "paid to ES9121000418450200051333 was changed";
    assert_eq!(Redactor::new(None).text(text), text);
}

#[test]
fn a_name_beside_its_value_counts() {
    check(
        &Redactor::new(None),
        json!([{ "name": "DB_PASSWORD", "value": "x" }, { "name": "color", "value": "red" }]),
        &json!([{ "name": "DB_PASSWORD", "value": REDACTED }, { "name": "color", "value": "red" }]),
        &["request#/0/value"],
    );
}

#[test]
fn json_in_a_json_string_is_opened() {
    let inner = json!({ "password": "x", "deep": json!({ "token": "y" }).to_string() }).to_string();
    let mut value = json!({ "payload": inner, "text": "{not json", "number": "42" });
    let mut removed = Vec::new();
    Redactor::new(None).json(Place::Request, &mut value, &mut removed);
    assert_eq!(
        removed,
        ["request#/payload/deep/token", "request#/payload/password"]
    );
    let payload: Value = serde_json::from_str(value["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["password"], REDACTED);
    assert_eq!(value["text"], "{not json");
}

#[test]
fn json_in_a_json_string_that_is_too_much_to_open_is_removed_whole() {
    let deep = format!(
        "{}{}{}",
        "[".repeat(65),
        json!({ "password": ["hunter2"] }),
        "]".repeat(65)
    );
    let quoted = (0..5).fold(json!({ "password": ["hunter2"] }).to_string(), |text, _| {
        Value::from(text).to_string()
    });
    let large = json!({ "password": ["hunter2"], "note": "x".repeat(1 << 20) }).to_string();
    for payload in [deep, quoted, large] {
        let start = payload[..20].to_owned();
        let mut value = json!({ "payload": payload });
        let mut removed = Vec::new();
        Redactor::new(None).json(Place::Request, &mut value, &mut removed);
        assert!(!value.to_string().contains("hunter2"), "{start}");
        assert_eq!(removed, ["request#/payload"], "{start}");
    }
    // What only starts like JSON is a text.
    let text = format!("[{}", "[done] ".repeat(20));
    assert_eq!(Redactor::new(None).text(&text), text.as_str());
}

#[test]
fn the_end_of_a_long_name_decides() {
    let name = format!("{}_password", "k".repeat(300));
    check(
        &Redactor::new(None),
        json!({ &name: "hunter2" }),
        &json!({ &name: REDACTED }),
        // Its pointer is too long to be told.
        &["request#"],
    );
}

#[test]
fn a_document_marks_what_is_secret_and_what_is_not() {
    let operation = operation(&json!({
        "parameters": [
            { "name": "code", "in": "path", "schema": { "type": "string", "format": "password" } },
            { "name": "hint", "in": "query", "schema": { "x-audit": { "redact": true } } }
        ],
        "requestBody": { "content": { "application/json": { "schema": {
            "allOf": [{ "$ref": "#/components/schemas/Loop" }, { "properties": {
                "answers": { "type": "array", "items": { "properties": { "text": { "x-audit": { "redact": true } } } } },
                "token": { "x-audit": { "keep": true } },
                "map": { "additionalProperties": { "properties": { "inner": { "format": "password" } } } }
            } }]
        } } } },
        "x-audit": { "redact": ["body.note", "response.blob"] }, "responses": {}
    }));
    let redactor = Redactor::new(Some(&operation));
    check(
        &redactor,
        json!({ "sealed": { "a": 1 }, "child": { "sealed": 2 }, "answers": [{ "text": "x", "id": 1 }], "token": "t", "map": { "k": { "inner": "y" } }, "note": "n" }),
        &json!({ "sealed": REDACTED, "child": { "sealed": REDACTED }, "answers": [{ "text": REDACTED, "id": 1 }], "token": "t", "map": { "k": { "inner": REDACTED } }, "note": REDACTED }),
        &[
            "request#/answers/0/text",
            "request#/child/sealed",
            "request#/map/k/inner",
            "request#/note",
            "request#/sealed",
        ],
    );

    let mut removed = Vec::new();
    let mut context = json!({ "before": { "sealed": "x", "note": "n" }, "after": null });
    redactor.json(Place::Context, &mut context, &mut removed);
    assert_eq!(removed, ["context#/before/note", "context#/before/sealed"]);

    let mut query = BTreeMap::from([
        ("hint".to_owned(), "h".to_owned()),
        ("page".to_owned(), "2".to_owned()),
    ]);
    let mut removed = Vec::new();
    redactor.pairs(Place::Query, &mut query, &mut removed);
    assert_eq!(
        (query["hint"].as_str(), query["page"].as_str()),
        (REDACTED, "2")
    );
    assert_eq!(removed, ["query#/hint"]);

    let params = [("code".to_owned(), "a b".to_owned())];
    assert_eq!(redactor.path("/x/a%20b", &params), "/x/[redacted]");
    assert_eq!(redactor.path("/x/other", &[]), "/x/other");
}

#[test]
fn headers_and_queries_are_redacted_by_name_and_shape() {
    let redactor = Redactor::new(None);
    let mut removed = Vec::new();
    let mut headers: BTreeMap<String, String> = [
        ("authorization", "Bearer x"),
        ("cookie", "sid=1"),
        ("x-api-key", "k"),
        ("user-agent", "curl/8"),
        ("x-note", CANARY),
        ("referer", "https://a.b/?token=x"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    redactor.pairs(Place::Headers, &mut headers, &mut removed);
    assert_eq!(headers["user-agent"], "curl/8");
    assert_eq!(headers["referer"], "https://a.b/?token=[redacted]");
    assert_eq!(
        removed,
        [
            "headers#/authorization",
            "headers#/cookie",
            "headers#/referer",
            "headers#/x-api-key",
            "headers#/x-note"
        ]
    );
    let mut query: BTreeMap<String, String> =
        [("code", "c"), ("state", "s"), ("X-Amz-Signature", "a")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    redactor.pairs(Place::Query, &mut query, &mut Vec::new());
    assert_eq!(query["code"], REDACTED);
    assert_eq!(query["X-Amz-Signature"], REDACTED);
    let mut query = BTreeMap::from([("code".to_owned(), "SUMMER".to_owned())]);
    redactor.pairs(Place::Query, &mut query, &mut Vec::new());
    assert_eq!(query["code"], "SUMMER");
}

#[test]
fn what_lies_too_deep_is_removed() {
    let mut value = json!("x");
    for _ in 0..400 {
        value = json!([value]);
    }
    let mut removed = Vec::new();
    Redactor::new(None).json(Place::Request, &mut value, &mut removed);
    assert_eq!(removed.len(), 1);
    assert!(value.to_string().contains(REDACTED));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,20}".prop_map(Value::from),
        Just(Value::from(CANARY)),
        Just(Value::from(format!("see {CANARY}, please"))),
        Just(Value::from(json!({ "a": [CANARY] }).to_string())),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner.clone(), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            inner.prop_map(|member| json!({ CANARY: member })),
        ]
    })
}

/// Separators, narrow and wide, and what is read before and behind them.
fn any_piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "：",
        "。",
        "＝",
        "（",
        "\u{3000}",
        "密码",
        "パスワード",
        "é",
        " ",
        "\n",
        "is ",
        "ist ",
        "est ",
        "es ",
        "lautet ",
        ":",
        "=",
        " = ",
        "key ",
        "api ",
        "password",
        "--token ",
        "-p ",
        "[",
        "]",
        "%",
        "\"",
        "'",
        ",",
        "hunter2geheim",
        "a8F3kQ9zL2xW7cV1",
        "4111111111111111",
        "Bearer ",
        "://u:",
        "@h/",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_canary_survives(value in any_json()) {
        let mut value = value;
        let planted = value.to_string().contains(CANARY);
        let mut removed = Vec::new();
        Redactor::new(None).json(Place::Response, &mut value, &mut removed);
        prop_assert!(!value.to_string().contains(CANARY));
        prop_assert!(!planted || !removed.is_empty());
        let again = value.clone();
        Redactor::new(None).json(Place::Response, &mut value, &mut Vec::new());
        prop_assert_eq!(again, value);
    }

    #[test]
    fn uuids_times_and_ids_raise_no_alarm(
        uuid in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        time_ms in 1_000_000_000_000_i64..2_000_000_000_000,
        word in "[a-z]{3,10}-[0-9]{1,6}",
        hex in "[0-9a-f]{24}",
    ) {
        let text = format!("{uuid} {time_ms} {word} {hex}");
        prop_assert_eq!(Redactor::new(None).text(&text), text.as_str());
    }

    #[test]
    fn any_text_is_redacted_without_a_panic(text in "\\PC{0,200}") {
        let _ = Redactor::new(None).text(&text);
    }

    #[test]
    fn nor_one_of_what_stands_around_secrets(pieces in prop::collection::vec(any_piece(), 0..12)) {
        let _ = Redactor::new(None).text(&pieces.concat());
    }
}

#[test]
fn a_wide_mark_in_front_of_is_ends_a_name() {
    for (text, cleaned) in [
        ("密码：is hunter2x", "密码：is [redacted]"),
        ("什么。is this ok", "什么。is this ok"),
        ("密码 is Xk29fLq8Zw", "密码 is [redacted]"),
    ] {
        assert_eq!(Redactor::new(None).text(text), cleaned);
    }
}
