//! The events of AWS come out with every field they had, credentials excepted.
//!
//! `golden/` has the message of each event in `fixtures/`, `golden/removed.txt` what is not in it any
//! more. `UPDATE_GOLDEN=1` rewrites both; read the difference.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use daybook_capture::{Capture, Message, Sink, SinkError};
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Context, Error, LambdaInvocation};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use tower::{ServiceExt, service_fn};

#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<Message>>>);

impl Sink for Collected {
    fn send(&self, messages: Vec<Message>) -> BoxFuture<'_, Result<(), SinkError>> {
        self.0.lock().unwrap().extend(messages);
        async { Ok(()) }.boxed()
    }
}

/// The message of an event, through the layer; none where it is left out.
async fn message_of(name: &str, event: &[u8]) -> Option<String> {
    let sink = Collected::default();
    let capture = Capture::builder()
        .sink(sink.clone())
        .capture_reads(true)
        .build()
        .unwrap();
    let (parts, ()) = http::Response::new(()).into_parts();
    let mut context = Context::default();
    context.request_id = name.replace('_', "-");
    let invocation = LambdaInvocation {
        parts,
        body: Bytes::copy_from_slice(event),
        context,
    };
    let runtime = service_fn(async |_: LambdaInvocation| Ok::<(), Error>(()));
    capture.layer(runtime).oneshot(invocation).await.unwrap();
    let message = sink.0.lock().unwrap().pop()?;
    Some(without_times(message.body()))
}

/// Two fields of a message are another at each run.
fn without_times(message: &str) -> String {
    let mut value: Value = serde_json::from_str(message).unwrap();
    let mut message = message.to_owned();
    for name in ["captured_at", "duration_ms"] {
        let field = value[name].take();
        assert!(!field.is_null(), "{name}");
        message = message.replacen(
            &format!("\"{name}\":{field}"),
            &format!("\"{name}\":null"),
            1,
        );
    }
    message
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut fixtures: Vec<_> = fs::read_dir(folder("fixtures"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    fixtures.sort();
    fixtures
}

fn check(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
        return;
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(golden, expected, "{}", path.display());
}

#[tokio::test]
async fn every_field_of_the_events_of_aws_is_in_the_message() {
    let mut removed = String::new();
    let mut messages = 0;
    for (name, event) in fixtures() {
        let Some(message) = message_of(&name, &event).await else {
            let _ = writeln!(removed, "{name}: left out");
            continue;
        };
        messages += 1;
        let sent: Members = serde_json::from_str(&message).unwrap();
        let (_, sent) = sent.0.iter().find(|(name, _)| name == "event").unwrap();
        let mut found = Vec::new();
        differences(
            "",
            std::str::from_utf8(&event).unwrap(),
            sent.get(),
            &mut found,
        );
        if found.is_empty() {
            let _ = writeln!(removed, "{name}: nothing");
        }
        for (pointer, value) in found {
            let is_marked = value.contains("[redacted]") || value.contains("%5Bredacted%5D");
            assert!(is_marked, "{name} lost {pointer}: {value}");
            let _ = writeln!(removed, "{name}: {pointer}");
        }
        check(
            &folder("golden").join(format!("{name}.json")),
            &(message + "\n"),
        );
    }
    check(&folder("golden").join("removed.txt"), &removed);
    let files = fs::read_dir(folder("golden")).unwrap().count();
    assert_eq!(
        files,
        messages + 1,
        "a golden file for each message, and no other"
    );
}

/// Whether there is to be a call is another question than what the call does.
#[tokio::test]
async fn an_authorizers_request_is_no_call() {
    let mut requests = 0;
    for (name, event) in fixtures() {
        if name.contains("auth-request") || name.contains("custom-authorizer") {
            requests += 1;
            assert_eq!(message_of(&name, &event).await, None, "{name}");
        }
    }
    assert!(requests >= 8, "{requests}");
}

/// The members of an object in their order, each value as it is spelt.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Where `other` is not `one`, and what is there. Names, their order and the spelling of each value
/// count; spaces between them do not. JSON in a string is looked into, behind a `#`.
fn differences(at: &str, one: &str, other: &str, found: &mut Vec<(String, String)>) {
    let (one, other) = (one.trim(), other.trim());
    if one == other {
        return;
    }
    let objects = (
        serde_json::from_str::<Members>(one),
        serde_json::from_str::<Members>(other),
    );
    if let (Ok(Members(members)), Ok(Members(others))) = objects
        && members
            .iter()
            .map(|(name, _)| name)
            .eq(others.iter().map(|(name, _)| name))
    {
        for ((name, value), (_, other)) in members.iter().zip(&others) {
            let name = name.replace('~', "~0").replace('/', "~1");
            differences(&format!("{at}/{name}"), value.get(), other.get(), found);
        }
        return;
    }
    let arrays = (
        serde_json::from_str::<Vec<&RawValue>>(one),
        serde_json::from_str::<Vec<&RawValue>>(other),
    );
    if let (Ok(items), Ok(others)) = arrays
        && items.len() == others.len()
    {
        for (index, (value, other)) in items.iter().zip(&others).enumerate() {
            differences(&format!("{at}/{index}"), value.get(), other.get(), found);
        }
        return;
    }
    let strings = (
        serde_json::from_str::<String>(one),
        serde_json::from_str::<String>(other),
    );
    if let (Ok(text), Ok(other)) = strings
        && text.starts_with(['{', '['])
        && other.starts_with(['{', '['])
    {
        differences(&format!("{at}#"), &text, &other, found);
        return;
    }
    found.push((at.to_owned(), other.to_owned()));
}

#[test]
fn a_lost_field_a_respelt_number_and_another_order_are_differences() {
    for (other, expected) in [
        (r#"{"a":1.0, "b":[{"c":"x"}]}"#, &[][..]),
        (r#"{"a":1,"b":[{"c":"x"}]}"#, &["/a"]),
        (r#"{"b":[{"c":"x"}],"a":1.0}"#, &[""]),
        (r#"{"a":1.0}"#, &[""]),
        (r#"{"a":1.0,"b":[{"c":"y"}]}"#, &["/b/0/c"]),
        (r#"{"a":1.0,"b":[]}"#, &["/b"]),
    ] {
        let mut found = Vec::new();
        differences("", r#"{"a":1.0,"b":[{"c":"x"}]}"#, other, &mut found);
        let found: Vec<String> = found.into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(found, expected, "{other}");
    }
}
