//! What is known of every operation of six real documents. After a wanted change, write the golden
//! file anew with `UPDATE_GOLDEN=1 cargo test -p daybook-openapi --test golden` and read its diff.

use std::fs;
use std::path::Path;

use daybook_openapi::{Document, Index, explain};

#[test]
fn the_explanations_of_the_real_documents_are_the_golden_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let specs = root.join("../tests/fixtures/specs");
    let mut paths: Vec<_> = fs::read_dir(&specs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    let documents = paths
        .iter()
        .map(|path| Document {
            file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: fs::read(path).unwrap(),
        })
        .collect();
    let (index, problems) = Index::build(documents);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [""; 0]
    );

    let explained: String = index
        .operations()
        .map(|operation| serde_json::to_string(&explain(operation)).unwrap() + "\n")
        .collect();
    let golden_path = root.join("tests/explain.golden.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden_path, &explained).unwrap();
    }
    let golden = fs::read_to_string(&golden_path).unwrap();
    for (explained, golden) in explained.lines().zip(golden.lines()) {
        assert_eq!(explained, golden);
    }
    assert_eq!(explained.lines().count(), golden.lines().count());
}
