//! The pure middle, through its public door: real documents, hostile events.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::sync::OnceLock;

use daybook_event::{AuditEvent, UNATTRIBUTED_ORG_ID};
use daybook_normalizer::Poison;
use daybook_normalizer::context::{build_index, read_documents};
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{DropReason, Normalized, normalize};
use daybook_normalizer::settings::Settings;
use daybook_openapi::{Document, Index};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stored::{NOW_MS, new_event, now};

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/specs");
        let (documents, _) = read_documents(folder.as_ref()).unwrap();
        let (index, problems) = build_index(documents, &Settings::default());
        assert!(problems.is_empty(), "{problems:?}");
        index
    })
}

fn run(message: &Value, index: &Index, settings: &Settings) -> Result<Normalized, Poison> {
    normalize(&decode(&message.to_string())?, index, settings, now())
}

fn event_of(message: &Value) -> AuditEvent {
    event_with(message, index(), &Settings::default())
}

fn event_with(message: &Value, index: &Index, settings: &Settings) -> AuditEvent {
    new_event(message, index, settings).event
}

fn http_event(method: &str, path: &str, time_ms: i64) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "headers": {"content-type": "application/json"},
        "requestContext": {"apiId": "a1", "stage": "$default", "requestId": "r1", "timeEpoch": time_ms,
            "domainName": "webhooks.sls.epilot.io",
            "authorizer": {"jwt": {"claims": {"sub": "u1", "org_id": "acme", "email": "jane@example.com"}}},
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"}},
    })
}

fn index_of(document: &str) -> Index {
    let (index, problems) = Index::build(vec![Document {
        file_name: "orders.yaml".to_owned(),
        bytes: document.as_bytes().to_vec(),
    }]);
    assert!(problems.is_empty(), "{problems:?}");
    index
}

const ANNOTATED: &str = r"
openapi: 3.0.3
info: {title: Orders, version: '1'}
servers: [{url: 'https://webhooks.sls.epilot.io'}]
paths:
  /v1/orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getOrder
      x-audit: {capture: true}
      responses: {'200': {description: ok}}
    put:
      operationId: pingOrder
      x-audit: {ignore: true}
      responses: {'200': {description: ok}}
  /v1/orders:
    get:
      operationId: listOrders
      responses: {'200': {description: ok}}
  /v1/orders/secret:
    get:
      operationId: getSecretOrder
      x-audit: {ignore: true, capture: true}
      responses: {'200': {description: ok}}
  /v1/orders:search:
    post:
      operationId: searchOrders
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
  /v1/tenants/{tenantId}/signup:
    post:
      operationId: signUp
      x-audit: {org: path.tenantId}
      responses: {'200': {description: ok}}
  /v1/tenants:
    post:
      operationId: createTenant
      x-audit: {org: response.tenant.id}
      responses: {'201': {description: ok}}
  /v1/login:
    post:
      operationId: login
      x-audit: {org: {in: request, pointer: /tenant}}
      requestBody:
        content: {application/json: {schema: {type: object, properties: {tenant: {type: string}}}}}
      responses: {'200': {description: ok}}
";

#[test]
fn a_document_says_what_to_keep_and_what_to_leave_out() {
    let index = index_of(ANNOTATED);
    let settings = Settings::default();
    let bare = http_event("GET", "/v1/orders/7", NOW_MS);
    assert_eq!(event_with(&bare, &index, &settings).event_name, "getOrder");
    let ignored = json!({"v": 1, "event": http_event("PUT", "/v1/orders/7", NOW_MS)});
    assert_eq!(
        run(&ignored, &index, &settings).unwrap(),
        Normalized::Dropped(DropReason::Ignored)
    );
    let unknown = http_event("GET", "/v1/nobody/knows", NOW_MS);
    assert_eq!(
        run(&unknown, &index, &settings).unwrap(),
        Normalized::Dropped(DropReason::Read)
    );
}

#[test]
fn a_get_is_recorded_where_it_was_captured_and_head_and_options_never() {
    let document = ANNOTATED.replace("    put:", "    head: {x-audit: {capture: true}}\n    put:");
    let index = index_of(&document);
    let settings = Settings::default();
    for path in ["/v1/orders/7", "/v1/nobody/knows"] {
        let captured = |method| json!({"v": 1, "event": http_event(method, path, NOW_MS)});
        assert_eq!(
            event_with(&captured("GET"), &index, &settings).http.path,
            path
        );
        for method in ["HEAD", "OPTIONS", "options"] {
            for message in [captured(method), http_event(method, path, NOW_MS)] {
                assert_eq!(
                    run(&message, &index, &settings).unwrap(),
                    Normalized::Dropped(DropReason::Probe)
                );
            }
        }
    }
}

