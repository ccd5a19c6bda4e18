//! What stays readable around a removed secret, and that long texts cost no more than their length.

use super::*;

fn redacted(text: &str) -> Cow<'_, str> {
    redact_shapes(text, Numbers::Any)
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
        assert_eq!(redacted(text), expected, "{text}");
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
        "4243",
        "42 4-3 ",
        "card 424344454 ",
        "DE12 ",
    ] {
        let text = word.repeat((1 << 18) / word.len());
        assert!(
            matches!(redacted(&text), std::borrow::Cow::Borrowed(_)),
            "{word}"
        );
    }
}
