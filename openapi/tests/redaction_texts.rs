//! Names and their values in texts that are no JSON: where a name begins, and where its value ends.

use daybook_openapi::redaction::Redactor;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(Redactor::new(None).text(text), *expected, "{text}");
    }
}

#[test]
fn a_quoted_value_goes_as_a_whole_whatever_quotes_are_in_it() {
    check(&[
        (
            r#"failed: {"user":"jane","password":"pa\"ss12word"} 400"#,
            r#"failed: {"user":"jane","password":"[redacted]"} 400"#,
        ),
        (
            r#"failed: {"password":"\"pa\\\"ss12\\","user":"jane"}"#,
            r#"failed: {"password":"[redacted]","user":"jane"}"#,
        ),
        (
            r#"sent {\"password\":\"pa\\\"ss12\\\\\",\"user\":\"jane\"} to it"#,
            r#"sent {\"password\":\"[redacted]\",\"user\":\"jane\"} to it"#,
        ),
        (
            r#"sent {\\\"password\\\":\\\"pa\\\\\\\"ss12\\\",\\\"user\\\":\\\"jane\\\"} to it"#,
            r#"sent {\\\"password\\\":\\\"[redacted]\\\",\\\"user\\\":\\\"jane\\\"} to it"#,
        ),
        // What is quoted ends where the text around it does.
        (
            r#"cut "{\"password\":\"hunter2" 400 "GET /""#,
            r#"cut "{\"password\":\"[redacted]" 400 "GET /""#,
        ),
        (
            "SET password = 'pa''ss12', name = 'Jane'",
            "SET password = '[redacted]', name = 'Jane'",
        ),
        (
            r#"7,""password"":""hunter2"",""user"":""jane"""#,
            r#"7,""password"":""[redacted]"",""user"":""jane"""#,
        ),
        (
            "password: \"pa\\\"ss\nuser: \"jane\"",
            "password: \"[redacted]\nuser: \"jane\"",
        ),
        // Nothing is quoted here.
        (
            r#"failed: {"password":"", "user":"jane"}"#,
            r#"failed: {"password":"", "user":"jane"}"#,
        ),
        (
            "SET password = '', name = 'Jane'",
            "SET password = '', name = 'Jane'",
        ),
    ]);
}

#[test]
fn a_quoted_value_may_begin_like_a_list_and_a_cookie_may_be_quoted() {
    check(&[
        (
            r#"failed: {"password":"[pass12word","user":"jane"}"#,
            r#"failed: {"password":"[redacted]","user":"jane"}"#,
        ),
        (
            r#"got {"cookie":"sid=pass12word; theme=\"dark\"; b=1"} 400"#,
            r#"got {"cookie":"[redacted]"} 400"#,
        ),
        (
            r#"got {"set-cookie":["sid=pass12word; Secure"]} 400"#,
            r#"got {"set-cookie":[redacted]} 400"#,
        ),
        (
            r#"got {"cookie":"[redacted]","password":"[FILTERED]","tokens":"[12, 40]"} 400"#,
            r#"got {"cookie":"[redacted]","password":"[FILTERED]","tokens":"[12, 40]"} 400"#,
        ),
    ]);
}

#[test]
fn a_secret_goes_from_a_sentence_however_its_name_is_linked_with_it() {
    for text in [
        "my password is: Hunter2x9",
        "Das Passwort lautet: Hunter2x9",
        "Le mot de passe est : Hunter2x9",
        "La contraseña es: Hunter2x9",
        "A senha é: Hunter2x9",
        "Your verification code is: 482913",
        "Your verification code: 482913",
        "**Password:** Hunter2x9",
        "_Password:_ Hunter2x9",
        "Your **temporary password** is: Hunter2x9",
        "<b>Password:</b> Hunter2x9",
        "<b>Password</b>: Hunter2x9",
        "Password: <b>Hunter2x9</b>",
        "The password is <b>Hunter2x9</b>",
        "<td>Password:</td><td>Hunter2x9</td>",
        "Password (temporary): Hunter2x9",
        "Password (temporary) is: Hunter2x9",
        "The password is (temporary): Hunter2x9",
        "您的密码是：Hunter2x9",
        "您的密碼為：Hunter2x9",
        "密码（临时）：Hunter2x9",
        "パスワードは：Hunter2x9",
        "비밀번호는: Hunter2x9",
    ] {
        let secret = if text.contains("482913") {
            "482913"
        } else {
            "Hunter2x9"
        };
        check(&[(text, &text.replace(secret, "[redacted]"))]);
    }
}

