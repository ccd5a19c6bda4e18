//! Which texts are credentials by their shape, whatever they are called.

/// A text that a machine drew has at least so many letters and digits without anything between them.
/// A UUID has fewer, and so have words joined by hyphens: both name things.
const DRAWN_LENGTH_MIN: usize = 16;

/// Whether a text is a credential by its shape: a JWT, a private key, or the value of an
/// `Authorization` header.
pub(super) fn looks_like_a_credential(text: &str) -> bool {
    let text = text.trim();
    is_jwt(text)
        || is_authorization(text)
        || (text.starts_with("-----BEGIN ") && text.contains("PRIVATE KEY-----"))
}

/// Three base64url parts, the first of which starts a JSON object (RFC 7519, section 3).
pub(super) fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ")
        && text.bytes().filter(|byte| *byte == b'.').count() >= 2
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'='))
}

fn is_authorization(text: &str) -> bool {
    let Some((scheme, credentials)) = text.split_once(' ') else {
        return false;
    };
    let by_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic");
    // A sentence may begin with "Basic"; a credential has no blank and is not a short word.
    by_token && credentials.len() >= 8 && !credentials.contains(char::is_whitespace)
}

/// Whether a machine drew the text, or a part of it: a long run of letters and digits.
pub(super) fn looks_drawn(text: &str) -> bool {
    let runs = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
    runs.into_iter().any(|run| {
        run.len() >= DRAWN_LENGTH_MIN
            && run.iter().any(u8::is_ascii_digit)
            && run.iter().any(u8::is_ascii_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_known() {
        for text in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "Bearer abcdefgh123",
            "basic dXNlcjpwYXNz",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        ] {
            assert!(looks_like_a_credential(text), "{text}");
        }
        for text in [
            "eyJ",
            "Bearer of bad news",
            "Basic",
            "-----BEGIN CERTIFICATE-----",
            "basic plan",
            "",
        ] {
            assert!(!looks_like_a_credential(text), "{text}");
        }
    }

    #[test]
    fn what_a_machine_drew_is_known() {
        for (text, is_drawn) in [
            ("9f86d081884c7d659a2feaa0c55ad015", true),
            ("s:Zx81kQ0pWm3vT7uYb2Nc.sig", true),
            ("YTNlNGI1YzYtZDdlOC00ZjkwLTg3NjUtYWJjZGVm", true),
            ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", false),
            ("training-2026-11-26", false),
            ("1234567890123456789", false),
            ("internationalisation", false),
            ("s-42", false),
            ("", false),
        ] {
            assert_eq!(looks_drawn(text), is_drawn, "{text}");
        }
    }
}
