//! What bodies cost that are made to cost much: each is held against one of its size that is not.

use std::time::{Duration, Instant};

use daybook_openapi::redaction::{Place, Redactor};
use serde_json::{Map, Value, json};

use crate::redaction_marks::operation_at;

/// How many times as long as the other one a body may take.
const RATIO_MAX: u32 = 10;

/// The shortest of three times, since other programs run as well.
fn time_with(redactor: &Redactor, place: Place, body: &Value) -> Duration {
    let times = (0..3).map(|_| {
        let mut body = body.clone();
        let start = Instant::now();
        redactor.json(place, &mut body, &mut Vec::new());
        start.elapsed()
    });
    times.min().expect("it ran")
}

fn time_of(body: &Value) -> Duration {
    time_with(&Redactor::new(None), Place::Request, body)
}

#[track_caller]
fn check(costly: &Value, other: &Value) {
    let (costly, other) = (time_of(costly), time_of(other));
    assert!(costly < RATIO_MAX * other, "{costly:?} and {other:?}");
}

#[test]
fn the_names_above_many_values_are_judged_once() {
    let name = format!("{}id", "a_".repeat(127));
    for value in [json!("4000000000000002"), json!(4_000_000_000_000_002_u64)] {
        let list = json!({ &name: vec![value; 2_000] });
        let nested = (0..120).fold(list.clone(), |inner, _| json!({ &name: inner }));
        let short = json!({ "id": list[&name] });
        check(&nested, &list);
        check(&list, &short);
    }
}

#[test]
fn the_members_beside_many_that_name_a_secret_are_looked_at_once() {
    let body = |names: &str| {
        let mut members: Map<String, Value> = (0..20_000)
            .map(|number| (format!("member{number}"), json!(number)))
            .collect();
        for spelling in 0..4_096_u32 {
            let letters = "parameterkey".char_indices().map(|(position, letter)| {
                if spelling >> position & 1 == 1 {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            });
            members.insert(letters.collect(), json!(names));
        }
        // The last one, so that it is reached late.
        members.insert("value".to_owned(), json!(5));
        Value::Object(members)
    };
    check(&body("tokens"), &body("colour"));
}

#[test]
fn the_end_of_a_path_that_names_many_secrets_is_read_once() {
    let body = |name: &str| {
        let path = format!("/{}1", name.repeat(50_000));
        json!({ "op": "replace", "path": path, "value": "x" })
    };
    check(&body("password/"), &body("passwore/"));
}

/// How much longer the longer one of two texts is, and how many times its share it may take.
const GROWTH: usize = 50;
const GROWTH_RATIO_MAX: u32 = 10;

#[test]
fn no_value_of_a_text_is_read_behind_each_of_its_names() {
    for part in [
        "密码：",
        "密码：重置",
        "您的密码是：",
        "my password is: ",
        "Password (temporary): ",
        "Password (",
        "**Password:** ",
        "<b>Password:</b> ",
        "Password: <b>",
        "password：は",
        "密码＝必",
        "password: is:",
        "password=secret:)",
        "?a=b=",
        "<password>>",
        "cookie: ",
        "cookie:{'",
        r#"cookie:{""#,
        r#"cookie:{\""#,
        "set-cookie: {'",
        r#"set-cookie: {""#,
        "cookies={'a':'",
        "cookie:[",
        "cookie:[a",
        "cookie:[[",
        "cookie:[a b",
        "auth=('",
        "auth=((",
        r#"token: Some(""#,
        "token: Some(",
        "password=N'",
        "password: a,",
        "password: ,,b",
        "password:          ",
        "password          :",
        "password:\n",
        "password: |\n",
        "password: |---",
        "password: a:\n",
        "productkey=",
        "xsignature=",
        r"?password=\\",
        "the password to ",
        "IDENTIFIED BY '",
        "identified by '",
        "identified by 'identified by \"",
        "identified by a1b2 ",
        "IDENTIFIED WITH ",
        "IDENTIFIED a_password by ",
        "CREATE USER a IDENTIFIED BY b REPLACE ",
        r"?password=\na",
        "Mr. password to ",
        "SET PASSWORD FOR ",
        "redis-cli -a ",
        "htpasswd -b a ",
        "PIN 4711 ",
        r"password=\na",
        "cookie: {a: true, ",
        "CREATE IDENTIFIED BY ",
        "CREATE ",
        "CREATE USER PASSWORD ",
        "CREATE USER IDENTIFIED BY ",
        "GRANT ON TO IDENTIFIED BY ",
        "IDENTIFIED BY 'A-1' ",
        "SET ROLE A, ",
        "password from a to ",
        "SET ROLE A, B IDENTIFIED BY C ",
        "pin 4711 pin ",
        r"password:\nAb3=",
        "cookie: {path: /, ",
        "cookie: {} ",
        "x://a:b",
        "/reset/password",
        "secrets: [",
        "token: {",
        r#"password: ""#,
        r#"password: "\""#,
    ] {
        let body = |bytes: usize| json!({ "note": part.repeat(bytes / part.len()) });
        let (long, short) = (time_of(&body(200_000)), time_of(&body(200_000 / GROWTH)));
        let share = u32::try_from(GROWTH).expect("it is small") * short;
        assert!(
            long < GROWTH_RATIO_MAX * share,
            "{part}: {long:?} and {short:?}"
        );
    }
}

#[test]
fn what_is_marked_is_not_compared_with_all_lists_above_each_value() {
    let marked = json!({ "properties": { "memo": { "x-audit": { "redact": true } } } });
    let properties: Map<String, Value> = (0..90)
        .map(|number| (format!("thing{number}"), marked.clone()))
        .collect();
    let schema = json!({ "properties": properties });
    let said = json!({ "requestBody": { "content": { "application/json": { "schema": schema } } }, "responses": {} });
    let operation = operation_at("/x", &said, &json!({}));
    let redactor = Redactor::new(Some(&operation));
    let list = json!(vec![1; 20_000]);
    let nested = (0..120).fold(list, |inner, _| json!([inner]));
    let body = json!({ "before": nested });
    for place in [Place::Request, Place::Context] {
        let costly = time_with(&redactor, place, &body);
        let other = time_with(&Redactor::new(None), place, &body);
        assert!(costly < RATIO_MAX * other, "{costly:?} and {other:?}");
    }
}
