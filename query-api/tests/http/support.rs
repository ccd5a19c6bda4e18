//! A router as the tests see it: requests in, answers out, tokens of every kind.

use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_query_api::{Api, KeySet, TokenRules, TokenVerifier, router};
use daybook_store::{Credentials, Endpoint, Eraser, ErasureKey, READER_USER, Reader, Writer};
use http::{HeaderMap, Request, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const JWKS: &[u8] = include_bytes!("keys/jwks.json");
pub(crate) const RSA_PUBLIC_PEM: &[u8] = include_bytes!("keys/rsa.pub.pem");
pub(crate) const ISSUER: &str = "https://id.example.com/";
pub(crate) const AUDIENCE: &str = "daybook";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// A reader of a ClickHouse that is not there: port 9 ("discard") answers nobody.
pub(crate) fn reader_of_nothing() -> Reader {
    reader_at("http://127.0.0.1:9")
}

pub(crate) fn reader_at(url: &str) -> Reader {
    let credentials = Credentials {
        user: READER_USER.to_owned(),
        password: "p".to_owned(),
    };
    Reader::new(&Endpoint::new(url), &credentials).unwrap()
}

/// An eraser of a ClickHouse that is not there.
pub(crate) fn eraser_of_nothing() -> Eraser {
    eraser_at("http://127.0.0.1:9")
}

pub(crate) fn eraser_at(url: &str) -> Eraser {
    let endpoint = Endpoint::new(url);
    let credentials = Credentials {
        user: "e".to_owned(),
        password: "e".to_owned(),
    };
    let key = ErasureKey::new("0123456789abcdef0123456789abcdef").unwrap();
    let writer = Writer::new(&endpoint, &credentials).unwrap();
    Eraser::new(&endpoint, &credentials, key, writer).unwrap()
}

pub(crate) fn rules() -> TokenRules {
    TokenRules {
        issuers: vec![ISSUER.to_owned()],
        audiences: vec![AUDIENCE.to_owned()],
        ..TokenRules::default()
    }
}

/// Trusts the keys of the folder `keys`.
pub(crate) fn verifier() -> TokenVerifier {
    TokenVerifier::with_keys(KeySet::from_jwks(JWKS).unwrap(), rules())
}

/// A router that trusts them, without a store.
pub(crate) fn test_router() -> Router {
    let mut api = Api::new(reader_of_nothing(), verifier(), [7; 32]);
    api.eraser = Some(eraser_of_nothing());
    router(api)
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }
}

pub(crate) async fn get(router: &Router, address: &str, token: &str) -> Answer {
    let request = Request::get(address)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

pub(crate) async fn post(
    router: &Router,
    address: &str,
    token: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = Request::post(address)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap();
    send(router, request).await
}

/// What a token of a good person says.
pub(crate) fn claims() -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "org_id": "acme",
        "iat": now, "nbf": now, "exp": now + 600,
        "permissions": ["audit_log:view", "audit_log:export"]
    })
}

/// The claims with some changed; null takes one out.
pub(crate) fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub(crate) fn ed_key() -> EncodingKey {
    EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")).unwrap()
}

pub(crate) fn good_token() -> String {
    token(&claims())
}

/// A token with these claims, signed as it should be.
pub(crate) fn token(claims: &Value) -> String {
    forged(
        r#"{"alg":"EdDSA","typ":"JWT","kid":"ed"}"#,
        &claims.to_string(),
        Algorithm::EdDSA,
        &ed_key(),
    )
}

/// A token with any header and claims, signed with any key.
pub(crate) fn forged(
    header: &str,
    claims: &str,
    algorithm: Algorithm,
    key: &EncodingKey,
) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}
