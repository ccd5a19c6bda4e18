//! Names of secrets, and names that only sound like one's.

use daybook_openapi::redaction::{Place, REDACTED, Redactor};
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

#[test]
fn the_names_that_providers_give_their_secrets_are_known() {
    check(
        &[
            "transactionKey",
            "verification_value",
            "cardCvx",
            "cvNumber",
            "cvd_value",
            "SecretBinary",
            "apiV3Key",
            "encodingAESKey",
            "creds",
            "proxyAuth",
            "userpwd",
            "adminpass",
            "dbpwd",
            "adminpwd",
        ],
        &[
            "transactionKeyId",
            "recvNumber",
            "rcv_number",
            "sacred",
            "verification",
            "receiverNumber",
        ],
    );
    for (value, is_secret) in [("123", true), ("1234", true), ("C20000", false)] {
        let value = json!(value);
        let expected = if is_secret {
            json!(REDACTED)
        } else {
            value.clone()
        };
        assert_eq!(left(&["cardCode"], &value)["cardCode"], expected);
    }
    for name in [
        "U_CardCode",
        "customerCardCode",
        "timeCardCode",
        "creditorCardCode",
        "debitorCardCode",
        "keyAccountCardCode",
        "BusinessPartnerCardCode",
        "customer_card_codes",
        "vendorcardcode",
        "oldCardCode",
        "sapB1CardCode",
        "businessCardCode",
    ] {
        assert_eq!(left(&[name], &json!("C20000"))[name], "C20000");
    }
    for name in ["rateCardCode", "scorecardCode", "discardCode"] {
        assert_eq!(left(&[name], &json!("RC-2026"))[name], "RC-2026");
    }
    for name in [
        "cvNumber",
        "giftCardCode",
        "prepaidCardCode",
        "rechargeCardCode",
        "accessCardCode",
        "topUpCardCode",
        "phoneCardCode",
        "storedValueCardCode",
        "roomKeyCardCode",
        "debitCardCode",
        "steamCardCode",
        "itunesCardCode",
        "cashCardCode",
        "callingCardCode",
        "gameCardCode",
        "refillCardCode",
        "corporateCardCode",
        "menuCardCode",
        "accountGiftCardCodes",
        "prepaidAccountCardCode",
    ] {
        assert_eq!(left(&[name], &json!("X7K2-9QPL"))[name], REDACTED);
    }
    assert_eq!(left(&["cvNumber"], &json!(123))["cvNumber"], REDACTED);
    assert_eq!(left(&["smtpAuth"], &json!("login"))["smtpAuth"], "login");
    assert_eq!(
        left(&["smtpAuth"], &json!("jane:Hunter2x9"))["smtpAuth"],
        REDACTED
    );
}

#[test]
fn a_key_that_somebody_chose_to_be_read_stays() {
    let names = [
        "roleKey",
        "storageKey",
        "productKey",
        "integrationKey",
        "applicationKey",
    ];
    for value in [
        "project-admin",
        "jira-software",
        "slack",
        "uploads/2026/report-of-january.pdf",
        "uploads/ReportOfJanuary2026",
        "uploads/a1B2c3D4e5F6g7/photo",
        "img/7Kq2mXz9LbR4tY/orig",
    ] {
        for (name, left) in left(&names, &json!(value)) {
            assert_eq!(left, value, "{name}");
        }
        let list = json!([value, value]);
        assert_eq!(left(&["applicationKeys"], &list)["applicationKeys"], list);
        let text = format!("productKey={value}");
        assert_eq!(Redactor::new(None).text(&text), text);
    }
    for value in [
        "k3j9x7q2m5k3j9x7q2m5",
        "ABCDE-12345-FGHIJ-67890",
        "K004zKzKpCJ7l4qMp/XYeuNvYcbDwTi",
        "1118-1234-5678-9012-3456-7890",
    ] {
        for (name, left) in left(&names, &json!(value)) {
            assert_eq!(left, REDACTED, "{name}");
        }
        let text = format!("productKey={value}");
        assert_eq!(Redactor::new(None).text(&text), "productKey=[redacted]");
    }
    assert_eq!(
        left(&["service_role_key"], &json!("hunter2"))["service_role_key"],
        REDACTED
    );
}

