//! The `daybook` program, built with this package so that no test ever runs an older one.

fn main() -> std::process::ExitCode {
    daybook_cli::main()
}
