//! Reading documents from files.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::fs::File;
use std::path::{Path, PathBuf};

use daybook_normalizer::context::{build_index, handler_from_env, read_documents, read_index};
use daybook_normalizer::settings::Settings;

use crate::log::Log;

const SHOP: &str = "openapi: 3.0.0\npaths: {/orders: {post: {operationId: createOrder}}}";

/// A folder of its own, which is not there yet.
fn new_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("daybook-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_file_that_cannot_be_read_costs_only_itself() {
    let folder = new_folder("unreadable");
    std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
    let large = File::create(folder.join("large.json")).unwrap();
    large.set_len((50 << 20) + 1).unwrap();
    for name in ["billing", "images", "..data"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    std::fs::write(folder.join("billing/api.yaml"), SHOP).unwrap();
    std::fs::write(folder.join("images/logo.svg"), "").unwrap();
    std::fs::write(folder.join("..data/shop.yaml"), SHOP).unwrap();
    let (index, problems) = read_index(&folder, &Settings::default()).unwrap();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "billing#: it is a folder in a folder, whose documents are not read",
            "large.json#: it has more than 52428800 bytes",
        ]
    );
    assert_eq!(index.operations().count(), 1);
    std::fs::remove_file(folder.join("shop.yaml")).unwrap();
    assert!(read_documents(&folder).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_overlay_beside_a_document_is_read_with_it() {
    let folder = new_folder("overlays");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("shop.yaml", SHOP);
    write(
        "shop.overlay.yml",
        "overlay: 1.0.0\nactions: [{target: $, update: {x-audit: {service: billing}}}]",
    );
    write("notes.txt", "no document");
    for path in [folder.clone(), folder.join("shop.yaml")] {
        let (documents, _) = read_documents(&path).unwrap();
        assert_eq!(documents.len(), 2);
        let (index, problems) = build_index(documents, &Settings::default());
        assert_eq!(problems.len(), 0, "{problems:?}");
        let services: Vec<_> = index
            .services()
            .map(|service| service.name.as_str())
            .collect();
        assert_eq!(services, ["billing"]);
    }
    std::fs::remove_file(folder.join("shop.yaml")).unwrap();
    let error = read_documents(&folder).unwrap_err().to_string();
    assert!(
        error.ends_with("has no .json, .yaml or .yml document"),
        "{error}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
#[cfg(unix)]
fn a_document_in_a_folder_that_may_not_be_listed_is_read_with_its_overlays() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = new_folder("unlisted");
    std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
    std::fs::write(folder.join("billing.overlay.yaml"), "").unwrap();
    std::fs::write(folder.join("shop.overlay.json"), "{}").unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o311)).unwrap();
    let read = read_documents(&folder.join("shop.yaml"));
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let (documents, _) = read.unwrap();
    let names: Vec<_> = documents
        .iter()
        .map(|document| document.file_name.as_str())
        .collect();
    assert_eq!(names, ["shop.yaml", "shop.overlay.json"]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn extensions_are_known_in_capital_letters_too() {
    let folder = new_folder("capitals");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("shop.YAML", SHOP);
    write(
        "shop.Overlay.YML",
        "overlay: 1.0.0\nactions: [{target: $, update: {x-audit: {service: billing}}}]",
    );
    for path in [folder.clone(), folder.join("shop.YAML")] {
        let (index, problems) = read_index(&path, &Settings::default()).unwrap();
        assert_eq!(problems, []);
        let service = index.services().next().map(|service| service.name.as_str());
        assert_eq!(service, Some("billing"));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What a start says with these documents. It stops at the next variable that it needs, at the latest.
fn start(folder: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let specs = folder.to_str().unwrap().to_owned();
    let variable = |name: &str| (name == "DAYBOOK_SPECS").then(|| specs.clone());
    runtime.block_on(handler_from_env(variable)).map(drop)
}

#[test]
fn nothing_starts_with_an_overlay_that_cannot_be_applied() {
    let folder = new_folder("broken-overlay");
    std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
    let overlay = folder.join("shop.overlay.yaml");
    for (text, is_applied) in [
        (
            "overlay: 1.0.0\nactions: [{target: $, update: {x-audit: {service: a}}}]",
            true,
        ),
        // A place that is not there may have been one of an older document, but an annotation is lost with it.
        (
            "overlay: 1.0.0\nactions: [{target: $.x, update: {summary: a}}]",
            true,
        ),
        (
            "overlay: 1.0.0\nactions: [{target: $.x, update: {x-audit: {service: a}}}]",
            false,
        ),
        ("", false),
        ("overlay: 2.0.0\nactions: [{target: $, update: {}}]", false),
        ("overlay: 1.0.0\nactions: [{target: $[, update: {}}]", false),
    ] {
        std::fs::write(&overlay, text).unwrap();
        let said = start(&folder).unwrap_err().to_string();
        assert_eq!(
            said.contains("DAYBOOK_CLICKHOUSE_URL"),
            is_applied,
            "{said}"
        );
        assert_eq!(said.contains("shop.overlay.yaml"), !is_applied, "{said}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nothing_starts_without_an_overlay_that_is_there() {
    let folder = new_folder("unreadable-overlay");
    std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
    std::fs::write(folder.join("billing.yaml"), SHOP).unwrap();
    let large = File::create(folder.join("shop.overlay.json")).unwrap();
    large.set_len((50 << 20) + 1).unwrap();
    for path in [folder.clone(), folder.join("shop.yaml")] {
        let error = read_index(&path, &Settings::default()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("shop.overlay.json: it has more than 52428800 bytes"),
            "{error}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_start_logs_what_was_lost_as_an_error() {
    let folder = new_folder("logged");
    std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
    std::fs::write(folder.join("broken.json"), "{").unwrap();
    std::fs::create_dir_all(folder.join("billing")).unwrap();
    std::fs::write(folder.join("billing/api.yaml"), SHOP).unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let result = tracing::subscriber::with_default(subscriber, || start(&folder));
    assert!(result.is_err());
    let logged = log.text();
    for (level, file) in [("ERROR", "broken.json"), ("WARN", "billing")] {
        let is_it = |line: &str| line.contains(level) && line.contains(file);
        assert!(logged.lines().any(is_it), "{file}: {logged}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