#[test]
fn a_query_parameter_is_a_secret_only_where_its_value_may_be_one() {
    for (pair, is_secret) in [
        ("key=uploads/2026/report.pdf", false),
        ("key=Uploads-2026-Report-Of-January", false),
        ("code=SUMMER-SALE-2026", false),
        ("ticket=4711", false),
        ("ticket=ABC-123", false),
        ("includeSignature=true", false),
        ("includeSignature=yes", false),
        ("time_signature=4/4", false),
        ("emailSignature=Jane", false),
        ("code=SummerSale2026Promo-spring", false),
        ("key=uploads/3kQ9zT7bYd2LmXa7/report.pdf", false),
        ("X-Amz-Signature=a", true),
        ("code=4/0AX4XfWh3kQ9zT7bYd2Lm-abcde-Q9x7", true),
        (
            "code=c7f6aa8b9e0d4c1f2a3b4c5d6e7f8a9b.0.nrqtx.XzQ1v-8Kd2_pLm9Rt4WqYb",
            true,
        ),
        ("code=summersalepromotion2026-spring", false),
        ("key=users/7Kq2mXz9LbR4tYw8NcV3pQs6Hd5F/avatar", false),
        ("key=thumbnail-5f8d0d55b54764421b7156c3", false),
        ("key=tenant_9f8e7d6c5b4a39281706f5e4d3c2b1a0", true),
        ("key=tenant/9f8e7d6c5b4a39281706f5e4d3c2b1a0", false),
        ("code=thumbnail-5f8d0d55b54764421b7156c3", true),
        ("ticket=7f8d1b5e-3c4a-4d2e-9b1f-0a2c4e6d8f10", true),
        ("X-Amz-Signature=0a1b2c3d4e5f", true),
        ("signature=0a1b2c", true),
        ("key=k3j9x7q2m5k3j9x7q2m5", true),
        ("code=4/0AX4XfWh3kQ9zT7bYd2Lm", true),
        ("code=aB3dE5fG7hJ9kL1m", true),
        ("ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7", true),
        ("urlSignature=k3j9x7q2m5", true),
    ] {
        let (name, value) = pair.split_once('=').expect("it is a pair");
        let mut query = [(name.to_owned(), value.to_owned())].into();
        Redactor::new(None).pairs(Place::Query, &mut query, &mut Vec::new());
        let expected = if is_secret { REDACTED } else { value };
        assert_eq!(query[name], expected, "{pair}");
    }
    let text = r"https://a.example.com/c?sv=2026\u0026sig=k3j9x7q2m5\u0026se=1";
    let expected = text.replace("k3j9x7q2m5", REDACTED);
    assert_eq!(Redactor::new(None).text(text), expected);
    for (text, expected) in [
        (
            r"user=jane&password=Hunter\2x9Secret",
            "user=jane&password=[redacted]",
        ),
        (
            r"user=jane&password=\Hunter2x9&b=1",
            "user=jane&password=[redacted]&b=1",
        ),
        (
            r#"sent {\"to\":\"/a?user=jane&password=Hunter2x9\"} 400"#,
            r#"sent {\"to\":\"/a?user=jane&password=[redacted]\"} 400"#,
        ),
        (
            r"user=jane&password=\\Hunter2x9",
            "user=jane&password=[redacted]",
        ),
        (
            r#"sent {"to":"/a?user=jane&password=Hunter\\2x9Secret"} 400"#,
            r#"sent {"to":"/a?user=jane&password=[redacted]"} 400"#,
        ),
        (
            r#"{\\\"to\\\":\\\"/a?user=jane&password=Hunter2x9\\\"} 400"#,
            r#"{\\\"to\\\":\\\"/a?user=jane&password=[redacted]\\\"} 400"#,
        ),
        (
            r"/a?password=Hunter2x9\\u0026user=jane",
            r"/a?password=[redacted]\\u0026user=jane",
        ),
        (
            r"/a?api_key=k3j9x7q2m5\nstatus=404\nuser=jane",
            r"/a?api_key=[redacted]\nstatus=404\nuser=jane",
        ),
        (
            r"GET /cb?code=a1b2c3d4e5f6a7b8c9d0\nhost=app.example.com",
            r"GET /cb?code=[redacted]\nhost=app.example.com",
        ),
        (
            r"GET /cb?code=a1b2c3d4e5f6a7b8c9d0\r\nHost: app.example.com",
            r"GET /cb?code=[redacted]\r\nHost: app.example.com",
        ),
        (
            r"/a?password=Hunter2x9\nights&b=1",
            r"/a?password=[redacted]&b=1",
        ),
        ("time_signature=4/4&a=1", "time_signature=4/4&a=1"),
        ("sent emailSignature=Jane", "sent emailSignature=Jane"),
        (
            "sent urlSignature=k3j9x7q2m5",
            "sent urlSignature=[redacted]",
        ),
    ] {
        assert_eq!(Redactor::new(None).text(text), expected);
    }
}
