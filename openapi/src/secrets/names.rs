//! Names of secrets: a property, parameter or header whose name says that its value is one.
//!
//! The end of a name decides: `access_token` is a secret, `token_id`, `token_type` and
//! `password_changed_at` are not.

use crate::words;

/// Names that end so are secrets, however they are written (`apiKey`, `x-api-key`, `APIKEY`).
#[rustfmt::skip] // a list of words, not of lines
const SECRET_ENDINGS: &[&str] = &[
    "password", "passwd", "passwort", "kennwort", "motdepasse", "contrasena", "contraseña",
    "senha", "wachtwoord", "passphrase", "passcode", "secret", "token", "jwt", "credential",
    "cookie", "apikey", "accesskey", "secretkey", "secretaccesskey", "privatekey", "signingkey",
    "encryptionkey", "decryptionkey", "authkey", "masterkey", "sessionkey", "accountkey",
    "storagekey", "sharedkey", "hmackey", "licensekey", "recoverykey", "recoverycode",
    "backupcode", "verificationcode", "securitycode", "confirmationcode", "authcode",
    "authorizationcode", "otpcode", "mfacode", "totpcode", "smscode", "pincode", "onetimecode",
    "passwordhash", "hashedpassword", "passworddigest", "passwordsalt", "tokenhash", "seedphrase",
    "mnemonic", "connectionstring", "clientassertion", "samlresponse", "samlassertion",
    "codeverifier", "cardnumber", "cardcvc", "cardcvv", "websocketkey", "kubeconfig",
];

/// Whole words at the end of a name that are secrets; as letters inside another word they are not
/// (`spinning`, `opinion`).
#[rustfmt::skip] // a list of words, not of lines
const SECRET_WORDS: &[&str] = &[
    "pwd", "pw", "otp", "totp", "pin", "cvv", "cvc", "csc", "cvv2", "cvc2", "jwt", "pan", "iban",
    "authorization",
];

/// Names that are secrets as a whole.
const SECRET_NAMES: &[&str] = &[
    "pass",
    "auth",
    "bearer",
    "authorization",
    "proxyauthorization",
];

/// Words in front of `token` that make it a place in a list.
#[rustfmt::skip] // a list of words, not of lines
const PAGE_WORDS: &[&str] = &[
    "next", "page", "continuation", "pagination", "sync", "previous", "prev", "start", "paging",
    "cursor", "resume",
];

/// Words in front of a plural that make it a number: `max_tokens`.
#[rustfmt::skip] // a list of words, not of lines
const COUNT_WORDS: &[&str] = &[
    "max", "min", "total", "num", "prompt", "completion", "input", "output", "cached",
    "reasoning", "count", "used", "of", "stop", "n",
];

/// Endings whose values are secrets as numbers too.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_AS_NUMBER: &[&str] = &[
    "password", "pin", "pincode", "passcode", "otp", "totp", "cvv", "cvc", "csc", "cvv2", "cvc2",
    "pan", "cardnumber",
];

/// Whether the name says that its value is a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let mut found = words::split(name);
    if found.len() > 12 {
        found.drain(..found.len() - 12);
    }
    let Some(last) = found.last().cloned() else {
        return false;
    };
    let head = words::singular(&last);
    let front = found.get(found.len().wrapping_sub(2)).map(String::as_str);
    if head == "token" {
        let is_count = last == "tokens" && front.is_some_and(|front| COUNT_WORDS.contains(&front));
        if is_count || found.iter().any(|word| PAGE_WORDS.contains(&word.as_str())) {
            return false;
        }
    }
    if let Some(last) = found.last_mut() {
        last.clone_from(&head);
    }
    let joined = found.concat();
    let is_page = ["pagetoken", "nexttoken", "synctoken"]
        .iter()
        .any(|end| joined.ends_with(end));
    !is_page
        && (SECRET_NAMES.contains(&joined.as_str())
            || SECRET_WORDS.contains(&head.as_str())
            || SECRET_ENDINGS.iter().any(|ending| joined.ends_with(ending)))
}

