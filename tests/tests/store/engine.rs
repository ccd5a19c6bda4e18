//! The process that is ClickHouse: who may stop it, and that it never outlives its parent.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use daybook_clickhouse_launcher::{Engine, Server, ServerOptions};
use daybook_tests::clickhouse::ClickHouse;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;

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

/// A stand-in for a `clickhouse` binary on PATH. It says through a pipe, which stays open for as
/// long as it lives, on which port it was told to listen; it cannot listen itself.
fn stand_in(directory: &Path) -> (PathBuf, PathBuf) {
    let (program, pipe) = (directory.join("clickhouse"), directory.join("alive"));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let script = format!(
        "#!/bin/sh
[ \"$1 $2\" = 'server --config-file' ] || exit 9
exec 3> '{pipe}'
trap 'echo stopped >&3; exit 0' TERM
sed -n 's/.*<http_port>\\([0-9]*\\)<.*/\\1/p' \"$3\" >&3
while :; do sleep 0.05; done
",
        pipe = pipe.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (program, pipe)
}

/// Starts the stand-in, answers for it, and returns the server and the pipe.
async fn start_stand_in(directory: &Path) -> (Server, BufReader<pipe::Receiver>) {
    let (program, pipe) = stand_in(directory);
    // For reading and writing, so that neither side waits for the other to open it.
    let receiver = pipe::OpenOptions::new()
        .read_write(true)
        .open_receiver(&pipe)
        .unwrap();
    let mut lines = BufReader::new(receiver);
    let options = ServerOptions {
        data_directory: directory.join("data"),
        users_xml: "<clickhouse/>".to_owned(),
        ready_user: "somebody".to_owned(),
        ready_password: String::new(),
        engine_command: (ENGINE.into(), Vec::new()),
        ready_timeout: Duration::from_secs(30),
    };
    let engine = Engine::Binary(program);
    let starting = Server::start(&engine, &options);
    let answering = async {
        let mut port = String::new();
        lines.read_line(&mut port).await.unwrap();
        let port: u16 = port.trim().parse().unwrap();
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
    (server.unwrap(), lines)
}

#[tokio::test]
async fn a_binary_on_the_path_is_stopped_with_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let (server, mut lines) = start_stand_in(directory.path()).await;
    server.stop().await.unwrap();
    let mut said = String::new();
    lines.read_line(&mut said).await.unwrap();
    assert_eq!(said, "stopped\n");
}
