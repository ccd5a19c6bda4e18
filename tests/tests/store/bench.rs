//! `daybook bench store` comes to its end on the present schema, and says what it measured.

use tokio::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");

pub(crate) async fn measures_what_it_promises() {
    let output = Command::new(PROGRAM)
        .args(["bench", "store", "--rows", "10000"])
        .output()
        .await
        .unwrap();
    let (said, problem) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{problem}");
    for line in [
        "1 writer(s),  20000 rows a batch:",
        "4 writer(s),   1000 rows a batch:",
        "latest 50",
        "one entity's whole history",
        "a rare word",
        "exact count with filters",
        "a page 100,000 deep",
        "verified",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}
