//! Names of secrets, and names that only sound like one's.

use daybook_openapi::secrets::{Place, REDACTED, Redactor};
use serde_json::{Map, Value, json};

/// What is left of a body with these members.
fn left(names: &[&str], value: &Value) -> Map<String, Value> {
    let members: Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), value.clone()))
        .collect();
    let mut body = Value::Object(members);
    Redactor::new(None).json(Place::Request, &mut body, &mut Vec::new());
    body.as_object().expect("it stays an object").clone()
}

#[track_caller]
fn check(secret: &[&str], other: &[&str]) {
    for (name, value) in left(secret, &json!("hunter2")) {
        assert_eq!(value, REDACTED, "{name}");
    }
    for (name, value) in left(other, &json!("hunter2")) {
        assert_eq!(value, "hunter2", "{name}");
    }
}

#[test]
fn only_a_key_a_token_or_a_credential_may_be_public() {
    check(
        &[
            "publicSharePassword",
            "public_wifi_password",
            "publicClientSecret",
            "publishable_secret",
            "public_passphrase",
            "wifiHasPassword",
            "whatIsPassword",
        ],
        &[
            "publicApiKey",
            "publishableToken",
            "publishable_api_key",
            "public_access_token",
            "publicAccessKey",
            "publicCredential",
            "hasPassword",
            "is_secret",
            "isToken",
        ],
    );
}

#[test]
fn a_password_that_is_written_twice_is_one_both_times() {
    check(
        &[
            "passwordVerification",
            "password_verification",
            "password_conf",
            "passwordConf2",
            "passwordCheck",
            "new_password_check",
            "passwordMatch",
            "passwortWiederholung",
            "passwort_bestaetigung",
            "senhaConfirmacao",
        ],
        &[
            "tokenCheck",
            "token_verification",
            "secretMatch",
            "apiKeyConf",
            "pinVerification",
            "verification",
            "passwordCheckedBy",
            "passwordMatchRate",
        ],
    );
    for flag in [json!(true), json!(false), json!(null), json!(0), json!(1)] {
        for (name, value) in left(&["passwordCheck", "password_match"], &flag) {
            assert_eq!(value, flag, "{name}");
        }
    }
    for text in [
        "passwordCheck=true passwordMatch=false",
        "Password check: passed",
    ] {
        assert_eq!(Redactor::new(None).text(text), text);
    }
}

#[test]
fn a_token_of_a_login_is_no_place_in_a_list() {
    check(
        &[
            "previousRefreshToken",
            "previous_access_token",
            "syncApiToken",
            "startSessionToken",
            "page_access_token",
            "next_id_token",
            "prevOAuthToken",
            "resumeBotToken",
        ],
        &[
            "nextToken",
            "next_page_token",
            "previousPageToken",
            "syncToken",
            "startToken",
            "resume_token",
            "session_page_token",
            "userSyncToken",
        ],
    );
}
