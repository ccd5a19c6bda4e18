//! Tokens, good and bad: who is let in, and that all who are not get the same answer.

use std::time::Duration;

use crate::support::{
    claims, claims_with, ed_key, forged, get, good_token, reader_of_nothing, send, test_router,
    token,
};
use axum::body::Body;
use daybook_query_api::{Api, LocalKey, TokenRequest, TokenRules, TokenVerifier, router};
use http::{Request, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

/// Behind it stands no store: whoever is let in learns that this is no id (400).
const DOOR: &str = "/v1/logs/not-an-id";

const ED_HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT","kid":"ed"}"#;

fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

fn is_let_in(status: StatusCode) -> bool {
    match status {
        StatusCode::BAD_REQUEST => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("neither in nor out: {other}"),
    }
}

#[tokio::test]
async fn the_three_algorithms_are_accepted() {
    let router = test_router();
    let rsa = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap();
    let ec = EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap();
    for (header, algorithm, key) in [
        (r#"{"alg":"RS256","kid":"rsa"}"#, Algorithm::RS256, &rsa),
        (
            r#"{"alg":"ES256","kid":"ec","typ":"at+jwt"}"#,
            Algorithm::ES256,
            &ec,
        ),
        (ED_HEADER, Algorithm::EdDSA, &ed_key()),
        (
            r#"{"alg":"EdDSA","kid":"ed","x5t":"abc"}"#,
            Algorithm::EdDSA,
            &ed_key(),
        ),
    ] {
        let token = forged(header, &claims().to_string(), algorithm, key);
        assert!(
            is_let_in(get(&router, DOOR, &token).await.status),
            "{header}"
        );
    }
}

#[tokio::test]
async fn claims_that_differ_harmlessly_are_accepted() {
    let router = test_router();
    for changes in [
        json!({"aud": ["other", "daybook"]}),
        json!({"nbf": null, "iat": null}),
        json!({"exp": now() - 20}),
        json!({"nbf": now() + 20, "iat": now() + 20}),
        json!({"exp": 4_102_444_800.5}),
        json!({"org_id": "Größe & Söhne'; DROP TABLE --"}),
        json!({"unknown": {"deep": [1]}}),
    ] {
        let answer = get(&router, DOOR, &token(&claims_with(&changes))).await;
        assert!(is_let_in(answer.status), "{changes}");
    }
}

#[tokio::test]
async fn one_changed_character_spoils_a_token() {
    let router = test_router();
    let genuine = good_token();
    for (index, _) in genuine.char_indices().step_by(7) {
        let mut changed = genuine.clone().into_bytes();
        changed[index] = if changed[index] == b'B' { b'C' } else { b'B' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            !is_let_in(get(&router, DOOR, &changed).await.status),
            "{index}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_a_problem_that_asks_for_a_bearer_token() {
    let answer = send(
        &test_router(),
        Request::get(DOOR).body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer realm=\"daybook\""
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn a_token_counts_in_the_authorization_header_only() {
    let router = test_router();
    let token = good_token();
    let bearer = format!("Bearer {token}");
    let request = || Request::get(DOOR);
    for request in [
        Request::get(format!("{DOOR}?token={token}&access_token={token}")),
        request().header("x-authorization", &bearer),
        request().header("proxy-authorization", &bearer),
        request().header(
            header::COOKIE,
            format!("token={token}; daybook.token={token}"),
        ),
    ] {
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        assert!(!is_let_in(answer.status));
    }
    let in_body = Request::post("/v1/logs")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("access_token={token}")))
        .unwrap();
    assert!(!is_let_in(send(&router, in_body).await.status));
    // The scheme has no case, and more than one space may follow it (RFC 9110, section 11.4).
    for good in [format!("bearer {token}"), format!("BEARER  {token}")] {
        let request = request().header(header::AUTHORIZATION, good);
        assert!(is_let_in(
            send(&router, request.body(Body::empty()).unwrap())
                .await
                .status
        ));
    }
}

#[tokio::test]
async fn each_permission_opens_its_own_door() {
    let router = test_router();
    for (permissions, view, export) in [
        (json!(["audit_log:view"]), true, false),
        (json!(["audit_log:export"]), false, true),
        (json!("audit_log:view audit_log:export"), true, true),
        (json!(["audit_log:erase", "admin", "*"]), false, false),
        (json!(["audit_log:view:service/a"]), true, false),
        (
            json!("audit_log:view:service/a audit_log:export"),
            true,
            true,
        ),
        (
            json!(["audit_log:view", "audit_log:view:region/eu"]),
            false,
            false,
        ),
        (json!(["audit_log:view audit_log:export"]), false, false),
        (json!([["audit_log:view"]]), false, false),
        (json!({"audit_log:view": true}), false, false),
        (json!(7), false, false),
        (json!(true), false, false),
        (json!([]), false, false),
        (json!(null), false, false),
    ] {
        let token = token(&claims_with(&json!({"permissions": permissions})));
        for (address, allowed) in [(DOOR, view), ("/v1/logs/export?limit=1", export)] {
            let answer = get(&router, address, &token).await;
            let expected = if allowed { 400 } else { 403 };
            assert_eq!(answer.status, expected, "{permissions} {address}");
        }
    }
}

#[tokio::test]
async fn a_trusted_gateway_is_the_only_source_there_is() {
    let verifier = TokenVerifier::trusting_gateway_authorizer(TokenRules::default());
    let router = router(Api::new(reader_of_nothing(), verifier, [7; 32]));
    // A good token means nothing here, and neither do headers that look like a gateway's.
    let spoofed = Request::get(DOOR)
        .header(header::AUTHORIZATION, format!("Bearer {}", good_token()))
        .header(
            "x-amzn-request-context",
            r#"{"authorizer":{"org_id":"acme"}}"#,
        )
        .header("x-org-id", "acme")
        .body(Body::empty())
        .unwrap();
    assert!(!is_let_in(send(&router, spoofed).await.status));

    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": DOOR, "rawQueryString": "",
        "headers": {"host": "api.example.com"}, "isBase64Encoded": false,
        "requestContext": {
            "stage": "$default", "http": {"method": "GET", "path": DOOR},
            "authorizer": {"jwt": {"claims": {
                "org_id": "acme", "permissions": "[audit_log:view]"
            }, "scopes": null}}
        }
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    assert!(is_let_in(
        send(&router, request.map(|_| Body::empty())).await.status
    ));
}

#[tokio::test]
async fn a_gateway_that_is_not_trusted_lets_nobody_in() {
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": DOOR, "rawQueryString": "",
        "headers": {"host": "api.example.com"}, "isBase64Encoded": false,
        "requestContext": {
            "stage": "$default", "http": {"method": "GET", "path": DOOR},
            "authorizer": {"jwt": {"claims": {
                "org_id": "acme", "permissions": "[audit_log:view]"
            }, "scopes": null}}
        }
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let answer = send(&test_router(), request.map(|_| Body::empty())).await;
    assert!(!is_let_in(answer.status));
}

#[tokio::test]
async fn a_local_key_lets_in_whom_it_has_named() {
    let key = LocalKey::generate();
    let router_of = |key: &LocalKey| {
        router(Api::new(
            reader_of_nothing(),
            key.verifier(),
            key.derived_secret("page tokens"),
        ))
    };
    let request = |org_id: &str, permissions: &[&str], lifetime_seconds: u64| TokenRequest {
        org_id: org_id.to_owned(),
        user: "jane".to_owned(),
        email: Some("jane@example.com".to_owned()),
        permissions: permissions.iter().map(ToString::to_string).collect(),
        lifetime: Duration::from_secs(lifetime_seconds),
    };
    let router = router_of(&key);
    let good = key.mint(&request("acme", &["audit_log:view"], 60));
    assert!(is_let_in(get(&router, DOOR, &good).await.status));
    let no_permission = key.mint(&request("acme", &[], 60));
    assert_eq!(get(&router, DOOR, &no_permission).await.status, 403);
    let other_key = router_of(&LocalKey::generate());
    assert!(!is_let_in(get(&other_key, DOOR, &good).await.status));
    assert!(!is_let_in(get(&test_router(), DOOR, &good).await.status));
    let nobodys = key.mint(&request("\u{1}unattributed", &["audit_log:view"], 60));
    assert!(!is_let_in(get(&router, DOOR, &nobodys).await.status));
}
