//! What the batch handler does when ClickHouse answers with errors: a stub that speaks just enough HTTP
//! to say one, because a real server cannot be made to say each of them.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_normalizer::handler::{BatchHandler, BatchReport, Patience};
use daybook_normalizer::settings::Settings;
use daybook_openapi::Index;
use daybook_store::{Credentials, Endpoint, Writer};
use daybook_tests::dead_letters::KeptInMemory;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that gives every request the answer, or none at all.
async fn server(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(body) = answer else {
                silent.push(stream);
                continue;
            };
            let mut request = [0; 16 * 1024];
            let _ = stream.read(&mut request).await;
            let answer = format!(
                "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// One good message and one that is no JSON, against that server.
async fn handle(answer: Option<&'static str>, time_left: Duration) -> (BatchReport, usize) {
    let kept = Arc::new(KeptInMemory::default());
    let endpoint = Endpoint::new(server(answer).await);
    let credentials = Credentials {
        user: "daybook_writer".to_owned(),
        password: "secret".to_owned(),
    };
    let handler = BatchHandler {
        index: Arc::new(Index::build(Vec::new()).0),
        settings: Arc::new(Settings::default()),
        writer: Writer::new(&endpoint, &credentials).unwrap(),
        dead_letters: kept.clone(),
        overflow: None,
        patience: Patience::default(),
    };
    let good = json!({"v": 1, "event": {"httpMethod": "DELETE", "path": "/a",
        "requestContext": {"requestId": "r1", "requestTimeEpoch": 1_700_000_000_000_i64}}});
    let mut batch = SqsEvent::default();
    for (id, body) in [("good", good.to_string()), ("bad", "{".to_owned())] {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(body);
        batch.records.push(message);
    }
    let report = handler.handle(batch, time_left).await;
    let letters = kept.letters().len();
    (report, letters)
}

#[tokio::test]
async fn an_error_that_is_not_the_datas_fault_gives_the_message_back() {
    for answer in [
        "Code: 499. DB::Exception: S3 error. (S3_ERROR) (version 26.7.2.1)",
        "Code: 745. DB::Exception: Too busy. (SERVER_OVERLOADED) (version 26.7.2.1)",
        "Code: 516. DB::Exception: No. (AUTHENTICATION_FAILED) (version 26.7.2.1)",
        "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE) (version 26.7.2.1)",
        "not a word of ClickHouse",
    ] {
        let (report, letters) = handle(Some(answer), Duration::from_mins(1)).await;
        assert_eq!(report.failed, ["good"], "{answer}");
        assert_eq!(report.to_sqs_response().batch_item_failures.len(), 1);
        assert_eq!(
            (letters, report.dead.len()),
            (1, 1),
            "only what is no JSON is dead"
        );
        assert_eq!(report.dead[0].0, "bad");
    }
}

#[tokio::test]
async fn a_database_that_never_answers_is_given_up_in_time() {
    let (report, letters) = handle(None, Duration::from_millis(200)).await;
    assert_eq!(report.failed, ["good"]);
    assert_eq!(letters, 1, "what is no JSON does not wait for the database");
}
