//! Texts that are no token, and headers that are no bearer's.

use super::{Attack, ED, attack, raw, stranger};
use crate::support::{forged, good_token};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::HeaderValue;
use jsonwebtoken::Algorithm;

pub(super) fn forms() -> Vec<Attack> {
    let good = good_token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, claims) = message.split_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut attacks = Vec::new();
    for (name, token) in [
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("one part", head.to_owned()),
        ("two parts", message.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("five parts (JWE)", format!("{good}.{claims}.{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{head}..{signature}")),
        ("no signature", format!("{message}.")),
        ("a dot behind", format!("{good}.")),
        ("a dot in front", format!(".{good}")),
        ("padding", format!("{good}==")),
        ("padding inside", format!("{head}=.{claims}=.{signature}=")),
        (
            "padded base64url",
            format!("{message}.{}", URL_SAFE.encode(&bytes)),
        ),
        (
            "standard base64",
            format!("{message}.{}", STANDARD.encode(&bytes)),
        ),
        (
            "loose last bits",
            format!("{message}.{}B", &signature[..signature.len() - 1]),
        ),
        ("percent-encoded", good.replace('.', "%2E")),
        ("upper case", good.to_uppercase()),
        (
            "a line break inside",
            format!("{head}.{claims}.\t{signature}"),
        ),
        ("a space inside", format!("{head}. {claims}.{signature}")),
        ("two tokens", format!("{good} {good}")),
        ("two tokens, comma", format!("{good},{good}")),
        ("quoted", format!("\"{good}\"")),
        ("a word behind", format!("{good} realm=\"daybook\"")),
        ("10 KB", "x".repeat(10_000)),
        ("100 KB", "x".repeat(100_000)),
        ("100 KB behind", format!("{good}{}", "A".repeat(100_000))),
        ("10,000 dots", ".".repeat(10_000)),
        (
            "another's token",
            forged(
                ED,
                &crate::support::claims().to_string(),
                Algorithm::EdDSA,
                &stranger(),
            ),
        ),
        (
            "header of another",
            format!(
                "{}.{claims}.{signature}",
                URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"ed"}"#)
            ),
        ),
    ] {
        attacks.push(attack(name, &token));
    }
    let standard = STANDARD_NO_PAD.encode(&bytes);
    if standard != signature {
        attacks.push(attack(
            "standard alphabet",
            &format!("{message}.{standard}"),
        ));
    }
    attacks
}

/// What stands before the token, or beside it.
pub(super) fn authorization_headers() -> Vec<Attack> {
    let good = good_token();
    let mut attacks = Vec::from([
        raw("no scheme", &good),
        raw("Basic", format!("Basic {good}")),
        raw("DPoP", format!("DPoP {good}")),
        raw("no space", format!("Bearer{good}")),
        raw("a tab for the space", format!("Bearer\t{good}")),
        raw("a space in front", format!(" Bearer {good}")),
        raw("a no-break space", format!("Bearer\u{a0}{good}")),
        raw("a tab behind", format!("Bearer {good}\t")),
        raw("a scheme twice", format!("Bearer Bearer {good}")),
        raw("a scheme alone", "Bearer"),
        raw("nothing", ""),
        raw(
            "not UTF-8",
            [b"Bearer ".as_slice(), &[0xff, 0xfe], good.as_bytes()].concat(),
        ),
    ]);
    let header = HeaderValue::try_from(format!("Bearer {good}")).unwrap();
    for (name, authorization) in [
        ("the header twice", vec![header.clone(), header.clone()]),
        (
            "a bad header, then a good one",
            vec![HeaderValue::from_static("Bearer x"), header.clone()],
        ),
        (
            "a good header, then a bad one",
            vec![header, HeaderValue::from_static("Basic x")],
        ),
        ("no header", Vec::new()),
    ] {
        attacks.push(Attack {
            name: name.to_owned(),
            authorization,
        });
    }
    attacks
}
