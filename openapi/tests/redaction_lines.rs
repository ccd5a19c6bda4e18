//! Names whose values stand below them, or are not there: the next line may be a value or another setting.

use daybook_openapi::redaction::Redactor;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(Redactor::new(None).text(text), *expected, "{text}");
    }
}

#[test]
fn the_next_setting_is_no_value_of_a_password_without_one() {
    for text in [
        "password:\n  OAuth2ClientId: web",
        "password:\nS3Bucket: uploads",
        "spring.datasource.password:\nspring.security.oauth2.clientId: web",
        "spring.password=\nserver.http2Port=8443",
        "secrets:\n  Prod2Db:\n    external: true",
        "How to change your password:\nStep1: Open Settings",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn what_stands_where_a_value_would_stays() {
    for text in [
        "login({user: jane, password: null})",
        r#"{\n  \"password\": null,\n  \"user\": \"jane\"}"#,
        r#"{\n  \"password\": null\n}"#,
        "password: string,required",
        "password: string,maxlength",
        "login(password: string,required)",
        "password:\nDbHost: localhost",
        "password=\ndbHost=localhost",
        r"DB_PASSWORD=\nDB_HOST=localhost\n",
        r"DB_PASSWORD=\r\nDB_HOST=localhost\r\n",
        "Username:     Password:     Email: jane@example.com",
        "DB_PASSWORD=\r\nDB_HOST=localhost",
        "DB_PASSWORD=\nDB_HOST=\n",
        "DB_PASSWORD=\nDB_HOST2=\n",
        "password:\nuser: jane",
        r"DB_PASSWORD=\nDB_HOST2=localhost\n",
        "spring.datasource.password=\nspring.security.oauth2.clientId=web",
        "DB_PASSWORD=\nS3Bucket=uploads",
        "spring.password=\nserver.http2=true",
        "spring.password=\nspring.oauth2ClientId=web",
        "password:\nGröße: 12",
        "DB_PASSWORD=\nOAuth2ClientId=web",
        r"DB_PASSWORD=\\r\\nDB_HOST=localhost\\r\\n",
        "DB_PASSWORD=\ns3bucket1=\"uploads\"",
        "Cookie: [FILTERED]",
        "Cookie: {secure: true}",
        "Set-Cookie: {HttpOnly: true, SameSite: Strict}",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn a_value_below_its_name_goes() {
    check(&[
        (
            r"{password: Hunter2x9,\n user: jane}",
            r"{password: [redacted],\n user: jane}",
        ),
        ("password: the,Dog77", "password: [redacted]"),
        ("Password: open,Sesame!", "Password: [redacted]"),
        (
            "New encryption key:\nZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=",
            "New encryption key:\n[redacted]",
        ),
        (
            "Temporary password:\nAb3=xK9pQ",
            "Temporary password:\n[redacted]",
        ),
        (
            r"New encryption key:\nZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg=",
            "New encryption key:[redacted]",
        ),
        (
            r"Temporary password:\nAb3=xK9pQ",
            "Temporary password:[redacted]",
        ),
        (
            r"OTP secret:\nMFRGGZDFMZTWQ2LKNNWG23TPOA======",
            "OTP secret:[redacted]",
        ),
        (
            r#"got "OTP secret:\r\nMFRGGZDFMZTWQ2LKNNWG23TPOA======""#,
            r#"got "OTP secret:[redacted]""#,
        ),
        (
            "New encryption key:\nZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv_Oasmnb=",
            "New encryption key:\n[redacted]",
        ),
        ("Password: Hunter2x9:", "Password: [redacted]"),
        (
            "OTP secret:\nMFRGGZDFMZTWQ2LKNNWG23TPOA======",
            "OTP secret:\n[redacted]",
        ),
        ("password:\nhunter2x9q==", "password:\n[redacted]"),
        (
            "Temporary password:\nWelcome2Spring: change it at first login",
            "Temporary password:\n[redacted] change it at first login",
        ),
        (
            "Password:\nblue.Horse7: valid for one hour",
            "Password:\n[redacted] valid for one hour",
        ),
        ("Password:\nblue.Horse7=valid", "Password:\n[redacted]"),
        (
            "WiFi passwords:\nPassword1: Hunter2x9",
            "WiFi passwords:\nPassword1: [redacted]",
        ),
        (
            "credentials:\n  OAuth2ClientSecret: Hunter2x9",
            "credentials:\n  OAuth2ClientSecret: [redacted]",
        ),
        ("Password:\nHunter2x9:foo", "Password:\n[redacted]"),
        (
            "Wifi passphrase: correct-horse-battery-staple: valid until Friday",
            "Wifi passphrase: [redacted] valid until Friday",
        ),
        ("DB_TOKEN=\n  aB3dE5fG7hJ9kL1m==", "DB_TOKEN=\n  [redacted]"),
        ("Cookie: {sid: k3j9x7q2m5, path: /}", "Cookie:[redacted]"),
        (
            "Set-Cookie: [k3j9x7q2m5k3j9x7q2m5]",
            "Set-Cookie:[redacted]",
        ),
    ]);
}
