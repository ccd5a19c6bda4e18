//! What links lose, and what they keep.

use proptest::prelude::*;

use super::*;
use crate::credentials::tests::in_one_go;

#[test]
fn links_lose_their_secrets_and_nothing_else() {
    for (before, after) in [
        (
            "https://app.example.com/reset?token=abc&page=2#top",
            "https://app.example.com/reset?token=%5Bredacted%5D&page=2#top",
        ),
        (
            "/cb#access_token=abc&state=x",
            "/cb#access_token=%5Bredacted%5D&state=x",
        ),
        ("/a;jsessionid=0A1B?x=1", "/a;jsessionid=%5Bredacted%5D?x=1"),
        ("/a;jsessionid=0A1B#top", "/a;jsessionid=%5Bredacted%5D#top"),
        (
            "/cb?code=4f2d6a901c3e4b7a&x=1",
            "/cb?code=%5Bredacted%5D&x=1",
        ),
        ("/cb?token=a?b=c&d=1", "/cb?token=%5Bredacted%5D&d=1"),
        (
            "see https://x.example/?api%5Fkey=1 and https://y.example/?q=1",
            "see https://x.example/?api%5Fkey=%5Bredacted%5D and https://y.example/?q=1",
        ),
        (
            "<https://x.example/?sig=ab%2F>; rel=\"next\"",
            "<https://x.example/?sig=%5Bredacted%5D>; rel=\"next\"",
        ),
        (
            "/login?next=https%3A%2F%2Fx.example%2F%3Ftoken%3Dabc&a=1",
            "/login?next=%5Bredacted%5D&a=1",
        ),
        (
            "postgres://app:hunter2@db.internal/x",
            "postgres://app:%5Bredacted%5D@db.internal/x",
        ),
        (
            "https://u:p@h/?sid=1&a=b",
            "https://u:%5Bredacted%5D@h/?sid=%5Bredacted%5D&a=b",
        ),
        ("token=abc&a=1", "token=%5Bredacted%5D&a=1"),
        (
            "failed authorization=Bearer sk_live_51H8x9y2eZvKYlo2C again",
            "failed authorization=%5Bredacted%5D again",
        ),
        (
            "{Authorization=[Bearer sk_live_51H8x9y2eZvKYlo2C]}",
            "{Authorization=[%5Bredacted%5D]}",
        ),
        (
            "/v1/reset/token=9f86d081884c7d65/lines",
            "/v1/reset/token=%5Bredacted%5D/lines",
        ),
        (
            "https://a.example/#/access_token=2YotnFZFEjr1&x=1",
            "https://a.example/#/access_token=%5Bredacted%5D&x=1",
        ),
        (
            "<p>password=hunter2</p>, msg:password=hunter2",
            "<p>password=%5Bredacted%5D</p>, msg:password=%5Bredacted%5D",
        ),
        (
            "https://x.example/?tokens[]=abc&api[key]=abc&urls[]=https%3A%2F%2Fb%2F%3Ftoken%3Dabc",
            "https://x.example/?tokens[]=%5Bredacted%5D&api[key]=%5Bredacted%5D&urls[]=%5Bredacted%5D",
        ),
        (
            r#"exec ["mysql","--password=\"hunter2\""] failed"#,
            r#"exec ["mysql","--password=\"%5Bredacted%5D\""] failed"#,
        ),
        (
            r#"user=bob&password="hunter2" ok"#,
            r#"user=bob&password="%5Bredacted%5D" ok"#,
        ),
        (
            r#"{"html":"<a href=\"/a?token=abc\">Reset</a>"}"#,
            r#"{"html":"<a href=\"/a?token=%5Bredacted%5D\">Reset</a>"}"#,
        ),
        ("password=[x]Hunter2! ok", "password=%5Bredacted%5D ok"),
        (
            "[token=abc] [user=bob]",
            "[token=%5Bredacted%5D] [user=bob]",
        ),
        (
            r#"a password="hun\"ter2" b"#,
            r#"a password="%5Bredacted%5D" b"#,
        ),
        (
            r#"a \"b\" password=\"hunter2\" c"#,
            r#"a \"b\" password=\"%5Bredacted%5D\" c"#,
        ),
        (
            "https://x.example/?eyJhIjoxfQ.eyJhIjoxfQ.c2ln&a=1",
            "https://x.example/?%5Bredacted%5D&a=1",
        ),
    ] {
        assert_removed(before, after);
    }
}

fn assert_removed(before: &str, after: &str) {
    assert_eq!(
        remove_from_links(before).as_deref(),
        Some(after),
        "{before}"
    );
    assert_eq!(remove_from_links(after), None, "{after}");
}

