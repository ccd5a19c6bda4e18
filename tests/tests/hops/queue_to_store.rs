//! From a real SQS queue to ClickHouse: through the Lambda behind an event source mapping, through
//! `daybook worker`, and through `daybook up --queue-url`.

use std::path::Path;

use daybook_store::{Endpoint, Reader, Search, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::events::{Call, Format};
use daybook_tests::ministack::{MiniStack, Received};
use daybook_tests::up::Up;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/specs");

fn call(request_id: &str) -> Call {
    Call {
        format: Format::Rest,
        request_id: request_id.to_owned(),
        time: Timestamp::now(),
        domain_name: "permissions.sls.epilot.io",
        method: "DELETE",
        resource: "/v1/permissions/roles/{roleId}",
        path: format!("/v1/permissions/roles/{request_id}"),
        org_id: Some("queue".to_owned()),
        body: None,
    }
}

/// Five messages: undecodable, from the far future, without a tenant, of an unknown service, good.
fn mixed_batch() -> Vec<String> {
    let future = Timestamp::now()
        .checked_add(SignedDuration::from_hours(24 * 365))
        .unwrap();
    vec![
        r#"{"v":1,"event":"#.to_owned(),
        Call {
            time: future,
            ..call("future")
        }
        .message(204, None),
        Call {
            org_id: None,
            ..call("nobody")
        }
        .message(204, None),
        Call {
            domain_name: "billing.example.com",
            path: "/v9/invoices/7".to_owned(),
            resource: "/v9/invoices/{id}",
            ..call("unknown")
        }
        .message(204, None),
        call("good").message(204, None),
    ]
}

fn check_dead_letters(mut letters: Vec<Received>, sent: &[String]) {
    letters.sort_by_key(|letter| letter.body.len());
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].body, sent[0]);
    let reason = letters[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("the message is not JSON"), "{reason}");
    assert_eq!(letters[1].body, sent[1]);
    let reason = letters[1].reason.as_deref().unwrap();
    assert!(
        reason.starts_with("the event's time lies in the future"),
        "{reason}"
    );
}

/// What whoever stores messages is told: where ClickHouse is, and what the calls mean.
fn environment(ministack: &MiniStack, clickhouse: &ClickHouse) -> Vec<(&'static str, String)> {
    let writer = clickhouse.passwords().writer_credentials();
    let endpoint = clickhouse.endpoint();
    let mut environment = ministack.environment();
    environment.extend([
        ("DAYBOOK_SPECS", SPECS.to_owned()),
        ("DAYBOOK_CLICKHOUSE_URL", endpoint.url.clone()),
        ("DAYBOOK_CLICKHOUSE_DATABASE", endpoint.database.clone()),
        ("DAYBOOK_CLICKHOUSE_USER", writer.user.clone()),
        ("DAYBOOK_CLICKHOUSE_PASSWORD", writer.password.clone()),
    ]);
    environment
}

async fn check_stored(clickhouse: &ClickHouse) {
    let reader = clickhouse.reader().unwrap();
    assert_eq!(
        activities(&reader, &TenantId::new("queue").unwrap()).await,
        [
            "jane@example.com called DELETE /v9/invoices/7",
            "jane@example.com deleted role good",
        ]
    );
    assert_eq!(
        activities(&reader, &TenantId::unattributed()).await,
        ["an anonymous caller deleted role nobody"]
    );
}

