//! From the page of docs to the API: each line that a reader may try is run, and the document's every
//! operation has one.

use std::process::Stdio;

use daybook_tests::events::{Call, Format};
use daybook_tests::up::Up;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");
const PAGE: &str = include_str!("../../../docs/api.md");

/// The commands of the page, one a curl.
fn commands() -> Vec<String> {
    let blocks = PAGE.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let joined = blocks.map(|block| block.replace("\\\n", " "));
    joined
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_page_works() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    let call = Call {
        format: Format::Http,
        request_id: "request-1".to_owned(),
        time: Timestamp::now(),
        domain_name: "webhooks.sls.epilot.io",
        method: "DELETE",
        resource: "/v1/webhooks/configs/{configId}",
        path: "/v1/webhooks/configs/cfg-1".to_owned(),
        org_id: Some("acme".to_owned()),
        body: None,
    };
    up.intake(&[call.message(204, None)]).await.unwrap();
    let permissions = "audit_log:view,audit_log:export,audit_log:erase";
    let arguments = ["--org", "acme", "--permissions", permissions];
    let token = up.token_with(&arguments).await.unwrap();
    let logs = up.logs(&token, &json!({})).await.unwrap();
    let id = logs[0]["id"].as_str().unwrap();
    let commands = commands();
    let mut erasure_id = String::new();
    for command in &commands {
        let output = Command::new("sh")
            .args(["-eu", "-c", command])
            .env("URL", &up.url)
            .env("TOKEN", &token)
            .env("ID", id)
            .env("ERASURE", &erasure_id)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let (answer, words) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{command}: {words} {answer}");
        if command.contains("idempotency-key") {
            let receipt: Value = serde_json::from_str(&answer).unwrap();
            receipt["erasure"]["id"]
                .as_str()
                .unwrap()
                .clone_into(&mut erasure_id);
        }
        assert!(
            !answer.is_empty() || command.contains("export"),
            "{command}"
        );
    }

    let document = up
        .get(&token, "/openapi.json")
        .await
        .unwrap()
        .json()
        .unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let is_shown = commands.iter().any(|command| is_of(command, path, method));
            assert!(is_shown, "{method} {path}");
        }
    }
}

/// Whether the command calls this operation.
fn is_of(command: &str, path: &str, method: &str) -> bool {
    let address = command.split("$URL").nth(1).unwrap_or_default();
    let address = address.split(['"', '?']).next().unwrap_or_default();
    let is_post = command.contains(" -d ");
    let segments: Vec<&str> = address.split('/').collect();
    let template: Vec<&str> = path.split('/').collect();
    is_post == (method == "post")
        && segments.len() == template.len()
        && segments
            .iter()
            .zip(&template)
            .all(|(segment, template)| template.starts_with('{') || segment == template)
}
