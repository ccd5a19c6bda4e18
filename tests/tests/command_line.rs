//! The commands that read and write streams: records on stdout, words on stderr, the exit status.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use daybook_tests::events::{Call, Format};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");
const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/specs");

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    std::str::from_utf8(bytes)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn call(request_id: &str) -> Call {
    Call {
        format: Format::Http,
        request_id: request_id.to_owned(),
        time: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        domain_name: "permissions.sls.epilot.io",
        method: "DELETE",
        resource: "/v1/permissions/roles/{roleId}",
        path: format!("/v1/permissions/roles/{request_id}"),
        org_id: Some("acme".to_owned()),
        body: None,
    }
}

#[test]
fn normalize_names_each_bad_line_goes_on_and_says_so_at_the_end() {
    let input = format!(
        "{}\nnot json\n\n{}\n{}\n",
        call("one").message(204, None),
        r#"{"v":7,"event":{}}"#,
        call("two").event(),
    );
    let output = run(&["normalize", "--specs", SPECS], &input);
    assert_eq!(output.status.code(), Some(1));
    let events = lines(&output.stdout);
    let activities: Vec<&str> = events
        .iter()
        .map(|event| event["activity"].as_str().unwrap())
        .collect();
    assert_eq!(activities[0], "jane@example.com deleted role one");
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["outcome"], "unknown");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        words.lines().collect::<Vec<_>>(),
        [
            "line 2: the message is not JSON: a syntax error at line 1, column 2",
            "line 4: the message has version v=7, and only v=1 is known",
        ]
    );
    // The same line gives the same event, but for the time at which it was read.
    let again = run(
        &["normalize", "--specs", SPECS],
        &call("one").message(204, None),
    );
    assert_eq!(again.status.code(), Some(0));
    let mut first = events[0].clone();
    let mut second = lines(&again.stdout)[0].clone();
    first["ingested_at"].take();
    second["ingested_at"].take();
    assert_eq!(first, second);
}

#[test]
fn explain_tells_the_sentence_that_normalize_writes() {
    let output = run(&["explain", "--specs", SPECS], "");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let operations = lines(&output.stdout);
    assert!(operations.len() > 150, "{} operations", operations.len());
    let delete = operations
        .iter()
        .find(|operation| operation["operation_id"] == "deleteRole")
        .unwrap();
    for (field, value) in [
        ("spec", "permissions.json"),
        ("method", "DELETE"),
        ("path", "/v1/permissions/roles/{roleId}"),
        ("action", "delete"),
        ("entity_type", "role"),
    ] {
        assert_eq!(delete[field], value);
    }
    assert_eq!(
        delete["entity_id"],
        serde_json::json!({"in": "path", "name": "roleId"})
    );
    let sample_id = delete["message"]
        .as_str()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap();
    let told = run(
        &["normalize", "--specs", SPECS],
        &call(sample_id).message(204, None),
    );
    assert_eq!(lines(&told.stdout)[0]["activity"], delete["message"]);
    // One document alone works as well.
    let one = run(
        &["explain", "--specs", &format!("{SPECS}/permissions.json")],
        "",
    );
    assert!(
        lines(&one.stdout)
            .iter()
            .all(|operation| operation["spec"] == "permissions.json")
    );
}

#[test]
fn a_wrong_call_is_status_2_and_a_missing_folder_status_1() {
    assert_eq!(run(&["normalise"], "").status.code(), Some(2));
    assert_eq!(run(&["explain"], "").status.code(), Some(2));
    let output = run(&["explain", "--specs", "/nowhere/at/all"], "");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(words.contains("/nowhere/at/all"), "{words}");
}
