//! Names: tables of those that say secret and of those that only look so.

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
        "smtp_pass",
        "db_pass",
        "userPass",
        "SMTPPass",
        "smtppass",
        "dbpassv2",
        "pass1",
        "guest_pass",
        "userpwd",
        "apiKeyV2",
        "apiKeyProd",
        "api_key_2",
        "apikeyprod",
        "APIKEYV2",
        "api_key_rotation_note",
        "privateKeyBase64",
        "private_keys",
        "tlsKeyPem",
        "X-Auth",
        "smtp_auth",
        "connect.sid",
        "ASP.NET_SessionId",
        "_csrf",
        "2fa_code",
        "one-time_passcode",
        "one_time_code",
        "oneTimeCode",
        "onetimecode",
        "otpCode",
        "totpcode",
        "verifyCode",
        "emailcode",
        "twofactorcode",
        "secretaccesskey",
        "sharedAccessKey",
        "privKey",
        "idtokenhint",
        "passwordhash",
        "next_session_token",
        "user[password]",
        "awsCreds",
    ] {
        assert!(says_secret(name), "{name}");
    }
}

#[test]
fn no_word_is_passed_over() {
    let with = |words: &[&str], end: &str| -> Vec<String> {
        words.iter().map(|word| format!("{word}_{end}")).collect()
    };
    let phrases = SECRET_PHRASES.iter().map(|phrase| phrase.join("_"));
    let phrases = phrases
        .chain(with(SECRET_KEYS, "key"))
        .chain(with(SECRET_CODES, "code"));
    let phrases = phrases.flat_map(|phrase| [phrase.replace('_', ""), phrase]);
    let words = [SECRET_WORDS, SECRET_WHOLE_WORDS, SECRET_LAST_WORDS].concat();
    let words = words.into_iter().chain(SESSION_COOKIES.iter().copied());
    for name in words.map(str::to_owned).chain(phrases) {
        assert!(says_secret(&name), "{name}");
        assert!(says_secret(&name.to_uppercase()), "{name}");
    }
}

/// Which secret it is, and how it is written, makes it no other thing.
#[test]
fn what_stands_behind_a_secret_does_not_hide_it() {
    for secret in [
        "password",
        "db_pass",
        "apiKey",
        "private-key",
        "loginPin",
        "X-Auth",
    ] {
        for variant in [
            "V2",
            "_2",
            "2",
            "Prod",
            "_staging",
            "Base64",
            ".new",
            "_v2_prod",
            "-plain-text",
        ] {
            let name = format!("{secret}{variant}");
            assert!(says_secret(&name), "{name}");
        }
        for description in ["Id", "_count", "-type", "UpdatedAt", "_id_v2"] {
            let name = format!("{secret}{description}");
            assert!(!says_secret(&name), "{name}");
        }
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
        "accessKeyId",
        "one_time_fee",
        "timecode",
        "postcode",
        "commitHash",
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
        "passenger",
        "passengers",
        "bypass",
        "pass_count",
        "passRate",
        "boarding_pass",
        "skiPass",
        "seasonpass",
        "low_pass",
        "next_page_token",
        "max_tokens",
        "total_tokens",
        "sessionId",
        "session_id",
        "session",
        "sid",
        "sessions",
        "keyboard",
        "primary_key",
        "publishableKey",
        "pinX",
        "codec",
        "barcode",
        "passcode_length",
        "token_lifetime_minutes",
        "zip_code",
        "discount_code",
        "v2",
        "value",
    ] {
        assert!(!says_secret(name), "{name}");
    }
}

#[test]
fn signatures_count_in_queries_only() {
    assert!(query_name_says_secret("X-Amz-Signature"));
    assert!(query_name_says_secret("sig"));
    assert!(!header_says_secret("signature"));
    assert!(!says_secret("signature"));
}

/// A session that is a training or a checkout has an id, too.
#[test]
fn a_sessions_id_counts_in_headers_and_queries() {
    for name in [
        "session_id",
        "sessionId",
        "X-Session-Id",
        "mcp-session-id",
        "sessionid",
        "session_id_v2",
    ] {
        assert!(
            header_says_secret(name) && query_name_says_secret(name),
            "{name}"
        );
        assert!(!says_secret(name), "{name}");
    }
    assert!(query_name_says_secret("sid") && !header_says_secret("sid"));
    assert!(header_says_secret("X-Session"));
    for name in [
        "session",
        "possession_id",
        "session_id_count",
        "sessions",
        "assessment_id",
    ] {
        assert!(!header_says_secret(name), "{name}");
    }
}
