//! Tokens, good and bad: who is let in, and that all who are not get the same answer.

use std::time::Duration;

use crate::support::{
    JWKS, RSA_PUBLIC_PEM, claims, claims_with, ed_key, forged, get, good_token, reader_of_nothing,
    send, test_router, token,
};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_query_api::{Api, LocalKey, TokenRequest, TokenRules, TokenVerifier, router};
use http::{Request, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

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
async fn claims_that_are_not_what_they_must_be_are_refused() {
    let router = test_router();
    let tomorrow = now() + 86_400;
    for changes in [
        json!({"exp": null}),
        json!({"exp": now() - 120}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": tomorrow.to_string()}),
        json!({"exp": 1e300}),
        json!({"exp": [tomorrow]}),
        json!({"exp": true}),
        json!({"nbf": tomorrow}),
        json!({"nbf": "yesterday"}),
        json!({"iat": tomorrow}),
        json!({"iat": "yesterday"}),
        json!({"iat": -5}),
        json!({"iss": null}),
        json!({"iss": "https://id.example.com"}),
        json!({"iss": "https://id.example.com/.evil.example"}),
        json!({"iss": ["https://id.example.com/", "https://evil.example/"]}),
        json!({"aud": null}),
        json!({"aud": "daybook2"}),
        json!({"aud": []}),
        json!({"aud": [["daybook"]]}),
        json!({"aud": {"daybook": true}}),
        json!({"org_id": null}),
        json!({"org_id": null, "tenant_id": "acme", "custom:org_id": "acme"}),
        json!({"org_id": ""}),
        json!({"org_id": 7}),
        json!({"org_id": ["acme"]}),
        json!({"org_id": {"id": "acme"}}),
        json!({"org_id": "acme\n"}),
        json!({"org_id": "acme\u{0}"}),
        json!({"org_id": "\u{1}unattributed"}),
        json!({"org_id": "x".repeat(600)}),
    ] {
        let answer = get(&router, DOOR, &token(&claims_with(&changes))).await;
        assert!(!is_let_in(answer.status), "{changes}");
    }
}

async fn assert_none_is_let_in(tokens: impl IntoIterator<Item = String>) {
    let router = test_router();
    for token in tokens {
        let answer = get(&router, DOOR, &token).await;
        assert!(!is_let_in(answer.status), "{token}");
    }
}

#[tokio::test]
async fn neither_algorithm_nor_key_is_the_senders_choice() {
    let rsa = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap();
    let ec = EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap();
    let p384 = EncodingKey::from_ec_pem(include_bytes!("keys/p384.pem")).unwrap();
    let stranger = EncodingKey::from_ed_pem(include_bytes!("keys/stranger.pem")).unwrap();
    let public_pem = EncodingKey::from_secret(RSA_PUBLIC_PEM);
    let jwks = EncodingKey::from_secret(JWKS);
    let empty = EncodingKey::from_secret(b"");
    let good = claims().to_string();
    let cases = [
        ("HS256", Some("rsa"), Algorithm::HS256, &public_pem),
        ("HS256", Some("ed"), Algorithm::HS256, &public_pem),
        ("HS256", None, Algorithm::HS256, &jwks),
        ("HS256", Some("rsa"), Algorithm::HS256, &empty),
        ("HS512", Some("rsa"), Algorithm::HS512, &public_pem),
        ("RS256", Some("rsa"), Algorithm::HS256, &public_pem),
        ("RS384", Some("rsa"), Algorithm::RS384, &rsa),
        ("RS512", Some("rsa"), Algorithm::RS512, &rsa),
        ("PS256", Some("rsa"), Algorithm::PS256, &rsa),
        ("ES384", Some("ec"), Algorithm::ES384, &p384),
        ("ES256", Some("ec"), Algorithm::ES384, &p384),
        ("ES256", Some("rsa"), Algorithm::ES256, &ec),
        ("EdDSA", Some("ec"), Algorithm::ES256, &ec),
        ("EdDSA", Some("ed"), Algorithm::EdDSA, &stranger),
        ("EdDSA", Some("stranger"), Algorithm::EdDSA, &stranger),
        ("EdDSA", None, Algorithm::EdDSA, &stranger),
    ];
    assert_none_is_let_in(cases.map(|(stated, key_id, algorithm, key)| {
        let header = json!({"alg": stated, "kid": key_id, "typ": "JWT"});
        forged(&header.to_string(), &good, algorithm, key)
    }))
    .await;
}

#[tokio::test]
async fn a_header_that_brings_a_key_or_says_two_things_is_refused() {
    let long_key_id = json!({"alg": "EdDSA", "kid": "ed".repeat(1000)}).to_string();
    let headers = [
        r#"{"alg":"EdDSA","kid":"ed","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}"#,
        r#"{"alg":"EdDSA","kid":"ed","jwk":null}"#,
        r#"{"alg":"EdDSA","kid":"ed","jku":"https://evil.example/jwks.json"}"#,
        r#"{"alg":"EdDSA","kid":"ed","x5u":"https://evil.example/cert.pem"}"#,
        r#"{"alg":"EdDSA","kid":"ed","x5c":["MIIB"]}"#,
        r#"{"alg":"EdDSA","kid":"ed","crit":["exp"]}"#,
        r#"{"alg":"EdDSA","kid":"ed","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"EdDSA","kid":"ed","zip":"DEF"}"#,
        r#"{"alg":"EdDSA","kid":"ed","enc":"A256GCM"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":null}"#,
        r#"{"alg":"EdDSA","kid":7}"#,
        r#"{"alg":"EdDSA","kid":"../../dev/null"}"#,
        r#"{"alg":"EdDSA","kid":"ed' OR '1'='1"}"#,
        &long_key_id,
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed","typ":"logout+jwt"}"#,
        r#"{"alg":"EdDSA","kid":"ed","typ":7}"#,
        r#"{"alg":["EdDSA"],"kid":"ed"}"#,
        "[]",
        "7",
        "",
        &"[".repeat(5000),
    ];
    let good = claims().to_string();
    assert_none_is_let_in(headers.map(|header| forged(header, &good, Algorithm::EdDSA, &ed_key())))
        .await;
}

#[tokio::test]
async fn claims_that_say_two_things_or_are_none_are_refused() {
    let good = claims().to_string();
    let claims = [
        good.replacen('{', r#"{"org_id":"other","#, 1),
        good.replacen('{', r#"{"\u006frg_id":"other","#, 1),
        good.replacen('{', r#"{"exp":1,"#, 1),
        "[]".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        String::new(),
        "[".repeat(5000),
        good[..good.len() - 1].to_owned(),
    ];
    assert_none_is_let_in(
        claims.map(|claims| forged(ED_HEADER, &claims, Algorithm::EdDSA, &ed_key())),
    )
    .await;
}

#[tokio::test]
async fn unsigned_and_malformed_tokens_are_refused() {
    let mut tokens = Vec::new();
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "HS256", "eddsa", "EdDSA ",
    ] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": algorithm, "kid": "ed"}).to_string());
        let claims = URL_SAFE_NO_PAD.encode(claims().to_string());
        tokens.push(format!("{header}.{claims}."));
        tokens.push(format!("{header}.{claims}"));
    }
    let genuine = good_token();
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    tokens.extend([
        message.to_owned(),
        format!("{message}."),
        format!("{genuine}."),
        format!("{genuine}.{signature}"),
        format!("{genuine}="),
        format!("{genuine} {genuine}"),
        format!("{message}.{}", &signature[..signature.len() - 4]),
        format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 3])),
        genuine.to_uppercase(),
        "x".repeat(10_000),
        "x".repeat(100_000),
    ]);
    tokens.extend(["", "x", ".", "..", "...", "a.b.c", "é.ü.ö"].map(str::to_owned));
    assert_none_is_let_in(tokens).await;
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
async fn all_faults_look_the_same() {
    let router = test_router();
    let expired = token(&claims_with(&json!({"exp": 5})));
    let tenantless = token(&claims_with(&json!({"org_id": null})));
    let mut documents = Vec::new();
    for token in ["", "garbage", &expired, &tenantless] {
        let answer = get(&router, DOOR, token).await;
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"daybook\""
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let mut document = answer.json();
        assert_eq!(document["request_id"], answer.header("x-request-id"));
        document["request_id"] = Value::Null;
        documents.push(document);
    }
    let without = send(&router, Request::get(DOOR).body(Body::empty()).unwrap()).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
    assert!(documents.iter().all(|document| *document == documents[0]));
}

#[tokio::test]
async fn a_token_counts_in_the_authorization_header_only_and_only_once() {
    let router = test_router();
    let token = good_token();
    let bearer = format!("Bearer {token}");
    let request = || Request::get(DOOR);
    for request in [
        Request::get(format!("{DOOR}?token={token}&access_token={token}")),
        request().header("x-authorization", &bearer),
        request().header(
            header::COOKIE,
            format!("token={token}; daybook.token={token}"),
        ),
        request().header(header::AUTHORIZATION, &token),
        request().header(header::AUTHORIZATION, format!("Basic {token}")),
        request().header(header::AUTHORIZATION, format!("Bearer{token}")),
        request()
            .header(header::AUTHORIZATION, &bearer)
            .header(header::AUTHORIZATION, &bearer),
        request()
            .header(header::AUTHORIZATION, "Bearer x")
            .header(header::AUTHORIZATION, &bearer),
    ] {
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        assert!(!is_let_in(answer.status));
    }
    let lower = request().header(header::AUTHORIZATION, format!("bearer  {token}"));
    assert!(is_let_in(
        send(&router, lower.body(Body::empty()).unwrap())
            .await
            .status
    ));
}

#[tokio::test]
async fn each_permission_opens_its_own_door() {
    let router = test_router();
    for (permissions, view, export) in [
        (json!(["audit_log:view"]), true, false),
        (json!(["audit_log:export"]), false, true),
        (json!("audit_log:view audit_log:export"), true, true),
        (json!(["audit_log:erase", "admin", "*"]), false, false),
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
