//! What texts lose, and what they keep.

use proptest::prelude::*;

use super::*;
use crate::credentials::tests::in_one_go;

#[test]
fn what_a_call_writes_out_is_removed() {
    for (before, after) in [
        (
            r#"mutation { login(email: "a@b.c", password: "x\"y") { token } }"#,
            r#"mutation { login(email: "a@b.c", password: "[redacted]") { token } }"#,
        ),
        (
            r#"mutation { a(input: {apiKey:"x", name: "n"}, pin : 1234) }"#,
            r#"mutation { a(input: {apiKey:"[redacted]", name: "n"}, pin : "[redacted]") }"#,
        ),
        (
            r#"query($password: String! = "x", $token: ID!) { a }"#,
            r#"query($password: String! = "[redacted]", $token: ID!) { a }"#,
        ),
        (
            r#"query($tokens: [String!]! = ["x"], $pin: Int = 1234, $secrets: [Int!]=[1, 2]) { a }"#,
            r#"query($tokens: [String!]! = "[redacted]", $pin: Int = "[redacted]", $secrets: [Int!]="[redacted]") { a }"#,
        ),
        (
            "{ a(secret: \"\"\"two\n\\\"\"\" lines\"\"\", tokens: [\"a\", \"]\"]) }",
            "{ a(secret: \"[redacted]\", tokens: \"[redacted]\") }",
        ),
        (
            r#"sent {"password": "x", "n": 1} to it"#,
            r#"sent {"password": "[redacted]", "n": 1} to it"#,
        ),
        (r#"password: "cut off"#, r#"password: "[redacted]""#),
        (
            r#"{\"password\": \"x\\\"y\", \"n\": 1}"#,
            r#"{\"password\": \"[redacted]\", \"n\": 1}"#,
        ),
        (
            "x-api-key: 9f86d081884c7d659a2f, a",
            "x-api-key: [redacted], a",
        ),
        (
            "curl -H 'Authorization: 9f86d081884c7d659a2feaa0c55ad015' https://x",
            "curl -H 'Authorization: [redacted]' https://x",
        ),
        (
            "X-Authorization: ApiKey 9f86d081884c7d659a2feaa0c55ad015",
            "X-Authorization: [redacted]",
        ),
        (
            "map[Authorization:[Bearer sk_live_51H8x9y2] X-Api-Key:[9f86d081884c7d659a2f]]",
            "map[Authorization:[[redacted]] X-Api-Key:[[redacted]]]",
        ),
        (
            "curl -H 'Cookie: theme=dark; sid=9f86d081884c7d659a2f' https://x",
            "curl -H 'Cookie: [redacted]' https://x",
        ),
        (
            "{Cookie: sid=9f86d081884c7d659a2f; b=c, n: 1}",
            "{Cookie: [redacted], n: 1}",
        ),
        (
            "Cookie: sid=1 User-Agent: curl",
            "Cookie: [redacted] User-Agent: curl",
        ),
        (
            r#"sent {"credentials": {"user": "u", "key": "x"}, "pin":1234} to it"#,
            r#"sent {"credentials": "[redacted]", "pin":"[redacted]"} to it"#,
        ),
        (
            r#"mutation { a(credentials: {user: "u", ids: [1, "]"]}, tokens: ["a", $t]) { id } }"#,
            r#"mutation { a(credentials: "[redacted]", tokens: "[redacted]") { id } }"#,
        ),
        (
            r#"sent "{\"tokens\": [\"a\"], \"n\": 1}""#,
            r#"sent "{\"tokens\": \"[redacted]\", \"n\": 1}""#,
        ),
        (
            r#"sent {"h":"x-api-key: 9f86d081884c7d659a2f"}"#,
            r#"sent {"h":"x-api-key: [redacted]"}"#,
        ),
        (
            "Authorization: Basic dXNlcjpwYXNz\nAccept: a",
            "Authorization: [redacted]\nAccept: a",
        ),
    ] {
        assert_eq!(remove_literals(before).as_deref(), Some(after), "{before}");
    }
}

#[test]
fn quotes_lines_and_objects_hide_nothing() {
    for (before, after) in [
        (
            r#"msg="bad input password: "hunter2" for bob""#,
            r#"msg="bad input password: "[redacted]" for bob""#,
        ),
        (
            "curl -H 'Cookie: sid=\"H\"; prefs=a,b; p={\"a\":1}' https://x",
            "curl -H 'Cookie: [redacted]' https://x",
        ),
        (
            r#"sent {"raw":"GET / HTTP/1.1\r\nCookie: theme=dark; sid=H"} to it"#,
            r#"sent {"raw":"GET / HTTP/1.1\r\nCookie: [redacted]"} to it"#,
        ),
        (
            r#"mutation($credentials: CredentialsInput! = {user: "jane", key: "Hunter2"}) { a }"#,
            r#"mutation($credentials: CredentialsInput! = "[redacted]") { a }"#,
        ),
        (
            r#"query($password: String ! = "x") { a }"#,
            r#"query($password: String ! = "[redacted]") { a }"#,
        ),
        (
            r#"sent {"sessionId":"9f86d081884c7d659a2feaa0c55ad015"} to it"#,
            r#"sent {"sessionId":"[redacted]"} to it"#,
        ),
        (
            r#"sent {"X-Session-Id":["9f86d081884c7d659a2feaa0c55ad015"]} to it"#,
            r#"sent {"X-Session-Id":"[redacted]"} to it"#,
        ),
        (
            "got map[Accept:[*/*] X-Session-Id:[9f86d081884c7d659a2feaa0c55ad015]]",
            "got map[Accept:[*/*] X-Session-Id:[[redacted]]]",
        ),
        (
            r#"query($sessionId: ID! = "9f86d081884c7d659a2feaa0c55ad015") { a }"#,
            r#"query($sessionId: ID! = "[redacted]") { a }"#,
        ),
        (
            "curl -H 'X-Session-Id: 9f86d081884c7d659a2feaa0c55ad015' https://x",
            "curl -H 'X-Session-Id: [redacted]' https://x",
        ),
        (
            r#"{a: "x", password:"y"}"#,
            r#"{a: "x", password:"[redacted]"}"#,
        ),
    ] {
        assert_eq!(remove_literals(before).as_deref(), Some(after), "{before}");
    }
}

#[test]
fn what_says_secret_and_writes_none_out_stays() {
    for text in [
        r#"{"note":"Label \"Password:\" is too small on the order page"}"#,
        r#"<label title="Password:">Order 7 is here</label><input name="x">"#,
        r#"sent {"label":"Password:","hint":"Order 7"} to it"#,
        r#"the label "New password:" of "orders" is wrong"#,
        r#"Das "Password:"-Feld der Bestellung 7 ist zu klein."#,
        "ラベル\"Password:\"が小さい。注文7",
        r#"sent {"label":"<b>Password:","hint":"Order 7"} to it"#,
        r#"sent {"password":"","n":1} to it"#,
        r#"sent {"sessionId":"training"} to it"#,
        "mutation($passwords: [String!]!) { a(b: $passwords) }",
        "mutation($password: String!) { login(password: $password) { token { id } } }",
        "The password: never written down. tokens: 1500",
        "Authorization: Bearer of news. Password: Basic ingredients",
        "ghcr.io/acme/token-service:3f9c2a1b4d5e6f7081923344",
        "urn:acme:token:01J9ZQ6T9M4K7W3N5B8C2D1EFG",
        "token: [see page two",
        "subscription renewed, tokens: 1500 added",
        r#"Top searches: "reset password": 40, "token": - none"#,
        "Pre-Authorization: Basic coverage granted",
        "# Changes\npin: 2026-11-26",
        "mutation($token: OAuth2AccessTokenInput) { a(t: $token) }",
        "{ token: getAccessTokenV2ForUser(id: 1) { id } }",
        "{ a(credentials: {user: $u, key: $k}) }",
        "Cookie: chocolate. Authorization: [see above]",
        "password: [reset it](url)",
        "Secrets: basic training.",
        r#"{ order(name: "x", token_id: "t1") { id } }"#,
        "password:",
        ": \"x\"",
        "token: [",
        "",
    ] {
        assert_eq!(remove_literals(text), None, "{text}");
    }
}

#[test]
fn a_token_is_removed_wherever_it_stands() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    for (before, after) in [
        (
            format!("https://a.example/?{JWT}"),
            "https://a.example/?%5Bredacted%5D",
        ),
        (
            format!("/a?b=1&{JWT}&c=2#{JWT}"),
            "/a?b=1&%5Bredacted%5D&c=2#%5Bredacted%5D",
        ),
        (
            format!("it was {JWT}, he said"),
            "it was [redacted], he said",
        ),
        (format!("<t>{JWT}</t>"), "<t>[redacted]</t>"),
        (
            format!("https%3A%2F%2Fb.example%2F%3Fjwt%3D{JWT}"),
            "https%3A%2F%2Fb.example%2F%3Fjwt%3D%5Bredacted%5D",
        ),
        (format!("one\\n{JWT}\\n"), "one\\n[redacted]\\n"),
    ] {
        assert_eq!(remove_tokens(&before).as_deref(), Some(after), "{before}");
    }
    for text in ["eyJ", "a?eyJhIjoxfQ", "heyJo.h.n", "eyJ.x"] {
        assert_eq!(remove_tokens(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(password|token|é|eyJ|[\"\\\\:=\\[\\](){}. a1!-]){0,30}") {
        let _ = remove_literals(&text);
        let _ = remove_tokens(&text);
    }
}

#[test]
fn a_long_text_is_cleaned_in_one_go() {
    let ever_more = (1..700).fold(String::new(), |mut text, count| {
        text.push_str("sessId:");
        text.extend(std::iter::repeat_n('\\', count));
        text.push('"');
        text
    });
    for unit in [
        ever_more.as_str(),
        "\"sessionid\":[\"a\",",
        "sessionid:\"a",
        "($sessionid:A=[\"a\",",
        ":",
        " :",
        ": ",
        "pw:",
        "pw: ",
        "token:a/",
        "token: a",
        "token:[\\",
        ":[",
        ":[\"",
        "token:[\"",
        "token:[\"\\\"",
        "token:\\\"",
        "token:\\",
        "token:[a",
        "token:Bearer ",
        "authorization:a ",
        "authorization: a:",
        "{token:[a]=[",
        "a:\"",
        "eyJ",
        "eyJ.",
        ":A",
        "x:a=",
        "cookie: a=",
        "cookie:a",
        "token:{",
        "\"token\":{",
        "\"token\":[1",
        "authorization: [a ",
    ] {
        let text = unit.repeat(500_000 / unit.len());
        for text in [format!("{text}]:"), format!("{{{text}")] {
            in_one_go(move || {
                let _ = remove_literals(&text);
                let _ = remove_tokens(&text);
            });
        }
    }
}

#[test]
fn a_text_whose_lists_never_end_loses_its_rest() {
    let text = "token:[\"\\\"".repeat(1_000) + ":";
    let cleaned = remove_literals(&text).unwrap();
    assert!(cleaned.len() < 100, "{cleaned}");
}
