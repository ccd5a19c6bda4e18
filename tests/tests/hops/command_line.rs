//! The commands that read and write streams: records on stdout, words on stderr, the exit status.

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
fn explain_writes_a_table_as_wide_as_it_is_told() {
    let table = |columns: &str| {
        let output = Command::new(PROGRAM)
            .args(["explain", "--format", "table", "--specs", SPECS])
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let (wide, narrow) = (table("400"), table("100"));
    assert!(
        wide.contains("\nDELETE  /v1/permissions/roles/{roleId} "),
        "{wide}"
    );
    assert!(wide.contains("  deleted role {roleId}\n"), "{wide}");
    let longest = narrow.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(100), "{narrow}");
    assert!(narrow.contains('…'));
    assert_eq!(wide.lines().count(), narrow.lines().count());
    assert!(!wide.contains('\u{1b}'));
}

#[test]
fn lint_fails_until_what_it_proposes_is_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let specs = folder.path().to_str().unwrap();
    let document = folder.path().join("shop.yaml");
    let head = "openapi: 3.0.0\npaths:\n  /:\n    post:\n      responses: {}\n";
    std::fs::write(&document, head).unwrap();
    let output = run(&["lint", "--specs", specs, "--format", "json"], "");
    assert_eq!(output.status.code(), Some(1));
    let told = lines(&output.stdout);
    let (summary, findings) = told.split_last().unwrap();
    assert_eq!(summary["summary"]["operations"], 1);
    assert_eq!(summary["summary"]["passed"], false);
    let entity = findings
        .iter()
        .find(|finding| finding["fact"] == "entity")
        .unwrap();
    assert_eq!(
        (&entity["document"], &entity["pointer"], &entity["line"]),
        (&"shop.yaml".into(), &"/paths/~1/post".into(), &4.into())
    );
    // For people, the same; on a pipe without colours.
    let page = run(&["lint", "--specs", specs], "");
    assert_eq!(page.status.code(), Some(1));
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("failed: 0.0 % of 1 operation "), "{page}");
    assert!(!page.contains('\u{1b}'));
    // What stands under `update` is what belongs into the document.
    let proposed: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.ends_with("update:"))
        .skip(1)
        .take_while(|line| line.starts_with("        "))
        .map(|line| &line[2..])
        .collect();
    let proposed = proposed.join("\n");
    std::fs::write(&document, format!("{head}{proposed}")).unwrap();
    let output = run(&["lint", "--specs", specs, "--min", "100"], "");
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{proposed}{page}");
    // An error fails, whatever is asked for.
    std::fs::write(folder.path().join("old.json"), r#"{"swagger":"2.0"}"#).unwrap();
    let output = run(
        &["lint", "--specs", specs, "--min", "0", "--format", "sarif"],
        "",
    );
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"document".into(), &"error".into())
    );
    let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(location["uri"], format!("file://{specs}/old.json"));
    assert_eq!(
        run(&["lint", "--specs", specs, "--min", "101"], "")
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_compiled_index_stands_for_its_documents() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = folder.path().join("specs.daybook");
    let path = compiled.to_str().unwrap();
    std::fs::write(&compiled, "what was there").unwrap();
    let output = run(&["compile", "--specs", SPECS, "-o", path], "");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let of_documents = run(&["explain", "--specs", SPECS], "");
    let of_compiled = run(&["explain", "--specs", path], "");
    assert_eq!(of_compiled.status.code(), Some(0));
    assert_eq!(of_documents.stdout, of_compiled.stdout);
    let told = run(
        &["normalize", "--specs", path],
        &call("one").message(204, None),
    );
    assert_eq!(
        lines(&told.stdout)[0]["activity"],
        "jane@example.com deleted role one"
    );
    // Lint and compile read documents only.
    for arguments in [
        vec!["lint", "--specs", path],
        vec!["compile", "--specs", path, "-o", path],
    ] {
        let output = run(&arguments, "");
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    }
    // A damaged one is refused in a line.
    let mut bytes = std::fs::read(&compiled).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&compiled, bytes).unwrap();
    let output = run(&["explain", "--specs", path], "");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(words.contains("damaged") && words.contains(path), "{words}");
    // Nothing is left of one that cannot be written.
    let nowhere = folder.path().join("no/such/folder/x");
    let output = run(
        &["compile", "--specs", SPECS, "-o", nowhere.to_str().unwrap()],
        "",
    );
    assert_eq!(output.status.code(), Some(1));
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

#[test]
fn a_warning_is_no_failure_and_what_cannot_be_read_is() {
    let folder = tempfile::tempdir().unwrap();
    let specs = folder.path().to_str().unwrap();
    let compiled = tempfile::tempdir().unwrap();
    let output_path = compiled.path().join("specs.daybook");
    let commands = [
        vec!["explain", "--specs", specs],
        vec![
            "compile",
            "--specs",
            specs,
            "-o",
            output_path.to_str().unwrap(),
        ],
    ];
    let document = |reference: &str| {
        format!(
            "openapi: 3.0.0\npaths:\n  /orders:\n    post:\n      requestBody: {{content: {{a/b: {{schema: {{$ref: 'other.yaml'}}}}}}}}\n  /carts: {reference}\n"
        )
    };
    for (reference, status) in [("{}", 0), ("{$ref: 'other.yaml'}", 1)] {
        std::fs::write(folder.path().join("shop.yaml"), document(reference)).unwrap();
        for arguments in &commands {
            let output = run(arguments, "");
            assert_eq!(
                output.status.code(),
                Some(status),
                "{arguments:?} {reference}"
            );
            let words = String::from_utf8(output.stderr).unwrap();
            assert!(
                words.contains("`other.yaml`, which is not fetched"),
                "{words}"
            );
        }
    }
}

#[test]
fn nothing_comes_out_of_documents_whose_overlay_cannot_be_applied() {
    let folder = tempfile::tempdir().unwrap();
    let specs = folder.path().join("specs");
    std::fs::create_dir(&specs).unwrap();
    let document = "openapi: 3.0.0\npaths: {/orders: {put: {operationId: updateOrders}}}";
    std::fs::write(specs.join("shop.yaml"), document).unwrap();
    let specs_path = specs.to_str().unwrap();
    let compiled = folder.path().join("specs.daybook");
    let output_path = compiled.to_str().unwrap();
    std::fs::write(&compiled, "what was there").unwrap();
    for (target, is_applied) in [
        ("$.paths['/orders'", false),
        ("$.paths['/orders'].put", true),
    ] {
        let overlay = format!(
            "overlay: 1.0.0\nactions: [{{target: \"{target}\", update: {{x-audit: {{redact: [body.note]}}}}}}]"
        );
        std::fs::write(specs.join("shop.overlay.yaml"), overlay).unwrap();
        for arguments in [
            vec!["compile", "--specs", specs_path, "-o", output_path],
            vec!["normalize", "--specs", specs_path],
        ] {
            let output = run(&arguments, &call("one").message(204, None));
            let words = String::from_utf8(output.stderr).unwrap();
            let status = i32::from(!is_applied);
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {words}");
            assert_eq!(
                words.contains("an overlay is not applied in full"),
                !is_applied,
                "{words}"
            );
            let is_normalized = is_applied && arguments[0] == "normalize";
            assert_eq!(output.stdout.is_empty(), !is_normalized);
        }
        let written = std::fs::read(&compiled).unwrap();
        assert_eq!(written == b"what was there", !is_applied);
    }
}