#[test]
fn a_sentence_that_only_speaks_of_a_secret_stays() {
    for text in [
        "The password policy is: strict",
        "The rule for a password is: at least 12 letters",
        "The password is: required",
        "The hint for the password is: your first pet",
        "Das Passwort ist: abgelaufen",
        "Die Passwortregel lautet: mindestens zwölf Zeichen",
        "Le mot de passe est : obligatoire",
        "The key is: practice",
        "The secret is: practice",
        "The pin is: stuck",
        "Your verification code is: expired",
        "The verification code (six digits): sent",
        "Password (optional): string",
        "Password (8 to 64 letters): required",
        "Passwords (3): updated",
        "resetPassword(user): Promise<void>",
        "<b>Password:</b> required",
        "<b>Token:</b> 12 hours",
        "**Passwords:** please rotate them",
        "password:*** user:jane",
        "password: <string>, user: <string>",
        "密码策略是：严格",
        "密码是：必填",
        "パスワードの条件は：12文字以上",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn cookies_in_brackets_go_and_what_only_speaks_of_a_cookie_stays() {
    check(&[
        (
            "Cookie: {'session': '9f8e7d6c5b4a3f21'} 400",
            "Cookie: [redacted] 400",
        ),
        ("cookies={'sessionid': 'k3j9x7q2m5'}", "cookies=[redacted]"),
        (
            "cookies={u'sessionid': u'k3j9x7q2m5'}",
            "cookies=[redacted]",
        ),
        (
            r#"sent {\"cookie\":{\"sid\":\"k3j9x7q2m5\"}} to it"#,
            r#"sent {\"cookie\":[redacted]} to it"#,
        ),
        ("Set-Cookie: {'sid=k3j9x7q2m5'}", "Set-Cookie: [redacted]"),
        ("Cookie: b'sid=k3j9x7q2m5'", "Cookie: b'[redacted]'"),
        ("Cookie:[sid=k3j9x7q2m5; a=b]", "Cookie:[redacted]"),
        (
            "Cookie: {prefs: {theme: dark}, sid: k3j9x7q2m5k3j9}",
            "Cookie:[redacted]",
        ),
        ("Cookie: {sid: 839204857203948572}", "Cookie:[redacted]"),
        ("Cookie: {sid: 83920485720}", "Cookie:[redacted]"),
        ("Cookie: {sid: abcdefghijklmnopqrst}", "Cookie:[redacted]"),
        (
            "Cookie: {prefs: dark, sid: 'k3j9x7q2m5', path: '/'} 400\nx: 1",
            "Cookie:[redacted]\nx: 1",
        ),
        (
            r#"got "Cookie: {sid: abcdefghijklmnopqrst}" 400"#,
            r#"got "Cookie:[redacted]" 400"#,
        ),
        (
            "Set-Cookie: [abcdefghijklmnopqrst]",
            "Set-Cookie:[redacted]",
        ),
        (
            "Set-Cookie: [theme, abcdefghijklmnopqrst]",
            "Set-Cookie:[redacted]",
        ),
        (
            "Cookie: {ads: true, sid: 839204857203}",
            "Cookie:[redacted]",
        ),
    ]);
    for text in [
        "headers: {Cookie: [FILTERED], X-Request-Id: 7} status 500",
        r#"got {"cookie":{},"user":"jane"} 400"#,
        "cookie: {secure: true}",
        r#"got {"cookie":{"domain":"example.com","name":"sid"}} 400"#,
        r#"got {"cookie":{"path":"/","secure":true}} 400"#,
        "cookie: {path: /, max-age: 31536000, domain: example.com}",
        "cookie: {\n  secure: true\n}",
        "cookie: {}",
        "Session { cookie: { path: '/', _expires: null, originalMaxAge: null, httpOnly: true }, userId: 'u_42' }",
        "Consent given (cookie: {analytics: true, ads: false}) by jane@example.com",
        "cookie: [analytics, marketing] for shop.example.com",
        "cookie: {secure: true, partitioned: true}",
        "cookie: [analytics=true; ads=False], by jane",
        "cookie: {version: 3, lifetime: 31536000}",
        "cookie: {grid: 12, paid: true}",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn a_value_is_found_behind_any_white_space() {
    check(&[
        (
            "username             = \"foo\"\n  password             = \"Hunter2x9\"",
            "username             = \"foo\"\n  password             = \"[redacted]\"",
        ),
        (
            "Username:    jane\nPassword:    Hunter2x9",
            "Username:    jane\nPassword:    [redacted]",
        ),
        ("Password:\r\nHunter2x9\r\n", "Password:\r\n[redacted]\r\n"),
        ("Password:\u{a0}Hunter2x9", "Password:\u{a0}[redacted]"),
        (
            "Mot\u{a0}de\u{a0}passe\u{a0}: Hunter2x9",
            "Mot\u{a0}de\u{a0}passe\u{a0}: [redacted]",
        ),
        ("password\t= Hunter2x9", "password\t= [redacted]"),
        (
            "password: |\n  Hunter2x9\nuser: jane",
            "password: |\n  [redacted]\nuser: jane",
        ),
        (
            "password: >-\r\n  Hunter2x9\r\n",
            "password: >-\r\n  [redacted]\r\n",
        ),
    ]);
    for text in [
        "Password:\n\n\nHow to choose one",
        "password:\n    minLength: 12\n    pattern: x",
        "We changed the password\n= Next steps",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn a_quote_may_have_a_letter_or_a_call_in_front_of_it() {
    check(&[
        (
            "CREATE LOGIN jane WITH PASSWORD=N'Hunter2x9'",
            "CREATE LOGIN jane WITH PASSWORD=N'[redacted]'",
        ),
        ("password=b'Hunter2x9'", "password=b'[redacted]'"),
        (
            "{u'password': u'Hunter2x9', u'user': u'jane'}",
            "{u'password': u'[redacted]', u'user': u'jane'}",
        ),
        (
            r#"Login { password: Some("Hunter2x9"), user: "jane" }"#,
            r#"Login { password: Some("[redacted]"), user: "jane" }"#,
        ),
        (
            r#"token: Some("k3j9x7q2m5")"#,
            r#"token: Some("[redacted]")"#,
        ),
        (
            "get(url, auth=('jane', 'Hunter2x9'), timeout=5)",
            "get(url, auth=[redacted], timeout=5)",
        ),
        // The quote is the end of the one around it all.
        (
            "curl -d 'user=jane&password=hunter' -H 'x: y'",
            "curl -d 'user=jane&password=[redacted]' -H 'x: y'",
        ),
    ]);
}

#[test]
fn a_password_in_a_sentence_goes_with_all_its_marks() {
    check(&[
        (
            "Your temporary password is: q7<Kd2;Lx",
            "Your temporary password is: [redacted]",
        ),
        (
            "Password: Xk92&mP2$vL. Change it",
            "Password: [redacted]. Change it",
        ),
        (
            "password: abc1, user: jane",
            "password: [redacted], user: jane",
        ),
        (
            "password: abc1,user: jane",
            "password: [redacted],user: jane",
        ),
        (
            "{a: {password: abc1}, user: jane}",
            "{a: {password: [redacted]}, user: jane}",
        ),
        (
            "{a: {password: abc1},user: jane}",
            "{a: {password: [redacted]},user: jane}",
        ),
        (
            r#"got {"password": 471147,"user":"jane"}"#,
            r#"got {"password": [redacted],"user":"jane"}"#,
        ),
        (
            "<b>Password: Hunter2x9</b> <br>",
            "<b>Password: [redacted]</b> <br>",
        ),
        (
            "Password: Hunter2x9<br/>User: jane",
            "Password: [redacted]<br/>User: jane",
        ),
        (
            "password=abc1&x=2 password:abc1&x=2",
            "password=[redacted]&x=2 password:[redacted]&x=2",
        ),
    ]);
}

#[test]
fn a_secret_goes_from_a_sentence_that_says_what_it_was_set_to() {
    check(&[
        (
            "Set jane's password to Winter2026x",
            "Set jane's password to [redacted]",
        ),
        (
            "Reset her password to winter2026.",
            "Reset her password to [redacted]",
        ),
        ("Changed the PIN to 4711", "Changed the PIN to [redacted]"),
        (
            "The password was reset to jane42x",
            "The password was reset to [redacted]",
        ),
        (
            "Reset the db.password to jane42x",
            "Reset the db.password to [redacted]",
        ),
        (
            "The password was changed to Hunter2x9",
            "The password was changed to [redacted]",
        ),
        (
            "Set the access token to abc123def456",
            "Set the access token to [redacted]",
        ),
        (
            "Passwort auf Winter2026x gesetzt",
            "Passwort auf [redacted] gesetzt",
        ),
        (
            "mot de passe changé, le nouveau mot de passe à Winter2026x",
            "mot de passe changé, le nouveau mot de passe à [redacted]",
        ),
    ]);
    for text in [
        "Sent the password to jane42",
        "Sent the password to Jane2@example.com",
        "Changed the password to something better",
        "Das Passwort auf db-prod-01 ist alt",
        "Pinned the token to bucket-2026",
        "Changed the API key to production-2026",
        "The password was sent to jane42",
        "Set the password policy to strict2026",
        "Sent a password reset to jane42",
        "Changed the password. Sent the new password to jane42",
        "Changed the PIN and mailed the password to jane42",
        "Changed secret to ProductionDatabase",
    ] {
        check(&[(text, text)]);
    }
}

#[test]
fn a_secret_goes_from_a_sentence_that_says_whose_it_is_or_what_it_was() {
    for text in [
        "Set the password for jane to Hunter2x9",
        "Password for user jane was changed to Hunter2x9",
        "Passwort von jane geändert auf Hunter2x9",
        "Set the PIN of jane to 4711",
        "Changed password from Hunter2x9 to Hunter2x9",
        "Changed password from 'Hunter2x9' to 'Hunter2x9'",
        "Import job replaced the password from Hunter2x9 to Hunter2x9",
        "Migration 12: replaced the admin password from Hunter2x9 to Hunter2x9",
        "Important: password from Hunter2x9 to Hunter2x9",
        "Export job altered the password from Hunter2x9 to Hunter2x9",
        "Imported users, modified the password from Hunter2x9 to Hunter2x9",
        "PIN was changed from 4711 to 4711",
        "Changed password from Hunter2x9Hunter2x9Hunter2x9Hunter2x9Hunter2x9Hunter2x9Hunter2x9Hunter2x9 to Hunter2x9",
    ] {
        let expected = text.replace(&"Hunter2x9".repeat(8), "[redacted]");
        let expected = expected.replace("Hunter2x9", "[redacted]");
        check(&[(text, &expected.replace("4711", "[redacted]"))]);
    }
}

#[test]
fn a_reset_that_is_a_noun_and_words_of_mail_inside_others_hide_no_secret() {
    for (text, secret) in [
        ("Admin password reset to Hunter2x9", "Hunter2x9"),
        ("Voicemail PIN reset to 4711", "4711"),
        ("Changed the voicemail PIN to 4711", "4711"),
        ("Reset the email password to jane42x", "jane42x"),
        ("Reset the mail password to jane42x", "jane42x"),
        (
            "Set the SendGrid API key to k3j9x7q2m5k3j9",
            "k3j9x7q2m5k3j9",
        ),
        (
            "Set the Mailgun API key to k3j9x7q2m5k3j9",
            "k3j9x7q2m5k3j9",
        ),
        ("Changed Mr. Smith's PIN to 4711", "4711"),
        ("Changed Acme Inc. password to jane42x", "jane42x"),
        ("changed acme inc. password to jane42x", "jane42x"),
        ("Jane logged in with one-time code 482913.", "482913."),
        ("Typed the PIN 4711 twice", "4711"),
        ("Entered PIN 4711 twice", "4711"),
        ("Your new PIN 4711", "4711"),
        ("PIN 4711", "4711"),
        ("Login PIN 4711", "4711"),
        ("Invalid PIN 4711", "4711"),
        ("Jane's PIN 4711 was wrong", "4711"),
        ("Use PIN 482913 to sign in", "482913"),
        ("Your one-time PIN 482913", "482913"),
        ("SMS PIN 482913", "482913"),
        ("Changed J. Smith's PIN to 4711", "4711"),
        (
            "Modified the password from Hunter2x9 to Hunter2x9",
            "Hunter2x9",
        ),
        ("Verification code 482913 was used", "482913"),
        (
            "Rotated the password from Hunter2x9 to Hunter2x9",
            "Hunter2x9",
        ),
        ("Changed Capt. Smith's PIN to 4711", "4711"),
        ("Changed Acme Corp. PIN to 4711", "4711"),
        (
            "Authorization: Token staging-20260114-7731",
            "staging-20260114-7731",
        ),
        (
            "headers map[Authorization:[Token staging-20260114-7731]]",
            "staging-20260114-7731",
        ),
        (
            "aws configure set aws_secret_access_key k3j9x7q2m5k3j9",
            "k3j9x7q2m5k3j9",
        ),
        ("redis-cli -a Hunter2x9 -h cache ping", "Hunter2x9"),
        ("login --no-pager --token Hunter2x9", "Hunter2x9"),
        ("htpasswd -b .htpasswd jane Hunter2x9", "Hunter2x9"),
    ] {
        check(&[(text, &text.replace(secret, "[redacted]"))]);
    }
    for text in [
        "Sent a password reset to JaneDoe42",
        "A PIN reset was sent. Emailed the PIN reset to 4711",
        "Password reset to defaults",
        "Changed the plan. Gave the password to jane42",
        "The asset password to jane42 was sent",
        "Changed the password, emailed the password to jane42",
        "Deleted token ci-deploy-2026 from repository acme/shop",
        "Changed the password from iPhone15Pro",
        "Changed the secret for billing to Billing2026",
        "Access token limit changed from 1000 to 2000",
        "The passwords of 12 users were set to expire",
        "htpasswd -b .htpasswd jane",
        "pg_dump --no-password shop",
        "ansible-playbook --ask-pass site.yml",
        "The verification code 12 of 2026",
        "Changed the address to 12 MG Road, Bengaluru, Pin Code 560001",
        "Moved pin 1042 to board Recipes",
        "12 MG Road, PINCODE 560001",
        "12 MG ROAD, BENGALURU, PIN CODE 560001",
        "SELECT CardName FROM OCRD T0 WHERE T0.CardCode = 'C20000'",
        "Deleted authorization token ci-deploy-2026",
        "Device code 4711 is offline",
        "Moved the database password from KeePass2 to Bitwarden",
        "Synced the database password from KeePass2 to Bitwarden",
        "Migrating the database password from KeePass2 to Bitwarden",
        "Alternatively, copied the password from KeePass2 to Bitwarden",
        "Updated the plan of Jane. Gave the password to jane42",
    ] {
        check(&[(text, text)]);
    }
}