async fn activities(reader: &Reader, tenant: &TenantId) -> Vec<String> {
    let page = reader.search(tenant, &Search::default()).await.unwrap();
    let mut activities: Vec<String> = page
        .events
        .into_iter()
        .map(|event| event.activity)
        .collect();
    activities.sort();
    activities
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lambda_stores_what_it_can_and_sends_the_rest_to_the_dead_letter_queue() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let ministack = MiniStack::start().await.unwrap();
    let (queue, dead) = ministack.create_queues("audit", 5, 360).await.unwrap();
    let sent = mixed_batch();
    ministack.send(&queue, &sent).await.unwrap();
    // At least once: the same messages again.
    ministack.send(&queue, &sent[2..]).await.unwrap();

    let mut environment = environment(&ministack, &clickhouse);
    environment.push(("DAYBOOK_DEAD_LETTER_QUEUE_URL", dead.clone()));
    let program = Path::new(env!("CARGO_BIN_EXE_normalizer-under-test"));
    ministack
        .create_consumer("normalizer", program, &environment, "audit")
        .await
        .unwrap();

    check_dead_letters(ministack.receive(&dead, 2).await.unwrap(), &sent);
    ministack.wait_until_empty(&queue).await.unwrap();
    check_stored(&clickhouse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_stores_as_the_lambda_does_and_ends_with_what_it_has_in_hand() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let ministack = MiniStack::start().await.unwrap();
    let (queue, dead) = ministack.create_queues("worker", 5, 360).await.unwrap();
    let sent = mixed_batch();
    ministack.send(&queue, &sent).await.unwrap();
    ministack.send(&queue, &sent[2..]).await.unwrap();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_daybook-under-test"))
        .arg("worker")
        .env("DAYBOOK_QUEUE_URL", &queue)
        .envs(environment(&ministack, &clickhouse))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    check_dead_letters(ministack.receive(&dead, 2).await.unwrap(), &sent);
    ministack.wait_until_empty(&queue).await.unwrap();
    check_stored(&clickhouse).await;
    let id = worker.id().unwrap().to_string();
    Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .await
        .unwrap();
    assert!(worker.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_a_place_for_what_can_never_be_stored() {
    let ministack = MiniStack::start().await.unwrap();
    let queue = ministack.create_queue("bare", json!({})).await.unwrap();
    for (dead_letters, problem) in [
        ("", "has no dead-letter queue"),
        (queue.as_str(), "is the queue itself"),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_daybook-under-test"))
            .args(["worker", "--queue-url", &queue, "--specs", SPECS])
            .envs(ministack.environment())
            .env("DAYBOOK_DEAD_LETTER_QUEUE_URL", dead_letters)
            .output()
            .await
            .unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(told.contains(problem), "{told}");
        assert!(told.contains("DAYBOOK_DEAD_LETTER_QUEUE_URL"), "{told}");
    }
}

/// A dead-letter queue that is not there, and a level of the log that there is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_why_dead_letters_are_not_taken_whatever_else_is_to_be_logged() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let ministack = MiniStack::start().await.unwrap();
    let (queue, dead) = ministack.create_queues("told", 5, 360).await.unwrap();
    ministack.send(&queue, &mixed_batch()[..1]).await.unwrap();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_daybook-under-test"))
        .arg("worker")
        .env("DAYBOOK_QUEUE_URL", &queue)
        .envs(environment(&ministack, &clickhouse))
        .env("DAYBOOK_DEAD_LETTER_QUEUE_URL", format!("{dead}-gone"))
        .env("DAYBOOK_LOG", "verbose")
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(worker.stderr.take().unwrap()).lines();
    let told = loop {
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the worker goes on");
        if line.contains("dead letters could not be sent") {
            break line;
        }
    };
    assert!(told.contains("QueueDoesNotExist"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lambda_gives_messages_back_while_clickhouse_is_away() {
    let ministack = MiniStack::start().await.unwrap();
    // Two deliveries, then SQS itself moves the message: nothing is acknowledged unseen.
    let (queue, dead) = ministack.create_queues("away", 2, 2).await.unwrap();
    let message = call("away").message(204, None);
    ministack
        .send(&queue, std::slice::from_ref(&message))
        .await
        .unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let mut environment = ministack.environment();
    environment.extend([
        ("DAYBOOK_SPECS", SPECS.to_owned()),
        (
            "DAYBOOK_CLICKHOUSE_URL",
            Endpoint::new(format!("http://127.0.0.1:{closed_port}")).url,
        ),
        ("DAYBOOK_CLICKHOUSE_USER", "daybook_writer".to_owned()),
        ("DAYBOOK_CLICKHOUSE_PASSWORD", "none".to_owned()),
        ("DAYBOOK_DEAD_LETTER_QUEUE_URL", dead.clone()),
    ]);
    let program = Path::new(env!("CARGO_BIN_EXE_normalizer-under-test"));
    ministack
        .create_consumer("away", program, &environment, "away")
        .await
        .unwrap();
    let letters = ministack.receive(&dead, 1).await.unwrap();
    assert_eq!(
        letters,
        [Received {
            body: message,
            reason: None
        }]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn up_gives_a_message_up_at_its_last_delivery_with_the_reason() {
    let ministack = MiniStack::start().await.unwrap();
    let (queue, dead) = ministack.create_queues("patient", 1, 360).await.unwrap();
    let mut message: Value = serde_json::from_str(&call("large").message(204, None)).unwrap();
    message["overflow"] =
        json!({"s3": {"bucket": "audit", "key": "daybook/a.json"}, "bytes": 9, "sha256": "00"});
    let sent = message.to_string();
    ministack
        .send(&queue, std::slice::from_ref(&sent))
        .await
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut environment = ministack.environment();
    environment.extend([
        ("DAYBOOK_OVERFLOW_BUCKET", "audit".to_owned()),
        // Nobody listens there.
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9".to_owned()),
    ]);
    let up = Up::start_with_environment(
        env!("CARGO_BIN_EXE_daybook-under-test"),
        data.path(),
        &["--no-seed", "--specs", SPECS, "--queue-url", &queue],
        &environment,
    )
    .await
    .unwrap();
    let letters = ministack.receive(&dead, 1).await.unwrap();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}");
    };
    assert_eq!(letter.body, sent);
    let reason = letter.reason.as_deref().unwrap();
    assert!(
        reason.starts_with("it was delivered 1 times and never stored")
            && reason.contains("the overflow bucket"),
        "{reason}"
    );
    up.interrupt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn up_consumes_a_queue_as_the_lambda_does() {
    let ministack = MiniStack::start().await.unwrap();
    let (queue, dead) = ministack.create_queues("local", 5, 360).await.unwrap();
    let sent = mixed_batch();
    ministack.send(&queue, &sent).await.unwrap();
    ministack.send(&queue, &sent[2..]).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let up = Up::start_with_environment(
        env!("CARGO_BIN_EXE_daybook-under-test"),
        data.path(),
        &["--no-seed", "--specs", SPECS, "--queue-url", &queue],
        &ministack.environment(),
    )
    .await
    .unwrap();
    check_dead_letters(ministack.receive(&dead, 2).await.unwrap(), &sent);
    ministack.wait_until_empty(&queue).await.unwrap();
    let token = up.token("queue").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 2);
    up.interrupt().await.unwrap();
}
