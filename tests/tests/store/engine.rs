//! The process that is ClickHouse: who may stop it, and that it never outlives its parent.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daybook_clickhouse_launcher::{Engine, Server, ServerOptions};
use daybook_tests::clickhouse::ClickHouse;
use daybook_tests::life_pipe::LifePipe;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");

fn process(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

#[tokio::test]
async fn ctrl_c_is_for_the_parent_and_sigterm_stops_it_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start_on(
        directory.path(),
        ENGINE,
        daybook_store::RolePasswords::random(),
    )
    .await
    .unwrap();
    let engine = process(clickhouse.process_id().unwrap());

    kill_process(engine, Signal::INT).unwrap();
    let reader = clickhouse.reader().unwrap();
    for _ in 0..20 {
        reader.ping().await.unwrap();
    }
    kill_process(engine, Signal::TERM).unwrap();
    assert!(clickhouse.ended().await.unwrap().status.success());
}

/// A stand-in for a `clickhouse` binary on PATH. It says through the pipe on which port it was told to
/// listen; it cannot listen itself.
fn stand_in(directory: &Path, pipe: &Path, on_term: &str) -> PathBuf {
    let program = directory.join("clickhouse");
    let script = format!(
        "#!/bin/sh
[ \"$1 $2\" = 'server --config-file' ] || exit 9
[ \"$CLICKHOUSE_WATCHDOG_ENABLE\" = 0 ] || exit 9
exec 3> '{pipe}'
trap '{on_term}' TERM
sed -n 's/.*<http_port>\\([0-9]*\\)<.*/\\1/p' \"$3\" >&3
# Nobody tells a process of its own that its parent was killed, nor one with capabilities.
(while :; do sleep 0.05; done) &
while :; do sleep 0.05; done
",
        pipe = pipe.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// Starts the stand-in, answers for it, and returns the server and the pipe.
async fn start_stand_in(directory: &Path, on_term: &str) -> (Server, LifePipe) {
    let pipe = directory.join("alive");
    let mut alive = LifePipe::make(&pipe).unwrap();
    let options = ServerOptions {
        data_directory: directory.join("data"),
        users_xml: "<clickhouse/>".to_owned(),
        ready_user: "somebody".to_owned(),
        ready_password: String::new(),
        engine_command: (ENGINE.into(), Vec::new()),
        ready_timeout: Duration::from_secs(30),
    };
    let engine = Engine::Binary(stand_in(directory, &pipe, on_term));
    let starting = Server::start(&engine, &options);
    let answering = async {
        let port: u16 = alive.line().await.unwrap().parse().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = [0; 4_096];
                let _ = connection.read(&mut request).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
    };
    let (server, ()) = tokio::join!(starting, answering);
    (server.unwrap(), alive)
}

/// Says that it was told, and ends with all that it started.
const STOPS: &str = "echo stopped >&3; trap : TERM; kill 0; exit 0";

#[tokio::test]
async fn a_binary_on_the_path_is_stopped_with_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let (server, alive) = start_stand_in(directory.path(), STOPS).await;
    server.stop().await.unwrap();
    assert_eq!(alive.rest().await.unwrap(), "stopped\n");
}

#[tokio::test]
async fn a_binary_on_the_path_ends_with_whoever_drops_it() {
    let directory = tempfile::tempdir().unwrap();
    let (server, alive) = start_stand_in(directory.path(), STOPS).await;
    drop(server);
    assert_eq!(alive.rest().await.unwrap(), "stopped\n");
}

#[tokio::test]
async fn a_binary_that_does_not_stop_is_killed_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let (server, alive) = start_stand_in(directory.path(), "").await;
    drop(server);
    assert_eq!(alive.rest().await.unwrap(), "");
}
