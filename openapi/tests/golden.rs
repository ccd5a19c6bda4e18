//! What is known of every operation of six real documents. After a wanted change, write the golden
//! file anew with `UPDATE_GOLDEN=1 cargo test -p daybook-openapi golden` and read its diff.

use std::fs;
use std::path::Path;

use daybook_openapi::{Document, Found, Index, RequestLine, explain};

#[test]
fn the_explanations_of_the_real_documents_are_the_golden_ones() {
    let index = real_documents();
    let explained: String = index
        .operations()
        .map(|operation| serde_json::to_string(&explain(operation)).unwrap() + "\n")
        .collect();
    let golden_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain.golden.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden_path, &explained).unwrap();
    }
    let golden = fs::read_to_string(&golden_path).unwrap();
    for (explained, golden) in explained.lines().zip(golden.lines()) {
        assert_eq!(explained, golden);
    }
    assert_eq!(explained.lines().count(), golden.lines().count());
}

#[test]
fn a_path_made_from_each_real_template_finds_its_operation() {
    let (by_service, index) = (real_documents(), real_documents());
    let names = index
        .services()
        .map(|service| (service.name.clone(), service.name.clone()))
        .collect();
    let by_service = by_service.with_service_map(names);
    for operation in index.operations() {
        let parts: Vec<&str> = operation.path.split(['{', '}']).collect();
        let path: String = parts
            .iter()
            .enumerate()
            .map(|(at, part)| if at % 2 == 1 { "x-42" } else { part })
            .collect();
        let line = RequestLine {
            domain_name: &operation.service,
            method: &operation.method,
            path: &path,
            ..RequestLine::default()
        };
        match by_service.find(&line) {
            Found::Operation {
                operation: found, ..
            } => assert_eq!(found.path, operation.path),
            other => panic!("{path}: {other:?}"),
        }
    }
}

fn real_documents() -> Index {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/specs");
    let mut paths: Vec<_> = fs::read_dir(&specs)
        .expect("the fixtures are there")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    let documents = paths
        .iter()
        .map(|path| Document {
            file_name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            bytes: fs::read(path).expect("a fixture can be read"),
        })
        .collect();
    let (index, problems) = Index::build(documents);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [""; 0]
    );
    index
}
