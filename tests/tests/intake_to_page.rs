//! From `/intake` to `POST /v1/logs`: every test sends real messages to a running `daybook up` and
//! asks as a reader does.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

#[path = "intake_to_page/browser.rs"]
mod browser;
#[path = "intake_to_page/document.rs"]
mod document;
#[path = "intake_to_page/facts.rs"]
mod facts;
#[path = "intake_to_page/mixed_batch.rs"]
mod mixed_batch;
#[path = "intake_to_page/once.rs"]
mod once;
#[path = "intake_to_page/process.rs"]
mod process;
#[path = "intake_to_page/reads.rs"]
mod reads;
#[path = "intake_to_page/search.rs"]
mod search;
#[path = "intake_to_page/services.rs"]
mod services;
#[path = "intake_to_page/tenants.rs"]
mod tenants;

use std::sync::atomic::{AtomicU64, Ordering};

use daybook_tests::events::{Call, Format};
use daybook_tests::up::Up;
use jiff::Timestamp;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");

/// The `up` of all tests that need no more of it than a tenant of their own.
fn shared_up() -> &'static Up {
    Up::shared(PROGRAM)
}

/// A data folder and an `up` on it.
async fn start_up() -> (TempDir, Up) {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    (data, up)
}

/// A call that deletes a webhook configuration, with a request id of its own.
fn delete_call(org_id: &str) -> Call {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Call {
        format: Format::Http,
        request_id: format!("request-{number}"),
        time: Timestamp::now(),
        domain_name: "webhooks.sls.epilot.io",
        method: "DELETE",
        resource: "/v1/webhooks/configs/{configId}",
        path: format!("/v1/webhooks/configs/cfg-{number}"),
        org_id: Some(org_id.to_owned()),
        body: None,
    }
}
