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
