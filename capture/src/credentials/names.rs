//! Which names say that their value is a credential.

/// Words that say so wherever they stand in a name, alone or at the end of a longer word
/// (`accesstoken`).
///
/// `jwt` is none of them: API Gateway keeps verified claims under that name, and a raw one is known
/// by its shape.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasena",
    "contraseña",
    "senha",
    "wachtwoord",
    "пароль",
    "密码",
    "パスワード",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "apikey",
    "apikeys",
    "privatekey",
    "secretkey",
    "signingkey",
    "authorization",
];

/// Words that say so only where they are a word of their own.
const SECRET_WHOLE_WORDS: &[&str] = &["pwd", "otp", "totp", "bearer", "cookie", "cookies"];

/// Words that say so at the end of a name: `x-api-key`, `client_private_key`, `keyValue`, `loginPin`.
const SECRET_ENDINGS: &[&[&str]] = &[
    &["api", "key"],
    &["api", "keys"],
    &["auth", "key"],
    &["private", "key"],
    &["secret", "key"],
    &["signing", "key"],
    &["encryption", "key"],
    &["decryption", "key"],
    &["functions", "key"],
    &["hmac", "key"],
    &["master", "key"],
    &["session", "key"],
    &["shared", "key"],
    &["subscription", "key"],
    &["write", "key"],
    &["key", "value"],
    &["pass", "word"],
    &["pass", "phrase"],
    &["pass", "code"],
    &["recovery", "phrase"],
    &["seed", "phrase"],
    &["mnemonic"],
    &["security", "answer"],
    &["connection", "string"],
    &["client", "assertion"],
    &["saml", "assertion"],
    &["saml", "response"],
    &["code", "verifier"],
    &["auth", "code"],
    &["authorization", "code"],
    &["backup", "code"],
    &["confirmation", "code"],
    &["device", "code"],
    &["login", "code"],
    &["mfa", "code"],
    &["recovery", "code"],
    &["reset", "code"],
    &["security", "code"],
    &["sms", "code"],
    &["verification", "code"],
    &["pin"],
    &["psk"],
    &["puk"],
    &["pw"],
    &["sessid"],
    &["jsessionid"],
    &["phpsessid"],
];

/// Names that say so when nothing stands beside them.
const SECRET_NAMES: &[&str] = &["auth", "pass"];

/// A name that ends so speaks about a secret, but is none: `token_id`, `password_changed_at`.
const DESCRIBING_ENDINGS: &[&str] = &[
    "age",
    "alg",
    "algorithm",
    "arn",
    "at",
    "changed",
    "config",
    "count",
    "created",
    "date",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "field",
    "format",
    "id",
    "ids",
    "in",
    "kind",
    "length",
    "limit",
    "location",
    "method",
    "mode",
    "name",
    "on",
    "policy",
    "position",
    "provider",
    "required",
    "scope",
    "scopes",
    "settings",
    "source",
    "status",
    "strength",
    "time",
    "ttl",
    "type",
    "types",
    "until",
    "updated",
    "uri",
    "url",
    "use",
    "valid",
    "version",
];

/// What signed links end their parameters' names with.
const SIGNATURES: &[&str] = &["signature", "sig", "hmac"];

/// Names that hold a position in a list, which is no credential.
const PAGE_NAMES: &[&str] = &[
    "nexttoken",
    "pagetoken",
    "nextpagetoken",
    "continuationtoken",
];

