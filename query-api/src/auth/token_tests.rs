//! Work done for tokens: as much for every fault behind a form that is right.

use std::cell::Cell;

use http::Request;
use jsonwebtoken::EncodingKey;
use serde_json::json;

use super::*;

thread_local! {
    /// How many signatures were verified on this thread.
    pub(super) static VERIFICATIONS: Cell<u32> = const { Cell::new(0) };
}

fn token(header: &Value, claims: &Value, key: &EncodingKey) -> String {
    let message = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

#[tokio::test]
async fn every_refused_token_of_the_right_form_costs_one_verification() {
    let keys = KeySet::from_jwks(include_bytes!("../../tests/http/keys/jwks.json")).unwrap();
    let rules = TokenRules {
        issuers: vec!["us".to_owned()],
        audiences: vec!["daybook".to_owned()],
        ..TokenRules::default()
    };
    let verifier = TokenVerifier::with_keys(keys, rules);
    let own =
        EncodingKey::from_ed_pem(include_bytes!("../../tests/http/keys/ed25519.pem")).unwrap();
    let stranger =
        EncodingKey::from_ed_pem(include_bytes!("../../tests/http/keys/stranger.pem")).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    let exp = jsonwebtoken::get_current_timestamp() + 60;
    let claims = json!({"iss": "us", "aud": "daybook", "org_id": "acme", "exp": exp});
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        token(&header, &changed, &own)
    };
    let under = |other: Value, key: &EncodingKey| token(&other, &claims, key);

    for (name, token, is_let_in) in [
        ("good", under(header.clone(), &own), true),
        ("forged", under(header.clone(), &stranger), false),
        (
            "unknown key",
            under(json!({"alg": "EdDSA", "kid": "x"}), &own),
            false,
        ),
        (
            "unknown key, forged",
            under(json!({"alg": "EdDSA", "kid": "x"}), &stranger),
            false,
        ),
        ("no key id", under(json!({"alg": "EdDSA"}), &own), false),
        (
            "another kind's key",
            under(json!({"alg": "EdDSA", "kid": "rsa"}), &own),
            false,
        ),
        (
            "another algorithm",
            under(json!({"alg": "RS256", "kid": "ed"}), &own),
            false,
        ),
        ("expired", with("exp", json!(5)), false),
        ("not yet valid", with("nbf", json!(exp + 600)), false),
        ("another issuer", with("iss", json!("them")), false),
        ("another audience", with("aud", json!("them")), false),
        ("no tenant", with("org_id", Value::Null), false),
        (
            "reserved tenant",
            with("org_id", json!("\u{1}unattributed")),
            false,
        ),
    ] {
        let request = Request::get("/")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let before = VERIFICATIONS.with(Cell::get);
        let identified = verifier.identify(&request.into_parts().0).await;
        assert_eq!(identified.is_ok(), is_let_in, "{name}");
        assert_eq!(VERIFICATIONS.with(Cell::get) - before, 1, "{name}");
    }
}

#[tokio::test]
async fn of_two_keys_under_one_id_either_lets_in() {
    let document: Value =
        serde_json::from_slice(include_bytes!("../../tests/http/keys/jwks.json")).unwrap();
    let mut own = document["keys"].as_array().unwrap().iter();
    let own = own.find(|key| key["kid"] == "ed").unwrap();
    // RFC 8037, A.2
    let other = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let key =
        EncodingKey::from_ed_pem(include_bytes!("../../tests/http/keys/ed25519.pem")).unwrap();
    let stranger =
        EncodingKey::from_ed_pem(include_bytes!("../../tests/http/keys/stranger.pem")).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    let exp = jsonwebtoken::get_current_timestamp() + 60;
    let claims = json!({"org_id": "acme", "exp": exp});
    let expired = json!({"org_id": "acme", "exp": 5});
    for (keys, key, claims, is_let_in, cost) in [
        ([own, &other], &key, &claims, true, 1),
        ([&other, own], &key, &claims, true, 2),
        ([own, &other], &stranger, &claims, false, 2),
        ([own, &other], &key, &expired, false, 1),
    ] {
        let document = json!({ "keys": keys }).to_string();
        let keys = KeySet::from_jwks(document.as_bytes()).unwrap();
        let verifier = TokenVerifier::with_keys(keys, TokenRules::default());
        let request = Request::get("/")
            .header(
                AUTHORIZATION,
                format!("Bearer {}", token(&header, claims, key)),
            )
            .body(())
            .unwrap();
        let before = VERIFICATIONS.with(Cell::get);
        let identified = verifier.identify(&request.into_parts().0).await;
        assert_eq!(identified.is_ok(), is_let_in, "{document}");
        assert_eq!(VERIFICATIONS.with(Cell::get) - before, cost, "{document}");
    }
}
