//! What is read at a place, and how places are written.

use serde_json::json;

use super::*;

#[track_caller]
fn check(body: &Value, pointer: &str, expected: &[&str]) {
    let values = RequestValues {
        response: Some(body),
        ..RequestValues::default()
    };
    assert_eq!(
        ValueLocation::Response(pointer.to_owned()).read(&values),
        expected,
        "{pointer} in {body}"
    );
}

#[test]
fn a_pointer_reads_texts_and_numbers_through_arrays_and_wrappers() {
    check(&json!({"id": "a"}), "/id", &["a"]);
    check(&json!({"id": 7}), "/id", &["7"]);
    check(&json!({"data": {"id": "a"}}), "/id", &["a"]);
    check(&json!({"workflow": {"id": "a"}}), "/id", &["a"]);
    check(
        &json!({"data": [{"id": "a"}, {"id": "b"}]}),
        "/id",
        &["a", "b"],
    );
    check(
        &json!({"items": [{"id": 1}, {"id": 2}]}),
        "/items/*/id",
        &["1", "2"],
    );
    check(&json!([{"id": 1}, {"id": 2}]), "/*/id", &["1", "2"]);
    check(&json!({"ids": ["a", "b"]}), "/ids", &["a", "b"]);
    check(&json!(["a", "b"]), "", &["a", "b"]);
    check(&json!("a"), "", &["a"]);
    check(&json!(7), "", &["7"]);
    check(&json!({"inputs": [{"id": "a"}]}), "/inputs", &["a"]);
    check(&json!({"a/b": {"~": "x"}}), "/a~1b/~0", &["x"]);
    check(
        &json!({"order": [{"id": 1}, {"id": 2}]}),
        "/order/id",
        &["1", "2"],
    );
    check(
        &json!({"order": [{"id": 1}, {"id": 2}]}),
        "/order/1/id",
        &["2"],
    );
    check(
        &json!({"data": [{"id": 1}, {"id": 2}]}),
        "/*/id",
        &["1", "2"],
    );
}

#[test]
fn what_an_error_is_called_is_no_things_name() {
    check(&json!({"error": {"id": "E42"}}), "/id", &[]);
    check(&json!({"errors": [{"id": "E42"}]}), "/id", &[]);
    check(
        &json!({"errors": [{"id": "E42"}]}),
        "/errors/*/id",
        &["E42"],
    );
    check(&json!({"errand": {"id": "a"}}), "/id", &["a"]);
}

#[test]
fn json_api_and_other_double_wrappers_are_opened() {
    let one = json!({"data": {"type": "flows", "id": "7", "attributes": {"name": "Mail"}}});
    check(&one, "/id", &["7"]);
    check(&one, "/name", &["Mail"]);
    let two = json!({"result": {"item": {"id": 7}}, "ok": true});
    check(&two, "/id", &["7"]);
    // No deeper: what lies there is of something else.
    let three = json!({"result": {"item": {"data": {"id": 7}}}, "ok": true});
    check(&three, "/id", &[]);
}

#[test]
fn a_wrapper_that_only_the_document_has_is_left_out() {
    check(&json!({"id": "a"}), "/data/id", &["a"]);
    check(&json!({"id": "a"}), "/data/attributes/id", &["a"]);
    check(&json!({"id": "a"}), "/items/*/id", &["a"]);
    // Where the body has it, its own id is meant.
    check(&json!({"id": "a", "data": {}}), "/data/id", &[]);
    check(&json!({"id": "a"}), "/owner/id", &[]);
}

#[test]
fn a_place_is_called_as_its_last_member_is_written() {
    for (pointer, name) in [
        ("/order/id", "id"),
        ("/items/*", "items"),
        ("/api~1key", "api/key"),
        ("/a~01", "a~1"),
    ] {
        let place = ValueLocation::Request(pointer.to_owned());
        assert_eq!(place.name(), name, "{pointer}");
    }
}

#[test]
fn what_stands_for_no_value_is_none() {
    for text in [
        "null",
        "undefined",
        "NaN",
        "[object Object]",
        "null null",
        "undefined [object Object]",
        " \n",
    ] {
        check(&json!({"id": text}), "/id", &[]);
        assert!(is_placeholder(text), "{text}");
    }
    for text in [
        "Null",
        "0",
        "none",
        "a {b}",
        "{7c9e6679-7425-40de-944b-e07fc1f90ae7}",
    ] {
        check(&json!({"id": text}), "/id", &[text]);
    }
    let params = [("id".to_owned(), "undefined".to_owned())];
    let values = RequestValues {
        path_params: &params,
        ..RequestValues::default()
    };
    assert!(ValueLocation::Path("id".into()).read(&values).is_empty());
}

#[test]
fn an_expression_is_read_as_what_it_was_made_of() {
    for expression in [
        "path.id",
        "query.order-id",
        "body.order.id",
        "response.items[].id",
        "body.a/b.~",
        "body[].id",
        "body[]",
        "response.rows[][].id",
    ] {
        let location = ValueLocation::parse(expression).unwrap();
        assert_eq!(location.expression(), expression);
    }
    for (expression, pointer) in [
        ("body[].id", "/*/id"),
        ("body.[].id", "/*/id"),
        ("body.*.id", "/*/id"),
        ("body[]", "/*"),
        ("body.a[][]", "/a/*/*"),
    ] {
        let location = ValueLocation::Request(pointer.to_owned());
        assert_eq!(ValueLocation::parse(expression), Some(location));
    }
    for expression in ["body", "body.", "path", "path[]", "[]", "", "header.x"] {
        assert_eq!(ValueLocation::parse(expression), None, "{expression}");
    }
    let query = ValueLocation::Query("ids[]".to_owned());
    assert_eq!(ValueLocation::parse("query.ids[]"), Some(query));
}

#[test]
fn what_is_not_there_or_null_gives_nothing() {
    check(&json!({"id": null}), "/id", &[]);
    check(&json!({"id": ""}), "/id", &[]);
    check(&json!({"id": {}}), "/id", &[]);
    check(&json!("text"), "/id", &[]);
    check(&json!(null), "", &[]);
    assert!(
        ValueLocation::Request("/id".into())
            .read(&RequestValues::default())
            .is_empty()
    );
}

#[test]
fn reading_is_bounded() {
    let many = json!((0..12_000).map(|n| json!({ "id": n })).collect::<Vec<_>>());
    let values = RequestValues {
        request: Some(&many),
        ..RequestValues::default()
    };
    assert_eq!(
        ValueLocation::Request("/*/id".into()).read(&values).len(),
        VALUES_MAX
    );
    let long = json!({ "id": "ü".repeat(10_000) });
    let values = RequestValues {
        request: Some(&long),
        ..RequestValues::default()
    };
    assert_eq!(
        ValueLocation::Request("/id".into()).read(&values)[0]
            .chars()
            .count(),
        256
    );
}

#[test]
fn a_location_serializes_as_its_place_and_its_name() {
    let text = |location: &ValueLocation| serde_json::to_string(location).unwrap();
    assert_eq!(
        text(&ValueLocation::Path("id".into())),
        r#"{"in":"path","name":"id"}"#
    );
    assert_eq!(
        text(&ValueLocation::Response("/id".into())),
        r#"{"in":"response","pointer":"/id"}"#
    );
}
