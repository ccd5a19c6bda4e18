//! Reading the log is recorded in the log: who, what for, and how many events.

use std::time::Duration;

use daybook_tests::events::Call;
use daybook_tests::up::Up;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::process::Command;

use crate::{PROGRAM, delete_call, shared_up, start_up};

const RECORDED_WITHIN: Duration = Duration::from_mins(1);

/// The record of a read that says this, once it is there: it comes after the answer.
async fn record_of(up: &Up, token: &str, activity: &str) -> Value {
    let looking = async {
        loop {
            let filter = json!({"service_name": "daybook", "limit": 1000});
            let logs = up.logs(token, &filter).await.unwrap();
            let found = logs.into_iter().find(|log| log["activity"] == activity);
            if let Some(found) = found {
                break found;
            }
        }
    };
    let found = tokio::time::timeout(RECORDED_WITHIN, looking).await;
    found.unwrap_or_else(|_| panic!("no record says {activity}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_what_is_in_the_log_of_the_tenant() {
    let up = shared_up();
    let lines: Vec<String> = (0..3)
        .map(|_| delete_call("reads").message(204, None))
        .collect();
    up.intake(&lines).await.unwrap();
    let reader = ["--org", "reads", "--user", "reader@example.com"];
    let token = up.token_with(&reader).await.unwrap();
    let query = json!({"q": "action:delete actor:jane@example.com"});
    assert_eq!(up.logs(&token, &query).await.unwrap().len(), 3);
    up.get(&token, "/v1/logs/export?format=csv").await.unwrap();
    up.get(&token, "/v1/logs/histogram").await.unwrap();
    let facets = "/v1/logs/facets?field=action&field=service_name";
    up.get(&token, facets).await.unwrap();

    let searched = "reader@example.com searched the audit log: 3 events";
    let record = record_of(up, &token, searched).await;
    assert_eq!(record["action"], "read");
    assert_eq!(record["event_name"], "searchLogs");
    assert_eq!(record["outcome"], "success");
    assert_eq!(record["described"], true);
    assert_eq!(record["caller"]["user_id"], "reader@example.com");
    assert_eq!(record["org_id"], "reads");
    let detail: Value = serde_json::from_str(record["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, query);
    assert!(!record.to_string().contains(&token));
    let exported = "reader@example.com exported the audit log: 3 events";
    let record = record_of(up, &token, exported).await;
    assert_eq!(record["http"]["query"]["format"], "csv");
    for counted in [
        "reader@example.com counted the audit log over time: 3 events",
        "reader@example.com counted 2 values of the audit log",
    ] {
        record_of(up, &token, counted).await;
    }

    // Who does not ask for it does not see it, and nobody else's.
    assert_eq!(up.total(&token).await.unwrap(), 3);
    let other = up.token("reads-other").await.unwrap();
    let all = json!({"service_name": "daybook", "limit": 1000});
    let logs = up.logs(&other, &all).await.unwrap();
    assert!(logs.iter().all(|log| log["org_id"] == "reads-other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_still_reading_when_it_stops_is_in_the_log_as_well() {
    let (data, up) = start_up().await;
    // More than the buffers of a connection hold.
    let lines: Vec<String> = (0..8)
        .map(|_| {
            let call = Call {
                method: "POST",
                body: Some(json!({"name": "x ".repeat(450_000)})),
                ..delete_call("stalled")
            };
            call.message(204, None)
        })
        .collect();
    up.intake(&lines).await.unwrap();
    let token = up.token("stalled").await.unwrap();
    let address = up.url.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut connection = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0; 12];
    connection.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    up.interrupt().await.unwrap();

    let up = Up::start(PROGRAM, data.path(), &["--no-seed"]);
    let up = up.await.unwrap();
    let reads = json!({"service_name": "daybook", "event_name": "searchLogs"});
    let logs = up.logs(&token, &reads).await.unwrap();
    let [log] = logs.as_slice() else {
        panic!("{logs:?}");
    };
    assert_eq!(log["http"]["path"], "/v1/logs");
    assert_eq!(log["org_id"], "stalled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_finds_what_the_search_bar_finds() {
    let (data, up) = start_up().await;
    let lines: Vec<String> = (0..3)
        .map(|_| delete_call("acme").message(204, None))
        .collect();
    up.intake(&lines).await.unwrap();
    let search = async |arguments: &[&str]| {
        let output = Command::new(PROGRAM)
            .args(["search", "--url", &up.url, "--org", "acme", "--data"])
            .arg(data.path())
            .args(arguments)
            .env_remove("DAYBOOK_TOKEN")
            // Who asks without TLS needs no certificates.
            .env("SSL_CERT_FILE", data.path().join("no-certificates"))
            .env_remove("SSL_CERT_DIR")
            .output()
            .await
            .unwrap();
        let lines: Vec<Value> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let words = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), lines, words)
    };
    let (status, events, words) = search(&["action:delete", "after:-1d"]).await;
    assert_eq!((status, events.len()), (Some(0), 3), "{words}");
    assert_eq!(events[0]["caller"]["user_email"], "jane@example.com");
    assert_eq!(search(&["--limit", "2"]).await.1.len(), 2);
    assert_eq!(search(&["--", "-action:delete"]).await.1.len(), 0);
    let (status, events, words) = search(&["x", "autor:jane"]).await;
    assert_eq!((status, events.len()), (Some(2), 0));
    assert!(
        words.contains("character 3") && words.contains("actor:jane"),
        "{words}"
    );
    assert!(words.contains("  x autor:jane\n    ^"), "{words}");
}
