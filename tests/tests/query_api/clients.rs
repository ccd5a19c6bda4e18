//! Clients of the API: the Rust crate, and one whose types were made of the document.

use std::path::Path;
use std::pin::pin;
use std::process::Stdio;

use daybook_client::{
    Client, ClientError, Condition, EntityFilter, ExportFormat, HistogramOptions, HistoryOptions,
    Range, Search, Total, UserFilter,
};
use daybook_event::{AuditEvent, Entity};
use daybook_tests::api::ServedApi;
use daybook_tests::npm_packages;
use futures::TryStreamExt as _;
use serde_json::Value;
use tokio::process::Command;

use crate::fixture::{clickhouse, event, store};

const EVENTS: u32 = 45;

async fn stored(org_id: &str) -> ServedApi {
    let events = (0..EVENTS).map(|number| AuditEvent {
        entity: Entity {
            kind: "workflow".to_owned(),
            id: "a/b c".to_owned(),
            name: String::new(),
        },
        ..event(org_id, number)
    });
    store(events).await;
    ServedApi::start(clickhouse()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_asks_everything() {
    let org_id = "client-rust";
    let api = stored(org_id).await;
    let client = Client::new(&api.url, &api.token(org_id)).unwrap();
    let search = Search::query("workflow").limit(7);

    let page = client.search(&search).await.unwrap();
    assert_eq!((page.logs.len(), page.total), (7, Some(u64::from(EVENTS))));
    let paged: Vec<_> = client.events(search.clone()).try_collect().await.unwrap();
    let numbers: Vec<u32> = paged
        .iter()
        .map(|event| event.correlation_id.parse().unwrap())
        .collect();
    assert!(numbers.iter().copied().eq((0..EVENTS).rev()));
    let exported = client.export(&search).await.unwrap();
    let exported: Vec<_> = exported.try_collect().await.unwrap();
    assert_eq!(exported, paged);
    let csv = client
        .export_lines(&search, ExportFormat::Csv)
        .await
        .unwrap();
    let csv: Vec<_> = csv.try_collect().await.unwrap();
    assert_eq!(csv.len(), EVENTS as usize + 1);

    let one = client.event(paged[0].id).await.unwrap();
    assert_eq!(one.as_ref(), Some(&paged[0]));
    assert_eq!(client.event(uuid::Uuid::nil()).await.unwrap(), None);
    let options = HistoryOptions {
        limit: Some(3),
        ..HistoryOptions::default()
    };
    let history = client.history("workflow", "a/b c", &options).await.unwrap();
    assert_eq!(history.history.len(), 3);
    let facets = client.facets("workflow", &["entity.type"]).await.unwrap();
    assert_eq!(facets.facets["entity.type"][0].count, u64::from(EVENTS));
    let options = HistogramOptions {
        by: Some("outcome".to_owned()),
        bucket: Some("day".to_owned()),
        time_zone: None,
    };
    let histogram = client.histogram("workflow", &options).await.unwrap();
    assert_eq!(histogram.bars[0].by["unknown"], u64::from(EVENTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_rust_client_is_understood_and_a_problem_is_typed() {
    let org_id = "client-rust-fields";
    let api = ServedApi::start(clickhouse()).await.unwrap();
    let client = Client::new(&api.url, &api.token(org_id)).unwrap();
    let condition = || {
        Some(Condition {
            is: vec!["delete".to_owned()],
            not: vec!["create".to_owned()],
        })
    };
    let range = Some(Range {
        from: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        to: None,
    });
    let search = Search {
        q: Some("x".to_owned()),
        timestamp: range,
        ingested: range,
        service_name: condition(),
        event_name: condition(),
        action: condition(),
        outcome: Some(Condition::not(["denied"])),
        method: condition(),
        actor: condition(),
        user: Some(UserFilter {
            email: condition(),
            user_id: condition(),
        }),
        entity: Some(EntityFilter {
            kind: condition(),
            id: condition(),
            include_children: Some(true),
        }),
        ip: Some(Condition::is(["10.0.0.0/8"])),
        correlation_id: condition(),
        sort: Some("ingested_at"),
        limit: Some(5),
        page: Some(1),
        locale: Some("de".to_owned()),
        total: Some(Total::Bounded),
        ..Search::default()
    };
    assert_eq!(client.search(&search).await.unwrap().logs, []);
    assert!(client.export(&search).await.is_ok());

    let mut events = pin!(client.events(Search::query("autor:jane")));
    let Err(ClientError::Problem(problem)) = events.try_next().await else {
        panic!("a mistake was accepted");
    };
    assert_eq!(problem.status, 400);
    assert_eq!(problem.errors[0].suggestion.as_deref(), Some("actor:jane"));
    let stranger = Client::new(&api.url, "no.token").unwrap();
    let Err(ClientError::Problem(problem)) = stranger.search(&Search::default()).await else {
        panic!("a stranger was let in");
    };
    assert_eq!(problem.status, 401);
    assert!(matches!(
        Client::new("ftp://x", "t"),
        Err(ClientError::Configuration)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_cut_off_is_an_error_of_the_client() {
    let org_id = "client-cut-off";
    store((0..100).map(|number| event(org_id, number))).await;
    let api = ServedApi::start_with(clickhouse(), |api| api.answer_bytes_max = Some(20_000))
        .await
        .unwrap();
    let client = Client::new(&api.url, &api.token(org_id)).unwrap();
    let exported = client.export(&Search::default()).await.unwrap();
    let result: Result<Vec<_>, _> = exported.try_collect().await;
    let Err(ClientError::CutOff { events_written, .. }) = result else {
        panic!("{result:?}");
    };
    assert!((1..100).contains(&events_written));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_made_of_the_document_searches_pages_and_exports() {
    let org_id = "client-typescript";
    let api = stored(org_id).await;
    let packages = [
        "openapi-typescript@7.13.0",
        "openapi-fetch@0.17.0",
        "typescript@5.9.3",
    ];
    let packages = npm_packages::install("typescript-client", &packages)
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("typescript");
    for name in ["walk.ts", "tsconfig.json"] {
        std::fs::copy(source.join(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("package.json"), r#"{"type":"module"}"#).unwrap();
    let modules = packages.join("node_modules");
    std::os::unix::fs::symlink(&modules, folder.path().join("node_modules")).unwrap();

    let document = format!("{}/openapi.json", api.url);
    let bin = modules.join(".bin");
    run(
        folder.path(),
        &bin.join("openapi-typescript"),
        &[&document, "-o", "api.d.ts", "--default-non-nullable=false"],
    )
    .await;
    run(folder.path(), &bin.join("tsc"), &["-p", "."]).await;
    let token = api.token(org_id);
    let said = run(
        folder.path(),
        Path::new("node"),
        &["walk.js", &api.url, &token],
    )
    .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    let paged = said["paged"].as_array().unwrap();
    assert_eq!(paged.len(), EVENTS as usize);
    assert_eq!(said["exported"], said["paged"]);
    assert_eq!(said["one"], paged[0]);
    assert_eq!(said["history"], EVENTS);
    assert_eq!(said["suggestion"], "actor:jane");
}

async fn run(folder: &Path, program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let (said, words) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{}: {said} {words}",
        program.display()
    );
    said
}
