//! Bodies and query strings, and the questions that they stand for.

use axum::response::IntoResponse as _;
use serde_json::json;

use super::*;
use crate::request_id::RequestId;

fn search(body: &Value) -> Search {
    SearchRequest::from_json(body.to_string().as_bytes())
        .unwrap()
        .search_at(Timestamp::UNIX_EPOCH)
}

/// The problem document that a body gets.
fn refusal(body: &[u8]) -> Value {
    let problem = SearchRequest::from_json(body).unwrap_err();
    serde_json::to_value(problem.document(&RequestId::generate())).unwrap()
}

#[test]
fn no_field_is_needed() {
    for body in [
        "",
        "  ",
        "{}",
        "null",
        r#"{"limit":null,"user":null,"q":""}"#,
    ] {
        let request = SearchRequest::from_json(body.as_bytes()).unwrap();
        assert_eq!(
            request.search,
            Search {
                filter: Filter {
                    hide_service: Some("daybook".to_owned()),
                    ..Filter::default()
                },
                ..Search::default()
            },
            "{body}"
        );
        assert_eq!((request.cursor, request.direction), (None, None));
    }
}

#[test]
fn words_of_a_fixed_set_have_no_case() {
    let asked = search(&json!({"action": "DELETE", "outcome": {"not": ["Denied"]}}));
    assert_eq!(asked.filter.action, Match::any_of([Action::Delete]));
    assert_eq!(asked.filter.outcome, Match::none_of([Outcome::Denied]));
}