/// Whether a number under this name is a secret too.
pub(crate) fn is_secret_as_number(name: &str) -> bool {
    let joined = words::split(name).concat();
    is_secret_name(name)
        && SECRET_AS_NUMBER
            .iter()
            .any(|ending| joined.ends_with(ending))
}

/// Whether a property beside or below a secret only describes it: `id`, `type`, `expires_at`.
pub(crate) fn describes_a_secret(name: &str) -> bool {
    #[rustfmt::skip] // a list of words, not of lines
const DESCRIBING: &[&str] = &[
    "id", "uuid", "type", "kind", "name", "label", "description", "at", "on", "date", "time",
    "expiry", "expires", "expiration", "in", "status", "state", "scope", "permission", "role",
    "algorithm", "alg", "version", "count", "enabled", "active", "url", "ttl", "prefix", "length",
    "policy", "by", "provider", "issuer", "title",
];
    words::split(name)
        .last()
        .is_some_and(|last| DESCRIBING.contains(&words::singular(last).as_str()))
}

/// Query parameters that sign a URL or carry a login through it.
pub(crate) fn is_secret_query_name(name: &str) -> bool {
    is_secret_name(name)
        || matches!(
            name.to_ascii_lowercase().as_str(),
            "auth"
                | "x-auth"
                | "sig"
                | "signature"
                | "x-amz-signature"
                | "x-amz-credential"
                | "x-goog-signature"
                | "x-goog-credential"
                | "x-oss-signature"
                | "x-cos-signature"
                | "hmac"
                | "googleaccessid"
                | "awsaccesskeyid"
                | "policy-signature"
                | "hdnts"
                | "saml_response"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_its_value_is_a_secret() {
        for name in [
            "password",
            "newPassword",
            "user_password",
            "passwd",
            "db_pwd",
            "passphrase",
            "secret",
            "client_secret",
            "clientSecret",
            "secrets",
            "token",
            "access_token",
            "refreshToken",
            "idToken",
            "X-Auth-Token",
            "apiKey",
            "api_key",
            "APIKEY",
            "x-api-key",
            "aws_secret_access_key",
            "privateKey",
            "private-key",
            "signing_key",
            "credentials",
            "Cookie",
            "Set-Cookie",
            "Authorization",
            "otp",
            "pin",
            "cvv",
            "cardCvc",
            "card_number",
            "jwt",
            "recoveryCodes",
            "backup_codes",
            "verificationCode",
            "password_hash",
            "connectionString",
            "authtoken",
            "accesstoken",
            "authorizationToken",
            "seed_phrase",
            "iban",
            "mot_de_passe",
            "pass",
            "sessionToken",
            "csrf_token",
            "SAMLResponse",
            "totp",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_only_speaks_of_secrets_is_none() {
        for name in [
            "token_id",
            "tokenId",
            "token_type",
            "tokenName",
            "password_changed_at",
            "passwordPolicy",
            "secret_name",
            "secretArn",
            "key",
            "key_id",
            "apiKeyId",
            "public_key",
            "primaryKey",
            "idempotency_key",
            "next_token",
            "nextPageToken",
            "page_token",
            "continuationToken",
            "syncToken",
            "max_tokens",
            "total_tokens",
            "promptTokens",
            "id",
            "uuid",
            "email",
            "name",
            "description",
            "author",
            "authorized",
            "authorizations_at",
            "pinned",
            "opinion",
            "spin",
            "shipping",
            "passenger",
            "passport_country",
            "compass",
            "secretary",
            "tokenized",
            "cookie_policy",
            "code",
            "zip_code",
            "country_code",
            "status_code",
            "session_id",
            "cardholder",
            "card_brand",
            "expires_in",
            "slug",
            "signature_required",
            "company",
            "span",
            "japan",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
