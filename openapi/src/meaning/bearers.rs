//! Things whose key is all that one needs to use them: sessions, invitations, one-time codes.

use crate::secrets::is_secret_name;
use crate::words;

/// Whether whoever knows the key of such a thing may use it, so that no text of its own is an id.
pub(super) fn is_bearer(noun: &str) -> bool {
    is_secret_name(noun)
        || noun
            .split(' ')
            .any(|word| is_bearer_word(&words::singular(word)))
}

/// Whether a property of such a thing is what is used: the `code` of an invitation, and not its `number`.
pub(super) fn is_used_by(noun: &str, property: &str) -> bool {
    let is_key = words::split(property).last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "code" | "key" | "link" | "url" | "hash" | "pin" | "otp" | "nonce" | "secret" | "token"
        )
    });
    is_key && (is_bearer(noun) || is_secret_name(&format!("{noun} {property}")))
}

fn is_bearer_word(word: &str) -> bool {
    matches!(
        word,
        "session"
            | "login"
            | "signin"
            | "signup"
            | "ticket"
            | "otp"
            | "code"
            | "key"
            | "apikey"
            | "token"
            | "link"
            | "invitation"
            | "invite"
            | "verification"
            | "confirmation"
            | "activation"
            | "recovery"
            | "reset"
            | "forgot"
            | "refresh"
            | "challenge"
            | "captcha"
            | "grant"
            | "authorization"
            | "authentication"
            | "auth"
            | "assertion"
            | "signature"
            | "impersonation"
            | "pairing"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_session_is_no_id_and_that_of_a_training_is_one() {
        for noun in [
            "session",
            "password reset",
            "login code",
            "otp",
            "magic link",
            "api key",
        ] {
            assert!(is_bearer(noun), "{noun}");
            assert!(is_used_by(noun, "code"), "{noun}");
            assert!(!is_used_by(noun, "number"), "{noun}");
        }
        for noun in ["training", "order", "workflow"] {
            assert!(!is_bearer(noun), "{noun}");
            assert!(!is_used_by(noun, "code"), "{noun}");
        }
    }
}