#[test]
fn every_field_is_understood() {
    let request = SearchRequest::from_json(
        json!({
            "limit": 7,
            "cursor": "abc",
            "direction": "prev",
            "timestamp": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00+01:00"},
            "ingested": {"from": "2026-01-02T00:00:00Z"},
            "service_name": "workflows",
            "event_name": ["a", "b"],
            "action": {"not": "read"},
            "outcome": {"not": ["success", "unknown"]},
            "method": "post",
            "actor": ["Jane Roe", "CORP\\jane"],
            "user": {"email": "jane@example.com", "user_id": {"not": "u1"}},
            "entity": {"type": "workflow", "id": ["1", "2"], "include_children": true},
            "ip": "10.0.0.1",
            "correlation_id": "c",
            "q": "deleted \"the workflow\"",
            "sort": "ingested_at",
            "total": "bounded"
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let texts = |texts: &[&str]| Match::any_of(texts.iter().map(ToString::to_string));
    assert_eq!(request.cursor.as_deref(), Some("abc"));
    assert_eq!(request.direction, Some(Direction::Prev));
    let Search { filter, .. } = &request.search;
    assert_eq!(
        filter.timestamp.to.map(|to| to.to_string()).as_deref(),
        Some("2026-01-31T23:00:00Z")
    );
    assert!(filter.ingested.from.is_some() && filter.ingested.to.is_none());
    assert_eq!(filter.service_name, texts(&["workflows"]));
    assert_eq!(filter.event_name, texts(&["a", "b"]));
    assert_eq!(filter.action, Match::none_of([Action::Read]));
    assert_eq!(
        filter.outcome,
        Match::none_of([Outcome::Success, Outcome::Unknown])
    );
    assert_eq!(filter.method, texts(&["POST"]));
    assert_eq!(filter.actor, texts(&["Jane Roe", "CORP\\jane"]));
    assert_eq!(filter.user_email, texts(&["jane@example.com"]));
    assert_eq!(filter.user_id, Match::none_of(["u1".to_owned()]));
    assert_eq!(filter.entity_type, texts(&["workflow"]));
    assert_eq!(filter.entity_id, texts(&["1", "2"]));
    assert!(filter.include_children);
    assert_eq!(
        filter.ip_ranges,
        Match::any_of(["10.0.0.1".parse().unwrap()])
    );
    assert_eq!(filter.correlation_id, texts(&["c"]));
    let also = request
        .search_at(Timestamp::UNIX_EPOCH)
        .filter
        .also
        .unwrap();
    assert_eq!(also.words, ["deleted", "the workflow"]);
    assert_eq!(request.search.sort, Sort::IngestedAscending);
    assert_eq!(request.search.total, TotalMode::Bounded);
    assert_eq!(request.search.limit, 7);
}

#[test]
fn readers_of_the_log_are_left_out_unless_they_are_asked_for() {
    let hidden = |body: Value| search(&body).filter.hide_service.is_some();
    assert!(hidden(json!({"service_name": "workflows"})));
    assert!(hidden(json!({"service_name": {"not": "daybook"}})));
    assert!(!hidden(json!({"service_name": "daybook"})));
    assert!(!hidden(json!({"service_name": ["workflows", "daybook"]})));
    assert!(!hidden(json!({"q": "service:daybook"})));
    assert!(hidden(json!({"q": "-service:daybook daybook"})));
}

#[test]
fn a_mistake_in_a_query_says_where_and_what_was_meant() {
    let refused = refusal(br#"{"q": "x autor:jane"}"#);
    let error = &refused["errors"][0];
    assert_eq!(error["pointer"], "/q");
    assert_eq!(error["position"], 3);
    assert_eq!(error["length"], 10);
    assert_eq!(error["suggestion"], "actor:jane");
    assert!(error["detail"].as_str().unwrap().contains("no qualifier"));
}

#[test]
fn addresses_are_compared_however_they_are_written_and_anything_else_is_text() {
    let filter = search(&json!({"ip": {
        "is": ["10.0.0.0/8", "10.0.0.1", "2001:DB8:0::1", "a/b", "10.0.0.01"],
        "not": ["::/0", "2001:DB8::2"]
    }}));
    let Filter { ip, ip_ranges, .. } = filter.filter;
    assert_eq!(
        ip,
        Match::any_of(["a/b".to_owned(), "10.0.0.01".to_owned()])
    );
    let ranges = |texts: &[&str]| -> Vec<IpRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    assert_eq!(
        ip_ranges.any_of,
        ranges(&["10.0.0.0/8", "10.0.0.1", "2001:db8::1"])
    );
    assert_eq!(ip_ranges.none_of, ranges(&["::/0", "2001:db8::2"]));
}

#[test]
fn pages_are_counted_from_zero_and_bounded() {
    assert_eq!(search(&json!({"page": 0})).offset, 0);
    assert_eq!(search(&json!({"page": 3, "limit": 20})).offset, 60);
    assert_eq!(search(&json!({"page": 10, "limit": 1000})).offset, 10_000);
    assert_eq!(search(&json!({"page": 100.0})).offset, 5_000);
    let refused = refusal(br#"{"page": 101}"#);
    assert_eq!(refused["errors"][0]["pointer"], "/page");
    assert!(refused["detail"].as_str().unwrap().contains("next_cursor"));
    let refused = refusal(br#"{"page": 4294967295, "limit": 1000}"#);
    assert_eq!(refused["errors"][0]["pointer"], "/page");
}

#[test]
fn a_range_of_addresses_that_is_none_is_named() {
    for body in [
        r#"{"ip": "10.0.0.0/99"}"#,
        r#"{"ip": {"not": ["a/b", "::1/8.5"]}}"#,
    ] {
        let refused = refusal(body.as_bytes());
        assert_eq!(refused["errors"][0]["pointer"], "/ip", "{body}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    for (body, pointer, words) in [
        (r#"{"limt": 5}"#, "/limt", "did you mean \"limit\"?"),
        (
            r#"{"colour": 5}"#,
            "/colour",
            "unknown field; known are limit",
        ),
        (r#"{"a/b~c": 1}"#, "/a~1b~0c", "unknown field"),
        (r#"{"tenant": "x"}"#, "/tenant", "unknown field"),
        (r#"{"org_id": "x"}"#, "/org_id", "unknown field"),
        (
            r#"{"user": {"mail": "x"}}"#,
            "/user/mail",
            "did you mean \"email\"?",
        ),
        (r#"{"limit": 0}"#, "/limit", "from 1 to 1000"),
        (r#"{"limit": 1001}"#, "/limit", "from 1 to 1000"),
        (r#"{"limit": "5"}"#, "/limit", "whole number"),
        (r#"{"limit": 1.5}"#, "/limit", "whole number"),
        (r#"{"page": -1}"#, "/page", "whole number"),
        (
            r#"{"page": 1, "cursor": "x"}"#,
            "/page",
            "exclude each other",
        ),
        (
            r#"{"cursor": 5}"#,
            "/cursor",
            "a string is needed here, not a number",
        ),
        (
            r#"{"direction": "back"}"#,
            "/direction",
            "none of next, prev",
        ),
        (
            r#"{"sort": "+timestamp"}"#,
            "/sort",
            "did you mean \"-timestamp\"?",
        ),
        (
            r#"{"total": "guess"}"#,
            "/total",
            "none of exact, bounded, none",
        ),
        (
            r#"{"timestamp": "2026"}"#,
            "/timestamp",
            "an object is needed",
        ),
        (
            r#"{"timestamp": {"from": "yesterday"}}"#,
            "/timestamp/from",
            "RFC 3339",
        ),
        (
            r#"{"action": "deleted"}"#,
            "/action",
            "did you mean \"delete\"?",
        ),
        (
            r#"{"outcome": ["success", 5]}"#,
            "/outcome/1",
            "not a number",
        ),
        (r#"{"service_name": []}"#, "/service_name", "an empty list"),
        (
            r#"{"service_name": {"not": [[]]}}"#,
            "/service_name/not/0",
            "not a list",
        ),
        (
            r#"{"service_name": {"nt": "x"}}"#,
            "/service_name/nt",
            "did you mean \"not\"?",
        ),
        (
            r#"{"ip": {"not": {"not": "x"}}}"#,
            "/ip/not",
            "not an object",
        ),
        (
            r#"{"entity": {"include_children": "yes"}}"#,
            "/entity/include_children",
            "true or",
        ),
        (r#"{"q": "a \"b"}"#, "/q", "character 3"),
        (r#"["limit"]"#, "", "not a list"),
    ] {
        let refused = refusal(body.as_bytes());
        let error = &refused["errors"][0];
        assert_eq!(error["pointer"], pointer, "{body}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{body}: {detail}");
    }
}

#[test]
fn several_faults_are_named_at_once_and_not_without_bound() {
    let refused = refusal(br#"{"limt": 5, "page": -1, "total": 7}"#);
    assert_eq!(refused["errors"].as_array().unwrap().len(), 3);
    let many: Map<String, Value> = (0..500).map(|n| (format!("x{n}"), json!(1))).collect();
    let refused = refusal(Value::Object(many).to_string().as_bytes());
    assert_eq!(refused["errors"].as_array().unwrap().len(), 20);
}

#[test]
fn lists_and_values_are_bounded() {
    let long = json!({"user": {"email": "x".repeat(1025)}});
    assert_eq!(
        refusal(long.to_string().as_bytes())["errors"][0]["pointer"],
        "/user/email"
    );
    let many = json!({"ip": vec!["1.1.1.1"; 101]});
    assert!(
        refusal(many.to_string().as_bytes())["detail"]
            .as_str()
            .unwrap()
            .contains("100 values")
    );
}

#[test]
fn what_is_no_json_says_where() {
    let refused = refusal(b"{\"limit\": }");
    assert_eq!(
        refused["detail"],
        "The body is not JSON: line 1, column 11."
    );
    assert!(refused.get("errors").is_none());
    let deep = "[".repeat(60_000);
    assert!(
        refusal(deep.as_bytes())["detail"]
            .as_str()
            .unwrap()
            .contains("nests deeper than 16")
    );
    assert_eq!(
        refusal(b"\xff\xfe")["status"],
        400,
        "bytes that are no text are no JSON"
    );
}

#[test]
fn a_query_string_stands_for_a_body() {
    let by_query = export_from_query(
        "service_name=a&service_name=b&action.not=read&user.email=jane%40example.com\
         &entity.type=workflow&entity.include_children=true&timestamp.from=2026-01-01T00:00:00Z\
         &q=deleted+%22the+workflow%22&sort=timestamp&user.user_id.not=u1&user.user_id.not=u2",
    )
    .unwrap();
    let by_body = export_from_json(
        json!({
            "service_name": ["a", "b"],
            "action": {"not": "read"},
            "user": {"email": "jane@example.com", "user_id": {"not": ["u1", "u2"]}},
            "entity": {"type": "workflow", "include_children": true},
            "timestamp": {"from": "2026-01-01T00:00:00Z"},
            "q": "deleted \"the workflow\"",
            "sort": "timestamp"
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    assert_eq!(by_query, by_body);
    assert_eq!(by_query.search.total, TotalMode::None);
    let csv = export_from_query("format=csv").unwrap();
    assert_eq!(csv.format, ExportFormat::Csv);
}

#[test]
fn an_export_has_no_pages_and_no_odd_parameters() {
    for query in [
        "limit=5",
        "cursor=x",
        "page=1",
        "total=exact",
        "format=xlsx",
        "locale=d",
        "locale=de_AT%27",
        "token=x",
        "user=x&user.email=y",
        "user.email=y&user=x",
        "a.b.c.d.e=1",
        "timestamp.from=now",
        "entity.include_children=maybe",
    ] {
        let problem = export_from_query(query).unwrap_err();
        assert_eq!(problem.into_response().status(), 400, "{query}");
    }
    let long = "a".repeat(BODY_BYTES_MAX + 1);
    let problem = export_from_query(&long).unwrap_err();
    assert_eq!(problem.into_response().status(), 413);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_body_panics(body in "\\PC{0,80}") {
            let _ = SearchRequest::from_json(body.as_bytes());
        }

        #[test]
        fn no_query_string_panics(query in "[a-z.=&%+_0-9]{0,80}") {
            let _ = export_from_query(&query);
        }

        #[test]
        fn any_text_is_taken_literally(text in "\\PC{0,60}") {
            let found = search(&json!({"entity": {"id": text}}));
            prop_assert_eq!(found.filter.entity_id.any_of, vec![text]);
        }
    }
}
