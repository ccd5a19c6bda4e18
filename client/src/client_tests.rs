//! The client against a server that says what it is told to.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that gives each connection the next of the answers and then falls silent; what it was asked.
async fn serve(answers: Vec<String>) -> (Client, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, questions) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                connection.read_buf(&mut request).await.unwrap();
            }
            asked.send(String::from_utf8(request).unwrap()).unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
            silent.push(connection);
        }
        std::future::pending::<()>().await;
    });
    (Client::new(&address, "t").unwrap(), questions)
}

fn whole(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

#[tokio::test]
async fn events_go_back_from_page_to_page_where_that_is_asked_for() {
    let page = |prev: &str| {
        whole(&format!(
            r#"{{"logs": [], "total": null, "next_cursor": "forth", "prev_cursor": {prev}}}"#
        ))
    };
    let (client, mut questions) = serve(vec![page("\"back\""), page("null")]).await;
    let search = Search {
        direction: Some(Direction::Prev),
        ..Search::default()
    };
    let events: Vec<_> = client.events(search).try_collect().await.unwrap();
    assert!(events.is_empty());
    let (first, second) = (questions.recv().await, questions.recv().await);
    assert!(!first.unwrap().contains("cursor"));
    let second = second.unwrap();
    assert!(second.contains(r#""cursor":"back""#), "{second}");
    assert!(second.contains(r#""direction":"prev""#), "{second}");
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones_and_nothing_is_counted() {
    let too_large = || {
        let problem = r#"{"type": "urn:daybook:problem:page-too-large", "title": "x", "status": 422, "detail": "x"}"#;
        whole(problem).replace("200 OK", "422 Unprocessable Entity")
    };
    let page = |next: &str| {
        whole(&format!(
            r#"{{"logs": [], "total": null, "next_cursor": {next}, "prev_cursor": null}}"#
        ))
    };
    let answers = vec![
        too_large(),
        too_large(),
        page("\"a\""),
        page("\"b\""),
        page("null"),
    ];
    let (client, mut questions) = serve(answers).await;
    let events: Vec<_> = client
        .events(Search::default().limit(7))
        .try_collect()
        .await
        .unwrap();
    assert!(events.is_empty());
    for limit in [7, 3, 1, 2, 4] {
        let question = questions.recv().await.unwrap();
        assert!(
            question.contains(&format!(r#""limit":{limit}"#)),
            "{question}"
        );
        assert!(question.contains(r#""total":"none""#), "{question}");
    }

    // One event is no page that could be smaller, and a page by its number begins elsewhere then.
    for search in [
        Search::default().limit(1),
        Search {
            page: Some(2),
            ..Search::default()
        },
    ] {
        let (client, _questions) = serve(vec![too_large()]).await;
        let events: Result<Vec<_>, _> = client.events(search).try_collect().await;
        assert!(matches!(events, Err(ClientError::Problem(problem)) if problem.status == 422));
    }
}

#[tokio::test]
async fn an_export_that_falls_silent_is_given_up() {
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}\n".to_owned();
    let (client, _questions) = serve(vec![begun]).await;
    // The answer's head must come within it, on a busy machine too.
    let client = client.answer_timeout(Duration::from_secs(5));
    let lines = client
        .export_lines(&Search::default(), ExportFormat::Ndjson)
        .await
        .unwrap();
    let lines: Vec<_> = lines.collect().await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].as_ref().unwrap(), "{}");
    assert!(matches!(lines[1], Err(ClientError::Unreachable(_))));
}

#[tokio::test]
async fn neither_an_answer_nor_a_line_is_collected_without_end() {
    let page = r#"{"logs": [], "total": null, "next_cursor": null, "prev_cursor": null}"#;
    for (bytes_max, fits) in [(page.len(), true), (page.len() - 1, false)] {
        let (mut client, _questions) = serve(vec![whole(page)]).await;
        client.transport.answer_bytes_max = bytes_max;
        match client.search(&Search::default()).await {
            Ok(_) => assert!(fits),
            Err(ClientError::TooLong { bytes_max: said }) => assert!(!fits && said == bytes_max),
            Err(error) => panic!("{error}"),
        }
    }

    // The server falls silent after it: nobody waits for the end of the line.
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}\n[]\n12345".to_owned();
    let (mut client, _questions) = serve(vec![begun]).await;
    client.transport.line_bytes_max = 4;
    let lines = client
        .export_lines(&Search::default(), ExportFormat::Ndjson)
        .await
        .unwrap();
    let lines: Vec<_> = lines.collect().await;
    let error = lines.last().unwrap().as_ref().unwrap_err();
    assert!(
        matches!(error, ClientError::TooLong { bytes_max: 4 }),
        "{error}"
    );
}
