//! What each shape takes, and what it leaves. Every key here is made up.

use super::*;

/// Example keys are put together here, so that no scanner takes this file for a leak.
fn key(prefix: &str, body: &str, length: usize) -> String {
    let body: String = body.chars().cycle().take(length).collect();
    format!("{prefix}{body}")
}

#[test]
fn shapes_of_secrets_are_removed_from_a_text() {
    let (hex, mixed, upper) = ("0123456789abcdef", "aB3dE5gH7jK9mN1p", "ABCDEFGH2345");
    for secret in [
        key("AKIA", upper, 16),
        key("ASIA", upper, 16),
        key("ghp_", mixed, 36),
        key("gho_", mixed, 36),
        key("github_pat_", mixed, 82),
        key("glpat-", mixed, 20),
        key("xoxb-", "123456789012-", 40),
        key("sk_live_", mixed, 24),
        key("rk_test_", mixed, 24),
        key("whsec_", mixed, 32),
        key("AIza", mixed, 35),
        key("ya29.", mixed, 60),
        key("GOCSPX-", mixed, 28),
        key("sk-proj-", mixed, 48),
        key("sk-ant-", mixed, 90),
        key("SK", hex, 32),
        format!("SG.{}.{}", key("", mixed, 22), key("", mixed, 43)),
        key("key-", hex, 32),
        format!("{}-us12", key("", hex, 32)),
        key("npm_", mixed, 36),
        key("dop_v1_", hex, 64),
        key("hf_", mixed, 34),
        key("shpat_", hex, 32),
        key("ATATT3", mixed, 180),
        key("lin_api_", mixed, 40),
        key("dapi", hex, 32),
        key("hvs.", mixed, 90),
        format!("12345678:AA{}", key("", mixed, 33)),
        format!(
            "eyJ{}.eyJ{}.{}",
            key("", mixed, 20),
            key("", mixed, 60),
            key("", mixed, 43)
        ),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----".to_owned(),
        "-----BEGIN PRIVATE KEY-----\nMIIEcut off".to_owned(),
        "4111 1111 1111 1111".to_owned(),
        "4242424242424242".to_owned(),
        "5555-5555-5555-4444".to_owned(),
        "378282246310005".to_owned(),
        "3530111333300000".to_owned(),
        "30569309025904".to_owned(),
        "DE89 3704 0044 0532 0130 00".to_owned(),
        "GB29NWBK60161331926819".to_owned(),
        "FR1420041010050500013M02606".to_owned(),
    ] {
        for text in [
            secret.clone(),
            format!("it says {secret}, see"),
            format!("({secret})"),
        ] {
            let redacted = redact_shapes(&text);
            assert!(
                redacted.contains(REDACTED) && !redacted.contains(&secret),
                "{text} → {redacted}"
            );
        }
    }
}

#[test]
fn only_the_secret_of_a_text_is_removed() {
    for (text, expected) in [
        (
            "Authorization: Bearer abc123def456ghi",
            "Authorization: Bearer [redacted]",
        ),
        ("Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"),
        (
            "postgres://app:s3cret@db.internal/x",
            "postgres://app:[redacted]@db.internal/x",
        ),
        (
            "redis://:s3cret@cache:6379",
            "redis://:[redacted]@cache:6379",
        ),
        (
            "/reset?token=abc&lang=de",
            "/reset?token=[redacted]&lang=de",
        ),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=0a1b2c",
            "https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=[redacted]",
        ),
        (
            "https://a.blob.core.windows.net/c?sv=2022&sig=a%2Fb%3D",
            "https://a.blob.core.windows.net/c?sv=2022&sig=[redacted]",
        ),
        ("password=hunter22 for bob", "password=[redacted] for bob"),
        ("DB_PASSWORD: hunter22", "DB_PASSWORD: [redacted]"),
        (
            r#"{"client_secret":"hunter22""#,
            r#"{"client_secret":"[redacted]""#,
        ),
        (
            "AccountKey=abc123==;EndpointSuffix=x",
            "AccountKey=[redacted];EndpointSuffix=x",
        ),
        (
            "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX",
            "https://hooks.slack.com/services/[redacted]",
        ),
    ] {
        assert_eq!(redact_shapes(text), expected, "{text}");
    }
}

#[test]
fn ordinary_texts_stay_as_they_are() {
    for text in [
        "550e8400-e29b-41d4-a716-446655440000",
        "2026-11-22T07:21:14.123Z",
        "1763796074123",
        "1763796074",
        "4111111111111112",
        "9876543210987654",
        "175928847299117063",
        "jane@example.com",
        "https://example.com/v1/orders/42?page=2&sort=-created_at&next_token=abc",
        "arn:aws:iam::123456789012:role/audit",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "507f1f77bcf86cd799439011",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "Basic information about the account",
        "Bearer authentication is used",
        "Token management",
        "the password was changed by Jane",
        "password_changed_at: 2026-01-01",
        "+49 221 1234567890",
        "DE89 3704 0044 0532 0130 01",
        "sk-learn",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "192.168.17.4",
        "ORDER-2026-000123",
        "contact:email",
        "workflow Onboarding",
        "token_type: bearer",
        "max_tokens=4096",
        "18.4.2026 10:15",
    ] {
        assert_eq!(redact_shapes(text), text);
    }
}

#[test]
fn every_pattern_compiles() {
    assert_eq!(COMPILED.len(), SHAPES.len());
    for shape in SHAPES {
        assert!(Regex::new(shape.pattern).is_ok(), "{}", shape.name);
    }
}

#[test]
fn a_long_text_that_looks_like_secrets_everywhere_is_read_in_reasonable_time() {
    // Each of these made a pattern read the rest of the text once for each of its words. In a
    // debug build a linear reading takes a second or two, a quadratic one hours.
    for word in [
        "x:",
        "?a=",
        "&n=1?",
        "sk-",
        "bearer x ",
        "eyJ",
        "a://b:",
        "4243 ",
        "DE12 ",
    ] {
        let text = word.repeat((1 << 18) / word.len());
        assert!(
            matches!(redact_shapes(&text), std::borrow::Cow::Borrowed(_)),
            "{word}"
        );
    }
}
