//! Certificates that cannot be read are not read for each request; they are once they can be.
//!
//! The certificates are those of a process's environment, so the test is a process of its own: this binary,
//! started once more. The one certificate is Let's Encrypt's root X2, as
//! <https://letsencrypt.org/certs/isrg-root-x2.pem> has it.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use daybook_aws_access::{AccessError, AwsAccess, AwsRequest, Service};
use http::Method;

const FILE: &str = "SSL_CERT_FILE";

async fn error(access: &AwsAccess, url: &str) -> AccessError {
    let request = AwsRequest {
        service: Service::Sqs,
        region: None,
        method: Method::POST,
        url,
        headers: &[],
        body: Bytes::new(),
        body_sha256: None,
        answer_bytes_max: 8,
    };
    access.send(request).await.unwrap_err()
}

/// Started by the test below; without its environment there is nothing to do.
#[test]
fn process() {
    let Some(file) = std::env::var_os("CERTIFICATES_UNDER_TEST") else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        // Nobody listens there once it is dropped.
        let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("https://{}/", nobody.local_addr().unwrap());
        drop(nobody);
        let credentials = Credentials::new("id", "key", None, None, "test");
        let access = AwsAccess::new("eu-central-1", credentials);
        let unreadable = error(&access, &url).await;
        assert!(!unreadable.may_succeed_later(), "a retry helps nobody");
        let unreadable = unreadable.to_string();
        assert!(unreadable.contains("ca-certificates"), "{unreadable}");
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/isrg-root-x2.pem");
        std::fs::copy(fixture, &file).unwrap();
        let kept = error(&access, &url).await.to_string();
        assert_eq!(kept, unreadable, "it is not read again");
        tokio::time::advance(Duration::from_mins(1)).await;
        let refused = error(&access, &url).await;
        assert!(refused.may_succeed_later());
        let refused = refused.to_string();
        assert!(!refused.contains("certificates"), "{refused}");
        // What was read is kept.
        std::fs::remove_file(&file).unwrap();
        assert_eq!(error(&access, &url).await.to_string(), refused);
    });
}

#[test]
fn certificates_that_cannot_be_read_are_read_again_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificates.pem");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process", "--nocapture"])
        .env("CERTIFICATES_UNDER_TEST", &file)
        .env(FILE, &file)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}
