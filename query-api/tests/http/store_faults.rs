//! A store that is away, one that never answers, and one that answers with nonsense.

use std::time::{Duration, Instant};

use crate::support::{
    Answer, claims_with, eraser_at, get, good_token, post, reader_at, test_router, token, verifier,
};
use axum::Router;
use daybook_query_api::{Api, router};
use futures::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const READ_TIMEOUT: Duration = Duration::from_millis(300);
const READYZ: &str = "/readyz";
const ID: &str = "019aaa70-3e8b-8de7-b66a-cb7b41d820d7";

/// Every question that reads the store: its address, and the answer.
async fn all_reads(router: &Router) -> Vec<(String, Answer)> {
    let token = token(&claims_with(&json!({
        "permissions": ["audit_log:view", "audit_log:export", "audit_log:erase"]
    })));
    let questions = [
        (format!("/v1/logs/{ID}"), ""),
        ("/v1/logs/export".to_owned(), ""),
        ("/v1/logs/facets".to_owned(), ""),
        ("/v1/logs/histogram".to_owned(), ""),
        ("/v1/entities/order/7/history".to_owned(), ""),
        ("/v1/erasures".to_owned(), ""),
        (format!("/v1/erasures/{ID}"), ""),
        ("/v1/logs".to_owned(), "{}"),
        ("/v1/logs/export".to_owned(), "{}"),
        (
            "/v1/erasures".to_owned(),
            r#"{"user_id": "u7", "reason": "a letter", "dry_run": true}"#,
        ),
        (
            "/v1/erasures".to_owned(),
            r#"{"user_id": "u7", "reason": "a letter"}"#,
        ),
    ];
    let asked = questions.into_iter().map(|(address, body)| {
        let token = &token;
        async move {
            let answer = match body {
                "" => get(router, &address, token).await,
                body => post(router, &address, token, body).await,
            };
            (address, answer)
        }
    });
    let mut told = join_all(asked).await;
    told.push((READYZ.to_owned(), get(router, READYZ, "").await));
    told
}

/// A router whose store is the listener.
fn api_at(listener: &TcpListener) -> Api {
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut api = Api::new(reader_at(&url), verifier(), [7; 32]);
    api.eraser = Some(eraser_at(&url));
    api.read_timeout = READ_TIMEOUT;
    api
}

/// A store that reads whatever comes and answers each connection with the same bytes; then it ends
/// the connection, or keeps it open, or sends another byte every few milliseconds.
async fn store_that_says(text: String, after: After) -> Router {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut api = api_at(&listener);
    if matches!(after, After::Closes) {
        // A busy machine may take its time; nothing here waits for the end of it.
        api.read_timeout = Duration::from_mins(1);
    }
    let router = router(api);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let text = text.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let _ = connection.read(&mut request).await;
                let _ = connection.write_all(text.as_bytes()).await;
                match after {
                    After::Closes => {}
                    After::Hangs => std::future::pending().await,
                    After::Trickles => {
                        while connection.write_all(b"1\r\nx\r\n").await.is_ok() {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
            });
        }
    });
    router
}

#[derive(Clone, Copy, Debug)]
enum After {
    Closes,
    Hangs,
    Trickles,
}

