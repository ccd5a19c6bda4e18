//! The `daybook` program, built with this package so that no test ever runs an older one.

fn main() -> std::process::ExitCode {
    // Its ClickHouse, which inherits the variable, must have no thread before its own.
    let is_up = std::env::args().nth(1).is_some_and(|word| word == "up");
    if is_up && std::env::var_os(daybook_tests::up::ENDS_WITH_INPUT).is_some() {
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            std::process::exit(0);
        });
    }
    daybook_cli::main()
}