#[test]
fn a_mapped_path_and_an_rpc_by_its_query_find_their_operations() {
    let document = format!(
        "{ANNOTATED}  /rpc?method=export:\n    post: {{operationId: exportAll}}\n  /rpc?method=import:\n    post: {{operationId: importAll}}\n"
    );
    let index = index_of(&document);
    let settings = Settings::default();
    let mut mapped = http_event("POST", "/shop/v1/login", NOW_MS);
    mapped["routeKey"] = json!("ANY /{proxy+}");
    mapped["pathParameters"] = json!({"proxy": "v1/login"});
    assert_eq!(event_with(&mapped, &index, &settings).event_name, "login");
    let mut rpc = http_event("POST", "/rpc", NOW_MS);
    assert!(!event_with(&rpc, &index, &settings).described);
    rpc["queryStringParameters"] = json!({"method": "import"});
    assert_eq!(event_with(&rpc, &index, &settings).event_name, "importAll");
    // The same in a form, as AWS's query protocol has it.
    let mut form = http_event("POST", "/rpc", NOW_MS);
    form["headers"]["content-type"] = json!("application/x-www-form-urlencoded; charset=utf-8");
    form["body"] = json!("bWV0aG9kPWV4cG9ydCZuYW1lPXg");
    form["isBase64Encoded"] = json!(true);
    assert_eq!(event_with(&form, &index, &settings).event_name, "exportAll");
    form["headers"]["content-type"] = json!("application/json");
    assert!(!event_with(&form, &index, &settings).described);
}

#[test]
fn a_read_is_kept_where_somebody_asked_for_it_and_a_post_always() {
    let index = index_of(ANNOTATED);
    let outcome = |method: &str, path: &str, is_captured: bool| {
        let event = http_event(method, path, NOW_MS);
        let message = if is_captured {
            json!({"v": 1, "event": event, "response": {"status_code": 200}})
        } else {
            event
        };
        match run(&message, &index, &Settings::default()).unwrap() {
            Normalized::Event(new) => Ok(new.event.event_name),
            Normalized::Dropped(reason) => Err(reason),
        }
    };
    for (method, path, is_captured, expected) in [
        // Nobody asked for it.
        ("GET", "/v1/orders", false, Err(DropReason::Read)),
        // The service did, by its own middleware.
        ("GET", "/v1/orders", true, Ok("listOrders")),
        ("GET", "/v1/nobody/knows", true, Ok("")),
        // The document did.
        ("GET", "/v1/orders/7", false, Ok("getOrder")),
        ("GET", "/v1/orders/7", true, Ok("getOrder")),
        // The document's `ignore` goes before everybody's wish.
        ("GET", "/v1/orders/secret", false, Err(DropReason::Ignored)),
        ("GET", "/v1/orders/secret", true, Err(DropReason::Ignored)),
        ("PUT", "/v1/orders/7", false, Err(DropReason::Ignored)),
        // A POST may change something even where its document says that it only reads.
        ("POST", "/v1/orders:search", false, Ok("searchOrders")),
        ("POST", "/v1/orders:search", true, Ok("searchOrders")),
        ("POST", "/v1/nobody/knows", false, Ok("")),
    ] {
        let label = format!("{method} {path}, captured: {is_captured}");
        let expected = expected.map(str::to_owned);
        assert_eq!(outcome(method, path, is_captured), expected, "{label}");
    }
    let search = event_with(
        &http_event("POST", "/v1/orders:search", NOW_MS),
        &index,
        &Settings::default(),
    );
    assert_eq!(search.action.as_str(), "read");
}

