//! Names and their values in texts that are no JSON: where a name begins, and where its value ends.

use daybook_openapi::secrets::Redactor;

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
