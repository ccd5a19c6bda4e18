//! Tokens without a signature, with a public key as a secret, and of algorithms and keys that do not
//! belong together.

use super::{Attack, attack, ec, message, rsa, stranger};
use crate::support::{JWKS, RSA_PUBLIC_PEM, claims, ed_key, forged};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

pub(super) fn unsigned() -> Vec<Attack> {
    let algorithms = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " none",
        "none\0",
        "\u{200b}none",
    ];
    let mut attacks = Vec::new();
    for algorithm in algorithms {
        let message = message(&json!({"alg": algorithm, "kid": "ed"}));
        attacks.push(attack(
            format!("alg {algorithm:?}, no signature"),
            &format!("{message}."),
        ));
        attacks.push(attack(format!("alg {algorithm:?}, two parts"), &message));
        attacks.push(attack(
            format!("alg {algorithm:?}, any signature"),
            &format!("{message}.AAAA"),
        ));
    }
    attacks.push(attack(
        "no alg",
        &format!("{}.AAAA", message(&json!({"kid": "ed"}))),
    ));
    attacks.push(attack(
        "alg null",
        &format!("{}.", message(&json!({"alg": null}))),
    ));
    attacks.push(attack(
        "alg is a list",
        &format!("{}.", message(&json!({"alg": ["EdDSA"]}))),
    ));
    attacks
}

/// RS256 confused with HS256: what is public becomes the secret.
pub(super) fn public_key_as_secret() -> Vec<Attack> {
    let jwks: Value = serde_json::from_slice(JWKS).unwrap();
    let text = String::from_utf8(RSA_PUBLIC_PEM.to_vec()).unwrap();
    let der = text
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<String>();
    let secrets = [
        ("PEM", RSA_PUBLIC_PEM.to_vec()),
        (
            "PEM without its last newline",
            text.trim_end().as_bytes().to_vec(),
        ),
        ("DER", STANDARD.decode(der).unwrap()),
        ("the JWK", jwks["keys"][0].to_string().into_bytes()),
        ("the JWKS", JWKS.to_vec()),
        (
            "the modulus",
            URL_SAFE_NO_PAD
                .decode(jwks["keys"][0]["n"].as_str().unwrap())
                .unwrap(),
        ),
        (
            "the Ed25519 point",
            URL_SAFE_NO_PAD
                .decode(jwks["keys"][2]["x"].as_str().unwrap())
                .unwrap(),
        ),
        ("nothing", Vec::new()),
    ];
    let algorithms = [
        ("HS256", Algorithm::HS256),
        ("HS384", Algorithm::HS384),
        ("HS512", Algorithm::HS512),
        // The header says what is expected, the signature is a MAC all the same.
        ("RS256", Algorithm::HS256),
        ("EdDSA", Algorithm::HS512),
    ];
    let mut attacks = Vec::new();
    for (stated, algorithm) in algorithms {
        for (what, secret) in &secrets {
            let header = json!({"alg": stated, "kid": "rsa"}).to_string();
            let key = EncodingKey::from_secret(secret);
            let token = forged(&header, &claims().to_string(), algorithm, &key);
            attacks.push(attack(format!("{stated} with {what} as secret"), &token));
        }
    }
    attacks
}

pub(super) fn other_algorithms_and_keys() -> Vec<Attack> {
    let p384 = EncodingKey::from_ec_pem(include_bytes!("../keys/p384.pem")).unwrap();
    let (rsa, ec, stranger) = (rsa(), ec(), stranger());
    [
        ("RS384", Some("rsa"), Algorithm::RS384, &rsa),
        ("RS512", Some("rsa"), Algorithm::RS512, &rsa),
        ("PS256", Some("rsa"), Algorithm::PS256, &rsa),
        ("RS256", Some("rsa"), Algorithm::PS256, &rsa),
        ("rs256", Some("rsa"), Algorithm::RS256, &rsa),
        ("RS256", Some("ec"), Algorithm::RS256, &rsa),
        ("RS256", Some("ec"), Algorithm::ES256, &ec),
        ("ES256", Some("rsa"), Algorithm::ES256, &ec),
        ("ES256", Some("ec"), Algorithm::ES384, &p384),
        ("ES384", Some("ec"), Algorithm::ES384, &p384),
        ("ES512", Some("ec"), Algorithm::ES256, &ec),
        ("ES256K", Some("ec"), Algorithm::ES256, &ec),
        ("Ed25519", Some("ed"), Algorithm::EdDSA, &ed_key()),
        ("Ed448", Some("ed"), Algorithm::EdDSA, &ed_key()),
        ("EdDSA", Some("ec"), Algorithm::EdDSA, &ed_key()),
        ("EdDSA", Some("ed"), Algorithm::EdDSA, &stranger),
        ("EdDSA", Some("stranger"), Algorithm::EdDSA, &stranger),
        ("EdDSA", None, Algorithm::EdDSA, &stranger),
        ("EdDSA", None, Algorithm::EdDSA, &ed_key()),
    ]
    .into_iter()
    .map(|(stated, key_id, algorithm, key)| {
        let mut header = json!({"alg": stated});
        if let Some(key_id) = key_id {
            header["kid"] = json!(key_id);
        }
        let token = forged(&header.to_string(), &claims().to_string(), algorithm, key);
        attack(
            format!("{stated} of key {key_id:?}, signed as {algorithm:?}"),
            &token,
        )
    })
    .collect()
}
