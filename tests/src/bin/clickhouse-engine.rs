//! The child process in which the tests' ClickHouse runs, as `daybook clickhouse-engine` is for
//! `daybook up`.

use std::process::ExitCode;

fn main() -> ExitCode {
    daybook_clickhouse_launcher::run_engine_child(std::env::args_os().skip(1))
}
