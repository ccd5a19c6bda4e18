//! Claims of another time, issuer, audience or tenant, and claims that are none.

use super::{Attack, ED, attack};
use crate::support::{ISSUER, claims, claims_with, ed_key, forged, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;

pub(super) fn times_and_names() -> Vec<Attack> {
    let now = jsonwebtoken::get_current_timestamp();
    let tomorrow = now + 86_400;
    let mut attacks = Vec::new();
    for changes in [
        json!({"exp": now - 120}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": tomorrow.to_string()}),
        json!({"exp": 1e300}),
        json!({"exp": [tomorrow]}),
        json!({"exp": null}),
        json!({"nbf": tomorrow}),
        json!({"nbf": "now"}),
        json!({"iat": tomorrow}),
        json!({"iat": -5}),
        json!({"iat": 1e300}),
        json!({"iat": "now"}),
        json!({"iss": null}),
        json!({"iss": "https://id.example.com"}),
        json!({"iss": "https://id.example.com/\u{0}"}),
        json!({"iss": "https://id.example.com/.evil.example"}),
        json!({"iss": [ISSUER]}),
        json!({"iss": [ISSUER, "https://evil.example/"]}),
        json!({"aud": null}),
        json!({"aud": ""}),
        json!({"aud": "Daybook"}),
        json!({"aud": "daybook2"}),
        json!({"aud": []}),
        json!({"aud": ["daybook2", "other"]}),
        json!({"aud": [["daybook"]]}),
        json!({"aud": {"daybook": true}}),
        json!({"org_id": null}),
        json!({"org_id": null, "tenant_id": "acme", "custom:org_id": "acme", "orgId": "acme"}),
        json!({"org_id": ""}),
        json!({"org_id": 7}),
        json!({"org_id": true}),
        json!({"org_id": ["acme"]}),
        json!({"org_id": {"id": "acme"}}),
        json!({"org_id": "acme\n"}),
        json!({"org_id": "acme\u{0}"}),
        json!({"org_id": "acme\u{85}"}),
        json!({"org_id": "\u{1}unattributed"}),
        json!({"org_id": "x".repeat(600)}),
    ] {
        let name: String = changes.to_string().chars().take(60).collect();
        attacks.push(attack(
            format!("claims {name}"),
            &token(&claims_with(&changes)),
        ));
    }
    let good = claims().to_string();
    let with_first = |member: &str| good.replacen('{', &format!("{{{member},"), 1);
    for (name, claims) in [
        ("org_id twice", with_first(r#""org_id":"other""#)),
        (
            "org_id twice, escaped",
            with_first(r#""\u006frg_id":"other""#),
        ),
        ("exp twice", with_first(r#""exp":1"#)),
        (
            "aud null",
            with_first(r#""x":1"#).replace(r#""daybook""#, "null"),
        ),
        ("a list", "[]".to_owned()),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        (
            "too deep",
            with_first(&format!(r#""x":{}{}"#, "[".repeat(500), "]".repeat(500))),
        ),
        ("cut", good[..good.len() - 1].to_owned()),
        ("more behind", format!("{good}{good}")),
        ("NaN", with_first(r#""x":NaN"#)),
    ] {
        let token = forged(ED, &claims, Algorithm::EdDSA, &ed_key());
        attacks.push(attack(format!("claims text: {name}"), &token));
    }
    let not_utf8 = signed_message(&[ED.as_bytes(), b"{\"org_id\":\"\xff\xfe\"}"]);
    attacks.push(attack("claims that are not UTF-8", &not_utf8));
    let not_utf8 = signed_message(&[b"{\"alg\":\"EdDSA\",\"kid\":\"\xff\"}", good.as_bytes()]);
    attacks.push(attack("a header that is not UTF-8", &not_utf8));
    attacks
}

fn signed_message(parts: &[&[u8]]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .collect();
    let message = parts.join(".");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &ed_key(), Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}
