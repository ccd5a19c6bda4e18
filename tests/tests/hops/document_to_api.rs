//! From the API's document to its answers: schemathesis makes requests up and checks every answer.
//!
//! Some 700 requests, unless `DAYBOOK_SCHEMATHESIS_EXAMPLES` says how many it makes up per operation; then
//! it also goes through all values of each parameter (its phase "coverage"), some 3,000 requests more.

use std::process::Stdio;

use daybook_tests::events::{Call, Format};
use daybook_tests::python_tool;
use daybook_tests::up::Up;
use jiff::{SignedDuration, Timestamp};
use tokio::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis/hooks.py");
const VERSION: &str = "4.32.5";
const SEED: &str = "20261122";
const EXAMPLES: &str = "30";

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_schemathesis_makes_up_is_answered_otherwise_than_the_document_says() {
    let schemathesis = python_tool::install("schemathesis", VERSION, "it tests the API's document")
        .await
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    let lines: Vec<String> = (0..30)
        .map(|number| call(number).message(204, None))
        .collect();
    up.intake(&lines).await.unwrap();
    let permissions = "audit_log:view,audit_log:export,audit_log:erase";
    let arguments = ["--org", "acme", "--permissions", permissions];
    let token = up.token_with(&arguments).await.unwrap();

    let examples = std::env::var("DAYBOOK_SCHEMATHESIS_EXAMPLES");
    let phases = match examples {
        Ok(_) => "examples,coverage,fuzzing,stateful",
        Err(_) => "examples,fuzzing,stateful",
    };
    let output = Command::new(schemathesis)
        .arg("run")
        .arg(format!("{}/openapi.json", up.url))
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", "all", "--seed", SEED, "--no-color"])
        .args(["--phases", phases])
        .args(["--max-examples", examples.as_deref().unwrap_or(EXAMPLES)])
        // While one waits for an erasure to be hidden, another goes on.
        .args(["--workers", "2"])
        // Without it, a busy machine is taken for a slow API.
        .args(["--suppress-health-check", "all"])
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .current_dir(data.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn call(number: i64) -> Call {
    Call {
        format: Format::Http,
        request_id: format!("request-{number}"),
        time: Timestamp::now() - SignedDuration::from_mins(number),
        domain_name: "webhooks.sls.epilot.io",
        method: "DELETE",
        resource: "/v1/webhooks/configs/{configId}",
        path: format!("/v1/webhooks/configs/cfg-{number}"),
        org_id: Some("acme".to_owned()),
        body: None,
    }
}