#[test]
fn signs_and_quotes_in_front_and_inside_of_a_secret_hide_nothing() {
    for (before, after) in [
        (
            "user=O'Brien&password='hunter2'",
            "user=O'Brien&password='%5Bredacted%5D'",
        ),
        (
            "call name=\"O'Brien\",password='hunter2' failed",
            "call name=\"O'Brien\",password='%5Bredacted%5D' failed",
        ),
        (
            r#"<user name="bob"/> <auth password="hunter2"/>"#,
            r#"<user name="bob"/> <auth password="%5Bredacted%5D"/>"#,
        ),
        (
            "postgres://app:Hunter&2;3'4@db.internal/x",
            "postgres://app:%5Bredacted%5D@db.internal/x",
        ),
        (
            r#"{"database":"postgres://app:Hunter&2@db/x"}"#,
            r#"{"database":"postgres://app:%5Bredacted%5D@db/x"}"#,
        ),
        (
            "sent Cookie=theme=dark; sid=H to it",
            "sent Cookie=%5Bredacted%5D to it",
        ),
        (
            "GET / cookie=OptanonConsent=isGpcEnabled=0&groups=C1; SESSION=NzY1YzM0 status=200",
            "GET / cookie=%5Bredacted%5D status=200",
        ),
        (
            "sent Cookie=theme=#fff; seen; sid=H to it",
            "sent Cookie=%5Bredacted%5D to it",
        ),
        ("{Cookie=theme=dark; sid=H}", "{Cookie=%5Bredacted%5D}"),
        (
            r#"sent "{\"h\":\"Cookie=a=1; sid=H\",\"n\":1}" to it"#,
            r#"sent "{\"h\":\"Cookie=%5Bredacted%5D\",\"n\":1}" to it"#,
        ),
        (
            "Server=db;User Id=sa;Password=?Hunter2!;Encrypt=True",
            "Server=db;User Id=sa;Password=%5Bredacted%5D;Encrypt=True",
        ),
        (
            "[user=bob] [password=?Hunter2]",
            "[user=bob] [password=%5Bredacted%5D]",
        ),
        (
            "user=bob&password=?,Hunter2",
            "user=bob&password=%5Bredacted%5D",
        ),
        (
            "https://x.example/cb?token=?Hunter2&a=1",
            "https://x.example/cb?token=%5Bredacted%5D&a=1",
        ),
        ("password=?Hunter2 ok", "password=%5Bredacted%5D ok"),
        (
            "Command 'mysqldump --password='hunter2' db' failed",
            "Command 'mysqldump --password='%5Bredacted%5D' db' failed",
        ),
        (
            r"see http://CORP\jane:Hunter2@proxy:8080",
            r"see http://CORP\jane:%5Bredacted%5D@proxy:8080",
        ),
        (
            r#"<td>user="bob"</td><td>password="hunter2"</td>"#,
            r#"<td>user="bob"</td><td>password="%5Bredacted%5D"</td>"#,
        ),
        (
            r#"<call sessionId="9f86d081884c7d659a2feaa0c55ad015"/>"#,
            r#"<call sessionId="%5Bredacted%5D"/>"#,
        ),
    ] {
        assert_removed(before, after);
    }
}

#[test]
fn what_is_no_secret_of_a_link_stays() {
    for text in [
        "",
        "=",
        "?=&=",
        "https://app.example.com/orders?page=2&sort=-at#lines",
        "https://jane@example.com/",
        "mail jane@example.com: the token = abc",
        "/cb?code=404",
        "/orders?key=name",
        "text/html;q=0.9, */*;q=0.8",
        "a?token=",
        "1+1=2",
        "parcel code=1Z999AA10123456784 sent",
        "Object key=5f2b7c8d9e0a1b2c3d4e.pdf",
        "password=\"[redacted]\"",
        "a password=''",
        r#"<a href="/reset?token=">Reset</a> order 7 ships"#,
        r#"sent {"url":"/a?token=","id":"42"} to it"#,
        r#"<a href="token=">Reset</a> order 7"#,
        r#"<a href="/reset/token=">Reset</a> order 7"#,
        r#"{"html":"<a href=\"/reset?token=\">Reset</a>"}"#,
        "password=[redacted]",
        r#"sent {"note":"see /a?token=","id":"42"} to it"#,
        r#"the "reset token=" parameter of order 7 was dropped"#,
        r#"<a href="?token=">Reset</a> order 7 ships"#,
        r#"sent {"url":"./a?token=","id":"42"} to it"#,
        r#"html = "<a href='/reset?token=" + t + "'>Reset</a>""#,
        r#"sent {"text":"http://shop.example:8080\njane@example.com"} to it"#,
        r"file://C:\Users\jane@corp\x.txt",
        "http://a.example:8080&by=jane@example.com",
        "http://a.example&by=b:c@example.com",
        r#"<call sessionId="training"/>"#,
        "update users set name=?,password=?,email=? where id=?",
        "/shop;jsessionid=?order=7&a=1",
        "/reset/token=?page=2",
        "Moved sessionId=training-2026-11-26 to Monday",
    ] {
        assert_eq!(remove_from_links(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "[?&#;=:/@% a-cé\u{2028}]{0,80}") {
        let _ = remove_from_links(&text);
    }

    #[test]
    fn a_link_keeps_no_token(
        front in "[a-z/:.?&=#%]{0,30}",
        behind in "[a-z/:.?&=#%]{0,30}",
    ) {
        let cleaned = remove_from_links(&format!("{front}&token=Hunter2&{behind}"));
        prop_assert!(!cleaned.unwrap_or_default().contains("Hunter2"));
    }
}

#[test]
fn a_text_full_of_links_is_cleaned_in_one_go() {
    for unit in [
        "?a",
        "=",
        "?a=",
        "://",
        "&token=x",
        "?a=?",
        "%3Fa%3D",
        "://u:p@",
        " a=",
        ",a=",
        ",sessionid=-",
        "'pw=",
        "'pw=?",
        "token=\\",
        "token=\"",
        "token= ",
        "/token=",
        "/token=a",
        "[token=",
        " token=[",
        " sessionid=[a1b2c3d4e5f6a7b8",
        ",token%69d=",
        "a[token=",
        "&token=\"",
    ] {
        let text = unit.repeat(400_000 / unit.len());
        in_one_go(move || drop(remove_from_links(&text)));
    }
}