#[test]
fn the_tenant_may_stand_in_the_path_and_in_the_response() {
    let index = index_of(ANNOTATED);
    let org_id = |path: &str, response: &Value, org: Option<&str>| {
        let mut event = http_event("POST", path, NOW_MS);
        event["requestContext"]["authorizer"]["jwt"]["claims"]["org_id"] = json!(org);
        let message = json!({"v": 1, "event": event, "response": response});
        event_with(&message, &index, &Settings::default()).org_id
    };
    let none = Value::Null;
    let path = "/v1/tenants/acme%20inc/signup";
    assert_eq!(org_id(path, &none, None), "acme inc");
    // What the authorizer verified goes before what anybody can write into a path.
    assert_eq!(org_id(path, &none, Some("other")), "other");
    for nobody in ["null", "undefined", "%01unattributed"] {
        let path = format!("/v1/tenants/{nobody}/signup");
        assert_eq!(org_id(&path, &none, None), UNATTRIBUTED_ORG_ID, "{nobody}");
    }
    let answered = |status_code: u16, body: &str| {
        let response = json!({"status_code": status_code, "body": body});
        org_id("/v1/tenants", &response, None)
    };
    assert_eq!(answered(201, r#"{"tenant":{"id":"acme"}}"#), "acme");
    assert_eq!(answered(201, r#"{"tenant":{"id":7}}"#), "7");
    for nothing in [
        r#"{"tenant":{"id":null}}"#,
        r#"{"tenant":{}}"#,
        "",
        "<html>",
    ] {
        assert_eq!(answered(201, nothing), UNATTRIBUTED_ORG_ID, "{nothing}");
    }
    // Nothing was made, so nobody's tenant is named.
    assert_eq!(
        answered(409, r#"{"tenant":{"id":"acme"}}"#),
        UNATTRIBUTED_ORG_ID
    );
}

#[test]
fn a_document_says_where_the_tenant_of_a_login_stands() {
    let index = index_of(ANNOTATED);
    let mut login = http_event("POST", "/v1/login", NOW_MS);
    login["requestContext"]["authorizer"] = Value::Null;
    login["body"] = json!(r#"{"tenant":"acme","password":"hunter2"}"#);
    let event = event_with(&login, &index, &Settings::default());
    assert_eq!(event.org_id, "acme");
    assert!(!event.detail.contains("hunter2"));
    login["body"] = json!("{}");
    let event = event_with(&login, &index, &Settings::default());
    assert_eq!(event.org_id, UNATTRIBUTED_ORG_ID);
}

#[test]
fn the_time_is_the_requests_and_has_bounds() {
    let at = |time_ms: i64| http_event("DELETE", "/v1/webhooks/configs/c1", time_ms);
    let settings = Settings::default();
    assert_eq!(event_of(&at(NOW_MS)).timestamp, now());
    for good in [0, NOW_MS + 300_000] {
        assert_eq!(event_of(&at(good)).timestamp.as_millisecond(), good);
    }
    let reason =
        |time_ms: i64, settings: &Settings| run(&at(time_ms), index(), settings).unwrap_err();
    assert_eq!(
        reason(NOW_MS + 300_001 + 999, &settings),
        Poison::Future { ahead_seconds: 301 }
    );
    assert_eq!(reason(-1, &settings), Poison::ImpossibleTime(-1));
    assert_eq!(
        reason(i64::MAX, &settings),
        Poison::ImpossibleTime(i64::MAX)
    );
    let kept = Settings {
        retention_days: Some(10),
        ..Settings::default()
    };
    let day_ms = 86_400_000;
    let young = event_with(&at(NOW_MS - 9 * day_ms), index(), &kept);
    assert_eq!(young.expires_at.as_millisecond(), NOW_MS + day_ms);
    // Whether it is kept is for the store to say, which knows the tenant's own days.
    let old = event_with(&at(NOW_MS - 10 * day_ms), index(), &kept);
    assert_eq!(old.expires_at.as_millisecond(), NOW_MS);
    let mut timeless = at(NOW_MS);
    timeless["requestContext"]
        .as_object_mut()
        .unwrap()
        .remove("timeEpoch");
    assert_eq!(
        run(&timeless, index(), &settings).unwrap_err(),
        Poison::NoTime
    );
    let captured = json!({"v": 1, "captured_at": "2026-11-22T20:34:49.123456Z", "event": timeless});
    assert_eq!(event_of(&captured).timestamp, now());
}

#[test]
fn bodies_are_read_as_json_or_forms_and_of_others_nothing_is_kept() {
    let with = |content_type: &str, body: &str, is_base64: bool| {
        let mut event = http_event("POST", "/v1/webhooks/configs", NOW_MS);
        event["headers"]["content-type"] = json!(content_type);
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(is_base64);
        event_of(&event)
    };
    assert_eq!(
        with("application/json", r#"{"name":"A"}"#, false).detail,
        r#"{"name":"A"}"#
    );
    assert_eq!(
        with("application/json", "eyJuYW1lIjoiQSJ9", true).detail,
        r#"{"name":"A"}"#
    );
    let form = with(
        "application/x-www-form-urlencoded",
        "name=A+B&tag=1&tag=2&password=x",
        false,
    );
    assert_eq!(
        form.detail,
        r#"{"name":"A B","password":"[redacted]","tag":["1","2"]}"#
    );
    assert_eq!(form.redacted, ["request#/password"]);
    for (content_type, body, is_base64) in [
        ("text/plain", "hello", false),
        ("application/xml", "<password>hunter2</password>", false),
        (
            "multipart/form-data; boundary=x",
            "--x\r\n\r\nhunter2\r\n--x--",
            false,
        ),
        ("application/octet-stream", "//79", true),
        // What curl calls a form, and is neither one nor JSON as a whole.
        (
            "application/x-www-form-urlencoded",
            "{\"name\":\"A\"}\n{\"name\":\"B\"}",
            false,
        ),
        (
            "application/x-www-form-urlencoded",
            "\u{feff}[{\"pin\":1234}",
            false,
        ),
        (
            "application/x-www-form-urlencoded",
            " <name>A</name>",
            false,
        ),
    ] {
        let event = with(content_type, body, is_base64);
        assert_eq!(
            (event.detail.as_str(), event.redacted),
            ("", vec!["request#".to_owned()])
        );
    }
    assert_eq!(with("application/json", "", false).detail, "");
}

#[test]
fn a_host_that_no_document_names_is_no_service_and_one_that_says_nothing_leaves_it_to_the_path() {
    for (domain_name, is_described) in [
        ("webhooks.sls.epilot.io", true),
        ("a1b2c3.execute-api.eu-central-1.amazonaws.com", true),
        ("127.0.0.1", true),
        ("", true),
        ("nobody.example", false),
        ("webhooks.sls.epilot.io.evil.example", false),
    ] {
        let mut event = http_event("DELETE", "/v1/webhooks/configs/c1", NOW_MS);
        event["requestContext"]["domainName"] = json!(domain_name);
        let event = event_of(&event);
        assert_eq!(event.described, is_described, "{domain_name}");
        let service_name = if is_described { "webhooks" } else { "" };
        assert_eq!(event.service_name, service_name, "{domain_name}");
    }
    let settings = Settings {
        services: [("nobody.example".to_owned(), "webhooks".to_owned())].into(),
        ..Settings::default()
    };
    let documents = vec![Document {
        file_name: "webhooks.json".to_owned(),
        bytes: include_bytes!("../../tests/fixtures/specs/webhooks.json").to_vec(),
    }];
    let (index, _) = build_index(documents, &settings);
    let mut event = http_event("DELETE", "/v1/webhooks/configs/c1", NOW_MS);
    event["requestContext"]["domainName"] = json!("nobody.example");
    assert_eq!(
        event_with(&event, &index, &settings).service_name,
        "webhooks"
    );
}

#[test]
fn a_failed_creation_has_no_id_and_a_bulk_call_has_all_of_them() {
    let mut create = http_event("POST", "/v1/webhooks/configs", NOW_MS);
    create["body"] = json!(r#"{"name":"Orders"}"#);
    let answered = |status_code: u16| {
        event_of(&json!({"v": 1, "event": create, "response":
            {"status_code": status_code, "body": r#"{"id":"c7","name":"Orders"}"#}}))
    };
    assert_eq!(answered(201).entity.id, "c7");
    let failed = answered(409);
    assert_eq!(
        (failed.entity.id.as_str(), failed.entity.name.as_str()),
        ("", "Orders")
    );

    let mut bulk = http_event(
        "POST",
        "/v1/entity/taxonomies/classifications:delete",
        NOW_MS,
    );
    bulk["requestContext"]["domainName"] = json!("entity.sls.epilot.io");
    bulk["body"] = json!(r#"{"classification_ids":["a","b"]}"#);
    let event = event_of(&json!({"v": 1, "event": bulk, "response": {"status_code": 204}}));
    assert_eq!(event.entity.id, "a,b");
    assert_eq!(
        event.activity,
        "jane@example.com deleted classifications a, b"
    );
}

#[test]
fn what_the_handler_says_counts_before_what_the_document_says() {
    let message = json!({
        "v": 1,
        "event": http_event("PUT", "/v1/webhooks/configs/c1", NOW_MS),
        "response": {"status_code": 200},
        "context": {
            "entity": {"type": "integration", "name": "ERP"},
            "before": {"url": "https://old.example.com", "clientSecret": "s3cr3t-before"},
            "after": {"url": "https://new.example.com", "clientSecret": "s3cr3t-after"},
            "reason": "moved",
            "privacy": {"operation": "view", "fields_accessed": ["email"], "record_count": 3},
        },
    });
    let event = event_of(&message);
    assert_eq!(event.activity, "jane@example.com updated integration ERP");
    assert_eq!(
        (event.entity.id.as_str(), event.reason.as_str()),
        ("c1", "moved")
    );
    assert_eq!(event.changes.len(), 1, "{:?}", event.changes);
    assert_eq!(event.changes[0].field, "/url");
    assert_eq!(event.changes[0].after, r#""https://new.example.com""#);
    assert!(event.privacy.contains(r#""record_count":3"#));
    assert_eq!(
        event.redacted,
        [
            "context#/after/clientSecret",
            "context#/before/clientSecret"
        ]
    );
    let spoken = json!({"v": 1, "event": http_event("PUT", "/v1/webhooks/configs/c1", NOW_MS),
        "context": {"message": "jane@example.com moved the ERP integration\n"}});
    assert_eq!(
        event_of(&spoken).activity,
        "jane@example.com moved the ERP integration"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_event_panics_whatever_stands_where_something_else_should(
        place in prop::sample::select(vec![
            "/rawPath", "/headers", "/body", "/requestContext/authorizer", "/requestContext/http",
            "/requestContext/authorizer/jwt/claims", "/requestContext/timeEpoch", "/pathParameters",
            "/queryStringParameters", "/requestContext/domainName", "/requestContext/requestId",
        ]),
        value in any_json(),
        status_code in any::<u16>(),
        response in any_json(),
    ) {
        let mut event = http_event("PUT", "/v1/webhooks/configs/c1", NOW_MS);
        for name in ["pathParameters", "queryStringParameters", "body"] {
            event[name] = Value::Null;
        }
        *event.pointer_mut(place).unwrap() = value;
        let message = json!({"v": 1, "event": event,
            "response": {"status_code": status_code, "body": response.to_string()}});
        if let Ok(Normalized::Event(new)) = run(&message, index(), &Settings::default()) {
            prop_assert!(new.event.activity.chars().count() <= 300);
            prop_assert!(!new.event.activity.is_empty() && !new.event.org_id.is_empty());
        }
    }

    #[test]
    fn a_planted_secret_is_never_in_the_event(canary in "[a-zA-Z0-9]{24}", place in 0_usize..15) {
        let mut event = http_event("POST", "/v1/webhooks/configs", NOW_MS);
        event["queryStringParameters"] = json!({});
        let mut body = json!({"name": "A"});
        let mut context = json!({});
        let mut response = json!({"id": "c1"});
        match place {
            0 => event["headers"]["authorization"] = json!(format!("Bearer {canary}")),
            1 => event["cookies"] = json!([format!("session={canary}")]),
            2 => event["queryStringParameters"]["access_token"] = json!(canary),
            3 => body["auth"] = json!({"basicAuthConfig": {"password": canary}}),
            4 => body["list"] = json!([{"api_key": canary}]),
            5 => body["inner"] = json!(json!({"client_secret": canary}).to_string()),
            6 => context["before"] = json!({"password": canary}),
            7 => context["after"] = json!({"deep": [{"token": canary}]}),
            8 => response["secret"] = json!(canary),
            9 => context["reason"] = json!(format!("Authorization: Bearer {canary}")),
            10 => event["headers"]["x-correlation-id"] = json!(format!("eyJhbGciOiJ.{canary}.{canary}")),
            11 => event["headers"]["referer"] = json!(format!("https://a.example.com/?code={canary}")),
            12 => event["requestContext"]["authorizer"]["jwt"]["claims"]["name"] =
                json!(format!("eyJhbGciOiJ.{canary}.{canary}")),
            13 => event["headers"]["referer"] = json!(format!("https://a.example.com/?token={canary}")),
            _ => event["requestContext"]["identity"] = json!({"apiKey": canary}),
        }
        event["body"] = json!(body.to_string());
        let message = json!({"v": 1, "event": event, "context": context,
            "response": {"status_code": 201, "body": response.to_string()}});
        let stored = serde_json::to_string(&event_of(&message)).unwrap();
        prop_assert!(!stored.contains(&canary), "place {place}: {stored}");
    }
}