/// Whether `name`, in any spelling (`api_key`, `X-Api-Key`, `apiKey`), says that its value is a
/// credential.
pub(crate) fn says_secret(name: &str) -> bool {
    if !may_say_secret(name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else {
        return false;
    };
    if DESCRIBING_ENDINGS.contains(&last.as_str()) || PAGE_NAMES.contains(&words.concat().as_str())
    {
        return false;
    }
    words.iter().any(|word| is_secret_word(word))
        || matches!(words.as_slice(), [only] if SECRET_NAMES.contains(&only.as_str()))
        || SECRET_ENDINGS
            .iter()
            .any(|ending| ends_with(&words, ending))
}

/// Whether there is any reason to look at a name's words: nearly all names are done with here.
fn may_say_secret(name: &str) -> bool {
    let bytes = name.as_bytes();
    !name.is_ascii()
        || (0..bytes.len()).any(|at| {
            let rest = &bytes[at..];
            let begins_with = |fragments: &[&str]| {
                fragments.iter().any(|fragment| {
                    let length = fragment.len();
                    rest.len() >= length && rest[..length].eq_ignore_ascii_case(fragment.as_bytes())
                })
            };
            match rest[0].to_ascii_lowercase() {
                b'a' => begins_with(&["auth", "answer", "assertion"]),
                b'b' => begins_with(&["bearer"]),
                b'c' => begins_with(&["credential", "cookie", "code", "contrasena", "connection"]),
                b'k' => begins_with(&["key", "kennwort"]),
                b'm' => begins_with(&["motdepasse", "mnemonic"]),
                b'o' => begins_with(&["otp"]),
                b'p' => begins_with(&["pass", "pwd", "phrase", "pin", "psk", "puk", "pw"]),
                b's' => begins_with(&["secret", "sessid", "sessionid", "saml", "senha"]),
                b't' => begins_with(&["token", "totp"]),
                b'w' => begins_with(&["wachtwoord"]),
                _ => false,
            }
        })
}

/// As [`says_secret`], and for the signatures that signed links carry.
pub(crate) fn query_name_says_secret(name: &str) -> bool {
    says_secret(name)
        || words(name)
            .last()
            .is_some_and(|last| SIGNATURES.contains(&last.as_str()))
}

/// `mfaCode`, `mfa_code` and `mfacode` all end with `mfa`, `code`.
fn ends_with(words: &[String], ending: &[&str]) -> bool {
    let is_split = words.len() >= ending.len()
        && words[words.len() - ending.len()..]
            .iter()
            .zip(ending)
            .all(|(word, part)| word == part);
    let is_one_word = words.last().is_some_and(|last| {
        ending
            .iter()
            .rev()
            .try_fold(last.as_str(), |text, part| text.strip_suffix(part))
            == Some("")
    });
    is_split || is_one_word
}

fn is_secret_word(word: &str) -> bool {
    SECRET_WHOLE_WORDS.contains(&word) || SECRET_WORDS.iter().any(|secret| word.ends_with(secret))
}

/// `clientSecret2`, `client_secret` and `Client-Secret` are all `client`, `secret`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before_is_lower_case = false;
    for character in name.chars() {
        let starts_a_word = character.is_uppercase() && before_is_lower_case;
        if (starts_a_word || !character.is_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphabetic() {
            word.extend(character.to_lowercase());
        }
        before_is_lower_case = character.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a text is a credential by its shape: a JWT, a private key, or the value of an
/// `Authorization` header.
pub(crate) fn looks_like_a_credential(text: &str) -> bool {
    let text = text.trim();
    is_jwt(text)
        || is_authorization(text)
        || (text.starts_with("-----BEGIN ") && text.contains("PRIVATE KEY-----"))
}

/// Three base64url parts, the first of which starts a JSON object (RFC 7519, section 3).
fn is_jwt(text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_names_say_secret() {
        for name in [
            "password",
            "newPassword",
            "password2",
            "password_confirmation",
            "PASSWORD",
            "dbPasswd",
            "pass",
            "passPhrase",
            "clientSecret",
            "client_secret",
            "secrets",
            "api_key",
            "apiKey",
            "X-Api-Key",
            "x-amz-security-token",
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "accessToken",
            "access_token",
            "accesstoken",
            "id_token",
            "refreshToken",
            "token",
            "tokens",
            "privateKey",
            "keyValue",
            "credentials",
            "otp",
            "bearer",
            "customAttributes.apiKey",
            "Passwort",
            "x-amzn-oidc-accesstoken",
            "ConfirmationCode",
            "verification_code",
            "mfaCode",
            "auth",
            "x-functions-key",
            "client_assertion",
            "SAMLResponse",
            "code_verifier",
            "connectionString",
            "JSESSIONID",
            "PHPSESSID",
            "loginPin",
            "mnemonic",
            "contraseña",
            "senha",
            "パスワード",
        ] {
            assert!(says_secret(name), "{name}");
        }
    }

    #[test]
    fn no_word_is_passed_over() {
        let endings = SECRET_ENDINGS.iter().map(|ending| ending.concat());
        let words = [SECRET_WORDS, SECRET_WHOLE_WORDS, SECRET_NAMES].concat();
        for name in words.into_iter().map(str::to_owned).chain(endings) {
            assert!(says_secret(&name), "{name}");
            assert!(says_secret(&name.to_uppercase()), "{name}");
        }
    }

    #[test]
    fn these_names_say_no_secret() {
        for name in [
            "",
            "id",
            "key",
            "name",
            "token_id",
            "tokenUse",
            "token_use",
            "token_type",
            "tokenUrl",
            "apiKeyId",
            "api_key_name",
            "password_changed_at",
            "passwordPolicy",
            "credentialId",
            "secretary",
            "passage",
            "compass",
            "next_token",
            "pageToken",
            "authorizationType",
            "authorizer",
            "auth_time",
            "accessKey",
            "idempotency-key",
            "monkey",
            "cookiesEnabled",
            "jwt",
            "client_id",
            "cognito:groups",
            "tokenization",
            "bearing",
            "passwordless",
            "code",
            "postal_code",
            "status_code",
            "error_code",
            "authentication",
            "author",
            "connectionId",
            "pinned",
            "shipping",
            "security_answer_id",
            "clientCertPem",
        ] {
            assert!(!says_secret(name), "{name}");
        }
    }

    #[test]
    fn signatures_count_in_queries_only() {
        assert!(query_name_says_secret("X-Amz-Signature"));
        assert!(query_name_says_secret("sig"));
        assert!(!says_secret("signature"));
    }

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
}
