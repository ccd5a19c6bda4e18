//! Tokens that an attacker would try, by name: each gets 401, and the very same answer.

mod algorithms;
mod claims;
mod forms;
mod headers;
mod signatures;

use std::iter::once;

use crate::support::{
    Answer, JWKS, claims, forged, good_token, reader_of_nothing, rules, send, test_router,
};
use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_query_api::{Api, KeySet, TokenVerifier, router};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use http::{HeaderValue, Request, header};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// Behind it stands no store: whoever is let in learns that this is no id (400).
const DOOR: &str = "/v1/logs/not-an-id";

const ED: &str = r#"{"alg":"EdDSA","typ":"JWT","kid":"ed"}"#;

/// What is tried, and the `Authorization` headers that try it.
struct Attack {
    name: String,
    authorization: Vec<HeaderValue>,
}

fn attack(name: impl Into<String>, token: &str) -> Attack {
    raw(name, format!("Bearer {token}"))
}

fn raw(name: impl Into<String>, authorization: impl AsRef<[u8]>) -> Attack {
    Attack {
        name: name.into(),
        authorization: vec![HeaderValue::from_bytes(authorization.as_ref()).unwrap()],
    }
}

/// Header and claims with a signature of the attacker's own making.
fn signed_by(header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = message(header);
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn message(header: &Value) -> String {
    [header, &claims()]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".")
}

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa.pem")).unwrap()
}

fn ec() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("../keys/p256.pem")).unwrap()
}

fn stranger() -> EncodingKey {
    EncodingKey::from_ed_pem(include_bytes!("../keys/stranger.pem")).unwrap()
}

async fn knock(router: &Router, attack: &Attack) -> Answer {
    let mut request = Request::get(DOOR);
    for value in &attack.authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

/// All of an answer but its request id.
fn shape(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut document = answer.json();
    document["request_id"] = Value::Null;
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, document)
}

#[tokio::test]
async fn every_attack_gets_the_same_401() {
    let router = test_router();
    let good = knock(&router, &attack("good", &good_token())).await;
    assert_eq!(
        good.status, 400,
        "the good token must be let in, or nothing is shown"
    );
    let expected = shape(&knock(&router, &attack("garbage", "garbage")).await);
    assert_eq!(expected.0, 401);

    let groups = [
        algorithms::unsigned(),
        algorithms::public_key_as_secret(),
        algorithms::other_algorithms_and_keys(),
        headers::key_ids(),
        headers::header_members(),
        claims::times_and_names(),
        signatures::signatures(),
        forms::forms(),
        forms::authorization_headers(),
    ];
    let mut count = 0;
    for attack in groups.iter().flatten() {
        let answer = knock(&router, attack).await;
        assert_eq!(shape(&answer), expected, "{}", attack.name);
        count += 1;
    }
    assert!(count >= 200, "only {count} attacks");
}

fn public_half(pem: &str) -> [u8; 32] {
    SigningKey::from_pkcs8_pem(pem)
        .unwrap()
        .verifying_key()
        .to_bytes()
}

/// A key set may hold keys that must not verify anything; whoever has such a key is nobody here.
#[tokio::test]
async fn keys_that_are_not_for_this_verify_nothing() {
    let x = URL_SAFE_NO_PAD.encode(public_half(include_str!("../keys/stranger.pem")));
    let of_stranger = |name: &str, value: Value| {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "odd"});
        key[name] = value;
        (
            format!("{name} {}", key[name]),
            key,
            "EdDSA",
            Algorithm::EdDSA,
            stranger(),
        )
    };
    let jwks: Value = serde_json::from_slice(JWKS).unwrap();
    let modulus = |hexadecimal: &str| {
        let bytes: Vec<u8> = (0..hexadecimal.len())
            .step_by(2)
            .map(|place| u8::from_str_radix(&hexadecimal[place..place + 2], 16).unwrap())
            .collect();
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let rsa1024 = EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa1024.pem")).unwrap();
    let small_rsa = json!({
        "kty": "RSA", "kid": "odd", "e": "AQAB", "n": modulus(include_str!("../keys/rsa1024.modulus").trim()),
    });
    let mut for_encryption = jwks["keys"][0].clone();
    for_encryption["kid"] = json!("odd");
    for_encryption["use"] = json!("enc");
    let mut of_another_algorithm = jwks["keys"][0].clone();
    of_another_algorithm["kid"] = json!("odd");
    of_another_algorithm["alg"] = json!("RS512");
    for (name, key, stated, algorithm, signer) in [
        of_stranger("use", json!("enc")),
        of_stranger("use", json!(["sig"])),
        of_stranger("key_ops", json!(["sign"])),
        of_stranger("key_ops", json!([])),
        of_stranger("key_ops", json!("verify")),
        of_stranger("alg", json!("ES256")),
        of_stranger("alg", json!("HS256")),
        of_stranger("d", json!("AAAA")),
        of_stranger("crv", json!("Ed448")),
        of_stranger("kty", json!("oct")),
        (
            "RSA of 1024 bits".to_owned(),
            small_rsa,
            "RS256",
            Algorithm::RS256,
            rsa1024,
        ),
        (
            "RSA for encryption".to_owned(),
            for_encryption,
            "RS256",
            Algorithm::RS256,
            rsa(),
        ),
        (
            "RSA for RS512".to_owned(),
            of_another_algorithm,
            "RS256",
            Algorithm::RS256,
            rsa(),
        ),
    ] {
        let header = json!({"alg": stated, "kid": "odd"}).to_string();
        let token = forged(&header, &claims().to_string(), algorithm, &signer);
        assert_eq!(
            knock(&router_of(&jwks, key), &attack("", &token))
                .await
                .status,
            401,
            "{name}"
        );
    }
    // With these, whoever knows the public half can sign.
    let mut exponent_one = jwks["keys"][0].clone();
    exponent_one["kid"] = json!("odd");
    exponent_one["e"] = json!("AQ");
    let token = signed_by(&json!({"alg": "RS256", "kid": "odd"}), signatures::padded);
    let answer = knock(&router_of(&jwks, exponent_one), &attack("", &token)).await;
    assert_eq!(answer.status, 401, "RSA with an exponent of 1");

    let identity: Vec<u8> = once(1).chain([0; 31]).collect();
    let weak = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "odd", "x": URL_SAFE_NO_PAD.encode(&identity)
    });
    let token = signed_by(&json!({"alg": "EdDSA", "kid": "odd"}), |_| {
        [identity.as_slice(), &[0; 32]].concat()
    });
    let answer = knock(&router_of(&jwks, weak), &attack("", &token)).await;
    assert_eq!(answer.status, 401, "Ed25519 of order 1");
}

/// A router that trusts the keys of the folder `keys`, and is given one more.
fn router_of(jwks: &Value, key: Value) -> Router {
    let mut jwks = jwks.clone();
    jwks["keys"].as_array_mut().unwrap().push(key);
    let keys = KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap();
    let verifier = TokenVerifier::with_keys(keys, rules());
    router(Api::new(reader_of_nothing(), verifier, [7; 32]))
}
