//! `up` as a process: its ready line, its data folder, its end, and its sample events.

use std::time::Duration;

use daybook_store::{ErasureKey, ErasureMode, ErasureRequest, Scope, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::events::Call;
use daybook_tests::http;
use daybook_tests::life_pipe::LifePipe;
use daybook_tests::up::Up;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::{PROGRAM, delete_call, shared_up, start_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_up_on_the_same_data_says_so_in_one_line_and_the_first_lives_on() {
    let (data, up) = start_up().await;
    let second = tokio::process::Command::new(PROGRAM)
        .args(["up", "--port", "0", "--no-seed", "--data"])
        .arg(data.path())
        .output()
        .await
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let words = String::from_utf8(second.stderr).unwrap();
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        words.contains("another `daybook up` is running on"),
        "{words}"
    );
    assert_eq!(
        http::get(&format!("{}/readyz", up.url), &[])
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_all_of_it_and_the_data_is_there_the_next_time() {
    let (data, up) = start_up().await;
    up.intake(&[delete_call("kept").message(204, None)])
        .await
        .unwrap();
    up.interrupt().await.unwrap();
    assert!(!someone_uses(&data.path().join("clickhouse")));

    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    let token = up.token("kept").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_ends_with_the_up_that_started_it() {
    use std::os::unix::fs::PermissionsExt as _;

    for (signal, is_clean) in [("-TERM", true), ("-KILL", false)] {
        let folder = tempfile::tempdir().unwrap();
        let (npm, pipe) = (folder.path().join("npm"), folder.path().join("alive"));
        let mut alive = LifePipe::make(&pipe).unwrap();
        // A stand-in that would live for ever.
        let script = format!(
            "#!/bin/sh\nexec 3> '{}'; echo begun >&3\nwhile :; do /bin/sleep 0.05; done\n",
            pipe.display()
        );
        std::fs::write(&npm, script).unwrap();
        std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut up = tokio::process::Command::new(PROGRAM)
            .args(["up", "--port", "0", "--no-seed", "--data"])
            .arg(folder.path().join("data"))
            .env_remove("DAYBOOK_CLICKHOUSE_URL")
            .env("DAYBOOK_CACHE_DIR", folder.path().join("cache"))
            .env("PATH", folder.path())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        assert_eq!(alive.line().await.unwrap(), "begun");
        let id = up.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(up.wait().await.unwrap().success(), is_clean);
        assert_eq!(alive.rest().await.unwrap(), "");
        if is_clean {
            let left = std::fs::read_dir(folder.path().join("cache/clickhouse")).unwrap();
            assert_eq!(left.count(), 1, "the lock alone");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = tempfile::tempdir().unwrap();
    let output = tokio::process::Command::new(PROGRAM)
        .args(["up", "--port", &port, "--no-seed", "--data"])
        .arg(data.path())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains(&format!("port {port} is in use")), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_service_fills_the_page_and_the_ready_line_signs_in() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(PROGRAM, data.path(), &[]).await.unwrap();
    let ready = up.ready.clone();
    let (page, token) = ready
        .strip_prefix("ready ")
        .and_then(|line| line.split_once("?token="))
        .unwrap();
    let answer = http::get(page, &[]).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );

    let count = async |filter: serde_json::Value| {
        up.search(token, &filter).await.unwrap().1["total"]
            .as_u64()
            .unwrap()
    };
    let all = count(json!({})).await;
    assert!(all >= 200, "{all} events of the demo tenant");
    for outcome in ["success", "denied", "failure"] {
        assert!(count(json!({"outcome": outcome})).await > 0, "{outcome}");
    }
    for service in [
        "automation",
        "entity",
        "permissions",
        "user",
        "webhooks",
        "workflow-definition",
    ] {
        assert!(
            count(json!({"service_name": service})).await > 0,
            "{service}"
        );
    }
    assert_eq!(
        count(json!({"service_name": ""})).await,
        0,
        "every call is described"
    );
    assert!(up.dead_letters().unwrap().is_empty());
    // A second start does not send them again.
    up.interrupt().await.unwrap();
    let up = Up::start(PROGRAM, data.path(), &[]).await.unwrap();
    assert_eq!(up.total(token).await.unwrap(), all);
}

/// Whether a process has a file below `directory` open.
fn someone_uses(directory: &std::path::Path) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| std::fs::read_dir(process.path().join("fd")).ok())
        .flatten()
        .flatten()
        .filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok())
        .any(|file| file.starts_with(directory))
}

/// The key by which others erase on the server that an `up` uses.
const ERASURE_KEY: &str = "the operator's own secret, and a long one";

/// An `up` that uses somebody else's server.
async fn start_on(clickhouse: &ClickHouse, data: &std::path::Path) -> Up {
    let passwords = clickhouse.passwords();
    let migrator = passwords.migrator_credentials();
    let url = clickhouse.endpoint().url.replace(
        "http://",
        &format!("http://{}:{}@", migrator.user, migrator.password),
    );
    Up::start_with_environment(
        PROGRAM,
        data,
        &["--no-seed", "--clickhouse-url", &url],
        &[
            ("DAYBOOK_WRITER_PASSWORD", passwords.writer.clone()),
            ("DAYBOOK_READER_PASSWORD", passwords.reader.clone()),
            ("DAYBOOK_ERASER_PASSWORD", passwords.eraser.clone()),
            ("DAYBOOK_ERASURE_KEY", ERASURE_KEY.to_owned()),
        ],
    )
    .await
    .unwrap()
}

/// Runs SQL as whoever runs the server.
async fn run(clickhouse: &ClickHouse, sql: &'static str) -> String {
    let administrator = ClickHouse::administrator();
    let url = format!("{}/?database=daybook", clickhouse.endpoint().url);
    let headers = [
        ("x-clickhouse-user", &administrator.user[..]),
        ("x-clickhouse-key", &administrator.password[..]),
    ];
    let answer = http::post(&url, &headers, sql).await.unwrap();
    assert_eq!(answer.status, 200, "{sql}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_clickhouse_is_used_where_its_url_is_given_and_what_was_set_in_it_is_gone_on_with()
 {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let up = start_on(&clickhouse, data.path()).await;
    up.intake(&[delete_call("elsewhere").message(204, None)])
        .await
        .unwrap();
    let token = up.token("elsewhere").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 1);
    assert!(!data.path().join("clickhouse").exists());
    up.interrupt().await.unwrap();
    // It is somebody else's server: it goes on.
    let ping = format!("{}/ping", clickhouse.endpoint().url);
    assert_eq!(http::get(&ping, &[]).await.unwrap().status, 200);

    // As if `daybook retention set` had been killed before it came to the stored events.
    let run = async |sql| run(&clickhouse, sql).await;
    run("INSERT INTO retention (org_id, at, days) VALUES ('elsewhere', now64(3), 1234)").await;
    let kept = "SELECT count() FROM events WHERE org_id = 'elsewhere' \
                AND expires_at = timestamp + INTERVAL 1234 DAY";
    assert_eq!(run(kept).await.trim(), "0");
    let up = start_on(&clickhouse, data.path()).await;
    let is_brought = async {
        while run(kept).await.trim() != "1" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), is_brought)
        .await
        .unwrap();
    up.interrupt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_others_erased_is_known_by_the_key_that_they_erase_with() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let up = start_on(&clickhouse, data.path()).await;
    let before = Call {
        time: Timestamp::now() - 1.hour(),
        ..delete_call("erased-by-others")
    };
    let request = ErasureRequest {
        tenant: TenantId::new("erased-by-others").unwrap(),
        scope: Scope::Email("jane@example.com".to_owned()),
        mode: ErasureMode::Delete,
        reason: "letter of 24 Nov".to_owned(),
    };
    let key = ErasureKey::new(ERASURE_KEY).unwrap();
    let eraser = clickhouse.eraser(key).unwrap();
    eraser.request(&request).await.unwrap();

    let late = before.message(204, None);
    let after = delete_call("erased-by-others").message(204, None);
    up.intake(&[late, after]).await.unwrap();
    let token = up.token("erased-by-others").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 1);
    up.interrupt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_before_an_erasure_that_the_backup_has_as_verified_are_read_by_nobody() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let up = start_on(&clickhouse, data.path()).await;
    let message = delete_call("older-events").message(204, None);
    up.intake(&[message]).await.unwrap();
    let token = up.token("older-events").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 1);
    up.interrupt().await.unwrap();
    for sql in [
        "CREATE TABLE older AS events",
        "INSERT INTO older SELECT * FROM events WHERE service_name != 'daybook'",
        "TRUNCATE TABLE events",
    ] {
        run(&clickhouse, sql).await;
    }
    let eraser = clickhouse
        .eraser(ErasureKey::new(ERASURE_KEY).unwrap())
        .unwrap();
    let request = ErasureRequest {
        tenant: TenantId::new("older-events").unwrap(),
        scope: Scope::Email("jane@example.com".to_owned()),
        mode: ErasureMode::Delete,
        reason: "letter of 24 Nov".to_owned(),
    };
    let id = eraser.request(&request).await.unwrap();
    eraser.run_to_end(id, Duration::from_mins(5)).await.unwrap();
    // The tables of a backup are not of one moment.
    for sql in [
        "DROP VIEW tenant_events",
        "DROP TABLE events SYNC",
        "RENAME TABLE older TO events",
    ] {
        run(&clickhouse, sql).await;
    }
    let up = start_on(&clickhouse, data.path()).await;
    let token = up.token("older-events").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 0);
    up.interrupt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_npm_one_line_names_the_ways_to_get_a_clickhouse() {
    let empty = tempfile::tempdir().unwrap();
    let output = tokio::process::Command::new(PROGRAM)
        .args(["up", "--port", "0", "--no-seed", "--data"])
        .arg(empty.path().join("data"))
        .env("PATH", empty.path())
        .env("DAYBOOK_CACHE_DIR", empty.path().join("cache"))
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(words.lines().count(), 1, "{words}");
    for way in ["--clickhouse-url", "PATH", "npm"] {
        assert!(words.contains(way), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_goes_away_does_not_take_back_what_it_sent_whole() {
    use tokio::io::AsyncWriteExt as _;
    let up = shared_up();
    let lines: Vec<String> = (0..500)
        .map(|_| delete_call("gone").message(204, None))
        .collect();
    let body = lines.join("\n");
    let host = up.url.trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /intake HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body.as_bytes()).await.unwrap();
    drop(connection);
    let token = up.token("gone").await.unwrap();
    while up.total(&token).await.unwrap() < 500 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_events_that_were_interrupted_are_completed_the_next_time() {
    let data = tempfile::tempdir().unwrap();
    let program = PROGRAM;
    let mut first = tokio::process::Command::new(program)
        .args(["up", "--port", "0", "--data"])
        .arg(data.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // The seeding has begun once its file is there; whether a few events arrived does not matter.
    while !data.path().join("seeding.json").exists() {
        assert!(
            first.try_wait().unwrap().is_none(),
            "up ended before it seeded"
        );
        tokio::task::yield_now().await;
    }
    first.kill().await.unwrap();

    let up = Up::start(program, data.path(), &[]).await.unwrap();
    let token = up.token("org_acme").await.unwrap();
    // The same beginning makes the same events.
    let whole = tempfile::tempdir().unwrap();
    let seeding = std::fs::read_to_string(data.path().join("seeding.json")).unwrap();
    let beginning = seeding.replace("true", "false");
    assert_ne!(seeding, beginning, "the seeding is done");
    std::fs::write(whole.path().join("seeding.json"), beginning).unwrap();
    let other = Up::start(program, whole.path(), &[]).await.unwrap();
    let expected = other.token("org_acme").await.unwrap();
    assert_eq!(
        up.total(&token).await.unwrap(),
        other.total(&expected).await.unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_before_an_erasure_is_erased_again_before_anybody_reads() {
    let (data, up) = start_up().await;
    for org_id in ["erased", "kept"] {
        up.intake(&[delete_call(org_id).message(204, None)])
            .await
            .unwrap();
    }
    up.interrupt().await.unwrap();
    // What an erasure leaves outside the database that was made after this copy of it.
    let entry = json!({"org_id": "erased", "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "scope": "tenant", "mode": "delete", "subject_hashes": [],
        "up_to_ms": jiff::Timestamp::now().as_millisecond(), "reason": "a letter"});
    std::fs::write(data.path().join("erasures.ndjson"), format!("{entry}\n")).unwrap();

    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    let totals = async |org_id: &str| {
        let token = up.token(org_id).await.unwrap();
        let body = json!({"service_name": {"not": "daybook"}});
        up.logs(&token, &body).await.unwrap().len()
    };
    assert_eq!(totals("erased").await, 0);
    assert_eq!(totals("kept").await, 1);
}
