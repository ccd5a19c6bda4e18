//! The `daybook` program.

fn main() -> std::process::ExitCode {
    daybook_cli::main()
}
