//! The query API as a process of its own.

use std::process::Command;

/// What it logs of a configuration that it warns of, and then ends with, because of something else.
fn logged(level: &str, rust_log: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_daybook-query-api"))
        .env_clear()
        .env("DAYBOOK_CLICKHOUSE_URL", "http://127.0.0.1:9")
        .env("DAYBOOK_CLICKHOUSE_PASSWORD", "p")
        .env("DAYBOOK_LOG", level)
        .env("RUST_LOG", rust_log)
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn how_much_is_logged_is_said_as_everywhere_in_daybook() {
    let warned = logged("warn", "off");
    assert!(warned.contains("DAYBOOK_JWT_ISSUER"), "{warned}");
    assert_eq!(logged("error", "info"), "");
}