fn assert_nothing_internal(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let text = String::from_utf8(answer.body.clone())
        .unwrap()
        .to_lowercase();
    for internal in [
        "127.0.0.1",
        "clickhouse",
        "connect",
        "refused",
        "tenant_events",
        "select",
        "db::",
        "hyper",
    ] {
        assert!(!text.contains(internal), "{text}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_nothing_of_it_shows() {
    for (_, answer) in all_reads(&test_router()).await {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(!answer.header("retry-after").is_empty());
        assert_nothing_internal(&answer);
    }
}

#[tokio::test]
async fn a_store_that_never_answers_is_504_in_bounded_time() {
    let black_hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let router = router(api_at(&black_hole));
    let started = Instant::now();
    for (_, answer) in all_reads(&router).await {
        assert_eq!(answer.status, 504, "{answer:?}");
        assert_nothing_internal(&answer);
    }
    // Without the timeout there would be no answer at all; a busy machine may take its time.
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn whatever_the_store_says_the_answer_is_one_of_ours() {
    let http = |status: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let exception = |code: u32, text: &str| {
        let body = format!(
            "Code: {code}. DB::Exception: {text} in SELECT * FROM daybook.tenant_events. \
             (SOME_NAME) (version 26.7.2.1)"
        );
        http("500 Internal Server Error", &body)
    };
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for (text, after, status) in [
        (String::new(), After::Closes, 503),
        ("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), After::Closes, 503),
        (
            http("502 Bad Gateway", "<html>clickhouse 127.0.0.1</html>"),
            After::Closes,
            503,
        ),
        // Nothing is not "no events".
        (http("200 OK", ""), After::Closes, 503),
        (exception(60, "Unknown table"), After::Closes, 500),
        (exception(516, "Authentication failed"), After::Closes, 500),
        (exception(158, "Limit for rows"), After::Closes, 422),
        (
            exception(241, "Memory limit (for query) exceeded"),
            After::Closes,
            422,
        ),
        (
            exception(241, "Memory limit (total) exceeded"),
            After::Closes,
            503,
        ),
        (
            exception(202, "Too many simultaneous queries"),
            After::Closes,
            503,
        ),
        (exception(159, "Timeout exceeded"), After::Closes, 504),
        (chunked.clone(), After::Hangs, 504),
        ("HTTP/1.1 200 OK\r\n".to_owned(), After::Hangs, 504),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n".to_owned(),
            After::Closes,
            503,
        ),
    ] {
        let router = store_that_says(text.clone(), after).await;
        for (place, answer) in all_reads(&router).await {
            let is_readyz = place == READYZ;
            let expected = match status {
                422 | 500 if is_readyz => 503,
                other => other,
            };
            // Where this machine is busy, readyz does not wait for it.
            let is_late = is_readyz && answer.status == 504;
            assert!(
                is_late || answer.status == expected,
                "{text} {after:?} {place} {answer:?}"
            );
            assert_nothing_internal(&answer);
        }
    }
    // Nonsense in small portions is some error, soon.
    let router = store_that_says(chunked, After::Trickles).await;
    for (_, answer) in all_reads(&router).await {
        assert!(answer.status.is_server_error(), "{answer:?}");
        assert_nothing_internal(&answer);
    }
}

#[tokio::test]
async fn readyz_tells_why_and_asks_the_store_once_a_second_at_most() {
    let detail = async |router: &Router| {
        let answer = get(router, "/readyz", "").await;
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = router(api_at(&listener));
    let refusing = "HTTP/1.1 500 Error\r\nconnection: close\r\n\r\n\
                    Code: 516. DB::Exception: no. (SOME_NAME) (version 26.7.2.1)";
    let refusing = store_that_says(refusing.to_owned(), After::Closes).await;
    assert!(detail(&silent).await.contains("in time"));
    assert!(detail(&test_router()).await.contains("away"));
    assert!(detail(&refusing).await.contains("refuses"));

    // Many at once share one question, of which the store sees one connection.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let router = router(api_at(&listener));
    let asked = (0..50).map(|_| get(&router, "/readyz", ""));
    assert!(
        join_all(asked)
            .await
            .iter()
            .all(|answer| answer.status == 504)
    );
    listener.accept().await.unwrap();
    let another = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(another.is_err());
}

#[tokio::test]
async fn a_tenant_with_its_part_of_reads_gets_429_and_another_does_not() {
    for (address, retry_after) in [("/v1/logs", "1"), ("/v1/logs/export", "10")] {
        let black_hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut api = api_at(&black_hole);
        (api.searches_max, api.exports_max) = (4, 4);
        let router = router(api);
        let (ours, theirs) = (
            good_token(),
            token(&claims_with(&json!({"org_id": "other"}))),
        );
        let all = [&ours, &ours, &ours, &theirs].map(|token| post(&router, address, token, "{}"));
        let answers = join_all(all).await;
        let statuses: Vec<u16> = answers
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        assert_eq!(statuses, [504, 504, 429, 504], "{address}");
        assert_eq!(answers[2].header("retry-after"), retry_after);
        assert_nothing_internal(&answers[2]);
        // What is over takes no place.
        assert_eq!(
            post(&router, address, &ours, "{}").await.status,
            504,
            "{address}"
        );
    }
}
